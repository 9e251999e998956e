"""A holding: shares in the demat account."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from terminal_app.domain.ids import InstrumentId


class Holding(Struct, frozen=True):
    """``quantity`` units are settled, ``t1_quantity`` bought and not yet delivered, ``pledged_quantity`` of the settled ones pledged."""

    instrument: InstrumentId
    quantity: int
    average_price: Decimal
    t1_quantity: int = 0
    pledged_quantity: int = 0
    used_quantity: int = 0
    """Sold today, or held for a working sell order."""
    previous_close: Decimal | None = None
    isin: str = ""
    needs_authorisation: bool = False

    @property
    def total_quantity(self) -> int:
        """Settled and unsettled units."""
        return self.quantity + self.t1_quantity

    @property
    def sellable_quantity(self) -> int:
        """Units that an order may still sell."""
        return max(0, self.total_quantity - self.pledged_quantity - self.used_quantity)
