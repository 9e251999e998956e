"""One order of Kite's order book, and how it reads as JSON."""

from __future__ import annotations

import hashlib
from datetime import datetime
from decimal import Decimal

from msgspec import Struct, field

from terminal_app.domain.fill import Fill
from terminal_app.domain.ids import BrokerOrderId
from terminal_app.domain.values import ZERO
from terminal_app.simulator.dialects.clients import Client
from terminal_app.simulator.dialects.zerodha.order_form import ORDER_TYPES, OrderForm
from terminal_app.simulator.dialects.zerodha.wire import Json, moment, number, optional_moment

RECEIVED, AMO_RECEIVED, VALIDATING, OPEN_PENDING = (
    "PUT ORDER REQ RECEIVED",
    "AMO REQ RECEIVED",
    "VALIDATION PENDING",
    "OPEN PENDING",
)
CHANGING = ("MODIFY VALIDATION PENDING", "MODIFY PENDING", "MODIFIED")
"""What a modification goes through."""
CANCEL_PENDING = "CANCEL PENDING"
TRIGGER_PENDING, OPEN, UPDATE = "TRIGGER PENDING", "OPEN", "UPDATE"
COMPLETE, CANCELLED, REJECTED = "COMPLETE", "CANCELLED", "REJECTED"
FINAL = (COMPLETE, CANCELLED, REJECTED)


class Slices(Struct, eq=False):
    """An iceberg: what its legs share. ``sent`` are the units of the legs that were sent so far."""

    total: int
    legs: int
    leg_quantity: int
    sent: int = 0
    leg: int = 0

    @property
    def next_quantity(self) -> int:
        """Units of the leg that comes next; 0 after the last."""
        return min(self.leg_quantity, self.total - self.sent)


class KiteOrder(Struct, eq=False):
    """One row of the order book. ``exchange_name`` is its name at the exchange, None while it is not there.

    ``leg`` counts the legs of an iceberg, ``units_left`` are those of the legs after it.
    """

    order_id: str
    client: Client
    variety: str
    form: OrderForm
    placed_at: datetime
    status: str = RECEIVED
    message: str | None = None
    exchange_name: BrokerOrderId | None = None
    exchange_order_id: str | None = None
    exchange_at: datetime | None = None
    updated_at: datetime | None = None
    filled: int = 0
    average: Decimal = ZERO
    parent_id: str | None = None
    placed_by: str = ""
    tags: tuple[str, ...] = ()
    slices: Slices | None = None
    leg: int = 0
    units_left: int = 0
    changes: int = 0
    is_changing: bool = False
    expires_at: datetime | None = None
    history: list[Json] = field(default_factory=list)

    @property
    def is_final(self) -> bool:
        """Whether nothing more happens to it."""
        return self.status in FINAL

    @property
    def pending(self) -> int:
        """Units that may still be filled."""
        return 0 if self.status in (COMPLETE, REJECTED) else self.form.quantity - self.filled


def order_json(order: KiteOrder, status: str | None = None) -> Json:
    """An element of ``GET /orders``."""
    form, kind = order.form, ORDER_TYPES[order.form.order_type]
    tags = [*([form.tag] if form.tag else []), *order.tags]
    return {
        "account_id": order.client.client_id,
        "placed_by": order.placed_by or order.client.client_id,
        "order_id": order.order_id,
        "exchange_order_id": order.exchange_order_id,
        "parent_order_id": order.parent_id,
        "status": status or order.status,
        "status_message": order.message,
        "status_message_raw": order.message,
        "order_timestamp": moment(order.placed_at),
        "exchange_update_timestamp": optional_moment(order.updated_at),
        "exchange_timestamp": optional_moment(order.exchange_at),
        "variety": order.variety,
        "modified": order.changes > 0,
        "exchange": form.name.exchange,
        "tradingsymbol": form.name.symbol,
        "instrument_token": form.name.token,
        "order_type": form.order_type,
        "transaction_type": form.transaction_type,
        "validity": form.validity,
        "validity_ttl": form.validity_ttl,
        "product": form.product,
        "quantity": form.quantity,
        "disclosed_quantity": form.disclosed_quantity,
        "price": number(form.price if kind.has_limit else ZERO),
        "trigger_price": number(form.trigger_price),
        "average_price": number(order.average),
        "filled_quantity": order.filled,
        "pending_quantity": order.pending,
        "cancelled_quantity": order.pending if order.status == CANCELLED else 0,
        "market_protection": number(form.market_protection),
        "meta": _meta(order),
        "tag": form.tag,
        **({"tags": tags} if tags else {}),
        "guid": None,
    }


def postback_json(order: KiteOrder, status: str) -> Json:
    """The ``data`` of an order message on the socket."""
    body = order_json(order, status)
    secret = order.client.credentials["api_secret"]
    checksum = hashlib.sha256((order.order_id + body["order_timestamp"] + secret).encode()).hexdigest()
    return {
        "user_id": order.client.client_id,
        "unfilled_quantity": order.form.quantity - order.filled,
        "app_id": 1234,
        "checksum": checksum,
        **body,
    }


def trade_json(fill: Fill, order: KiteOrder) -> Json:
    """An element of ``GET /trades``; ``order_timestamp`` has only the time there."""
    at = moment(fill.filled_at)
    return {
        "trade_id": fill.trade_id,
        "order_id": order.order_id,
        "exchange_order_id": order.exchange_order_id,
        "exchange": order.form.name.exchange,
        "tradingsymbol": order.form.name.symbol,
        "instrument_token": order.form.name.token,
        "product": order.form.product,
        "transaction_type": order.form.transaction_type,
        "quantity": fill.quantity,
        "average_price": number(fill.price),
        "fill_timestamp": at,
        "exchange_timestamp": at,
        "order_timestamp": moment(order.placed_at)[-8:],
    }


def _meta(order: KiteOrder) -> Json:
    slices = order.slices
    if slices is None:
        return {}
    return {
        "iceberg": {
            "leg": order.leg,
            "legs": slices.legs,
            "leg_quantity": slices.leg_quantity,
            "total_quantity": slices.total,
            "remaining_quantity": order.units_left,
        }
    }
