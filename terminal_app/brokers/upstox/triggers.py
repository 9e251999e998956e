"""Triggers that Upstox stores (GTT): what is sent for them, and what they are read as.

Upstox stores either a single entry rule, or an entry with its target and its stop. It has no pair of exits without an entry, and no
limit price: what fires is priced around the trigger, within the market protection.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from msgspec import Struct

from terminal_app.brokers.http import CallClass
from terminal_app.brokers.text import clean
from terminal_app.brokers.upstox.codes import PRODUCT_WORDS, SIDES, products_at
from terminal_app.brokers.upstox.fields import Fields, names, rows
from terminal_app.brokers.upstox.line import Line
from terminal_app.brokers.upstox.listing import Listing
from terminal_app.brokers.upstox.orders import AUTOMATIC_PROTECTION
from terminal_app.brokers.upstox.parsing import Find
from terminal_app.domain.enums import OrderType, Product
from terminal_app.domain.errors import OrderDenied, OrderUnknown, ProtocolError
from terminal_app.domain.ids import BrokerOrderId
from terminal_app.domain.instrument import Instrument
from terminal_app.domain.trigger import (
    StoredTrigger,
    TriggerId,
    TriggerKind,
    TriggerLeg,
    TriggerRequest,
    TriggerStatus,
)

SINGLE, MULTIPLE = "SINGLE", "MULTIPLE"
ENTRY, TARGET, STOPLOSS = "ENTRY", "TARGET", "STOPLOSS"
ABOVE, BELOW, IMMEDIATE = "ABOVE", "BELOW", "IMMEDIATE"

_DETAIL_FIELDS = names(
    "type exchange quantity product rules trading_symbol tradingsymbol instrument_token gtt_order_id expires_at created_at update_type "
    "user_id userId instrument_key"
)
_RULE_FIELDS = names(
    "strategy status message trigger_type trigger_price transaction_type order_id trailing_gap market_protection"
)
_TYPES = {SINGLE: SINGLE, MULTIPLE: MULTIPLE}
_STRATEGIES = {ENTRY: ENTRY, TARGET: TARGET, STOPLOSS: STOPLOSS}
_TRIGGER_TYPES = {ABOVE: ABOVE, BELOW: BELOW, IMMEDIATE: IMMEDIATE}
_STATUSES = {
    "SCHEDULED": TriggerStatus.ACTIVE,
    "PENDING": TriggerStatus.ACTIVE,
    "OPEN": TriggerStatus.ACTIVE,
    "TRIGGERED": TriggerStatus.TRIGGERED,
    "COMPLETED": TriggerStatus.TRIGGERED,
    "FAILED": TriggerStatus.REJECTED,
    "REJECTED": TriggerStatus.REJECTED,
    "CANCELLED": TriggerStatus.CANCELLED,
    "EXPIRED": TriggerStatus.EXPIRED,
}
_NO_PAIR = (
    "Upstox stores no pair of exits: place the stop and the target as two single triggers, and delete the other one when one of "
    "them has fired."
)


class _Rule(Struct, frozen=True):
    strategy: str
    status: TriggerStatus
    leg: TriggerLeg
    order_id: str
    message: str


class Triggers:
    """The stored triggers of one account."""

    def __init__(self, line: Line, listing: Listing) -> None:
        self._line = line
        self._listing = listing

    async def stored(self) -> list[StoredTrigger]:
        """All of them. Raises BrokerError."""
        find = await self._listing.finder()
        return read_triggers(await self._line.get("/v3/order/gtt"), find)

    async def place(self, trigger: TriggerRequest, instrument: Instrument) -> TriggerId:
        """Store one. Raises OrderDenied, OrderRejected, OrderUnknown, BrokerError."""
        body = place_body(trigger, instrument.broker_token)
        ids = _ids(await self._line.write("POST", "/v3/order/gtt/place", CallClass.PLACE, body=body, host="rest"))
        if len(ids) != 1:
            raise OrderUnknown(f"Upstox stored {len(ids)} triggers for one: look at the list of triggers.")
        return TriggerId(ids[0])

    async def modify(self, id: TriggerId, trigger: TriggerRequest) -> None:
        """Replace what one says; its product and side cannot change. Raises OrderDenied, OrderRejected, OrderUnknown, BrokerError."""
        body = modify_body(id, trigger)
        answer = await self._line.write("PUT", "/v3/order/gtt/modify", CallClass.MODIFY, body=body, host="rest")
        _confirm(answer, id)

    async def cancel(self, id: TriggerId) -> None:
        """Delete one. Raises OrderRejected, OrderUnknown, BrokerError."""
        body = {"gtt_order_id": id}
        answer = await self._line.write("DELETE", "/v3/order/gtt/cancel", CallClass.CANCEL, body=body, host="rest")
        _confirm(answer, id)


def place_body(trigger: TriggerRequest, key: str) -> dict[str, Any]:
    """The trigger as Upstox takes it. Raises OrderDenied where it has none like it."""
    leg = _only_leg(trigger)
    return {
        "type": SINGLE,
        "quantity": leg.quantity,
        "product": PRODUCT_WORDS[leg.product],
        "rules": [_rule(leg, trigger.last_price)],
        "instrument_token": key,
        "transaction_type": leg.side.value,
    }


def modify_body(id: TriggerId, trigger: TriggerRequest) -> dict[str, Any]:
    """The trigger as it is to be. Raises OrderDenied where Upstox has none like it."""
    leg = _only_leg(trigger)
    return {
        "type": SINGLE,
        "quantity": leg.quantity,
        "rules": [_rule(leg, trigger.last_price)],
        "gtt_order_id": id,
    }


def read_triggers(data: Any, find: Find) -> list[StoredTrigger]:
    """Stored triggers, in the order they came."""
    return [read_trigger(value, find) for value in rows(data, "triggers")]


def read_trigger(value: Any, find: Find) -> StoredTrigger:
    """One stored trigger. Of an entry with exits the entry is read until it is done, then the exits."""
    row = Fields(value, "trigger", _DETAIL_FIELDS)
    instrument = find(row.text("instrument_token"))
    row.one_of("type", _TYPES)
    product = row.one_of("product", products_at(instrument.id))
    quantity = row.count("quantity")
    rules = {rule.strategy: rule for rule in (_read_rule(one, quantity, product) for one in row.rows("rules"))}
    if ENTRY not in rules:
        raise ProtocolError("Upstox's trigger has no rule ENTRY.")
    entry, stop, target = rules[ENTRY], rules.get(STOPLOSS), rules.get(TARGET)
    exits = [rule for rule in (stop, target) if rule is not None]
    shown = exits if exits and entry.status is TriggerStatus.TRIGGERED else [entry]
    created_at = row.moment_us("created_at")
    reason = "; ".join(rule.message for rule in rules.values() if rule.message)
    if exits and shown == [entry]:
        prices = ", ".join(f"{rule.strategy.lower()} {rule.leg.trigger_price:f}" for rule in exits)
        reason = f"After its entry: {prices}. {reason}".strip()
    return StoredTrigger(
        id=TriggerId(row.text("gtt_order_id")),
        request=TriggerRequest(
            instrument.id,
            TriggerKind.OCO if len(shown) > 1 else TriggerKind.SINGLE,
            tuple(rule.leg for rule in shown),
            # Upstox does not tell where the market was when it was made.
            Decimal(0),
        ),
        status=_status(shown),
        created_at=created_at,
        updated_at=created_at,
        expires_at=row.moment_us("expires_at") if row.has("expires_at") else None,
        order_ids=tuple(BrokerOrderId(rule.order_id) for rule in rules.values() if rule.order_id),
        reason=reason,
    )


def _status(shown: list[_Rule]) -> TriggerStatus:
    """Of two exits the one that fired counts, for the other is cancelled by it; then one that still waits."""
    statuses = [rule.status for rule in shown]
    for status in (TriggerStatus.TRIGGERED, TriggerStatus.ACTIVE):
        if status in statuses:
            return status
    return statuses[0]


def _read_rule(value: Any, quantity: int, product: Product) -> _Rule:
    row = Fields(value, "trigger rule", _RULE_FIELDS)
    row.one_of("trigger_type", _TRIGGER_TYPES)
    return _Rule(
        strategy=row.one_of("strategy", _STRATEGIES),
        status=row.one_of("status", _STATUSES),
        leg=TriggerLeg(
            trigger_price=row.amount("trigger_price"),
            side=row.one_of("transaction_type", SIDES),
            quantity=quantity,
            product=product,
            order_type=OrderType.MARKET,
        ),
        order_id=row.text_or("order_id"),
        message=clean(row.text_or("message")),
    )


def _only_leg(trigger: TriggerRequest) -> TriggerLeg:
    if trigger.kind is not TriggerKind.SINGLE or len(trigger.legs) != 1:
        raise OrderDenied("OCO", _NO_PAIR)
    leg = trigger.legs[0]
    if leg.order_type is not OrderType.MARKET:
        raise OrderDenied(
            "LIMIT",
            "A trigger at Upstox has no limit price: it fires around the trigger price, within the market protection. Choose MARKET.",
        )
    return leg


def _rule(leg: TriggerLeg, last_price: Decimal) -> dict[str, Any]:
    return {
        "strategy": ENTRY,
        "trigger_type": ABOVE if leg.trigger_price >= last_price else BELOW,
        "trigger_price": float(leg.trigger_price),
        "market_protection": AUTOMATIC_PROTECTION,
    }


def _ids(answer: Fields) -> list[str]:
    try:
        return answer.texts("gtt_order_ids")
    except ProtocolError as error:
        raise OrderUnknown(f"Upstox's answer was not understood: {error.message}") from None


def _confirm(answer: Fields, id: TriggerId) -> None:
    if id not in _ids(answer):
        raise OrderUnknown(f"Upstox answered for another trigger than {id}: look at the list of triggers.")
