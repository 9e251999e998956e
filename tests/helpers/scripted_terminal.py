"""A `Terminal` whose services say what a test wrote down, and a desk to put panels on.

Bus, settings, watchlists, accounts, notices and the rules of the market are the real ones; prices, orders and money are scripted.
Panels' tests share it: add what is missing, keep what is there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, cast

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray
from PySide6.QtWidgets import QWidget

from terminal_app.brokers.base import Capabilities
from terminal_app.domain.account import Account, Connection
from terminal_app.domain.bus import Bus
from terminal_app.domain.clock import at_ist
from terminal_app.domain.enums import (
    AccountKind,
    ConnectionState,
    Exchange,
    FeedMode,
    OptionKind,
    OrderStatus,
    Product,
    Segment,
    SessionPhase,
    TradingState,
)
from terminal_app.domain.errors import BhavError
from terminal_app.domain.fill import Fill
from terminal_app.domain.ids import AccountId, ClientOrderId, InstrumentId
from terminal_app.domain.instrument import Instrument
from terminal_app.domain.market import Depth, DepthLevel, Quote
from terminal_app.domain.messages import OrderChanged, TradingStateChanged
from terminal_app.domain.order import Order, OrderChange, OrderRequest
from terminal_app.services.accounts import AccountService
from terminal_app.services.notices import NoticeService
from terminal_app.services.orders import Preview, StateView, TicketRules
from terminal_app.services.settings import SettingsService
from terminal_app.services.terminal import Terminal
from terminal_app.services.watchlists import WatchlistService
from terminal_app.trading.checks import Problem, check
from terminal_app.trading.slices import plan_slices
from terminal_app.ui.actions import Actions
from terminal_app.ui.bridge import Bridge
from terminal_app.ui.desk import Desk
from terminal_app.ui.snapshot import Snapshot
from tests.helpers.scripted_sessions import ScriptedSessions

PAPER, LIVE = AccountId("paper"), AccountId("zerodha")
EXPIRY = date(2026, 11, 23)
NOW = at_ist(2026, 11, 20, 14, 36, 8)
RELIANCE = InstrumentId.equity(Exchange.NSE, "RELIANCE")
INFY = InstrumentId.equity(Exchange.NSE, "INFY")
NIFTY = InstrumentId.index(Exchange.NSE, "NIFTY 50")
CALL = InstrumentId.option(Exchange.NSE, "NIFTY", EXPIRY, Decimal(24800), OptionKind.CE)

INSTRUMENTS = {
    RELIANCE: Instrument(RELIANCE, "RELIANCE INDUSTRIES", 1, Decimal("0.10")),
    INFY: Instrument(INFY, "INFOSYS", 1, Decimal("0.10")),
    NIFTY: Instrument(NIFTY, "NIFTY 50", 1, Decimal("0.05")),
    CALL: Instrument(CALL, "NIFTY", 65, Decimal("0.05"), freeze_quantity=1800),
}
QUOTES = {
    RELIANCE: ("1421.80", "1404.60"),
    INFY: ("1578.20", "1587.60"),
    NIFTY: ("24812.35", "24708.30"),
    CALL: ("118.40", "98.60"),
}
CAPABILITIES = Capabilities(
    products={
        Segment.CASH: (Product.INTRADAY, Product.DELIVERY),
        Segment.FNO: (Product.INTRADAY, Product.CARRY),
    },
    product_codes={Product.INTRADAY: "MIS", Product.DELIVERY: "CNC", Product.CARRY: "NRML"},
)


class ScriptedClock:
    """Stands still until a test moves it."""

    label = ""

    def __init__(self, now: datetime = NOW) -> None:
        self._now = now

    def now(self) -> datetime:
        """Aware UTC."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._now += timedelta(seconds=seconds)


class MemoryStore:
    """A small file that is none."""

    def __init__(self, content: dict[str, Any] | None = None) -> None:
        self.content = dict(content or {})

    def load(self) -> dict[str, Any]:
        """What was saved."""
        return dict(self.content)

    def save(self, content: dict[str, Any]) -> None:
        """Keep it."""
        self.content = dict(content)


def quote_of(id: InstrumentId, last: str, close: str, *, tick: str = "0.10") -> Quote:
    """A quote with five levels a side around the last price."""
    price, step = Decimal(last), Decimal(tick)
    levels = [(price - step * (1 + at), price + step * at) for at in range(5)]
    depth = Depth(
        tuple(DepthLevel(bid, 1240 + 100 * at, 9 + at) for at, (bid, _) in enumerate(levels)),
        tuple(DepthLevel(ask, 640 + 100 * at, 4 + at) for at, (_, ask) in enumerate(levels)),
        284615,
        331040,
    )
    return Quote(id, price, 25, price, price, price, Decimal(close), 53911, price, depth=depth, time=NOW)


