"""One day of the stocks and indices, minute by minute.

Every stock goes from its open to its close on a random bridge that shares the market's moves; the day's turmoil and volume are highest
at the open and the close. An index is the weighted sum of its stocks at each minute's end. The minutes between the end of continuous
trading and the end of the derivatives' session exist too, as fair values.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from terminal_app.domain.enums import SessionPhase
from terminal_app.domain.hours import MarketHours, PhaseSpan
from terminal_app.domain.instrument import Instrument
from terminal_app.simulator.synthetic.levels import Levels
from terminal_app.simulator.synthetic.spec import MarketSpec

MINUTE_S = 60
_STREAM = 2
_BAND = 0.10
_PRE_OPEN_SHARE, _AUCTION_SHARE = 0.01, 0.09
_LEAST_VOLUME = 240
_VIX_AGAINST_INDEX = 3.0

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


class DayTimes(Struct, frozen=True):
    """When a day's markets trade, as flags per minute from ``opens_at`` on. ``close_minute`` is the minute at whose beginning the
    closing price is fixed.
    """

    opens_at: datetime
    minutes: int
    close_minute: int
    stocks: NDArray[np.bool_]
    indices: NDArray[np.bool_]
    derivatives: NDArray[np.bool_]
    pre_open_at: datetime | None
    auction_at: datetime | None


def day_times(hours: MarketHours, stock: Instrument, index: Instrument, option: Instrument, day: date) -> DayTimes:
    """The times of a trading day, by the phases of one instrument of each market."""
    spans = hours.phases(stock, day)
    trading = [span for span in (*spans, *hours.phases(option, day)) if span.phase is SessionPhase.CONTINUOUS]
    opens_at = min(span.start for span in trading)
    minutes = _minutes(opens_at, max(span.end for span in trading))
    matching = next((span.start for span in spans if span.phase is SessionPhase.CLOSING_MATCH), None)
    closes_at = matching or max(span.end for span in spans if span.phase is SessionPhase.CONTINUOUS)
    return DayTimes(
        opens_at=opens_at,
        minutes=minutes,
        close_minute=_minutes(opens_at, closes_at),
        stocks=_flags(spans, opens_at, minutes),
        indices=_flags(hours.phases(index, day), opens_at, minutes),
        derivatives=_flags(hours.phases(option, day), opens_at, minutes),
        pre_open_at=next((span.start for span in spans if span.phase is SessionPhase.PRE_OPEN_MATCH), None),
        auction_at=matching,
    )


def _minutes(start: datetime, end: datetime) -> int:
    return int((end - start).total_seconds()) // MINUTE_S


def _flags(spans: Sequence[PhaseSpan], opens_at: datetime, minutes: int) -> NDArray[np.bool_]:
    flags = np.zeros(minutes, dtype=np.bool_)
    for span in spans:
        if span.phase is SessionPhase.CONTINUOUS:
            flags[_minutes(opens_at, span.start) : _minutes(opens_at, span.end)] = True
    return flags


class DayPrices(Struct, frozen=True):
    """Stocks first, then indices: ``ohlc`` is (minutes, rows, 4) paise and ``volume`` (minutes, rows) units.

    ``previous_close`` and ``close`` are paise; ``pre_open_volume`` and ``auction_volume`` trade at the open and the close.
    ``lower`` and ``upper`` are the day's price bands, 0 for indices.
    """

    day: date
    times: DayTimes
    ohlc: Ints
    volume: Ints
    previous_close: Ints
    close: Ints
    pre_open_volume: Ints
    auction_volume: Ints
    lower: Ints
    upper: Ints


def close_paise(spec: MarketSpec, levels: Levels, tick: Ints) -> Ints:
    """The closing prices of the stocks, then the indices, at these levels. ``tick`` is the stocks'."""
    stocks = _on_tick(spec.level_paise * np.exp(levels.stocks), tick)
    return np.concatenate([stocks, _indices(spec, stocks[None, :], np.array([levels.vix]))[0]])


def make_day(
    spec: MarketSpec, seed: int, times: DayTimes, before: Levels, after: Levels, tick: Ints, previous_close: Ints
) -> DayPrices:
    """All minutes of the day that leads from ``before`` to ``after``. ``tick`` is the stocks' (paise)."""
    random = np.random.default_rng([seed, _STREAM, after.day.toordinal()])
    count, stocks = times.minutes, len(spec.stocks)
    shape = _u_shape(count, times.close_minute)
    logs, turmoil = _bridges(spec, random, times, shape, before, after)
    lower, upper = _bands(previous_close[:stocks], tick)
    prices = np.clip(_on_tick(spec.level_paise * np.exp(logs), tick), lower, upper)
    jitter = random.integers(-1, 2, (count, stocks)) * tick
    jitter[0] = 0
    opens = np.clip(prices[:-1] + jitter, lower, upper)
    reach = np.abs(random.standard_normal((2, count, stocks), dtype=np.float32)) * turmoil * prices[1:] * 0.45
    ohlc = np.empty((count, stocks + len(spec.indices), 4), dtype=np.int64)
    ohlc[:, :stocks] = _bars(opens, prices[1:], np.floor(reach / tick) * tick)
    ohlc[:, :stocks, 1] = np.minimum(ohlc[:, :stocks, 1], upper)
    ohlc[:, :stocks, 2] = np.maximum(ohlc[:, :stocks, 2], lower)
    ohlc[:, stocks:] = _index_bars(spec, random, prices, shape, times.close_minute, before.vix, after.vix)
    units = _volumes(spec, random, times, shape)
    close = np.concatenate([prices[times.close_minute], ohlc[times.close_minute - 1, stocks:, 3]])
    nothing = np.zeros(len(spec.indices), dtype=np.int64)
    return DayPrices(
        day=after.day,
        times=times,
        ohlc=ohlc,
        volume=np.concatenate([units, np.zeros((count, len(spec.indices)), dtype=np.int64)], axis=1),
        previous_close=previous_close,
        close=close,
        pre_open_volume=np.concatenate([_extra(spec, _PRE_OPEN_SHARE, times.pre_open_at is not None), nothing]),
        auction_volume=np.concatenate([_extra(spec, _AUCTION_SHARE, times.auction_at is not None), nothing]),
        lower=np.concatenate([lower, nothing]),
        upper=np.concatenate([upper, nothing]),
    )


