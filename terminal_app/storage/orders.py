"""The order repository: current state, append-only events, fills that count once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import Struct

from terminal_app.domain.fill import Fill
from terminal_app.domain.ids import AccountId, ClientOrderId
from terminal_app.domain.order import Order, OrderEvent
from terminal_app.storage.database import Database

if TYPE_CHECKING:
    from sqlalchemy import Connection


class SavedOrders(Struct, frozen=True):
    """Orders by the time they were placed, fills by the time they happened."""

    orders: list[Order]
    fills: list[Fill]


class OrderRepository:
    """Orders of one book. Every method raises StorageError."""

    def __init__(self, database: Database, book: str) -> None:
        self._database = database
        self._book = book

    async def add_intent(self, account: AccountId, order: Order, event: OrderEvent) -> None:
        """Write down, durably, what is about to be sent. An id that was used before is refused."""

        def work(connection: Connection) -> None:
            from terminal_app.storage.sql import orders

            orders.add_intent(connection, self._book, account, order, event)

        await self._database.run(work, durable=True)

    async def save(
        self, account: AccountId, order: Order, events: Sequence[OrderEvent] = (), fills: Sequence[Fill] = ()
    ) -> None:
        """The order's newest state, what happened to it, and its fills, in one transaction.

        A fill that is there already, by trading day (IST), trade id and broker's order id, is not added again. An order
        of ours that was stored under the broker's id alone takes that row's place.
        """

        def work(connection: Connection) -> None:
            from terminal_app.storage.sql import orders

            orders.save(connection, self._book, account, order, events, fills)

        await self._database.run(work)

    async def load(self, account: AccountId, since: datetime) -> SavedOrders:
        """Orders updated at or after ``since`` (aware), with those that are not closed whenever placed.

        Fills at or after ``since``.
        """

        def work(connection: Connection) -> SavedOrders:
            from terminal_app.storage.sql import orders

            return orders.load(connection, self._book, account, since)

        return await self._database.read(work)

    async def events(self, client_id: ClientOrderId) -> list[OrderEvent]:
        """An order's hops in the order they were written."""

        def work(connection: Connection) -> list[OrderEvent]:
            from terminal_app.storage.sql import orders

            return orders.events(connection, self._book, client_id)

        return await self._database.read(work)
