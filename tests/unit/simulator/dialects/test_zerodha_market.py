"""Kite's market data: quotes, candles, the instrument list, and the socket's frames byte by byte."""

from __future__ import annotations

import csv
import io
import struct
from collections.abc import AsyncIterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import aiohttp
import numpy as np
import pytest

from terminal_app.brokers.paper.config import practice_venue
from terminal_app.domain.clock import ist
from terminal_app.domain.enums import Exchange, OptionKind
from terminal_app.domain.hours import trading_day
from terminal_app.domain.ids import InstrumentId
from terminal_app.domain.instrument import Instrument
from terminal_app.simulator.book import MarketBook
from terminal_app.simulator.dialects.listing import Listing, made_up_isin
from terminal_app.simulator.dialects.zerodha import packets
from terminal_app.simulator.dialects.zerodha.server import ZerodhaDialect
from terminal_app.simulator.dialects.zerodha.symbols import COLUMNS
from terminal_app.simulator.venue import Venue
from tests.helpers.kite_room import KiteRoom, KiteSocket, kite_room
from tests.helpers.market_script import CALL, FUTURE, NIFTY, RELIANCE, Floor, HandClock, ScriptedMarket, clock, hours

# --- quotes -----------------------------------------------------------------------------------------------------------


async def test_a_quote_is_keyed_as_it_was_asked_and_absent_where_nothing_is_known() -> None:
    async with kite_room() as room:
        token = str(number_of(room, RELIANCE))
        asked = [("i", key) for key in ("NSE:RELIANCE", token, "NSE:NOPE", "NSE:TCS")]
        for path in ("/quote", "/quote/ohlc", "/quote/ltp"):
            assert sorted(await room.data("GET", path, params=asked)) == sorted(["NSE:RELIANCE", token])


async def test_a_full_quote_has_depth_and_the_days_figures() -> None:
    async with kite_room() as room:
        room.floor.step("101", 7, [("100.95", 50)], [("101.05", 60), ("101.10", 70)], previous_close="98")
        quote = (await room.data("GET", "/quote", params={"i": "NSE:RELIANCE"}))["NSE:RELIANCE"]
        assert (quote["last_price"], quote["last_quantity"], quote["net_change"]) == (101, 7, 3)
        assert quote["ohlc"]["close"] == 98
        assert (quote["lower_circuit_limit"], quote["upper_circuit_limit"]) == (90, 110)
        assert quote["timestamp"] == quote["last_trade_time"] == "2026-08-19 09:15:03"
        assert quote["depth"]["buy"][0] == {"price": 100.95, "quantity": 50, "orders": 1}
        assert quote["depth"]["sell"][1:3] == [
            {"price": 101.1, "quantity": 70, "orders": 1},
            {"price": 0, "quantity": 0, "orders": 0},
        ]
        assert (quote["buy_quantity"], quote["sell_quantity"]) == (50, 130)


async def test_an_index_has_neither_depth_nor_volume() -> None:
    async with kite_room() as room:
        room.floor.step("24500", id=NIFTY)
        quote = (await room.data("GET", "/quote", params={"i": "NSE:NIFTY 50"}))["NSE:NIFTY 50"]
        assert quote["instrument_token"] == 256265
        assert "depth" not in quote
        assert "volume" not in quote


async def test_too_many_or_no_instruments_are_refused() -> None:
    async with kite_room() as room:
        many = [("i", f"NSE:X{number}") for number in range(501)]
        assert (await room.error("GET", "/quote", params=many))[0] == 400
        assert (await room.call("GET", "/quote/ltp", params=many))[0] == 200
        assert (await room.error("GET", "/quote/ltp"))[2] == "Missing or empty field `i`"


async def test_a_cover_orders_range_lies_on_the_stops_side() -> None:
    async with kite_room() as room:
        ranges = [
            (await room.data("GET", f"/instruments/trigger_range/{side}", params={"i": "NSE:RELIANCE"}))["NSE:RELIANCE"]
            for side in ("buy", "sell")
        ]
        assert [(one["lower"], one["upper"]) for one in ranges] == [(90, 100), (100, 110)]


