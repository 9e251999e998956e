"""What is sent to Kite: form fields and JSON bodies, in the order of its own client."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from terminal_app.brokers.zerodha.codes import (
    ORDER_TYPE_CODES,
    PRODUCT_CODES,
    VARIETY_CODES,
    exchange_code,
)
from terminal_app.brokers.zerodha.config import TAG_LENGTH
from terminal_app.domain.broker_charges import ChargedOrder
from terminal_app.domain.enums import OrderType, Product, Side, Validity, Variety
from terminal_app.domain.errors import OrderRejected
from terminal_app.domain.ids import ClientTag
from terminal_app.domain.instrument import Instrument
from terminal_app.domain.order import OrderChange, OrderRequest
from terminal_app.domain.trigger import TriggerKind, TriggerRequest

Form = list[tuple[str, str]]

AUTOMATIC_PROTECTION = "-1"
"""Kite chooses the band of a market order; without one it refuses the order."""
NOT_OFFERED = "NOT_OFFERED"
"""The code of an order that Kite has no words for."""

_LEAST_LEGS, _MOST_LEGS = 2, 50
_TRIGGER_KINDS = {TriggerKind.SINGLE: "single", TriggerKind.OCO: "two-leg"}
_TRIGGER_LEGS = {TriggerKind.SINGLE: 1, TriggerKind.OCO: 2}


def plain(value: Decimal) -> str:
    """A decimal without exponent and without zeros that say nothing."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def place_form(order: OrderRequest, instrument: Instrument, tag: ClientTag) -> Form:
    """The form of a new order. Raises OrderRejected for what Kite has no words for."""
    if len(tag) > TAG_LENGTH:
        raise OrderRejected(f"Zerodha takes tags of at most {TAG_LENGTH} letters: nothing was sent.", NOT_OFFERED)
    form = [("variety", VARIETY_CODES[order.variety]), *_contract(instrument)]
    form += [
        ("transaction_type", order.side.value),
        ("quantity", str(order.quantity)),
        ("product", PRODUCT_CODES[order.product]),
        ("order_type", ORDER_TYPE_CODES[order.order_type]),
    ]
    if order.order_type.has_limit and order.limit_price is not None:
        form.append(("price", plain(order.limit_price)))
    form.append(("validity", order.validity.value))
    if order.validity is Validity.TTL:
        if order.validity_minutes < 1:
            raise OrderRejected("An order for some minutes has to say how many: nothing was sent.", NOT_OFFERED)
        form.append(("validity_ttl", str(order.validity_minutes)))
    if order.disclosed_quantity and order.variety is not Variety.ICEBERG:
        form.append(("disclosed_quantity", str(order.disclosed_quantity)))
    if order.order_type.has_trigger and order.trigger_price is not None:
        form.append(("trigger_price", plain(order.trigger_price)))
    if order.variety is Variety.ICEBERG:
        form += _iceberg(order)
    form.append(("tag", tag))
    if not order.order_type.has_limit:
        form.append(("market_protection", _protection(order.market_protection)))
    return form


def modify_form(order_id: str, variety: str, change: OrderChange) -> Form:
    """The form of a change: only what is to be different."""
    form = [("variety", variety), ("order_id", order_id)]
    if change.quantity is not None:
        form.append(("quantity", str(change.quantity)))
    if change.limit_price is not None:
        form.append(("price", plain(change.limit_price)))
    if change.order_type is not None:
        form.append(("order_type", ORDER_TYPE_CODES[change.order_type]))
    if change.trigger_price is not None:
        form.append(("trigger_price", plain(change.trigger_price)))
    if change.validity is not None:
        form.append(("validity", change.validity.value))
    if change.order_type in (OrderType.MARKET, OrderType.SL_M):
        form.append(("market_protection", AUTOMATIC_PROTECTION))
    return form


def convert_form(
    instrument: Instrument, side: Side, quantity: int, old: Product, new: Product, *, carried: bool
) -> Form:
    """The form that turns a position into another product."""
    return [
        *_contract(instrument),
        ("transaction_type", side.value),
        ("position_type", "overnight" if carried else "day"),
        ("quantity", str(quantity)),
        ("old_product", PRODUCT_CODES[old]),
        ("new_product", PRODUCT_CODES[new]),
    ]


