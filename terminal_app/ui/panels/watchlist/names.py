"""How a row of the watchlist is called. Works on printed ids, so that the first paint needs no more than this."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from terminal_app.domain.ids import InstrumentId

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def name_of(one: InstrumentId) -> tuple[str, str]:
    """The part that differs first, and what stands small behind it: the exchange, or the expiry of a derivative."""
    return name_of_text(one.text)


def name_of_text(text: str) -> tuple[str, str]:
    """The same for the printed form of an id. A text that is none is its own name."""
    market, *parts = text.split(":")
    exchange = market.partition("-")[0]
    match parts:
        case [symbol, "INDEX"]:
            return symbol, ""
        case [symbol, series]:
            return symbol, exchange if series == "EQ" else f"{exchange} {series}"
        case [symbol, expiry, "FUT"]:
            return f"{symbol} FUT", _day_and_month(expiry)
        case [symbol, expiry, strike, kind]:
            return f"{symbol} {strike} {kind}", _day_and_month(expiry)
    return text, ""


def _day_and_month(expiry: str) -> str:
    _, month, day = expiry.split("-")
    return f"{int(day)} {MONTHS[int(month) - 1]}"
