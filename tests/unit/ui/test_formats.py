"""Figures read as an Indian trader expects them, and typed text is understood."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal_app.ui import formats

AMOUNTS = st.decimals(min_value=Decimal("-99999999999"), max_value=Decimal("99999999999"), places=2)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("0", "0.00"),
        ("999", "999.00"),
        ("1000", "1,000.00"),
        ("100000", "1,00,000.00"),
        ("1234567.8", "12,34,567.80"),
        ("-123456789.125", "\u221212,34,56,789.13"),
        ("-0.004", "0.00"),
    ],
)
def test_money_is_grouped_in_lakhs_and_crores(value: str, text: str) -> None:
    assert formats.money(Decimal(value)) == text


def test_a_change_always_carries_its_sign_but_zero_does_not() -> None:
    assert formats.signed(Decimal("12.5")) == "+12.50"
    assert formats.signed(Decimal("-12.5")) == "\u221212.50"
    assert formats.signed(Decimal("0.001")) == "0.00"
    assert formats.percent(1.2249) == "+1.22%"
    assert formats.with_arrow(Decimal(-1)) == "\u25bc \u22121.00"


@pytest.mark.parametrize("unknown", [None, float("nan"), float("inf"), Decimal("NaN")])
def test_what_is_not_known_is_an_en_dash_and_never_zero(unknown: Decimal | float | None) -> None:
    assert formats.price(unknown) == formats.signed(unknown) == formats.percent(unknown) == "\u2013"
    assert formats.short_money(unknown) == "\u2013"
    assert formats.tone(unknown) == "text.3"


def test_summaries_speak_in_lakh_and_crore() -> None:
    assert formats.short_money(Decimal(341200)) == "3.41 L"
    assert formats.short_money(Decimal(-12500000)) == "\u22121.25 Cr"
    assert formats.short_money(Decimal(9999999)) == "1.00 Cr"
    assert formats.short_money(Decimal(99999)) == "99,999"


def test_decimals_follow_the_tick() -> None:
    assert [formats.decimals_of_tick(Decimal(tick)) for tick in ("0.05", "1", "0.0025", "0.10")] == [2, 2, 4, 2]
    with pytest.raises(ValueError, match="above zero"):
        formats.decimals_of_tick(Decimal(0))


@given(AMOUNTS)
def test_what_is_shown_can_be_typed_back(amount: Decimal) -> None:
    assert formats.parse_number(formats.money(amount)) == amount
    assert formats.parse_number(formats.signed(amount)) == amount


@given(st.text(max_size=12))
def test_typed_text_gives_a_number_or_one_sentence(text: str) -> None:
    try:
        value, sentence = formats.parse_number(text), "Fine."
    except ValueError as error:
        value, sentence = Decimal(0), str(error)
    assert value.is_finite()
    assert sentence.endswith(".")


@pytest.mark.parametrize("text", ["", "abc", "1.2.3", "1e5", "--1", "\u0967\u0968", "1 2x", ",5"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        formats.parse_number(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [("1,418.50", "1418.5"), (" 1418.5 ", "1418.5"), ("\u2212350", "-350"), ("2.00 %", "2"), (".5", "0.5")],
)
def test_the_usual_ways_of_typing_are_understood(text: str, value: str) -> None:
    assert formats.parse_number(text) == Decimal(value)


def test_times_are_shown_in_india() -> None:
    moment = datetime(2026, 11, 20, 9, 6, 8, 198_000, tzinfo=UTC)
    assert formats.clock(moment) == "14:36:08"
    assert formats.clock_ms(moment) == "14:36:08.198"
    assert formats.day(moment) == "20 Nov Fri"
    assert formats.day_and_time(moment) == "Fri 20 Nov 14:36"
    assert formats.day(datetime(2026, 11, 20, 19, 0, tzinfo=UTC)) == "21 Nov Sat"
    assert formats.expiry(date(2026, 11, 24)) == "24 NOV"
    assert formats.clock(None) == "\u2013"


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        formats.clock(datetime(2026, 11, 20, 9, 6))  # noqa: DTZ001 - the very thing that is refused


def test_ages_and_durations_read_as_words() -> None:
    assert [formats.age(seconds) for seconds in (14.9, 200, 9000)] == ["14 s old", "3 min old", "2 h old"]
    assert [formats.duration(seconds) for seconds in (55_440, 161, 9)] == ["15 h 24 min", "2 min 41 s", "9 s"]
