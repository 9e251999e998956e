"""Sends what the ticket holds, once: account and order are frozen when Enter is pressed, and the ticket waits for what becomes of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from terminal_app.domain.enums import AccountKind, OrderStatus
from terminal_app.domain.errors import BadInput, BhavError, OrderUnknown
from terminal_app.domain.order import Order, OrderRequest
from terminal_app.ui import formats
from terminal_app.ui.drafts import ConfirmRequest
from terminal_app.ui.panels.ticket import words
from terminal_app.ui.panels.ticket.checking import FIELD_NAMES
from terminal_app.ui.panels.ticket.model import FieldProblem, ModifyTarget, NoticeView, Phase, difference
from terminal_app.ui.panels.ticket.state import Sending, TicketState

if TYPE_CHECKING:
    import asyncio

    from terminal_app.domain.account import Account
    from terminal_app.domain.instrument import Instrument
    from terminal_app.domain.messages import OrderChanged
    from terminal_app.services.terminal import Terminal
    from terminal_app.ui.desk import Desk

_UNKNOWN = NoticeView(
    "warn",
    "No answer yet: the order may exist.",
    "Do not send it again. Bhav is asking; the Orders panel tells when it is known.",
    "circle-question-mark",
)


class TicketSender:
    """Takes the ticket's state from EDITING over ASKING and SENDING to DONE, or back to EDITING with the reason."""

    def __init__(self, desk: Desk, terminal: Terminal, state: TicketState, changed: Callable[[], None]) -> None:
        self._desk = desk
        self._terminal = terminal
        self._state = state
        self._changed = changed
        self._task: asyncio.Task[Any] | None = None
        self._known: set[str] = set()

    def start(self, account: Account, request: OrderRequest, instrument: Instrument) -> None:
        """Send a new order. The ticket must be EDITING."""
        state = self._state
        slices = state.figures.preview.slices if state.figures.preview is not None and state.figures.is_fresh else ()
        state.sending = Sending(account, request, slices or (request.quantity,))
        self._known = {order.client_id for _, order in self._terminal.orders.orders(account.id) if order.client_id}
        question = self._terminal.orders.confirmation(account.id, request)
        self._begin(Phase.ASKING if question else Phase.SENDING)
        work = self._place(account, request, instrument, question)
        self._task = self._desk.run(work, "The order was not placed", "orders")

    def start_change(self, account: Account, target: ModifyTarget, request: OrderRequest) -> None:
        """Send a modification. The ticket must be EDITING."""
        self._state.sending = Sending(account, request, (request.quantity,), is_change=True)
        self._begin(Phase.SENDING)
        work = self._modify(account, target, request)
        self._task = self._desk.run(work, "The order was not changed", "orders")

    def stop(self) -> bool:
        """Send no further slice; False where nothing could be stopped. The slice that is on its way is not taken back."""
        sending = self._state.sending
        if self._task is None or self._task.done() or sending is None or len(sending.slices) < 2:
            return False
        return self._state.phase is Phase.SENDING and self._task.cancel()

    def hear(self, message: OrderChanged) -> bool:
        """Whether an order's news belongs to what is being sent."""
        sending, order = self._state.sending, message.order
        if sending is None or sending.is_change or message.account != sending.account.id or order.client_id is None:
            return False
        request = sending.request
        same = (order.request.instrument, order.request.side) == (request.instrument, request.side)
        if not same or order.client_id in self._known:
            return False
        sending.seen[order.client_id] = order
        return True

    def _begin(self, phase: Phase) -> None:
        self._state.phase = phase
        self._state.outcome = None
        self._changed()

    async def _place(
        self, account: Account, request: OrderRequest, instrument: Instrument, question: str | None
    ) -> None:
        import asyncio

        try:
            if question is not None:
                if not await self._desk.confirm(_question(account, request, instrument, question)):
                    self._settle(Phase.EDITING)
                    return
                self._begin(Phase.SENDING)
            orders = await self._terminal.orders.place(account.id, request)
            self._settle(*_outcome(orders, request, self._state), done=words.order_words(request, instrument))
        except asyncio.CancelledError:
            self._settle(Phase.DONE, self._stopped())
            raise
        except BhavError as error:
            self._refused(error)
        finally:
            self._leave()

    async def _modify(self, account: Account, target: ModifyTarget, request: OrderRequest) -> None:
        try:
            order = await self._terminal.orders.modify(
                account.id, target.client_id, difference(target.order.request, request)
            )
            self._state.target = ModifyTarget(account.id, target.client_id, order)
            self._settle(Phase.DONE, done="Changed")
            self._desk.toast("Order changed", f"{words.kind_word(account)}, {words.account_words(account)}")
        except BhavError as error:
            self._refused(error)
        finally:
            self._leave()

    def _settle(self, phase: Phase, outcome: NoticeView | None = None, done: str = "") -> None:
        state = self._state
        state.phase, state.outcome = phase, outcome
        now = formats.clock(self._terminal.clock.now())
        state.done_text = f"{done}, {'' if done == 'Changed' else 'sent '}{now}" if done and outcome is None else ""
        if phase is Phase.DONE:
            state.is_touched = False

    def _leave(self) -> None:
        """Whatever happened, the ticket never stays in the middle of sending."""
        if self._state.is_busy:
            self._state.phase = Phase.EDITING
        self._state.sending = None
        self._changed()

    def _refused(self, error: BhavError) -> None:
        if isinstance(error, BadInput):
            field = FIELD_NAMES.get(error.field, error.field)
            self._settle(Phase.EDITING)
            self._state.refused = [FieldProblem(field, error.message)]
            return
        if isinstance(error, OrderUnknown):
            self._settle(Phase.DONE, _UNKNOWN)
            return
        fact = "The order was not changed." if self._state.target is not None else "The order was refused."
        self._settle(Phase.DONE, NoticeView("error", fact, error.message, "x", "Try again", "again"))

    def _stopped(self) -> NoticeView:
        sending = self._state.sending
        assert sending is not None
        out = sum(order.status is not OrderStatus.DENIED for order in sending.seen.values())
        rest = f"{out} of {len(sending.slices)} orders went out; the Orders panel shows what became of them."
        return NoticeView("warn", "You stopped it.", rest)


