"""The terminal without its window over a recording whose clock stands still until it is told to move."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from terminal_app.app.container import Container
from terminal_app.app.files import JsonFile
from terminal_app.app.options import Options
from terminal_app.app.paths import Paths
from terminal_app.domain.bus import Bus
from terminal_app.domain.clock import Clock, SystemClock
from terminal_app.domain.ids import AccountId
from terminal_app.domain.order import Order, OrderChange, OrderRequest
from terminal_app.services.accounts import AccountService
from terminal_app.services.settings import SettingsService
from terminal_app.services.terminal import Terminal
from terminal_app.services.watchlists import WatchlistService
from tests.e2e.session import (
    SECOND,
    SECOND_FUNDS,
    Cancel,
    ExitAll,
    Look,
    Modify,
    Place,
    Step,
    Switch,
    moment,
)

PATIENCE_S = 20.0


def recording_options(recording: Path) -> Options:
    """Speed 0 with a clock that is paused at once: nothing moves but by ``go_to``."""
    return Options(replay=(recording,), speed=0)


@asynccontextmanager
async def opened(home: Path, recording: Path, bus: Bus | None = None) -> AsyncIterator[Container]:
    """A container over this home, started, at the time where its book stands."""
    paths = Paths.under(home)
    paths.prepare()
    bus = bus or Bus(_fail)
    clocks: list[Clock] = [SystemClock()]
    files = {name: JsonFile(paths.config / f"{name}.json") for name in ("settings", "watchlists", "accounts")}
    container = Container(
        recording_options(recording),
        paths,
        bus,
        SettingsService(files["settings"], bus.publish),
        WatchlistService(files["watchlists"], bus.publish),
        AccountService(files["accounts"], bus, lambda: clocks[-1]),
    )
    terminal = await container.open()
    try:
        clocks.append(terminal.clock)
        assert terminal.replay is not None, [notice.text for notice in terminal.notices.lasting()]
        terminal.replay.pause()
        await container.start()
        yield container
    finally:
        await container.aclose()


def _fail(error: BaseException, message: object) -> None:
    raise AssertionError(f"a subscriber of {type(message).__name__} failed") from error


async def until(condition: Callable[[], bool], what: str) -> None:
    """Let the loop run until something holds. Raises AssertionError."""
    end_s = asyncio.get_running_loop().time() + PATIENCE_S
    while not condition():
        assert asyncio.get_running_loop().time() < end_s, f"waited in vain: {what}"
        await asyncio.sleep(0.002)


async def go_to(container: Container, at: datetime) -> None:
    """Play the recording on to a moment, and let everybody hear of it."""
    exchange, terminal = container.world.exchange, container.terminal
    assert terminal.replay is not None
    if at > terminal.replay.now:
        terminal.replay.seek(at)
    await until(lambda: exchange.now == terminal.clock.now(), "the exchange reaches the clock's time")
    await until(lambda: _board_is_fresh(container), "the quote board shows the exchange's prices")


def _board_is_fresh(container: Container) -> bool:
    board, exchange = container.rooms.paper.hub.board, container.world.exchange
    for instrument in exchange.source.instruments:
        shown, real = board.quote(instrument.id), exchange.quote(instrument.id)
        if (
            shown.time is not None
            and real is not None
            and shown.time != real.time
            and _is_wanted(container, instrument.id)
        ):
            return False
    return True


def _is_wanted(container: Container, id: object) -> bool:
    return any(
        position.instrument == id and position.is_open
        for account in container.terminal.accounts.all()
        for position in container.rooms.paper.portfolio.positions(account.id)
    )


class ServiceDriver:
    """Does the steps of a session through the services."""

    def __init__(self, container: Container) -> None:
        self.container = container
        self.terminal: Terminal = container.terminal
        self.named: dict[str, tuple[AccountId, Order]] = {}

    @property
    def account(self) -> AccountId:
        """The one that is shown."""
        current = self.terminal.accounts.current
        assert current is not None
        return current

    async def prepare(self) -> None:
        """A second account, if there is none yet."""
        if all(one.name != SECOND for one in self.terminal.accounts.all()):
            await self.terminal.accounts.add_paper(SECOND, SECOND_FUNDS)

    async def do(self, step: Step) -> None:
        """Play on to the step's time and do it."""
        await go_to(self.container, moment(step.at))
        match step:
            case Place():
                await self._place(step)
            case Modify():
                await self._modify(step)
            case Cancel():
                account, order = self.order(step.name)
                assert order.client_id is not None
                await self.terminal.orders.cancel(account, order.client_id)
            case ExitAll():
                outcome = await self.terminal.orders.exit(self.account, None, lambda _text: None)
                assert outcome.flat, outcome.text
            case Switch():
                names = {one.name: one.id for one in self.terminal.accounts.all()}
                self.terminal.accounts.switch(names[step.account])
            case Look():
                await until(lambda: self._is_as(step), f"{step} is {self.order(step.name)[1]}")

    def order(self, name: str) -> tuple[AccountId, Order]:
        """An order of the session as it is now."""
        account, placed = self.named[name]
        assert placed.client_id is not None
        order = self.terminal.orders.order(account, placed.client_id)
        assert order is not None
        return account, order

    def _is_as(self, step: Look) -> bool:
        order = self.order(step.name)[1]
        return (order.status, order.filled_quantity) == (step.status, step.filled)

    async def _place(self, step: Place) -> None:
        request = request_of(step)
        problems = self.terminal.orders.problems(self.account, request)
        assert problems == []
        (order,) = await self.terminal.orders.place(self.account, request)
        assert order.broker_id is not None, order.reason
        self.named[step.name] = self.account, order

    async def _modify(self, step: Modify) -> None:
        from decimal import Decimal

        account, order = self.order(step.name)
        assert order.client_id is not None
        change = OrderChange(quantity=step.quantity, limit_price=Decimal(step.limit))
        await self.terminal.orders.modify(account, order.client_id, change)


def request_of(step: Place) -> OrderRequest:
    """The order that a step sends."""
    from decimal import Decimal

    return OrderRequest(
        step.instrument,
        step.side,
        step.quantity,
        step.order_type,
        step.product,
        limit_price=None if step.limit is None else Decimal(step.limit),
        trigger_price=None if step.trigger is None else Decimal(step.trigger),
    )
