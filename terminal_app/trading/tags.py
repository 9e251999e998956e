"""Names for orders: ours, which the broker echoes, and stable ones for orders that were placed elsewhere."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from datetime import datetime

from terminal_app.domain.clock import ist
from terminal_app.domain.ids import AccountId, BrokerOrderId, ClientOrderId, ClientTag

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Base 32 without letters that are read as digits."""
_OWN = "BH"
_ELSEWHERE = "EX"
_LENGTH = 12


def new_tag(is_taken: Callable[[str], bool]) -> ClientTag:
    """A new tag: BH and twelve characters of chance (60 bits), well within the 20 that the narrowest broker echoes."""
    while True:
        tag = _OWN + "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
        if not is_taken(tag):
            return ClientTag(tag)


def name_elsewhere(account: AccountId, broker_id: BrokerOrderId, placed_at: datetime) -> ClientOrderId:
    """The name of an order that was placed elsewhere: the same whenever and however often it is read."""
    text = f"{account}\n{broker_id}\n{ist(placed_at).date().isoformat()}"
    number = int.from_bytes(hashlib.sha256(text.encode()).digest()[:10], "big")
    letters = []
    for _ in range(16):
        number, digit = divmod(number, 32)
        letters.append(_ALPHABET[digit])
    return ClientOrderId(_ELSEWHERE + "".join(letters))
