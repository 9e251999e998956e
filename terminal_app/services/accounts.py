"""Accounts: which there are, which one is shown, and how each is connected."""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

from msgspec.structs import replace

from terminal_app.domain.account import Account, Connection
from terminal_app.domain.bus import Bus
from terminal_app.domain.clock import Clock
from terminal_app.domain.enums import AccountKind, ConnectionState
from terminal_app.domain.errors import BadInput, BhavError
from terminal_app.domain.ids import AccountId
from terminal_app.domain.messages import (
    AccountsChanged,
    ConnectionChanged,
    CurrentAccountChanged,
    Notice,
    NoticeLevel,
    NoticePosted,
)

_log = logging.getLogger(__name__)
DEFAULT_FUNDS = Decimal(1000000)
"""What a new paper account begins with, in rupees."""
_OFF = Connection(ConnectionState.OFF, "Off")


class AccountStore(Protocol):
    """Where accounts are kept; saving is all or nothing."""

    def load(self) -> dict[str, Any]:
        """All that was saved."""
        ...

    def save(self, content: dict[str, Any]) -> None:
        """Replace what was saved. Raises StorageError."""
        ...


class Connector(Protocol):
    """Brings an account's broker up and hands it to whoever needs it; the container provides it."""

    async def connect(self, account: Account, funds: Decimal) -> datetime | None:
        """Log in and read the book; when the session ends. Raises BhavError."""
        ...

    async def disconnect(self, account: Account) -> None:
        """Close the broker. Nothing at the broker is changed."""
        ...


