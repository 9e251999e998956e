"""Brokers' call budgets: sliding windows, waiting callers served by priority, one limiter per client id."""

from __future__ import annotations

import asyncio
import hashlib
import heapq
import itertools
import math
import time
from collections import deque
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from terminal_app.domain.errors import RateLimited


class CallClass(StrEnum):
    """What a call is for; its budget, patience and time limit follow from it. See `PRIORITY` for who goes first."""

    CANCEL = "cancel"
    MODIFY = "modify"
    PLACE = "place"
    READ = "read"
    QUOTE = "quote"
    HISTORY = "history"
    LOGIN = "login"
    INSTRUMENTS = "instruments"


PRIORITY: Mapping[CallClass, int] = {
    CallClass.CANCEL: 0,
    CallClass.MODIFY: 1,
    CallClass.PLACE: 2,
    CallClass.READ: 3,
    CallClass.QUOTE: 3,
    CallClass.HISTORY: 3,
    CallClass.LOGIN: 3,
    CallClass.INSTRUMENTS: 3,
}


class Window(Struct, frozen=True):
    """At most ``calls`` in any stretch of ``seconds``."""

    calls: int
    seconds: float

    def __post_init__(self) -> None:
        if self.calls < 1 or not self.seconds > 0:
            raise ValueError("a window allows at least one call in a stretch of time longer than nothing")


class Timer(Protocol):
    """What a scheduled call can do."""

    def cancel(self) -> None:
        """Do not call."""
        ...


Later = Callable[[float, Callable[[], None]], Timer]


def _on_running_loop(delay_s: float, call: Callable[[], None]) -> Timer:
    return asyncio.get_running_loop().call_later(delay_s, call)


class _Waiter(Struct, eq=False):
    priority: int
    number: int
    future: asyncio.Future[None]
    deadline_s: float

    def __lt__(self, other: _Waiter) -> bool:
        return (self.priority, self.number) < (other.priority, other.number)


class _Budget:
    """The calls made under one budget, and who waits for the next."""

    def __init__(self, windows: tuple[Window, ...]) -> None:
        self.windows = windows
        self.made: tuple[deque[float], ...] = tuple(deque(maxlen=window.calls) for window in windows)
        self.closed_until_s = -math.inf
        self.waiters: list[_Waiter] = []
        self.timer: Timer | None = None

    def free_at_s(self) -> float:
        """When the next call may be made; it may lie in the past."""
        # A full deque holds exactly the newest calls of a whole window: the oldest has to leave it first.
        full = (
            made[0] + window.seconds
            for window, made in zip(self.windows, self.made, strict=True)
            if len(made) == window.calls
        )
        return max(self.closed_until_s, *full, -math.inf)

    def take(self, now_s: float) -> None:
        for made in self.made:
            made.append(now_s)

    def turn_at_s(self, now_s: float, ahead: int) -> float:
        """When a call with ``ahead`` others before it may be made, if nobody else comes."""
        trial = _Budget(self.windows)
        trial.made = tuple(made.copy() for made in self.made)
        trial.closed_until_s = self.closed_until_s
        for _ in range(ahead):
            trial.take(max(now_s, trial.free_at_s()))
        return max(now_s, trial.free_at_s())

    def left(self, now_s: float) -> tuple[int, int]:
        """Calls left now and allowed in all, of the window with the fewest left."""
        if not self.windows:
            return (0, 0)
        counts = [
            (window.calls - sum(1 for at_s in made if at_s + window.seconds > now_s), window.calls)
            for window, made in zip(self.windows, self.made, strict=True)
        ]
        left, calls = min(counts)
        return (0 if self.closed_until_s > now_s else left, calls)


