"""Kite's names of instruments: tokens, exchange and trading symbol, and the list that ``/instruments`` serves."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from msgspec import Struct

from terminal_app.domain.enums import Exchange, InstrumentKind, Segment
from terminal_app.domain.hours import trading_day
from terminal_app.domain.ids import InstrumentId
from terminal_app.domain.instrument import Instrument
from terminal_app.simulator.dialects.listing import Listing
from terminal_app.simulator.exchange import SimulatedExchange

INDICES = 9
"""The segment code of everything that is only shown."""

_SEGMENTS: dict[tuple[Exchange, Segment], tuple[str, int]] = {
    (Exchange.NSE, Segment.CASH): ("NSE", 1),
    (Exchange.NSE, Segment.FNO): ("NFO", 2),
    (Exchange.NSE, Segment.CURRENCY): ("CDS", 3),
    (Exchange.BSE, Segment.CASH): ("BSE", 4),
    (Exchange.BSE, Segment.FNO): ("BFO", 5),
    (Exchange.BSE, Segment.CURRENCY): ("BCD", 6),
    (Exchange.MCX, Segment.COMMODITY): ("MCX", 7),
    (Exchange.NSE, Segment.COMMODITY): ("NCO", 12),
}
"""Kite's exchange and the last byte of the token; an index keeps the name of its exchange."""
COLUMNS = (
    "instrument_token",
    "exchange_token",
    "tradingsymbol",
    "name",
    "last_price",
    "expiry",
    "strike",
    "tick_size",
    "lot_size",
    "instrument_type",
    "segment",
    "exchange",
)


class Name(Struct, frozen=True):
    """How Kite writes one instrument."""

    row: int
    token: int
    exchange_token: int
    exchange: str
    symbol: str
    segment_code: int

    @property
    def key(self) -> str:
        """``NSE:INFY``, as the quote routes want it."""
        return f"{self.exchange}:{self.symbol}"


class SymbolTable:
    """Names by row, token and symbol; contracts that are listed later come in by themselves."""

    def __init__(self, exchange: SimulatedExchange) -> None:
        self._exchange = exchange
        self._listing = Listing(exchange.hours)
        self._names: list[Name | None] = []
        self._by_token: dict[int, Name] = {}
        self._by_symbol: dict[tuple[str, str], Name] = {}

    def instrument(self, name: Name) -> Instrument:
        """The contract as it stands now."""
        return self._exchange.source.instruments[name.row]

    def of(self, id: InstrumentId) -> Name | None:
        """The name of an instrument; None where Kite does not list its market."""
        row = self._exchange.book.row(id)
        return None if row is None else self.at(row)

    def at(self, row: int) -> Name | None:
        """The name of a row of the market."""
        self._grow()
        return self._names[row]

    def by_token(self, token: int) -> Name | None:
        """Whose token it is."""
        self._grow()
        return self._by_token.get(token)

    def by_symbol(self, exchange: str, symbol: str) -> Name | None:
        """What is listed under this symbol."""
        self._grow()
        return self._by_symbol.get((exchange, symbol))

    def isin(self, instrument: Instrument) -> str:
        """Of shares."""
        return self._listing.isin(instrument)

    def csv_text(self, exchange: str | None) -> str:
        """The instrument list with its header; of one exchange, or of all."""
        self._grow()
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(self._rows(exchange))
        return out.getvalue()

    def exchanges(self) -> list[str]:
        """Everything that has a symbol."""
        self._grow()
        return list(dict.fromkeys(name.exchange for name in self._by_token.values()))

    def _rows(self, exchange: str | None) -> Iterator[tuple[object, ...]]:
        today = trading_day(self._exchange.now)
        for name in self._by_token.values():
            instrument = self.instrument(name)
            is_gone = instrument.expiry is not None and instrument.expiry < today
            if not is_gone and exchange in (None, name.exchange):
                yield _row(name, instrument)

    def _grow(self) -> None:
        instruments = self._exchange.source.instruments
        for row in range(len(self._names), len(instruments)):
            name = self._name(row, instruments[row])
            self._names.append(name)
            if name is not None:
                self._by_token[name.token] = name
                self._by_symbol[name.exchange, name.symbol] = name

    def _name(self, row: int, instrument: Instrument) -> Name | None:
        if instrument.kind is InstrumentKind.INDEX:
            exchange, code = instrument.exchange.value, INDICES
        elif (instrument.exchange, instrument.segment) in _SEGMENTS:
            exchange, code = _SEGMENTS[instrument.exchange, instrument.segment]
        else:
            return None
        number = self._listing.exchange_token(instrument)
        return Name(row, number * 256 + code, number, exchange, self._listing.trading_symbol(instrument), code)


def _row(name: Name, instrument: Instrument) -> tuple[object, ...]:
    is_index = instrument.kind is InstrumentKind.INDEX
    kind, segment = "EQ", "INDICES" if is_index else name.exchange
    if instrument.option_kind is not None:
        kind, segment = instrument.option_kind.value, f"{name.exchange}-OPT"
    elif instrument.is_derivative:
        kind, segment = "FUT", f"{name.exchange}-FUT"
    return (
        name.token,
        name.exchange_token,
        name.symbol,
        instrument.underlying if instrument.is_derivative else name.symbol if is_index else instrument.name.upper(),
        "0.0",
        instrument.expiry.isoformat() if instrument.expiry is not None else "",
        _plain(instrument.strike) if instrument.strike is not None else "0.0",
        "0.0" if is_index else _plain(instrument.tick_size),
        0 if is_index else instrument.lot_size,
        kind,
        segment,
        name.exchange,
    )


def _plain(value: object) -> str:
    shown = f"{value:f}"
    return shown.rstrip("0").rstrip(".") if "." in shown else shown
