"""The model of every slow table: rows of any type under declared columns, sorted, filtered and grouped, told apart by key."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Sequence
from typing import Any, Generic

from msgspec import Struct
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from terminal_app.ui.grid.cells import CELL_ROLE, FLASH_ROLE, GROUP_ROLE, TALL_ROLE, Cell, Column, Group, Row
from terminal_app.ui.theme import theme

Index = QModelIndex | QPersistentModelIndex


class _Entry(Struct, Generic[Row]):
    """A row on screen, or a heading (then `row` is None)."""

    key: Hashable
    row: Row | None
    cells: tuple[Cell, ...]
    group: Group | None = None


class TableModel(QAbstractTableModel, Generic[Row]):
    """`set_rows` compares by key and sends the fewest signals, so that selection and scroll position stay."""

    rows_settled = Signal()
    """Rows came, went or moved: once for each change, however many signals Qt needed for it."""

    def __init__(
        self,
        columns: Sequence[Column[Row]],
        key: Callable[[Row], Hashable],
        *,
        group: Callable[[Row], tuple[int, str]] | None = None,
        tall: Callable[[Row], bool] | None = None,
        parent: QObject | None = None,
    ) -> None:
        """`group` gives a row's (place, heading); rows are kept together by it, the count is added to the heading."""
        super().__init__(parent)
        self.columns = tuple(columns)
        self._key, self._group, self._tall = key, group, tall
        self._rows: list[Row] = []
        self._shown: list[_Entry[Row]] = []
        self._cache: dict[Hashable, tuple[Row, tuple[Cell, ...]]] = {}
        self._flashes: dict[tuple[Hashable, int], tuple[float, bool]] = {}
        self._filter = ""
        self._notes: dict[str, str] = {}
        self.sorted_by: tuple[int, Qt.SortOrder] | None = None

    # What the owner uses

    @property
    def rows(self) -> tuple[Row, ...]:
        """All rows as given, also those that the filter hides."""
        return tuple(self._rows)

    @property
    def shown_rows(self) -> list[Row]:
        """The rows on screen in their order, without headings."""
        return [entry.row for entry in self._shown if entry.row is not None]

    def set_rows(self, rows: Sequence[Row]) -> None:
        """Show these rows. Raises ValueError if two have the same key."""
        cache: dict[Hashable, tuple[Row, tuple[Cell, ...]]] = {}
        now = time.monotonic()
        for row in rows:
            key = self._key(row)
            if key in cache:
                raise ValueError(f"Two rows have the key {key!r}.")
            old = self._cache.get(key)
            if old is not None and (old[0] is row or old[0] == row):
                cache[key] = (row, old[1])
                continue
            cells = tuple(column.cell(row) for column in self.columns)
            cache[key] = (row, cells)
            if old is not None:
                self._note_moves(key, old[0], row, now)
        self._rows, self._cache = list(rows), cache
        self._flashes = {where: flash for where, flash in self._flashes.items() if where[0] in cache}
        self._settle()

    def update_rows(self, rows: Sequence[Row]) -> None:
        """Change rows where they stand, as for prices that move: nothing is sorted or filtered anew. Unknown keys are left out."""
        now, last = time.monotonic(), len(self.columns) - 1
        changed: dict[Hashable, Row] = {}
        for row in rows:
            key = self._key(row)
            old = self._cache.get(key)
            if old is None or old[0] == row:
                continue
            self._cache[key] = (row, tuple(column.cell(row) for column in self.columns))
            self._note_moves(key, old[0], row, now)
            changed[key] = row
        if not changed:
            return
        self._rows = [changed.get(self._key(row), row) for row in self._rows]
        for at, entry in enumerate(self._shown):
            if entry.row is not None and entry.key in changed:
                self._shown[at] = self._entry(changed[entry.key])
                self.dataChanged.emit(self.index(at, 0), self.index(at, last))

    def refresh(self) -> None:
        """Ask every column for its cells again: after a change of theme, or where cells show an age."""
        self._cache = {
            key: (row, tuple(column.cell(row) for column in self.columns)) for key, (row, _) in self._cache.items()
        }
        self._settle()

    def set_filter(self, text: str) -> None:
        """Show only rows in which every word occurs in some cell; case does not matter."""
        self._filter = text.casefold().strip()
        self._settle()

    def set_group_note(self, heading: str, note: str) -> None:
        """A remark behind a heading."""
        self._notes[heading] = note
        self._settle()

    def row_at(self, row: int) -> Row | None:
        """The row at a position on screen; None for a heading or outside."""
        return self._shown[row].row if 0 <= row < len(self._shown) else None

    def key_at(self, row: int) -> Hashable | None:
        """The key at a position on screen; None for a heading or outside."""
        entry = self._shown[row] if 0 <= row < len(self._shown) else None
        return entry.key if entry is not None and entry.row is not None else None

    def position_of(self, key: Hashable) -> int | None:
        """Where a key is on screen."""
        return next((at for at, entry in enumerate(self._shown) if entry.key == key and entry.row is not None), None)

    def flashing(self) -> list[tuple[int, int]]:
        """Positions (row, column) of cells that still light up; forgets those that have ended."""
        life_s = (theme().motion_ms("flash_hold") + theme().motion_ms("flash_fade")) / 1000
        now = time.monotonic()
        self._flashes = {where: flash for where, flash in self._flashes.items() if now - flash[0] < life_s}
        if not self._flashes:
            return []
        place = {entry.key: at for at, entry in enumerate(self._shown)}
        return [(place[key], column) for key, column in self._flashes if key in place]

    # What Qt asks

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return 0 if parent.isValid() else len(self._shown)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.columns)

    def flags(self, index: Index) -> Qt.ItemFlag:
        if index.isValid() and self._shown[index.row()].group is not None:
            return Qt.ItemFlag.ItemIsEnabled
        return super().flags(index)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        entry, column = self._shown[index.row()], index.column()
        if role == GROUP_ROLE:
            return entry.group
        if entry.group is not None:
            return entry.group.title if column == 0 and role == Qt.ItemDataRole.DisplayRole else None
        cell = entry.cells[column]
        if role == Qt.ItemDataRole.DisplayRole:
            return cell.text or cell.chip
        if role == CELL_ROLE:
            return cell
        if role == FLASH_ROLE:
            return self._flash(entry.key, column)
        if role == TALL_ROLE:
            return self._tall is not None and entry.row is not None and self._tall(entry.row)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return " ".join(part for part in (cell.chip, cell.text, cell.suffix, cell.second) if part)
        if role == Qt.ItemDataRole.ToolTipRole:
            return cell.tooltip or None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self._alignment(column)
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is not Qt.Orientation.Horizontal or not 0 <= section < len(self.columns):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.columns[section].title
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self._alignment(section)
        if role == Qt.ItemDataRole.ToolTipRole:
            return self.columns[section].tooltip or None
        return None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        self.sorted_by = (column, order) if 0 <= column < len(self.columns) else None
        self._settle()

    # How it stays in step

    def _alignment(self, column: int) -> Qt.AlignmentFlag:
        number = self.columns[column].kind == "number"
        return (Qt.AlignmentFlag.AlignRight if number else Qt.AlignmentFlag.AlignLeft) | Qt.AlignmentFlag.AlignVCenter

    def _flash(self, key: Hashable, column: int) -> tuple[bool, float] | None:
        found = self._flashes.get((key, column))
        hold, fade = theme().motion_ms("flash_hold"), theme().motion_ms("flash_fade")
        if found is None or not hold:
            return None
        age = (time.monotonic() - found[0]) * 1000
        return None if age >= hold + fade else (found[1], 1 - max(0.0, age - hold) / fade)

    def _note_moves(self, key: Hashable, old: Row, new: Row, now: float) -> None:
        for at, column in enumerate(self.columns):
            if not column.flash or column.sort is None:
                continue
            before, after = column.sort(old), column.sort(new)
            if before is not None and after is not None and before != after:
                self._flashes[key, at] = (now, after > before)

    def _matches(self, cells: tuple[Cell, ...]) -> bool:
        text = "\n".join(f"{cell.chip} {cell.text} {cell.suffix} {cell.second}" for cell in cells).casefold()
        return all(word in text for word in self._filter.split())

    def _ordered(self, rows: list[Row]) -> list[Row]:
        if self.sorted_by is None:
            return rows
        column, order = self.sorted_by
        by = self.columns[column].sort or (lambda row: self._cache[self._key(row)][1][column].text.casefold())
        known = [row for row in rows if by(row) is not None]
        unknown = [row for row in rows if by(row) is None]
        return sorted(known, key=by, reverse=order is Qt.SortOrder.DescendingOrder) + unknown

    def _wanted(self) -> list[_Entry[Row]]:
        rows = [row for row in self._rows if not self._filter or self._matches(self._cache[self._key(row)][1])]
        rows = self._ordered(rows)
        if self._group is None:
            return [self._entry(row) for row in rows]
        parts: dict[tuple[int, str], list[Row]] = {}
        for row in rows:
            parts.setdefault(self._group(row), []).append(row)
        wanted: list[_Entry[Row]] = []
        for place, heading in sorted(parts):
            members = parts[place, heading]
            group = Group(f"{heading} {len(members)}", self._notes.get(heading, ""))
            wanted.append(_Entry(("group", heading), None, (), group))
            wanted.extend(self._entry(row) for row in members)
        return wanted

    def _entry(self, row: Row) -> _Entry[Row]:
        key = self._key(row)
        return _Entry(key, row, self._cache[key][1])

    def _settle(self) -> None:
        """Bring what is shown to what is wanted: removals, then moves and insertions, then changes."""
        wanted = self._wanted()
        before = [entry.key for entry in self._shown]
        keep = {entry.key for entry in wanted}
        self._remove_runs([at for at, entry in enumerate(self._shown) if entry.key not in keep])
        present = {entry.key for entry in self._shown}
        at = 0
        while at < len(wanted):
            if at < len(self._shown) and self._shown[at].key == wanted[at].key:
                at += 1
            elif wanted[at].key in present:
                self._move(next(i for i in range(at + 1, len(self._shown)) if self._shown[i].key == wanted[at].key), at)
                at += 1
            else:
                at = self._insert_run(wanted, at, present)
        last = len(self.columns) - 1
        for at, (old, new) in enumerate(zip(self._shown, wanted, strict=True)):
            if old.cells != new.cells or old.group != new.group:
                self._shown[at] = new
                self.dataChanged.emit(self.index(at, 0), self.index(at, last))
            else:
                self._shown[at] = new
        if before != [entry.key for entry in wanted]:
            self.rows_settled.emit()

    def _insert_run(self, wanted: list[_Entry[Row]], first: int, present: set[Hashable]) -> int:
        """Insert the new entries from `first` on up to the next one that is there already; the place behind them."""
        end = first + 1
        while end < len(wanted) and wanted[end].key not in present:
            end += 1
        self.beginInsertRows(QModelIndex(), first, end - 1)
        self._shown[first:first] = wanted[first:end]
        self.endInsertRows()
        return end

    def _remove_runs(self, positions: list[int]) -> None:
        while positions:
            last = first = positions.pop()
            while positions and positions[-1] == first - 1:
                first = positions.pop()
            self.beginRemoveRows(QModelIndex(), first, last)
            del self._shown[first : last + 1]
            self.endRemoveRows()

    def _move(self, source: int, target: int) -> None:
        self.beginMoveRows(QModelIndex(), source, source, QModelIndex(), target)
        self._shown.insert(target, self._shown.pop(source))
        self.endMoveRows()
