"""The login: its page, what may come back from it, and when a session ends."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from terminal_app.brokers.upstox.auth import expiry_of, login_url, read_redirect
from terminal_app.brokers.upstox.config import ENDPOINTS, read_credentials
from terminal_app.domain.clock import at_ist
from terminal_app.domain.errors import LoginCancelled, LoginFailed, ProtocolError, SessionExpired
from terminal_app.domain.ids import AccountId
from tests.unit.brokers.upstox.upstox import CREDENTIALS, PROFILE, Upstox, opened

REDIRECT = CREDENTIALS["redirect_url"]


def jwt(claims: dict[str, Any]) -> str:
    middle = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"eyJhbGciOiJIUzI1NiJ9.{middle}.c2ln"


def token_answer(**fields: Any) -> dict[str, Any]:
    return {**PROFILE, "access_token": jwt({"exp": 1795989600}), "extended_token": "e1", **fields}


class Person:
    """Answers the login page; ``back`` makes the redirect of the state that the page was shown with."""

    def __init__(self, back: Callable[[str], str]) -> None:
        self.back = back
        self.shown: list[str] = []

    async def authorize(self, url: str, redirect: str) -> str:
        assert redirect == REDIRECT
        self.shown.append(url)
        return self.back(dict(parse_qsl(urlsplit(url).query))["state"])

    async def one_time_code(self, account: AccountId, reason: str | None) -> str:
        raise AssertionError(f"a one-time code was asked for: {account} {reason}")


def back_with(**query: str) -> Callable[[str], str]:
    return lambda state: f"{REDIRECT}?{urlencode({'code': 'c1', 'state': state, **query})}"


def exchange(server: Upstox, status: int = 200, body: Any = None) -> None:
    server.answers["POST", "/v2/login/authorization/token"] = (status, token_answer() if body is None else body)


async def test_a_login_exchanges_the_code_once_and_opens_a_session(server: Upstox) -> None:
    exchange(server)
    person = Person(back_with())
    async with opened(server, session={}) as broker:
        session = await broker.login(person)
        assert (await broker.profile()).client_id == "AB1234"
    (sent,) = server.requests("/v2/login/authorization/token")
    assert sent.method == "POST"
    assert sent.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert "Authorization" not in sent.headers
    assert parse_qsl(sent.body.decode()) == [
        ("code", "c1"), ("client_id", "key-1"), ("client_secret", "secret-1"), ("redirect_uri", REDIRECT),
        ("grant_type", "authorization_code"),
    ]  # fmt: skip
    assert session.expires_at == datetime.fromtimestamp(1795989600, UTC)
    assert session.values == {"access_token": token_answer()["access_token"], "user_id": "AB1234"}
    assert server.requests("/v2/user/profile")[0].headers["Authorization"] == f"Bearer {session.values['access_token']}"


async def test_each_login_has_a_state_of_its_own(server: Upstox) -> None:
    exchange(server)
    person = Person(back_with())
    async with opened(server, session={}) as broker:
        await broker.login(person)
        await broker.login(person)
    states = [dict(parse_qsl(urlsplit(url).query))["state"] for url in person.shown]
    assert len(set(states)) == 2
    assert all(len(state) >= 32 for state in states)


@pytest.mark.parametrize(
    "back",
    [
        back_with(state="another"),
        lambda state: f"{REDIRECT}?code=c1",
        lambda state: f"{REDIRECT}?code=c1&state={state}&state={state}",
        lambda state: f"{REDIRECT}?state={state}",
        lambda state: f"{REDIRECT}?state={state}&code=",
        back_with(error="access_denied", error_description="The user said no"),
        lambda state: f"http://127.0.0.1:5711/upstox?code=c1&state={state}",
        lambda state: f"https://127.0.0.1:5710/upstox?code=c1&state={state}",
    ],
)
async def test_an_answer_that_is_not_ours_is_never_exchanged(server: Upstox, back: Callable[[str], str]) -> None:
    exchange(server)
    async with opened(server, session={}) as broker:
        with pytest.raises(LoginFailed):
            await broker.login(Person(back))
        with pytest.raises(SessionExpired):
            await broker.funds()
    assert server.requests("/v2/login/authorization/token") == []


async def test_a_closed_login_page_changes_nothing(server: Upstox) -> None:
    def close(_state: str) -> str:
        raise LoginCancelled("closed")

    async with opened(server, session={}) as broker:
        with pytest.raises(LoginCancelled):
            await broker.login(Person(close))
    assert server.seen == []


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (
            400,
            {"status": "error", "errors": [{"errorCode": "UDAPI100057", "message": "Invalid Auth code"}]},
            LoginFailed,
        ),
        (401, {"status": "error", "errors": [{"errorCode": "UDAPI100069", "message": "wrong client"}]}, LoginFailed),
        (200, token_answer(is_active=False), LoginFailed),
        (200, {key: value for key, value in token_answer().items() if key != "user_id"}, ProtocolError),
        (200, b"<html>", ProtocolError),
    ],
)
async def test_a_refused_exchange_opens_no_session(
    server: Upstox, status: int, body: Any, kind: type[Exception]
) -> None:
    exchange(server, status, body)
    async with opened(server, session={}) as broker:
        with pytest.raises(kind) as failed:
            await broker.login(Person(back_with()))
        assert "secret-1" not in str(failed.value)
        with pytest.raises(SessionExpired):
            await broker.funds()
    assert len(server.requests("/v2/login/authorization/token")) == 1


def test_the_login_address_keeps_what_the_page_has_and_escapes_everything() -> None:
    credentials = read_credentials({**CREDENTIALS, "redirect_url": "http://127.0.0.1:1/a?b=c&d"})
    url = login_url(ENDPOINTS["login"] + "?client_id=old&x=y", credentials, "s/1")
    assert url == (
        "https://api.upstox.com/v2/login/authorization/dialog?response_type=code&client_id=key-1"
        "&redirect_uri=http%3A%2F%2F127.0.0.1%3A1%2Fa%3Fb%3Dc%26d&state=s%2F1&x=y"
    )


def test_the_code_is_read_from_the_redirect() -> None:
    assert read_redirect(f"{REDIRECT}?code=a%2Fb&state=s", REDIRECT, "s") == "a/b"


@pytest.mark.parametrize(
    ("now", "end"),
    [
        (at_ist(2026, 11, 20, 2, 0), at_ist(2026, 11, 20, 3, 30)),
        (at_ist(2026, 11, 20, 3, 30), at_ist(2026, 11, 21, 3, 30)),
        (at_ist(2026, 11, 20, 8, 0), at_ist(2026, 11, 21, 3, 30)),
        (at_ist(2026, 12, 31, 23, 59), at_ist(2027, 1, 1, 3, 30)),
    ],
)
@pytest.mark.parametrize("token", ["opaque", "a.b", "a.!!!.c", "a.e30.c", jwt({"exp": "soon"}), jwt({"exp": 1e300})])
def test_a_token_that_does_not_say_its_end_dies_at_half_past_three(token: str, now: datetime, end: datetime) -> None:
    assert expiry_of(token, now) == end


def test_a_token_says_its_end_itself() -> None:
    assert expiry_of(jwt({"exp": 1789250400}), at_ist(2026, 9, 12, 9, 0)) == at_ist(2026, 9, 13, 3, 30)


async def test_logging_out_kills_the_token_and_forgets_it(server: Upstox) -> None:
    server.ok("DELETE", "/v2/logout", data=True)
    async with opened(server) as broker:
        await broker.logout()
        with pytest.raises(SessionExpired):
            await broker.funds()
    assert [one.headers["Authorization"] for one in server.requests("/v2/logout")] == ["Bearer token-1"]


async def test_logging_out_of_a_dead_session_is_as_good(server: Upstox) -> None:
    server.fail("DELETE", "/v2/logout", 401, "UDAPI100050")
    async with opened(server) as broker:
        await broker.logout()


async def test_a_dead_session_is_announced_once(server: Upstox) -> None:
    server.fail("GET", "/v3/user/get-funds-and-margin", 401, "UDAPI100050", "Invalid token used to access API")
    heard: list[SessionExpired] = []
    async with opened(server) as broker:
        broker.on_session_lost = heard.append
        for _ in range(3):
            with pytest.raises(SessionExpired):
                await broker.funds()
    assert len(heard) == 1
    assert len(server.requests("/v3/user/get-funds-and-margin")) == 1