def _on_tick(paise: Floats, tick: Ints) -> Ints:
    rounded: Ints = np.maximum(np.floor(paise / tick + 0.5).astype(np.int64), 1) * tick
    return rounded


def _bands(previous_close: Ints, tick: Ints) -> tuple[Ints, Ints]:
    """Stocks with derivatives: 10 % around the previous close at first (market-rules 5), on the tick and inside."""
    lower = -np.floor_divide(-(previous_close * (1 - _BAND)), tick).astype(np.int64) * tick
    upper = np.floor_divide(previous_close * (1 + _BAND), tick).astype(np.int64) * tick
    return lower, upper


def _u_shape(count: int, close_minute: int) -> Floats:
    """How lively each minute is, mean about 1: most at the open, more again before the close."""
    minute = np.arange(count)
    place = np.minimum(minute / max(close_minute, 1), 1.0)
    shape: Floats = 0.6 + 1.2 * (2 * place - 1) ** 2 + 2.2 * np.exp(-minute / 8)
    return shape


def _bridges(
    spec: MarketSpec, random: np.random.Generator, times: DayTimes, shape: Floats, before: Levels, after: Levels
) -> tuple[Floats, Floats]:
    """Logarithms of price over level at every minute's edge, (minutes + 1, stocks), and each minute's standard deviation."""
    count, close = times.minutes, times.close_minute
    share = shape / shape[:close].sum()
    market = random.standard_normal((count, 1)) * spec.market_volatility * spec.beta
    own = random.standard_normal((count, len(spec.stocks)), dtype=np.float32) * spec.own_volatility
    root = np.sqrt(share)[:, None]
    path = np.zeros((count + 1, len(spec.stocks)))
    np.cumsum((market + own) * root, axis=0, out=path[1:])
    opens = before.stocks + after.gap * (after.stocks - before.stocks)
    # The bridge is tied at the close; the derivatives' minutes after it run free.
    passed = np.minimum(np.concatenate([[0.0], np.cumsum(share)]), 1.0)[:, None]
    path += opens + passed * (after.stocks - opens - path[close])
    path[close] = after.stocks
    turmoil: Floats = root * np.hypot(spec.market_volatility * spec.beta, spec.own_volatility)
    return path, turmoil


def _bars(opens: Ints, closes: Ints, reach: Floats) -> Ints:
    bars = np.empty((*opens.shape, 4), dtype=np.int64)
    bars[..., 0], bars[..., 3] = opens, closes
    bars[..., 1] = np.maximum(opens, closes) + reach[0].astype(np.int64)
    bars[..., 2] = np.minimum(opens, closes) - reach[1].astype(np.int64)
    return bars


def _indices(spec: MarketSpec, stocks: Ints, vix: Floats) -> Ints:
    """The indices' values for rows of stock prices, (rows, indices) paise; ``vix`` as logarithms over its level."""
    relative = stocks / spec.level_paise
    values = np.empty((len(stocks), len(spec.indices)), dtype=np.int64)
    for place, index in enumerate(spec.indices):
        exact = np.exp(vix) * spec.vix_level * 100 if index.is_vix else relative @ index.shares * index.level_paise
        values[:, place] = np.floor(exact / index.step_paise + 0.5).astype(np.int64) * index.step_paise
    return values


def _index_bars(
    spec: MarketSpec, random: np.random.Generator, stocks: Ints, shape: Floats, close: int, vix: float, vix_after: float
) -> Ints:
    """Bars of the indices from the stocks' prices at the minutes' edges."""
    broad = np.log(stocks / spec.level_paise) @ spec.indices[0].shares
    passed = np.concatenate([[0.0], np.cumsum(shape)]) / shape[:close].sum()
    passed[close:] = 1.0
    swing = broad - broad[0] - passed * (broad[close] - broad[0])
    values = _indices(spec, stocks, vix + passed * (vix_after - vix) - _VIX_AGAINST_INDEX * swing)
    step = np.array([index.step_paise for index in spec.indices], dtype=np.int64)
    turmoil = spec.market_volatility * np.sqrt(shape / shape[:close].sum())[:, None]
    reach = np.abs(random.standard_normal((2, len(shape), len(spec.indices)))) * turmoil * values[1:] * 0.4
    return _bars(values[:-1], values[1:], np.floor(reach / step) * step)


def _volumes(spec: MarketSpec, random: np.random.Generator, times: DayTimes, shape: Floats) -> Ints:
    live = np.where(times.stocks, shape, 0.0)
    share = live / live.sum()
    left = 1.0 - _PRE_OPEN_SHARE * (times.pre_open_at is not None) - _AUCTION_SHARE * (times.auction_at is not None)
    busy = np.exp(0.2 * random.standard_normal()) * left
    noise = np.exp(0.35 * random.standard_normal((times.minutes, len(spec.stocks)), dtype=np.float32))
    units = (spec.daily_volume * busy * share[:, None] * noise).astype(np.int64)
    return np.where(times.stocks[:, None], np.maximum(units, _LEAST_VOLUME), 0)


def _extra(spec: MarketSpec, share: float, happens: bool) -> Ints:
    return (spec.daily_volume * (share if happens else 0.0)).astype(np.int64)
