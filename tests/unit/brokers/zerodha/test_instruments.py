"""The Kite dump reader: what rows become, and which are rejected with a reason."""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from terminal_app.brokers.zerodha.instruments import parse_dump, split_series
from terminal_app.domain.enums import InstrumentKind
from terminal_app.domain.errors import ProtocolError
from terminal_app.domain.ids import InstrumentId
from terminal_app.domain.instrument import Instrument

HEADER = (
    "instrument_token,exchange_token,tradingsymbol,name,last_price,expiry,strike,tick_size,lot_size,"
    "instrument_type,segment,exchange"
)
SHARE = "738561,2885,RELIANCE,RELIANCE INDUSTRIES,0,,0,0.1,1,EQ,NSE,NSE"
INDEX = "256265,1001,NIFTY 50,NIFTY 50,0.0,,0.0,0.0,0,EQ,INDICES,NSE"
FUTURE = '14866434,58072,NIFTY26AUGFUT,"NIFTY",0,2026-08-25,0,0.1,65,FUT,NFO-FUT,NFO'
OPTION = "1,2,ASHOKLEY26AUG177.5CE,ASHOKLEY,0,2026-08-25,177.50,0.05,5000,CE,NFO-OPT,NFO"


def one(row: str) -> Instrument:
    dump = parse_dump([HEADER, row])
    assert dump.rejected == ()
    (instrument,) = dump.instruments
    return instrument


def reason(row: str) -> str:
    dump = parse_dump([HEADER, SHARE, row])
    assert [str(instrument.id) for instrument in dump.instruments] == ["NSE:RELIANCE:EQ"]
    (rejected,) = dump.rejected
    assert rejected.line == 3
    return rejected.reason


def test_a_share_is_read_with_its_tokens_tick_and_lot() -> None:
    share = one(SHARE)
    assert share.id == InstrumentId.parse("NSE:RELIANCE:EQ")
    assert (share.name, share.lot_size, share.tick_size) == ("RELIANCE INDUSTRIES", 1, Decimal("0.1"))
    assert (share.broker_token, share.exchange_token, share.trading_symbol) == ("738561", "2885", "RELIANCE")


def test_an_index_is_an_index_whatever_its_type_says() -> None:
    index = one(INDEX)
    assert index.id == InstrumentId.parse("NSE:NIFTY 50:INDEX")
    assert index.lot_size == 1
    assert index.price_decimals == 2
    assert index.max_slice == 0


def test_a_quoted_name_may_hold_commas_and_quotes() -> None:
    share = one('1,2,ACME,"ACME, ""THE"" COMPANY",0,,0,0.05,1,EQ,NSE,NSE')
    assert share.name == 'ACME, "THE" COMPANY'


@pytest.mark.parametrize(
    ("row", "identity"),
    [
        (FUTURE, "NSE:NIFTY:2026-08-25:FUT"),
        (OPTION, "NSE:ASHOKLEY:2026-08-25:177.5:CE"),
        (
            "1,2,SENSEX2651480000PE,SENSEX,0.0,2026-05-14,80000.0,0.05,20,PE,BFO-OPT,BFO",
            "BSE:SENSEX:2026-05-14:80000:PE",
        ),
        ("1,2,USDINR25NOVFUT,USDINR,0.0,2025-11-26,0.0,0.0025,1,FUT,CDS-FUT,CDS", "NSE-CURRENCY:USDINR:2025-11-26:FUT"),
        ("1,2,USDINR25NOVFUT,USDINR,0.0,2025-11-26,0.0,0.0025,1,FUT,BCD-FUT,BCD", "BSE-CURRENCY:USDINR:2025-11-26:FUT"),
        ("1,2,GOLD25DECFUT,GOLD,0.0,2025-12-05,0.0,1.0,1,FUT,MCX-FUT,MCX", "MCX:GOLD:2025-12-05:FUT"),
        ("1,2,ABNINT-BE,A B N,0,,0,0.05,1,EQ,NSE,NSE", "NSE:ABNINT:BE"),
        ("1,2,BAJAJ-AUTO,BAJAJ AUTO,0,,0,0.05,1,EQ,NSE,NSE", "NSE:BAJAJ-AUTO:EQ"),
        ("1,2,RELIANCE,RELIANCE,0,,0,0.05,1,EQ,BSE,BSE", "BSE:RELIANCE:EQ"),
        ("1,2,SENSEX,SENSEX,0,,0,0,0,EQ,INDICES,BSE", "BSE:SENSEX:INDEX"),
        ("1,2,SNSX50,SNSX50,0,,0,0,0,EQ,INDICES,BSE", "BSE:SENSEX50:INDEX"),
    ],
)
def test_market_codes_become_exchange_and_segment(row: str, identity: str) -> None:
    instrument = one(row)
    assert str(instrument.id) == identity
    assert InstrumentId.parse(identity) == instrument.id


