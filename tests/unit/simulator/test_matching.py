"""Every rule of matching, each in a scenario with hand-computed fills."""

from __future__ import annotations

from decimal import Decimal

import pytest

from terminal_app.domain.enums import OrderStatus, OrderType, Side, Validity
from terminal_app.domain.errors import OrderRejected
from terminal_app.domain.ids import AccountId
from terminal_app.domain.order import OrderChange
from tests.helpers.market_script import ACCOUNT, TCS, Floor, clock

BIDS = [("99.95", 500), ("99.90", 300), ("99.85", 200), ("99.80", 100), ("99.75", 50)]
ASKS = [("100.05", 200), ("100.10", 300), ("100.15", 400), ("100.20", 100), ("100.25", 100)]


def quoted() -> Floor:
    floor = Floor()
    floor.quote("100", BIDS, ASKS)
    return floor


def priced(*pairs: tuple[int, str]) -> list[tuple[int, Decimal]]:
    return [(quantity, Decimal(price)) for quantity, price in pairs]


@pytest.mark.parametrize(
    ("side", "quantity", "limit", "fills"),
    [
        (Side.BUY, 150, "100.05", [(150, "100.05")]),
        (Side.BUY, 600, "100.10", [(200, "100.05"), (300, "100.10")]),
        (Side.BUY, 600, "101", [(200, "100.05"), (300, "100.10"), (100, "100.15")]),
        (Side.SELL, 900, "99.90", [(500, "99.95"), (300, "99.90")]),
        (Side.BUY, 10, "100.00", []),
        (Side.SELL, 10, "100.00", []),
        (Side.BUY, 1500, None, [(200, "100.05"), (300, "100.10"), (400, "100.15"), (100, "100.20"), (100, "100.25")]),
        (Side.SELL, 520, None, [(500, "99.95"), (20, "99.90")]),
    ],
)
def test_an_arriving_order_takes_the_displayed_levels_within_its_limit(
    side: Side, quantity: int, limit: str | None, fills: list[tuple[int, str]]
) -> None:
    floor = quoted()
    order = floor.order(floor.place(side, quantity, limit))
    assert floor.fills() == priced(*fills)
    filled = sum(one for one, _price in fills)
    assert order.filled_quantity == filled
    expected = OrderStatus.OPEN if filled == 0 else OrderStatus.PARTIALLY_FILLED
    assert order.status is (OrderStatus.FILLED if filled == quantity else expected)


def test_what_was_taken_is_not_there_again_until_the_next_step_of_that_instrument() -> None:
    floor = quoted()
    floor.place(Side.BUY, 150, "100.05")
    floor.place(Side.BUY, 150, "100.05")
    assert floor.fills() == priced((150, "100.05"), (50, "100.05"))
    floor.step("50", id=TCS)
    floor.place(Side.BUY, 10, "100.05", validity=Validity.IOC)
    assert floor.fills() == priced((150, "100.05"), (50, "100.05"))
    floor.step("100", 0, BIDS, ASKS)
    floor.place(Side.BUY, 150, "100.05")
    assert floor.fills()[-1] == (150, Decimal("100.05"))


def test_the_rest_of_a_market_order_rests_as_a_limit_at_its_protection() -> None:
    floor = quoted()
    order = floor.order(floor.place(Side.BUY, 1500, market_protection=Decimal("0.11")))
    # 100 x 1.0011 = 100.11, up to the tick: 100.15
    assert floor.fills() == priced((200, "100.05"), (300, "100.10"), (400, "100.15"))
    assert (order.request.order_type, order.request.limit_price) == (OrderType.LIMIT, Decimal("100.15"))
    assert order.status is OrderStatus.PARTIALLY_FILLED


@pytest.mark.parametrize(
    ("side", "protection", "limit"),
    [
        (Side.BUY, "2", "102.00"),
        (Side.SELL, "2", "98.00"),
        (Side.SELL, "0.11", "99.85"),
        (Side.BUY, "50", "110.00"),  # the price band ends there
        (Side.SELL, "50", "90.00"),
    ],
)
def test_protection_is_rounded_away_from_the_market_and_kept_within_the_band(
    side: Side, protection: str, limit: str
) -> None:
    floor = Floor()
    floor.quote("100")
    order = floor.order(floor.place(side, 10, market_protection=Decimal(protection)))
    assert order.request.limit_price == Decimal(limit)


def test_an_immediate_order_is_cancelled_with_what_it_did_not_get() -> None:
    floor = quoted()
    order = floor.order(floor.place(Side.BUY, 300, "100.05", validity=Validity.IOC))
    assert (order.status, order.filled_quantity) == (OrderStatus.CANCELLED, 200)
    assert "IOC" in order.reason


