"""The notice repository: what the Log shows after a restart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from terminal_app.domain.messages import Notice
from terminal_app.storage.database import Database

if TYPE_CHECKING:
    from sqlalchemy import Connection


class NoticeRepository:
    """Notices of all books; the newest 10,000 stay. Every method raises StorageError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, notice: Notice) -> None:
        """Keep a notice."""

        def work(connection: Connection) -> None:
            from terminal_app.storage.sql import notices

            notices.add(connection, notice)

        await self._database.run(work)

    async def recent(self, limit: int) -> list[Notice]:
        """At most ``limit`` notices, the newest first."""

        def work(connection: Connection) -> list[Notice]:
            from terminal_app.storage.sql import notices

            return notices.recent(connection, limit)

        return await self._database.read(work)