@pytest.mark.parametrize(
    ("trading_symbol", "expected"),
    [
        ("RELIANCE", ("RELIANCE", "EQ")),
        ("745KL48-SG", ("745KL48", "SG")),
        ("820KSFP36A-N0", ("820KSFP36A", "N0")),
        ("NXT-INFRA-IV", ("NXT-INFRA", "IV")),
        ("BAJAJ-AUTO", ("BAJAJ-AUTO", "EQ")),
        ("UMIYA-MRO", ("UMIYA-MRO", "EQ")),
        ("X-50", ("X-50", "EQ")),
        ("-BE", ("-BE", "EQ")),
    ],
)
def test_a_series_is_two_characters_behind_the_last_dash(trading_symbol: str, expected: tuple[str, str]) -> None:
    assert split_series(trading_symbol) == expected


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("1,2,X,X,0,,0,0.05,1,EQ,NSE", "11 fields where the header has 12"),
        ("a,2,X,X,0,,0,0.05,1,EQ,NSE,NSE", "token is not a number"),
        ("1,2,,X,0,,0,0.05,1,EQ,NSE,NSE", "trading symbol is missing"),
        ("1,2,X,X,0,,0,0,1,EQ,NSE,NSE", "must be above zero"),
        ("1,2,X,X,0,,0,0.05,0,EQ,NSE,NSE", "must be above zero"),
        ("1,2,X,X,0,,0,NaN,1,EQ,NSE,NSE", "not a price"),
        ("1,2,X,X,0,,0,0.05,1.5,EQ,NSE,NSE", "lot size “1.5” is not a whole number"),
        ("1,2,X,X,0,,5,0.05,1,EQ,NSE,NSE", "neither expiry nor strike"),
        ("1,2,X,X,0,2026-08-25,0,0.05,1,EQ,NSE,NSE", "neither expiry nor strike"),
        ("1,2,A:B,X,0,,0,0.05,1,EQ,NSE,NSE", "no colon"),
        ("1,2,X,X,0,,0,0.05,1,EQ,NSEIX,NSEIX", "not a market we know"),
        ("1,2,X26AUGFUT,X,0,2026-08-25,0,0.05,1,FUT,NFO-OPT,NFO", "not a market we know"),
        ("1,2,X26AUGFUT,X,0,25-08-2026,0,0.05,1,FUT,NFO-FUT,NFO", "is not a date"),
        ("1,2,X26AUGFUT,X,0,,0,0.05,1,FUT,NFO-FUT,NFO", "is not a date"),
        ("1,2,X26AUGFUT,X,0,2026-08-25,7,0.05,1,FUT,NFO-FUT,NFO", "a future has no strike"),
        ("1,2,X26AUG0CE,X,0,2026-08-25,0,0.05,1,CE,NFO-OPT,NFO", "needs a strike above zero"),
        ("1,2,X26AUGFUT,,0,2026-08-25,0,0.05,1,FUT,NFO-FUT,NFO", "underlying is missing"),
        ("1,2,X26AUGFUT,YES,0,2026-08-25,0,0.05,1,FUT,NFO-FUT,NFO", "does not begin with the underlying YES"),
        ('1,2,X,"X"Y,0,,0,0.05,1,EQ,NSE,NSE', "not a CSV row"),
    ],
)
def test_a_row_that_is_not_understood_is_rejected_with_its_reason(row: str, words: str) -> None:
    assert words in reason(row)


