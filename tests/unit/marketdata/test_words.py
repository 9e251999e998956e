"""What the search means: which tokens match which instrument."""

from __future__ import annotations

import pytest

from terminal_app.domain.instrument import Instrument
from terminal_app.marketdata.words import matches, pieces, query_tokens, tokens
from tests.helpers.catalogue_samples import sample_listing

LISTING = {str(instrument.id): instrument for instrument in sample_listing()}
OPTION = "NSE:NIFTY:2026-11-24:24500:CE"


def listed(id: str) -> Instrument:
    return LISTING[id]


@pytest.mark.parametrize(
    ("id", "token"),
    [
        (OPTION, "NIFTY"),
        (OPTION, "NIF"),
        (OPTION, "N"),
        (OPTION, "24500"),
        (OPTION, "245"),
        (OPTION, "CE"),
        (OPTION, "CALL"),
        (OPTION, "OPT"),
        (OPTION, "NOV"),
        (OPTION, "NOVEMBER"),
        (OPTION, "24"),
        (OPTION, "2026"),
        (OPTION, "26"),
        (OPTION, "2026-11-24"),
        (OPTION, "NSE"),
        (OPTION, "NFO"),
        (OPTION, "NIFTY26NOV24500CE"),
        ("NSE:HDFCBANK:EQ", "BANK"),
        ("NSE:HDFCBANK:EQ", "FCB"),
        ("NSE:BAJAJ-AUTO:EQ", "BAJAJ-AUTO"),
        ("NSE:BAJAJ-AUTO:EQ", "AUTO"),
        ("NSE:M&M:EQ", "M&M"),
        ("NSE:M&M:2026-11-24:287.5:PE", "287.5"),
        ("NSE:NIFTY BANK:INDEX", "BANKNIFTY"),
        ("NSE:749RJ35:SG", "SG"),
        ("BSE:RELIANCE:EQ", "BSE"),
    ],
)
def test_a_token_matches(id: str, token: str) -> None:
    assert matches(listed(id), token)


@pytest.mark.parametrize(
    ("id", "token"),
    [
        (OPTION, "PE"),
        (OPTION, "FUT"),
        (OPTION, "DEC"),
        (OPTION, "4500"),
        (OPTION, "BSE"),
        ("NSE:HDFCBANK:EQ", "FC"),
        ("NSE:RELIANCE:EQ", "BSE"),
        ("NSE:NIFTY 50:INDEX", "BANKNIFTY"),
    ],
)
def test_a_token_does_not_match(id: str, token: str) -> None:
    assert not matches(listed(id), token)


def test_a_query_is_cut_at_blanks_and_colons_without_its_commas() -> None:
    assert tokens(" nse:NIFTY 24,500\tce ") == ["NSE", "NIFTY", "24500", "CE"]


def test_an_unknown_token_is_cut_where_letters_and_digits_meet() -> None:
    assert query_tokens("nifty24500ce bank", {"BANK"}.__contains__) == ["NIFTY", "24500", "CE", "BANK"]
    assert query_tokens("nonsense", set[str]().__contains__) == ["NONSENSE"]
    assert pieces("287.5PE") == ["287.5", "PE"]
