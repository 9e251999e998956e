"""What the depth ladder shows: texts of ten levels, their sums, and the day's figures of the instrument."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

LEVELS = 5


class LadderSide(StrEnum):
    """Left: what is wanted. Right: what is offered."""

    BID = "bid"
    ASK = "ask"


class Level(Struct, frozen=True):
    """One price level as texts. ``share`` is its quantity as a part of the largest shown, 0 to 1."""

    price: Decimal | None = None
    price_text: str = "\u2013"
    quantity: str = "\u2013"
    orders: str = "\u2013"
    share: float = 0.0


class Fact(Struct, frozen=True):
    """A figure of the day with its label."""

    label: str
    value: str


class Ladder(Struct, frozen=True):
    """All that is painted. ``note`` stands in place of levels that an instrument does not have."""

    name: str = ""
    bids: tuple[Level, ...] = ()
    asks: tuple[Level, ...] = ()
    total_bid: str = "\u2013"
    total_ask: str = "\u2013"
    bid_share: float = 0.5
    """Part of the bids in all that is wanted and offered."""
    spread: str = ""
    old: str = ""
    """How old the prices are, where they are old."""
    facts: tuple[Fact, ...] = ()
    note: str = ""

    def levels(self, side: LadderSide) -> tuple[Level, ...]:
        """The levels of one side, best first."""
        return self.bids if side is LadderSide.BID else self.asks
