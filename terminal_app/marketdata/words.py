"""The words that an instrument is found by, and what it means that a typed token matches: the definition of the search.

A query is cut into upper-case tokens at blanks and colons. An instrument is found when every token matches it. A token
matches when

- a word of the instrument begins with it: its symbol or a part of it, a word of its name, its trading symbol, series,
  exchange, kind (CE, CALL, FUT ...), the expiry's day, month or date, the strike; or
- it has at least three characters and stands inside the symbol or a word of the name (``bank`` finds HDFCBANK); or
- it is the expiry's year, in two or four digits.

A token that no instrument matches is cut once more, where letters and digits meet: ``24500ce`` is ``24500 ce``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal

from terminal_app.domain.enums import Exchange, InstrumentKind, OptionKind, Segment
from terminal_app.domain.ids import InstrumentId
from terminal_app.domain.instrument import Instrument

SHORTEST_INSIDE = 3
"""Characters that a token needs before it is looked for inside words."""

INDEX_OF_UNDERLYING = {
    "NIFTY": InstrumentId.index(Exchange.NSE, "NIFTY 50"),
    "BANKNIFTY": InstrumentId.index(Exchange.NSE, "NIFTY BANK"),
    "FINNIFTY": InstrumentId.index(Exchange.NSE, "NIFTY FIN SERVICE"),
    "MIDCPNIFTY": InstrumentId.index(Exchange.NSE, "NIFTY MID SELECT"),
    "NIFTYNXT50": InstrumentId.index(Exchange.NSE, "NIFTY NEXT 50"),
    "SENSEX": InstrumentId.index(Exchange.BSE, "SENSEX"),
    "BANKEX": InstrumentId.index(Exchange.BSE, "BANKEX"),
    "SENSEX50": InstrumentId.index(Exchange.BSE, "SENSEX50"),
}
"""The index that index derivatives follow: the exchanges name the two differently."""

MONTHS = (
    "JANUARY",
    "FEBRUARY",
    "MARCH",
    "APRIL",
    "MAY",
    "JUNE",
    "JULY",
    "AUGUST",
    "SEPTEMBER",
    "OCTOBER",
    "NOVEMBER",
    "DECEMBER",
)
_UNDERLYING_OF_INDEX = {index.text: underlying for underlying, index in INDEX_OF_UNDERLYING.items()}
_KIND_WORDS = {
    InstrumentKind.EQUITY: ("EQUITY",),
    InstrumentKind.INDEX: ("INDEX",),
    InstrumentKind.FUTURE: ("FUTURES",),
    InstrumentKind.OPTION: ("OPTIONS",),
}
_OPTION_WORDS = {OptionKind.CE: ("CE", "CALLS"), OptionKind.PE: ("PE", "PUTS")}
_MARKET_WORDS = {
    (Exchange.NSE, Segment.FNO): ("NFO",),
    (Exchange.BSE, Segment.FNO): ("BFO",),
    (Exchange.NSE, Segment.CURRENCY): ("CDS",),
    (Exchange.BSE, Segment.CURRENCY): ("BCD",),
}
"""The market codes that traders know from their brokers."""

_PART = re.compile(r"[\w&.]+")
_PIECE = re.compile(r"[^\W\d_]+|\d+(?:\.\d+)?")


def tokens(text: str) -> list[str]:
    """The tokens of a query, before any is cut once more. Commas in figures are dropped."""
    return text.upper().replace(",", "").replace(":", " ").split()


def pieces(token: str) -> list[str]:
    """The runs of letters and the figures of a token."""
    return _PIECE.findall(token)


def query_tokens(text: str, is_known: Callable[[str], bool]) -> list[str]:
    """The tokens of a query; one that matches no instrument is replaced by its pieces."""
    found: list[str] = []
    for token in tokens(text):
        cut = [] if is_known(token) else pieces(token)
        found.extend(cut if len(cut) > 1 else [token])
    return found


def own_symbols(id: InstrumentId) -> tuple[str, ...]:
    """What the instrument as a whole is called: its symbol, and for an index also the name that its derivatives use."""
    underlying = _UNDERLYING_OF_INDEX.get(id.text) if id.segment is Segment.INDEX else None
    if underlying is None or underlying == id.symbol:
        return (id.symbol.upper(),)
    return (id.symbol.upper(), underlying)


def name_words(id: InstrumentId, name: str) -> tuple[str, ...]:
    """The words that a token may begin or stand inside."""
    whole = own_symbols(id)
    return tuple(dict.fromkeys((*whole, *_PART.findall(whole[0]), *_PART.findall(name.upper()))))


def market_words(id: InstrumentId) -> tuple[str, ...]:
    """Exchange, series and kind."""
    option = _OPTION_WORDS[id.option_kind] if id.option_kind is not None else ()
    market = _MARKET_WORDS.get((id.exchange, id.segment), ())
    series = (id.series.upper(),) if id.series else ()
    return (id.exchange.value, *market, *series, *_KIND_WORDS[id.kind], *option)


def expiry_words(expiry: date | None) -> tuple[str, ...]:
    """Day, month and date."""
    if expiry is None:
        return ()
    return (str(expiry.day), MONTHS[expiry.month - 1], expiry.isoformat())


def year_words(expiry: date | None) -> tuple[str, ...]:
    """The year in two and in four digits; only whole tokens match it."""
    if expiry is None:
        return ()
    return (f"{expiry.year % 100:02}", str(expiry.year))


def strike_words(strike: Decimal | None) -> tuple[str, ...]:
    """The strike without trailing zeros."""
    if strike is None:
        return ()
    text = f"{strike:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text,)


def matches(instrument: Instrument, token: str) -> bool:
    """Whether ``token`` (upper case) matches, straight from the definition."""
    names = name_words(instrument.id, instrument.name)
    beginnings = (
        *names,
        instrument.trading_symbol.upper(),
        *market_words(instrument.id),
        *expiry_words(instrument.expiry),
        *strike_words(instrument.strike),
    )
    if any(word.startswith(token) for word in beginnings) or token in year_words(instrument.expiry):
        return True
    return len(token) >= SHORTEST_INSIDE and any(token in word for word in names)
