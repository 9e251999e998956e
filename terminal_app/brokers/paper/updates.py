"""The stream of order updates: bounded by keeping one waiting update per order, with all of its fills."""

from __future__ import annotations

import asyncio

from terminal_app.domain.ids import BrokerOrderId
from terminal_app.domain.order import Order, OrderUpdate
from terminal_app.simulator.events import AccountEvent
from terminal_app.simulator.faults import Faults


class OrderUpdates:
    """Iterate it in one task; it ends when the broker is closed, after what was waiting."""

    def __init__(self) -> None:
        self.faults = Faults()
        self._waiting: dict[BrokerOrderId, OrderUpdate] = {}
        self._ready = asyncio.Event()
        self._is_closed = False

    def __aiter__(self) -> OrderUpdates:
        return self

    async def __anext__(self) -> OrderUpdate:
        while not self._waiting:
            if self._is_closed:
                raise StopAsyncIteration
            self._ready.clear()
            await self._ready.wait()
        order_id = next(iter(self._waiting))
        update = self._waiting[order_id]
        if not self.faults.doubles_update():
            del self._waiting[order_id]
        return update

    def tell(self, event: AccountEvent) -> None:
        """An event that is committed."""
        for order in event.orders:
            self._add(order, event)
        if self._waiting:
            self._ready.set()

    def close(self) -> None:
        """No more updates."""
        self._is_closed = True
        self._ready.set()

    def _add(self, order: Order, event: AccountEvent) -> None:
        if order.broker_id is None:
            return
        fills = tuple(fill for fill in event.fills if fill.broker_order_id == order.broker_id)
        before = self._waiting.pop(order.broker_id, None)
        self._waiting[order.broker_id] = OrderUpdate(order, fills if before is None else (*before.fills, *fills))
