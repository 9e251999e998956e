"""What is particular to paper: nothing is told before it is written, faults, restarts, two accounts, opening by name."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path

import pytest

from terminal_app.brokers.paper.broker import PaperBroker
from terminal_app.brokers.paper.config import data_folder, practice_venue
from terminal_app.brokers.paper.feed import MOST_ROWS
from terminal_app.brokers.paper.ledger import MemoryLedger
from terminal_app.brokers.registry import broker_names, open_broker
from terminal_app.domain.enums import FeedMode, OrderStatus, Side
from terminal_app.domain.errors import (
    BrokerError,
    BrokerUnavailable,
    ConfigError,
    OrderRejected,
    OrderUnknown,
    StorageError,
)
from terminal_app.domain.ids import AccountId, ClientTag
from terminal_app.domain.ledger import LedgerState
from terminal_app.domain.order import OrderRef
from terminal_app.simulator.faults import Faults
from terminal_app.simulator.venue import Venue
from tests.contract.benches import NoPrompter
from tests.helpers.market_script import RELIANCE, TCS, Floor, HandClock, request

BUY, SELL = Side.BUY, Side.SELL
ACCOUNT = AccountId("P1")
TAG = ClientTag("t1")


class WatchedLedger(MemoryLedger):
    """A ledger whose writing can be held up and can fail."""

    def __init__(self) -> None:
        super().__init__()
        self.may_write = asyncio.Event()
        self.may_write.set()
        self.begun = asyncio.Event()
        self.fails = False
        self.writes = 0

    async def append(
        self, account: AccountId, *, orders: Mapping[str, str], fills: Sequence[tuple[str, str]], state: str | None
    ) -> None:
        self.begun.set()
        await self.may_write.wait()
        if self.fails:
            raise StorageError("The disk is full.")
        self.writes += 1
        await super().append(account, orders=orders, fills=fills, state=state)


class Desk:
    """A floor, a ledger and a paper broker on them."""

    def __init__(self, faults: Faults | None = None) -> None:
        self.floor = Floor(faults=faults)
        self.floor.quote("100", [("99.95", 500)], [("100.05", 500)])
        self.ledger = WatchedLedger()
        self.venue = Venue(self.floor.exchange, HandClock(self.floor.now))
        self.broker = PaperBroker(self.venue, ACCOUNT, self.ledger)


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    made = Desk()
    await made.broker.login(NoPrompter())
    yield made
    made.ledger.may_write.set()
    await made.broker.aclose()


async def test_nothing_is_told_before_the_ledger_has_it(desk: Desk) -> None:
    desk.ledger.may_write.clear()
    placing = asyncio.ensure_future(desk.broker.execution.place(request(BUY, 10, "100.05"), TAG))
    await desk.ledger.begun.wait()
    asking = asyncio.ensure_future(desk.broker.fills())
    hearing = asyncio.ensure_future(anext(desk.broker.order_updates))
    for _ in range(5):
        await asyncio.sleep(0)
    assert [one.done() for one in (placing, asking, hearing)] == [False] * 3
    desk.ledger.may_write.set()
    order_id = await placing
    assert (await hearing).order.broker_id == order_id
    assert len(await asking) == 1
    state = await desk.ledger.load(ACCOUNT)
    assert state is not None
    assert set(state.orders) == {order_id}


async def test_what_cannot_be_written_is_refused_and_undone(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    kept = await desk.broker.execution.place(request(BUY, 10, "95"), TAG)
    desk.ledger.fails = True
    with caplog.at_level(logging.CRITICAL, logger="terminal_app.brokers.paper.journal"):
        with pytest.raises(OrderRejected, match=r"nothing was done: The disk is full\."):
            await desk.broker.execution.place(request(BUY, 10, "100.05"), TAG)
        with pytest.raises(OrderRejected):
            await desk.broker.execution.cancel(OrderRef(kept, RELIANCE))
    desk.ledger.fails = False
    assert [(one.broker_id, one.status) for one in await desk.broker.orders()] == [(kept, OrderStatus.OPEN)]
    assert await desk.broker.fills() == []
    await desk.broker.execution.cancel(OrderRef(kept, RELIANCE))
    assert (await desk.broker.orders())[0].status is OrderStatus.CANCELLED


async def test_a_market_fill_that_cannot_be_written_did_not_happen(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    await desk.broker.execution.place(request(BUY, 10, "99.90"), TAG)
    desk.ledger.fails = True
    with caplog.at_level(logging.CRITICAL, logger="terminal_app.brokers.paper.journal"):
        desk.floor.step("99.85", 500, [("99.80", 5)], [("99.90", 5)])
        with pytest.raises(BrokerUnavailable, match="The disk is full"):
            await desk.broker.fills()
    desk.ledger.fails = False
    assert await desk.broker.fills() == []
    desk.floor.step("99.85", 500, [("99.80", 5)], [("99.90", 5)])
    assert [fill.quantity for fill in await desk.broker.fills()] == [10]


async def test_many_events_are_written_in_one_transaction(desk: Desk) -> None:
    exchange = desk.floor.exchange
    for _ in range(20):
        exchange.place(ACCOUNT, request(BUY, 1, "95"), TAG)
    assert len(await desk.broker.orders()) == 20
    assert desk.ledger.writes == 1


async def test_another_process_finds_the_same_book(desk: Desk) -> None:
    await desk.broker.execution.place(request(BUY, 10, "100.05"), TAG)
    await desk.broker.execution.place(request(BUY, 10, "95"), TAG)
    orders, fills = await desk.broker.orders(), await desk.broker.fills()
    funds, positions = await desk.broker.funds(), await desk.broker.positions()
    floor = Floor(start=desk.floor.now)
    other = PaperBroker(Venue(floor.exchange, HandClock(floor.now)), ACCOUNT, desk.ledger, funds=Decimal(7))
    assert await other.orders() == orders
    assert await other.fills() == fills
    assert await other.positions() == positions
    assert (await other.funds()).opening == funds.opening
    await other.aclose()


async def test_two_accounts_of_one_venue_know_nothing_of_each_other(desk: Desk) -> None:
    other = PaperBroker(desk.venue, AccountId("P2"), desk.ledger, funds=Decimal(5_000))
    await desk.broker.execution.place(request(BUY, 100, "100.05"), TAG)
    assert await other.orders() == []
    assert (await other.positions()).net == ()
    assert (await other.funds()).available == Decimal(5_000)
    with pytest.raises(OrderRejected, match="Margin shortfall"):
        await other.execution.place(request(BUY, 10_000, "100.05"), TAG)
    await other.execution.place(request(SELL, 1, "100.50"), TAG)
    assert len(await desk.broker.orders()) == 1
    await other.aclose()
    assert len(await desk.broker.orders()) == 1


async def test_a_damaged_ledger_is_told_and_left_alone() -> None:
    desk = Desk()
    await desk.ledger.append(ACCOUNT, orders={}, fills=[], state='{"version": 99}')
    with pytest.raises(BrokerError, match="ledger of the paper account P1 cannot be read"):
        await desk.broker.funds()
    assert await desk.ledger.load(ACCOUNT) == LedgerState('{"version": 99}')


async def test_a_lost_request_never_arrived_and_a_lost_answer_did() -> None:
    desk = Desk(Faults(lose_before=1, lose_after=1))
    with pytest.raises(OrderUnknown):
        await desk.broker.execution.place(request(BUY, 1, "95"), TAG)
    assert await desk.broker.orders() == []
    with pytest.raises(OrderUnknown):
        await desk.broker.execution.place(request(BUY, 1, "95"), TAG)
    assert [one.tag for one in await desk.broker.orders()] == [TAG]
    await desk.broker.aclose()


async def test_a_late_answer_comes_after_the_update() -> None:
    desk = Desk(Faults(answer_delay_s=0.05))
    placing = asyncio.ensure_future(desk.broker.execution.place(request(BUY, 1, "95"), TAG))
    update = await anext(desk.broker.order_updates)
    assert not placing.done()
    assert await placing == update.order.broker_id
    await desk.broker.aclose()


async def test_a_doubled_update_says_the_same_twice() -> None:
    desk = Desk(Faults(duplicate_updates=1))
    await desk.broker.execution.place(request(BUY, 1, "100.05"), TAG)
    first, second = await anext(desk.broker.order_updates), await anext(desk.broker.order_updates)
    assert first == second
    assert len(first.fills) == 1
    await desk.broker.aclose()


async def test_a_silent_feed_says_nothing_until_it_speaks_again(desk: Desk) -> None:
    await desk.broker.feed.subscribe([RELIANCE], FeedMode.FULL)
    await anext(desk.broker.feed)
    desk.floor.exchange.faults.silent_feed = True
    desk.floor.step("101", 5)
    desk.floor.exchange.faults.silent_feed = False
    desk.floor.step("102", 5)
    batch = await anext(desk.broker.feed)
    assert batch.last_price.tolist() == [102.0]


async def test_a_reader_that_keeps_up_gets_every_step(desk: Desk) -> None:
    await desk.broker.feed.subscribe([RELIANCE], FeedMode.FULL)
    await anext(desk.broker.feed)
    for price in ("101", "102", "103"):
        desk.floor.step(price, 5)
    batch = await anext(desk.broker.feed)
    assert batch.last_price.tolist() == [101.0, 102.0, 103.0]


async def test_a_slow_reader_gets_the_newest_price_of_each_instrument(desk: Desk) -> None:
    await desk.broker.feed.subscribe([RELIANCE, TCS], FeedMode.FULL)
    desk.floor.step("50", id=TCS)
    for number in range(MOST_ROWS + 10):
        desk.floor.step(str(100 + number % 5), 1, after_s=0.001)
    batch = await anext(desk.broker.feed)
    assert len(batch) == 2
    assert sorted(batch.last_price.tolist()) == [50.0, 100.0 + (MOST_ROWS + 9) % 5]


async def test_updates_that_wait_are_merged_without_losing_a_fill(desk: Desk) -> None:
    order_id = await desk.broker.execution.place(request(BUY, 30, "99.90"), TAG)
    for _ in range(3):
        desk.floor.step("99.85", 10, [("99.80", 5)], [("99.90", 5)])
    await desk.broker.fills()
    update = await anext(desk.broker.order_updates)
    assert (update.order.broker_id, update.order.status) == (order_id, OrderStatus.FILLED)
    assert [fill.quantity for fill in update.fills] == [10, 10, 10]


@pytest.mark.parametrize(
    ("credentials", "field"),
    [
        ({"funds": "1000"}, "account"),
        ({"account": "P1"}, "funds"),
        ({"account": "P1", "funds": "much"}, "funds"),
        ({"account": "P1", "funds": "-5"}, "funds"),
        ({"account": "P1", "funds": "5", "seed": "x"}, "seed"),
    ],
)
def test_a_wrong_credential_is_named(credentials: dict[str, str], field: str) -> None:
    with pytest.raises(ConfigError) as refused:
        open_broker("paper", credentials=credentials)
    assert refused.value.field == field


def test_a_broker_that_nobody_knows_is_refused() -> None:
    with pytest.raises(ConfigError, match="not a broker we know"):
        open_broker("nobody", credentials={})
    assert "paper" in broker_names()


async def test_paper_opened_by_name_trades_on_a_practice_market_of_its_own() -> None:
    broker = open_broker("paper", credentials={"account": "P1", "funds": "250000", "seed": "7"})
    assert (await broker.funds()).available == Decimal(250_000)
    listed = {one.id for one in (await broker.instruments()).instruments}
    assert RELIANCE in listed
    await broker.feed.subscribe([RELIANCE], FeedMode.FULL)
    batch = await asyncio.wait_for(anext(broker.feed), 10)
    assert batch.last_price[0] > 0
    await broker.aclose()


def test_a_missing_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"holidays\.json could not be read"):
        practice_venue(1, tmp_path)
    assert (data_folder() / "margins.json").exists()
