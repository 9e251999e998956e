"""The account's orders as they were last heard of, for changes that have to say an order whole."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from terminal_app.brokers.upstox.account import AccountReads
from terminal_app.domain.errors import OrderRejected
from terminal_app.domain.ids import BrokerOrderId
from terminal_app.domain.order import Order, OrderRequest


class OrderMemory:
    """Orders of the day. They are relied on only while ``is_hearing`` says that changes made elsewhere are heard too."""

    def __init__(self, account: AccountReads, is_hearing: Callable[[], bool]) -> None:
        self._account = account
        self._is_hearing = is_hearing
        self._requests: dict[BrokerOrderId, OrderRequest] = {}

    def keep(self, id: BrokerOrderId, request: OrderRequest) -> None:
        """An order was sent, or changed, like this."""
        self._requests[id] = request

    def hear(self, order: Order) -> None:
        """The stream told of an order. What the stream does not tell, its market protection, stays."""
        if order.broker_id is None:
            return
        before = self._requests.get(order.broker_id)
        self._requests[order.broker_id] = order.request if before is None else _merged(before, order.request)

    def forget(self) -> None:
        """Another person may log in."""
        self._requests.clear()

    async def request(self, id: BrokerOrderId) -> OrderRequest:
        """The order as it is at Upstox. Raises OrderRejected where it is closed, BrokerError."""
        known = self._requests.get(id)
        if known is not None and self._is_hearing():
            return known
        order = await self._account.order(id)
        if order.status.is_closed:
            raise OrderRejected(f"The order is {order.status.value.lower()} at Upstox: there is nothing to change.")
        return order.request if known is None else _merged(known, order.request)


def _merged(before: OrderRequest, told: OrderRequest) -> OrderRequest:
    protection = before.market_protection if told.order_type is before.order_type else None
    return replace(told, market_protection=protection)
