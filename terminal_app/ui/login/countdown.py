"""Time left as a ring, with minutes and seconds in its middle."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from terminal_app.ui.kit.styled import ThemedMixin
from terminal_app.ui.theme import theme

_DIAMETER = 40
_SOON_S = 30


class Countdown(QWidget, ThemedMixin):
    """`set_left` with seconds of `whole_s`; the last half minute is amber."""

    def __init__(self, whole_s: float) -> None:
        super().__init__()
        self._whole_s = self._left_s = whole_s
        self.set_left(whole_s)
        self.follow_theme()

    @property
    def text(self) -> str:
        """As it stands in the middle: 4:12."""
        minutes, seconds = divmod(int(self._left_s), 60)
        return f"{minutes}:{seconds:02d}"

    def set_left(self, left_s: float, whole_s: float | None = None) -> None:
        """Show how much is left; clipped to 0 and the whole."""
        if whole_s is not None:
            self._whole_s = whole_s
        self._left_s = min(self._whole_s, max(0.0, left_s))
        self.setAccessibleName(f"{self.text} left")
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
        pen = QPen(look.color("warn" if self._left_s < _SOON_S else "accent"), width)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        painter.setPen(pen)
        painter.drawArc(box, 90 * 16, round(-360 * 16 * self._left_s / self._whole_s))
        painter.setPen(look.color("text.1"))
        painter.setFont(look.font("small_strong"))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.text)
