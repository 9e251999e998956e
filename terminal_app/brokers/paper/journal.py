"""The journal of one paper account: writes every event to the ledger before anybody hears of it, or undoes it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from terminal_app.brokers.paper.ledger import PaperLedger
from terminal_app.domain.ids import AccountId
from terminal_app.domain.ledger import LedgerState
from terminal_app.simulator.events import AccountEvent

_log = logging.getLogger(__name__)

_AFTER_FAILURE_S = 0.2
"""How long a ledger that failed is left alone."""


class Journal:
    """Takes events as they happen and commits all that have gathered in one transaction.

    ``tell`` hears each event after its commit, in order. When a commit fails, ``undo`` gets the account as it was last
    committed, all events that were not are dropped, and whoever waits for them gets the error.
    """

    def __init__(
        self,
        account: AccountId,
        ledger: PaperLedger,
        tell: Callable[[AccountEvent], None],
        undo: Callable[[LedgerState | None], None],
    ) -> None:
        self._account = account
        self._ledger = ledger
        self._tell = tell
        self._undo = undo
        self._committed: LedgerState | None = None
        self._gathered: list[AccountEvent] = []
        self._next: asyncio.Future[None] | None = None
        self._writing: asyncio.Future[None] | None = None
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._is_failing = False

    async def open(self) -> LedgerState | None:
        """Read what the ledger has and begin to write. Raises StorageError."""
        self._committed = await self._ledger.load(self._account)
        self._task = asyncio.get_running_loop().create_task(self._run(), name=f"paper ledger {self._account}")
        return self._committed

    def add(self, event: AccountEvent) -> None:
        """Something happened to the account."""
        self._gathered.append(event)
        if self._next is None:
            self._next = asyncio.get_running_loop().create_future()
            self._next.add_done_callback(_look_at)
        self._wake.set()

    async def settled(self) -> None:
        """Wait until everything that was added is committed. Raises what the ledger raised."""
        future = self._next or self._writing
        if future is not None:
            await asyncio.shield(future)

    async def aclose(self) -> None:
        """Write what has gathered and stop."""
        task, self._task = self._task, None
        if task is None:
            return
        future = self._next or self._writing
        if future is not None:
            await asyncio.wait([future])
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            if self._gathered:
                await self._commit()
            if self._is_failing:
                await asyncio.sleep(_AFTER_FAILURE_S)

    async def _commit(self) -> None:
        events, self._gathered = self._gathered, []
        future, self._next = self._next, None
        assert future is not None
        self._writing = future
        try:
            await self._write(events)
        except Exception as error:  # noqa: BLE001 - the task's boundary: undone, logged, and told to whoever waits
            self._fail(future, error)
        else:
            self._is_failing = False
            future.set_result(None)
            for event in events:
                self._tell(event)
        finally:
            self._writing = None

    async def _write(self, events: list[AccountEvent]) -> None:
        orders: dict[str, str] = {}
        fills: list[tuple[str, str]] = []
        for event in events:
            orders.update(event.documents.orders)
            fills.extend(event.documents.fills)
        state = events[-1].documents.state
        await self._ledger.append(self._account, orders=orders, fills=fills, state=state)
        before = self._committed or LedgerState()
        self._committed = LedgerState(
            state, {**before.orders, **orders}, (*before.fills, *(text for _id, text in fills))
        )

    def _fail(self, future: asyncio.Future[None], error: Exception) -> None:
        if not self._is_failing:
            _log.error("The ledger of paper account %s cannot be written: %s", self._account, error)
        self._is_failing = True
        later, self._next, self._gathered = self._next, None, []
        self._undo(self._committed)
        future.set_exception(error)
        if later is not None:
            later.set_exception(error)


def _look_at(future: asyncio.Future[None]) -> None:
    """Nobody has to wait for a commit: its error was logged."""
    if not future.cancelled():
        future.exception()
