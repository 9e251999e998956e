"""The paper broker's ledger: opaque documents, appended durably."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from terminal_app.domain.ids import AccountId
from terminal_app.domain.ledger import LedgerState
from terminal_app.storage.database import Database

if TYPE_CHECKING:
    from sqlalchemy import Connection


class PaperLedgerRepository:
    """Ledgers of one book's paper accounts. Every method raises StorageError."""

    def __init__(self, database: Database, book: str) -> None:
        self._database = database
        self._book = book

    async def load(self, account: AccountId) -> LedgerState | None:
        """All that was appended for ``account``; None where nothing was."""

        def work(connection: Connection) -> LedgerState | None:
            from terminal_app.storage.sql import paper

            return paper.load(connection, self._book, account)

        return await self._database.read(work)

    async def states(self) -> tuple[str, ...]:
        """The state documents of all accounts of the book."""

        def work(connection: Connection) -> tuple[str, ...]:
            from terminal_app.storage.sql import paper

            return paper.states(connection, self._book)

        return await self._database.read(work)

    async def append(
        self,
        account: AccountId,
        *,
        orders: Mapping[str, str],
        fills: Sequence[tuple[str, str]],
        state: str | None,
    ) -> None:
        """One durable transaction.

        Documents of orders by id (newest wins), of fills by id (each counted once), and the state unless None.
        """

        def work(connection: Connection) -> None:
            from terminal_app.storage.sql import paper

            paper.append(connection, self._book, account, orders, fills, state)

        await self._database.run(work, durable=True)
