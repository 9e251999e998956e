"""Kite's binary frames to tick batches: whole columns at a time, never an object per tick."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import repeat
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from terminal_app.domain.errors import ProtocolError
from terminal_app.domain.ids import InstrumentId
from terminal_app.domain.market import DEPTH_LEVELS, TickBatch

Ints = NDArray[np.int64]
Places = Ints | slice
"""Which rows of a batch packets belong to; a slice is all of them, and quicker."""
Floats = NDArray[np.float64]

DIVISORS = {1: 100, 2: 100, 3: 10_000_000, 4: 100, 5: 100, 6: 10_000, 7: 100, 8: 100, 9: 100, 12: 10_000}
"""What a price is divided by to be rupees, by segment code: the low byte of the instrument token."""

_NS_PER_S = 1_000_000_000
_HEARTBEAT = 1
_COUNT, _PRICE, _SHORT = ">u4", ">i4", ">u2"
_LEVEL = np.dtype([("quantity", _COUNT), ("price", _PRICE), ("orders", _SHORT), ("padding", _SHORT)])

_LTP = [("token", _COUNT), ("last_price", _PRICE)]
_QUOTE = [
    *_LTP,
    ("last_quantity", _COUNT),
    ("average_price", _PRICE),
    ("volume", _COUNT),
    ("bid_total", _COUNT),
    ("ask_total", _COUNT),
    ("open", _PRICE),
    ("high", _PRICE),
    ("low", _PRICE),
    ("close", _PRICE),
]
_FULL = [
    *_QUOTE,
    ("last_trade_s", _COUNT),
    ("open_interest", _COUNT),
    ("open_interest_high", _COUNT),
    ("open_interest_low", _COUNT),
    ("time_s", _COUNT),
    ("bids", _LEVEL, (DEPTH_LEVELS,)),
    ("asks", _LEVEL, (DEPTH_LEVELS,)),
]
_INDEX = [*_LTP, ("high", _PRICE), ("low", _PRICE), ("open", _PRICE), ("close", _PRICE), ("change", _PRICE)]
_INDEX_FULL = [*_INDEX, ("time_s", _COUNT)]

PACKETS: dict[int, np.dtype[Any]] = {
    dtype.itemsize: dtype
    for dtype in (np.dtype(_LTP), np.dtype(_INDEX), np.dtype(_INDEX_FULL), np.dtype(_QUOTE), np.dtype(_FULL))
}
"""The layout of a packet by its length: last price, index quote, index full, quote, full."""

_PREFIXED = {length: np.dtype([("length", _SHORT), ("packet", dtype)]) for length, dtype in PACKETS.items()}
"""A packet behind its length, as a frame has it."""

_ALWAYS = {"last_quantity": -1, "volume": -1, "time_ns": 0}
"""Columns of every batch, and what stands in them where no packet says anything."""
_DIVISOR_OF = np.full(256, np.nan)
for _segment, _divisor in DIVISORS.items():
    _DIVISOR_OF[_segment] = _divisor


def read_frame(
    frame: bytes | memoryview, rows: Mapping[int, int], ids: Sequence[InstrumentId], received_ns: int
) -> TickBatch | None:
    """The ticks of one frame; None for a heartbeat or where nothing is for us.

    ``rows`` has the place in ``ids`` of each token that is wanted; other tokens and packets of other lengths are left out.
    Nothing of ``frame`` is kept. Raises ProtocolError where it is cut short, goes on behind its end, or a segment is unknown.
    """
    if len(frame) <= _HEARTBEAT:
        return None
    data = np.frombuffer(frame, dtype=np.uint8)
    columns: _Columns | None = None
    for places, packets in _packets(data):
        tokens = packets["token"].tolist()
        wanted = np.fromiter(map(rows.get, tokens, repeat(-1)), dtype=np.int32, count=len(tokens))
        keeps = wanted >= 0
        if not keeps.any():
            continue
        if columns is None:
            columns = _Columns(int.from_bytes(data[:2].tobytes(), "big"))
        if keeps.all():
            columns.put(places, wanted, packets)
        else:
            kept = np.flatnonzero(keeps)
            columns.put(kept if isinstance(places, slice) else places[kept], wanted[kept], packets[kept])
    return None if columns is None else columns.batch(ids, received_ns)


def _packets(data: NDArray[np.uint8]) -> Iterator[tuple[Places, NDArray[Any]]]:
    """Per known length: the packets' places in the frame and the packets themselves."""
    count = int(data[0]) << 8 | int(data[1])
    if not count:
        if len(data) > 2:
            raise ProtocolError("Zerodha sent a price frame that goes on behind its end.")
        return
    uniform = _uniform(data, count)
    if uniform is not None:
        yield uniform
        return
    starts, lengths = _walk(data.tobytes(), count)
    for length in np.unique(lengths).tolist():
        dtype = PACKETS.get(length)
        if dtype is None:
            continue
        places = np.flatnonzero(lengths == length)
        cut = sliding_window_view(data, length)[starts[places]]
        yield places, cut.view(dtype)[:, 0]


