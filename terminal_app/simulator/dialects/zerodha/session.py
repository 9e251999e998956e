"""Kite's login: the page, the exchange of its one-time token, who is logged in, and the end of a session."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from aiohttp import web

from terminal_app.domain.clock import IST, ist
from terminal_app.simulator.dialects.base import Refusal
from terminal_app.simulator.dialects.clients import Client, letters
from terminal_app.simulator.dialects.login_page import PageField, login_page, plain_page, with_query
from terminal_app.simulator.dialects.tokens import Token
from terminal_app.simulator.dialects.zerodha.errors import INPUT, TOKEN, bad_input
from terminal_app.simulator.dialects.zerodha.wire import Json, moment, success

if TYPE_CHECKING:
    from terminal_app.simulator.dialects.zerodha.server import ZerodhaDialect

LOGIN_PATH = "/connect/login"
API_VERSION = "3"

_FIELDS = (
    PageField("client_id", "User ID"),
    PageField("password", "Password"),
    PageField("totp", "TOTP code"),
)
_DIES_AT = time(6, 0)
_TOKEN_LENGTH = 32
_USED = "Token is invalid or has expired."
_BAD_CHECKSUM = "Invalid `checksum`."


class Sessions:
    """The routes of login and logout, and the check of every other call."""

    def __init__(self, server: ZerodhaDialect) -> None:
        self._server = server

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        """Pages and calls."""
        return (
            web.get(LOGIN_PATH, self.show_page),
            web.post(LOGIN_PATH, self.log_in),
            web.post("/session/token", self.exchange_token),
            web.delete("/session/token", self.end_session),
            web.post("/session/refresh_token", self.renew),
            web.get("/user/profile", self.profile),
            web.get("/user/profile/full", self.profile),
        )

    # --- pages ----------------------------------------------------------------------------------------------------

    async def show_page(self, request: web.Request) -> web.Response:
        """The login form for an app."""
        client = self._app(request.query.get("api_key", ""))
        if client is None:
            return _page(plain_page("Kite", "Invalid `api_key`."), 400)
        if request.query.get("v") != API_VERSION:
            return _page(plain_page("Kite", "Invalid API version."), 400)
        return _page(self._form(dict(request.query)))

    async def log_in(self, request: web.Request) -> web.Response:
        """Check what was filled in; go to the app's redirect address."""
        form = {name: str(value) for name, value in (await request.post()).items()}
        client = self._app(form.get("api_key", ""))
        if client is None:
            return _page(plain_page("Kite", "Invalid `api_key`."), 400)
        echoed = parse_qsl(form.get("redirect_params", ""), keep_blank_values=True)
        if form.get("decision") == "deny" or self._server.dials.uses("deny_login"):
            raise web.HTTPFound(_redirect(client, [("status", "cancelled"), *echoed]))
        wrong = [one.label for one in _FIELDS if not client.accepts(one.name, form.get(one.name, ""))]
        if wrong:
            return _page(self._form(form, f"Invalid {wrong[0]}. Please try again."))
        code = self._server.codes.issue(client, letters(_TOKEN_LENGTH))
        raise web.HTTPFound(_redirect(client, [("status", "success"), ("request_token", code), *echoed]))

    def _form(self, query: dict[str, str], error: str = "") -> str:
        kept: dict[str, str] = {name: query[name] for name in ("v", "api_key", "redirect_params") if name in query}
        filled = self._server.filled_in(self._app(query.get("api_key", "")))
        return login_page("Kite by Zerodha", _FIELDS, kept, action=LOGIN_PATH, error=error, filled=filled)

    # --- calls ----------------------------------------------------------------------------------------------------

    async def exchange_token(self, request: web.Request) -> web.Response:
        """Trade a request token for an access token."""
        check_version(request)
        form = await request.post()
        api_key, code, checksum = (str(form.get(name, "")) for name in ("api_key", "request_token", "checksum"))
        for name, value in (("api_key", api_key), ("request_token", code), ("checksum", checksum)):
            if not value:
                raise bad_input(f"Missing or empty field `{name}`")
        client = self._app(api_key)
        if client is None:
            raise Refusal(TOKEN, "Invalid `api_key`.")
        if self._server.dials.uses("spent_code"):
            raise Refusal(TOKEN, _USED)
        wanted = hashlib.sha256((api_key + code + client.credentials["api_secret"]).encode()).hexdigest()
        if not hmac.compare_digest(wanted, checksum) or self._server.dials.uses("wrong_checksum"):
            raise Refusal(TOKEN, _BAD_CHECKSUM)
        if self._server.codes.take(code) is not client:
            raise Refusal(TOKEN, _USED)
        return success(self._session(self._issue(client)))

    async def renew(self, request: web.Request) -> web.Response:
        """Ordinary apps have no refresh tokens."""
        check_version(request)
        raise Refusal(TOKEN, "Invalid `refresh_token`.")

    async def end_session(self, request: web.Request) -> web.Response:
        """Log an app out; its sockets close."""
        check_version(request)
        client = self._app(request.query.get("api_key", ""))
        value = request.query.get("access_token", "")
        token = self._server.tokens.find(value)
        if client is None or token is None or token.client is not client:
            raise Refusal(TOKEN)
        self._server.tokens.revoke(value)
        self._server.ticker.drop_dead()
        return success(True)

    async def profile(self, request: web.Request) -> web.Response:
        """Who is logged in."""
        return success(self._person(self.check(request)))

    def check(self, request: web.Request) -> Client:
        """Whose call it is. Raises Refusal for a missing version or a dead token."""
        check_version(request)
        word, _, pair = request.headers.get("Authorization", "").partition(" ")
        api_key, _, value = pair.strip().partition(":")
        if word.lower() != "token":
            raise Refusal(TOKEN)
        return self.find(api_key, value).client

    def find(self, api_key: str, access_token: str) -> Token:
        """The living session. Raises Refusal."""
        token = self._server.tokens.find(access_token)
        if token is None or token.client.credentials["api_key"] != api_key:
            raise Refusal(TOKEN)
        return token

    def _app(self, api_key: str) -> Client | None:
        return next((one for one in self._server.clients if one.credentials["api_key"] == api_key), None)

    def _issue(self, client: Client) -> Token:
        """The token of the day: a second login finds the first one's, as long as it lives."""
        server = self._server
        life_s = server.dials.token_life_s
        living = server.tokens.living(client)
        if living is not None and life_s is None:
            return living
        expires_at = end_of_session(server.now()) if life_s is None else server.now() + timedelta(seconds=life_s)
        return server.tokens.issue(client, expires_at, letters(_TOKEN_LENGTH))

    def _session(self, token: Token) -> Json:
        return {
            **self._person(token.client),
            "api_key": token.client.credentials["api_key"],
            "access_token": token.value,
            "public_token": letters(_TOKEN_LENGTH),
            "refresh_token": "",
            "enctoken": letters(_TOKEN_LENGTH),
            "silo": "",
            "login_time": moment(token.issued_at),
        }

    def _person(self, client: Client) -> Json:
        return {
            "user_id": client.client_id,
            "user_type": "individual",
            "email": f"{client.client_id.lower()}@example.com",
            "user_name": f"Simulated {client.client_id}",
            "user_shortname": "Simulated",
            "broker": "ZERODHA",
            "exchanges": self._server.symbols.exchanges(),
            "products": ["CNC", "NRML", "MIS", "MTF", "CO"],
            "order_types": ["MARKET", "LIMIT", "SL", "SL-M"],
            "avatar_url": None,
            "meta": {"demat_consent": "consent" if self._server.dials.sale_authorised else ""},
        }


def end_of_session(at: datetime) -> datetime:
    """06:00 in India after ``at``."""
    local = ist(at)
    end = datetime.combine(local.date(), _DIES_AT, IST)
    return (end if local < end else end + timedelta(days=1)).astimezone(UTC)


def check_version(request: web.Request) -> None:
    """Every call names the version of the interface. Raises Refusal."""
    if request.headers.get("X-Kite-Version") != API_VERSION:
        raise Refusal(INPUT, "Invalid or missing header `X-Kite-Version`.")


def _redirect(client: Client, pairs: Sequence[tuple[str, str]]) -> str:
    return with_query(client.credentials["redirect_url"], [("action", "login"), ("type", "login"), *pairs])


def _page(html: str, status: int = 200) -> web.Response:
    return web.Response(text=html, status=status, content_type="text/html")
