"""Real instrument lists of Zerodha and Upstox: read in full, joined on one identity, and every unmatched instrument explained.

The lists are of different days: Kite's of NSE of 2026-07-30, of NFO of 2026-08-10, of BFO of 2026-05-08, and Upstox's of
2026-08-18. Lists of Kite's other exchanges are not at hand but for some futures of 2025-11-19.
"""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from terminal_app.brokers.upstox.instruments import parse_dump as parse_upstox
from terminal_app.brokers.zerodha.instruments import read_dump as read_kite
from terminal_app.domain.instrument import InstrumentDump
from terminal_app.marketdata.joining import Join, Why, join_dumps

FULL = {"kite_nse_2026-07-30": 9_985, "kite_nfo_2026-08-10": 34_950, "kite_bfo_2026-05-08": 5_063}
FUTURES = {"kite_fut_mcx_cds_nfo_2025-11-19": 247}
UPSTOX, UPSTOX_ROWS = "upstox_complete_2026-08-18.json.gz", 125_004


def kite_dump(folder: Path, names: Sequence[str]) -> InstrumentDump:
    """The lists of some exchanges as one, as Kite serves them when it is asked for all."""
    bodies = [gzip.decompress((folder / "kite" / f"{name}.csv.gz").read_bytes()) for name in names]
    headers = {body.split(b"\n", 1)[0].strip() for body in bodies}
    assert len(headers) == 1
    rows = [body.split(b"\n", 1)[1].strip() for body in bodies]
    return read_kite(b"\n".join([*headers, *rows]))


@pytest.fixture(scope="module")
def folder(shared: Path) -> Path:
    return shared / "data" / "instruments"


@pytest.fixture(scope="module")
def kite(folder: Path) -> InstrumentDump:
    return kite_dump(folder, list(FULL))


@pytest.fixture(scope="module")
def upstox(folder: Path) -> InstrumentDump:
    return parse_upstox((folder / "upstox" / UPSTOX).read_bytes())


@pytest.fixture(scope="module")
def join(kite: InstrumentDump, upstox: InstrumentDump) -> Join:
    return join_dumps({"zerodha": kite, "upstox": upstox})


def unmatched(join: Join, listed_by: str) -> dict[tuple[str, str, str], int]:
    return {
        (group.exchange.value, group.segment.value, group.why.value): group.count
        for group in join.unmatched
        if group.listed_by == listed_by
    }


def test_every_row_is_an_instrument_or_is_rejected(kite: InstrumentDump, upstox: InstrumentDump) -> None:
    assert (len(kite.instruments), len(kite.rejected)) == (sum(FULL.values()), 0)
    assert (len(upstox.instruments), len(upstox.rejected)) == (UPSTOX_ROWS - 41, 41)


def test_rejected_rows_are_counted_and_named(join: Join) -> None:
    abroad = "prices from abroad, which cannot be traded in India"
    assert {(group.listed_by, group.reason): group.count for group in join.rejected} == {
        ("upstox", f"segment GLOBAL_INDEX: {abroad}"): 10,
        ("upstox", f"segment GLOBAL_INDICATOR: {abroad}"): 3,
        ("upstox", "the spot price of a commodity: there is no contract to trade"): 28,
    }
    assert all(group.lines for group in join.rejected)


def test_the_lists_join_on_one_identity(join: Join, kite: InstrumentDump, upstox: InstrumentDump) -> None:
    matched = Counter((one.exchange.value, one.segment.value) for one in join.matched)
    assert matched == {
        ("NSE", "CASH"): 9_245,
        ("NSE", "INDEX"): 135,
        ("NSE", "FNO"): 33_397,
        ("BSE", "FNO"): 310,
    }
    assert len(join.matched) + join.unmatched_at("zerodha") == len(kite.instruments)
    assert len(join.matched) + join.unmatched_at("upstox") == len(upstox.instruments)


def test_every_instrument_that_only_zerodha_lists_is_explained(join: Join) -> None:
    assert unmatched(join, "zerodha") == {
        ("NSE", "INDEX", Why.INDICATIVE_VALUE): 1,
        ("NSE", "CASH", Why.INDICATIVE_VALUE): 334,
        ("NSE", "CASH", Why.OTHER_SERIES): 194,
        ("NSE", "CASH", Why.SERIES_ABSENT): 50,
        ("NSE", "CASH", Why.BOND): 22,
        ("NSE", "CASH", Why.SHARE_ABSENT): 3,
        ("NSE", "CASH", Why.RENAMED): 1,
        ("NSE", "FNO", Why.EXPIRED): 226,
        ("NSE", "FNO", Why.CONTRACT_ABSENT): 1_313,
        ("NSE", "FNO", Why.STRIKE_MOVED): 14,
        ("BSE", "FNO", Why.EXPIRED): 4_527,
        ("BSE", "FNO", Why.CONTRACT_ABSENT): 226,
    }


