"""The stream of an account: prices and order messages over a real socket, lost and found again, refused, and garbage."""

from __future__ import annotations

import asyncio
import json
import struct
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal_app.brokers.zerodha.api import KiteApi
from terminal_app.brokers.zerodha.broker import ZerodhaBroker
from terminal_app.brokers.zerodha.feed import ZerodhaFeed
from terminal_app.brokers.zerodha.listing import Listing
from terminal_app.brokers.zerodha.parsing import read_order
from terminal_app.brokers.zerodha.stream import ZerodhaStream
from terminal_app.brokers.zerodha.updates import ZerodhaUpdates
from terminal_app.domain.enums import FeedMode, OrderStatus
from terminal_app.domain.errors import BrokerUnavailable, NotPermitted, ProtocolError, SessionExpired
from terminal_app.domain.ids import InstrumentId
from terminal_app.domain.market import TickBatch
from terminal_app.domain.order import Order, OrderUpdate
from tests.helpers.async_tests import until
from tests.helpers.log_guard import LogGuard
from tests.unit.brokers.zerodha.kite import Kite
from tests.unit.brokers.zerodha.samples import ORDER, PROFILE

RELIANCE = InstrumentId.parse("NSE:RELIANCE:EQ")
INFY = InstrumentId.parse("NSE:INFY:EQ")
NOBODY = InstrumentId.parse("NSE:NOBODY:EQ")
RELIANCE_TOKEN, INFY_TOKEN = 738561, 408065


def ltp(token: int, paise: int) -> bytes:
    return struct.pack(">HHIi", 1, 8, token, paise)


def told(server: Kite) -> list[dict[str, Any]]:
    return [json.loads(text) for text in server.feed.line.got]


async def tick(feed: ZerodhaFeed) -> TickBatch:
    return await asyncio.wait_for(anext(feed), 5)


async def update(broker: ZerodhaBroker) -> OrderUpdate:
    return await asyncio.wait_for(anext(broker.order_updates), 5)


async def say(server: Kite, **changes: Any) -> None:
    await server.feed.line.ws.send_str(json.dumps({"type": "order", "data": ORDER | changes}))


@pytest.fixture
async def live(server: Kite) -> AsyncIterator[ZerodhaBroker]:
    """An account whose stream is on its way; it is closed in the test, so that no task outlives it."""
    server.say("GET /user/profile", PROFILE)
    broker = server.open()
    yield broker
    await broker.aclose()


async def test_the_first_subscription_opens_the_stream_and_says_what_is_wanted(
    server: Kite, live: ZerodhaBroker
) -> None:
    await live.feed.subscribe([RELIANCE, NOBODY], FeedMode.FULL)
    await until(lambda: bool(server.feed.lines) and len(server.feed.line.got) == 2)
    await live.feed.subscribe([INFY], FeedMode.QUOTE)
    await live.feed.subscribe([RELIANCE], FeedMode.LTP)
    await live.feed.subscribe([RELIANCE], FeedMode.LTP)
    await live.feed.unsubscribe([INFY, NOBODY])
    await until(lambda: len(server.feed.line.got) >= 5)
    assert told(server) == [
        {"a": "subscribe", "v": [RELIANCE_TOKEN]},
        {"a": "mode", "v": ["full", [RELIANCE_TOKEN]]},
        {"a": "subscribe", "v": [INFY_TOKEN]},
        {"a": "mode", "v": ["ltp", [RELIANCE_TOKEN]]},
        {"a": "unsubscribe", "v": [INFY_TOKEN]},
    ]
    assert server.feed.asked == ["/feed?api_key=key&access_token=tok"]
    assert server.feed.line.headers["X-Kite-Version"] == "3"
    await live.aclose()


async def test_prices_come_by_the_feeds_own_table_until_they_are_not_wanted(server: Kite, live: ZerodhaBroker) -> None:
    await live.feed.subscribe([RELIANCE, INFY], FeedMode.LTP)
    await until(lambda: bool(server.feed.lines) and len(server.feed.line.got) == 2)
    ws = server.feed.line.ws
    await ws.send_bytes(ltp(INFY_TOKEN, 157370))
    first = await tick(live.feed)
    assert [first.ids[row] for row in first.index.tolist()] == [INFY]
    assert first.last_price.tolist() == [1573.7]
    assert first.received_ns > 0
    await live.feed.unsubscribe([INFY])
    await ws.send_bytes(b"\x00")
    await ws.send_bytes(ltp(INFY_TOKEN, 157380))
    await ws.send_bytes(ltp(RELIANCE_TOKEN, 123455))
    second = await tick(live.feed)
    assert second.ids is first.ids
    assert [second.ids[row] for row in second.index.tolist()] == [RELIANCE]
    await live.aclose()


