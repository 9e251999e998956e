"""The quote board: the newest known values of every instrument that is wanted, a row each, in numpy columns."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from terminal_app.domain.ids import InstrumentId
from terminal_app.domain.market import DEPTH_LEVELS, Depth, DepthLevel, Quote, TickBatch
from terminal_app.marketdata.feed_tables import FeedTables

_Rows = NDArray[np.intp]
_Floats = NDArray[np.float64]
_Ints = NDArray[np.int64]

_FIRST_CAPACITY = 256
_NS_PER_S = 1_000_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PRICES = (
    "last_price",
    "open",
    "high",
    "low",
    "previous_close",
    "average_price",
    "lower_circuit",
    "upper_circuit",
)
_COUNTS = ("last_quantity", "volume", "open_interest")
_TIMES = ("time_ns", "received_ns")
_DEPTH_PRICES = ("bid_price", "ask_price")
_DEPTH_COUNTS = ("bid_quantity", "bid_orders", "ask_quantity", "ask_orders")


def exact_price(value: float) -> Decimal | None:
    """A column's price as a Decimal: rounded to four places, with at least two; None for NaN."""
    if value != value:  # noqa: PLR0124 - only NaN differs from itself
        return None
    text = f"{value:.4f}"
    if text.endswith("00"):
        return Decimal(text[:-2])
    return Decimal(text[:-1] if text.endswith("0") else text)


class BoardReader:
    """What one reader has not seen yet. Close it when the reader goes."""

    def __init__(self, board: QuoteBoard, capacity: int) -> None:
        self._board = board
        self._dirty = np.zeros(capacity, np.bool_)
        self._has_changes = False

    def take(self) -> _Rows:
        """The rows that changed since the last call, ascending."""
        if not self._has_changes:
            return np.empty(0, np.intp)
        rows = np.flatnonzero(self._dirty)
        self._dirty[rows] = False
        self._has_changes = False
        return rows

    def close(self) -> None:
        """Stop being told. Closing twice does nothing more."""
        self._board.release(self)

    def mark(self, rows: _Rows | slice) -> None:
        """Called by the board."""
        self._dirty[rows] = True
        self._has_changes = True

    def grow(self, capacity: int) -> None:
        """Called by the board."""
        self._dirty = np.concatenate((self._dirty, np.zeros(capacity - len(self._dirty), np.bool_)))


