"""A trading day written down: positions, orders with their events, fills, holdings and money, on top of the scripted terminal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, cast

from msgspec.structs import replace
from PySide6.QtWidgets import QWidget

from terminal_app.domain.account import Account
from terminal_app.domain.bus import Bus
from terminal_app.domain.enums import Exchange, OptionKind, OrderPending, OrderStatus, OrderType, Product, Side
from terminal_app.domain.errors import BhavError, StorageError
from terminal_app.domain.fill import Fill
from terminal_app.domain.funds import Funds
from terminal_app.domain.holding import Holding
from terminal_app.domain.ids import AccountId, BrokerOrderId, ClientOrderId, ClientTag, InstrumentId, TradeId
from terminal_app.domain.instrument import Instrument
from terminal_app.domain.messages import FillAdded, FundsChanged, HoldingsChanged, PositionChanged
from terminal_app.domain.order import Order, OrderEvent, OrderEventKind, OrderRequest
from terminal_app.domain.position import Position, PositionKey
from terminal_app.services.orders import CancelSummary, ExitOutcome
from terminal_app.trading.portfolio import PositionView
from tests.helpers.scripted_terminal import (
    CALL,
    INFY,
    NOW,
    PAPER,
    RELIANCE,
    ScriptedClock,
    ScriptedMarket,
    ScriptedOrders,
    ScriptedTerminal,
    quote_of,
)

EXPIRY = date(2026, 11, 23)
HDFC = InstrumentId.equity(Exchange.NSE, "HDFCBANK")
PUT = InstrumentId.option(Exchange.NSE, "BANKNIFTY", EXPIRY, Decimal(55200), OptionKind.PE)
FUTURE = InstrumentId.future(Exchange.NSE, "NIFTY", EXPIRY)
MORE = {
    HDFC: (Instrument(HDFC, "HDFC BANK", 1, Decimal("0.05")), "991.25", "983.15"),
    PUT: (Instrument(PUT, "BANKNIFTY", 30, Decimal("0.05"), freeze_quantity=600), "268.15", "251.90"),
    FUTURE: (Instrument(FUTURE, "NIFTY", 65, Decimal("0.10"), freeze_quantity=1800), "24836.70", "24740.00"),
}


class BookOrders(ScriptedOrders):
    """Adds fills, timelines, cancel all and exits. ``refusals`` by client id make a cancel fail."""

    fills_: list[tuple[AccountId, Fill]]
    events: dict[ClientOrderId, list[OrderEvent]]
    refusals: dict[ClientOrderId, BhavError]
    exits: list[tuple[AccountId | None, tuple[PositionKey, ...] | None]]
    exit_outcome: ExitOutcome
    timeline_error: StorageError | None

    def __init__(self, bus: Bus, clock: ScriptedClock, market: ScriptedMarket) -> None:
        super().__init__(bus, clock, market)
        self.fills_, self.events, self.refusals, self.exits = [], {}, {}, []
        self.exit_outcome = ExitOutcome(True, "flat, verified 15:07:42")
        self.timeline_error = None

    def fills(self, account: AccountId | None) -> list[tuple[AccountId, Fill]]:
        """Newest first."""
        return [row for row in self.fills_ if account is None or row[0] == account]

    def add_fill(self, account: AccountId, fill: Fill) -> None:
        """A fill happens."""
        self.fills_.insert(0, (account, fill))
        self.bus.publish(FillAdded(account, fill))

    async def cancel(self, account: AccountId, client_id: ClientOrderId) -> Order:
        """Counted; refused where a test says so."""
        if client_id in self.refusals:
            self.cancelled.append((account, client_id))
            raise self.refusals[client_id]
        return await super().cancel(account, client_id)

    async def cancel_all(self, account: AccountId | None) -> CancelSummary:
        """Each working order in turn."""
        failed: list[str] = []
        working = [(name, order) for name, order in self.orders(account) if not order.status.is_closed]
        for name, order in working:
            assert order.client_id is not None
            try:
                await self.cancel(name, order.client_id)
            except BhavError as error:
                failed.append(f"{order.request.side.value} {order.instrument.symbol}: {error.message}")
        return CancelSummary(len(working), tuple(failed))

    async def timeline(self, account: AccountId, client_id: ClientOrderId) -> list[OrderEvent]:
        """As written down."""
        if self.timeline_error is not None:
            raise self.timeline_error
        return list(self.events.get(client_id, ()))

    async def exit(
        self, account: AccountId | None, keys: Sequence[PositionKey] | None, progress: Callable[[str], None]
    ) -> ExitOutcome:
        """Counted; waits at ``gate``."""
        self.exits.append((account, None if keys is None else tuple(keys)))
        progress("Closing 250 (0 of 1 flat)")
        if self.gate is not None:
            await self.gate.wait()
        return self.exit_outcome


@dataclass
class ScriptedPortfolio:
    """Positions, holdings and money as a test wrote them down, valued at the scripted prices."""

    market: ScriptedMarket
    positions_: dict[AccountId, list[Position]] = field(default_factory=dict)
    differs: dict[PositionKey, Position] = field(default_factory=dict)
    holdings_: dict[AccountId, list[Holding]] = field(default_factory=dict)
    funds_: dict[AccountId, Funds] = field(default_factory=dict)
    refreshed: list[AccountId] = field(default_factory=list)
    refresh_error: BhavError | None = None

    def positions(self, account: AccountId | None) -> list[PositionView]:
        """Valued now."""
        return [
            self._view(name, position)
            for name, found in self.positions_.items()
            if account in (None, name)
            for position in found
        ]

    def holdings(self, account: AccountId | None) -> list[tuple[AccountId, Holding]]:
        """As written down."""
        return [(name, one) for name, found in self.holdings_.items() if account in (None, name) for one in found]

    def funds(self, account: AccountId) -> Funds | None:
        """As written down."""
        return self.funds_.get(account)

    def day_pnl(self, account: AccountId | None) -> Decimal | None:
        """The sum of the positions."""
        return sum((view.day_pnl for view in self.positions(account) if view.day_pnl is not None), Decimal(0))

    async def refresh(self, account: AccountId) -> None:
        """Counted."""
        self.refreshed.append(account)
        if self.refresh_error is not None:
            raise self.refresh_error

    def _view(self, account: AccountId, position: Position) -> PositionView:
        last = self.market.last_price(position.instrument)
        unrealised = Decimal(0) if not position.is_open else None if last is None else position.unrealised_pnl(last)
        day = position.realised_pnl if not position.is_open else None if last is None else position.day_pnl(last)
        return PositionView(
            account,
            position,
            last,
            unrealised,
            position.realised_pnl,
            day,
            None,
            self.differs.get(position.key),
        )


class ScriptedConnector:
    """Connects every account but those in ``errors``."""

    def __init__(self) -> None:
        self.errors: dict[AccountId, BhavError] = {}
        self.asked: list[AccountId] = []

    async def connect(self, account: Account, funds: Decimal) -> datetime | None:
        """Up at once."""
        self.asked.append(account.id)
        if account.id in self.errors:
            raise self.errors[account.id]
        return None

    async def disconnect(self, account: Account) -> None:
        """Down at once."""


class Book(ScriptedTerminal):
    """The scripted terminal with a book: empty until `fill_day`, connected after `await connect()`."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        for name, (instrument, last, close) in MORE.items():
            self.market.instruments[name] = instrument
            self.market.quotes[name] = quote_of(name, last, close, tick=str(instrument.tick_size))
        self.book = BookOrders(self.bus, self.clock, self.market)
        self.orders = self.book
        self.portfolio = ScriptedPortfolio(self.market)
        self.connector = ScriptedConnector()
        self.terminal.orders = cast("Any", self.book)
        self.terminal.portfolio = cast("Any", self.portfolio)
        self.start_desk()

    async def connect(self, *, failing: dict[AccountId, BhavError] | None = None) -> None:
        """Bring the accounts up, but for those that fail."""
        self.connector.errors = dict(failing or {})
        await self.accounts.start(self.connector)

    def set_positions(self, account: AccountId, positions: Sequence[Position]) -> None:
        """Replace an account's positions and tell of it."""
        self.portfolio.positions_[account] = list(positions)
        for position in positions:
            self.bus.publish(PositionChanged(account, position))

    def set_holdings(self, account: AccountId, holdings: Sequence[Holding]) -> None:
        """Replace an account's holdings and tell of it."""
        self.portfolio.holdings_[account] = list(holdings)
        self.bus.publish(HoldingsChanged(account, tuple(holdings)))

    def set_funds(self, account: AccountId, funds: Funds) -> None:
        """Replace an account's money and tell of it."""
        self.portfolio.funds_[account] = funds
        self.bus.publish(FundsChanged(account, funds))

    def fill_day(self, account: AccountId = PAPER) -> None:
        """Seven positions, a dozen orders in every state, their fills, holdings and money."""
        self.set_positions(account, positions())
        self.portfolio.differs[PositionKey(HDFC, Product.INTRADAY)] = Position(HDFC, Product.INTRADAY, quantity=-350)
        for order in orders():
            self.book.book.insert(0, (account, order))
        for order in orders():
            if order.status is OrderStatus.FILLED:
                self.book.add_fill(account, fill_of(order))
            assert order.client_id is not None
            self.book.events[order.client_id] = _events_of(order)
        self.set_holdings(account, holdings())
        self.set_funds(account, funds())


