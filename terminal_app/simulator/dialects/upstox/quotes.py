"""Prices asked for once: last prices, OHLC, greeks and full quotes, as Upstox shows them. Rupees."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from terminal_app.domain.clock import IST, ist
from terminal_app.domain.enums import InstrumentKind, Interval
from terminal_app.domain.market import DEPTH_LEVELS, Bar, DepthLevel, Quote
from terminal_app.simulator.dialects.upstox.candles import look_back
from terminal_app.simulator.dialects.upstox.contracts import Name, Names
from terminal_app.simulator.dialects.upstox.errors import ApiRefusal
from terminal_app.simulator.dialects.upstox.frames import Greeks
from terminal_app.simulator.dialects.upstox.greeks import greeks_of
from terminal_app.simulator.dialects.upstox.shapes import epoch_ms, iso_time, rupees
from terminal_app.simulator.exchange import SimulatedExchange

INTERVALS = {"1d": Interval.D1, "I1": Interval.M1, "I30": Interval.M30}

_YEAR = timedelta(days=365)
_TURN = 8
"""Rows after which others have their turn."""

Row = dict[str, Any]


class Quotes:
    """Answers from the market as displayed."""

    def __init__(self, exchange: SimulatedExchange, names: Names) -> None:
        self._exchange = exchange
        self._names = names
        self._years: dict[tuple[str, datetime], tuple[float, float] | None] = {}

    async def ltp(self, keys: Sequence[str]) -> Row:
        """``/v3/market-quote/ltp``."""
        return await self._rows(keys, self._ltp)

    async def ltp_v2(self, keys: Sequence[str]) -> Row:
        """``/v2/market-quote/ltp``."""
        return await self._rows(
            keys, lambda name, quote: {"last_price": rupees(quote.last_price), "instrument_token": name.key}
        )

    async def ohlc(self, keys: Sequence[str], interval: str) -> Row:
        """``/v3/market-quote/ohlc``. Raises ApiRefusal for an unknown interval."""
        length = _interval(interval)

        def row(name: Name, quote: Quote) -> Row:
            before, live = self._candles(name, length)
            return {
                "last_price": rupees(quote.last_price),
                "instrument_token": name.key,
                "prev_ohlc": before,
                "live_ohlc": live,
            }

        return await self._rows(keys, row)

    async def ohlc_v2(self, keys: Sequence[str], interval: str) -> Row:
        """``/v2/market-quote/ohlc``. Raises ApiRefusal for an unknown interval."""
        length = _interval(interval)

        def row(name: Name, quote: Quote) -> Row:
            _before, live = self._candles(name, length)
            shown = None if live is None else {part: live[part] for part in ("open", "high", "low", "close")}
            return {"ohlc": shown, "last_price": rupees(quote.last_price), "instrument_token": name.key}

        return await self._rows(keys, row)

    async def option_greeks(self, keys: Sequence[str]) -> Row:
        """``/v3/market-quote/option-greek``."""

        def row(name: Name, quote: Quote) -> Row:
            greeks, volatility = self.greeks(name, quote)
            return {
                **self._ltp(name, quote),
                "iv": volatility,
                "vega": greeks.vega,
                "gamma": greeks.gamma,
                "theta": greeks.theta,
                "delta": greeks.delta,
                "oi": float(quote.open_interest or 0),
            }

        return await self._rows(keys, row)

    async def full(self, keys: Sequence[str]) -> Row:
        """``/v2/market-quote/quotes``."""
        return await self._rows(keys, self._full)

    async def full_v3(self, keys: Sequence[str]) -> Row:
        """``/v3/market-quote/quotes``."""

        for key in keys:
            await self._look_up_year(key)

        def row(name: Name, quote: Quote) -> Row:
            low, high = self._year(name, quote)
            return {
                **self._full(name, quote),
                "prev_close_price": rupees(quote.previous_close),
                "year_high": high,
                "year_low": low,
                "previous_oi": float(quote.open_interest or 0),
                "indicative_equilibrium_price": 0.0,
                "reference_price": 0.0,
                "indicative_equilibrium_quantity": 0,
                "indicative_imbalance_quantity_total": 0,
                "indicative_imbalance_quantity_market": 0,
                "cas_eligible": self._names.instrument(name).has_closing_auction,
            }

        return await self._rows(keys, row)

    def greeks(self, name: Name, quote: Quote) -> tuple[Greeks, float]:
        """Greeks and implied volatility; zeros for what is no option, or without a price."""
        instrument = self._names.instrument(name)
        spot = self._names.underlying(instrument) if instrument.kind is InstrumentKind.OPTION else None
        spot_quote = None if spot is None else self._exchange.quote(spot.id)
        if spot_quote is None or not spot_quote.last_price or not quote.last_price:
            return Greeks(), 0.0
        return greeks_of(instrument, float(quote.last_price), float(spot_quote.last_price), self._exchange.now)

    async def _rows(self, keys: Sequence[str], row: Callable[[Name, Quote], Row]) -> Row:
        """By ``SEGMENT:SYMBOL``, which is not how they were asked for; what is not known is absent."""
        rows = {}
        for place, key in enumerate(keys):
            if place % _TURN == 0:
                await asyncio.sleep(0)
            name = self._names.of_key(key)
            quote = None if name is None else self._exchange.quote(name.id)
            if name is not None and quote is not None:
                rows[quote_key(name)] = row(name, quote)
        return rows

    @staticmethod
    def _ltp(name: Name, quote: Quote) -> Row:
        return {
            "last_price": rupees(quote.last_price),
            "instrument_token": name.key,
            "ltq": quote.last_quantity or 0,
            "volume": quote.volume or 0,
            "cp": rupees(quote.previous_close),
        }

    def _full(self, name: Name, quote: Quote) -> Row:
        change = quote.change
        return {
            "ohlc": {
                "open": rupees(quote.open),
                "high": rupees(quote.high),
                "low": rupees(quote.low),
                "close": rupees(quote.last_price),
                "volume": quote.volume or 0,
                "ts": epoch_ms(_midnight(self._exchange.now)),
            },
            "depth": {"buy": _levels(quote.depth.bids), "sell": _levels(quote.depth.asks)},
            "timestamp": iso_time(self._exchange.now),
            "instrument_token": name.key,
            "symbol": name.symbol,
            "last_price": rupees(quote.last_price),
            "volume": quote.volume or 0,
            "average_price": average_price(quote),
            "oi": float(quote.open_interest or 0),
            "net_change": rupees(change),
            "total_buy_quantity": float(quote.depth.total_bid_quantity),
            "total_sell_quantity": float(quote.depth.total_ask_quantity),
            "lower_circuit_limit": rupees(quote.lower_circuit),
            "upper_circuit_limit": rupees(quote.upper_circuit),
            "last_trade_time": str(epoch_ms(quote.time)) if quote.time else None,
            "oi_day_high": float(quote.open_interest or 0),
            "oi_day_low": float(quote.open_interest or 0),
        }

    def _candles(self, name: Name, interval: Interval) -> tuple[Row | None, Row | None]:
        """The candle before the running one, and the running one; each None where there is none."""
        now = self._exchange.now
        span = timedelta(days=10) if interval is Interval.D1 else timedelta(hours=8)
        bars = self._exchange.source.history(name.id, interval, now - span, now + timedelta(seconds=1))
        today = _midnight(now)
        if interval is Interval.D1:
            live = bars[-1] if bars and bars[-1].start >= today else None
            before = [one for one in bars if one.start < today]
            return (_candle(before[-1]) if before else None), (_candle(live) if live else None)
        bars = [one for one in bars if one.start >= today]
        live = bars[-1] if bars else None
        return (_candle(bars[-2]) if len(bars) > 1 else None), (_candle(live) if live else None)

    async def _look_up_year(self, key: str) -> None:
        """Learn the range of the 52 weeks before today, once a day; of a contract only today's is told."""
        name = self._names.of_key(key)
        today = _midnight(self._exchange.now)
        if name is None or name.id.expiry is not None or (key, today) in self._years:
            return
        bars = await look_back(self._exchange, name, Interval.D1, today - _YEAR, today)
        if bars:
            self._years[key, today] = (float(min(one.low for one in bars)), float(max(one.high for one in bars)))
        else:
            self._years[key, today] = None

    def _year(self, name: Name, quote: Quote) -> tuple[float, float]:
        """Lowest and highest price of 52 weeks."""
        known = [*(self._years.get((name.key, _midnight(self._exchange.now))) or ()), rupees(quote.last_price)]
        known += [rupees(one) for one in (quote.low, quote.high) if one]
        return min(known), max(known)


