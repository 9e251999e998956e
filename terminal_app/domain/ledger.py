"""What a ledger of a paper account gives back: opaque documents of its state, orders and fills."""

from __future__ import annotations

from msgspec import Struct, field


class LedgerState(Struct, frozen=True):
    """JSON texts that only their writer understands: the account's state, orders by id, fills in the order they were appended."""

    state: str | None = None
    orders: dict[str, str] = field(default_factory=dict)
    fills: tuple[str, ...] = ()
