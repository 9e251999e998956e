"""The Zerodha dialect: all parts of Kite's wire on one port."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from urllib.parse import urlencode

from aiohttp import web

from terminal_app.simulator.dialects.base import DialectServer, Refusal, Standing
from terminal_app.simulator.dialects.clients import Client, digits, letters, new_totp_seed
from terminal_app.simulator.dialects.throttle import Limit, Limits
from terminal_app.simulator.dialects.zerodha import errors
from terminal_app.simulator.dialects.zerodha.money import Money
from terminal_app.simulator.dialects.zerodha.order_book import OrderBook
from terminal_app.simulator.dialects.zerodha.portfolio import Portfolio
from terminal_app.simulator.dialects.zerodha.quotes import Quotes
from terminal_app.simulator.dialects.zerodha.session import API_VERSION, LOGIN_PATH, Sessions
from terminal_app.simulator.dialects.zerodha.symbols import SymbolTable
from terminal_app.simulator.dialects.zerodha.ticker import Ticker
from terminal_app.simulator.dialects.zerodha.triggers import TriggerStore
from terminal_app.simulator.dialects.zerodha.wire import failure
from terminal_app.simulator.events import AccountEvent
from terminal_app.simulator.steps import MarketStep
from terminal_app.simulator.venue import Venue

_WRITES = frozenset({"POST", "PUT", "DELETE"})
_QUOTE, _HISTORY, _ORDER, _OTHER = "quote", "history", "order", "other"


class ZerodhaDialect(DialectServer):
    """Kite Connect 3: REST, login page, depository page and socket share the port."""

    broker: ClassVar[str] = "zerodha"
    limits: ClassVar[Limits] = {
        _QUOTE: (Limit(1, 1.0),),
        _HISTORY: (Limit(3, 1.0),),
        _ORDER: (Limit(10, 1.0), Limit(400, 60.0)),
        _OTHER: (Limit(10, 1.0),),
    }

    def __init__(self, venue: Venue) -> None:
        super().__init__(venue)
        self.symbols = SymbolTable(venue.exchange)
        self.ticker = Ticker(self)
        self.sessions = Sessions(self)
        self.orders = OrderBook(self)
        self.triggers = TriggerStore(self)
        self.portfolio = Portfolio(self)
        self.money = Money(self)
        self.quotes = Quotes(self)

    def new_client(self, redirect_url: str) -> Client:
        """Two letters and four digits, an app with its key and secret, a password and a TOTP seed."""
        client_id = letters(2, "ABCDEFGHJKLMNPQRSTUVWXYZ") + digits(4)
        credentials = {
            "api_key": letters(16),
            "api_secret": letters(32),
            "client_id": client_id,
            "password": letters(12),
            "totp_seed": new_totp_seed(),
            "redirect_url": redirect_url,
        }
        return Client(client_id, self.new_account(client_id), credentials)

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        """Everything; the socket is the root, as on ``ws.kite.trade``."""
        parts = (self.sessions, self.orders, self.triggers, self.portfolio, self.money, self.quotes)
        return (web.get("/", self._root), *(route for part in parts for route in part.routes()))

    async def _root(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await self.ticker.serve(request)
        raise self.refusal(Standing.NOT_FOUND)

    def addresses(self, http: str, ws: str) -> Mapping[str, str]:
        """The keys of the printed line."""
        query = urlencode({"v": API_VERSION, "api_key": self.clients[0].credentials["api_key"]})
        return {
            "rest": http,
            "login": f"{http}{LOGIN_PATH}?{query}",
            "feed": ws,
            "instruments": f"{http}/instruments",
        }

    def render(self, refusal: Refusal) -> web.Response:
        """Kite's envelope."""
        return failure(refusal)

    def refusal(self, standing: Standing) -> Refusal:
        """Kite's words."""
        return errors.standing(standing)

    def budget(self, request: web.Request) -> str | None:
        """Quotes, candles, order writes, and all else; pages are not counted."""
        path = request.path
        if path.startswith("/connect/"):
            return None
        if path.startswith("/quote"):
            return _QUOTE
        if path.startswith("/instruments/historical/"):
            return _HISTORY
        return _ORDER if self.is_order_write(request) else _OTHER

    def caller(self, request: web.Request) -> str:
        """The app, as its key says."""
        _, _, pair = request.headers.get("Authorization", "").partition(" ")
        return pair.partition(":")[0]

    def is_order_write(self, request: web.Request) -> bool:
        """Orders and triggers; Kite is taken to check both for the address."""
        return request.method in _WRITES and request.path.startswith(("/orders/", "/gtt/"))

    def on_event(self, client: Client, event: AccountEvent) -> None:
        """Follow the orders."""
        self.orders.on_event(client, event)

    def on_step(self, step: MarketStep) -> None:
        """Pass prices on, fire triggers, end what has lived its time."""
        self.ticker.on_step(step)
        self.triggers.on_market()
        self.orders.on_time()
        self.ticker.drop_dead()

    def turn(self, wanted: dict[str, Any]) -> None:
        """Turn dials; dead sessions lose their sockets."""
        super().turn(wanted)
        self.ticker.drop_dead()
