"""Every problem of an order stands beside its field, names the rule, and offers values that would do."""

from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec.structs import replace

from terminal_app.domain.enums import Exchange, OrderType, Product, SessionPhase, Validity, Variety
from terminal_app.domain.ids import InstrumentId
from terminal_app.domain.market import Quote
from terminal_app.domain.order import OrderRequest
from terminal_app.trading.checks import MAX_QUANTITY, Problem, check, check_freeze
from terminal_app.trading.inputs import read_decimal, read_quantity
from terminal_app.trading.slices import plan_slices
from tests.unit.trading.scripted import CAPABILITIES, FUTURE, INSTRUMENTS, RELIANCE, buy, quote, sell

D = Decimal
QUOTE = quote(RELIANCE, "118.40", lower_circuit=D("106.55"), upper_circuit=D("130.20"))
OPEN = SessionPhase.CONTINUOUS


def problems(
    request: OrderRequest, q: Quote | None = QUOTE, phase: SessionPhase | None = OPEN, sellable: int | None = None
) -> list[Problem]:
    return check(request, INSTRUMENTS.get(request.instrument), CAPABILITIES, q, phase, sellable=sellable)


def only(
    request: OrderRequest, q: Quote | None = QUOTE, phase: SessionPhase | None = OPEN, sellable: int | None = None
) -> Problem:
    (problem,) = problems(request, q, phase, sellable)
    return problem


def stop(side: str, trigger: str, limit: str | None) -> OrderRequest:
    make = buy if side == "buy" else sell
    kind = OrderType.SL_M if limit is None else OrderType.SL
    return make(price=limit or "1", order_type=kind, limit_price=D(limit) if limit else None, trigger_price=D(trigger))


def test_a_good_order_has_no_problem() -> None:
    assert problems(buy(price="118.40")) == []
    assert problems(buy(price=None)) == []
    assert problems(stop("buy", "119", "119.5")) == []
    assert problems(stop("sell", "118", None)) == []


@pytest.mark.parametrize(
    ("request_", "field", "sentence", "fixes"),
    [
        (
            buy(price="118.43"),
            "limit_price",
            "118.43 is not a multiple of the tick 0.05: the price must be a multiple of 0.05.",
            [D("118.40"), D("118.45")],
        ),
        (buy(price="130.25"), "limit_price", "130.25 is above 130.20, the highest price allowed today.", [D("130.20")]),
        (sell(price="106.5"), "limit_price", "106.50 is below 106.55, the lowest price allowed today.", [D("106.55")]),
        (buy(price="0"), "limit_price", "The price must be above zero.", [D("118.40")]),
        (buy(limit_price=None), "limit_price", "Enter a price.", [D("118.40")]),
        (buy(0, "118.40"), "quantity", "The quantity must be above zero: at least 1.", [1]),
        (buy(MAX_QUANTITY + 1, "118.40"), "quantity", "1,00,00,00,001 units are more than any exchange takes.", []),
        (
            stop("buy", "119", "118.5"),
            "limit_price",
            "The price of a buy stop must be at or above its trigger 119.00.",
            [D(119)],
        ),
        (
            stop("sell", "118", "118.5"),
            "limit_price",
            "The price of a sell stop must be at or below its trigger 118.00.",
            [D(118)],
        ),
        (
            stop("buy", "118.40", "119"),
            "trigger_price",
            "The trigger of a buy stop must be above the last price 118.40.",
            [D("118.45")],
        ),
        (
            stop("sell", "118.40", None),
            "trigger_price",
            "The trigger of a sell stop must be below the last price 118.40.",
            [D("118.35")],
        ),
        (
            stop("buy", "119.01", None),
            "trigger_price",
            "119.01 is not a multiple of the tick 0.05: the trigger price must be a multiple of 0.05.",
            [D(119), D("119.05")],
        ),
        (
            buy(price="118.40", product=Product.CARRY),
            "product",
            "NRML is not offered for RELIANCE.",
            [Product.DELIVERY, Product.INTRADAY],
        ),
        (
            buy(price=None, market_protection=D(0)),
            "market_protection",
            "The protection must be above 0 and at most 100 %.",
            [],
        ),
        (buy(price="118.40", validity=Validity.TTL), "validity", "This broker takes no TTL orders.", [Validity.DAY]),
        (buy(price="118.40", variety=Variety.COVER), "variety", "This broker takes no COVER orders.", []),
        (
            buy(100, "118.40", disclosed_quantity=9),
            "disclosed_quantity",
            "At least 10 % of the order must be disclosed: 10 or more.",
            [10, 0],
        ),
        (
            buy(10, "118.40", disclosed_quantity=11),
            "disclosed_quantity",
            "The disclosed quantity must be between 0 and the order's 10.",
            [0],
        ),
    ],
)
def test_each_rule_names_the_field_the_rule_and_the_fix(
    request_: OrderRequest, field: str, sentence: str, fixes: list[object]
) -> None:
    problem = only(request_)
    assert (problem.field, problem.message) == (field, sentence)
    assert [fix.value for fix in problem.fixes] == fixes
    for fix in problem.fixes:
        assert not any(found.code == problem.code for found in problems(replace(request_, **{fix.field: fix.value})))


