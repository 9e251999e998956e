"""Waiting for panels: they show what happened within a frame, so tests poll."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


async def until(ready: Callable[[], object], limit_s: float = 5.0) -> None:
    """Let the loop run until `ready` holds. Raises TimeoutError."""
    async with asyncio.timeout(limit_s):
        while not ready():  # noqa: ASYNC110 - a state of widgets, which no event announces
            await asyncio.sleep(0.005)
