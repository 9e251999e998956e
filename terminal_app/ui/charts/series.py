"""Values over time in columns that grow at the end without copying."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from terminal_app.ui.charts.primitives import Floats

_LEAST_ROOM = 1024


class TimeSeries:
    """Rising times (epoch seconds) and ``width`` values at each; views stay valid until the next change."""

    def __init__(self, width: int) -> None:
        self._data: Floats = np.empty((width + 1, _LEAST_ROOM), dtype=np.float64)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    @property
    def times(self) -> Floats:
        """Times held."""
        return self._data[0, : self._count]

    def column(self, number: int) -> Floats:
        """Values of column ``number``, counted from 0."""
        return self._data[number + 1, : self._count]

    def replace(self, times: ArrayLike, *columns: ArrayLike) -> None:
        """Hold copies of these and nothing else. Raises ValueError where lengths differ or times fall."""
        rows = [np.asarray(row, dtype=np.float64) for row in (times, *columns)]
        count = len(rows[0])
        if len(rows) != len(self._data) or any(len(row) != count for row in rows):
            raise ValueError("a series needs its columns at one length")
        if count > 1 and (np.diff(rows[0]) < 0).any():
            raise ValueError("points must be in order of time")
        data = np.empty((len(rows), max(_LEAST_ROOM, count + count // 2)), dtype=np.float64)
        for place, row in enumerate(rows):
            data[place, :count] = row
        self._data, self._count = data, count

    def append(self, time: float, values: Sequence[float]) -> None:
        """Add a point; one at the time of the last takes its place. Raises ValueError for an earlier time."""
        last = float(self._data[0, self._count - 1]) if self._count else None
        if last is not None and time < last:
            raise ValueError("points must be in order of time")
        if last != time:
            if self._count == self._data.shape[1]:
                grown = np.empty((len(self._data), 2 * self._count), dtype=np.float64)
                grown[:, : self._count] = self._data
                self._data = grown
            self._count += 1
        self._data[0, self._count - 1] = time
        self._data[1:, self._count - 1] = values

    def at(self, time: float) -> int:
        """Index of the last point at or before ``time``; the first point where there is none before."""
        return max(0, int(np.searchsorted(self.times, time, side="right")) - 1)
