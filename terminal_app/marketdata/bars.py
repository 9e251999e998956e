"""Bars of one instrument: made from ticks, put together to every interval, with history before and under them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from terminal_app.domain.clock import IST
from terminal_app.domain.enums import Interval
from terminal_app.domain.market import Bar

SessionStart = Callable[[date], datetime | None]
"""When continuous trading of the instrument begins on an Indian calendar day (aware); None where it does not trade."""

_Floats = NDArray[np.float64]
_Ints = NDArray[np.int64]

_MINUTE_S = 60
_DAY_S = 86_400
_IST_S = int(timedelta(hours=5, minutes=30).total_seconds())
_NS_PER_S = 1_000_000_000
_FIRST_CAPACITY = 512
_OPEN, _HIGH, _LOW, _CLOSE = range(4)
_NOT_SAID = -1


class BarArrays(Struct, frozen=True):
    """Columns of one length, oldest first: ``time`` is the bar's start in epoch seconds UTC, prices rupees, volume units.

    A day's bar starts at midnight in India, others at a whole number of intervals from the start of the session.
    """

    time: _Ints
    open: _Floats
    high: _Floats
    low: _Floats
    close: _Floats
    volume: _Ints

    def __len__(self) -> int:
        return len(self.time)


class LastBar(NamedTuple):
    """The newest bar in numbers for display; ``time`` is its start in epoch seconds UTC."""

    time: int
    open: float
    high: float
    low: float
    close: float
    volume: int


class _Under(NamedTuple):
    """What history knows of a bar that ticks made too: it goes under it. ``volume`` is what the ticks did not see."""

    open: float
    high: float
    low: float
    volume: int


class _History(Struct, frozen=True):
    """Bars that ticks did not make, and what lies under those they did."""

    older: BarArrays
    under: dict[int, _Under]


class BarSeries:
    """The bars of one instrument, growing with each tick.

    Which ticks make bars: those from the start of the session on whose volume or price differs from what was last
    seen, and every tick of an instrument that reports no volume (an index). A bar's volume is the growth of the day's
    volume. The day's first tick sets the base, unless it falls into the first minute, whose bar holds all that was
    traded before it. A tick of an earlier minute than the newest bar adds its volume only. Minutes without such a
    tick stay gaps.
    """

    def __init__(self, session_start: SessionStart) -> None:
        self._session_start = session_start
        self.revision = 0
        """Grows with every change: a reader that has seen this number has seen everything."""
        self._count = 0
        self._time: _Ints = np.empty(_FIRST_CAPACITY, np.int64)
        self._anchor: _Ints = np.empty(_FIRST_CAPACITY, np.int64)
        self._prices: _Floats = np.empty((4, _FIRST_CAPACITY), np.float64)
        self._volume: _Ints = np.empty(_FIRST_CAPACITY, np.int64)
        self._history: dict[Interval, _History] = {}
        self._day = _NOT_SAID
        self._day_anchor: int | None = None
        self._seen_volume = _NOT_SAID
        self._seen_price = np.nan

    def add(self, time_ns: int, price: float, volume: int) -> bool:
        """Take one tick: exchange time in epoch ns, price in rupees, the day's volume so far (-1: not said).

        Returns whether a bar changed.
        """
        second = time_ns // _NS_PER_S
        day = (second + _IST_S) // _DAY_S
        if day != self._day:
            self._begin_day(day)
        if self._day_anchor is None:
            return False
        traded, counts = self._traded(second, price, volume)
        if not counts:
            return False
        self._extend(self._day_anchor, second, price, traded)
        self.revision += 1
        return True

    def load(self, interval: Interval, bars: Sequence[Bar]) -> None:
        """Put history under the bars of this interval: what was loaded for it before is replaced.

        A bar that ticks made as well keeps its close; history gives its open, widens it, and adds the volume that the
        ticks had not seen. Load what was asked for just now: later ticks are counted on top of it.
        """
        made = self._made(interval)
        place_of = {start: place for place, start in enumerate(made.time.tolist())}
        older: dict[int, Bar] = {}
        under: dict[int, _Under] = {}
        for bar in bars:
            start = _start_of(bar, interval)
            place = place_of.get(start)
            if place is None:
                older[start] = bar
                continue
            unseen = max(bar.volume - int(made.volume[place]), 0)
            under[start] = _Under(float(bar.open), float(bar.high), float(bar.low), unseen)
        self._history[interval] = _History(_to_arrays(older), under)
        self.revision += 1

    def has_history(self, interval: Interval) -> bool:
        """Whether history was loaded for this interval."""
        return interval in self._history

    def arrays(self, interval: Interval) -> BarArrays:
        """All bars of this interval, the running one last."""
        made = self._made(interval)
        history = self._history.get(interval)
        if history is None:
            return made
        for start, below in history.under.items():
            place = int(np.searchsorted(made.time, start))
            made.open[place] = below.open
            made.high[place] = max(made.high[place], below.high)
            made.low[place] = min(made.low[place], below.low)
            made.volume[place] += below.volume
        return _joined(history.older, made)

    def last(self, interval: Interval) -> LastBar | None:
        """The newest bar of this interval, cheaply; None where there is none."""
        history = self._history.get(interval)
        older = None if history is None or not len(history.older) else _last_of(history.older)
        if not self._count:
            return older
        buckets = self._buckets(interval, max(0, self._count - interval.seconds // _MINUTE_S))
        first = int(np.searchsorted(buckets, buckets[-1])) + self._count - len(buckets)
        part = slice(first, self._count)
        start = int(buckets[-1])
        if older is not None and older.time > start:
            return older
        bar = LastBar(
            start,
            float(self._prices[_OPEN, first]),
            float(self._prices[_HIGH, part].max()),
            float(self._prices[_LOW, part].min()),
            float(self._prices[_CLOSE, self._count - 1]),
            int(self._volume[part].sum()),
        )
        below = None if history is None else history.under.get(start)
        if below is None:
            return bar
        return bar._replace(
            open=below.open,
            high=max(bar.high, below.high),
            low=min(bar.low, below.low),
            volume=bar.volume + below.volume,
        )

    def _begin_day(self, day: int) -> None:
        self._day = day
        start = self._session_start(date(1970, 1, 1) + timedelta(days=day))
        self._day_anchor = None if start is None else int(start.timestamp())
        self._seen_volume = _NOT_SAID
        self._seen_price = np.nan

    def _traded(self, second: int, price: float, volume: int) -> tuple[int, bool]:
        """Units traded since the tick before, and whether this tick makes a bar."""
        assert self._day_anchor is not None
        if second < self._day_anchor:
            self._seen_volume = 0
            return 0, False
        is_first = self._seen_volume == _NOT_SAID
        if is_first and volume >= 0:
            self._seen_volume = 0 if second < self._day_anchor + _MINUTE_S else volume
        traded = max(volume - self._seen_volume, 0) if volume >= 0 else 0
        self._seen_volume = max(volume, self._seen_volume)
        changed_price = not is_first and price != self._seen_price
        self._seen_price = price
        return traded, volume <= 0 or traded > 0 or changed_price

    def _extend(self, anchor: int, second: int, price: float, traded: int) -> None:
        minute = anchor + (second - anchor) // _MINUTE_S * _MINUTE_S
        place = self._count - 1
        if place < 0 or minute > self._time[place]:
            place = self._append(minute, anchor, price)
        elif minute == self._time[place]:
            prices = self._prices
            prices[_HIGH, place] = max(prices[_HIGH, place], price)
            prices[_LOW, place] = min(prices[_LOW, place], price)
            prices[_CLOSE, place] = price
        self._volume[place] += traded

    def _append(self, minute: int, anchor: int, price: float) -> int:
        place = self._count
        if place == len(self._time):
            self._time, self._anchor, self._volume = (
                np.concatenate((column, np.empty_like(column))) for column in (self._time, self._anchor, self._volume)
            )
            self._prices = np.concatenate((self._prices, np.empty_like(self._prices)), axis=1)
        self._time[place] = minute
        self._anchor[place] = anchor
        self._prices[:, place] = price
        self._volume[place] = 0
        self._count += 1
        return place

    def _buckets(self, interval: Interval, first: int) -> _Ints:
        """The start of the interval's bar for each minute bar from ``first`` on."""
        time = self._time[first : self._count]
        if interval is Interval.D1:
            return (time + _IST_S) // _DAY_S * _DAY_S - _IST_S
        anchor = self._anchor[first : self._count]
        return anchor + (time - anchor) // interval.seconds * interval.seconds

    def _made(self, interval: Interval) -> BarArrays:
        """Bars of ticks only; the arrays are copies."""
        if not self._count:
            return _to_arrays({})
        buckets = self._buckets(interval, 0)
        firsts = np.flatnonzero(np.diff(buckets, prepend=buckets[0] - 1))
        lasts = np.append(firsts[1:], self._count) - 1
        return BarArrays(
            buckets[firsts],
            self._prices[_OPEN, firsts],
            np.maximum.reduceat(self._prices[_HIGH, : self._count], firsts),
            np.minimum.reduceat(self._prices[_LOW, : self._count], firsts),
            self._prices[_CLOSE, lasts],
            np.add.reduceat(self._volume[: self._count], firsts),
        )


