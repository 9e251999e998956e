"""Quotes and bars: what is asked, and what the answers become."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal_app.brokers.upstox.broker import UpstoxBroker
from terminal_app.brokers.upstox.codes import HISTORY
from terminal_app.brokers.upstox.config import MOST_QUOTES
from terminal_app.brokers.upstox.instruments import parse_dump
from terminal_app.brokers.upstox.market import history_paths, tidy
from terminal_app.domain.clock import IST, at_ist
from terminal_app.domain.enums import Exchange, Interval
from terminal_app.domain.errors import BrokerError, NotPermitted, ProtocolError, SessionExpired
from terminal_app.domain.ids import InstrumentId
from terminal_app.domain.market import Bar, DepthLevel
from tests.unit.brokers.upstox.upstox import (
    INDEX_KEY,
    NIFTY,
    NSE_KEY,
    OPTION,
    OPTION_KEY,
    RELIANCE,
    ROWS,
    Upstox,
    opened,
)

QUOTES = "/v3/market-quote/quotes"
KEY = "NSE_EQ%7CINE002A01018"


def quote(key: str = NSE_KEY, **fields: Any) -> dict[str, Any]:
    level = {"quantity": 150, "price": 1234.4, "orders": 3}
    return {
        "ohlc": {"open": 1230.0, "high": 1240.0, "low": 1229.5, "close": 1234.5, "volume": 1000, "ts": 1789000000000},
        "depth": {"buy": [level, {"quantity": 0, "price": 0.0, "orders": 0}], "sell": [{**level, "price": 1234.6}]},
        "timestamp": "2026-11-20T10:15:30.250+05:30", "instrument_token": key, "symbol": "RELIANCE", "last_price": 1234.5,
        "volume": 1000, "average_price": 1233.127, "oi": 250.0, "net_change": 4.5, "total_buy_quantity": 500.0,
        "total_sell_quantity": 600.0, "lower_circuit_limit": 1107.0, "upper_circuit_limit": 1353.0, "last_trade_time": "1789000000000",
        "oi_day_high": 0.0, "oi_day_low": 0.0, "prev_close_price": 1230.0, **fields,
    }  # fmt: skip


async def test_a_quote_is_found_by_the_key_inside_and_read_exactly(server: Upstox, broker: UpstoxBroker) -> None:
    server.ok(
        "GET", QUOTES, {"NSE_EQ:RELIANCE": quote(), "NSE_FO:NIFTY": quote(OPTION_KEY, last_price=76.58999633789062)}
    )
    found = await broker.quotes([RELIANCE, OPTION, InstrumentId.equity(Exchange.NSE, "NOBODYATALL")])
    (sent,) = server.requests(QUOTES)
    assert sent.query == (("instrument_key", f"{NSE_KEY},{OPTION_KEY}"),)
    share = found[RELIANCE]
    assert (share.last_price, share.open, share.high, share.low) == (
        Decimal("1234.5"), Decimal(1230), Decimal(1240), Decimal("1229.5"),
    )  # fmt: skip
    assert (share.previous_close, share.volume, share.average_price) == (Decimal(1230), 1000, Decimal("1233.127"))
    assert (share.lower_circuit, share.upper_circuit, share.open_interest) == (Decimal(1107), Decimal(1353), None)
    assert share.depth.bids == (DepthLevel(Decimal("1234.4"), 150, 3),)
    assert (share.depth.total_bid_quantity, share.depth.total_ask_quantity) == (500, 600)
    assert share.time == datetime(2026, 11, 20, 4, 45, 30, 250000, UTC)
    assert (found[OPTION].last_price, found[OPTION].open_interest) == (Decimal("76.59"), 250)


async def test_a_quote_without_a_price_is_left_out_and_nulls_are_not_known(
    server: Upstox, broker: UpstoxBroker
) -> None:
    bare = quote(INDEX_KEY, ohlc=None, depth=None, timestamp=None, volume=None, average_price=None, oi=None, lower_circuit_limit=0,
                 upper_circuit_limit=0, prev_close_price=None, last_price=24500.1, net_change=100.1)  # fmt: skip
    server.ok("GET", QUOTES, {"a": quote(last_price=0), "b": bare})
    found = await broker.quotes([RELIANCE, NIFTY])
    assert set(found) == {NIFTY}
    index = found[NIFTY]
    assert (index.last_price, index.previous_close, index.open, index.volume) == (
        Decimal("24500.1"),
        Decimal(24400),
        None,
        None,
    )
    assert (index.time, index.lower_circuit, index.bid) == (None, None, None)


@pytest.mark.parametrize(
    "data",
    [
        {"a": quote("NSE_EQ|OTHER")},
        {"a": quote(timestamp="now")},
        {"a": quote(timestamp="2026-11-20T10:15:30")},
        [],
        {"a": 5},
    ],
)
async def test_quotes_that_are_not_understood_are_an_error(server: Upstox, broker: UpstoxBroker, data: Any) -> None:
    server.ok("GET", QUOTES, data)
    with pytest.raises(ProtocolError):
        await broker.quotes([RELIANCE])


async def test_many_quotes_are_asked_for_in_batches(server: Upstox, broker: UpstoxBroker) -> None:
    rows = [
        {**ROWS[0], "instrument_key": f"NSE_EQ|X{number}", "trading_symbol": f"X{number}"}
        for number in range(MOST_QUOTES + 1)
    ]
    broker.use_instruments(parse_dump(json.dumps(rows).encode()))
    server.ok("GET", QUOTES, {})
    assert (
        await broker.quotes([InstrumentId.equity(Exchange.NSE, f"X{number}") for number in range(MOST_QUOTES + 1)])
        == {}
    )
    sizes = [len(dict(sent.query)["instrument_key"].split(",")) for sent in server.requests(QUOTES)]
    assert sizes == [MOST_QUOTES, 1]


def candle(time: str, close: float = 1234.5) -> list[Any]:
    return [time, 1230.0, 1240.0, 1229.5, close, 5200, 0]


async def test_bars_come_oldest_first_and_lie_in_the_span(server: Upstox, broker: UpstoxBroker) -> None:
    path = f"/v3/historical-candle/{KEY}/minutes/1/2026-11-20/2026-11-20"
    candles = [candle(f"2026-11-20T09:{minute}:00+05:30") for minute in (18, 17, 16, 15)]
    server.ok("GET", path, {"candles": candles})
    bars = await broker.bars(RELIANCE, Interval.M1, at_ist(2026, 11, 20, 9, 16), at_ist(2026, 11, 20, 9, 18))
    assert [bar.start for bar in bars] == [at_ist(2026, 11, 20, 9, 16), at_ist(2026, 11, 20, 9, 17)]
    assert bars[0] == Bar(bars[0].start, Decimal(1230), Decimal(1240), Decimal("1229.5"), Decimal("1234.5"), 5200)
    assert [sent.path for sent in server.seen] == [path]


async def test_todays_bars_come_from_their_own_route_and_win(server: Upstox, broker: UpstoxBroker) -> None:
    today = datetime.now(IST).date()
    server.ok(
        "GET",
        f"/v3/historical-candle/{KEY}/hours/1/{today}/{today}",
        {"candles": [candle(f"{today}T09:15:00+05:30", 1.0)]},
    )
    now = [candle(f"{today}T10:15:00+05:30"), candle(f"{today}T09:15:00+05:30", 2.0)]
    server.ok("GET", f"/v3/historical-candle/intraday/{KEY}/hours/1", {"candles": now})
    start = datetime(today.year, today.month, today.day, tzinfo=IST)
    bars = await broker.bars(RELIANCE, Interval.H1, start, start + timedelta(days=1))
    assert [(bar.start.astimezone(IST).hour, bar.close) for bar in bars] == [(9, 2), (10, Decimal("1234.5"))]


async def test_an_empty_span_asks_nothing(server: Upstox, broker: UpstoxBroker) -> None:
    assert await broker.bars(RELIANCE, Interval.M1, at_ist(2026, 11, 20), at_ist(2026, 11, 20)) == []
    assert server.seen == []


@pytest.mark.parametrize(
    "data", [{}, {"candles": [[1]]}, {"candles": [candle("now")]}, {"candles": [[None] * 7]}, None]
)
async def test_candles_that_are_not_understood_are_an_error(server: Upstox, broker: UpstoxBroker, data: Any) -> None:
    server.ok("GET", f"/v3/historical-candle/{KEY}/days/1/2026-11-20/2026-11-20", data)
    with pytest.raises(ProtocolError):
        await broker.bars(RELIANCE, Interval.D1, at_ist(2026, 11, 20), at_ist(2026, 11, 20, 23))


async def test_bars_of_what_is_not_listed_are_not_to_be_had(broker: UpstoxBroker) -> None:
    with pytest.raises(NotPermitted):
        await broker.bars(
            InstrumentId.equity(Exchange.NSE, "NOBODYATALL"), Interval.D1, at_ist(2026, 1, 1), at_ist(2026, 2, 1)
        )


@given(
    st.sampled_from(list(Interval)),
    st.datetimes(datetime(1999, 1, 1), datetime(2026, 12, 1)),  # noqa: DTZ001 - hypothesis wants them so
    st.timedeltas(timedelta(seconds=1), timedelta(days=9000)),
)
def test_the_calls_for_a_span_cover_every_day_of_it_once(interval: Interval, start: datetime, span: timedelta) -> None:
    wanted = HISTORY[interval]
    begin = start.replace(tzinfo=UTC)
    days = []
    for path in history_paths(NSE_KEY, wanted, begin, begin + span):
        parts = path.split("/")
        assert parts[3:6] == [KEY, wanted.unit, str(wanted.number)]
        last, first = date.fromisoformat(parts[6]), date.fromisoformat(parts[7])
        assert 0 <= (last - first).days < wanted.most_days
        days += [first + timedelta(days=number) for number in range((last - first).days + 1)]
    first_day = max(begin.astimezone(IST).date(), date(wanted.first_year, 1, 1))
    last_day = (begin + span - timedelta(microseconds=1)).astimezone(IST).date()
    assert days == [first_day + timedelta(days=number) for number in range((last_day - first_day).days + 1)]


@pytest.mark.parametrize(
    ("interval", "middle"),
    [(Interval.M1, "minutes/1"), (Interval.M3, "minutes/3"), (Interval.M5, "minutes/5"), (Interval.M10, "minutes/10"),
     (Interval.M15, "minutes/15"), (Interval.M30, "minutes/30"), (Interval.H1, "hours/1"), (Interval.D1, "days/1")],
)  # fmt: skip
def test_every_interval_is_asked_for_to_before_from(interval: Interval, middle: str) -> None:
    paths = list(history_paths("NSE_INDEX|Nifty 50", HISTORY[interval], at_ist(2026, 11, 19), at_ist(2026, 11, 20, 1)))
    assert paths == [f"/v3/historical-candle/NSE_INDEX%7CNifty%2050/{middle}/2026-11-20/2026-11-19"]


@pytest.mark.parametrize(
    ("value", "tick", "tidied"),
    [("76.58999633789062", "0.05", "76.59"), ("76.5899963", "0.01", "76.59"), ("1234.5", "0.1", "1234.5"),
     ("24999.900390625", "0.05", "24999.90"),
     ("100.03", "0.05", "100.03"), ("24500.123456", "0", "24500.1235"), ("82.7525", "0.0025", "82.7525")],
)  # fmt: skip
def test_prices_lose_the_noise_of_their_journey_and_no_more(value: str, tick: str, tidied: str) -> None:
    assert tidy(Decimal(value), Decimal(tick)) == Decimal(tidied)


async def test_the_token_for_market_data_is_used_where_there_is_no_session(server: Upstox) -> None:
    server.ok("GET", QUOTES, {"a": quote()})
    async with opened(server, session={}, analytics_token="read-only") as broker:
        assert set(await broker.quotes([RELIANCE])) == {RELIANCE}
        with pytest.raises(SessionExpired):
            await broker.funds()
    assert [sent.headers["Authorization"] for sent in server.requests(QUOTES)] == ["Bearer read-only"]


async def test_it_takes_over_when_the_session_dies(server: Upstox) -> None:
    def answer(sent: Any) -> tuple[int, Any]:
        if sent.headers["Authorization"] == "Bearer read-only":
            return 200, {"status": "success", "data": {"a": quote()}}
        return 401, {"status": "error", "errors": [{"error_code": "UDAPI100050", "message": "Invalid token"}]}

    server.answers["GET", QUOTES] = answer
    heard: list[SessionExpired] = []
    async with opened(server, analytics_token="read-only") as broker:
        broker.on_session_lost = heard.append
        for _ in range(2):
            assert set(await broker.quotes([RELIANCE])) == {RELIANCE}
    assert [sent.headers["Authorization"] for sent in server.requests(QUOTES)] == [
        "Bearer token-1",
        "Bearer read-only",
        "Bearer read-only",
    ]
    assert len(heard) == 1


async def test_a_refused_read_says_their_reason(server: Upstox, broker: UpstoxBroker) -> None:
    server.fail("GET", QUOTES, 400, "UDAPI100011", "Invalid instrument key")
    with pytest.raises(BrokerError, match=r"Invalid instrument key .UDAPI100011."):
        await broker.quotes([RELIANCE])
