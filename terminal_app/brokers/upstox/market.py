"""What is asked about prices: quotes, and bars of the past."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from terminal_app.brokers.http import CallClass
from terminal_app.brokers.upstox.codes import HISTORY, HistoryUnit
from terminal_app.brokers.upstox.config import HISTORY as HISTORY_BUDGET
from terminal_app.brokers.upstox.config import MOST_QUOTES, QUOTES
from terminal_app.brokers.upstox.fields import Fields, names, rows
from terminal_app.brokers.upstox.line import Line
from terminal_app.brokers.upstox.listing import Listing
from terminal_app.domain.clock import IST
from terminal_app.domain.enums import Interval
from terminal_app.domain.errors import ProtocolError
from terminal_app.domain.ids import InstrumentId
from terminal_app.domain.instrument import Instrument
from terminal_app.domain.market import Bar, Depth, DepthLevel, Quote
from terminal_app.domain.values import ZERO, round_to_step

_QUOTE_FIELDS = names(
    "ohlc depth timestamp instrument_token symbol last_price volume average_price oi net_change total_buy_quantity "
    "total_sell_quantity lower_circuit_limit upper_circuit_limit last_trade_time last_trade_quantity ltq oi_day_high oi_day_low "
    "prev_close_price year_high year_low previous_oi indicative_equilibrium_price reference_price indicative_equilibrium_quantity "
    "indicative_imbalance_quantity_total indicative_imbalance_quantity_market cas_eligible"
)
_OHLC_FIELDS = names("open high low close volume ts")
_LEVEL_FIELDS = names("quantity price orders")
_BAR = ("start", "open", "high", "low", "close", "volume", "oi")
_BAR_PRICES = _BAR[1:5]
_NOISE = Decimal("2e-7")
"""Some prices went through 32 bits on their way: they are off by this part of themselves."""
_PLACES = Decimal("0.0001")


class MarketReads:
    """The reads of market data; they also work with the token for market data alone. Every call raises BrokerError."""

    def __init__(self, line: Line, listing: Listing) -> None:
        self._line = line
        self._listing = listing

    async def quotes(self, ids: Sequence[InstrumentId]) -> dict[InstrumentId, Quote]:
        """Prices now; instruments that are not listed or have no price are left out."""
        book = await self._listing.book()
        known = [instrument for one in dict.fromkeys(ids) if (instrument := book.get(one)) is not None]
        found: dict[InstrumentId, Quote] = {}
        for first in range(0, len(known), MOST_QUOTES):
            some = {one.broker_token: one for one in known[first : first + MOST_QUOTES]}
            params = [("instrument_key", ",".join(some))]
            data = await self._line.get_market("/v3/market-quote/quotes", params, CallClass.QUOTE, QUOTES)
            found.update(read_quotes(data, some))
        return found

    async def bars(self, id: InstrumentId, interval: Interval, start: datetime, end: datetime) -> list[Bar]:
        """Bars that begin in [start, end), oldest first. Today's come from a route of their own."""
        if start >= end:
            return []
        instrument = await self._listing.of(id)
        wanted = HISTORY[interval]
        found: dict[datetime, Bar] = {}
        for path in history_paths(instrument.broker_token, wanted, start, end):
            found.update(read_bars(await self._history(path), instrument))
        if end.astimezone(IST).date() >= datetime.now(IST).date():
            found.update(read_bars(await self._history(today_path(instrument.broker_token, wanted)), instrument))
        return [found[at] for at in sorted(found) if start <= at < end]

    async def _history(self, path: str) -> Any:
        return await self._line.get_market(path, (), CallClass.HISTORY, HISTORY_BUDGET)


def history_paths(key: str, wanted: HistoryUnit, start: datetime, end: datetime) -> Iterator[str]:
    """The calls that cover the days of [start, end), oldest first, none longer than Upstox answers."""
    first = max(start.astimezone(IST).date(), date(wanted.first_year, 1, 1))
    last = (end.astimezone(IST) - timedelta(microseconds=1)).date()
    while first <= last:
        until = min(last, first + timedelta(days=wanted.most_days - 1))
        yield f"/v3/historical-candle/{quote(key, safe='')}/{wanted.unit}/{wanted.number}/{until}/{first}"
        first = until + timedelta(days=1)


def today_path(key: str, wanted: HistoryUnit) -> str:
    """The call for the running day."""
    return f"/v3/historical-candle/intraday/{quote(key, safe='')}/{wanted.unit}/{wanted.number}"


