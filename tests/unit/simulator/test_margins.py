"""Margins and funds, with rates and results worked out by hand (index: span 10 %, exposure 2 %; stock: 16 %, 3.5 %)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from terminal_app.domain.enums import Exchange, Product, Side
from terminal_app.domain.errors import ConfigError, OrderRejected
from terminal_app.domain.ids import InstrumentId
from terminal_app.domain.margins import Leg, MarginClass, MarginTable, largest_loss
from terminal_app.domain.order import OrderRequest
from tests.helpers.market_script import (
    ACCOUNT,
    CALL,
    CALL_HIGHER,
    DAY,
    EXPIRY,
    FUTURE,
    INSTRUMENTS,
    NIFTY,
    PUT,
    RELIANCE,
    Floor,
    contract,
    margins,
    request,
)

BUY, SELL = Side.BUY, Side.SELL
STOCK_FUTURE = InstrumentId.future(Exchange.NSE, "RELIANCE", EXPIRY)
SPOT, FUTURE_PRICE = Decimal(24550), Decimal(24600)
INDEX_FUTURE_MARGIN = FUTURE_PRICE * 65 * Decimal("0.12")


def quoted(funds: int = 1_000_000) -> Floor:
    floor = Floor(funds=funds, instruments=(*INSTRUMENTS, contract(STOCK_FUTURE, lot_size=500)))
    prices = ((NIFTY, SPOT), (FUTURE, FUTURE_PRICE), (CALL, 150), (CALL_HIGHER, 100), (PUT, 90), (RELIANCE, 100))
    for name, price in (*prices, (STOCK_FUTURE, 100)):
        floor.quote(str(price), [(str(price), 6500)], [(str(price), 6500)], id=name)
    return floor


def needs(floor: Floor, *orders: OrderRequest) -> Decimal:
    return floor.exchange.margin(ACCOUNT, orders).required


@pytest.mark.parametrize(
    ("order", "required"),
    [
        (request(BUY, 100, "100", product=Product.DELIVERY), Decimal(10_000)),
        (request(BUY, 100, product=Product.DELIVERY), Decimal(10_000)),
        (request(BUY, 100, "100"), Decimal(2_000)),
        (request(SELL, 100, "100"), Decimal(2_000)),
        (request(BUY, 65, "24600", id=FUTURE), INDEX_FUTURE_MARGIN),
        (request(SELL, 65, "24600", id=FUTURE), INDEX_FUTURE_MARGIN),
        (request(BUY, 65, "24600", id=FUTURE, product=Product.INTRADAY), INDEX_FUTURE_MARGIN),
        (request(BUY, 500, "100", id=STOCK_FUTURE), Decimal(50_000) * Decimal("0.195")),
        (request(BUY, 65, "150", id=CALL), Decimal(9_750)),
        (request(SELL, 65, "150", id=CALL), INDEX_FUTURE_MARGIN),
        (request(SELL, 65, "90", id=PUT), INDEX_FUTURE_MARGIN),
    ],
)
def test_one_order_needs(order: OrderRequest, required: Decimal) -> None:
    assert needs(quoted(), order) == required


def test_a_short_option_never_needs_less_than_the_future() -> None:
    floor = quoted()
    future = needs(floor, request(SELL, 65, id=FUTURE))
    assert all(needs(floor, request(SELL, 65, id=option)) >= future for option in (CALL, CALL_HIGHER, PUT))


@pytest.mark.parametrize(
    ("orders", "required"),
    [
        # credit spread: 100 wide, 50 received: at most 50 can be lost
        ([request(SELL, 65, "150", id=CALL), request(BUY, 65, "100", id=CALL_HIGHER)], Decimal(50 * 65)),
        # debit spread: what was paid is all that can be lost
        ([request(BUY, 65, "150", id=CALL), request(SELL, 65, "100", id=CALL_HIGHER)], Decimal(50 * 65)),
        # protective put: the future falls to 24500 at most (100 below its price), and the put costs 90
        ([request(BUY, 65, "24600", id=FUTURE), request(BUY, 65, "90", id=PUT)], Decimal(190 * 65)),
        # covering only half leaves half a naked short
        ([request(SELL, 130, "150", id=CALL), request(BUY, 65, "100", id=CALL_HIGHER)], None),
    ],
)
def test_a_hedged_group_needs_at_most_what_it_can_lose(orders: list[OrderRequest], required: Decimal | None) -> None:
    floor = quoted(funds=10_000_000)
    if required is None:
        assert needs(floor, *orders) > INDEX_FUTURE_MARGIN
    else:
        assert needs(floor, *orders) == required


def test_a_short_is_never_free() -> None:
    floor = quoted()
    # 101 received for 100 that can be lost at most: no risk is left, and yet a tick a unit is asked for
    spread = [request(SELL, 65, "200", id=CALL), request(BUY, 65, "99", id=CALL_HIGHER)]
    assert needs(floor, *spread) == Decimal("0.05") * 65


def test_an_open_hedge_counts_for_the_next_order() -> None:
    floor = quoted()
    floor.place(BUY, 65, "100", id=CALL_HIGHER)
    # 100 can be lost at most, 150 are received: the paid premium of the hedge is gone already
    assert needs(floor, request(SELL, 65, "150", id=CALL)) == Decimal(0)


def test_funds_show_where_the_money_is() -> None:
    floor = quoted()
    floor.place(SELL, 65, "150", id=CALL)
    floor.place(BUY, 100, "100", product=Product.DELIVERY)
    floor.place(BUY, 100, "90")
    funds = floor.exchange.funds(ACCOUNT)
    # span 10 % of the future's value and the option's value; exposure 2 %; premium received; order 9,000 / 5
    span, exposure = FUTURE_PRICE * 65 / 10 + 150 * 65, FUTURE_PRICE * 65 / 50
    assert dict(funds.parts) == {
        "Span": span,
        "Exposure": exposure,
        "Delivery": Decimal(10_000),
        "Working orders": Decimal(1_800),
        "Premium received": Decimal(9_750),
    }
    assert funds.used == span + exposure + 10_000 + 1_800
    assert funds.available == funds.opening + 9_750 - funds.used


def test_realised_results_are_booked_and_open_gains_are_not() -> None:
    floor = quoted()
    floor.place(BUY, 100, "100")
    floor.step("110", 0, [("110", 500)], [("110", 500)])
    assert floor.exchange.funds(ACCOUNT).available == Decimal(1_000_000) - 2_000
    floor.place(SELL, 60, "110")
    assert floor.exchange.funds(ACCOUNT).available == Decimal(1_000_000) + 600 - 800
    floor.step("95", 0, [("95", 500)], [("95", 500)])
    assert floor.exchange.funds(ACCOUNT).available == Decimal(1_000_000) + 600 - 800 - 200


def test_what_only_reduces_a_position_needs_nothing() -> None:
    floor = quoted(funds=200_000)
    floor.place(BUY, 65, "24600", id=FUTURE)
    assert needs(floor, request(SELL, 65, "24700", id=FUTURE)) == 0
    working = floor.place(SELL, 65, "24700", id=FUTURE)
    assert floor.exchange.funds(ACCOUNT).available == 200_000 - INDEX_FUTURE_MARGIN
    # the first order reduces already what a second one could reduce
    with pytest.raises(OrderRejected, match="Margin shortfall"):
        floor.place(SELL, 65, "24700", id=FUTURE)
    floor.exchange.cancel(ACCOUNT, working)
    floor.place(SELL, 65, "24700", id=FUTURE)


def test_turning_a_position_around_needs_only_what_the_new_one_blocks_more() -> None:
    floor = quoted(funds=200_000)
    floor.place(BUY, 65, "24600", id=FUTURE)
    assert needs(floor, request(SELL, 130, "24600", id=FUTURE)) == 0
    floor.place(SELL, 130, "24600", id=FUTURE)
    floor.place(BUY, 100, "100")
    assert needs(floor, request(SELL, 200, "100")) == 0
    assert needs(floor, request(SELL, 300, "100")) == 2_000
    floor.place(SELL, 100, "100")
    assert floor.exchange.funds(ACCOUNT).available == 200_000 - INDEX_FUTURE_MARGIN


def test_a_larger_order_needs_the_money_for_the_difference() -> None:
    floor = quoted(funds=10_000)
    order = floor.place(BUY, 100, "99", product=Product.DELIVERY)
    assert floor.exchange.funds(ACCOUNT).available == 100
    with pytest.raises(OrderRejected, match="Margin shortfall"):
        floor.place(BUY, 2, "99", product=Product.DELIVERY)
    floor.exchange.cancel(ACCOUNT, order)
    assert floor.exchange.funds(ACCOUNT).available == 10_000


@pytest.mark.parametrize(
    ("legs", "loss"),
    [
        ([(CALL, -1)], None),
        ([(FUTURE, -1)], None),
        ([(FUTURE, -1), (CALL, 1)], Decimal(0)),
        ([(PUT, -1)], Decimal(24500)),
        ([(CALL, -1), (CALL_HIGHER, 1)], Decimal(100)),
        ([(CALL, 1), (CALL_HIGHER, -1)], Decimal(0)),
        ([(CALL, -1), (CALL_HIGHER, 1), (PUT, -1)], Decimal(24500)),
    ],
)
def test_the_largest_loss_at_expiry(legs: list[tuple[InstrumentId, int]], loss: Decimal | None) -> None:
    contracts = {one.id: one for one in INSTRUMENTS}
    group = [Leg(contracts[name], quantity, Decimal(24500), SPOT, Decimal(0)) for name, quantity in legs]
    assert largest_loss(group) == loss


def test_a_day_before_the_first_rate_is_refused() -> None:
    with pytest.raises(ConfigError, match="no INDEX_FUTURE for 2009-01-01"):
        margins().rate(MarginClass.INDEX_FUTURE, date(2009, 1, 1))


def test_the_last_rate_in_force_counts() -> None:
    rows = [
        {"class": "INDEX_FUTURE", "from": "2026-01-01", "span": "0.2", "exposure": "0.1"},
        {"class": "INDEX_FUTURE", "from": "2020-01-01", "span": "0.1", "exposure": "0.1"},
    ]
    table = MarginTable.from_tables({"rates": rows, "intraday_leverage": [], "index_spots": {}})
    assert table.rate(MarginClass.INDEX_FUTURE, date(2025, 12, 31)).span == Decimal("0.1")
    assert table.rate(MarginClass.INDEX_FUTURE, DAY).span == Decimal("0.2")


def test_a_damaged_table_is_told() -> None:
    with pytest.raises(ConfigError, match="table of margins cannot be read"):
        MarginTable.from_tables({"rates": [{"class": "NOTHING"}], "intraday_leverage": [], "index_spots": {}})
