"""Pre-open, closing auction, square-off, expiry and the day roll, each with hand-computed results."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from terminal_app.domain.enums import OrderStatus, OrderType, Product, Side
from terminal_app.domain.fill import Fill
from terminal_app.domain.ids import InstrumentId
from terminal_app.domain.position import PositionKey
from tests.helpers.market_script import (
    ACCOUNT,
    CALL,
    EXPIRY,
    FUTURE,
    NIFTY,
    PUT,
    RELIANCE,
    SMALL,
    Floor,
    clock,
)

BUY, SELL = Side.BUY, Side.SELL
DELIVERY = Product.DELIVERY


def opened(at: str) -> Floor:
    """A floor with a usable price of RELIANCE, the second step at ``at``."""
    floor = Floor(start=clock(at))
    floor.quote("100", [("99.95", 500)], [("100.05", 500)])
    return floor


def test_the_pre_open_matches_at_one_price() -> None:
    floor = Floor(start=clock("09:00:10"))
    floor.step("99", previous_close="99")
    better = floor.place(BUY, 100, "101", product=DELIVERY)
    market = floor.place(BUY, 50, product=DELIVERY)
    at_price = floor.place(BUY, 10, "100", product=DELIVERY)
    worse = floor.place(BUY, 10, "99.50", product=DELIVERY)
    short = floor.place(SELL, 20, "99.90")
    floor.step("98", 40, after_s=60)  # still collecting: nothing matches
    assert floor.fills() == []
    floor.go("09:08:30")
    floor.step("100", 120)
    assert [floor.order(one).filled_quantity for one in (market, better, at_price, worse, short)] == [50, 70, 0, 0, 20]
    assert {price for _quantity, price in floor.fills()} == {Decimal(100)}
    floor.go("09:15:00")
    floor.step("100.00", 0, [("99.95", 5)], [("100.00", 7)])
    floor.step("100.00", 0, [("99.95", 5)], [("100.00", 7)])
    assert floor.order(better).filled_quantity == 77  # it arrives once, and rests with what is left
    assert floor.order(worse).status is OrderStatus.OPEN


def test_without_a_match_before_the_open_the_first_price_is_the_auctions() -> None:
    floor = Floor(start=clock("09:01"))
    floor.step("99", previous_close="99")
    order = floor.place(BUY, 100, "101", product=DELIVERY)
    market = floor.place(BUY, 30, product=DELIVERY)
    floor.go("09:15")
    floor.step("100", 110)
    assert floor.order(market).filled_quantity == 30
    assert floor.order(order).filled_quantity == 80
    assert {price for _quantity, price in floor.fills()} == {Decimal(100)}


def test_an_unmatched_market_order_of_the_pre_open_becomes_a_limit_at_its_price() -> None:
    floor = Floor(start=clock("09:01"))
    floor.step("99", previous_close="99")
    order = floor.place(BUY, 100, product=DELIVERY)
    floor.go("09:08:01")
    floor.step("100.05", 60)
    report = floor.order(order)
    assert (report.filled_quantity, report.request.order_type) == (60, OrderType.LIMIT)
    assert report.request.limit_price == Decimal("100.05")


def test_stops_end_where_the_closing_auction_begins_and_limits_go_into_it() -> None:
    floor = opened("15:05")
    stop = floor.place(SELL, 10, "94", trigger="95")
    floor.exchange.cancel(ACCOUNT, stop)
    buy_stop = floor.place(BUY, 10, "106", trigger="105", product=DELIVERY)
    better = floor.place(BUY, 100, "98", product=DELIVERY)
    worse = floor.place(BUY, 100, "96", product=DELIVERY)
    floor.go("15:15")
    assert floor.order(buy_stop).status is OrderStatus.CANCELLED
    assert "closing auction" in floor.order(buy_stop).reason
    floor.go("15:21")
    floor.step("90", 5000)  # no continuous trading any more
    market = floor.place(BUY, 40, product=DELIVERY)
    assert floor.fills() == []
    floor.go("15:30")
    floor.step("97", 130)
    assert [floor.order(one).filled_quantity for one in (market, better, worse)] == [40, 90, 0]
    assert {price for _quantity, price in floor.fills()} == {Decimal(97)}
    floor.go("15:35")
    assert floor.order(better).status is OrderStatus.CANCELLED
    assert floor.order(worse).status is OrderStatus.CANCELLED
    assert "Not matched in the closing auction" in floor.order(worse).reason


def test_a_day_order_expires_with_its_session() -> None:
    floor = Floor(start=clock("15:05"))
    floor.quote("100", id=SMALL)
    floor.quote("150", id=CALL)
    share = floor.place(BUY, 1, "90", id=SMALL, product=DELIVERY)
    option = floor.place(BUY, 65, "100", id=CALL)
    floor.go("15:29:59")
    assert floor.order(share).status is OrderStatus.OPEN
    floor.go("15:30")
    assert floor.order(share).status is OrderStatus.EXPIRED
    assert floor.order(option).status is OrderStatus.OPEN
    floor.go("15:40")
    assert floor.order(option).status is OrderStatus.EXPIRED


def test_intraday_positions_are_squared_off_at_ten_past_three_where_there_is_a_closing_auction() -> None:
    floor = opened("15:00")
    floor.place(BUY, 100, "100.05")
    pending = floor.place(BUY, 10, "95")
    delivery = floor.place(BUY, 10, "95", product=DELIVERY)
    floor.go("15:09:30")
    floor.step("101", 0, [("100.95", 60), ("100.90", 500)], [("101.05", 500)])
    floor.go("15:10")
    assert floor.fills()[1:] == [(60, Decimal("100.95")), (40, Decimal("100.90"))]
    assert floor.order(pending).status is OrderStatus.CANCELLED
    assert floor.order(delivery).status is OrderStatus.OPEN
    forced = floor.exchange.orders(ACCOUNT)[-1]
    assert (forced.reason, forced.tag) == ("Squared off by the broker at 15:10.", None)
    position = floor.exchange.positions(ACCOUNT).net[0]
    # 60 x 100.95 + 40 x 100.90 - 100 x 100.05 = 88.00
    assert (position.quantity, position.realised_pnl) == (0, Decimal(88))


def test_other_shares_are_squared_off_at_twenty_past_three() -> None:
    floor = Floor(start=clock("15:00"))
    floor.quote("100", [("99", 500)], [("101", 500)], id=SMALL)
    floor.place(SELL, 10, "99", id=SMALL)
    floor.go("15:19:30")
    floor.step("100", 0, [("99", 500)], [("101", 500)], id=SMALL)
    assert len(floor.fills()) == 1
    floor.go("15:20")
    assert floor.fills()[1] == (10, Decimal(101))


def test_what_the_market_does_not_take_is_squared_off_at_the_last_price() -> None:
    floor = opened("15:00")
    floor.place(BUY, 100, "100.05")
    floor.step("101", 10)
    floor.go("15:09:59")
    floor.go("15:36")
    assert floor.fills()[-1] == (100, Decimal(101))
    forced = floor.exchange.orders(ACCOUNT)[-1]
    assert (forced.status, forced.reason) == (OrderStatus.FILLED, "Squared off by the broker at the close.")


def test_delivery_becomes_t1_on_the_next_trading_day_and_settles_on_the_one_after() -> None:
    floor = opened("10:00")
    floor.place(BUY, 100, "100.05", product=DELIVERY)
    assert floor.exchange.holdings(ACCOUNT) == []
    floor.go(clock("09:20", date(2026, 8, 20)))
    holding = floor.exchange.holdings(ACCOUNT)[0]
    assert (holding.instrument, holding.t1_quantity, holding.quantity) == (RELIANCE, 100, 0)
    assert holding.average_price == Decimal("100.05")
    assert floor.exchange.positions(ACCOUNT).net == ()
    assert floor.exchange.orders(ACCOUNT) == []
    assert floor.exchange.funds(ACCOUNT).opening == Decimal("989995.00")
    floor.go(clock("09:20", date(2026, 8, 21)))
    holding = floor.exchange.holdings(ACCOUNT)[0]
    assert (holding.t1_quantity, holding.quantity) == (0, 100)
    floor.go(clock("12:00", date(2026, 8, 23)))  # a Sunday rolls nothing
    assert floor.exchange.holdings(ACCOUNT)[0].quantity == 100


def test_selling_a_holding_credits_the_money_and_uses_the_shares() -> None:
    floor = opened("10:00")
    floor.place(BUY, 100, "100.05", product=DELIVERY)
    floor.go(clock("09:20", date(2026, 8, 20)))
    floor.quote("110", [("109", 500)], [("110", 500)])
    floor.place(SELL, 30, "109", product=DELIVERY)
    floor.place(SELL, 20, "110", product=DELIVERY)
    holding = floor.exchange.holdings(ACCOUNT)[0]
    assert (holding.used_quantity, holding.sellable_quantity) == (50, 50)
    funds = floor.exchange.funds(ACCOUNT)
    assert funds.available == Decimal("989995.00") + 30 * 109
    floor.go(clock("09:20", date(2026, 8, 21)))
    holding = floor.exchange.holdings(ACCOUNT)[0]
    assert (holding.quantity, holding.average_price) == (70, Decimal("100.05"))


def test_a_carried_future_opens_the_next_day_at_the_close() -> None:
    floor = Floor(start=clock("15:00"))
    floor.quote("24500", [("24499", 650)], [("24501", 650)], id=FUTURE)
    floor.place(BUY, 65, "24501", id=FUTURE)
    floor.step("24600", 65, [("24599", 650)], [("24601", 650)], id=FUTURE)
    floor.go(clock("09:20", date(2026, 8, 20)))
    position = floor.exchange.positions(ACCOUNT).net[0]
    assert (position.carried_quantity, position.carried_price) == (65, Decimal(24600))
    assert (position.average_price, position.buy_quantity) == (Decimal(24501), 0)
    assert floor.exchange.positions(ACCOUNT).day == ()
    assert floor.exchange.funds(ACCOUNT).opening == Decimal(1_000_000)


@pytest.mark.parametrize(
    ("id", "side", "entry", "spot", "settled", "realised"),
    [
        (CALL, BUY, "150", "24620", "120", -30 * 65),
        (PUT, BUY, "150", "24620", "0", -150 * 65),
        (CALL, SELL, "150", "24400", "0", 150 * 65),
        (FUTURE, BUY, "24500", "24620", "24620", 120 * 65),
    ],
)
def test_an_expired_contract_is_settled_in_cash_at_the_underlyings_close(
    id: InstrumentId, side: Side, entry: str, spot: str, settled: str, realised: int
) -> None:
    floor = Floor(start=clock("15:00", EXPIRY))
    floor.quote(spot, id=NIFTY)
    floor.quote(entry, [(entry, 650)], [(entry, 650)], id=id)
    floor.place(side, 65, entry, id=id)
    floor.go(clock("15:41", EXPIRY))
    last: Fill = floor.all_fills()[-1]
    assert (last.price, last.quantity, last.side) == (Decimal(settled), 65, side.opposite)
    position = floor.exchange.positions(ACCOUNT).net[0]
    assert position.key == PositionKey(id, Product.CARRY)
    assert position.quantity == 0
    assert position.realised_pnl == realised
    assert floor.exchange.funds(ACCOUNT).available == Decimal(1_000_000) + realised
