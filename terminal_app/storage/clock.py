"""The clock repository: where practice or a replay stands."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from terminal_app.storage.database import Database

if TYPE_CHECKING:
    from sqlalchemy import Connection


class ClockRepository:
    """Exchange time of one book. Every method raises StorageError."""

    def __init__(self, database: Database, book: str) -> None:
        self._database = database
        self._book = book

    async def save(self, time: datetime) -> None:
        """Keep the time (aware)."""

        def work(connection: Connection) -> None:
            from terminal_app.storage.sql import clock

            clock.save(connection, self._book, time)

        await self._database.run(work)

    async def load(self) -> datetime | None:
        """The latest time known of the book, aware UTC: kept, or of an order or fill after it; None for a new book."""

        def work(connection: Connection) -> datetime | None:
            from terminal_app.storage.sql import clock

            return clock.load(connection, self._book)

        return await self._database.read(work)
