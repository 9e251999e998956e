"""The login: its page, what comes back, what it is traded for, and when it ends."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from terminal_app.brokers.zerodha import auth
from terminal_app.brokers.zerodha.config import ZerodhaCredentials
from terminal_app.domain.clock import at_ist
from terminal_app.domain.errors import LoginFailed, ProtocolError

APP = ZerodhaCredentials("key", "shh", "http://127.0.0.1:5710/zerodha")


def query(address: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(address).query, strict_parsing=True))


def test_the_checksum_is_that_of_the_documentation() -> None:
    form = dict(auth.exchange_form(ZerodhaCredentials("xxx", "zzz", ""), "yyy"))
    assert form["checksum"] == "cc6c955cadf2cc09442c0848ce8e165b8f9aa5974916de7186a9e1b6c4e7937e"
    assert list(form) == ["api_key", "request_token", "checksum"]


@pytest.mark.parametrize(
    "page", ["https://kite.zerodha.com/connect/login", "http://127.0.0.1:9/connect/login?v=3&api_key=old"]
)
def test_the_page_carries_the_state_in_what_kite_echoes(page: str) -> None:
    address = auth.login_url(page, "the key", "a+b/c=&d")
    assert urlsplit(address)[:3] == urlsplit(page)[:3]
    asked = query(address)
    assert (asked["v"], asked["api_key"]) == ("3", "the key")
    assert dict(parse_qsl(asked["redirect_params"])) == {"state": "a+b/c=&d"}


def test_states_are_long_and_never_the_same() -> None:
    states = {auth.new_state() for _ in range(100)}
    assert len(states) == 100
    assert min(map(len, states)) >= 32


def test_a_good_redirect_brings_its_token() -> None:
    address = "http://127.0.0.1:5710/zerodha?action=login&type=login&status=success&request_token=rt1&state=s1"
    assert auth.request_token(address, "s1") == "rt1"


@pytest.mark.parametrize(
    ("answered", "words"),
    [
        ("status=success&request_token=rt1", "did not open"),
        ("status=success&request_token=rt1&state=", "did not open"),
        ("status=success&request_token=rt1&state=s2", "did not open"),
        ("status=success&request_token=rt1&state=s1%C3%A9", "did not open"),
        ("status=cancelled&state=s1", "cancelled"),
        ("status=error&message=The+app+is+disabled&state=s1", "app is disabled"),
        ("state=s1", "did not log in"),
        ("status=success&state=s1", "no request token"),
        ("status=success&request_token=&state=s1", "no request token"),
    ],
)
def test_a_redirect_that_is_no_yes_to_this_login_is_refused(answered: str, words: str) -> None:
    with pytest.raises(LoginFailed, match=words) as error:
        auth.request_token(f"http://127.0.0.1:5710/zerodha?{answered}", "s1")
    assert "rt1" not in error.value.message


@pytest.mark.shared
def test_the_shared_session_is_read(shared: Path) -> None:
    fixtures = json.loads((shared / "brokers/fixtures/zerodha_fixtures.json").read_text(encoding="utf-8"))
    session = auth.read_session(fixtures["session_token"]["data"], APP)
    assert session.expires_at == at_ist(2026, 11, 21, 6)
    assert session.values == {
        "access_token": "tok",
        "user_id": "AB1234",
        "user_name": "TEST USER",
        "login_time": "2026-11-20 08:10:00",
    }
    assert auth.stored_token(session.values) == "tok"


def test_another_users_login_is_not_kept() -> None:
    data = {"user_id": "XY9999", "access_token": "tok", "login_time": "2026-11-20 08:10:00"}
    with pytest.raises(LoginFailed, match="XY9999") as error:
        auth.read_session(data, ZerodhaCredentials("key", "shh", "", "AB1234"))
    assert "tok" not in error.value.message
    assert auth.read_session(data, ZerodhaCredentials("key", "shh", "", "xy9999")).values["user_id"] == "XY9999"


@pytest.mark.parametrize("missing", ["user_id", "access_token", "login_time"])
def test_a_session_that_lacks_something_names_it(missing: str) -> None:
    data = {"user_id": "AB1234", "access_token": "tok", "login_time": "2026-11-20 08:10:00"}
    del data[missing]
    with pytest.raises(ProtocolError, match=missing):
        auth.read_session(data, APP)


@pytest.mark.parametrize(
    ("at", "end"),
    [
        (at_ist(2026, 11, 20, 8, 10), at_ist(2026, 11, 21, 6)),
        (at_ist(2026, 11, 20, 5, 59, 59), at_ist(2026, 11, 20, 6)),
        (at_ist(2026, 11, 20, 6), at_ist(2026, 11, 21, 6)),
        (datetime(2026, 11, 20, 20, 0, tzinfo=UTC), at_ist(2026, 11, 21, 6)),
    ],
)
def test_a_session_ends_at_the_next_six_in_the_morning(at: datetime, end: datetime) -> None:
    assert auth.expires_at(at) == end


def test_the_authorisation_page_lies_beside_the_login_page() -> None:
    page = auth.authorisation_page("https://kite.zerodha.com/connect/login", "key", "r1")
    assert page == "https://kite.zerodha.com/connect/portfolio/authorise/holdings/key/r1"


def test_only_a_good_end_of_the_authorisation_counts() -> None:
    auth.check_authorised("https://kite.zerodha.com/connect/x/finish?status=success")
    with pytest.raises(LoginFailed, match="not authorised"):
        auth.check_authorised("https://kite.zerodha.com/connect/x/finish?status=error")
