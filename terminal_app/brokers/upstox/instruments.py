"""Reads Upstox's instrument list, one JSON array of everything that it lists today, and finds instruments by its keys."""

from __future__ import annotations

import zlib
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache

import msgspec
from msgspec import Struct

from terminal_app.brokers.http import CallClass, HttpClient
from terminal_app.brokers.upstox.config import OTHER
from terminal_app.domain.clock import IST
from terminal_app.domain.enums import Exchange, OptionKind, Segment
from terminal_app.domain.errors import BrokerUnavailable, ProtocolError
from terminal_app.domain.ids import InstrumentId
from terminal_app.domain.instrument import Instrument, InstrumentDump, RejectedRow
from terminal_app.domain.values import ZERO

_LARGEST_LIST = 512 * 2**20
"""Bytes; a day's list has 56 million."""
_OK, _NOT_FOUND = 200, 404
_SHOWN = 300
_ONE, _HUNDRED = Decimal(1), Decimal(100)
_EQUITY_SERIES = "EQ"
_FUTURE, _INDEX, _SPOT = "FUT", "INDEX", "COM"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_SHARES = {"NSE_EQ": Exchange.NSE, "BSE_EQ": Exchange.BSE}
_INDICES = {"NSE_INDEX": Exchange.NSE, "BSE_INDEX": Exchange.BSE}
_DERIVATIVES = {
    "NSE_FO": (Exchange.NSE, Segment.FNO),
    "BSE_FO": (Exchange.BSE, Segment.FNO),
    "NCD_FO": (Exchange.NSE, Segment.CURRENCY),
    "BCD_FO": (Exchange.BSE, Segment.CURRENCY),
    "MCX_FO": (Exchange.MCX, Segment.COMMODITY),
    "NSE_COM": (Exchange.NSE, Segment.COMMODITY),
}
_WORLD = frozenset({"GLOBAL_INDEX", "GLOBAL_INDICATOR"})

_INDEX_NAMES = {
    "NIFTY COREHOUSING": "NIFTY CORE HOUSING",
    "NIFTY RAILWAYSPSU": "NIFTY RAILWAYS PSU",
    "NIFTY100 ENH ESG": "NIFTY100 ENHANCED ESG",
    "NIFTY500 EW": "NIFTY500 EQUAL WEIGHT",
}
"""Indices that are written shorter here than at the exchange and at other brokers."""

_Key = tuple[Exchange, Segment, str, str, date | None, Decimal | None, OptionKind | None]


class Row(Struct, gc=False):
    """What is read of a row; it has more. ``tick_size`` is paise, ``expiry`` the last second of the day in epoch ms."""

    segment: str
    exchange: str
    instrument_type: str
    instrument_key: str
    trading_symbol: str
    exchange_token: str
    name: str = ""
    isin: str = ""
    underlying_symbol: str = ""
    lot_size: int = 0
    tick_size: Decimal = ZERO
    freeze_quantity: Decimal = ZERO
    qty_multiplier: Decimal = _ONE
    strike_price: Decimal = ZERO
    expiry: int = 0
    cas_eligible: bool = False


class _UnreadableError(Exception):
    """Why a row cannot be understood."""


async def fetch(http: HttpClient, url: str) -> bytes:
    """Download the list as it is published. Needs no login. Raises BrokerError."""
    answer = await http.request("GET", url, CallClass.INSTRUMENTS, budget=OTHER)
    if answer.status != _OK:
        raise BrokerUnavailable(f"Upstox's instrument list cannot be had now (HTTP {answer.status}).")
    return answer.body


