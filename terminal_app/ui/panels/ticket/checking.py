"""Reads the fields and puts the order to the rules of the market: what is wrong, beside which field, and what would do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from terminal_app.domain.order import OrderRequest
from terminal_app.ui.formats import quantity
from terminal_app.ui.panels.ticket.model import (
    LIMIT,
    QUANTITY,
    TRIGGER,
    FieldProblem,
    FixValue,
    quantity_text,
    read,
)
from terminal_app.ui.panels.ticket.state import TicketState

if TYPE_CHECKING:
    from terminal_app.services.orders import OrderService

FIELD_NAMES = {"market_protection": "protection", "phase": "order", "instrument": "order", "variety": "order"}
"""Fields of an order that have no field of their own in the ticket, and where their problems stand."""
_COVER = "SHORT_DELIVERY"


def recheck(state: TicketState, orders: OrderService | None) -> None:
    """Bring ``state.request`` and ``state.problems`` up to what stands in the fields."""
    state.request, state.problems = None, []
    if state.typed is None or state.instrument is None or orders is None:
        return
    state.request, state.problems = read(state.typed, state.instrument)
    if state.target is not None and state.target.order.status.is_closed:
        state.problems = []  # nothing is left to change, so nothing can be wrong with the change
        return
    if state.request is not None and state.account is not None and not state.offer.reason:
        request = state.request
        state.problems = [
            FieldProblem(
                FIELD_NAMES.get(problem.field, problem.field),
                problem.message,
                tuple((_fix_label(state, fix.label, problem.field, fix.value), fix.value) for fix in problem.fixes),
            )
            for problem in orders.problems(state.account.id, request)
            if state.target is None or _concerns_change(state, problem.field, problem.code, request)
        ]
        state.problems.extend(_filled_already(state, request))
    state.problems.extend(state.refused)


def _fix_label(state: TicketState, label: str, field: str, value: FixValue) -> str:
    typed = state.typed
    if field != QUANTITY or not isinstance(value, int) or typed is None or not typed.in_lots:
        return label
    return f"{quantity_text(value, typed, state.instrument)} lots"


def _filled_already(state: TicketState, request: OrderRequest) -> list[FieldProblem]:
    if state.target is None or request.quantity > state.target.order.filled_quantity:
        return []
    filled = quantity(state.target.order.filled_quantity)
    return [FieldProblem(QUANTITY, f"{filled} units are filled already: the quantity must be above that.")]


def _concerns_change(state: TicketState, field: str, code: str, request: OrderRequest) -> bool:
    """A working order is not judged anew: only what is changed is. What covers a delivery sale was checked when it was placed."""
    assert state.target is not None
    old = state.target.order.request
    if field in (LIMIT, TRIGGER, "order_type"):
        before = (old.limit_price, old.trigger_price, old.order_type)
        return before != (request.limit_price, request.trigger_price, request.order_type)
    if field == QUANTITY:
        return request.quantity != old.quantity and (code != _COVER or request.quantity > old.quantity)
    return field != "product" and (field != "validity" or old.validity is not request.validity)
