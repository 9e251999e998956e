"""How often a client may call: sliding windows as the brokers document them."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping

from msgspec import Struct


class Limit(Struct, frozen=True):
    """At most ``calls`` within any ``seconds``."""

    calls: int
    seconds: float


Limits = Mapping[str, tuple[Limit, ...]]
"""Limits by the name of a class of calls."""


_JITTER = 0.05
"""The part of a window that a call may come early: what was sent in time can be under way for longer or shorter than the one before."""


class Throttle:
    """Counts the calls of each client in each class, in real time: a program paces itself by its own clock."""

    def __init__(self, limits: Limits, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.limits = limits
        self._monotonic = monotonic
        self._calls: dict[tuple[str, str], deque[float]] = {}

    def takes(self, budget: str, client: str) -> bool:
        """Whether a call is within the limits; a refused call does not count."""
        windows = self.limits.get(budget, ())
        if not windows:
            return True
        now = self._monotonic()
        calls = self._calls.setdefault((budget, client), deque())
        longest = max(window.seconds for window in windows)
        while calls and calls[0] <= now - longest:
            calls.popleft()
        for window in windows:
            if sum(1 for at in calls if at > now - window.seconds * (1 - _JITTER)) >= window.calls:
                return False
        calls.append(now)
        return True

    def reset(self) -> None:
        """Forget all calls."""
        self._calls.clear()
