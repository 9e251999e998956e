"""Frames of Kite's ticker: seeded ones of every mode and segment, damaged ones, and what the official parser says of them."""

from __future__ import annotations

import math
import random
import struct
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from terminal_app.brokers.zerodha.frames import read_frame
from terminal_app.domain.enums import Exchange
from terminal_app.domain.errors import ProtocolError
from terminal_app.domain.ids import InstrumentId
from terminal_app.domain.market import TickBatch
from tests.conformance.sdks import KITE

SEGMENTS = {"NSE": 1, "NFO": 2, "CDS": 3, "BSE": 4, "BFO": 5, "BCD": 6, "MCX": 7, "MCXSX": 8, "INDICES": 9, "NCO": 12}
INDICES = SEGMENTS["INDICES"]
HEARTBEAT = b"\x01"
_U32, _I32, _U16 = 2**32 - 1, 2**31 - 1, 2**16 - 1
LEVELS = 5


class Row(NamedTuple):
    """One tick in plain values, whoever parsed it. None where the packet does not say."""

    token: int
    last_price: float
    last_quantity: int | None = None
    volume: int | None = None
    average_price: float | None = None
    open_interest: int | None = None
    time_s: int | None = None
    ohlc: tuple[float, ...] | None = None
    bids: tuple[tuple[float, int, int], ...] | None = None
    asks: tuple[tuple[float, int, int], ...] | None = None


def _price(chance: random.Random) -> int:
    return chance.choice((0, chance.randrange(1, 10**7), chance.randrange(1, 10**7), chance.randrange(_I32 + 1), _I32))


def _count(chance: random.Random) -> int:
    return chance.choice((0, chance.randrange(1, 10**6), chance.randrange(1, 10**6), chance.randrange(_U32 + 1), _U32))


def _time(chance: random.Random) -> int:
    return chance.choice(
        (0, chance.randrange(1_577_836_800, 1_893_456_000), chance.randrange(1_577_836_800, 1_893_456_000))
    )


def _quote(chance: random.Random, token: int) -> bytes:
    ohlc = [_price(chance) for _ in range(4)]
    return struct.pack(
        ">IiIiIII4i", token, _price(chance), _count(chance), _price(chance), *(_count(chance) for _ in range(3)), *ohlc
    )


def _full(chance: random.Random, token: int) -> bytes:
    times_and_interest = struct.pack(
        ">5I", _time(chance), _count(chance), _count(chance), _count(chance), _time(chance)
    )
    levels = b"".join(
        struct.pack(">IiHxx", _count(chance), _price(chance), chance.randrange(_U16 + 1)) for _ in range(2 * LEVELS)
    )
    return _quote(chance, token) + times_and_interest + levels


def packet(chance: random.Random, token: int) -> bytes:
    """A packet of any mode that this token's segment has."""
    mode = chance.choice(("ltp", "quote", "full"))
    if mode == "ltp":
        return struct.pack(">Ii", token, _price(chance))
    if token & 0xFF == INDICES:
        values = [_price(chance) for _ in range(5)]
        head = struct.pack(">I6i", token, *values, chance.randrange(-_I32, _I32))
        return head if mode == "quote" else head + struct.pack(">I", _time(chance))
    return _quote(chance, token) if mode == "quote" else _full(chance, token)


def joined(packets: Sequence[bytes]) -> bytes:
    """One frame of these packets."""
    return struct.pack(">H", len(packets)) + b"".join(struct.pack(">H", len(one)) + one for one in packets)


def frame(chance: random.Random, tokens: Sequence[int]) -> bytes:
    """A frame of one to many packets; an instrument may come twice."""
    count = chance.choice((1, 1, 2, 3, chance.randrange(1, 60)))
    return joined([packet(chance, chance.choice(tokens)) for _ in range(count)])


def damaged(chance: random.Random, frame: bytes) -> bytes:
    """The frame, cut, stretched or garbled; or pure noise."""
    way = chance.randrange(6)
    if way == 0:
        return chance.randbytes(chance.randrange(0, 400))
    whole = bytearray(frame)
    if way == 1:
        return bytes(whole[: chance.randrange(len(whole))])
    if way == 2:
        return bytes(whole) + chance.randbytes(chance.randrange(1, 40))
    if way == 3:
        struct.pack_into(">H", whole, 0, chance.randrange(_U16 + 1))
    elif way == 4:
        struct.pack_into(">H", whole, 2, chance.randrange(_U16 + 1))
    else:
        for _ in range(chance.randrange(1, 6)):
            whole[chance.randrange(len(whole))] = chance.randrange(256)
    return bytes(whole)


