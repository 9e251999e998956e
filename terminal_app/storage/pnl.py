"""The P&L repository: the points of an account's line and of its positions'."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from terminal_app.domain.enums import Product
from terminal_app.domain.ids import AccountId, InstrumentId
from terminal_app.domain.pnl import PnlPoint, PositionPoint
from terminal_app.domain.position import PositionKey
from terminal_app.storage.database import Database

if TYPE_CHECKING:
    from sqlalchemy import Connection


class PnlRepository:
    """P&L of one book; times are exchange time, aware. Every method raises StorageError."""

    def __init__(self, database: Database, book: str) -> None:
        self._database = database
        self._book = book

    async def add(
        self,
        account: AccountId,
        time: datetime,
        realised: Decimal,
        unrealised: Decimal,
        positions: Sequence[tuple[InstrumentId, Product, int, Decimal]],
    ) -> None:
        """One point in rupees, with (instrument, product, signed units, P&L) of each position.

        A point of the same time is replaced.
        """

        def work(connection: Connection) -> None:
            from terminal_app.storage.sql import pnl

            pnl.add(connection, self._book, account, PnlPoint(time, realised, unrealised), positions)

        await self._database.run(work)

    async def load(self, account: AccountId, start: datetime, end: datetime) -> list[PnlPoint]:
        """The account's points in [start, end), oldest first."""

        def work(connection: Connection) -> list[PnlPoint]:
            from terminal_app.storage.sql import pnl

            return pnl.load(connection, self._book, account, start, end)

        return await self._database.read(work)

    async def load_position(
        self, account: AccountId, key: PositionKey, start: datetime, end: datetime
    ) -> list[PositionPoint]:
        """One position's points in [start, end), oldest first."""

        def work(connection: Connection) -> list[PositionPoint]:
            from terminal_app.storage.sql import pnl

            return pnl.load_position(connection, self._book, account, key, start, end)

        return await self._database.read(work)

    async def days(self, account: AccountId, start: datetime, end: datetime) -> list[PnlPoint]:
        """The last point of each IST day whose last point lies in [start, end), oldest first."""

        def work(connection: Connection) -> list[PnlPoint]:
            from terminal_app.storage.sql import pnl

            return pnl.days(connection, self._book, account, start, end)

        return await self._database.read(work)
