"""How Upstox names the instruments of the simulated market, and the files in which it lists them."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from typing import Any

from msgspec import Struct

from terminal_app.domain.clock import IST
from terminal_app.domain.enums import Exchange, InstrumentKind, Segment
from terminal_app.domain.hours import MarketHours
from terminal_app.domain.ids import InstrumentId
from terminal_app.domain.instrument import Instrument
from terminal_app.domain.margins import MarginTable
from terminal_app.simulator.dialects.listing import Listing

CASH_FREEZE = 100_000.0
"""The largest cash order that the files name."""

_SEGMENTS = {
    (Exchange.NSE, Segment.CASH): "NSE_EQ",
    (Exchange.BSE, Segment.CASH): "BSE_EQ",
    (Exchange.NSE, Segment.FNO): "NSE_FO",
    (Exchange.BSE, Segment.FNO): "BSE_FO",
    (Exchange.NSE, Segment.CURRENCY): "NCD_FO",
    (Exchange.BSE, Segment.CURRENCY): "BCD_FO",
    (Exchange.NSE, Segment.COMMODITY): "NSE_COM",
    (Exchange.MCX, Segment.COMMODITY): "MCX_FO",
    (Exchange.NSE, Segment.INDEX): "NSE_INDEX",
    (Exchange.BSE, Segment.INDEX): "BSE_INDEX",
    (Exchange.MCX, Segment.INDEX): "MCX_INDEX",
}
SHORT_EXCHANGES = {
    "NSE_EQ": "NSE",
    "BSE_EQ": "BSE",
    "NSE_FO": "NFO",
    "BSE_FO": "BFO",
    "NCD_FO": "CDS",
    "BCD_FO": "BCD",
    "NSE_COM": "NSCOM",
    "MCX_FO": "MCX",
    "NSE_INDEX": "NSE",
    "BSE_INDEX": "BSE",
    "MCX_INDEX": "MCX",
}
"""The segment of a key to the exchange as orders and positions write it."""

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_END_OF_DAY = time(23, 59, 59)


class _IndexName(Struct, frozen=True):
    """What the files write for an index: the name within the key has a case of its own."""

    key_name: str
    symbol: str
    token: str
    name: str


_INDICES = {
    (Exchange.NSE, "NIFTY 50"): _IndexName("Nifty 50", "NIFTY", "26000", "Nifty 50"),
    (Exchange.NSE, "NIFTY BANK"): _IndexName("Nifty Bank", "BANKNIFTY", "26009", "Nifty Bank"),
    (Exchange.NSE, "INDIA VIX"): _IndexName("India VIX", "INDIA VIX", "26017", "India VIX"),
    (Exchange.NSE, "NIFTY FIN SERVICE"): _IndexName("Nifty Fin Service", "FINNIFTY", "26037", "Nifty Fin Service"),
    (Exchange.NSE, "NIFTY MID SELECT"): _IndexName("NIFTY MID SELECT", "MIDCPNIFTY", "26074", "NIFTY MID SELECT"),
    (Exchange.BSE, "SENSEX"): _IndexName("SENSEX", "SENSEX", "1", "BSE SENSEX"),
}


class Name(Struct, frozen=True):
    """One instrument as Upstox knows it. ``row`` is its place in the simulated market."""

    row: int
    id: InstrumentId
    key: str
    segment: str
    symbol: str
    token: str
    isin: str

    @property
    def short_exchange(self) -> str:
        """The exchange as orders and positions write it."""
        return SHORT_EXCHANGES[self.segment]


class Names:
    """Every instrument of the market by key and by row; follows the market as it lists more."""

    def __init__(
        self, instruments: Sequence[Instrument], margins: MarginTable, hours: MarketHours, listing: Listing
    ) -> None:
        self._instruments = instruments
        self._margins = margins
        self._hours = hours
        self._listing = listing
        self._rows: list[Name] = []
        self._keys: dict[str, Name] = {}
        self._ids: dict[InstrumentId, Name] = {}

    def of_row(self, row: int) -> Name:
        """The name of a row of the market."""
        self._grow()
        return self._rows[row]

    def of_key(self, key: str) -> Name | None:
        """What an instrument key means; None where nothing has it."""
        self._grow()
        return self._keys.get(key)

    def of_id(self, id: InstrumentId) -> Name:
        """The name of an instrument. Raises KeyError for one that was never listed."""
        self._grow()
        return self._ids[id]

    def instrument(self, name: Name) -> Instrument:
        """The contract as it stands today."""
        return self._instruments[name.row]

    def listed(self, day: date) -> Iterator[tuple[Name, Instrument]]:
        """All that can be asked for on a day: an expired contract is gone."""
        self._grow()
        for name in self._rows:
            instrument = self._instruments[name.row]
            if instrument.expiry is None or instrument.expiry >= day:
                yield name, instrument

    def underlying(self, instrument: Instrument) -> Name | None:
        """The index or share that a derivative follows; None where the market does not have it."""
        self._grow()
        return self._ids.get(self._margins.spot(instrument))

    def file(self, day: date, exchange: str | None = None) -> bytes:
        """The instrument file of a day: all exchanges, or one; a JSON array, gzipped."""
        rows = [
            self.listing(name, instrument)
            for name, instrument in self.listed(day)
            if exchange is None or instrument.exchange.value == exchange
        ]
        return gzip.compress(json.dumps(rows).encode(), mtime=0)

    def listing(self, name: Name, instrument: Instrument) -> dict[str, Any]:
        """One row of the instrument files. ``tick_size`` is in paise; ``expiry`` the end of the day in epoch ms."""
        row: dict[str, Any] = {
            "segment": name.segment,
            "name": instrument.name,
            "exchange": instrument.exchange.value,
            "instrument_type": _type(instrument),
            "instrument_key": name.key,
            "exchange_token": name.token,
            "trading_symbol": name.symbol,
        }
        if instrument.kind is InstrumentKind.INDEX:
            index = _INDICES.get((instrument.exchange, instrument.id.symbol))
            return {**row, "name": index.name if index else instrument.name}
        row |= {"lot_size": instrument.lot_size, "tick_size": float(instrument.tick_size * 100)}
        if instrument.is_derivative:
            row |= self._derivative(instrument)
        else:
            row |= {
                "isin": name.isin,
                "short_name": instrument.name,
                "freeze_quantity": CASH_FREEZE,
                "mtf_enabled": True,
                "mtf_bracket": 25.0,
                "security_type": "NORMAL",
            }
        if instrument.has_closing_auction:
            row["cas_eligible"] = True
        return {**row, "qty_multiplier": float(instrument.multiplier)}

    def _derivative(self, instrument: Instrument) -> dict[str, Any]:
        assert instrument.expiry is not None
        spot = self.underlying(instrument)
        key = spot.key if spot else ""
        kind = "INDEX" if spot and spot.id.kind is InstrumentKind.INDEX else "EQUITY"
        return {
            "name": instrument.underlying,
            "weekly": self._is_weekly(instrument),
            "expiry": end_of_day_ms(instrument.expiry),
            "strike_price": float(instrument.strike or 0),
            "minimum_lot": instrument.lot_size,
            "freeze_quantity": float(instrument.max_slice),
            "asset_symbol": instrument.underlying,
            "asset_key": key,
            "asset_type": kind,
            "underlying_symbol": instrument.underlying,
            "underlying_key": key,
            "underlying_type": kind,
        }

    def _is_weekly(self, instrument: Instrument) -> bool:
        assert instrument.expiry is not None
        if instrument.kind is not InstrumentKind.OPTION or instrument.segment is not Segment.FNO:
            return False
        return self._hours.monthly_expiries(instrument.exchange, instrument.expiry, 1)[0] != instrument.expiry

    def _grow(self) -> None:
        for row in range(len(self._rows), len(self._instruments)):
            name = self._name(row, self._instruments[row])
            self._rows.append(name)
            self._keys[name.key] = name
            self._ids[name.id] = name

    def _name(self, row: int, instrument: Instrument) -> Name:
        identity = instrument.id
        segment = _SEGMENTS[identity.exchange, identity.segment]
        token = str(self._listing.exchange_token(instrument))
        if instrument.kind is InstrumentKind.INDEX:
            index = _INDICES.get((identity.exchange, identity.symbol))
            if index is None:
                index = _IndexName(identity.symbol, identity.symbol, token, instrument.name)
            return Name(row, identity, f"{segment}|{index.key_name}", segment, index.symbol, index.token, "")
        if instrument.is_derivative:
            return Name(row, identity, f"{segment}|{token}", segment, _contract_symbol(instrument), token, "")
        isin = self._listing.isin(instrument)
        if f"{segment}|{isin}" in self._keys:
            isin = f"{isin[:-1]}X"  # another series of the same share: a recording that has both is shown both
        return Name(row, identity, f"{segment}|{isin}", segment, identity.symbol, token, isin)


def end_of_day_ms(day: date) -> int:
    """23:59:59 in India as epoch milliseconds."""
    return int(datetime.combine(day, _END_OF_DAY, IST).timestamp()) * 1000


def _type(instrument: Instrument) -> str:
    match instrument.kind:
        case InstrumentKind.INDEX:
            return "INDEX"
        case InstrumentKind.FUTURE:
            return "FUT"
        case InstrumentKind.OPTION:
            assert instrument.option_kind is not None
            return instrument.option_kind.value
        case _:
            return instrument.id.series or "EQ"


def _contract_symbol(instrument: Instrument) -> str:
    """``NIFTY FUT 24 NOV 26``, ``NIFTY 24500 CE 24 NOV 26``."""
    assert instrument.expiry is not None
    day = f"{instrument.expiry.day:02d} {_MONTHS[instrument.expiry.month - 1]} {instrument.expiry:%y}"
    if instrument.strike is None or instrument.option_kind is None:
        return f"{instrument.underlying} FUT {day}"
    return f"{instrument.underlying} {float(instrument.strike):g} {instrument.option_kind.value} {day}"
