"""Orders of a paper account, with the faults that are dialled in."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from terminal_app.brokers.paper import errors
from terminal_app.domain.errors import StorageError
from terminal_app.domain.ids import AccountId, BrokerOrderId, ClientTag
from terminal_app.domain.order import OrderChange, OrderRef, OrderRequest
from terminal_app.simulator.exchange import SimulatedExchange

T = TypeVar("T")


class PaperExecution:
    """Every call answers when its result is in the ledger. ``ready`` opens the account; ``settled`` waits for the ledger."""

    def __init__(
        self,
        account: AccountId,
        ready: Callable[[], Awaitable[SimulatedExchange]],
        settled: Callable[[], Awaitable[None]],
    ) -> None:
        self._account = account
        self._ready = ready
        self._settled = settled

    async def place(self, order: OrderRequest, tag: ClientTag) -> BrokerOrderId:
        """Send a new order once. Raises OrderRejected, OrderUnknown, BrokerError."""
        return await self._call(lambda exchange: exchange.place(self._account, order, tag))

    async def modify(self, order: OrderRef, change: OrderChange) -> None:
        """Change a working order. Raises OrderRejected, OrderUnknown, BrokerError."""
        await self._call(lambda exchange: exchange.modify(self._account, order.broker_order_id, change))

    async def cancel(self, order: OrderRef) -> None:
        """Cancel a working order. Raises OrderRejected, OrderUnknown, BrokerError."""
        await self._call(lambda exchange: exchange.cancel(self._account, order.broker_order_id))

    async def _call(self, act: Callable[[SimulatedExchange], T]) -> T:
        exchange = await self._ready()
        faults = exchange.faults
        if faults.takes_request():
            raise errors.no_answer()
        answer = act(exchange)
        loses_answer = faults.takes_answer()
        try:
            await self._settled()
        except StorageError as error:
            raise errors.not_kept(error) from error
        if faults.answer_delay_s > 0:
            await asyncio.sleep(faults.answer_delay_s)
        if loses_answer:
            raise errors.no_answer()
        return answer
