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
        """The kept time, aware UTC; None where none was kept."""

        def work(connection: Connection) -> datetime | None:
            from terminal_app.storage.sql import clock

            return clock.load(connection, self._book)

        return await self._database.read(work)

    async def latest(self) -> datetime | None:
        """The time of the book's youngest order or fill, aware UTC; None where there is none."""

        def work(connection: Connection) -> datetime | None:
            from terminal_app.storage.sql import clock

            return clock.latest(connection, self._book)

        return await self._database.read(work)