class AccountService:
    """The accounts of this terminal. Every connected account stays live; switching only changes what is shown."""

    def __init__(self, store: AccountStore, bus: Bus, clock: Callable[[], Clock]) -> None:
        self._store = store
        self._bus = bus
        self._clock = clock
        self._connector: Connector | None = None
        content = store.load()
        self._funds: dict[AccountId, Decimal] = {}
        self._accounts: dict[AccountId, Account] = {}
        for row in content.get("accounts", ()):
            self._take_row(row)
        if not self._accounts:
            self._add_first_account()
        saved_current = content.get("current")
        self._current: AccountId | None = (
            AccountId(saved_current) if saved_current in self._accounts else next(iter(self._accounts))
        )
        self._connections: dict[AccountId, Connection] = {}

    @property
    def current(self) -> AccountId | None:
        """The account that is shown and that the ticket sends to; None for all together."""
        return self._current

    def all(self) -> tuple[Account, ...]:
        """Every account, in the order they were added."""
        return tuple(self._accounts.values())

    def get(self, account: AccountId) -> Account:
        """The account of this id. Raises KeyError."""
        return self._accounts[account]

    def funds_at_start(self, account: AccountId) -> Decimal:
        """What a paper account began with, in rupees."""
        return self._funds.get(account, DEFAULT_FUNDS)

    def connection(self, account: AccountId) -> Connection:
        """The lamp and its reason."""
        return self._connections.get(account, _OFF)

    def switch(self, account: AccountId | None) -> None:
        """Show another account; None shows all together."""
        if account is not None and account not in self._accounts:
            raise BadInput("account", f"There is no account {account}.")
        if account == self._current:
            return
        self._current = account
        self._bus.publish(CurrentAccountChanged(account))
        self._save()

    def switch_to_next(self) -> None:
        """Show the account after the current one, round and round."""
        ids = list(self._accounts)
        place = ids.index(self._current) + 1 if self._current in ids else 0
        self.switch(ids[place % len(ids)])

    async def start(self, connector: Connector) -> None:
        """Connect every active paper account; one that fails keeps its reason and does not hold up the others.

        Live accounts begin switched off: real money waits for a hand.
        """
        self._connector = connector
        for account in self.all():
            if account.kind is AccountKind.LIVE:
                self._accounts[account.id] = replace(account, active=False)
            elif account.active:
                await self._connect(account)

    async def stop(self) -> None:
        """Close every connected broker."""
        for account in self.all():
            if self._connector is not None and self.connection(account.id).state is ConnectionState.LIVE:
                await self._connector.disconnect(account)

    async def add_paper(self, name: str, funds: Decimal = DEFAULT_FUNDS) -> Account:
        """A new paper account, connected at once. Raises BadInput naming the field."""
        name = self._checked_name(name)
        if not funds.is_finite() or not Decimal(1000) <= funds <= Decimal("1e10"):
            raise BadInput("funds", "Funds must be from 1,000 to 1,000 crore rupees.")
        account = Account(self._new_id(name), "paper", name, AccountKind.PAPER)
        self._accounts[account.id] = account
        self._funds[account.id] = funds
        try:
            self._save()
        except BhavError:
            del self._accounts[account.id], self._funds[account.id]
            raise
        self._bus.publish(AccountsChanged(self.all()))
        await self._connect(account)
        return account

    def add_live(self, broker: str, name: str, address: str = "", *, is_demo: bool = False) -> Account:
        """A new account at a real broker, switched off. ``address`` is the internet address that is registered with the broker.

        Its id is like no other's, because the keyring that it names entries in is shared by every home on this computer.
        Raises BadInput naming the field, StorageError.
        """
        name = self._checked_name(name)
        account = Account(
            AccountId(f"{broker}-{secrets.token_hex(4)}"),
            broker,
            name,
            AccountKind.LIVE,
            active=False,
            address=address,
            is_demo=is_demo,
        )
        self._accounts[account.id] = account
        self._save_or(lambda: self._accounts.pop(account.id))
        self._bus.publish(AccountsChanged(self.all()))
        return account

    def rename(self, account: AccountId, name: str) -> None:
        """Call an account by another name. Raises BadInput, StorageError."""
        before = self._accounts[account]
        if name != before.name:
            self._replace(replace(before, name=self._checked_name(name, besides=account)))

    def mark(self, account: AccountId, *, active: bool, client_id: str | None = None) -> None:
        """Remember what became of an account's switch, and whose it turned out to be. Raises StorageError."""
        before = self._accounts[account]
        after = replace(before, active=active, client_id=before.client_id if client_id is None else client_id)
        if after != before:
            self._replace(after)

    def remove(self, account: AccountId) -> None:
        """Forget an account that is switched off. Raises BadInput where it is the last one, StorageError."""
        if len(self._accounts) == 1:
            raise BadInput("account", "This is the only account; add another one before you remove it.")
        before, current = dict(self._accounts), self._current
        del self._accounts[account]
        if current == account:
            self._current = next(iter(self._accounts))

        def back() -> None:
            self._accounts, self._current = before, current

        self._save_or(back)
        self._connections.pop(account, None)
        self._bus.publish(AccountsChanged(self.all()))
        if self._current != current:
            self._bus.publish(CurrentAccountChanged(self._current))

    def show_connection(
        self, account: AccountId, state: ConnectionState, reason: str, ends: datetime | None = None
    ) -> None:
        """Set the lamp of an account, with its reason and when its session ends."""
        self._set_connection(account, Connection(state, reason, self._clock().now(), ends))

    async def set_active(self, account: AccountId, active: bool) -> None:
        """The user's switch of a paper account: connect or disconnect."""
        changed = replace(self._accounts[account], active=active)
        self._accounts[account] = changed
        self._save()
        self._bus.publish(AccountsChanged(self.all()))
        if active:
            await self._connect(changed)
        elif self._connector is not None:
            await self._connector.disconnect(changed)
            self._set_connection(account, replace(_OFF, reason="You turned it off", since=self._clock().now()))

    def _replace(self, account: Account) -> None:
        before = self._accounts[account.id]
        self._accounts[account.id] = account
        self._save_or(lambda: self._accounts.update({account.id: before}))
        self._bus.publish(AccountsChanged(self.all()))

    def _save_or(self, undo: Callable[[], object]) -> None:
        try:
            self._save()
        except BhavError:
            undo()
            raise

    def _checked_name(self, name: str, besides: AccountId | None = None) -> str:
        name = " ".join(name.split())
        if not name or len(name) > 40:
            raise BadInput("name", "The name must have 1 to 40 letters.")
        others = (account for account in self.all() if account.id != besides)
        if any(account.name.casefold() == name.casefold() for account in others):
            raise BadInput("name", f"There is an account named {name} already; choose another name.")
        return name

    def _new_id(self, name: str) -> AccountId:
        stem = re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-") or "paper"
        number, candidate = 1, stem
        while candidate in self._accounts:
            number += 1
            candidate = f"{stem}-{number}"
        return AccountId(candidate)

    async def _connect(self, account: Account) -> None:
        if self._connector is None:
            return
        self._set_connection(account.id, Connection(ConnectionState.LOGGING_IN, "Connecting", self._clock().now()))
        try:
            ends = await self._connector.connect(account, self.funds_at_start(account.id))
        except BhavError as error:
            self._failed(account, error)
            return
        reason = "Simulated money" if account.kind is AccountKind.PAPER else "Orders and prices work"
        self._set_connection(account.id, Connection(ConnectionState.LIVE, reason, self._clock().now(), ends))

    def _failed(self, account: Account, error: BhavError) -> None:
        now = self._clock().now()
        _log.warning("account %s could not be connected: %s", account.id, error.message)
        self._set_connection(account.id, Connection(ConnectionState.ERROR, error.message, now))
        text = f"{error.message} No order can be sent from it until it is connected."
        notice = Notice(NoticeLevel.FAILED, f"{account.name} is not connected", text, now, "account", account.id)
        self._bus.publish(NoticePosted(notice))

    def _set_connection(self, account: AccountId, connection: Connection) -> None:
        self._connections[account] = connection
        self._bus.publish(ConnectionChanged(account, connection))

    def _add_first_account(self) -> None:
        first = Account(AccountId("paper"), "paper", "Paper", AccountKind.PAPER)
        self._accounts[first.id] = first
        self._funds[first.id] = DEFAULT_FUNDS

    def _take_row(self, row: dict[str, Any]) -> None:
        account = Account(
            AccountId(row["id"]),
            row["broker"],
            row["name"],
            AccountKind(row["kind"]),
            bool(row["active"]),
            row.get("client_id", ""),
            row.get("address", ""),
            bool(row.get("is_demo", False)),
        )
        self._accounts[account.id] = account
        if "funds" in row:
            self._funds[account.id] = Decimal(row["funds"])

    def _save(self) -> None:
        rows = []
        for account in self.all():
            row: dict[str, Any] = {
                "id": account.id,
                "broker": account.broker,
                "name": account.name,
                "kind": account.kind.value,
                "active": account.active,
                "client_id": account.client_id,
                "address": account.address,
                "is_demo": account.is_demo,
            }
            if account.id in self._funds:
                row["funds"] = f"{self._funds[account.id]:f}"
            rows.append(row)
        self._store.save({"accounts": rows, "current": self._current})
