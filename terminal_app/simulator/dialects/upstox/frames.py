"""The messages of the market feed V3, as bytes. Prices are rupees, times epoch milliseconds, quantities units."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import IntEnum

from msgspec import Struct

from terminal_app.simulator.dialects.upstox.protobuf import double, entry, integer, message, text


class FrameType(IntEnum):
    """``FeedResponse.type``."""

    INITIAL_FEED = 0
    LIVE_FEED = 1
    MARKET_INFO = 2


class RequestMode(IntEnum):
    """``Feed.requestMode``."""

    LTPC = 0
    FULL_D5 = 1
    OPTION_GREEKS = 2
    FULL_D30 = 3


class MarketStatus(IntEnum):
    """The status of a segment."""

    PRE_OPEN_START = 0
    PRE_OPEN_END = 1
    NORMAL_OPEN = 2
    NORMAL_CLOSE = 3
    CLOSING_START = 4
    CLOSING_END = 5


class LastTrade(Struct, frozen=True):
    """``LTPC``: last price, its time and quantity, the previous close. ``iep`` is the auction's indicative price, if any."""

    ltp: float
    ltt: int
    ltq: int
    cp: float
    iep: float | None = None


class Level(Struct, frozen=True):
    """``Quote``: one level of both sides; a quantity of 0 is an empty side."""

    bid_quantity: int = 0
    bid: float = 0.0
    ask_quantity: int = 0
    ask: float = 0.0


class Greeks(Struct, frozen=True):
    """``OptionGreeks``."""

    delta: float = 0.0
    theta: float = 0.0
    gamma: float = 0.0
    vega: float = 0.0
    rho: float = 0.0


class Candle(Struct, frozen=True):
    """``OHLC``: ``interval`` is ``1d`` or ``I1``; ``ts`` its begin."""

    interval: str
    open: float
    high: float
    low: float
    close: float
    volume: int
    ts: int


class Totals(Struct, frozen=True):
    """Figures of a traded instrument: average price, volume and open interest of the day, implied volatility (a
    fraction a year), total bid and ask quantity.
    """

    atp: float = 0.0
    vtt: int = 0
    oi: float = 0.0
    iv: float = 0.0
    tbq: float = 0.0
    tsq: float = 0.0


class Auction(Struct, frozen=True):
    """The closing auction's figures: indicative price, reference price, indicative quantity, imbalances."""

    iep: float = 0.0
    rp: float = 0.0
    ieq: int = 0
    iiq_total: int = 0
    iiq_market: int = 0
    eligible: bool = False


def feed_response(kind: FrameType, feeds: Mapping[str, bytes], at_ms: int) -> bytes:
    """``FeedResponse`` with a ``Feed`` (see ``ltpc_feed`` and the like) per instrument key."""
    parts = [integer(1, kind)]
    parts += [entry(2, key, message(2, feed)) for key, feed in feeds.items()]
    parts.append(integer(3, at_ms))
    return b"".join(parts)


def market_info(
    segments: Mapping[str, MarketStatus],
    at_ms: int,
    closing_auction: Mapping[str, tuple[str, int]] | None = None,
    pre_open: Mapping[str, tuple[str, int]] | None = None,
) -> bytes:
    """``FeedResponse`` with the segments' status. The other two map segments to a status word and when it was set."""
    body = b"".join(entry(1, segment, integer(2, status)) for segment, status in segments.items())
    for number, table in ((2, closing_auction), (3, pre_open)):
        body += b"".join(
            entry(number, segment, message(2, text(1, word) + integer(2, since)))
            for segment, (word, since) in (table or {}).items()
        )
    return integer(1, FrameType.MARKET_INFO) + integer(3, at_ms) + message(4, body)


def ltpc_feed(last: LastTrade) -> bytes:
    """``Feed`` of the mode ``ltpc``."""
    return message(1, _ltpc(last)) + integer(4, RequestMode.LTPC)


def first_level_feed(last: LastTrade | None, level: Level | None, greeks: Greeks | None, totals: Totals) -> bytes:
    """``Feed`` of the mode ``option_greeks``. None leaves a part out, as a frame of changes does."""
    body = b""
    if last is not None:
        body += message(1, _ltpc(last))
    if level is not None:
        body += message(2, _quote(level))
    if greeks is not None:
        body += message(3, _greeks(greeks))
    body += integer(4, totals.vtt) + double(5, totals.oi) + double(6, totals.iv)
    return message(3, body) + integer(4, RequestMode.OPTION_GREEKS)


def market_full_feed(
    mode: RequestMode,
    last: LastTrade | None,
    levels: Sequence[Level] | None,
    greeks: Greeks | None,
    candles: Iterable[Candle] | None,
    totals: Totals,
    auction: Auction | None = None,
) -> bytes:
    """``Feed`` of a traded instrument in the modes ``full`` and ``full_d30``. None leaves a part out."""
    body = b""
    if last is not None:
        body += message(1, _ltpc(last))
    if levels is not None:
        body += message(2, b"".join(message(1, _quote(one)) for one in levels))
    if greeks is not None:
        body += message(3, _greeks(greeks))
    if candles is not None:
        body += message(4, _candles(candles))
    body += double(5, totals.atp) + integer(6, totals.vtt) + double(7, totals.oi)
    body += double(8, totals.iv) + double(9, totals.tbq) + double(10, totals.tsq)
    if auction is not None:
        body += double(11, auction.iep) + double(12, auction.rp) + integer(13, auction.ieq)
        body += integer(14, auction.iiq_total) + integer(15, auction.iiq_market) + integer(16, auction.eligible)
    return message(2, message(1, body)) + integer(4, mode)


def index_full_feed(mode: RequestMode, last: LastTrade | None, candles: Iterable[Candle] | None) -> bytes:
    """``Feed`` of an index in the modes ``full`` and ``full_d30``."""
    body = b""
    if last is not None:
        body += message(1, _ltpc(last))
    if candles is not None:
        body += message(2, _candles(candles))
    return message(2, message(2, body)) + integer(4, mode)


def _ltpc(last: LastTrade) -> bytes:
    body = double(1, last.ltp) + integer(2, last.ltt) + integer(3, last.ltq) + double(4, last.cp)
    return body if last.iep is None else body + message(5, double(1, last.iep))


def _quote(level: Level) -> bytes:
    return integer(1, level.bid_quantity) + double(2, level.bid) + integer(3, level.ask_quantity) + double(4, level.ask)


def _greeks(greeks: Greeks) -> bytes:
    return (
        double(1, greeks.delta)
        + double(2, greeks.theta)
        + double(3, greeks.gamma)
        + double(4, greeks.vega)
        + double(5, greeks.rho)
    )


def _candles(candles: Iterable[Candle]) -> bytes:
    return b"".join(message(1, _candle(one)) for one in candles)


def _candle(one: Candle) -> bytes:
    return (
        text(1, one.interval)
        + double(2, one.open)
        + double(3, one.high)
        + double(4, one.low)
        + double(5, one.close)
        + integer(6, one.volume)
        + integer(7, one.ts)
    )