# --- candles and lists on the practice market -------------------------------------------------------------------------


@pytest.fixture
async def practice() -> AsyncIterator[KiteRoom]:
    """A dialect on the practice market, which stands still."""
    exchange = practice_venue(1).exchange
    venue = Venue(exchange, HandClock(exchange.now))
    dialect = ZerodhaDialect(venue)
    dialect.dials.throttled = False
    line = dict(await dialect.start())
    async with aiohttp.ClientSession() as http:
        room = KiteRoom(Floor(), dialect, line, http)
        await room.log_in()
        yield room
    await dialect.aclose()
    await venue.aclose()


INFY = InstrumentId.equity(Exchange.NSE, "INFY")


async def candles(room: KiteRoom, interval: str, days: int, id: InstrumentId = INFY, **query: str) -> list[Any]:
    """Candles of the days up to now."""
    now = ist(room.dialect.now())
    span = {"from": f"{now - timedelta(days=days):%Y-%m-%d %H:%M:%S}", "to": f"{now:%Y-%m-%d %H:%M:%S}"}
    path = f"/instruments/historical/{number_of(room, id)}/{interval}"
    data = await room.data("GET", path, params={**span, **query})
    return list(data["candles"])


@pytest.mark.parametrize(
    ("interval", "minutes"),
    [
        ("minute", 1),
        ("3minute", 3),
        ("5minute", 5),
        ("10minute", 10),
        ("15minute", 15),
        ("30minute", 30),
        ("60minute", 60),
    ],
)
async def test_candles_begin_at_the_open_and_follow_the_interval(
    practice: KiteRoom, interval: str, minutes: int
) -> None:
    rows = await candles(practice, interval, 3)
    times = [row[0] for row in rows]
    assert times == sorted(times)
    assert times[0].endswith("T09:15:00+0530")
    assert times[1].endswith(f"T{9 + (15 + minutes) // 60:02d}:{(15 + minutes) % 60:02d}:00+0530")
    assert all(row[3] <= min(row[1], row[4]) <= max(row[1], row[4]) <= row[2] for row in rows)
    assert {len(row) for row in rows} == {6}


async def test_day_candles_begin_at_midnight_and_carry_interest_where_asked(practice: KiteRoom) -> None:
    rows = await candles(practice, "day", 10, oi="1")
    assert all(row[0].endswith("T00:00:00+0530") and len(row) == 7 for row in rows)
    assert rows[-1][0].startswith(trading_day(practice.dialect.now()).isoformat())


async def test_the_candle_at_to_is_among_them_and_the_next_is_not(practice: KiteRoom) -> None:
    last = (await candles(practice, "minute", 4))[100]
    path = f"/instruments/historical/{number_of(practice, INFY)}/minute"
    at = last[0][:10] + " " + last[0][11:19]
    data = await practice.data("GET", path, params={"from": at, "to": at})
    assert data["candles"] == [last]


@pytest.mark.parametrize(("interval", "days"), [("minute", 60), ("15minute", 200), ("day", 2000)])
async def test_a_span_above_the_intervals_limit_is_refused(practice: KiteRoom, interval: str, days: int) -> None:
    path = f"/instruments/historical/{number_of(practice, INFY)}/{interval}"
    span = {"from": "2020-01-01 00:00:00", "to": f"{date(2020, 1, 1) + timedelta(days=days + 1)} 00:00:00"}
    assert (await practice.error("GET", path, params=span))[2] == f"interval exceeds max limit: {days} days"


