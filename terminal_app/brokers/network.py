"""httpx over asyncio's own transports: closes what it opened however a call ends, and knows what was handed over.

httpcore's stock network goes through anyio, which forgets the socket when a TLS handshake is cancelled and cannot tell whether
the first byte of a request left. Imported with the first request, as it loads httpx.
"""

from __future__ import annotations

import asyncio
import select
import socket
import ssl
from collections.abc import AsyncIterator, Iterable
from contextvars import ContextVar
from typing import Any

import httpcore
import httpx

from terminal_app.brokers.dial import dialled

_MOST_BUFFERED = 2**20
_MOST_CONNECTIONS = 6


class Progress:
    """How far a request got. It is httpcore's trace and, through `progress_of_call`, the network's notebook."""

    def __init__(self) -> None:
        self._is_sending: str | None = None
        self._has_handed_over = False

    async def __call__(self, event: str, _info: dict[str, Any]) -> None:
        """Told by httpcore at each step."""
        if event.endswith(".send_request_headers.started"):
            self._is_sending = event.partition(".")[0]
            self._has_handed_over = False

    def note_handed_over(self) -> None:
        """Bytes were given to the operating system."""
        self._has_handed_over = True

    @property
    def has_left(self) -> bool:
        """Whether any part of the request itself may have left this machine."""
        if self._is_sending == "http11":
            return self._has_handed_over
        # Over HTTP/2 the bytes of one request may be written by another one's task.
        return self._is_sending is not None


progress_of_call: ContextVar[Progress | None] = ContextVar("progress_of_call", default=None)


class _Wire(asyncio.Protocol):
    """What arrives on a connection, kept until it is read."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.buffer = bytearray()
        self.is_over = False
        self.error: Exception | None = None
        self._readable: asyncio.Future[None] | None = None
        self._writable: asyncio.Future[None] | None = None
        self._is_full = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if len(self.buffer) > _MOST_BUFFERED and self.transport is not None:
            self.transport.pause_reading()
        _wake(self._readable)

    def eof_received(self) -> bool:
        self.is_over = True
        _wake(self._readable)
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_over = True
        self.error = exc
        _wake(self._readable)
        _wake(self._writable)

    def pause_writing(self) -> None:
        self._is_full = True

    def resume_writing(self) -> None:
        self._is_full = False
        _wake(self._writable)

    async def readable(self) -> None:
        """Wait until there is something to read or never will be."""
        while not self.buffer and not self.is_over:
            self._readable = asyncio.get_running_loop().create_future()
            await self._readable

    async def writable(self) -> None:
        """Wait until more can be written or never will be."""
        while self._is_full and not self.is_over:
            self._writable = asyncio.get_running_loop().create_future()
            await self._writable

    def take(self, most: int) -> bytes:
        data = bytes(self.buffer[:most])
        del self.buffer[:most]
        if len(self.buffer) <= _MOST_BUFFERED and self.transport is not None and not self.transport.is_closing():
            self.transport.resume_reading()
        return data


def _wake(waiting: asyncio.Future[None] | None) -> None:
    if waiting is not None and not waiting.done():
        waiting.set_result(None)


class _Stream(httpcore.AsyncNetworkStream):
    """One connection as httpcore sees it."""

    def __init__(self, transport: asyncio.Transport, wire: _Wire, *, is_secure: bool = False) -> None:
        self._transport = transport
        self._wire = wire
        self._is_secure = is_secure
        self._is_closed = False

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if not self._wire.buffer:
            await _within(timeout, self._wire.readable(), httpcore.ReadTimeout)
        if not self._wire.buffer and self._wire.error is not None:
            raise httpcore.ReadError from self._wire.error
        return self._wire.take(max_bytes)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if not buffer:
            return
        if self._is_closed or self._transport.is_closing() or self._wire.is_over:
            raise httpcore.WriteError from (self._wire.error or ConnectionResetError())
        progress = progress_of_call.get()
        if progress is not None:
            progress.note_handed_over()
        self._transport.write(buffer)
        await _within(timeout, self._wire.writable(), httpcore.WriteTimeout)

    async def aclose(self) -> None:
        if self._is_closed:
            return
        self._is_closed = True
        self._transport.close()
        if self._is_secure:
            # Else it waits up to 30 s for the other side's goodbye; ours was said.
            self._transport.abort()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        loop = asyncio.get_running_loop()
        starting = loop.start_tls(self._transport, self._wire, ssl_context, server_hostname=server_hostname)
        try:
            transport = await _within(timeout, starting, httpcore.ConnectTimeout)
        except OSError as error:  # SSLError is one
            self._transport.abort()
            raise httpcore.ConnectError from error
        except BaseException:
            self._transport.abort()
            raise
        if transport is None:
            raise httpcore.ConnectError from ConnectionResetError()
        self._wire.transport = transport
        return _Stream(transport, self._wire, is_secure=True)

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable":
            return self._is_closed or self._is_readable()
        return None if self._is_closed else self._transport.get_extra_info(info)

    def _is_readable(self) -> bool:
        # Of a connection at rest: anything that came, or an end, means that it cannot be used again.
        if self._wire.buffer or self._wire.is_over or self._transport.is_closing():
            return True
        raw = self._transport.get_extra_info("socket")
        return raw is None or _has_news(raw.fileno())


def _has_news(descriptor: int) -> bool:
    if descriptor < 0:
        return True
    if hasattr(select, "poll"):  # select() takes no descriptor above 1023, and Windows has no poll()
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        return bool(poll.poll(0))
    return bool(select.select([descriptor], [], [], 0)[0])


async def _within(limit_s: float | None, step: Any, late: type[Exception]) -> Any:
    try:
        async with asyncio.timeout(limit_s):
            return await step
    except TimeoutError as error:
        raise late from error


class _Network(httpcore.AsyncNetworkBackend):
    """Opens connections for httpcore."""

    def __init__(self, *, ipv4_only: bool) -> None:
        self._ipv4_only = ipv4_only

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            raw = await _within(timeout, dialled(host, port, ipv4_only=self._ipv4_only), httpcore.ConnectTimeout)
        except OSError as error:
            raise httpcore.ConnectError from error
        return await self._over(raw)

    async def _over(self, raw: socket.socket) -> _Stream:
        try:
            transport, wire = await asyncio.get_running_loop().create_connection(_Wire, sock=raw)
        except BaseException:
            raw.close()
            raise
        return _Stream(transport, wire)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class _Body(httpx.AsyncByteStream):
    """An answer's body as it comes."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._stream:
            yield part

    async def aclose(self) -> None:
        await self._stream.aclose()


class Transport(httpx.AsyncBaseTransport):
    """httpx's way to our network. Raises httpcore's exceptions."""

    def __init__(self, context: ssl.SSLContext, *, http2: bool, ipv4_only: bool, kept_for_s: float) -> None:
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=context,
            # Equal, as httpcore closes a connection at rest once there are more of any kind than may be kept.
            max_connections=_MOST_CONNECTIONS,
            max_keepalive_connections=_MOST_CONNECTIONS,
            keepalive_expiry=kept_for_s,
            http2=http2,
            network_backend=_Network(ipv4_only=ipv4_only),
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self._pool.handle_async_request(
            httpcore.Request(
                method=request.method,
                url=httpcore.URL(
                    scheme=request.url.raw_scheme,
                    host=request.url.raw_host,
                    port=request.url.port,
                    target=request.url.raw_path,
                ),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        return httpx.Response(
            answer.status, headers=answer.headers, stream=_Body(answer.stream), extensions=answer.extensions
        )

    async def aclose(self) -> None:
        await self._pool.aclose()
