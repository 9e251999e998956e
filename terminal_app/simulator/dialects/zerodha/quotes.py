"""Kite's market data over REST: quotes, candles, the instrument list."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from aiohttp import web

from terminal_app.domain.clock import IST, ist
from terminal_app.domain.enums import InstrumentKind, Interval
from terminal_app.domain.market import DEPTH_LEVELS, Bar, DepthLevel, Quote
from terminal_app.domain.values import from_paise
from terminal_app.simulator.dialects.past import past_bars
from terminal_app.simulator.dialects.zerodha.errors import bad_input, invalid
from terminal_app.simulator.dialects.zerodha.packets import average_paise
from terminal_app.simulator.dialects.zerodha.symbols import Name
from terminal_app.simulator.dialects.zerodha.wire import Json, moment, number, optional_moment, success

if TYPE_CHECKING:
    from terminal_app.simulator.dialects.zerodha.server import ZerodhaDialect

_MOST_FULL, _MOST_SMALL = 500, 1000
_INTERVALS = {
    "minute": (Interval.M1, 60),
    "3minute": (Interval.M3, 100),
    "5minute": (Interval.M5, 100),
    "10minute": (Interval.M10, 100),
    "15minute": (Interval.M15, 200),
    "30minute": (Interval.M30, 200),
    "60minute": (Interval.H1, 400),
    "day": (Interval.D1, 2000),
}
"""With the longest span of a request in days."""
_FUND_COLUMNS = (
    "tradingsymbol,amc,name,purchase_allowed,redemption_allowed,minimum_purchase_amount,purchase_amount_multiplier,"
    "minimum_additional_purchase_amount,minimum_redemption_quantity,redemption_quantity_multiplier,dividend_type,"
    "scheme_type,plan,settlement_type,last_price,last_price_date"
)
_RANGE_PERCENT = Decimal(10)


class Quotes:
    """The routes about the market."""

    def __init__(self, server: ZerodhaDialect) -> None:
        self._server = server
        self._exchange = server.exchange

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        """Quotes, candles, lists."""
        return (
            web.get("/quote", self.full),
            web.get("/quote/ohlc", self.ohlc),
            web.get("/quote/ltp", self.ltp),
            web.get("/instruments", self.all_instruments),
            web.get("/instruments/trigger_range/{side}", self.trigger_range),
            web.get("/instruments/historical/{token}/{interval}", self.candles),
            web.get("/instruments/{exchange}", self.some_instruments),
            web.get("/mf/instruments", self.funds),
            web.get("/mf/orders", self.nothing),
            web.get("/mf/sips", self.nothing),
            web.get("/mf/holdings", self.nothing),
        )

    # --- quotes ---------------------------------------------------------------------------------------------------

    async def full(self, request: web.Request) -> web.Response:
        """Everything, with depth."""
        found = self._found(request, _MOST_FULL)
        return success({key: self._full(name, quote) for key, name, quote in found})

    async def ohlc(self, request: web.Request) -> web.Response:
        """Last price and the day's figures."""
        found = self._found(request, _MOST_SMALL)
        return success({key: _small(name, quote) | {"ohlc": _ohlc(quote)} for key, name, quote in found})

    async def ltp(self, request: web.Request) -> web.Response:
        """Last price."""
        return success({key: _small(name, quote) for key, name, quote in self._found(request, _MOST_SMALL)})

    async def trigger_range(self, request: web.Request) -> web.Response:
        """Where a cover order's stop may lie."""
        side = request.match_info["side"]
        if side not in ("buy", "sell"):
            raise invalid("transaction_type")
        return success({key: _range(name, quote, side) for key, name, quote in self._found(request, _MOST_SMALL)})

    def _found(self, request: web.Request, most: int) -> list[tuple[str, Name, Quote]]:
        """Each asked key that has a price; the others are left out without a word."""
        self._server.sessions.check(request)
        keys = list(dict.fromkeys(request.query.getall("i", [])))
        if not keys:
            raise bad_input("Missing or empty field `i`")
        if len(keys) > most:
            raise bad_input(f"At most {most} instruments can be asked for at once.")
        found = []
        for key in keys:
            name = self._name(key)
            quote = None if name is None else self._exchange.book.quote(name.row)
            if name is not None and quote is not None:
                found.append((key, name, quote))
        return found

    def _name(self, key: str) -> Name | None:
        if key.isdecimal():
            return self._server.symbols.by_token(int(key))
        exchange, _, symbol = key.partition(":")
        return self._server.symbols.by_symbol(exchange, symbol)

    def _full(self, name: Name, quote: Quote) -> Json:
        is_index = self._server.symbols.instrument(name).kind is InstrumentKind.INDEX
        head = {
            "instrument_token": name.token,
            "timestamp": moment(self._server.now()),
            "last_price": number(quote.last_price),
            "net_change": number(quote.change),
            "ohlc": _ohlc(quote),
        }
        if is_index:
            return head
        depth, interest = quote.depth, quote.open_interest or 0
        return head | {
            "last_trade_time": optional_moment(quote.time),
            "last_quantity": quote.last_quantity or 0,
            "average_price": number(from_paise(average_paise(self._exchange.book, name.row))),
            "volume": quote.volume or 0,
            "buy_quantity": depth.total_bid_quantity,
            "sell_quantity": depth.total_ask_quantity,
            "oi": interest,
            "oi_day_high": interest,
            "oi_day_low": interest,
            "lower_circuit_limit": number(quote.lower_circuit),
            "upper_circuit_limit": number(quote.upper_circuit),
            "depth": {"buy": _levels(depth.bids), "sell": _levels(depth.asks)},
        }

    # --- candles --------------------------------------------------------------------------------------------------

    async def candles(self, request: web.Request) -> web.Response:
        """Bars of one instrument that begin from ``from`` up to and including ``to``."""
        self._server.sessions.check(request)
        token, interval = request.match_info["token"], request.match_info["interval"]
        name = self._server.symbols.by_token(int(token)) if token.isdecimal() else None
        if name is None:
            raise bad_input("Invalid `instrument_token`.")
        if interval not in _INTERVALS:
            raise invalid("interval")
        length, most_days = _INTERVALS[interval]
        start, end = _time(request, "from"), _time(request, "to")
        if end < start:
            raise bad_input("`from` is after `to`.")
        if end - start > timedelta(days=most_days):
            raise bad_input(f"interval exceeds max limit: {most_days} days")
        instrument = self._server.symbols.instrument(name)
        if _flag(request, "continuous") and (instrument.kind is not InstrumentKind.FUTURE or length is not Interval.D1):
            raise bad_input("`continuous` is for futures and the day interval only.")
        with_interest = _flag(request, "oi")
        if length is Interval.D1:
            local = ist(start)
            start = local.replace(hour=0, minute=0, second=0).astimezone(UTC)
        bars = await past_bars(self._exchange, instrument.id, length, start, end + timedelta(seconds=1))
        return success({"candles": [_candle(bar, with_interest) for bar in bars]})

    # --- lists ----------------------------------------------------------------------------------------------------

    async def all_instruments(self, request: web.Request) -> web.Response:
        """Every exchange."""
        self._server.sessions.check(request)
        return _csv(self._server.symbols.csv_text(None))

    async def some_instruments(self, request: web.Request) -> web.Response:
        """One exchange."""
        self._server.sessions.check(request)
        exchange = request.match_info["exchange"]
        if exchange not in _EXCHANGES:
            raise invalid("exchange")
        return _csv(self._server.symbols.csv_text(exchange))

    async def funds(self, request: web.Request) -> web.Response:
        """No mutual fund is listed: a header without rows."""
        self._server.sessions.check(request)
        return _csv(_FUND_COLUMNS + "\n")

    async def nothing(self, request: web.Request) -> web.Response:
        """Nobody holds or orders mutual funds here."""
        self._server.sessions.check(request)
        return success([])


