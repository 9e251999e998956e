"""The routes of everything that is asked: the user, money, portfolio, charges, prices, candles, options, the markets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from aiohttp import web

from terminal_app.domain.clock import ist
from terminal_app.simulator.dialects.clients import Client
from terminal_app.simulator.dialects.upstox import candles, requests
from terminal_app.simulator.dialects.upstox.contracts import Names
from terminal_app.simulator.dialects.upstox.errors import ApiRefusal, success
from terminal_app.simulator.dialects.upstox.market import Markets
from terminal_app.simulator.dialects.upstox.quotes import Quotes
from terminal_app.simulator.dialects.upstox.reports import Reports
from terminal_app.simulator.dialects.upstox.session import ClientSession
from terminal_app.simulator.exchange import SimulatedExchange

EXCHANGES = ("NSE", "NFO", "BSE", "BFO", "CDS", "BCD", "MCX", "NSCOM")
PRODUCTS = ("D", "I", "MTF")
ORDER_TYPES = ("MARKET", "LIMIT", "SL", "SL-M")

SessionOf = Callable[[web.Request], ClientSession]


def profile_of(client: Client) -> dict[str, Any]:
    """Who the client is, as the profile and the token answer show it."""
    return {
        "email": f"{client.client_id.lower()}@example.com",
        "exchanges": list(EXCHANGES),
        "products": list(PRODUCTS),
        "broker": "UPSTOX",
        "user_id": client.client_id,
        "user_name": f"Simulated Trader {client.client_id}",
        "order_types": list(ORDER_TYPES),
        "user_type": "individual",
        "poa": False,
        "ddpi": True,
        "is_active": True,
    }


class ReadRoutes:
    """Each function gives the session of a call or raises Refusal: ``account`` for a client's own affairs, ``holdings``
    for those that a read-only token may see too, ``market`` for what is everybody's.
    """

    def __init__(
        self,
        exchange: SimulatedExchange,
        names: Names,
        *,
        account: SessionOf,
        holdings: SessionOf,
        market: SessionOf,
    ) -> None:
        self._exchange = exchange
        self._names = names
        self._account = account
        self._holdings = holdings
        self._market = market
        self.quotes = Quotes(exchange, names)
        self.markets = Markets(exchange, names, self.quotes)
        self._reports = Reports(names)

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        """All of them."""
        return [*self._user_routes(), *self._price_routes(), *self._market_routes()]

    def _user_routes(self) -> Sequence[web.AbstractRouteDef]:
        return [
            web.get("/v2/user/profile", self._profile),
            web.get("/v2/user/get-funds-and-margin", self._funds_v2),
            web.get("/v3/user/get-funds-and-margin", self._funds),
            web.get("/v2/user/kill-switch", self._kill_switch),
            web.post("/v2/user/kill-switch", self._switch),
            web.get("/v2/portfolio/long-term-holdings", self._long_term_holdings),
            web.get("/v2/portfolio/short-term-positions", self._positions),
            web.get("/v3/portfolio/mtf-positions", self._mtf_positions),
            web.put("/v2/portfolio/convert-position", self._convert),
            web.post("/v2/charges/margin", self._margin),
            web.get("/v2/charges/brokerage", self._brokerage),
            web.get("/v2/charges/historical-trades", self._past_trades),
            web.get("/v2/trade/profit-loss/metadata", self._profit_count),
            web.get("/v2/trade/profit-loss/data", self._profits),
            web.get("/v2/trade/profit-loss/charges", self._profit_charges),
        ]

    def _price_routes(self) -> Sequence[web.AbstractRouteDef]:
        past, today = "/v3/historical-candle/{key}/{unit}/{interval}/{to}", "/v3/historical-candle/intraday/{key}"
        past_v2, today_v2 = "/v2/historical-candle/{key}/{interval}/{to}", "/v2/historical-candle/intraday/{key}"
        return [
            web.get("/v3/market-quote/ltp", self._ltp),
            web.get("/v3/market-quote/ohlc", self._ohlc),
            web.get("/v3/market-quote/option-greek", self._option_greeks),
            web.get("/v3/market-quote/quotes", self._full),
            web.get("/v2/market-quote/ltp", self._ltp_v2),
            web.get("/v2/market-quote/ohlc", self._ohlc_v2),
            web.get("/v2/market-quote/quotes", self._full_v2),
            web.get(today + "/{unit}/{interval}", self._candles_today),
            web.get(past, self._candles),
            web.get(past + "/{from}", self._candles),
            web.get(today_v2 + "/{interval}", self._candles_today),
            web.get(past_v2, self._candles),
            web.get(past_v2 + "/{from}", self._candles),
        ]

    def _market_routes(self) -> Sequence[web.AbstractRouteDef]:
        return [
            web.get("/v2/option/contract", self._contracts),
            web.get("/v2/option/chain", self._chain),
            web.get("/v2/market/status/{exchange}", self._status),
            web.get("/v2/market/holidays", self._holidays),
            web.get("/v2/market/holidays/{date}", self._holidays),
            web.get("/v2/market/timings/{date}", self._timings),
            web.get("/v2/instruments/search", self._search),
            web.get("/v2/expired-instruments/{what:.*}", self._expired),
        ]

    # --- the user -------------------------------------------------------------------------------------------------

    async def _profile(self, request: web.Request) -> web.Response:
        return success(profile_of(self._account(request).client))

    async def _funds(self, request: web.Request) -> web.Response:
        return success(self._account(request).portfolio.funds())

    async def _funds_v2(self, request: web.Request) -> web.Response:
        return success(self._account(request).portfolio.funds_v2(request.query.get("segment", "")))

    async def _kill_switch(self, request: web.Request) -> web.Response:
        return success(self._account(request).kill_switch())

    async def _switch(self, request: web.Request) -> web.Response:
        session = self._account(request)
        rows = await requests.json_body(request)
        if not isinstance(rows, list) or not rows:
            raise ApiRefusal("UDAPI1186", "The segments are required")
        session.switch(rows)
        return success(session.kill_switch())

    async def _long_term_holdings(self, request: web.Request) -> web.Response:
        return success(self._holdings(request).portfolio.holdings())

    async def _positions(self, request: web.Request) -> web.Response:
        return success(self._holdings(request).portfolio.positions())

    async def _mtf_positions(self, request: web.Request) -> web.Response:
        return success(self._holdings(request).portfolio.positions(only_mtf=True))

    async def _convert(self, request: web.Request) -> web.Response:
        session = self._account(request)
        body = await requests.json_object(request)
        key = session.portfolio.convert(body)
        name = requests.instrument(self._names, body.get("instrument_token"))
        session.tell_position(key)
        session.tell_position(key._replace(product=requests.product(name, body, "old_product")))
        return success({"status": "complete"})

    async def _margin(self, request: web.Request) -> web.Response:
        session = self._market(request)
        return success(session.portfolio.margin(await requests.json_object(request)))

    async def _brokerage(self, request: web.Request) -> web.Response:
        return success(self._market(request).portfolio.brokerage(request.query))

    async def _past_trades(self, request: web.Request) -> web.Response:
        session = self._account(request)
        rows, page = self._reports.past_trades(session.fills, request.query, ist(self._exchange.now).date())
        return success(rows, meta_data=page)

    async def _profit_count(self, request: web.Request) -> web.Response:
        return success(self._reports.profit_count(self._account(request).fills, request.query))

    async def _profits(self, request: web.Request) -> web.Response:
        rows, page = self._reports.profits(self._account(request).fills, request.query)
        return success(rows, meta_data=page)

    async def _profit_charges(self, request: web.Request) -> web.Response:
        return success(self._reports.profit_charges(self._account(request).fills, request.query))

    # --- prices ---------------------------------------------------------------------------------------------------

    async def _ltp(self, request: web.Request) -> web.Response:
        self._market(request)
        return success(await self.quotes.ltp(requests.keys(request.query)))

    async def _ltp_v2(self, request: web.Request) -> web.Response:
        self._market(request)
        return success(await self.quotes.ltp_v2(requests.keys(request.query)))

    async def _ohlc(self, request: web.Request) -> web.Response:
        self._market(request)
        return success(await self.quotes.ohlc(requests.keys(request.query), request.query.get("interval", "")))

    async def _ohlc_v2(self, request: web.Request) -> web.Response:
        self._market(request)
        return success(await self.quotes.ohlc_v2(requests.keys(request.query), request.query.get("interval", "")))

    async def _option_greeks(self, request: web.Request) -> web.Response:
        self._market(request)
        return success(await self.quotes.option_greeks(requests.keys(request.query)))

    async def _full(self, request: web.Request) -> web.Response:
        self._market(request)
        return success(await self.quotes.full_v3(requests.keys(request.query)))

    async def _full_v2(self, request: web.Request) -> web.Response:
        self._market(request)
        return success(await self.quotes.full(requests.keys(request.query)))

    async def _candles(self, request: web.Request) -> web.Response:
        self._look_at_token(request)
        wanted = request.match_info
        name = requests.instrument(self._names, wanted["key"], "instrument_key")
        last = candles.day_of(wanted["to"], "to_date")
        first = candles.day_of(wanted["from"], "from_date") if "from" in wanted else None
        return success(await candles.past(self._exchange, name, _length(request), first, last))

    def _look_at_token(self, request: web.Request) -> None:
        """Candles are public: a token is not needed, but a wrong one is refused."""
        if "Authorization" in request.headers:
            self._market(request)

    async def _candles_today(self, request: web.Request) -> web.Response:
        self._look_at_token(request)
        name = requests.instrument(self._names, request.match_info["key"], "instrument_key")
        return success(await candles.today(self._exchange, name, _length(request)))

    # --- the markets ----------------------------------------------------------------------------------------------

    async def _contracts(self, request: web.Request) -> web.Response:
        self._market(request)
        underlying = requests.instrument(self._names, request.query.get("instrument_key"), "instrument_key")
        text = request.query.get("expiry_date", "")
        expiry = candles.day_of(text, "expiry_date") if text else None
        return success(self.markets.contracts(underlying, expiry))

    async def _chain(self, request: web.Request) -> web.Response:
        self._market(request)
        underlying = requests.instrument(self._names, request.query.get("instrument_key"), "instrument_key")
        expiry = candles.day_of(request.query.get("expiry_date", ""), "expiry_date")
        return success(self.markets.chain(underlying, expiry))

    async def _status(self, request: web.Request) -> web.Response:
        self._market(request)
        return success(self.markets.status(request.match_info["exchange"]))

    async def _holidays(self, request: web.Request) -> web.Response:
        """Open to everybody, as the timings are."""
        text = request.match_info.get("date")
        return success(self.markets.holidays(None if text is None else _calendar_day(text)))

    async def _timings(self, request: web.Request) -> web.Response:
        return success(self.markets.timings(_calendar_day(request.match_info["date"])))

    async def _search(self, request: web.Request) -> web.Response:
        self._market(request)
        rows, page = self.markets.search(request.query)
        return success(rows, meta_data=page)

    async def _expired(self, request: web.Request) -> web.Response:
        self._market(request)
        raise ApiRefusal("UDAPI1149")


def _length(request: web.Request) -> candles.Length:
    wanted = request.match_info
    if "unit" in wanted:
        return candles.length_of(wanted["unit"], wanted["interval"])
    return candles.length_of_v2(wanted["interval"])


def _calendar_day(text: str) -> Any:
    try:
        return candles.day_of(text, "date")
    except ApiRefusal:
        raise ApiRefusal("UDAPI1088", field="date", value=text) from None