async def test_candles_of_nonsense_are_refused(practice: KiteRoom) -> None:
    token, span = number_of(practice, INFY), {"from": "2026-11-20", "to": "2026-11-23"}
    for path, query in (
        (f"/instruments/historical/{token}/week", span),
        ("/instruments/historical/1/day", span),
        (f"/instruments/historical/{token}/day", {"from": "yesterday", "to": "2026-11-23"}),
        (f"/instruments/historical/{token}/day", {"from": "2026-11-23", "to": "2026-11-20"}),
        (f"/instruments/historical/{token}/day", {**span, "continuous": "1"}),
        (f"/instruments/historical/{token}/day", {**span, "oi": "yes"}),
    ):
        assert (await practice.error("GET", path, params=query))[:2] == (400, "InputException")


async def test_the_instrument_list_is_gzip_csv_with_kites_columns_and_codes(practice: KiteRoom) -> None:
    async with practice.http.get(practice.line["instruments"], headers=practice.headers()) as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
        assert answer.content_type == "text/csv"
        rows = list(csv.DictReader(io.StringIO(await answer.text())))
    assert tuple(rows[0]) == COLUMNS
    assert len(rows) == len(practice.dialect.exchange.book.ids)
    codes = {"NSE": 1, "NFO-FUT": 2, "NFO-OPT": 2, "BFO-FUT": 5, "BFO-OPT": 5, "INDICES": 9}
    for row in rows:
        token, number = int(row["instrument_token"]), int(row["exchange_token"])
        assert token == number * 256 + codes[row["segment"]]
        assert token < 2**31
    assert len({row["instrument_token"] for row in rows}) == len(rows)
    nifty = next(row for row in rows if row["tradingsymbol"] == "NIFTY 50")
    assert (nifty["instrument_token"], nifty["segment"], nifty["exchange"]) == ("256265", "INDICES", "NSE")
    assert (nifty["lot_size"], nifty["tick_size"], nifty["instrument_type"]) == ("0", "0.0", "EQ")
    call = next(row for row in rows if row["instrument_type"] == "CE" and row["exchange"] == "NFO")
    assert call["tradingsymbol"].startswith(call["name"])
    assert date.fromisoformat(call["expiry"]) >= trading_day(practice.dialect.now())
    assert float(call["strike"]) > 0


async def test_one_exchange_lists_its_own_and_an_unknown_one_is_refused(practice: KiteRoom) -> None:
    for exchange in ("NSE", "BFO"):
        async with practice.http.get(
            practice.line["instruments"] + f"/{exchange}", headers=practice.headers()
        ) as answer:
            rows = list(csv.DictReader(io.StringIO(await answer.text())))
        assert {row["exchange"] for row in rows} == {exchange}
    assert (await practice.error("GET", "/instruments/NYSE"))[:2] == (400, "InputException")


def test_names_are_derived_where_a_recording_has_none() -> None:
    listing = Listing(hours())

    def name(id: InstrumentId) -> str:
        return listing.trading_symbol(Instrument(id, "x", 65, Decimal("0.05")))

    day = date(2026, 8, 18)
    assert name(FUTURE) == "NIFTY26AUGFUT"
    assert name(CALL) == "NIFTY26AUG24500CE"
    assert name(InstrumentId.option(Exchange.NSE, "NIFTY", day, Decimal("287.5"), OptionKind.PE)) == "NIFTY26818287.5PE"
    assert name(InstrumentId.equity(Exchange.NSE, "ABC", "BE")) == "ABC-BE"
    assert name(RELIANCE) == "RELIANCE"


def test_tokens_stay_the_same_and_isins_have_their_check_digit() -> None:
    one, other = Listing(hours()), Listing(hours())
    instrument = Instrument(RELIANCE, "Reliance", 1, Decimal("0.05"))
    assert one.exchange_token(instrument) == other.exchange_token(instrument) == one.exchange_token(instrument)
    isin = made_up_isin(RELIANCE)
    digits = "".join(str(int(letter, 36)) for letter in isin)
    total = sum(sum(divmod(int(digit) * (2 if place % 2 else 1), 10)) for place, digit in enumerate(reversed(digits)))
    assert total % 10 == 0


