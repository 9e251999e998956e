"""Exact numbers: prices and money are ``Decimal`` rupees, and this is the arithmetic they need."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal

ZERO = Decimal(0)
PAISA = Decimal("0.01")


def exact(value: Decimal | int | str) -> Decimal:
    """The value as a Decimal. A float is refused: it has already lost what money needs."""
    if isinstance(value, float):
        raise TypeError("a price or an amount of money must not be a float")
    return Decimal(value)


def is_multiple(value: Decimal, step: Decimal) -> bool:
    """Whether ``value`` is a whole number of steps."""
    return value % step == 0


def round_to_step(value: Decimal, step: Decimal) -> Decimal:
    """The nearest multiple of ``step``, halves up (away from zero)."""
    return (value / step).quantize(Decimal(1), rounding=ROUND_HALF_UP) * step


def floor_to_step(value: Decimal, step: Decimal) -> Decimal:
    """The next multiple of ``step`` at or below ``value``."""
    return (value / step).quantize(Decimal(1), rounding=ROUND_FLOOR) * step


def ceil_to_step(value: Decimal, step: Decimal) -> Decimal:
    """The next multiple of ``step`` at or above ``value``."""
    return (value / step).quantize(Decimal(1), rounding=ROUND_CEILING) * step


def to_paise(amount: Decimal) -> int:
    """Whole paise of an amount in rupees, halves up."""
    return int((amount * 100).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def from_paise(amount_paise: int) -> Decimal:
    """Rupees with two decimals."""
    return (Decimal(amount_paise) / 100).quantize(PAISA)


def to_money(amount: Decimal) -> Decimal:
    """Rupees rounded to the paisa, halves up."""
    return amount.quantize(PAISA, rounding=ROUND_HALF_UP)


def decimals_of(step: Decimal) -> int:
    """How many decimals a price with this step is shown with: never fewer than two, as the exchanges print."""
    exponent = step.normalize().as_tuple().exponent
    return max(2, -exponent if isinstance(exponent, int) else 2)
