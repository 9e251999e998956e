"""A WebSocket to a broker that comes back by itself, notices silence, and gives up when the session is over."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import socket
import time
import traceback
from collections.abc import Awaitable, Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar
from urllib.parse import urlsplit

from msgspec import Struct

from terminal_app.brokers.dial import dialled
from terminal_app.brokers.http import reason_of
from terminal_app.brokers.text import clean
from terminal_app.brokers.trust import client_context, trust_of
from terminal_app.domain.errors import (
    BrokerError,
    BrokerUnavailable,
    ConfigError,
    NotPermitted,
    RateLimited,
    SessionExpired,
)

if TYPE_CHECKING:
    from picows import WSFrame, WSTransport

_T = TypeVar("_T")
_log = logging.getLogger(__name__)

CONNECT_LIMIT_S = 15.0
OPENING_LIMIT_S = 30.0
CLOSE_LIMIT_S = 1.0
LONGEST_PAUSE_S = 30.0
STEADY_AFTER_S = 30.0  # a connection that held so long was a good one: the next pause is short again
LARGEST_MESSAGE = 16 * 2**20
_REFUSED = {401, 403}


class SocketState(StrEnum):
    """Where a socket stands. LOST comes back by itself, ENDED does not."""

    CONNECTING = "connecting"
    OPEN = "open"
    LOST = "lost"
    ENDED = "ended"


class SocketAddress(Struct, frozen=True):
    """Where to connect, and with which headers. Good for one connection; printing it shows neither query nor headers."""

    url: str
    headers: tuple[tuple[str, str], ...] = ()

    def __repr__(self) -> str:
        return f"SocketAddress({self.url.partition('?')[0]!r})"

    def __rich_repr__(self) -> list[tuple[str, str]]:
        return [("url", self.url.partition("?")[0])]


class _EndedError(Exception):
    """There is no sense in connecting again; the text says why."""


class _LostError(Exception):
    """The connection failed or was lost; the text says why. ``wait_s``: the broker asked for at least that pause."""

    def __init__(self, reason: str, wait_s: float = 0.0) -> None:
        super().__init__(reason)
        self.wait_s = wait_s


class Socket:
    """One WebSocket that stays connected from `start` to `aclose`.

    ``open`` is asked for a new address before each connection. ``on_open`` restores what the broker has to know, and is
    awaited before the state becomes OPEN; it may send. ``on_binary`` gets a whole message, valid during the call only, and when
    it was received (``time.time_ns``); ``on_text`` a whole text. An exception in these two is logged once per kind and
    harms nothing. ``on_state`` hears each change with a reason in words.

    ``silence_s`` without any frame while ``is_busy_time()`` counts as a lost connection. A refusal with 401 or 403, and
    SessionExpired or NotPermitted from ``open`` or ``on_open``, end the socket for good.
    """

    def __init__(
        self,
        name: str,
        open: Callable[[], Awaitable[SocketAddress]],
        *,
        on_open: Callable[[], Awaitable[None]],
        on_binary: Callable[[memoryview, int], None],
        on_text: Callable[[str], None],
        on_state: Callable[[SocketState, str], None],
        silence_s: float = 10.0,
        is_busy_time: Callable[[], bool] = lambda: True,
        verify: bool | Path = True,
        ipv4_only: bool = True,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        jitter: Callable[[], float] = lambda: random.uniform(0.75, 1.25),
    ) -> None:
        self._name = name
        self._open = open
        self._on_open = on_open
        self._on_binary = on_binary
        self._on_text = on_text
        self._on_state = on_state
        self._silence_s = silence_s
        self._is_busy_time = is_busy_time
        self._verify = verify
        self._ipv4_only = ipv4_only
        self._clock = clock
        self._sleep = sleep
        self._jitter = jitter
        self._task: asyncio.Task[None] | None = None
        self._is_closing = False
        self._connection: _Connection | None = None
        self._reported: set[tuple[str, type[Exception]]] = set()

    @property
    def is_open(self) -> bool:
        """Whether something can be sent now."""
        return self._connection is not None and self._connection.is_open

    def start(self) -> None:
        """Begin to connect. A socket is started once."""
        if self._task is not None:
            raise RuntimeError(f"{self._name} was started already")
        self._task = asyncio.get_running_loop().create_task(self._run(), name=f"socket {self._name}")

    def send_text(self, text: str) -> None:
        """Send a text message. Raises BrokerUnavailable while there is no connection."""
        from picows import WSMsgType

        self._sending().send(WSMsgType.TEXT, text.encode())

    def send_binary(self, data: bytes) -> None:
        """Send a binary message. Raises BrokerUnavailable while there is no connection."""
        from picows import WSMsgType

        self._sending().send(WSMsgType.BINARY, data)

    async def aclose(self) -> None:
        """Close the connection and end the task; safe to call at any time, and more than once."""
        if self._task is None:
            return
        if not self._is_closing:
            self._is_closing = True  # a second cancel would cut the goodbye short
            self._task.cancel()
        await asyncio.wait({self._task})

    def _sending(self) -> WSTransport:
        if self._connection is None or not self._connection.is_open:
            raise BrokerUnavailable(f"{self._name} is not connected.")
        assert self._connection.transport is not None
        return self._connection.transport

    async def _run(self) -> None:
        failures = 0
        try:
            while True:
                began_s = self._clock()
                self._tell(SocketState.CONNECTING, "connecting")
                try:
                    await self._stay_connected()
                except _LostError as lost:
                    reason, wait_s = str(lost), lost.wait_s
                failures = 0 if self._clock() - began_s >= STEADY_AFTER_S else failures
                pause_s = max(wait_s, min(LONGEST_PAUSE_S, 2.0**failures) * self._jitter())
                failures = min(failures + 1, 10)
                _log.info("%s: %s; again in %.1f s", self._name, reason, pause_s)
                self._tell(SocketState.LOST, reason)
                await self._sleep(pause_s)
        except _EndedError as ended:
            self._end(str(ended))
        except asyncio.CancelledError:
            self._end("closed")
            raise
        except Exception as error:  # noqa: BLE001 # a fault of ours: connecting again would only meet it again
            _log.error("%s: %s: %s", self._name, _whereabouts(error), clean(str(error)))
            self._end(f"an error in the program ({type(error).__name__})")

    def _end(self, reason: str) -> None:
        _log.info("%s ended: %s", self._name, reason)
        self._tell(SocketState.ENDED, reason)

    async def _stay_connected(self) -> NoReturn:
        """Connect, restore, stay; always raises: _LostError, _EndedError or CancelledError."""
        address = await self._asked(self._open)
        connection = self._connection = _Connection(self)
        try:
            await connection.connect(address, self._verify, ipv4_only=self._ipv4_only)
            await self._restore(connection)
            self._tell(SocketState.OPEN, "connected")
            await self._watch(connection)
        finally:
            self._connection = None
            await connection.aclose()

    async def _asked(self, question: Callable[[], Awaitable[_T]]) -> _T:
        """What our owner answers, its errors sorted into those that end the socket and those that pass."""
        try:
            async with asyncio.timeout(OPENING_LIMIT_S):
                return await question()
        except (SessionExpired, NotPermitted, ConfigError) as error:
            raise _EndedError(error.message) from None
        except RateLimited as error:
            raise _LostError(error.message, error.retry_after_s) from None
        except BrokerError as error:
            raise _LostError(error.message) from None
        except (OSError, TimeoutError) as error:
            raise _LostError(reason_of(error, OPENING_LIMIT_S)) from None

    async def _restore(self, connection: _Connection) -> None:
        """Let our owner restore what it needs, but no longer than the connection lives."""
        restoring = asyncio.ensure_future(self._asked(self._on_open))
        try:
            await asyncio.wait({restoring, connection.lost}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            if not restoring.done():
                restoring.cancel()
                await asyncio.wait({restoring})
        refusal = None if restoring.cancelled() else restoring.exception()
        if connection.lost.done() and not isinstance(refusal, _EndedError):
            raise _LostError(connection.reason)
        await restoring

    async def _watch(self, connection: _Connection) -> NoReturn:
        """Until the connection is lost or mute for too long while it should not be. Always raises."""
        quiet_since_s = self._clock()
        while True:
            await self._pause_or_loss(connection, self._silence_s / 4)
            if connection.lost.done():
                raise _LostError(connection.reason)
            now_s = self._clock()
            if connection.has_heard or not self._is_busy_time():
                connection.has_heard = False
                quiet_since_s = now_s
            elif now_s - quiet_since_s >= self._silence_s:
                raise _LostError(f"nothing was heard for {self._silence_s:g} s")

    async def _pause_or_loss(self, connection: _Connection, pause_s: float) -> None:
        pause = asyncio.ensure_future(self._sleep(pause_s))
        try:
            await asyncio.wait({pause, connection.lost}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            pause.cancel()
            await asyncio.wait({pause})

    def _tell(self, state: SocketState, reason: str) -> None:
        try:
            self._on_state(state, reason)
        except Exception as error:  # noqa: BLE001 # the listener's fault must not cost the connection
            self._report("state", error)

    def _report(self, kind: str, error: Exception) -> None:
        """Log an exception of our owner's callbacks: its text made safe, each kind once."""
        if (kind, type(error)) in self._reported:
            return
        self._reported.add((kind, type(error)))
        _log.error("%s: a %s callback failed: %s: %s", self._name, kind, _whereabouts(error), clean(str(error)))

    def _take_binary(self, data: memoryview, received_ns: int) -> None:
        try:
            self._on_binary(data, received_ns)
        except Exception as error:  # noqa: BLE001 # one bad message must not cost the connection
            self._report("binary", error)

    def _take_text(self, data: bytes) -> None:
        try:
            self._on_text(data.decode())
        except Exception as error:  # noqa: BLE001 # one bad message must not cost the connection
            self._report("text", error)