def positions() -> list[Position]:
    """Longs and shorts, a closed one, one that was carried."""
    flat = Position(INFY, Product.INTRADAY, realised_pnl=Decimal("-1340.00"), buy_quantity=200, sell_quantity=200)
    return [
        _long(CALL, Product.CARRY, 130, "104.25"),
        _long(PUT, Product.CARRY, -60, "312.40"),
        _long(RELIANCE, Product.INTRADAY, 250, "1412.36"),
        _long(HDFC, Product.INTRADAY, -400, "987.40"),
        replace(flat, buy_value=Decimal(317520), sell_value=Decimal(316180)),
        Position(
            FUTURE,
            Product.CARRY,
            65,
            Decimal("24768.00"),
            carried_quantity=65,
            carried_price=Decimal("24740.00"),
        ),
    ]


def _long(id: InstrumentId, product: Product, quantity: int, average: str) -> Position:
    price = Decimal(average)
    value = price * abs(quantity)
    if quantity > 0:
        return Position(id, product, quantity, price, buy_quantity=quantity, buy_value=value)
    return Position(id, product, quantity, price, sell_quantity=-quantity, sell_value=value)


def make_order(
    number: int,
    side: Side,
    id: InstrumentId,
    quantity: int,
    price: str | None,
    status: OrderStatus,
    minutes_ago: float,
    **fields: Any,
) -> Order:
    """One order; ``trigger`` makes it a stop."""
    trigger = fields.pop("trigger", None)
    kind = OrderType.SL if trigger else OrderType.LIMIT if price else OrderType.MARKET
    product = Product.CARRY if id.expiry is not None else Product.INTRADAY
    request = OrderRequest(
        id,
        side,
        quantity,
        kind,
        product,
        limit_price=Decimal(price) if price else None,
        trigger_price=Decimal(trigger) if trigger else None,
    )
    time = NOW - timedelta(minutes=minutes_ago)
    named = status not in (OrderStatus.UNKNOWN, OrderStatus.DENIED, OrderStatus.INTENDED)
    filled = quantity if status is OrderStatus.FILLED else fields.pop("filled_quantity", 0)
    return Order(
        request,
        status,
        time,
        time + timedelta(seconds=1),
        ClientOrderId(f"DAY{number:04d}"),
        ClientTag(f"BH7Q2M4K{number:02d}"),
        BrokerOrderId(f"2611200000{number:04d}") if named else None,
        filled_quantity=filled,
        average_price=Decimal(price or "100") if filled else None,
        **fields,
    )