def quote_key(name: Name) -> str:
    """What a quote is answered under."""
    return f"{name.segment}:{name.key.partition('|')[2] if name.segment.endswith('INDEX') else name.symbol}"


def average_price(quote: Quote) -> float:
    """The day's average, near enough: the middle of high, low and last price; 0 where nothing traded."""
    parts = [float(one) for one in (quote.high, quote.low, quote.last_price) if one]
    return round(sum(parts) / len(parts), 2) if quote.volume and parts else 0.0


def _interval(text: str) -> Interval:
    if not text:
        raise ApiRefusal("UDAPI1027", field="interval")
    if text not in INTERVALS:
        raise ApiRefusal("UDAPI1028", field="interval", value=text)
    return INTERVALS[text]


def _levels(levels: Sequence[DepthLevel]) -> list[Row]:
    rows = [{"quantity": one.quantity, "price": rupees(one.price), "orders": one.orders} for one in levels]
    return rows + [{"quantity": 0, "price": 0.0, "orders": 0}] * (DEPTH_LEVELS - len(rows))


def _candle(bar: Bar) -> Row:
    return {
        "open": rupees(bar.open),
        "high": rupees(bar.high),
        "low": rupees(bar.low),
        "close": rupees(bar.close),
        "volume": bar.volume,
        "ts": epoch_ms(bar.start),
    }


def _midnight(at: datetime) -> datetime:
    return datetime.combine(ist(at).date(), datetime.min.time(), IST)