def test_rows_after_a_broken_one_are_still_read() -> None:
    dump = parse_dump([HEADER, 'x,"y"z', SHARE, "", FUTURE])
    assert [str(instrument.id) for instrument in dump.instruments] == ["NSE:RELIANCE:EQ", "NSE:NIFTY:2026-08-25:FUT"]
    assert [rejected.line for rejected in dump.rejected] == [2]


def test_the_later_of_two_rows_with_one_identity_is_rejected_naming_both() -> None:
    later = "1,2,ASHOKLEY26N177CE,ASHOKLEY,0,2026-08-25,177.5,0.05,5000,CE,NFO-OPT,NFO"
    dump = parse_dump([HEADER, OPTION, later])
    assert [instrument.trading_symbol for instrument in dump.instruments] == ["ASHOKLEY26AUG177.5CE"]
    (rejected,) = dump.rejected
    assert rejected.text == later
    assert "ASHOKLEY26N177CE" in rejected.reason
    assert "ASHOKLEY26AUG177.5CE" in rejected.reason


def test_shares_with_derivatives_in_the_dump_have_a_closing_auction() -> None:
    share = "1,2,ASHOKLEY,ASHOK LEYLAND,0,,0,0.01,1,EQ,NSE,NSE"
    other_series = "1,3,ASHOKLEY-BE,ASHOK LEYLAND,0,,0,0.01,1,EQ,NSE,NSE"
    on_bse = "1,4,ASHOKLEY,ASHOK LEYLAND,0,,0,0.01,1,EQ,BSE,BSE"
    dump = parse_dump([HEADER, share, other_series, on_bse, SHARE, OPTION])
    having = {str(instrument.id) for instrument in dump.instruments if instrument.has_closing_auction}
    assert having == {"NSE:ASHOKLEY:EQ", "BSE:ASHOKLEY:EQ"}


def test_columns_may_come_in_another_order_and_more_of_them() -> None:
    names = HEADER.split(",")
    order = sorted(range(len(names)), key=lambda place: names[place])
    fields = SHARE.split(",")
    lines = [",".join([*(row[place] for place in order), extra]) for row, extra in ((names, "isin"), (fields, "INE0"))]
    assert parse_dump(lines).instruments == parse_dump([HEADER, SHARE]).instruments


@pytest.mark.parametrize("lines", [[], [HEADER.replace("strike", "level")]])
def test_a_dump_without_its_columns_is_an_error(lines: list[str]) -> None:
    with pytest.raises(ProtocolError, match=r"empty|lacks the column strike"):
        parse_dump(lines)


def test_every_row_of_the_real_dumps_is_read(shared: Path) -> None:
    for path in sorted((shared / "data/instruments/kite").glob("*.csv.gz")):
        lines = gzip.decompress(path.read_bytes()).decode().splitlines()
        dump = parse_dump(lines)
        assert dump.rejected == ()
        rows = list(csv.DictReader(lines))
        assert len({instrument.id for instrument in dump.instruments}) == len(rows)
        kinds = Counter(instrument.kind for instrument in dump.instruments)
        types = Counter("INDEX" if row["segment"] == "INDICES" else row["instrument_type"] for row in rows)
        assert kinds[InstrumentKind.INDEX] == types["INDEX"]
        assert kinds[InstrumentKind.FUTURE] == types["FUT"]
        assert kinds[InstrumentKind.OPTION] == types["CE"] + types["PE"]
        for row, instrument in zip(rows, dump.instruments, strict=True):
            assert InstrumentId.parse(str(instrument.id)) == instrument.id
            assert instrument.broker_token == row["instrument_token"]
            assert instrument.expiry == (date.fromisoformat(row["expiry"]) if row["expiry"] else None)
            assert instrument.strike == (Decimal(row["strike"]) if row["instrument_type"] in ("CE", "PE") else None)
