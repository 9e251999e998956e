"""Triangles where fills happened: up and buy-coloured for a buy, down and sell-coloured for a sell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPolygonF

from terminal_app.ui.charts.layer import LiveItem
from terminal_app.ui.charts.primitives import Floats
from terminal_app.ui.theme import theme

Side = Literal["buy", "sell"]
_HALF_PX = 4.5
_HEIGHT_PX = 7.5


class FillMarksItem(LiveItem):
    """Marks at scene positions; the chart maps times and prices to them whenever its view moves."""

    def __init__(self) -> None:
        super().__init__(cached=True)
        self._x: Floats = np.empty(0, dtype=np.float64)
        self._y: Floats = np.empty(0, dtype=np.float64)
        self._sides: tuple[Side, ...] = ()

    def place(self, x: Floats, y: Floats, sides: Sequence[Side], pane: QRectF) -> None:
        """Put a mark at each (x, y) inside ``pane``; the tip of a mark touches its point."""
        inside = (x >= pane.left()) & (x <= pane.right()) & (y >= pane.top()) & (y <= pane.bottom())
        self._x, self._y = x[inside], y[inside]
        self._sides = tuple(side for side, kept in zip(sides, inside, strict=True) if kept)
        if not self._sides:
            self.occupy(QRectF())
            return
        box = QRectF(QPointF(self._x.min(), self._y.min()), QPointF(self._x.max(), self._y.max()))
        reach = _HEIGHT_PX + 2
        self.occupy(box.adjusted(-reach, -reach, reach, reach))

    def draw(self, painter: QPainter, exposed: QRectF) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        painter.setPen(theme().color("chart.background"))
        wide = exposed.adjusted(-_HEIGHT_PX, -_HEIGHT_PX, _HEIGHT_PX, _HEIGHT_PX)
        for x, y, side in zip(self._x, self._y, self._sides, strict=True):
            if wide.contains(x, y):
                painter.setBrush(theme().color(side))
                painter.drawConvexPolygon(triangle(float(x), float(y), side))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def triangle(x: float, y: float, side: Side) -> QPolygonF:
    """A triangle whose tip is at (x, y): below the point for a buy, above it for a sell."""
    base = y + _HEIGHT_PX if side == "buy" else y - _HEIGHT_PX
    return QPolygonF([QPointF(x, y), QPointF(x - _HALF_PX, base), QPointF(x + _HALF_PX, base)])
