"""Seconds left as a ring that runs out, with the figure in the middle."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from terminal_app.ui.kit.styled import ThemedMixin
from terminal_app.ui.theme import theme

_DIAMETER = 38


class Ring(QWidget, ThemedMixin):
    """`set_left` with seconds; the owner calls it on each beat of the shared ticker."""

    def __init__(self, window_s: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._window_s, self._left_s = window_s, window_s
        self.follow_theme()

    def set_left(self, left_s: float) -> None:
        """Show how many seconds are left; clipped to 0 and the window."""
        self._left_s = min(self._window_s, max(0.0, left_s))
        self.setAccessibleName(f"{int(self._left_s)} seconds left")
        self.update()

    def restyle(self) -> None:
        side = theme().px(_DIAMETER)
        self.setFixedSize(QSize(side, side))

    def paintEvent(self, event: QPaintEvent) -> None:
        look, painter = theme(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        width = look.px(3)
        box = QRectF(self.rect()).adjusted(width, width, -width, -width)
        painter.setPen(QPen(look.color("border.strong"), width))
        painter.drawEllipse(box)
        pen = QPen(look.color("warn" if self._left_s < 5 else "accent"), width)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        painter.setPen(pen)
        painter.drawArc(box, 90 * 16, round(-360 * 16 * self._left_s / self._window_s))
        painter.setPen(look.color("text.1"))
        painter.setFont(look.font("lead_strong"))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, str(int(self._left_s)))
