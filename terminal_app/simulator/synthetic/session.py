"""One day of the synthetic market as it happens: its steps in order, and the figures of the day so far."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from terminal_app.simulator.steps import OHLC, MarketStep, empty_depth
from terminal_app.simulator.synthetic.day import MINUTE_S, DayPrices
from terminal_app.simulator.synthetic.depth import Liquidity, make_depth
from terminal_app.simulator.synthetic.derivatives import Derivatives
from terminal_app.simulator.synthetic.flow import SLOT_US, Flow, SpotRates, make_flow, minute_random

_MINUTE = timedelta(seconds=MINUTE_S)
_MATCHED_AFTER = timedelta(seconds=5)
"""An auction's price appears this long after its matching began."""
_KEPT = 10
"""One in so many traded lots adds to the open interest."""
_CHUNK = 60
"""Minutes of all contracts that are priced in one go."""

Ints = NDArray[np.int64]
Places = NDArray[np.intp]


class RunningBar(Struct):
    """The minute that is going on, for every row: open 0 where nothing was traded in it yet."""

    start: datetime
    ohlc: Ints
    volume: Ints


class _Event(Struct, frozen=True):
    """What happens at one instant: prices of rows and what they traded. ``random`` draws the depth; None: there is none."""

    at: datetime
    rows: Places
    last: Ints
    traded: Ints
    random: np.random.Generator | None


