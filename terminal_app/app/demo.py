"""The demo: one simulated account per broker, on the same market as the paper account, with real login pages and real wires."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from terminal_app.brokers.registry import live_brokers
from terminal_app.domain.account import Account
from terminal_app.domain.enums import AccountKind
from terminal_app.domain.ids import AccountId
from terminal_app.services.accounts import AccountService
from terminal_app.services.sessions import SessionService
from terminal_app.simulator.venue import Venue

if TYPE_CHECKING:
    from terminal_app.simulator.dialects.base import Dialect

_NOT_ADDRESSES = frozenset({"broker", "credentials", "ca"})


class Demo:
    """Starts the simulators, adds their accounts, and ends them. ``endpoints`` is shared with the shop, which opens the accounts."""

    def __init__(self, venue: Venue, accounts: AccountService) -> None:
        self.endpoints: dict[AccountId, Mapping[str, str]] = {}
        self.credentials: dict[AccountId, Mapping[str, str]] = {}
        """What to type on the simulators' login pages."""
        self._venue = venue
        self._accounts = accounts
        self._dialects: list[Dialect] = []

    async def start(self, sessions: SessionService) -> None:
        """Listen on loopback and add an account for each broker. Raises ConfigError, VaultError, StorageError."""
        from terminal_app.simulator.dialects import DIALECTS

        for entry in live_brokers():
            dialect = DIALECTS[entry.name](self._venue)
            dialect.fills_in = True
            self._dialects.append(dialect)
            line = await dialect.start()
            account = await self._account(sessions, entry.name, f"{entry.title} demo", line["credentials"])
            self.credentials[account.id] = line["credentials"]
            self.endpoints[account.id] = {key: value for key, value in line.items() if key not in _NOT_ADDRESSES}

    async def aclose(self) -> None:
        """Stop listening."""
        for dialect in self._dialects:
            await dialect.aclose()
        self._dialects.clear()

    async def _account(
        self, sessions: SessionService, broker: str, name: str, credentials: Mapping[str, str]
    ) -> Account:
        """The account of an earlier demo in this home gives way: its keys were another simulator's."""
        for old in self._accounts.all():
            if old.kind is AccountKind.LIVE and old.name == name:
                await sessions.remove(old.id)
        return await sessions.add(broker, name, credentials, is_demo=True)
