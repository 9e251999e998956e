"""Servers on loopback that answer by a script: real HTTP/1.1, HTTP/2 and WebSocket, with every way to fail."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import h2.config
import h2.connection
import h2.events
from aiohttp import WSMsgType, web
from msgspec import Struct


class Seen(Struct, frozen=True):
    """A request as it came over the wire; header names keep their case, their order is kept."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    protocol: str = "HTTP/1.1"

    def header(self, name: str) -> str | None:
        """The first header of that name, whatever its case."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


Step = Callable[[asyncio.StreamWriter], Awaitable[None]]


def answer(status: int = 200, body: bytes = b"{}", *headers: tuple[str, str]) -> Step:
    """A whole answer."""

    async def step(writer: asyncio.StreamWriter) -> None:
        writer.write(_head(status, len(body), headers) + body)
        await writer.drain()

    return step


def half_an_answer(body: bytes = b'{"status": "succ') -> Step:
    """A head that promises more than comes, then the end."""

    async def step(writer: asyncio.StreamWriter) -> None:
        writer.write(_head(200, len(body) + 50, ()) + body)
        await writer.drain()
        writer.close()

    return step


def a_drip(interval_s: float) -> Step:
    """An answer that never ends, a byte at a time."""

    async def step(writer: asyncio.StreamWriter) -> None:
        writer.write(_head(200, 100_000, ()))
        while not writer.is_closing():
            writer.write(b".")
            await asyncio.sleep(interval_s)

    return step


def raw(data: bytes) -> Step:
    """Bytes that need not be HTTP, then the end."""

    async def step(writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        await writer.drain()
        writer.close()

    return step


async def silence(_writer: asyncio.StreamWriter) -> None:
    """Nothing, until the server is ended."""
    await asyncio.get_running_loop().create_future()


async def reset(writer: asyncio.StreamWriter) -> None:
    """The connection torn down with a reset."""
    tear_down(writer.transport)


async def hang_up(writer: asyncio.StreamWriter) -> None:
    """The connection closed in good order, without an answer."""
    writer.close()


def tear_down(transport: asyncio.BaseTransport) -> None:
    """Close with a reset instead of a goodbye; what the other side has closed already stays as it is."""
    if transport.is_closing():
        return
    raw_socket = transport.get_extra_info("socket")
    raw_socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()  # type: ignore[attr-defined]


def _head(status: int, length: int, headers: Sequence[tuple[str, str]]) -> bytes:
    lines = [
        f"HTTP/1.1 {status} Scripted",
        f"Content-Length: {length}",
        *(f"{name}: {value}" for name, value in headers),
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


class HttpServer:
    """HTTP/1.1 on 127.0.0.1: each request takes the next step of ``steps``, the last one stays."""

    def __init__(self, *steps: Step) -> None:
        self.steps = list(steps) or [answer()]
        self.seen: list[Seen] = []
        self.connections = 0
        self.on_accept: Callable[[asyncio.StreamWriter], bool] = lambda _writer: True
        self.port = 0
        self.scheme = "http"
        self.writers: list[asyncio.StreamWriter] = []
        self._tasks: set[asyncio.Task[None]] = set()

    def url(self, path: str = "/") -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}{path}"

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        self.writers.append(writer)
        try:
            if self.on_accept(writer):
                await self._serve(reader, writer)
        except (ConnectionError, ssl.SSLError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the other side left, or the test is over
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while not writer.is_closing():
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            first, *lines = head.strip().split("\r\n")
            method, target, _ = first.split(" ")
            headers = tuple((name, value.strip()) for name, _, value in (line.partition(":") for line in lines))
            length = next((int(value) for name, value in headers if name.lower() == "content-length"), 0)
            self.seen.append(Seen(method, target, headers, await reader.readexactly(length)))
            step = self.steps.pop(0) if len(self.steps) > 1 else self.steps[0]
            await step(writer)

    async def end(self) -> None:
        for writer in self.writers:
            writer.close()
        while self._tasks:
            for task in self._tasks:
                task.cancel()
            await asyncio.wait(set(self._tasks))


@asynccontextmanager
async def http_server(*steps: Step, context: ssl.SSLContext | None = None) -> AsyncIterator[HttpServer]:
    """An `HttpServer` that listens until the block ends."""
    server = HttpServer(*steps)
    listener = await asyncio.start_server(server.handle, "127.0.0.1", 0, ssl=context)
    server.port = listener.sockets[0].getsockname()[1]
    server.scheme = "https" if context else "http"
    try:
        yield server
    finally:
        listener.close()
        await server.end()
        await listener.wait_closed()


class Http2Server(asyncio.Protocol):
    """One HTTP/2 connection; the factory below makes one for each. It answers each request by ``respond(path)``."""

    def __init__(self, owner: Http2Record) -> None:
        self._owner = owner
        self._h2 = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False, header_encoding="utf-8"))
        self._streams: dict[int, tuple[list[tuple[str, str]], bytearray]] = {}
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._owner.transports.append(transport)
        self._h2.initiate_connection()
        transport.write(self._h2.data_to_send())

    def data_received(self, data: bytes) -> None:
        assert self._transport is not None
        for event in self._h2.receive_data(data):
            if isinstance(event, h2.events.RequestReceived):
                self._streams[event.stream_id] = (
                    [(str(name), str(value)) for name, value in event.headers],
                    bytearray(),
                )
            elif isinstance(event, h2.events.DataReceived):
                self._streams[event.stream_id][1].extend(event.data)
                self._h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            elif isinstance(event, h2.events.StreamEnded):
                self._answer(event.stream_id)
        self._transport.write(self._h2.data_to_send())

    def _answer(self, stream: int) -> None:
        headers, body = self._streams.pop(stream)
        pseudo = dict(headers)
        plain = tuple((name, value) for name, value in headers if not name.startswith(":"))
        self._owner.seen.append(Seen(pseudo[":method"], pseudo[":path"], plain, bytes(body), "HTTP/2"))
        if pseudo[":path"] in self._owner.mute:
            return
        self._h2.send_headers(stream, [(":status", "200"), ("content-type", "application/json")])
        self._h2.send_data(stream, b'{"over": "h2"}', end_stream=True)


class Http2Record(Struct):
    """What the HTTP/2 server saw; paths in ``mute`` get no answer."""

    seen: list[Seen]
    transports: list[asyncio.Transport]
    mute: set[str]
    port: int = 0

    def url(self, path: str = "/") -> str:
        return f"https://127.0.0.1:{self.port}{path}"


@asynccontextmanager
async def http2_server(context: ssl.SSLContext) -> AsyncIterator[Http2Record]:
    """HTTP/2 over TLS on 127.0.0.1; ``context`` must offer h2."""
    record = Http2Record([], [], set())
    listener = await asyncio.get_running_loop().create_server(lambda: Http2Server(record), "127.0.0.1", 0, ssl=context)
    record.port = listener.sockets[0].getsockname()[1]
    try:
        yield record
    finally:
        listener.close()
        for transport in record.transports:
            transport.abort()
        await listener.wait_closed()


class Line:
    """One WebSocket connection as the server sees it."""

    def __init__(self, request: web.Request, ws: web.WebSocketResponse) -> None:
        self.target = request.raw_path
        self.headers = dict(request.headers)
        self.ws = ws
        self.got: list[Any] = []
        self.pongs: list[bytes] = []
        self.transport = request.transport
        self.close_code: int | None = None

    def write(self, data: bytes) -> None:
        """Bytes past the WebSocket library: frames it would not send, several in one read, garbage."""
        assert isinstance(self.transport, asyncio.Transport)
        self.transport.write(data)

    def tear_down(self) -> None:
        assert self.transport is not None
        tear_down(self.transport)


class WebSocketServer:
    """WebSockets on 127.0.0.1; ``refusals`` are the statuses of the next upgrades (0 lets one pass), then all pass."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.asked: list[str] = []
        self.refusals: list[int] = []
        self.greeting: Callable[[Line], Awaitable[None]] | None = None
        self.port = 0
        self.scheme = "ws"

    def url(self, path: str = "/feed") -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}{path}"

    @property
    def line(self) -> Line:
        """The newest connection."""
        return self.lines[-1]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.raw_path)
        status = self.refusals.pop(0) if self.refusals else 0
        if status:
            return web.Response(status=status, text="no", headers={"Location": "/elsewhere"} if status < 400 else {})
        ws = web.WebSocketResponse(autoping=False)
        await ws.prepare(request)
        line = Line(request, ws)
        self.lines.append(line)
        if self.greeting is not None:
            await self.greeting(line)
        with contextlib.suppress(ConnectionError):
            async for message in ws:
                if message.type is WSMsgType.PONG:
                    line.pongs.append(message.data)
                elif message.type is WSMsgType.PING:
                    await ws.pong(message.data)
                else:
                    line.got.append(message.data)
        line.close_code = ws.close_code
        return ws


@asynccontextmanager
async def websocket_server(context: ssl.SSLContext | None = None) -> AsyncIterator[WebSocketServer]:
    """A `WebSocketServer` that listens until the block ends."""
    server = WebSocketServer()
    app = web.Application()
    app.router.add_get("/{path:.*}", server.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    server.port = runner.addresses[0][1]
    server.scheme = "wss" if context else "ws"
    try:
        yield server
    finally:
        await runner.cleanup()
