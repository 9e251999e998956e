"""The brokers that have to keep the contract, each with a market that a scenario can move."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from decimal import Decimal
from typing import Protocol

from terminal_app.brokers.base import Broker
from terminal_app.brokers.paper.broker import PaperBroker
from terminal_app.domain.enums import OrderStatus
from terminal_app.domain.ids import AccountId, BrokerOrderId, InstrumentId
from terminal_app.domain.order import OrderUpdate
from terminal_app.simulator.venue import Venue
from tests.helpers.market_script import NIFTY, RELIANCE, Floor, HandClock


class NoPrompter:
    """Nobody is there to answer."""

    async def authorize(self, url: str, redirect: str) -> str:
        """No login page is expected."""
        raise AssertionError(f"a login page was shown: {url}")

    async def one_time_code(self, account: AccountId, reason: str | None) -> str:
        """No code is expected."""
        raise AssertionError("a one-time code was asked for")


class Bench(Protocol):
    """One broker account on an open market. ``share`` trades at 100 with 500 units on each of the best levels, a tick from it."""

    broker: Broker
    share: InstrumentId
    index: InstrumentId

    async def move(self, price: str) -> None:
        """The share trades 1,000 units at another price, with 500 units a tick below and above."""
        ...


class PaperBench:
    """Paper on a scripted market."""

    share = RELIANCE
    index = NIFTY

    def __init__(self) -> None:
        self._floor = Floor()
        self.broker: Broker = PaperBroker(
            Venue(self._floor.exchange, HandClock(self._floor.now)), AccountId("contract")
        )

    async def move(self, price: str) -> None:
        """Two steps: the trade, and the depth after it."""
        at, tick = Decimal(price), Decimal("0.05")
        for _ in range(2):
            now = self._floor.now + timedelta(seconds=1)
            self._floor.market.tell(now, self.share, price, 1000, [(str(at - tick), 500)], [(str(at + tick), 500)])
            self._floor.market.tell(now, self.index, "24500")
            self._floor.go(now)


@asynccontextmanager
async def _paper() -> AsyncIterator[Bench]:
    bench = PaperBench()
    await bench.broker.login(NoPrompter())
    await bench.move("100")
    try:
        yield bench
    finally:
        await bench.broker.aclose()


BENCHES: dict[str, Callable[[], AbstractAsyncContextManager[Bench]]] = {"paper": _paper}


async def next_update(broker: Broker, order_id: BrokerOrderId, status: OrderStatus) -> list[OrderUpdate]:
    """The updates of one order up to the one that says ``status``."""
    heard: list[OrderUpdate] = []

    async def listen() -> None:
        async for update in broker.order_updates:
            if update.order.broker_id == order_id:
                heard.append(update)
                if update.order.status is status:
                    return

    await asyncio.wait_for(listen(), 10)
    return heard
