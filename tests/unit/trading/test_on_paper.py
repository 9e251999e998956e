"""The desk, the portfolio and the exits on the real paper broker and the real database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest

from terminal_app.brokers.paper.broker import PaperBroker
from terminal_app.brokers.paper.ledger import MemoryLedger
from terminal_app.domain.bus import Bus
from terminal_app.domain.enums import OrderStatus, Product, Side
from terminal_app.domain.messages import FillAdded
from terminal_app.domain.order import Order, OrderChange
from terminal_app.domain.position import PositionKey
from terminal_app.simulator.venue import Venue
from terminal_app.storage.database import Database
from terminal_app.storage.orders import OrderRepository
from terminal_app.storage.pnl import PnlRepository
from terminal_app.storage.positions import PositionRepository
from terminal_app.trading.desk import OrderDesk
from terminal_app.trading.exits import ExitPatience, Exits
from terminal_app.trading.gate import Gate
from terminal_app.trading.portfolio import Portfolio, Rhythm
from tests.helpers.market_script import ACCOUNT, RELIANCE, TCS, Floor, clock, hours, request
from tests.unit.trading.scripted import QUICK, MemoryGateStore, eventually

D = Decimal
S = OrderStatus
KEY = PositionKey(RELIANCE, Product.INTRADAY)


class FloorClock:
    """The exchange's own time."""

    label = "test"

    def __init__(self, floor: Floor) -> None:
        self._floor = floor

    def now(self) -> object:
        return self._floor.now


@dataclass
class Terminal:
    """Everything between a wish and the simulated exchange, with a floor that a test moves by hand."""

    floor: Floor
    broker: PaperBroker
    desk: OrderDesk
    portfolio: Portfolio
    exits: Exits
    bus: Bus
    errors: list[BaseException]

    async def submit(self, side: Side, quantity: int, price: str | None = None, **fields: object) -> Order:
        order = await self.desk.submit(ACCOUNT, request(side, quantity, price, **fields))  # type: ignore[arg-type]
        assert order.status not in (S.DENIED, S.REJECTED), order.reason
        return order

    async def becomes(self, order: Order, status: OrderStatus) -> Order:
        await eventually(lambda: self.now(order).status is status)
        return self.now(order)

    def now(self, order: Order) -> Order:
        assert order.client_id is not None
        found = self.desk.order(ACCOUNT, order.client_id)
        assert found is not None
        return found

    async def close(self) -> None:
        await self.portfolio.aclose()
        await self.desk.aclose()
        await self.broker.aclose()
        assert self.errors == []


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """A fresh SQLite database."""
    opened = await Database.open(f"sqlite:///{tmp_path / 'bhav.db'}", backups=None)
    yield opened
    await opened.aclose()


async def start(database: Database, floor: Floor, ledger: MemoryLedger) -> Terminal:
    """A terminal over a book that may exist already."""
    floor.exchange.close_account(ACCOUNT)
    time = FloorClock(floor)
    errors: list[BaseException] = []
    bus = Bus(lambda error, _message: errors.append(error))
    broker = PaperBroker(Venue(floor.exchange, time), ACCOUNT, ledger)  # type: ignore[arg-type]
    gate = Gate(MemoryGateStore(), bus, time)  # type: ignore[arg-type]
    calendar = hours()
    parts: list[Portfolio] = []

    class Holder:
        def quantity(self, account: object, key: PositionKey) -> int:
            return parts[0].quantity(account, key)  # type: ignore[arg-type]

        def deliverable(self, account: object, instrument: object) -> int | None:
            return parts[0].deliverable(account, instrument)  # type: ignore[arg-type]

    desk = OrderDesk(
        OrderRepository(database, "test"),
        bus,
        time,  # type: ignore[arg-type]
        floor.market.instrument,
        floor.exchange.quote,
        gate,
        exposure=Holder(),
        phase=calendar.phase,
        patience=QUICK,
    )
    portfolio = Portfolio(
        desk,
        bus,
        time,  # type: ignore[arg-type]
        floor.market.instrument,
        floor.exchange.quote,
        PositionRepository(database, "test"),
        PnlRepository(database, "test"),
        rhythm=Rhythm(gap_s=0.01, read_s=0.1, look_s=0.02),
    )
    parts.append(portfolio)
    exits = Exits(
        desk,
        portfolio,
        time,  # type: ignore[arg-type]
        floor.market.instrument,
        floor.exchange.quote,
        ExitPatience(rounds=3, wait_s=0.3, pause_s=0.01),
    )
    await desk.attach(ACCOUNT, broker, ops_per_second=None)
    await portfolio.attach(ACCOUNT, broker)
    return Terminal(floor, broker, desk, portfolio, exits, bus, errors)


