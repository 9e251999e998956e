"""Owned tasks: every one has a name, is kept until it ends, and its failure is reported."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class TaskKeeper:
    """Starts tasks and ends them. ``on_failure`` hears of an exception that nobody awaited for."""

    def __init__(self, on_failure: Callable[[str, BaseException], None]) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()
        self._on_failure = on_failure

    def start(self, work: Coroutine[Any, Any, T], name: str, *, awaited: bool = False) -> asyncio.Task[T]:
        """Run ``work``. ``awaited``: the caller hears of its exception, so that it is no news."""
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(lambda done: self._ended(done, awaited))
        return task

    def _ended(self, task: asyncio.Task[Any], awaited: bool) -> None:
        self._tasks.discard(task)
        if task.cancelled():
            return
        error = task.exception()
        if error is not None and not awaited:
            self._on_failure(task.get_name(), error)

    async def finish(self, limit_s: float) -> None:
        """Wait for what runs, at most ``limit_s`` seconds, then cancel the rest and wait for its end."""
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=limit_s)
        await self.cancel()

    async def cancel(self) -> None:
        """Cancel all and wait for their end."""
        tasks = set(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.gather(*tasks, return_exceptions=True)
