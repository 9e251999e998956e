"""Which addresses a login may open, which one ends it, and what of an address is shown."""

from __future__ import annotations

import pytest

from terminal_app.ui.login.addresses import (
    carries,
    domain_of,
    expected_pairs,
    is_loopback,
    is_redirect,
    may_fetch,
    may_open,
    shown_address,
    with_fields,
)

KITE = "https://kite.zerodha.com/connect/login?v=3&api_key=k"
HERE = "http://127.0.0.1:4000/login"


@pytest.mark.parametrize(
    ("address", "fits"),
    [
        ("https://app.example/cb?x=1", True),
        ("https://app.example:443/cb", True),
        ("https://APP.example/cb#part", True),
        ("http://app.example/cb", False),
        ("https://app.example.evil.test/cb", False),
        ("https://app.example@evil.test/cb", False),
        ("https://user@app.example/cb", False),
        ("https://app.example:444/cb", False),
        ("https://app.example/cb/more", False),
        ("https://app.example:x/cb", False),
    ],
)
def test_only_the_exact_place_is_the_redirect(address: str, fits: bool) -> None:
    assert is_redirect(address, "https://app.example/cb") is fits


def test_a_redirect_without_a_path_is_the_root() -> None:
    assert is_redirect("http://127.0.0.1:5000/?code=1", "http://127.0.0.1:5000")


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("api.upstox.com", "upstox.com"),
        ("upstox.com", "upstox.com"),
        ("a.b.broker.co.in", "broker.co.in"),
        ("broker.co.in", "broker.co.in"),
        ("www.kite.in", "kite.in"),
        ("127.0.0.1", "127.0.0.1"),
        ("localhost", "localhost"),
    ],
)
def test_a_domain_is_what_one_owner_holds(host: str, domain: str) -> None:
    assert domain_of(host) == domain


@pytest.mark.parametrize(
    ("address", "main", "frame"),
    [
        ("https://kite.zerodha.com/x", True, True),
        ("https://accounts.zerodha.com/", True, True),
        ("https://edis.cdslindia.com/authorise", True, True),
        ("https://challenges.cloudflare.com/turnstile", False, True),
        ("http://kite.zerodha.com/x", False, False),
        ("https://zerodha.com.evil.test/", False, False),
        ("https://evilzerodha.com/", False, False),
        ("http://127.0.0.1:22/", False, False),
        ("https://localhost/", False, False),
        ("file:///etc/passwd", False, False),
        ("chrome://settings", False, False),
        ("data:text/html,x", False, True),
        ("about:blank", True, True),
    ],
)
def test_a_broker_s_page_stays_with_the_broker(address: str, main: bool, frame: bool) -> None:
    assert may_open(address, KITE, is_main=True) is main
    assert may_open(address, KITE, is_main=False) is frame


def test_a_simulated_page_stays_on_this_machine() -> None:
    assert may_open("http://localhost:4001/two", HERE, is_main=True)
    assert may_open("https://127.0.0.1:4001/two", HERE, is_main=True)
    assert not may_open("https://kite.zerodha.com/", HERE, is_main=True)
    assert not may_fetch("https://fonts.example/a.woff", HERE)
    assert may_fetch("ws://127.0.0.1:4000/s", HERE)


@pytest.mark.parametrize(
    ("address", "fits"),
    [
        ("https://fonts.example/a.woff", True),
        ("wss://kite.zerodha.com/s", True),
        ("data:image/png;base64,x", True),
        ("http://fonts.example/a.woff", False),
        ("https://127.0.0.1/probe", False),
        ("ws://localhost:9222/", False),
        ("file:///etc/passwd", False),
    ],
)
def test_parts_of_a_page_come_encrypted_and_never_from_this_machine(address: str, fits: bool) -> None:
    assert may_fetch(address, KITE) is fits


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "localhost", "LOCALHOST", "::1", "[::1]"])
def test_this_machine_is_known_by_its_names(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["", "10.0.0.1", "localhost.evil.test", "127.0.0.1.evil.test"])
def test_another_machine_is_not_taken_for_this_one(host: str) -> None:
    assert not is_loopback(host)


def test_fields_join_the_query_before_the_fragment() -> None:
    assert with_fields("http://a/b", "x=1") == "http://a/b?x=1"
    assert with_fields("http://a/b?y=2#f", "x=1") == "http://a/b?y=2&x=1#f"
    assert with_fields("http://a/b", "") == "http://a/b"


def test_the_state_is_expected_back_in_either_way_of_carrying_it() -> None:
    upstox = expected_pairs("https://api.upstox.com/v2/login/authorization/dialog?client_id=k&state=s1")
    kite = expected_pairs("https://kite.zerodha.com/connect/login?v=3&api_key=k&redirect_params=state%3Ds2%26n%3D1")
    assert upstox == (("state", "s1"),)
    assert kite == (("state", "s2"), ("n", "1"))
    assert carries("code=1&state=s1", upstox)
    assert not carries("code=1&state=s2", upstox)
    assert not carries("code=1", upstox)
    assert not carries("state=s2", kite)


def test_no_value_of_the_query_is_shown_and_nothing_becomes_markup() -> None:
    shown = shown_address("https://login.upstox.com:8443/a<b>?client_id=KEY&state=SECRET")
    assert shown == "https://<b>login.upstox.com</b>:8443/a&lt;b&gt;?client_id=…&amp;state=…"