class ScriptedRows:
    """Rows of a live grid, read from the scripted quotes."""

    def __init__(self, market: ScriptedMarket, ids: Sequence[InstrumentId]) -> None:
        self._market, self._ids = market, list(ids)
        self.changed = set(range(len(self._ids)))
        market.readers.append(self)

    def take(self) -> NDArray[np.intp]:
        """Positions that changed since the last call."""
        positions = np.array(sorted(self.changed), np.intp)
        self.changed.clear()
        return positions

    def touch(self, id: InstrumentId) -> None:
        """This instrument's price changed."""
        self.changed.update(at for at, name in enumerate(self._ids) if name == id)

    def close(self) -> None:
        """No longer told."""
        self._market.readers.remove(self)

    def directions(self, positions: NDArray[np.intp]) -> NDArray[np.int8]:
        """Everything stood still."""
        return np.zeros(len(positions), np.int8)

    def __getattr__(self, name: str) -> Callable[[NDArray[np.intp]], NDArray[np.float64]]:
        """`last_price`, `change`, `bid` and the like, by position; NaN where not known."""
        if name.startswith("_"):
            raise AttributeError(name)

        def values(positions: NDArray[np.intp]) -> NDArray[np.float64]:
            found = [getattr(self._market.quote(self._ids[int(at)]), name) for at in positions]
            return np.array([np.nan if value is None else float(value) for value in found])

        return values


class ScriptedMarket:
    """Prices as a test set them."""

    def __init__(self) -> None:
        self.instruments = dict(INSTRUMENTS)
        self.quotes = {
            name: quote_of(name, last, close, tick=str(INSTRUMENTS[name].tick_size))
            for name, (last, close) in QUOTES.items()
        }
        self.ages: dict[InstrumentId, float] = {}
        self.phases: dict[InstrumentId, SessionPhase] = {}
        self.readers: list[ScriptedRows] = []
        self.wanted: dict[Hashable, tuple[tuple[InstrumentId, ...], FeedMode]] = {}

    def set_price(self, id: InstrumentId, last: str) -> None:
        """A new price, which rows hear of."""
        close = self.quotes[id].previous_close if id in self.quotes else None
        tick = str(self.instruments[id].tick_size)
        self.quotes[id] = quote_of(id, last, str(close or last), tick=tick)
        for reader in self.readers:
            reader.touch(id)

    @property
    def has_instruments(self) -> bool:
        """Whether there is any."""
        return bool(self.instruments)

    def search(self, text: str, limit: int = 30) -> list[Instrument]:
        """Whose label has the text."""
        return [one for one in self.instruments.values() if text.casefold() in one.label.casefold()][:limit]

    def instrument(self, id: InstrumentId) -> Instrument | None:
        """The contract."""
        return self.instruments.get(id)

    def label(self, id: InstrumentId) -> str:
        """Its name."""
        return Instrument(id, "", 1, Decimal(0)).label

    def contracts(self, underlying: str) -> list[Instrument]:
        """Derivatives on it."""
        return [one for one in self.instruments.values() if one.is_derivative and one.underlying == underlying]

    def watch(self, owner: Hashable, ids: Sequence[InstrumentId], mode: FeedMode = FeedMode.QUOTE) -> None:
        """Remembered in ``wanted``."""
        self.wanted[owner] = (tuple(ids), mode)

    def release(self, owner: Hashable) -> None:
        """Forgotten."""
        self.wanted.pop(owner, None)

    def quote(self, id: InstrumentId) -> Quote:
        """The quote; empty where there is none."""
        return self.quotes.get(id, Quote(id))

    def last_price(self, id: InstrumentId) -> Decimal | None:
        """The last price."""
        return self.quote(id).last_price

    def rows(self, ids: Sequence[InstrumentId]) -> ScriptedRows:
        """Rows for a live grid."""
        return ScriptedRows(self, ids)

    def age_s(self, id: InstrumentId) -> float | None:
        """As set in ``ages``, else fresh."""
        return self.ages.get(id, 0.2 if id in self.quotes else None)

    def is_old(self, id: InstrumentId) -> bool:
        """Over five seconds."""
        age = self.age_s(id)
        return age is not None and age > 5

    def phase(self, id: InstrumentId) -> SessionPhase:
        """As set in ``phases``, else open."""
        return self.phases.get(id, SessionPhase.CONTINUOUS)

    def summary(self) -> str:
        """The markets in words."""
        return "NSE open, cash closes 15:15, F&O 15:40"


