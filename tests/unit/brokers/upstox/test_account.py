"""The reads of an account: which routes are asked, with what, and how answers are put together."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from terminal_app.brokers.upstox.broker import UpstoxBroker
from terminal_app.domain.broker_charges import ChargedOrder
from terminal_app.domain.enums import OrderStatus, OrderType, Product, Side
from terminal_app.domain.errors import BrokerUnavailable, NotPermitted, ProtocolError, SessionExpired
from terminal_app.domain.ids import BrokerOrderId
from terminal_app.domain.order import OrderRef, OrderRequest
from tests.contract.benches import NoPrompter
from tests.unit.brokers.upstox.test_parsing import FUNDS, HOLDING, TRADE, position
from tests.unit.brokers.upstox.upstox import NSE_KEY, OPTION, OPTION_KEY, ORDER_ROW, PROFILE, RELIANCE, Upstox, opened

MARGIN, CHARGES, FUNDS_PATH = "/v2/charges/margin", "/v2/charges/brokerage", "/v3/user/get-funds-and-margin"
SHORT, MTF = "/v2/portfolio/short-term-positions", "/v3/portfolio/mtf-positions"
REF = OrderRef(BrokerOrderId("261120000000001"), RELIANCE)


def plain(row: Any) -> Any:
    """A row with floats, as JSON is written."""
    return {key: float(value) if isinstance(value, Decimal) else value for key, value in row.items()}


async def test_orders_and_fills_of_the_day(server: Upstox, broker: UpstoxBroker) -> None:
    server.ok("GET", "/v2/order/retrieve-all", [ORDER_ROW])
    server.ok("GET", "/v2/order/trades/get-trades-for-day", [TRADE])
    (order,) = await broker.orders()
    (fill,) = await broker.fills()
    assert (order.status, fill.quantity) == (OrderStatus.PARTIALLY_FILLED, 4)


async def test_the_states_of_an_order_come_oldest_first(server: Upstox, broker: UpstoxBroker) -> None:
    steps = [("open", "10:15:32"), ("put order req received", "10:15:30"), ("open pending", "10:15:31")]
    rows = [
        {**ORDER_ROW, "filled_quantity": 0, "status": word, "order_timestamp": f"2026-11-20 {time}"}
        for word, time in steps
    ]
    server.ok("GET", "/v2/order/history", rows)
    server.ok("GET", "/v2/order/trades", [TRADE])
    states = [order.status for order in await broker.order_history(REF)]
    assert states == [OrderStatus.SUBMITTED, OrderStatus.SUBMITTED, OrderStatus.OPEN]
    assert len(await broker.order_fills(REF)) == 1
    for path in ("/v2/order/history", "/v2/order/trades"):
        assert server.requests(path)[0].query == (("order_id", "261120000000001"),)


async def test_positions_on_borrowed_money_are_asked_for_where_the_account_has_them(
    server: Upstox, broker: UpstoxBroker
) -> None:
    bought = {"quantity": 5, "average_price": 100.0, "day_buy_quantity": 5, "day_buy_value": 500.0}
    server.ok("GET", SHORT, [plain(position(**bought))])
    server.ok("GET", MTF, [plain(position(**bought, product="MTF")), plain(position(**bought))])
    assert [one.product for one in (await broker.positions()).net] == [Product.INTRADAY]
    server.ok("GET", "/v2/user/profile", {**PROFILE, "products": ["D", "I", "MTF"]})
    async with opened(server) as other:
        positions = await other.positions()
    assert [one.product for one in positions.net] == [Product.INTRADAY, Product.MTF]
    assert [one.product for one in positions.day] == [Product.INTRADAY, Product.MTF]
    assert len(server.requests(MTF)) == 1


@pytest.mark.parametrize(("may_sell", "needs"), [("yes", False), ("no", True), ("", False)])
async def test_holdings_say_whether_their_sale_has_to_be_authorised(server: Upstox, may_sell: str, needs: bool) -> None:
    server.ok("GET", "/v2/portfolio/long-term-holdings", [HOLDING])
    async with opened(server, session={"access_token": "t", "may_sell": may_sell}) as broker:
        (holding,) = await broker.holdings()
        assert holding.needs_authorisation is needs
        with pytest.raises(NotPermitted, match="DDPI"):
            await broker.authorise_sale(NoPrompter(), [holding])


async def test_funds_at_night_are_not_to_be_had(server: Upstox, broker: UpstoxBroker) -> None:
    server.fail("GET", FUNDS_PATH, 423, "UDAPI100072", "outside service hours")
    with pytest.raises(BrokerUnavailable, match="05:30"):
        await broker.funds()


def order(**fields: Any) -> OrderRequest:
    parts = {"instrument": RELIANCE, "side": Side.BUY, "quantity": 10, "order_type": OrderType.LIMIT, "product": Product.DELIVERY,
             "limit_price": Decimal("1234.5"), **fields}  # fmt: skip
    return OrderRequest(**parts)


def margin_of(sent: Any) -> tuple[int, Any]:
    rows = [{"span_margin": 0, "exposure_margin": 0, "equity_margin": 100.5, "net_buy_premium": 0, "additional_margin": 0,
             "total_margin": 100.5, "tender_margin": 0} for _ in sent.json["instruments"]]  # fmt: skip
    total = 100.5 * len(rows)
    return 200, {"status": "success", "data": {"margins": rows, "required_margin": total, "final_margin": total}}


async def test_margins_of_a_basket_are_asked_for_twenty_at_a_time(server: Upstox, broker: UpstoxBroker) -> None:
    server.ok("POST", MARGIN, margin_of)
    server.ok("GET", FUNDS_PATH, FUNDS)
    market = order(
        instrument=OPTION,
        order_type=OrderType.MARKET,
        limit_price=None,
        product=Product.CARRY,
        side=Side.SELL,
        quantity=65,
    )
    margin = await broker.margin([order(), market] + [order()] * 19)
    assert (margin.required, margin.available) == (Decimal("2110.5"), Decimal("150000.5"))
    assert margin.parts == (("Margin for shares", Decimal("2110.5")),)
    first, second = server.requests(MARGIN)
    assert [len(sent.json["instruments"]) for sent in (first, second)] == [20, 1]
    assert first.json["instruments"][:2] == [
        {"instrument_key": NSE_KEY, "quantity": 10, "product": "D", "transaction_type": "BUY", "price": 1234.5},
        {"instrument_key": OPTION_KEY, "quantity": 65, "product": "D", "transaction_type": "SELL"},
    ]


async def test_charges_are_asked_for_order_by_order_and_added_up(server: Upstox, broker: UpstoxBroker) -> None:
    charges = {"total": 38.3, "brokerage": 20.0, "taxes": {"gst": 3.6, "stt": 12.4, "stamp_duty": 1.9},
               "other_charges": {"transaction": 0.4, "clearing": 0.0, "ipft": 0.0, "sebi_turnover": 0.0},
               "dp_plan": {"name": "NEW", "min_expense": 20.0}}  # fmt: skip
    server.ok("GET", CHARGES, {"charges": charges})
    one = ChargedOrder(RELIANCE, Side.SELL, 10, OrderType.LIMIT, Product.DELIVERY, Decimal("1234.5"))
    both = await broker.charges([one, one])
    assert both.total == Decimal("76.6")
    assert sum(amount for _name, amount in both.parts) == both.total
    assert server.requests(CHARGES)[0].query == (
        ("instrument_token", NSE_KEY), ("quantity", "10"), ("product", "D"), ("transaction_type", "SELL"), ("price", "1234.5"),
    )  # fmt: skip


async def test_a_read_is_repeated_where_the_gateway_fails_and_an_envelope_is_looked_at(
    server: Upstox, broker: UpstoxBroker
) -> None:
    answers = [(503, b""), (200, {"status": "success", "data": FUNDS})]
    server.answers["GET", FUNDS_PATH] = lambda _sent: answers.pop(0)
    assert (await broker.funds()).opening == 120000
    bodies: tuple[Any, ...] = ({"status": "surprise", "data": {}}, {"data": {}}, b"<html>", {"status": "success"})
    for body in bodies:
        server.answers["GET", FUNDS_PATH] = (200, body)
        with pytest.raises(ProtocolError):
            await broker.funds()


async def test_a_closed_account_answers_nothing(server: Upstox) -> None:
    async with opened(server) as broker:
        await broker.aclose()
        with pytest.raises(BrokerUnavailable):
            await broker.funds()
        with pytest.raises(BrokerUnavailable):
            await broker.quotes([RELIANCE])
    async with opened(server, session={}) as broker:
        with pytest.raises(SessionExpired):
            await broker.orders()
