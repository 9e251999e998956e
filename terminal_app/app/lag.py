"""How late the event loop runs: the delay of a short sleep, smoothed."""

from __future__ import annotations

import asyncio
import contextlib

PERIOD_S = 0.25
_WEIGHT = 0.2


class LagMeter:
    """``ms`` is the smoothed lateness in milliseconds."""

    def __init__(self) -> None:
        self.ms = 0.0
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to measure."""
        self._task = asyncio.get_running_loop().create_task(self._measure(), name="loop lag")

    async def aclose(self) -> None:
        """Stop."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def _measure(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + PERIOD_S
            await asyncio.sleep(PERIOD_S)
            late_ms = max(0.0, (loop.time() - due) * 1000)
            self.ms += _WEIGHT * (late_ms - self.ms)
