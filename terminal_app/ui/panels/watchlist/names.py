"""How a row of the watchlist is called."""

from __future__ import annotations

from terminal_app.domain.enums import InstrumentKind
from terminal_app.domain.ids import InstrumentId

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def name_of(one: InstrumentId) -> tuple[str, str]:
    """The part that differs first, and what stands small behind it: the exchange, or the expiry of a derivative."""
    if one.kind is InstrumentKind.INDEX:
        return one.symbol, ""
    if one.expiry is None:
        return one.symbol, one.exchange.value if one.series in ("", "EQ") else f"{one.exchange.value} {one.series}"
    expiry = f"{one.expiry.day} {MONTHS[one.expiry.month - 1]}"
    if one.strike is None or one.option_kind is None:
        return f"{one.symbol} FUT", expiry
    strike = f"{one.strike:f}"
    strike = strike.rstrip("0").rstrip(".") if "." in strike else strike
    return f"{one.symbol} {strike} {one.option_kind.value}", expiry
