"""What the palette lists: instruments and commands, and how one is painted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from msgspec import Struct
from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from terminal_app.domain.ids import InstrumentId
from terminal_app.ui.icons import icon_pixmap
from terminal_app.ui.theme import SIZE, theme

Index = QModelIndex | QPersistentModelIndex
RESULT_ROLE = int(Qt.ItemDataRole.UserRole)
_PAD, _GAP = 10, 6
_PRICE_WIDTH, _LOT_WIDTH = 84, 62
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


class Result(Struct, frozen=True):
    """One line: an instrument where ``instrument`` is given, else the command ``action``.

    ``note`` stands small behind the text; ``detail`` in the middle; ``end`` is a lot, or a key.
    """

    text: str
    note: str = ""
    detail: str = ""
    end: str = ""
    instrument: InstrumentId | None = None
    action: str = ""


class ResultModel(QAbstractListModel):
    """The results in order. Prices are asked for when a row is painted."""

    def __init__(self, parent: QObject, price: Callable[[InstrumentId], str]) -> None:
        super().__init__(parent)
        self._price = price
        self.results: tuple[Result, ...] = ()

    def show_results(self, results: Sequence[Result]) -> None:
        """Replace them all."""
        self.beginResetModel()
        self.results = tuple(results)
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return 0 if parent.isValid() else len(self.results)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        result = self.results[index.row()]
        if role == RESULT_ROLE:
            return result
        if role == Qt.ItemDataRole.DisplayRole:
            return result.text
        if role == Qt.ItemDataRole.AccessibleTextRole:
            parts = (result.text, result.note, result.detail, result.end, self.price(result))
            return ", ".join(part for part in parts if part)
        return None

    def price(self, result: Result) -> str:
        """The last price of an instrument's line; empty for a command."""
        return self._price(result.instrument) if result.instrument is not None else ""


class ResultDelegate(QStyledItemDelegate):
    """Paints one line in columns that do not move."""

    def __init__(self, view: QListView, model: ResultModel) -> None:
        super().__init__(view)
        self._view, self._model = view, model

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(0, row_height())

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        result = index.data(RESULT_ROLE)
        box: QRect = option.rect
        look = theme()
        painter.save()
        current = self._view.currentIndex().row() == index.row()
        hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        painter.fillRect(box, look.color("accent.tint" if current else "bg.3" if hovered else "bg.1"))
        if current:
            painter.fillRect(box.left(), box.top(), SIZE.selection_bar, box.height(), look.color("accent"))
            if self._view.hasFocus():
                painter.setPen(QPen(look.color("accent"), SIZE.focus_ring))
                painter.drawRect(box.adjusted(1, 1, -2, -2))
        if isinstance(result, Result):
            self._paint_line(painter, box.adjusted(_PAD, 0, -_PAD, 0), result)
        painter.restore()

    def _paint_line(self, painter: QPainter, box: QRect, result: Result) -> None:
        look = theme()
        price, lot = look.px(_PRICE_WIDTH), look.px(_LOT_WIDTH)
        if result.instrument is None:
            side = look.px(SIZE.icon_small)
            pixmap = icon_pixmap("chevron-right", side, "text.3", self._view.devicePixelRatioF())
            painter.drawPixmap(box.left(), box.top() + (box.height() - side) // 2, pixmap)
            box = box.adjusted(side + 4, 0, 0, 0)
            used = self._words(painter, box, result.text, "body", "text.1")
            self._words(painter, box.adjusted(used + _GAP, 0, -price, 0), result.note, "small", "text.3")
            self._words(painter, box, result.end, "small", "text.3", right=True)
            return
        middle = box.left() + box.width() * 45 // 100
        used = self._words(painter, QRect(box.left(), box.top(), middle - box.left(), box.height()), result.text)
        after = box.left() + used + _GAP
        self._words(painter, QRect(after, box.top(), middle - after, box.height()), result.note, "small", "text.3")
        room = QRect(middle, box.top(), box.right() - price - lot - middle, box.height())
        self._words(painter, room, result.detail, "small", "text.2")
        at_lot = QRect(box.right() - price - lot, box.top(), lot, box.height())
        self._words(painter, at_lot, result.end, "small", "text.3", right=True)
        text = self._model.price(result)
        at_price = QRect(box.right() - price, box.top(), price, box.height())
        self._words(painter, at_price, text, "body", "text.3" if text == "\u2013" else "text.1", right=True)

    def _words(
        self, painter: QPainter, box: QRect, text: str, step: str = "body", tone: str = "text.1", *, right: bool = False
    ) -> int:
        if not text or box.width() <= 0:
            return 0
        font = theme().font(step)
        metrics = QFontMetrics(font)
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, box.width())
        painter.setFont(font)
        painter.setPen(theme().color(tone))
        painter.drawText(box, _RIGHT if right else _LEFT, shown)
        return metrics.horizontalAdvance(shown)


def row_height() -> int:
    """Height of one line in pixels."""
    return QFontMetrics(theme().font("body")).height() + 11
