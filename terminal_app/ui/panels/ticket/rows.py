"""The ticket's preview: what the order needs, its worst price, how it is sent, and what became of each slice."""

from __future__ import annotations

from terminal_app.domain.enums import OrderStatus
from terminal_app.domain.instrument import Instrument
from terminal_app.domain.order import Order
from terminal_app.ui import formats
from terminal_app.ui.panels.ticket import words
from terminal_app.ui.panels.ticket.model import LIMIT, PROTECTION, QUANTITY, TRIGGER, ModifyTarget, RowView
from terminal_app.ui.panels.ticket.state import Sending, TicketState

MOST_SLICE_ROWS = 4
_AFTER = {
    QUANTITY: "after the quantity is fixed",
    LIMIT: "after the price is fixed",
    TRIGGER: "after the trigger is fixed",
    PROTECTION: "after the protection is fixed",
}
_SLICE_WORDS = {
    OrderStatus.INTENDED: "being sent",
    OrderStatus.SUBMITTED: "sent",
    OrderStatus.UNKNOWN: "no answer yet",
    OrderStatus.OPEN: "open",
    OrderStatus.TRIGGER_PENDING: "waiting for its trigger",
    OrderStatus.PARTIALLY_FILLED: "filling",
    OrderStatus.FILLED: "filled",
    OrderStatus.REJECTED: "rejected",
    OrderStatus.DENIED: "denied",
    OrderStatus.CANCELLED: "cancelled",
    OrderStatus.EXPIRED: "expired",
}


def preview_rows(state: TicketState) -> tuple[RowView, ...]:
    """The lines between the fields and Place."""
    if state.sending is not None and state.is_busy:
        return _sending_rows(state.sending, state.instrument)
    if state.target is not None:
        return _change_rows(state.target, state)
    preview, figures = state.figures.preview, state.figures
    if state.request is None or state.problems or preview is None or state.account is None:
        return (
            RowView("Margin needed", _missing(state), tone="text.3"),
            RowView("Worst price", formats.EN_DASH, tone="text.3"),
            RowView("Sent as", formats.EN_DASH, tone="text.3"),
        )
    tone = "text.1" if figures.is_fresh else "text.3"
    places = state.instrument.price_decimals if state.instrument is not None else 2
    rows = [_margin(state, tone)]
    if preview.closes_quantity and preview.pnl_if_closed is not None:
        pnl_tone = formats.tone(preview.pnl_if_closed) if figures.is_fresh else "text.3"
        rows.append(RowView("P&L if closed", formats.signed(preview.pnl_if_closed), "at worst", pnl_tone))
    rows.append(RowView("Worst price", formats.price(preview.worst_price, places), preview.worst_reason, tone))
    rows.append(_sent_as(preview.slices, state.instrument, tone))
    return tuple(rows)


def _missing(state: TicketState) -> str:
    for problem in state.problems:
        if problem.field in _AFTER:
            return _AFTER[problem.field]
    if state.figures.trouble:
        return "not known"
    return formats.EN_DASH


def _margin(state: TicketState, tone: str) -> RowView:
    preview = state.figures.preview
    assert preview is not None
    value = formats.money(preview.margin_required)
    if state.shortfall > 0:
        tone = "error"
    if state.closes:
        sign = 1 if state.typed is None or state.typed.side.sign < 0 else -1
        note = f"closes your {formats.quantity(sign * preview.closes_quantity, sign=True)}"
    else:
        note = f"of {formats.money(preview.margin_available)} free"
    return RowView("Margin needed", value, note, tone, strong=True)


def _sent_as(slices: tuple[int, ...], instrument: Instrument | None, tone: str) -> RowView:
    note = ""
    if len(slices) > 1 and instrument is not None:
        parts = " + ".join(formats.quantity(units) for units in slices)
        if len(slices) > 3:
            parts = f"{len(slices) - 1} × {formats.quantity(slices[0])} + {formats.quantity(slices[-1])}"
        note = f"{parts}, freeze {formats.quantity(instrument.freeze_quantity)}"
    elif instrument is not None and instrument.max_slice:
        note = "below the freeze quantity"
    return RowView("Sent as", words.counted(len(slices), "order"), note, tone)


def _change_rows(target: ModifyTarget, state: TicketState) -> tuple[RowView, ...]:
    order, instrument = target.order, state.instrument
    now = formats.EN_DASH
    if instrument is not None:
        now = f"{words.amount(order.request.quantity, instrument)} {words.price_words(order.request, instrument)}"
    filled = f"of {formats.quantity(order.request.quantity)}"
    return (
        RowView("Now", now),
        RowView("Filled", formats.quantity(order.filled_quantity), filled),
        RowView("Status", _SLICE_WORDS[order.status]),
    )


def _sending_rows(sending: Sending, instrument: Instrument | None) -> tuple[RowView, ...]:
    if sending.is_change:
        return (RowView("Sent as", "1 change"),)
    count = len(sending.slices)
    rows = [_sent_as(sending.slices, instrument, "text.1")]
    seen = list(sending.seen.values())
    if count > MOST_SLICE_ROWS:
        rows.append(RowView("Sent so far", f"{sum(map(_is_out, seen))} of {count}"))
        return tuple(rows)
    for place in range(count):
        name = f"Slice {place + 1} of {count}" if count > 1 else "Order"
        rows.append(RowView(name, _slice_words(seen[place]) if place < len(seen) else _waiting(place, seen)))
    return tuple(rows)


def _is_out(order: Order) -> bool:
    return order.status not in (OrderStatus.INTENDED, OrderStatus.DENIED)


def _waiting(place: int, seen: list[Order]) -> str:
    return "being sent" if place == len(seen) == 0 else "waiting for its turn"


def _slice_words(order: Order) -> str:
    text = _SLICE_WORDS[order.status]
    if order.status in (OrderStatus.INTENDED, OrderStatus.UNKNOWN):
        return text
    took_s = (order.updated_at - order.placed_at).total_seconds()
    return f"{text}, {took_s:.2f} s"
