"""The ladder of a quote, and the ticket of a price."""

from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec.structs import replace

from terminal_app.domain.enums import OrderType, Side
from terminal_app.domain.ids import InstrumentId
from terminal_app.domain.instrument import Instrument
from terminal_app.domain.market import Depth, DepthLevel, Quote
from terminal_app.ui.panels.depth.model import LadderSide
from terminal_app.ui.panels.depth.presenter import draft_of, ladder_of, price_hint, spoken

RELIANCE = InstrumentId.parse("NSE:RELIANCE:EQ")
FUTURE = InstrumentId.parse("NSE:NIFTY:2026-11-24:FUT")
NIFTY = InstrumentId.parse("NSE:NIFTY 50:INDEX")
SHARE = Instrument(
    RELIANCE, "RELIANCE INDUSTRIES", 1, Decimal("0.10"), lower_circuit=Decimal(1264), upper_circuit=Decimal(1545)
)
DEPTH = Depth(
    tuple(DepthLevel(Decimal(price), quantity, 3) for price, quantity in (("1421.70", 1240), ("1421.60", 2815))),
    (DepthLevel(Decimal("1421.80"), 1000, 0),),
)
QUOTE = Quote(RELIANCE, Decimal("1421.80"), open=Decimal(1408), volume=5391100, depth=DEPTH)


def test_levels_are_best_first_and_missing_ones_are_dashes() -> None:
    ladder = ladder_of(QUOTE, SHARE)
    assert [level.price_text for level in ladder.bids] == ["1,421.70", "1,421.60", "–", "–", "–"]
    assert [level.quantity for level in ladder.asks] == ["1,000", "–", "–", "–", "–"]
    assert [level.orders for level in (ladder.bids[0], ladder.asks[0])] == ["3", "–"]


def test_bars_compare_with_the_largest_level_of_both_sides() -> None:
    ladder = ladder_of(QUOTE, SHARE)
    assert [round(level.share, 3) for level in (*ladder.bids[:2], ladder.asks[0])] == [0.44, 1.0, 0.355]


def test_sums_are_the_exchanges_where_it_tells_them_else_those_of_the_levels() -> None:
    ladder = ladder_of(QUOTE, SHARE)
    assert (ladder.total_bid, ladder.total_ask, ladder.spread) == ("4,055", "1,000", "spread 0.10")
    whole = replace(QUOTE, depth=replace(DEPTH, total_bid_quantity=100000, total_ask_quantity=300000))
    ladder = ladder_of(whole, SHARE)
    assert (ladder.total_bid, ladder.total_ask, ladder.bid_share) == ("1,00,000", "3,00,000", 0.25)


def test_without_a_price_nothing_is_zero() -> None:
    ladder = ladder_of(Quote(RELIANCE), SHARE)
    assert {level.price_text for level in (*ladder.bids, *ladder.asks)} == {"–"}
    assert (ladder.total_bid, ladder.total_ask, ladder.spread, ladder.bid_share) == ("–", "–", "", 0.5)
    facts = {fact.label: fact.value for fact in ladder.facts}
    assert facts["Volume"] == "–"
    assert facts["Upper circuit"] == "1,545.00"


def test_the_days_figures_follow_and_open_interest_only_where_there_is_one() -> None:
    facts = {fact.label: fact.value for fact in ladder_of(QUOTE, SHARE).facts}
    assert facts["Open"] == "1,408.00"
    assert facts["Volume"] == "53,91,100"
    assert "Open interest" not in facts
    future = Quote(FUTURE, Decimal(24836), open_interest=1234567)
    assert {fact.label: fact.value for fact in ladder_of(future, None).facts}["Open interest"] == "12,34,567"


def test_an_index_has_no_levels_and_says_why() -> None:
    ladder = ladder_of(Quote(NIFTY, Decimal(24812)), None)
    assert ladder.bids == ()
    assert ladder.note == "An index is not traded itself and has no depth."
    assert spoken(ladder) == ladder.note


def test_old_prices_carry_their_age() -> None:
    assert ladder_of(QUOTE, SHARE, 14.2).old == "14 s old"
    assert "14 s old" in spoken(ladder_of(QUOTE, SHARE, 14.2))


@pytest.mark.parametrize(
    ("side", "opposite", "order_side"),
    [
        (LadderSide.BID, False, Side.SELL),
        (LadderSide.ASK, False, Side.BUY),
        (LadderSide.BID, True, Side.BUY),
        (LadderSide.ASK, True, Side.SELL),
    ],
)
def test_a_click_meets_the_level_and_shift_joins_its_queue(side: LadderSide, opposite: bool, order_side: Side) -> None:
    draft = draft_of(RELIANCE, side, Decimal("1421.70"), opposite=opposite)
    assert (draft.side, draft.limit_price, draft.order_type) == (order_side, Decimal("1421.70"), OrderType.LIMIT)


def test_the_hint_says_what_the_click_does() -> None:
    assert price_hint(LadderSide.BID, "1,421.70").startswith("Click: sell at 1,421.70")
    assert price_hint(LadderSide.ASK, "1,421.80").startswith("Click: buy at 1,421.80")


def test_the_best_prices_are_spoken() -> None:
    assert spoken(ladder_of(QUOTE, SHARE)).startswith("Bid 1,240 at 1,421.70, ask 1,000 at 1,421.80. Buyers 4,055")