class _Connection:
    """One connection of a socket, from dialling to the last goodbye."""

    def __init__(self, owner: Socket) -> None:
        self._owner = owner
        self.transport: WSTransport | None = None
        self.lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.reason = "the connection was closed"
        self.has_heard = False
        self._is_deaf = False
        self._has_been_told = False
        self._parts: list[bytes] = []
        self._parts_kind = 0

    @property
    def is_open(self) -> bool:
        return self.transport is not None and not self.lost.done() and not self._is_deaf

    async def connect(self, address: SocketAddress, verify: bool | Path, *, ipv4_only: bool) -> None:
        """Dial and upgrade. Raises _EndedError when the session is refused, _LostError for all that may pass."""
        failure: Exception
        try:
            async with asyncio.timeout(CONNECT_LIMIT_S):
                await self._dial(address, verify, ipv4_only=ipv4_only)
            return
        except ConfigError as error:
            failure = _EndedError(error.message)
        except Exception as error:  # noqa: BLE001 # the libraries' texts may quote the address: only kinds are told
            failure = _handshake_failure(error)
        raise failure

    async def _dial(self, address: SocketAddress, verify: bool | Path, *, ipv4_only: bool) -> None:
        import picows

        trust = trust_of(address.url, verify)
        is_secure = address.url.startswith("wss:")
        context = await client_context(trust, ("http/1.1",)) if is_secure else None
        parts = urlsplit(address.url)
        port = parts.port or (443 if is_secure else 80)
        raw = await dialled(parts.hostname or "", port, ipv4_only=ipv4_only)
        upgrade = asyncio.ensure_future(
            picows.ws_connect(
                lambda _request, _response: _listener(self),
                address.url,
                ssl_context=context,
                websocket_handshake_timeout=CONNECT_LIMIT_S,
                logger_name=_silent_logger(),
                enable_auto_pong=False,  # it would hide pings from the watchdog
                max_frame_size=LARGEST_MESSAGE,
                extra_headers=address.headers,
                max_redirects=0,  # the headers hold secrets that are for this host
                socket_factory=lambda _url: raw,
                use_aiofastnet=False,
            )
        )
        try:
            await asyncio.shield(upgrade)
        finally:
            if not upgrade.done():
                await _broken_off(upgrade, raw)
        if self.transport is None or self.lost.done():
            raise ConnectionResetError

    async def aclose(self) -> None:
        """Say goodbye, wait a moment for the other side, then be gone in any case."""
        self._is_deaf = True
        transport = self.transport
        if transport is None:
            return
        from picows import WSCloseCode

        if not self.lost.done():
            transport.send_close(WSCloseCode.OK)
            transport.disconnect()
        if not await _is_gone(transport):
            transport.disconnect(graceful=False)
            await _is_gone(transport)

    def on_connected(self, transport: WSTransport) -> None:
        self.transport = transport

    def on_disconnected(self) -> None:
        assert self.transport is not None
        if self.transport.is_close_frame_sent and not self._has_been_told and not self._is_deaf:
            self.reason = "what came was no WebSocket"  # picows says goodbye first after such only
        if not self.lost.done():
            self.lost.set_result(None)

    def on_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        received_ns = time.time_ns()
        if self._is_deaf:
            return
        self.has_heard = True
        kind = int(frame.msg_type)  # type: ignore[call-overload]
        if kind == _BINARY and frame.fin:
            self._owner._take_binary(frame.get_payload_as_memoryview(), received_ns)
        elif kind == _TEXT and frame.fin:
            self._owner._take_text(frame.get_payload_as_bytes())
        elif kind in {_BINARY, _TEXT, _CONTINUATION}:
            self._gather(transport, kind, frame, received_ns)
        elif kind == _PING:
            transport.send_pong(frame.get_payload_as_bytes())
        elif kind == _CLOSE:
            self._part_from(transport, frame)

    def _gather(self, transport: WSTransport, kind: int, frame: WSFrame, received_ns: int) -> None:
        """Put a message together that came in several frames."""
        if kind != _CONTINUATION:
            self._parts, self._parts_kind = [], kind
        self._parts.append(frame.get_payload_as_bytes())
        if sum(map(len, self._parts)) > LARGEST_MESSAGE:
            self.reason = "a message was too long"
            self._parts = []
            transport.disconnect()
        elif frame.fin:
            whole, self._parts = b"".join(self._parts), []
            if self._parts_kind == _BINARY:
                self._owner._take_binary(memoryview(whole), received_ns)
            else:
                self._owner._take_text(whole)

    def _part_from(self, transport: WSTransport, frame: WSFrame) -> None:
        from picows import WSCloseCode

        self._has_been_told = True
        code = int(frame.get_close_code())  # type: ignore[call-overload]
        said = clean((frame.get_close_message() or b"").decode(errors="replace"), 120)
        self.reason = f"the broker closed the connection ({code}{': ' + said if said else ''})"
        transport.send_close(WSCloseCode.OK)
        transport.disconnect()


