"""Live accounts whose logins, vault and figures are what a test wrote down; names and switches are the real service's."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime

from msgspec.structs import replace

from terminal_app.brokers.upstox.config import FORM as UPSTOX
from terminal_app.brokers.zerodha.config import FORM as ZERODHA
from terminal_app.domain.account import Account
from terminal_app.domain.clock import Clock, at_ist
from terminal_app.domain.enums import AccountKind, ConnectionState
from terminal_app.domain.errors import BhavError, LoginError, VaultLocked
from terminal_app.domain.ids import AccountId
from terminal_app.services.accounts import AccountService
from terminal_app.services.sessions import BrokerOffer, VaultState

ENDS = at_ist(2026, 11, 21, 6, 0)
KEYRING = VaultState("keyring", "Secret Service", is_ready=True, is_locked=False)
FILE = VaultState("file", "vault.bhav", is_ready=True, is_locked=False)
LOCKED_FILE = VaultState("file", "vault.bhav", is_ready=False, is_locked=True, reason="The vault is locked.")
NEW_FILE = VaultState("file", "vault.bhav", is_ready=False, is_locked=True, is_new=True)
LOCKED_KEYRING = VaultState("keyring", "Secret Service", is_ready=False, is_locked=True, reason="Unlock your keyring.")
NO_KEYRING = VaultState("keyring", "none", is_ready=False, is_locked=False, reason="No keyring service runs here.")


class ScriptedSessions:
    """``errors`` are raised, or told on the card, by the name of the call or by account; ``gate`` holds logins back until it is set."""

    def __init__(self, accounts: AccountService, clock: Clock) -> None:
        self._accounts, self._clock = accounts, clock
        self.vault = KEYRING
        self.password = "correct horse"
        self.errors: dict[str, BhavError] = {}
        self.gate: asyncio.Event | None = None
        self.calls: list[tuple[str, ...]] = []
        self.added: dict[AccountId, dict[str, str]] = {}
        self.budgets: dict[AccountId, tuple[tuple[str, int, int], ...]] = {}
        self.ages_s: dict[AccountId, float] = {}
        self.address = "203.0.113.24"

    def brokers(self) -> tuple[BrokerOffer, ...]:
        """The two that there are, with their real forms."""
        return BrokerOffer("zerodha", "Zerodha", ZERODHA), BrokerOffer("upstox", "Upstox", UPSTOX)

    def now(self) -> datetime:
        """The clock's."""
        return self._clock.now()

    async def add(self, broker: str, name: str, values: Mapping[str, str]) -> Account:
        """Kept in ``added``."""
        self._note("add", broker, name)
        account = self._accounts.add_live(broker, name, values.get("address", ""))
        self.added[account.id] = dict(values)
        return account

    async def rename(self, account: AccountId, name: str) -> None:
        """By the real rules."""
        self._note("rename", account, name)
        self._accounts.rename(account, name)

    async def remove(self, account: AccountId) -> None:
        """By the real rules."""
        self._note("remove", account)
        self._accounts.remove(account)

    async def public_address(self, account: AccountId) -> tuple[str, datetime]:
        """As set in ``address``."""
        self._note("public_address", account)
        return self.address, self._clock.now()

    async def turn_on(self, account: AccountId) -> None:
        """Logs in, or fails with the error of this account."""
        self.calls.append(("turn_on", account))
        self._accounts.show_connection(account, ConnectionState.LOGGING_IN, "Waiting for your login")
        if self.gate is not None:
            await self.gate.wait()
        error = self.errors.get(account)
        if error is not None:
            state = ConnectionState.OFF if isinstance(error, LoginError) else ConnectionState.ERROR
            self._accounts.mark(account, active=False)
            self._accounts.show_connection(account, state, error.message)
            return
        self._accounts.mark(account, active=True)
        self._accounts.show_connection(account, ConnectionState.LIVE, "Orders and prices work", ENDS)

    async def turn_off(self, account: AccountId) -> None:
        """Off."""
        self._note("turn_off", account)
        self._accounts.mark(account, active=False)
        self._accounts.show_connection(account, ConnectionState.OFF, "You turned it off")

    async def log_in(self, account: AccountId) -> None:
        """As the switch."""
        await self.turn_on(account)

    async def log_in_all(self) -> None:
        """One after the other."""
        for account in self._accounts.all():
            state = self._accounts.connection(account.id).state
            if account.kind is AccountKind.LIVE and state is not ConnectionState.LIVE:
                await self.turn_on(account.id)

    def expire(self, account: AccountId) -> None:
        """The session is over."""
        self._accounts.mark(account, active=False)
        self._accounts.show_connection(account, ConnectionState.EXPIRED, "The session ended at 06:00: log in.")

    def remaining_calls(self, account: AccountId) -> tuple[tuple[str, int, int], ...]:
        """As set in ``budgets``."""
        return self.budgets.get(account, ())

    def feed_age_s(self, account: AccountId) -> float | None:
        """As set in ``ages_s``."""
        return self.ages_s.get(account)

    async def vault_state(self) -> VaultState:
        """As set in ``vault``."""
        return self.vault

    async def unlock_vault(self, password: str) -> None:
        """Open for the right password; a keyring asks by itself."""
        self._note("unlock_vault")
        if self.vault.kind == "file" and password != self.password:
            raise VaultLocked("The password is not right.")
        self.vault = replace(self.vault, is_ready=True, is_locked=False, reason="", is_new=False)

    async def create_vault(self, password: str) -> None:
        """An encrypted file from now on."""
        self._note("create_vault")
        self.password, self.vault = password, FILE

    async def change_vault_password(self, old: str, new: str) -> None:
        """For the right old one."""
        self._note("change_vault_password")
        if old != self.password:
            raise VaultLocked("The password until now is not right.")
        self.password = new

    def _note(self, call: str, *words: str) -> None:
        self.calls.append((call, *words))
        if call in self.errors:
            raise self.errors[call]
