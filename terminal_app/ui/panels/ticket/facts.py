"""What the ticket reads from the services: account, instrument, price, what may be chosen, and whether orders pass."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from msgspec.structs import replace

from terminal_app.domain.enums import FeedMode
from terminal_app.domain.errors import BhavError
from terminal_app.domain.ids import AccountId, ClientOrderId, InstrumentId
from terminal_app.domain.instrument import Instrument
from terminal_app.ui.panels.ticket.model import ModifyTarget
from terminal_app.ui.panels.ticket.state import Offer, Prices, TicketState

if TYPE_CHECKING:
    from terminal_app.services.accounts import AccountService
    from terminal_app.services.market import QuoteRows
    from terminal_app.services.terminal import Terminal


class Facts:
    """Brings the state up to what the services say now."""

    def __init__(self, state: TicketState, accounts: AccountService) -> None:
        self._state = state
        self._accounts = accounts
        self._rows: QuoteRows | None = None
        self.terminal: Terminal | None = None

    def take_account(self) -> None:
        """The account that the window shows; in “All accounts” none, until one is chosen for this order."""
        current = self._accounts.current
        self._state.account = self._accounts.get(current) if current is not None else None
        self._state.choices = self._accounts.all() if current is None else ()

    def choose_account(self, account: AccountId) -> None:
        """This order goes there."""
        self._state.account = self._accounts.get(account)

    def take_instrument(self, instrument: InstrumentId) -> None:
        """The contract as it is today, and its price from now on."""
        assert self.terminal is not None
        market = self.terminal.market
        self._state.instrument = market.instrument(instrument)
        if self._rows is not None:
            self._rows.close()
        market.watch(self, [instrument], FeedMode.QUOTE)
        self._rows = market.rows([instrument])
        self.take_prices(instrument)

    def take_prices(self, instrument: InstrumentId) -> None:
        """The price and its age."""
        assert self.terminal is not None
        market = self.terminal.market
        quote = market.quote(instrument)
        self._state.prices = Prices(
            quote.last_price,
            quote.change,
            quote.change_percent,
            quote.bid,
            quote.ask,
            market.age_s(instrument),
            market.is_old(instrument),
        )

    def price_moved(self) -> bool:
        """Whether anything about the price is new since the last call."""
        return self._rows is not None and len(self._rows.take()) > 0

    def take_offer(self, instrument: InstrumentId) -> None:
        """What may be chosen with this account. Without an account the last offer stays, so that the rows do not jump."""
        state = self._state
        if self.terminal is None or state.account is None:
            return
        try:
            rules = self.terminal.orders.rules(state.account.id, instrument)
        except BhavError as error:
            state.offer = replace(state.offer, reason=error.message)
            return
        reason = "" if rules.tradable else rules.reason or "This cannot be traded with this account."
        if not rules.products:
            state.offer = replace(state.offer, reason=reason)  # the choices stay where they are, switched off
            return
        state.offer = Offer(
            tuple(rules.products),
            dict(rules.product_codes or {}),
            tuple(rules.order_types),
            tuple(rules.validities),
            reason,
        )

    def take_trading(self) -> None:
        """Whether orders pass."""
        state = self._state
        if self.terminal is None:
            return
        found = self.terminal.orders.state(state.account.id if state.account is not None else None)
        state.trading, state.trading_reason, state.trading_since = found.state, found.reason, found.since

    def take_target(self, account: AccountId, client_id: ClientOrderId) -> bool:
        """Go over to changing this order; False where it is not in today's list any more."""
        assert self.terminal is not None
        for owner, order in self.terminal.orders.orders(account):
            if owner == account and order.client_id == client_id:
                self._state.target = ModifyTarget(account, client_id, order)
                self._state.account, self._state.choices = self._accounts.get(account), ()
                return True
        return False

    def label(self, instrument: InstrumentId) -> str:
        """The name a trader reads."""
        if self.terminal is not None:
            return self.terminal.market.label(instrument)
        return Instrument(instrument, "", 1, Decimal(0)).label
