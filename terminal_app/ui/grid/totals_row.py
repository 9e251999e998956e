"""The total under a table: the same columns, pinned, never scrolled away."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QAbstractItemView, QTableView, QWidget

from terminal_app.ui.grid.cell_delegate import CellDelegate
from terminal_app.ui.grid.cells import CELL_ROLE, Cell
from terminal_app.ui.kit.styled import ThemedMixin
from terminal_app.ui.theme import theme

Index = QModelIndex | QPersistentModelIndex


class _TotalsModel(QAbstractTableModel):
    """One row under the columns of another table."""

    def __init__(self, keys: list[str], alignments: list[Qt.AlignmentFlag], parent: QObject) -> None:
        super().__init__(parent)
        self._keys, self._alignments = keys, alignments
        self._cells: dict[str, Cell] = {}

    def set_cells(self, cells: Mapping[str, Cell]) -> None:
        self._cells = dict(cells)
        self.dataChanged.emit(self.index(0, 0), self.index(0, len(self._keys) - 1))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return 0 if parent.isValid() else 1

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._keys)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        cell = self._cells.get(self._keys[index.column()])
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self._alignments[index.column()]
        if cell is None:
            return None
        if role == CELL_ROLE:
            return cell
        return cell.text if role == Qt.ItemDataRole.DisplayRole else None


class TotalsRow(QTableView, ThemedMixin):
    """Put it right under its table; it follows widths, order, hiding and sideways scrolling."""

    def __init__(self, table: QTableView, keys: list[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._table = table
        source = table.model()
        sides = [
            source.headerData(at, Qt.Orientation.Horizontal, Qt.ItemDataRole.TextAlignmentRole)
            for at in range(len(keys))
        ]
        self._model = _TotalsModel(keys, sides, self)
        self.setAccessibleName(f"{table.accessibleName()}, total")
        self.setModel(self._model)
        self.setItemDelegate(CellDelegate(self, total=True))
        self.horizontalHeader().hide()
        self.verticalHeader().hide()
        self.setShowGrid(False)
        self.setFrameShape(self.Shape.NoFrame)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        header = table.horizontalHeader()
        header.sectionResized.connect(self._on_resized)
        header.sectionMoved.connect(lambda _, old, new: self.horizontalHeader().moveSection(old, new))
        table.horizontalScrollBar().valueChanged.connect(self.horizontalScrollBar().setValue)
        table.verticalScrollBar().rangeChanged.connect(self._tie_all)
        self._tie_all()
        self.follow_theme()

    def set_totals(self, cells: Mapping[str, Cell]) -> None:
        """The cells by column key; the others stay empty."""
        self._model.set_cells(cells)

    def restyle(self) -> None:
        height = QFontMetrics(theme().font("strong")).height() + 9
        self.verticalHeader().setMinimumSectionSize(1)
        self.verticalHeader().setDefaultSectionSize(height)
        self.setFixedHeight(height)
        self.viewport().update()

    def _on_resized(self, section: int, _old: int, new: int) -> None:
        # Hiding a column arrives as a size of 0.
        self.setColumnHidden(section, new == 0)
        if new:
            self.setColumnWidth(section, new)

    def _tie_all(self) -> None:
        for at in range(self._model.columnCount()):
            self._on_resized(at, 0, self._table.columnWidth(at))
        bar = self._table.verticalScrollBar()
        self.setViewportMargins(0, 0, bar.sizeHint().width() if bar.maximum() > bar.minimum() else 0, 0)
