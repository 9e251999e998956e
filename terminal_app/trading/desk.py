"""The order desk: the one way from a wish to a broker. It checks, passes the gate, writes the intent down, sends once, and follows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from terminal_app.brokers.base import Broker, Capabilities
from terminal_app.domain.bus import Bus
from terminal_app.domain.clock import Clock, at_ist, ist
from terminal_app.domain.enums import OrderPending, OrderStatus, SessionPhase
from terminal_app.domain.errors import BhavError, OrderDenied, StorageError
from terminal_app.domain.fill import Fill
from terminal_app.domain.ids import AccountId, ClientOrderId, InstrumentId
from terminal_app.domain.instrument import Instrument
from terminal_app.domain.market import Quote
from terminal_app.domain.messages import BookLoaded, Notice, NoticeCleared, NoticeLevel, NoticePosted
from terminal_app.domain.order import Order, OrderChange, OrderEvent, OrderEventKind, OrderRequest, OrderUpdate
from terminal_app.trading.book import Entry
from terminal_app.trading.changing import Changer
from terminal_app.trading.examining import Examiner, Exposure
from terminal_app.trading.gate import Gate
from terminal_app.trading.keeper import OrderKeeper, describe
from terminal_app.trading.pace import Pacer
from terminal_app.trading.saver import OrderSaver
from terminal_app.trading.sending import Sender, deny
from terminal_app.trading.settling import Asker, Patience, Settler
from terminal_app.trading.slices import plan_slices
from terminal_app.trading.stores import OrderStore
from terminal_app.trading.tags import new_tag
from terminal_app.trading.tasks import TaskKeeper

OPS_PER_SECOND = 9
"""Order messages a second that an account may send: below the ten of the retail algo framework (market-rules 8)."""


class CancelOutcome(Struct, frozen=True):
    """What became of one cancel: the order as it is now, and why it is not closed ("" where it is)."""

    account: AccountId
    order: Order
    message: str = ""

    @property
    def is_done(self) -> bool:
        """Whether nothing of the order works any more."""
        return self.order.status.is_closed


class _Link(Struct, eq=False):
    """The connection of an account: what exists only while a broker is attached."""

    broker: Broker
    asker: Asker
    sender: Sender
    changer: Changer
    settler: Settler
    tasks: TaskKeeper
    fetching: asyncio.Task[None] | None = None
    is_ready: bool = False
    is_over: bool = False


class _Seat(Struct, eq=False):
    """An account at the desk: its book stays when its broker goes."""

    keeper: OrderKeeper
    link: _Link | None = None
    is_loaded: bool = False


class OrderDesk:
    """All orders of all accounts. The only holder of a broker's ``execution``.

    ``catalogue`` and ``quotes`` look up an instrument and its price; ``phase`` says which part of the trading day it is in; ``exposure``
    is what the account holds, for reductions and delivery sales.
    """

    def __init__(
        self,
        store: OrderStore,
        bus: Bus,
        clock: Clock,
        catalogue: Callable[[InstrumentId], Instrument | None],
        quotes: Callable[[InstrumentId], Quote | None],
        gate: Gate,
        *,
        exposure: Exposure | None = None,
        phase: Callable[[Instrument, datetime], SessionPhase] | None = None,
        patience: Patience | None = None,
    ) -> None:
        self._store = store
        self._bus = bus
        self._clock = clock
        self._patience = patience or Patience()
        self._examiner = Examiner(clock, catalogue, quotes, gate, exposure, phase)
        self._catalogue = catalogue
        self._seats: dict[AccountId, _Seat] = {}
        self._tasks = TaskKeeper(self._on_failure)
        self._writing = TaskKeeper(self._on_failure)
        self._saver = OrderSaver(store, self._writing, self._on_trouble, self._patience.retry_save_s)
        self._is_closed = False

    # Accounts.

    async def attach(self, account: AccountId, broker: Broker, *, ops_per_second: int | None = OPS_PER_SECOND) -> None:
        """Take over an account: what was saved, what the broker has, and from then on what it tells.

        Trading is allowed when this returns. Raises StorageError where the saved book cannot be read and BrokerError where the
        broker's cannot; the account is then not attached. ``ops_per_second`` None: no pacing, for a simulated exchange.
        """
        await self.detach(account)
        seat = self._seats.setdefault(account, _Seat(OrderKeeper(account, self._bus, self._clock, self._saver)))
        if not seat.is_loaded:
            saved = await self._store.load(account, self.day_start())
            seat.keeper.restore(saved.orders, saved.fills)
            seat.is_loaded = True
        # An account that comes back on another day: what was filled before is in its carried positions.
        seat.keeper.forget_before(self.day_start())
        seat.keeper.book.matches_by_content = not broker.capabilities.echoes_tag
        link = seat.link = self._connect(seat, broker, ops_per_second)
        seat.keeper.on_missing_fills = lambda: self._fetch_fills(link)
        link.tasks.start(self._follow(seat, link), f"trading: follow {account}")
        try:
            await self._read(seat, link)
        except BaseException:
            await self.detach(account)
            raise

    async def detach(self, account: AccountId) -> None:
        """Stop following an account; its book stays readable."""
        seat = self._seats.get(account)
        if seat is None or seat.link is None:
            return
        link, seat.link = seat.link, None
        link.is_over = True
        seat.keeper.on_missing_fills = None
        seat.keeper.wake()
        await link.tasks.cancel()

    async def reconcile(self, account: AccountId) -> None:
        """Read the broker's orders and fills anew, as after a reconnect. Raises BrokerError, OrderDenied where not attached."""
        seat, link = self._attached(account)
        await self._read(seat, link)

    def capabilities(self, account: AccountId) -> Capabilities:
        """What the account's broker can do. Raises OrderDenied where it is not attached."""
        return self._attached(account)[1].broker.capabilities

    # Orders.

    async def submit(self, account: AccountId, request: OrderRequest, *, must_reduce: bool = False) -> Order:
        """Send an order; the order as it stands when the broker has answered, or has not in time.

        Read its status: DENIED was not sent, REJECTED was refused, UNKNOWN is being asked for. Giving up the wait does not take the
        order back. ``must_reduce``: deny it unless it closes a position.
        """
        return await self._submit(account, request, must_reduce=must_reduce, in_slices=False)

    async def submit_sliced(
        self, account: AccountId, request: OrderRequest, *, must_reduce: bool = False
    ) -> list[Order]:
        """Send an order in slices within the freeze quantity, one after the other; the orders that came of it.

        It stops at the first slice that was refused or has no answer. Cancelling it lets the slice on its way be and sends no more.
        """
        instrument = self._catalogue(request.instrument)
        sizes = plan_slices(request.quantity, instrument) if instrument is not None else ()
        if len(sizes) <= 1:
            return [await self._submit(account, request, must_reduce=must_reduce, in_slices=False)]
        seat, link = self._attached_or_none(account)
        if link is None:
            return [await self._submit(account, request, must_reduce=must_reduce, in_slices=False)]
        refusal = self._examiner.refusal(
            seat.keeper, link.broker.capabilities, request, must_reduce=must_reduce, in_slices=True
        )
        if refusal is not None:
            return [self._denied(seat, request, refusal.message).order]
        orders: list[Order] = []
        for size in sizes:
            slice_request = replace(request, quantity=size, disclosed_quantity=min(request.disclosed_quantity, size))
            order = await self._submit(account, slice_request, must_reduce=must_reduce, in_slices=True)
            orders.append(order)
            if order.status in (OrderStatus.DENIED, OrderStatus.REJECTED, OrderStatus.UNKNOWN):
                break
        return orders

    async def modify(self, account: AccountId, client_id: ClientOrderId, change: OrderChange) -> Order:
        """Change a working order; the order as the broker has it then.

        Raises OrderDenied (not sent), OrderRejected (refused), OrderUnknown (no answer, and none to be had by asking), BrokerError.
        """
        seat, link = self._attached(account)
        entry = self._entry(seat, client_id)
        work = link.changer.modify(entry, change)
        return await asyncio.shield(self._tasks.start(work, f"trading: modify {client_id}", awaited=True))

    async def cancel(self, account: AccountId, client_id: ClientOrderId) -> Order:
        """Cancel an order; it always passes the gate. Returns when the broker has taken it; the update says when it is done.

        An order that is just being sent is cancelled as soon as the broker has named it. A second call joins the first.
        Raises OrderDenied (nothing to cancel), OrderRejected, OrderUnknown, BrokerError.
        """
        seat, link = self._attached(account)
        entry = self._entry(seat, client_id)
        if entry.cancelling is None or entry.cancelling.done():
            work = link.changer.cancel(entry)
            entry.cancelling = self._tasks.start(work, f"trading: cancel {client_id}", awaited=True)
        return await asyncio.shield(entry.cancelling)

    async def cancel_all(self, account: AccountId | None = None, *, limit_s: float = 10.0) -> list[CancelOutcome]:
        """Cancel every order that is not closed, of one account or all, side by side; what became of each within ``limit_s`` seconds."""
        accounts = self.accounts() if account is None else (account,)
        todo = [(name, order) for name in accounts for order in self.orders(name) if not order.status.is_closed]
        return list(await asyncio.gather(*(self._cancel_one(name, order, limit_s) for name, order in todo)))

    def orders(self, account: AccountId) -> list[Order]:
        """The orders of the trading day and those still working, oldest first."""
        seat = self._seats.get(account)
        return [entry.order for entry in seat.keeper.book.entries()] if seat is not None else []

    def order(self, account: AccountId, client_id: ClientOrderId) -> Order | None:
        """One order."""
        seat = self._seats.get(account)
        entry = seat.keeper.book.get(client_id) if seat is not None else None
        return entry.order if entry is not None else None

    def fills(self, account: AccountId) -> list[Fill]:
        """The fills of the trading day as they happened."""
        seat = self._seats.get(account)
        return seat.keeper.book.fills() if seat is not None else []

    def accounts(self) -> tuple[AccountId, ...]:
        """The accounts that are attached."""
        return tuple(account for account, seat in self._seats.items() if seat.link is not None)

    async def events(self, client_id: ClientOrderId) -> list[OrderEvent]:
        """The timeline of an order, oldest first. Raises StorageError."""
        await self._saver.flush(self._patience.call_s)
        return list(await self._store.events(client_id))

    async def until(self, account: AccountId, ready: Callable[[], bool], limit_s: float) -> bool:
        """Wait until ``ready`` holds, at most ``limit_s`` seconds; looked at after each change of the account's book."""
        seat = self._seats.get(account)
        return ready() if seat is None else await seat.keeper.until(ready, limit_s)

    def day_start(self) -> datetime:
        """When the running trading day began: midnight in India."""
        today = ist(self._clock.now())
        return at_ist(today.year, today.month, today.day)

    async def begin_day(self, account: AccountId) -> None:
        """Leave the orders and fills of the day before behind and read the broker's anew."""
        seat = self._seats.get(account)
        if seat is None:
            return
        seat.keeper.forget_before(self.day_start())
        if seat.link is not None:
            await self._read(seat, seat.link)

    async def aclose(self) -> None:
        """Wait for what is in flight as long as patience allows, stop following, write what is left to write."""
        self._is_closed = True
        await self._tasks.finish(self._patience.close_s)
        for account in tuple(self._seats):
            await self.detach(account)
        await self._saver.flush(self._patience.close_s)
        await self._writing.cancel()

    # How it is done.

    async def _cancel_one(self, account: AccountId, order: Order, limit_s: float) -> CancelOutcome:
        assert order.client_id is not None
        message = ""
        try:
            async with asyncio.timeout(limit_s):
                await self.cancel(account, order.client_id)
                await self.until(account, lambda: self._is_done(account, order.client_id), limit_s)
        except TimeoutError:
            message = f"The cancel is not confirmed after {limit_s:.0f} s."
        except BhavError as error:
            message = error.message
        latest = self.order(account, order.client_id) or order
        if latest.status.is_closed:
            message = ""
        return CancelOutcome(account, latest, message)

    def _is_done(self, account: AccountId, client_id: ClientOrderId | None) -> bool:
        order = self.order(account, client_id) if client_id is not None else None
        return order is None or order.status.is_closed or order.pending is not OrderPending.CANCEL

    async def _submit(self, account: AccountId, request: OrderRequest, *, must_reduce: bool, in_slices: bool) -> Order:
        seat, link = self._attached_or_none(account)
        if link is None or not link.is_ready or self._is_closed:
            return self._denied(seat, request, "The account is not connected: nothing was sent.").order
        refusal = (
            None
            if in_slices
            else self._examiner.refusal(seat.keeper, link.broker.capabilities, request, must_reduce=must_reduce)
        )
        if refusal is not None:
            return self._denied(seat, request, refusal.message).order
        entry = self._open(seat, request)
        work = link.sender.send(entry, must_reduce=must_reduce)
        return await asyncio.shield(self._tasks.start(work, f"trading: send {entry.client_id}"))

    def _open(self, seat: _Seat, request: OrderRequest) -> Entry:
        now = self._clock.now()
        tag = new_tag(seat.keeper.book.is_taken)
        order = Order(request, OrderStatus.INTENDED, now, now, client_id=ClientOrderId(tag), tag=tag)
        return seat.keeper.open(order, f"{describe(order)} was asked for.", asyncio.get_running_loop().time())

    def _denied(self, seat: _Seat, request: OrderRequest, reason: str) -> Entry:
        entry = self._open(seat, request)
        deny(seat.keeper, entry, reason)
        return entry

    def _connect(self, seat: _Seat, broker: Broker, ops_per_second: int | None) -> _Link:
        keeper, patience = seat.keeper, self._patience
        execution = broker.execution
        tasks = TaskKeeper(self._on_failure)
        pacer = Pacer(ops_per_second)
        asker = Asker(keeper, broker, tasks, patience, self.day_start)

        def is_live() -> bool:
            return not link.is_over

        def question(entry: Entry) -> None:
            self._question(seat, link, entry)

        def confirm(entry: Entry) -> None:
            if entry.order.status is OrderStatus.SUBMITTED and not link.is_over:
                link.tasks.start(link.settler.confirm(entry), f"trading: confirm {entry.client_id}")

        settler = Settler(keeper, asker, patience, self.day_start, is_live)
        sender = Sender(keeper, self._store, execution, pacer, self._examiner, patience, question, confirm, is_live)
        changer = Changer(
            keeper, self._saver, execution, pacer, asker, self._examiner, patience, tasks, broker.capabilities, is_live
        )
        link = _Link(broker, asker, sender, changer, settler, tasks)
        return link

    def _question(self, seat: _Seat, link: _Link, entry: Entry) -> None:
        """Have an order without an answer settled, once at a time."""
        if link.is_over or (entry.settling is not None and not entry.settling.done()):
            return
        entry.settling = link.tasks.start(link.settler.settle(entry), f"trading: settle {entry.client_id}")
        entry.settling.add_done_callback(lambda _task: self._end_doubt(seat))
        text = (
            f"{describe(entry.order)}: there is no answer yet, so it may or may not exist. The broker is being asked; "
            "it is not sent again."
        )
        self._say(NoticeLevel.DOUBT, "An order has no answer", text, seat.keeper.account)

    def _fetch_fills(self, link: _Link) -> None:
        if not link.is_over and (link.fetching is None or link.fetching.done()):
            link.fetching = link.tasks.start(link.settler.fetch_fills(), "trading: fetch fills")

    async def _read(self, seat: _Seat, link: _Link) -> None:
        keeper = seat.keeper
        await link.asker.ask()
        self._end_days_before(keeper)
        link.is_ready = not link.is_over
        self._bus.publish(BookLoaded(keeper.account))
        for entry in keeper.book.entries():
            if entry.order.status is OrderStatus.UNKNOWN and entry.order.broker_id is None and not entry.is_sending:
                self._question(seat, link, entry)

    def _end_days_before(self, keeper: OrderKeeper) -> None:
        """A working order of an earlier day that the broker does not list any more ended with its day."""
        start = self.day_start()
        for entry in keeper.book.entries():
            order = entry.order
            if (
                order.status.is_closed
                or order.broker_id is None
                or entry.known.stamp is not None
                or order.placed_at >= start
            ):
                continue
            reason = (
                "Its day ended while the program was not running; the broker's contract note says what became of it."
            )
            keeper.change(entry, OrderEventKind.EXPIRED, reason, status=OrderStatus.EXPIRED, reason=reason)

    async def _follow(self, seat: _Seat, link: _Link) -> None:
        wait_s = self._patience.ask_s
        while not link.is_over:
            try:
                async for update in link.broker.order_updates:
                    wait_s = self._patience.ask_s
                    self._hear(seat, update)
                return
            except Exception as error:  # noqa: BLE001 - the stream's boundary: it is reported, and taken up again
                text = (
                    error.message if isinstance(error, BhavError) else f"The stream of order updates failed: {error!r}."
                )
                self._say(NoticeLevel.DOUBT, "Order updates are interrupted", text, seat.keeper.account)
            await asyncio.sleep(wait_s)
            wait_s = min(wait_s * 2, self._patience.ask_most_s)
            await self._catch_up(seat, link)

    async def _catch_up(self, seat: _Seat, link: _Link) -> None:
        try:
            await self._read(seat, link)
        except BhavError as error:
            self._say(NoticeLevel.DOUBT, "Orders could not be read", error.message, seat.keeper.account)
        else:
            self._bus.publish(NoticeCleared("orders", seat.keeper.account))

    def _hear(self, seat: _Seat, update: OrderUpdate) -> None:
        try:
            seat.keeper.hear(update)
        except Exception as error:  # noqa: BLE001 - one message that cannot be used must not silence the others; it is reported
            text = f"A message of the broker about an order could not be used: {error}. The orders are read again."
            self._say(NoticeLevel.FAILED, "An order update was not understood", text, seat.keeper.account)
            link = seat.link
            if link is not None:
                link.tasks.start(self._catch_up(seat, link), f"trading: catch up {seat.keeper.account}")

    def _end_doubt(self, seat: _Seat) -> None:
        if not any(entry.order.status is OrderStatus.UNKNOWN for entry in seat.keeper.book.entries()):
            self._bus.publish(NoticeCleared("orders", seat.keeper.account))

    def _attached_or_none(self, account: AccountId) -> tuple[_Seat, _Link | None]:
        seat = self._seats.setdefault(account, _Seat(OrderKeeper(account, self._bus, self._clock, self._saver)))
        return seat, seat.link

    def _attached(self, account: AccountId) -> tuple[_Seat, _Link]:
        seat = self._seats.get(account)
        if seat is None or seat.link is None:
            raise OrderDenied("NOT_CONNECTED", "The account is not connected: nothing was sent.")
        return seat, seat.link

    @staticmethod
    def _entry(seat: _Seat, client_id: ClientOrderId) -> Entry:
        entry = seat.keeper.book.get(client_id)
        if entry is None:
            raise OrderDenied("NO_SUCH_ORDER", f"There is no order {client_id} in this account today.")
        return entry

    def _on_failure(self, name: str, error: BaseException) -> None:
        self._say(NoticeLevel.FAILED, "Something went wrong in the order desk", f"{name}: {error!r}", None)

    def _on_trouble(self, error: StorageError | None) -> None:
        if error is None:
            self._bus.publish(NoticeCleared("storage"))
            return
        text = f"{error.message} What the broker reports is kept in memory and written as soon as it works; new orders are refused."
        self._say(NoticeLevel.FAILED, "Orders cannot be written down", text, None, "storage")

    def _say(self, level: NoticeLevel, title: str, text: str, account: AccountId | None, topic: str = "orders") -> None:
        self._bus.publish(NoticePosted(Notice(level, title, text, self._clock.now(), topic, account)))
