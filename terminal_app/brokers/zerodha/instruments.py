"""Reads the Kite instrument dump: one CSV of everything that Zerodha lists today."""

from __future__ import annotations

import asyncio
import csv
from collections.abc import Awaitable, Callable, Iterable, Iterator
from datetime import date
from decimal import Decimal, InvalidOperation
from operator import itemgetter
from typing import NamedTuple, TypeVar

from msgspec.structs import replace

from terminal_app.brokers.zerodha.codes import exchange_code
from terminal_app.domain.enums import Exchange, InstrumentKind, OptionKind, Segment
from terminal_app.domain.errors import ProtocolError
from terminal_app.domain.ids import InstrumentId
from terminal_app.domain.instrument import Instrument, InstrumentDump, RejectedRow
from terminal_app.domain.values import ZERO

COLUMNS = (
    "instrument_token",
    "exchange_token",
    "tradingsymbol",
    "name",
    "expiry",
    "strike",
    "tick_size",
    "lot_size",
    "instrument_type",
    "segment",
    "exchange",
)
"""What is read. The dump's ``last_price`` is not: it is stale. More columns may come and are left alone."""

_CASH_MARKETS = {"NSE": Exchange.NSE, "BSE": Exchange.BSE}
_DERIVATIVE_MARKETS = {
    "NFO": (Exchange.NSE, Segment.FNO),
    "BFO": (Exchange.BSE, Segment.FNO),
    "CDS": (Exchange.NSE, Segment.CURRENCY),
    "BCD": (Exchange.BSE, Segment.CURRENCY),
    "MCX": (Exchange.MCX, Segment.COMMODITY),
    "NCO": (Exchange.NSE, Segment.COMMODITY),
}
_INDEX_EXCHANGES = {"NSE": Exchange.NSE, "BSE": Exchange.BSE, "MCX": Exchange.MCX}
_INDICES = "INDICES"
_INDEX_NAMES = {"SNSX50": "SENSEX50"}
"""Indices that are written shorter here than their contracts and than at other brokers."""
_DEFAULT_SERIES = "EQ"
_SERIES_LENGTH = 2
_ONE = Decimal(1)

V = TypeVar("V")
_Key = tuple[str, str, str, date | None, Decimal | None]
"""An identity in plain values: the printed form that it is hashed by is dear to make for tens of thousands of rows."""


class _Unreadable(Exception):
    """Why a row cannot be understood."""


class _Class(NamedTuple):
    """What exchange, segment and instrument type of a row say together; ``market`` is different for each."""

    market: str
    exchange: Exchange
    segment: Segment
    kind: InstrumentKind
    option_kind: OptionKind | None


class _Cached(dict[str, V]):
    """Each distinct text is parsed once: a dump repeats few expiries, strikes and sizes tens of thousands of times."""

    def __init__(self, parse: Callable[[str], V]) -> None:
        super().__init__()
        self._parse = parse

    def __missing__(self, text: str) -> V:
        value = self[text] = self._parse(text)
        return value


def parse_dump(text_lines: Iterable[str]) -> InstrumentDump:
    """Read the lines of a Kite dump, header first.

    Prices are rupees, ``lot_size`` is units (MCX, currency: contracts; the dump does not tell the multiplier, which
    stays 1). An index has lot size 1 and tick size 0. A share ``has_closing_auction`` where the same dump lists
    derivatives on it (market-rules 1.1). A row that is not understood, or that repeats an identity, is rejected by
    line, text and reason.

    Raises ProtocolError where the header is missing or lacks a column.
    """
    reader = csv.reader(text_lines, strict=True)
    rows = _rows(reader)
    rejected: list[RejectedRow] = []
    header = next(rows, None)
    if not isinstance(header, list):
        raise ProtocolError("Zerodha's instrument list is empty or not a CSV file")
    build = _RowParser(header).parse
    listed: dict[_Key, Instrument] = {}
    for row in rows:
        if isinstance(row, csv.Error):
            rejected.append(RejectedRow(reader.line_num, "", f"not a CSV row: {row}"))
            continue
        if not row:
            continue
        try:
            key, instrument = build(row)
        except _Unreadable as error:
            rejected.append(RejectedRow(reader.line_num, ",".join(row), str(error)))
            continue
        first = listed.setdefault(key, instrument)
        if first is not instrument:
            reason = f"{instrument.trading_symbol} is {instrument.id}, as {first.trading_symbol} of an earlier row is"
            rejected.append(RejectedRow(reader.line_num, ",".join(row), reason))
    _mark_closing_auctions(listed)
    return InstrumentDump(tuple(listed.values()), tuple(rejected))


