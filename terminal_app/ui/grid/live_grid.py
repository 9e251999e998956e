"""The live grid: a table view whose visible cells are painted in one go from columns of bytes."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import cast

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import (
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import (
    QFocusEvent,
    QFontMetrics,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QRegion,
)
from PySide6.QtWidgets import QAbstractItemView, QApplication, QTableView, QWidget

from terminal_app.ui.grid.glyph_atlas import GlyphAtlas
from terminal_app.ui.grid.live_model import TONES, LiveColumn, LiveGridModel
from terminal_app.ui.grid.live_painter import PAD, LivePainter
from terminal_app.ui.grid.row_actions import RowAction, RowActions
from terminal_app.ui.grid.table_header import TableHeader
from terminal_app.ui.grid.tsv import plain_figure, tsv
from terminal_app.ui.kit.styled import ThemedMixin
from terminal_app.ui.theme import SIZE, theme

_FADE_FRAME_MS = 33
Underlay = Callable[[QPainter, NDArray[np.intp]], None]


class LiveGrid(QTableView, ThemedMixin):
    """Write to `model_`, then call `flush()` once a frame: only rows that changed and are visible are painted.

    Selection, keyboard, headers, copying and accessibility are Qt's own.
    """

    row_activated = Signal(object)
    row_action = Signal(object, str)
    current_key_changed = Signal(object)
    menu_asked = Signal(object, QPoint)
    sort_asked = Signal(str)

    def __init__(
        self, name: str, columns: Sequence[LiveColumn], *, compact: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._compact = compact
        self._hovered = -1
        self._by_keyboard = False
        self._selected = np.zeros(0, dtype=np.bool_)
        self._atlas: GlyphAtlas | None = None
        self._painter: LivePainter | None = None
        self._underlay: Underlay | None = None
        self._actions: RowActions | None = None
        self._actions_column = 0
        self.setAccessibleName(name)
        self.model_ = LiveGridModel(columns, self)
        self._set_up_view()
        self._fade = QTimer(self, interval=_FADE_FRAME_MS)
        self._fade.timeout.connect(self._on_fade)
        self.follow_theme()

    def _set_up_view(self) -> None:
        header = TableHeader(self)
        header.pad = PAD
        self.setHorizontalHeader(header)
        self.setModel(self.model_)
        for index, column in enumerate(self.model_.columns):
            self.setColumnWidth(index, theme().px(column.width))
        header.sectionClicked.connect(lambda section: self.sort_asked.emit(self.model_.columns[section].key))
        header.geometriesChanged.connect(self._repaint_all)
        header.sectionMoved.connect(self._repaint_all)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(self.verticalHeader().ResizeMode.Fixed)
        self.setShowGrid(False)
        self.setFrameShape(self.Shape.NoFrame)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTabKeyNavigation(False)
        self.setMouseTracking(True)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._on_menu_asked)
        self.activated.connect(lambda index: self.row_activated.emit(self.model_.keys[index.row()]))

    # What the owner uses

    def set_keys(self, keys: Sequence[Hashable]) -> None:
        """Choose rows and order; the selected key stays selected where it still exists."""
        kept = self.current_key()
        self._hover(-1)
        self.model_.set_keys(keys)
        self._selected = np.zeros(len(keys), dtype=np.bool_)
        if kept is not None and self.model_.row_of(kept) is not None:
            self.select_key(kept)
        self._repaint_all()

    def current_key(self) -> Hashable | None:
        """The key of the current row."""
        row = self.currentIndex().row()
        return self.model_.keys[row] if 0 <= row < len(self.model_.keys) else None

    def select_key(self, key: Hashable) -> None:
        """Make a row current and selected; an unknown key clears both."""
        row = self.model_.row_of(key)
        if row is None:
            self.clearSelection()
            self.setCurrentIndex(QModelIndex())
        else:
            index = self.model_.index(row, max(0, self.currentIndex().column()))
            # Not the view's own setCurrentIndex: that one extends the selection while Ctrl or Shift is held.
            flag = QItemSelectionModel.SelectionFlag
            self.selectionModel().setCurrentIndex(index, flag.ClearAndSelect | flag.Rows)

    def set_underlay(self, paint: Underlay | None) -> None:
        """Paint beneath the figures, above the row's ground: depth bars. Called with the painter and the rows at hand."""
        self._underlay = paint
        self._repaint_all()

    def set_row_actions(self, column: str, actions: Sequence[RowAction]) -> None:
        """Buttons that stand at the right end of a column in the row under the pointer."""
        if self._actions is not None:
            self._actions.deleteLater()
        self._actions = RowActions(actions, self.viewport())
        self._actions_column = self.model_.column_index(column)
        self._actions.triggered.connect(self._on_action)

    def flush(self) -> None:
        """Schedule the painting of the rows written since the last flush. Cheap when nothing changed."""
        rows = np.flatnonzero(self.model_.dirty)
        if not len(rows):
            return
        self.model_.dirty[:] = False
        self._update_rows(rows)
        if not self._fade.isActive() and theme().motion_ms("flash_hold") and self._flashing().any():
            self._fade.start()

    def cell_rect(self, row: int, column: int) -> QRect:
        """Where a cell is, in viewport pixels; also for cells out of sight."""
        height = self._row_height()
        left = self.columnViewportPosition(column)
        return QRect(left, row * height - self.verticalScrollBar().value(), self.columnWidth(column), height)

    def copy(self) -> None:
        """Put the selected rows on the clipboard, tab-separated, figures plain."""
        rows = sorted({index.row() for index in self.selectionModel().selectedRows()})
        shown = [at for at in self._visual_columns() if not self.isColumnHidden(at)]
        titles = [self.model_.columns[at].title for at in shown]
        lines = [[self._plain(row, at) for at in shown] for row in rows]
        if lines:
            QApplication.clipboard().setText(tsv([titles, *lines]))

    # Painting

    def restyle(self) -> None:
        self._atlas = self._painter = None
        font = theme().number_font("body")
        height = QFontMetrics(font).height() + (7 if self._compact else 9)
        self.verticalHeader().setMinimumSectionSize(1)
        self.verticalHeader().setDefaultSectionSize(height)
        self._repaint_all()

    def sizeHint(self) -> QSize:
        return QSize(theme().px(SIZE.watchlist_width), super().sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        rows = self._rows_in(event.region())
        with QPainter(self.viewport()) as painter:
            painter.fillRect(event.rect(), theme().color("bg.1"))
            if not len(rows):
                return
            paint = self._live_painter()
            columns = self._columns_in(event.rect())
            paint.narrowed = self._narrowed()
            paint.grounds(painter, rows, columns, self._selected, self._hovered)
            if self._underlay is not None:
                self._underlay(painter, rows)
            paint.texts(painter, rows, columns)
            paint.bars(painter, rows)
            current = self.currentIndex().row()
            if self._by_keyboard and self.hasFocus() and current in rows:
                paint.ring(painter, current)

    def _narrowed(self) -> tuple[int, int, int] | None:
        if self._actions is None or self._hovered < 0:
            return None
        return self._hovered, self._actions_column, self._actions.width()

    def _live_painter(self) -> LivePainter:
        ratio = self.devicePixelRatioF()
        if self._atlas is None or self._atlas.ratio != ratio:
            colors = [theme().color(name) for name in TONES]
            self._atlas = GlyphAtlas(theme().number_font("body"), colors, theme().color("bg.1"), ratio)
            self._painter = None
        if self._painter is None:
            self._painter = LivePainter(self, self.model_, self._atlas)
        return self._painter

    def _row_height(self) -> int:
        return self.verticalHeader().defaultSectionSize()

    def _rows_in(self, region: QRegion) -> NDArray[np.intp]:
        height, offset, last = self._row_height(), self.verticalScrollBar().value(), len(self.model_.keys) - 1
        wanted: set[int] = set()
        for rect in cast("Iterable[QRect]", region):
            first = max(0, (rect.top() + offset) // height)
            wanted.update(range(first, min(last, (rect.bottom() + offset) // height) + 1))
        return np.array(sorted(wanted), dtype=np.intp)

    def _columns_in(self, rect: QRect) -> list[tuple[int, int, int]]:
        found = []
        for at in range(len(self.model_.columns)):
            width = self.columnWidth(at)
            left = self.columnViewportPosition(at)
            if width and left <= rect.right() and left + width > rect.left():
                found.append((at, left, width))
        return found

    def _visual_columns(self) -> list[int]:
        header = self.horizontalHeader()
        return [header.logicalIndex(visual) for visual in range(header.count())]

    def _update_rows(self, rows: NDArray[np.intp]) -> None:
        height, offset, width = self._row_height(), self.verticalScrollBar().value(), self.viewport().width()
        first, last = offset // height, (offset + self.viewport().height()) // height
        visible = rows[(rows >= first) & (rows <= last)]
        if len(visible) > (last - first) * 2 // 3:
            self.viewport().update()
            return
        region = QRegion()
        for run in np.split(visible, np.flatnonzero(np.diff(visible) > 1) + 1):
            if len(run):
                region += QRect(0, int(run[0]) * height - offset, width, len(run) * height)
        self.viewport().update(region)

    def _repaint_all(self) -> None:
        self.viewport().update()

    def _flashing(self) -> NDArray[np.bool_]:
        life_s = (theme().motion_ms("flash_hold") + theme().motion_ms("flash_fade")) / 1000
        age = time.monotonic() - self.model_.flash_at
        return np.asarray((age < life_s + _FADE_FRAME_MS / 1000).any(axis=1))

    def _on_fade(self) -> None:
        flashing = self._flashing()
        if not flashing.any() or not self.isVisible():
            self._fade.stop()
        self._update_rows(np.flatnonzero(flashing))

    def _plain(self, row: int, column: int) -> str:
        text = self.model_.text(row, column)
        return text if self.model_.columns[column].kind == "name" else plain_figure(text)

    # What the pointer and the keys do

    def selectionChanged(self, selected: QItemSelection, deselected: QItemSelection) -> None:
        super().selectionChanged(selected, deselected)
        self._selected = np.zeros(len(self.model_.keys), dtype=np.bool_)
        self._selected[[index.row() for index in self.selectionModel().selectedRows()]] = True
        self._repaint_all()

    def currentChanged(self, current: QModelIndex, previous: QModelIndex) -> None:  # type: ignore[override]
        super().currentChanged(current, previous)
        if current.row() != previous.row():
            self._repaint_all()
            self.current_key_changed.emit(self.current_key())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self._by_keyboard = True
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._by_keyboard = event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
        super().focusInEvent(event)
        self._repaint_all()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._repaint_all()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._by_keyboard = False
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover(self.rowAt(event.position().toPoint().y()))
        super().mouseMoveEvent(event)

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave:
            self._hover(-1)
        return super().viewportEvent(event)

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        super().scrollContentsBy(dx, dy)
        self._hover(-1)

    def _hover(self, row: int) -> None:
        if row == self._hovered:
            return
        changed = np.array([at for at in (self._hovered, row) if at >= 0], dtype=np.intp)
        self._hovered = row
        if self._actions is not None:
            if row < 0:
                self._actions.hide()
            else:
                self._actions.place(self.cell_rect(row, self._actions_column).adjusted(0, 0, 0, -1))
        self._update_rows(np.sort(changed))

    def _on_action(self, action: str) -> None:
        if 0 <= self._hovered < len(self.model_.keys):
            self.row_action.emit(self.model_.keys[self._hovered], action)

    def _on_menu_asked(self, at: QPoint) -> None:
        row = self.rowAt(at.y())
        if row >= 0:
            self.menu_asked.emit(self.model_.keys[row], self.viewport().mapToGlobal(at))
