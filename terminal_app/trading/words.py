"""Numbers in the sentences that trading writes."""

from __future__ import annotations

from decimal import Decimal

from terminal_app.domain.values import to_money


def number(value: Decimal) -> str:
    """A plain decimal, without exponent and without needless zeros."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def price(value: Decimal) -> str:
    """A price in Indian grouping, with two decimals at least."""
    whole, _, decimals = number(abs(value)).partition(".")
    return f"{'-' if value < 0 else ''}{group(whole)}.{decimals.ljust(2, '0')}"


def money(value: Decimal) -> str:
    """Rupees in Indian grouping."""
    amount = f"{to_money(abs(value)):f}"
    whole, _, decimals = amount.partition(".")
    return f"{'-' if value < 0 else ''}₹{group(whole)}.{decimals}"


def units(value: int) -> str:
    """A count in Indian grouping."""
    return f"{'-' if value < 0 else ''}{group(str(abs(value)))}"


def group(digits: str) -> str:
    """Indian grouping: the last three digits, then pairs."""
    head, tail = digits[:-3], digits[-3:]
    pairs: list[str] = []
    while head:
        pairs.insert(0, head[-2:])
        head = head[:-2]
    return ",".join([*pairs, tail])