def orders() -> list[Order]:
    """Oldest first."""
    silent = "No answer: the broker did not answer within 5 s. The broker is being asked."
    refused = "NSE: 17070 The price is out of the current execution range"
    return [
        make_order(1, Side.BUY, FUTURE, 65, "24768.00", OrderStatus.FILLED, 318),
        make_order(2, Side.BUY, RELIANCE, 150, "1411.20", OrderStatus.FILLED, 305),
        make_order(3, Side.SELL, PUT, 60, "312.40", OrderStatus.FILLED, 271),
        make_order(4, Side.BUY, RELIANCE, 100, "1414.10", OrderStatus.FILLED, 263),
        make_order(5, Side.SELL, HDFC, 400, "987.40", OrderStatus.FILLED, 235),
        make_order(6, Side.BUY, CALL, 130, "104.30", OrderStatus.FILLED, 195),
        make_order(7, Side.BUY, HDFC, 400, "980.00", OrderStatus.CANCELLED, 108, reason="By you at 13:10:24"),
        make_order(8, Side.SELL, CALL, 130, "132.00", OrderStatus.OPEN, 74),
        make_order(9, Side.SELL, RELIANCE, 250, "1404.00", OrderStatus.TRIGGER_PENDING, 34, trigger="1405.00"),
        make_order(10, Side.SELL, FUTURE, 300, "24890.00", OrderStatus.DENIED, 25, reason="10 lots; your limit is 5 lots per order."),
        make_order(11, Side.BUY, INFY, 100, "1760.00", OrderStatus.REJECTED, 16, reason=refused),
        make_order(12, Side.BUY, RELIANCE, 50, "1408.00", OrderStatus.OPEN, 5, pending=OrderPending.NONE),
        make_order(13, Side.BUY, PUT, 60, "268.00", OrderStatus.UNKNOWN, 0.3, reason=silent),
    ]  # fmt: skip


