"""Sending a new order once: the intent first, a last look, then the broker, and what its answer or silence means."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from terminal_app.brokers.base import Execution
from terminal_app.domain.enums import OrderStatus
from terminal_app.domain.errors import (
    BadInput,
    NotPermitted,
    OrderDenied,
    OrderRejected,
    RateLimited,
    SessionExpired,
    StorageError,
)
from terminal_app.domain.order import Order, OrderEventKind
from terminal_app.trading.book import Entry
from terminal_app.trading.examining import Examiner
from terminal_app.trading.keeper import OrderKeeper
from terminal_app.trading.pace import Pacer
from terminal_app.trading.settling import Patience
from terminal_app.trading.stores import OrderStore

DEFINITE = (OrderRejected, OrderDenied, SessionExpired, RateLimited, NotPermitted, BadInput)
"""Errors after which nothing exists at the broker. Everything else leaves it open."""


class Sender:
    """Sends the new orders of one account. ``on_question`` is given an order without an answer, ``on_taken`` one that the broker took."""

    def __init__(
        self,
        keeper: OrderKeeper,
        store: OrderStore,
        execution: Execution,
        pacer: Pacer,
        examiner: Examiner,
        patience: Patience,
        on_question: Callable[[Entry], None],
        on_taken: Callable[[Entry], None],
        is_live: Callable[[], bool],
    ) -> None:
        self._keeper = keeper
        self._store = store
        self._execution = execution
        self._pacer = pacer
        self._examiner = examiner
        self._patience = patience
        self._on_question = on_question
        self._on_taken = on_taken
        self._is_live = is_live

    async def send(self, entry: Entry, *, must_reduce: bool) -> Order:
        """Take an order from INTENDED to what the broker made of it."""
        await self._pacer.take()
        if not await self._write_intent(entry):
            return entry.order
        late = self._last_look(entry, must_reduce=must_reduce)
        if late is not None:
            deny(self._keeper, entry, late)
            return entry.order
        await self._place(entry)
        return entry.order

    async def _write_intent(self, entry: Entry) -> bool:
        started_s = asyncio.get_running_loop().time()
        try:
            await self._store.add_intent(self._keeper.account, entry.order, entry.unsaved[0])
        except StorageError as error:
            deny(self._keeper, entry, f"Not sent, because it could not be written down: {error.message}")
            return False
        except Exception as error:
            deny(self._keeper, entry, f"Not sent, because it could not be written down: {error}.")
            raise
        self._keeper.written(entry)
        took_s = asyncio.get_running_loop().time() - started_s
        if took_s <= self._patience.intent_s:
            return True
        deny(
            self._keeper,
            entry,
            f"Not sent: writing it down took {took_s:.0f} s, and prices have moved on. Place it again if you still want it.",
        )
        return False

    def _last_look(self, entry: Entry, *, must_reduce: bool) -> str | None:
        """Why it must not go out after all; while the intent was written the world went on."""
        if entry.cancel_wanted:
            return "Cancelled before it was sent."
        if not self._is_live():
            return "The account was disconnected: nothing was sent."
        refusal = self._examiner.last_refusal(self._keeper, entry, must_reduce=must_reduce)
        return refusal.message if refusal is not None else None

    async def _place(self, entry: Entry) -> None:
        keeper, tag = self._keeper, entry.order.tag
        assert tag is not None
        entry.is_sending = True
        keeper.change(entry, OrderEventKind.SENT, "Sent to the broker.", status=OrderStatus.SUBMITTED)
        try:
            async with asyncio.timeout(self._patience.call_s):
                broker_id = await self._execution.place(entry.order.request, tag)
        except DEFINITE as error:
            self._refused(entry, error.message)
        except asyncio.CancelledError:
            self._no_answer(entry, "the program stopped waiting")
            raise
        except TimeoutError:
            self._no_answer(entry, f"the broker did not answer within {self._patience.call_s:.0f} s")
        except Exception as error:  # noqa: BLE001 - whatever went wrong, the order may exist: it is asked for, and the words are kept
            self._no_answer(entry, str(error) or type(error).__name__)
        else:
            keeper.acknowledge(entry, broker_id)
            self._on_taken(entry)

    def _refused(self, entry: Entry, message: str) -> None:
        entry.is_sending = False
        if entry.order.broker_id is None:
            self._keeper.change(
                entry, OrderEventKind.REJECTED, f"Refused: {message}", status=OrderStatus.REJECTED, reason=message
            )
        else:
            # Refused, and yet heard of: the broker's word about the order itself counts.
            self._keeper.change(entry, OrderEventKind.NO_ANSWER, f"The broker refused it and reported it: {message}")
        self._keeper.unpark()

    def _no_answer(self, entry: Entry, why: str) -> None:
        entry.is_sending = False
        if entry.order.broker_id is None:
            reason = f"No answer: {why.rstrip('.')}. The broker is being asked."
            self._keeper.change(entry, OrderEventKind.NO_ANSWER, reason, status=OrderStatus.UNKNOWN, reason=reason)
            self._on_question(entry)
        self._keeper.unpark()


def deny(keeper: OrderKeeper, entry: Entry, reason: str) -> None:
    """Refuse an order of our own before it is sent, and write that down as well as it goes."""
    text = f"Not sent: {reason}" if not reason.startswith("Not sent") else reason
    keeper.change(entry, OrderEventKind.DENIED, text, status=OrderStatus.DENIED, reason=reason)
    if not entry.is_written:
        keeper.write_anyway(entry)
