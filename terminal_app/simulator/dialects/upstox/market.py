"""What Upstox tells of the markets: status, timings, holidays; option contracts and chains; the search."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from terminal_app.domain.clock import ist
from terminal_app.domain.enums import Exchange, InstrumentKind, OptionKind, Segment, SessionPhase
from terminal_app.domain.errors import ConfigError
from terminal_app.domain.ids import InstrumentId
from terminal_app.domain.instrument import Instrument
from terminal_app.domain.market import Quote
from terminal_app.domain.values import ZERO
from terminal_app.simulator.dialects.upstox.contracts import Name, Names
from terminal_app.simulator.dialects.upstox.errors import ApiRefusal
from terminal_app.simulator.dialects.upstox.frames import MarketStatus
from terminal_app.simulator.dialects.upstox.greeks import profit_chance
from terminal_app.simulator.dialects.upstox.quotes import Quotes
from terminal_app.simulator.dialects.upstox.shapes import epoch_ms, rupees
from terminal_app.simulator.exchange import SimulatedExchange

MOST_QUERY = 50
MOST_FOUND = 30

_P = SessionPhase
_STATUS = {
    _P.CLOSED: MarketStatus.NORMAL_CLOSE,
    _P.PRE_OPEN: MarketStatus.PRE_OPEN_START,
    _P.PRE_OPEN_LIMIT: MarketStatus.PRE_OPEN_START,
    _P.PRE_OPEN_MATCH: MarketStatus.PRE_OPEN_END,
    _P.BUFFER: MarketStatus.PRE_OPEN_END,
    _P.CONTINUOUS: MarketStatus.NORMAL_OPEN,
    _P.CLOSING_REFERENCE: MarketStatus.NORMAL_CLOSE,
    _P.CLOSING_ENTRY: MarketStatus.NORMAL_CLOSE,
    _P.CLOSING_LIMIT: MarketStatus.NORMAL_CLOSE,
    _P.CLOSING_MATCH: MarketStatus.NORMAL_CLOSE,
    _P.POST_CLOSE: MarketStatus.CLOSING_START,
}
_AUCTION = frozenset({_P.CLOSING_REFERENCE, _P.CLOSING_ENTRY, _P.CLOSING_LIMIT, _P.CLOSING_MATCH})
_AUCTION_OPEN, _AUCTION_CLOSED = "CTS_OPEN", "CTS_CLOSE"

_DAY = date(2026, 1, 1)
_SEGMENT_MARKETS = {
    "NSE_EQ": (Exchange.NSE, Segment.CASH),
    "BSE_EQ": (Exchange.BSE, Segment.CASH),
    "NSE_FO": (Exchange.NSE, Segment.FNO),
    "BSE_FO": (Exchange.BSE, Segment.FNO),
    "NSE_INDEX": (Exchange.NSE, Segment.CASH),
    "BSE_INDEX": (Exchange.BSE, Segment.CASH),
    "NCD_FO": (Exchange.NSE, Segment.CURRENCY),
    "BCD_FO": (Exchange.BSE, Segment.CURRENCY),
    "MCX_FO": (Exchange.MCX, Segment.COMMODITY),
    "NSE_COM": (Exchange.NSE, Segment.COMMODITY),
}
_EXCHANGE_SEGMENTS = {
    "NSE": "NSE_EQ",
    "NFO": "NSE_FO",
    "CDS": "NCD_FO",
    "BSE": "BSE_EQ",
    "BFO": "BSE_FO",
    "BCD": "BCD_FO",
    "MCX": "MCX_FO",
    "NSCOM": "NSE_COM",
}


class Markets:
    """Answers from the exchange's calendar and the market as displayed."""

    def __init__(self, exchange: SimulatedExchange, names: Names, quotes: Quotes) -> None:
        self._exchange = exchange
        self._names = names
        self._quotes = quotes

    # --- status and calendar --------------------------------------------------------------------------------------

    def segments(self) -> dict[str, MarketStatus]:
        """The status of every segment now."""
        return {segment: self._status(segment) for segment in _SEGMENT_MARKETS}

    def closing_auction(self) -> dict[str, tuple[str, int]]:
        """The closing auction's status by segment, with when that began; empty before it."""
        stock = _example("NSE_EQ", has_closing_auction=True)
        now = self._exchange.now
        spans = [one for one in self._exchange.hours.phases(stock, ist(now).date()) if one.phase in _AUCTION]
        if not spans or now < spans[0].start:
            return {}
        if now < spans[-1].end:
            return {"NSE_EQ": (_AUCTION_OPEN, epoch_ms(spans[0].start))}
        return {"NSE_EQ": (_AUCTION_CLOSED, epoch_ms(spans[-1].end))}

    def status(self, exchange: str) -> dict[str, Any]:
        """``/v2/market/status/{exchange}``. Raises ApiRefusal."""
        segment = _EXCHANGE_SEGMENTS.get(exchange)
        if segment is None:
            raise ApiRefusal("UDAPI1089", field="exchange", value=exchange)
        now = self._exchange.now
        row: dict[str, Any] = {
            "exchange": exchange,
            "status": self._status(segment).name,
            "last_updated": epoch_ms(self._since(segment)),
        }
        auction = self.closing_auction().get(segment)
        if auction is not None:
            row["cas_eligible_status"] = {"status": auction[0], "last_updated": min(auction[1], epoch_ms(now))}
        return row

    def timings(self, day: date) -> list[dict[str, Any]]:
        """``/v2/market/timings/{date}``: from the open to the end of trading; empty on a holiday."""
        rows = []
        for exchange, segment in _EXCHANGE_SEGMENTS.items():
            session = self._session(segment, day)
            if session is not None:
                rows.append({"exchange": exchange, "start_time": session[0], "end_time": session[1]})
        return rows

    def holidays(self, day: date | None) -> list[dict[str, Any]]:
        """``/v2/market/holidays``: of the running year, or of one day."""
        if day is not None:
            return list(self._holiday(day))
        year = ist(self._exchange.now).year
        days = (date(year, 1, 1) + timedelta(days=number) for number in range(366))
        return [row for one in days if one.year == year for row in self._holiday(one)]

    def _holiday(self, day: date) -> Iterator[dict[str, Any]]:
        open_rows = self.timings(day)
        opened = {row["exchange"] for row in open_rows}
        closed = [exchange for exchange in _EXCHANGE_SEGMENTS if exchange not in opened]
        is_weekend = day.weekday() >= 5
        if ("NSE" in opened and not is_weekend) or (not opened and is_weekend):
            return
        kind, words = ("SPECIAL_TIMING", "Special session") if opened and is_weekend else ("TRADING_HOLIDAY", "Holiday")
        yield {
            "date": day.isoformat(),
            "description": words,
            "holiday_type": kind,
            "closed_exchanges": closed,
            "open_exchanges": open_rows,
        }

    def _status(self, segment: str) -> MarketStatus:
        try:
            return _STATUS[self._exchange.hours.phase(_example(segment), self._exchange.now)]
        except ConfigError:
            return MarketStatus.NORMAL_CLOSE  # the tables have no hours of this market: it is not traded here

    def _since(self, segment: str) -> Any:
        now = self._exchange.now
        try:
            spans = self._exchange.hours.phases(_example(segment), ist(now).date())
        except ConfigError:
            return now
        begun = [moment for one in spans for moment in (one.start, one.end) if moment <= now]
        return max(begun, default=now)

    def _session(self, segment: str, day: date) -> tuple[int, int] | None:
        try:
            session = self._exchange.hours.session(_example(segment), day)
        except ConfigError:
            return None
        return None if session is None else (epoch_ms(session[0]), epoch_ms(session[1]))

    # --- options --------------------------------------------------------------------------------------------------

    def contracts(self, underlying: Name, expiry: date | None) -> list[dict[str, Any]]:
        """``/v2/option/contract``."""
        return [
            {**self._names.listing(name, one), "expiry": one.expiry.isoformat() if one.expiry else ""}
            for name, one in self._options(underlying, expiry)
        ]

    def chain(self, underlying: Name, expiry: date) -> list[dict[str, Any]]:
        """``/v2/option/chain``: a row per strike."""
        strikes: dict[Decimal, dict[OptionKind, tuple[Name, Instrument]]] = {}
        for name, one in self._options(underlying, expiry):
            assert one.strike is not None
            assert one.option_kind is not None
            strikes.setdefault(one.strike, {})[one.option_kind] = (name, one)
        spot = self._exchange.quote(underlying.id)
        spot_price = spot.last_price if spot and spot.last_price else ZERO
        return [
            self._strike(underlying, expiry, strike, strikes[strike], spot_price)
            for strike in sorted(strikes)
            if len(strikes[strike]) == len(OptionKind)
        ]

    def _options(self, underlying: Name, expiry: date | None) -> Iterator[tuple[Name, Instrument]]:
        for name, one in self._names.listed(ist(self._exchange.now).date()):
            if one.kind is InstrumentKind.OPTION and (expiry is None or one.expiry == expiry):
                spot = self._names.underlying(one)
                if spot is not None and spot.key == underlying.key:
                    yield name, one

    def _strike(
        self,
        underlying: Name,
        expiry: date,
        strike: Decimal,
        pair: Mapping[OptionKind, tuple[Name, Instrument]],
        spot: Decimal,
    ) -> dict[str, Any]:
        sides = {kind: self._option(*pair[kind], spot) for kind in OptionKind}
        calls, puts = (sides[kind]["market_data"]["oi"] for kind in (OptionKind.CE, OptionKind.PE))
        return {
            "expiry": expiry.isoformat(),
            "pcr": round(puts / calls, 4) if calls else 0.0,
            "strike_price": rupees(strike),
            "underlying_key": underlying.key,
            "underlying_spot_price": rupees(spot),
            "call_options": sides[OptionKind.CE],
            "put_options": sides[OptionKind.PE],
        }

    def _option(self, name: Name, instrument: Instrument, spot: Decimal) -> dict[str, Any]:
        quote = self._exchange.quote(name.id) or Quote(name.id)
        greeks, volatility = self._quotes.greeks(name, quote)
        bid, ask = (quote.depth.bids or (None,))[0], (quote.depth.asks or (None,))[0]
        price = float(quote.last_price or 0)
        chance = profit_chance(instrument, price, float(spot), self._exchange.now) if price and spot else 0.0
        return {
            "instrument_key": name.key,
            "market_data": {
                "ltp": price,
                "volume": quote.volume or 0,
                "oi": float(quote.open_interest or 0),
                "close_price": rupees(quote.previous_close),
                "bid_price": rupees(bid.price) if bid else 0.0,
                "bid_qty": bid.quantity if bid else 0,
                "ask_price": rupees(ask.price) if ask else 0.0,
                "ask_qty": ask.quantity if ask else 0,
                "prev_oi": float(quote.open_interest or 0),
            },
            "option_greeks": {
                "vega": greeks.vega,
                "theta": greeks.theta,
                "gamma": greeks.gamma,
                "delta": greeks.delta,
                "iv": round(volatility * 100, 2),
                "pop": chance,
            },
        }

    # --- search ---------------------------------------------------------------------------------------------------

    def search(self, query: Mapping[str, str]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        """``/v2/instruments/search``: the rows of a page, and the page. Raises ApiRefusal."""
        text = query.get("query", "").strip().upper()
        if not text:
            raise ApiRefusal("UDAPI1169", field="query")
        if len(text) > MOST_QUERY:
            raise ApiRefusal("UDAPI1170", field="query")
        page, records = _positive(query, "page_number", 1), min(_positive(query, "records", 10), MOST_FOUND)
        words = text.split()
        found = [
            (name, one)
            for name, one in self._names.listed(ist(self._exchange.now).date())
            if _is_among(query.get("exchanges"), one.exchange.value)
            and _is_among(query.get("segments"), name.segment)
            and all(word in f"{name.symbol} {one.name}".upper() for word in words)
        ]
        rows = [self._names.listing(*one) for one in found[(page - 1) * records : page * records]]
        pages = -(-len(found) // records)
        return rows, {
            "page": {
                "page_number": page,
                "total_pages": pages,
                "records": len(rows),
                "total_records": len(found),
            }
        }


def _is_among(wanted: str | None, value: str) -> bool:
    return not wanted or wanted.upper() == "ALL" or value in (one.strip().upper() for one in wanted.split(","))


def _positive(query: Mapping[str, str], field: str, default: int) -> int:
    text = query.get(field)
    if text is None:
        return default
    if not text.isdecimal() or int(text) < 1:
        raise ApiRefusal("UDAPI1175", field=field, value=text)
    return int(text)


def _example(segment: str, *, has_closing_auction: bool = False) -> Instrument:
    """An instrument that keeps the hours of a segment."""
    exchange, market = _SEGMENT_MARKETS[segment]
    if market is Segment.CASH:
        id = InstrumentId.equity(exchange, "-")  # noqa: A001 - the word of the contract
    else:
        id = InstrumentId.option(exchange, "-", _DAY, Decimal(1), OptionKind.CE, market)  # noqa: A001
    return Instrument(id, "-", 1, Decimal("0.05"), has_closing_auction=has_closing_auction)
