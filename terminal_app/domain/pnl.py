"""Points of a P&L line, as they are kept for the charts."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from msgspec import Struct


class PnlPoint(Struct, frozen=True):
    """An account's P&L at one moment of exchange time (aware UTC), in rupees."""

    time: datetime
    realised: Decimal
    unrealised: Decimal

    @property
    def total(self) -> Decimal:
        """Realised and unrealised together."""
        return self.realised + self.unrealised


class PositionPoint(Struct, frozen=True):
    """One position at one moment of exchange time (aware UTC): signed units and its P&L of the day in rupees."""

    time: datetime
    quantity: int
    pnl: Decimal
