"""The orders and fills of one account: found by our name, the broker's or the tag, and changed in one place."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct, field
from msgspec.structs import replace

from terminal_app.domain.enums import OrderStatus
from terminal_app.domain.errors import ProtocolError
from terminal_app.domain.fill import Fill
from terminal_app.domain.ids import AccountId, BrokerOrderId, ClientOrderId, ClientTag
from terminal_app.domain.order import Order, OrderEvent
from terminal_app.trading.merge import Known, add_fill, merge, remember
from terminal_app.trading.tags import name_elsewhere

FillName = tuple[str, str]


class Entry(Struct, eq=False):
    """One order of the book with what the desk is doing about it.

    ``is_written``: its intent is in the database. ``is_sending``: ``place`` has not answered. ``cancel_wanted``: cancel it as soon
    as the broker has named it. ``left_over``: how it was found when the program started in the middle of its sending.
    ``created_s`` is loop time. ``unsaved``: events that wait for the intent to be written. ``early_fills``: fills that came before
    the broker had named their order; they are still to be written.
    """

    known: Known
    is_written: bool = True
    is_sending: bool = False
    cancel_wanted: bool = False
    left_over: OrderStatus | None = None
    created_s: float = 0.0
    unsaved: list[OrderEvent] = field(default_factory=list)
    early_fills: list[Fill] = field(default_factory=list)
    cancelling: asyncio.Task[Order] | None = None
    settling: asyncio.Task[None] | None = None

    @property
    def order(self) -> Order:
        """The order as it is known now."""
        return self.known.order

    @property
    def client_id(self) -> ClientOrderId:
        """Our name of it; every order of the book has one."""
        assert self.known.order.client_id is not None
        return self.known.order.client_id

    @property
    def is_refused_unseen(self) -> bool:
        """Closed by us without the broker ever having named it."""
        return self.order.status.is_closed and self.order.broker_id is None


class Heard(Struct, frozen=True):
    """What a message changed: the order's entry, how it was before (None: new to us) and the fills that were not known."""

    entry: Entry | None
    before: Order | None
    new_fills: tuple[Fill, ...] = ()
    contradicts: Entry | None = None
    """An order that we had given up and that exists after all: ``entry`` is its second life."""

    @property
    def changed(self) -> bool:
        """Whether there is anything to tell."""
        return bool(self.new_fills) or (self.entry is not None and self.entry.order != self.before)


