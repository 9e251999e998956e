"""Points of a P&L line, as they are kept for the charts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class PnlPoint:
    """An account's P&L at one moment of exchange time (aware UTC), in rupees."""

    time: datetime
    realised: Decimal
    unrealised: Decimal

    @property
    def total(self) -> Decimal:
        """Realised and unrealised together."""
        return self.realised + self.unrealised


@dataclass(frozen=True, slots=True)
class PositionPoint:
    """One position at one moment of exchange time (aware UTC): signed units and its P&L of the day in rupees."""

    time: datetime
    quantity: int
    pnl: Decimal
