"""From Kite's JSON to quotes and bars, and how a long span of bars is asked for in pieces."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from terminal_app.brokers.zerodha import layouts
from terminal_app.brokers.zerodha.codes import INTERVAL_DAYS, INTERVALS
from terminal_app.brokers.zerodha.fields import Fields, rows
from terminal_app.domain.clock import ist
from terminal_app.domain.enums import InstrumentKind, Interval
from terminal_app.domain.errors import ProtocolError
from terminal_app.domain.ids import InstrumentId
from terminal_app.domain.instrument import Instrument
from terminal_app.domain.market import Bar, Depth, DepthLevel, Quote

_SECOND = timedelta(seconds=1)
_CANDLE, _CANDLE_WITH_OI = 6, 7


def read_quotes(data: Any, asked: Mapping[str, Instrument]) -> dict[InstrumentId, Quote]:
    """Quotes by the keys that were asked for; what has no price, or is absent, is left out."""
    fields = Fields(data, "quotes")
    quotes: dict[InstrumentId, Quote] = {}
    for key, instrument in asked.items():
        if key in fields:
            quote = _quote(fields.inner(key), instrument)
            if quote.last_price is not None:
                quotes[instrument.id] = quote
    fields.note_others(asked)
    return quotes


def _quote(fields: Fields, instrument: Instrument) -> Quote:
    """An index has neither volume nor depth."""
    fields.note_others(layouts.QUOTE)
    ohlc = fields.inner("ohlc")
    is_index = instrument.kind is InstrumentKind.INDEX
    return Quote(
        instrument=instrument.id,
        last_price=fields.amount("last_price") or None,
        last_quantity=None if is_index else fields.count("last_quantity"),
        open=ohlc.price_or_none("open"),
        high=ohlc.price_or_none("high"),
        low=ohlc.price_or_none("low"),
        previous_close=ohlc.price_or_none("close"),
        volume=None if is_index else fields.count("volume"),
        average_price=None if is_index else fields.price_or_none("average_price"),
        open_interest=fields.count_or("oi") if instrument.is_derivative else None,
        lower_circuit=fields.price_or_none("lower_circuit_limit"),
        upper_circuit=fields.price_or_none("upper_circuit_limit"),
        depth=Depth() if is_index else _depth(fields),
        time=fields.moment_or_none("timestamp"),
    )


def _depth(fields: Fields) -> Depth:
    depth = fields.inner("depth")
    return Depth(
        _levels(depth, "buy"),
        _levels(depth, "sell"),
        fields.count_or("buy_quantity"),
        fields.count_or("sell_quantity"),
    )


def _levels(depth: Fields, side: str) -> tuple[DepthLevel, ...]:
    levels = (Fields(row, f"{depth.what}.{side}") for row in depth.rows(side))
    told = (DepthLevel(one.amount("price"), one.count("quantity"), one.count("orders")) for one in levels)
    return tuple(level for level in told if level.price)


def spans(interval: Interval, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """[start, end) in pieces that one request may ask for, oldest first. Both ends of a piece count, in whole seconds."""
    piece = timedelta(days=INTERVAL_DAYS[interval])
    first, last = _whole(start), _whole(end - timedelta(microseconds=1))
    while first <= last:
        yield first, min(first + piece - _SECOND, last)
        first += piece


def _whole(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)


def history_path(token: str, interval: Interval) -> str:
    """Where the bars of an instrument are asked for."""
    return f"/instruments/historical/{token}/{INTERVALS[interval]}"


def history_params(interval: Interval, first: datetime, last: datetime, *, with_oi: bool) -> list[tuple[str, str]]:
    """What is asked for, in the order of Kite's own client."""
    return [
        ("from", f"{ist(first):%Y-%m-%d %H:%M:%S}"),
        ("to", f"{ist(last):%Y-%m-%d %H:%M:%S}"),
        ("interval", INTERVALS[interval]),
        ("continuous", "0"),
        ("oi", "1" if with_oi else "0"),
    ]


def read_bars(data: Any) -> list[Bar]:
    """The bars of one answer, as they are sorted."""
    fields = Fields(data, "bars")
    fields.note_others({"candles"})
    return [_bar(row) for row in fields.rows("candles")]


def _bar(row: Any) -> Bar:
    values = rows(row, "a bar's values")
    if len(values) not in (_CANDLE, _CANDLE_WITH_OI):
        raise ProtocolError(f"Zerodha sent a bar of {len(values)} values where {_CANDLE} or {_CANDLE_WITH_OI} belong.")
    start, *prices = values[:5]
    open_interest = _count(values[6]) if len(values) == _CANDLE_WITH_OI else None
    opened, high, low, close = (_price(value) for value in prices)
    return Bar(_start(start), opened, high, low, close, _count(values[5]), open_interest)


def _price(value: Any) -> Decimal:
    if isinstance(value, Decimal):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    raise ProtocolError(f"Zerodha sent a bar with “{str(value)[:40]}” where a price belongs.")


def _count(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, Decimal) and value == value.to_integral_value():
        return int(value)
    raise ProtocolError(f"Zerodha sent a bar with “{str(value)[:40]}” where a count belongs.")


def _start(text: Any) -> datetime:
    try:
        start = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        start = None
    if start is None or start.tzinfo is None:
        raise ProtocolError(f"Zerodha sent a bar that begins at “{str(text)[:40]}”, which is not a time.")
    return start.astimezone(UTC)
