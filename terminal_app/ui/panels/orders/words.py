"""Orders in plain words: their status, their type, and the hops of their timeline."""

from __future__ import annotations

from decimal import Decimal

from terminal_app.domain.enums import OrderPending, OrderStatus, OrderType, Validity
from terminal_app.domain.order import Order, OrderEventKind
from terminal_app.ui import formats
from terminal_app.ui.panels.orders.model import StatusWords

TYPES = {OrderType.MARKET: "Market", OrderType.LIMIT: "Limit", OrderType.SL: "SL", OrderType.SL_M: "SL-M"}
VALIDITIES = {Validity.DAY: "Day", Validity.IOC: "IOC", Validity.TTL: "Minutes"}
DO_NOT_REPEAT = "Do not send it again."
_PENDING = {OrderPending.MODIFY: "Changing", OrderPending.CANCEL: "Cancelling"}

HOPS = {
    OrderEventKind.INTENT: "Intent written",
    OrderEventKind.DENIED: "Denied here",
    OrderEventKind.SENT: "Sent",
    OrderEventKind.ACKNOWLEDGED: "Acknowledged",
    OrderEventKind.REJECTED: "Rejected",
    OrderEventKind.NO_ANSWER: "No answer",
    OrderEventKind.ASKED: "Asked",
    OrderEventKind.UPDATED: "Update",
    OrderEventKind.FILLED: "Filled",
    OrderEventKind.MODIFY_SENT: "Change sent",
    OrderEventKind.MODIFIED: "Changed",
    OrderEventKind.MODIFY_REFUSED: "Change refused",
    OrderEventKind.CANCEL_SENT: "Cancel sent",
    OrderEventKind.CANCEL_REFUSED: "Cancel refused",
    OrderEventKind.CANCELLED: "Cancelled",
    OrderEventKind.EXPIRED: "Expired",
}
HOP_TONES = {
    OrderEventKind.NO_ANSWER: "warn",
    OrderEventKind.DENIED: "error",
    OrderEventKind.REJECTED: "error",
    OrderEventKind.MODIFY_REFUSED: "error",
    OrderEventKind.CANCEL_REFUSED: "error",
}


def status_words(order: Order, last_price: Decimal | None, places: int, fills: int) -> StatusWords:
    """The status column of one order. ``fills``: of how many executions its filled part is made, where known."""
    status = order.status
    if status in (OrderStatus.INTENDED, OrderStatus.SUBMITTED):
        remark = "Cancelled as soon as it is answered" if order.pending is OrderPending.CANCEL else ""
        return StatusWords("Being sent" if status is OrderStatus.INTENDED else "Sent, no answer yet", remark=remark)
    if status is OrderStatus.UNKNOWN:
        reason = _sentences(order.reason, DO_NOT_REPEAT)
        return StatusWords("Unknown, asking", "warn", reason=reason, icon="circle-question-mark")
    if status.is_open:
        return _open_words(order, last_price, places)
    return _closed_words(order, fills)


def distance(order: Order, last_price: Decimal | None, places: int) -> str:
    """How far a limit is from the last price: 13.80 below LTP; empty where there is nothing to compare."""
    limit = order.request.limit_price
    if limit is None or last_price is None or order.status is OrderStatus.TRIGGER_PENDING:
        return ""
    gap = limit - last_price
    if gap == 0:
        return "at LTP"
    return f"{formats.price(abs(gap), places)} {'below' if gap < 0 else 'above'} LTP"


def order_line(order: Order, product: str, places: int) -> str:
    """Limit 268.00, NRML, Day."""
    request = order.request
    parts = [TYPES[request.order_type]]
    if request.limit_price is not None:
        parts[0] += f" {formats.price(request.limit_price, places)}"
    if request.trigger_price is not None:
        parts.append(f"trigger {formats.price(request.trigger_price, places)}")
    return ", ".join([*parts, product, VALIDITIES[request.validity]])


def _open_words(order: Order, last_price: Decimal | None, places: int) -> StatusWords:
    text = {
        OrderStatus.TRIGGER_PENDING: "Waiting for trigger",
        OrderStatus.PARTIALLY_FILLED: "Partly filled",
    }.get(order.status, "Open")
    pending = _PENDING.get(order.pending)
    if pending is not None:
        return StatusWords(pending, "warn", remark=f"{text.lower()} until it is answered", icon="refresh-cw")
    hint = distance(order, last_price, places)
    return StatusWords(text, remark=hint or order.reason, strong=True)


def _closed_words(order: Order, fills: int) -> StatusWords:
    status = order.status
    if status is OrderStatus.REJECTED:
        return StatusWords("Rejected", "error", reason=order.reason or "No reason was given.", icon="x")
    if status is OrderStatus.DENIED:
        return StatusWords("Denied here", "error", reason=_sentences(order.reason, "Nothing was sent."), icon="x")
    if status is OrderStatus.FILLED:
        return StatusWords("Filled", remark=f"{fills} fills" if fills > 1 else "")
    text = "Cancelled" if status is OrderStatus.CANCELLED else "Expired"
    remark = order.reason or f"at {formats.clock(order.updated_at)}"
    return StatusWords(text, "text.3", remark=remark)


def _sentences(first: str, second: str) -> str:
    """Both, as two sentences; the second only once."""
    first = first.strip()
    if not first or second.rstrip(".").casefold() in first.casefold():
        return first or second
    return f"{first.rstrip('.')}. {second}"
