"""A small listing with everything that makes a search hard, and the real one where shared data is there."""

from __future__ import annotations

import gzip
from datetime import date
from decimal import Decimal
from pathlib import Path

from terminal_app.brokers.zerodha.instruments import parse_dump
from terminal_app.domain.enums import Exchange, OptionKind
from terminal_app.domain.ids import InstrumentId
from terminal_app.domain.instrument import Instrument

_NSE = Exchange.NSE
_EXPIRIES = (date(2026, 11, 24), date(2026, 12, 29), date(2027, 1, 26))
_MONTHS = {11: "NOV", 12: "DEC", 1: "JAN"}
_SHARES = (
    ("RELIANCE", "EQ", "RELIANCE INDUSTRIES"),
    ("RELAXO", "EQ", "RELAXO FOOTWEARS"),
    ("RELINFRA", "BE", "RELIANCE INFRASTRUCTURE"),
    ("HDFCBANK", "EQ", "HDFC BANK"),
    ("BANKBARODA", "EQ", "BANK OF BARODA"),
    ("BANKBEES", "EQ", "NIPPON INDIA ETF NIFTY BANK BEES"),
    ("NIFTYBEES", "EQ", "NIPPON INDIA ETF NIFTY 50 BEES"),
    ("BAJAJ-AUTO", "EQ", "BAJAJ AUTO"),
    ("M&M", "EQ", "MAHINDRA & MAHINDRA"),
    ("NOVARTIND", "EQ", "NOVARTIS INDIA"),
    ("CESC", "EQ", "CESC"),
    ("749RJ35", "SG", "SDL RJ 7.49% 2035"),
)
_INDICES = ("NIFTY 50", "NIFTY BANK", "NIFTY 500", "NIFTY NEXT 50", "INDIA VIX")
_STRIKES = {
    "NIFTY": ("24400", "24450", "24500", "24550", "24600"),
    "BANKNIFTY": ("55000", "55500"),
    "RELIANCE": ("1440", "1460", "245"),
    "M&M": ("3000", "287.5"),
}


def sample_listing() -> list[Instrument]:
    """Some 80 instruments."""
    listing = [_plain(InstrumentId.equity(_NSE, symbol, series), name) for symbol, series, name in _SHARES]
    listing.append(_plain(InstrumentId.equity(Exchange.BSE, "RELIANCE"), "RELIANCE INDUSTRIES"))
    listing += [_plain(InstrumentId.index(_NSE, symbol), symbol) for symbol in _INDICES]
    listing.append(_plain(InstrumentId.future(Exchange.MCX, "GOLD", date(2026, 12, 4)), "GOLD", "GOLD26DECFUT"))
    for underlying, strikes in _STRIKES.items():
        for expiry in _EXPIRIES:
            head = f"{underlying}{expiry.year % 100}{_MONTHS[expiry.month]}"
            listing.append(_plain(InstrumentId.future(_NSE, underlying, expiry), underlying, f"{head}FUT"))
            for strike in strikes:
                for kind in OptionKind:
                    id = InstrumentId.option(_NSE, underlying, expiry, Decimal(strike), kind)  # noqa: A001
                    listing.append(_plain(id, underlying, f"{head}{strike}{kind}"))
    return listing


def real_listing(shared: Path) -> list[Instrument]:
    """Every distinct instrument of the Kite dumps, about 82,000."""
    listing: dict[tuple[str, str], Instrument] = {}
    for path in sorted((shared / "data/instruments/kite").glob("*.csv.gz"), reverse=True):
        dump = parse_dump(gzip.decompress(path.read_bytes()).decode().splitlines())
        for instrument in dump.instruments:
            listing.setdefault((instrument.exchange.value, str(instrument.id)), instrument)
    return list(listing.values())


def _plain(id: InstrumentId, name: str, trading_symbol: str = "") -> Instrument:
    return Instrument(id, name, 1, Decimal("0.05"), trading_symbol=trading_symbol or id.symbol)