def _outcome(orders: tuple[Order, ...], request: OrderRequest, state: TicketState) -> tuple[Phase, NoticeView | None]:
    statuses = [order.status for order in orders]
    if OrderStatus.UNKNOWN in statuses:
        return Phase.DONE, _UNKNOWN
    refused = [order for order in orders if order.status in (OrderStatus.DENIED, OrderStatus.REJECTED)]
    if not refused:
        return Phase.DONE, None
    out = len(orders) - len(refused)
    denied = refused[0].status is OrderStatus.DENIED
    fact = "Not sent." if denied else "The order was rejected."
    if out:
        total = len(state.sending.slices) if state.sending is not None else len(orders)
        sent = sum(order.request.quantity for order in orders if order not in refused)
        fact = f"Only {out} of {total} orders went out ({formats.quantity(sent)} units)."
    reason = refused[0].reason or f"No reason was given for {request.instrument}."
    again = "" if out else "again"
    return Phase.DONE, NoticeView("error", fact, reason, "x", "Try again" if again else "", again)


def _question(account: Account, request: OrderRequest, instrument: Instrument, reason: str) -> ConfirmRequest:
    places = instrument.price_decimals
    facts = [
        ("Instrument", instrument.label),
        ("Side", request.side.value),
        ("Quantity", words.amount(request.quantity, instrument)),
        ("Price", "market" if request.limit_price is None else formats.price(request.limit_price, places)),
    ]
    if request.trigger_price is not None:
        facts.append(("Trigger", formats.price(request.trigger_price, places)))
    facts.append(("Account", f"{words.account_words(account)}, {words.kind_word(account)}"))
    return ConfirmRequest(
        "Place this order?",
        reason,
        words.order_words(request, instrument),
        tuple(facts),
        request.side.value.lower(),
        account.kind is AccountKind.PAPER,
    )
