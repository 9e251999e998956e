"""Instrument identities: what is printed is read back, and what is not an identity is named."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal_app.domain.enums import Exchange, InstrumentKind, OptionKind, Segment
from terminal_app.domain.errors import BadInput
from terminal_app.domain.ids import InstrumentId

SYMBOLS = st.text(st.characters(codec="ascii", exclude_characters=":", min_codepoint=33), min_size=1, max_size=12)
DATES = st.dates(date(2015, 1, 1), date(2040, 12, 31))
STRIKES = st.decimals(Decimal("0.0025"), Decimal(200000), places=4, allow_nan=False)
DERIVATIVE_SEGMENTS = st.sampled_from([None, Segment.CURRENCY, Segment.COMMODITY])


@pytest.mark.parametrize(
    ("text", "kind", "segment"),
    [
        ("NSE:RELIANCE:EQ", InstrumentKind.EQUITY, Segment.CASH),
        ("NSE:M&M:EQ", InstrumentKind.EQUITY, Segment.CASH),
        ("NSE:NIFTY 50:INDEX", InstrumentKind.INDEX, Segment.INDEX),
        ("NSE:NIFTY:2026-11-24:FUT", InstrumentKind.FUTURE, Segment.FNO),
        ("NSE:NIFTY:2026-11-24:24500:CE", InstrumentKind.OPTION, Segment.FNO),
        ("NSE:NIFTY:2026-11-24:287.5:PE", InstrumentKind.OPTION, Segment.FNO),
        ("MCX:GOLD:2026-12-04:FUT", InstrumentKind.FUTURE, Segment.COMMODITY),
        ("NSE-CURRENCY:USDINR:2026-11-26:FUT", InstrumentKind.FUTURE, Segment.CURRENCY),
    ],
)
def test_an_identity_is_read_and_printed_as_it_was(text: str, kind: InstrumentKind, segment: Segment) -> None:
    instrument = InstrumentId.parse(text)
    assert (str(instrument), instrument.kind, instrument.segment) == (text, kind, segment)


@given(st.sampled_from(Exchange), SYMBOLS, DATES, STRIKES, st.sampled_from(OptionKind), DERIVATIVE_SEGMENTS)
def test_every_option_comes_back_from_its_text(
    exchange: Exchange, symbol: str, expiry: date, strike: Decimal, kind: OptionKind, segment: Segment | None
) -> None:
    option = InstrumentId.option(exchange, symbol, expiry, strike, kind, segment)
    again = InstrumentId.parse(str(option))
    assert again == option
    assert hash(again) == hash(option)
    assert (again.segment, again.strike) == (option.segment, strike)


def test_a_strike_is_the_same_however_many_zeros_it_was_written_with() -> None:
    one = InstrumentId.option(Exchange.NSE, "NIFTY", date(2026, 11, 24), Decimal("24500"), OptionKind.CE)
    other = InstrumentId.option(Exchange.NSE, "NIFTY", date(2026, 11, 24), Decimal("24500.00"), OptionKind.CE)
    assert one == other


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("RELIANCE", "NSE:RELIANCE:EQ"),
        ("NSE::EQ", "EXCHANGE:SYMBOL:SERIES"),
        ("NYSE:IBM:EQ", "no exchange we know"),
        ("NSE-SPACE:IBM:EQ", "no exchange we know"),
        ("NSE:NIFTY:tomorrow:FUT", "must be a date"),
        ("NSE:NIFTY:2026-11-24:24500:XX", "CE or PE"),
        ("NSE:NIFTY:2026-11-24:many:CE", "must be a number"),
        ("NSE:NIFTY:2026-11-24:-5:CE", "above zero"),
        ("NSE:NIFTY:2026-11-24:NaN:CE", "above zero"),
    ],
)
def test_what_is_no_identity_is_refused_with_the_way_to_write_one(text: str, hint: str) -> None:
    with pytest.raises(BadInput, match=hint) as refused:
        InstrumentId.parse(text)
    assert refused.value.field == "instrument"