def _uniform(data: NDArray[np.uint8], count: int) -> tuple[Places, NDArray[Any]] | None:
    """The usual frame, all packets of one kind, without a copy."""
    if len(data) < 4:
        return None
    length = int(data[2]) << 8 | int(data[3])
    dtype = PACKETS.get(length)
    if dtype is None or len(data) != 2 + count * (2 + length):
        return None
    read = np.frombuffer(data, dtype=_PREFIXED[length], offset=2, count=count)
    if (read["length"] != length).any():
        return None
    return slice(None), read["packet"]


def _walk(data: bytes, count: int) -> tuple[Ints, Ints]:
    """Where each packet begins, and how long it is."""
    starts: list[int] = []
    lengths: list[int] = []
    at, end = 2, len(data)
    for number in range(count):
        start = at + 2
        length = data[at] << 8 | data[at + 1] if start <= end else 0
        at = start + length
        if at > end:
            raise ProtocolError(
                f"Zerodha sent a price frame that is cut short: packet {number + 1} of {count} is missing."
            )
        starts.append(start)
        lengths.append(length)
    if at != end:
        raise ProtocolError("Zerodha sent a price frame that goes on behind its end.")
    return np.array(starts), np.array(lengths)


class _Columns:
    """The columns of a batch while packets of several kinds are put into them; a row per packet of the frame."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._index: NDArray[np.int32] = np.full(size, -1, dtype=np.int32)
        self._columns: dict[str, NDArray[Any]] = {}

    def put(self, places: Places, index: NDArray[np.int32], packets: NDArray[Any]) -> None:
        """Take in packets of one kind. Raises ProtocolError for an unknown segment."""
        segments = packets["token"] & 0xFF
        divisors = _DIVISOR_OF[segments]
        if np.isnan(divisors.min()):
            unknown = segments[np.isnan(divisors)][0]
            raise ProtocolError(f"Zerodha sent prices of the segment {unknown}, which is not known.")
        names = packets.dtype.names or ()
        self._index[places] = index
        self._put_prices("last_price", places, packets["last_price"], divisors)
        if "close" in names:
            day = np.stack([packets[name] for name in ("open", "high", "low", "close")], axis=1)
            self._put_prices("ohlc", places, day, divisors[:, None])
        if "volume" in names:
            self._put_counts("last_quantity", places, packets["last_quantity"])
            self._put_counts("volume", places, packets["volume"])
            self._put_prices("average_price", places, packets["average_price"], divisors)
        if "time_s" in names:
            self._put_counts("time_ns", places, packets["time_s"].astype(np.int64) * _NS_PER_S, nothing=0)
        if "bids" in names:
            self._put_counts("open_interest", places, packets["open_interest"])
            for side, levels in (("bid", packets["bids"]), ("ask", packets["asks"])):
                self._put_prices(f"{side}_price", places, levels["price"], divisors[:, None])
                self._put_counts(f"{side}_quantity", places, levels["quantity"])
                self._put_counts(f"{side}_orders", places, levels["orders"])

    def batch(self, ids: Sequence[InstrumentId], received_ns: int) -> TickBatch:
        """The rows that were put, in the order of the frame."""
        for name, nothing in _ALWAYS.items():
            if name not in self._columns:
                self._columns[name] = np.full(self._size, nothing, dtype=np.int64)
        told = self._index >= 0
        if told.all():
            return TickBatch(ids=ids, index=self._index, received_ns=received_ns, **self._columns)
        columns = {name: column[told] for name, column in self._columns.items()}
        return TickBatch(ids=ids, index=self._index[told], received_ns=received_ns, **columns)

    def _put_prices(self, name: str, places: Places, scaled: NDArray[Any], divisors: Floats) -> None:
        prices = scaled / divisors
        if isinstance(places, slice):
            self._columns[name] = prices
        else:
            self._column(name, prices.shape[1:], np.nan, np.float64)[places] = prices

    def _put_counts(self, name: str, places: Places, counts: NDArray[Any], nothing: int = -1) -> None:
        if isinstance(places, slice):
            self._columns[name] = counts.astype(np.int64)
        else:
            self._column(name, counts.shape[1:], nothing, np.int64)[places] = counts

    def _column(self, name: str, shape: tuple[int, ...], nothing: float, dtype: type[Any]) -> NDArray[Any]:
        column = self._columns.get(name)
        if column is None:
            column = self._columns[name] = np.full((self._size, *shape), nothing, dtype=dtype)
        return column