# --- frames -----------------------------------------------------------------------------------------------------------


def book_of(**columns: Any) -> MarketBook:
    """A book of one row with these columns."""
    market = ScriptedMarket(instruments=(Instrument(RELIANCE, "x", 1, Decimal("0.05")),))
    book = MarketBook(market)
    for name, value in columns.items():
        getattr(book, name)[0] = value
    return book


def test_frames_are_the_documented_ones() -> None:
    ltp = packets.packet(book_of(last_paise=157370), 0, 408065, packets.LTP)
    assert packets.message([ltp]).hex() == "0001000800063a01000266ba"
    index = book_of(
        last_paise=2345670, ohlc_paise=[2340000, 2350000, 2330000, 2338000], time_ns=1767237300 * 1_000_000_000
    )
    assert packets.message([packets.packet(index, 0, 256265, packets.FULL)]).hex() == (
        "000100200003e9090023cac60023dbb000238d900023b4a00023acd000001df66955e6b4"
    )


@pytest.mark.parametrize(
    ("segment", "mode", "length"),
    [
        (1, "ltp", 8),
        (1, "quote", 44),
        (1, "full", 184),
        (9, "ltp", 8),
        (9, "quote", 28),
        (9, "full", 32),
        (2, "full", 184),
    ],
)
def test_every_mode_has_its_length(segment: int, mode: str, length: int) -> None:
    assert len(packets.packet(book_of(last_paise=100), 0, 256 + segment, mode)) == length


@pytest.mark.parametrize(
    ("segment", "unit"), [(1, 100), (2, 100), (3, 10_000_000), (4, 100), (5, 100), (6, 10_000), (7, 100), (12, 10_000)]
)
def test_prices_are_in_the_segments_unit(segment: int, unit: int) -> None:
    packet = packets.packet(book_of(last_paise=8450), 0, 256 + segment, packets.LTP)
    assert struct.unpack(">i", packet[4:8])[0] == 84.50 * unit


def test_a_full_packet_has_every_field_in_its_place() -> None:
    book = book_of(
        last_paise=10_000,
        last_units=7,
        volume=1_000,
        open_interest=55,
        ohlc_paise=[9_900, 10_200, 9_800, 9_700],
        time_ns=1_800_000_000 * 1_000_000_000,
        bid_paise=[9_995, 9_990, 0, 0, 0],
        bid_quantity=[50, 60, 0, 0, 0],
        bid_orders=[2, 70_000, 0, 0, 0],
        ask_paise=np.array([10_005, 10_010, 10_015, 10_020, 10_025]),
        ask_quantity=[1, 2, 3, 4, 5],
        ask_orders=[5, 4, 3, 2, 1],
    )
    packet = packets.packet(book, 0, 257, packets.FULL)
    words = struct.unpack(">16I", packet[:64])
    assert words == (
        *(257, 10_000, 7, 10_000, 1_000, 110, 15, 9_900, 10_200, 9_800, 9_700),
        *(1_800_000_000, 55, 55, 55, 1_800_000_000),
    )
    levels = [struct.unpack(">IIHH", packet[at : at + 12]) for at in range(64, 184, 12)]
    assert levels[:3] == [(50, 9_995, 2, 0), (60, 9_990, 65_535, 0), (0, 0, 0, 0)]
    assert levels[5:] == [(n, 10_000 + 5 * n, 6 - n, 0) for n in range(1, 6)]


# --- the socket -------------------------------------------------------------------------------------------------------


def number_of(room: KiteRoom, id: InstrumentId) -> int:
    """The token of an instrument."""
    name = room.dialect.symbols.of(id)
    assert name is not None
    return name.token


def packets_of(socket: KiteSocket) -> list[bytes]:
    """All packets that came, in order."""
    found = []
    for frame in socket.frames:
        if len(frame) == 1:
            continue
        at = 2
        for _ in range(struct.unpack(">H", frame[:2])[0]):
            (length,) = struct.unpack(">H", frame[at : at + 2])
            found.append(frame[at + 2 : at + 2 + length])
            at += 2 + length
        assert at == len(frame)
    return found


