"""The position repository: what each day began with."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from terminal_app.domain.ids import AccountId
from terminal_app.domain.position import Position
from terminal_app.storage.database import Database

if TYPE_CHECKING:
    from sqlalchemy import Connection


class PositionRepository:
    """Carried positions of one book. Every method raises StorageError."""

    def __init__(self, database: Database, book: str) -> None:
        self._database = database
        self._book = book

    async def save_carried(self, account: AccountId, day: date, positions: Sequence[Position]) -> None:
        """Keep what ``day`` (IST) begins with, in place of what was kept for it before."""

        def work(connection: Connection) -> None:
            from terminal_app.storage.sql import positions as sql

            sql.save_carried(connection, self._book, account, day, positions)

        await self._database.run(work)

    async def load_carried(self, account: AccountId, day: date) -> list[Position] | None:
        """What ``day`` began with, in the order it was saved; None where nothing was saved for it."""

        def work(connection: Connection) -> list[Position] | None:
            from terminal_app.storage.sql import positions as sql

            return sql.load_carried(connection, self._book, account, day)

        return await self._database.read(work)
