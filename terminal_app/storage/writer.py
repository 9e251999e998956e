"""The storage thread: units of work in the order they were given, neighbours of one kind in one transaction."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence
from enum import Enum
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Protocol

from msgspec import Struct, field

from terminal_app.domain.errors import StorageError

if TYPE_CHECKING:
    from sqlalchemy import Connection

logger = logging.getLogger(__name__)

GROUP_LIMIT = 128
"""Most units that share one transaction: beyond it the disk's part of a commit no longer counts."""


class Mode(Enum):
    """What a unit asks of the disk: nothing; to survive the program's end; to survive the machine's."""

    READ = "READ"
    NORMAL = "NORMAL"
    DURABLE = "DURABLE"


class Unit(Struct, eq=False):
    """One piece of work and its outcome. The work may run a second time when a neighbour's failure undid the first."""

    work: Callable[[Connection], Any]
    mode: Mode
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]
    result: Any = None
    error: BaseException | None = field(default=None)


class Executor(Protocol):
    """Runs groups of units and notes on each its ``result`` or ``error``; called by the storage thread only."""

    def execute(self, units: Sequence[Unit]) -> None:
        """Run units of one mode in one transaction. Raises nothing."""
        ...

    def close(self) -> None:
        """Let go of the database."""
        ...


class Writer:
    """Owns the thread. ``make_executor`` runs in it, so that what it imports is imported there."""

    def __init__(self, make_executor: Callable[[], Executor]) -> None:
        self._make_executor = make_executor
        self._executor: Executor | None = None
        self._queue: SimpleQueue[Unit | None] = SimpleQueue()
        self._held: Unit | None = None
        self._stopping = False
        self._thread: threading.Thread | None = None
        self._ended: asyncio.Future[None] | None = None

    async def submit(self, work: Callable[[Connection], Any], mode: Mode) -> Any:
        """The result of ``work``. A caller that is cancelled does not take its unit back.

        Raises StorageError after ``aclose``.
        """
        if self._stopping:
            raise StorageError("The database is closed: nothing more is written.")
        loop = asyncio.get_running_loop()
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="bhav-storage", daemon=True)
            self._thread.start()
        unit = Unit(work, mode, loop, loop.create_future())
        self._queue.put(unit)
        return await unit.future

    async def aclose(self) -> None:
        """Finish what is queued, close the database, end the thread. Calling it again does nothing."""
        if self._stopping or self._thread is None:
            self._stopping = True
            return
        self._stopping = True
        self._ended = asyncio.get_running_loop().create_future()
        self._queue.put(None)
        await self._ended
        self._thread.join()

    def _run(self) -> None:
        while group := self._next_group():
            self._execute(group)
            self._report(group)
        if self._executor is not None:
            self._executor.close()
        if self._ended is not None:
            loop = self._ended.get_loop()
            _tell(loop, lambda ended: ended.cancelled() or ended.set_result(None), self._ended)

    def _next_group(self) -> list[Unit]:
        """The next units that belong in one transaction; empty when the thread is to end."""
        first = self._held or self._queue.get()
        self._held = None
        if first is None:
            return []
        group = [first]
        while first.mode is not Mode.READ and len(group) < GROUP_LIMIT:
            try:
                unit = self._queue.get_nowait()
            except Empty:
                break
            if unit is None:
                self._queue.put(None)
                break
            if unit.mode is not first.mode:
                self._held = unit
                break
            group.append(unit)
        return group

    def _execute(self, group: Sequence[Unit]) -> None:
        try:
            if self._executor is None:
                self._executor = self._make_executor()
            self._executor.execute(group)
        except Exception as error:  # noqa: BLE001 - the thread must outlive any fault; every caller is told of it
            for unit in group:
                unit.error = error

    def _report(self, group: Sequence[Unit]) -> None:
        for loop in {id(unit.loop): unit.loop for unit in group}.values():
            _tell(loop, _settle, [unit for unit in group if unit.loop is loop])


def _tell(loop: asyncio.AbstractEventLoop, callback: Callable[[Any], object], argument: object) -> None:
    try:
        loop.call_soon_threadsafe(callback, argument)
    except RuntimeError:
        logger.info("the event loop was closed before the storage thread could answer")


def _settle(units: Sequence[Unit]) -> None:
    for unit in units:
        if unit.future.cancelled():
            continue
        if unit.error is not None:
            unit.future.set_exception(unit.error)
        else:
            unit.future.set_result(unit.result)
