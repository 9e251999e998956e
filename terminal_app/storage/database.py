"""The database as the rest of the program sees it: run a function over a connection in the storage thread."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

from terminal_app.storage.writer import Executor, Mode, Writer

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from terminal_app.storage.schema import Schema

T = TypeVar("T")

LOCK_TIMEOUT_S = 5.0
"""How long a write waits for another program's lock before it is refused."""


class Database:
    """SQLite or PostgreSQL behind one thread.

    Making it does no I/O: the first unit opens the database, backs it up and migrates it where that is due. After an
    error the next unit tries again, so that the database works as soon as the cause is gone. Every method raises
    StorageError with a sentence for the user (NewerDatabase where a newer version wrote it), ConfigError for an address
    that is not understood; other exceptions of a unit's function come through as they are. A unit that failed left
    nothing behind.

    ``url`` is an SQLAlchemy address (``sqlite:////path/file.db``, ``postgresql://user@host/name``). ``backups`` is the
    folder for copies before a migration (SQLite only). With ``read_only`` nothing is created, migrated or written.
    """

    def __init__(
        self,
        url: str,
        *,
        backups: Path | None,
        read_only: bool = False,
        lock_timeout_s: float = LOCK_TIMEOUT_S,
        schema: Schema | None = None,
    ) -> None:
        def make_executor() -> Executor:
            from terminal_app.storage.link import Link
            from terminal_app.storage.schema import Schema

            return Link(
                url, backups=backups, read_only=read_only, lock_timeout_s=lock_timeout_s, schema=schema or Schema()
            )

        self._writer = Writer(make_executor)

    @classmethod
    async def open(
        cls,
        url: str,
        *,
        backups: Path | None,
        read_only: bool = False,
        lock_timeout_s: float = LOCK_TIMEOUT_S,
        schema: Schema | None = None,
    ) -> Database:
        """A database that is open and up to date."""
        database = cls(url, backups=backups, read_only=read_only, lock_timeout_s=lock_timeout_s, schema=schema)
        try:
            await database.prepare()
        except BaseException:
            await database.aclose()
            raise
        return database

    async def prepare(self) -> None:
        """Open, back up and migrate now instead of with the first unit."""
        await self.read(lambda connection: None)

    async def run(self, work: Callable[[Connection], T], durable: bool = False) -> T:
        """What ``work`` returns, once its transaction is committed.

        ``durable`` outlives a power cut; without it a commit outlives the program's end only. ``work`` runs in the
        storage thread, must not keep the connection and must not change state of its own: it is run again when a
        neighbour in its transaction failed.
        """
        return cast(T, await self._writer.submit(work, Mode.DURABLE if durable else Mode.NORMAL))

    async def read(self, work: Callable[[Connection], T]) -> T:
        """What ``work`` returns from one consistent view of the data; it takes no lock and may write nothing."""
        return cast(T, await self._writer.submit(work, Mode.READ))

    async def check_writable(self) -> None:
        """Write something harmless durably, so that a full disk, a lock or a read-only file shows now."""

        def work(connection: Connection) -> None:
            from terminal_app.storage.schema import touch

            touch(connection)

        await self.run(work, durable=True)

    async def aclose(self) -> None:
        """Finish what is queued and close."""
        await self._writer.aclose()
