"""One account at the simulated exchange: its orders, fills, positions and holdings of the day, and the day roll."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime
from decimal import Decimal

from msgspec import Struct, field

from terminal_app.domain.enums import InstrumentKind, Product, Side
from terminal_app.domain.fill import Fill
from terminal_app.domain.holding import Holding
from terminal_app.domain.ids import AccountId, BrokerOrderId, InstrumentId, TradeId
from terminal_app.domain.instrument import Instrument
from terminal_app.domain.position import Position, PositionBook, PositionKey, Positions
from terminal_app.domain.values import ZERO
from terminal_app.simulator.orders import ExchangeOrder


class HeldShares(Struct):
    """Shares of one instrument in the demat account: delivered units, and units bought on the trading day before."""

    settled: int = 0
    t1: int = 0
    average_price: Decimal = ZERO

    @property
    def total(self) -> int:
        """All units."""
        return self.settled + self.t1

    def add(self, quantity: int, price: Decimal) -> None:
        """Units that were bought; they are T1 for a day."""
        cost = self.average_price * self.total + price * quantity
        self.t1 += quantity
        self.average_price = cost / self.total

    def remove(self, quantity: int) -> None:
        """Units that were sold, delivered ones first."""
        delivered = min(self.settled, quantity)
        self.settled -= delivered
        self.t1 -= quantity - delivered


class SimulatedAccount(Struct):
    """All that the exchange keeps of one account. ``opening`` is the cash that the day began with, in rupees.

    Shares bought for delivery are a position today, T1 holdings on the next trading day, and settled from the one after
    (T+1, market-rules 2). Cash follows from the opening cash and the day's positions (``funds.py``).
    """

    id: AccountId
    day: date
    opening: Decimal
    orders: dict[BrokerOrderId, ExchangeOrder] = field(default_factory=dict)
    fills: list[Fill] = field(default_factory=list)
    positions: dict[PositionKey, Position] = field(default_factory=dict)
    holdings: dict[InstrumentId, HeldShares] = field(default_factory=dict)
    instruments: dict[InstrumentId, Instrument] = field(default_factory=dict)
    marks: dict[InstrumentId, Decimal] = field(default_factory=dict)
    orders_named: int = 0
    trades_named: int = 0
    at: datetime | None = None

    def next_order_id(self) -> BrokerOrderId:
        """A name that this account never used before."""
        self.orders_named += 1
        return BrokerOrderId(f"{self.day:%y%m%d}{self.orders_named:07d}")

    def next_trade_id(self) -> TradeId:
        """A name that no fill of this account ever had."""
        self.trades_named += 1
        return TradeId(f"{self.trades_named:08d}")

    def add(self, order: ExchangeOrder) -> None:
        """Keep a new order of the day."""
        self.orders[order.order_id] = order
        self.instruments[order.request.instrument] = order.instrument

    def working(self) -> list[ExchangeOrder]:
        """Orders to which something can still happen, by time priority."""
        return sorted((one for one in self.orders.values() if one.is_working), key=lambda order: order.sequence)

    def book(self, order: ExchangeOrder, quantity: int, price: Decimal, at: datetime) -> Fill:
        """Count one execution of an order."""
        request = order.request
        fill = Fill(
            trade_id=self.next_trade_id(),
            broker_order_id=order.order_id,
            instrument=request.instrument,
            side=request.side,
            product=request.product,
            quantity=quantity,
            price=price,
            filled_at=at,
        )
        self.fills.append(fill)
        key = PositionKey(request.instrument, request.product)
        held = self.positions.get(key) or Position(*key, multiplier=order.instrument.multiplier)
        self.positions[key] = held.apply(fill)
        return fill

    def open_quantity(self, key: PositionKey) -> int:
        """Signed units that are open."""
        position = self.positions.get(key)
        return 0 if position is None else position.quantity

    def sellable(self, id: InstrumentId, *, without: ExchangeOrder | None = None) -> int:
        """Units that a delivery order may still sell: holdings and today's purchases, less what working orders sell."""
        held = self.holdings.get(id)
        offered = sum(
            order.remaining for order in self.working() if _sells_delivery(order, id) and order is not without
        )
        traded = self.open_quantity(PositionKey(id, Product.DELIVERY))
        return (0 if held is None else held.total) + traded - offered

    def report_positions(self) -> Positions:
        """Net positions of the day, closed ones too, and what today's fills alone come to."""
        today = PositionBook()
        for fill in self.fills:
            today.apply(fill, self.instruments[fill.instrument].multiplier)
        return Positions(tuple(self.positions.values()), today.all())

    def report_holdings(self, previous_close: Callable[[InstrumentId], Decimal | None]) -> list[Holding]:
        """Shares in the demat account; sold ones stay until the day ends, counted as used."""
        return [
            Holding(
                instrument=name,
                quantity=held.settled,
                average_price=held.average_price,
                t1_quantity=held.t1,
                used_quantity=self._used(name, held),
                previous_close=previous_close(name),
                isin=self.instruments[name].isin if name in self.instruments else "",
            )
            for name, held in self.holdings.items()
        ]

    def _used(self, id: InstrumentId, held: HeldShares) -> int:
        return min(held.total, max(0, held.total - self.sellable(id)))

    def roll(self, day: date, cash: Decimal, close: Callable[[InstrumentId], Decimal]) -> None:
        """Begin a trading day: delivery settles, open contracts are carried at ``close``, the day's lists are empty."""
        for held in self.holdings.values():
            held.settled, held.t1 = held.total, 0
        for position in self.positions.values():
            if position.product is Product.DELIVERY:
                self._deliver(position)
        self.holdings = {name: held for name, held in self.holdings.items() if held.total > 0}
        self.positions = {
            key: position.carried_over(close(key.instrument))
            for key, position in self.positions.items()
            if position.is_open and key.product is Product.CARRY
        }
        self.orders = {}
        self.fills = []
        self.instruments = {name: one for name, one in self.instruments.items() if self._keeps(name)}
        self.marks = {name: mark for name, mark in self.marks.items() if name in self.instruments}
        self.opening = cash
        self.day = day

    def _deliver(self, position: Position) -> None:
        if position.quantity > 0:
            self.holdings.setdefault(position.instrument, HeldShares()).add(position.quantity, position.average_price)
        elif position.quantity < 0:
            self.holdings[position.instrument].remove(-position.quantity)

    def _keeps(self, id: InstrumentId) -> bool:
        return id in self.holdings or any(key.instrument == id for key in self.positions)

    def set_marks(self, marks: Iterable[tuple[InstrumentId, Decimal]]) -> None:
        """Remember what open positions were last valued at, for a day roll without prices."""
        self.marks.update(marks)


def is_cash_settled(instrument: Instrument, product: Product) -> bool:
    """Whether a fill moves its whole value in cash (delivery, option premium); other fills move only what they realise."""
    return product is Product.DELIVERY or instrument.kind is InstrumentKind.OPTION


def _sells_delivery(order: ExchangeOrder, id: InstrumentId) -> bool:
    request = order.request
    return request.instrument == id and request.product is Product.DELIVERY and request.side is Side.SELL
