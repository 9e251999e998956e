"""Every reason for which an order is refused, with its code and the words that the user reads."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from terminal_app.domain.enums import Exchange, OrderStatus, OrderType, Product, Side, Validity, Variety
from terminal_app.domain.errors import OrderRejected
from terminal_app.domain.ids import InstrumentId
from terminal_app.domain.order import OrderChange, OrderRequest
from terminal_app.simulator.rejects import rupees
from tests.helpers.market_script import ACCOUNT, CALL, FUTURE, NIFTY, RELIANCE, SMALL, Floor, clock, request

BUY, SELL = Side.BUY, Side.SELL
UNKNOWN = InstrumentId.equity(Exchange.NSE, "NOBODY")


def quoted(**fields: Any) -> Floor:
    floor = Floor(**fields)
    for name, price in ((RELIANCE, "100"), (FUTURE, "24600"), (CALL, "150"), (NIFTY, "24550")):
        floor.quote(price, id=name)
    return floor


def refusal(floor: Floor, order: OrderRequest) -> OrderRejected:
    with pytest.raises(OrderRejected) as refused:
        floor.exchange.place(ACCOUNT, order, None)
    assert floor.exchange.orders(ACCOUNT) == []
    return refused.value


@pytest.mark.parametrize(
    ("code", "words", "order"),
    [
        ("INSTRUMENT", "NSE:NOBODY:EQ is not listed", request(BUY, 1, "100", id=UNKNOWN)),
        ("INSTRUMENT", "shown, not traded", request(BUY, 1, "100", id=NIFTY)),
        ("VARIETY", "only regular ones", request(BUY, 1, "100", variety=Variety.AMO)),
        ("VALIDITY", "good for the day", request(BUY, 1, "100", validity=Validity.TTL)),
        ("PRODUCT", "MTF", request(BUY, 1, "100", product=Product.MTF)),
        ("PRODUCT", "for derivatives", request(BUY, 1, "100", product=Product.CARRY)),
        ("PRODUCT", "for shares", request(BUY, 65, "150", id=CALL, product=Product.DELIVERY)),
        ("QUANTITY", "at least 1", request(BUY, 0, "100")),
        ("QUANTITY", "at least 1", request(BUY, -5, "100")),
        ("LOT", "66 is not a multiple of the lot size 65", request(BUY, 66, "150", id=CALL)),
        ("FREEZE", "at most 1755 go into one order", request(BUY, 1820, "150", id=CALL)),
        ("DISCLOSED", "Derivatives", request(BUY, 65, "150", id=CALL, disclosed_quantity=65)),
        ("DISCLOSED", "from 10 %", request(BUY, 100, "100", disclosed_quantity=9)),
        ("DISCLOSED", "IOC", request(BUY, 100, "100", disclosed_quantity=50, validity=Validity.IOC)),
        ("PRICE", "must be above zero", request(BUY, 1, "0")),
        ("TICK", "100.03 is not a multiple of the tick size 0.05", request(BUY, 1, "100.03")),
        ("TICK", "trigger price 100.53", request(BUY, 1, "101", trigger="100.53")),
        ("BAND", "90 to 110", request(BUY, 1, "110.05")),
        ("BAND", "90 to 110", request(SELL, 1, "89.95")),
        ("PROTECTION", "above 0", request(BUY, 1, market_protection=Decimal(0))),
        ("PROTECTION", "above 0", request(BUY, 1, market_protection=Decimal(101))),
        ("PROTECTION", "limit order takes no", request(BUY, 1, "100", market_protection=Decimal(2))),
        ("TRIGGER", "at or above its trigger", request(BUY, 1, "101", trigger="102")),
        ("TRIGGER", "at or below its trigger", request(SELL, 1, "99", trigger="98")),
        ("TRIGGER", "above the last price 100", request(BUY, 1, "101", trigger="100")),
        ("TRIGGER", "below the last price 100", request(SELL, 1, "99", trigger="100")),
        ("HOLDINGS", "Only 0 RELIANCE can be sold", request(SELL, 1, "100", product=Product.DELIVERY)),
        ("MARGIN", "₹11,00,000.00 are needed", request(BUY, 11_000, "100", product=Product.DELIVERY)),
        ("MARGIN", "₹10,00,000.00 are available", request(BUY, 50_001, "100")),
        ("NO_PRICE", "no current price of SMALLCO", request(BUY, 1, id=SMALL)),
    ],
)
def test_a_refused_order_says_why_and_leaves_nothing(code: str, words: str, order: OrderRequest) -> None:
    error = refusal(quoted(), order)
    assert error.code == code
    assert words in error.message
    assert error.message.endswith(".")


def test_a_market_order_with_a_limit_price_is_refused() -> None:
    order = OrderRequest(RELIANCE, BUY, 1, OrderType.MARKET, Product.INTRADAY, limit_price=Decimal(100))
    assert refusal(quoted(), order).code == "PRICE"


@pytest.mark.parametrize(
    ("at", "code", "words", "order"),
    [
        ("08:00", "MARKET_CLOSED", "taken from 09:00 on 19 Aug", request(BUY, 1, "100")),
        ("16:30", "MARKET_CLOSED", "taken from 09:00 on 20 Aug", request(BUY, 1, "100", product=Product.DELIVERY)),
        ("09:03", "PHASE", "Stop-loss orders are not taken in the pre-open", request(BUY, 1, "102", trigger="101")),
        ("09:03", "PHASE", "IOC", request(BUY, 1, "100", validity=Validity.IOC)),
        ("09:09", "PHASE", "pre-open session", request(BUY, 1, "100")),
        ("15:17", "PHASE", "closing auction", request(BUY, 1, "100", product=Product.DELIVERY)),
        ("15:22", "PHASE", "Stop-loss", request(BUY, 1, "102", trigger="101", product=Product.DELIVERY)),
        ("15:22", "PHASE", "IOC", request(BUY, 1, "100", validity=Validity.IOC, product=Product.DELIVERY)),
        ("15:27", "PHASE", "Only limit orders", request(BUY, 1, product=Product.DELIVERY)),
        ("15:32", "PHASE", "closing auction", request(BUY, 1, "100", product=Product.DELIVERY)),
        ("15:11", "SQUARE_OFF", "after 15:10", request(BUY, 1, "100")),
        ("15:21", "SQUARE_OFF", "after 15:20", request(BUY, 1, "100", id=SMALL)),
        ("15:21", "SQUARE_OFF", "after 15:20", request(BUY, 65, "150", id=CALL, product=Product.INTRADAY)),
    ],
)
def test_the_phase_of_the_day_decides_what_is_taken(at: str, code: str, words: str, order: OrderRequest) -> None:
    floor = Floor(start=clock("07:30"))
    floor.go(at)
    floor.step("100", after_s=0)
    error = refusal(floor, order)
    assert error.code == code
    assert words in error.message


def test_a_market_order_cannot_be_withdrawn_while_only_limits_are_taken() -> None:
    floor = Floor(start=clock("15:21"))
    floor.step("100")
    order = floor.place(BUY, 1, product=Product.DELIVERY)
    limit = floor.place(BUY, 1, "100", product=Product.DELIVERY)
    floor.go("15:26")
    with pytest.raises(OrderRejected, match="Market orders cannot be cancelled"):
        floor.exchange.cancel(ACCOUNT, order)
    with pytest.raises(OrderRejected, match="Market orders cannot be changed"):
        floor.exchange.modify(ACCOUNT, order, OrderChange(quantity=2))
    floor.exchange.modify(ACCOUNT, limit, OrderChange(quantity=2))
    floor.exchange.cancel(ACCOUNT, limit)
    assert floor.order(limit).status is OrderStatus.CANCELLED


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (OrderChange(limit_price=Decimal("99.93")), "TICK"),
        (OrderChange(limit_price=Decimal(120)), "BAND"),
        (OrderChange(quantity=20), "QUANTITY"),
        (OrderChange(quantity=90_000), "MARGIN"),
        (OrderChange(order_type=OrderType.SL, trigger_price=Decimal(101), limit_price=Decimal(102)), "TRIGGER"),
    ],
)
def test_a_refused_change_leaves_the_order_as_it_was(change: OrderChange, code: str) -> None:
    floor = quoted()
    floor.step("100", 0, [("99.95", 5)], [("100.05", 20)])
    order = floor.place(BUY, 100, "100.05")
    before = floor.order(order)
    with pytest.raises(OrderRejected) as refused:
        floor.exchange.modify(ACCOUNT, order, change)
    assert refused.value.code == code
    assert floor.order(order) == before


def test_a_closed_or_unknown_order_can_neither_be_changed_nor_cancelled() -> None:
    floor = quoted()
    order = floor.place(BUY, 1, "95")
    floor.exchange.cancel(ACCOUNT, order)
    with pytest.raises(OrderRejected, match="already cancelled"):
        floor.exchange.cancel(ACCOUNT, order)
    with pytest.raises(OrderRejected, match="already cancelled"):
        floor.exchange.modify(ACCOUNT, order, OrderChange(quantity=2))
    with pytest.raises(OrderRejected, match="no order"):
        floor.exchange.cancel(ACCOUNT, type(order)("999"))


def test_a_triggered_stop_keeps_its_trigger() -> None:
    floor = quoted()
    order = floor.place(BUY, 10, "101.50", trigger="101")
    floor.step("101", 5, [("100.95", 1)], [("101.60", 1)])
    assert floor.order(order).status is OrderStatus.OPEN
    with pytest.raises(OrderRejected, match="triggered already"):
        floor.exchange.modify(ACCOUNT, order, OrderChange(trigger_price=Decimal("101.20")))
    floor.exchange.modify(ACCOUNT, order, OrderChange(limit_price=Decimal("101.60")))
    assert floor.fills() == [(1, Decimal("101.60"))]


@pytest.mark.parametrize(
    ("amount", "text"),
    [("0", "₹0.00"), ("999.5", "₹999.50"), ("1234567.8", "₹12,34,567.80"), ("-100000", "−₹1,00,000.00")],
)
def test_amounts_are_written_as_in_india(amount: str, text: str) -> None:
    assert rupees(Decimal(amount)) == text
