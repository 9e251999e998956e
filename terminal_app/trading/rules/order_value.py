"""Is the order worth more than the user allows?"""

from __future__ import annotations

from decimal import Decimal

from terminal_app.trading.proposal import Proposal, Refusal
from terminal_app.trading.words import money


class OrderValue:
    """Price times units times multiplier, against a limit in rupees. An order that only closes a position passes."""

    def __init__(self, limit: Decimal) -> None:
        self._limit = limit

    def ask(self, proposal: Proposal) -> Refusal | None:
        """Why not; None lets it pass."""
        if proposal.reduces:
            return None
        price = proposal.price
        if price is None:
            return Refusal(
                "ORDER_VALUE", "There is no price to check this order against your limit on the value of an order."
            )
        multiplier = proposal.instrument.multiplier if proposal.instrument is not None else Decimal(1)
        value = price * proposal.request.quantity * multiplier
        if value <= self._limit:
            return None
        return Refusal(
            "ORDER_VALUE", f"This order is worth {money(value)}; your own limit is {money(self._limit)} an order."
        )
