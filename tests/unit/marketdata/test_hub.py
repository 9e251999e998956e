"""The hub: batches reach board and listeners, feeds send what is wanted, and every failure is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from terminal_app.domain.bus import Bus
from terminal_app.domain.clock import SystemClock
from terminal_app.domain.enums import Exchange, FeedMode
from terminal_app.domain.errors import BrokerUnavailable, RateLimited
from terminal_app.domain.ids import AccountId, InstrumentId
from terminal_app.domain.market import TickBatch
from terminal_app.domain.messages import Notice, NoticeCleared, NoticeLevel, NoticePosted
from terminal_app.marketdata.board import QuoteBoard
from terminal_app.marketdata.hub import MarketDataHub
from tests.helpers.async_tests import until
from tests.helpers.log_guard import LogGuard

A, B, C = (InstrumentId.equity(Exchange.NSE, name) for name in "ABC")
ACCOUNT = AccountId("paper-1")


class ScriptedFeed:
    """A feed that yields what it is handed: batches, an error to raise, or None for its end."""

    def __init__(self, *script: TickBatch | Exception | None) -> None:
        self.waiting: asyncio.Queue[TickBatch | Exception | None] = asyncio.Queue()
        for step in script:
            self.waiting.put_nowait(step)
        self.active: dict[InstrumentId, FeedMode] = {}
        self.calls: list[tuple[str, tuple[InstrumentId, ...]]] = []
        self.refusals: list[Exception] = []

    async def subscribe(self, ids: Sequence[InstrumentId], mode: FeedMode) -> None:
        self.calls.append((mode.value, tuple(ids)))
        if self.refusals:
            raise self.refusals.pop(0)
        self.active.update(dict.fromkeys(ids, mode))

    async def unsubscribe(self, ids: Sequence[InstrumentId]) -> None:
        self.calls.append(("off", tuple(ids)))
        for one in ids:
            del self.active[one]

    def __aiter__(self) -> AsyncIterator[TickBatch]:
        return self

    async def __anext__(self) -> TickBatch:
        step = await self.waiting.get()
        if step is None:
            raise StopAsyncIteration
        if isinstance(step, Exception):
            raise step
        return step


class Told:
    """What the bus carried about feeds."""

    def __init__(self, bus: Bus) -> None:
        self.notices: list[Notice] = []
        self.cleared = 0
        bus.subscribe(NoticePosted, lambda message: self.notices.append(message.notice))
        bus.subscribe(NoticeCleared, self._clear)

    def _clear(self, message: NoticeCleared) -> None:
        assert message.topic == "feed"
        self.cleared += 1


def tick(price: float, id: InstrumentId = A) -> TickBatch:
    silent = np.full(1, -1, np.int64)
    return TickBatch([id], np.zeros(1, np.int32), np.array([price]), silent, silent, np.zeros(1, np.int64), 1)


def raise_again(error: BaseException, _: object) -> None:
    raise error


@asynccontextmanager
async def opened() -> AsyncIterator[tuple[MarketDataHub, Told]]:
    bus = Bus(raise_again)
    hub = MarketDataHub(QuoteBoard(), bus, SystemClock(), first_retry_s=0.001)
    try:
        yield hub, Told(bus)
    finally:
        await hub.aclose()


async def test_a_batch_reaches_the_board_before_the_listeners() -> None:
    async with opened() as (hub, _):
        seen: list[Decimal | None] = []
        stop = hub.listen(lambda _: seen.append(hub.board.last_price_of(A)))
        feed = ScriptedFeed(tick(10.0), tick(11.0))
        hub.add_feed("Paper", feed)
        await until(lambda: len(seen) == 2)
        assert seen == [Decimal("10.00"), Decimal("11.00")]
        stop()
        stop()
        feed.waiting.put_nowait(tick(12.0))
        await until(lambda: hub.board.last_price_of(A) == 12)
        assert len(seen) == 2


async def test_the_highest_wanted_mode_is_subscribed_and_the_last_owner_ends_it() -> None:
    async with opened() as (hub, _):
        feed = ScriptedFeed()
        hub.add_feed("Paper", feed)
        hub.want("watchlist", [A, B], FeedMode.QUOTE)
        hub.want("depth", [A], FeedMode.FULL)
        hub.want("index strip", [A, C], FeedMode.LTP)
        await until(lambda: feed.active == {A: FeedMode.FULL, B: FeedMode.QUOTE, C: FeedMode.LTP})
        hub.drop("depth")
        await until(lambda: feed.active[A] is FeedMode.QUOTE)
        hub.want("watchlist", [B], FeedMode.QUOTE)
        await until(lambda: feed.active == {A: FeedMode.LTP, B: FeedMode.QUOTE, C: FeedMode.LTP})
        hub.drop("index strip")
        hub.drop("never wanted anything")
        await until(lambda: feed.active == {B: FeedMode.QUOTE})
        assert hub.wanted() == {B: FeedMode.QUOTE}


async def test_wishes_of_one_turn_become_one_subscription() -> None:
    async with opened() as (hub, _):
        feed = ScriptedFeed()
        hub.add_feed("Paper", feed)
        for owner, one in enumerate((A, B, C)):
            hub.want(owner, [one], FeedMode.QUOTE)
        await until(lambda: len(feed.active) == 3)
        assert feed.calls == [("QUOTE", (A, B, C))]


async def test_an_instrument_is_subscribed_at_one_feed_and_another_takes_over() -> None:
    async with opened() as (hub, _):
        first, second = ScriptedFeed(), ScriptedFeed()
        hub.want("all", [A, B], FeedMode.QUOTE)
        hub.add_feed("first", first, serves=lambda one: one == A)
        hub.add_feed("second", second)
        await until(lambda: set(first.active) == {A} and set(second.active) == {B})
        await hub.remove_feed("first")
        await until(lambda: set(second.active) == {A, B})
        await hub.remove_feed("first")


async def test_a_name_is_taken_once() -> None:
    async with opened() as (hub, _):
        hub.add_feed("Paper", ScriptedFeed())
        with pytest.raises(ValueError, match="Paper"):
            hub.add_feed("Paper", ScriptedFeed())


async def test_a_lost_feed_is_told_once_subscribed_anew_and_told_when_back() -> None:
    async with opened() as (hub, told):
        lost = BrokerUnavailable("The feed does not answer.")
        feed = ScriptedFeed()
        hub.want("watchlist", [A], FeedMode.QUOTE)
        hub.add_feed("Zerodha", feed, account=ACCOUNT)
        await until(lambda: feed.active)
        for step in (lost, lost, lost, tick(10.0)):
            feed.waiting.put_nowait(step)
        await until(lambda: told.cleared == 1)
        (notice,) = told.notices
        assert (notice.level, notice.topic, notice.account) == (NoticeLevel.DOUBT, "feed", ACCOUNT)
        assert "Zerodha" in notice.title
        assert "The feed does not answer." in notice.text
        await until(lambda: len(feed.calls) >= 2)
        assert set(feed.calls) == {("QUOTE", (A,))}


async def test_a_refused_subscription_is_tried_again() -> None:
    async with opened() as (hub, told):
        feed = ScriptedFeed()
        feed.refusals = [BrokerUnavailable("Not now."), RateLimited("Too many.", retry_after_s=0.001)]
        hub.want("watchlist", [A], FeedMode.FULL)
        hub.add_feed("Paper", feed)
        await until(lambda: feed.active == {A: FeedMode.FULL} and told.cleared == 1)
        assert [notice.level for notice in told.notices] == [NoticeLevel.DOUBT]
        assert len(feed.calls) == 3


async def test_a_fault_of_the_program_ends_the_feed_loudly(expected_logs: LogGuard) -> None:
    expected_logs("the feed Paper ended by a fault")
    async with opened() as (hub, told):
        feed = ScriptedFeed(tick(10.0), KeyError("volume"), tick(11.0))
        hub.add_feed("Paper", feed)
        await until(lambda: told.notices)
        (notice,) = told.notices
        assert notice.level is NoticeLevel.FAILED
        assert "KeyError" in notice.text
        hub.want("watchlist", [A], FeedMode.QUOTE)
        await until(lambda: not _running("feed Paper"))
        assert feed.waiting.qsize() == 1
        assert feed.calls == []


async def test_a_faulty_listener_is_told_once_and_starves_nobody(expected_logs: LogGuard) -> None:
    expected_logs("a listener of the market data failed")
    async with opened() as (hub, told):
        seen: list[Any] = []

        def faulty(_: TickBatch) -> None:
            raise ZeroDivisionError("no price yet")

        hub.listen(faulty)
        hub.listen(seen.append)
        hub.add_feed("Paper", ScriptedFeed(tick(1.0), tick(2.0), tick(3.0)))
        await until(lambda: len(seen) == 3)
        assert [notice.level for notice in told.notices] == [NoticeLevel.FAILED]


async def test_a_feed_that_ends_is_quiet() -> None:
    async with opened() as (hub, told):
        hub.add_feed("Paper", ScriptedFeed(tick(1.0), None))
        await until(lambda: "feed Paper" not in {task.get_name() for task in asyncio.all_tasks()})
        assert told.notices == []


async def test_a_feed_that_never_waits_leaves_the_loop_to_others() -> None:
    async with opened() as (hub, _):

        class Flood(ScriptedFeed):
            async def __anext__(self) -> TickBatch:
                return tick(1.0)

        turns = 0
        hub.add_feed("flood", Flood())
        for _ in range(5):
            await asyncio.sleep(0)
            turns += 1
        assert turns == 5
        assert hub.board.last_price_of(A) == 1


async def test_closing_ends_every_task() -> None:
    async with opened() as (hub, _):
        hub.add_feed("first", ScriptedFeed(BrokerUnavailable("gone")))
        hub.add_feed("second", ScriptedFeed())
        await hub.aclose()
        assert not _running("feed")


def _running(prefix: str) -> list[str]:
    return [task.get_name() for task in asyncio.all_tasks() if task.get_name().startswith(prefix)]