class OrderBook:
    """Orders and fills of one account, without any I/O."""

    def __init__(self, account: AccountId) -> None:
        self.account = account
        self._entries: dict[ClientOrderId, Entry] = {}
        self._by_broker_id: dict[BrokerOrderId, Entry] = {}
        self._by_tag: dict[ClientTag, Entry] = {}
        self._fills: dict[FillName, Fill] = {}
        self.matches_by_content = False
        """For a broker that does not echo tags: an order without an answer is recognised by what it is."""

    def entries(self) -> tuple[Entry, ...]:
        """All orders, oldest first."""
        return tuple(self._entries.values())

    def fills(self) -> list[Fill]:
        """All fills in the order they happened."""
        return sorted(self._fills.values(), key=fill_order)

    def get(self, client_id: ClientOrderId) -> Entry | None:
        """The order of this name."""
        return self._entries.get(client_id)

    def is_taken(self, tag: str) -> bool:
        """Whether a tag is in use."""
        return ClientTag(tag) in self._by_tag

    def add(self, entry: Entry) -> None:
        """Take in a new order."""
        self._entries[entry.client_id] = entry
        self._index(entry)

    def restore(self, orders: Iterable[Order], fills: Iterable[Fill]) -> None:
        """Take in what was saved; what the book knows already is left alone."""
        for order in orders:
            if order.client_id is None or order.client_id in self._entries:
                continue
            in_flight = order.status.is_in_flight and order.broker_id is None
            self.add(Entry(remember(order), left_over=order.status if in_flight else None))
        for fill in fills:
            self._count(fill)

    def hear(self, heard: Order, fills: Iterable[Fill] = ()) -> Heard:
        """Merge a broker's message about one order."""
        entry = self.find(heard)
        contradicts = None
        if entry is not None and entry.is_refused_unseen and heard.status is not OrderStatus.REJECTED:
            contradicts, entry = entry, None
        if entry is None:
            before, entry = None, self._adopt(heard)
        else:
            before = entry.order
            entry.known = merge(entry.known, heard)
            self._index(entry)
        new_fills = tuple(fill for fill in fills if self._count(fill))
        return Heard(entry, before, new_fills, contradicts)

    def count(self, fill: Fill) -> Heard | None:
        """Count a fill that came by itself; None where it was known."""
        entry = self._by_broker_id.get(fill.broker_order_id)
        before = entry.order if entry is not None else None
        return Heard(entry, before, (fill,)) if self._count(fill) else None

    def _count(self, fill: Fill) -> bool:
        """A fill of an order that we do not know yet waits for the order."""
        name = (fill.trade_id, fill.broker_order_id)
        if name in self._fills:
            return False
        self._fills[name] = fill
        entry = self._by_broker_id.get(fill.broker_order_id)
        if entry is not None:
            entry.known = add_fill(entry.known, fill)
        return True

    def name(self, entry: Entry, broker_id: BrokerOrderId) -> None:
        """Note the broker's name of an order."""
        entry.known = replace(entry.known, order=replace(entry.order, broker_id=broker_id))
        self._index(entry)

    def find(self, heard: Order) -> Entry | None:
        """The order a message is about: by the broker's name first, then by the tag."""
        if heard.broker_id is not None and heard.broker_id in self._by_broker_id:
            return self._by_broker_id[heard.broker_id]
        entry = self._by_tag.get(heard.tag) if heard.tag else self._alike(heard)
        if entry is None or entry.order.broker_id not in (None, heard.broker_id):
            return None
        return entry

    def drop_closed_before(self, moment: datetime) -> None:
        """Forget closed orders, and fills, of days that are over."""
        for client_id, entry in list(self._entries.items()):
            order = entry.order
            if order.status.is_closed and order.updated_at < moment and entry.is_written and not entry.is_sending:
                del self._entries[client_id]
                if order.broker_id is not None:
                    self._by_broker_id.pop(order.broker_id, None)
                if order.tag is not None:
                    self._by_tag.pop(order.tag, None)
        self._fills = {name: fill for name, fill in self._fills.items() if fill.filled_at >= moment}

    def _index(self, entry: Entry) -> None:
        order = entry.order
        if order.tag is not None and not entry.is_refused_unseen:
            self._by_tag[order.tag] = entry
        elif order.tag is not None:
            self._by_tag.setdefault(order.tag, entry)
        if order.broker_id is None or self._by_broker_id.get(order.broker_id) is entry:
            return
        self._by_broker_id[order.broker_id] = entry
        for fill in self._fills.values():
            if fill.broker_order_id == order.broker_id:
                entry.early_fills.append(fill)
                entry.known = add_fill(entry.known, fill)

    def _alike(self, heard: Order) -> Entry | None:
        """The oldest order without an answer that this one could be; the broker stamps whole seconds."""
        if not self.matches_by_content:
            return None
        for entry in self._entries.values():
            order = entry.order
            ours, theirs = order.request, heard.request
            if (
                order.status is OrderStatus.UNKNOWN
                and order.broker_id is None
                and (ours.instrument, ours.side, ours.quantity) == (theirs.instrument, theirs.side, theirs.quantity)
                and ours.product is theirs.product
                and ours.limit_price in (None, theirs.limit_price)
                and heard.placed_at >= order.placed_at.replace(microsecond=0)
            ):
                return entry
        return None

    def _adopt(self, heard: Order) -> Entry:
        """An order that was placed elsewhere."""
        if heard.broker_id is None:
            raise ProtocolError("The broker reported an order without naming it.")
        name = name_elsewhere(self.account, heard.broker_id, heard.placed_at)
        known = merge(remember(replace(heard, client_id=name, tag=None, filled_quantity=0)), heard)
        entry = Entry(known)
        self.add(entry)
        return entry


def fill_order(fill: Fill) -> tuple[datetime, int, str, str]:
    """Sorts fills as they happened; trade numbers of one instant by their size."""
    return fill.filled_at, len(fill.trade_id), fill.trade_id, fill.broker_order_id
