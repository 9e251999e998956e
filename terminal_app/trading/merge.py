"""Merging what a broker says into what is known of an order: idempotent, in any order, late and duplicate messages included.

The rules, all of which hold whatever the order of arrival:

* A closed order stays closed. A closing is believed whenever it arrives, because nothing can come after it.
* The filled quantity never falls; it is the largest of what was reported and what the fills add up to.
* Price, quantity, type and the working status are those of the newest message by the broker's own time stamp. Brokers stamp whole
  seconds, so among equal stamps the one further along in an order's life is newer, and after that the one that came last.
* Fills alone never close an order: a modification that raises the quantity may be under way. The broker's word closes it.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from terminal_app.domain.enums import OrderPending, OrderStatus
from terminal_app.domain.fill import Fill
from terminal_app.domain.order import Order, OrderRequest, may_follow
from terminal_app.domain.values import ZERO

Stamp = tuple[datetime, bool, int, int]

_PROGRESS = {
    OrderStatus.SUBMITTED: 1,
    OrderStatus.TRIGGER_PENDING: 2,
    OrderStatus.OPEN: 3,
    OrderStatus.PARTIALLY_FILLED: 4,
}


class Known(Struct, frozen=True):
    """An order with what is needed to judge the next message about it.

    ``stamp`` is the rank of the newest message merged so far; ``reported_quantity`` (units) and ``reported_average`` (rupees) are the
    broker's own figures; ``fill_quantity`` and ``fill_value`` add up the fills that are known one by one.
    """

    order: Order
    stamp: Stamp | None = None
    reported_quantity: int = 0
    reported_average: Decimal | None = None
    fill_quantity: int = 0
    fill_value: Decimal = ZERO

    @property
    def lacks_fills(self) -> bool:
        """Whether the broker reported more filled units than the known fills explain."""
        return self.order.filled_quantity > self.fill_quantity


def remember(order: Order) -> Known:
    """An order as it was saved; its fills are still to be added."""
    return Known(order, reported_quantity=order.filled_quantity, reported_average=order.average_price)


def merge(known: Known, heard: Order) -> Known:
    """``known`` after the broker's message ``heard`` about the same order."""
    order = known.order
    newer = _is_newer(known, heard)
    status = _status(known, heard, newer)
    more = heard.filled_quantity > known.reported_quantity
    first_average = heard.filled_quantity == known.reported_quantity and known.reported_average is None
    merged = replace(
        order,
        request=_request(order.request, heard.request) if newer else order.request,
        status=status,
        reason=_reason(order, heard, status, newer),
        broker_id=order.broker_id or heard.broker_id,
        updated_at=max(order.updated_at, heard.updated_at),
    )
    return _derive(
        replace(
            known,
            order=merged,
            stamp=_stamp(heard) if newer else known.stamp,
            reported_quantity=max(known.reported_quantity, heard.filled_quantity),
            reported_average=heard.average_price if more or first_average else known.reported_average,
        )
    )


def add_fill(known: Known, fill: Fill) -> Known:
    """``known`` after one more fill. The caller sees to it that each fill is added once."""
    return _derive(
        replace(
            known,
            order=replace(known.order, updated_at=max(known.order.updated_at, fill.filled_at)),
            fill_quantity=known.fill_quantity + fill.quantity,
            fill_value=known.fill_value + fill.value,
        )
    )


def _stamp(heard: Order) -> Stamp:
    return heard.updated_at, heard.status.is_closed, heard.filled_quantity, _PROGRESS.get(heard.status, 0)


def _is_newer(known: Known, heard: Order) -> bool:
    if known.stamp is None or _stamp(heard) >= known.stamp:
        return True
    # LIMIT turned into SL within one stamp: the order waits for its trigger again.
    became_stop = heard.request.order_type.has_trigger and not known.order.request.order_type.has_trigger
    return heard.updated_at == known.stamp[0] and became_stop and heard.status is OrderStatus.TRIGGER_PENDING


def _status(known: Known, heard: Order, newer: bool) -> OrderStatus:
    now = known.order.status
    if now.is_closed:
        return now
    if heard.status.is_closed:
        return heard.status
    if (newer or now.is_in_flight) and may_follow(now, heard.status):
        return heard.status
    return now


def _reason(order: Order, heard: Order, status: OrderStatus, newer: bool) -> str:
    if status is not heard.status:
        return order.reason
    if status is not order.status:
        return heard.reason
    return (heard.reason or order.reason) if newer else order.reason


def _request(ours: OrderRequest, theirs: OrderRequest) -> OrderRequest:
    """The order as the broker has it; what no broker sends back stays as we know it."""
    protection = theirs.market_protection
    if protection is None and not theirs.order_type.has_limit:
        protection = ours.market_protection
    return replace(theirs, instrument=ours.instrument, market_protection=protection)


def _derive(known: Known) -> Known:
    """Filled quantity, average, the partly filled status and the end of a pending change follow from the rest."""
    order = known.order
    filled = max(order.filled_quantity, known.reported_quantity, known.fill_quantity)
    status = order.status
    if filled and not status.is_closed and status is not OrderStatus.INTENDED:
        status = OrderStatus.PARTIALLY_FILLED
    average = order.average_price
    if known.fill_quantity and known.fill_quantity >= known.reported_quantity:
        average = known.fill_value / known.fill_quantity
    elif known.reported_average is not None:
        average = known.reported_average
    pending = OrderPending.NONE if status.is_closed else order.pending
    return replace(
        known, order=replace(order, filled_quantity=filled, average_price=average, status=status, pending=pending)
    )