def fill_of(order: Order) -> Fill:
    """The one fill of a filled order."""
    assert order.broker_id is not None
    assert order.request.limit_price is not None
    return Fill(
        TradeId(f"7{order.broker_id[-6:]}"),
        order.broker_id,
        order.instrument,
        order.request.side,
        order.request.product,
        order.request.quantity,
        order.request.limit_price,
        order.updated_at,
    )


def _events_of(order: Order) -> list[OrderEvent]:
    assert order.client_id is not None
    hops: list[tuple[float, OrderEventKind, str]] = [
        (0.198, OrderEventKind.INTENT, "Written to disk before anything is sent."),
        (0.204, OrderEventKind.SENT, "Sent to the broker."),
    ]
    if order.status is OrderStatus.UNKNOWN:
        hops += [
            (5.205, OrderEventKind.NO_ANSWER, order.reason),
            (5.41, OrderEventKind.ASKED, "The broker is being asked whether it has the order."),
        ]
    elif order.status is OrderStatus.REJECTED:
        hops.append((0.31, OrderEventKind.REJECTED, f"Refused: {order.reason}"))
    else:
        hops.append((0.261, OrderEventKind.ACKNOWLEDGED, f"The broker took it as {order.broker_id}."))
    if order.status is OrderStatus.FILLED:
        hops.append((1.0, OrderEventKind.FILLED, f"{order.filled_quantity} filled at {order.average_price}."))
    return [OrderEvent(order.client_id, order.placed_at + timedelta(seconds=at), kind, text) for at, kind, text in hops]


def holdings() -> list[Holding]:
    """Settled, partly unsettled, partly pledged."""
    return [
        Holding(RELIANCE, 120, Decimal("1288.40")),
        Holding(HDFC, 300, Decimal("1004.10"), t1_quantity=50, used_quantity=100),
        Holding(INFY, 80, Decimal("1490.00"), pledged_quantity=40),
    ]


def funds() -> Funds:
    """With parts."""
    return Funds(
        Decimal(1000000),
        Decimal("914229.37"),
        Decimal("85770.63"),
        NOW,
        Decimal(25000),
        (("span", Decimal("52310.00")), ("exposure", Decimal("18460.63")), ("premium", Decimal("15000.00"))),
    )
