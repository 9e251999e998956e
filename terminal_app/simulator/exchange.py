"""The simulated exchange: accounts place orders, the market's steps match them. Synchronous and deterministic, no I/O.

What fills when is in ``matching.py``, refusals in ``rejects.py``, money in ``funds.py``, the end of sessions and days
in ``closing.py``. The same steps and the same calls at the same exchange times give the same orders, fills and names.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from msgspec import Struct, field
from msgspec.structs import replace

from terminal_app.domain.enums import OrderStatus, SessionPhase
from terminal_app.domain.errors import ConfigError
from terminal_app.domain.fill import Fill
from terminal_app.domain.funds import Funds, Margin
from terminal_app.domain.holding import Holding
from terminal_app.domain.hours import MarketHours, trading_day
from terminal_app.domain.ids import AccountId, BrokerOrderId, ClientTag, InstrumentId
from terminal_app.domain.instrument import Instrument
from terminal_app.domain.ledger import LedgerState
from terminal_app.domain.margins import MarginTable
from terminal_app.domain.market import Quote
from terminal_app.domain.order import Order, OrderChange, OrderRequest
from terminal_app.domain.position import Positions
from terminal_app.domain.values import from_paise, to_paise
from terminal_app.simulator import closing, documents, rejects
from terminal_app.simulator.accounts import SimulatedAccount
from terminal_app.simulator.admission import Admission
from terminal_app.simulator.book import MarketBook
from terminal_app.simulator.events import AccountEvent, AccountListener, StepListener
from terminal_app.simulator.faults import Faults
from terminal_app.simulator.floor import Floor, Outcome
from terminal_app.simulator.funds import Purse
from terminal_app.simulator.orders import ExchangeOrder, Stage
from terminal_app.simulator.prices import MarketPrices
from terminal_app.simulator.sessions import EventKind, SessionEvent, Timetable
from terminal_app.simulator.steps import MarketSource

DEFAULT_PROTECTION = Decimal(2)
"""Percent of the last price that a market order without a protection of its own gets."""


class _Pending(Struct):
    """What has happened to an account and is not told yet."""

    orders: dict[BrokerOrderId, ExchangeOrder] = field(default_factory=dict)
    fills: list[Fill] = field(default_factory=list)


class SimulatedExchange:
    """One market for any number of accounts. ``now`` is the exchange time up to which it has advanced."""

    def __init__(
        self, source: MarketSource, hours: MarketHours, margins: MarginTable, faults: Faults | None = None
    ) -> None:
        self.source = source
        self.hours = hours
        self.margins = margins
        self.faults = faults or Faults()
        self.book = MarketBook(source)
        self.now = source.start
        self._prices = MarketPrices(self.book, margins)
        self.purse = Purse(margins, self._prices)
        self._admission = Admission(hours, self.book, self._prices, self.purse)
        self._floor = Floor(self.book, hours.phase)
        self._timetable = Timetable(hours, lambda: source.instruments, source.start)
        self._accounts: dict[AccountId, SimulatedAccount] = {}
        self._listeners: dict[AccountId, AccountListener] = {}
        self._step_listeners: list[StepListener] = []
        self._pending: dict[AccountId, _Pending] = {}
        self._sequence = 0

    # --- time -----------------------------------------------------------------------------------------------------

    def advance(self, until: datetime) -> None:
        """Play the market up to and including ``until``: steps, session changes and day rolls in the order of their time.

        Raises ValueError when ``until`` lies before ``now``.
        """
        if until < self.now:
            raise ValueError(f"the exchange stands at {self.now} and cannot go back to {until}")
        for step in self.source.steps(until):
            self._run_timetable(step.at)
            self.now = max(self.now, step.at)
            self._settle(self._floor.step(step))
            self._tell()
            for listener in tuple(self._step_listeners):
                listener(step)
        self._run_timetable(until)
        self.now = until

    def listen(self, listener: StepListener) -> None:
        """Hear every step after it was matched."""
        self._step_listeners.append(listener)

    def forget(self, listener: StepListener) -> None:
        """Hear no more steps."""
        self._step_listeners.remove(listener)

    def _run_timetable(self, until: datetime) -> None:
        self._timetable.refresh(len(self.source.instruments))
        while (event := self._timetable.pop(until)) is not None:
            self.now = max(self.now, event.at)
            if event.kind is EventKind.DAY:
                self._begin_day()
            else:
                for account in tuple(self._accounts.values()):
                    self._run_event(account, event)
            self._tell()

    def _begin_day(self) -> None:
        if not self._timetable.is_session_day():
            return
        self.book.begin_day()
        for account in tuple(self._accounts.values()):
            self._roll(account, self.now)

    def _roll(self, account: SimulatedAccount, at: datetime) -> None:
        """End what is left of the account's day and begin the one of ``at``."""
        closing.close_day(self, account, trading_day(at))
        self._tell()
        cash = self.purse.cash(account)
        marks = {key.instrument: self.purse.mark(account, one) for key, one in account.positions.items()}
        account.roll(trading_day(at), cash, marks.__getitem__)
        self._pending.setdefault(account.id, _Pending())

    def _run_event(self, account: SimulatedAccount, event: SessionEvent) -> None:
        assert event.key is not None
        if event.kind is EventKind.END:
            closing.end_session(self, account, event.key, event.at)
        elif event.kind is EventKind.SQUARE_OFF:
            closing.square_off(self, account, event.key, event.at)
        elif event.phase is SessionPhase.CLOSING_REFERENCE:
            closing.enter_closing_auction(self, account, event.key)

    # --- accounts -------------------------------------------------------------------------------------------------

    def open_account(
        self, id: AccountId, state: LedgerState | None, opening_funds: Decimal, listener: AccountListener | None = None
    ) -> None:
        """Bring an account in: as its ledger kept it, or new with ``opening_funds`` rupees. What happened on the timetable
        since the ledger was written is caught up. Opening an account again puts the ledger's state in place of its own.

        Raises ValueError for a ledger that cannot be understood.
        """
        self.close_account(id)
        account = None if state is None else documents.read(id, state, self._listed)
        if account is None:
            account = SimulatedAccount(id, self._timetable.day, opening_funds)
        self._accounts[id] = account
        if listener is not None:
            self._listeners[id] = listener
        for order in account.working():
            order.displayed = None
            self._floor.add(order)
        self._sequence = max([self._sequence, *(order.sequence for order in account.orders.values())])
        self._catch_up(account)
        self._tell()

    def close_account(self, id: AccountId) -> None:
        """Take an account and its orders off the exchange; its ledger has everything."""
        account = self._accounts.pop(id, None)
        self._listeners.pop(id, None)
        self._pending.pop(id, None)
        for order in () if account is None else account.working():
            self._floor.discard(order)

    def _catch_up(self, account: SimulatedAccount) -> None:
        if account.at is None:
            return
        since = account.at
        while account.day < self._timetable.day:
            for event in self._timetable.events_of(account.day, since, self.now):
                self._run_event(account, event)
            next_day = self._timetable.next_session_day(account.day)
            if next_day == self._timetable.day and not self._timetable.is_session_day():
                return
            since = closing.start_of(next_day)
            self._roll(account, since)
        for event in self._timetable.events_of(account.day, since, self.now):
            self._run_event(account, event)

    # --- orders ---------------------------------------------------------------------------------------------------

    def place(self, account: AccountId, request: OrderRequest, tag: ClientTag | None) -> BrokerOrderId:
        """Take a new order. Raises OrderRejected with the reason."""
        book = self._account(account)
        if self.faults.reject_next:
            rejects.reject("FAULT", self.faults.reject_next.pop(0))
        row, instrument = self._find(request.instrument)
        self._admission.check_new(book, request, row, instrument, self.now)
        order = self._new_order(book, request, tag, row, instrument)
        self._floor.add(order)
        self._settle(self._floor.enter(order, self.now))
        self._tell()
        return order.order_id

    def modify(self, account: AccountId, order_id: BrokerOrderId, change: OrderChange) -> None:
        """Change a working order. Raises OrderRejected with the reason; the order then stands as it was."""
        book = self._account(account)
        order = self._working(book, order_id)
        request = _changed(order.request, change)
        self._admission.check_change(book, order, request, self.now)
        keeps_place = replace(request, quantity=order.request.quantity) == order.request
        keeps_place = keeps_place and request.quantity <= order.request.quantity
        order.request = request
        order.updated_at = self.now
        if keeps_place:
            self._settle_changed(order)
        else:
            self._price(order)
            self._sequence += 1
            order.sequence = self._sequence
            self._settle(self._floor.enter(order, self.now))
        self._tell()

    def cancel(self, account: AccountId, order_id: BrokerOrderId) -> None:
        """Cancel a working order. Raises OrderRejected with the reason."""
        order = self._working(self._account(account), order_id)
        phase = self.hours.phase(order.instrument, self.now)
        rejects.check_change_phase(order.request.order_type, phase, cancels=True)
        self.finish(order, OrderStatus.CANCELLED)
        self._tell()

    def finish(self, order: ExchangeOrder, status: OrderStatus, reason: str = "") -> None:
        """End a working order. Its owner hears of it with the other events of the instant."""
        order.finish(status, reason)
        self._settle_changed(order)

    def force(
        self, account: SimulatedAccount, request: OrderRequest, reason: str, at_price: Decimal | None = None
    ) -> None:
        """An order of the broker's own, which nothing refuses: at the market, or settled at once at ``at_price``."""
        row, instrument = self._listed(request.instrument) or (
            documents.UNLISTED,
            account.instruments[request.instrument],
        )
        order = self._new_order(account, request, None, row, instrument)
        order.reason = reason
        if at_price is None:
            self._floor.add(order)
            self._settle(self._floor.enter(order, self.now))
            return
        order.take(request.quantity, to_paise(at_price))
        self._book(order, request.quantity, at_price)

    def _new_order(
        self,
        account: SimulatedAccount,
        request: OrderRequest,
        tag: ClientTag | None,
        row: int,
        instrument: Instrument,
    ) -> ExchangeOrder:
        self._sequence += 1
        order = ExchangeOrder(
            account=account.id,
            order_id=account.next_order_id(),
            tag=tag,
            instrument=instrument,
            row=row,
            request=request,
            sequence=self._sequence,
            placed_at=self.now,
            updated_at=self.now,
            protection=request.market_protection or DEFAULT_PROTECTION,
            stage=Stage.ARRIVING,
        )
        self._price(order)
        account.add(order)
        return order

    @staticmethod
    def _price(order: ExchangeOrder) -> None:
        """Set the prices that matching uses from the request."""
        request = order.request
        order.limit_paise = to_paise(request.limit_price) if request.limit_price is not None else None
        order.trigger_paise = to_paise(request.trigger_price) if request.trigger_price is not None else None
        order.triggered = order.triggered and request.order_type.has_trigger
        order.protection = request.market_protection or order.protection

    # --- results of matching --------------------------------------------------------------------------------------

    def _settle(self, outcome: Outcome) -> None:
        for order, quantity, price_paise in outcome.executions:
            self._book(order, quantity, from_paise(price_paise))
        for order in outcome.changed:
            self._settle_changed(order)

    def _book(self, order: ExchangeOrder, quantity: int, price: Decimal) -> None:
        fill = self._accounts[order.account].book(order, quantity, price, self.now)
        self._pending.setdefault(order.account, _Pending()).fills.append(fill)
        self._settle_changed(order)

    def _settle_changed(self, order: ExchangeOrder) -> None:
        order.updated_at = self.now
        self._pending.setdefault(order.account, _Pending()).orders[order.order_id] = order
        if not order.is_working:
            self._floor.discard(order)

    def _tell(self) -> None:
        """Tell every account's listener what has happened to it."""
        pending, self._pending = self._pending, {}
        for name, what in pending.items():
            account = self._accounts[name]
            account.set_marks(
                (key.instrument, self.purse.mark(account, one)) for key, one in account.positions.items() if one.is_open
            )
            account.at = self.now
            listener = self._listeners.get(name)
            if listener is not None:
                orders = tuple(what.orders.values())
                kept = documents.write(account, orders, what.fills, self.now)
                reports = tuple(order.report() for order in orders)
                listener(AccountEvent(name, self.now, reports, tuple(what.fills), kept))

    # --- questions ------------------------------------------------------------------------------------------------

    def orders(self, account: AccountId) -> list[Order]:
        """All orders of the trading day, oldest first."""
        return [order.report() for order in self._account(account).orders.values()]

    def fills(self, account: AccountId) -> list[Fill]:
        """All fills of the trading day, oldest first."""
        return list(self._account(account).fills)

    def positions(self, account: AccountId) -> Positions:
        """Open and closed positions of the day."""
        return self._account(account).report_positions()

    def holdings(self, account: AccountId) -> list[Holding]:
        """Shares in the demat account."""
        return self._account(account).report_holdings(self._previous_close)

    def funds(self, account: AccountId) -> Funds:
        """Money, as of ``now``."""
        return self.purse.funds(self._account(account), self.now)

    def margin(self, account: AccountId, requests: Sequence[OrderRequest]) -> Margin:
        """What these orders together would need. Raises OrderRejected for an unknown or unpriced instrument."""
        wishes = []
        for request in requests:
            row, instrument = self._find(request.instrument)
            if not instrument.is_tradable:
                rejects.reject("INSTRUMENT", f"{instrument.label} is an index: it is shown, not traded.")
            wishes.append(self._admission.wish(request, request.quantity, row, instrument))
        try:
            return self.purse.margin(self._account(account), wishes)
        except ConfigError as error:
            rejects.reject("MARGIN", error.message)

    def quote(self, id: InstrumentId) -> Quote | None:
        """The market as displayed; None for what is not listed or has no price yet."""
        row = self.book.row(id)
        return None if row is None else self.book.quote(row)

    def settlement(self, instrument: Instrument) -> Decimal | None:
        """What an expired contract is settled at; None where the market does not say."""
        return None if self.book.row(instrument.id) is None else self._prices.settlement(instrument)

    def _previous_close(self, id: InstrumentId) -> Decimal | None:
        row = self.book.row(id)
        return None if row is None else self.book.previous_close(row)

    def account(self, id: AccountId) -> SimulatedAccount:
        """The account as the exchange keeps it: for what a broker does to its own books (a conversion, shares brought in)."""
        return self._account(id)

    def _account(self, id: AccountId) -> SimulatedAccount:
        account = self._accounts.get(id)
        if account is None:
            raise KeyError(f"the account {id} is not open at this exchange")
        return account

    def _working(self, account: SimulatedAccount, order_id: BrokerOrderId) -> ExchangeOrder:
        order = account.orders.get(order_id)
        if order is None:
            rejects.reject("ORDER", f"There is no order {order_id} today.")
        if not order.is_working:
            rejects.reject("ORDER", f"The order is already {order.status.value.lower()}.")
        return order

    def _find(self, id: InstrumentId) -> tuple[int, Instrument]:
        listed = self._listed(id)
        if listed is None:
            rejects.reject("INSTRUMENT", f"{id} is not listed at this exchange.")
        return listed

    def _listed(self, id: InstrumentId) -> tuple[int, Instrument] | None:
        row = self.book.row(id)
        return None if row is None else (row, self.book.instrument(row))


def _changed(request: OrderRequest, change: OrderChange) -> OrderRequest:
    """The request with a change applied; prices that the new type does not carry fall away."""
    kind = change.order_type or request.order_type
    limit = request.limit_price if change.limit_price is None else change.limit_price
    trigger = request.trigger_price if change.trigger_price is None else change.trigger_price
    return replace(
        request,
        quantity=request.quantity if change.quantity is None else change.quantity,
        order_type=kind,
        limit_price=limit if kind.has_limit or change.limit_price is not None else None,
        trigger_price=trigger if kind.has_trigger or change.trigger_price is not None else None,
        validity=change.validity or request.validity,
        market_protection=None if kind.has_limit else request.market_protection,
    )