@dataclass
class ScriptedOrders:
    """Orders that are counted, not sent. ``gate`` holds answers back until it is set; ``errors`` are raised in turn."""

    bus: Bus
    clock: ScriptedClock
    market: ScriptedMarket
    placed: list[tuple[AccountId, OrderRequest]] = field(default_factory=list)
    changes: list[tuple[AccountId, ClientOrderId, OrderChange]] = field(default_factory=list)
    cancelled: list[tuple[AccountId, ClientOrderId]] = field(default_factory=list)
    previews: list[tuple[AccountId, OrderRequest]] = field(default_factory=list)
    book: list[tuple[AccountId, Order]] = field(default_factory=list)
    states: dict[AccountId | None, StateView] = field(default_factory=dict)
    free: dict[AccountId, Decimal] = field(default_factory=lambda: {PAPER: Decimal("914229.37"), LIVE: Decimal(341200)})
    margin_percent: Decimal = Decimal(100)
    closes: int = 0
    pnl_if_closed: Decimal | None = None
    question: str | None = None
    disconnected: set[AccountId] = field(default_factory=set)
    status: OrderStatus = OrderStatus.OPEN
    reason: str = ""
    errors: list[BhavError] = field(default_factory=list)
    preview_errors: list[BhavError] = field(default_factory=list)
    gate: asyncio.Event | None = None
    preview_gate: asyncio.Event | None = None

    def rules(self, account: AccountId, id: InstrumentId) -> TicketRules:
        """By the capabilities of a plain broker."""
        instrument = self.market.instrument(id)
        if instrument is None:
            return TicketRules(reason=f"{id.symbol} is not listed today.")
        if not instrument.is_tradable:
            return TicketRules(reason="An index is shown, not traded. Trade its futures and options.")
        if account in self.disconnected:
            return TicketRules(reason="The account is not connected.")
        products = CAPABILITIES.products[instrument.segment]
        return TicketRules(
            products, CAPABILITIES.product_codes, CAPABILITIES.order_types, CAPABILITIES.validities, tradable=True
        )

    def problems(self, account: AccountId, request: OrderRequest) -> list[Problem]:
        """The real checks."""
        market, id = self.market, request.instrument  # noqa: A001
        return check(request, market.instrument(id), CAPABILITIES, market.quote(id), market.phase(id))

    async def preview(self, account: AccountId, request: OrderRequest) -> Preview:
        """Margin at ``margin_percent`` of the value."""
        self.previews.append((account, request))
        if self.preview_gate is not None:
            await self.preview_gate.wait()
        if self.preview_errors:
            raise self.preview_errors.pop(0)
        instrument = self.market.instruments[request.instrument]
        price = request.limit_price or self.market.last_price(request.instrument) or Decimal(0)
        closes = min(self.closes, request.quantity)
        opens = request.quantity - closes
        worst = request.limit_price or price * (1 - request.side.sign * Decimal("-0.02"))
        return Preview(
            price * opens * self.margin_percent / 100,
            self.free[account],
            worst,
            "your limit" if request.limit_price else "2 % protection",
            plan_slices(request.quantity, instrument),
            closes,
            self.pnl_if_closed if closes else None,
        )

    def confirmation(self, account: AccountId, request: OrderRequest) -> str | None:
        """As set in ``question``."""
        return self.question

    async def place(self, account: AccountId, request: OrderRequest) -> tuple[Order, ...]:
        """Count it, slice it, answer with ``status``."""
        self.placed.append((account, request))
        if self.errors:
            raise self.errors.pop(0)
        orders = []
        for units in plan_slices(request.quantity, self.market.instruments[request.instrument]):
            order = self.add_order(account, replace(request, quantity=units), OrderStatus.SUBMITTED)
            if self.gate is not None:
                await self.gate.wait()
            orders.append(self.change_order(account, order, status=self.status, reason=self.reason))
        return tuple(orders)

    async def modify(self, account: AccountId, client_id: ClientOrderId, change: OrderChange) -> Order:
        """Count it."""
        self.changes.append((account, client_id, change))
        if self.gate is not None:
            await self.gate.wait()
        if self.errors:
            raise self.errors.pop(0)
        order = next(order for _, order in self.book if order.client_id == client_id)
        fields = {
            name: value
            for name in ("quantity", "limit_price", "trigger_price", "order_type", "validity")
            if (value := getattr(change, name)) is not None
        }
        return self.change_order(account, order, request=replace(order.request, **fields))

    async def cancel(self, account: AccountId, client_id: ClientOrderId) -> Order:
        """Count it and cancel it."""
        self.cancelled.append((account, client_id))
        order = next(order for _, order in self.book if order.client_id == client_id)
        return self.change_order(account, order, status=OrderStatus.CANCELLED)

    def add_order(self, account: AccountId, request: OrderRequest, status: OrderStatus, **fields: Any) -> Order:
        """Put an order into the book and tell of it."""
        now = self.clock.now()
        client_id = ClientOrderId(f"BHAV{len(self.book) + 1:04d}")
        order = Order(request, status, now, now, client_id=client_id, **fields)
        self.book.insert(0, (account, order))
        self.bus.publish(OrderChanged(account, order))
        return order

    def change_order(self, account: AccountId, order: Order, **fields: Any) -> Order:
        """Change an order of the book and tell of it."""
        changed = replace(order, updated_at=self.clock.now(), **fields)
        self.book = [(name, changed if one.client_id == order.client_id else one) for name, one in self.book]
        self.bus.publish(OrderChanged(account, changed))
        return changed

    def orders(self, account: AccountId | None) -> list[tuple[AccountId, Order]]:
        """The book, newest first."""
        return [row for row in self.book if account is None or row[0] == account]

    def fills(self, account: AccountId | None) -> list[tuple[AccountId, Fill]]:
        """None."""
        return []

    def state(self, account: AccountId | None) -> StateView:
        """As set by ``stop``."""
        return self.states.get(account, self.states.get(None, StateView(TradingState.NORMAL, "", None)))

    def stop(self, state: TradingState, reason: str = "you stopped them") -> None:
        """Change the trading state of all accounts and tell of it."""
        now = self.clock.now()
        self.states = {None: StateView(state, reason, now)}
        self.bus.publish(TradingStateChanged(None, state, reason, now))


