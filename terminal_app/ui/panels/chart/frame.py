"""What stands in the chart's place before there is a chart: its ground with the rooms of the axes."""

from __future__ import annotations

from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from terminal_app.ui.kit.styled import ThemedMixin
from terminal_app.ui.theme import theme

_AXIS_WIDTH, _AXIS_HEIGHT, _ROW, _COLUMN = 64, 24, 64, 88


class ChartFrame(QWidget, ThemedMixin):
    """Painted at the window's first paint, without the chart library."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Price chart")
        self.follow_theme()

    def paintEvent(self, event: QPaintEvent) -> None:
        look, painter = theme(), QPainter(self)
        painter.fillRect(self.rect(), look.color("chart.background"))
        width, height = self.width() - look.px(_AXIS_WIDTH), self.height() - look.px(_AXIS_HEIGHT)
        painter.setPen(look.color("chart.grid"))
        for y in range(look.px(_ROW), height, look.px(_ROW)):
            painter.drawLine(0, y, width, y)
        for x in range(look.px(_COLUMN), width, look.px(_COLUMN)):
            painter.drawLine(x, 0, x, height)
