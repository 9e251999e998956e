"""Bars of the synthetic market's past: the very bars that its steps add up to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from terminal_app.domain.enums import Interval
from terminal_app.domain.hours import trading_day
from terminal_app.domain.market import Bar
from terminal_app.simulator.bars import longer_bars
from terminal_app.simulator.synthetic.day import MINUTE_S
from terminal_app.simulator.synthetic.listing import Contract
from terminal_app.simulator.synthetic.session import DaySession
from terminal_app.simulator.synthetic.world import World

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_MINUTE = timedelta(seconds=MINUTE_S)
_MINUTE_US = MINUTE_S * 1_000_000
_EARLIEST_CONTRACT = timedelta(days=100)

Ints = NDArray[np.int64]


class _Bars(Struct, frozen=True):
    """One-minute bars of one instrument: epoch microseconds, (n, 4) paise, units."""

    start_us: Ints
    ohlc: Ints
    volume: Ints

    def upto(self, end_us: int) -> _Bars:
        count = int(np.searchsorted(self.start_us, end_us))
        return _Bars(self.start_us[:count], self.ohlc[:count], self.volume[:count])


class History:
    """Answers for a stock or index by its row in the day, or for a contract."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._daily: dict[date, tuple[Ints, Ints]] = {}

    def spot(
        self, row: int, interval: Interval, start: datetime, end: datetime, today: DaySession, now: datetime
    ) -> list[Bar]:
        """Bars of a stock or index that begin in [start, end), as far as the market got (``now``)."""
        if interval is Interval.D1:
            parts = [self._spot_day(day, row) for day in self._days(start, end, today)]
        else:
            parts = [self._spot_minutes(day, row) for day in self._days(start, end, today)]
        if end > today.begins_at:
            parts.append(self._so_far(self._spot_minutes(today.prices.day, row), today, row, now))
        return _joined(parts, interval, start, end)

    def contract(
        self, contract: Contract, interval: Interval, start: datetime, end: datetime, today: DaySession, now: datetime
    ) -> list[Bar]:
        """Bars of a future or option, over at most a hundred days before its expiry."""
        start = max(start, datetime.combine(contract.expiry, datetime.min.time(), UTC) - _EARLIEST_CONTRACT)
        days = [day for day in self._days(start, end, today) if day <= contract.expiry]
        parts = [self._contract_minutes(day, contract) for day in days]
        place = next((n for n, one in enumerate(today.derivatives.contracts) if one.id == contract.id), None)
        if place is not None and end > today.begins_at:
            minutes = self._contract_minutes(today.prices.day, contract)
            parts.append(self._so_far(minutes, today, len(today.prices.previous_close) + place, now))
        return _joined(parts, interval, start, end)

    def _days(self, start: datetime, end: datetime, today: DaySession) -> Iterator[date]:
        """The trading days before the running one that [start, end) touches."""
        day = trading_day(start)
        last = min(trading_day(end), today.prices.day - timedelta(days=1))
        while day <= last:
            if self._world.is_trading_day(day):
                yield day
            day += timedelta(days=1)

    def _spot_day(self, day: date, row: int) -> _Bars:
        """A whole day as one bar, kept for the next chart."""
        if day not in self._daily:
            prices = self._world.prices(day)
            spots, stocks = prices.ohlc.shape[1], len(self._world.spec.stocks)
            ohlc = np.empty((spots, 4), dtype=np.int64)
            for rows, live in ((slice(0, stocks), prices.times.stocks), (slice(stocks, spots), prices.times.indices)):
                bars = prices.ohlc[live, rows]
                closes = prices.close[rows] if prices.times.auction_at is not None else bars[-1, :, 3]
                ohlc[rows, 0], ohlc[rows, 3] = bars[0, :, 0], closes
                ohlc[rows, 1] = np.maximum(bars[..., 1].max(axis=0), closes)
                ohlc[rows, 2] = np.minimum(bars[..., 2].min(axis=0), closes)
            self._daily[day] = (ohlc, prices.volume.sum(axis=0) + prices.auction_volume)
        ohlc, volume = self._daily[day]
        opens_at = self._world.prices_open_at(day)
        return _Bars(np.array([_us(opens_at)]), ohlc[row : row + 1], volume[row : row + 1])

    def _spot_minutes(self, day: date, row: int) -> _Bars:
        prices = self._world.prices(day)
        times = prices.times
        live = np.flatnonzero(times.stocks if row < len(self._world.spec.stocks) else times.indices)
        start_us = _us(times.opens_at) + live * _MINUTE_US
        ohlc, volume = prices.ohlc[live, row], prices.volume[live, row]
        if times.auction_at is not None:
            # The closing auction's one price is a bar of its own.
            start_us = np.append(start_us, _us(times.auction_at))
            ohlc = np.concatenate([ohlc, np.full((1, 4), prices.close[row])])
            volume = np.append(volume, prices.auction_volume[row])
        return _Bars(start_us, ohlc, volume)

    def _contract_minutes(self, day: date, contract: Contract) -> _Bars:
        prices = self._world.prices(day)
        derivatives = self._world.derivative(day, contract)
        if derivatives is None:
            nothing = np.zeros(0, dtype=np.int64)
            return _Bars(nothing, np.zeros((0, 4), dtype=np.int64), nothing)
        which = np.zeros(1, dtype=np.intp)
        stocks, count = len(self._world.spec.stocks), prices.times.minutes
        live = np.flatnonzero(prices.times.derivatives)
        bars = derivatives.bars(which, prices, stocks + self._world.spec.vix, 0, count)[live, 0]
        return _Bars(
            _us(prices.times.opens_at) + live * _MINUTE_US, bars, derivatives.volumes(which, 0, count)[live, 0]
        )

    def _so_far(self, bars: _Bars, today: DaySession, row: int, now: datetime) -> _Bars:
        """Today's finished minutes, and the running one as its steps made it."""
        running = today.running
        done = bars.upto(min(_us(running.start), _us(now)))
        if not running.ohlc[row, 0] or now < running.start:
            return done
        return _Bars(
            np.append(done.start_us, _us(running.start)),
            np.concatenate([done.ohlc, running.ohlc[row : row + 1]]),
            np.append(done.volume, running.volume[row]),
        )


def _us(at: datetime) -> int:
    return (at - _EPOCH) // _MICROSECOND


def _joined(parts: list[_Bars], interval: Interval, start: datetime, end: datetime) -> list[Bar]:
    if not parts:
        return []
    return longer_bars(
        np.concatenate([part.start_us for part in parts]),
        np.concatenate([part.ohlc for part in parts]),
        np.concatenate([part.volume for part in parts]),
        interval,
        start,
        end,
    )
