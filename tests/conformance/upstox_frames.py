"""Frames of Upstox's feed: seeded messages of every sort, damaged ones, and what the official parser says of them."""

from __future__ import annotations

import itertools
import math
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from google.protobuf.json_format import MessageToDict  # type: ignore[import-untyped]

from terminal_app.brokers.upstox.columns import FeedColumns
from terminal_app.brokers.upstox.frames import parse_frame
from terminal_app.domain.enums import Exchange, FeedMode
from terminal_app.domain.errors import ProtocolError
from terminal_app.domain.ids import InstrumentId
from terminal_app.domain.market import DEPTH_LEVELS, TickBatch
from tests.conformance.sdks import UPSTOX

KEYS = ("NSE_EQ|INE002A01018", "NSE_FO|45450", "BSE_FO|835999", "MCX_FO|579304", "NSE_COM|132844", "NCD_FO|14016")
INDICES = ("NSE_INDEX|Nifty 50", "BSE_INDEX|SENSEX")
SEGMENTS = ("NSE_EQ", "NSE_FO", "BSE_EQ", "BSE_FO", "NCD_FO", "BCD_FO", "MCX_FO", "NSE_COM", "NSE_INDEX")
MODES = ("ltpc", "full_d5", "option_greeks", "full_d30")
STATUSES = ("PRE_OPEN_START", "PRE_OPEN_END", "NORMAL_OPEN", "NORMAL_CLOSE", "CLOSING_START", "CLOSING_END")
_MOST = 2**63 - 1

Message = dict[str, Any]


class Messages:
    """Draws messages; any field may be left out, as proto3 does with zeros and the feed with what did not change."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)

    def _some(self, **fields: Any) -> Message:
        return {name: value for name, value in fields.items() if self.chance.random() < 0.85}

    def _price(self) -> float:
        return self.chance.choice(
            (0.05, round(self.chance.uniform(0, 5000), 2), round(self.chance.uniform(0, 200000), 4))
        )

    def _count(self) -> str:
        return str(self.chance.choice((0, 1, self.chance.randrange(10**7), self.chance.randrange(_MOST), _MOST)))

    def _total(self) -> float:
        """A count that travels as a fraction."""
        return float(self.chance.choice((0, 1, self.chance.randrange(10**9))))

    def _time(self) -> str:
        return str(self.chance.randrange(1_700_000_000_000, 1_900_000_000_000))

    def ltpc(self) -> Message:
        """The last trade."""
        return self._some(ltp=self._price(), ltt=self._time(), ltq=self._count(), cp=self._price(), iep=self._price())

    def _quote(self) -> Message:
        return self._some(bidQ=self._count(), bidP=self._price(), askQ=self._count(), askP=self._price())

    def _greeks(self) -> Message:
        return self._some(**{name: self.chance.uniform(-1, 1) for name in ("delta", "theta", "gamma", "vega", "rho")})

    def _ohlc(self) -> Message:
        prices = {name: self._price() for name in ("open", "high", "low", "close")}
        rows = [
            {"interval": interval} | self._some(**prices, vol=self._count(), ts=self._time())
            for interval in ("1d", "I1")
        ]
        return {"ohlc": rows[: self.chance.randrange(3)]}

    def _market(self) -> Message:
        levels = [self._quote() for _ in range(self.chance.choice((0, 1, 5, 30)))]
        return self._some(
            ltpc=self.ltpc(),
            marketLevel={"bidAskQuote": levels},
            optionGreeks=self._greeks(),
            marketOHLC=self._ohlc(),
            **{name: self._price() for name in ("atp", "iv", "iep", "rp")},
            **{name: self._total() for name in ("oi", "tbq", "tsq")},
            **{name: self._count() for name in ("vtt", "ieq", "iiqTotal", "iiqM")},
            casEligible=self.chance.random() < 0.5,
        )

    def feed(self, key: str) -> Message:
        """What a message says of one instrument."""
        part = self.chance.choice(("ltpc", "fullFeed", "firstLevelWithGreeks"))
        mode = self.chance.choice(MODES)
        if part == "ltpc":
            return {"ltpc": self.ltpc(), "requestMode": mode}
        if part == "fullFeed":
            index = self._some(ltpc=self.ltpc(), marketOHLC=self._ohlc())
            full = {"indexFF": index} if key in INDICES else {"marketFF": self._market()}
            return {"fullFeed": full, "requestMode": mode}
        first = self._some(
            ltpc=self.ltpc(),
            firstDepth=self._quote(),
            optionGreeks=self._greeks(),
            vtt=self._count(),
            oi=self._total(),
            iv=self._price(),
        )
        return {"firstLevelWithGreeks": first, "requestMode": mode}

    def _status(self) -> Message:
        return {name: self._some(status="CTS_CLOSE", updatedTime=self._time()) for name in SEGMENTS[:3]}

    def message(self) -> Message:
        """One message."""
        kind = self.chance.choice(("initial_feed", "live_feed", "live_feed", "market_info"))
        if kind == "market_info":
            info = self._some(
                segmentStatus={name: self.chance.choice(STATUSES) for name in SEGMENTS},
                casMarketStatus=self._status(),
                preOpenSessionStatus=self._status(),
            )
            return {"type": kind, "currentTs": self._time(), "marketInfo": info}
        keys = self.chance.sample([*KEYS, *INDICES], self.chance.randrange(1, 9))
        return {"type": kind, "currentTs": self._time(), "feeds": {key: self.feed(key) for key in keys}}


def encoded(messages: Iterable[Message]) -> list[bytes]:
    """The frames that carry these messages, made by the official client's own classes."""
    return [bytes.fromhex(one["frame"]) for one in UPSTOX.run("encode", messages)]


