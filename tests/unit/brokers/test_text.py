"""Text from a broker made safe: readable words stay, tags, control characters and secrets go."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal_app.brokers.text import MASK, clean

TOKEN = "mF2d9QxT7vLkZ0aB3cE8nRwYsUp5hJg1"
JWT = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJBQjEyMzQifQ.s1GnAtUr3"


@pytest.mark.parametrize(
    "text",
    [
        "Insufficient funds. Required margin is 1,234.50 but available is 100.00.",
        "RMS:Margin Exceeds, Required:54321.10, Available:100.00 for entity account-AB1234",
        "Order price 12.5 < circuit limit 13.0 and > 0",
        "The instrument NSE_FO|54321 NIFTY26NOV24500CE is not tradable",
        "UDAPI100050: Invalid token used to access API",
        "code: UDAPI1154",
        "Invalid session: token is invalid or has expired.",
        "Order 151220000000000 was placed at 2026-11-22T09:15:00+05:30",
        "17 orders at https://developers.kite.trade/apps",
        "TokenException: Incorrect `api_key` or `access_token`.",
        "मूल्य ₹ 100 से कम है",
        "Static IP 2401:db00::1 is not registered; allowed: 203.0.113.7",
    ],
)
def test_what_a_user_should_read_stays(text: str) -> None:
    assert clean(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<b>Order</b> rejected<br/>by RMS", "Order rejected by RMS"),
        ("<html><style>p {}</style><body>502 Bad Gateway</body></html>", "502 Bad Gateway"),
        ("&lt;b&gt;now&lt;/b&gt; &amp; here", "now & here"),
        ("a<!-- hidden -->b", "a b"),
        ("<script>alert('x')</script>gone", "gone"),
        ("cut <img src=x", "cut"),
        ("a\r\n\tb\x00c\x1b[31md", "a b c [31md"),
        ("  \n ", ""),
        ("left\u202eright\u2028new\u200bline", "left right new line"),
    ],
)
def test_tags_and_control_characters_go(text: str, shown: str) -> None:
    assert clean(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        f"invalid token {TOKEN} given",
        f"access_token={TOKEN}&x=1",
        f'{{"access_token": "{TOKEN}"}}',
        f"Authorization: Bearer {TOKEN}",
        f"Authorization: token myapikey:{TOKEN}",
        f"bad JWT {JWT}!",
        f"Bearer {JWT}",
        f"wss://ws.kite.trade/?api_key=abc&access_token={TOKEN}",
        f"https://example.com/?code={TOKEN}",
        f"checksum {'0123456789abcdef' * 4} does not match",
        f"<b>{TOKEN}</b>",
        f"secret='{TOKEN}'",
    ],
)
def test_what_looks_like_a_secret_is_masked(text: str) -> None:
    shown = clean(text)
    assert MASK in shown
    for secret in (TOKEN, JWT, "0123456789abcdef" * 4, TOKEN[:12]):
        assert secret not in shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("pin=1234", f"pin={MASK}"),
        ("totp: 123456", f"totp: {MASK}"),
        ("api_secret=short1", f"api_secret={MASK}"),
        ("request_token: ab12", f"request_token: {MASK}"),
    ],
)
def test_a_short_value_after_a_telling_name_is_masked_too(text: str, shown: str) -> None:
    assert clean(text) == shown


def test_a_long_text_is_cut_with_a_mark() -> None:
    shown = clean("word " * 1000, 40)
    assert len(shown) <= 40
    assert shown.endswith("word…")


def test_a_secret_at_the_cut_is_masked_before_it_is_cut() -> None:
    assert TOKEN[:8] not in clean("x" * 290 + " " + TOKEN)


@given(st.text(max_size=400), st.integers(1, 300))
def test_whatever_comes_it_is_one_short_line(text: str, limit: int) -> None:
    shown = clean(text, limit)
    assert len(shown) <= limit
    assert shown == shown.strip()
    assert not any(unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for character in shown)


@given(st.text(alphabet="<>/! ab&;lt\"'", max_size=300))
def test_no_tag_survives_whatever_the_nesting(text: str) -> None:
    shown = clean(text)
    assert not any(f"<{opening}" in shown for opening in "ablt")


def test_a_huge_hostile_text_is_done_at_once() -> None:
    for piece in ("<a", "<", "&lt;", "<script>", "token=", "eyJaaaaa.", "a" * 50, "Bearer "):
        assert len(clean(piece * 200_000)) <= 300
