"""The whole window with its services on a home of its own, for benches that look inside."""

from __future__ import annotations

import asyncio
import gc
import os
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from terminal_app.app.container import Container
from terminal_app.app.options import Options
from terminal_app.app.paths import Paths
from terminal_app.app.start import build_snapshot, make_application
from terminal_app.domain.enums import FeedMode
from terminal_app.domain.ids import InstrumentId
from terminal_app.domain.market import DEPTH_LEVELS, TickBatch
from terminal_app.ui.main_window import MainWindow

PREPARED_BATCHES = 64


@dataclass(frozen=True, slots=True)
class Whole:
    """The window and what is behind it."""

    window: MainWindow
    container: Container

    async def take_prices_from(self, feed: SteadyFeed) -> None:
        """Show the prices of ``feed`` instead of the practice market's."""
        await self.container.rooms.paper.hub.remove_feed("Paper prices")
        self.container.rooms.paper.hub.add_feed("Bench", feed)


def run_whole(work: Callable[[Whole], Awaitable[Any]], shown: int, size: tuple[int, int]) -> Any:
    """Run ``work`` in a window of this size whose watchlist holds ``shown`` instruments; its result."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    import qasync

    from terminal_app.ui.theme import theme

    app = make_application()
    loop = qasync.QEventLoop(app)
    asyncio.set_event_loop(loop)
    theme().apply(app)
    with tempfile.TemporaryDirectory(prefix="bhav-bench-") as home, loop:

        async def inside() -> Any:
            async with _whole(Path(home), shown, size) as whole:
                return await work(whole)

        return loop.run_until_complete(inside())


@asynccontextmanager
async def _whole(home: Path, shown: int, size: tuple[int, int]) -> AsyncIterator[Whole]:
    options, paths = Options(size=size), Paths.under(home)
    paths.prepare()
    snapshot = build_snapshot(options, paths)
    container = Container(options, paths, snapshot.bus, snapshot.settings, snapshot.watchlists, snapshot.accounts)
    terminal = await container.open()
    instruments = listed(container, shown)
    snapshot.watchlists.remove(1, snapshot.watchlists.get(1))
    snapshot.watchlists.extend(1, instruments)
    window = MainWindow(snapshot)
    window.resize(*size)
    window.show()
    try:
        snapshot.set_clock(terminal.clock)
        window.attach(terminal)
        await container.start()
        gc.freeze()  # as the program does when its start is over
        yield Whole(window, container)
    finally:
        window.hide()
        await window.desk.aclose()
        await container.aclose()
        window.bridge.close()


def listed(container: Container, count: int) -> list[InstrumentId]:
    """The first so many instruments of the practice market."""
    return [one.id for one in container.world.exchange.source.instruments[:count]]


class SteadyFeed:
    """Tick batches with five levels of depth at a steady rate, made beforehand; silent until ``ticks_per_s`` is set."""

    def __init__(self, ids: Sequence[InstrumentId], rows: int = 100) -> None:
        self.ticks_per_s = 0
        self.sent = 0
        self._rows = rows
        table = tuple(ids)  # the same object in every batch, as a feed's is
        self._batches = [_batch(table, rows, number) for number in range(PREPARED_BATCHES)]
        self._next = 0
        self._due = 0.0

    async def subscribe(self, ids: Sequence[InstrumentId], mode: FeedMode) -> None:
        """All instruments come in any case."""

    async def unsubscribe(self, ids: Sequence[InstrumentId]) -> None:
        """All instruments come in any case."""

    def __aiter__(self) -> SteadyFeed:
        return self

    async def __anext__(self) -> TickBatch:
        loop = asyncio.get_running_loop()
        while not self.ticks_per_s:
            await asyncio.sleep(0.05)
            self._due = loop.time()
        self._due += self._rows / self.ticks_per_s
        await asyncio.sleep(max(0.0, self._due - loop.time()))
        self._next = (self._next + 1) % len(self._batches)
        self.sent += self._rows
        return self._batches[self._next]


def _batch(ids: tuple[InstrumentId, ...], rows: int, number: int) -> TickBatch:
    """Neighbouring rows of the table, each batch beginning where the one before ended; prices differ from batch to batch."""
    random = np.random.default_rng(number)
    index = (np.arange(rows) + number * rows) % len(ids)
    last = np.round(100 + index * 7.5 + random.normal(0, 2, rows), 1)
    steps = np.arange(1, DEPTH_LEVELS + 1) * 0.1
    counts = (rows, DEPTH_LEVELS)
    return TickBatch(
        ids=ids,
        index=index.astype(np.int32),
        last_price=last,
        last_quantity=random.integers(1, 500, rows),
        volume=np.arange(rows, dtype=np.int64) + 10_000 * (number + 1),
        time_ns=np.zeros(rows, dtype=np.int64),
        ohlc=np.column_stack([last - 1, last + 5, last - 5, last - 2]),
        average_price=last,
        bid_price=last[:, None] - steps,
        bid_quantity=random.integers(1, 9_000, counts),
        bid_orders=random.integers(1, 90, counts),
        ask_price=last[:, None] + steps,
        ask_quantity=random.integers(1, 9_000, counts),
        ask_orders=random.integers(1, 90, counts),
    )