async def fetch(download: Callable[[str], Awaitable[bytes]], url: str) -> InstrumentDump:
    """Download and read everything that Zerodha lists today. Raises BrokerError and its children."""
    return await asyncio.to_thread(read_dump, await download(url))


def read_dump(body: bytes) -> InstrumentDump:
    """Read a downloaded dump. Raises ProtocolError where it is no dump."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ProtocolError("Zerodha's instrument list is not text in UTF-8.") from None
    return parse_dump(text.splitlines(keepends=True))


class InstrumentBook:
    """Finds instruments by identity, by Kite's token, and by exchange and trading symbol."""

    def __init__(self, dump: InstrumentDump | None = None) -> None:
        self.dump: InstrumentDump | None = None
        self._by_id: dict[InstrumentId, Instrument] = {}
        self._by_token: dict[int, Instrument] = {}
        self._by_symbol: dict[tuple[str, str], Instrument] = {}
        if dump is not None:
            self.replace(dump)

    def __len__(self) -> int:
        return len(self._by_id)

    def replace(self, dump: InstrumentDump) -> None:
        """Know this dump's instruments and no others."""
        by_id, by_token, by_symbol = {}, {}, {}
        for one in dump.instruments:
            by_id[one.id] = one
            by_token[int(one.broker_token)] = one
            code = exchange_code(one.id)
            if code is not None:
                by_symbol[code, one.trading_symbol] = one
        self._by_id, self._by_token, self._by_symbol = by_id, by_token, by_symbol
        self.dump = dump

    def get(self, id: InstrumentId) -> Instrument | None:
        """The instrument of this identity, if Zerodha lists it."""
        return self._by_id.get(id)

    def by_token(self, token: int) -> Instrument | None:
        """The instrument that the feed and the bars call by this number."""
        return self._by_token.get(token)

    def by_symbol(self, exchange: str, symbol: str) -> Instrument | None:
        """The instrument of this trading symbol on a Kite exchange (NSE, NFO, ...)."""
        return self._by_symbol.get((exchange, symbol))


def split_series(trading_symbol: str) -> tuple[str, str]:
    """Symbol and series of an NSE trading symbol: ``ABNINT-BE`` is ABNINT in BE, ``RELIANCE`` is RELIANCE in EQ.

    A series is two characters behind the last dash and begins with a letter; ``BAJAJ-AUTO`` and ``NAM-INDIA`` are
    symbols.
    """
    symbol, dash, series = trading_symbol.rpartition("-")
    if dash and symbol and len(series) == _SERIES_LENGTH and series[0].isalpha() and series.isalnum():
        return symbol, series
    return trading_symbol, _DEFAULT_SERIES


def _rows(reader: Iterator[list[str]]) -> Iterator[list[str] | csv.Error]:
    """The rows, and an error in place of each row that is not CSV; the reader goes on behind it."""
    while True:
        try:
            yield from reader
            return
        except csv.Error as error:
            yield error


