"""Access to Upstox: the form of its tokens, when they end, what each kind is good for, and tickets that open one socket."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from terminal_app.domain.clock import ist
from terminal_app.simulator.dialects.clients import Client

READ_ONLY_LIFE = timedelta(days=365)

_ISSUER = "udapi-gateway-service"


class TokenKind(StrEnum):
    """What a token is good for."""

    DAILY = "daily"
    EXTENDED = "extended"  # orders, positions and holdings may be read, for a year
    ANALYTICS = "analytics"  # market data may be read, for a year


def next_expiry(now: datetime) -> datetime:
    """The next 03:30 in India strictly after ``now``."""
    local = ist(now)
    at = local.replace(hour=3, minute=30, second=0, microsecond=0)
    return (at if local < at else at + timedelta(days=1)).astimezone(now.tzinfo)


class Signer:
    """Makes JSON web tokens, signed with a key of this run."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    def token(self, user: str, kind: TokenKind, now: datetime, expires_at: datetime) -> str:
        """A token for ``user``; no two are the same."""
        claims = {
            "sub": user,
            "jti": secrets.token_hex(12),
            "isMultiClient": False,
            "isPlusPlan": False,
            "isExtended": kind is TokenKind.EXTENDED,
            "iat": int(now.timestamp()),
            "iss": _ISSUER,
            "exp": int(expires_at.timestamp()),
        }
        head = _encoded(json.dumps({"typ": "JWT", "alg": "HS256"}).encode())
        body = _encoded(json.dumps(claims).encode())
        mark = hmac.new(self._key, f"{head}.{body}".encode(), hashlib.sha256).digest()
        return f"{head}.{body}.{_encoded(mark)}"


class Ticket(Struct, frozen=True):
    """The right to open one socket: whose, with which token, and for the portfolio stream which updates."""

    client: Client
    token: str
    updates: frozenset[str] = frozenset()

    def __repr__(self) -> str:
        return f"Ticket({self.client!r}, updates={sorted(self.updates)!r})"

    def __rich_repr__(self) -> list[tuple[str, object]]:
        return [("client", self.client), ("updates", sorted(self.updates))]


class Tickets:
    """The single-use credentials within the addresses that the authorize calls give out."""

    def __init__(self) -> None:
        self._open: dict[str, Ticket] = {}

    def issue(self, ticket: Ticket) -> str:
        """A code that stands for it once."""
        code = secrets.token_urlsafe(24)
        self._open[code] = ticket
        return code

    def spend(self, code: str) -> Ticket | None:
        """What a code stands for; None where it was spent or never issued."""
        return self._open.pop(code, None)


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