_EXCHANGES = frozenset({"NSE", "BSE", "NFO", "BFO", "CDS", "BCD", "MCX", "NCO"})


def _small(name: Name, quote: Quote) -> Json:
    return {"instrument_token": name.token, "last_price": number(quote.last_price)}


def _ohlc(quote: Quote) -> Json:
    return {
        "open": number(quote.open),
        "high": number(quote.high),
        "low": number(quote.low),
        "close": number(quote.previous_close),
    }


def _levels(levels: Sequence[DepthLevel]) -> list[Json]:
    rows = [{"price": number(one.price), "quantity": one.quantity, "orders": one.orders} for one in levels]
    return rows + [{"price": 0, "quantity": 0, "orders": 0}] * (DEPTH_LEVELS - len(rows))


def _range(name: Name, quote: Quote, side: str) -> Json:
    last = quote.last_price or Decimal(0)
    far = last * (100 - _RANGE_PERCENT if side == "buy" else 100 + _RANGE_PERCENT) / 100
    lower, upper = sorted((far, last))
    return {
        "instrument_token": name.token,
        "lower": number(lower),
        "upper": number(upper),
        "percentage": number(_RANGE_PERCENT),
    }


def _candle(bar: Bar, with_interest: bool) -> list[object]:
    prices = [number(one) for one in (bar.open, bar.high, bar.low, bar.close)]
    candle: list[object] = [f"{ist(bar.start):%Y-%m-%dT%H:%M:%S%z}", *prices, bar.volume]
    return [*candle, bar.open_interest or 0] if with_interest else candle


def _time(request: web.Request, field: str) -> datetime:
    text = request.query.get(field, "").strip()
    for form in ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d"):
        try:
            return datetime.strptime(text, form).replace(tzinfo=IST).astimezone(UTC)
        except ValueError:
            continue
    raise bad_input(f"Invalid `{field}` date.")


def _flag(request: web.Request, field: str) -> bool:
    value = request.query.get(field, "0")
    if value not in ("0", "1"):
        raise invalid(field)
    return value == "1"


def _csv(text: str) -> web.Response:
    return web.Response(
        body=gzip.compress(text.encode(), compresslevel=1),
        headers={"Content-Encoding": "gzip", "Content-Type": "text/csv; charset=utf-8"},
    )
