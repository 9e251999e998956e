"""Two lists on one identity: what matches, and why the rest does not, one case for each reason."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from terminal_app.domain.ids import InstrumentId
from terminal_app.domain.instrument import Instrument, InstrumentDump, RejectedRow
from terminal_app.marketdata.joining import COMPARED, EXAMPLES, Difference, Join, UnmatchedGroup, Why, join_dumps

_TICK = Decimal("0.05")


def listed(identity: str, token: str = "", **fields: Any) -> Instrument:
    return Instrument(
        InstrumentId.parse(identity), identity, **{"lot_size": 1, "tick_size": _TICK, "exchange_token": token, **fields}
    )


def joined(left: list[Instrument], right: list[Instrument]) -> Join:
    return join_dumps({"zerodha": InstrumentDump(tuple(left)), "upstox": InstrumentDump(tuple(right))})


def only_group(here: Instrument, there: list[Instrument]) -> UnmatchedGroup:
    """The group of the one instrument that only the first list has."""
    (group,) = [group for group in joined([here], there).unmatched if group.listed_by == "zerodha"]
    assert (group.count, group.examples, group.missing_at) == (1, (here.id,), "upstox")
    assert (group.exchange, group.segment) == (here.exchange, here.segment)
    return group


def test_what_both_list_is_matched_whatever_it_is_called() -> None:
    share, option = "NSE:RELIANCE:EQ", "NSE:NIFTY:2026-11-24:24500.0:CE"
    here = [listed(share, trading_symbol="RELIANCE"), listed(option, trading_symbol="NIFTY26NOV24500CE")]
    there = [listed("NSE:NIFTY:2026-11-24:24500:CE", trading_symbol="NIFTY 24500 CE 24 NOV 26"), listed(share)]
    join = joined(here, there)
    assert join.matched == (here[0].id, here[1].id)
    assert join.unmatched == ()
    assert (join.left, join.right) == ("zerodha", "upstox")
    assert join.unmatched_at("zerodha") == join.unmatched_at("upstox") == 0


@pytest.mark.parametrize(
    ("here", "there", "why"),
    [
        (listed("BSE:RELIANCE:EQ"), [listed("NSE:RELIANCE:EQ")], Why.MARKET_ABSENT),
        (listed("NSE-CURRENCY:USDINR:2026-11-26:FUT"), [listed("NSE:NIFTY:2026-11-24:FUT")], Why.MARKET_ABSENT),
        (listed("NSE:NIFTY:2026-11-17:24500:CE"), [listed("NSE:NIFTY:2026-11-24:24500:CE")], Why.EXPIRED),
        (listed("NSE:KEL:SM", "7"), [listed("NSE:VISDEM:SM", "7")], Why.RENAMED),
        (listed("NSE:LTIM:2026-11-24:FUT", "7"), [listed("NSE:LTM:2026-11-24:FUT", "7")], Why.RENAMED),
        (
            listed("NSE:HINDPETRO:2026-11-24:400:CE", "7"),
            [listed("NSE:HINDPETRO:2026-11-24:380.75:CE", "7")],
            Why.STRIKE_MOVED,
        ),
        (
            listed("NSE:NIFTY:2026-11-24:24500:CE", "7"),
            [listed("NSE:NIFTY:2026-11-24:24500:PE", "7")],
            Why.DISPUTED,
        ),
        (listed("NSE:ABNINT:BE", "7"), [listed("NSE:OTHER:EQ", "7")], Why.DISPUTED),
        (listed("NSE:GOLDBEINAV:EQ"), [listed("NSE:GOLDBEES:EQ")], Why.INDICATIVE_VALUE),
        (listed("NSE:HANGSENG BEES-NAV:INDEX"), [listed("NSE:NIFTY 50:INDEX")], Why.INDICATIVE_VALUE),
        (listed("NSE:ABNINT:BE", "7"), [listed("NSE:ABNINT:EQ", "8")], Why.OTHER_SERIES),
        (listed("NSE:ABNINT:BE", "7"), [listed("NSE:ABNINT:EQ", "7")], Why.OTHER_SERIES),
        (listed("NSE:91D300726:TB"), [listed("NSE:91D121126:TB")], Why.BOND),
        (listed("NSE:97SFL26:Z9"), [listed("NSE:RELIANCE:EQ")], Why.BOND),
        (listed("NSE:MHLSRG:SF"), [listed("NSE:RELIANCE:EQ")], Why.SERIES_ABSENT),
        (listed("NSE:SRPL:BZ"), [listed("NSE:ALIVE:BZ")], Why.SHARE_ABSENT),
        (listed("NSE:NIFTY CEMENT:INDEX"), [listed("NSE:NIFTY 50:INDEX")], Why.INDEX_ABSENT),
        (listed("NSE:NIFTYFPI:2026-11-24:FUT"), [listed("NSE:NIFTY:2026-11-24:FUT")], Why.UNDERLYING_ABSENT),
        (listed("NSE:NIFTY:2026-12-01:24500:CE"), [listed("NSE:NIFTY:2026-11-24:24500:CE")], Why.EXPIRY_ABSENT),
        (listed("NSE:NIFTY:2026-11-24:24550:CE"), [listed("NSE:NIFTY:2026-11-24:24500:CE")], Why.CONTRACT_ABSENT),
        (listed("NSE:NIFTY:2026-11-24:FUT"), [listed("NSE:NIFTY:2026-11-24:24500:CE")], Why.CONTRACT_ABSENT),
    ],
)
def test_each_reason_is_told_from_the_others(here: Instrument, there: list[Instrument], why: Why) -> None:
    group = only_group(here, there)
    assert group.why is why
    assert "upstox" in group.explanation.lower()
    assert group.explanation.endswith(".")
    assert "{" not in group.explanation


def test_every_reason_has_a_sentence_of_its_own() -> None:
    share = listed("NSE:RELIANCE:EQ")
    sentences = {UnmatchedGroup("a", "b", share.exchange, share.segment, why, 0, ()).explanation for why in Why}
    assert len(sentences) == len(Why)


def test_the_token_of_an_expired_contract_may_be_another_contracts_today() -> None:
    old = listed("NSE:360ONE:2026-10-27:FUT", "7")
    new = listed("NSE:ULTRACEMCO:2026-12-29:10600:PE", "7")
    join = joined([old], [new])
    assert [(group.listed_by, group.why) for group in join.unmatched] == [
        ("zerodha", Why.EXPIRED),
        ("upstox", Why.UNDERLYING_ABSENT),
    ]


def test_a_last_day_that_was_moved_is_told_from_a_new_expiry() -> None:
    near = listed("NSE:NIFTY:2026-11-24:FUT", "1")
    join = joined([near, listed("NSE:NIFTY:2026-12-31:FUT", "7")], [near, listed("NSE:NIFTY:2026-12-29:FUT", "7")])
    assert [group.why for group in join.unmatched] == [Why.EXPIRY_MOVED, Why.EXPIRY_MOVED]


def test_the_numbers_of_indices_are_the_brokers_own() -> None:
    group = only_group(listed("NSE:NIFTY 50:INDEX", "7"), [listed("NSE:NIFTY BANK:INDEX", "7")])
    assert group.why is Why.INDEX_ABSENT
    same = joined([listed("NSE:NIFTY 50:INDEX", "1001")], [listed("NSE:NIFTY 50:INDEX", "26000")])
    assert same.comparison("exchange_token").compared == 0


def test_all_are_counted_and_the_first_are_named() -> None:
    strikes = [listed(f"NSE:NIFTY:2026-11-24:{24000 + 50 * step}:CE") for step in range(EXAMPLES + 3)]
    join = joined([*strikes, listed("NSE:RELIANCE:EQ")], [strikes[0], listed("NSE:TCS:EQ")])
    contracts = next(group for group in join.unmatched if group.why is Why.CONTRACT_ABSENT)
    assert contracts.count == EXAMPLES + 2
    assert contracts.examples == tuple(one.id for one in strikes[1 : EXAMPLES + 1])
    assert (join.unmatched_at("zerodha"), join.unmatched_at("upstox")) == (EXAMPLES + 3, 1)
    assert len(join.matched) == 1


@pytest.mark.parametrize(
    ("field", "left", "right"),
    [
        ("lot_size", 65, 75),
        ("tick_size", Decimal("0.05"), Decimal("0.1")),
        ("freeze_quantity", 1755, 1800),
        ("isin", "INE002A01018", "INE002A01026"),
        ("exchange_token", "2885", "2886"),
    ],
)
def test_fields_that_differ_are_counted_with_both_values(field: str, left: Any, right: Any) -> None:
    here, there = listed("NSE:RELIANCE:EQ", **{field: left}), listed("NSE:RELIANCE:EQ", **{field: right})
    join = joined([here, listed("NSE:TCS:EQ")], [there, listed("NSE:TCS:EQ")])
    comparison = join.comparison(field)
    assert comparison.differing == 1
    assert comparison.examples == (Difference(here.id, str(left), str(right)),)
    assert [one.field for one in join.comparisons if one.differing] == [field]


def test_equal_prices_may_be_written_differently() -> None:
    here, there = (listed("NSE:RELIANCE:EQ", tick_size=Decimal(text)) for text in ("0.1", "0.10"))
    assert joined([here], [there]).comparison("tick_size").differing == 0


def test_a_field_that_one_list_does_not_tell_is_not_compared() -> None:
    join = joined(
        [listed("NSE:RELIANCE:EQ")], [listed("NSE:RELIANCE:EQ", "2885", freeze_quantity=9, isin="INE002A01018")]
    )
    assert {one.field: one.compared for one in join.comparisons} == {
        "lot_size": 1,
        "tick_size": 1,
        "freeze_quantity": 0,
        "isin": 0,
        "exchange_token": 0,
    }
    assert tuple(one.field for one in join.comparisons) == COMPARED
    with pytest.raises(KeyError):
        join.comparison("name")


def test_rejected_rows_are_counted_by_reason_and_named_by_line() -> None:
    rows = (*(RejectedRow(line, "", "from abroad") for line in range(1, EXAMPLES + 3)), RejectedRow(99, "", "no date"))
    join = join_dumps({"zerodha": InstrumentDump(()), "upstox": InstrumentDump((), rows)})
    assert [(group.listed_by, group.reason, group.count, group.lines) for group in join.rejected] == [
        ("upstox", "from abroad", EXAMPLES + 2, tuple(range(1, EXAMPLES + 1))),
        ("upstox", "no date", 1, (99,)),
    ]


@pytest.mark.parametrize("names", [(), ("zerodha",), ("zerodha", "upstox", "groww")])
def test_a_join_is_of_two_lists(names: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="unpack"):
        join_dumps({name: InstrumentDump(()) for name in names})