def parse_dump(data: bytes) -> InstrumentDump:
    """Read the list, compressed as published or plain.

    Prices are rupees. Of a share or of an index derivative ``lot_size`` is units; contracts on commodities and currencies are counted
    as such: lot 1, with the multiplier that turns price x contracts into rupees. A row that is not understood, or that repeats an
    identity, is rejected by its number, text and reason.

    Raises ProtocolError where it is no list at all.
    """
    raw_rows = _rows(_plain(data))
    decoder = msgspec.json.Decoder(Row)
    rejected: list[RejectedRow] = []
    listed: dict[_Key, Instrument] = {}
    for number, raw in enumerate(raw_rows, 1):
        try:
            row = decoder.decode(raw)
            instrument = _read(row)
        except (_UnreadableError, msgspec.DecodeError) as error:
            rejected.append(RejectedRow(number, _text(raw), str(error)))
            continue
        one = instrument.id
        key = (one.exchange, one.segment, one.symbol, one.series, one.expiry, one.strike, one.option_kind)
        first = listed.setdefault(key, instrument)
        if first is not instrument:
            reason = f"{row.instrument_key} is {one}, as {first.broker_token} of an earlier row is"
            rejected.append(RejectedRow(number, _text(raw), reason))
    return InstrumentDump(tuple(listed.values()), tuple(rejected))


class InstrumentBook:
    """Instruments by identity, by Upstox's key and by their printed symbol. Empty until the first ``replace``."""

    def __init__(self) -> None:
        self._by_id: dict[InstrumentId, Instrument] = {}
        self._by_token: dict[str, Instrument] = {}
        self._by_symbol: dict[tuple[Exchange, str], Instrument] = {}

    def __len__(self) -> int:
        return len(self._by_id)

    def replace(self, dump: InstrumentDump) -> None:
        """Know these instruments and no others. Takes a moment for a whole list; may be called off the loop's thread."""
        by_id = {instrument.id: instrument for instrument in dump.instruments}
        by_token = {instrument.broker_token: instrument for instrument in dump.instruments}
        by_symbol: dict[tuple[Exchange, str], Instrument] = {}
        for instrument in dump.instruments:
            by_symbol.setdefault((instrument.exchange, instrument.trading_symbol), instrument)
        self._by_id, self._by_token, self._by_symbol = by_id, by_token, by_symbol

    def get(self, id: InstrumentId) -> Instrument | None:
        """The instrument; None where Upstox does not list it."""
        return self._by_id.get(id)

    def by_token(self, token: str) -> Instrument | None:
        """The instrument of a key such as ``NSE_EQ|INE002A01018``."""
        return self._by_token.get(token)

    def by_symbol(self, exchange: Exchange, symbol: str) -> Instrument | None:
        """The instrument of a trading symbol. Symbols are not unique: it is the first in the list."""
        return self._by_symbol.get((exchange, symbol))


def _plain(data: bytes) -> bytes:
    if data[:2] != b"\x1f\x8b":
        return data
    unpacker = zlib.decompressobj(wbits=31)
    try:
        plain = unpacker.decompress(data, _LARGEST_LIST)
    except zlib.error:
        raise ProtocolError("Upstox's instrument list is damaged: it cannot be unpacked.") from None
    if not unpacker.eof:
        raise ProtocolError("Upstox's instrument list is cut off or far too long.")
    return plain


def _rows(plain: bytes) -> list[msgspec.Raw]:
    try:
        return msgspec.json.decode(plain, type=list[msgspec.Raw])
    except msgspec.DecodeError:
        raise ProtocolError("Upstox's instrument list is not a JSON array.") from None


def _text(raw: msgspec.Raw) -> str:
    return bytes(raw).decode("utf-8", "replace")[:_SHOWN]


def _read(row: Row) -> Instrument:
    """Raises _UnreadableError."""
    if row.segment in _DERIVATIVES:
        return _derivative(row, *_DERIVATIVES[row.segment])
    if row.segment in _SHARES:
        return _share(row, _SHARES[row.segment])
    if row.segment in _INDICES and row.instrument_type == _INDEX:
        return _index(row, _INDICES[row.segment])
    if row.segment in _WORLD:
        raise _UnreadableError(f"segment {row.segment}: prices from abroad, which cannot be traded in India")
    raise _UnreadableError(f"segment {row.segment}, type {row.instrument_type}: not a market we know")