async def test_garbage_is_left_out_and_the_next_frame_counts(
    server: Kite, live: ZerodhaBroker, expected_logs: LogGuard
) -> None:
    expected_logs("left out")
    await live.feed.subscribe([RELIANCE], FeedMode.LTP)
    await until(lambda: bool(server.feed.lines) and len(server.feed.line.got) == 2)
    for garbage in (b"\x00\x01", b"\xff" * 50, ltp(RELIANCE_TOKEN, 1)[:-1], b"\x00\x01\x00\x08\x00"):
        await server.feed.line.ws.send_bytes(garbage)
    await server.feed.line.ws.send_bytes(ltp(RELIANCE_TOKEN, 123455))
    assert (await tick(live.feed)).last_price.tolist() == [1234.55]
    await live.aclose()


async def test_after_a_loss_everything_is_subscribed_again_and_both_readers_hear_of_it(
    server: Kite, live: ZerodhaBroker
) -> None:
    await live.feed.subscribe([RELIANCE], FeedMode.FULL)
    await until(lambda: bool(server.feed.lines) and len(server.feed.line.got) == 2)
    server.feed.line.tear_down()
    with pytest.raises(BrokerUnavailable):
        await tick(live.feed)
    with pytest.raises(BrokerUnavailable, match="lost"):
        await update(live)
    await until(lambda: len(server.feed.lines) == 2 and len(server.feed.line.got) == 2)
    assert told(server)[0] == {"a": "subscribe", "v": [RELIANCE_TOKEN]}
    with pytest.raises(BrokerUnavailable, match="is back"):
        await update(live)
    await server.feed.line.ws.send_bytes(ltp(RELIANCE_TOKEN, 123455))
    assert (await tick(live.feed)).last_price.tolist() == [1234.55]
    await live.aclose()


async def test_a_stream_that_a_dead_session_is_refused_is_not_tried_again(server: Kite, live: ZerodhaBroker) -> None:
    lost: list[SessionExpired] = []
    live.on_session_lost = lost.append
    server.feed.refusals = [403] * 9
    server.refuse("GET /user/profile", 403, "TokenException", "Incorrect `api_key` or `access_token`.")
    await live.feed.subscribe([RELIANCE], FeedMode.FULL)
    with pytest.raises(SessionExpired):
        await tick(live.feed)
    with pytest.raises(SessionExpired):
        await update(live)
    assert len(lost) == 1
    await live.feed.subscribe([INFY], FeedMode.FULL)
    assert live._stream._socket is None
    assert len(server.feed.asked) == 1
    await live.aclose()


async def test_an_app_without_live_prices_is_told_from_a_dead_session(server: Kite, live: ZerodhaBroker) -> None:
    lost: list[SessionExpired] = []
    live.on_session_lost = lost.append
    server.feed.refusals = [403]
    await live.feed.subscribe([RELIANCE], FeedMode.FULL)
    with pytest.raises(NotPermitted, match="Connect"):
        await tick(live.feed)
    with pytest.raises(NotPermitted):
        await update(live)
    assert lost == []
    assert len(server.feed.asked) == 1
    await live.aclose()


async def test_what_was_subscribed_before_the_login_comes_after_it(server: Kite) -> None:
    broker = server.open(None)
    await broker.feed.subscribe([RELIANCE], FeedMode.LTP)
    assert server.asked == []
    broker._api.set_token("fresh")
    server.say("GET /user/profile", PROFILE)
    await broker.profile()
    await until(lambda: bool(server.feed.lines) and len(server.feed.line.got) == 2)
    assert server.feed.asked == ["/feed?api_key=key&access_token=fresh"]
    await broker.aclose()


async def test_more_instruments_than_a_connection_carries_are_refused_before_anything_is_sent(
    live: ZerodhaBroker,
) -> None:
    many = [InstrumentId.parse(f"NSE:S{number}:EQ") for number in range(3001)]
    with pytest.raises(NotPermitted, match="3,000"):
        await live.feed.subscribe(many, FeedMode.LTP)
    assert not live.feed.is_wanted


async def test_order_messages_are_told_once_each(server: Kite, live: ZerodhaBroker) -> None:
    await live.profile()
    await until(lambda: bool(server.feed.lines))
    await say(server, status="UPDATE", filled_quantity=4, average_price=1234.5)
    await say(server, status="COMPLETE", filled_quantity=10, average_price=1234.5)
    await say(server, status="COMPLETE", filled_quantity=10, average_price=1234.5)
    await say(server, status="CANCELLED", order_id="2")
    heard = [(await update(live)).order for _ in range(3)]
    assert [one.status for one in heard] == [OrderStatus.PARTIALLY_FILLED, OrderStatus.FILLED, OrderStatus.CANCELLED]
    assert heard[0].filled_quantity == 4
    await live.aclose()


