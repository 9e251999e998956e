"""The venue: keeps a simulated exchange in step with its clock, and passes the market's steps on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from terminal_app.domain.clock import Clock
from terminal_app.domain.errors import BrokerUnavailable
from terminal_app.simulator.clocks import ReplayClock
from terminal_app.simulator.events import StepListener
from terminal_app.simulator.exchange import SimulatedExchange

PERIOD_S = 0.1
"""How often the exchange is moved on to the clock's time."""
BUDGET_S = 0.008
"""How long the event loop is kept busy at most before others have their turn."""

_SHORTEST = timedelta(seconds=1)
_LONGEST = timedelta(seconds=60)
_QUICK_S = 0.001


class Venue:
    """One exchange with one clock, shared by any number of accounts and feeds.

    ``on_error`` hears why the market stopped, once. A clock that stands behind the exchange is waited for. A replay clock
    with speed 0 is driven: the venue plays as fast as it can and takes the clock along.
    """

    def __init__(
        self, exchange: SimulatedExchange, clock: Clock, on_error: Callable[[BaseException], None] | None = None
    ) -> None:
        self.exchange = exchange
        self.clock = clock
        self._on_error = on_error
        self._task: asyncio.Task[None] | None = None
        self._failure: BaseException | None = None
        self._has_begun = asyncio.Event()
        self._pace = _SHORTEST

    async def start(self) -> None:
        """Begin; the prices of this moment are there when it returns. Calling it again changes nothing."""
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run(), name="venue")
        await self._has_begun.wait()

    async def aclose(self) -> None:
        """Stop the market."""
        task, self._task = self._task, None
        if task is None:
            return
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    def check(self) -> None:
        """Raises BrokerUnavailable when the market has stopped on an error."""
        if self._failure is not None:
            raise BrokerUnavailable(f"The simulated market has stopped: {self._failure}")

    def listen(self, listener: StepListener) -> None:
        """Hear every step."""
        self.exchange.listen(listener)

    def forget(self, listener: StepListener) -> None:
        """Hear no more steps."""
        self.exchange.forget(listener)

    async def _run(self) -> None:
        try:
            while True:
                if self._is_driven():
                    await self._drive()
                    self._has_begun.set()
                else:
                    await self._follow(self.clock.now())
                    self._has_begun.set()
                    await asyncio.sleep(PERIOD_S)
        except Exception as error:  # noqa: BLE001 - the task's boundary: every account is told, and the owner
            self._failure = error
            self._has_begun.set()
            if self._on_error is not None:
                self._on_error(error)

    def _is_driven(self) -> bool:
        clock = self.clock
        return isinstance(clock, ReplayClock) and clock.speed == 0 and not clock.paused

    async def _drive(self) -> None:
        clock = self.clock
        assert isinstance(clock, ReplayClock)
        if clock.ended:
            await self._follow(clock.end)
            await asyncio.sleep(PERIOD_S)
            return
        until = time.perf_counter() + BUDGET_S
        while time.perf_counter() < until and not clock.ended:
            clock.seek(max(clock.now(), min(self.exchange.now + _SHORTEST, clock.end)))
            self._advance(clock.now())
        await asyncio.sleep(0)

    async def _follow(self, target: datetime) -> None:
        until = time.perf_counter() + BUDGET_S
        while self.exchange.now < target:
            self._advance(min(target, self.exchange.now + self._pace))
            if time.perf_counter() >= until:
                await asyncio.sleep(0)
                until = time.perf_counter() + BUDGET_S

    def _advance(self, to: datetime) -> None:
        """Move on, in longer strides where nothing happens (nights), in short ones where much does."""
        begin = time.perf_counter()
        if to > self.exchange.now:
            self.exchange.advance(to)
        took_s = time.perf_counter() - begin
        self._pace = min(_LONGEST, self._pace * 2) if took_s < _QUICK_S else _SHORTEST
