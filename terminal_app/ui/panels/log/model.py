"""A notice as a row of the log, and the table's columns."""

from __future__ import annotations

from collections.abc import Hashable

from msgspec import Struct

from terminal_app.domain.messages import Notice, NoticeLevel
from terminal_app.ui import formats
from terminal_app.ui.grid.cells import Cell, Column
from terminal_app.ui.grid.table_model import TableModel

LASTING, EARLIER = "Not over", "Earlier"
LEVELS = {
    NoticeLevel.PASSED: ("Done", "check", "text.2"),
    NoticeLevel.NEWS: ("News", "info", "text.2"),
    NoticeLevel.DOUBT: ("Doubt", "triangle-alert", "warn"),
    NoticeLevel.FAILED: ("Failed", "x", "error"),
}
"""Word, icon and colour of each level."""


class LogRow(Struct, frozen=True):
    """One notice. ``number`` tells equal ones apart; ``is_lasting`` while its doubt or failure is not over."""

    number: int
    notice: Notice
    account_name: str
    is_lasting: bool
    is_today: bool


def row_key(row: LogRow) -> Hashable:
    """What tells rows apart."""
    return row.number


def log_model() -> TableModel[LogRow]:
    """The table's model, empty: what is not over stands on top."""
    return TableModel(_columns(), row_key, group=_group)


def _group(row: LogRow) -> tuple[int, str]:
    return (0, LASTING) if row.is_lasting else (1, EARLIER)


def _columns() -> list[Column[LogRow]]:
    return [
        Column("time", "Time", _time, sort=lambda row: row.notice.time, width=118),
        Column("level", "Level", _level, sort=lambda row: list(NoticeLevel).index(row.notice.level), width=80),
        Column("title", "What", _title, sort=lambda row: row.notice.title, width=280),
        Column("account", "Account", lambda row: Cell(row.account_name, "text.2"), width=96, hidden=True),
        Column("text", "What it means", _text, sort=lambda row: row.notice.text, width=480),
    ]


def _time(row: LogRow) -> Cell:
    day = "" if row.is_today else formats.day(row.notice.time)
    return Cell(formats.clock(row.notice.time), "text.2", suffix=day)


def _level(row: LogRow) -> Cell:
    word, icon, tone = LEVELS[row.notice.level]
    return Cell(word, tone, icon=icon, icon_tone=tone)


def _title(row: LogRow) -> Cell:
    failed = row.notice.level in (NoticeLevel.DOUBT, NoticeLevel.FAILED)
    return Cell(row.notice.title, strong=failed, tooltip=row.notice.title)


def _text(row: LogRow) -> Cell:
    return Cell(row.notice.text, "text.2", tooltip=row.notice.text)
