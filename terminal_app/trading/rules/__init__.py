"""The user's own risk rules: one class, one file, one question each. All limits are off until the user sets them."""

from __future__ import annotations

from decimal import Decimal
from typing import Protocol

from msgspec import Struct

from terminal_app.trading.proposal import Proposal, Refusal
from terminal_app.trading.rules.duplicate import Duplicate
from terminal_app.trading.rules.order_quantity import OrderQuantity
from terminal_app.trading.rules.order_value import OrderValue
from terminal_app.trading.rules.price_distance import PriceDistance


class Rule(Protocol):
    """One question to an order."""

    def ask(self, proposal: Proposal) -> Refusal | None:
        """Why it must not go out; None lets it pass."""
        ...


class RiskLimits(Struct, frozen=True):
    """The user's limits; None means none. Rupees, units, percent of the last price, seconds."""

    max_order_value: Decimal | None = None
    max_order_quantity: int | None = None
    max_price_distance_percent: Decimal | None = None
    duplicate_window_s: float | None = None


def rules_of(limits: RiskLimits) -> tuple[Rule, ...]:
    """The rules that the limits bring about."""
    rules: list[Rule] = []
    if limits.max_order_value is not None:
        rules.append(OrderValue(limits.max_order_value))
    if limits.max_order_quantity is not None:
        rules.append(OrderQuantity(limits.max_order_quantity))
    if limits.max_price_distance_percent is not None:
        rules.append(PriceDistance(limits.max_price_distance_percent))
    if limits.duplicate_window_s is not None:
        rules.append(Duplicate(limits.duplicate_window_s))
    return tuple(rules)
