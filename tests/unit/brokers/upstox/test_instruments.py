"""Upstox's instrument list: what rows become, which are rejected with a reason, and that it agrees with Kite's."""

from __future__ import annotations

import gzip
import json
import os
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from terminal_app.brokers.upstox.instruments import InstrumentBook, parse_dump
from terminal_app.brokers.zerodha.instruments import parse_dump as parse_kite
from terminal_app.domain.enums import Exchange, InstrumentKind, Segment
from terminal_app.domain.errors import BrokerUnavailable, ProtocolError
from terminal_app.domain.ids import InstrumentId
from terminal_app.domain.instrument import Instrument, InstrumentDump
from tests.unit.brokers.upstox.upstox import (
    FUTURE,
    INDEX_KEY,
    NIFTY,
    NSE_KEY,
    OPTION,
    RELIANCE,
    ROWS,
    SILVER,
    Upstox,
    opened,
)

SHARED = Path(os.environ.get("BHAV_SHARED", Path(__file__).parents[5] / "shared")) / "data" / "instruments"
COMPLETE = SHARED / "upstox" / "upstox_complete_2026-08-18.json.gz"
SHARE, INDEX, CALL, SILVER_ROW = ROWS[0], ROWS[2], ROWS[3], ROWS[5]


def parse(*rows: dict[str, Any]) -> InstrumentDump:
    return parse_dump(json.dumps(rows).encode())


def one(row: dict[str, Any]) -> Instrument:
    dump = parse(row)
    assert dump.rejected == ()
    return dump.instruments[0]


def test_a_share_is_read_with_its_key_tick_and_lot() -> None:
    share = one(SHARE)
    assert share.id == RELIANCE
    assert (share.tick_size, share.lot_size, share.freeze_quantity) == (Decimal("0.1"), 1, 100000)
    assert (share.broker_token, share.exchange_token, share.isin) == (NSE_KEY, "2885", "INE002A01018")
    assert share.has_closing_auction


def test_the_group_of_a_share_at_bse_is_no_part_of_its_identity() -> None:
    assert one(ROWS[1]).id == InstrumentId.parse("BSE:RELIANCE:EQ")
    assert one({**ROWS[1], "instrument_type": "B"}).id == one(ROWS[1]).id


def test_a_series_at_nse_is() -> None:
    assert one({**SHARE, "instrument_type": "BE"}).id == InstrumentId.parse("NSE:RELIANCE:BE")


def test_an_index_is_known_by_the_name_in_its_key() -> None:
    index = one(INDEX)
    assert index.id == NIFTY
    assert index.kind is InstrumentKind.INDEX
    assert (index.broker_token, index.trading_symbol, index.lot_size) == (INDEX_KEY, "NIFTY", 1)


def test_an_option_has_its_day_strike_and_kind() -> None:
    option = one(CALL)
    assert option.id == OPTION
    assert (option.expiry, option.strike, option.lot_size) == (date(2026, 11, 24), Decimal(24500), 65)
    assert (option.tick_size, option.max_slice) == (Decimal("0.05"), 1755)


def test_a_commodity_is_counted_in_contracts() -> None:
    silver = one(SILVER_ROW)
    assert silver.id == SILVER
    assert (silver.lot_size, silver.multiplier, silver.tick_size, silver.freeze_quantity) == (
        1,
        Decimal(30),
        Decimal(1),
        20,
    )
    assert silver.segment is Segment.COMMODITY


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({**SHARE, "segment": "NSE_XX"}, "not a market we know"),
        ({**SHARE, "segment": "GLOBAL_INDEX", "exchange": "GLOBAL"}, "abroad"),
        ({**SHARE, "exchange": "BSE"}, "not a market we know"),
        ({**SHARE, "tick_size": 0.0}, "above zero"),
        ({**SHARE, "lot_size": 0}, "above zero"),
        ({**SHARE, "lot_size": "one"}, "lot_size"),
        ({**SHARE, "trading_symbol": ""}, "trading symbol"),
        ({**SHARE, "trading_symbol": "A:B"}, "colon"),
        ({**SHARE, "instrument_key": "NSE_FO|1"}, "does not begin"),
        ({name: value for name, value in SHARE.items() if name != "instrument_key"}, "instrument_key"),
        ({**INDEX, "instrument_key": "NSE_INDEX|"}, "name of the index"),
        ({**CALL, "strike_price": 0.0}, "strike"),
        ({**CALL, "instrument_type": "XX"}, "not a market we know"),
        ({**CALL, "expiry": 0}, "expiry"),
        ({**CALL, "expiry": 10**18}, "no date"),
        ({**CALL, "underlying_symbol": ""}, "underlying"),
        ({**SILVER_ROW, "strike_price": 5.0}, "no strike"),
        ({**SILVER_ROW, "segment": "NSE_COM", "exchange": "NSE", "instrument_type": "COM"}, "spot price"),
    ],
)
def test_a_row_that_is_not_understood_is_named_with_its_reason(row: dict[str, Any], reason: str) -> None:
    dump = parse(ROWS[4], row)
    assert [instrument.id for instrument in dump.instruments] == [FUTURE]
    (rejected,) = dump.rejected
    assert rejected.line == 2
    assert reason in rejected.reason
    assert rejected.text.startswith("{")


