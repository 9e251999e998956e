"""What every dialect has: a server on loopback, clients with accounts at the exchange, dials, throttling, sockets.

A dialect subclasses ``DialectServer`` and gives: ``broker``, ``limits``, ``new_client`` (credentials), ``routes``, ``addresses`` (keys of
the printed line beside ``broker`` and ``credentials``), ``render`` and ``refusal`` (errors in the broker's envelope and words), ``budget``,
``caller`` and ``is_order_write`` (about a request), ``on_event`` (an account changed) and ``on_step`` (the market moved).
Handlers raise ``Refusal`` to answer with an error; all else about a call (dials, limits, lost answers) happens around them.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
import socket
import tempfile
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from typing import Any, ClassVar, Protocol

import msgspec
from aiohttp import WSMessage, web

from terminal_app.domain.errors import BhavError, ConfigError
from terminal_app.domain.ids import AccountId, InstrumentId
from terminal_app.simulator.accounts import HeldShares
from terminal_app.simulator.dialects.certificate import make_certificate, server_context
from terminal_app.simulator.dialects.channel import Channel, Frame, UpdateOrder
from terminal_app.simulator.dialects.clients import Client, totp
from terminal_app.simulator.dialects.dials import Dials, LossRule
from terminal_app.simulator.dialects.throttle import Limits, Throttle
from terminal_app.simulator.dialects.tokens import CodeBook, TokenBook
from terminal_app.simulator.events import AccountEvent
from terminal_app.simulator.exchange import SimulatedExchange
from terminal_app.simulator.steps import MarketStep
from terminal_app.simulator.venue import Venue

FUNDS = Decimal(1_000_000)
"""Rupees that every client begins with."""
DIALS_PATH = "/_dials"

_MOST_BODY_BYTES = 4 << 20
_LONGEST_HANG_S = 120.0
_SHUTDOWN_S = 0.5

_log = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Dialect(Protocol):
    """One broker's wire over a simulated market."""

    fills_in: bool

    @property
    def dials(self) -> Dials:
        """What goes wrong on demand."""
        ...

    async def start(self, host: str = "127.0.0.1", port: int = 0, tls: bool = False) -> Mapping[str, Any]:
        """Listen; the keys of the line that ``bhav simulate`` prints. Port 0 picks one. Raises ConfigError."""
        ...

    async def aclose(self) -> None:
        """Stop listening and close every socket. The venue goes on: it belongs to who made it."""
        ...


class Refusal(Exception):
    """Answer with an error. ``code`` is the broker's; status 0 and an empty message take what is usual for it."""

    def __init__(self, code: str, message: str = "", status: int = 0) -> None:
        super().__init__(message or code)
        self.code = code
        self.message = message
        self.status = status


class Standing(StrEnum):
    """Refusals that every broker knows, each in its own words (``DialectServer.refusal``)."""

    TOO_MANY = "TOO_MANY"
    ADDRESS_MISSING = "ADDRESS_MISSING"
    ADDRESS_OTHER = "ADDRESS_OTHER"
    NOT_FOUND = "NOT_FOUND"
    WRONG_METHOD = "WRONG_METHOD"
    BAD_REQUEST = "BAD_REQUEST"
    TOO_LARGE = "TOO_LARGE"
    CRASHED = "CRASHED"


