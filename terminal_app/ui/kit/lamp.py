"""The state of an account as a small shape: each state has its own, so that colour alone never tells."""

from __future__ import annotations

import time
from enum import StrEnum

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from terminal_app.ui.kit.styled import ThemedMixin
from terminal_app.ui.kit.ticker import ticker
from terminal_app.ui.theme import MOTION_MS, SIZE, theme


class LampState(StrEnum):
    """Disc, diamond, turning arc, barred ring, crossed square, empty ring."""

    LIVE = "live"
    PAPER = "paper"
    LOGGING_IN = "logging_in"
    EXPIRED = "expired"
    ERROR = "error"
    OFF = "off"


WORDS = {
    LampState.LIVE: "Live",
    LampState.PAPER: "Paper",
    LampState.LOGGING_IN: "Logging in",
    LampState.EXPIRED: "Expired",
    LampState.ERROR: "Error",
    LampState.OFF: "Off",
}


def paint_lamp(painter: QPainter, box: QRectF, state: LampState, ground: QColor) -> None:
    """Draw the lamp into a square; `ground` is the colour behind it."""
    look, side = theme(), box.width()
    unit = side / 10
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(box.topLeft())
    painter.scale(unit, unit)
    painter.setPen(Qt.PenStyle.NoPen)
    if state is LampState.LIVE:
        painter.setBrush(look.color("live"))
        painter.drawEllipse(QPointF(5, 5), 4.2, 4.2)
    elif state is LampState.PAPER:
        painter.setBrush(look.color("paper"))
        painter.drawPolygon(QPolygonF([QPointF(5, 0.4), QPointF(9.6, 5), QPointF(5, 9.6), QPointF(0.4, 5)]))
    elif state is LampState.ERROR:
        painter.setBrush(look.color("error"))
        painter.drawRoundedRect(QRectF(0.5, 0.5, 9, 9), 1.5, 1.5)
        painter.setPen(QPen(ground, 1.4))
        painter.drawLine(QPointF(3, 3), QPointF(7, 7))
        painter.drawLine(QPointF(7, 3), QPointF(3, 7))
    else:
        _paint_ring(painter, state)
    painter.restore()


def _paint_ring(painter: QPainter, state: LampState) -> None:
    look = theme()
    ring = {LampState.LOGGING_IN: "border.control", LampState.EXPIRED: "warn"}.get(state, "text.3")
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(look.color(ring), 1.5))
    painter.drawEllipse(QPointF(5, 5), 3.9, 3.9)
    if state is LampState.EXPIRED:
        painter.drawLine(QPointF(3, 5), QPointF(7, 5))
    elif state is LampState.LOGGING_IN:
        turn_ms = MOTION_MS.lamp_turn
        turned = 0.0 if look.reduce_motion else (time.monotonic() * 1000 % turn_ms) / turn_ms
        painter.setPen(QPen(look.color("warn"), 1.8))
        painter.drawArc(QRectF(1.1, 1.1, 7.8, 7.8), int(90 * 16 - turned * 360 * 16), -100 * 16)


class Lamp(QWidget, ThemedMixin):
    """A 10 px lamp. Put the word and the reason beside it; both also are its accessible name and tooltip."""

    def __init__(self, state: LampState = LampState.OFF, reason: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self.set_state(state, reason)
        self.follow_theme()

    @property
    def state(self) -> LampState:
        """What it shows."""
        return self._state

    def set_state(self, state: LampState, reason: str = "") -> None:
        """Show another state; the reason joins the accessible name."""
        self._state = state
        name = WORDS[state] + (f", {reason}" if reason else "")
        self.setAccessibleName(name)
        self.setToolTip(name)
        if state is LampState.LOGGING_IN:
            ticker().add(self)
        else:
            ticker().remove(self)
        self.update()

    def restyle(self) -> None:
        side = theme().px(SIZE.lamp) + 2
        self.setFixedSize(QSize(side, side))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        box = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        paint_lamp(QPainter(self), box, self._state, self.palette().window().color())
