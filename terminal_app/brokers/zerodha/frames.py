"""Kite's binary frames to tick batches: whole columns at a time, never an object per tick."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from terminal_app.domain.errors import ProtocolError
from terminal_app.domain.ids import InstrumentId
from terminal_app.domain.market import DEPTH_LEVELS, TickBatch

Ints = NDArray[np.int64]
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
    for length, places, packets in _packets(data):
        wanted = np.array([rows.get(token, -1) for token in packets["token"].tolist()], dtype=np.int32)
        keeps = wanted >= 0
        if not keeps.any():
            continue
        if columns is None:
            columns = _Columns(int.from_bytes(data[:2].tobytes(), "big"))
        columns.put(length, places[keeps], wanted[keeps], packets[keeps])
    return None if columns is None else columns.batch(ids, received_ns)


def _packets(data: NDArray[np.uint8]) -> Iterator[tuple[int, Ints, NDArray[Any]]]:
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
        cut = data[starts[places][:, None] + np.arange(length)]
        yield length, places, np.ascontiguousarray(cut).view(dtype)[:, 0]


def _uniform(data: NDArray[np.uint8], count: int) -> tuple[int, Ints, NDArray[Any]] | None:
    """The usual frame, all packets of one kind, without a copy."""
    if len(data) < 4:
        return None
    length = int(data[2]) << 8 | int(data[3])
    dtype = PACKETS.get(length)
    if dtype is None or len(data) != 2 + count * (2 + length):
        return None
    packed = np.dtype([("length", _SHORT), ("packet", dtype)])
    read = np.frombuffer(data, dtype=packed, offset=2, count=count)
    if (read["length"] != length).any():
        return None
    return length, np.arange(count), read["packet"]


def _walk(data: bytes, count: int) -> tuple[Ints, Ints]:
    """Where each packet begins, and how long it is."""
    starts, lengths = np.empty(count, dtype=np.int64), np.empty(count, dtype=np.int64)
    at, end = 2, len(data)
    for number in range(count):
        length = int.from_bytes(data[at : at + 2], "big")
        if at + 2 + length > end or at + 2 > end:
            raise ProtocolError(
                f"Zerodha sent a price frame that is cut short: packet {number + 1} of {count} is missing."
            )
        starts[number], lengths[number] = at + 2, length
        at += 2 + length
    if at != end:
        raise ProtocolError("Zerodha sent a price frame that goes on behind its end.")
    return starts, lengths


class _Columns:
    """The columns of a batch while packets of several kinds are put into them; a row per packet of the frame."""

    def __init__(self, size: int) -> None:
        self._index = np.full(size, -1, dtype=np.int32)
        self._last = np.full(size, np.nan)
        self._last_quantity = np.full(size, -1, dtype=np.int64)
        self._volume = np.full(size, -1, dtype=np.int64)
        self._time_ns = np.zeros(size, dtype=np.int64)
        self._ohlc: Floats | None = None
        self._average: Floats | None = None
        self._open_interest: Ints | None = None
        self._depth: dict[str, NDArray[Any]] | None = None

    def put(self, length: int, places: Ints, index: NDArray[np.int32], packets: NDArray[Any]) -> None:
        """Take in packets of one kind. Raises ProtocolError for an unknown segment."""
        divisors = _DIVISOR_OF[packets["token"] & 0xFF]
        if np.isnan(divisors).any():
            codes = sorted(set((packets["token"][np.isnan(divisors)] & 0xFF).tolist()))
            raise ProtocolError(f"Zerodha sent prices of the segment {codes[0]}, which is not known.")
        self._index[places] = index
        self._last[places] = packets["last_price"] / divisors
        names = packets.dtype.names or ()
        if "close" in names:
            self._put_day(places, packets, divisors)
        if "volume" in names:
            self._last_quantity[places] = packets["last_quantity"]
            self._volume[places] = packets["volume"]
            if self._average is None:
                self._average = np.full(len(self._index), np.nan)
            self._average[places] = packets["average_price"] / divisors
        if "time_s" in names:
            self._time_ns[places] = packets["time_s"].astype(np.int64) * _NS_PER_S
        if "bids" in names:
            self._put_depth(places, packets, divisors)

    def batch(self, ids: Sequence[InstrumentId], received_ns: int) -> TickBatch:
        """The rows that were put, in the order of the frame."""
        told = self._index >= 0
        kept = slice(None) if told.all() else told
        depth = self._depth or {}

        def cut(column: NDArray[Any] | None) -> NDArray[Any] | None:
            return None if column is None else column[kept]

        return TickBatch(
            ids=ids,
            index=self._index[kept],
            last_price=self._last[kept],
            last_quantity=self._last_quantity[kept],
            volume=self._volume[kept],
            time_ns=self._time_ns[kept],
            received_ns=received_ns,
            ohlc=cut(self._ohlc),
            average_price=cut(self._average),
            open_interest=cut(self._open_interest),
            **{name: column[kept] for name, column in depth.items()},
        )

    def _put_day(self, places: Ints, packets: NDArray[Any], divisors: Floats) -> None:
        if self._ohlc is None:
            self._ohlc = np.full((len(self._index), 4), np.nan)
        for column, name in enumerate(("open", "high", "low", "close")):
            self._ohlc[places, column] = packets[name] / divisors

    def _put_depth(self, places: Ints, packets: NDArray[Any], divisors: Floats) -> None:
        size = len(self._index)
        if self._depth is None:
            self._depth = {}
            for side in ("bid", "ask"):
                self._depth[f"{side}_price"] = np.full((size, DEPTH_LEVELS), np.nan)
                self._depth[f"{side}_quantity"] = np.full((size, DEPTH_LEVELS), -1, dtype=np.int64)
                self._depth[f"{side}_orders"] = np.full((size, DEPTH_LEVELS), -1, dtype=np.int64)
        if self._open_interest is None:
            self._open_interest = np.full(size, -1, dtype=np.int64)
        self._open_interest[places] = packets["open_interest"]
        for side, levels in (("bid", packets["bids"]), ("ask", packets["asks"])):
            self._depth[f"{side}_price"][places] = levels["price"] / divisors[:, None]
            self._depth[f"{side}_quantity"][places] = levels["quantity"]
            self._depth[f"{side}_orders"][places] = levels["orders"]
