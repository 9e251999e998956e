"""Kite's order book: places, changes and cancels orders of every variety, follows them at the exchange, tells of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

from aiohttp import web
from msgspec.structs import replace

from terminal_app.domain.enums import OrderStatus, SessionPhase, Side, Validity
from terminal_app.domain.errors import OrderRejected
from terminal_app.domain.fill import Fill
from terminal_app.domain.hours import accepts_orders, trading_day
from terminal_app.domain.ids import AccountId, BrokerOrderId, ClientTag
from terminal_app.domain.order import Order, OrderChange
from terminal_app.domain.values import ZERO
from terminal_app.simulator.dialects.base import Refusal
from terminal_app.simulator.dialects.clients import Client
from terminal_app.simulator.dialects.zerodha import order_json as rows
from terminal_app.simulator.dialects.zerodha.errors import INPUT, ORDER, bad_input, invalid, of_exchange
from terminal_app.simulator.dialects.zerodha.order_form import (
    AMO,
    AUTOMATIC,
    COVER,
    ICEBERG,
    ORDER_TYPES,
    PRODUCTS,
    REGULAR,
    OrderForm,
    read_change,
    read_order,
)
from terminal_app.simulator.dialects.zerodha.order_json import KiteOrder, Slices, order_json, trade_json
from terminal_app.simulator.dialects.zerodha.wire import Json, success
from terminal_app.simulator.events import AccountEvent

if TYPE_CHECKING:
    from terminal_app.simulator.dialects.zerodha.server import ZerodhaDialect

_MOST_CHANGES = 25
_MOST_SLICES = 10
_NO_ORDER = "Couldn't find that `order_id`."
_STATUSES = {
    OrderStatus.TRIGGER_PENDING: rows.TRIGGER_PENDING,
    OrderStatus.OPEN: rows.OPEN,
    OrderStatus.PARTIALLY_FILLED: rows.OPEN,
    OrderStatus.FILLED: rows.COMPLETE,
    OrderStatus.CANCELLED: rows.CANCELLED,
    OrderStatus.EXPIRED: rows.CANCELLED,
    OrderStatus.REJECTED: rows.REJECTED,
}
_SYSTEM = "SYSTEM"
_WIRE_TYPES = {kind: name for name, kind in ORDER_TYPES.items()}
_WIRE_PRODUCTS = {PRODUCTS[name]: name for name in ("CNC", "NRML", "MIS")}


class OrderBook:
    """Today's orders of all clients."""

    def __init__(self, server: ZerodhaDialect) -> None:
        self._server = server
        self._exchange = server.exchange
        self._orders: dict[str, KiteOrder] = {}
        self._at_exchange: dict[tuple[AccountId, BrokerOrderId], KiteOrder] = {}
        self._placing: KiteOrder | None = None
        self._named = 0
        self._day: date = trading_day(server.now())

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        """All of ``/orders`` and ``/trades``."""
        return (
            web.get("/orders", self.list_orders),
            web.get("/trades", self.list_trades),
            web.get("/orders/{order_id}", self.show_history),
            web.get("/orders/{order_id}/trades", self.show_trades),
            web.post("/orders/{variety}", self.place_order),
            web.put("/orders/{variety}/{order_id}", self.modify_order),
            web.delete("/orders/{variety}/{order_id}", self.cancel_order),
        )

    # --- questions ------------------------------------------------------------------------------------------------

    async def list_orders(self, request: web.Request) -> web.Response:
        """Today's orders, oldest first."""
        client = self._server.sessions.check(request)
        return success([order_json(order) for order in self.of(client)])

    async def list_trades(self, request: web.Request) -> web.Response:
        """Today's trades, oldest first."""
        client = self._server.sessions.check(request)
        return success(self._trades(client))

    async def show_history(self, request: web.Request) -> web.Response:
        """All states of one order, oldest first."""
        client = self._server.sessions.check(request)
        return success(self._find(client, request.match_info["order_id"]).history)

    async def show_trades(self, request: web.Request) -> web.Response:
        """Trades of one order."""
        client = self._server.sessions.check(request)
        order = self._find(client, request.match_info["order_id"])
        return success([trade for trade in self._trades(client) if trade["order_id"] == order.order_id])

    def of(self, client: Client) -> Iterator[KiteOrder]:
        """A client's orders, oldest first."""
        self._begin_day()
        return (order for order in self._orders.values() if order.client is client)

    def _trades(self, client: Client) -> list[Json]:
        found = ((fill, self._order_of(client, fill)) for fill in self._exchange.fills(client.account))
        return [trade_json(fill, order) for fill, order in found if order is not None]

    def _order_of(self, client: Client, fill: Fill) -> KiteOrder | None:
        return self._at_exchange.get((client.account, fill.broker_order_id))

    def _find(self, client: Client, order_id: str, variety: str | None = None) -> KiteOrder:
        self._begin_day()
        order = self._orders.get(order_id)
        if order is None or order.client is not client:
            raise Refusal(INPUT, _NO_ORDER, 404 if variety is None else 400)
        if variety not in (None, order.variety):
            raise invalid("variety")
        return order

    # --- new orders -----------------------------------------------------------------------------------------------

    async def place_order(self, request: web.Request) -> web.Response:
        """A new order of any variety."""
        client = self._server.sessions.check(request)
        variety = request.match_info["variety"]
        form = {name: str(value) for name, value in (await request.post()).items()}
        order = read_order(form, variety, self._server.symbols)
        if order.autoslice and variety == REGULAR:
            return success(self._place_sliced(client, order))
        return success({"order_id": self.place(client, order, variety).order_id})

    def place(self, client: Client, form: OrderForm, variety: str = REGULAR) -> KiteOrder:
        """Take an order. Raises Refusal."""
        self._begin_day()
        self._server.portfolio.check_sale(client, form)
        order = self._new(client, form, variety)
        dials = self._server.dials
        if dials.reject_late:
            self._keep(order)
            self._reject(order, dials.reject_late.pop(0))
        elif variety == AMO:
            order.status = rows.AMO_RECEIVED
            self._keep(order)
        elif variety == ICEBERG:
            self._begin_iceberg(order)
        else:
            self._send(order)
        return order

    def _place_sliced(self, client: Client, form: OrderForm) -> Json:
        instrument = self._server.symbols.instrument(form.name)
        most = instrument.max_slice
        if not most or form.quantity <= instrument.freeze_quantity:
            return {"order_id": self.place(client, form).order_id}
        if form.quantity > most * _MOST_SLICES:
            raise bad_input(f"The quantity is above {_MOST_SLICES} slices.")
        parent = self._next_id()
        children: list[Json] = []
        for begin in range(0, form.quantity, most):
            part = replace(form, quantity=min(most, form.quantity - begin))
            try:
                child = self.place(client, part)
            except Refusal as refusal:
                error = {"code": 400, "error_type": refusal.code, "message": refusal.message, "data": None}
                children.append({"error": error})
            else:
                child.tags = ("autoslice", f"autoslice:{parent}")
                children.append({"order_id": child.order_id})
        return {"order_id": parent, "children": children}

    def _new(self, client: Client, form: OrderForm, variety: str) -> KiteOrder:
        now = self._server.now()
        order = KiteOrder(self._next_id(), client, variety, form, now, updated_at=None)
        if form.validity == "TTL":
            order.expires_at = now + timedelta(minutes=form.validity_ttl)
        return order

    def _next_id(self) -> str:
        """Nineteen digits that grow with time."""
        self._named += 1
        return str((int(self._server.now().timestamp() * 1000) << 20) + self._named)

    def _keep(self, order: KiteOrder) -> None:
        self._orders[order.order_id] = order
        self._note(order)

    def _send(self, order: KiteOrder) -> None:
        """Place at the exchange; the order is known from the first event on. Raises Refusal where it is refused."""
        before, self._placing = self._placing, order
        self._note(order, rows.RECEIVED, rows.VALIDATING, rows.OPEN_PENDING)
        try:
            tag = None if order.form.tag is None else ClientTag(order.form.tag)
            self._exchange.place(order.client.account, order.form.request(), tag)
        except OrderRejected as error:
            raise of_exchange(error) from error
        finally:
            self._placing = before

    def _reject(self, order: KiteOrder, reason: str) -> None:
        order.status, order.message = rows.REJECTED, reason
        self._note(order)
        self._tell(order, rows.REJECTED)

    # --- iceberg and cover ----------------------------------------------------------------------------------------

    def _begin_iceberg(self, order: KiteOrder) -> None:
        form = order.form
        order.slices = Slices(form.quantity, form.legs, form.leg_quantity)
        self._send_leg(order)

    def _send_leg(self, order: KiteOrder) -> None:
        slices = order.slices
        assert slices is not None
        quantity = slices.next_quantity
        order.form = replace(order.form, quantity=quantity)
        slices.leg += 1
        slices.sent += quantity
        order.leg, order.units_left = slices.leg, slices.total - slices.sent
        self._send(order)

    def _follow(self, order: KiteOrder) -> None:
        """What a completed order brings along: the iceberg's next leg, a cover order's stop."""
        if order.slices is not None and order.slices.next_quantity:
            self._try(self._send_leg, self._child(order, order.form))
        elif order.variety == COVER and order.parent_id is None:
            form = order.form
            opposite = Side(form.transaction_type).opposite.value
            stop = replace(form, transaction_type=opposite, order_type="SL-M", price=ZERO, market_protection=AUTOMATIC)
            child = self._child(order, stop)
            child.parent_id = order.order_id
            self._try(self._send, child)

    def _child(self, order: KiteOrder, form: OrderForm) -> KiteOrder:
        child = self._new(order.client, replace(form), order.variety)
        child.slices, child.tags = order.slices, order.tags
        return child

    def _try(self, send: Callable[[KiteOrder], None], order: KiteOrder) -> None:
        """Send an order that nobody waits for: a refusal becomes a rejected row."""
        try:
            send(order)
        except Refusal as refusal:
            self._keep(order)
            self._reject(order, refusal.message)

    # --- changes --------------------------------------------------------------------------------------------------

    async def modify_order(self, request: web.Request) -> web.Response:
        """Change a working order."""
        client = self._server.sessions.check(request)
        order = self._find(client, request.match_info["order_id"], request.match_info["variety"])
        form = {name: str(value) for name, value in (await request.post()).items()}
        self._modify(order, read_change(form, order.form))
        return success({"order_id": order.order_id})

    def _modify(self, order: KiteOrder, wanted: OrderForm) -> None:
        self._check_working(order)
        if order.changes >= _MOST_CHANGES:
            raise Refusal(ORDER, "Maximum allowed order modifications exceeded.")
        if order.variety in (COVER, ICEBERG) and wanted.quantity != order.form.quantity:
            raise invalid("quantity")
        if order.exchange_name is not None:
            self._change_at_exchange(order, order.exchange_name, wanted)
        order.form = wanted
        order.changes += 1
        if order.exchange_name is None:
            self._note(order)

    def _change_at_exchange(self, order: KiteOrder, name: BrokerOrderId, wanted: OrderForm) -> None:
        request = wanted.request()
        change = OrderChange(
            quantity=request.quantity,
            limit_price=request.limit_price,
            trigger_price=request.trigger_price,
            order_type=request.order_type,
            validity=request.validity,
        )
        before, order.form = order.form, wanted
        order.is_changing = True
        order.changes += 1
        self._note(order, *rows.CHANGING)
        try:
            self._exchange.modify(order.client.account, name, change)
        except OrderRejected as error:
            order.form = before
            self._note(order)
            raise of_exchange(error) from error
        finally:
            order.changes -= 1
            order.is_changing = False

    async def cancel_order(self, request: web.Request) -> web.Response:
        """Cancel a working order; of a cover order's stop: exit at the market."""
        client = self._server.sessions.check(request)
        order = self._find(client, request.match_info["order_id"], request.match_info["variety"])
        self._check_working(order)
        if order.variety == COVER and order.parent_id is not None:
            self._modify(
                order, replace(order.form, order_type="MARKET", trigger_price=ZERO, market_protection=AUTOMATIC)
            )
        else:
            self.cancel(order)
        return success({"order_id": order.order_id})

    def cancel(self, order: KiteOrder) -> None:
        """End a working order. Raises Refusal."""
        if order.slices is not None:
            order.slices.sent = order.slices.total
        if order.exchange_name is None:
            order.status = rows.CANCELLED
            self._note(order)
            self._tell(order, rows.CANCELLED)
            return
        self._note(order, rows.CANCEL_PENDING)
        try:
            self._exchange.cancel(order.client.account, order.exchange_name)
        except OrderRejected as error:
            self._note(order)
            raise of_exchange(error) from error

    @staticmethod
    def _check_working(order: KiteOrder) -> None:
        if order.is_final:
            raise Refusal(ORDER, f"Order cannot be changed or cancelled: it is {order.status.lower()} already.")

    # --- what the exchange tells ----------------------------------------------------------------------------------

    def on_event(self, client: Client, event: AccountEvent) -> None:
        """Follow a client's orders."""
        for report in event.orders:
            if report.broker_id is not None:
                order = self._known(client, report.broker_id, report)
                self._take_over(order, report, event)

    def _known(self, client: Client, name: BrokerOrderId, report: Order) -> KiteOrder:
        key = (client.account, name)
        order = self._at_exchange.get(key)
        if order is None:
            order = self._placing
            if order is None or order.client is not client or order.exchange_name is not None:
                order = self._own_order(client, report)
            order.exchange_name = name
            order.exchange_order_id = f"1{int(name):015d}"
            order.exchange_at = report.placed_at
            self._at_exchange[key] = order
            self._orders[order.order_id] = order
        return order

    def _own_order(self, client: Client, report: Order) -> KiteOrder:
        """An order that the broker itself placed: the square-off of an intraday position, a settlement."""
        request = report.request
        name = self._server.symbols.of(request.instrument)
        if name is None:
            raise KeyError(f"{request.instrument} has no name at Kite")
        form = OrderForm(
            name=name,
            instrument=request.instrument,
            transaction_type=request.side.value,
            order_type=_WIRE_TYPES[request.order_type],
            product=_WIRE_PRODUCTS[request.product],
            quantity=request.quantity,
            price=request.limit_price or ZERO,
            trigger_price=request.trigger_price or ZERO,
            validity="IOC" if request.validity is Validity.IOC else "DAY",
        )
        order = self._new(client, form, REGULAR)
        order.placed_by = _SYSTEM
        return order

    def _take_over(self, order: KiteOrder, report: Order, event: AccountEvent) -> None:
        status = _STATUSES[report.status]
        has_filled = report.filled_quantity > order.filled
        has_triggered = order.status == rows.TRIGGER_PENDING and status == rows.OPEN
        order.status, order.filled = status, report.filled_quantity
        order.average = report.average_price or ZERO
        order.message = report.reason or None
        order.updated_at = event.at
        self._note(order)
        if status in rows.FINAL:
            self._tell(order, status)
        elif has_filled or has_triggered or order.is_changing:
            self._tell(order, rows.UPDATE)
        if status == rows.COMPLETE:
            # The exchange is in the middle of telling: what follows is placed when it has told everybody.
            asyncio.get_running_loop().call_soon(self._follow, order)

    def _note(self, order: KiteOrder, *passing: str) -> None:
        """Keep the state for the history; ``passing`` are states that last no time."""
        for status in passing or (order.status,):
            order.history.append(order_json(order, status))

    def _tell(self, order: KiteOrder, status: str) -> None:
        self._server.ticker.tell_order(order, status)

    # --- time -----------------------------------------------------------------------------------------------------

    def on_time(self) -> None:
        """End what has lived its time, send what waited for the morning."""
        self._begin_day()
        now = self._server.now()
        for order in list(self._orders.values()):
            if order.is_final:
                continue
            if order.expires_at is not None and order.expires_at <= now:
                self._end_quietly(order)
            elif order.status == rows.AMO_RECEIVED and trading_day(order.placed_at) < self._day:
                self._release(order)

    def _end_quietly(self, order: KiteOrder) -> None:
        try:
            self.cancel(order)
        except Refusal:
            return  # the phase of the day takes no cancels: the next step asks again

    def _release(self, order: KiteOrder) -> None:
        instrument = self._server.symbols.instrument(order.form.name)
        phase = self._exchange.hours.phase(instrument, self._server.now())
        is_stop = ORDER_TYPES[order.form.order_type].has_trigger
        if phase is SessionPhase.CONTINUOUS or (accepts_orders(phase) and not is_stop):
            self._try(self._send, order)

    def _begin_day(self) -> None:
        """Orders live for a day; after-market orders wait for the next."""
        day = trading_day(self._server.now())
        if day == self._day:
            return
        self._day = day
        self._orders = {
            name: one
            for name, one in self._orders.items()
            if one.status == rows.AMO_RECEIVED or trading_day(one.placed_at) == day
        }
        self._at_exchange = {key: one for key, one in self._at_exchange.items() if one.order_id in self._orders}
