"""The ticket's decisions, without widgets: what may be typed when, what an edit changes, and when an order goes out."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING

from msgspec.structs import replace

from terminal_app.domain.enums import OrderType, Product, Side, Validity
from terminal_app.domain.ids import AccountId, InstrumentId
from terminal_app.domain.values import round_to_step
from terminal_app.ui import formats
from terminal_app.ui.drafts import TicketDraft
from terminal_app.ui.panels.ticket.checking import recheck
from terminal_app.ui.panels.ticket.defaults import Remembered, first_order
from terminal_app.ui.panels.ticket.describe import describe, head
from terminal_app.ui.panels.ticket.facts import Facts
from terminal_app.ui.panels.ticket.foot import why_not
from terminal_app.ui.panels.ticket.model import (
    LIMIT,
    QUANTITY,
    FixValue,
    HeadView,
    Phase,
    TicketView,
    TypedOrder,
    quantity_text,
)
from terminal_app.ui.panels.ticket.previews import DELAY_S, Previewer
from terminal_app.ui.panels.ticket.sender import TicketSender
from terminal_app.ui.panels.ticket.state import TicketState

if TYPE_CHECKING:
    from terminal_app.domain.messages import BookLoaded, ConnectionChanged, FundsChanged, OrderChanged, PositionChanged
    from terminal_app.services.accounts import AccountService
    from terminal_app.services.terminal import Terminal
    from terminal_app.ui.desk import Desk

_MARKET_AGAIN_S = 3
"""How often the worst price of a market order is asked anew while prices move."""


class TicketPresenter:
    """Everything the ticket does. ``changed`` is called when the whole picture may differ, ``priced`` when only the head does."""

    def __init__(
        self,
        desk: Desk,
        accounts: AccountService,
        changed: Callable[[], None],
        priced: Callable[[], None],
        preview_delay_s: float = DELAY_S,
    ) -> None:
        self._desk = desk
        self._accounts = accounts
        self._changed = changed
        self._priced = priced
        self._sender: TicketSender | None = None
        self._previewer = Previewer(desk, self._on_figures, preview_delay_s)
        self._waiting: TicketDraft | None = None
        self._moved = False
        self._seconds = 0
        self.remembered = Remembered()
        self.follows = True
        self.has_focus: Callable[[], bool] = lambda: False
        self.state = TicketState()
        self._facts = Facts(self.state, accounts)
        self._facts.take_account()

    def attach(self, terminal: Terminal) -> None:
        """The services are there."""
        self._facts.terminal = terminal
        self._sender = TicketSender(self._desk, terminal, self.state, self._on_sender)
        self.state.is_ready = True
        self._facts.take_account()
        self._facts.take_trading()
        if self._desk.current_instrument is not None:
            self._load(TicketDraft(self._desk.current_instrument))
        self._refresh()

    def view(self) -> TicketView:
        """The picture of now."""
        return describe(self.state)

    def head(self) -> HeadView:
        """The part of the picture that follows every tick."""
        return head(self.state)

    # What is chosen outside.

    def choose_instrument(self, instrument: InstrumentId) -> None:
        """A row was chosen somewhere: follow it, unless something is typed here already."""
        state = self.state
        if state.typed is not None and instrument == state.typed.instrument:
            state.elsewhere, state.elsewhere_label = None, ""
        elif state.is_touched or state.is_busy or state.target is not None or not self.follows:
            state.elsewhere, state.elsewhere_label = instrument, self._facts.label(instrument)
        else:
            self._load(TicketDraft(instrument))
        self._refresh()

    def open(self, draft: TicketDraft) -> None:
        """Take over what the ticket was opened with. While an order is being sent it waits for its turn."""
        if self.state.is_busy:
            self._waiting = draft
            return
        self._load(draft)
        self._refresh()

    def set_follows(self, follows: bool) -> None:
        """Whether choosing an instrument elsewhere changes the ticket."""
        self.follows = follows
        current = self._desk.current_instrument
        if follows and current is not None:
            self.choose_instrument(current)

    def close(self) -> None:
        """Esc: stop what is not sent yet; else empty the ticket and follow the window again."""
        state = self.state
        if state.is_busy:
            if self._sender is not None:
                self._sender.stop()
            return
        target = self._desk.current_instrument if self.follows else None
        target = target or (state.typed.instrument if state.typed is not None else None)
        if target is not None:
            self._load(TicketDraft(target))
        self._refresh()

    def choose_account(self, account: AccountId) -> None:
        """In “All accounts”: this order goes there."""
        if not self.state.is_busy and self._accounts.current is None:
            self._facts.choose_account(account)
            self._after_account()

    # What is edited here.

    def edit(self, name: str, text: str) -> None:
        """A text field was typed in or stepped."""
        typed = self.state.typed
        if typed is not None and typed.texts.get(name, "") != text:
            self._edited(typed.with_text(name, text))

    def choose_side(self, side: Side) -> None:
        """Buy or sell; a price that nobody typed moves to the other side of the market."""
        typed = self.state.typed
        if typed is not None and side is not typed.side:
            self._edited(self._with_default_price(replace(typed, side=side)))

    def choose_product(self, product: Product) -> None:
        """Another product, which is remembered for the segment."""
        typed = self.state.typed
        if typed is not None:
            self.remembered.note(typed.instrument.segment, product)
            self._edited(replace(typed, product=product))

    def choose_order_type(self, order_type: OrderType) -> None:
        """Another type; texts of fields that it does not use are kept for when they are."""
        typed = self.state.typed
        if typed is not None:
            self._edited(replace(typed, order_type=order_type))

    def choose_validity(self, validity: Validity) -> None:
        """Another validity."""
        typed = self.state.typed
        if typed is not None:
            self._edited(replace(typed, validity=validity))

    def fix(self, field: str, value: FixValue) -> None:
        """Take over a value that was offered."""
        typed = self.state.typed
        if typed is None:
            return
        if isinstance(value, OrderType):
            self.choose_order_type(value)
        elif isinstance(value, Product):
            self.choose_product(value)
        elif isinstance(value, Validity):
            self.choose_validity(value)
        elif field == QUANTITY:
            self.edit(QUANTITY, quantity_text(int(value), typed, self.state.instrument))
        else:
            self.edit(field, self._price_text(Decimal(value)))

    def do(self, action: str) -> None:
        """What a notice offers: "fit" takes the most that fits, "again" arms Place, "leave" ends changing an order."""
        fits = self.state.figures.fits
        if action == "fit" and fits:
            self.fix(QUANTITY, fits)
        elif action == "again" and self.state.phase is Phase.DONE:
            self.state.phase, self.state.outcome = Phase.EDITING, None
            self._previewer.again()
            self._refresh()
        elif action == "leave":
            self.close()

    def place(self) -> None:
        """Send what is shown, to the account that is shown. Does nothing where Place is off."""
        state = self.state
        if self._sender is None or state.phase is not Phase.EDITING:
            return
        self._refresh()  # the market may have moved since the last edit
        if why_not(state):
            return
        account, request, instrument = state.account, state.request, state.instrument
        assert account is not None
        assert request is not None
        assert instrument is not None
        if state.target is not None:
            self._sender.start_change(account, state.target, request)
        else:
            self._sender.start(account, request, instrument)

    # What services tell.

    def on_frame(self) -> None:
        """Read the price if it changed."""
        if self.state.typed is not None and self._facts.price_moved():
            self._moved = True
            self._facts.take_prices(self.state.typed.instrument)
            if self._fill_first_price():
                self._refresh()
            else:
                self._priced()

    def on_second(self) -> None:
        """Ages, problems that depend on the price, and a default price that nobody has looked at yet."""
        state, typed = self.state, self.state.typed
        if not state.is_ready or typed is None or state.is_busy:
            return
        self._seconds += 1
        was_old, moved = state.prices.is_old, self._moved
        self._facts.take_prices(typed.instrument)
        self._fill_first_price()
        if not state.is_touched and not self.has_focus() and state.target is None and state.phase is Phase.EDITING:
            state.typed = self._with_default_price(state.typed or typed)
        if moved and not typed.order_type.has_limit and self._seconds % _MARKET_AGAIN_S == 0:
            self._previewer.again()
        self._moved = False
        if moved or state.prices.is_old or was_old or state.typed is not typed:
            self._refresh()

    def on_order(self, message: OrderChanged) -> None:
        """An order changed: perhaps the one that is being sent or modified here."""
        target = self.state.target
        if self._sender is not None and self._sender.hear(message):
            self._changed()
        if target is not None and message.account == target.account and message.order.client_id == target.client_id:
            self.state.target = replace(target, order=message.order)
            self._refresh()

    def on_money(self, message: FundsChanged | PositionChanged | BookLoaded) -> None:
        """Money or positions of an account changed: the preview is asked anew."""
        if self.state.account is not None and message.account == self.state.account.id:
            self._previewer.again()
            self._refresh()

    def on_connection(self, message: ConnectionChanged) -> None:
        """An account came or went."""
        if self.state.account is not None and message.account == self.state.account.id:
            self._after_account()

    def on_account(self, _message: object = None) -> None:
        """The user switched, or accounts were added or renamed. An order that is on its way keeps its own account."""
        if not self.state.is_busy and self.state.target is None:
            self._facts.take_account()
            self._after_account()

    def on_trading_state(self, _message: object = None) -> None:
        """Orders were stopped or let through again."""
        self._facts.take_trading()
        self._refresh()

    def on_instruments(self, _message: object = None) -> None:
        """The catalogue was read: lot, tick and limits may differ."""
        state, typed = self.state, self.state.typed
        if typed is None or state.is_busy or not state.is_ready:
            return
        if not state.is_touched and state.target is None:
            self._load(TicketDraft(typed.instrument, typed.side))
        else:
            self._facts.take_instrument(typed.instrument)
            self._facts.take_offer(typed.instrument)
        self._refresh()

    # How it is done.

    def _load(self, draft: TicketDraft) -> None:
        state, facts = self.state, self._facts
        state.phase, state.outcome, state.done_text, state.refused = Phase.EDITING, None, "", []
        state.is_touched, state.elsewhere, state.elsewhere_label = False, None, ""
        state.label, state.target = facts.label(draft.instrument), None
        self._previewer.forget()
        if facts.terminal is None:
            state.typed = TypedOrder(draft.instrument, draft.side or Side.BUY)
            return
        facts.take_account()
        if draft.modifies is not None and not facts.take_target(*draft.modifies):
            self._desk.toast("This order is not in today's list any more", "Nothing was changed.", "warn")
        facts.take_instrument(draft.instrument)
        facts.take_offer(draft.instrument)
        protection = Decimal(str(facts.terminal.settings.number("protection")))
        state.typed = self._with_default_price(first_order(draft, state, self.remembered, protection))
        facts.take_trading()

    def _after_account(self) -> None:
        state = self.state
        if state.typed is not None and state.is_ready and not state.is_busy:
            self._take_offer()
            self._previewer.again()
            self._facts.take_trading()
        self._refresh()

    def _take_offer(self) -> None:
        state = self.state
        if state.typed is None:
            return
        self._facts.take_offer(state.typed.instrument)
        products = state.offer.products
        if state.target is None and products and state.typed.product not in products:
            product = self.remembered.choose(state.typed.instrument, products)
            state.typed = replace(state.typed, product=product)

    def _edited(self, typed: TypedOrder) -> None:
        state = self.state
        if state.is_busy:
            self._changed()  # the widgets go back to what is being sent
            return
        state.typed, state.is_touched = typed, True
        state.phase, state.outcome, state.done_text, state.refused = Phase.EDITING, None, "", []
        self._refresh()

    def _with_default_price(self, typed: TypedOrder) -> TypedOrder:
        if LIMIT not in typed.untouched:
            return typed
        prices = self.state.prices
        best = prices.ask if typed.side is Side.BUY else prices.bid
        price = best if best is not None else prices.last
        text = self._price_text(price) if price is not None else ""
        return typed if text == typed.texts.get(LIMIT) else typed.with_text(LIMIT, text, by_user=False)

    def _fill_first_price(self) -> bool:
        """The default price as soon as one is known, where none was when the ticket was opened; True where it was filled in."""
        typed = self.state.typed
        if typed is None or typed.texts.get(LIMIT) or self.state.is_busy:
            return False
        self.state.typed = self._with_default_price(typed)
        return self.state.typed is not typed

    def _price_text(self, price: Decimal) -> str:
        instrument = self.state.instrument
        if instrument is None or instrument.tick_size <= 0:
            return formats.price(price)
        return formats.price(round_to_step(price, instrument.tick_size), instrument.price_decimals)

    def _refresh(self) -> None:
        """Read the fields, put them to the rules, have them previewed, and show it."""
        state, terminal = self.state, self._facts.terminal
        if not state.is_busy:
            recheck(state, terminal.orders if terminal is not None else None)
            self._ask_preview()
        state.figures = self._previewer.figures
        self._changed()

    def _ask_preview(self) -> None:
        state, terminal = self.state, self._facts.terminal
        if state.phase is Phase.DONE:
            return
        ready = state.request is not None and not state.problems and not state.offer.reason and state.target is None
        if not ready or terminal is None or state.account is None:
            self._previewer.forget()
            return
        assert state.request is not None
        assert state.instrument is not None
        self._previewer.want(terminal.orders, state.account.id, state.request, state.instrument)

    def _on_figures(self) -> None:
        self.state.figures = self._previewer.figures
        self._changed()

    def _on_sender(self) -> None:
        """The sender moved on; what had to wait for it happens now."""
        if self.state.is_busy or self.state.sending is not None:
            self._changed()
            return
        self._previewer.again()
        if self._waiting is not None:
            draft, self._waiting = self._waiting, None
            self._load(draft)
        elif self.state.target is None:
            self._facts.take_account()  # what was switched meanwhile; “All accounts” asks again for each order
            self._take_offer()
            self._facts.take_trading()
        self._refresh()
