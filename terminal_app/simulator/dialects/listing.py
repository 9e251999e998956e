"""How the simulated market is listed: the exchange's tokens, ISINs and trading symbols, the same in every dialect.

A recording or a made-up market has no tokens of its own: they follow from an instrument's identity, so that they stay the same from
run to run and agree between brokers. The well-known indices and shares have their real tokens and ISINs; other ISINs are made up, with a
right check digit.
"""

from __future__ import annotations

import zlib
from datetime import date

from terminal_app.domain.enums import Exchange, InstrumentKind
from terminal_app.domain.hours import MarketHours
from terminal_app.domain.ids import InstrumentId
from terminal_app.domain.instrument import Instrument
from terminal_app.simulator.dialects.shares import KNOWN

_INDEX_TOKENS = {
    "NSE:NIFTY 50:INDEX": 1001,
    "NSE:NIFTY BANK:INDEX": 1016,
    "NSE:INDIA VIX:INDEX": 1035,
    "BSE:SENSEX:INDEX": 1,
}
_SERIES = "EQ"
_FIRST_TOKEN, _TOKENS = 2000, 8_000_000
_WEEKLY_MONTHS = "123456789OND"
_ISIN_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Listing:
    """Tokens by instrument. A token is unique over all exchanges, and below 2**23 as Kite's 32 bits ask for."""

    def __init__(self, hours: MarketHours) -> None:
        self._hours = hours
        self._tokens: dict[InstrumentId, int] = {}
        self._taken: set[int] = {*_INDEX_TOKENS.values(), *(token for _isin, token in KNOWN.values())}
        self._symbols: dict[InstrumentId, str] = {}

    def exchange_token(self, instrument: Instrument) -> int:
        """The exchange's number of an instrument."""
        known = self._tokens.get(instrument.id)
        if known is not None:
            return known
        token = _INDEX_TOKENS.get(instrument.id.text) or _known_share(instrument.id)[1]
        if not token:
            given = instrument.exchange_token
            token = int(given) if given.isdecimal() and 0 < int(given) < 1 << 23 else self._made_up(instrument.id)
            while token in self._taken:
                token = _FIRST_TOKEN + (token - _FIRST_TOKEN + 1) % _TOKENS
            self._taken.add(token)
        self._tokens[instrument.id] = token
        return token

    def trading_symbol(self, instrument: Instrument) -> str:
        """``RELIANCE``, ``NIFTY26NOVFUT``, ``NIFTY26D0124500CE``: the exchange's own way to write it (market-rules 7)."""
        known = self._symbols.get(instrument.id)
        if known is None:
            known = self._symbols[instrument.id] = instrument.trading_symbol or self._derived_symbol(instrument)
        return known

    def isin(self, instrument: Instrument) -> str:
        """Of shares only."""
        if instrument.kind is not InstrumentKind.EQUITY:
            return ""
        return instrument.isin or _known_share(instrument.id)[0] or made_up_isin(instrument.id)

    def _made_up(self, id: InstrumentId) -> int:
        return _FIRST_TOKEN + zlib.crc32(id.text.encode()) % _TOKENS

    def _derived_symbol(self, instrument: Instrument) -> str:
        identity = instrument.id
        if identity.expiry is None:
            is_plain = identity.series in ("", "EQ") or identity.exchange is not Exchange.NSE
            return identity.symbol if is_plain else f"{identity.symbol}-{identity.series}"
        month = f"{identity.symbol}{identity.expiry:%y}{identity.expiry.strftime('%b').upper()}"
        if identity.option_kind is None or identity.strike is None:
            return f"{month}FUT"
        if not self._is_monthly(identity.exchange, identity.expiry):
            month = (
                f"{identity.symbol}{identity.expiry:%y}{_WEEKLY_MONTHS[identity.expiry.month - 1]}{identity.expiry:%d}"
            )
        strike = f"{identity.strike:f}"
        strike = strike.rstrip("0").rstrip(".") if "." in strike else strike
        return f"{month}{strike}{identity.option_kind.value}"

    def _is_monthly(self, exchange: Exchange, expiry: date) -> bool:
        return self._hours.monthly_expiries(exchange, expiry, 1)[0] == expiry


def _known_share(id: InstrumentId) -> tuple[str, int]:
    """ISIN and token of a share that everybody knows; empty and 0 for any other."""
    if id.exchange is not Exchange.NSE or id.series != _SERIES:
        return "", 0
    return KNOWN.get(id.symbol, ("", 0))


def made_up_isin(id: InstrumentId) -> str:
    """``INE`` and what the symbol gives, with the check digit of ISO 6166."""
    number = zlib.crc32(id.symbol.encode())
    middle = ""
    for _ in range(4):
        number, place = divmod(number, 36)
        middle += _ISIN_DIGITS[place]
    body = f"INE{middle}010{number % 10}"[:11]
    return body + str(_check_digit(body))


def _check_digit(body: str) -> int:
    digits = "".join(str(_ISIN_DIGITS.index(one)) for one in body)
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return -total % 10
