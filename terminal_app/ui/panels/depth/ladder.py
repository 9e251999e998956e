"""The depth ladder, painted in one widget: five levels on both sides, the sums, and the day's figures where there is room."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QFontMetrics, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from terminal_app.domain.enums import Side
from terminal_app.ui.icons import icon_pixmap
from terminal_app.ui.kit.styled import ThemedMixin
from terminal_app.ui.panels.depth.model import LEVELS, Ladder, LadderSide, Level
from terminal_app.ui.panels.depth.presenter import price_hint
from terminal_app.ui.theme import SIZE, theme

_PAD = 8
_MIDDLE = Qt.AlignmentFlag.AlignVCenter
_RIGHT, _LEFT = Qt.AlignmentFlag.AlignRight | _MIDDLE, Qt.AlignmentFlag.AlignLeft | _MIDDLE
_ORDERS_PART = 0.17
"""Part of half the width; the prices take what they need, the quantities the rest."""
_BAR = 4
_BETWEEN = 24
_TITLES = {LadderSide.BID: ("Ord", "Bid qty", "Bid"), LadderSide.ASK: ("Ord", "Ask qty", "Ask")}
_TONES = {LadderSide.BID: "buy", LadderSide.ASK: "sell"}


class DepthLadder(QWidget, ThemedMixin):
    """Arrows move between the prices, Enter, B and S open the ticket, as a click does.

    `price_chosen(side, level, opposite)`: the level counts from 0, the best.
    """

    price_chosen = Signal(object, int, bool)
    side_chosen = Signal(object, object, int)
    """A letter chose buy or sell (Side) at the price of a ladder's side and level."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._ladder = Ladder()
        self._at: tuple[LadderSide, int] = (LadderSide.BID, 0)
        self._hovered: tuple[LadderSide, int] | None = None
        self._by_keyboard = False
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Market depth")
        self.follow_theme()

    @property
    def ladder(self) -> Ladder:
        """What is shown."""
        return self._ladder

    def show_ladder(self, ladder: Ladder) -> None:
        """Change what is shown; nothing is painted where it is the same."""
        if ladder != self._ladder:
            self._ladder = ladder
            self.update()

    def price_rect(self, side: LadderSide, level: int) -> QRect:
        """Where a price stands."""
        half, top, width = self.width() // 2, self._head() + level * self._row(), self._price_width()
        return QRect(half - width if side is LadderSide.BID else half, top, width, self._row())

    # Painting

    def minimumSizeHint(self) -> QSize:
        return QSize(theme().px(220), self._head() + LEVELS * self._row() + self._foot())

    def sizeHint(self) -> QSize:
        return self.minimumSizeHint()

    def restyle(self) -> None:
        self.updateGeometry()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme().color("bg.1"))
        self._paint_titles(painter)
        if self._ladder.note:
            self._paint_note(painter)
        elif self._ladder.bids:
            for side in LadderSide:
                for at, level in enumerate(self._ladder.levels(side)):
                    self._paint_level(painter, side, at, level)
            self._paint_totals(painter)
            self._paint_ring(painter)
        self._paint_facts(painter)

    def _row(self) -> int:
        return QFontMetrics(theme().font("body")).height() + 4

    def _head(self) -> int:
        return max(theme().px(20), QFontMetrics(theme().font("small")).height() + 5)

    def _foot(self) -> int:
        return QFontMetrics(theme().font("body")).height() + 7

    def _price_width(self) -> int:
        levels = (*self._ladder.bids, *self._ladder.asks)
        longest = max((level.price_text for level in levels), key=len, default="")
        wanted = QFontMetrics(theme().number_font("body")).horizontalAdvance(longest) + 2 * _PAD + 2
        return max(self.width() // 5, wanted)

    def _paint_titles(self, painter: QPainter) -> None:
        look, height = theme(), self._head()
        painter.fillRect(0, 0, self.width(), height, look.color("bg.2"))
        painter.fillRect(0, height - 1, self.width(), 1, look.color("border.subtle"))
        painter.setFont(look.font("small"))
        painter.setPen(look.color("text.3"))
        for side, titles in _TITLES.items():
            for (box, align), title in zip(self._cells(side, 0, height), titles, strict=True):
                painter.drawText(box, align, title)

    def _cells(self, side: LadderSide, top: int, height: int) -> tuple[tuple[QRect, Qt.AlignmentFlag], ...]:
        """Boxes of orders, quantity and price: mirrored, so that the prices meet in the middle."""
        half = self.width() // 2
        orders, price = round(half * _ORDERS_PART), self._price_width()
        quantity = half - orders - price
        if side is LadderSide.BID:
            return (
                (QRect(0, top, orders, height), _RIGHT),
                (QRect(orders, top, quantity, height), _RIGHT),
                (QRect(orders + quantity, top, price - _PAD, height), _RIGHT),
            )
        right = half + price
        return (
            (QRect(right + quantity - 4, top, orders - _PAD + 4, height), _RIGHT),
            (QRect(right, top, quantity, height), _LEFT),
            (QRect(half + _PAD, top, price - _PAD, height), _LEFT),
        )

    def _paint_level(self, painter: QPainter, side: LadderSide, at: int, level: Level) -> None:
        look, half = theme(), self.width() // 2
        top, height = self._head() + at * self._row(), self._row()
        length = round(half * level.share)
        left = half - length if side is LadderSide.BID else half
        painter.fillRect(left, top, length, height - 1, look.color(f"{_TONES[side]}.tint"))
        if self._hovered == (side, at) and level.price is not None:
            painter.fillRect(self.price_rect(side, at).adjusted(0, 0, 0, -1), look.color("bg.4"))
        is_old, known = bool(self._ladder.old), level.price is not None
        tones = ("text.3", "text.1", _TONES[side]) if known and not is_old else ("text.3",) * 3
        painter.setFont(look.number_font("body"))
        texts = (level.orders, level.quantity, level.price_text)
        for (box, align), text, tone in zip(self._cells(side, top, height - 1), texts, tones, strict=True):
            painter.setPen(look.color(tone))
            painter.drawText(box, align | Qt.TextFlag.TextSingleLine, text)

    def _paint_totals(self, painter: QPainter) -> None:
        look, ladder = theme(), self._ladder
        top, height = self._head() + LEVELS * self._row(), self._foot()
        painter.fillRect(0, top, self.width(), 1, look.color("border.subtle"))
        painter.setFont(look.font("small"))
        metrics = painter.fontMetrics()
        box = QRect(_PAD, top + 1, self.width() - 2 * _PAD, height - 1)
        painter.setPen(look.color("buy"))
        painter.drawText(box, _LEFT, ladder.total_bid)
        right = self._paint_remark(painter, box)
        painter.setPen(look.color("sell"))
        painter.drawText(QRect(box.left(), box.top(), right - box.left(), box.height()), _RIGHT, ladder.total_ask)
        left = box.left() + metrics.horizontalAdvance(ladder.total_bid) + _PAD
        length = right - metrics.horizontalAdvance(ladder.total_ask) - _PAD - left
        middle = box.center().y() - _BAR // 2 + 1
        wanted = round(length * ladder.bid_share)
        painter.fillRect(left, middle, wanted, _BAR, look.color("buy"))
        painter.fillRect(left + wanted, middle, length - wanted, _BAR, look.color("sell"))

    def _paint_remark(self, painter: QPainter, box: QRect) -> int:
        """The spread, or how old the prices are, at the right end; where it begins."""
        look, ladder = theme(), self._ladder
        text = ladder.old or ladder.spread
        if not text:
            return box.right() + 1
        painter.setPen(look.color("warn" if ladder.old else "text.3"))
        painter.drawText(box, _RIGHT, text)
        left = box.right() + 1 - painter.fontMetrics().horizontalAdvance(text)
        if ladder.old:
            side = look.px(SIZE.icon_small)
            left -= side + 4
            at = QPoint(left, box.top() + (box.height() - side) // 2)
            painter.drawPixmap(at, icon_pixmap("clock", side, "warn", self.devicePixelRatioF()))
        return left - _PAD

    def _paint_ring(self, painter: QPainter) -> None:
        if self.hasFocus() and self._by_keyboard:
            painter.setPen(QPen(theme().color("accent"), SIZE.focus_ring))
            painter.drawRect(self.price_rect(*self._at).adjusted(1, 1, -2, -2))

    def _paint_note(self, painter: QPainter) -> None:
        painter.setFont(theme().font("body"))
        painter.setPen(theme().color("text.3"))
        box = QRect(_PAD, self._head(), self.width() - 2 * _PAD, LEVELS * self._row())
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self._ladder.note)

    def _paint_facts(self, painter: QPainter) -> None:
        look, facts = theme(), self._ladder.facts
        top, height = self._head() + LEVELS * self._row() + self._foot(), self._row() + 2
        if facts and top + height + 4 <= self.height():
            painter.fillRect(0, top, self.width(), 1, look.color("border.subtle"))
        width = (self.width() - 2 * _PAD - _BETWEEN) // 2
        for place, fact in enumerate(facts):
            y = top + 4 + place // 2 * height
            if y + height > self.height():
                break
            box = QRect(_PAD + place % 2 * (width + _BETWEEN), y, width, height)
            painter.setFont(look.font("small"))
            painter.setPen(look.color("text.3"))
            painter.drawText(box, _LEFT, fact.label)
            painter.setFont(look.number_font("body"))
            painter.setPen(look.color("text.3" if self._ladder.old or fact.value == "\u2013" else "text.1"))
            painter.drawText(box, _RIGHT, fact.value)

    # Pointer and keys

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            found = self._price_at(event.pos())
            words = price_hint(found[0], self._ladder.levels(found[0])[found[1]].price_text) if found else ""
            QToolTip.showText(event.globalPos(), words, self)
            return True
        return super().event(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover(self._price_at(event.position().toPoint()))

    def leaveEvent(self, event: QEvent) -> None:
        self._hover(None)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._by_keyboard = False
        found = self._price_at(event.position().toPoint())
        if found is not None and event.button() is Qt.MouseButton.LeftButton:
            self._at = found
            self.price_chosen.emit(*found, bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._by_keyboard = event.reason() is not Qt.FocusReason.MouseFocusReason
        super().focusInEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self._by_keyboard = True
        side, level = self._at
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        match Qt.Key(event.key()):
            case Qt.Key.Key_Left:
                self._at = (LadderSide.BID, level)
            case Qt.Key.Key_Right:
                self._at = (LadderSide.ASK, level)
            case Qt.Key.Key_Up:
                self._at = (side, max(0, level - 1))
            case Qt.Key.Key_Down:
                self._at = (side, min(LEVELS - 1, level + 1))
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                self.price_chosen.emit(side, level, shift)
            case Qt.Key.Key_B:
                self.side_chosen.emit(Side.BUY, side, level)
            case Qt.Key.Key_S:
                self.side_chosen.emit(Side.SELL, side, level)
            case _:
                super().keyPressEvent(event)
                return
        self.update()

    def _price_at(self, at: QPoint) -> tuple[LadderSide, int] | None:
        level = (at.y() - self._head()) // self._row()
        if not 0 <= level < LEVELS or not self._ladder.bids:
            return None
        for side in LadderSide:
            if self.price_rect(side, level).contains(at) and self._ladder.levels(side)[level].price is not None:
                return side, level
        return None

    def _hover(self, found: tuple[LadderSide, int] | None) -> None:
        if found != self._hovered:
            self._hovered = found
            self.setCursor(Qt.CursorShape.PointingHandCursor if found else Qt.CursorShape.ArrowCursor)
            self.update()