def _start_of(bar: Bar, interval: Interval) -> int:
    """Sources start a day's bar at midnight or with the session; here it is midnight."""
    if interval is Interval.D1:
        local = bar.start.astimezone(IST)
        return int(datetime(local.year, local.month, local.day, tzinfo=IST).astimezone(UTC).timestamp())
    return int(bar.start.timestamp())


def _to_arrays(bars: dict[int, Bar]) -> BarArrays:
    ordered = [bars[start] for start in sorted(bars)]
    return BarArrays(
        np.array(sorted(bars), np.int64),
        np.array([bar.open for bar in ordered], np.float64),
        np.array([bar.high for bar in ordered], np.float64),
        np.array([bar.low for bar in ordered], np.float64),
        np.array([bar.close for bar in ordered], np.float64),
        np.array([bar.volume for bar in ordered], np.int64),
    )


def _joined(older: BarArrays, made: BarArrays) -> BarArrays:
    """Both in order of time; they share no bar. History may also fill a gap between bars of ticks."""
    time = np.concatenate((older.time, made.time))
    order = np.argsort(time, kind="stable")
    return BarArrays(
        time[order],
        np.concatenate((older.open, made.open))[order],
        np.concatenate((older.high, made.high))[order],
        np.concatenate((older.low, made.low))[order],
        np.concatenate((older.close, made.close))[order],
        np.concatenate((older.volume, made.volume))[order],
    )


def _last_of(bars: BarArrays) -> LastBar:
    return LastBar(
        int(bars.time[-1]),
        float(bars.open[-1]),
        float(bars.high[-1]),
        float(bars.low[-1]),
        float(bars.close[-1]),
        int(bars.volume[-1]),
    )
