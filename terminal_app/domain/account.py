"""Accounts and their sessions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct, field

from terminal_app.domain.enums import AccountKind, ConnectionState, Exchange, Product
from terminal_app.domain.ids import AccountId


class Account(Struct, frozen=True):
    """One account at one broker. ``active`` is the user's switch.

    ``address`` is the internet address that the user registered with the broker for orders; "" where none was told. ``is_demo``: its
    broker is a simulator, so that its money is not real.
    """

    id: AccountId
    broker: str
    name: str
    kind: AccountKind
    active: bool = True
    client_id: str = ""
    address: str = ""
    is_demo: bool = False


class Connection(Struct, frozen=True):
    """The lamp of an account with its reason in words."""

    state: ConnectionState
    reason: str = ""
    since: datetime | None = None
    session_ends: datetime | None = None


class Profile(Struct, frozen=True):
    """What a broker says of the person: the proof that a session works."""

    client_id: str
    name: str
    exchanges: tuple[Exchange, ...] = ()
    products: tuple[Product, ...] = ()


class BrokerSession(Struct, frozen=True):
    """A logged-in state with one broker account. ``values`` are given back as ``session=``; they are secrets."""

    expires_at: datetime
    values: Mapping[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"BrokerSession(expires_at={self.expires_at!r}, values=({len(self.values)} secrets))"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [("expires_at", self.expires_at)]