def test_every_instrument_that_only_upstox_lists_is_explained(join: Join) -> None:
    assert unmatched(join, "upstox") == {
        ("BSE", "CASH", Why.MARKET_ABSENT): 12_822,
        ("BSE", "INDEX", Why.MARKET_ABSENT): 77,
        ("BSE", "CURRENCY", Why.MARKET_ABSENT): 9_226,
        ("NSE", "CURRENCY", Why.MARKET_ABSENT): 8_764,
        ("NSE", "COMMODITY", Why.MARKET_ABSENT): 28_047,
        ("MCX", "COMMODITY", Why.MARKET_ABSENT): 16_699,
        ("NSE", "INDEX", Why.INDEX_ABSENT): 4,
        ("NSE", "CASH", Why.OTHER_SERIES): 194,
        ("NSE", "CASH", Why.SHARE_ABSENT): 174,
        ("NSE", "CASH", Why.BOND): 53,
        ("NSE", "CASH", Why.RENAMED): 1,
        ("NSE", "FNO", Why.CONTRACT_ABSENT): 1_302,
        ("NSE", "FNO", Why.UNDERLYING_ABSENT): 345,
        ("NSE", "FNO", Why.EXPIRY_ABSENT): 146,
        ("NSE", "FNO", Why.STRIKE_MOVED): 74,
        ("BSE", "FNO", Why.EXPIRY_ABSENT): 3_092,
        ("BSE", "FNO", Why.UNDERLYING_ABSENT): 585,
        ("BSE", "FNO", Why.CONTRACT_ABSENT): 271,
    }


def test_no_exchange_token_means_two_things(join: Join) -> None:
    """That is how a contract that one of the readers misunderstands would show."""
    assert not [group for group in join.unmatched if group.why in (Why.DISPUTED, Why.EXPIRY_MOVED)]
    moved = [one for group in join.unmatched if group.why is Why.STRIKE_MOVED for one in group.examples]
    assert {one.symbol for one in moved} == {"HINDPETRO"}
    renamed = [str(one) for group in join.unmatched if group.why is Why.RENAMED for one in group.examples]
    assert renamed == ["NSE:KEL:SM", "NSE:VISDEM:SM"]


def test_shares_that_only_the_later_list_has_trade_as_it_says(
    shared: Path, kite: InstrumentDump, upstox: InstrumentDump
) -> None:
    """The exchange's report of the series EQ of those days decides between the two lists, and says that no reader made anything up."""
    traded = {
        line.split(",", 1)[0]
        for path in (shared / "data" / "bhavcopy").glob("sec_bhavdata_full_2026-08-*.csv.gz")
        for line in gzip.decompress(path.read_bytes()).decode().splitlines()
    }
    listed = {one.id for one in kite.instruments}
    symbols = {one.symbol for one in listed if (one.exchange, one.segment) == ("NSE", "CASH")}
    later = [
        one.id for one in upstox.instruments if one.id not in listed and (one.exchange, one.segment) == ("NSE", "CASH")
    ]
    found = Counter((one.symbol in symbols, one.series == "EQ", one.symbol in traded) for one in later)
    new, moved = (False, True, True), (True, True, True)
    assert found == {new: 166, moved: 100, (True, False, False): 94, (False, False, False): 62}


def test_what_the_lists_tell_of_matched_instruments_agrees_but_for_the_days_between_them(join: Join) -> None:
    told = {one.field: (one.compared, one.differing) for one in join.comparisons}
    assert told == {
        "lot_size": (43_087, 2),  # An SME share and an investment trust, whose market lots the exchange revised.
        "tick_size": (42_952, 93),  # Ticks of shares follow their prices, monthly; Kite tells none of indices.
        "freeze_quantity": (0, 0),  # Kite tells neither this nor the ISIN.
        "isin": (0, 0),
        "exchange_token": (
            42_952,
            100,
        ),  # HINDPETRO's strikes of before are new contracts, far SENSEX ones were listed again.
    }
    assert {str(one.id) for one in join.comparison("lot_size").examples} == {"NSE:CUBEINVIT:IV", "NSE:SAHANA:SM"}


def test_ticks_and_lots_of_derivatives_agree(kite: InstrumentDump, upstox: InstrumentDump) -> None:
    contracts = [InstrumentDump(tuple(one for one in dump.instruments if one.is_derivative)) for dump in (kite, upstox)]
    join = join_dumps(dict(zip(("zerodha", "upstox"), contracts, strict=True)))
    assert len(join.matched) == 33_707
    assert [
        (join.comparison(field).compared, join.comparison(field).differing) for field in ("lot_size", "tick_size")
    ] == [
        (33_707, 0),
        (33_707, 0),
    ]


def test_futures_of_last_year_are_told_as_expired_and_their_underlyings_are_known(
    folder: Path, upstox: InstrumentDump
) -> None:
    """Of commodities and currencies it is the names of the underlyings that can be compared."""
    futures = kite_dump(folder, list(FUTURES))
    assert (len(futures.instruments), futures.rejected) == (sum(FUTURES.values()), ())
    join = join_dumps({"zerodha": futures, "upstox": upstox})
    assert unmatched(join, "zerodha") == {
        ("MCX", "COMMODITY", Why.EXPIRED): 29,
        ("NSE", "CURRENCY", Why.EXPIRED): 4,
        ("NSE", "FNO", Why.EXPIRED): 214,
    }
    assert not [group for group in join.unmatched if group.why is Why.DISPUTED]
    known = {(one.exchange, one.segment, one.id.symbol) for one in upstox.instruments}
    asked = {(one.exchange, one.segment, one.id.symbol) for one in futures.instruments if one.segment != "FNO"}
    assert len(asked) == 33
    assert asked <= known
