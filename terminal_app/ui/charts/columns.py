"""Reduces bars and lines to one shape per pixel column, keeping every extreme."""

from __future__ import annotations

import numpy as np
from msgspec import Struct

from terminal_app.ui.charts.primitives import Floats, Ints


class ColumnBars(Struct, frozen=True):
    """One bar per device pixel column: first open, highest high, lowest low, last close, largest volume."""

    column: Ints
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats


def reduce_bars(column: Ints, open: Floats, high: Floats, low: Floats, close: Floats, volume: Floats) -> ColumnBars:
    """Join the bars that fall into one pixel column; ``column`` rises."""
    starts = _starts(column)
    ends = np.append(starts[1:], len(column)) - 1
    return ColumnBars(
        column[starts],
        open[starts],
        np.maximum.reduceat(high, starts),
        np.minimum.reduceat(low, starts),
        close[ends],
        np.maximum.reduceat(volume, starts),
    )


def reduce_line(x: Floats, y: Floats, ratio: float = 1.0) -> tuple[Floats, Floats]:
    """A line through fewer points: per device pixel column its first, lowest, highest and last value.

    ``x`` rises and is in pixels. A line with fewer than five points a column comes back as it is, and so does one
    with NaN in it.
    """
    if len(x) < 8 or not np.isfinite(y).all():
        return x, y
    starts = _starts(np.floor(x * ratio).astype(np.int64))
    columns = len(starts)
    if len(x) < 5 * columns:
        return x, y
    ends = np.append(starts[1:], len(x)) - 1
    out_x = np.empty((columns, 4), dtype=np.float64)
    out_y = np.empty((columns, 4), dtype=np.float64)
    out_x[:, 0], out_x[:, 3] = x[starts], x[ends]
    out_x[:, 1] = out_x[:, 2] = (x[starts] + x[ends]) / 2
    out_y[:, 0], out_y[:, 3] = y[starts], y[ends]
    out_y[:, 1], out_y[:, 2] = np.minimum.reduceat(y, starts), np.maximum.reduceat(y, starts)
    return out_x.ravel(), out_y.ravel()


def _starts(column: Ints) -> Ints:
    if len(column) == 0:
        return np.empty(0, dtype=np.int64)
    return np.flatnonzero(np.concatenate(([True], column[1:] != column[:-1])))
