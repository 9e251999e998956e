"""The Upstox dialect's server: the login, who may call what, and the sockets."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any, ClassVar
from urllib.parse import quote

from aiohttp import web
from msgspec import Struct

from terminal_app.domain.clock import ist
from terminal_app.simulator.dialects.base import DialectServer, Refusal, Standing
from terminal_app.simulator.dialects.channel import Beat, Channel
from terminal_app.simulator.dialects.clients import Client, digits, letters, new_totp_seed
from terminal_app.simulator.dialects.listing import Listing
from terminal_app.simulator.dialects.login_page import PageField, login_page, with_query
from terminal_app.simulator.dialects.throttle import Limit, Limits
from terminal_app.simulator.dialects.upstox.access import (
    READ_ONLY_LIFE,
    Signer,
    Ticket,
    Tickets,
    TokenKind,
    next_expiry,
)
from terminal_app.simulator.dialects.upstox.contracts import Names
from terminal_app.simulator.dialects.upstox.errors import ApiRefusal, answer_of, success
from terminal_app.simulator.dialects.upstox.market_feed import MarketFeed
from terminal_app.simulator.dialects.upstox.order_routes import OrderRoutes
from terminal_app.simulator.dialects.upstox.read_routes import ReadRoutes, profile_of
from terminal_app.simulator.dialects.upstox.requests import json_object
from terminal_app.simulator.dialects.upstox.session import ClientSession
from terminal_app.simulator.events import AccountEvent
from terminal_app.simulator.steps import MarketStep
from terminal_app.simulator.venue import Venue

MOST_SOCKETS = 2
"""Sockets of one user: counted for the market feed and for the portfolio stream apart."""
UPDATE_TYPES = frozenset({"order", "gtt_order", "position", "holding"})

_DIALOG = "/v2/login/authorization/dialog"
_MARKET_FEEDER = "/market-data-feeder/v3/upstox-developer-api/feeds"
_PORTFOLIO_FEEDER = "/portfolio-stream-feeder/feeds"
_FILES = "/market-quote/instruments/exchange"
_PING_S = 5.0
_OPENS_AT = timedelta(hours=5, minutes=30)
_FIELDS = (
    PageField("client_id", "User id"),
    PageField("totp", "Code of your authenticator"),
    PageField("pin", "6-digit PIN"),
)
_EXTENDED_PATHS = ("/v2/portfolio/", "/v3/portfolio/", "/v2/order/")
_STANDING = {
    Standing.TOO_MANY: Refusal("UDAPI10005"),
    Standing.ADDRESS_MISSING: Refusal(
        "UDAPI1154", "Access to this API is blocked due to static IP restrictions: no static IP is configured"
    ),
    Standing.ADDRESS_OTHER: Refusal("UDAPI1154"),
    Standing.NOT_FOUND: Refusal("UDAPI100060"),
    Standing.WRONG_METHOD: Refusal("UDAPI10000", status=405),
    Standing.BAD_REQUEST: Refusal("UDAPI100036"),
    Standing.TOO_LARGE: Refusal("UDAPI100038", "The request is too large", 413),
    Standing.CRASHED: Refusal("UDAPI100500"),
}


class _Grant(Struct, frozen=True):
    """What a token was given out for."""

    client: Client
    kind: TokenKind


class UpstoxDialect(DialectServer):
    """Upstox over a simulated market. One action of the dials is its own: ``{"mint_analytics_token": true}`` makes a
    read-only token for every client, shown under ``analytics_tokens``, as a user does by hand in Upstox's console.
    """

    broker: ClassVar[str] = "upstox"
    limits: ClassVar[Limits] = {
        "orders": (Limit(10, 1), Limit(500, 60), Limit(2000, 1800)),
        "others": (Limit(50, 1), Limit(500, 60), Limit(2000, 1800)),
    }

    def __init__(self, venue: Venue) -> None:
        super().__init__(venue)
        exchange = venue.exchange
        self._names = Names(exchange.source.instruments, exchange.margins, exchange.hours, Listing(exchange.hours))
        self._sessions: dict[str, ClientSession] = {}
        self._signer = Signer()
        self._grants: dict[str, _Grant] = {}
        self._redirects: dict[str, str] = {}
        self._tickets = Tickets()
        self._analytics: dict[str, str] = {}
        self._ws = ""
        self._orders = OrderRoutes(self._names, self._order_writer, self._order_reader)
        self._reads = ReadRoutes(
            exchange,
            self._names,
            account=self._account_reader,
            holdings=self._order_reader,
            market=self._market_reader,
        )
        self._feed = MarketFeed(exchange, self._names, self._reads.markets)
        self._market_sockets: dict[Channel, Ticket] = {}
        self._portfolio_sockets: dict[Channel, Ticket] = {}

    # --- what every dialect gives ---------------------------------------------------------------------------------

    def new_client(self, redirect_url: str) -> Client:
        """A user of the standard plan with an app of his own."""
        client_id = letters(2, "ABCDEFGHJKLMNPQRSTUVWXYZ") + digits(4)
        client = Client(
            client_id,
            self.new_account(client_id),
            {
                "api_key": str(uuid.uuid4()),
                "api_secret": letters(10),
                "client_id": client_id,
                "pin": digits(6),
                "totp_seed": new_totp_seed(),
                "redirect_url": redirect_url,
            },
        )
        self._sessions[client_id] = ClientSession(self.exchange, client, self._names, self.dials, self._tell_stream)
        return client

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        """All routes."""
        return [
            web.get(_DIALOG, self._dialog),
            web.post(_DIALOG, self._log_in),
            web.post("/v2/login/authorization/token", self._exchange_code),
            web.post("/v3/login/auth/token/request/{client_id}", self._request_approval),
            web.delete("/v2/logout", self._log_out),
            web.get("/v2/user/ip", self._addresses),
            web.put("/v2/user/ip", self._change_addresses),
            *self._orders.routes(),
            *self._reads.routes(),
            web.get("/v3/feed/market-data-feed/authorize", self._authorize_market),
            web.get("/v3/feed/market-data-feed", self._redirect_market),
            web.get("/v2/feed/portfolio-stream-feed/authorize", self._authorize_portfolio),
            web.get("/v2/feed/portfolio-stream-feed", self._redirect_portfolio),
            web.get("/v2/feed/market-data-feed/authorize", self._gone),
            web.get("/v2/feed/market-data-feed", self._gone),
            web.get(_MARKET_FEEDER, self._serve_market),
            web.get(_PORTFOLIO_FEEDER, self._serve_portfolio),
            web.get(_FILES + "/{name}.json.gz", self._file),
        ]

    def addresses(self, http: str, ws: str) -> Mapping[str, str]:
        """The address keys of the line."""
        self._ws = ws
        credentials = self.clients[0].credentials
        login = with_query(
            f"{http}{_DIALOG}",
            [
                ("response_type", "code"),
                ("client_id", credentials["api_key"]),
                ("redirect_uri", credentials["redirect_url"]),
            ],
        )
        return {
            "rest": http,
            "order_rest": http,
            "login": login,
            "feed": f"{ws}/v3/feed/market-data-feed",
            "order_feed": f"{ws}/v2/feed/portfolio-stream-feed",
            "instruments": f"{http}{_FILES}/complete.json.gz",
        }

    def render(self, refusal: Refusal) -> web.Response:
        """An error in the envelope."""
        return answer_of(refusal)

    def refusal(self, standing: Standing) -> Refusal:
        """Upstox's own words for what every broker refuses."""
        known = _STANDING[standing]
        return Refusal(known.code, known.message, known.status)

    def budget(self, request: web.Request) -> str | None:
        """Order writes together, everything else together; pages, files and sockets are not counted."""
        if request.path.startswith((_DIALOG, _FILES, _MARKET_FEEDER, _PORTFOLIO_FEEDER)):
            return None
        return "orders" if self.is_order_write(request) else "others"

    def caller(self, request: web.Request) -> str:
        """Whose calls are counted together."""
        grant = self._grants.get(_bearer(request))
        return request.remote or "" if grant is None else grant.client.client_id

    def is_order_write(self, request: web.Request) -> bool:
        """Place, modify, cancel, of many and of stored triggers too."""
        return request.method != "GET" and request.path.startswith(("/v2/order/", "/v3/order/"))

    def on_event(self, client: Client, event: AccountEvent) -> None:
        """Something happened to a client's account."""
        self._sessions[client.client_id].on_event(event)

    def on_step(self, step: MarketStep) -> None:
        """The market moved."""
        for session in self._sessions.values():
            session.on_time()
        self._feed.on_step(step)
        self._end_sockets()

    def turn(self, wanted: dict[str, Any]) -> None:
        """The dials, and the action of this dialect."""
        mints = wanted.pop("mint_analytics_token", False)
        super().turn(wanted)
        self._end_sockets()
        if mints:
            for client in self.clients:
                self._analytics[client.client_id] = self._issue(client, TokenKind.ANALYTICS)

    def state(self) -> dict[str, Any]:
        """The dials' state."""
        return {**super().state(), "analytics_tokens": dict(self._analytics)}

    # --- who may call what ----------------------------------------------------------------------------------------

    def _grant(self, request: web.Request) -> _Grant:
        """Whose living token a call carries. Raises Refusal."""
        value = _bearer(request)
        grant = self._grants.get(value)
        if grant is None or self.tokens.find(value) is None:
            raise Refusal("UDAPI100050")
        local = ist(self.now())
        if timedelta(hours=local.hour, minutes=local.minute) < _OPENS_AT:
            raise Refusal("UDAPI100072" if "get-funds-and-margin" in request.path else "UDAPI100074")
        return grant

    def _session(self, grant: _Grant) -> ClientSession:
        return self._sessions[grant.client.client_id]

    def _order_writer(self, request: web.Request) -> ClientSession:
        grant = self._grant(request)
        if grant.kind is not TokenKind.DAILY:
            raise Refusal("UDAPI100067")
        if "X-Algo-Name" in request.headers:
            raise ApiRefusal("UDAPI1156", field="X-Algo-Name", value=request.headers["X-Algo-Name"])
        session = self._session(grant)
        if not session.takes_orders_from(request.remote or ""):
            raise self.refusal(Standing.ADDRESS_OTHER)
        return session

    def _order_reader(self, request: web.Request) -> ClientSession:
        """Orders, positions and holdings: the extended token may read them."""
        grant = self._grant(request)
        self._check_analytics(grant)
        return self._session(grant)

    def _account_reader(self, request: web.Request) -> ClientSession:
        grant = self._grant(request)
        if grant.kind is TokenKind.EXTENDED:
            raise Refusal("UDAPI100067")
        self._check_analytics(grant)
        return self._session(grant)

    def _market_reader(self, request: web.Request) -> ClientSession:
        grant = self._grant(request)
        if grant.kind is TokenKind.EXTENDED:
            raise Refusal("UDAPI100067")
        return self._session(grant)

    def _check_analytics(self, grant: _Grant) -> None:
        if grant.kind is TokenKind.ANALYTICS and self.dials.static_ip != "accepted":
            raise Refusal("UDAPI1221")

    # --- login ----------------------------------------------------------------------------------------------------

    async def _dialog(self, request: web.Request) -> web.Response:
        self._app_of(request)
        return self._page(request)

    async def _log_in(self, request: web.Request) -> web.Response:
        client = self._app_of(request)
        redirect = client.credentials["redirect_url"]
        state = [("state", request.query["state"])] if "state" in request.query else []
        form = await request.post()
        if form.get("decision") == "deny" or self.dials.uses("deny_login"):
            denied = [("error", "access_denied"), ("error_description", "The user denied the access")]
            return web.Response(status=302, headers={"Location": with_query(redirect, [*denied, *state])})
        for field in _FIELDS:
            value = form.get(field.name)
            if not isinstance(value, str) or not client.accepts(field.name, value.strip()):
                return self._page(request, f"{field.label}: this is not right.")
        code = self.codes.issue(client, letters(6))
        return web.Response(status=302, headers={"Location": with_query(redirect, [("code", code), *state])})

    def _app_of(self, request: web.Request) -> Client:
        """The client whose app a dialog is opened for. Raises Refusal."""
        key = request.query.get("client_id", "")
        client = next((one for one in self.clients if one.credentials["api_key"] == key), None)
        if client is None or request.query.get("response_type", "code") != "code":
            raise ApiRefusal("UDAPI100016", field="client_id", value=key)
        redirect = request.query.get("redirect_uri", "")
        if not redirect:
            raise ApiRefusal("UDAPI100068", field="redirect_uri")
        if redirect != client.credentials["redirect_url"]:
            raise ApiRefusal("UDAPI100070", field="redirect_uri", value=redirect)
        return client

    def _page(self, request: web.Request, error: str = "") -> web.Response:
        action = with_query(_DIALOG, list(request.query.items()))
        filled = self.filled_in(self._app_of(request))
        return web.Response(
            text=login_page("Upstox", _FIELDS, {}, action=action, error=error, filled=filled), content_type="text/html"
        )

    async def _exchange_code(self, request: web.Request) -> web.Response:
        form = {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
        for name, missing in _TOKEN_FIELDS.items():
            if not form.get(name):
                raise ApiRefusal(missing, f"The {name} is required", field=name)
        owner = self.codes.take(form["code"])
        client = next((one for one in self.clients if one.credentials["api_key"] == form["client_id"]), None)
        if client is None or form["grant_type"] != "authorization_code":
            raise ApiRefusal("UDAPI100016", field="client_id")
        if self.dials.uses("wrong_checksum") or form["client_secret"] != client.credentials["api_secret"]:
            raise ApiRefusal("UDAPI100069", field="client_secret")
        if form["redirect_uri"] != client.credentials["redirect_url"]:
            raise ApiRefusal("UDAPI100070", field="redirect_uri", value=form["redirect_uri"])
        if owner is not client or self.dials.uses("spent_code"):
            raise ApiRefusal("UDAPI100057", field="code")
        answer = {
            **profile_of(client),
            "access_token": self._issue(client, TokenKind.DAILY),
            "extended_token": self._issue(client, TokenKind.EXTENDED),
        }
        return web.json_response(answer)

    async def _request_approval(self, request: web.Request) -> web.Response:
        """The approval flow without a redirect: the app here has no notifier to be told."""
        body = await json_object(request)
        key = request.match_info["client_id"]
        client = next((one for one in self.clients if one.credentials["api_key"] == key), None)
        if client is None or body.get("client_secret") != client.credentials["api_secret"]:
            raise ApiRefusal("UDAPI100069", field="client_secret")
        raise ApiRefusal("UDAPI1123")

    async def _log_out(self, request: web.Request) -> web.Response:
        self._grant(request)
        self._revoke(_bearer(request))
        return success(True)

    def _issue(self, client: Client, kind: TokenKind) -> str:
        now = self.now()
        expires_at = next_expiry(now) if kind is TokenKind.DAILY else now + READ_ONLY_LIFE
        life_s = self.dials.token_life_s
        if life_s is not None and kind is TokenKind.DAILY:
            expires_at = min(expires_at, now + timedelta(seconds=life_s))
        value = self._signer.token(client.client_id, kind, now, expires_at)
        self._grants[value] = _Grant(client, kind)
        self.tokens.issue(client, expires_at, value)
        return value

    def _revoke(self, token: str) -> None:
        self.tokens.revoke(token)
        self._grants.pop(token, None)
        self._end_sockets()

    # --- static addresses -----------------------------------------------------------------------------------------

    async def _addresses(self, request: web.Request) -> web.Response:
        return success(self._account_reader(request).addresses())

    async def _change_addresses(self, request: web.Request) -> web.Response:
        session = self._account_reader(request)
        session.change_addresses(await json_object(request))
        for value, grant in tuple(self._grants.items()):
            if grant.client is session.client and grant.kind is TokenKind.DAILY:
                self._revoke(value)
        return success(session.addresses(access_tokens_invalidated=True))

    # --- sockets --------------------------------------------------------------------------------------------------

    async def _authorize_market(self, request: web.Request) -> web.Response:
        return success(_redirect_data(self._market_address(request)))

    async def _redirect_market(self, request: web.Request) -> web.Response:
        return web.Response(status=307, headers={"Location": self._market_address(request)})

    async def _authorize_portfolio(self, request: web.Request) -> web.Response:
        return success(_redirect_data(self._portfolio_address(request)))

    async def _redirect_portfolio(self, request: web.Request) -> web.Response:
        return web.Response(status=307, headers={"Location": self._portfolio_address(request)})

    async def _gone(self, request: web.Request) -> web.Response:
        """The feed V2 was switched off on 22 Aug 2025."""
        raise ApiRefusal("UDAPI10000", "The market data feed V2 is discontinued: use V3", 410)

    def _market_address(self, request: web.Request) -> str:
        grant = self._grant(request)
        if grant.kind is TokenKind.EXTENDED:
            raise Refusal("UDAPI100067")
        return self._address(_MARKET_FEEDER, Ticket(grant.client, _bearer(request)))

    def _portfolio_address(self, request: web.Request) -> str:
        grant = self._grant(request)
        if grant.kind is not TokenKind.DAILY:
            raise Refusal("UDAPI100067")
        wanted = frozenset(request.query.get("update_types", "order").split(","))
        ticket = Ticket(grant.client, _bearer(request), wanted & UPDATE_TYPES or frozenset({"order"}))
        return self._address(_PORTFOLIO_FEEDER, ticket)

    def _address(self, path: str, ticket: Ticket) -> str:
        return f"{self._ws}{path}?requestId={uuid.uuid4()}&code={quote(self._tickets.issue(ticket))}"

    def _admit(self, request: web.Request, sockets: Iterable[Channel]) -> Ticket:
        """The ticket of an upgrade; ``sockets`` are the open ones of its kind. Raises Refusal."""
        ticket = self._tickets.spend(request.query.get("code", ""))
        if ticket is None or self.tokens.find(ticket.token) is None:
            raise Refusal("UDAPI100050", status=403)
        if sum(1 for one in sockets if one.client is ticket.client) >= MOST_SOCKETS:
            raise Refusal("UDAPI100036", "There are too many connections", 403)
        return ticket

    async def _serve_market(self, request: web.Request) -> web.StreamResponse:
        ticket = self._admit(request, self._market_sockets)

        def opened(channel: Channel) -> None:
            self._market_sockets[channel] = ticket
            self._feed.open(channel)

        try:
            return await self.serve_channel(request, ticket.client, self._feed.on_message, opened, (_PING_S, Beat.PING))
        finally:
            self._market_sockets = self._still_open(self._market_sockets)
            self._feed.retain(self.channels)

    async def _serve_portfolio(self, request: web.Request) -> web.StreamResponse:
        ticket = self._admit(request, self._portfolio_sockets)

        def opened(channel: Channel) -> None:
            self._portfolio_sockets[channel] = ticket

        try:
            return await self.serve_channel(
                request, ticket.client, lambda _channel, _message: None, opened, (_PING_S, Beat.PING)
            )
        finally:
            self._portfolio_sockets = self._still_open(self._portfolio_sockets)

    def _still_open(self, sockets: Mapping[Channel, Ticket]) -> dict[Channel, Ticket]:
        return {one: ticket for one, ticket in sockets.items() if one in self.channels}

    def _end_sockets(self) -> None:
        """Cut the sockets whose token is dead."""
        for channel, ticket in (*self._market_sockets.items(), *self._portfolio_sockets.items()):
            if self.tokens.find(ticket.token) is None:
                channel.cut()

    def _tell_stream(self, client: Client, message: dict[str, Any]) -> None:
        """Tell every portfolio stream of a client that asked for this kind."""
        kind = message["update_type"]

        def listening() -> Sequence[Channel]:
            sockets = self._portfolio_sockets.items()
            return [one for one, ticket in sockets if one.client is client and kind in ticket.updates]

        self.tell(listening, json.dumps(message))

    # --- files ----------------------------------------------------------------------------------------------------

    async def _file(self, request: web.Request) -> web.Response:
        """Instrument files: public, as application/gzip, with an ETag."""
        name = request.match_info["name"]
        if name not in _FILE_NAMES:
            raise Refusal("UDAPI100060")
        day = ist(self.now()).date()
        tag = f'"{name}-{day:%Y%m%d}-{len(self.exchange.source.instruments)}"'
        if request.headers.get("If-None-Match") == tag:
            return web.Response(status=304, headers={"ETag": tag})
        body = self._names.file(day, None if name == "complete" else name)
        return web.Response(body=body, content_type="application/gzip", headers={"ETag": tag})


_FILE_NAMES = frozenset({"complete", "NSE", "BSE", "MCX"})
_TOKEN_FIELDS = {
    "code": "UDAPI1017",
    "client_id": "UDAPI1018",
    "client_secret": "UDAPI1022",
    "redirect_uri": "UDAPI1023",
    "grant_type": "UDAPI1024",
}


def _bearer(request: web.Request) -> str:
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    return value.strip() if scheme.lower() == "bearer" else ""


def _redirect_data(address: str) -> dict[str, str]:
    return {"authorized_redirect_uri": address, "authorizedRedirectUri": address}
