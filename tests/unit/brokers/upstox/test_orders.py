"""What is sent to place, change, cancel and convert, and what each answer means."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from terminal_app.brokers.upstox.broker import UpstoxBroker
from terminal_app.brokers.upstox.orders import protection
from terminal_app.domain.enums import OrderType, Product, Side, Validity, Variety
from terminal_app.domain.errors import (
    AddressRefused,
    BhavError,
    BrokerUnavailable,
    NotPermitted,
    OrderDenied,
    OrderRejected,
    OrderUnknown,
    RateLimited,
    SessionExpired,
)
from terminal_app.domain.ids import BrokerOrderId, ClientTag, InstrumentId
from terminal_app.domain.order import OrderChange, OrderRef, OrderRequest
from terminal_app.domain.position import PositionKey
from tests.unit.brokers.upstox.upstox import (
    NIFTY,
    NSE_KEY,
    OPTION,
    OPTION_KEY,
    ORDER_ROW,
    RELIANCE,
    SILVER,
    Upstox,
    opened,
)

PLACE, MODIFY, CANCEL = "/v3/order/place", "/v3/order/modify", "/v3/order/cancel"
DETAILS, CONVERT = "/v2/order/details", "/v2/portfolio/convert-position"
TAG = ClientTag("bhav0000000000000001")
ID = BrokerOrderId("261120000000001")
REF = OrderRef(ID, RELIANCE)
LIMIT = OrderRequest(RELIANCE, Side.BUY, 10, OrderType.LIMIT, Product.DELIVERY, limit_price=Decimal("1234.5"))
BODY = {
    "quantity": 10, "product": "D", "validity": "DAY", "price": 1234.5, "tag": TAG, "slice": False, "instrument_token": NSE_KEY,
    "order_type": "LIMIT", "transaction_type": "BUY", "disclosed_quantity": 0, "trigger_price": 0, "is_amo": False,
}  # fmt: skip


def request(**fields: Any) -> OrderRequest:
    return OrderRequest(**{**{name: getattr(LIMIT, name) for name in LIMIT.__struct_fields__}, **fields})


@pytest.mark.parametrize(
    ("order", "fields"),
    [
        (LIMIT, {}),
        (request(side=Side.SELL, product=Product.INTRADAY, validity=Validity.IOC, disclosed_quantity=5),
         {"transaction_type": "SELL", "product": "I", "validity": "IOC", "disclosed_quantity": 5}),
        (request(product=Product.MTF, variety=Variety.AMO), {"product": "MTF", "is_amo": True}),
        (request(order_type=OrderType.MARKET, limit_price=None), {"order_type": "MARKET", "price": 0, "market_protection": -1}),
        (request(order_type=OrderType.MARKET, limit_price=None, market_protection=Decimal(5)),
         {"order_type": "MARKET", "price": 0, "market_protection": 5}),
        (request(order_type=OrderType.SL, trigger_price=Decimal("1230.05")), {"order_type": "SL", "trigger_price": 1230.05}),
        (request(order_type=OrderType.SL_M, limit_price=None, trigger_price=Decimal(1230), market_protection=Decimal(25)),
         {"order_type": "SL-M", "price": 0, "trigger_price": 1230, "market_protection": 25}),
        (request(instrument=OPTION, quantity=65, product=Product.CARRY), {"instrument_token": OPTION_KEY, "quantity": 65}),
        (request(instrument=SILVER, quantity=2, product=Product.CARRY), {"instrument_token": "MCX_FO|471725", "quantity": 2}),
    ],
)  # fmt: skip
async def test_an_order_is_sent_once_to_the_order_host(
    server: Upstox, broker: UpstoxBroker, order: OrderRequest, fields: Any
) -> None:
    server.ok("POST", PLACE, {"order_ids": [ID]})
    assert await broker.execution.place(order, TAG) == ID
    (sent,) = server.requests(PLACE)
    assert f"http://{sent.host}" == server.endpoints["order_rest"]
    assert sent.headers["Authorization"] == "Bearer token-1"
    assert sent.headers["Content-Type"] == "application/json"
    assert sent.headers["Accept"] == "application/json"
    assert sent.headers["User-Agent"].startswith("Bhav/")
    assert sent.query == ()
    assert sent.json == {**BODY, **fields}
    assert list(sent.json)[: len(BODY)] == list(BODY)


@pytest.mark.parametrize(
    "order",
    [
        request(variety=Variety.ICEBERG),
        request(variety=Variety.COVER),
        request(validity=Validity.TTL),
        request(order_type=OrderType.MARKET, limit_price=None, market_protection=Decimal("2.5")),
        request(order_type=OrderType.MARKET, limit_price=None, market_protection=Decimal(26)),
        request(order_type=OrderType.MARKET, limit_price=None, market_protection=Decimal(0)),
    ],
)
async def test_what_upstox_cannot_express_is_denied_and_not_sent(
    server: Upstox, broker: UpstoxBroker, order: OrderRequest
) -> None:
    with pytest.raises(OrderDenied):
        await broker.execution.place(order, TAG)
    assert server.seen == []


async def test_a_tag_that_is_too_long_is_denied(broker: UpstoxBroker) -> None:
    with pytest.raises(OrderDenied, match="40"):
        await broker.execution.place(LIMIT, ClientTag("x" * 41))


@pytest.mark.parametrize("instrument", [NIFTY, InstrumentId.parse("NSE:NOBODYATALL:EQ")])
async def test_what_cannot_be_traded_is_rejected(broker: UpstoxBroker, instrument: InstrumentId) -> None:
    with pytest.raises(OrderRejected):
        await broker.execution.place(request(instrument=instrument), TAG)


def errors(code: str, message: str = "It did not work") -> dict[str, Any]:
    return {"status": "error", "errors": [{"error_code": code, "message": message}]}


ANSWERS: list[tuple[int, Any, type[BhavError]]] = [
    (400, errors("UDAPI1052"), OrderRejected),
    (400, errors("UDAPI1158"), OrderRejected),
    (400, errors("UDAPI1161"), OrderRejected),
    (400, errors("UDAPI_NEW"), OrderRejected),
    (400, b"", OrderRejected),
    (400, errors("UDAPI100074"), OrderRejected),
    (403, errors("UDAPI1154"), AddressRefused),
    (403, errors("UDAPI1149"), NotPermitted),
    (403, b"<html>error 1010</html>", NotPermitted),
    (429, errors("UDAPI10005"), RateLimited),
    (500, errors("UDAPI100500"), OrderUnknown),
    (502, b"<html>", OrderUnknown),
    (200, b"<html>", OrderUnknown),
    (200, b"", OrderUnknown),
    (200, {"status": "success"}, OrderUnknown),
    (200, {"status": "success", "data": {}}, OrderUnknown),
    (200, {"status": "success", "data": {"order_ids": []}}, OrderUnknown),
    (200, {"status": "success", "data": {"order_ids": ["1", "2"]}}, OrderUnknown),
    (200, {"status": "success", "data": {"order_ids": [5]}}, OrderUnknown),
    (200, {"status": "surprise", "data": {"order_ids": ["1"]}}, OrderUnknown),
    (200, errors("UDAPI1052"), OrderRejected),
    (207, {"status": "partial_success", "data": [{"correlation_id": "a", "order_id": "1"}],
           "errors": [{"correlation_id": "b", "error_code": "UDAPI1052", "message": "quantity"}], "summary": {}}, OrderUnknown),
    (302, b"", OrderUnknown),
]  # fmt: skip


@pytest.mark.parametrize(("status", "body", "kind"), ANSWERS)
async def test_every_answer_to_a_new_order_is_definite_or_unknown(
    server: Upstox, broker: UpstoxBroker, status: int, body: Any, kind: type[BhavError]
) -> None:
    server.answers["POST", PLACE] = (status, body)
    with pytest.raises(BhavError) as failed:
        await broker.execution.place(LIMIT, TAG)
    assert type(failed.value) is kind
    assert len(server.requests(PLACE)) == 1


async def test_the_reasons_of_a_partial_answer_are_told(server: Upstox, broker: UpstoxBroker) -> None:
    server.answers["POST", PLACE] = (207, ANSWERS[-2][1])
    with pytest.raises(OrderUnknown, match=r"quantity .UDAPI1052."):
        await broker.execution.place(LIMIT, TAG)


async def test_an_order_that_never_left_changed_nothing(server: Upstox) -> None:
    server.endpoints["order_rest"] = "http://127.0.0.1:9"
    async with opened(server) as broker:
        with pytest.raises(BrokerUnavailable):
            await broker.execution.place(LIMIT, TAG)


async def test_a_dead_session_is_asked_about_before_it_is_believed(server: Upstox, broker: UpstoxBroker) -> None:
    server.fail("POST", PLACE, 401, "UDAPI100050")
    heard: list[SessionExpired] = []
    broker.on_session_lost = heard.append
    with pytest.raises(AddressRefused, match="internet address"):
        await broker.execution.place(LIMIT, TAG)
    assert heard == []
    server.fail("GET", "/v2/user/profile", 401, "UDAPI100050")
    with pytest.raises(SessionExpired):
        await broker.execution.place(LIMIT, TAG)
    assert len(heard) == 1


async def test_without_a_login_nothing_is_sent(server: Upstox) -> None:
    async with opened(server, session={}) as broker:
        with pytest.raises(SessionExpired):
            await broker.execution.place(LIMIT, TAG)
    assert server.seen == []


def test_protection_is_automatic_or_whole_percent() -> None:
    assert [protection(None), protection(Decimal(1)), protection(Decimal("3.0"))] == [-1, 1, 3]


def details(server: Upstox, **fields: Any) -> None:
    server.ok("GET", DETAILS, {**ORDER_ROW, "filled_quantity": 0, **fields})


@pytest.mark.parametrize(
    ("row", "change", "body"),
    [
        ({}, OrderChange(limit_price=Decimal("1235.1")),
         {"validity": "DAY", "price": 1235.1, "order_id": ID, "order_type": "LIMIT", "trigger_price": 0}),
        ({}, OrderChange(quantity=12, validity=Validity.IOC),
         {"quantity": 12, "validity": "IOC", "price": 1234.5, "order_id": ID, "order_type": "LIMIT", "trigger_price": 0}),
        ({"disclosed_quantity": 2}, OrderChange(order_type=OrderType.MARKET),
         {"validity": "DAY", "price": 0, "order_id": ID, "order_type": "MARKET", "trigger_price": 0, "disclosed_quantity": 2,
          "market_protection": -1}),
        ({"order_type": "SL", "trigger_price": 1230}, OrderChange(trigger_price=Decimal(1231)),
         {"validity": "DAY", "price": 1234.5, "order_id": ID, "order_type": "SL", "trigger_price": 1231}),
    ],
)  # fmt: skip
async def test_a_change_says_the_order_whole(
    server: Upstox, broker: UpstoxBroker, row: dict[str, Any], change: OrderChange, body: dict[str, Any]
) -> None:
    details(server, **row)
    server.ok("PUT", MODIFY, {"order_id": ID})
    await broker.execution.modify(REF, change)
    (sent,) = server.requests(MODIFY)
    assert sent.method == "PUT"
    assert f"http://{sent.host}" == server.endpoints["order_rest"]
    assert sent.json == body
    assert server.requests(DETAILS)[0].query == (("order_id", ID),)


async def test_a_change_of_a_closed_order_is_rejected_unsent(server: Upstox, broker: UpstoxBroker) -> None:
    details(server, status="complete", filled_quantity=10)
    with pytest.raises(OrderRejected, match="filled"):
        await broker.execution.modify(REF, OrderChange(quantity=12))
    assert server.requests(MODIFY) == []


async def test_a_change_keeps_the_protection_that_the_order_was_placed_with(
    server: Upstox, broker: UpstoxBroker
) -> None:
    server.ok("POST", PLACE, {"order_ids": [ID]})
    server.ok("PUT", MODIFY, {"order_id": ID})
    details(server, order_type="SL-M", trigger_price=1230, price=0)
    stop = request(
        order_type=OrderType.SL_M, limit_price=None, trigger_price=Decimal(1230), market_protection=Decimal(7)
    )
    await broker.execution.place(stop, TAG)
    await broker.execution.modify(REF, OrderChange(trigger_price=Decimal(1231)))
    assert server.requests(MODIFY)[0].json["market_protection"] == 7


async def test_a_cancel_names_the_order_in_its_query(server: Upstox, broker: UpstoxBroker) -> None:
    server.ok("DELETE", CANCEL, {"order_id": ID})
    await broker.execution.cancel(REF)
    (sent,) = server.requests(CANCEL)
    assert (sent.method, sent.query, sent.body) == ("DELETE", (("order_id", ID),), b"")
    assert f"http://{sent.host}" == server.endpoints["order_rest"]


@pytest.mark.parametrize("data", [{"order_id": "another"}, {}, None])
async def test_an_answer_for_another_order_leaves_the_cancel_open(
    server: Upstox, broker: UpstoxBroker, data: Any
) -> None:
    server.ok("DELETE", CANCEL, data)
    with pytest.raises(OrderUnknown):
        await broker.execution.cancel(REF)


async def test_a_cancel_of_a_final_order_is_rejected_with_their_code(server: Upstox, broker: UpstoxBroker) -> None:
    server.fail("DELETE", CANCEL, 400, "UDAPI100040", "Order already cancelled")
    with pytest.raises(OrderRejected, match="already cancelled") as refused:
        await broker.execution.cancel(REF)
    assert refused.value.code == "UDAPI100040"


async def test_a_conversion_goes_to_the_usual_host(server: Upstox, broker: UpstoxBroker) -> None:
    server.ok("PUT", CONVERT, {"status": "complete"})
    key = PositionKey(RELIANCE, Product.INTRADAY)
    await broker.execution.convert(key, Side.BUY, 5, Product.DELIVERY, carried=False)
    (sent,) = server.requests(CONVERT)
    assert f"http://{sent.host}" == server.endpoints["rest"]
    assert sent.json == {
        "instrument_token": NSE_KEY, "new_product": "D", "old_product": "I", "transaction_type": "BUY", "quantity": 5,
    }  # fmt: skip
    with pytest.raises(OrderDenied):
        await broker.execution.convert(PositionKey(OPTION, Product.CARRY), Side.BUY, 65, Product.CARRY, carried=True)
    server.ok("PUT", CONVERT, {"status": "pending"})
    with pytest.raises(OrderUnknown, match="pending"):
        await broker.execution.convert(key, Side.BUY, 5, Product.DELIVERY, carried=False)


async def test_no_secret_is_in_any_error(server: Upstox, broker: UpstoxBroker) -> None:
    message = json.dumps({"Authorization": "Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjMifQ.c2lnbmF0dXJl"})
    server.fail("POST", PLACE, 400, "UDAPI1052", message)
    with pytest.raises(OrderRejected) as refused:
        await broker.execution.place(LIMIT, TAG)
    assert "eyJ" not in str(refused.value)
    assert "token-1" not in str(refused.value)