_CONTINUATION, _TEXT, _BINARY, _CLOSE, _PING = 0, 1, 2, 8, 9


def _listener(connection: _Connection) -> Any:
    """picows' view of a connection; its base class is known only once picows is loaded."""
    from picows import WSListener

    class Listener(WSListener):
        def on_ws_connected(self, transport: WSTransport) -> None:
            connection.on_connected(transport)

        def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
            connection.on_frame(transport, frame)

        def on_ws_disconnected(self, transport: WSTransport) -> None:
            connection.on_disconnected()

    return Listener()


def _silent_logger() -> logging.Logger:
    # Its lines hold addresses with queries and whole headers, and filters of a registered logger do not see its children's.
    return logging.Logger("picows.silent", logging.CRITICAL + 1)  # noqa: LOG001


async def _broken_off(upgrade: asyncio.Future[Any], raw: socket.socket) -> None:
    """End an upgrade under way. Cancelling it would leave its transport open: picows' waiting is shielded from that."""
    with contextlib.suppress(OSError):
        raw.shutdown(socket.SHUT_RDWR)
    await asyncio.wait({upgrade}, timeout=CLOSE_LIMIT_S)
    upgrade.cancel()
    await asyncio.wait({upgrade})
    if not upgrade.cancelled():
        upgrade.exception()  # seen; we broke it off ourselves


async def _is_gone(transport: WSTransport) -> bool:
    """Whether the transport was disconnected within a moment; why does not matter any more."""
    leaving = asyncio.ensure_future(transport.wait_disconnected())
    done, _ = await asyncio.wait({leaving}, timeout=CLOSE_LIMIT_S)
    if not done:
        leaving.cancel()
        await asyncio.wait({leaving})
    elif not leaving.cancelled():
        leaving.exception()
    return bool(done)


def _handshake_failure(error: Exception) -> Exception:
    status = getattr(getattr(error, "response", None), "status", None)
    if status in _REFUSED:
        return _EndedError(f"the broker refused the connection ({int(status)}); log in again")
    if status is not None:
        wait_s = 5.0 if int(status) == 429 else 0.0
        return _LostError(f"the broker answered {int(status)} instead of opening the connection", wait_s)
    return _LostError(reason_of(error, CONNECT_LIMIT_S))


def _whereabouts(error: Exception) -> str:
    """The kind of an exception and where it came from, without any value."""
    steps = traceback.extract_tb(error.__traceback__)[-3:]
    return " < ".join(
        [type(error).__name__, *(f"{Path(step.filename).name}:{step.lineno}" for step in reversed(steps))]
    )