class RateLimiter:
    """Lets calls pass so that no window of their budget holds more than it allows.

    ``clock`` is monotonic, in seconds; ``later`` schedules a call after some seconds (the running loop's, if not given).
    """

    def __init__(
        self,
        budgets: Mapping[str, tuple[Window, ...]],
        clock: Callable[[], float] = time.monotonic,
        *,
        later: Later = _on_running_loop,
    ) -> None:
        self.budgets: Mapping[str, tuple[Window, ...]] = dict(budgets)
        self._clock = clock
        self._later = later
        self._by_name = {name: _Budget(tuple(windows)) for name, windows in budgets.items()}
        self._numbers = itertools.count()

    async def acquire(self, budget: str, priority: CallClass, *, patience_s: float | None = None) -> None:
        """Wait for this caller's turn: cancels first, then modifies, then places, then the rest; equals as they came.

        Raises RateLimited when the turn would come (or has not come) within ``patience_s`` seconds, ValueError for a
        budget that this limiter does not have. Without ``patience_s`` it waits as long as it takes.
        """
        state = self._named(budget)
        now_s = self._clock()
        self._forget_the_gone(state)
        if not state.waiters and state.free_at_s() <= now_s:
            state.take(now_s)
            return
        rank = PRIORITY[priority]
        ahead = sum(1 for waiter in state.waiters if waiter.priority <= rank and not waiter.future.done())
        wait_s = state.turn_at_s(now_s, ahead) - now_s
        if patience_s is not None and wait_s > patience_s:
            raise RateLimited(_sentence(budget, wait_s), wait_s)
        deadline_s = math.inf if patience_s is None else now_s + patience_s
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(state.waiters, _Waiter(rank, next(self._numbers), future, deadline_s))
        self._arm(budget, state)
        await future

    def penalise(self, budget: str, seconds: float) -> None:
        """No call under this budget for so many seconds: the broker said that there were too many."""
        state = self._named(budget)
        state.closed_until_s = max(state.closed_until_s, self._clock() + seconds)
        if state.waiters:
            self._arm(budget, state)

    def remaining(self) -> tuple[tuple[str, int, int], ...]:
        """For each budget its name, the calls left right now and the calls allowed, of its tightest window."""
        now_s = self._clock()
        return tuple((name, *state.left(now_s)) for name, state in self._by_name.items())

    def _named(self, budget: str) -> _Budget:
        try:
            return self._by_name[budget]
        except KeyError:
            known = ", ".join(sorted(self._by_name)) or "none"
            raise ValueError(f"no budget is called {budget!r}; there are: {known}") from None

    def _forget_the_gone(self, state: _Budget) -> None:
        while state.waiters and state.waiters[0].future.done():
            heapq.heappop(state.waiters)

    def _serve(self, budget: str, state: _Budget) -> None:
        """Let all pass whose turn has come, refuse those whose patience is over, look again when that changes."""
        state.timer = None
        now_s = self._clock()
        self._forget_the_gone(state)
        while state.waiters and state.free_at_s() <= now_s:
            state.take(now_s)
            heapq.heappop(state.waiters).future.set_result(None)
            self._forget_the_gone(state)
        wait_s = max(0.0, state.free_at_s() - now_s)
        for waiter in state.waiters:
            if waiter.deadline_s <= now_s and not waiter.future.done():
                waiter.future.set_exception(RateLimited(_sentence(budget, wait_s), wait_s))
        state.waiters = [waiter for waiter in state.waiters if not waiter.future.done()]
        heapq.heapify(state.waiters)
        if state.waiters:
            self._arm(budget, state)

    def _arm(self, budget: str, state: _Budget) -> None:
        if state.timer is not None:
            state.timer.cancel()
        at_s = min((state.free_at_s(), *(waiter.deadline_s for waiter in state.waiters)))
        # A timer may fire a little early; a floor keeps it from turning in place until the clock has caught up.
        delay_s = max(0.001, at_s - self._clock())
        state.timer = self._later(delay_s, lambda: self._serve(budget, state))


def _sentence(budget: str, wait_s: float) -> str:
    return f"Too many calls to the broker ({budget}): the next one can be made in {max(1, math.ceil(wait_s))} s."


_shared: dict[tuple[str, str], RateLimiter] = {}


def limiter_for(broker: str, client_key: str, budgets: Mapping[str, tuple[Window, ...]]) -> RateLimiter:
    """The one limiter of a client id at a broker: brokers count per client, whatever the number of our accounts.

    It lives as long as the program: what an account called before it was closed counts when it is opened again. Raises ValueError when
    it exists with other budgets.
    """
    key = (broker, hashlib.sha256(client_key.encode()).hexdigest())  # the client's key may be half a secret
    limiter = _shared.get(key)
    if limiter is None:
        limiter = _shared[key] = RateLimiter(budgets)
    elif limiter.budgets != dict(budgets):
        raise ValueError(f"{broker}: one client, two sets of budgets")
    return limiter
