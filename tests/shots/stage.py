"""The stage of the pictures: the real window over the real container, on a market that moves only when it is told to."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from terminal_app.app.container import Container
from terminal_app.app.options import parse
from terminal_app.app.paths import Paths
from terminal_app.app.start import build_snapshot
from terminal_app.app.world import PRACTICE, Tables, World
from terminal_app.brokers.paper.config import DEFAULT_SEED
from terminal_app.domain.clock import at_ist
from terminal_app.domain.ids import InstrumentId
from terminal_app.simulator.clocks import PracticeClock
from terminal_app.simulator.exchange import SimulatedExchange
from terminal_app.simulator.faults import Faults
from terminal_app.simulator.synthetic import SyntheticMarket
from terminal_app.ui.main_window import MainWindow

PATIENCE_S = 15.0
STRIDE = timedelta(seconds=30)
LOGIN = at_ist(2026, 11, 20, 9, 15)


class StageTime:
    """Seconds that pass only by ``pass_s``, and the real moment at which they passed last: prices grow old by that one."""

    def __init__(self) -> None:
        self._seconds = 0.0
        self.heard_at = datetime.now(UTC)
        self.silence_s = 0.0
        """How long the prices are said to have been silent."""

    def seconds(self) -> float:
        """As `time.monotonic` would say."""
        return self._seconds

    def pass_s(self, seconds: float) -> None:
        """Let time pass."""
        self._seconds += seconds

    def hear(self) -> None:
        """Prices have come just now."""
        self.heard_at = datetime.now(UTC)

    def now(self) -> datetime:
        """The clock that ages are counted by."""
        return self.heard_at + timedelta(seconds=self.silence_s)


class StageContainer(Container):
    """The container, with a practice market that begins at ``begins`` and stands still by itself. A recording plays as ever."""

    stage_time: StageTime
    begins: datetime

    async def _make_world(self, tables: Tables) -> tuple[World, str | None]:
        world, failure = await super()._make_world(tables)
        if world.replay is not None:
            return world, failure
        clock = PracticeClock(tables.hours, self.begins, monotonic=self.stage_time.seconds)
        market = SyntheticMarket(tables.hours, tables.contracts, DEFAULT_SEED, clock.now())
        self._wall = self.stage_time  # type: ignore[assignment]
        exchange = SimulatedExchange(market, tables.hours, tables.margins, Faults())
        return World(PRACTICE, world.name, tables, exchange, clock, None), failure


@dataclass(frozen=True, slots=True)
class Stage:
    """The window with what is behind it."""

    window: MainWindow
    container: StageContainer
    home: Path
    time: StageTime

    async def go(self, seconds: float) -> None:
        """Let the market move on, and the window show it."""
        exchange, clock = self.container.world.exchange, self.container.world.clock
        self.time.pass_s(seconds)
        if clock.now() > exchange.now:
            exchange.advance(clock.now())
        await asyncio.sleep(0)
        self._hear_prices()
        self.container.rooms.paper.portfolio.observe()
        await asyncio.sleep(0)

    def _hear_prices(self) -> None:
        """Every price known so far counts as heard just now: between two pictures no market time passes."""
        self.time.hear()
        received = self.container.rooms.paper.hub.board.received_ns
        received[received > 0] = int(self.time.heard_at.timestamp() * 1e9)

    async def go_to(self, at: datetime) -> None:
        """Let the market run until a moment."""
        while (left_s := (at - self.container.world.exchange.now).total_seconds()) > 0:
            await self.go(min(left_s, STRIDE.total_seconds()))

    async def settle(self, seconds: float = 0.15) -> None:
        """Let what is under way end: a task, a frame, a second's tick, a layout."""
        desk = self.window.desk
        desk.second.emit()
        await asyncio.sleep(seconds)
        desk.frame.emit()
        await asyncio.sleep(0.02)

    def panel(self, name: str) -> Any:
        """A panel by its name, in front of its dock."""
        panel: Any = next(one for one in (self.window.chart, *self.window.panels) if name == one.NAME)
        if name != "chart":
            self.window.workspace.show_panel(name)
        return panel

    def trigger(self, action: str) -> None:
        """Do what a key or a menu entry does."""
        self.window.actions_registry.trigger(action)

    def drop_toasts(self) -> None:
        """Take the toasts away."""
        presenter = self.window.presenter
        for toast in presenter.toasts.toasts if presenter is not None else ():
            toast.gone.emit()

    async def until(self, condition: Callable[[], object], what: str) -> None:
        """Wait for something. Raises AssertionError."""
        end_s = asyncio.get_running_loop().time() + PATIENCE_S
        while not condition():
            assert asyncio.get_running_loop().time() < end_s, f"waited in vain: {what}"
            await asyncio.sleep(0.01)

    async def price(self, instrument: InstrumentId) -> None:
        """Wait until an instrument has a price with both sides."""
        market = self.container.terminal.market
        market.watch(("stage", instrument), [instrument])
        await self.until(lambda: market.quote(instrument).ask is not None, f"a price of {instrument}")


@asynccontextmanager
async def staged(
    size: tuple[int, int],
    *,
    begins: datetime = LOGIN,
    prepare: Callable[[Path], Sequence[str]] = lambda home: (),
) -> AsyncIterator[Stage]:
    """Open the terminal on a home of its own as the command line would, and close it in the end.

    ``prepare`` may put files into the home before it starts, and says what the command line is.
    """
    with tempfile.TemporaryDirectory(prefix="bhav-shots-") as folder:
        home = Path(folder)
        paths = Paths.under(home)
        paths.prepare()
        options = parse([*prepare(home)])
        snapshot = build_snapshot(options, paths)
        window = MainWindow(snapshot)
        window.resize(*size)
        window.show()
        container = StageContainer(
            options, paths, snapshot.bus, snapshot.settings, snapshot.watchlists, snapshot.accounts
        )
        container.stage_time, container.begins = StageTime(), begins
        terminal = await container.open()
        try:
            snapshot.set_clock(terminal.clock)
            window.attach(terminal)
            await container.start()
            stage = Stage(window, container, home, container.stage_time)
            await stage.go(2)
            yield stage
        finally:
            window.hide()
            await window.desk.aclose()
            await container.aclose()
            window.bridge.close()
            window.deleteLater()
