"""Is the order larger than the user allows?"""

from __future__ import annotations

from terminal_app.trading.proposal import Proposal, Refusal
from terminal_app.trading.words import units


class OrderQuantity:
    """The quantity against a limit in units. An order that only closes a position passes."""

    def __init__(self, limit: int) -> None:
        self._limit = limit

    def ask(self, proposal: Proposal) -> Refusal | None:
        """Why not; None lets it pass."""
        quantity = proposal.request.quantity
        if proposal.reduces or quantity <= self._limit:
            return None
        return Refusal(
            "ORDER_QUANTITY",
            f"This order is for {units(quantity)} units; your own limit is {units(self._limit)} an order.",
        )
