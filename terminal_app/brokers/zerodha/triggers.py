"""From Kite's JSON of its GTTs to stored triggers."""

from __future__ import annotations

from typing import Any

from terminal_app.brokers.text import clean
from terminal_app.brokers.zerodha import layouts
from terminal_app.brokers.zerodha.codes import ORDER_TYPES, PRODUCTS, SIDES, decode
from terminal_app.brokers.zerodha.fields import Fields, rows
from terminal_app.brokers.zerodha.parsing import Identify
from terminal_app.domain.errors import ProtocolError
from terminal_app.domain.ids import BrokerOrderId
from terminal_app.domain.trigger import (
    StoredTrigger,
    TriggerId,
    TriggerKind,
    TriggerLeg,
    TriggerRequest,
    TriggerStatus,
)
from terminal_app.domain.values import ZERO

KINDS = {"single": TriggerKind.SINGLE, "two-leg": TriggerKind.OCO}
STATUSES = {
    "active": TriggerStatus.ACTIVE,
    "triggered": TriggerStatus.TRIGGERED,
    "disabled": TriggerStatus.DISABLED,
    "expired": TriggerStatus.EXPIRED,
    "cancelled": TriggerStatus.CANCELLED,
    "deleted": TriggerStatus.CANCELLED,
    "rejected": TriggerStatus.REJECTED,
}


def read_trigger_id(data: Any) -> TriggerId:
    """The name of a trigger in the answer to a call that made or changed it."""
    return TriggerId(str(Fields(data, "answer").count("trigger_id")))


def trigger_symbols(data: Any) -> list[tuple[str, str]]:
    """Exchange and trading symbol of each trigger of a list."""
    conditions = (Fields(row, "trigger").inner("condition") for row in rows(data, "triggers"))
    return [(one.text("exchange"), one.text("tradingsymbol")) for one in conditions]


def read_triggers(data: Any, identify: Identify) -> list[StoredTrigger]:
    """All triggers of a list, as it is sorted."""
    return [_trigger(Fields(row, "trigger"), identify) for row in rows(data, "triggers")]


def _trigger(fields: Fields, identify: Identify) -> StoredTrigger:
    fields.note_others(layouts.TRIGGER)
    condition = fields.inner("condition")
    condition.note_others(layouts.TRIGGER_CONDITION)
    orders = [Fields(row, "trigger.order") for row in fields.rows("orders")]
    levels = [
        Fields({"level": value}, "trigger.condition").amount("level") for value in condition.rows("trigger_values")
    ]
    if len(levels) != len(orders):
        raise ProtocolError(f"Zerodha sent a trigger of {len(levels)} prices and {len(orders)} orders.")
    request = TriggerRequest(
        instrument=identify(condition.text("exchange"), condition.text("tradingsymbol")),
        kind=decode(KINDS, fields.text("type"), "trigger type"),
        legs=tuple(_leg(order, level) for order, level in zip(orders, levels, strict=True)),
        last_price=condition.amount_or("last_price", ZERO),
    )
    results = [order.inner("result") for order in orders if "result" in order]
    outcomes = [one.inner("order_result") for one in results if "order_result" in one]
    return StoredTrigger(
        id=TriggerId(str(fields.count("id"))),
        request=request,
        status=decode(STATUSES, fields.text("status"), "trigger status"),
        created_at=fields.moment("created_at"),
        updated_at=fields.moment("updated_at"),
        expires_at=fields.moment_or_none("expires_at"),
        order_ids=tuple(BrokerOrderId(name) for one in outcomes if (name := one.text_or("order_id"))),
        reason=clean(" ".join(reason for one in outcomes if (reason := one.text_or("rejection_reason")))),
    )


def _leg(order: Fields, level: Any) -> TriggerLeg:
    order.note_others(layouts.TRIGGER_ORDER)
    order_type = decode(ORDER_TYPES, order.text("order_type"), "order type")
    return TriggerLeg(
        trigger_price=level,
        side=decode(SIDES, order.text("transaction_type"), "side"),
        quantity=order.count("quantity"),
        product=decode(PRODUCTS, order.text("product"), "product"),
        order_type=order_type,
        limit_price=order.price_or_none("price"),
    )
