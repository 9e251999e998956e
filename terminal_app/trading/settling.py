"""Settling orders that have no answer: the broker is asked until it is definite; nothing is ever sent again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from msgspec import Struct

from terminal_app.brokers.base import Broker
from terminal_app.domain.enums import OrderStatus
from terminal_app.domain.errors import BhavError, BrokerUnavailable, ProtocolError
from terminal_app.domain.order import Order, OrderEventKind
from terminal_app.trading.book import Entry
from terminal_app.trading.keeper import OrderKeeper
from terminal_app.trading.tasks import TaskKeeper


class Patience(Struct, frozen=True):
    """How long the desk waits, in seconds.

    ``call_s`` for a broker's answer; ``intent_s`` for the intent to be written, after which an order is too old to send; ``ask_s`` before
    the first question about an order without an answer, doubled up to ``ask_most_s``; ``absent_s`` between the two answers that
    must agree that an order does not exist; ``follow_s`` for the update that follows an accepted change; ``close_s`` for work in flight
    at the end of the program.
    """

    call_s: float = 10.0
    intent_s: float = 5.0
    ask_s: float = 0.5
    ask_most_s: float = 30.0
    absent_s: float = 3.0
    follow_s: float = 2.0
    retry_save_s: float = 2.0
    close_s: float = 5.0


_FILL_TRIES = 6


class Asker:
    """Reads a broker's orders and fills into the book; questions at the same moment share one reading."""

    def __init__(
        self,
        keeper: OrderKeeper,
        broker: Broker,
        tasks: TaskKeeper,
        patience: Patience,
        day_start: Callable[[], datetime],
    ) -> None:
        self._keeper = keeper
        self._day_start = day_start
        self._broker = broker
        self._tasks = tasks
        self._patience = patience
        self._reading: asyncio.Task[None] | None = None

    async def ask(self) -> None:
        """Read once, beginning after this call. Raises BrokerError or another BhavError of the broker."""
        if self._reading is not None and not self._reading.done():
            # That reading may have begun before what the caller wants to know of; all who waited share the next one.
            await asyncio.wait({self._reading})
        if self._reading is None or self._reading.done():
            self._reading = self._tasks.start(
                self._read(), f"trading: read orders of {self._keeper.account}", awaited=True
            )
        await asyncio.shield(self._reading)

    async def _read(self) -> None:
        try:
            async with asyncio.timeout(self._patience.call_s):
                orders = await self._broker.orders()
                fills = await self._broker.fills()
        except TimeoutError:
            raise BrokerUnavailable("The broker did not answer when it was asked for the orders.") from None
        except BhavError:
            raise
        except Exception as error:
            raise ProtocolError(f"The orders could not be read from the broker: {error}.") from error
        # Between midnight and the morning brokers still list the day before: it is in the carried positions already.
        start = self._day_start()
        of_today = [
            order for order in orders if not order.status.is_closed or order.updated_at >= start or self._knows(order)
        ]
        self._keeper.hear_all(of_today, [fill for fill in fills if fill.filled_at >= start])

    def _knows(self, order: Order) -> bool:
        return self._keeper.book.find(order) is not None


class Settler:
    """Finds out what became of orders without an answer."""

    def __init__(
        self,
        keeper: OrderKeeper,
        asker: Asker,
        patience: Patience,
        day_start: Callable[[], datetime],
        is_live: Callable[[], bool],
    ) -> None:
        self._keeper = keeper
        self._asker = asker
        self._patience = patience
        self._day_start = day_start
        self._is_live = is_live

    async def settle(self, entry: Entry) -> None:
        """Ask until the order is found, or two answers some seconds apart agree that it does not exist."""
        loop = asyncio.get_running_loop()
        wait_s = self._patience.ask_s
        absent_since: float | None = None
        self._keeper.change(entry, OrderEventKind.ASKED, "The broker is being asked whether it has the order.")
        while self._is_live():
            if await self._keeper.until(lambda: not _is_open_question(entry), wait_s):
                break
            asked_at = loop.time()
            try:
                await self._asker.ask()
            except BhavError:
                wait_s = min(wait_s * 2, self._patience.ask_most_s)
                continue
            if not _is_open_question(entry):
                break
            if absent_since is None:
                absent_since = asked_at
            elif asked_at - absent_since >= self._patience.absent_s:
                self._close_absent(entry)
                break
            wait_s = max(self._patience.ask_s, self._patience.absent_s - (loop.time() - absent_since))
        self._keeper.unpark()

    async def confirm(self, entry: Entry) -> None:
        """Ask until the broker says more of an order than that it took it: not every broker tells that it works at the exchange."""
        wait_s = self._patience.ask_s
        while self._is_live():
            if await self._keeper.until(lambda: entry.order.status is not OrderStatus.SUBMITTED, wait_s):
                return
            # The next question follows, later each time.
            with suppress(BhavError):
                await self._asker.ask()
            wait_s = min(wait_s * 2, self._patience.ask_most_s)

    async def fetch_fills(self) -> None:
        """Ask until the fills explain what the orders report as filled; some brokers' order messages come without them."""
        wait_s = self._patience.ask_s / 4
        for _ in range(_FILL_TRIES):
            if await self._keeper.until(lambda: not self._lacks_fills(), wait_s) or not self._is_live():
                return
            # The next try follows; what stays unexplained shows as a difference of the position.
            with suppress(BhavError):
                await self._asker.ask()
            wait_s = min(wait_s * 2, self._patience.ask_most_s)

    def _lacks_fills(self) -> bool:
        return any(entry.known.lacks_fills for entry in self._keeper.book.entries())

    def _close_absent(self, entry: Entry) -> None:
        order = entry.order
        if order.placed_at < self._day_start():
            reason = (
                "No answer was had that day and the day is over: the broker's contract note says whether it was traded."
            )
            self._keeper.change(entry, OrderEventKind.EXPIRED, reason, status=OrderStatus.EXPIRED, reason=reason)
            return
        if entry.left_over is OrderStatus.INTENDED:
            reason = "Not sent: the program stopped before sending it."
        else:
            reason = "It never reached the broker: the broker was asked twice and does not have it."
        self._keeper.change(entry, OrderEventKind.REJECTED, reason, status=OrderStatus.REJECTED, reason=reason)


def _is_open_question(entry: Entry) -> bool:
    return entry.order.status is OrderStatus.UNKNOWN and entry.order.broker_id is None
