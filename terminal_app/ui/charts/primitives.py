"""Hands numpy arrays to QPainter as rectangles and polylines without a Python object per shape."""

from __future__ import annotations

import ctypes
from typing import Any, TypeAlias, cast

import numpy as np
import shiboken6
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

Floats: TypeAlias = NDArray[np.floating[Any]]
Ints: TypeAlias = NDArray[np.signedinteger[Any]]


def fill_rects(
    painter: QPainter, left: Floats, top: Floats, width: Floats | float, height: Floats, color: QColor
) -> None:
    """Fill one rectangle per element with ``color``; all in the painter's coordinates, broadcast together."""
    count = len(left)
    if count == 0:
        return
    packed = np.empty((count, 4), dtype=np.float64)
    packed[:, 0] = left
    packed[:, 1] = top
    packed[:, 2] = width
    packed[:, 3] = height
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)
    # A QRectF is four doubles, so the array's memory is a C array of them; the wrapper must not outlive the array.
    first = cast(QRectF, shiboken6.wrapInstance(packed.ctypes.data, QRectF))
    painter.drawRects(first, count)
    del first


def polygon(x: Floats, y: Floats) -> QPolygonF:
    """A QPolygonF of the points (x, y)."""
    shape = QPolygonF()
    count = len(x)
    shape.resize(count)
    if count:
        address = shiboken6.getCppPointer(shape.data())[0]
        memory = np.ctypeslib.as_array((ctypes.c_double * (2 * count)).from_address(address)).reshape(count, 2)
        memory[:, 0] = x
        memory[:, 1] = y
    return shape


def stroke(painter: QPainter, x: Floats, y: Floats, color: QColor, weight: float = 1.0) -> None:
    """Draw the polyline (x, y) antialiased, broken where y is NaN.

    Qt strokes a pen of width 1 by a fast path that wider pens do not have (20 times slower on long lines), so a
    heavier line is two passes of width 1 set ``weight - 1`` pixels apart.
    """
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setPen(QPen(color, 1.0))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    offsets = (0.0,) if weight <= 1.0 else (-(weight - 1) / 2, (weight - 1) / 2)
    for part_x, part_y in _finite_runs(x, y):
        for offset in offsets:
            painter.drawPolyline(polygon(part_x, part_y + offset))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def _finite_runs(x: Floats, y: Floats) -> list[tuple[Floats, Floats]]:
    finite = np.isfinite(y)
    if finite.all():
        return [(x, y)] if len(x) > 1 else []
    edges = np.flatnonzero(np.diff(np.concatenate(([False], finite, [False])).astype(np.int8)))
    return [(x[a:b], y[a:b]) for a, b in zip(edges[::2], edges[1::2], strict=True) if b - a > 1]
