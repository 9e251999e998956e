"""An order and its life: what is wished, what is known of it, and which status may follow which."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from terminal_app.domain.enums import OrderPending, OrderStatus, OrderType, Product, Side, Validity, Variety
from terminal_app.domain.fill import Fill
from terminal_app.domain.ids import BrokerOrderId, ClientOrderId, ClientTag, InstrumentId


class OrderRequest(Struct, frozen=True):
    """What is to be bought or sold. ``quantity`` is units; every price is rupees.

    ``market_protection`` is the percentage of the last price beyond which a MARKET or SL_M order must not fill; None takes
    the account's default. ``validity_minutes`` is how long a TTL order works, 0 for all others. The ``disclosed_quantity`` of an
    ICEBERG order is the quantity of one leg.
    """

    instrument: InstrumentId
    side: Side
    quantity: int
    order_type: OrderType
    product: Product
    validity: Validity = Validity.DAY
    limit_price: Decimal | None = None
    trigger_price: Decimal | None = None
    disclosed_quantity: int = 0
    market_protection: Decimal | None = None
    variety: Variety = Variety.REGULAR
    validity_minutes: int = 0


class OrderChange(Struct, frozen=True):
    """What is to be different about a working order; None leaves a field as it is. ``quantity`` is the new total, fills included."""

    quantity: int | None = None
    limit_price: Decimal | None = None
    trigger_price: Decimal | None = None
    order_type: OrderType | None = None
    validity: Validity | None = None


class OrderRef(Struct, frozen=True):
    """How a broker finds an order of its own."""

    broker_order_id: BrokerOrderId
    instrument: InstrumentId
    variety: Variety = Variety.REGULAR


class Order(Struct, frozen=True):
    """All that is known of one order now. Times are aware UTC.

    ``request`` is the order as it stands after modifications. ``client_id`` and ``tag`` are None for an order that was placed elsewhere,
    ``broker_id`` until the broker has answered. ``reason`` is the broker's or our own words in full.
    """

    request: OrderRequest
    status: OrderStatus
    placed_at: datetime
    updated_at: datetime
    client_id: ClientOrderId | None = None
    tag: ClientTag | None = None
    broker_id: BrokerOrderId | None = None
    pending: OrderPending = OrderPending.NONE
    filled_quantity: int = 0
    average_price: Decimal | None = None
    reason: str = ""

    @property
    def instrument(self) -> InstrumentId:
        """What it buys or sells."""
        return self.request.instrument

    @property
    def remaining_quantity(self) -> int:
        """Units that are not filled."""
        return self.request.quantity - self.filled_quantity

    @property
    def ref(self) -> OrderRef:
        """How the broker finds it. Raises ValueError while the broker has not named it."""
        if self.broker_id is None:
            raise ValueError("the broker has not named this order yet")
        return OrderRef(self.broker_id, self.request.instrument, self.request.variety)


class OrderUpdate(Struct, frozen=True):
    """One message of a broker about one order: the order as it stands there, with the fills that the wire carried."""

    order: Order
    fills: tuple[Fill, ...] = ()


_S = OrderStatus
_WORKING = frozenset({_S.TRIGGER_PENDING, _S.OPEN, _S.PARTIALLY_FILLED})
_ENDS = frozenset({_S.FILLED, _S.CANCELLED, _S.EXPIRED, _S.REJECTED})

TRANSITIONS: dict[OrderStatus, frozenset[OrderStatus]] = {
    _S.INTENDED: frozenset({_S.DENIED, _S.SUBMITTED, _S.UNKNOWN}) | _WORKING | _ENDS,
    _S.SUBMITTED: frozenset({_S.UNKNOWN}) | _WORKING | _ENDS,
    _S.UNKNOWN: _WORKING | _ENDS,
    _S.TRIGGER_PENDING: frozenset({_S.OPEN, _S.PARTIALLY_FILLED}) | _ENDS,
    _S.OPEN: frozenset({_S.TRIGGER_PENDING, _S.PARTIALLY_FILLED}) | _ENDS,
    _S.PARTIALLY_FILLED: frozenset({_S.FILLED, _S.CANCELLED, _S.EXPIRED, _S.REJECTED}),
    _S.DENIED: frozenset(),
    _S.REJECTED: frozenset(),
    _S.FILLED: frozenset(),
    _S.CANCELLED: frozenset(),
    _S.EXPIRED: frozenset(),
}
"""Which status may follow which. A closed order never opens again; a partly filled one never returns to unfilled.

REJECTED may follow a working status because an exchange can refuse late (a price band that moves, a stop that cannot be
priced). OPEN may return to TRIGGER_PENDING: a modification from LIMIT to SL does that.
"""


def may_follow(now: OrderStatus, then: OrderStatus) -> bool:
    """Whether ``then`` is the same status or a legal successor of ``now``."""
    return now is then or then in TRANSITIONS[now]


class OrderEventKind(StrEnum):
    """The hops of an order's timeline."""

    INTENT = "INTENT"
    DENIED = "DENIED"
    SENT = "SENT"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    REJECTED = "REJECTED"
    NO_ANSWER = "NO_ANSWER"
    ASKED = "ASKED"
    UPDATED = "UPDATED"
    FILLED = "FILLED"
    MODIFY_SENT = "MODIFY_SENT"
    MODIFIED = "MODIFIED"
    MODIFY_REFUSED = "MODIFY_REFUSED"
    CANCEL_SENT = "CANCEL_SENT"
    CANCEL_REFUSED = "CANCEL_REFUSED"
    CANCELLED = "CANCELLED"
    EXPIRED = "EXPIRED"


class OrderEvent(Struct, frozen=True):
    """One hop: when it happened (aware UTC), what, and a sentence that says it."""

    client_id: ClientOrderId
    time: datetime
    kind: OrderEventKind
    text: str
