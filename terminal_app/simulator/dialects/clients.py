"""Who trades at a dialect: clients with made-up credentials, each with an account of its own at the exchange."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import string
import time
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from terminal_app.domain.ids import AccountId

_TOTP_STEP_S = 30


class Client(Struct, frozen=True):
    """``credentials`` has what the broker uses of api_key, api_secret, client_id, password, mpin, pin, totp_seed, redirect_url."""

    client_id: str
    account: AccountId
    credentials: Mapping[str, str]

    def __repr__(self) -> str:
        return f"Client({self.client_id!r})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [("client_id", self.client_id)]

    def accepts(self, name: str, value: str) -> bool:
        """Whether a login form's field is right; ``totp`` is the code of now, or of the half minute before or after."""
        if name == "totp":
            return any(
                hmac.compare_digest(totp(self.credentials["totp_seed"], time.time() + drift), value)
                for drift in (-_TOTP_STEP_S, 0, _TOTP_STEP_S)
            )
        return hmac.compare_digest(self.credentials[name].encode(), value.encode())


def totp(seed: str, at: float) -> str:
    """The six digits of RFC 6238 (SHA-1, 30 s) for a base32 seed at a Unix time."""
    padded = seed + "=" * (-len(seed) % 8)
    counter = int(at // _TOTP_STEP_S).to_bytes(8, "big")
    digest = hmac.new(base64.b32decode(padded, casefold=True), counter, hashlib.sha1).digest()
    place = digest[-1] & 0x0F
    number = int.from_bytes(digest[place : place + 4], "big") & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"


def letters(count: int, alphabet: str = string.ascii_lowercase + string.digits) -> str:
    """Random characters, as brokers make keys and ids of them."""
    return "".join(secrets.choice(alphabet) for _ in range(count))


def digits(count: int) -> str:
    """Random digits."""
    return letters(count, string.digits)


def new_totp_seed() -> str:
    """A base32 seed of 160 bits."""
    return base64.b32encode(secrets.token_bytes(20)).decode()