async def test_a_session_by_hand_is_the_same_to_the_paisa_and_after_a_restart(database: Database) -> None:
    floor = Floor(clock("10:00"))
    floor.quote("100", bids=[("99.95", 50)], asks=[("100.05", 6), ("100.10", 50)])
    ledger = MemoryLedger()
    terminal = await start(database, floor, ledger)
    fills: list[object] = []
    terminal.bus.subscribe(FillAdded, fills.append)

    # Buy 10 at 100.05: 6 at the level, 4 rest; raised to 100.10 they fill there.
    bought = await terminal.submit(Side.BUY, 10, "100.05")
    bought = await terminal.becomes(bought, S.PARTIALLY_FILLED)
    assert (bought.filled_quantity, bought.average_price) == (6, D("100.05"))
    assert bought.client_id is not None
    await terminal.desk.modify(ACCOUNT, bought.client_id, OrderChange(limit_price=D("100.10")))
    bought = await terminal.becomes(bought, S.FILLED)
    assert bought.average_price == D("100.07")

    # A stop that is cancelled, then a flip through flat: sell 25 at 99.95.
    stop = await terminal.submit(Side.SELL, 10, "99.00", trigger="99.50")
    await terminal.becomes(stop, S.TRIGGER_PENDING)
    assert stop.client_id is not None
    await terminal.desk.cancel(ACCOUNT, stop.client_id)
    await terminal.becomes(stop, S.CANCELLED)
    flipped = await terminal.submit(Side.SELL, 25, "99.95")
    await terminal.becomes(flipped, S.FILLED)
    await eventually(lambda: terminal.portfolio.quantity(ACCOUNT, KEY) == -15)

    # Realised: 10 x (99.95 - 100.07) = -1.20; short 15 at 99.95, last 100.00: -0.75.
    (view,) = terminal.portfolio.snapshot(ACCOUNT)
    assert (view.position.average_price, view.realised, view.unrealised) == (D("99.95"), D("-1.20"), D("-0.75"))
    assert view.day_pnl == D("-1.95")
    assert len(fills) == 3

    before = (terminal.desk.orders(ACCOUNT), terminal.desk.fills(ACCOUNT), terminal.portfolio.positions(ACCOUNT))
    await terminal.close()
    terminal = await start(database, floor, ledger)
    assert (
        terminal.desk.orders(ACCOUNT),
        terminal.desk.fills(ACCOUNT),
        terminal.portfolio.positions(ACCOUNT),
    ) == before

    # Exit all: buy 15 at 100.10 (the 6 at 100.05 were taken and come back with the next step).
    floor.quote("100", bids=[("99.95", 50)], asks=[("100.10", 50)])
    result = await terminal.exits.exit_all(ACCOUNT)
    assert result.is_flat, result.text
    (view,) = terminal.portfolio.snapshot(ACCOUNT)
    assert (view.position.quantity, view.realised, view.day_pnl) == (0, D("-3.45"), D("-3.45"))
    await terminal.close()


@pytest.mark.parametrize("dial", ["lose_before", "lose_after"])
async def test_a_lost_answer_on_paper_is_settled_and_nothing_doubled(database: Database, dial: str) -> None:
    floor = Floor(clock("10:00"))
    floor.quote("100", bids=[("99.95", 50)], asks=[("100.05", 50)])
    terminal = await start(database, floor, MemoryLedger())
    setattr(floor.exchange.faults, dial, 1)
    order = await terminal.desk.submit(ACCOUNT, request(Side.BUY, 5, "99"))
    settled = await terminal.becomes(order, S.REJECTED if dial == "lose_before" else S.OPEN)
    assert len(floor.exchange.orders(ACCOUNT)) == (0 if dial == "lose_before" else 1)
    assert settled.client_id == order.client_id
    await terminal.close()


async def test_doubled_updates_count_once(database: Database) -> None:
    floor = Floor(clock("10:00"))
    floor.quote("100", bids=[("99.95", 50)], asks=[("100.05", 50)])
    floor.exchange.faults.duplicate_updates = 3
    terminal = await start(database, floor, MemoryLedger())
    order = await terminal.submit(Side.BUY, 5)
    await terminal.becomes(order, S.FILLED)
    await eventually(lambda: floor.exchange.faults.duplicate_updates == 0)
    assert terminal.portfolio.quantity(ACCOUNT, KEY) == 5
    await terminal.close()


async def test_a_refusal_of_the_exchange_keeps_its_words(database: Database) -> None:
    floor = Floor(clock("10:00"), funds=1000)
    floor.quote("100", bids=[("99.95", 50)], asks=[("100.05", 50)])
    ledger = MemoryLedger()
    terminal = await start(database, floor, ledger)
    order = await terminal.desk.submit(ACCOUNT, request(Side.BUY, 100000, "100"))
    assert order.status is S.REJECTED
    assert order.reason.startswith("Margin shortfall")
    await terminal.close()


async def test_orders_of_many_tasks_at_once_are_each_kept(database: Database) -> None:
    floor = Floor(clock("10:00"))
    floor.quote("100", bids=[("99.95", 500)], asks=[("100.05", 500)])
    floor.quote("200", bids=[("199.95", 500)], asks=[("200.05", 500)], id=TCS)
    terminal = await start(database, floor, MemoryLedger())
    orders = await asyncio.gather(
        *(terminal.submit(Side.BUY, number + 1, "99", id=RELIANCE if number % 2 else TCS) for number in range(20))
    )
    for order in orders:
        await terminal.becomes(order, S.OPEN)
    outcomes = await terminal.desk.cancel_all(ACCOUNT)
    assert all(outcome.is_done for outcome in outcomes)
    assert len(outcomes) == 20
    await terminal.close()
