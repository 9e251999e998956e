"""Money of an account, and the margin that orders need."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from msgspec import Struct, field

from terminal_app.domain.values import ZERO


class Funds(Struct, frozen=True):
    """Rupees. ``available`` is what a new order may use; ``used`` is blocked by positions and working orders.

    ``parts`` names what ``used`` and ``available`` are made of, in the order to show them.
    """

    opening: Decimal
    available: Decimal
    used: Decimal
    as_of: datetime
    collateral: Decimal = ZERO
    parts: tuple[tuple[str, Decimal], ...] = ()


class Margin(Struct, frozen=True):
    """What a set of orders needs on top of what is blocked, in rupees. ``parts`` names span, exposure, premium and the like."""

    required: Decimal
    available: Decimal
    parts: tuple[tuple[str, Decimal], ...] = field(default=())

    @property
    def shortfall(self) -> Decimal:
        """How much money is missing; zero when it is enough."""
        return max(ZERO, self.required - self.available)
