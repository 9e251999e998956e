"""The row of figures above the P&L line: cards with a remark each, or one thin line where there is little room."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from terminal_app.ui.kit.styled import ThemedMixin
from terminal_app.ui.panels.pnl.model import Card
from terminal_app.ui.theme import SPACE, theme

_PAD = 12
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


class CardRow(QWidget, ThemedMixin):
    """Painted as one, repainted only when a figure differs."""

    def __init__(self) -> None:
        super().__init__()
        self._thin = False
        self.cards: tuple[Card, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("P&L figures")
        self.follow_theme()

    def show_cards(self, cards: Sequence[Card]) -> None:
        """Other figures."""
        if tuple(cards) != self.cards:
            self.cards = tuple(cards)
            words = (f"{card.title} {card.value} {card.note}".strip() for card in cards)
            self.setAccessibleDescription("; ".join(words))
            self.update()

    def set_thin(self, thin: bool) -> None:
        """One line without remarks, or cards."""
        if thin != self._thin:
            self._thin = thin
            self.restyle()

    def restyle(self) -> None:
        lines = [_height("small"), _height("title"), _height("small")]
        self.setFixedHeight(_height("strong") + theme().px(10) if self._thin else sum(lines) + theme().px(24))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        look, painter = theme(), QPainter(self)
        painter.fillRect(self.rect(), look.color("bg.1"))
        painter.fillRect(0, self.height() - 1, self.width(), 1, look.color("border.subtle"))
        count = max(1, len(self.cards))
        for place, card in enumerate(self.cards):
            left, right = self.width() * place // count, self.width() * (place + 1) // count
            box = QRect(left, 0, right - left, self.height() - 1)
            if place:
                painter.fillRect(box.left(), 0, 1, box.height(), look.color("border.subtle"))
            inner = box.adjusted(look.px(_PAD), 0, -look.px(SPACE.tight), 0)
            if self._thin:
                _paint_line(painter, card, inner)
            else:
                _paint_card(painter, card, inner)


def _height(step: str) -> int:
    return QFontMetrics(theme().font(step)).height()


def _write(painter: QPainter, step: str, tone: str, box: QRect, text: str) -> int:
    """Write on one line, shortened to the box; the width it took."""
    metrics = QFontMetrics(theme().font(step))
    shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, max(0, box.width()))
    painter.setFont(theme().font(step))
    painter.setPen(theme().color(tone))
    painter.drawText(box, _LEFT, shown)
    return metrics.horizontalAdvance(shown)


def _paint_card(painter: QPainter, card: Card, box: QRect) -> None:
    top = theme().px(8)
    for step, tone, text in (
        ("small", "text.3", card.title),
        ("title", card.tone, card.value),
        ("small", "text.3", card.note),
    ):
        height = _height(step) + theme().px(4)
        _write(painter, step, tone, QRect(box.left(), top, box.width(), height), text)
        top += height


def _paint_line(painter: QPainter, card: Card, box: QRect) -> None:
    value_width = QFontMetrics(theme().font("strong")).horizontalAdvance(card.value)
    gap = theme().px(SPACE.panel_pad)
    room = box.width() - value_width - gap
    taken = 0
    if QFontMetrics(theme().font("small")).horizontalAdvance(card.title) <= room:
        taken = _write(painter, "small", "text.3", box, card.title) + gap
    _write(painter, "strong", card.tone, box.adjusted(taken, 0, 0, 0), card.value)
