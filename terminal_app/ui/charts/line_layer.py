"""Lines over time in a pane: drawn whole when the view changes, and only at its end when a point is added."""

from __future__ import annotations

import math

import numpy as np
from msgspec import Struct
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from terminal_app.ui.charts.candles import draw_grid
from terminal_app.ui.charts.columns import reduce_line
from terminal_app.ui.charts.layer import CachedLayer
from terminal_app.ui.charts.pane import Pane
from terminal_app.ui.charts.primitives import Floats, polygon, stroke
from terminal_app.ui.theme import theme

_SIDE_PX = 3.0


class Line(Struct, frozen=True):
    """One line: a value at each of the layer's times, its colour token, and what lies between it and ``base``."""

    values: Floats
    token: str
    weight: float = 1.0
    stepped: bool = False
    base: Floats | float | None = None
    fill: str = ""


class Level(Struct, frozen=True):
    """A horizontal line at a value; dashed unless it is the zero line."""

    value: float
    token: str
    dashed: bool = True


class LineLayer(CachedLayer):
    """Grid, levels, fills and lines of one pane."""

    def __init__(self, pane: Pane) -> None:
        super().__init__()
        self._pane = pane
        self.times: Floats = np.empty(0, dtype=np.float64)
        self.lines: list[Line] = []
        self.levels: list[Level] = []
        self.grid_x: Floats = np.empty(0, dtype=np.float64)
        self.grid_y: Floats = np.empty(0, dtype=np.float64)

    def invalidate_from(self, time: float) -> None:
        """Draw anew what lies at and after ``time``."""
        left = math.floor(self._pane.x_at(time) - _SIDE_PX)
        right = math.ceil(self._pane.x_at(float(self.times[-1])) + _SIDE_PX)
        self.invalidate(QRectF(left, self.area.top(), right - left, self.area.height()))

    def render_part(self, painter: QPainter, part: QRectF) -> None:
        painter.fillRect(part, theme().color("chart.background"))
        draw_grid(painter, self.area, self._pane, self.grid_x, self.grid_y)
        for level in self.levels:
            self._draw_level(painter, level)
        if not len(self.times):
            return
        # Whole pixel columns on both sides, so that a part is reduced exactly as the whole would be.
        first = np.searchsorted(self.times, self._pane.x_value(math.floor(part.left()) - 1.0)) - 1
        last = np.searchsorted(self.times, self._pane.x_value(math.ceil(part.right()) + 1.0), side="right")
        chosen = slice(max(0, int(first)), int(last) + 1)
        x = self._pane.x_px(self.times[chosen])
        for line in self.lines:
            if line.base is not None:
                self._draw_fill(painter, x, line, chosen)
        for line in self.lines:
            stroke(painter, *self._shape(x, line.values[chosen], line.stepped), theme().color(line.token), line.weight)

    def _shape(self, x: Floats, values: Floats, stepped: bool) -> tuple[Floats, Floats]:
        if stepped:
            x, values = np.repeat(x, 2)[1:], np.repeat(values, 2)[:-1]
        return reduce_line(x, self._pane.y_px(values), self.ratio)

    def _draw_fill(self, painter: QPainter, x: Floats, line: Line, chosen: slice) -> None:
        if not len(x):
            return
        base = line.base[chosen] if isinstance(line.base, np.ndarray) else np.full(len(x), line.base)
        top_x, top_y = self._shape(x, line.values[chosen], line.stepped)
        base_x, base_y = self._shape(x, base, line.stepped)
        whole = np.isfinite(top_y).all() and np.isfinite(base_y).all()
        if not whole:
            return
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme().color(line.fill))
        painter.drawPolygon(polygon(np.concatenate((top_x, base_x[::-1])), np.concatenate((top_y, base_y[::-1]))))

    def _draw_level(self, painter: QPainter, level: Level) -> None:
        if not self._pane.y0 <= level.value <= self._pane.y1:
            return
        color: QColor = theme().color(level.token)
        pen = QPen(color, 1)
        if level.dashed:
            pen.setDashPattern([4, 3])
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        painter.setPen(pen)
        y = math.floor(self._pane.y_at(level.value)) + 0.5
        painter.drawLine(QPointF(self.area.left(), y), QPointF(self.area.right(), y))