def test_a_resting_limit_waits_for_the_queue_before_it() -> None:
    floor = quoted()
    order = floor.place(Side.BUY, 100, "99.95")
    floor.step("99.95", 499, [("99.95", 101)], ASKS)
    assert floor.fills() == []
    floor.step("99.95", 41, [("99.95", 100)], ASKS)
    assert floor.fills() == priced((40, "99.95"))
    floor.step("99.95", 500, [("99.95", 100)], ASKS)
    assert floor.fills() == priced((40, "99.95"), (60, "99.95"))
    assert floor.order(order).status is OrderStatus.FILLED


def test_orders_that_are_withdrawn_shorten_the_queue_in_proportion() -> None:
    floor = quoted()
    floor.place(Side.BUY, 100, "99.95")
    floor.step("100", 10, [("99.95", 1000)], ASKS)  # 500 more queue up behind
    floor.step("100", 10, [("99.95", 251)], ASKS)  # 500 x 251 / 1000 = 125.5: 126 ahead
    floor.step("99.95", 126, [("99.95", 125)], ASKS)
    assert floor.fills() == []
    floor.step("99.95", 1, [("99.95", 125)], ASKS)
    assert floor.fills() == priced((1, "99.95"))


def test_trades_and_withdrawals_of_one_step_are_told_apart() -> None:
    floor = quoted()
    floor.place(Side.BUY, 100, "99.95")
    floor.step("99.95", 300, [("99.95", 100)], ASKS)  # 500 - 300 = 200 ahead, then 200 x 100 / 200 = 100
    floor.step("99.95", 100, [("99.95", 100)], ASKS)
    assert floor.fills() == []
    floor.step("99.95", 7, [("99.95", 100)], ASKS)
    assert floor.fills() == priced((7, "99.95"))


def test_a_price_that_betters_the_best_has_nobody_ahead() -> None:
    floor = quoted()
    floor.place(Side.BUY, 100, "100.00")
    floor.step("100", 30, BIDS, ASKS)
    assert floor.fills() == priced((30, "100.00"))


def test_a_price_out_of_sight_queues_behind_what_is_displayed_when_it_comes_into_sight() -> None:
    floor = quoted()
    floor.place(Side.BUY, 100, "99.50")
    floor.step("99.50", 40, [("99.50", 70), ("99.45", 10)], [("99.55", 10)])
    assert floor.fills() == []
    floor.step("99.50", 75, [("99.50", 70), ("99.45", 10)], [("99.55", 10)])
    assert floor.fills() == priced((5, "99.50"))


def test_a_trade_through_the_limit_fills_at_the_limit_up_to_what_was_traded() -> None:
    floor = quoted()
    order = floor.place(Side.BUY, 100, "99.95")
    floor.step("99.90", 60, [("99.85", 100)], [("99.95", 10)])
    assert floor.fills() == priced((60, "99.95"))
    floor.step("99.90", 500, [("99.85", 100)], [("99.95", 10)])
    assert floor.fills() == priced((60, "99.95"), (40, "99.95"))
    assert floor.order(order).average_price == Decimal("99.95")


def test_quotes_that_cross_a_limit_without_a_trade_fill_nothing() -> None:
    floor = quoted()
    order = floor.place(Side.SELL, 100, "100.50")
    floor.step("100", 0, [("100.60", 500)], [("100.65", 500)])
    floor.step("101", 0, [("100.95", 500)], [("101.05", 500)])
    assert floor.order(order).status is OrderStatus.OPEN


def test_a_print_serves_the_better_price_first_and_then_the_earlier_order() -> None:
    floor = quoted()
    late_but_better = floor.place(Side.BUY, 30, "99.95")
    first = floor.place(Side.BUY, 50, "99.90")
    second = floor.place(Side.BUY, 50, "99.90")
    floor.step("99.85", 90, [("99.80", 1)], [("99.90", 1)])
    assert [floor.order(one).filled_quantity for one in (late_but_better, first, second)] == [30, 50, 10]


def test_own_orders_do_not_trade_with_each_other() -> None:
    floor = Floor()
    floor.quote("100", [("99", 1)], [("101", 1)])
    floor.place(Side.BUY, 10, "100")
    floor.place(Side.SELL, 10, "100")
    assert floor.fills() == []


def test_a_higher_quantity_loses_the_place_and_a_lower_one_keeps_it() -> None:
    floor = quoted()
    keeps = floor.place(Side.BUY, 100, "99.95")
    loses = floor.place(Side.BUY, 100, "99.95")
    floor.step("99.95", 400, [("99.95", 300)], ASKS)  # 100 ahead of both, 200 more behind
    floor.exchange.modify(ACCOUNT, keeps, OrderChange(quantity=50))
    floor.exchange.modify(ACCOUNT, loses, OrderChange(quantity=150))
    floor.step("99.95", 150, [("99.95", 150)], ASKS)
    assert [floor.order(one).filled_quantity for one in (keeps, loses)] == [50, 0]


def test_a_new_price_may_take_the_depth_at_once() -> None:
    floor = quoted()
    order = floor.place(Side.BUY, 100, "99.95")
    floor.exchange.modify(ACCOUNT, order, OrderChange(limit_price=Decimal("100.05")))
    assert floor.fills() == priced((100, "100.05"))


