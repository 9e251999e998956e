"""Accounts and their sessions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from terminal_app.domain.enums import AccountKind, ConnectionState, Exchange, Product
from terminal_app.domain.ids import AccountId


@dataclass(frozen=True, slots=True)
class Account:
    """One account at one broker. ``active`` is the user's switch."""

    id: AccountId
    broker: str
    name: str
    kind: AccountKind
    active: bool = True
    client_id: str = ""


@dataclass(frozen=True, slots=True)
class Connection:
    """The lamp of an account with its reason in words."""

    state: ConnectionState
    reason: str = ""
    since: datetime | None = None
    session_ends: datetime | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """What a broker says of the person: the proof that a session works."""

    client_id: str
    name: str
    exchanges: tuple[Exchange, ...] = ()
    products: tuple[Product, ...] = ()


@dataclass(frozen=True, slots=True)
class BrokerSession:
    """A logged-in state with one broker account. ``values`` are given back as ``session=``; they are secrets."""

    expires_at: datetime
    values: Mapping[str, str] = field(default_factory=dict, repr=False)
