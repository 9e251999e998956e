"""Profit and loss by position: a list of names with a bar to the left or right of a common zero."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from msgspec import Struct
from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetricsF, QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from terminal_app.ui.formats import quantity, signed
from terminal_app.ui.theme import theme

_SIDE_PX = 12
_TOP_PX = 9
_BAR_PX = 8
_GAP_PX = 6
_Index = QModelIndex | QPersistentModelIndex


class NetBar(Struct, frozen=True):
    """One position: signed units held (0 reads "closed"), its result in rupees, and notes under the bar."""

    key: str
    name: str
    quantity: int
    value: Decimal
    left_note: str = ""
    right_note: str = ""

    @property
    def quantity_text(self) -> str:
        """What stands behind the name."""
        return quantity(self.quantity, sign=True) if self.quantity else "closed"


class NetBars(QListView):
    """The bars, scrollable, in the order given; all share one scale. A click or the arrow keys choose a position."""

    chosen = Signal(object)
    """The chosen position's key, or None where nothing is chosen any more."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Profit and loss by position")
        self._bars = _BarsModel(self)
        self._delegate = _BarDelegate(self)
        self._settling = False
        self.setModel(self._bars)
        self.setItemDelegate(self._delegate)
        self.setFrameShape(QListView.Shape.NoFrame)
        self.setMouseTracking(True)
        self.setUniformItemSizes(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.selectionModel().selectionChanged.connect(self._on_selection_changed)
        theme().changed.connect(self._on_theme_changed)

    @property
    def chosen_key(self) -> str | None:
        """The chosen position's key."""
        rows = self.selectionModel().selectedIndexes()
        return self._bars.rows[rows[0].row()].key if rows else None

    def set_bars(self, bars: Sequence[NetBar]) -> None:
        """Show these positions. The choice stays on its position where that is still there."""
        key = self.chosen_key
        if [bar.key for bar in bars] == [bar.key for bar in self._bars.rows]:
            self._bars.change(tuple(bars))
        else:
            at = self.verticalScrollBar().value()
            self._settling = True
            self._bars.reset(tuple(bars))
            self.choose(key)
            self._settling = False
            self.verticalScrollBar().setValue(at)
            if self.chosen_key != key:
                self.chosen.emit(self.chosen_key)
        self._delegate.scale = max((abs(float(bar.value)) for bar in bars), default=0.0)
        with_notes = any(bar.left_note or bar.right_note for bar in bars)
        if with_notes != self._delegate.with_notes:
            self._delegate.with_notes = with_notes
            self.scheduleDelayedItemsLayout()
        self.viewport().update()

    def choose(self, key: str | None) -> None:
        """Choose a position, or none; an unknown key chooses none."""
        row = next((row for row, bar in enumerate(self._bars.rows) if bar.key == key), None)
        if row is None:
            self.selectionModel().clear()
        else:
            self.setCurrentIndex(self._bars.index(row))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.chosen_key is not None:
            self.choose(None)
            return
        super().keyPressEvent(event)

    def _on_selection_changed(self) -> None:
        if not self._settling:
            self.chosen.emit(self.chosen_key)

    def _on_theme_changed(self) -> None:
        self.scheduleDelayedItemsLayout()
        self.viewport().update()


class _BarsModel(QAbstractListModel):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.rows: tuple[NetBar, ...] = ()

    def reset(self, rows: tuple[NetBar, ...]) -> None:
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def change(self, rows: tuple[NetBar, ...]) -> None:
        self.rows = rows
        if rows:
            self.dataChanged.emit(self.index(0), self.index(len(rows) - 1))

    def rowCount(self, parent: _Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        bar = self.rows[index.row()]
        if role == Qt.ItemDataRole.UserRole:
            return bar
        if role in {Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole}:
            return f"{bar.name} {bar.quantity_text} {signed(bar.value, 2)}"
        return None


class _BarDelegate(QStyledItemDelegate):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.scale = 0.0
        self.with_notes = False

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        body, small = QFontMetricsF(theme().font("body")).height(), QFontMetricsF(theme().font("small")).height()
        notes = small + _GAP_PX if self.with_notes else 0
        px = theme().px
        return QSize(0, round(body + notes) + px(_BAR_PX) + px(_GAP_PX) + 2 * px(_TOP_PX))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        bar: NetBar = index.data(Qt.ItemDataRole.UserRole)
        rect: QRect = option.rect
        painter.save()
        self._paint_back(painter, option, rect)
        px = theme().px
        inner = QRectF(rect).adjusted(px(_SIDE_PX), px(_TOP_PX), -px(_SIDE_PX), -px(_TOP_PX))
        head = QRectF(inner.left(), inner.top(), inner.width(), QFontMetricsF(theme().font("body")).height())
        self._paint_head(painter, bar, head)
        track = QRectF(inner.left(), round(head.bottom() + px(_GAP_PX)), inner.width(), px(_BAR_PX))
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        self._paint_bar(painter, bar, track, selected=selected)
        if self.with_notes:
            notes = QRectF(inner.left(), track.bottom() + _GAP_PX, inner.width(), inner.bottom() - track.bottom())
            painter.setFont(theme().font("small"))
            painter.setPen(theme().color("text.3"))
            painter.drawText(notes, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, bar.left_note)
            painter.drawText(notes, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop, bar.right_note)
        painter.restore()

    @staticmethod
    def _paint_back(painter: QPainter, option: QStyleOptionViewItem, rect: QRect) -> None:
        state: QStyle.StateFlag = option.state
        selected = bool(state & QStyle.StateFlag.State_Selected)
        hovered = bool(state & QStyle.StateFlag.State_MouseOver)
        painter.fillRect(rect, theme().color("accent.tint" if selected else "bg.3" if hovered else "bg.1"))
        painter.fillRect(QRect(rect.left(), rect.bottom(), rect.width(), 1), theme().color("border.subtle"))
        if selected:
            painter.fillRect(QRect(rect.left(), rect.top(), 3, rect.height()), theme().color("accent"))
        if state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(theme().color("accent"), 2))
            painter.drawRect(rect.adjusted(1, 1, -1, -2))

    @staticmethod
    def _paint_head(painter: QPainter, bar: NetBar, head: QRectF) -> None:
        strong, small = theme().font("strong"), theme().font("small")
        text = signed(bar.value, 2)
        token = "profit" if bar.value > 0 else "loss" if bar.value < 0 else "text.3"
        width = QFontMetricsF(strong).horizontalAdvance(text)
        held = bar.quantity_text
        held_width = QFontMetricsF(small).horizontalAdvance(held)
        room = head.width() - width - held_width - 20
        _write(painter, strong, token, head, Qt.AlignmentFlag.AlignRight, text)
        body = theme().font("body")
        metrics = QFontMetricsF(body)
        name = metrics.elidedText(bar.name, Qt.TextElideMode.ElideMiddle, max(0.0, room))
        _write(painter, body, "text.1", head, Qt.AlignmentFlag.AlignLeft, name)
        behind = head.adjusted(metrics.horizontalAdvance(name) + 6, 0, 0, 0)
        _write(painter, small, "text.3", behind, Qt.AlignmentFlag.AlignLeft, held)

    def _paint_bar(self, painter: QPainter, bar: NetBar, track: QRectF, *, selected: bool) -> None:
        painter.fillRect(track, theme().color("bg.4" if selected else "bg.3"))
        center = round(track.center().x())
        if self.scale > 0 and bar.value:
            length = max(1.0, round(abs(float(bar.value)) / self.scale * (track.width() / 2 - 1)))
            left = center + 1 if bar.value > 0 else center - length
            filled = QRectF(left, track.top(), length, track.height())
            painter.fillRect(filled, theme().color("profit" if bar.value > 0 else "loss"))
        painter.fillRect(QRectF(center, track.top() - 2, 1, track.height() + 4), theme().color("text.2"))


def _write(painter: QPainter, font: QFont, token: str, box: QRectF, side: Qt.AlignmentFlag, text: str) -> None:
    painter.setFont(font)
    painter.setPen(theme().color(token))
    painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | side, text)
