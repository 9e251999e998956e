"""Bars as numpy columns, and a store of them that grows at both ends without copying on each update."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import ArrayLike

from terminal_app.ui.charts.primitives import Floats, Ints

_COLUMNS = 5


class Bars(Struct, frozen=True):
    """Columns of one length n: ``time`` (start of the bar, epoch seconds UTC), prices in rupees, volume in units."""

    time: Ints
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats

    @classmethod
    def of(
        cls, time: ArrayLike, open: ArrayLike, high: ArrayLike, low: ArrayLike, close: ArrayLike, volume: ArrayLike
    ) -> Bars:
        """Bars from anything array-like. Raises ValueError where lengths differ or times do not rise."""
        times = np.ascontiguousarray(time, dtype=np.int64)
        prices = [np.ascontiguousarray(column, dtype=np.float64) for column in (open, high, low, close, volume)]
        if any(column.shape != times.shape or column.ndim != 1 for column in prices):
            raise ValueError("bars need six columns of one length")
        if len(times) > 1 and not (np.diff(times) > 0).all():
            raise ValueError("bars must be in rising order of time")
        return cls(times, *prices)

    @classmethod
    def none(cls) -> Bars:
        """No bars at all."""
        return cls.of(*([()] * (_COLUMNS + 1)))

    def __len__(self) -> int:
        return len(self.time)


class BarStore:
    """The chart's own bars: replaced, extended to the left, and updated or extended by one at the right."""

    def __init__(self) -> None:
        self._time: Ints = np.empty(0, dtype=np.int64)
        self._values: Floats = np.empty((_COLUMNS, 0), dtype=np.float64)
        self._count = 0
        self._view = Bars.none()

    def __len__(self) -> int:
        return self._count

    @property
    def bars(self) -> Bars:
        """Views of the columns, valid until the next change of the store."""
        return self._view

    def replace(self, bars: Bars) -> None:
        """Hold a copy of ``bars`` and nothing else."""
        self._take([bars])

    def prepend(self, older: Bars) -> int:
        """Put ``older`` before the first bar and return how many were added.

        Bars that are not older than the first one held are left out: sources overlap at the seam.
        """
        if self._count:
            keep = int(np.searchsorted(older.time, self._time[0]))
            older = Bars(
                older.time[:keep],
                older.open[:keep],
                older.high[:keep],
                older.low[:keep],
                older.close[:keep],
                older.volume[:keep],
            )
        if len(older):
            self._take([older, self._view])
        return len(older)

    def update(self, time: int, values: Sequence[float]) -> bool:
        """Set the bar that starts at ``time`` to (open, high, low, close, volume); True where it is a new bar.

        Raises ValueError for a bar older than the last one.
        """
        last = int(self._time[self._count - 1]) if self._count else None
        if last is not None and time < last:
            raise ValueError("only the last bar can change")
        appended = last is None or time > last
        if appended:
            self._grow()
            self._time[self._count] = time
            self._count += 1
            self._refresh()
        self._values[:, self._count - 1] = values
        return appended

    def _take(self, parts: list[Bars]) -> None:
        count = sum(len(part) for part in parts)
        room = count + 256
        times = np.empty(room, dtype=np.int64)
        values = np.empty((_COLUMNS, room), dtype=np.float64)
        at = 0
        for part in parts:
            times[at : at + len(part)] = part.time
            for row, column in enumerate(_columns(part)[1:]):
                values[row, at : at + len(part)] = column
            at += len(part)
        self._time, self._values, self._count = times, values, count
        self._refresh()

    def _grow(self) -> None:
        if self._count < len(self._time):
            return
        room = max(256, 2 * self._count)
        times = np.empty(room, dtype=np.int64)
        values = np.empty((_COLUMNS, room), dtype=np.float64)
        times[: self._count] = self._time[: self._count]
        values[:, : self._count] = self._values[:, : self._count]
        self._time, self._values = times, values

    def _refresh(self) -> None:
        self._view = Bars(self._time[: self._count], *(row[: self._count] for row in self._values))


def _columns(bars: Bars) -> tuple[Ints, Floats, Floats, Floats, Floats, Floats]:
    return bars.time, bars.open, bars.high, bars.low, bars.close, bars.volume
