"""Codes and tokens that a dialect hands out. They end by the exchange's clock, by use, by logout or by a dial."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from msgspec import Struct

from terminal_app.simulator.dialects.clients import Client

CODE_LIFE = timedelta(minutes=5)
"""Exchange time for which a login's code can be exchanged."""


class Token(Struct, frozen=True):
    """A client's access until ``expires_at`` (aware UTC)."""

    value: str
    client: Client
    issued_at: datetime
    expires_at: datetime

    def __repr__(self) -> str:
        return f"Token({self.client!r}, expires_at={self.expires_at!r})"

    def __rich_repr__(self) -> list[tuple[str, object]]:
        return [("client", self.client), ("expires_at", self.expires_at)]


class TokenBook:
    """Access tokens by value. ``now`` is exchange time."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._tokens: dict[str, Token] = {}

    def issue(self, client: Client, expires_at: datetime, value: str | None = None) -> Token:
        """Hand out a token; ``value`` where the broker's tokens have a form of their own."""
        token = Token(value or secrets.token_urlsafe(24), client, self._now(), expires_at)
        self._tokens[token.value] = token
        return token

    def find(self, value: str) -> Token | None:
        """The living token of this value."""
        token = self._tokens.get(value)
        return token if token is not None and self._now() < token.expires_at else None

    def living(self, client: Client) -> Token | None:
        """The newest living token of a client."""
        mine = (one for one in reversed(self._tokens.values()) if one.client is client)
        return next((one for one in mine if self._now() < one.expires_at), None)

    def revoke(self, value: str) -> bool:
        """End one; False where it was none."""
        return self._tokens.pop(value, None) is not None

    def revoke_all(self) -> None:
        """End all."""
        self._tokens.clear()


class CodeBook:
    """The single-use codes between the login page and the code exchange."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._codes: dict[str, tuple[Client, datetime]] = {}

    def issue(self, client: Client, value: str | None = None) -> str:
        """A new code for a client who has logged in."""
        code = value or secrets.token_urlsafe(24)
        self._codes[code] = (client, self._now() + CODE_LIFE)
        return code

    def take(self, code: str) -> Client | None:
        """Whose code it is; None for one that is unknown, too old, or was taken before. It is spent in any case."""
        found = self._codes.pop(code, None)
        return found[0] if found is not None and self._now() < found[1] else None