class QuoteBoard:
    """Columns by row: prices in rupees as float64 (NaN: not known), counts as int64 (-1: not known), times in epoch ns (0).

    The columns are longer than the board and are replaced when it grows: read ``board.last_price[rows]`` anew each
    time and never keep a column. Depth columns are (rows, 5), best first; a level with price 0 or NaN is empty. Rows
    are never removed.
    """

    last_price: _Floats
    open: _Floats
    high: _Floats
    low: _Floats
    previous_close: _Floats
    average_price: _Floats
    lower_circuit: _Floats
    upper_circuit: _Floats
    last_quantity: _Ints
    volume: _Ints
    open_interest: _Ints
    time_ns: _Ints
    received_ns: _Ints
    bid_price: _Floats
    bid_quantity: _Ints
    bid_orders: _Ints
    ask_price: _Floats
    ask_quantity: _Ints
    ask_orders: _Ints

    def __init__(self) -> None:
        self.ids: list[InstrumentId] = []
        self._row_of: dict[InstrumentId, int] = {}
        self._capacity = 0
        self._tables = FeedTables(self.row)
        self._readers: list[BoardReader] = []
        self._grow(_FIRST_CAPACITY)

    def __len__(self) -> int:
        return len(self.ids)

    def row(self, id: InstrumentId) -> int:
        """The row of this instrument; it is made where there is none."""
        row = self._row_of.get(id)
        if row is None:
            row = self._row_of[id] = len(self.ids)
            self.ids.append(id)
            if row == self._capacity:
                self._grow(2 * self._capacity)
        return row

    def rows(self, ids: Sequence[InstrumentId]) -> _Rows:
        """The rows of these instruments, in their order."""
        return np.array([self.row(one) for one in ids], np.intp)

    def reader(self) -> BoardReader:
        """A reader of its own; what is known already counts as changed."""
        reader = BoardReader(self, self._capacity)
        reader.mark(slice(0, len(self.ids)))
        self._readers.append(reader)
        return reader

    def release(self, reader: BoardReader) -> None:
        """Forget a reader."""
        if reader in self._readers:
            self._readers.remove(reader)

    def apply(self, batch: TickBatch) -> _Rows:
        """Take over what a batch says and return its rows on the board.

        Later rows of an instrument win; what is not said stays as it is.
        """
        rows = self._tables.rows(batch)
        if not len(rows):
            return rows
        _put(self.last_price, rows, batch.last_price)
        _put_counts(self.last_quantity, rows, batch.last_quantity)
        _put_counts(self.volume, rows, batch.volume)
        said = batch.time_ns > 0
        self.time_ns[rows[said]] = batch.time_ns[said]
        if batch.received_ns:
            self.received_ns[rows] = batch.received_ns
        self._apply_day(batch, rows)
        self._apply_depth(batch, rows)
        for reader in self._readers:
            reader.mark(rows)
        return rows

    def put(self, quote: Quote, received_ns: int = 0) -> None:
        """Take over a quote that was asked for once; what it does not say stays."""
        row = self.row(quote.instrument)
        for name in (*_PRICES, *_COUNTS):
            value = getattr(quote, name)
            if value is not None:
                getattr(self, name)[row] = float(value) if name in _PRICES else value
        if quote.time is not None:
            self.time_ns[row] = _to_ns(quote.time)
        if received_ns:
            self.received_ns[row] = received_ns
        if quote.depth.bids or quote.depth.asks:
            self._put_levels("bid", row, quote.depth.bids)
            self._put_levels("ask", row, quote.depth.asks)
        for reader in self._readers:
            reader.mark(np.array([row], np.intp))

    def clear(self) -> None:
        """Nothing is known any more; rows and readers stay. For a market that begins again."""
        for name in (*_PRICES, *_DEPTH_PRICES):
            getattr(self, name).fill(np.nan)
        for name in (*_COUNTS, *_DEPTH_COUNTS):
            getattr(self, name).fill(-1)
        for name in _TIMES:
            getattr(self, name).fill(0)
        for reader in self._readers:
            reader.mark(slice(0, len(self.ids)))

    def last_price_of(self, id: InstrumentId) -> Decimal | None:
        """The exact last price, None while none is known."""
        row = self._row_of.get(id)
        return None if row is None else exact_price(float(self.last_price[row]))

    def quote(self, id: InstrumentId) -> Quote:
        """Everything known of one instrument, exact; fields are None where nothing is known."""
        row = self._row_of.get(id)
        if row is None:
            return Quote(id)
        time_ns = int(self.time_ns[row])

        def price(column: _Floats) -> Decimal | None:
            return exact_price(float(column[row]))

        def count(column: _Ints) -> int | None:
            value = int(column[row])
            return value if value >= 0 else None

        return Quote(
            id,
            last_price=price(self.last_price),
            last_quantity=count(self.last_quantity),
            open=price(self.open),
            high=price(self.high),
            low=price(self.low),
            previous_close=price(self.previous_close),
            volume=count(self.volume),
            average_price=price(self.average_price),
            open_interest=count(self.open_interest),
            lower_circuit=price(self.lower_circuit),
            upper_circuit=price(self.upper_circuit),
            depth=Depth(self._levels("bid", row), self._levels("ask", row)),
            time=_from_ns(time_ns) if time_ns else None,
        )

    def silent_for(self, id: InstrumentId, now: datetime) -> float | None:
        """Seconds since anything was received for this instrument; None if nothing ever was."""
        row = self._row_of.get(id)
        received_ns = 0 if row is None else int(self.received_ns[row])
        return (_to_ns(now) - received_ns) / _NS_PER_S if received_ns else None

    def _apply_day(self, batch: TickBatch, rows: _Rows) -> None:
        if batch.ohlc is not None:
            for place, column in enumerate((self.open, self.high, self.low, self.previous_close)):
                _put(column, rows, batch.ohlc[:, place])
        if batch.average_price is not None:
            _put(self.average_price, rows, batch.average_price)
        if batch.open_interest is not None:
            _put_counts(self.open_interest, rows, batch.open_interest)
        if batch.circuits is not None:
            _put(self.lower_circuit, rows, batch.circuits[:, 0])
            _put(self.upper_circuit, rows, batch.circuits[:, 1])

    def _apply_depth(self, batch: TickBatch, rows: _Rows) -> None:
        """A row's depth is replaced whole: one with any level said replaces both sides, one without says nothing."""
        if batch.bid_price is None or batch.ask_price is None:
            return
        said = ~(np.isnan(batch.bid_price).all(axis=1) & np.isnan(batch.ask_price).all(axis=1))
        if not said.any():
            return
        everything = bool(said.all())
        rows = rows if everything else rows[said]
        for name in (*_DEPTH_PRICES, *_DEPTH_COUNTS):
            values = getattr(batch, name)
            column = getattr(self, name)
            if values is None:
                column[rows] = -1
                continue
            levels = min(values.shape[1], DEPTH_LEVELS)
            column[rows, :levels] = values[:, :levels] if everything else values[said, :levels]
            column[rows, levels:] = 0

    def _levels(self, side: str, row: int) -> tuple[DepthLevel, ...]:
        prices, quantities, orders = (
            getattr(self, f"{side}_{what}")[row].tolist() for what in ("price", "quantity", "orders")
        )
        levels = []
        for price, quantity, count in zip(prices, quantities, orders, strict=True):
            value = exact_price(price)
            if value:
                levels.append(DepthLevel(value, max(quantity, 0), max(count, 0)))
        return tuple(levels)

    def _put_levels(self, side: str, row: int, levels: Sequence[DepthLevel]) -> None:
        for what, values in (
            ("price", [float(level.price) for level in levels]),
            ("quantity", [level.quantity for level in levels]),
            ("orders", [level.orders for level in levels]),
        ):
            column = getattr(self, f"{side}_{what}")[row]
            column[:] = 0
            column[: len(values)] = values[:DEPTH_LEVELS]

    def _grow(self, capacity: int) -> None:
        for names, shape, empty, kind in (
            (_PRICES, (), np.nan, np.float64),
            (_COUNTS, (), -1, np.int64),
            (_TIMES, (), 0, np.int64),
            (_DEPTH_PRICES, (DEPTH_LEVELS,), np.nan, np.float64),
            (_DEPTH_COUNTS, (DEPTH_LEVELS,), -1, np.int64),
        ):
            for name in names:
                column = np.full((capacity, *shape), empty, kind)
                if self._capacity:
                    column[: self._capacity] = getattr(self, name)
                setattr(self, name, column)
        self._capacity = capacity
        for reader in self._readers:
            reader.grow(capacity)


def _put(column: _Floats, rows: _Rows, values: _Floats) -> None:
    """Write what is said. Repeated rows are written in order, so the last one stays."""
    missing = np.isnan(values)
    if missing.any():
        said = ~missing
        column[rows[said]] = values[said]
    else:
        column[rows] = values


def _put_counts(column: _Ints, rows: _Rows, values: _Ints) -> None:
    said = values >= 0
    if said.all():
        column[rows] = values
    else:
        column[rows[said]] = values[said]


def _to_ns(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1) * 1000


def _from_ns(time_ns: int) -> datetime:
    return _EPOCH + timedelta(microseconds=time_ns // 1000)
