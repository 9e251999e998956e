"""Live prices of the simulated market: bounded by conflation, so that a slow reader gets the newest and loses only steps between."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from terminal_app.brokers.paper.parsing import MODE_NUMBERS, Rows, batch, rows_of_book, rows_of_step
from terminal_app.domain.enums import FeedMode
from terminal_app.domain.ids import InstrumentId
from terminal_app.domain.market import TickBatch
from terminal_app.simulator.book import MarketBook
from terminal_app.simulator.faults import Faults
from terminal_app.simulator.steps import MarketStep

MOST_ROWS = 8192
"""So many waiting rows are kept one by one; beyond it only the newest of each instrument."""


class PaperFeed:
    """One reader's subscriptions. Iterate it in one task; it ends when the broker is closed.

    ``open_market`` brings the market up, which calls ``attach``. An instrument that is not listed is accepted and
    stays silent. A depth level that does not exist has price 0.
    """

    def __init__(self, open_market: Callable[[], Awaitable[object]]) -> None:
        self._open = open_market
        self._book: MarketBook | None = None
        self._faults = Faults()
        self._wanted: dict[InstrumentId, int] = {}
        self._modes: NDArray[np.int8] = np.zeros(0, dtype=np.int8)
        self._parts: list[Rows] = []
        self._waiting = 0
        self._newest: dict[int, None] = {}
        self._ready = asyncio.Event()
        self._is_closed = False

    def attach(self, book: MarketBook, faults: Faults) -> None:
        """Begin to read a market; what was subscribed before counts from now."""
        self._book = book
        self._faults = faults
        self._apply(tuple(self._wanted))

    async def subscribe(self, ids: Sequence[InstrumentId], mode: FeedMode) -> None:
        """Ask for these instruments; what is known of them comes at once."""
        await self._open()
        for one in ids:
            self._wanted[one] = MODE_NUMBERS[mode]
        self._apply(ids)

    async def unsubscribe(self, ids: Sequence[InstrumentId]) -> None:
        """Stop these instruments."""
        for one in ids:
            self._wanted.pop(one, None)
        self._apply(ids)

    def __aiter__(self) -> PaperFeed:
        return self

    async def __anext__(self) -> TickBatch:
        while True:
            if self._is_closed:
                raise StopAsyncIteration
            ticks = self._take()
            if ticks is not None:
                return ticks
            self._ready.clear()
            await self._ready.wait()

    def on_step(self, step: MarketStep) -> None:
        """Hear a step of the market."""
        if self._faults.silent_feed or not self._wanted:
            return
        self._grow()
        places = np.flatnonzero(self._modes[step.index])
        if not len(places):
            return
        if self._newest or self._waiting + len(places) > MOST_ROWS:
            self._conflate(step.index[places].tolist())
        else:
            self._parts.append(rows_of_step(step, places))
            self._waiting += len(places)
        self._ready.set()

    def close(self) -> None:
        """End the iteration."""
        self._is_closed = True
        self._ready.set()

    def _conflate(self, rows: Sequence[int]) -> None:
        for part in self._parts:
            self._newest.update(dict.fromkeys(part.index.tolist()))
        self._parts.clear()
        self._waiting = 0
        self._newest.update(dict.fromkeys(rows))

    def _take(self) -> TickBatch | None:
        book = self._book
        if book is None or not (self._parts or self._newest):
            return None
        parts = self._parts
        if self._newest:
            parts = [*parts, rows_of_book(book, [row for row in self._newest if self._modes[row]])]
        self._parts, self._waiting, self._newest = [], 0, {}
        if not sum(len(part) for part in parts):
            return None
        return batch(book.ids, parts, self._modes)

    def _apply(self, ids: Sequence[InstrumentId]) -> None:
        book = self._book
        if book is None:
            return
        self._grow()
        shown = []
        for one in ids:
            row = book.row(one)
            if row is None:
                continue
            self._grow()
            self._modes[row] = self._wanted.get(one, 0)
            if self._modes[row]:
                shown.append(row)
        self._conflate(shown)
        self._ready.set()

    def _grow(self) -> None:
        """Follow the growth of the market; what was wanted before it was listed begins now."""
        book = self._book
        known = len(self._modes)
        if book is None or known == len(book.ids):
            return
        fresh = [self._wanted.get(one, 0) for one in book.ids[known:]]
        self._modes = np.concatenate([self._modes, np.array(fresh, dtype=np.int8)])
