"""What stands on the chart besides bars, and what a click there offers: decided from orders and positions, without widgets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from terminal_app.domain.enums import Interval, OrderPending, OrderStatus, OrderType, SessionPhase, Side
from terminal_app.domain.ids import AccountId, ClientOrderId, InstrumentId
from terminal_app.domain.order import Order, OrderChange
from terminal_app.domain.values import ZERO
from terminal_app.ui import formats
from terminal_app.ui.drafts import TicketDraft

if TYPE_CHECKING:
    from terminal_app.services.portfolio import PositionView

LineKey = tuple[AccountId, ClientOrderId]
_SEPARATOR = "\n"


class LineView(Struct, frozen=True):
    """A working order as a line; ``id`` names account and order."""

    id: str
    side: Literal["buy", "sell"]
    label: str
    price: Decimal
    kind: Literal["limit", "trigger"]
    movable: bool


class PositionText(Struct, frozen=True):
    """The open position as a line at its average price."""

    label: str
    price: Decimal
    gain: bool


class MenuEntry(Struct, frozen=True):
    """One offer of the menu at a price; without a draft it only says why nothing is offered."""

    text: str
    draft: TicketDraft | None = None


def line_id(account: AccountId, order: ClientOrderId) -> str:
    """The name of an order's line."""
    return f"{account}{_SEPARATOR}{order}"


def line_key(id: str) -> LineKey:
    """Account and order that a line stands for."""
    account, _, order = id.partition(_SEPARATOR)
    return AccountId(account), ClientOrderId(order)


def waits_for_trigger(order: Order) -> bool:
    """Whether the order's line is at its trigger price."""
    return order.request.order_type.has_trigger and order.status is OrderStatus.TRIGGER_PENDING


def line_price(order: Order) -> Decimal | None:
    """The price that an order waits at; None for one that has none."""
    request = order.request
    return request.trigger_price if waits_for_trigger(order) else request.limit_price


def order_lines(
    orders: Iterable[tuple[AccountId, Order]],
    instrument: InstrumentId,
    changing: Mapping[str, Decimal],
    names: Mapping[AccountId, str],
) -> list[LineView]:
    """The working orders in ``instrument``.

    ``changing`` are the prices of changes that were sent and not yet answered: their lines stay where they were dropped.
    ``names`` are said before the side where orders of several accounts are shown.
    """
    lines = []
    for account, order in orders:
        price = line_price(order)
        if order.instrument != instrument or order.client_id is None or price is None or not order.status.is_open:
            continue
        name = line_id(account, order.client_id)
        waits = waits_for_trigger(order)
        words = f"{order.request.side.value} {formats.quantity(order.remaining_quantity)}"
        words = f"SL {words}" if waits else words
        words = f"{names[account]} {words}" if account in names else words
        note = _note(order, name in changing)
        lines.append(
            LineView(
                name,
                "buy" if order.request.side is Side.BUY else "sell",
                f"{words} {note}" if note else words,
                changing.get(name, price),
                "trigger" if waits else "limit",
                movable=not note,
            )
        )
    return lines


def _note(order: Order, is_changing: bool) -> str:
    if order.pending is OrderPending.CANCEL:
        return "cancelling…"
    return "changing…" if is_changing or order.pending is OrderPending.MODIFY else ""


def change_to(order: Order, price: Decimal) -> OrderChange:
    """The one change that moves an order's line to ``price``; a stop's limit keeps its distance from the trigger."""
    request = order.request
    if not waits_for_trigger(order):
        return OrderChange(limit_price=price)
    if request.limit_price is None or request.trigger_price is None or not request.order_type.has_limit:
        return OrderChange(trigger_price=price)
    return OrderChange(trigger_price=price, limit_price=price + request.limit_price - request.trigger_price)


def position_line(views: Sequence[PositionView], instrument: InstrumentId, last: Decimal | None) -> PositionText | None:
    """What is open in ``instrument`` over all products and accounts shown; None where it nets to nothing."""
    open_ones = [view.position for view in views if view.position.instrument == instrument and view.position.quantity]
    quantity = sum(position.quantity for position in open_ones)
    if quantity == 0:
        return None
    average = sum((position.average_price * position.quantity for position in open_ones), ZERO) / quantity
    if average <= 0:
        return None
    gain = None if last is None else sum((position.unrealised_pnl(last) for position in open_ones), ZERO)
    words = "LONG" if quantity > 0 else "SHORT"
    label = f"{words} {formats.quantity(abs(quantity))} · {formats.signed(gain)}"
    return PositionText(label, average, gain is None or gain >= 0)


def menu_entries(
    instrument: InstrumentId, price: Decimal, last: Decimal | None, decimals: int, *, refused: str
) -> list[MenuEntry]:
    """The orders that make sense at ``price``: limits on the near side of the market, stops on the far side.

    ``refused`` says why nothing can be traded here, empty where it can.
    """
    if refused:
        return [MenuEntry(refused)]
    at = formats.price(price, decimals)
    limits = {
        side: MenuEntry(
            f"{side.value.capitalize()} limit at {at}…",
            TicketDraft(instrument, side, limit_price=price, order_type=OrderType.LIMIT),
        )
        for side in Side
    }
    stops = {
        side: MenuEntry(
            f"{side.value.capitalize()} stop (SL) at {at}…",
            TicketDraft(instrument, side, limit_price=price, trigger_price=price, order_type=OrderType.SL),
        )
        for side in Side
    }
    if last is None or price == last:
        return [limits[Side.BUY], limits[Side.SELL]]
    if price < last:
        return [limits[Side.BUY], stops[Side.SELL]]
    return [limits[Side.SELL], stops[Side.BUY]]


def countdown(bar_start_s: int, interval: Interval, now_s: float, phase: SessionPhase) -> str:
    """Time left to the end of the running bar, ``3:52`` or ``0:09``; empty where no bar runs."""
    if interval is Interval.D1 or phase is not SessionPhase.CONTINUOUS:
        return ""
    left = bar_start_s + interval.seconds - int(now_s)
    if not 0 <= left <= interval.seconds:
        return ""
    return f"{left // 60}:{left % 60:02d}"