class ScriptedTerminal:
    """Services, snapshot and desk of one window. Two accounts: PAPER, and LIVE at Zerodha; PAPER is chosen."""

    def __init__(self, window: QWidget) -> None:
        self.faults: list[BaseException] = []
        self.bus = Bus(lambda error, _message: self.faults.append(error))
        self.clock = ScriptedClock()
        self.settings = SettingsService(MemoryStore(), self.bus.publish)
        self.watchlists = WatchlistService(MemoryStore(), self.bus.publish)
        rows = [
            {"id": PAPER, "broker": "paper", "name": "Paper", "kind": AccountKind.PAPER.value, "active": True},
            {
                "id": LIVE,
                "broker": "zerodha",
                "name": "AB1234",
                "kind": AccountKind.LIVE.value,
                "active": True,
                "client_id": "AB1234",
            },
        ]
        store = MemoryStore({"accounts": rows, "current": PAPER})
        self.accounts = AccountService(store, self.bus, lambda: self.clock)
        self.sessions = ScriptedSessions(self.accounts, self.clock)
        self.notices = NoticeService(self.bus, self.clock)
        self.market = ScriptedMarket()
        self.orders = ScriptedOrders(self.bus, self.clock, self.market)
        self.snapshot = Snapshot(self.bus, self.settings, self.watchlists, self.accounts, MemoryStore())
        self.bridge = Bridge(self.bus, window)
        self.actions = Actions(window, {})
        self.desk = Desk(self.actions, self.bridge, window)
        self.toasts: list[tuple[str, str, str]] = []
        self.desk.toast_wanted.connect(lambda *words: self.toasts.append(words))
        self.terminal = Terminal(
            bus=self.bus,
            clock=self.clock,
            settings=self.settings,
            watchlists=self.watchlists,
            accounts=self.accounts,
            sessions=cast("Any", self.sessions),
            notices=self.notices,
            market=cast("Any", self.market),
            charts=cast("Any", None),
            orders=cast("Any", self.orders),
            portfolio=cast("Any", None),
            replay=None,
            prices_from="practice market",
            storage_text=lambda: "storage ok",
            loop_lag_ms=lambda: 3.0,
            diagnostics=lambda: "Bhav",
        )

    def start_desk(self) -> None:
        """Give the desk its terminal without the timers: tests emit ``frame`` and ``second`` themselves."""
        self.desk.terminal = self.terminal

    def account(self, id: AccountId) -> Account:
        """One of the two accounts."""
        return self.accounts.get(id)

    def connection(self, state: ConnectionState = ConnectionState.LIVE) -> Connection:
        """A lamp."""
        return Connection(state, since=self.clock.now())
