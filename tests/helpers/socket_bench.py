"""A socket on loopback whose time passes by hand, with a record of what it told."""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections.abc import Awaitable, Callable
from typing import Any

from terminal_app.brokers.socket import Socket, SocketAddress, SocketState
from tests.helpers.async_tests import until
from tests.helpers.loopback import Line, WebSocketServer, websocket_server

CANARY = "c4nary-7Q9zX2-s3cret"


class Clock:
    """Time that passes by sleeping only; who sleeps is let go when the test moves the time on."""

    def __init__(self) -> None:
        self.now_s = 1000.0
        self.asked: list[float] = []
        self._sleepers: list[tuple[float, asyncio.Future[None]]] = []

    def __call__(self) -> float:
        return self.now_s

    async def sleep(self, seconds: float) -> None:
        self.asked.append(seconds)
        awake = asyncio.get_running_loop().create_future()
        self._sleepers.append((self.now_s + seconds, awake))
        await awake

    @property
    def sleepers(self) -> int:
        return sum(not awake.done() for _, awake in self._sleepers)

    async def move(self, seconds: float) -> None:
        """Let ``seconds`` pass, one sleeper after the other, the loop turning in between."""
        end_s = self.now_s + seconds
        while True:
            await turn()
            due = sorted((at, number) for number, (at, awake) in enumerate(self._sleepers) if not awake.done())
            if not due or due[0][0] > end_s:
                break
            self.now_s = due[0][0]
            self._sleepers[due[0][1]][1].set_result(None)
        self.now_s = end_s
        await turn()


async def turn(times: int = 80) -> None:
    for _ in range(times):
        await asyncio.sleep(0)


class Bench:
    """A socket, what it is told to do, and what it told."""

    def __init__(self, server: WebSocketServer) -> None:
        self.server = server
        self.clock = Clock()
        self.states: list[tuple[SocketState, str]] = []
        self.binary: list[bytes] = []
        self.times_ns: list[int] = []
        self.text: list[str] = []
        self.opened = 0
        self.restored = 0
        self.open_errors: list[Exception] = []
        self.restore_error: Exception | None = None
        self.restore: Callable[[], Awaitable[None]] | None = None
        self.binary_error: Exception | None = None
        self.is_busy = True
        self.headers: tuple[tuple[str, str], ...] = ()
        self.socket = self.make()

    def make(self, **options: Any) -> Socket:
        return Socket(
            "Zerodha feed",
            self.open,
            on_open=self.on_open,
            on_binary=self.on_binary,
            on_text=self.text.append,
            on_state=lambda state, reason: self.states.append((state, reason)),
            is_busy_time=lambda: self.is_busy,
            clock=self.clock,
            sleep=self.clock.sleep,
            jitter=options.pop("jitter", lambda: 1.0),
            **options,
        )

    async def open(self) -> SocketAddress:
        self.opened += 1
        if self.open_errors:
            raise self.open_errors.pop(0)
        return SocketAddress(self.server.url(f"/feed?code={self.opened}&token={CANARY}"), self.headers)

    async def on_open(self) -> None:
        self.restored += 1
        if self.restore_error is not None:
            raise self.restore_error
        if self.restore is not None:
            await self.restore()

    def on_binary(self, data: memoryview, received_ns: int) -> None:
        self.times_ns.append(received_ns)
        if self.binary_error is not None:
            raise self.binary_error
        self.binary.append(bytes(data))

    def has_heard(self) -> bool:
        return self.socket._connection is not None and self.socket._connection.has_heard

    @property
    def state(self) -> SocketState | None:
        return self.states[-1][0] if self.states else None

    @property
    def reason(self) -> str:
        return self.states[-1][1]

    async def reach(self, state: SocketState) -> None:
        await until(lambda: self.state is state)

    async def open_it(self) -> Line:
        self.socket.start()
        await self.reach(SocketState.OPEN)
        return self.server.line


def benched(test: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    """Give a test its bench and close the socket before the test is over, so that a task left behind is seen."""

    @functools.wraps(test)
    async def run(**arguments: Any) -> None:
        async with websocket_server() as server:
            bench = Bench(server)
            try:
                await test(bench=bench, **arguments)
            finally:
                await bench.socket.aclose()

    wanted = inspect.signature(test)
    others = [parameter for name, parameter in wanted.parameters.items() if name != "bench"]
    run.__signature__ = wanted.replace(parameters=others)  # type: ignore[attr-defined]
    return run
