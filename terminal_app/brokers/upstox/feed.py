"""Live prices: Upstox's market feed V3 with its subscriptions, restored on every connection."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections import deque
from collections.abc import Iterable, Sequence

import msgspec

from terminal_app.brokers.socket import Socket, SocketAddress, SocketState
from terminal_app.brokers.upstox.columns import FeedColumns
from terminal_app.brokers.upstox.config import MOST_FULL, MOST_FULL_MIXED, MOST_LTPC, MOST_LTPC_MIXED
from terminal_app.brokers.upstox.frames import parse_frame
from terminal_app.brokers.upstox.line import Line
from terminal_app.brokers.upstox.listing import Listing
from terminal_app.domain.enums import FeedMode
from terminal_app.domain.errors import BrokerUnavailable, NotPermitted
from terminal_app.domain.ids import InstrumentId
from terminal_app.domain.market import TickBatch

_log = logging.getLogger(__name__)

MOST_ROWS = 8192
"""So many waiting rows are kept frame by frame; beyond it only the newest of each instrument."""
SILENCE_S = 30.0

_LTPC, _FULL = "ltpc", "full"
_WIRE_MODES = {FeedMode.LTP: _LTPC, FeedMode.QUOTE: _FULL, FeedMode.FULL: _FULL}
_SUBSCRIBE, _CHANGE, _LEAVE = "sub", "change_mode", "unsub"
_BUSY = frozenset({0, 2, 4})
"""Market statuses in which prices are expected: PRE_OPEN_START, NORMAL_OPEN, CLOSING_START."""


class UpstoxFeed:
    """One account's subscriptions. Iterate it in one task; it ends when the broker is closed.

    An instrument that Upstox does not list is accepted and stays silent. Without a session the wishes are kept, and ``resume`` takes them
    up. Where Upstox refuses the connection for good, the reader is told once by NotPermitted, and the next ``subscribe`` tries again.
    """

    def __init__(self, line: Line, listing: Listing) -> None:
        self._line = line
        self._listing = listing
        self._columns = FeedColumns()
        self._wanted: dict[str, str] = {}
        self._keys: dict[InstrumentId, str] = {}
        self._socket: Socket | None = None
        self._parts: deque[TickBatch] = deque()
        self._waiting = 0
        self._newest: dict[int, None] = {}
        self._received_ns = 0
        self._refusal: NotPermitted | None = None
        self._is_market_busy = False
        self._ready = asyncio.Event()
        self._is_closed = False

    async def subscribe(self, ids: Sequence[InstrumentId], mode: FeedMode) -> None:
        """Ask for these instruments; a second call changes the mode. Raises NotPermitted where they are too many, BrokerError."""
        self._check_open()
        book = await self._listing.book()
        wire_mode = _WIRE_MODES[mode]
        listed = [instrument for one in dict.fromkeys(ids) if (instrument := book.get(one)) is not None]
        _check_size({**self._wanted, **{instrument.broker_token: wire_mode for instrument in listed}})
        added, changed, shown = [], [], []
        for instrument in listed:
            key = instrument.broker_token
            before = self._wanted.get(key)
            shown.append(self._columns.want(key, instrument.id, mode))
            self._keys[instrument.id] = key
            self._wanted[key] = wire_mode
            if before is None:
                added.append(key)
            elif before != wire_mode:
                changed.append(key)
        self._send(_SUBSCRIBE, added, wire_mode)
        self._send(_CHANGE, changed, wire_mode)
        known = self._columns.known(shown)
        if known:
            self._conflate(known)
        self._start()

    async def unsubscribe(self, ids: Sequence[InstrumentId]) -> None:
        """Stop these instruments."""
        self._check_open()
        keys = [key for one in ids if (key := self._keys.pop(one, None)) is not None]
        for key in keys:
            del self._wanted[key]
            self._columns.leave(key)
        self._send(_LEAVE, keys)

    def resume(self) -> None:
        """There is a session again: take up what is wanted."""
        self._start()

    def __aiter__(self) -> UpstoxFeed:
        return self

    async def __anext__(self) -> TickBatch:
        while True:
            if self._is_closed:
                raise StopAsyncIteration
            if self._refusal is not None:
                refusal, self._refusal = self._refusal, None
                raise refusal
            batch = self._take()
            if batch is not None:
                return batch
            self._ready.clear()
            await self._ready.wait()

    def close(self) -> None:
        """End the iteration."""
        self._is_closed = True
        self._ready.set()

    async def disconnect(self) -> None:
        """Close the connection; what is wanted stays so."""
        socket, self._socket = self._socket, None
        if socket is not None:
            await socket.aclose()

    def on_frame(self, data: memoryview, received_ns: int) -> None:
        """A frame of the feed. Raises ProtocolError for one that cannot be read; the next may be whole again."""
        message = parse_frame(data)
        if message.HasField("marketInfo"):
            self._is_market_busy = any(status in _BUSY for status in message.marketInfo.segmentStatus.values())
        rows = self._columns.take(message)
        if not rows:
            return
        self._received_ns = received_ns
        if self._newest or self._waiting + len(rows) > MOST_ROWS:
            self._conflate(rows)
            return
        self._parts.append(self._columns.batch(rows, received_ns))
        self._waiting += len(rows)
        self._ready.set()

    def _take(self) -> TickBatch | None:
        if self._parts:
            batch = self._parts.popleft()
            self._waiting -= len(batch)
            return batch
        rows, self._newest = self._columns.known(self._newest), {}
        return self._columns.batch(rows, self._received_ns) if rows else None

    def _conflate(self, rows: Iterable[int]) -> None:
        """Too much waits: only the newest of each instrument counts now."""
        for part in self._parts:
            self._newest.update(dict.fromkeys(part.index.tolist()))
        self._parts.clear()
        self._waiting = 0
        self._newest.update(dict.fromkeys(rows))
        self._ready.set()

    def _start(self) -> None:
        if self._socket is not None or not self._wanted or self._is_closed or not self._line.can_read_market:
            return
        self._socket = Socket(
            "Upstox prices",
            self._address,
            on_open=self._restore,
            on_binary=self.on_frame,
            on_text=self._on_text,
            on_state=self._on_state,
            silence_s=SILENCE_S,
            is_busy_time=lambda: self._is_market_busy and bool(self._wanted),
        )
        self._socket.start()

    async def _address(self) -> SocketAddress:
        url = await self._line.socket_address("/v3/feed/market-data-feed/authorize", market=True)
        return SocketAddress(url)

    async def _restore(self) -> None:
        for wire_mode in (_LTPC, _FULL):
            self._send(_SUBSCRIBE, [key for key, its_mode in self._wanted.items() if its_mode == wire_mode], wire_mode)

    def _send(self, method: str, keys: list[str], wire_mode: str | None = None) -> None:
        """Upstox hears requests in binary frames only; what cannot be sent now is said on the next connection."""
        if not keys or self._socket is None or not self._socket.is_open:
            return
        self._socket.send_binary(request(method, keys, wire_mode))

    def _on_text(self, text: str) -> None:
        _log.info("Upstox's feed sent a text of %d letters, which is left alone", len(text))

    def _on_state(self, state: SocketState, reason: str) -> None:
        if state is not SocketState.ENDED:
            return
        self._socket = None
        if not self._is_closed and self._line.can_read_market and reason != "closed":
            self._refusal = NotPermitted(f"Upstox sends no prices: {reason}.")
            self._ready.set()

    def _check_open(self) -> None:
        if self._is_closed:
            raise BrokerUnavailable("The Upstox connection is closed.")


def request(method: str, keys: list[str], wire_mode: str | None) -> bytes:
    """A request to the feed; ``wire_mode`` None where none is needed."""
    data: dict[str, object] = {"instrumentKeys": keys}
    if wire_mode is not None:
        data["mode"] = wire_mode
    return msgspec.json.encode({"guid": str(uuid.uuid4()), "method": method, "data": data})


def _check_size(wanted: dict[str, str]) -> None:
    full = sum(wire_mode == _FULL for wire_mode in wanted.values())
    ltpc = len(wanted) - full
    is_mixed = bool(full and ltpc)
    most_full = MOST_FULL_MIXED if is_mixed else MOST_FULL
    most_ltpc = MOST_LTPC_MIXED if is_mixed else MOST_LTPC
    if full > most_full or ltpc > most_ltpc:
        raise NotPermitted(
            f"Upstox's feed carries at most {most_full} instruments with depth and {most_ltpc} with the last price; "
            f"{full} and {ltpc} are asked for."
        )