def trigger_form(trigger: TriggerRequest, instrument: Instrument) -> Form:
    """The form of a stored trigger. Raises OrderRejected for what Kite does not store.

    The legs of an OCO stand in the order of their trigger prices: a long's stop first, then its target.
    """
    if len(trigger.legs) != _TRIGGER_LEGS[trigger.kind]:
        raise OrderRejected("A stored trigger has one leg, or two as an OCO: nothing was sent.", NOT_OFFERED)
    legs = sorted(trigger.legs, key=lambda leg: leg.trigger_price)
    if any(leg.order_type is not OrderType.LIMIT or leg.limit_price is None for leg in legs):
        raise OrderRejected(
            "Zerodha's stored triggers send limit orders only: give each leg a limit price.", NOT_OFFERED
        )
    exchange, symbol = (value for _, value in _contract(instrument))
    condition = {
        "exchange": exchange,
        "tradingsymbol": symbol,
        "trigger_values": [_number(leg.trigger_price) for leg in legs],
        "last_price": _number(trigger.last_price),
    }
    orders = [
        {
            "exchange": exchange,
            "tradingsymbol": symbol,
            "transaction_type": leg.side.value,
            "quantity": leg.quantity,
            "order_type": ORDER_TYPE_CODES[leg.order_type],
            "product": PRODUCT_CODES[leg.product],
            "price": _number(leg.limit_price),
        }
        for leg in legs
    ]
    return [
        ("condition", json.dumps(condition)),
        ("orders", json.dumps(orders)),
        ("type", _TRIGGER_KINDS[trigger.kind]),
    ]


def margin_body(orders: Sequence[tuple[OrderRequest, Instrument]]) -> list[dict[str, Any]]:
    """The JSON of orders whose margin is asked for."""
    return [
        {
            **dict(_contract(instrument)),
            "transaction_type": order.side.value,
            "variety": VARIETY_CODES[order.variety],
            "product": PRODUCT_CODES[order.product],
            "order_type": ORDER_TYPE_CODES[order.order_type],
            "quantity": order.quantity,
            "price": _number(order.limit_price) if order.order_type.has_limit else 0,
            "trigger_price": _number(order.trigger_price) if order.order_type.has_trigger else 0,
        }
        for order, instrument in orders
    ]


def charges_body(orders: Sequence[tuple[ChargedOrder, Instrument]]) -> list[dict[str, Any]]:
    """The JSON of orders whose charges are asked for."""
    return [
        {
            "order_id": str(number),
            **dict(_contract(instrument)),
            "transaction_type": order.side.value,
            "variety": VARIETY_CODES[Variety.REGULAR],
            "product": PRODUCT_CODES[order.product],
            "order_type": ORDER_TYPE_CODES[order.order_type],
            "quantity": order.quantity,
            "average_price": _number(order.price),
        }
        for number, (order, instrument) in enumerate(orders, start=1)
    ]


def quote_key(instrument: Instrument) -> str:
    """What a quote of this instrument is asked for by."""
    return ":".join(value for _, value in _contract(instrument))


def _contract(instrument: Instrument) -> Form:
    exchange = exchange_code(instrument.id)
    if exchange is None:
        raise OrderRejected(f"Zerodha does not trade {instrument.id}: nothing was sent.", NOT_OFFERED)
    return [("exchange", exchange), ("tradingsymbol", instrument.trading_symbol)]


def _iceberg(order: OrderRequest) -> Form:
    leg = order.disclosed_quantity
    legs = -(-order.quantity // leg) if leg > 0 else 0
    if not _LEAST_LEGS <= legs <= _MOST_LEGS:
        raise OrderRejected(
            f"An iceberg order has {_LEAST_LEGS} to {_MOST_LEGS} legs: choose the quantity of a leg so. Nothing was sent.",
            NOT_OFFERED,
        )
    return [("iceberg_legs", str(legs)), ("iceberg_quantity", str(leg))]


def _protection(percent: Decimal | None) -> str:
    return AUTOMATIC_PROTECTION if percent is None else plain(percent)


def _number(value: Decimal | None) -> float:
    """A JSON number; the shortest text of the float is the decimal's own, prices having few digits."""
    return 0.0 if value is None else float(value)