def theirs(frames: Sequence[bytes]) -> list[dict[str, Any]]:
    """What the official parser makes of each frame."""
    return UPSTOX.run("frames", [one.hex() for one in frames])


def _unwrapped(value: Any) -> Any:
    """A wrapper of protobuf prints as the number in it; in our schema it is an ordinary message."""
    if isinstance(value, dict):
        return {
            name: one.get("value", 0.0) if name == "iep" and isinstance(one, dict) else _unwrapped(one)
            for name, one in value.items()
        }
    return [_unwrapped(one) for one in value] if isinstance(value, list) else value


def ours(frame: bytes) -> dict[str, Any]:
    """What our parser makes of a frame, told in the same words."""
    try:
        message = parse_frame(frame)
    except ProtocolError as error:
        return {"ok": False, "error": str(error)}
    return {
        "ok": True,
        "message": _unwrapped(MessageToDict(message)),
        "full": _unwrapped(MessageToDict(message, always_print_fields_with_no_presence=True)),
    }


def _names(value: Any) -> Iterable[str]:
    if isinstance(value, dict):
        for name, one in value.items():
            yield name
            yield from _names(one)
    elif isinstance(value, list):
        for one in value:
            yield from _names(one)


class Row:
    """What is known of one instrument after some messages: of each number the last one that was told and is not zero."""

    def __init__(self, mode: FeedMode) -> None:
        self._mode = mode
        self.values: dict[str, Any] = {
            "last_price": None,
            "last_quantity": -1,
            "volume": -1,
            "time_ns": 0,
            "open": None,
            "high": None,
            "low": None,
            "close": None,
            "average_price": None,
            "open_interest": -1,
            "bids": [(None, -1)] * DEPTH_LEVELS,
            "asks": [(None, -1)] * DEPTH_LEVELS,
        }

    def hear(self, feed: Message) -> None:
        """Take in what the official parser says of the instrument."""
        full = feed.get("fullFeed", {})
        part = full.get("marketFF") or full.get("indexFF") or feed.get("firstLevelWithGreeks") or {}
        price = feed.get("ltpc") or part.get("ltpc") or {}
        self._take("last_price", price.get("ltp"))
        self._take("last_quantity", int(price.get("ltq", 0)))
        self._take("time_ns", int(price.get("ltt", 0)) * 1_000_000)
        self._take("close", price.get("cp"))
        if self._mode is FeedMode.LTP:
            return
        self._take("volume", int(part.get("vtt", 0)))
        self._take("open_interest", int(part.get("oi", 0)))
        self._take("average_price", part.get("atp"))
        for bar in part.get("marketOHLC", {}).get("ohlc", []):
            if bar.get("interval") == "1d":
                for name in ("open", "high", "low"):
                    self._take(name, bar.get(name))
        if "marketLevel" in part:
            self._take_levels(part["marketLevel"].get("bidAskQuote", []))
        if "firstDepth" in part:
            self._take_levels([part["firstDepth"]])

    def _take(self, name: str, value: Any) -> None:
        if value:
            self.values[name] = value

    def _take_levels(self, levels: Sequence[Message]) -> None:
        padded = [*levels, *[{}] * DEPTH_LEVELS][:DEPTH_LEVELS]
        for name, price, quantity in (("bids", "bidP", "bidQ"), ("asks", "askP", "askQ")):
            counts = [int(one.get(quantity, 0)) for one in padded]
            told = [(one.get(price, 0.0) if count else 0.0, count) for one, count in zip(padded, counts, strict=True)]
            shown = told if self._mode is FeedMode.FULL else [told[0], *[(None, -1)] * (DEPTH_LEVELS - 1)]
            self.values[name] = shown


