"""What the log shows: notices newest first, what is not over on top, and how many failures nobody has looked at. No widgets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from terminal_app.domain.messages import Notice, NoticeLevel
from terminal_app.ui import formats
from terminal_app.ui.panels.common.standing import Message
from terminal_app.ui.panels.common.words import account_name, counted
from terminal_app.ui.panels.log.model import LEVELS, LogRow

if TYPE_CHECKING:
    from terminal_app.services.terminal import Terminal

ALL, FAILED, ORDERS = "all", "failed", "orders"
SHOWN = 500
"""How many notices the table holds; the file of the log has the rest."""
_TROUBLE = (NoticeLevel.DOUBT, NoticeLevel.FAILED)


class LogPresenter:
    """``part`` is which notices are shown; while ``is_paused`` the rows stand still and new ones are counted."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._numbers: dict[int, int] = {}
        self._kept: tuple[Notice, ...] = terminal.notices.recent()
        self._unseen = 0
        self.part = ALL
        self.is_paused = False

    @property
    def unseen(self) -> int:
        """Failures and doubts that came while nobody looked."""
        return self._unseen

    @property
    def waiting(self) -> int:
        """How many came since the pause began."""
        if not self.is_paused:
            return 0
        known = {id(notice) for notice in self._kept}
        return sum(id(notice) not in known for notice in self._terminal.notices.recent())

    def pause(self, paused: bool) -> None:
        """Hold the rows still, or go on."""
        self._kept = self._terminal.notices.recent()
        self.is_paused = paused

    def take(self, notice: Notice, *, is_looking: bool) -> None:
        """A notice was posted."""
        if notice.level in _TROUBLE and not is_looking:
            self._unseen += 1

    def see(self) -> None:
        """Somebody looks at the log."""
        self._unseen = 0

    def rows(self) -> list[LogRow]:
        """The notices of the chosen part, newest first."""
        if not self.is_paused:
            self._kept = self._terminal.notices.recent()
        notices = self._kept
        lasting = {id(notice) for notice in self._terminal.notices.lasting()}
        today = formats.to_ist(self._terminal.clock.now()).date()
        self._number(notices)
        chosen = [notice for notice in notices if self._is_chosen(notice)][-SHOWN:]
        return [
            LogRow(
                self._numbers[id(notice)],
                notice,
                account_name(self._terminal, notice.account) if notice.account is not None else "",
                id(notice) in lasting,
                formats.to_ist(notice.time).date() == today,
            )
            for notice in reversed(chosen)
        ]

    def message(self, rows: Sequence[LogRow]) -> Message | None:
        """What stands there without rows."""
        if rows:
            return None
        if self.part == ALL:
            return Message("Nothing has been told yet.", "What fails or is in doubt is written here.")
        return Message("Nothing failed." if self.part == FAILED else "Nothing about orders.", "All shows everything.")

    def summary(self, rows: Sequence[LogRow]) -> str:
        """24 notices, 2 not over."""
        total = len(self._terminal.notices.recent())
        lasting = sum(row.is_lasting for row in rows)
        text = counted(len(rows), "notice")
        if self.part == ALL and total > len(rows):
            text = f"The newest {len(rows)} of {total} notices"
        if lasting:
            text += f", {lasting} not over"
        if self.is_paused:
            text += f"; paused, {self.waiting} new"
        return text

    def words(self, row: LogRow) -> str:
        """A notice in full on one line, for copying."""
        notice = row.notice
        word = LEVELS[notice.level][0]
        where = f" ({row.account_name})" if row.account_name else ""
        return f"{formats.day_and_time(notice.time)} {word}{where}: {notice.title}. {notice.text}"

    def _is_chosen(self, notice: Notice) -> bool:
        if self.part == FAILED:
            return notice.level in _TROUBLE
        return self.part == ALL or notice.topic in ("orders", "exit")

    def _number(self, notices: Sequence[Notice]) -> None:
        """Number each notice once; what the service has forgotten is forgotten here too."""
        known, highest = self._numbers, max(self._numbers.values(), default=0)
        self._numbers = {}
        for notice in notices:
            number = known.get(id(notice))
            if number is None:
                highest += 1
                number = highest
            self._numbers[id(notice)] = number
