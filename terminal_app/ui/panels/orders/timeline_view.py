"""The hops of an order, one below the other: clock time, mark on a line, what happened, and the words to it."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from PySide6.QtCore import QPointF, QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPolygonF, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from terminal_app.ui.kit.styled import ThemedMixin
from terminal_app.ui.theme import SPACE, theme

_GAP = 6


class Hop(Struct, frozen=True):
    """One event: its clock time in words, a title, a sentence, and the colour of doubt or failure if it is one."""

    clock: str
    title: str
    text: str
    tone: str = ""


class TimelineView(QWidget, ThemedMixin):
    """As high as its hops need at the present width."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._hops: tuple[Hop, ...] = ()
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setAccessibleName("Order timeline")
        self.follow_theme()

    @property
    def hops(self) -> tuple[Hop, ...]:
        """What is shown."""
        return self._hops

    def show_hops(self, hops: Sequence[Hop]) -> None:
        """Show these, oldest first."""
        self._hops = tuple(hops)
        self.setAccessibleDescription("; ".join(f"{hop.clock} {hop.title}, {hop.text}" for hop in hops))
        self._fit()

    def restyle(self) -> None:
        self._fit()

    def sizeHint(self) -> QSize:
        return QSize(theme().px(260), self.heightForWidth(max(self.width(), theme().px(260))))

    def heightForWidth(self, width: int) -> int:
        return sum(self._height(hop, width) for hop in self._hops) + SPACE.panel_pad

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.oldSize().width() != event.size().width():
            self._fit()

    def paintEvent(self, event: QPaintEvent) -> None:
        look, painter = theme(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        strong, mono = QFontMetrics(look.font("strong")), QFontMetrics(look.mono("small"))
        axis, left, top = self._axis(), self._left(), SPACE.tight
        for at, hop in enumerate(self._hops):
            middle = top + strong.height() / 2
            height = self._height(hop, self.width())
            if at + 1 < len(self._hops):
                painter.setPen(look.color("border.strong"))
                painter.drawLine(QPointF(axis, middle), QPointF(axis, middle + height))
            self._paint_mark(painter, QPointF(axis, middle), hop.tone)
            painter.setFont(look.mono("small"))
            painter.setPen(look.color("text.3"))
            painter.drawText(SPACE.group, int(middle + mono.ascent() / 2 - 1), hop.clock)
            painter.setFont(look.font("strong"))
            painter.setPen(look.color(hop.tone or "text.1"))
            painter.drawText(left, top, self.width() - left, strong.height(), Qt.AlignmentFlag.AlignLeft, hop.title)
            painter.setFont(look.font("body"))
            painter.setPen(look.color("text.2"))
            painter.drawText(self._text_box(hop, self.width(), top + strong.height()), _WRAP, hop.text)
            top += height

    def _paint_mark(self, painter: QPainter, at: QPointF, tone: str) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme().color(tone or "text.2"))
        if tone == "warn":
            side = theme().px(5)
            points = [at + QPointF(0, -side), at + QPointF(side, side), at + QPointF(-side, side)]
            painter.drawPolygon(QPolygonF(points))
        elif tone == "error":
            side = theme().px(4)
            painter.drawRect(int(at.x() - side), int(at.y() - side), 2 * side, 2 * side)
        else:
            painter.drawEllipse(at, theme().px(4), theme().px(4))

    def _axis(self) -> int:
        clock = QFontMetrics(theme().mono("small")).horizontalAdvance("00:00:00.000")
        return SPACE.group + clock + theme().px(14)

    def _left(self) -> int:
        return self._axis() + theme().px(16)

    def _text_box(self, hop: Hop, width: int, top: int) -> QRect:
        room = QRect(self._left(), top, max(40, width - self._left() - SPACE.group), 10_000)
        return QFontMetrics(theme().font("body")).boundingRect(room, _WRAP, hop.text)

    def _height(self, hop: Hop, width: int) -> int:
        strong = QFontMetrics(theme().font("strong")).height()
        return strong + self._text_box(hop, width, 0).height() + theme().px(_GAP) + 2

    def _fit(self) -> None:
        self.setFixedHeight(max(1, self.heightForWidth(max(self.width(), 1))))
        self.update()


_WRAP = int(Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
