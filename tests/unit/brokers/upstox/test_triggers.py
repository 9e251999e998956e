"""Stored triggers: what is sent, and what Upstox's are read as."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from terminal_app.brokers.upstox.broker import UpstoxBroker
from terminal_app.domain.enums import OrderType, Product, Side
from terminal_app.domain.errors import OrderDenied, OrderRejected, OrderUnknown, ProtocolError
from terminal_app.domain.trigger import TriggerId, TriggerKind, TriggerLeg, TriggerRequest, TriggerStatus
from tests.unit.brokers.upstox.upstox import NSE_KEY, RELIANCE, Upstox

PLACE, MODIFY, CANCEL, LIST = "/v3/order/gtt/place", "/v3/order/gtt/modify", "/v3/order/gtt/cancel", "/v3/order/gtt"
ID = TriggerId("GTT-C261120000000001")
DONE = {"gtt_order_ids": [ID]}


def leg(price: str = "1200", **fields: Any) -> TriggerLeg:
    parts = {"side": Side.BUY, "quantity": 5, "product": Product.DELIVERY, "order_type": OrderType.MARKET, **fields}
    return TriggerLeg(Decimal(price), **parts)


def single(price: str = "1200", last: str = "1234.5", **fields: Any) -> TriggerRequest:
    return TriggerRequest(RELIANCE, TriggerKind.SINGLE, (leg(price, **fields),), Decimal(last))


def rule(price: float, trigger_type: str) -> dict[str, Any]:
    return {"strategy": "ENTRY", "trigger_type": trigger_type, "trigger_price": price, "market_protection": -1}


@pytest.mark.parametrize(
    ("trigger", "trigger_type"), [(single("1200.1"), "BELOW"), (single("1300"), "ABOVE"), (single("1234.5"), "ABOVE")]
)
async def test_a_single_trigger_is_stored_at_the_usual_host(
    server: Upstox, broker: UpstoxBroker, trigger: TriggerRequest, trigger_type: str
) -> None:
    server.ok("POST", PLACE, DONE)
    assert await broker.execution.place_trigger(trigger) == ID
    (sent,) = server.requests(PLACE)
    assert f"http://{sent.host}" == server.endpoints["rest"]
    assert sent.json == {
        "type": "SINGLE", "quantity": 5, "product": "D", "rules": [rule(float(trigger.legs[0].trigger_price), trigger_type)],
        "instrument_token": NSE_KEY, "transaction_type": "BUY",
    }  # fmt: skip


async def test_what_upstox_cannot_store_is_denied_unsent(server: Upstox, broker: UpstoxBroker) -> None:
    pair = TriggerRequest(RELIANCE, TriggerKind.OCO, (leg("1100"), leg("1300")), Decimal(1200))
    with pytest.raises(OrderDenied, match="two single triggers"):
        await broker.execution.place_trigger(pair)
    with pytest.raises(OrderDenied, match="no limit price"):
        await broker.execution.place_trigger(single(order_type=OrderType.LIMIT, limit_price=Decimal(1199)))
    assert server.seen == []


async def test_a_change_and_a_deletion_name_the_trigger_in_their_body(server: Upstox, broker: UpstoxBroker) -> None:
    server.ok("PUT", MODIFY, DONE)
    server.ok("DELETE", CANCEL, DONE)
    await broker.execution.modify_trigger(ID, single("1300", quantity=7))
    await broker.execution.cancel_trigger(ID)
    (modified,), (cancelled,) = server.requests(MODIFY), server.requests(CANCEL)
    assert modified.json == {"type": "SINGLE", "quantity": 7, "rules": [rule(1300, "ABOVE")], "gtt_order_id": ID}
    assert (cancelled.method, cancelled.query, cancelled.json) == ("DELETE", (), {"gtt_order_id": ID})
    assert cancelled.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("data", [{}, {"gtt_order_ids": []}, {"gtt_order_ids": ["a", "b"]}, {"gtt_order_ids": [1]}])
async def test_an_answer_that_names_no_trigger_leaves_it_open(server: Upstox, broker: UpstoxBroker, data: Any) -> None:
    server.ok("POST", PLACE, data)
    server.ok("DELETE", CANCEL, data)
    with pytest.raises(OrderUnknown):
        await broker.execution.place_trigger(single())
    with pytest.raises(OrderUnknown):
        await broker.execution.cancel_trigger(ID)


async def test_a_refused_trigger_is_rejected_with_their_code(server: Upstox, broker: UpstoxBroker) -> None:
    server.fail("POST", PLACE, 400, "UDAPI1136", "exactly one rule")
    with pytest.raises(OrderRejected) as refused:
        await broker.execution.place_trigger(single())
    assert refused.value.code == "UDAPI1136"


def stored(*rules: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {
        "type": "SINGLE" if len(rules) == 1 else "MULTIPLE", "exchange": "NSE_EQ", "quantity": 5, "product": "D", "rules": list(rules),
        "trading_symbol": "RELIANCE", "instrument_token": NSE_KEY, "gtt_order_id": ID, "expires_at": 1772177185000000,
        "created_at": 1740641185000000, **fields,
    }  # fmt: skip


def stored_rule(strategy: str = "ENTRY", status: str = "PENDING", **fields: Any) -> dict[str, Any]:
    return {
        "strategy": strategy, "status": status, "message": None, "trigger_type": "BELOW" if strategy == "ENTRY" else "IMMEDIATE",
        "trigger_price": {"ENTRY": 1200.5, "TARGET": 1300.0, "STOPLOSS": 1150.0}[strategy],
        "transaction_type": "BUY" if strategy == "ENTRY" else "SELL", "order_id": None, "trailing_gap": None, **fields,
    }  # fmt: skip


async def test_a_stored_trigger_is_read(server: Upstox, broker: UpstoxBroker) -> None:
    server.ok("GET", LIST, [stored(stored_rule(status="COMPLETED", order_id="o1", message="done"))])
    (trigger,) = await broker.triggers()
    assert (trigger.id, trigger.status, trigger.order_ids, trigger.reason) == (
        ID,
        TriggerStatus.TRIGGERED,
        ("o1",),
        "done",
    )
    assert trigger.request.legs == (leg("1200.5"),)
    assert trigger.created_at == datetime(2025, 2, 27, 7, 26, 25, tzinfo=UTC)
    assert trigger.expires_at == datetime(2026, 2, 27, 7, 26, 25, tzinfo=UTC)


@pytest.mark.parametrize(
    ("word", "status"),
    [("PENDING", TriggerStatus.ACTIVE), ("FAILED", TriggerStatus.REJECTED), ("CANCELLED", TriggerStatus.CANCELLED),
     ("EXPIRED", TriggerStatus.EXPIRED)],
)  # fmt: skip
async def test_every_status_of_a_rule_has_a_meaning(
    server: Upstox, broker: UpstoxBroker, word: str, status: TriggerStatus
) -> None:
    server.ok("GET", LIST, [stored(stored_rule(status=word))])
    assert (await broker.triggers())[0].status is status


async def test_an_entry_with_exits_shows_the_entry_then_the_exits(server: Upstox, broker: UpstoxBroker) -> None:
    exits = [stored_rule("TARGET"), stored_rule("STOPLOSS")]
    server.ok("GET", LIST, [stored(stored_rule(), *exits), stored(stored_rule(status="COMPLETED"), *exits)])
    waiting, entered = await broker.triggers()
    assert waiting.request.kind is TriggerKind.SINGLE
    assert "1300" in waiting.reason
    assert "1150" in waiting.reason
    assert entered.request.kind is TriggerKind.OCO
    assert [one.trigger_price for one in entered.request.legs] == [1150, 1300]
    assert {one.side for one in entered.request.legs} == {Side.SELL}
    assert entered.status is TriggerStatus.ACTIVE


async def test_of_two_exits_the_one_that_fired_counts(server: Upstox, broker: UpstoxBroker) -> None:
    rules = [stored_rule(status="COMPLETED"), stored_rule("TARGET", "COMPLETED"), stored_rule("STOPLOSS", "CANCELLED")]
    server.ok("GET", LIST, [stored(*rules)])
    assert (await broker.triggers())[0].status is TriggerStatus.TRIGGERED


@pytest.mark.parametrize(
    "row",
    [stored(stored_rule(status="surprise")), stored(stored_rule("TARGET")), stored(stored_rule(), type="TRIPLE"),
     stored(stored_rule(trigger_type="NEAR")), stored(stored_rule(), created_at="yesterday")],
)  # fmt: skip
async def test_a_trigger_that_is_not_understood_is_an_error(
    server: Upstox, broker: UpstoxBroker, row: dict[str, Any]
) -> None:
    server.ok("GET", LIST, [row])
    with pytest.raises(ProtocolError):
        await broker.triggers()
