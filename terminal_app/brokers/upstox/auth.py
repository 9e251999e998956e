"""Logging in at Upstox: the login page, the exchange of its code, and when a session ends."""

from __future__ import annotations

import base64
import hmac
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, parse_qsl, quote, urlencode, urlsplit, urlunsplit

import msgspec

from terminal_app.brokers.text import clean
from terminal_app.brokers.upstox.config import UpstoxCredentials
from terminal_app.brokers.upstox.fields import Fields, names
from terminal_app.brokers.upstox.line import Line
from terminal_app.domain.account import BrokerSession
from terminal_app.domain.clock import IST
from terminal_app.domain.errors import LoginFailed
from terminal_app.domain.login import LoginPrompter

_EXCHANGE = "/v2/login/authorization/token"
_TOKEN_FIELDS = names(
    "email exchanges products broker user_id user_name order_types user_type poa ddpi is_active access_token extended_token "
    "refresh_token refresh_token_expires_in expires_in token_type"
)
_JWT_PARTS = 3
_ENDS_AT = (3, 30)


async def log_in(line: Line, prompter: LoginPrompter) -> BrokerSession:
    """Have the user log in on the broker's page and exchange the code. Raises LoginError, BrokerError."""
    credentials = line.credentials
    state = secrets.token_urlsafe(24)
    shown = login_url(line.endpoints["login"], credentials, state)
    code = read_redirect(await prompter.authorize(shown, credentials.redirect_url), credentials.redirect_url, state)
    answer = await line.log_in(_EXCHANGE, exchange_form(credentials, code))
    session = read_session(answer.json(), datetime.now(UTC))
    line.use(session.values["access_token"])
    return session


def login_url(page: str, credentials: UpstoxCredentials, state: str) -> str:
    """The address of the login page. What ``page`` has in its query besides stays."""
    ours = {
        "response_type": "code",
        "client_id": credentials.api_key,
        "redirect_uri": credentials.redirect_url,
        "state": state,
    }
    parts = urlsplit(page)
    others = [(name, value) for name, value in parse_qsl(parts.query) if name not in ours]
    return urlunsplit(parts._replace(query=urlencode([*ours.items(), *others], quote_via=quote, safe="")))


def read_redirect(address: str, redirect: str, state: str) -> str:
    """The code in the address that the login page led to. Raises LoginFailed where it is not the answer to our question."""
    reached, expected = urlsplit(address), urlsplit(redirect)
    if (reached.scheme, reached.netloc, reached.path or "/") != (
        expected.scheme,
        expected.netloc,
        expected.path or "/",
    ):
        raise LoginFailed("The Upstox login led to another address than the registered one.")
    query = parse_qs(reached.query)
    answered = query.get("state", [""])
    if len(answered) != 1 or not hmac.compare_digest(answered[0].encode(), state.encode()):
        raise LoginFailed("The answer of the Upstox login does not belong to this login: nothing was done with it.")
    if "error" in query or "error_description" in query:
        said = (query.get("error_description") or query["error"])[0]
        raise LoginFailed(f"Upstox refused the login: {clean(said)}.")
    codes = query.get("code", [])
    if len(codes) != 1 or not codes[0]:
        raise LoginFailed("The Upstox login came back without a code.")
    return codes[0]


def exchange_form(credentials: UpstoxCredentials, code: str) -> list[tuple[str, str]]:
    """What the code is exchanged with. It is spent even where that fails."""
    return [
        ("code", code),
        ("client_id", credentials.api_key),
        ("client_secret", credentials.api_secret),
        ("redirect_uri", credentials.redirect_url),
        ("grant_type", "authorization_code"),
    ]


def read_session(answer: Any, now: datetime) -> BrokerSession:
    """The session that a token answer opens. Raises ProtocolError, LoginFailed for an account that is not active."""
    fields = Fields(answer, "token answer", _TOKEN_FIELDS)
    token = fields.text("access_token")
    values = {"access_token": token, "user_id": fields.text("user_id")}
    if not fields.flag("is_active"):
        raise LoginFailed("Upstox says that this account is not active.")
    may_sell = fields.flag("poa") or (fields.has("ddpi") and fields.flag("ddpi"))
    if may_sell or fields.has("ddpi"):
        values["may_sell"] = "yes" if may_sell else "no"
    return BrokerSession(expiry_of(token, now), values)


def expiry_of(token: str, now: datetime) -> datetime:
    """When a token dies, aware UTC: what it says itself, else the next 03:30 in India."""
    said = _claimed_expiry(token)
    if said is not None:
        return said
    local = now.astimezone(IST)
    end = local.replace(hour=_ENDS_AT[0], minute=_ENDS_AT[1], second=0, microsecond=0)
    return (end if end > local else end + timedelta(days=1)).astimezone(UTC)


def _claimed_expiry(token: str) -> datetime | None:
    parts = token.split(".")
    if len(parts) != _JWT_PARTS:
        return None
    try:
        claims = msgspec.json.decode(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        return datetime.fromtimestamp(claims["exp"], UTC)
    except (ValueError, TypeError, KeyError, OverflowError, OSError, msgspec.DecodeError):
        return None
