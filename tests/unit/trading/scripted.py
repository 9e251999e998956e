"""A broker that does what a test tells it, stores in memory, and a desk over them: for faults that no real broker shows on demand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from terminal_app.brokers.base import Capabilities
from terminal_app.domain.bus import Bus
from terminal_app.domain.clock import at_ist
from terminal_app.domain.enums import Exchange, OrderStatus, OrderType, Product, Segment, SessionPhase, Side
from terminal_app.domain.errors import OrderRejected, StorageError
from terminal_app.domain.fill import Fill
from terminal_app.domain.funds import Funds
from terminal_app.domain.holding import Holding
from terminal_app.domain.ids import AccountId, BrokerOrderId, ClientOrderId, ClientTag, InstrumentId, TradeId
from terminal_app.domain.instrument import Instrument
from terminal_app.domain.market import Depth, Quote
from terminal_app.domain.messages import FillAdded, NoticePosted, OrderChanged
from terminal_app.domain.order import Order, OrderChange, OrderEvent, OrderRef, OrderRequest, OrderUpdate
from terminal_app.domain.position import Position, Positions
from terminal_app.trading.desk import OrderDesk
from terminal_app.trading.gate import Gate
from terminal_app.trading.rules import RiskLimits
from terminal_app.trading.settling import Patience

ACCOUNT = AccountId("A1")
RELIANCE = InstrumentId.equity(Exchange.NSE, "RELIANCE")
TCS = InstrumentId.equity(Exchange.NSE, "TCS")
FUTURE = InstrumentId.future(Exchange.NSE, "NIFTY", date(2026, 11, 24))
START = at_ist(2026, 11, 23, 10, 0)

INSTRUMENTS = {
    RELIANCE: Instrument(RELIANCE, "Reliance", 1, Decimal("0.05"), isin="INE002A01018"),
    TCS: Instrument(TCS, "TCS", 1, Decimal("0.05")),
    FUTURE: Instrument(FUTURE, "NIFTY future", 65, Decimal("0.10"), freeze_quantity=1800),
    InstrumentId.index(Exchange.NSE, "NIFTY 50"): Instrument(
        InstrumentId.index(Exchange.NSE, "NIFTY 50"), "NIFTY 50", 1, Decimal("0.05")
    ),
}

CAPABILITIES = Capabilities(
    products={
        Segment.CASH: (Product.DELIVERY, Product.INTRADAY),
        Segment.FNO: (Product.CARRY, Product.INTRADAY),
    },
    product_codes={Product.DELIVERY: "CNC", Product.INTRADAY: "MIS", Product.CARRY: "NRML"},
)

QUICK = Patience(
    call_s=0.2, intent_s=5.0, ask_s=0.01, ask_most_s=0.05, absent_s=0.05, follow_s=0.05, retry_save_s=0.02, close_s=2.0
)


def buy(
    quantity: int = 10, price: str | None = "100", instrument: InstrumentId = RELIANCE, **fields: Any
) -> OrderRequest:
    """A buy, a limit order where it has a price."""
    return _request(Side.BUY, quantity, price, instrument, fields)


def sell(
    quantity: int = 10, price: str | None = "100", instrument: InstrumentId = RELIANCE, **fields: Any
) -> OrderRequest:
    """A sell, a limit order where it has a price."""
    return _request(Side.SELL, quantity, price, instrument, fields)


def _request(
    side: Side, quantity: int, price: str | None, instrument: InstrumentId, fields: Mapping[str, Any]
) -> OrderRequest:
    kind = OrderType.MARKET if price is None else OrderType.LIMIT
    product = Product.CARRY if instrument == FUTURE else Product.INTRADAY
    values: dict[str, Any] = {
        "instrument": instrument,
        "side": side,
        "quantity": quantity,
        "order_type": kind,
        "product": product,
        "limit_price": None if price is None else Decimal(price),
    }
    return OrderRequest(**(values | dict(fields)))


def quote(instrument: InstrumentId, last: str | None, **fields: Any) -> Quote:
    """A quote without depth."""
    return Quote(instrument, None if last is None else Decimal(last), depth=Depth(), **fields)


class HandClock:
    """Exchange time that stands still until a test moves it."""

    label = ""

    def __init__(self, at: datetime = START) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def move(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


class ScriptedBroker:
    """Keeps a book like a broker and answers as told.

    Before it acts, each call takes the next entry of its script, if there is one: an exception is raised instead of acting; a callable is
    awaited, and may raise. ``after_place`` is the same for the moment between taking an order and answering.
    """

    def __init__(self, clock: HandClock, capabilities: Capabilities = CAPABILITIES) -> None:
        self._clock = clock
        self.capabilities = capabilities
        self.before_place: list[Any] = []
        self.after_place: list[Any] = []
        self.before_modify: list[Any] = []
        self.after_modify: list[Any] = []
        self.before_cancel: list[Any] = []
        self.after_cancel: list[Any] = []
        self.before_orders: list[Any] = []
        self.placed: list[tuple[OrderRequest, ClientTag]] = []
        self.modified: list[tuple[OrderRef, OrderChange]] = []
        self.cancelled: list[OrderRef] = []
        self.asked = 0
        self.book: dict[BrokerOrderId, Order] = {}
        self.trades: list[Fill] = []
        self.held: list[Holding] = []
        self.carried: list[Position] = []
        self.net: tuple[Position, ...] | None = None
        self.reads = 0
        self.tells = True
        self.closes_on_cancel = True
        self.fills_at: Decimal | None = None
        self._updates: asyncio.Queue[OrderUpdate | BaseException | None] = asyncio.Queue()
        self._numbers = 0

    @property
    def execution(self) -> ScriptedBroker:
        return self

    @property
    def order_updates(self) -> AsyncIterator[OrderUpdate]:
        return self._follow()

    async def _follow(self) -> AsyncIterator[OrderUpdate]:
        while True:
            update = await self._updates.get()
            if update is None:
                return
            if isinstance(update, BaseException):
                raise update
            yield update

    def end(self) -> None:
        self._updates.put_nowait(None)

    def tell(self, update: OrderUpdate | BaseException) -> None:
        self._updates.put_nowait(update)

    async def place(self, order: OrderRequest, tag: ClientTag) -> BrokerOrderId:
        self.placed.append((order, tag))
        await _act(self.before_place)
        broker_id = self.take(order, tag)
        await _act(self.after_place)
        if self.fills_at is not None:
            self.fill(broker_id, order.quantity, str(self.fills_at))
        return broker_id

    async def modify(self, order: OrderRef, change: OrderChange) -> None:
        self.modified.append((order, change))
        await _act(self.before_modify)
        now = self.book[order.broker_order_id]
        request = replace(
            now.request,
            quantity=change.quantity or now.request.quantity,
            limit_price=change.limit_price or now.request.limit_price,
        )
        self.set(order.broker_order_id, request=request)
        await _act(self.after_modify)

    async def cancel(self, order: OrderRef) -> None:
        self.cancelled.append(order)
        await _act(self.before_cancel)
        if self.book[order.broker_order_id].status.is_closed:
            raise OrderRejected("The order is complete.")
        if self.closes_on_cancel:
            self.set(order.broker_order_id, status=OrderStatus.CANCELLED)
        await _act(self.after_cancel)

    async def orders(self) -> list[Order]:
        self.asked += 1
        await _act(self.before_orders)
        return list(self.book.values())

    async def fills(self) -> list[Fill]:
        return list(self.trades)

    async def funds(self) -> Funds:
        self.reads += 1
        return Funds(Decimal(100000), Decimal(100000), Decimal(0), self._clock.now())

    async def holdings(self) -> list[Holding]:
        return list(self.held)

    async def positions(self) -> Positions:
        if self.net is not None:
            return Positions(self.net)
        known = {position.key: position for position in self.carried}
        for trade in self.trades:
            key = Position(trade.instrument, trade.product).key
            known[key] = (known.get(key) or Position(*key)).apply(trade)
        return Positions(tuple(known.values()))

    def take(
        self, request: OrderRequest, tag: ClientTag | None, tell: bool | None = None, **fields: Any
    ) -> BrokerOrderId:
        """Have an order, as if it had been placed."""
        self._numbers += 1
        broker_id = BrokerOrderId(f"B{self._numbers}")
        now = self._clock.now()
        values: dict[str, Any] = {"status": OrderStatus.OPEN, "placed_at": now, "updated_at": now}
        order = Order(request, tag=tag, broker_id=broker_id, **(values | fields))
        self.book[broker_id] = order
        if self.tells if tell is None else tell:
            self.tell(OrderUpdate(order))
        return broker_id

    def set(
        self, broker_id: BrokerOrderId, fills: Sequence[Fill] = (), tell: bool | None = None, **fields: Any
    ) -> Order:
        """Change an order and tell of it."""
        self._clock.move(0.001)
        order = replace(self.book[broker_id], updated_at=self._clock.now(), **fields)
        self.book[broker_id] = order
        if self.tells if tell is None else tell:
            self.tell(OrderUpdate(order, tuple(fills)))
        return order

    def fill(self, broker_id: BrokerOrderId, quantity: int, price: str, tell: bool | None = None) -> Fill:
        """Fill (part of) an order."""
        order = self.book[broker_id]
        self._clock.move(0.001)
        self._numbers += 1
        trade = Fill(
            TradeId(f"T{self._numbers}"),
            broker_id,
            order.instrument,
            order.request.side,
            order.request.product,
            quantity,
            Decimal(price),
            self._clock.now(),
        )
        self.trades.append(trade)
        filled = order.filled_quantity + quantity
        value = (order.average_price or Decimal(0)) * order.filled_quantity + trade.value
        status = OrderStatus.FILLED if filled == order.request.quantity else OrderStatus.PARTIALLY_FILLED
        self.set(broker_id, (trade,), tell, status=status, filled_quantity=filled, average_price=value / filled)
        return trade


async def _act(script: list[Any]) -> None:
    if not script:
        return
    step = script.pop(0)
    if isinstance(step, BaseException):
        raise step
    if step is not None:
        await step()


@dataclass
class MemoryStore:
    """An order store, position store, P&L store and gate store that forget with the process, and fail when told."""

    orders: dict[tuple[AccountId, ClientOrderId], Order] = field(default_factory=dict)
    timelines: dict[ClientOrderId, list[OrderEvent]] = field(default_factory=dict)
    fills: dict[tuple[AccountId, str, str], Fill] = field(default_factory=dict)
    carried: dict[tuple[AccountId, date], list[Position]] = field(default_factory=dict)
    points: list[tuple[Any, ...]] = field(default_factory=list)
    states: dict[str, Any] = field(default_factory=dict)
    error: StorageError | None = None
    before_intent: Callable[[], Any] | None = None
    saves: int = 0

    async def add_intent(self, account: AccountId, order: Order, event: OrderEvent) -> None:
        if self.before_intent is not None:
            await self.before_intent()
        self._fail()
        assert order.client_id is not None
        assert (account, order.client_id) not in self.orders
        self.orders[account, order.client_id] = order
        self.timelines[order.client_id] = [event]

    async def save(
        self, account: AccountId, order: Order, events: Sequence[OrderEvent] = (), fills: Sequence[Fill] = ()
    ) -> None:
        await asyncio.sleep(0)
        self._fail()
        assert order.client_id is not None
        self.saves += 1
        self.orders[account, order.client_id] = order
        self.timelines.setdefault(order.client_id, []).extend(events)
        for trade in fills:
            self.fills.setdefault((account, trade.trade_id, trade.broker_order_id), trade)

    async def load(self, account: AccountId, since: datetime) -> Saved:
        self._fail()
        orders = [
            order
            for (owner, _), order in self.orders.items()
            if owner == account and (order.updated_at >= since or not order.status.is_closed)
        ]
        return Saved(orders, [trade for (owner, *_), trade in self.fills.items() if owner == account])

    async def events(self, client_id: ClientOrderId) -> list[OrderEvent]:
        return self.timelines.get(client_id, [])

    async def save_carried(self, account: AccountId, day: date, positions: Sequence[Position]) -> None:
        self._fail()
        self.carried[account, day] = list(positions)

    async def load_carried(self, account: AccountId, day: date) -> list[Position] | None:
        return self.carried.get((account, day))

    async def add(self, *point: Any) -> None:
        self._fail()
        self.points.append(point)

    def _fail(self) -> None:
        if self.error is not None:
            raise self.error


@dataclass
class Saved:
    """What a store gives back."""

    orders: list[Order]
    fills: list[Fill]


class MemoryGateStore:
    """Trading states in memory."""

    def __init__(self) -> None:
        self.states: Mapping[str, Any] = {}
        self.error: StorageError | None = None

    def load(self) -> Mapping[str, Any]:
        return self.states

    def save(self, states: Mapping[str, Any]) -> None:
        if self.error is not None:
            raise self.error
        self.states = states


class Held:
    """What an account holds, as a test says."""

    def __init__(self) -> None:
        self.positions: dict[Any, int] = {}
        self.units: dict[InstrumentId, int] | None = None

    def quantity(self, account: AccountId, key: Any) -> int:
        return self.positions.get(key, 0)

    def deliverable(self, account: AccountId, instrument: InstrumentId) -> int | None:
        return None if self.units is None else self.units.get(instrument, 0)


class Stage:
    """A desk with a scripted broker and everything around it."""

    def __init__(self, store: MemoryStore | None = None, broker: ScriptedBroker | None = None) -> None:
        self.clock = HandClock()
        self.errors: list[BaseException] = []
        self.bus = Bus(lambda error, _message: self.errors.append(error))
        self.store = store or MemoryStore()
        self.gate_store = MemoryGateStore()
        self.limits = RiskLimits()
        self.held = Held()
        self.quotes: dict[InstrumentId, Quote] = {
            RELIANCE: quote(RELIANCE, "100"),
            TCS: quote(TCS, "200"),
            FUTURE: quote(FUTURE, "25000"),
        }
        self.phase = SessionPhase.CONTINUOUS
        self.gate = Gate(self.gate_store, self.bus, self.clock, lambda _account: self.limits)
        self.broker = broker or ScriptedBroker(self.clock)
        self.changes: list[Order] = []
        self.filled: list[Fill] = []
        self.notices: list[Any] = []
        self.bus.subscribe(OrderChanged, lambda message: self.changes.append(message.order))
        self.bus.subscribe(FillAdded, lambda message: self.filled.append(message.fill))
        self.bus.subscribe(NoticePosted, lambda message: self.notices.append(message.notice))
        self.desk = self.new_desk()

    def new_desk(self, patience: Patience = QUICK, exposure: Any = None) -> OrderDesk:
        """Another desk over the same store, as after a restart."""
        return OrderDesk(
            self.store,
            self.bus,
            self.clock,
            INSTRUMENTS.get,
            self.quotes.get,
            self.gate,
            exposure=exposure or self.held,
            phase=lambda _instrument, _at: self.phase,
            patience=patience,
        )

    async def attach(self) -> None:
        await self.desk.attach(ACCOUNT, self.broker, ops_per_second=None)  # type: ignore[arg-type]

    async def close(self) -> None:
        await self.desk.aclose()
        assert self.errors == []

    def order(self, client_id: str | None) -> Order:
        """The order as the desk has it."""
        assert client_id is not None
        order = self.desk.order(ACCOUNT, ClientOrderId(client_id))
        assert order is not None
        return order

    async def becomes(self, client_id: str | None, *statuses: OrderStatus) -> Order:
        """Wait until an order has one of these statuses."""
        await eventually(lambda: self.order(client_id).status in statuses)
        return self.order(client_id)


async def eventually(ready: Callable[[], bool], limit_s: float = 5.0) -> None:
    """Poll until it holds."""
    async with asyncio.timeout(limit_s):
        while not ready():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.002)
