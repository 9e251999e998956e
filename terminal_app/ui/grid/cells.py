"""What a slow table is declared with: columns, the content of a cell, and the roles a delegate reads it by."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, Literal, TypeVar

from msgspec import Struct
from PySide6.QtCore import Qt

Row = TypeVar("Row")


class Cell(Struct, frozen=True):
    """One cell. `tone` is a colour name; `suffix` stands small and grey behind the text, `second` in a line below."""

    text: str
    tone: str = "text.1"
    strong: bool = False
    suffix: str = ""
    second: str = ""
    chip: str = ""
    chip_kind: str = "plain"
    icon: str = ""
    icon_tone: str = "text.2"
    tooltip: str = ""


class Column(Struct, Generic[Row], frozen=True):
    """One column: how a row's cell reads, what it sorts by, and whether it lights up when its value moves.

    `sort` gives values that compare with each other; None (not known) always comes last. `kind` number aligns right
    and copies plain figures.
    """

    key: str
    title: str
    cell: Callable[[Row], Cell]
    sort: Callable[[Row], Any] | None = None
    kind: Literal["text", "number"] = "text"
    width: int = 90
    flash: bool = False
    hidden: bool = False
    tooltip: str = ""


class Group(Struct, frozen=True):
    """A heading between rows: "Working 4", and a remark behind it."""

    title: str
    note: str = ""


CELL_ROLE = int(Qt.ItemDataRole.UserRole)
FLASH_ROLE = CELL_ROLE + 1
"""(rose, strength from 1 to 0) or None."""
GROUP_ROLE = CELL_ROLE + 2
TALL_ROLE = CELL_ROLE + 3
