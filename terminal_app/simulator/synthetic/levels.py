"""Closing levels day by day: where every stock and the volatility stand at the end of any trading day, from the seed alone.

The logarithm of a stock's price wanders around its level: each day it moves with the market (its beta) and by itself, and a hundredth of
its distance comes back. Days are counted from the first of ``FIRST_YEAR``, so that a day looks the same whenever the program begins.
"""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from terminal_app.domain.enums import Exchange, Segment
from terminal_app.domain.hours import MarketHours
from terminal_app.simulator.synthetic.spec import MarketSpec

Floats = NDArray[np.float64]

FIRST_YEAR = 2015
_PULL = 0.01
_LARGEST_MOVE = 0.07
_VIX_MEMORY, _VIX_SLOPE, _VIX_NOISE = 0.95, 4.0, 0.025
_STREAM = 1


class Levels(Struct, frozen=True):
    """The state after a day's close, as logarithms of price over level. ``gap`` is the share of the day's move that came overnight."""

    day: date
    stocks: Floats
    vix: float
    gap: float


class DailyLevels:
    """Knows the levels of every trading day; a year is computed when first asked for."""

    def __init__(self, spec: MarketSpec, seed: int, hours: MarketHours) -> None:
        self._spec = spec
        self._seed = seed
        self._hours = hours
        self._levels: dict[date, Levels] = {}
        self._before: dict[date, Levels] = {}
        self._last = Levels(date(FIRST_YEAR, 1, 1), np.zeros(len(spec.stocks)), 0.0, 0.0)
        self._next_year = FIRST_YEAR

    def at(self, day: date) -> Levels:
        """The levels at the close of this trading day. Raises KeyError for a day without trading."""
        self._reach(day)
        return self._levels[day]

    def before(self, day: date) -> Levels:
        """The levels at the close of the trading day before this one. Raises KeyError for a day without trading."""
        self._reach(day)
        return self._before[day]

    def is_trading_day(self, day: date) -> bool:
        """Whether the market has prices on this day."""
        if day.year < FIRST_YEAR:
            return False
        self._reach(day)
        return day in self._levels

    def previous_day(self, day: date) -> date:
        """The trading day before this trading day."""
        return self.before(day).day

    def _reach(self, day: date) -> None:
        while self._next_year <= day.year:
            self._add_year(self._next_year)
            self._next_year += 1

    def _add_year(self, year: int) -> None:
        spec = self._spec
        random = np.random.default_rng([self._seed, _STREAM, year])
        normals = np.clip(random.standard_normal((366, len(spec.stocks) + 2)), -3.5, 3.5)
        gaps = random.uniform(0.1, 0.4, 366)
        market = normals[:, :1] * spec.market_volatility
        moves = np.clip(spec.beta * market + normals[:, 2:] * spec.own_volatility, -_LARGEST_MOVE, _LARGEST_MOVE)
        shocks = _VIX_NOISE * normals[:, 1] - _VIX_SLOPE * market[:, 0]
        days = [date(year, 1, 1) + timedelta(days=row) for row in range(366)]
        rows = [row for row, day in enumerate(days) if day.year == year and self._trades(day)]
        stocks = _faded_sums(self._last.stocks, moves[rows], 1 - _PULL)
        vix = _faded_sums(np.array(self._last.vix), shocks[rows], _VIX_MEMORY).tolist()
        before = self._last
        for place, row in enumerate(rows):
            after = Levels(days[row], stocks[place], vix[place], float(gaps[row]))
            self._levels[days[row]], self._before[days[row]] = after, before
            before = after
        self._last = before

    def _trades(self, day: date) -> bool:
        return self._hours.is_trading_day(Exchange.NSE, Segment.CASH, day)


def _faded_sums(start: Floats, added: Floats, memory: float) -> Floats:
    """The values of x[n] = memory * x[n-1] + added[n], row by row, from ``start``.

    Summed in one go over values that are enlarged by how much is yet to fade; over a year they stay within float's reach.
    """
    fading = memory ** np.arange(1.0, len(added) + 1).reshape(-1, *(1,) * (added.ndim - 1))
    sums: Floats = fading * (start + np.cumsum(added / fading, axis=0))
    return sums