def _share(row: Row, exchange: Exchange) -> Instrument:
    _check(row, exchange)
    if not row.trading_symbol or ":" in row.trading_symbol or ":" in row.instrument_type or not row.instrument_type:
        raise _UnreadableError("the trading symbol or the series is missing or has a colon")
    # The types of BSE are its groups, which a share changes; they are no part of what it is.
    series = row.instrument_type if exchange is Exchange.NSE else _EQUITY_SERIES
    return _instrument(
        row, InstrumentId(exchange, Segment.CASH, row.trading_symbol, series), row.lot_size, row.qty_multiplier
    )


def _index(row: Row, exchange: Exchange) -> Instrument:
    name = row.instrument_key.partition("|")[2] if exchange is Exchange.NSE else row.trading_symbol
    symbol = _INDEX_NAMES.get(name.upper(), name.upper())
    if not symbol or ":" in symbol:
        raise _UnreadableError("the name of the index is missing or has a colon")
    return _instrument(row, InstrumentId(exchange, Segment.INDEX, symbol), 1, _ONE)


def _derivative(row: Row, exchange: Exchange, segment: Segment) -> Instrument:
    if row.instrument_type == _SPOT:
        raise _UnreadableError("the spot price of a commodity: there is no contract to trade")
    _check(row, exchange)
    if not row.underlying_symbol or ":" in row.underlying_symbol:
        raise _UnreadableError("the underlying is missing or has a colon")
    if row.expiry <= 0:
        raise _UnreadableError("the expiry is missing")
    strike: Decimal | None = None
    kind: OptionKind | None = None
    if row.instrument_type != _FUTURE:
        if row.instrument_type not in OptionKind.__members__:
            raise _UnreadableError(f"segment {row.segment}, type {row.instrument_type}: not a market we know")
        if row.strike_price <= ZERO:
            raise _UnreadableError(f"an option needs a strike above zero, this one says {row.strike_price}")
        strike, kind = row.strike_price, OptionKind(row.instrument_type)
    elif row.strike_price:
        raise _UnreadableError(f"a future has no strike, this one says {row.strike_price}")
    identity = InstrumentId(exchange, segment, row.underlying_symbol, "", _day(row.expiry), strike, kind)
    if segment is Segment.FNO:
        return _instrument(row, identity, row.lot_size, row.qty_multiplier)
    # Commodities and currencies are ordered in contracts, whatever the list calls their lot.
    return _instrument(row, identity, 1, row.qty_multiplier)


def _check(row: Row, exchange: Exchange) -> None:
    if row.exchange != exchange.value:
        raise _UnreadableError(f"segment {row.segment} at exchange {row.exchange}: not a market we know")
    if row.tick_size <= ZERO or row.lot_size < 1 or row.qty_multiplier <= ZERO:
        raise _UnreadableError(
            f"tick size {row.tick_size}, lot size {row.lot_size} and multiplier {row.qty_multiplier} must be above zero"
        )
    if not row.instrument_key.startswith(f"{row.segment}|"):
        raise _UnreadableError(f"the key {row.instrument_key[:40]} does not begin with the segment {row.segment}")


def _instrument(row: Row, identity: InstrumentId, lot_size: int, multiplier: Decimal) -> Instrument:
    return Instrument(
        identity,
        row.name or identity.symbol,
        lot_size,
        _tick(row.tick_size),
        int(row.freeze_quantity),
        None,
        None,
        _plain_number(multiplier),
        row.isin,
        row.exchange_token,
        row.instrument_key,
        row.trading_symbol,
        row.cas_eligible and identity.segment is Segment.CASH,
    )


@lru_cache(maxsize=64)
def _tick(paise: Decimal) -> Decimal:
    return _plain_number(paise / _HUNDRED)


@lru_cache(maxsize=64)
def _plain_number(value: Decimal) -> Decimal:
    whole = value.to_integral_value()
    return whole if value == whole else value.normalize()


@lru_cache(maxsize=1024)
def _day(expiry_ms: int) -> date:
    try:
        return (_EPOCH + timedelta(milliseconds=expiry_ms)).astimezone(IST).date()
    except OverflowError:
        raise _UnreadableError(f"the expiry {expiry_ms} is no date") from None
