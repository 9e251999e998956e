"""The brokers that have to keep the contract, each with a market that a scenario can move."""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any, Protocol

import pytest

from terminal_app.brokers.base import Broker
from terminal_app.brokers.paper.broker import PaperBroker
from terminal_app.brokers.registry import open_broker
from terminal_app.domain.enums import OrderStatus
from terminal_app.domain.ids import AccountId, BrokerOrderId, InstrumentId
from terminal_app.domain.login import LoginPrompter
from terminal_app.domain.order import OrderUpdate
from terminal_app.simulator.dialects import DIALECTS
from terminal_app.simulator.venue import Venue
from tests.helpers.login_script import FormPrompter
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
    prompter: LoginPrompter
    share: InstrumentId
    index: InstrumentId

    @property
    def now(self) -> datetime:
        """Exchange time."""
        ...

    async def move(self, price: str) -> None:
        """The share trades 1,000 units at another price, with 500 units a tick below and above."""
        ...


class PaperBench:
    """Paper on a scripted market."""

    share = RELIANCE
    index = NIFTY

    def __init__(self) -> None:
        self._floor = Floor()
        self.prompter: LoginPrompter = NoPrompter()
        self.broker: Broker = PaperBroker(
            Venue(self._floor.exchange, HandClock(self._floor.now)), AccountId("contract")
        )

    @property
    def now(self) -> datetime:
        """Exchange time."""
        return self._floor.now

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
    await bench.broker.login(bench.prompter)
    await bench.move("100")
    try:
        yield bench
    finally:
        await bench.broker.aclose()


class WireBench(PaperBench):
    """A broker of the real world over its own wire, on the same scripted market."""

    def __init__(self, name: str) -> None:
        self._floor = Floor()
        self.venue = Venue(self._floor.exchange, HandClock(self._floor.now))
        self.dialect = DIALECTS[name](self.venue)
        self._name = name

    async def open(self) -> None:
        """Start the simulator and log in as a person would."""
        line = await self.dialect.start()
        endpoints = {key: value for key, value in line.items() if key not in ("broker", "credentials")}
        self.broker = open_broker(self._name, credentials=line["credentials"], endpoints=endpoints)
        self.prompter = FormPrompter(line["credentials"])
        await self.broker.login(self.prompter)


@asynccontextmanager
async def _wire(name: str) -> AsyncIterator[Bench]:
    bench = WireBench(name)
    await bench.move("100")
    await bench.open()
    try:
        yield bench
    finally:
        await bench.broker.aclose()
        await bench.dialect.aclose()
        await bench.venue.aclose()


BENCHES: dict[str, Callable[[], AbstractAsyncContextManager[Bench]]] = {
    "paper": _paper,
    "zerodha": partial(_wire, "zerodha"),
    "upstox": partial(_wire, "upstox"),
}


def on_every_broker(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., Coroutine[Any, Any, None]]:
    """Run a scenario, which takes a ``bench`` first, on every broker.

    The bench lives inside the test and not in a fixture: between fixtures and tests Qt's events are handled without a running loop.
    """

    @functools.wraps(test)
    async def run(broker: str, **given: Any) -> None:
        async with BENCHES[broker]() as bench:
            await test(bench, **given)

    parameters = list(inspect.signature(test).parameters.values())[1:]
    named = inspect.Parameter("broker", inspect.Parameter.KEYWORD_ONLY)
    setattr(run, "__signature__", inspect.Signature([*parameters, named]))  # noqa: B010 - what pytest reads
    marked: Callable[..., Coroutine[Any, Any, None]] = pytest.mark.parametrize("broker", sorted(BENCHES))(run)
    return marked


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