def _levels(rows: Sequence[Mapping[str, Any]]) -> tuple[tuple[float, int, int], ...]:
    return tuple((row["price"], row["quantity"], row["orders"]) for row in rows)


def _seconds(text: str | None) -> int | None:
    return None if text is None else int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def row_of(tick: Mapping[str, Any]) -> Row:
    """A tick of the official parser. Its clock is UTC in the driver's environment; the epoch itself means no time."""
    ohlc = tick.get("ohlc")
    depth = tick.get("depth")
    return Row(
        tick["instrument_token"],
        tick["last_price"],
        tick.get("last_traded_quantity"),
        tick.get("volume_traded"),
        tick.get("average_traded_price"),
        tick.get("oi"),
        _seconds(tick.get("exchange_timestamp")) or None,
        None if ohlc is None else (ohlc["open"], ohlc["high"], ohlc["low"], ohlc["close"]),
        None if depth is None else _levels(depth["buy"]),
        None if depth is None else _levels(depth["sell"]),
    )


class Table:
    """The tokens that are subscribed: several of each segment."""

    def __init__(self, chance: random.Random, *more: int) -> None:
        drawn = (chance.randrange(1, 2**24) << 8 | segment for segment in SEGMENTS.values() for _ in range(5))
        self.tokens = [*drawn, *more]
        self.ids = [InstrumentId.equity(Exchange.NSE, f"T{token}") for token in self.tokens]
        self._rows = {token: number for number, token in enumerate(self.tokens)}

    def read(self, frame: bytes) -> list[Row]:
        """What our parser makes of a frame. Raises ProtocolError."""
        batch = read_frame(memoryview(frame), self._rows, self.ids, 1)
        return [] if batch is None else [self._row(batch, number) for number in range(len(batch))]

    def _row(self, batch: TickBatch, number: int) -> Row:
        def said(column: Any) -> int | None:
            return None if column is None or column[number] < 0 else int(column[number])

        def price(column: Any) -> float | None:
            return None if column is None or math.isnan(column[number]) else float(column[number])

        def levels(prices: Any, quantities: Any, orders: Any) -> tuple[tuple[float, int, int], ...] | None:
            if prices is None or math.isnan(prices[number][0]):
                return None
            rows = zip(prices[number].tolist(), quantities[number].tolist(), orders[number].tolist(), strict=True)
            return tuple(rows)

        ohlc = None if batch.ohlc is None or math.isnan(batch.ohlc[number][0]) else tuple(batch.ohlc[number].tolist())
        seconds, rest = divmod(int(batch.time_ns[number]), 1_000_000_000)
        assert rest == 0
        return Row(
            self.tokens[int(batch.index[number])],
            float(batch.last_price[number]),
            said(batch.last_quantity),
            said(batch.volume),
            price(batch.average_price),
            said(batch.open_interest),
            seconds or None,
            ohlc,
            levels(batch.bid_price, batch.bid_quantity, batch.bid_orders),
            levels(batch.ask_price, batch.ask_quantity, batch.ask_orders),
        )


def theirs(frames: Sequence[bytes]) -> list[list[Row] | str]:
    """What the official parser makes of each frame: rows, or the error that it raised."""
    told = KITE.run("frames", [one.hex() for one in frames])
    return [[row_of(tick) for tick in one["ticks"]] if one["ok"] else str(one["error"]["text"]) for one in told]


def compare(count: int, seed: int) -> tuple[int, list[str]]:
    """``count`` whole frames through both parsers: how many ticks there were, and what differs."""
    chance = random.Random(seed)
    table = Table(chance)
    frames = [frame(chance, table.tokens) for _ in range(count)]
    ticks, said = 0, []
    for sent, other in zip(frames, theirs(frames), strict=True):
        try:
            mine: list[Row] | str = table.read(sent)
        except ProtocolError as error:
            mine = str(error)
        ticks += len(other)
        if mine != other:
            said.append(f"{sent[:40].hex()}...: ours {mine}, theirs {other}")
    return ticks, said


def fuzz(count: int, seed: int) -> Counter[str]:
    """``count`` damaged frames through our parser: how many were read, and how many raised our error. Others are raised."""
    chance = random.Random(seed)
    table = Table(chance)
    frames = [frame(chance, table.tokens) for _ in range(300)]
    outcomes: Counter[str] = Counter()
    for _ in range(count):
        sent = damaged(chance, chance.choice(frames))
        try:
            table.read(sent)
        except ProtocolError:
            outcomes["refused"] += 1
        else:
            outcomes["read"] += 1
    return outcomes
