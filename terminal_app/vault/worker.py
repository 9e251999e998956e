"""The vault's thread: one call at a time, off the loop's thread; a call that hangs is left behind in a thread of its own."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from terminal_app.vault.ring import Leash

T = TypeVar("T")
Job = tuple["Future[Any]", Callable[[], Any]]


class HangingError(TimeoutError):
    """A call did not end in time and was left behind."""


class Worker:
    """Runs calls in one thread, which is made when the first call comes. Belongs to the loop's thread.

    The threads are daemons: a prompt that nobody answers must not keep the program from ending.
    """

    def __init__(self) -> None:
        self._turn = asyncio.Lock()
        self._jobs: queue.SimpleQueue[Job | None] | None = None
        self._under_way: dict[Leash, Future[Any]] = {}

    async def run(self, work: Callable[[Leash], T], timeout_s: float, subject: str = "") -> T:
        """The result of ``work(leash)``. Calls take turns. Raises HangingError after ``timeout_s`` of its own turn.

        Cancelled, a call that has begun goes on to its end, so that nothing is left half done.
        """
        async with self._turn:
            leash = Leash()
            future: Future[T] = Future()
            self._note(leash, future, subject)
            self._queue().put((future, lambda: work(leash)))
            done = asyncio.wrap_future(future)
            try:
                await asyncio.wait([done], timeout=timeout_s)
                if done.done():
                    return done.result()
            finally:
                done.cancel()
            self._leave_behind()
            raise HangingError

    def is_writing_late(self, subject: str) -> bool:
        """Whether a call about ``subject`` that was left behind is still inside a write, which may yet take effect."""
        self._forget_ended()
        return any(leash.subject == subject and leash.is_cut and leash.is_writing for leash in self._under_way)

    def stop(self) -> None:
        """Let the thread end after what it does now; a later call has a new one."""
        if self._jobs is not None:
            self._jobs.put(None)
            self._jobs = None

    def _leave_behind(self) -> None:
        for leash in self._under_way:
            leash.cut()
        self.stop()

    def _note(self, leash: Leash, future: Future[Any], subject: str) -> None:
        self._forget_ended()
        leash.subject = subject
        self._under_way[leash] = future

    def _forget_ended(self) -> None:
        self._under_way = {leash: future for leash, future in self._under_way.items() if not future.done()}

    def _queue(self) -> queue.SimpleQueue[Job | None]:
        if self._jobs is None:
            self._jobs = queue.SimpleQueue()
            threading.Thread(target=_serve, args=(self._jobs,), name="bhav-vault", daemon=True).start()
        return self._jobs


def _serve(jobs: queue.SimpleQueue[Job | None]) -> None:
    while (job := jobs.get()) is not None:
        future, work = job
        if future.set_running_or_notify_cancel():
            try:
                result = work()
            except BaseException as error:  # noqa: BLE001  # the thread's boundary: the caller gets it
                future.set_exception(error)
            else:
                future.set_result(result)
                del result
        del job, future, work
