"""The axes: prices on the right in Indian grouping at a fixed width, times below in IST."""

from __future__ import annotations

import math

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from terminal_app.ui import formats
from terminal_app.ui.charts.pane import Pane
from terminal_app.ui.charts.primitives import Floats
from terminal_app.ui.charts.ticks import Tick
from terminal_app.ui.theme import theme

_PAD_PX = 8.0


def axis_font(*, strong: bool = False) -> QFont:
    """The font of axis labels and of the tags over them."""
    font = theme().font("small")
    if strong:
        font.setWeight(QFont.Weight.DemiBold)
    return font


class _Axis(pg.AxisItem):  # type: ignore[misc]  # pyqtgraph is untyped
    """An axis that draws its labels itself, from ticks the chart worked out once for grid and axis."""

    def __init__(self, orientation: str, pane: Pane) -> None:
        super().__init__(orientation)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self.setAcceptHoverEvents(False)
        self.setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)
        self.pane = pane

    def place(self, area: QRectF) -> None:
        """Take the scene rectangle ``area``."""
        # The base class would fix its own width or height from the labels it thinks it draws.
        if self.orientation == "right":
            self.setWidth(area.width())
        else:
            self.setHeight(area.height())
        self.setGeometry(area)
        self.update()

    def boundingRect(self) -> QRectF:
        return QRectF(QPointF(0, 0), self.size())

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        painter.fillRect(self.boundingRect(), theme().color("chart.background"))
        painter.setFont(axis_font())
        painter.setPen(theme().color("chart.axis.text"))
        self.draw_labels(painter)

    def draw_labels(self, painter: QPainter) -> None:
        """Draw the labels in the axis' own coordinates."""
        raise NotImplementedError


class ValueAxis(_Axis):
    """Values at the right edge. Its width follows the widest value it was told of, so that it does not jump."""

    def __init__(self, pane: Pane, decimals: int) -> None:
        super().__init__("right", pane)
        self.decimals = decimals
        self._ticks: Floats = np.empty(0, dtype=np.float64)

    def set_ticks(self, ticks: Floats) -> None:
        """Label these values."""
        self._ticks = ticks
        self.update()

    def width_for(self, *values: float) -> float:
        """Pixels needed to write any of ``values``."""
        metrics = QFontMetricsF(axis_font())
        texts = [formats.number(value, self.decimals) for value in values] or ["0"]
        return float(max(theme().px(56.0), math.ceil(max(map(metrics.horizontalAdvance, texts)) + 2 * _PAD_PX)))

    def draw_labels(self, painter: QPainter) -> None:
        height = QFontMetricsF(painter.font()).height()
        box = self.boundingRect()
        top = self.pane.area.top() - self.geometry().top()
        for value, y in zip(self._ticks, self.pane.y_px(self._ticks), strict=True):
            at = float(y) - self.pane.area.top() + top
            if not top + height / 2 <= at <= box.height() - height / 2:
                continue
            text = formats.number(float(value), self.decimals)
            painter.drawText(QRectF(_PAD_PX, at - height, box.width() - _PAD_PX, 2 * height), _MIDDLE, text)


class TimeAxis(_Axis):
    """Times along the bottom edge."""

    def __init__(self, pane: Pane) -> None:
        super().__init__("bottom", pane)
        self._ticks: list[Tick] = []

    def set_ticks(self, ticks: list[Tick]) -> None:
        """Label these places."""
        self._ticks = ticks
        self.update()

    @staticmethod
    def height_needed() -> float:
        """Pixels needed for one line of labels."""
        return float(math.ceil(QFontMetricsF(axis_font()).height()) + theme().px(8))

    def draw_labels(self, painter: QPainter) -> None:
        box = self.boundingRect()
        metrics = QFontMetricsF(painter.font())
        shift = -self.geometry().left()
        plain, strong = theme().color("chart.axis.text"), theme().color("text.1")
        for tick in self._ticks:
            at = self.pane.x_at(tick.at) + shift
            half = metrics.horizontalAdvance(tick.text) / 2 + 2
            if at - half < 0 or at + half > box.width():
                continue
            painter.setPen(strong if tick.strong else plain)
            painter.drawText(QRectF(at - half, 0, 2 * half, box.height()), Qt.AlignmentFlag.AlignCenter, tick.text)


_MIDDLE = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
