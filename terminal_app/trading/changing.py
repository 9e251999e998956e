"""Changing and cancelling working orders, and what an answer, a refusal or silence means for them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from msgspec.structs import replace

from terminal_app.brokers.base import Capabilities, Execution
from terminal_app.domain.enums import OrderPending, OrderStatus
from terminal_app.domain.errors import (
    BadInput,
    BhavError,
    NotPermitted,
    OrderDenied,
    OrderRejected,
    OrderUnknown,
    RateLimited,
    SessionExpired,
    StorageError,
)
from terminal_app.domain.order import Order, OrderChange, OrderEventKind
from terminal_app.trading.book import Entry
from terminal_app.trading.examining import Examiner, changed
from terminal_app.trading.keeper import OrderKeeper, describe
from terminal_app.trading.pace import Pacer
from terminal_app.trading.saver import OrderSaver
from terminal_app.trading.settling import Asker, Patience
from terminal_app.trading.tasks import TaskKeeper

_REFUSED = (OrderRejected, OrderDenied, SessionExpired, NotPermitted, BadInput)
_TRIES = 3


class Changer:
    """Changes and cancels the orders of one account."""

    def __init__(
        self,
        keeper: OrderKeeper,
        saver: OrderSaver,
        execution: Execution,
        pacer: Pacer,
        asker: Asker,
        examiner: Examiner,
        patience: Patience,
        tasks: TaskKeeper,
        capabilities: Capabilities,
        is_live: Callable[[], bool],
    ) -> None:
        self._keeper = keeper
        self._saver = saver
        self._execution = execution
        self._pacer = pacer
        self._asker = asker
        self._examiner = examiner
        self._patience = patience
        self._tasks = tasks
        self._capabilities = capabilities
        self._is_live = is_live

    async def modify(self, entry: Entry, change: OrderChange) -> Order:
        """Change a working order; the order as it is then. Raises OrderDenied, OrderRejected, OrderUnknown, BrokerError."""
        keeper = self._keeper
        self._check_change(entry, change)
        if changed(entry.order, change) == entry.order.request:
            return entry.order
        text = f"Asked to become {_describe_change(change)}."
        keeper.change(entry, OrderEventKind.MODIFY_SENT, text, pending=OrderPending.MODIFY)
        try:
            await self._saver.write(keeper.account, entry.order)
            await self._pacer.take()
            self._check_still(entry, change)
        except StorageError as error:
            reason = f"Not sent, because it could not be written down: {error.message}"
            self._end(entry, OrderEventKind.MODIFY_REFUSED, reason)
            raise OrderDenied("NOT_WRITTEN", reason) from error
        except OrderDenied as error:
            self._end(entry, OrderEventKind.MODIFY_REFUSED, f"Not sent: {error.message}")
            raise
        return await self._send_change(entry, change)

    async def cancel(self, entry: Entry) -> Order:
        """Cancel an order, also one that the broker has not named yet. Raises OrderDenied, OrderRejected, OrderUnknown, BrokerError."""
        keeper = self._keeper
        if entry.order.status.is_closed:
            raise OrderDenied("NOT_WORKING", f"There is nothing to cancel: {_state_words(entry.order)}.")
        entry.cancel_wanted = True
        keeper.change(entry, OrderEventKind.CANCEL_SENT, "Cancel was asked for.", pending=OrderPending.CANCEL)
        try:
            await self._wait_for_name(entry)
            if not entry.order.status.is_closed:
                await self._pacer.take(urgent=True)
                await self._send_cancel(entry)
        except _REFUSED as error:
            await self._cancel_refused(entry, error)
        finally:
            entry.cancel_wanted = False
        if not entry.order.status.is_closed:
            self._tasks.start(self._follow_cancel(entry), f"trading: follow cancel {entry.client_id}")
        return entry.order

    async def _send_change(self, entry: Entry, change: OrderChange) -> Order:
        wanted = changed(entry.order, change)
        stamp = entry.known.stamp
        try:
            async with asyncio.timeout(self._patience.call_s):
                await self._execution.modify(entry.order.ref, change)
        except (*_REFUSED, RateLimited) as error:
            self._end(entry, OrderEventKind.MODIFY_REFUSED, f"Refused: {error.message}")
            raise
        except Exception as error:  # noqa: BLE001 - it may have arrived: the broker is asked, and the words are kept
            return await self._ask_for_change(entry, change, str(error) or type(error).__name__)
        if not entry.order.status.is_closed:
            amended = replace(entry.order, request=wanted)
            entry.known = replace(entry.known, order=amended)
            self._end(entry, OrderEventKind.MODIFIED, f"Now {describe(amended)}.")
        if entry.known.stamp == stamp and self._is_live():
            self._tasks.start(self._follow_change(entry), f"trading: follow change {entry.client_id}")
        return entry.order

    async def _ask_for_change(self, entry: Entry, change: OrderChange, why: str) -> Order:
        wanted = changed(entry.order, change)
        self._keeper.change(
            entry, OrderEventKind.NO_ANSWER, f"No answer to the change: {why.rstrip('.')}. The broker is asked."
        )
        answers = 0
        wait_s = self._patience.ask_s
        for _ in range(_TRIES + 2):
            done = await self._keeper.until(
                lambda: entry.order.status.is_closed or entry.order.request == wanted, wait_s
            )
            if done:
                break
            try:
                await self._asker.ask()
            except BhavError:
                wait_s = min(wait_s * 2, self._patience.ask_most_s)
                continue
            answers += 1
            wait_s = self._patience.absent_s
            if answers == 2:
                break
        order = entry.order
        if order.status.is_closed or order.request == wanted:
            self._end(entry, OrderEventKind.MODIFIED, f"The broker has it as {describe(order)}.")
            return entry.order
        if answers:
            text = f"The change did not reach the broker: the order is still {describe(order)}."
            self._end(entry, OrderEventKind.MODIFY_REFUSED, text)
            raise OrderRejected(text)
        text = f"There is no answer to the change and the broker cannot be asked: {why.rstrip('.')}."
        self._end(entry, OrderEventKind.NO_ANSWER, text)
        raise OrderUnknown(text)

    async def _follow_change(self, entry: Entry) -> None:
        """The exchange may still refuse what the broker has taken: without an update of its own accord, the broker is asked."""
        stamp = entry.known.stamp
        heard = await self._keeper.until(lambda: entry.known.stamp != stamp, self._patience.follow_s)
        if not heard and self._is_live():
            await self._ask_quietly()

    async def _wait_for_name(self, entry: Entry) -> None:
        """Until the broker has named the order, or it turns out never to have existed."""

        def is_ready() -> bool:
            return entry.order.status.is_closed or entry.order.broker_id is not None or not self._is_live()

        while not is_ready():
            await self._keeper.until(is_ready, self._patience.ask_most_s)
        if entry.order.broker_id is None and not entry.order.status.is_closed:
            text = "The account was disconnected before the order could be cancelled: look at it when it is connected again."
            self._end(entry, OrderEventKind.CANCEL_REFUSED, text)
            raise OrderUnknown(text)

    async def _send_cancel(self, entry: Entry) -> None:
        """Sending a cancel again does no harm, so silence and throttling are answered by another try."""
        why = ""
        for _ in range(_TRIES):
            if entry.order.status.is_closed:
                return
            try:
                async with asyncio.timeout(self._patience.call_s):
                    await self._execution.cancel(entry.order.ref)
                return
            except _REFUSED:
                raise
            except RateLimited as error:
                why = error.message
                await asyncio.sleep(error.retry_after_s)
            except Exception as error:  # noqa: BLE001 - it may have arrived: the broker is asked, and the words are kept
                why = str(error) or type(error).__name__
                text = f"No answer to the cancel: {why.rstrip('.')}. The broker is asked."
                self._keeper.change(entry, OrderEventKind.NO_ANSWER, text)
                await self._ask_quietly()
                await self._keeper.until(lambda: entry.order.status.is_closed, self._patience.ask_s)
        if entry.order.status.is_closed:
            return
        text = f"There is no answer to the cancel ({why.rstrip('.')}): the order may still be working."
        self._end(entry, OrderEventKind.CANCEL_REFUSED, text)
        raise OrderUnknown(text)

    async def _cancel_refused(self, entry: Entry, error: BhavError) -> None:
        """A cancel is refused most often because the order has just been filled: then that is what counts."""
        await self._ask_quietly()
        if entry.order.status.is_closed:
            return
        self._end(entry, OrderEventKind.CANCEL_REFUSED, f"Cancel refused: {error.message}")
        raise error

    async def _follow_cancel(self, entry: Entry) -> None:
        """The broker has taken the cancel; the exchange's word ends it. Without that the broker is asked."""
        for _ in range(_TRIES):
            if await self._keeper.until(lambda: entry.order.status.is_closed, self._patience.follow_s):
                return
            if not self._is_live():
                return
            await self._ask_quietly()
        if not entry.order.status.is_closed:
            self._end(
                entry, OrderEventKind.CANCEL_REFUSED, "The broker took the cancel, but the order is still working."
            )

    async def _ask_quietly(self) -> None:
        try:
            await self._asker.ask()
        except BhavError:
            # Whoever called goes on with what is known; a lost connection has its own notice.
            return

    def _check_change(self, entry: Entry, change: OrderChange) -> None:
        order = entry.order
        if order.pending is not OrderPending.NONE:
            doing = "changed" if order.pending is OrderPending.MODIFY else "cancelled"
            raise OrderDenied("CHANGE_PENDING", f"This order is being {doing} right now: wait for the answer.")
        if not self._capabilities.can_modify:
            raise OrderDenied("CANNOT_MODIFY", "This broker cannot change orders: cancel it and place a new one.")
        self._check_still(entry, change)

    def _check_still(self, entry: Entry, change: OrderChange) -> None:
        order = entry.order
        if order.status.is_closed:
            raise OrderDenied("NOT_WORKING", f"There is nothing to change: {_state_words(order)}.")
        if order.broker_id is None or order.status is OrderStatus.UNKNOWN or not self._is_live():
            raise OrderDenied("NOT_WORKING", "This order has no answer from the broker yet: it cannot be changed.")
        if entry.cancel_wanted:
            raise OrderDenied("CHANGE_PENDING", "This order is being cancelled.")
        refusal = self._examiner.change_refusal(self._keeper, self._capabilities, entry, change)
        if refusal is not None:
            raise OrderDenied(refusal.code, refusal.message)

    def _end(self, entry: Entry, kind: OrderEventKind, text: str) -> None:
        """A pending change is over. A cancel that was asked for meanwhile stays pending."""
        pending = OrderPending.CANCEL if entry.cancel_wanted and kind not in _CANCEL_ENDS else OrderPending.NONE
        self._keeper.change(entry, kind, text, pending=pending)


_CANCEL_ENDS = frozenset({OrderEventKind.CANCEL_REFUSED})


def _state_words(order: Order) -> str:
    return f"the order is {order.status.value.lower()}"


def _describe_change(change: OrderChange) -> str:
    parts = [(name.replace("_", " "), getattr(change, name)) for name in change.__struct_fields__]
    return ", ".join(f"{name} {value}" for name, value in parts if value is not None)
