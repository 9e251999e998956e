"""Where a paper account is kept: the protocol that storage fulfils, and a ledger that lives as long as its process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from terminal_app.domain.ids import AccountId
from terminal_app.domain.ledger import LedgerState


class PaperLedger(Protocol):
    """Keeps opaque documents per account. Raises StorageError when it cannot; then nothing of the call was kept."""

    async def load(self, account: AccountId) -> LedgerState | None:
        """Everything that was appended; None for an account that was never kept."""
        ...

    async def append(
        self,
        account: AccountId,
        *,
        orders: Mapping[str, str],
        fills: Sequence[tuple[str, str]],
        state: str | None,
    ) -> None:
        """Keep orders by id (newer ones replace), fills by trade id, and the state, in one durable transaction."""
        ...


class MemoryLedger:
    """Keeps accounts in memory: for a broker that is opened without a database, and for tests."""

    def __init__(self) -> None:
        self._states: dict[AccountId, LedgerState] = {}

    async def load(self, account: AccountId) -> LedgerState | None:
        """Everything that was appended."""
        return self._states.get(account)

    async def append(
        self,
        account: AccountId,
        *,
        orders: Mapping[str, str],
        fills: Sequence[tuple[str, str]],
        state: str | None,
    ) -> None:
        """Keep it."""
        before = self._states.get(account) or LedgerState()
        self._states[account] = LedgerState(
            state=before.state if state is None else state,
            orders={**before.orders, **orders},
            fills=(*before.fills, *(text for _id, text in fills)),
        )
