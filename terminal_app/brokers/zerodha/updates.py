"""What happens to the orders of a Zerodha account, as the stream tells it."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import msgspec

from terminal_app.brokers.text import clean
from terminal_app.brokers.zerodha.fields import Fields, note_once
from terminal_app.brokers.zerodha.statuses import AMBIGUOUS
from terminal_app.brokers.zerodha.stream import StreamListener
from terminal_app.domain.enums import OrderStatus
from terminal_app.domain.errors import BrokerError, BrokerUnavailable, ProtocolError
from terminal_app.domain.order import Order, OrderUpdate

log = logging.getLogger(__name__)

_DECODER = msgspec.json.Decoder(float_hook=Decimal)
_MOST_SEEN = 10_000


class ZerodhaUpdates(StreamListener):
    """Iterate it in one task; it ends when the broker is closed, after what waits.

    Messages that were heard before are left out. It raises where the reader should read all orders again: the connection was lost
    or is back, a message was not understood. ``read`` makes an order of a message, ``ask`` fetches an order as it stands.
    """

    def __init__(
        self, read: Callable[[Any], Awaitable[Order]], ask: Callable[[Order], Awaitable[Order | None]]
    ) -> None:
        self._read = read
        self._ask = ask
        self._heard: deque[Any] = deque()
        self._waiting: deque[OrderUpdate | BrokerError] = deque()
        self._seen: dict[tuple[str, str, str, str], None] = {}
        self._ready = asyncio.Event()
        self._worker: asyncio.Task[None] | None = None
        self._is_closed = False

    def __aiter__(self) -> ZerodhaUpdates:
        return self

    async def __anext__(self) -> OrderUpdate:
        while not self._waiting:
            if self._is_closed:
                raise StopAsyncIteration
            self._ready.clear()
            await self._ready.wait()
        next_one = self._waiting.popleft()
        if isinstance(next_one, BrokerError):
            raise next_one
        return next_one

    def close(self) -> None:
        """No more updates."""
        self._is_closed = True
        self._ready.set()

    async def aclose(self) -> None:
        """End what is being read."""
        self.close()
        if self._worker is not None and not self._worker.done():
            self._worker.cancel()
            await asyncio.wait({self._worker})

    def on_text(self, text: str) -> None:
        """A text frame. Only messages about orders matter here; the broker's words of error are logged."""
        try:
            message = Fields(_DECODER.decode(text), "message")
            kind = message.text("type")
            if kind == "order":
                self._take(message.value("data"))
            elif kind in ("error", "message"):
                log.warning("Zerodha's stream says: %s", clean(str(message.value("data"))))
            else:
                note_once("stream", kind)
        except (msgspec.DecodeError, ProtocolError) as error:
            self._put(_not_understood(error))

    def on_trouble(self, error: BrokerError) -> None:
        """The reader is to read all orders, now and when the connection is back."""
        self._put(error)

    def on_back(self) -> None:
        """What was missed is not told again by Kite."""
        self._put(BrokerUnavailable("The connection for order messages was lost for a while and is back."))

    def _take(self, data: Any) -> None:
        fields = Fields(data, "order")
        key = (
            fields.text("order_id"),
            fields.text("status"),
            str(fields.value("filled_quantity")),
            fields.text_or("exchange_update_timestamp"),
        )
        if key in self._seen and key[1] != AMBIGUOUS:
            return
        self._seen[key] = None
        if len(self._seen) > _MOST_SEEN:
            del self._seen[next(iter(self._seen))]
        self._heard.append(data)
        if self._worker is None or self._worker.done():
            self._worker = asyncio.get_running_loop().create_task(self._work(), name="zerodha order messages")

    async def _work(self) -> None:
        """One message after the other, in the order they came; the instrument list may have to be loaded for one."""
        while self._heard:
            data = self._heard.popleft()
            try:
                order = await self._read(data)
                if data["status"] == AMBIGUOUS and order.status is OrderStatus.TRIGGER_PENDING:
                    order = await self._ask(order) or order
            except BrokerError as error:
                self._put(error)
            except Exception as error:
                log.exception("a message about an order could not be used")
                self._put(
                    ProtocolError(f"A message of Zerodha about an order could not be used ({type(error).__name__}).")
                )
            else:
                self._put(OrderUpdate(order))

    def _put(self, update: OrderUpdate | BrokerError) -> None:
        self._waiting.append(update)
        self._ready.set()


def _not_understood(error: Exception) -> BrokerError:
    if isinstance(error, BrokerError):
        return error
    return ProtocolError("Zerodha sent a text that is not JSON on its stream.")