async def came(socket: KiteSocket, count: int) -> None:
    """Wait for so many packets."""
    await socket.until(lambda: len(packets_of(socket)) >= count)


async def test_a_subscription_brings_quotes_and_a_mode_changes_them() -> None:
    async with kite_room() as room, room.socket() as socket:
        token = number_of(room, RELIANCE)
        await socket.say("subscribe", [token])
        await socket.until(lambda: len(packets_of(socket)) == 1)
        for mode in ("full", "ltp"):
            count = len(packets_of(socket)) + 1
            await socket.say("mode", [mode, [token]])
            await came(socket, count)
        assert [len(one) for one in packets_of(socket)] == [44, 184, 8]


async def test_steps_come_in_one_frame_for_all_that_changed() -> None:
    async with kite_room() as room, room.socket() as socket:
        room.floor.step("24500", id=NIFTY)
        await socket.say("subscribe", [number_of(room, RELIANCE), number_of(room, NIFTY)])
        await socket.until(lambda: len(packets_of(socket)) == 2)
        socket.frames.clear()
        room.floor.step("100.20", 1)
        room.floor.step("24510", id=NIFTY)
        await socket.until(lambda: packets_of(socket))
        assert [len(one) for one in packets_of(socket)] == [44, 28]
        assert len(socket.frames) == 1


async def test_an_unsubscribed_instrument_falls_silent() -> None:
    async with kite_room() as room, room.socket() as socket:
        token = number_of(room, RELIANCE)
        room.floor.step("24500", id=NIFTY)
        await socket.say("subscribe", [token])
        await socket.say("unsubscribe", [token])
        await socket.say("subscribe", [256265])
        await socket.until(lambda: any(len(one) == 28 for one in packets_of(socket)))
        socket.frames.clear()
        room.floor.step("101", 1)
        room.floor.step("24510", id=NIFTY)
        await socket.until(lambda: packets_of(socket))
        assert [len(one) for one in packets_of(socket)] == [28]


async def test_an_idle_socket_beats() -> None:
    async with kite_room() as room, room.socket() as socket:
        await socket.until(lambda: b"\x00" in socket.frames)


async def test_nonsense_is_answered_with_an_error_and_the_socket_lives_on() -> None:
    async with kite_room() as room, room.socket() as socket:
        await socket.until(lambda: socket.texts)
        for said in ("{", "[]", '{"a": "subscribe", "v": "x"}', '{"a": "dance"}', '{"a": "mode", "v": ["best", [1]]}'):
            await socket.raw.send_str(said)
        await socket.raw.send_bytes(b"\xff\x00")
        await socket.until(lambda: len(socket.texts) == 7)
        assert [one["type"] for one in socket.texts[1:]] == ["error"] * 6
        await socket.say("subscribe", [number_of(room, RELIANCE)])
        await socket.until(lambda: packets_of(socket))


async def test_a_fourth_socket_of_an_app_is_refused() -> None:
    async with kite_room() as room, room.socket() as a, room.socket() as b, room.socket() as c:
        await c.until(lambda: a.texts and b.texts and c.texts)
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await room.http.ws_connect(room.socket_address())
        assert refused.value.status == 429


async def test_a_socket_wants_a_living_session() -> None:
    async with kite_room() as room:
        room.access_token = "stale"
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await room.http.ws_connect(room.socket_address())
        assert refused.value.status == 403


async def test_a_session_that_ends_closes_its_socket() -> None:
    async with kite_room() as room, room.socket() as socket:
        await socket.until(lambda: socket.texts)
        room.floor.step("100", 0, after_s=(clock("06:00", date(2026, 8, 20)) - room.floor.now).total_seconds())
        await socket.until(lambda: socket.is_over)
