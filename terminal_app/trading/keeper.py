"""One account's order book as the desk uses it: each change is kept, announced and handed on to be written down."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from msgspec.structs import replace

from terminal_app.domain.bus import Bus
from terminal_app.domain.clock import Clock, ist
from terminal_app.domain.enums import OrderPending, OrderStatus
from terminal_app.domain.fill import Fill
from terminal_app.domain.ids import AccountId, BrokerOrderId
from terminal_app.domain.messages import FillAdded, Notice, NoticeLevel, NoticePosted, OrderChanged
from terminal_app.domain.order import Order, OrderEvent, OrderEventKind, OrderUpdate, may_follow
from terminal_app.trading.book import Entry, Heard, OrderBook
from terminal_app.trading.merge import remember
from terminal_app.trading.saver import OrderSaver
from terminal_app.trading.words import price, units

_STATUS_WORDS = {
    OrderStatus.SUBMITTED: "received by the broker",
    OrderStatus.TRIGGER_PENDING: "waiting for its trigger",
    OrderStatus.OPEN: "working at the exchange",
    OrderStatus.PARTIALLY_FILLED: "partly filled",
    OrderStatus.FILLED: "filled",
    OrderStatus.CANCELLED: "cancelled",
    OrderStatus.EXPIRED: "expired",
    OrderStatus.REJECTED: "rejected",
}
_STATUS_EVENTS = {
    OrderStatus.FILLED: OrderEventKind.FILLED,
    OrderStatus.CANCELLED: OrderEventKind.CANCELLED,
    OrderStatus.EXPIRED: OrderEventKind.EXPIRED,
    OrderStatus.REJECTED: OrderEventKind.REJECTED,
}


class OrderKeeper:
    """The book of one account and the only place that changes it."""

    def __init__(self, account: AccountId, bus: Bus, clock: Clock, saver: OrderSaver) -> None:
        self.account = account
        self.book = OrderBook(account)
        self._bus = bus
        self._clock = clock
        self._saver = saver
        self._parked: list[OrderUpdate] = []
        self._waiting: set[asyncio.Future[None]] = set()
        self.on_missing_fills: Callable[[], None] | None = None
        """Called when the broker reports more filled units than its fills explain."""

    def restore(self, orders: Iterable[Order], fills: Iterable[Fill]) -> None:
        """Take in what was saved. Orders that were in flight become UNKNOWN: they may have been sent."""
        self.book.restore(orders, fills)
        for entry in self.book.entries():
            order = replace(entry.order, pending=OrderPending.NONE)
            if order.status.is_in_flight and order.broker_id is None:
                order = replace(
                    order, status=OrderStatus.UNKNOWN, reason="The broker is being asked whether it arrived."
                )
            entry.known = replace(entry.known, order=order)

    def open(self, order: Order, text: str, created_s: float) -> Entry:
        """Begin a new order of our own: INTENDED, and not written yet."""
        entry = Entry(remember(order), is_written=False, created_s=created_s)
        entry.unsaved.append(self.event(entry, OrderEventKind.INTENT, text))
        self.book.add(entry)
        self._announce(entry)
        return entry

    def event(self, entry: Entry, kind: OrderEventKind, text: str) -> OrderEvent:
        """A hop of the timeline, now."""
        return OrderEvent(entry.client_id, self._clock.now(), kind, text)

    def change(
        self,
        entry: Entry,
        kind: OrderEventKind | None = None,
        text: str = "",
        *,
        status: OrderStatus | None = None,
        pending: OrderPending | None = None,
        reason: str | None = None,
    ) -> None:
        """What the desk itself knows of an order: announced and written. A status that cannot follow is left out."""
        order = entry.order
        if status is not None and may_follow(order.status, status):
            order = replace(order, status=status, reason=order.reason if reason is None else reason)
        if pending is not None:
            order = replace(order, pending=OrderPending.NONE if order.status.is_closed else pending)
        if order != entry.order:
            order = replace(order, updated_at=max(order.updated_at, self._clock.now()))
            entry.known = replace(entry.known, order=order)
        self._save(entry, (self.event(entry, kind, text),) if kind is not None else ())
        self._announce(entry)

    def written(self, entry: Entry) -> None:
        """The intent is in the database: what happened meanwhile may follow it."""
        entry.is_written = True
        later = entry.unsaved[1:]
        entry.unsaved = []
        if later:
            self._saver.put(self.account, entry.order, later)

    def write_anyway(self, entry: Entry) -> None:
        """Write an order that was never sent, as well as it goes."""
        entry.is_written = True
        self._saver.put(self.account, entry.order, entry.unsaved)
        entry.unsaved = []

    def acknowledge(self, entry: Entry, broker_id: BrokerOrderId) -> None:
        """``place`` returned the broker's name of the order."""
        if entry.order.broker_id is None:
            self.book.name(entry, broker_id)
        entry.is_sending = False
        self.change(entry, OrderEventKind.ACKNOWLEDGED, f"The broker took it as {broker_id}.")
        self.unpark()

    def hear(self, update: OrderUpdate) -> None:
        """A message of the broker. One that may be about an order of ours that has no name yet waits until that one has."""
        if self._may_be_ours(update.order):
            name = update.order.broker_id
            self._parked = [old for old in self._parked if old.fills or old.order.broker_id != name]
            self._parked.append(update)
            return
        self._merge(update)

    def hear_all(self, orders: Sequence[Order], fills: Sequence[Fill]) -> None:
        """A whole report of the broker."""
        for order in orders:
            self.hear(OrderUpdate(order))
        for fill in fills:
            self.hear_fill(fill)

    def hear_fill(self, fill: Fill) -> None:
        """A fill by itself."""
        heard = self.book.count(fill)
        if heard is None:
            return
        if heard.entry is not None:
            self._tell(heard)
            return
        self._bus.publish(FillAdded(self.account, fill))
        self.wake()

    def unpark(self) -> None:
        """Look again at the messages that waited."""
        parked, self._parked = self._parked, []
        for update in parked:
            self.hear(update)

    async def until(self, ready: Callable[[], bool], limit_s: float) -> bool:
        """Wait until ``ready`` holds, at most ``limit_s`` seconds; whether it does. Looked at after each change of the book."""
        try:
            async with asyncio.timeout(limit_s):
                while not ready():
                    turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
                    self._waiting.add(turn)
                    try:
                        await turn
                    finally:
                        self._waiting.discard(turn)
        except TimeoutError:
            return ready()
        return True

    def forget_before(self, moment: datetime) -> None:
        """Leave the days behind that are over."""
        self.book.drop_closed_before(moment)

    def _may_be_ours(self, heard: Order) -> bool:
        """Whether this unnamed order could be one of ours that the broker has not named yet."""
        if heard.tag or self.book.find(heard) is not None:
            return False
        return any(
            entry.order.instrument == heard.instrument
            and entry.order.broker_id is None
            and (entry.is_sending or (entry.order.status is OrderStatus.UNKNOWN and not self.book.matches_by_content))
            for entry in self.book.entries()
        )

    def _merge(self, update: OrderUpdate) -> None:
        heard = self.book.hear(update.order, update.fills)
        if heard.contradicts is not None:
            self._warn_of_second_life(heard.contradicts)
        if heard.changed:
            self._tell(heard)

    def _tell(self, heard: Heard) -> None:
        entry = heard.entry
        assert entry is not None
        self._save(entry, self._events(entry, heard), heard.new_fills)
        self._announce(entry)
        for fill in heard.new_fills:
            self._bus.publish(FillAdded(self.account, fill))
        if entry.known.lacks_fills and self.on_missing_fills is not None:
            self.on_missing_fills()

    def _events(self, entry: Entry, heard: Heard) -> list[OrderEvent]:
        events = []
        for fill in heard.new_fills:
            text = f"{units(fill.quantity)} filled at {price(fill.price)}, {ist(fill.filled_at):%H:%M:%S}."
            events.append(self.event(entry, OrderEventKind.FILLED, text))
        order, before = entry.order, heard.before
        words = _STATUS_WORDS.get(order.status, order.status.value)
        if before is None:
            events.insert(0, self.event(entry, OrderEventKind.UPDATED, f"Placed elsewhere; {words}."))
        elif order.status is not before.status:
            kind = _STATUS_EVENTS.get(order.status, OrderEventKind.UPDATED)
            text = f"{words.capitalize()}: {order.reason}" if order.reason else f"{words.capitalize()}."
            if not (kind is OrderEventKind.FILLED and heard.new_fills):
                events.append(self.event(entry, kind, text))
        elif order.request != before.request:
            events.append(self.event(entry, OrderEventKind.UPDATED, f"Now {describe(order)}."))
        return events

    def _save(self, entry: Entry, events: Sequence[OrderEvent], fills: Sequence[Fill] = ()) -> None:
        if not entry.is_written:
            entry.unsaved.extend(events)
            return
        self._saver.put(self.account, entry.order, events, [*entry.early_fills, *fills])
        entry.early_fills = []

    def _announce(self, entry: Entry) -> None:
        self._bus.publish(OrderChanged(self.account, entry.order))
        self.wake()

    def wake(self) -> None:
        """Have everybody who waits look again."""
        for turn in tuple(self._waiting):
            if not turn.done():
                turn.set_result(None)

    def _warn_of_second_life(self, entry: Entry) -> None:
        text = (
            f"{describe(entry.order)} was given up as never having reached the broker, but the broker has it now. "
            "It is shown as an order of its own: look at it and cancel it if you do not want it."
        )
        self._bus.publish(
            NoticePosted(
                Notice(NoticeLevel.FAILED, "An order exists after all", text, self._clock.now(), "orders", self.account)
            )
        )


def describe(order: Order) -> str:
    """An order in a few words: side, units, symbol, price."""
    request = order.request
    text = f"{request.side.value} {units(request.quantity)} {request.instrument}"
    if request.order_type.has_limit and request.limit_price is not None:
        text += f" at {price(request.limit_price)}"
    if request.order_type.has_trigger and request.trigger_price is not None:
        text += f", trigger {price(request.trigger_price)}"
    return text
