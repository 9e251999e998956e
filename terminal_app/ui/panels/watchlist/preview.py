"""The names of a watchlist before prices are there: painted like the live grid, without what that grid needs."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from terminal_app.ui.kit.styled import ThemedMixin
from terminal_app.ui.theme import SIZE, theme

_PAD = 6
_PRICE_WIDTH, _CHANGE_WIDTH = 80, 64
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_UNKNOWN = "\u2013"


class NamePreview(QWidget, ThemedMixin):
    """Shown for the moment between the window's first paint and the first price."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._names: tuple[tuple[str, str], ...] = ()
        self.setAccessibleName("Watchlist, prices are being started")
        self.follow_theme()

    def show_names(self, names: Sequence[tuple[str, str]]) -> None:
        """Name and what stands small behind it, a row each."""
        self._names = tuple(names)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        look, painter = theme(), QPainter(self)
        painter.fillRect(self.rect(), look.color("bg.1"))
        small, body = QFontMetrics(look.font("small")), QFontMetrics(look.font("body"))
        top = max(look.px(SIZE.table_header), small.height() + 6)
        painter.fillRect(0, 0, self.width(), top - 1, look.color("bg.2"))
        self._line(painter, 0, top, ("Instrument", ""), ("LTP", "Chg %"), "small", "text.3", small)
        height = QFontMetrics(look.number_font("body")).height() + 9
        for row, name in enumerate(self._names):
            y = top + row * height
            if y > self.height():
                break
            self._line(painter, y, height, name, (_UNKNOWN, _UNKNOWN), "body", "text.1", body)

    def _line(
        self,
        painter: QPainter,
        y: int,
        height: int,
        name: tuple[str, str],
        figures: tuple[str, str],
        step: str,
        tone: str,
        metrics: QFontMetrics,
    ) -> None:
        look = theme()
        price, change = look.px(_PRICE_WIDTH), look.px(_CHANGE_WIDTH)
        room = self.width() - price - change - 2 * _PAD
        painter.fillRect(0, y + height - 1, self.width(), 1, look.color("border.subtle"))
        painter.setFont(look.font(step))
        painter.setPen(look.color(tone))
        text = metrics.elidedText(name[0], Qt.TextElideMode.ElideMiddle, room)
        painter.drawText(QRect(_PAD, y, room, height - 1), _LEFT, text)
        painter.setPen(look.color("text.3"))
        painter.drawText(QRect(self.width() - change - price, y, price - _PAD, height - 1), _RIGHT, figures[0])
        painter.drawText(QRect(self.width() - change, y, change - _PAD, height - 1), _RIGHT, figures[1])
        after = metrics.horizontalAdvance(text) + 4
        small = look.font("small")
        if name[1] and after + QFontMetrics(small).horizontalAdvance(name[1]) <= room:
            painter.setFont(small)
            painter.drawText(QRect(_PAD + after, y, room - after, height - 1), _LEFT, name[1])
