"""Which instrument a recorded file, symbol or token means."""

from __future__ import annotations

import re
from collections.abc import Mapping

from terminal_app.domain.enums import Exchange
from terminal_app.domain.errors import ConfigError
from terminal_app.domain.ids import InstrumentId

_NSE_INDICES = (
    "NIFTY 50",
    "NIFTY BANK",
    "NIFTY FIN SERVICE",
    "NIFTY MID SELECT",
    "NIFTY NEXT 50",
    "NIFTY 100",
    "NIFTY 200",
    "NIFTY 500",
    "NIFTY AUTO",
    "NIFTY COMMODITIES",
    "NIFTY CONSUMPTION",
    "NIFTY ENERGY",
    "NIFTY FMCG",
    "NIFTY INFRA",
    "NIFTY IT",
    "NIFTY MEDIA",
    "NIFTY METAL",
    "NIFTY PHARMA",
    "NIFTY PSE",
    "NIFTY PSU BANK",
    "NIFTY PVT BANK",
    "NIFTY REALTY",
    "INDIA VIX",
)
_NICKNAMES = {
    "NIFTY": "NIFTY 50",
    "BNF": "NIFTY BANK",
    "BANKNIFTY": "NIFTY BANK",
    "FINNIFTY": "NIFTY FIN SERVICE",
    "MIDCPNIFTY": "NIFTY MID SELECT",
    "NIFTYNXT50": "NIFTY NEXT 50",
    "VIX": "INDIA VIX",
}
_BSE_INDICES = ("SENSEX", "BANKEX", "SENSEX50")
_SUFFIXES = {".NS": Exchange.NSE, ".BO": Exchange.BSE}
_SYMBOL = re.compile(r"[A-Z][A-Z0-9&-]*\Z")


def stem(file_name: str) -> str:
    """The file's name without ``.csv`` or ``.csv.gz``."""
    return re.sub(r"\.csv(\.gz)?\Z", "", file_name, flags=re.IGNORECASE)


def find_instrument(file_name: str, symbol: str | None, given: Mapping[str, InstrumentId]) -> InstrumentId:
    """The instrument of ``symbol`` (None where the file has no such column) in the file of this name.

    ``given`` maps symbols, tokens or file stems to instruments and wins over all else. Then: an index name in the
    file's name (files of one index are known to carry another's name inside), a known index name, a symbol of NSE
    (``.NS``) or BSE (``.BO``). Raises ConfigError with a sentence that says how to name it.
    """
    for key in (symbol, stem(file_name)):
        if key is not None and key in given:
            return given[key]
    named = next((found for piece in stem(file_name).split("_") if (found := _index(piece)) is not None), None)
    if symbol is None or symbol.isdigit() or _index(symbol) is not None:
        found = named or (None if symbol is None else _index(symbol))
        head = stem(file_name).split("_", maxsplit=1)[0]
        if found is None and symbol is None and _SYMBOL.match(head):
            found = InstrumentId.equity(Exchange.NSE, head)
        if found is not None:
            return found
    elif (equity := _equity(symbol)) is not None:
        return equity
    key = stem(file_name) if symbol is None else symbol
    raise ConfigError(
        "instrument",
        f"{file_name}: nothing says which instrument “{key}” is. Name it with --instrument {key}=ID, for instance"
        f" --instrument {key}=NSE:RELIANCE:EQ or --instrument {key}=NSE:NIFTY:2026-11-23:24500:CE.",
    )


def _index(text: str) -> InstrumentId | None:
    key = text.upper().replace(" ", "")
    if key in _BSE_INDICES:
        return InstrumentId.index(Exchange.BSE, key)
    name = _NICKNAMES.get(key) or next((index for index in _NSE_INDICES if index.replace(" ", "") == key), None)
    return None if name is None else InstrumentId.index(Exchange.NSE, name)


def _equity(text: str) -> InstrumentId | None:
    exchange = Exchange.NSE
    for suffix, place in _SUFFIXES.items():
        if text.endswith(suffix):
            text, exchange = text.removesuffix(suffix), place
    return InstrumentId.equity(exchange, text) if _SYMBOL.match(text) else None