class _RowParser:
    """Makes one instrument of one row."""

    def __init__(self, header: list[str]) -> None:
        names = [name.strip().lstrip("\ufeff") for name in header]
        missing = [name for name in COLUMNS if name not in names]
        if missing:
            raise ProtocolError(f"Zerodha's instrument list lacks the column {missing[0]}")
        self._width = len(names)
        self._pick = itemgetter(*(names.index(name) for name in COLUMNS))
        self._classes: dict[tuple[str, str, str], _Class] = {}
        self._expiries = _Cached(_expiry)
        self._strikes = _Cached(_amount)
        self._ticks = _Cached(_amount)
        self._lots = _Cached(_count)

    def parse(self, row: list[str]) -> tuple[_Key, Instrument]:
        """Raises _Unreadable."""
        if len(row) != self._width:
            raise _Unreadable(f"{len(row)} fields where the header has {self._width}")
        token, exchange_token, trading_symbol, name, expiry, strike, tick, lot, kind, segment, exchange = self._pick(
            row
        )
        code = (exchange, segment, kind)
        row_class = self._classes.get(code) or self._classify(code)
        if not (token.isdecimal() and exchange_token.isdecimal()):
            raise _Unreadable("a token is not a number")
        if not trading_symbol:
            raise _Unreadable("the trading symbol is missing")
        tick_size, lot_size = self._ticks[tick], self._lots[lot]
        if row_class.kind is InstrumentKind.INDEX:
            lot_size = max(lot_size, 1)
        elif tick_size <= ZERO or lot_size < 1:
            raise _Unreadable(f"tick size {tick} and lot size {lot} must be above zero")
        identity = self._identity(row_class, trading_symbol, name, expiry, strike)
        key = (row_class.market, identity.symbol, identity.series, identity.expiry, identity.strike)
        return key, Instrument(
            identity,
            name or identity.symbol,
            lot_size,
            tick_size,
            0,
            None,
            None,
            _ONE,
            "",
            exchange_token,
            token,
            trading_symbol,
        )

    def _classify(self, code: tuple[str, str, str]) -> _Class:
        found = self._classes[code] = _classify(*code)
        return found

    def _identity(self, row_class: _Class, trading_symbol: str, name: str, expiry: str, strike: str) -> InstrumentId:
        level = self._strikes[strike]
        if row_class.kind in (InstrumentKind.EQUITY, InstrumentKind.INDEX):
            if expiry or level:
                raise _Unreadable("a share or an index has neither expiry nor strike")
            return _cash_identity(row_class, trading_symbol)
        if not name or ":" in name:
            raise _Unreadable("the underlying is missing")
        if not trading_symbol.startswith(name):
            raise _Unreadable(f"the trading symbol does not begin with the underlying {name}")
        if row_class.option_kind is None:
            if level:
                raise _Unreadable(f"a future has no strike, this one says {strike}")
            return InstrumentId(row_class.exchange, row_class.segment, name, "", self._expiries[expiry])
        if level <= ZERO:
            raise _Unreadable(f"an option needs a strike above zero, this one says {strike}")
        return InstrumentId(
            row_class.exchange, row_class.segment, name, "", self._expiries[expiry], level, row_class.option_kind
        )


def _cash_identity(row_class: _Class, trading_symbol: str) -> InstrumentId:
    if ":" in trading_symbol:
        raise _Unreadable("a symbol has no colon")
    if row_class.kind is InstrumentKind.INDEX:
        return InstrumentId(row_class.exchange, Segment.INDEX, _INDEX_NAMES.get(trading_symbol, trading_symbol))
    symbol, series = (trading_symbol, _DEFAULT_SERIES)
    if row_class.exchange is Exchange.NSE:
        symbol, series = split_series(trading_symbol)
    return InstrumentId(row_class.exchange, Segment.CASH, symbol, series)


def _classify(exchange: str, segment: str, kind: str) -> _Class:
    if segment == _INDICES and kind == "EQ" and exchange in _INDEX_EXCHANGES:
        return _Class(f"{exchange}-{segment}", _INDEX_EXCHANGES[exchange], Segment.INDEX, InstrumentKind.INDEX, None)
    if exchange in _CASH_MARKETS and segment == exchange and kind == "EQ":
        return _Class(exchange, _CASH_MARKETS[exchange], Segment.CASH, InstrumentKind.EQUITY, None)
    if exchange in _DERIVATIVE_MARKETS:
        market = _DERIVATIVE_MARKETS[exchange]
        if kind == "FUT" and segment == f"{exchange}-FUT":
            return _Class(segment, *market, InstrumentKind.FUTURE, None)
        if kind in OptionKind.__members__ and segment == f"{exchange}-OPT":
            return _Class(f"{segment}-{kind}", *market, InstrumentKind.OPTION, OptionKind(kind))
    raise _Unreadable(f"exchange {exchange}, segment {segment}, type {kind}: not a market we know")


def _expiry(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise _Unreadable(f"the expiry “{text}” is not a date such as 2026-11-24") from None


def _amount(text: str) -> Decimal:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        raise _Unreadable(f"“{text}” is not a price") from None
    if not amount.is_finite() or amount < ZERO:
        raise _Unreadable(f"“{text}” is not a price")
    return amount


def _count(text: str) -> int:
    if not (text.isascii() and text.isdecimal()):
        raise _Unreadable(f"the lot size “{text}” is not a whole number")
    return int(text)


def _mark_closing_auctions(listed: dict[_Key, Instrument]) -> None:
    """Shares with derivatives on any exchange take part in the closing auction."""
    underlyings = {instrument.id.symbol for instrument in listed.values() if instrument.id.segment is Segment.FNO}
    for key, instrument in listed.items():
        identity = instrument.id
        is_share = identity.segment is Segment.CASH and identity.series == _DEFAULT_SERIES
        if is_share and identity.symbol in underlyings:
            listed[key] = replace(instrument, has_closing_auction=True)
