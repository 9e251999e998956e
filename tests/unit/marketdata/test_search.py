"""The search index: it finds what a plain scan finds, in the order a trader expects."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal_app.domain.instrument import Instrument
from terminal_app.marketdata import words
from terminal_app.marketdata.search import SearchIndex
from tests.helpers.catalogue_samples import real_listing, sample_listing

LISTING = sample_listing()
INDEX = SearchIndex(LISTING)


def scan(listing: Sequence[Instrument], text: str) -> list[int]:
    """The definition, instrument by instrument."""

    def is_known(token: str) -> bool:
        return any(words.matches(instrument, token) for instrument in listing)

    query = words.query_tokens(text, is_known)
    return [
        row
        for row, instrument in enumerate(listing)
        if query and all(words.matches(instrument, token) for token in query)
    ]


def found(text: str, limit: int = 50) -> list[str]:
    return [LISTING[row].label for row in INDEX.search(text, limit)]


def _cut(draw: st.DrawFn, word: str) -> str:
    first = draw(st.integers(0, len(word) - 1))
    return word[first : draw(st.integers(first + 1, len(word)))]


@st.composite
def typed(draw: st.DrawFn) -> str:
    """Parts of words of a listed instrument, glued or apart, with strangers among them."""
    instrument = draw(st.sampled_from(LISTING))
    known = [
        *words.name_words(instrument.id, instrument.name),
        instrument.trading_symbol,
        *words.market_words(instrument.id),
        *words.expiry_words(instrument.expiry),
        *words.year_words(instrument.expiry),
        *words.strike_words(instrument.strike),
    ]
    part = st.one_of(
        st.sampled_from(known),
        st.sampled_from(known).map(lambda word: word[:3]),
        st.sampled_from(known).flatmap(lambda word: st.builds(lambda length: word[: length + 1], st.integers(0, 4))),
        st.composite(_cut)(draw(st.sampled_from(known))),
        st.sampled_from(["ce", "fut", "xyzzy", "50", "bank", "-", ",", ":", "é"]),
    )
    separator = st.sampled_from([" ", " ", " ", "", "  ", ":"])
    return "".join(draw(separator) + draw(part) for _ in range(draw(st.integers(1, 4))))


@given(typed())
def test_the_index_finds_what_a_plain_scan_finds(text: str) -> None:
    assert INDEX.rows(text).tolist() == scan(LISTING, text)


@given(typed(), st.integers(1, 30))
def test_a_shorter_list_is_the_beginning_of_the_longer_one(text: str, limit: int) -> None:
    everything = INDEX.search(text, len(LISTING))
    assert INDEX.search(text, limit) == everything[:limit]
    assert sorted(everything) == INDEX.rows(text).tolist()


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("rel", "RELIANCE"),
        ("reliance", "RELIANCE"),
        ("nifty 24500 ce", "NIFTY 24 NOV 24500 CE"),
        ("24500ce", "NIFTY 24 NOV 24500 CE"),
        ("nifty24500ce", "NIFTY 24 NOV 24500 CE"),
        ("nifty 24 nov 24500 ce", "NIFTY 24 NOV 24500 CE"),
        ("NIFTY26DEC24500PE", "NIFTY 29 DEC 24500 PE"),
        ("banknifty dec fut", "BANKNIFTY 29 DEC FUT"),
        ("nifty fut", "NIFTY 24 NOV FUT"),
        ("nifty", "NIFTY 50"),
        ("nifty 50", "NIFTY 50"),
        ("nifty 500", "NIFTY 500"),
        ("banknifty", "NIFTY BANK"),
        ("bank nifty", "NIFTY BANK"),
        ("nifty bank", "NIFTY BANK"),
        ("hdfc", "HDFCBANK"),
        ("nov", "NOVARTIND"),
        ("gold", "GOLD 4 DEC FUT"),
        ("m&m", "M&M"),
        ("bajaj auto", "BAJAJ-AUTO"),
        ("reliance 245", "RELIANCE 24 NOV 245 CE"),
    ],
)
def test_the_first_result_is_what_a_trader_means(text: str, first: str) -> None:
    assert found(text)[0] == first


def test_an_exchange_word_keeps_the_other_exchange_out() -> None:
    assert [str(LISTING[row].id) for row in INDEX.search("reliance bse", 50)] == ["BSE:RELIANCE:EQ"]


def test_near_expiries_come_first() -> None:
    assert found("nifty fut") == [
        "NIFTY 24 NOV FUT",
        "NIFTY 29 DEC FUT",
        "NIFTY 26 JAN FUT",
        "BANKNIFTY 24 NOV FUT",
        "BANKNIFTY 29 DEC FUT",
        "BANKNIFTY 26 JAN FUT",
    ]


def test_a_plain_name_brings_shares_before_futures_before_options() -> None:
    kinds = [LISTING[row].kind.value for row in INDEX.search("reliance", 80) if LISTING[row].underlying == "RELIANCE"]
    assert kinds == ["EQUITY"] * 2 + ["FUTURE"] * 3 + ["OPTION"] * 18


def test_strikes_near_the_middle_come_first() -> None:
    strikes = [LISTING[row].strike for row in INDEX.search("nifty nov ce", 5)]
    assert [str(strike) for strike in strikes] == ["24500", "24450", "24550", "24400", "24600"]


@pytest.mark.parametrize("text", ["", "   ", ":", "xyzzy", "nifty xyzzy"])
def test_nothing_is_found_for_nothing_and_for_strangers(text: str) -> None:
    assert INDEX.search(text, 50) == []


def test_an_empty_listing_can_be_searched() -> None:
    assert SearchIndex([]).search("nifty", 50) == []


def test_the_index_finds_what_a_scan_finds_in_the_real_listing(shared: Path) -> None:
    listing = real_listing(shared)
    assert len(listing) > 80_000
    index = SearchIndex(listing)
    for text in ("banknifty nov fut", "hdfcbank oct 1000 pe", "24500ce"):
        assert index.rows(text).tolist() == scan(listing, text)
