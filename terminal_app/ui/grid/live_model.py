"""The cells of a live grid as columns of bytes; the grid paints from them, all others ask the model."""

from __future__ import annotations

import time
from collections.abc import Hashable, Sequence
from typing import Any, Literal

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from terminal_app.ui.grid.cell_bytes import bytes_text

TONES = (
    "text.1",
    "text.2",
    "text.3",
    "text.disabled",
    "profit",
    "loss",
    "buy",
    "sell",
    "warn",
    "accent",
)
"""Text colours of a live grid; arrays of tones hold positions in this tuple."""
TONE = {name: index for index, name in enumerate(TONES)}

Index = QModelIndex | QPersistentModelIndex


class LiveColumn(Struct, frozen=True):
    """One column. `digits` is the room for text in bytes, even; a `name` column holds any text instead."""

    key: str
    title: str
    width: int
    align: Literal["left", "right"] = "right"
    kind: Literal["bytes", "name"] = "bytes"
    digits: int = 14
    tooltip: str = ""


class Name(Struct, frozen=True):
    """An instrument as a live grid shows it: the part that differs first, the expiry or exchange small behind."""

    main: str
    suffix: str = ""
    tone: str = "text.1"


EMPTY_NAME = Name("")


class LiveGridModel(QAbstractTableModel):
    """Rows by key. Writers hand over whole columns; only rows that really change become dirty.

    No `dataChanged` is sent for figures: at 60 frames a second it would cost more than the painting. What reads
    the model (copying, screen readers) reads the present text.
    """

    def __init__(self, columns: Sequence[LiveColumn], parent: QObject | None = None) -> None:
        super().__init__(parent)
        if odd := [column.key for column in columns if column.digits % 2]:
            raise ValueError(f"Columns are painted in pairs of bytes; an odd width cannot be: {', '.join(odd)}.")
        self.columns = tuple(columns)
        self._at = {column.key: index for index, column in enumerate(self.columns)}
        self.keys: tuple[Hashable, ...] = ()
        self._row_of: dict[Hashable, int] = {}
        self.codes: list[NDArray[np.uint8]] = []
        self.names: list[list[Name]] = []
        self.icons: dict[tuple[int, int], tuple[str, str]] = {}
        self._allocate(0)

    def _allocate(self, rows: int) -> None:
        self.codes = [np.full((rows, column.digits), 0x20, dtype=np.uint8) for column in self.columns]
        self.names = [[EMPTY_NAME] * rows if column.kind == "name" else [] for column in self.columns]
        self.tones = np.zeros((rows, len(self.columns)), dtype=np.uint8)
        self.flash_at = np.full((rows, len(self.columns)), -np.inf)
        self.flash_up = np.zeros((rows, len(self.columns)), dtype=np.bool_)
        self.dirty = np.zeros(rows, dtype=np.bool_)

    def column_index(self, key: str) -> int:
        """Where a column stands. Raises KeyError."""
        return self._at[key]

    def row_of(self, key: Hashable) -> int | None:
        """The row of a key, None where it is not shown."""
        return self._row_of.get(key)

    def set_keys(self, keys: Sequence[Hashable]) -> None:
        """Choose the rows and their order. Rows that stay keep their cells. ValueError on a repeated key."""
        if len(set(keys)) != len(keys):
            raise ValueError("A live grid cannot show one key twice.")
        old = (self.codes, self.names, self.tones, self.icons)
        kept = [(row, found) for row, key in enumerate(keys) if (found := self._row_of.get(key)) is not None]
        self.beginResetModel()
        self.keys = tuple(keys)
        self._row_of = {key: row for row, key in enumerate(keys)}
        self._allocate(len(keys))
        to, source = [row for row, _ in kept], [row for _, row in kept]
        for new_codes, old_codes in zip(self.codes, old[0], strict=True):
            new_codes[to] = old_codes[source]
        for new_names, old_names in zip(self.names, old[1], strict=True):
            for row, found in kept if new_names else ():
                new_names[row] = old_names[found]
        self.tones[to] = old[2][source]
        moved = {found: row for row, found in kept}
        self.icons = {(moved[row], at): icon for (row, at), icon in old[3].items() if row in moved}
        self.dirty[:] = True
        self.endResetModel()

    def set_texts(
        self,
        column: str,
        rows: NDArray[np.intp],
        codes: NDArray[np.uint8],
        tones: NDArray[np.uint8] | int | None = None,
        direction: NDArray[np.int8] | None = None,
    ) -> None:
        """Write one column for some rows: bytes (rows, digits), tones, and which rows rose (1) or fell (-1)."""
        at = self._at[column]
        changed = (self.codes[at][rows] != codes).any(axis=1)
        self.codes[at][rows] = codes
        if tones is not None:
            changed |= self.tones[rows, at] != tones
            self.tones[rows, at] = tones
        if direction is not None:
            moved = direction != 0
            self.flash_at[rows[moved], at] = time.monotonic()
            self.flash_up[rows[moved], at] = direction[moved] > 0
            changed |= moved
        self.dirty[rows[changed]] = True

    def set_names(self, column: str, names: Sequence[Name]) -> None:
        """Write the whole of a name column, in row order."""
        at = self._at[column]
        for row, name in enumerate(names):
            if self.names[at][row] != name:
                self.names[at][row] = name
                self.dirty[row] = True

    def set_icon(self, column: str, row: int, icon: str, tone: str = "warn") -> None:
        """An icon left of a cell's text, such as the clock of an old price; an empty name takes it away."""
        key = (row, self._at[column])
        if self.icons.get(key, ("", tone)) == (icon, tone):
            return
        if icon:
            self.icons[key] = (icon, tone)
        else:
            self.icons.pop(key, None)
        self.dirty[row] = True

    def mark_dirty(self, rows: NDArray[np.intp]) -> None:
        """Have rows painted again at the next flush."""
        self.dirty[rows] = True

    def text(self, row: int, column: int) -> str:
        """A cell's text as it is on screen."""
        if self.columns[column].kind == "name":
            name = self.names[column][row]
            return f"{name.main} {name.suffix}".strip()
        return bytes_text(self.codes[column][row])

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return 0 if parent.isValid() else len(self.keys)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.columns)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return self.text(index.row(), index.column())
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(self.columns[index.column()].align)
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is not Qt.Orientation.Horizontal or not 0 <= section < len(self.columns):
            return None
        column = self.columns[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.title
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(column.align)
        if role == Qt.ItemDataRole.ToolTipRole:
            return column.tooltip or None
        return None


def _alignment(align: str) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if align == "right" else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter
