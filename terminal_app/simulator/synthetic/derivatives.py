"""All listed futures and options of a day in columns, and what they are worth at any index level of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from terminal_app.domain.clock import at_ist
from terminal_app.simulator.contracts import INDEX_FUTURE, OPTION, ContractTables
from terminal_app.simulator.synthetic.day import MINUTE_S, DayPrices, DayTimes
from terminal_app.simulator.synthetic.listing import Contract
from terminal_app.simulator.synthetic.pricing import future_price, option_price, smile
from terminal_app.simulator.synthetic.spec import MarketSpec

_STREAM = 3
_YEAR_S = 365 * 86400.0
_EXPIRY_HOUR, _EXPIRY_MINUTE = 15, 30
_FUTURE_BAND = 0.10
_OPTION_BAND_MOVE, _OPTION_BAND_VOLATILITY, _OPTION_BAND_PAISE = 0.10, 1.6, 2000
_FIRST_SHARE = 0.72
"""Of an underlying's volume this much is in the nearest expiry, this much of the rest in the next, and so on."""
_BUSIEST_FUTURE, _BUSIEST_OPTION, _QUIETEST = 0.45, 0.18, 0.015
_LEAST_LOTS = 10

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Places = NDArray[np.intp]


class Derivatives(Struct, frozen=True):
    """Columns of n contracts, in the order of ``contracts``.

    ``spot`` is the row of the index in the day's prices. ``rate_of_change`` is the chance of a price in a quarter of a second,
    ``lots_a_minute`` the usual volume. ``basis`` is (minutes, n) paise by which futures stand beside their fair value.
    Prices depend on the index level, the minute and the volatility at the minute's beginning, and rise (calls, futures) or fall (puts)
    with the index, so that a minute's extremes are those of the index.
    """

    contracts: tuple[Contract, ...]
    times: DayTimes
    rate: float
    spot: Places
    strike_paise: Floats
    is_future: NDArray[np.bool_]
    is_call: NDArray[np.bool_]
    years_at_open: Floats
    smile: Floats
    tick: Ints
    lot: Ints
    freeze: Ints
    previous_close: Ints
    lower: Ints
    upper: Ints
    rate_of_change: Floats
    lots_a_minute: Floats
    open_interest: Ints
    basis: Ints
    noise: Floats
    live_shape: Floats

    def price(self, which: Places, spot_paise: Ints, minute: Ints, vix_paise: Ints) -> Ints:
        """Paise on the tick and within the bands. All arguments broadcast together; ``which`` are places in the columns."""
        years = self.years_at_open[which] - minute * (MINUTE_S / _YEAR_S)
        spot = spot_paise.astype(np.float64)
        future = future_price(spot, self.rate, years) + self.basis[minute, which]
        strike = np.where(self.is_future[which], spot, self.strike_paise[which])
        volatility = vix_paise / 10_000 * self.smile[which]
        option = option_price(spot, strike, self.is_call[which], volatility, self.rate, years)
        exact = np.where(self.is_future[which], future, option)
        tick = self.tick[which]
        rounded = np.floor(exact / tick + 0.5).astype(np.int64) * tick
        bounded: Ints = np.clip(rounded, self.lower[which], self.upper[which])
        return bounded

    def bars(self, which: Places, prices: DayPrices, vix: int, first: int, last: int) -> Ints:
        """Bars of these contracts for the minutes [first, last), (minutes, len(which), 4) paise. ``vix`` is its row in the day."""
        minute = np.arange(first, last)[:, None, None]
        spot = prices.ohlc[first:last][:, self.spot[which]]
        # A put is highest where the index is lowest.
        falling = ~(self.is_call | self.is_future)[which]
        high, low = np.where(falling, spot[..., 2], spot[..., 1]), np.where(falling, spot[..., 1], spot[..., 2])
        ordered = np.stack([spot[..., 0], high, low, spot[..., 3]], axis=2)
        volatility = prices.ohlc[first:last, vix, 0][:, None, None]
        return self.price(which[None, :, None], ordered, minute, volatility)

    def volumes(self, which: Places, first: int, last: int) -> Ints:
        """Units that these contracts trade in the minutes [first, last), (minutes, len(which))."""
        live = self.live_shape[first:last, None]
        wished = self.lots_a_minute[which] * live * self.noise[first:last][:, which]
        least = np.ceil(self.rate_of_change[which] * 240) + _LEAST_LOTS
        lots = np.maximum(wished, least).astype(np.int64)
        units: Ints = np.where(live > 0, lots * self.lot[which], 0)
        return units


def make_derivatives(
    spec: MarketSpec,
    seed: int,
    day: date,
    contracts: Sequence[Contract],
    rank: Ints,
    tables: ContractTables,
    times: DayTimes,
    previous_close: Ints,
    fixing: Ints,
) -> Derivatives:
    """The columns for one day.

    ``rank`` is 0 for the nearest expiry of a contract's kind. ``previous_close`` is that of stocks and indices, ``fixing`` their closes
    before the month began, by which ticks are fixed; both paise.
    """
    stocks = len(spec.stocks)
    random = np.random.default_rng([seed, _STREAM, day.toordinal()])
    underlying = np.array([contract.underlying for contract in contracts], dtype=np.intp)
    index = np.array([one.index for one in spec.underlyings], dtype=np.intp)[underlying]
    spot = index + stocks
    strike = np.array([contract.strike * 100 for contract in contracts], dtype=np.float64)
    is_future = strike == 0
    is_call = np.array([contract.is_call for contract in contracts])
    reference = previous_close[spot].astype(np.float64)
    factor = smile(np.where(is_future, reference, strike), reference)
    left = {expiry: _years(times.opens_at, expiry) for expiry in {contract.expiry for contract in contracts}}
    years = np.array([left[contract.expiry] for contract in contracts])
    rules = _Rules(spec, tables, day, fixing)
    tick = np.array([rules.tick(contract) for contract in contracts], dtype=np.int64)
    vix = float(previous_close[stocks + spec.vix]) / 10_000
    # The day before, at its close: a night longer to go.
    years_before = years + (times.minutes * MINUTE_S) / _YEAR_S
    fair = np.where(
        is_future,
        future_price(reference, spec.interest_rate, years_before),
        option_price(
            reference, np.where(is_future, reference, strike), is_call, vix * factor, spec.interest_rate, years_before
        ),
    )
    close = np.maximum(np.floor(fair / tick + 0.5).astype(np.int64), 1) * tick
    lower, upper = _bands(spec, reference, strike, is_future, is_call, vix * factor, years_before, close, tick)
    closeness = np.exp(-0.5 * (np.log(np.where(is_future, reference, strike) / reference) / _width(vix, years)) ** 2)
    share = _FIRST_SHARE * (1 - _FIRST_SHARE) ** rank
    lots_a_day = np.where(
        is_future,
        np.array([one.future_lots for one in spec.underlyings], dtype=np.float64)[underlying] * share,
        np.array([one.option_lots for one in spec.underlyings], dtype=np.float64)[underlying] * share * closeness / 12,
    )
    shape = 0.6 + 1.2 * (2 * np.arange(times.minutes) / max(times.minutes, 1) - 1) ** 2
    shape = np.where(times.derivatives, shape, 0.0)
    quietness = np.where(is_future, _BUSIEST_FUTURE * 0.6**rank, _BUSIEST_OPTION * closeness * 0.5**rank)
    lot = np.array([rules.lot(contract) for contract in contracts], dtype=np.int64)
    weeks = np.exp(0.2 * np.sin(day.toordinal() / 9 + np.arange(len(contracts))))
    steps = random.integers(-2, 3, (times.minutes, len(spec.underlyings) * 8))
    return Derivatives(
        contracts=tuple(contracts),
        times=times,
        rate=spec.interest_rate,
        spot=spot,
        strike_paise=strike,
        is_future=is_future,
        is_call=is_call,
        years_at_open=years,
        smile=factor,
        tick=tick,
        lot=lot,
        freeze=np.array([rules.freeze(contract) for contract in contracts], dtype=np.int64),
        previous_close=close,
        lower=lower,
        upper=upper,
        rate_of_change=np.maximum(quietness, _QUIETEST),
        lots_a_minute=lots_a_day / max(shape.sum(), 1.0),
        open_interest=np.maximum(lots_a_day * 0.6 * weeks, 50).astype(np.int64) * lot,
        basis=np.where(is_future, steps[:, np.minimum(underlying * 8 + rank, steps.shape[1] - 1)] * tick, 0),
        noise=np.exp(0.3 * random.standard_normal((times.minutes, len(spec.indices))))[:, index],
        live_shape=shape,
    )


