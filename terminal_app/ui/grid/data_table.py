"""The table for lists that change now and then: orders, positions, trades, holdings."""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable
from typing import Any, Generic

from PySide6.QtCore import QEvent, QItemSelectionModel, QModelIndex, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QFontMetrics, QKeyEvent, QKeySequence, QMouseEvent
from PySide6.QtWidgets import QAbstractItemView, QApplication, QTableView, QWidget

from terminal_app.ui.grid.cell_delegate import CellDelegate
from terminal_app.ui.grid.cells import GROUP_ROLE, TALL_ROLE, Row
from terminal_app.ui.grid.table_header import TableHeader
from terminal_app.ui.grid.table_model import TableModel
from terminal_app.ui.grid.tsv import comma_separated, plain_figure, tsv
from terminal_app.ui.kit.ground import Ground
from terminal_app.ui.kit.styled import ThemedMixin
from terminal_app.ui.theme import SIZE, theme

_FADE_FRAME_MS = 40
_STATE_VERSION = 1


class DataTable(QTableView, ThemedMixin, Generic[Row]):
    """Sort by a click on the header, choose columns by a right click on it, Ctrl+C copies the selected rows."""

    row_activated = Signal(object)
    selection_changed = Signal()
    menu_asked = Signal(object, QPoint)
    state_changed = Signal()

    def __init__(
        self, name: str, model: TableModel[Row], *, stretch_last: bool = False, parent: QWidget | None = None
    ) -> None:
        """`stretch_last` gives the free width to the last column, for texts such as an order's status."""
        super().__init__(parent)
        self.setAccessibleName(name)
        self.model_ = model
        self._delegate = CellDelegate(self)
        self._by_keyboard = False
        header = TableHeader(self)
        self.setHorizontalHeader(header)
        self.header = header
        header.setStretchLastSection(stretch_last)
        self.setModel(model)
        self.setItemDelegate(self._delegate)
        self._set_up_view()
        for at, column in enumerate(model.columns):
            self.setColumnWidth(at, theme().px(column.width))
            self.setColumnHidden(at, column.hidden)
        self._connect(header, model)
        self._fade = QTimer(self, interval=_FADE_FRAME_MS)
        self._fade.timeout.connect(self._on_fade)
        self.follow_theme()

    def _set_up_view(self) -> None:
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(self.verticalHeader().ResizeMode.Fixed)
        self.verticalHeader().setMinimumSectionSize(1)
        self.setShowGrid(False)
        self.setFrameShape(self.Shape.NoFrame)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setMouseTracking(True)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setCornerWidget(Ground())

    def _connect(self, header: TableHeader, model: TableModel[Row]) -> None:
        header.sectionClicked.connect(self._on_header_clicked)
        header.sectionResized.connect(self.state_changed)
        header.sectionMoved.connect(self.state_changed)
        header.columns_changed.connect(self.state_changed)
        self.customContextMenuRequested.connect(self._on_menu_asked)
        self.activated.connect(self._on_activated)
        self.selectionModel().selectionChanged.connect(lambda *_: self.selection_changed.emit())
        model.rows_settled.connect(self._fit_rows)
        model.dataChanged.connect(self._on_data_changed)

    # What the owner uses

    def selected_rows(self) -> list[Row]:
        """The selected rows in the order on screen, without headings."""
        found = [self.model_.row_at(at) for at in self._selected_positions()]
        return [row for row in found if row is not None]

    def current_row(self) -> Row | None:
        """The row that the keys act on."""
        return self.model_.row_at(self.currentIndex().row())

    def select_key(self, key: Hashable) -> None:
        """Make a row current and selected; an unknown key changes nothing."""
        at = self.model_.position_of(key)
        if at is not None:
            rows = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
            self.selectionModel().setCurrentIndex(self.model_.index(at, 0), rows)

    def sort_by(self, column: str, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column. Raises KeyError."""
        at = self._column_at(column)
        self.model_.sort(at, order)
        self.header.show_sort(at, order)

    def copy(self) -> None:
        """Put the selected rows with titles on the clipboard, tab-separated, figures plain."""
        positions = self._selected_positions()
        if positions:
            QApplication.clipboard().setText(tsv(self._lines(positions)))

    def export_csv(self, write: Callable[[str], object]) -> None:
        """Hand all rows on screen to `write` as CSV text, visible columns only."""
        positions = [at for at in range(self.model_.rowCount()) if self.model_.row_at(at) is not None]
        write(comma_separated(self._lines(positions)))

    def save_state(self) -> bytes:
        """Order, widths, hidden columns and sorting by column key, as JSON."""
        columns = self.model_.columns
        sorted_by = self.model_.sorted_by
        state = {
            "version": _STATE_VERSION,
            "order": [columns[at].key for at in self._visual_order()],
            "widths": {
                column.key: self.header.sectionSize(at)
                for at, column in enumerate(columns)
                if not self.isColumnHidden(at)
            },
            "hidden": [column.key for at, column in enumerate(columns) if self.isColumnHidden(at)],
            "sort": None
            if sorted_by is None
            else [columns[sorted_by[0]].key, sorted_by[1] is Qt.SortOrder.AscendingOrder],
        }
        return json.dumps(state).encode()

    def restore_state(self, saved: bytes) -> bool:
        """Bring a saved state back; columns it does not know keep their own. False where it cannot be read."""
        try:
            state = json.loads(saved)
            if state["version"] != _STATE_VERSION:
                return False
            self._apply_state(state)
        except (ValueError, KeyError, TypeError):
            return False
        return True

    # Looks

    def restyle(self) -> None:
        self._fit_rows()
        self.viewport().update()

    def row_height(self) -> int:
        """The height of a plain row at the present zoom."""
        return QFontMetrics(theme().font("body")).height() + 8

    def _fit_rows(self) -> None:
        vertical = self.verticalHeader()
        vertical.setDefaultSectionSize(self.row_height())
        tall = max(theme().px(SIZE.row_reason), 2 * QFontMetrics(theme().font("body")).height() + 8)
        group = max(theme().px(SIZE.row_group), QFontMetrics(theme().font("small")).height() + 6)
        for at in range(self.model_.rowCount()):
            index = self.model_.index(at, 0)
            height = (
                group if index.data(GROUP_ROLE) is not None else tall if index.data(TALL_ROLE) else self.row_height()
            )
            if vertical.sectionSize(at) != height:
                vertical.resizeSection(at, height)

    def _on_data_changed(self, first: QModelIndex, last: QModelIndex) -> None:
        for at in range(first.row(), last.row() + 1):
            index = self.model_.index(at, 0)
            if bool(index.data(TALL_ROLE)) != (self.verticalHeader().sectionSize(at) > self.row_height() + 4):
                self._fit_rows()
                break
        if not self._fade.isActive() and self.model_.flashing():
            self._fade.start()

    def _on_fade(self) -> None:
        lit = self.model_.flashing()
        if not lit:
            self._fade.stop()
            self.viewport().update()
        for row, column in lit:
            self.update(self.model_.index(row, column))

    def _hover(self, row: int) -> None:
        if row != self._delegate.hovered_row:
            self._delegate.hovered_row = row
            self.viewport().update()

    def _settle_ring(self) -> None:
        row = self.currentIndex().row() if self._by_keyboard and self.hasFocus() else -1
        if row != self._delegate.ring_row:
            self._delegate.ring_row = row
            self.viewport().update()

    # What the pointer and the keys do

    def currentChanged(self, current: QModelIndex, previous: QModelIndex) -> None:  # type: ignore[override]
        super().currentChanged(current, previous)
        self._settle_ring()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self._by_keyboard = True
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        elif event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down) and not self._selected_positions():
            self._select_first_choice()  # Qt would step over the row that is current and not yet chosen
        else:
            super().keyPressEvent(event)
        self._settle_ring()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._by_keyboard = False
        super().mousePressEvent(event)
        self._settle_ring()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover(self.rowAt(event.position().toPoint().y()))
        super().mouseMoveEvent(event)

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave:
            self._hover(-1)
        return super().viewportEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._by_keyboard = event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
        super().focusInEvent(event)
        self._settle_ring()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._settle_ring()

    def _on_header_clicked(self, section: int) -> None:
        ascending = Qt.SortOrder.AscendingOrder
        now = self.model_.sorted_by
        order = Qt.SortOrder.DescendingOrder if now == (section, ascending) else ascending
        self.model_.sort(section, order)
        self.header.show_sort(section, order)
        self.state_changed.emit()

    def _on_menu_asked(self, at: QPoint) -> None:
        row = self.model_.row_at(self.rowAt(at.y()))
        if row is not None:
            self.menu_asked.emit(row, self.viewport().mapToGlobal(at))

    def _on_activated(self, index: QModelIndex) -> None:
        row = self.model_.row_at(index.row())
        if row is not None:
            self.row_activated.emit(row)

    # Helpers

    def _select_first_choice(self) -> None:
        """Choose the current row, or the next one below a heading."""
        start = max(0, self.currentIndex().row())
        for at in (*range(start, self.model_.rowCount()), *range(start)):
            if self.model_.row_at(at) is not None:
                self.select_key(self.model_.key_at(at))
                return

    def _selected_positions(self) -> list[int]:
        return sorted(index.row() for index in self.selectionModel().selectedRows())

    def _visual_order(self) -> list[int]:
        return [self.header.logicalIndex(visual) for visual in range(self.header.count())]

    def _lines(self, positions: list[int]) -> list[list[str]]:
        shown = [at for at in self._visual_order() if not self.isColumnHidden(at)]
        lines = [[self.model_.columns[at].title for at in shown]]
        lines.extend([self._plain(row, at) for at in shown] for row in positions)
        return lines

    def _plain(self, row: int, column: int) -> str:
        index = self.model_.index(row, column)
        if self.model_.columns[column].kind == "number":
            return plain_figure(str(index.data() or ""))
        return str(index.data(Qt.ItemDataRole.AccessibleTextRole) or "")

    def _column_at(self, key: str) -> int:
        for at, column in enumerate(self.model_.columns):
            if column.key == key:
                return at
        raise KeyError(key)

    def _apply_state(self, state: dict[str, Any]) -> None:
        at = {column.key: index for index, column in enumerate(self.model_.columns)}
        for visual, key in enumerate(key for key in state["order"] if key in at):
            self.header.moveSection(self.header.visualIndex(at[key]), visual)
        for key, width in state["widths"].items():
            if key in at:
                self.setColumnWidth(at[key], max(self.header.minimumSectionSize(), int(width)))
        hidden = set(state["hidden"])
        for key, index in at.items():
            self.setColumnHidden(index, key in hidden and index not in self.header.fixed_sections)
        if state["sort"] is not None and state["sort"][0] in at:
            key, ascending = state["sort"]
            self.sort_by(key, Qt.SortOrder.AscendingOrder if ascending else Qt.SortOrder.DescendingOrder)
