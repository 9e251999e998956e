"""What the feed has said of each instrument so far: frames bring changes only, and readers get whole rows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from terminal_app.domain.enums import FeedMode
from terminal_app.domain.errors import ProtocolError
from terminal_app.domain.ids import InstrumentId
from terminal_app.domain.market import DEPTH_LEVELS, TickBatch

if TYPE_CHECKING:
    from terminal_app.brokers.upstox.proto.market_feed_pb2 import (
        LTPC,
        Feed,
        FeedResponse,
        IndexFullFeed,
        MarketFullFeed,
        MarketOHLC,
        Quote,
    )

_MODE_NUMBERS = {FeedMode.LTP: 1, FeedMode.QUOTE: 2, FeedMode.FULL: 3}
_OFF, _QUOTE, _FULL = 0, 2, 3
_FIRST_CAPACITY = 256
_NS_PER_MS = 1_000_000
_LATEST_MS = 2**63 // _NS_PER_MS
_LARGEST = 1e15
"""Rupees or units: beyond anything that is traded, and within what a column of whole numbers holds."""
_DAY = "1d"
_PREVIOUS_CLOSE = 3
_SHAPES: dict[str, tuple[tuple[int, ...], Any, type[np.generic]]] = {
    "last_price": ((), np.nan, np.float64),
    "last_quantity": ((), -1, np.int64),
    "volume": ((), -1, np.int64),
    "time_ns": ((), 0, np.int64),
    "ohlc": ((4,), np.nan, np.float64),
    "average_price": ((), np.nan, np.float64),
    "open_interest": ((), -1, np.int64),
    "bid_price": ((DEPTH_LEVELS,), np.nan, np.float64),
    "bid_quantity": ((DEPTH_LEVELS,), -1, np.int64),
    "ask_price": ((DEPTH_LEVELS,), np.nan, np.float64),
    "ask_quantity": ((DEPTH_LEVELS,), -1, np.int64),
}
_DEPTH = ("bid_price", "bid_quantity", "ask_price", "ask_quantity")


def _price(value: float) -> float:
    """``value``, if it can be a price or a total. Raises ProtocolError; a value that is no number at all fails the comparison too."""
    if -_LARGEST < value < _LARGEST:
        return value
    raise ProtocolError(f"Upstox's feed sent {value} where a price belongs.")


class FeedColumns:
    """A row per instrument that was ever wanted. A number that a message leaves out, or says as zero, stays as it was.

    A row of the mode LTP tells price, last quantity, time and previous close; QUOTE also the day's figures and the best prices; FULL
    all levels. The feed says no number of orders.
    """

    def __init__(self) -> None:
        self.ids: list[InstrumentId] = []
        self._row_of_key: dict[str, int] = {}
        self._modes: NDArray[np.int8] = np.zeros(0, np.int8)
        self._columns: dict[str, NDArray[Any]] = {}
        self._grow(_FIRST_CAPACITY)

    def want(self, key: str, id: InstrumentId, mode: FeedMode) -> int:
        """From now on tell this instrument, in this mode; its row."""
        row = self._row_of_key.get(key)
        if row is None:
            row = self._row_of_key[key] = len(self.ids)
            self.ids.append(id)
            if row == len(self._modes):
                self._grow(2 * row)
        number = _MODE_NUMBERS[mode]
        if number < _QUOTE <= self._modes[row]:
            self._clear(row)
        self._modes[row] = number
        return row

    def leave(self, key: str) -> None:
        """Tell this instrument no more, and forget what was said: it would be old when it is wanted again."""
        row = self._row_of_key.get(key)
        if row is not None:
            self._modes[row] = _OFF
            self._clear(row)

    def take(self, message: FeedResponse) -> list[int]:
        """Merge a message; the wanted rows that it changed. Raises ProtocolError for a number that can be none of its sort."""
        rows = []
        for key, feed in message.feeds.items():
            row = self._row_of_key.get(key)
            if row is not None and self._modes[row] and self._merge(row, feed):
                rows.append(row)
        return rows

    def known(self, rows: Iterable[int]) -> list[int]:
        """Those of the rows that are wanted and have a price."""
        prices = self._columns["last_price"]
        return [row for row in rows if self._modes[row] and not np.isnan(prices[row])]

    def batch(self, rows: list[int], received_ns: int) -> TickBatch:
        """The rows as they are now."""
        index = np.array(rows, np.int32)
        some = {name: column[index] for name, column in self._columns.items()}
        modes = self._modes[index]
        depth: dict[str, NDArray[Any] | None] = dict.fromkeys(_DEPTH)
        if (modes >= _QUOTE).any():
            depth = {name: some[name] for name in _DEPTH}
            self._hide_depth(some, modes)
        return TickBatch(
            ids=self.ids,
            index=index,
            last_price=some["last_price"],
            last_quantity=some["last_quantity"],
            volume=some["volume"],
            time_ns=some["time_ns"],
            received_ns=received_ns,
            ohlc=some["ohlc"],
            average_price=some["average_price"],
            open_interest=some["open_interest"],
            **depth,
        )

    def _hide_depth(self, some: dict[str, NDArray[Any]], modes: NDArray[np.int8]) -> None:
        """A row that is wanted for its best prices alone tells no further levels."""
        less = modes < _FULL
        if not less.any():
            return
        for name in _DEPTH:
            first = np.where(modes < _QUOTE, 0, 1)
            hidden = less[:, None] & (np.arange(DEPTH_LEVELS)[None, :] >= first[:, None])
            some[name][hidden] = _SHAPES[name][1]

    def _merge(self, row: int, feed: Feed) -> bool:
        kind = feed.WhichOneof("FeedUnion")
        if kind == "ltpc":
            self._take_price(row, feed.ltpc)
        elif kind == "fullFeed":
            inner = feed.fullFeed.WhichOneof("FullFeedUnion")
            if inner == "marketFF":
                self._take_market(row, feed.fullFeed.marketFF)
            elif inner == "indexFF":
                self._take_index(row, feed.fullFeed.indexFF)
        elif kind == "firstLevelWithGreeks":
            part = feed.firstLevelWithGreeks
            if part.HasField("ltpc"):
                self._take_price(row, part.ltpc)
            if part.HasField("firstDepth") and self._modes[row] >= _QUOTE:
                self._take_depth(row, [part.firstDepth])
            if self._modes[row] >= _QUOTE:
                self._take_totals(row, part.vtt, part.oi, 0.0)
        return not np.isnan(self._columns["last_price"][row])

    def _take_price(self, row: int, part: LTPC) -> None:
        columns = self._columns
        if part.ltp:
            columns["last_price"][row] = _price(part.ltp)
        if part.ltq:
            columns["last_quantity"][row] = part.ltq
        if part.ltt:
            if not 0 < part.ltt < _LATEST_MS:
                raise ProtocolError(f"Upstox's feed sent {part.ltt} where the time of a trade belongs.")
            columns["time_ns"][row] = part.ltt * _NS_PER_MS
        if part.cp:
            columns["ohlc"][row, _PREVIOUS_CLOSE] = _price(part.cp)

    def _take_market(self, row: int, part: MarketFullFeed) -> None:
        if part.HasField("ltpc"):
            self._take_price(row, part.ltpc)
        if self._modes[row] < _QUOTE:
            return
        if part.HasField("marketLevel"):
            self._take_depth(row, part.marketLevel.bidAskQuote)
        if part.HasField("marketOHLC"):
            self._take_day(row, part.marketOHLC)
        self._take_totals(row, part.vtt, part.oi, part.atp)

    def _take_index(self, row: int, part: IndexFullFeed) -> None:
        if part.HasField("ltpc"):
            self._take_price(row, part.ltpc)
        if part.HasField("marketOHLC") and self._modes[row] >= _QUOTE:
            self._take_day(row, part.marketOHLC)

    def _take_day(self, row: int, part: MarketOHLC) -> None:
        for bar in part.ohlc:
            if bar.interval == _DAY:
                for place, price in enumerate((bar.open, bar.high, bar.low)):
                    if price:
                        self._columns["ohlc"][row, place] = _price(price)

    def _take_totals(self, row: int, volume: int, open_interest: float, average: float) -> None:
        columns = self._columns
        if volume:
            columns["volume"][row] = volume
        if open_interest:
            columns["open_interest"][row] = int(_price(open_interest))
        if average:
            columns["average_price"][row] = _price(average)

    def _take_depth(self, row: int, levels: Iterable[Quote]) -> None:
        """The levels of a message replace those before. A side of a level without quantity is empty: price and quantity 0."""
        values = [
            (_price(one.bidP) if one.bidQ else 0.0, one.bidQ, _price(one.askP) if one.askQ else 0.0, one.askQ)
            for one in levels
        ][:DEPTH_LEVELS]
        values += [(0.0, 0, 0.0, 0)] * (DEPTH_LEVELS - len(values))
        for name, column in zip(_DEPTH, zip(*values, strict=True), strict=True):
            self._columns[name][row] = column

    def _clear(self, row: int) -> None:
        for name, (_shape, empty, _kind) in _SHAPES.items():
            self._columns[name][row] = empty

    def _grow(self, capacity: int) -> None:
        known = len(self._modes)
        self._modes = np.concatenate((self._modes, np.zeros(capacity - known, np.int8)))
        for name, (shape, empty, kind) in _SHAPES.items():
            column = np.full((capacity, *shape), empty, kind)
            if known:
                column[:known] = self._columns[name]
            self._columns[name] = column