def _years(opens_at: datetime, expiry: date) -> float:
    ends_at = at_ist(expiry.year, expiry.month, expiry.day, _EXPIRY_HOUR, _EXPIRY_MINUTE)
    return max((ends_at - opens_at) / timedelta(seconds=1), 0.0) / _YEAR_S


def _width(vix: float, years: Floats) -> Floats:
    """How far around the money trading is lively: two standard deviations until expiry, at least a day's."""
    width: Floats = 1.6 * vix * np.sqrt(np.maximum(years, 1.5 / 365))
    return width


def _bands(
    spec: MarketSpec,
    spot: Floats,
    strike: Floats,
    is_future: NDArray[np.bool_],
    is_call: NDArray[np.bool_],
    volatility: Floats,
    years: Floats,
    close: Ints,
    tick: Ints,
) -> tuple[Ints, Ints]:
    """Futures 10 % around the previous close; an option from one tick to what a tenth more or less of its index would make of it."""
    against = np.where(is_call, 1 + _OPTION_BAND_MOVE, 1 - _OPTION_BAND_MOVE)
    stressed = option_price(
        spot * against,
        np.where(is_future, spot, strike),
        is_call,
        volatility * _OPTION_BAND_VOLATILITY,
        spec.interest_rate,
        years,
    )
    highest = np.where(is_future, close * (1 + _FUTURE_BAND), stressed + _OPTION_BAND_PAISE)
    lowest = np.where(is_future, close * (1 - _FUTURE_BAND), tick)
    lower = -np.floor_divide(-lowest, tick).astype(np.int64) * tick
    upper = np.floor_divide(highest, tick).astype(np.int64) * tick
    return lower, upper


class _Rules:
    """Tick, lot and freeze quantity by contract, looked up once per kind."""

    def __init__(self, spec: MarketSpec, tables: ContractTables, day: date, fixing: Ints) -> None:
        self._spec = spec
        self._tables = tables
        self._day = day
        self._fixing = fixing
        self._ticks: dict[tuple[int, bool], int] = {}
        self._lots: dict[tuple[int, date], int] = {}
        self._freezes: dict[int, int] = {}

    def tick(self, contract: Contract) -> int:
        key = (contract.underlying, contract.is_future)
        if key not in self._ticks:
            underlying = self._spec.underlyings[contract.underlying]
            market = INDEX_FUTURE if contract.is_future else OPTION
            level = int(self._fixing[len(self._spec.stocks) + underlying.index])
            self._ticks[key] = self._tables.tick_paise(market, underlying.exchange, self._day, level)
        return self._ticks[key]

    def lot(self, contract: Contract) -> int:
        key = (contract.underlying, contract.expiry)
        if key not in self._lots:
            underlying = self._spec.underlyings[contract.underlying]
            self._lots[key] = self._tables.lot(underlying.exchange, underlying.symbol, contract.expiry)
        return self._lots[key]

    def freeze(self, contract: Contract) -> int:
        key = contract.underlying
        if key not in self._freezes:
            underlying = self._spec.underlyings[key]
            self._freezes[key] = self._tables.freeze(underlying.exchange, underlying.symbol, self._day)
        return self._freezes[key]
