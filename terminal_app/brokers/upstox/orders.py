"""What is sent to Upstox to place, change, cancel and convert: built here, checked where Upstox cannot express a wish."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from terminal_app.brokers.upstox.codes import ORDER_TYPE_WORDS, PRODUCT_WORDS, VALIDITY_WORDS
from terminal_app.brokers.upstox.config import HIGHEST_PROTECTION, TAG_LENGTH
from terminal_app.domain.enums import OrderType, Product, Side, Variety
from terminal_app.domain.errors import OrderDenied
from terminal_app.domain.ids import BrokerOrderId, ClientTag
from terminal_app.domain.order import OrderChange, OrderRequest

AUTOMATIC_PROTECTION = -1
"""Upstox chooses the market protection. 0 would mean none, which is refused."""


def place_body(order: OrderRequest, key: str, tag: ClientTag) -> dict[str, Any]:
    """The order. Upstox is never asked to slice it. Raises OrderDenied where Upstox has no such order."""
    if order.variety not in (Variety.REGULAR, Variety.AMO):
        raise OrderDenied("variety", f"Upstox takes no {order.variety.value.lower()} orders.")
    if order.validity not in VALIDITY_WORDS:
        raise OrderDenied("validity", f"Upstox takes no orders that are valid for {order.validity.value}: DAY or IOC.")
    if len(tag) > TAG_LENGTH:
        raise OrderDenied("tag", f"A tag at Upstox has at most {TAG_LENGTH} letters.")
    body: dict[str, Any] = {
        "quantity": order.quantity,
        "product": PRODUCT_WORDS[order.product],
        "validity": VALIDITY_WORDS[order.validity],
        "price": _price(order.limit_price if order.order_type.has_limit else None),
        "tag": tag,
        "slice": False,
        "instrument_token": key,
        "order_type": ORDER_TYPE_WORDS[order.order_type],
        "transaction_type": order.side.value,
        "disclosed_quantity": order.disclosed_quantity,
        "trigger_price": _price(order.trigger_price if order.order_type.has_trigger else None),
        "is_amo": order.variety is Variety.AMO,
    }
    if needs_protection(order.order_type):
        body["market_protection"] = protection(order.market_protection)
    return body


def modify_body(id: BrokerOrderId, order: OrderRequest, quantity: int | None) -> dict[str, Any]:
    """The order as it is to be: Upstox wants its type, validity and prices whole, whatever is different.

    ``quantity`` is the new total, fills included; None leaves it alone. Raises OrderDenied where Upstox has no such order.
    """
    if order.validity not in VALIDITY_WORDS:
        raise OrderDenied("validity", f"Upstox takes no orders that are valid for {order.validity.value}: DAY or IOC.")
    body: dict[str, Any] = {} if quantity is None else {"quantity": quantity}
    body |= {
        "validity": VALIDITY_WORDS[order.validity],
        "price": _price(order.limit_price if order.order_type.has_limit else None),
        "order_id": id,
        "order_type": ORDER_TYPE_WORDS[order.order_type],
        "trigger_price": _price(order.trigger_price if order.order_type.has_trigger else None),
    }
    if order.disclosed_quantity:
        body["disclosed_quantity"] = order.disclosed_quantity
    if needs_protection(order.order_type):
        body["market_protection"] = protection(order.market_protection)
    return body


def changed(order: OrderRequest, change: OrderChange) -> OrderRequest:
    """The order with its change."""
    return replace(
        order,
        quantity=order.quantity if change.quantity is None else change.quantity,
        order_type=change.order_type or order.order_type,
        validity=change.validity or order.validity,
        limit_price=order.limit_price if change.limit_price is None else change.limit_price,
        trigger_price=order.trigger_price if change.trigger_price is None else change.trigger_price,
    )


def convert_body(key: str, side: Side, quantity: int, product: Product, to: Product) -> dict[str, Any]:
    """The conversion. Raises OrderDenied where both products are one at Upstox."""
    if PRODUCT_WORDS[product] == PRODUCT_WORDS[to]:
        raise OrderDenied("product", "The position has this product at Upstox already.")
    return {
        "instrument_token": key,
        "new_product": PRODUCT_WORDS[to],
        "old_product": PRODUCT_WORDS[product],
        "transaction_type": side.value,
        "quantity": quantity,
    }


def needs_protection(order_type: OrderType) -> bool:
    """Whether an order of this type goes to the market at any price but for its protection."""
    return order_type in (OrderType.MARKET, OrderType.SL_M)


def protection(percent: Decimal | None) -> int:
    """Market protection as Upstox takes it. Raises OrderDenied for what it does not take."""
    if percent is None:
        return AUTOMATIC_PROTECTION
    if percent != percent.to_integral_value() or not 1 <= percent <= HIGHEST_PROTECTION:
        raise OrderDenied(
            "market_protection",
            f"Upstox takes a market protection of 1 to {HIGHEST_PROTECTION} whole percent, not {percent} %.",
        )
    return int(percent)


def _price(value: Decimal | None) -> float:
    return 0.0 if value is None else float(value)
