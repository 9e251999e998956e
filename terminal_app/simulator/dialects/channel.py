"""One open WebSocket of a dialect: what is sent waits in a bounded queue, and the dials may mute or cut it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from enum import Enum

from aiohttp import WSCloseCode, WSMessage, WSMsgType, web

from terminal_app.simulator.dialects.clients import Client
from terminal_app.simulator.dialects.dials import Dials


class Beat(Enum):
    """What is no data."""

    PING = "ping"


Frame = str | bytes | Beat
Source = Callable[[], Frame | None]

MOST_WAITING = 4096
"""Frames that may wait for a slow reader; with more the socket is closed."""
MOST_BYTES = 1 << 20


class Channel:
    """Sends in order, from any callback on the loop. ``serve`` runs until the socket ends."""

    def __init__(self, client: Client, dials: Dials, heartbeat: tuple[float, Frame] | None = None) -> None:
        """``heartbeat`` is what is sent after so many idle seconds."""
        self.client = client
        self._heartbeat = heartbeat
        self._dials = dials
        self._socket = web.WebSocketResponse(autoping=False, max_msg_size=MOST_BYTES)
        self._request: web.Request | None = None
        self._waiting: deque[Frame | Source] = deque()
        self._ready = asyncio.Event()

    def send(self, frame: Frame | Source) -> None:
        """Send text or binary. A function is asked when its turn comes and may say None: so a slow reader gets the newest."""
        self._waiting.append(frame)
        self._ready.set()
        if len(self._waiting) > MOST_WAITING:
            self.cut()

    def cut(self) -> None:
        """Cut the connection without a closing handshake."""
        if self._request is not None and self._request.transport is not None:
            self._request.transport.abort()

    async def aclose(self) -> None:
        """Close as a server that goes away."""
        if self._socket.prepared and not self._socket.closed:
            await self._socket.close(code=WSCloseCode.GOING_AWAY)

    async def serve(
        self,
        request: web.Request,
        on_message: Callable[[WSMessage], None],
        on_open: Callable[[], None] | None = None,
    ) -> web.StreamResponse:
        """Upgrade, hand every text and binary message on, send what waits. ``on_open`` is called once it is open."""
        self._request = request
        try:
            await self._socket.prepare(request)
        except ConnectionError:
            return web.Response()  # the other side went away before the upgrade
        writer = asyncio.get_running_loop().create_task(self._write(), name=f"channel-{self.client.client_id}")
        try:
            if on_open is not None:
                on_open()
            async for message in self._socket:
                if message.type is WSMsgType.PING:
                    if not self._dials.mute_sockets:
                        await self._socket.pong(message.data)
                elif message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                    on_message(message)
        except ConnectionError:
            pass  # the other side went away while it was answered: nobody is left to be told
        finally:
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)
        return self._socket

    async def _write(self) -> None:
        while True:
            await self._wait()
            while self._waiting:
                item = self._waiting.popleft()
                frame = item() if callable(item) else item
                if frame is None or self._dials.mute_sockets:
                    continue
                try:
                    if isinstance(frame, Beat):
                        await self._socket.ping()
                    elif isinstance(frame, str):
                        await self._socket.send_str(frame)
                    else:
                        await self._socket.send_bytes(frame)
                except ConnectionError:
                    return  # the reader ends on its own and takes this task along

    async def _wait(self) -> None:
        """Until something waits; an idle socket sends its heartbeat."""
        if self._heartbeat is None:
            await self._ready.wait()
        else:
            idle_s, beat = self._heartbeat
            try:
                await asyncio.wait_for(self._ready.wait(), idle_s)
            except TimeoutError:
                self._waiting.append(beat)
        self._ready.clear()


class UpdateOrder:
    """Sends order messages in their order, doubled or reversed where the dials say so."""

    HOLD_S = 1.0

    def __init__(self, dials: Dials) -> None:
        self._dials = dials
        self._held: list[Callable[[], None]] = []
        self._timer: asyncio.TimerHandle | None = None

    def tell(self, send: Callable[[], None]) -> None:
        """``send`` sends one message to all who should hear it."""
        if self._dials.reverse_updates <= 0:
            self._send(send)
            return
        self._held.append(send)
        if len(self._held) >= self._dials.reverse_updates:
            self.flush()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self.HOLD_S, self.flush)

    def flush(self) -> None:
        """Send what is held back, newest first."""
        self.cancel()
        held, self._held = self._held, []
        self._dials.reverse_updates = 0
        for send in reversed(held):
            self._send(send)

    def cancel(self) -> None:
        """Wait no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _send(self, send: Callable[[], None]) -> None:
        send()
        if self._dials.uses("duplicate_updates"):
            send()
