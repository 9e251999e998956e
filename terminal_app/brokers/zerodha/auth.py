"""The login at Kite: the page, the redirect, the exchange of its token, and when the session ends."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from terminal_app.brokers.text import clean
from terminal_app.brokers.zerodha.config import ZerodhaCredentials
from terminal_app.brokers.zerodha.fields import Fields, moment
from terminal_app.domain.account import BrokerSession
from terminal_app.domain.clock import IST, ist
from terminal_app.domain.errors import ConfigError, LoginFailed

SESSION_ENDS_AT = time(6, 0)
"""On the Indian wall clock; every token of Kite's ends then."""

ACCESS_TOKEN, USER_ID, USER_NAME, LOGIN_TIME = "access_token", "user_id", "user_name", "login_time"


def new_state() -> str:
    """A random value for one login."""
    return secrets.token_urlsafe(32)


def login_url(page: str, api_key: str, state: str) -> str:
    """The address of the login page. ``state`` comes back in the redirect: Kite appends ``redirect_params`` to it."""
    parts = urlsplit(page)
    known = [(name, value) for name, value in parse_qsl(parts.query) if name not in ("v", "api_key", "redirect_params")]
    query = [("v", "3"), ("api_key", api_key), *known, ("redirect_params", urlencode({"state": state}))]
    return urlunsplit((parts.scheme, parts.netloc, parts.path, urlencode(query), ""))


def request_token(redirected: str, state: str) -> str:
    """The one-time token in the redirect. Raises LoginFailed where it is not the answer to this login or says no."""
    query = dict(parse_qsl(urlsplit(redirected).query, keep_blank_values=True))
    if not hmac.compare_digest(query.get("state", "").encode(), state.encode()):
        raise LoginFailed("The login was answered by a page that Bhav did not open, so it was not used. Log in again.")
    if query.get("status") != "success":
        said = clean(query.get("message") or query.get("error") or query.get("status", ""), 120)
        raise LoginFailed(f"Zerodha did not log in{f': {said}' if said else ''}.")
    token = query.get("request_token", "")
    if not token:
        raise LoginFailed("Zerodha's redirect carries no request token. Check the app in its developer console.")
    return token


def exchange_form(credentials: ZerodhaCredentials, token: str) -> list[tuple[str, str]]:
    """The form that trades a request token for a session."""
    checksum = hashlib.sha256((credentials.api_key + token + credentials.api_secret).encode()).hexdigest()
    return [("api_key", credentials.api_key), ("request_token", token), ("checksum", checksum)]


def read_session(data: Any, credentials: ZerodhaCredentials) -> BrokerSession:
    """The session in the answer to an exchange. Raises LoginFailed for another user's, ProtocolError."""
    fields = Fields(data, "session")
    user, wanted = fields.text("user_id"), credentials.client_id
    if wanted and user.casefold() != wanted.casefold():
        raise LoginFailed(f"You logged in as {clean(user, 20)}, and this account is for {wanted}: nothing was kept.")
    login_time = fields.text("login_time")
    values = {
        ACCESS_TOKEN: fields.text("access_token"),
        USER_ID: user,
        USER_NAME: fields.text_or("user_name"),
        LOGIN_TIME: login_time,
    }
    return BrokerSession(expires_at(moment(login_time, "session.login_time")), values)


def expires_at(logged_in_at: datetime) -> datetime:
    """The next 06:00 in India strictly after a login, as aware UTC."""
    local = ist(logged_in_at)
    end = datetime.combine(local.date(), SESSION_ENDS_AT, IST)
    return (end if end > local else end + timedelta(days=1)).astimezone(UTC)


def stored_token(values: Mapping[str, str]) -> str:
    """The access token of an earlier login. Raises ConfigError where it is missing."""
    token = values.get(ACCESS_TOKEN, "")
    if not token:
        raise ConfigError(f"session.{ACCESS_TOKEN}", "The saved Zerodha session has no access token: log in again.")
    return token


def authorisation_page(login_page: str, api_key: str, request_id: str) -> str:
    """Where the sale of holdings is authorised; it lies beside the login page."""
    parts = urlsplit(login_page)
    base = parts.path.removesuffix("/").removesuffix("/login")
    path = f"{base}/portfolio/authorise/holdings/{api_key}/{request_id}"
    return urlunsplit((parts.scheme, parts.netloc, path, "", ""))


def check_authorised(redirected: str) -> None:
    """Raises LoginFailed unless the page ended well."""
    query = dict(parse_qsl(urlsplit(redirected).query, keep_blank_values=True))
    if query.get("status") != "success":
        said = clean(query.get("message") or query.get("status", ""), 120)
        raise LoginFailed(f"The sale was not authorised{f': {said}' if said else ''}.")
