"""Splitting an order at the exchange's freeze quantity (market-rules 6.1)."""

from __future__ import annotations

from terminal_app.domain.instrument import Instrument

MAX_SLICES = 50
"""The most orders that one ticket may become: more is a slip of the finger, not a trade."""


def plan_slices(quantity: int, instrument: Instrument) -> tuple[int, ...]:
    """The quantities, in units, of the orders that ``quantity`` is sent as: full slices, then the remainder.

    One order where the contract has no freeze quantity or stays within it; nothing for a quantity below one.
    """
    if quantity < 1:
        return ()
    size = instrument.max_slice
    if size <= 0 or quantity <= size:
        return (quantity,)
    full, rest = divmod(quantity, size)
    return (size,) * full + ((rest,) if rest else ())
