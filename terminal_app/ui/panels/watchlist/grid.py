"""The watchlist's live grid: its keys, its rows that can be dragged, and a name column that takes the free width."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QEvent, QPoint, Qt, Signal
from PySide6.QtGui import QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QApplication, QToolTip, QWidget

from terminal_app.ui.grid.live_grid import LiveGrid
from terminal_app.ui.grid.row_actions import RowAction
from terminal_app.ui.grid.table_header import TableHeader
from terminal_app.ui.panels.watchlist.keys import verb_of
from terminal_app.ui.panels.watchlist.model import COLUMNS, SHOWN_FIRST
from terminal_app.ui.theme import theme

_LEAST_NAME = 96
_ROOM_FOR_ALL, _ROOM_FOR_MENU = 158, 128
_EDGE = 12
_ROW_ACTIONS = (
    RowAction("buy", "Buy (B)", "B", "buy"),
    RowAction("sell", "Sell (S)", "S", "sell"),
    RowAction("depth", "Market depth (D)", icon="layers"),
    RowAction("more", "More", icon="ellipsis"),
)
_SHOWN_ACTIONS = {4: _ROW_ACTIONS, 3: (*_ROW_ACTIONS[:2], _ROW_ACTIONS[3]), 2: _ROW_ACTIONS[:2]}


class WatchlistGrid(LiveGrid):
    """`verb_asked` carries what a key means; `row_dropped(key, gap)` where a row was dragged to."""

    verb_asked = Signal(str)
    row_dropped = Signal(object, int)
    columns_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        self.tooltip_of: Callable[[Any], str] = str
        """What the name of a key's row tells under the pointer."""
        self._zoom = theme().zoom
        self._action_count = 0
        self._pressed: QPoint | None = None
        self._dragged_row = -1
        self._gap = -1
        super().__init__("Watchlist", COLUMNS, parent=parent)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        header = self.horizontalHeader()
        assert isinstance(header, TableHeader)
        self.header = header
        header.setSectionResizeMode(0, header.ResizeMode.Fixed)
        header.setFirstSectionMovable(False)
        for at, column in enumerate(COLUMNS):
            self.setColumnHidden(at, column.key not in SHOWN_FIRST)
        header.sectionResized.connect(lambda section: self.fit_name() if section else None)
        header.columns_changed.connect(self._on_columns_changed)

    @property
    def is_pointed_at(self) -> bool:
        """Whether the pointer is on a row."""
        return self._hovered >= 0 or self._pressed is not None

    def shown_columns(self) -> tuple[str, ...]:
        """Keys of the columns on screen, from left to right."""
        return tuple(COLUMNS[at].key for at in self._visual_columns() if not self.isColumnHidden(at))

    def selected_keys(self) -> list[Any]:
        """Keys of the selected rows, top to bottom."""
        rows = sorted(index.row() for index in self.selectionModel().selectedRows())
        return [self.model_.keys[row] for row in rows]

    def save_state(self) -> dict[str, Any]:
        """Columns in their order, and widths at the normal size of text."""
        widths = {
            column.key: round(self.columnWidth(at) / theme().zoom)
            for at, column in enumerate(COLUMNS)
            if at and not self.isColumnHidden(at)
        }
        return {"columns": list(self.shown_columns()), "widths": widths}

    def restore_state(self, state: dict[str, Any]) -> None:
        """Take back what was remembered; columns that no longer exist are left out."""
        known, said, widths = {column.key for column in COLUMNS}, state.get("columns"), state.get("widths")
        keys = [key for key in said if isinstance(key, str) and key in known] if isinstance(said, list) else []
        if not keys:
            return
        wanted = ["name", *(key for key in keys if key != "name")]
        widths = widths if isinstance(widths, dict) else {}
        for at, column in enumerate(COLUMNS):
            self.setColumnHidden(at, column.key not in wanted)
            if at and isinstance(width := widths.get(column.key), int) and width > 0:
                self.setColumnWidth(at, theme().px(width))
        for place, key in enumerate(wanted):
            self.header.moveSection(self.header.visualIndex(self.model_.column_index(key)), place)
        self._on_columns_changed()

    def fit_name(self) -> None:
        """Give the names what the figures leave."""
        others = sum(self.columnWidth(at) for at in range(1, len(COLUMNS)) if not self.isColumnHidden(at))
        room = max(theme().px(_LEAST_NAME), self.viewport().width() - others)
        self.setColumnWidth(0, room)
        count = 4 if room >= theme().px(_ROOM_FOR_ALL) else 3 if room >= theme().px(_ROOM_FOR_MENU) else 2
        if count != self._action_count:  # narrow: depth goes first, then the menu, which the right button opens too
            self._action_count = count
            self.set_row_actions("name", _SHOWN_ACTIONS[count])

    def restyle(self) -> None:
        super().restyle()
        if (factor := theme().zoom / self._zoom) != 1:
            self._zoom = theme().zoom
            for at in range(1, len(COLUMNS)):
                self.setColumnWidth(at, round(self.columnWidth(at) * factor))
            self.fit_name()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit_name()

    def viewportEvent(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            index = self.indexAt(event.pos())
            words = self.tooltip_of(self.model_.keys[index.row()]) if index.isValid() and index.column() == 0 else ""
            QToolTip.showText(event.globalPos(), words, self.viewport())
            return True
        return super().viewportEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._gap >= 0 and event.key() == Qt.Key.Key_Escape:
            self._end_drag()
            return
        verb = verb_of(event)
        if verb:
            self._by_keyboard = True
            self.verb_asked.emit(verb)
        else:
            super().keyPressEvent(event)

    # Dragging rows: followed by hand, because a QDrag would run a loop of its own inside the event

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        at = event.position().toPoint()
        row = self.rowAt(at.y())
        plain = event.modifiers() == Qt.KeyboardModifier.NoModifier
        if event.button() is Qt.MouseButton.LeftButton and row >= 0 and plain:
            self._pressed, self._dragged_row = at, row

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed is None or not event.buttons() & Qt.MouseButton.LeftButton:
            super().mouseMoveEvent(event)
            return
        at = event.position().toPoint()
        if self._gap < 0 and (at - self._pressed).manhattanLength() < QApplication.startDragDistance():
            return
        self._hover(-1)
        bar, height = self.verticalScrollBar(), self.viewport().height()
        if at.y() < _EDGE or at.y() > height - _EDGE:
            bar.setValue(bar.value() + (self._row_height() if at.y() > height - _EDGE else -self._row_height()))
        gap = round((at.y() + bar.value()) / self._row_height())
        self._gap = max(0, min(len(self.model_.keys), gap))
        self.viewport().update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        row, gap = self._dragged_row, self._gap
        self._end_drag()
        super().mouseReleaseEvent(event)
        if gap >= 0 and gap not in (row, row + 1) and row < len(self.model_.keys):
            self.row_dropped.emit(self.model_.keys[row], gap)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._gap >= 0:
            y = self._gap * self._row_height() - self.verticalScrollBar().value()
            with QPainter(self.viewport()) as painter:
                painter.fillRect(0, max(0, y - 1), self.viewport().width(), 2, theme().color("accent"))

    def _end_drag(self) -> None:
        self._pressed, self._dragged_row, self._gap = None, -1, -1
        self.viewport().update()

    def _on_columns_changed(self) -> None:
        self.fit_name()
        self.columns_changed.emit()