def test_a_stop_sleeps_until_a_later_trade_reaches_its_trigger() -> None:
    floor = quoted()
    order = floor.place(Side.SELL, 100, "99.40", trigger="99.50")
    assert floor.order(order).status is OrderStatus.TRIGGER_PENDING
    floor.step("99.55", 10, [("99.50", 500)], ASKS)
    floor.step("99.45", 0, [("99.40", 500)], ASKS)  # no trade
    assert floor.order(order).status is OrderStatus.TRIGGER_PENDING
    floor.step("99.50", 10, [("99.45", 60), ("99.35", 500)], ASKS)
    assert floor.fills() == priced((60, "99.45"))
    assert floor.order(order).status is OrderStatus.PARTIALLY_FILLED
    floor.step("99.45", 15, [("99.40", 1)], ASKS)  # through the limit of 99.40
    assert floor.fills() == priced((60, "99.45"), (15, "99.40"))


def test_a_stop_market_is_protected_from_its_trigger() -> None:
    floor = quoted()
    order = floor.place(Side.BUY, 100, trigger="101", market_protection=Decimal(1))
    floor.step("101.50", 10, [("101.45", 1)], [("101.55", 30), ("102.10", 500)])
    assert floor.fills() == priced((30, "101.55"))
    # 101 x 1.01 = 102.01, up to the tick: 102.05
    assert floor.order(order).request.limit_price == Decimal("102.05")


@pytest.mark.parametrize("price", ["98", "102"])
def test_a_first_price_fills_nothing_and_triggers_nothing(price: str) -> None:
    floor = Floor()
    buy = floor.place(Side.BUY, 10, "100")
    sell = floor.place(Side.SELL, 10, "100")
    stop = floor.place(Side.BUY, 10, "103", trigger="101")
    floor.step(price, 1000, [(price, 500)], [(price, 500)])
    assert [floor.order(one).status for one in (buy, sell, stop)] == [
        OrderStatus.OPEN,
        OrderStatus.OPEN,
        OrderStatus.TRIGGER_PENDING,
    ]


def test_an_order_before_the_first_price_arrives_with_the_second() -> None:
    floor = Floor()
    order = floor.place(Side.BUY, 10, "100")
    floor.step("98", 10, [("97.95", 5)], [("98.05", 5)])
    floor.step("98", 10, [("97.95", 5)], [("98.10", 7)])
    assert floor.fills() == priced((7, "98.10"))
    assert floor.order(order).status is OrderStatus.PARTIALLY_FILLED


def test_a_stale_price_fills_no_arriving_order() -> None:
    floor = quoted()
    floor.go(clock("09:16:03"))
    with pytest.raises(OrderRejected, match="no current price") as refused:
        floor.place(Side.BUY, 10)
    assert refused.value.code == "NO_PRICE"
    order = floor.place(Side.BUY, 10, "100.05")
    immediate = floor.place(Side.BUY, 10, "100.05", validity=Validity.IOC)
    assert floor.fills() == []
    assert floor.order(immediate).status is OrderStatus.CANCELLED
    floor.step("100", 0, BIDS, ASKS)
    assert floor.order(order).status is OrderStatus.FILLED


def test_a_price_sixty_seconds_old_still_fills() -> None:
    floor = quoted()
    floor.go(clock("09:16:02"))
    floor.place(Side.BUY, 10)
    assert floor.fills() == priced((10, "100.05"))


def test_another_instruments_price_fills_nothing() -> None:
    floor = quoted()
    order = floor.place(Side.BUY, 10, "99.95")
    floor.step("50", 10_000, [("49", 10)], [("51", 10)], id=TCS)
    floor.step("50", 10_000, [("49", 10)], [("51", 10)], id=TCS)
    assert floor.order(order).status is OrderStatus.OPEN


def test_two_accounts_share_the_depth_and_nothing_else() -> None:
    floor = quoted()
    other = AccountId("other")
    floor.exchange.open_account(other, None, Decimal(50_000))
    floor.place(Side.BUY, 150, "100.05")
    floor.place(Side.BUY, 150, "100.05", account=other)
    assert floor.fills() == priced((150, "100.05"))
    assert floor.fills(other) == priced((50, "100.05"))
    assert floor.exchange.funds(ACCOUNT).opening == 1_000_000
    assert floor.exchange.funds(other).opening == 50_000
    assert len(floor.exchange.orders(other)) == 1


def test_the_same_calls_give_the_same_names() -> None:
    def play() -> list[str]:
        floor = quoted()
        floor.place(Side.BUY, 600, "100.10")
        floor.place(Side.SELL, 900, "99.90")
        return [f"{fill.broker_order_id} {fill.trade_id}" for fill in floor.all_fills()]

    names = play()
    assert names == play()
    assert len(set(names)) == len(names) == 4
