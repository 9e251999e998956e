"""The single prices of one minute: when each instrument trades, at what price and how much, so that they add up to its bar.

A minute has 240 slots of a quarter of a second. An instrument's first price is its bar's open, its last the close, and two moments between
are the high and the low; the rest lies on the way, with noise, inside the bar. Futures and options follow their index's path.
"""

from __future__ import annotations

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from terminal_app.simulator.synthetic.day import DayPrices
from terminal_app.simulator.synthetic.derivatives import Derivatives

SLOTS = 240
SLOT_US = 250_000
_STREAM = 4
_FIRST, _MIDDLE, _LAST = 8, 120, 232
_NOISE = 0.12
_INDEX_EVERY, _VIX_EVERY = 4, 60

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Places = NDArray[np.intp]


class Flow(Struct, frozen=True):
    """The minute's prices in the order of their slots; ``row`` counts stocks, indices, then the day's contracts. Paise, units."""

    slot: Ints
    row: Places
    last: Ints
    traded: Ints


class SpotRates(Struct, frozen=True):
    """Of the stocks and indices: tick in paise, chance of a price in a slot (stocks), and how many rows are stocks."""

    tick: Ints
    chance: Floats
    stocks: int
    vix: int


def minute_random(seed: int, day: int, minute: int, purpose: int) -> np.random.Generator:
    """The random numbers of one minute, which no other minute and no earlier call can shift."""
    return np.random.default_rng([seed, _STREAM, day, minute, purpose])


def make_flow(seed: int, prices: DayPrices, derivatives: Derivatives, rates: SpotRates, minute: int) -> Flow:
    """All prices of this minute of the day."""
    random = minute_random(seed, prices.day.toordinal(), minute, 0)
    times = prices.times
    bars = prices.ohlc[minute]
    anchors = _anchors(random, len(bars), rates.stocks, minute == 0)
    path = _paths(random, bars, anchors, rates.tick)
    shown = _spot_moments(random, anchors, rates)
    shown[: rates.stocks] &= bool(times.stocks[minute])
    shown[rates.stocks :] &= bool(times.indices[minute])
    slot, row = np.nonzero(shown.T)
    last = path[row, slot]
    count = len(derivatives.contracts)
    if times.derivatives[minute]:
        moments = random.random((count, SLOTS), dtype=np.float32) < derivatives.rate_of_change[:, None]
        moments[np.arange(count)[:, None], anchors[derivatives.spot]] = True
        contract_slot, which = np.nonzero(moments.T)
        spot = path[derivatives.spot[which], contract_slot]
        at = np.full(len(which), minute, dtype=np.int64)
        vix = np.full(len(which), bars[rates.vix, 0], dtype=np.int64)
        slot, row = np.concatenate([slot, contract_slot]), np.concatenate([row, which + len(bars)])
        last = np.concatenate([last, derivatives.price(which, spot, at, vix)])
    order = np.argsort(slot, kind="stable")
    slot, row, last = slot[order].astype(np.int64), row[order], last[order]
    lots = np.concatenate([np.ones(len(bars), dtype=np.int64), derivatives.lot])
    volume = np.concatenate([prices.volume[minute], derivatives.volumes(np.arange(count), minute, minute + 1)[0]])
    return Flow(slot, row, last, _traded(random, row, volume // lots) * lots[row])


def _anchors(random: np.random.Generator, count: int, stocks: int, opening: bool) -> Places:
    """The slots of open, first extreme, second extreme and close, (count, 4). The indices' frame the minute."""
    anchors = np.empty((count, 4), dtype=np.intp)
    anchors[:, 0] = random.integers(0, _FIRST, count)
    anchors[:, 1] = random.integers(_FIRST, _MIDDLE, count)
    anchors[:, 2] = random.integers(_MIDDLE, _LAST, count)
    anchors[:, 3] = random.integers(_LAST, SLOTS, count)
    anchors[stocks:, 0], anchors[stocks:, 3] = 0, SLOTS - 1
    if opening:
        anchors[:, 0] = 0
    return anchors


def _paths(random: np.random.Generator, bars: Ints, anchors: Places, tick: Ints) -> Ints:
    """A price for every slot, (rows, slots) paise on the tick, inside the bars and through all four of their prices."""
    rows = np.arange(len(bars))
    open_, high, low, close = (bars[:, column : column + 1] for column in range(4))
    high_first = random.random(len(bars)) < np.where(close[:, 0] < open_[:, 0], 0.7, 0.3)
    first = np.where(high_first[:, None], high, low)
    second = np.where(high_first[:, None], low, high)
    begin, one, two, end = (anchors[:, column : column + 1] for column in range(4))
    slot = np.clip(np.arange(SLOTS)[None, :], begin, end)
    path = np.where(
        slot < one,
        open_ + (first - open_) * (slot - begin) / (one - begin),
        np.where(
            slot < two,
            first + (second - first) * (slot - one) / (two - one),
            second + (close - second) * (slot - two) / (end - two),
        ),
    )
    path += random.standard_normal(path.shape, dtype=np.float32) * ((high - low) * _NOISE)
    ticks = tick[:, None]
    paise: Ints = np.clip(np.floor(path / ticks + 0.5).astype(np.int64) * ticks, low, high)
    for column, price in enumerate((open_, first, second, close)):
        paise[rows, anchors[:, column]] = price[:, 0]
    return paise


def _spot_moments(random: np.random.Generator, anchors: Places, rates: SpotRates) -> NDArray[np.bool_]:
    """In which slots each stock and index shows a price, (rows, slots)."""
    count, stocks = len(anchors), rates.stocks
    slot = np.arange(SLOTS)
    moments = np.zeros((count, SLOTS), dtype=np.bool_)
    moments[:stocks] = random.random((stocks, SLOTS), dtype=np.float32) < rates.chance[:, None]
    moments[:stocks] &= (slot >= anchors[:stocks, :1]) & (slot <= anchors[:stocks, 3:])
    moments[stocks:] = slot % _INDEX_EVERY == 0
    moments[rates.vix] = slot % _VIX_EVERY == 0
    moments[np.arange(count)[:, None], anchors] = True
    return moments


def _traded(random: np.random.Generator, row: Places, lots: Ints) -> Ints:
    """What each price traded, in lots: at least one where the minute's lots reach that far, the rest at random; the sums are ``lots``."""
    if not len(row):
        return np.zeros(0, dtype=np.int64)
    order = np.argsort(row, kind="stable")
    grouped = row[order]
    first = np.flatnonzero(np.diff(grouped, prepend=-1))
    sizes = np.diff(np.append(first, len(grouped)))
    upto = np.cumsum(random.exponential(1.0, len(grouped)) + 1e-9)
    begin = np.concatenate([[0.0], upto[first[1:] - 1]])
    base, whole = np.repeat(begin, sizes), np.repeat(upto[first + sizes - 1] - begin, sizes)
    total = lots[grouped[first]]
    sure = np.where(total >= sizes, 1, 0)
    rest = np.repeat(total - sure * sizes, sizes)
    shares = np.floor(rest * ((upto - base) / whole)).astype(np.int64)
    before = np.concatenate([[0], shares[:-1]])
    before[first] = 0
    traded = np.empty(len(row), dtype=np.int64)
    traded[order] = shares - before + np.repeat(sure, sizes)
    return traded
