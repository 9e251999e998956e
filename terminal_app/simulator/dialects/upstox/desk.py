"""One client's orders: taken from Upstox's calls to the exchange, and what happens to them back to the stream.

What the exchange refuses is no error of the call: the order gets an id and is rejected in the book. A modification or
cancellation that the exchange refuses leaves ``not modified`` or ``not cancelled``. An order that is sent as after-market
while its market is closed waits here for the next order entry.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from terminal_app.domain.enums import OrderType, Product, SessionPhase, Side
from terminal_app.domain.errors import OrderRejected
from terminal_app.domain.fill import Fill
from terminal_app.domain.hours import accepts_orders
from terminal_app.domain.instrument import Instrument
from terminal_app.domain.order import OrderChange, OrderRequest
from terminal_app.domain.position import Position
from terminal_app.simulator.dialects.clients import Client
from terminal_app.simulator.dialects.dials import Dials
from terminal_app.simulator.dialects.upstox import requests
from terminal_app.simulator.dialects.upstox.contracts import Name, Names
from terminal_app.simulator.dialects.upstox.errors import ApiRefusal
from terminal_app.simulator.dialects.upstox.orders import OrderBook, Record, State, Status
from terminal_app.simulator.dialects.upstox.requests import NewOrder
from terminal_app.simulator.events import AccountEvent
from terminal_app.simulator.exchange import SimulatedExchange

MOST_SLICES = 25
MOST_EXITS = 50

_CLOSED = frozenset({SessionPhase.CLOSED, SessionPhase.POST_CLOSE})
_NOT_AUTHORISED = "The sale of these holdings is not authorised: complete the e-DIS authorisation with your TPIN"

Tell = Callable[[dict[str, Any]], None]


class Desk:
    """``tell`` hears every message of the portfolio stream."""

    def __init__(self, exchange: SimulatedExchange, client: Client, names: Names, dials: Dials, tell: Tell) -> None:
        self.book = OrderBook(client.client_id)
        self.disabled: set[str] = set()
        """Segments that the kill switch has closed."""
        self._exchange = exchange
        self._account = client.account
        self._names = names
        self._dials = dials
        self._tell = tell
        self._bearing: Record | None = None
        self._waits_for_market: list[Record] = []

    # --- place ----------------------------------------------------------------------------------------------------

    def place(self, order: NewOrder) -> list[str]:
        """Take a new order; its ids, several where it was sliced. Raises ApiRefusal."""
        if order.name.segment in self.disabled:
            raise ApiRefusal("UDAPI100036", f"Trading in {order.name.segment} is disabled by the kill switch")
        self._check_session(order)
        parts = self._slices(order) if order.slices else [order.request.quantity]
        return [self._place_one(order, replace(order.request, quantity=units)) for units in parts]

    def fire(self, name: Name, request: OrderRequest) -> Record:
        """Place an order of the broker's own making (a trigger's, an exit's)."""
        order_id = self._place_one(NewOrder(name, request, "", False, False), request)
        record = self.book.get(order_id)
        assert record is not None
        return record

    def _check_session(self, order: NewOrder) -> None:
        if order.is_amo and accepts_orders(self._phase(order.name)):
            raise ApiRefusal("UDAPI100039", field="is_amo", value=True)

    def _slices(self, order: NewOrder) -> list[int]:
        most = self._instrument(order.name).max_slice
        quantity = order.request.quantity
        if not most or quantity <= most:
            return [quantity]
        parts = [most] * (quantity // most) + ([quantity % most] if quantity % most else [])
        if len(parts) > MOST_SLICES:
            raise ApiRefusal("UDAPI100038", f"An order may be sliced into {MOST_SLICES} at most", field="quantity")
        return parts

    def _place_one(self, order: NewOrder, request: OrderRequest) -> str:
        order_id = self._exchange.account(self._account).next_order_id()
        is_after_market = self._phase(order.name) in _CLOSED
        record = self.book.add(
            order_id, order.name, request, order.tag, self._exchange.now, is_amo=is_after_market and order.is_amo
        )
        reason = self._refusal(request)
        if reason is not None:
            self._announce(record, self.book.refuse(record, self._exchange.now, reason))
        elif record.is_amo:
            self._waits_for_market.append(record)
            self._announce(record, [self.book.put(record, Status.AMO_RECEIVED, self._exchange.now)])
        else:
            self._send(record)
        return order_id

    def _refusal(self, request: OrderRequest) -> str | None:
        """Why the broker itself rejects an order that it has taken."""
        if self._dials.reject_late:
            return self._dials.reject_late.pop(0)
        sells_holding = request.product is Product.DELIVERY and request.side is Side.SELL
        if sells_holding and not self._dials.sale_authorised:
            return _NOT_AUTHORISED
        return None

    def _send(self, record: Record) -> None:
        """To the exchange; a refusal becomes the order's state."""
        self._bearing = record
        try:
            self._exchange.place(self._account, record.request, None)
        except OrderRejected as refused:
            self._announce(record, self.book.refuse(record, self._exchange.now, refused.message))
        finally:
            self._bearing = None

    # --- change ---------------------------------------------------------------------------------------------------

    def modify(self, body: dict[str, Any]) -> str:
        """Change an order; its id. Raises ApiRefusal."""
        record = self._find(requests.order_id(body))
        if record.is_final:
            raise ApiRefusal("UDAPI100041", field="order_id", value=record.order_id)
        change, protection = requests.change(body, record.request)
        record.changes += 1
        if record.exchange_id is None:
            record.request = _applied(record.request, change, protection)
            self._announce(record, [self.book.put(record, Status.AMO_MODIFY_RECEIVED, self._exchange.now)])
            return record.order_id
        before = len(record.states)
        record.awaits = Status.MODIFY_PENDING
        try:
            self._exchange.modify(self._account, record.exchange_id, change)
        except OrderRejected as refused:
            self._announce(
                record,
                [
                    self.book.put(record, Status.MODIFY_VALIDATION, self._exchange.now),
                    self.book.put(record, Status.NOT_MODIFIED, self._exchange.now, refused.message),
                ],
            )
        finally:
            record.awaits = None
        assert len(record.states) > before
        return record.order_id

    def cancel(self, order_id: str) -> str:
        """Cancel an order; its id. Raises ApiRefusal."""
        record = self._find(order_id)
        if record.is_final:
            raise ApiRefusal("UDAPI100040", field="order_id", value=record.order_id)
        if record.exchange_id is None:
            self._waits_for_market.remove(record)
            self._announce(record, [self.book.put(record, Status.AMO_CANCELLED, self._exchange.now)])
            return record.order_id
        record.awaits = Status.CANCEL_PENDING
        try:
            self._exchange.cancel(self._account, record.exchange_id)
        except OrderRejected as refused:
            self._announce(
                record,
                [
                    self.book.put(record, Status.CANCEL_PENDING, self._exchange.now),
                    self.book.put(record, Status.NOT_CANCELLED, self._exchange.now, refused.message),
                ],
            )
        finally:
            record.awaits = None
        return record.order_id

    def open_orders(self, tag: str = "", segment: str = "") -> list[Record]:
        """What may still be cancelled, oldest first."""
        return [
            one
            for one in self.book
            if not one.is_final and (not tag or one.tag == tag) and (not segment or one.name.segment == segment)
        ]

    def exit_positions(self, tag: str = "", segment: str = "") -> list[Record]:
        """Close open positions with market orders; the orders. Raises ApiRefusal."""
        chosen = [
            one
            for one in self._exchange.positions(self._account).net
            if one.is_open
            and (not segment or self._names.of_id(one.instrument).segment == segment)
            and (not tag or self._is_tagged(one, tag))
        ]
        if not chosen:
            raise ApiRefusal("UDAPI1111")
        if len(chosen) > MOST_EXITS:
            raise ApiRefusal("UDAPI1109")
        names = [self._names.of_id(one.instrument) for one in chosen]
        if not all(accepts_orders(self._phase(name)) for name in names):
            raise ApiRefusal("UDAPI1113")
        return [self.fire(name, _exit(one)) for name, one in zip(names, chosen, strict=True)]

    def _is_tagged(self, position: Position, tag: str) -> bool:
        return any(one.tag == tag and one.name.id == position.instrument for one in self.book)

    def _find(self, order_id: str) -> Record:
        record = self.book.get(order_id)
        if record is None:
            raise ApiRefusal("UDAPI100010", field="order_id", value=order_id)
        return record

    # --- what happens ---------------------------------------------------------------------------------------------

    def on_event(self, event: AccountEvent) -> None:
        """The exchange tells of the account."""
        if not event.orders and not event.fills:
            self.book.begin_day()
            return
        for report in event.orders:
            assert report.broker_id is not None
            record = self.book.at_exchange(report.broker_id)
            if record is None:
                record = self._adopt(report.broker_id, report.request)
            self._announce(record, self.book.follow(record, report))

    def on_time(self) -> None:
        """Send the after-market orders whose market takes orders now."""
        if not self._waits_for_market:
            return
        ready = [one for one in self._waits_for_market if accepts_orders(self._phase(one.name))]
        for record in ready:
            self._waits_for_market.remove(record)
            self._send(record)

    def record_of(self, fill: Fill) -> Record:
        """The order that a fill belongs to."""
        record = self.book.at_exchange(fill.broker_order_id)
        assert record is not None
        return record

    def _adopt(self, exchange_id: Any, request: OrderRequest) -> Record:
        """The record of an order that the exchange tells of for the first time: ours, or the exchange's own."""
        if self._bearing is not None:
            record, self._bearing = self._bearing, None
        else:
            record = self.book.add(exchange_id, self._names.of_id(request.instrument), request, "", self._exchange.now)
        self.book.bind(record, exchange_id)
        return record

    def _announce(self, record: Record, states: Sequence[State]) -> None:
        for state in states:
            self._tell(self.book.message(record, state))

    def _phase(self, name: Name) -> SessionPhase:
        return self._exchange.hours.phase(self._instrument(name), self._exchange.now)

    def _instrument(self, name: Name) -> Instrument:
        return self._names.instrument(name)


def _exit(position: Position) -> OrderRequest:
    side = Side.SELL if position.quantity > 0 else Side.BUY
    return OrderRequest(position.instrument, side, abs(position.quantity), OrderType.MARKET, position.product)


def _applied(request: OrderRequest, change: OrderChange, protection: Decimal | None) -> OrderRequest:
    """A waiting after-market order with a change."""
    kind = change.order_type or request.order_type
    return replace(
        request,
        order_type=kind,
        quantity=change.quantity or request.quantity,
        limit_price=(change.limit_price or request.limit_price) if kind.has_limit else None,
        trigger_price=(change.trigger_price or request.trigger_price) if kind.has_trigger else None,
        validity=change.validity or request.validity,
        market_protection=None if kind.has_limit else protection,
    )