def test_a_row_that_repeats_an_identity_is_rejected() -> None:
    dump = parse(SHARE, {**SHARE, "instrument_key": "NSE_EQ|INE000000001"})
    assert [instrument.broker_token for instrument in dump.instruments] == [NSE_KEY]
    assert "NSE:RELIANCE:EQ" in dump.rejected[0].reason


def test_new_fields_are_left_alone() -> None:
    assert one({**SHARE, "brand_new": [1, {"a": None}]}).id == RELIANCE


@pytest.mark.parametrize("data", [b"", b"{}", b"[1", b"\x1f\x8b\x08junk", gzip.compress(b"[]")[:-4], b"<html>"])
def test_what_is_no_list_is_refused(data: bytes) -> None:
    with pytest.raises(ProtocolError):
        parse_dump(data)


def test_a_book_finds_by_identity_key_and_symbol() -> None:
    book = InstrumentBook()
    assert book.get(RELIANCE) is None
    book.replace(parse(*ROWS))
    share = book.get(RELIANCE)
    assert share is not None
    assert book.by_token(NSE_KEY) is share
    assert book.by_symbol(Exchange.NSE, "RELIANCE") is share
    assert book.by_symbol(Exchange.MCX, "RELIANCE") is None
    book.replace(parse(INDEX))
    assert (len(book), book.get(RELIANCE)) == (1, None)


async def test_the_list_is_downloaded_once_by_all_who_need_it(server: Upstox) -> None:
    server.ok("GET", "/v2/portfolio/long-term-holdings", [])
    async with opened(server) as broker:
        dump = await broker.instruments()
        assert len(dump.instruments) == len(ROWS)
        assert await broker.holdings() == []
    assert len(server.requests("/complete.json.gz")) == 1
    assert "Authorization" not in server.requests("/complete.json.gz")[0].headers


async def test_a_list_that_cannot_be_had_is_the_brokers_move(server: Upstox) -> None:
    server.answers["GET", "/complete.json.gz"] = (404, b"")
    async with opened(server) as broker:
        with pytest.raises(BrokerUnavailable):
            await broker.instruments()


@pytest.mark.skipif(not COMPLETE.exists(), reason="needs shared")
def test_the_whole_list_of_a_day_loads_and_agrees_with_kites() -> None:
    dump = parse_dump(COMPLETE.read_bytes())
    assert len(dump.instruments) + len(dump.rejected) == 125_004
    reasons = Counter(row.reason.partition(":")[0] for row in dump.rejected)
    assert reasons == {"the spot price of a commodity": 28, "segment GLOBAL_INDEX": 10, "segment GLOBAL_INDICATOR": 3}
    assert all(InstrumentId.parse(str(one.id)) == one.id for one in dump.instruments[::50])
    book = InstrumentBook()
    book.replace(dump)
    matched = Counter[str]()
    for name in ("kite_nse_2026-07-30", "kite_nfo_2026-08-10"):
        with gzip.open(SHARED / "kite" / f"{name}.csv.gz", "rt", newline="") as lines:
            for theirs in parse_kite(lines).instruments:
                ours = book.get(theirs.id)
                if ours is None:
                    continue
                matched[theirs.segment.value] += 1
                if theirs.segment is Segment.FNO:
                    assert (ours.lot_size, ours.tick_size) == (theirs.lot_size, theirs.tick_size)
                    matched["same token"] += ours.exchange_token == theirs.exchange_token
    # What does not match: 19 days lie between the lists of shares, 8 between those of contracts, in which HINDPETRO's strikes moved.
    assert matched == {"CASH": 9245, "INDEX": 135, "FNO": 33397, "same token": 33337}
