"""The cheat sheet: every key of the registry by section, and the keys that work inside the panels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import Struct
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QWidget

from terminal_app.ui.dialogs.key_rules import keys_of
from terminal_app.ui.dialogs.parts import ScrollColumn, column, key_caps
from terminal_app.ui.kit.dialog import AppDialog
from terminal_app.ui.kit.label import Label
from terminal_app.ui.theme import SPACE, theme

if TYPE_CHECKING:
    from collections.abc import Mapping

    from terminal_app.ui.actions import Actions


class KeyGroup(Struct, frozen=True):
    """A heading with what keys do: each row is the words and the keys."""

    title: str
    rows: tuple[tuple[str, tuple[str, ...]], ...]


IN_PANELS = (
    KeyGroup(
        "In the ticket",
        (
            ("Next field", ("Tab",)),
            ("Choose in a row of choices", ("Left", "Right")),
            ("One lot or tick", ("Up", "Down")),
            ("Ten lots or ticks", ("PgUp", "PgDown")),
            ("Place the order", ("Enter",)),
            ("Close the ticket", ("Esc",)),
        ),
    ),
    KeyGroup(
        "In the watchlist",
        (
            ("Show on the chart", ("Enter",)),
            ("Buy, sell", ("B", "S")),
            ("Take out", ("Del",)),
            ("Move the row", ("Alt+Up", "Alt+Down")),
            ("Paste symbols", ("Ctrl+V",)),
            ("Other list", ("1", "2", "3")),
        ),
    ),
    KeyGroup(
        "In the search",
        (
            ("Show on the chart, or do it", ("Enter",)),
            ("Buy, sell", ("Alt+B", "Alt+S")),
            ("Add to the watchlist", ("Alt+W",)),
        ),
    ),
    KeyGroup(
        "In tables",
        (
            ("Filter", ("Ctrl+F",)),
            ("Copy the rows", ("Ctrl+C",)),
            ("Open the row", ("Enter",)),
        ),
    ),
    KeyGroup(
        "On the chart",
        (
            ("Back and forth", ("Left", "Right")),
            ("Larger, smaller", ("+", "-")),
            ("First and last bar", ("Home", "End")),
        ),
    ),
)
"""What the panels do by themselves; these keys are theirs only while they have the focus."""


def groups_of(actions: Actions, bindings: Mapping[str, str]) -> tuple[KeyGroup, ...]:
    """Everything that has a key now, by menu, then the keys inside the panels."""
    menus: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
    for spec in actions.visible():
        keys = keys_of(spec.name, bindings)
        if keys:
            menus.setdefault(spec.menu, []).append((spec.text.rstrip("…"), keys))
    menus.setdefault("Account", []).append(("Account 1 to 9", ("Ctrl+1", "Ctrl+9")))
    return (*(KeyGroup(title, tuple(rows)) for title, rows in menus.items()), *IN_PANELS)


def balance(groups: Sequence[KeyGroup], columns: int) -> list[list[KeyGroup]]:
    """Share the groups out over columns in their order, so that the columns are about as long as each other."""
    if columns <= 1:
        return [list(groups)]
    heights = [len(group.rows) + 2 for group in groups]
    shares: list[list[KeyGroup]] = [[]]
    left, height = sum(heights), 0
    for group, own in zip(groups, heights, strict=True):
        room = columns - len(shares) + 1
        if shares[-1] and room > 1 and height + own / 2 > left / room:
            shares.append([])
            left -= height
            height = 0
        shares[-1].append(group)
        height += own
    return shares


_COLUMN_WIDTH = 290


class KeysDialog(AppDialog):
    """Read and close; keys are changed in the settings."""

    def __init__(self, window: QWidget, actions: Actions, bindings: Mapping[str, str]) -> None:
        columns = next((count for count in (4, 3) if window.width() >= theme().px(count * _COLUMN_WIDTH)), 2)
        width = columns * (_COLUMN_WIDTH - SPACE.tight)
        super().__init__(window, "Keys", subtitle="Change them in Settings, Keys", width=width)
        height = max(280, window.height() - theme().px(170))
        scroll = ScrollColumn("Keys", height)
        scroll.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # nothing inside takes the focus, and arrow keys scroll it
        row = QHBoxLayout(scroll.content)
        row.setContentsMargins(0, 0, SPACE.panel_pad, 0)
        row.setSpacing(SPACE.dialog_pad + SPACE.panel_pad)
        for share in balance(groups_of(actions, bindings), columns):
            upright = column(spacing=SPACE.section)
            for group in share:
                upright.addLayout(_group(group))
            upright.addStretch(1)
            row.addLayout(upright, 1)
        self.body.addWidget(scroll)
        self.footer.addStretch(1)
        self.add_cancel("Close", default=True)


def _group(group: KeyGroup) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(SPACE.group)
    grid.setVerticalSpacing(SPACE.tight + 1)
    grid.setColumnStretch(0, 1)
    grid.addWidget(Label(group.title, "strong"), 0, 0, 1, 2)
    for at, (words, keys) in enumerate(group.rows, 1):
        grid.addWidget(Label(words, "body", "text.2"), at, 0)
        grid.addLayout(key_caps(keys), at, 1)
    return grid