def test_a_lot_is_kept_whole_with_the_nearest_multiples_offered() -> None:
    problem = only(buy(100, "25000", FUTURE), quote(FUTURE, "25000"))
    assert problem.message == "100 is not a multiple of the lot 65."
    assert [fix.value for fix in problem.fixes] == [65, 130]
    assert [fix.value for fix in only(buy(5, "25000", FUTURE), quote(FUTURE, "25000")).fixes] == [65]


def test_an_index_is_shown_not_traded() -> None:
    index = InstrumentId.index(Exchange.NSE, "NIFTY 50")
    assert "shown, not traded" in only(buy(1, "100", index)).message


def test_an_unknown_instrument_is_named() -> None:
    assert "NSE:NOBODY:EQ" in only(buy(1, "100", InstrumentId.equity(Exchange.NSE, "NOBODY"))).message


@pytest.mark.parametrize("q", [None, quote(RELIANCE, None)])
def test_a_market_order_needs_a_price_to_be_protected_by(q: Quote | None) -> None:
    problem = only(buy(price=None), q)
    assert (problem.field, problem.code) == ("order_type", "NO_PRICE")
    assert [fix.value for fix in problem.fixes] == [OrderType.LIMIT]


def test_delivery_is_not_sold_short() -> None:
    problem = only(sell(10, "118.40", product=Product.DELIVERY), sellable=4)
    assert problem.message == "Delivery cannot be sold short: you hold 4 that can be sold of RELIANCE."
    assert [fix.value for fix in problem.fixes] == [4, Product.INTRADAY]
    assert problems(sell(4, "118.40", product=Product.DELIVERY), sellable=4) == []


@pytest.mark.parametrize(
    ("phase", "request_", "field"),
    [
        (SessionPhase.CLOSED, buy(price="118.40"), "phase"),
        (SessionPhase.BUFFER, buy(price="118.40"), "phase"),
        (SessionPhase.CLOSING_REFERENCE, buy(price="118.40"), "phase"),
        (SessionPhase.PRE_OPEN, stop("buy", "119", None), "order_type"),
        (SessionPhase.CLOSING_ENTRY, buy(price="118.40", validity=Validity.IOC), "validity"),
        (SessionPhase.CLOSING_LIMIT, buy(price=None), "order_type"),
        (SessionPhase.PRE_OPEN_LIMIT, buy(price=None), "order_type"),
        (SessionPhase.CLOSING_ENTRY, buy(price="118.40", disclosed_quantity=5), "disclosed_quantity"),
    ],
)
def test_what_the_part_of_the_day_does_not_take(phase: SessionPhase, request_: OrderRequest, field: str) -> None:
    assert only(request_, phase=phase).field == field


def test_the_closing_auction_takes_market_and_limit_orders() -> None:
    assert problems(buy(price=None), phase=SessionPhase.CLOSING_ENTRY) == []
    assert problems(buy(price="118.40"), phase=SessionPhase.CLOSING_LIMIT) == []


@pytest.mark.parametrize(
    ("quantity", "slices"),
    [(65, [65]), (1755, [1755]), (1820, [1755, 65]), (3510, [1755, 1755]), (0, [])],
)
def test_slices_are_whole_lots_within_the_freeze_quantity(quantity: int, slices: list[int]) -> None:
    assert list(plan_slices(quantity, INSTRUMENTS[FUTURE])) == slices


def test_more_slices_than_anybody_means_are_refused_with_the_most_that_goes() -> None:
    problem = only(buy(1755 * 51, "25000", FUTURE), quote(FUTURE, "25000"))
    assert problem.code == "TOO_MANY_SLICES"
    assert [fix.value for fix in problem.fixes] == [1755 * 50]


def test_the_freeze_quantity_is_a_problem_of_a_single_order_only() -> None:
    assert check_freeze(buy(1755, "25000", FUTURE), INSTRUMENTS[FUTURE]) is None
    problem = check_freeze(buy(1820, "25000", FUTURE), INSTRUMENTS[FUTURE])
    assert problem is not None
    assert "1,755" in problem.message


@pytest.mark.parametrize(("text", "value"), [("1,00,000", 100000), (" 65 ", 65), ("65.0", 65), ("-5", -5), ("+7", 7)])
def test_a_quantity_is_read_as_typed(text: str, value: int) -> None:
    assert read_quantity(text) == value


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "Enter a quantity."),
        ("6.5", "The quantity must be a whole number."),
        ("abc", "“abc” is not a number."),
        ("1e5", "“1e5” is not a number."),
        ("١٢", "“١٢” is not a number."),
        ("NaN", "“NaN” is not a number."),
    ],
)
def test_what_is_no_quantity_is_said_beside_the_field(text: str, sentence: str) -> None:
    problem = read_quantity(text)
    assert isinstance(problem, Problem)
    assert (problem.field, problem.message) == ("quantity", sentence)


def test_a_price_is_exact() -> None:
    assert read_decimal("₹1,18.45") == D("118.45")
    problem = read_decimal("", "trigger_price")
    assert isinstance(problem, Problem)
    assert problem.message == "Enter a trigger price."
