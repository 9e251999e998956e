"""Reading what was typed into an order field: exact, or a problem beside the field."""

from __future__ import annotations

import re
from decimal import Decimal

from terminal_app.trading.checks import Problem

_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]*)?|\.[0-9]+")
_NAMES = {
    "quantity": "quantity",
    "limit_price": "price",
    "trigger_price": "trigger price",
    "disclosed_quantity": "disclosed quantity",
    "market_protection": "protection",
}
_LONGEST = 24


def read_quantity(text: str, field: str = "quantity") -> int | Problem:
    """Units as typed, with or without grouping commas."""
    value = read_decimal(text, field)
    if isinstance(value, Problem):
        return value
    if value != value.to_integral_value():
        return Problem(field, f"The {_NAMES.get(field, field)} must be a whole number.", code="QUANTITY")
    return int(value)


def read_decimal(text: str, field: str = "limit_price") -> Decimal | Problem:
    """A price or percentage as typed, with or without grouping commas and the rupee sign."""
    name = _NAMES.get(field, field)
    cleaned = text.strip().removeprefix("₹").replace(",", "").replace(" ", "")
    if not cleaned:
        article = "an" if name[0] in "aeiou" else "a"
        return Problem(field, f"Enter {article} {name}.", code="EMPTY")
    sign = cleaned[0] if cleaned[0] in "+-−" else ""
    digits = cleaned[len(sign) :]
    if len(digits) > _LONGEST or not _NUMBER.fullmatch(digits):
        return Problem(field, f"“{text.strip()[:40]}” is not a number.", code="NOT_A_NUMBER")
    value = Decimal(digits)
    return value if sign in ("", "+") else -value
