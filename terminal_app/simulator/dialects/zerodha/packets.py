"""The binary messages of Kite's socket: one packet per instrument, big-endian, prices in the segment's smallest unit."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from terminal_app.domain.market import DEPTH_LEVELS
from terminal_app.simulator.book import MarketBook
from terminal_app.simulator.dialects.zerodha.symbols import INDICES

LTP, QUOTE, FULL = "ltp", "quote", "full"
MODES = (LTP, QUOTE, FULL)
HEARTBEAT = b"\x00"

_DIVISORS = {3: 10_000_000, 6: 10_000, 12: 10_000}
_SECOND_NS = 1_000_000_000
_LTP = struct.Struct(">Ii")
_QUOTE = struct.Struct(">IiIiIIIiiii")
_DETAIL = struct.Struct(">IIIII")
_LEVEL = struct.Struct(">IiHH")
_INDEX_QUOTE = struct.Struct(">Iiiiiii")
_TIME = struct.Struct(">I")
_NO_LEVEL = bytes(_LEVEL.size)


def message(packets: Sequence[bytes]) -> bytes:
    """Packets with their number and lengths."""
    parts = [struct.pack(">H", len(packets))]
    for packet in packets:
        parts += (struct.pack(">H", len(packet)), packet)
    return b"".join(parts)


def packet(book: MarketBook, row: int, token: int, mode: str) -> bytes:
    """What a row of the market shows now."""
    segment = token & 0xFF
    scale = _DIVISORS.get(segment, 100) // 100
    last = int(book.last_paise[row]) * scale
    if mode == LTP:
        return _LTP.pack(token, last)
    day_open, high, low, close = (one * scale for one in book.ohlc_paise[row].tolist())
    seconds = int(book.time_ns[row]) // _SECOND_NS
    if segment == INDICES:
        quote = _INDEX_QUOTE.pack(token, last, high, low, day_open, close, last - close)
        return quote if mode == QUOTE else quote + _TIME.pack(seconds)
    quote = _QUOTE.pack(
        token,
        last,
        int(book.last_units[row]),
        average_paise(book, row) * scale,
        int(book.volume[row]),
        int(book.bid_quantity[row].sum()),
        int(book.ask_quantity[row].sum()),
        day_open,
        high,
        low,
        close,
    )
    if mode == QUOTE:
        return quote
    interest = int(book.open_interest[row])
    detail = _DETAIL.pack(seconds, interest, interest, interest, seconds)
    return quote + detail + _side(book, row, scale, "bid") + _side(book, row, scale, "ask")


def average_paise(book: MarketBook, row: int) -> int:
    """The day's average price as far as the market tells it: the middle of its high, low and last price."""
    _open, high, low, _close = book.ohlc_paise[row].tolist()
    return int(high + low + int(book.last_paise[row])) // 3 if high else 0


def _side(book: MarketBook, row: int, scale: int, side: str) -> bytes:
    prices = getattr(book, f"{side}_paise")[row].tolist()
    quantities = getattr(book, f"{side}_quantity")[row].tolist()
    orders = getattr(book, f"{side}_orders")[row].tolist()
    levels = [
        _LEVEL.pack(quantity, price * scale, min(count, 0xFFFF), 0) if quantity > 0 else _NO_LEVEL
        for price, quantity, count in zip(prices, quantities, orders, strict=True)
    ]
    return b"".join(levels[:DEPTH_LEVELS])