def _rows_of(batch: TickBatch, keys: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The rows of a batch by key, in plain values."""

    def told(value: float) -> float | None:
        return None if math.isnan(value) else value

    rows: dict[str, dict[str, Any]] = {}
    nothing = [(None, -1)] * DEPTH_LEVELS
    assert batch.ohlc is not None
    assert batch.average_price is not None
    assert batch.open_interest is not None
    for number, index in enumerate(batch.index.tolist()):
        row: dict[str, Any] = {
            "last_price": told(float(batch.last_price[number])),
            "last_quantity": int(batch.last_quantity[number]),
            "volume": int(batch.volume[number]),
            "time_ns": int(batch.time_ns[number]),
            "average_price": told(float(batch.average_price[number])),
            "open_interest": int(batch.open_interest[number]),
            "bids": nothing,
            "asks": nothing,
        }
        row |= dict(zip(("open", "high", "low", "close"), map(told, batch.ohlc[number].tolist()), strict=True))
        for name, prices, counts in (
            ("bids", batch.bid_price, batch.bid_quantity),
            ("asks", batch.ask_price, batch.ask_quantity),
        ):
            if prices is not None and counts is not None:
                row[name] = list(zip(map(told, prices[number].tolist()), counts[number].tolist(), strict=True))
        rows[keys[index]] = row
    return rows


class Reader:
    """Our parser and the columns that it feeds, as the feed joins them; every instrument in one of our modes."""

    def __init__(self) -> None:
        self.keys = [*KEYS, *INDICES]
        self.modes = dict(zip(self.keys, itertools.cycle(FeedMode), strict=False))
        self._columns = FeedColumns()
        for number, key in enumerate(self.keys):
            self._columns.want(key, InstrumentId.equity(Exchange.NSE, f"T{number}"), self.modes[key])

    def read(self, frame: bytes) -> dict[str, dict[str, Any]]:
        """The rows that a frame changed, as they are now. Raises ProtocolError."""
        rows = self._columns.take(parse_frame(frame))
        return _rows_of(self._columns.batch(rows, 1), self.keys) if rows else {}


class Comparison(NamedTuple):
    """How often each field was compared, how many merged rows were, and what differs."""

    fields: Counter[str]
    rows: int
    differences: list[str]


def compare(count: int, seed: int) -> Comparison:
    """``count`` messages through both parsers, and merged by us and, from what the official parser says, here."""
    drawn = Messages(seed)
    frames = encoded(drawn.message() for _ in range(count))
    reader = Reader()
    known = {key: Row(mode) for key, mode in reader.modes.items()}
    fields: Counter[str] = Counter()
    rows, said = 0, []
    for frame, other in zip(frames, theirs(frames), strict=True):
        mine = ours(frame)
        if mine != other:
            said.append(f"{frame[:60].hex()}...: ours {mine}, theirs {other}")
        fields.update(_names(other["message"]))
        feeds = other["message"].get("feeds", {})
        for key, feed in feeds.items():
            known[key].hear(feed)
        expected = {key: known[key].values for key in feeds if known[key].values["last_price"] is not None}
        rows += len(expected)
        merged = reader.read(frame)
        if merged != expected:
            said.append(f"{frame[:60].hex()}...: merged to {merged}, theirs {expected}")
    return Comparison(fields, rows, said)


def fuzz(count: int, seed: int) -> Counter[str]:
    """``count`` damaged frames through our reader: how many were read, and how many raised our error. Others are raised."""
    drawn = Messages(seed)
    frames = encoded(drawn.message() for _ in range(200))
    reader = Reader()
    outcomes: Counter[str] = Counter()
    for _ in range(count):
        sent = damaged(drawn.chance, drawn.chance.choice(frames))
        try:
            reader.read(sent)
        except ProtocolError:
            outcomes["refused"] += 1
        else:
            outcomes["read"] += 1
    return outcomes


def damaged(chance: random.Random, frame: bytes) -> bytes:
    """A frame that is cut, stretched, garbled or pure noise."""
    way = chance.randrange(4)
    if way == 0:
        return chance.randbytes(chance.randrange(1, 300))
    if way == 1:
        return frame[: chance.randrange(len(frame))]
    if way == 2:
        return frame + chance.randbytes(chance.randrange(1, 20))
    garbled = bytearray(frame)
    for _ in range(chance.choice((1, 1, 1, 2, 7))):
        garbled[chance.randrange(len(garbled))] = chance.randrange(256)
    return bytes(garbled)
