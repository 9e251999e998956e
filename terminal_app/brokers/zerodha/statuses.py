"""What Kite's order states mean: strictly by table, never by guess."""

from __future__ import annotations

from terminal_app.domain.enums import OrderPending, OrderStatus, OrderType
from terminal_app.domain.errors import ProtocolError

_S, _P = OrderStatus, OrderPending

AMBIGUOUS = "UPDATE"
"""The stream's word for a change or a part fill: of a stop without fills it does not say whether it still waits."""

STATUSES: dict[str, tuple[OrderStatus, OrderPending]] = {
    "PUT ORDER REQ RECEIVED": (_S.SUBMITTED, _P.NONE),
    "VALIDATION PENDING": (_S.SUBMITTED, _P.NONE),
    "OPEN PENDING": (_S.SUBMITTED, _P.NONE),
    "AMO REQ RECEIVED": (_S.OPEN, _P.NONE),
    "TRIGGER PENDING": (_S.TRIGGER_PENDING, _P.NONE),
    "OPEN": (_S.OPEN, _P.NONE),
    "MODIFY VALIDATION PENDING": (_S.OPEN, _P.MODIFY),
    "MODIFY PENDING": (_S.OPEN, _P.MODIFY),
    "MODIFIED": (_S.OPEN, _P.NONE),
    "CANCEL PENDING": (_S.OPEN, _P.CANCEL),
    AMBIGUOUS: (_S.OPEN, _P.NONE),
    "COMPLETE": (_S.FILLED, _P.NONE),
    "CANCELLED": (_S.CANCELLED, _P.NONE),
    "CANCELLED AMO": (_S.CANCELLED, _P.NONE),
    "REJECTED": (_S.REJECTED, _P.NONE),
}
"""Every state of Kite. An order that waits for the next market hours works as far as anybody here can tell: it can be cancelled."""

_MAY_STILL_WAIT = frozenset({"MODIFY VALIDATION PENDING", "MODIFY PENDING", "MODIFIED", "CANCEL PENDING", AMBIGUOUS})


def status_of(word: str, order_type: OrderType, filled_quantity: int) -> tuple[OrderStatus, OrderPending]:
    """Status and pending change. Raises ProtocolError naming an unknown state.

    While a stop is being changed Kite does not say whether it still waits; without a fill it is taken to.
    """
    known = STATUSES.get(word)
    if known is None:
        raise ProtocolError(f"Zerodha sent the order status “{word[:60]}”, which is not known.")
    status, pending = known
    if status.is_open and filled_quantity > 0:
        return OrderStatus.PARTIALLY_FILLED, pending
    if word in _MAY_STILL_WAIT and order_type.has_trigger:
        return OrderStatus.TRIGGER_PENDING, pending
    return status, pending
