"""The one socket of a Zerodha account: prices come as binary frames, what happens to orders as text."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from urllib.parse import urlencode

from terminal_app.brokers.socket import Socket, SocketAddress, SocketState
from terminal_app.brokers.zerodha import errors
from terminal_app.brokers.zerodha.api import KiteApi
from terminal_app.domain.errors import BrokerError, BrokerUnavailable, NotPermitted, SessionExpired


class StreamListener:
    """What is told of a stream; a part that does not matter is left as it is."""

    def on_binary(self, frame: memoryview, received_ns: int) -> None:
        """A binary frame; it is valid during the call only."""

    def on_text(self, text: str) -> None:
        """A text frame."""

    async def on_open(self) -> None:
        """Connected, perhaps again: what the broker has to know is to be sent."""

    def on_trouble(self, error: BrokerError) -> None:
        """The connection is lost; it comes back by itself unless the error is SessionExpired or NotPermitted."""

    def on_back(self) -> None:
        """Connected again after a loss."""


class ZerodhaStream:
    """Connects when it is started and there is a session; a session that ends ends it, without trying again.

    Kite's heartbeats come at all hours, so silence always means a dead connection.
    """

    def __init__(self, address: str, api_key: str, api: KiteApi) -> None:
        self._address = address
        self._api_key = api_key
        self._api = api
        self._listeners: list[StreamListener] = []
        self._socket: Socket | None = None
        self._was_lost = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_closed = False

    def listen(self, listener: StreamListener) -> None:
        """Tell this listener everything from now on."""
        self._listeners.append(listener)

    @property
    def is_open(self) -> bool:
        """Whether something can be sent now."""
        return self._socket is not None and self._socket.is_open

    def start(self) -> None:
        """Connect, if there is a session and no connection is held already."""
        if self._is_closed or self._socket is not None or self._api.token is None:
            return
        link = _Link(self)
        self._socket = link.socket = Socket(
            "Zerodha stream",
            self._open,
            on_open=self._on_open,
            on_binary=self._on_binary,
            on_text=self._on_text,
            on_state=link.on_state,
        )
        self._socket.start()

    def stop(self) -> None:
        """Disconnect, in a task of its own."""
        socket, self._socket = self._socket, None
        self._was_lost = False
        if socket is not None:
            self._run(socket.aclose(), "zerodha stream closing")

    def send(self, text: str) -> None:
        """Send a text frame. Raises BrokerUnavailable while there is no connection."""
        if self._socket is None:
            raise BrokerUnavailable("The Zerodha stream is not connected.")
        self._socket.send_text(text)

    async def aclose(self) -> None:
        """Disconnect and end all tasks."""
        self._is_closed = True
        self.stop()
        while self._tasks:
            await asyncio.wait(set(self._tasks))

    def on_state(self, socket: Socket | None, state: SocketState, reason: str) -> None:
        """Called by the links; a socket that was given up is not listened to any more."""
        if socket is None or socket is not self._socket:
            return
        if state is SocketState.OPEN and self._was_lost:
            self._was_lost = False
            for listener in self._listeners:
                listener.on_back()
        elif state is SocketState.LOST:
            self._was_lost = True
            self._tell(BrokerUnavailable(f"The connection for live prices and orders is lost ({reason})."))
        elif state is SocketState.ENDED:
            self._socket = None
            if not _is_shutting_down():
                self._run(self._find_out(reason), "zerodha stream ended")

    async def _open(self) -> SocketAddress:
        token = self._api.token
        if token is None:
            raise errors.session_over()
        joint = "&" if "?" in self._address else "?"
        query = urlencode([("api_key", self._api_key), ("access_token", token)])
        return SocketAddress(f"{self._address}{joint}{query}", (("X-Kite-Version", "3"),))

    async def _on_open(self) -> None:
        for listener in self._listeners:
            await listener.on_open()

    def _on_binary(self, frame: memoryview, received_ns: int) -> None:
        for listener in self._listeners:
            listener.on_binary(frame, received_ns)

    def _on_text(self, text: str) -> None:
        for listener in self._listeners:
            listener.on_text(text)

    def _tell(self, error: BrokerError) -> None:
        for listener in self._listeners:
            listener.on_trouble(error)

    async def _find_out(self, reason: str) -> None:
        """The stream was refused for good. A dead session and an app without live prices get the same answer there, so REST is asked."""
        try:
            await self._api.read("/user/profile")
        except SessionExpired:
            # Announced to everybody by the session's owner.
            return
        except BrokerError as error:
            self._tell(error)
        else:
            self._tell(
                NotPermitted(
                    f"Zerodha refuses this app live prices and order messages ({reason}): they need the paid “Connect” plan."
                )
            )

    def _run(self, work: Coroutine[None, None, None], name: str) -> None:
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _is_shutting_down() -> bool:
    """Whether the socket's task was cancelled from elsewhere, or its loop is gone: then nothing was refused."""
    try:
        task = asyncio.current_task()
    except RuntimeError:
        return True
    return task is None or task.cancelling() > 0


class _Link:
    """Knows which socket a state is about."""

    def __init__(self, stream: ZerodhaStream) -> None:
        self._stream = stream
        self.socket: Socket | None = None

    def on_state(self, state: SocketState, reason: str) -> None:
        self._stream.on_state(self.socket, state, reason)