async def test_an_ambiguous_message_about_a_stop_is_asked_about(server: Kite, live: ZerodhaBroker) -> None:
    stop = {"order_type": "SL", "trigger_price": 1230.0, "order_id": "17"}
    server.say("GET /orders/17", [ORDER | stop | {"status": "TRIGGER PENDING"}, ORDER | stop | {"status": "OPEN"}])
    await live.profile()
    await until(lambda: bool(server.feed.lines))
    await say(server, **stop, status="UPDATE")
    assert (await update(live)).order.status is OrderStatus.OPEN
    assert len(server.asked_for("/orders/17")) == 1
    await live.aclose()


async def test_a_message_that_is_not_understood_has_the_orders_read_again_and_silences_nothing(
    server: Kite, live: ZerodhaBroker
) -> None:
    await live.profile()
    await until(lambda: bool(server.feed.lines))
    ws = server.feed.line.ws
    for text in ("no json", "[]", '{"type":"order","data":5}', '{"type":"order"}'):
        await ws.send_str(text)
        with pytest.raises(ProtocolError):
            await update(live)
    await say(server, status="MELTED")
    with pytest.raises(ProtocolError, match="MELTED"):
        await update(live)
    await ws.send_str('{"type":"instruments_meta","data":{"count":1}}')
    await say(server, status="REJECTED", status_message="No.")
    assert (await update(live)).order.reason == "No."
    await live.aclose()


async def test_a_fault_of_ours_is_reported_and_the_messages_after_it_still_count(expected_logs: LogGuard) -> None:
    expected_logs("could not be used")
    faults = [ZeroDivisionError()]

    async def read(data: Any) -> Order:
        if faults:
            raise faults.pop()
        return read_order(data, lambda exchange, symbol: RELIANCE)

    async def ask(order: Order) -> Order | None:
        return order

    updates = ZerodhaUpdates(read, ask)
    for status in ("OPEN", "CANCELLED"):
        updates.on_text(json.dumps({"type": "order", "data": ORDER | {"status": status}}))
    with pytest.raises(ProtocolError, match="ZeroDivisionError"):
        await anext(updates)
    assert (await anext(updates)).order.status is OrderStatus.CANCELLED
    await updates.aclose()


async def test_what_the_broker_says_on_the_stream_is_logged_safely(
    server: Kite, live: ZerodhaBroker, expected_logs: LogGuard
) -> None:
    expected_logs("Zerodha's stream says: be gone")
    await live.profile()
    await until(lambda: bool(server.feed.lines))
    await server.feed.line.ws.send_str('{"type":"error","data":"<b>be\\ngone</b>"}')
    await say(server, status="CANCELLED")
    await update(live)
    await live.aclose()


@given(st.lists(st.binary(max_size=80), max_size=20))
def test_no_frame_ever_breaks_the_feed(frames: list[bytes]) -> None:
    api = KiteApi("http://127.0.0.1:1", "key")
    feed = ZerodhaFeed(ZerodhaStream("ws://127.0.0.1:1", "key", api), Listing(never), lambda: False)
    feed._rows = {RELIANCE_TOKEN: 0}
    feed._ids.append(RELIANCE)
    feed._logged = set(map(str, range(20)))  # what is logged is another test's matter
    for frame in frames:
        feed.on_binary(memoryview(frame), 1)
    before = len(feed._waiting)
    feed.on_binary(memoryview(ltp(RELIANCE_TOKEN, 123455)), 1)
    assert len(feed._waiting) == before + 1
    assert feed._waiting[-1].last_price.tolist() == [1234.55]


async def never() -> Any:
    raise AssertionError("nobody asks for instruments here")


async def test_a_reader_that_does_not_keep_up_gets_the_newest_of_each(server: Kite, live: ZerodhaBroker) -> None:
    await live.feed.subscribe([RELIANCE, INFY], FeedMode.LTP)
    await until(lambda: bool(server.feed.lines) and len(server.feed.line.got) == 2)
    ws = server.feed.line.ws
    await ws.send_bytes(ltp(INFY_TOKEN, 157370))
    for paise in range(1000, 1600):
        await ws.send_bytes(ltp(RELIANCE_TOKEN, paise))
    await until(lambda: newest(live.feed) == 15.99)
    assert len(live.feed._waiting) <= 256
    first = await tick(live.feed)
    prices = dict(zip((first.ids[row] for row in first.index.tolist()), first.last_price.tolist(), strict=True))
    assert prices[INFY] == 1573.7
    await live.aclose()


def newest(feed: ZerodhaFeed) -> float | None:
    return feed._waiting[-1].last_price[-1].item() if feed._waiting else None