class DaySession:
    """Plays one day from ``begins_at`` on. Rows are the day's own: stocks, indices, contracts; ``index`` maps them to the market's."""

    def __init__(
        self,
        seed: int,
        prices: DayPrices,
        derivatives: Derivatives,
        rates: SpotRates,
        liquidity: Liquidity,
        index: NDArray[np.int32],
        begins_at: datetime,
    ) -> None:
        self.prices = prices
        self.derivatives = derivatives
        self.begins_at = begins_at
        self._seed = seed
        self._rates = rates
        self._liquidity = liquidity
        self._index = index
        self._spots = len(prices.previous_close)
        rows = len(index)
        self._figures = np.zeros((rows, OHLC), dtype=np.int64)
        self._figures[:, 3] = np.concatenate([prices.previous_close, derivatives.previous_close])
        self._last = self._figures[:, 3].copy()
        self._volume = np.zeros(rows, dtype=np.int64)
        self._interest = np.concatenate([np.zeros(self._spots, dtype=np.int64), derivatives.open_interest])
        self._coming: Iterator[_Event] = iter(())
        self._next: _Event | None = None
        self._snapshot_at: datetime | None = None
        self.running = RunningBar(begins_at, np.zeros((rows, OHLC), dtype=np.int64), np.zeros(rows, dtype=np.int64))

    def begin(self, start: datetime) -> None:
        """Take up the day at ``start``: the first step will show where every instrument stands then and trade nothing."""
        opens_at = self.prices.times.opens_at
        minute = max(0, (start - opens_at) // _MINUTE)
        if start >= opens_at:
            self._catch_up(min(minute, self.prices.times.minutes))
            self.running.start = opens_at + minute * _MINUTE
        self._coming = self._events(minute, from_pre_open=start < opens_at)
        self._next = next(self._coming, None)
        while self._next is not None and self._next.at <= start:
            self._take(self._next)
            self._next = next(self._coming, None)
        self._snapshot_at = start

    @property
    def next_at(self) -> datetime | None:
        """When the next step happens; None once the day is over."""
        if self._snapshot_at is not None:
            return self._snapshot_at
        return None if self._next is None else self._next.at

    def take(self) -> MarketStep:
        """The next step; it is counted into the day. Raises ValueError once the day is over."""
        if self._snapshot_at is not None:
            at, self._snapshot_at = self._snapshot_at, None
            return self._snapshot(at)
        if self._next is None:
            raise ValueError("the day is over")
        step = self._take(self._next)
        self._next = next(self._coming, None)
        return step

    def _events(self, minute: int, *, from_pre_open: bool) -> Iterator[_Event]:
        prices, times = self.prices, self.prices.times
        spots = np.arange(self._spots)
        if from_pre_open and times.pre_open_at is not None:
            at = times.pre_open_at + _MATCHED_AFTER
            yield _Event(at, spots, prices.ohlc[0, :, 0], prices.pre_open_volume, None)
        auction = None
        if times.auction_at is not None:
            closing = spots if prices.auction_volume.any() else spots[:0]
            at = times.auction_at + _MATCHED_AFTER
            auction = _Event(at, closing, prices.close, prices.auction_volume, None)
        for number in range(minute, times.minutes):
            begin = times.opens_at + number * _MINUTE
            flow = make_flow(self._seed, prices, self.derivatives, self._rates, number)
            random = minute_random(self._seed, prices.day.toordinal(), number, 1)
            for event in _slots(flow, begin, random):
                if auction is not None and begin <= auction.at <= event.at:
                    yield auction
                    auction = None
                yield event
            if auction is not None and begin <= auction.at < begin + _MINUTE:
                yield auction
                auction = None
        if auction is not None and auction.at >= times.opens_at + minute * _MINUTE:
            yield auction

    def _take(self, event: _Event) -> MarketStep:
        """Count the event into the day and make its step."""
        rows, last, traded = event.rows, event.last, event.traded
        figures = self._figures[rows]
        _stretch(figures, last)
        self._figures[rows] = figures
        self._last[rows] = last
        self._volume[rows] += traded
        if event.at >= self.prices.times.opens_at:
            self._begin_bar(event.at.replace(second=0, microsecond=0))
            bar = self.running.ohlc[rows]
            _stretch(bar, last)
            bar[:, 3] = last
            self.running.ohlc[rows] = bar
            self.running.volume[rows] += traded
        return self._step(event.at, rows, last, traded, event.random)

    def _begin_bar(self, at: datetime) -> None:
        if at == self.running.start:
            return
        self.running.start = at
        self.running.ohlc[:] = 0
        self.running.volume[:] = 0

    def _snapshot(self, at: datetime) -> MarketStep:
        """Every instrument as it stands, with depth where its market trades."""
        rows = np.arange(len(self._index))
        minute = (at - self.prices.times.opens_at) // _MINUTE
        random = minute_random(self._seed, self.prices.day.toordinal(), max(minute, 0), 2)
        nothing = np.zeros(len(rows), dtype=np.int64)
        step = self._step(at, rows, self._last, nothing, random)
        silent = ~self._trades_in(minute)
        for side in (
            step.bid_paise,
            step.bid_quantity,
            step.bid_orders,
            step.ask_paise,
            step.ask_quantity,
            step.ask_orders,
        ):
            side[silent] = 0
        return step

    def _trades_in(self, minute: int) -> NDArray[np.bool_]:
        trades = np.zeros(len(self._index), dtype=np.bool_)
        times = self.prices.times
        if 0 <= minute < times.minutes:
            trades[: self._rates.stocks] = times.stocks[minute]
            trades[self._spots :] = times.derivatives[minute]
        return trades

    def _step(
        self, at: datetime, rows: Places, last: Ints, traded: Ints, random: np.random.Generator | None
    ) -> MarketStep:
        lot = self._liquidity.lot[rows]
        interest = self._interest[rows]
        volume = self._volume[rows]
        fields = [empty_depth(len(rows)) for _ in range(6)]
        if random is not None:
            bids, asks = make_depth(random, self._liquidity, rows, last)
            fields = [bids.paise, bids.quantity, bids.orders, asks.paise, asks.quantity, asks.orders]
        return MarketStep(
            at,
            self._index[rows],
            last.copy(),
            traded,
            volume,
            np.where(interest > 0, interest + volume // (lot * _KEPT) * lot, 0),
            self._figures[rows],
            *fields,
        )

    def _catch_up(self, minute: int) -> None:
        """The day's figures at the beginning of this minute, from the bars before it."""
        prices, times = self.prices, self.prices.times
        stocks, spots = self._rates.stocks, self._spots
        if times.pre_open_at is not None:
            self._figures[:spots, :3] = prices.ohlc[0, :, :1]
            self._last[:spots] = prices.ohlc[0, :, 0]
            self._volume[:spots] = prices.pre_open_volume
        self._count_bars(slice(0, stocks), prices.ohlc[:minute, :stocks][times.stocks[:minute]])
        self._count_bars(slice(stocks, spots), prices.ohlc[:minute, stocks:][times.indices[:minute]])
        self._volume[:spots] += prices.volume[:minute].sum(axis=0)
        contracts = np.arange(len(self.derivatives.contracts))
        for first in range(0, minute, _CHUNK):
            last = min(first + _CHUNK, minute)
            bars = self.derivatives.bars(contracts, prices, self._rates.vix, first, last)
            self._count_bars(slice(spots, None), bars[times.derivatives[first:last]])
        self._volume[spots:] += self.derivatives.volumes(contracts, 0, minute).sum(axis=0)
        if times.auction_at is not None and times.auction_at + _MATCHED_AFTER < times.opens_at + minute * _MINUTE:
            figures = self._figures[:spots]
            _stretch(figures, prices.close)
            self._last[:spots] = prices.close
            self._volume[:spots] += prices.auction_volume

    def _count_bars(self, rows: slice, bars: Ints) -> None:
        """Take (minutes, rows, 4) bars into the day's figures."""
        if not len(bars):
            return
        figures = self._figures[rows]
        for price in (bars[0, :, 0], bars[..., 1].max(axis=0), bars[..., 2].min(axis=0)):
            _stretch(figures, price)
        self._last[rows] = bars[-1, :, 3]


def _stretch(figures: Ints, price: Ints) -> None:
    """Take prices into rows of (open, high, low, ...), in place; 0 means that there was none before."""
    fresh = figures[:, 0] == 0
    figures[:, 0] = np.where(fresh, price, figures[:, 0])
    figures[:, 1] = np.maximum(figures[:, 1], price)
    figures[:, 2] = np.where(fresh, price, np.minimum(figures[:, 2], price))


def _slots(flow: Flow, begin: datetime, random: np.random.Generator) -> Iterator[_Event]:
    edges = np.flatnonzero(np.diff(flow.slot, prepend=-1))
    ends = np.append(edges[1:], len(flow.slot))
    for first, last in zip(edges.tolist(), ends.tolist(), strict=True):
        at = begin + timedelta(microseconds=int(flow.slot[first]) * SLOT_US)
        yield _Event(at, flow.row[first:last], flow.last[first:last], flow.traded[first:last], random)
