"""Sessions of a paper account: nobody has to log in, and they never end."""

from __future__ import annotations

from datetime import UTC, datetime

from terminal_app.domain.account import BrokerSession, Profile
from terminal_app.domain.enums import Exchange, Product
from terminal_app.domain.ids import AccountId

NEVER = datetime(9999, 12, 31, tzinfo=UTC)
"""When a paper session ends."""


def open_session(account: AccountId) -> BrokerSession:
    """A session that holds for ever."""
    return BrokerSession(NEVER, {"account": account})


def profile(account: AccountId, name: str, exchanges: tuple[Exchange, ...], products: tuple[Product, ...]) -> Profile:
    """Who trades on paper."""
    return Profile(client_id=account, name=name or f"Paper {account}", exchanges=exchanges, products=products)
