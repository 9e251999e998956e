"""What happens to the account's orders: Upstox's portfolio stream, and the order book after each connection."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec

from terminal_app.brokers.socket import Socket, SocketAddress, SocketState
from terminal_app.brokers.upstox.account import AccountReads
from terminal_app.brokers.upstox.line import Line
from terminal_app.brokers.upstox.listing import Listing
from terminal_app.brokers.upstox.parsing import Find, read_order
from terminal_app.domain.errors import NotPermitted, ProtocolError
from terminal_app.domain.ids import BrokerOrderId
from terminal_app.domain.order import Order, OrderUpdate

_log = logging.getLogger(__name__)

_OTHERS = frozenset({"gtt_order", "position", "holding"})
_decoder = msgspec.json.Decoder(float_hook=Decimal)


class UpstoxUpdates:
    """Iterate it in one task; it ends when the broker is closed. One update per order waits at most: the newest.

    The stream tells only what happens while it is connected: after each connection the order book is read, and told too. An older message
    that arrives after a newer one is dropped.
    """

    def __init__(self, line: Line, listing: Listing, account: AccountReads, hear: Callable[[Order], None]) -> None:
        self._line = line
        self._listing = listing
        self._account = account
        self._hear = hear
        self._find: Find | None = None
        self._socket: Socket | None = None
        self._newest: dict[BrokerOrderId, Order] = {}
        self._told_since: set[BrokerOrderId] | None = None
        self._waiting: dict[BrokerOrderId, OrderUpdate] = {}
        self._refusal: NotPermitted | None = None
        self._ready = asyncio.Event()
        self._is_closed = False

    @property
    def is_hearing(self) -> bool:
        """Whether the stream is connected."""
        return self._socket is not None and self._socket.is_open

    def start(self) -> None:
        """There is a session: connect."""
        if self._socket is not None or self._is_closed:
            return
        self._socket = Socket(
            "Upstox orders",
            self._address,
            on_open=self._read_book,
            on_binary=self._on_binary,
            on_text=self.on_text,
            on_state=self._on_state,
            # Nothing comes for hours where nobody trades: only the connection itself tells that it is lost.
            is_busy_time=lambda: False,
        )
        self._socket.start()

    def forget(self) -> None:
        """Another person may log in."""
        self._newest.clear()
        self._waiting.clear()

    def __aiter__(self) -> UpstoxUpdates:
        return self

    async def __anext__(self) -> OrderUpdate:
        while not self._waiting:
            if self._is_closed:
                raise StopAsyncIteration
            if self._refusal is not None:
                refusal, self._refusal = self._refusal, None
                raise refusal
            self._ready.clear()
            await self._ready.wait()
        return self._waiting.pop(next(iter(self._waiting)))

    def close(self) -> None:
        """No more updates."""
        self._is_closed = True
        self._ready.set()

    async def disconnect(self) -> None:
        """Close the connection."""
        socket, self._socket = self._socket, None
        if socket is not None:
            await socket.aclose()

    def on_text(self, text: str) -> None:
        """A message of the stream. Raises ProtocolError for one that cannot be read; the next may be whole again."""
        message = _decoded(text)
        kind = message.get("update_type")
        if kind in _OTHERS:
            return
        if kind != "order":
            raise ProtocolError(
                f"Upstox's order stream sent an update of the type “{str(kind)[:40]}”, which is not known."
            )
        if self._find is None:
            return
        order = read_order(message, self._find, datetime.now(UTC))
        if order.broker_id is not None and self._told_since is not None:
            self._told_since.add(order.broker_id)
        self._tell(order)

    async def _read_book(self) -> None:
        """What happened before the stream was heard. What it told meanwhile is newer than the book."""
        told: set[BrokerOrderId] = set()
        self._told_since = told
        try:
            book = await self._account.orders()
        finally:
            self._told_since = None
        for order in book:
            if order.broker_id not in told:
                self._tell(order)

    def _tell(self, order: Order) -> None:
        name = order.broker_id
        if name is None:
            return
        before = self._newest.get(name)
        if before is not None and (_is_older(order, before) or order == before):
            return
        self._newest[name] = order
        self._hear(order)
        self._waiting.pop(name, None)
        self._waiting[name] = OrderUpdate(order)
        self._ready.set()

    async def _address(self) -> SocketAddress:
        self._find = await self._listing.finder()
        path = "/v2/feed/portfolio-stream-feed/authorize"
        return SocketAddress(await self._line.socket_address(path, [("update_types", "order")]))

    def _on_binary(self, data: memoryview, _received_ns: int) -> None:
        self.on_text(bytes(data).decode())

    def _on_state(self, state: SocketState, reason: str) -> None:
        if state is not SocketState.ENDED:
            return
        self._socket = None
        if not self._is_closed and self._line.is_logged_in and reason != "closed":
            self._refusal = NotPermitted(f"Upstox sends no order updates: {reason}.")
            self._ready.set()


def _decoded(text: str) -> dict[str, Any]:
    try:
        message = _decoder.decode(text)
    except (msgspec.DecodeError, ArithmeticError):
        message = None
    if not isinstance(message, dict):
        raise ProtocolError(f"Upstox's order stream sent {len(text)} letters that are no JSON object.")
    return message


def _is_older(order: Order, before: Order) -> bool:
    """Whether a message cannot be news after the other one; within a second the order of arrival counts."""
    if before.status.is_closed:
        return order.status is not before.status or order.filled_quantity <= before.filled_quantity
    return order.filled_quantity < before.filled_quantity or order.placed_at < before.placed_at