def read_bars(data: Any, instrument: Instrument) -> dict[datetime, Bar]:
    """Bars by their start; Upstox sends the newest first."""
    found = {}
    for row in Fields(data, "candles answer", names("candles")).rows("candles"):
        values = rows(row, "candle")
        if len(values) != len(_BAR):
            raise ProtocolError(f"Upstox sent a candle of {len(values)} values where {len(_BAR)} belong.")
        fields = Fields(dict(zip(_BAR, values, strict=True)), "candle")
        start = _iso(fields.text("start"), "candle")
        first, high, low, last = (tidy(fields.amount(name), instrument.tick_size) for name in _BAR_PRICES)
        open_interest = fields.count_or("oi") if instrument.is_derivative else None
        found[start] = Bar(start, first, high, low, last, fields.count("volume"), open_interest)
    return found


def read_quotes(data: Any, asked: dict[str, Instrument]) -> dict[InstrumentId, Quote]:
    """Quotes of what was asked, by the key inside each row: the answer's own names are other ones."""
    if not isinstance(data, dict):
        raise ProtocolError("Upstox sent no object of quotes.")
    found = {}
    for value in data.values():
        row = Fields(value, "quote", _QUOTE_FIELDS)
        instrument = asked.get(row.text("instrument_token"))
        if instrument is None:
            raise ProtocolError(
                f"Upstox sent a quote of “{row.text('instrument_token')[:60]}”, which was not asked for."
            )
        read = _quote(row, instrument)
        if read.last_price is not None:
            found[instrument.id] = read
    return found


def _quote(row: Fields, instrument: Instrument) -> Quote:
    tick = instrument.tick_size

    def price(fields: Fields, name: str) -> Decimal | None:
        value = fields.price_or_none(name)
        return None if value is None else tidy(value, tick)

    day = row.inner("ohlc", _OHLC_FIELDS) if row.has("ohlc") else Fields({}, "quote.ohlc")
    average = row.price_or_none("average_price")
    return Quote(
        instrument.id,
        last_price=price(row, "last_price"),
        open=price(day, "open"),
        high=price(day, "high"),
        low=price(day, "low"),
        previous_close=price(row, "prev_close_price") or _previous_close(row, tick),
        volume=row.count("volume") if row.has("volume") else None,
        average_price=None if average is None else _rounded(average),
        open_interest=row.count("oi") if instrument.is_derivative and row.has("oi") else None,
        lower_circuit=price(row, "lower_circuit_limit"),
        upper_circuit=price(row, "upper_circuit_limit"),
        depth=_depth(row, tick),
        time=_quote_time(row),
    )


def _previous_close(row: Fields, tick: Decimal) -> Decimal | None:
    """Where it is not told: the last price less the change from the previous close."""
    last, change = row.price_or_none("last_price"), row.amount_or("net_change", ZERO)
    return None if last is None or not row.has("net_change") else tidy(last - change, tick)


def _depth(row: Fields, tick: Decimal) -> Depth:
    if not row.has("depth"):
        return Depth()
    depth = row.inner("depth", names("buy sell"))
    return Depth(
        _levels(depth, "buy", tick),
        _levels(depth, "sell", tick),
        row.count_or("total_buy_quantity"),
        row.count_or("total_sell_quantity"),
    )


def _levels(depth: Fields, side: str, tick: Decimal) -> tuple[DepthLevel, ...]:
    levels = (Fields(value, "depth level", _LEVEL_FIELDS) for value in depth.rows(side))
    return tuple(
        DepthLevel(tidy(level.amount("price"), tick), level.count("quantity"), level.count_or("orders"))
        for level in levels
        if level.amount("price")
    )


def _quote_time(row: Fields) -> datetime | None:
    text = row.text_or("timestamp")
    return _iso(text, "quote") if text else None


def _iso(text: str, what: str) -> datetime:
    moment: datetime | None = None
    with suppress(ValueError):
        moment = datetime.fromisoformat(text)
    if moment is None or moment.tzinfo is None:
        raise ProtocolError(f"Upstox's {what} has “{text[:40]}” where a time with its zone belongs.")
    return moment.astimezone(UTC)


def tidy(value: Decimal, tick: Decimal) -> Decimal:
    """A price without the noise of 32-bit numbers: on its tick where it is as good as there, else with four places."""
    if tick > ZERO:
        nearest = round_to_step(value, tick)
        if abs(value - nearest) <= value * _NOISE:
            return nearest
    return _rounded(value)


def _rounded(value: Decimal) -> Decimal:
    """With four places at most, and none that say nothing."""
    return value.quantize(_PLACES).normalize() + ZERO
