"""Market data: tick batches in columns, quotes, depth and bars."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

import numpy as np
from msgspec import Struct, field
from numpy.typing import NDArray

from terminal_app.domain.ids import InstrumentId

DEPTH_LEVELS = 5
"""Levels a side of the usual depth."""


class TickBatch(Struct, frozen=True):
    """What one frame or read of a feed brought: a row per tick, in columns. Never an object per tick.

    ``ids`` is the feed's table of instruments (append-only, the same object from batch to batch) and ``index`` (int32) says which entry a
    row is about; a later row of the same instrument is newer. Prices are rupees as float64, NaN where the frame does not say; counts
    are int64, -1 where the frame does not say. ``time_ns`` and ``received_ns`` are epoch nanoseconds UTC (0: not said).
    The depth arrays are (rows, levels) or None where the frame carries no depth; level 0 is the best.
    ``ohlc`` is (rows, 4): the day's open, high, low and the previous close, or None.
    """

    ids: Sequence[InstrumentId]
    index: NDArray[np.int32]
    last_price: NDArray[np.float64]
    last_quantity: NDArray[np.int64]
    volume: NDArray[np.int64]
    time_ns: NDArray[np.int64]
    received_ns: int = 0
    ohlc: NDArray[np.float64] | None = None
    average_price: NDArray[np.float64] | None = None
    open_interest: NDArray[np.int64] | None = None
    bid_price: NDArray[np.float64] | None = None
    bid_quantity: NDArray[np.int64] | None = None
    bid_orders: NDArray[np.int64] | None = None
    ask_price: NDArray[np.float64] | None = None
    ask_quantity: NDArray[np.int64] | None = None
    ask_orders: NDArray[np.int64] | None = None
    circuits: NDArray[np.float64] | None = None
    """(rows, 2): lowest and highest price allowed today, where the frame carries them."""

    def __len__(self) -> int:
        return len(self.index)


class Tick(Struct, frozen=True):
    """One update of one instrument, for places that look at single prices (tests, recorders). Rupees."""

    instrument: InstrumentId
    last_price: Decimal
    time: datetime
    last_quantity: int = 0
    volume: int = 0


class DepthLevel(Struct, frozen=True):
    """One price level: how much is wanted or offered there, by how many orders."""

    price: Decimal
    quantity: int
    orders: int = 0


class Depth(Struct, frozen=True):
    """Price levels on both sides, best first."""

    bids: tuple[DepthLevel, ...] = ()
    asks: tuple[DepthLevel, ...] = ()
    total_bid_quantity: int = 0
    total_ask_quantity: int = 0


class Quote(Struct, frozen=True):
    """What is known of an instrument's price now. None where it is not known; times aware UTC."""

    instrument: InstrumentId
    last_price: Decimal | None = None
    last_quantity: int | None = None
    open: Decimal | None = None
    high: Decimal | None = None
    low: Decimal | None = None
    previous_close: Decimal | None = None
    volume: int | None = None
    average_price: Decimal | None = None
    open_interest: int | None = None
    lower_circuit: Decimal | None = None
    upper_circuit: Decimal | None = None
    depth: Depth = field(default_factory=Depth)
    time: datetime | None = None

    @property
    def bid(self) -> Decimal | None:
        """Best bid."""
        return self.depth.bids[0].price if self.depth.bids else None

    @property
    def ask(self) -> Decimal | None:
        """Best ask."""
        return self.depth.asks[0].price if self.depth.asks else None

    @property
    def change(self) -> Decimal | None:
        """Last price less previous close."""
        if self.last_price is None or self.previous_close is None:
            return None
        return self.last_price - self.previous_close

    @property
    def change_percent(self) -> Decimal | None:
        """Change in percent of the previous close."""
        change = self.change
        if change is None or not self.previous_close:
            return None
        return change / self.previous_close * 100


class Bar(Struct, frozen=True):
    """Open, high, low, close and volume over an interval that begins at ``start`` (aware UTC)."""

    start: datetime
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: int = 0
    open_interest: int | None = None
