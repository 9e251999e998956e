"""A pacer: at most so many order messages a second (market-rules 8: below ten), cancels first."""

from __future__ import annotations

import asyncio
import heapq
from collections import deque
from collections.abc import Callable
from itertools import count


class Pacer:
    """Lets ``per_second`` callers pass in any one second; the others wait in the order they came, urgent ones first.

    ``per_second`` None lets everybody pass at once.
    """

    def __init__(self, per_second: int | None, monotonic: Callable[[], float] | None = None) -> None:
        self._per_second = per_second
        self._monotonic = monotonic
        self._passed: deque[float] = deque()
        self._queue: list[tuple[int, int, asyncio.Future[None]]] = []
        self._numbers = count()
        self._timer: asyncio.TimerHandle | None = None

    async def take(self, *, urgent: bool = False) -> None:
        """Wait for a turn."""
        if self._per_second is None:
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._queue, (0 if urgent else 1, next(self._numbers), turn))
        self._let_pass()
        await turn

    def _now(self) -> float:
        return self._monotonic() if self._monotonic is not None else asyncio.get_running_loop().time()

    def _let_pass(self) -> None:
        self._timer = None
        now = self._now()
        while self._passed and now - self._passed[0] >= 1.0:
            self._passed.popleft()
        while self._queue and len(self._passed) < (self._per_second or 0):
            turn = heapq.heappop(self._queue)[2]
            if not turn.done():
                self._passed.append(now)
                turn.set_result(None)
        if self._queue and self._timer is None:
            wait_s = max(0.0, 1.0 - (now - self._passed[0])) if self._passed else 0.0
            self._timer = asyncio.get_running_loop().call_later(wait_s + 0.001, self._let_pass)