class DialectServer(ABC):
    """The common part of all dialects; see the module for what a subclass gives.

    ``venue`` is the market, shared with whoever else trades on it. ``clients`` are added before ``start``. Exchange time is ``now()``.
    ``tokens`` and ``codes`` end by it. ``channels`` are the open sockets.
    """

    broker: ClassVar[str]
    limits: ClassVar[Limits]

    def __init__(self, venue: Venue) -> None:
        self.venue = venue
        self.exchange: SimulatedExchange = venue.exchange
        self.dials = Dials()
        self.fills_in = False
        """Whether the login page comes with the client's credentials in its fields, for a demo."""
        self.clients: list[Client] = []
        self.tokens = TokenBook(self.now)
        self.codes = CodeBook(self.now)
        self.throttle = Throttle(self.limits)
        self.updates = UpdateOrder(self.dials)
        self.channels: set[Channel] = set()
        self.calls: Counter[str] = Counter()
        self._runner: web.AppRunner | None = None
        self._folder: Path | None = None
        self._closing = asyncio.Event()

    # --- what a subclass gives ------------------------------------------------------------------------------------

    @abstractmethod
    def new_client(self, redirect_url: str) -> Client:
        """Make up a client with everything that the broker's login asks for."""

    @abstractmethod
    def routes(self) -> Sequence[web.AbstractRouteDef]:
        """All routes but the dials'."""

    @abstractmethod
    def addresses(self, http: str, ws: str) -> Mapping[str, str]:
        """The address keys of the line; ``http`` and ``ws`` are scheme, host and port without a slash."""

    @abstractmethod
    def render(self, refusal: Refusal) -> web.Response:
        """An error in the broker's envelope."""

    @abstractmethod
    def refusal(self, standing: Standing) -> Refusal:
        """The broker's own words for what every broker refuses."""

    @abstractmethod
    def budget(self, request: web.Request) -> str | None:
        """The class of ``limits`` that a call counts in; None for pages and upgrades, which are not counted."""

    @abstractmethod
    def caller(self, request: web.Request) -> str:
        """Whose calls are counted together."""

    @abstractmethod
    def is_order_write(self, request: web.Request) -> bool:
        """Whether the broker takes this call from registered addresses only."""

    @abstractmethod
    def on_event(self, client: Client, event: AccountEvent) -> None:
        """Something happened to a client's account."""

    @abstractmethod
    def on_step(self, step: MarketStep) -> None:
        """The market moved, and was matched."""

    # --- life -----------------------------------------------------------------------------------------------------

    def add_client(self) -> Client:
        """One more client with an account of its own; the first is made at start."""
        client = self.new_client(f"http://127.0.0.1:{_free_port()}/bhav/{self.broker}")
        self.clients.append(client)
        self.exchange.open_account(client.account, None, FUNDS, partial(self.on_event, client))
        return client

    def filled_in(self, client: Client | None) -> Mapping[str, str]:
        """What stands in the fields of the login page when it is opened."""
        if client is None or not self.fills_in:
            return {}
        seed = client.credentials.get("totp_seed")
        return {**client.credentials, **({"totp": totp(seed, time.time())} if seed else {})}

    def new_account(self, client_id: str) -> AccountId:
        """The name of a client's account at the exchange."""
        return AccountId(f"{self.broker}:{client_id}")

    async def start(self, host: str = "127.0.0.1", port: int = 0, tls: bool = False) -> Mapping[str, Any]:
        """Listen on loopback. Raises ConfigError for another host or a port that is taken."""
        if not _is_loopback(host):
            raise ConfigError("host", "A dialect listens on this computer only.")
        if not self.clients:
            self.add_client()
        await self.venue.start()
        self.venue.check()
        self.venue.listen(self.on_step)
        context = None
        if tls:
            self._folder = Path(tempfile.mkdtemp(prefix="bhav-certificate-"))
            context = server_context(make_certificate(self._folder))
        self._runner = web.AppRunner(self._application(), access_log=None, shutdown_timeout=_SHUTDOWN_S)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, host, port, ssl_context=context, reuse_address=True).start()
        except OSError as error:
            await self.aclose()
            raise ConfigError("port", f"Port {port} cannot be listened on: {error.strerror}.") from error
        return self._line(host, tls)

    async def aclose(self) -> None:
        """Stop; the clients' accounts leave the exchange. Calling it again changes nothing."""
        self._closing.set()
        self.updates.cancel()
        for channel in tuple(self.channels):
            await channel.aclose()
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()
            self.venue.forget(self.on_step)
        for client in self.clients:
            self.exchange.close_account(client.account)
        self.clients.clear()
        folder, self._folder = self._folder, None
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)

    def now(self) -> datetime:
        """Exchange time, aware UTC."""
        return self.exchange.now

    def _application(self) -> web.Application:
        app = web.Application(middlewares=[self._around], client_max_size=_MOST_BODY_BYTES)
        app.add_routes([web.route("*", DIALS_PATH, self._answer_dials), *self.routes()])
        return app

    def _line(self, host: str, tls: bool) -> Mapping[str, Any]:
        assert self._runner is not None
        bound = self._runner.addresses[0][1]
        place = f"[{host}]:{bound}" if ":" in host else f"{host}:{bound}"
        line: dict[str, Any] = {
            "broker": self.broker,
            **self.addresses(f"{'https' if tls else 'http'}://{place}", f"{'wss' if tls else 'ws'}://{place}"),
            "credentials": dict(self.clients[0].credentials),
        }
        if self._folder is not None:
            line["ca"] = str(self._folder / "cert.pem")
        return line

    # --- sockets --------------------------------------------------------------------------------------------------

    async def serve_channel(
        self,
        request: web.Request,
        client: Client,
        on_message: Callable[[Channel, WSMessage], None],
        on_open: Callable[[Channel], None] | None = None,
        heartbeat: tuple[float, Frame] | None = None,
    ) -> web.StreamResponse:
        """Upgrade a request to a socket of ``client`` and serve it to its end; ``heartbeat`` is sent after so many idle seconds."""
        channel = Channel(client, self.dials, heartbeat)
        self.channels.add(channel)
        try:
            opened = None if on_open is None else partial(on_open, channel)
            return await channel.serve(request, partial(on_message, channel), opened)
        finally:
            self.channels.discard(channel)

    def tell(self, channels: Callable[[], Sequence[Channel]], text: str) -> None:
        """Send one order message to the channels of the moment, in the order that the dials want."""

        def send() -> None:
            for channel in channels():
                channel.send(text)

        self.updates.tell(send)

    # --- around every call ----------------------------------------------------------------------------------------

    @web.middleware
    async def _around(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path == DIALS_PATH:
            return await handler(request)
        route = f"{request.method} {request.path}"
        self.calls[route] += 1
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await self._upgrade(request, handler)
        loss = self.dials.request_loss(route)
        if loss is not None:
            return await self._lose(request, loss)
        answer = await self._answer(request, handler, route)
        delay_s = self.dials.delay_s(route)
        if delay_s:
            await self._wait(delay_s)
        loss = self.dials.answer_loss(route)
        return answer if loss is None else await self._lose(request, loss)

    async def _upgrade(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if self.dials.uses("refuse_sockets"):
            return web.Response(status=403, text="Forbidden")
        try:
            return await handler(request)
        except Refusal as refusal:
            return self.render(refusal)

    async def _answer(self, request: web.Request, handler: Handler, route: str) -> web.StreamResponse:
        rule = self.dials.error(route)
        if rule is not None and rule.body is not None:
            return web.Response(status=rule.status or 502, text=rule.body, content_type="text/html")
        try:
            if rule is not None:
                raise Refusal(rule.code, rule.message, rule.status)
            self._check_limits(request)
            self.venue.check()
            return await handler(request)
        except Refusal as refusal:
            return self.render(refusal)
        except web.HTTPRedirection:
            raise
        except web.HTTPException as error:
            return self.render(self.refusal(_STANDING.get(error.status, Standing.BAD_REQUEST)))
        except Exception as error:  # noqa: BLE001 - the boundary of a call: it is answered and reported
            _log.exception("%s could not be answered", route)
            crash = self.refusal(Standing.CRASHED)
            crash.message = crash.message or str(error)
            return self.render(crash)

    def _check_limits(self, request: web.Request) -> None:
        budget = self.budget(request)
        if budget is None:
            return
        if self.dials.uses("throttle_next"):
            raise self.refusal(Standing.TOO_MANY)
        if self.dials.throttled and not self.throttle.takes(budget, self.caller(request)):
            raise self.refusal(Standing.TOO_MANY)
        if self.dials.static_ip != "accepted" and self.is_order_write(request):
            missing = self.dials.static_ip == "missing"
            raise self.refusal(Standing.ADDRESS_MISSING if missing else Standing.ADDRESS_OTHER)

    async def _lose(self, request: web.Request, loss: LossRule) -> web.StreamResponse:
        if loss.how == "hang":
            await self._wait(_LONGEST_HANG_S)
        if request.transport is not None:
            request.transport.abort()
        return web.Response()

    async def _wait(self, seconds: float) -> None:
        """Wait, but not longer than the server lives."""
        try:
            await asyncio.wait_for(self._closing.wait(), seconds)
        except TimeoutError:
            return

    # --- dials ----------------------------------------------------------------------------------------------------

    async def _answer_dials(self, request: web.Request) -> web.Response:
        if not _is_loopback(request.remote or "") or "Origin" in request.headers:  # no web page turns dials either
            return web.json_response({"error": "from this computer only"}, status=403)
        if request.method not in ("GET", "POST"):
            return web.json_response({"error": "GET or POST"}, status=405)
        try:
            body = msgspec.json.decode(await request.read() or b"{}", type=dict[str, Any])
            self.turn(body)
        except (msgspec.MsgspecError, BhavError, ValueError, ArithmeticError) as error:
            return web.json_response({"error": str(error)}, status=400)
        return web.Response(body=msgspec.json.encode(self.state()), content_type="application/json")

    def state(self) -> dict[str, Any]:
        """All dials, and how often each route was called."""
        return {**msgspec.to_builtins(self.dials), "calls": dict(self.calls), "now": self.now().isoformat()}

    def turn(self, wanted: dict[str, Any]) -> None:
        """Turn dials and do actions, as ``POST /_dials`` does. Raises what says that it cannot be understood."""
        actions = {name: wanted[name] for name in _ACTIONS if name in wanted}
        if actions.get("reset"):
            self.dials.reset()
            self.calls.clear()
            self.throttle.reset()
        self.dials.change({name: value for name, value in wanted.items() if name not in actions})
        if actions.get("expire_tokens"):
            self.tokens.revoke_all()
        if actions.get("drop_sockets"):
            for channel in tuple(self.channels):
                channel.cut()
        for name, held in actions.get("give_holdings", {}).items():
            self.give_holding(InstrumentId.parse(name), msgspec.convert(held, HeldGift))

    def give_holding(self, id: InstrumentId, held: HeldGift) -> None:
        """Put shares into every client's demat account. Raises ConfigError where they are not listed."""
        row = self.exchange.book.row(id)
        if row is None:
            raise ConfigError("give_holdings", f"{id} is not listed at this exchange.")
        for client in self.clients:
            account = self.exchange.account(client.account)
            account.instruments[id] = self.exchange.book.instrument(row)
            account.holdings[id] = HeldShares(held.quantity, held.t1_quantity, held.average_price)


class HeldGift(msgspec.Struct, forbid_unknown_fields=True):
    """Shares of the dial ``give_holdings``."""

    quantity: int
    t1_quantity: int = 0
    average_price: Decimal = Decimal(100)


_ACTIONS = ("expire_tokens", "drop_sockets", "reset", "give_holdings")
_STANDING = {404: Standing.NOT_FOUND, 405: Standing.WRONG_METHOD, 413: Standing.TOO_LARGE}


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _free_port() -> int:
    """A port that nobody listens on now: for a redirect address, on which the program under test may listen."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
    return port
