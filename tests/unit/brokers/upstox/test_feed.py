"""The market feed on real sockets: what is asked for, restored, conflated and survived."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import numpy as np
import pytest

from terminal_app.brokers.socket import Socket
from terminal_app.brokers.upstox import feed as feed_module
from terminal_app.brokers.upstox.broker import UpstoxBroker
from terminal_app.brokers.upstox.config import MOST_FULL, MOST_FULL_MIXED, MOST_LTPC_MIXED
from terminal_app.brokers.upstox.feed import UpstoxFeed
from terminal_app.brokers.upstox.instruments import parse_dump
from terminal_app.domain.enums import Exchange, FeedMode
from terminal_app.domain.errors import BrokerUnavailable, NotPermitted
from terminal_app.domain.ids import InstrumentId
from terminal_app.domain.market import TickBatch
from tests.unit.brokers.upstox.test_frames import frame
from tests.unit.brokers.upstox.upstox import (
    INDEX_KEY,
    NIFTY,
    NSE_KEY,
    OPTION,
    OPTION_KEY,
    RELIANCE,
    ROWS,
    SESSION,
    Upstox,
    opened,
)

AUTHORIZE = "/v3/feed/market-data-feed/authorize"


async def asked(server: Upstox) -> tuple[str, str | None, list[str]]:
    """The next request of the feed: method, mode, keys."""
    kind, data = await server.heard.get()
    assert kind == "binary"
    request = json.loads(data)
    assert set(request) == {"guid", "method", "data"}
    return request["method"], request["data"].get("mode"), request["data"]["instrumentKeys"]


def price(key: str, value: float) -> bytes:
    data: bytes = frame(key, market={"ltpc": {"ltp": value}}).SerializeToString()
    return data


async def next_batch(broker: UpstoxBroker) -> TickBatch:
    return await anext(broker.feed)


async def test_the_first_wish_opens_a_single_use_address_and_is_sent_as_binary(server: Upstox) -> None:
    async with opened(server) as broker:
        assert server.requests(AUTHORIZE) == []
        await broker.feed.subscribe([RELIANCE, NIFTY], FeedMode.FULL)
        _kind, socket = await server.connected.get()
        assert await asked(server) == ("sub", "full", [NSE_KEY, INDEX_KEY])
        await socket.send_bytes(price(NSE_KEY, 1234.5))
        batch = await next_batch(broker)
        assert [batch.ids[row] for row in batch.index] == [RELIANCE]
        assert batch.received_ns > 0
    assert [sent.headers["Authorization"] for sent in server.requests(AUTHORIZE)] == ["Bearer token-1"]


async def test_one_frame_is_one_batch_and_the_table_is_the_same(server: Upstox) -> None:
    async with opened(server) as broker:
        await broker.feed.subscribe([RELIANCE, OPTION], FeedMode.QUOTE)
        _kind, socket = await server.connected.get()
        for value in (1.0, 2.0, 3.0):
            await socket.send_bytes(price(NSE_KEY, value))
        batches = [await next_batch(broker) for _ in range(3)]
        assert [batch.last_price.tolist() for batch in batches] == [[1.0], [2.0], [3.0]]
        assert all(batch.ids is batches[0].ids for batch in batches)


async def test_wishes_change_modes_and_end(server: Upstox) -> None:
    async with opened(server) as broker:
        feed = broker.feed
        await feed.subscribe([RELIANCE], FeedMode.FULL)
        _kind, socket = await server.connected.get()
        assert await asked(server) == ("sub", "full", [NSE_KEY])
        await feed.subscribe([RELIANCE, NIFTY], FeedMode.LTP)
        assert await asked(server) == ("sub", "ltpc", [INDEX_KEY])
        assert await asked(server) == ("change_mode", "ltpc", [NSE_KEY])
        await feed.unsubscribe([RELIANCE, OPTION])
        assert await asked(server) == ("unsub", None, [NSE_KEY])
        await socket.send_bytes(price(NSE_KEY, 5.0))
        await socket.send_bytes(frame(INDEX_KEY, ltpc={"ltp": 24500.0}).SerializeToString())
        batch = await next_batch(broker)
        assert [batch.ids[row] for row in batch.index] == [NIFTY]


async def test_a_mode_that_is_the_same_on_the_wire_shows_what_is_known(server: Upstox) -> None:
    async with opened(server) as broker:
        await broker.feed.subscribe([RELIANCE], FeedMode.QUOTE)
        _kind, socket = await server.connected.get()
        await asked(server)
        levels = [{"bidQ": 1, "bidP": 99.0}, {"bidQ": 2, "bidP": 98.0}]
        await socket.send_bytes(
            frame(NSE_KEY, market={"ltpc": {"ltp": 100.0}, "marketLevel": levels}).SerializeToString()
        )
        quote = await next_batch(broker)
        assert quote.bid_price is not None
        assert np.isnan(quote.bid_price[0, 1])
        await broker.feed.subscribe([RELIANCE], FeedMode.FULL)
        full = await next_batch(broker)
        assert full.bid_price is not None
        assert full.bid_price[0, 1] == 98.0
        assert server.heard.empty()


async def test_an_unlisted_instrument_is_accepted_and_silent(server: Upstox) -> None:
    async with opened(server) as broker:
        await broker.feed.subscribe([InstrumentId.equity(Exchange.NSE, "NOBODYATALL")], FeedMode.LTP)
        assert server.requests(AUTHORIZE) == []


async def test_garbage_and_texts_do_not_end_the_feed(server: Upstox, monkeypatch: pytest.MonkeyPatch) -> None:
    reported: list[str] = []
    monkeypatch.setattr(
        "terminal_app.brokers.socket.Socket._report", lambda _self, kind, error: reported.append(f"{kind}: {error}")
    )
    async with opened(server) as broker:
        await broker.feed.subscribe([RELIANCE], FeedMode.LTP)
        _kind, socket = await server.connected.get()
        for junk in (b"", b"\xff\xff\xff", price(NSE_KEY, 1.0)[:-3], b"\x08\x63"):
            await socket.send_bytes(junk)
        await socket.send_str("hello")
        await socket.send_bytes(price(NSE_KEY, 7.0))
        assert (await next_batch(broker)).last_price.tolist() == [7.0]
    assert len(reported) == 3
    assert all(one.startswith("binary: Upstox's feed sent") for one in reported)


async def test_after_a_lost_connection_everything_is_asked_for_again(
    server: Upstox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_module, "Socket", _quick)
    async with opened(server) as broker:
        await broker.feed.subscribe([RELIANCE], FeedMode.LTP)
        _kind, socket = await server.connected.get()
        await asked(server)
        await broker.feed.subscribe([OPTION], FeedMode.FULL)
        await asked(server)
        await socket.close()
        _kind, socket = await server.connected.get()
        assert [await asked(server), await asked(server)] == [("sub", "ltpc", [NSE_KEY]), ("sub", "full", [OPTION_KEY])]
        await socket.send_bytes(price(NSE_KEY, 9.0))
        assert (await next_batch(broker)).last_price.tolist() == [9.0]
    assert len(server.requests(AUTHORIZE)) == 2


async def test_a_slow_reader_gets_the_newest_of_each(server: Upstox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_module, "MOST_ROWS", 3)
    async with opened(server) as broker:
        feed = broker.feed
        await feed.subscribe([RELIANCE, NIFTY], FeedMode.LTP)
        for value in range(1, 10):
            feed.on_frame(memoryview(price(NSE_KEY, float(value))), value)
        feed.on_frame(memoryview(frame(INDEX_KEY, ltpc={"ltp": 24500.0}).SerializeToString()), 10)
        batch = await next_batch(broker)
        assert {
            batch.ids[row]: value for row, value in zip(batch.index.tolist(), batch.last_price.tolist(), strict=True)
        } == {
            RELIANCE: 9.0,
            NIFTY: 24500.0,
        }
        feed.on_frame(memoryview(price(NSE_KEY, 11.0)), 11)
        assert (await next_batch(broker)).last_price.tolist() == [11.0]


async def test_without_a_session_wishes_wait_for_the_login(server: Upstox) -> None:
    async with opened(server, session={}) as broker:
        await broker.feed.subscribe([RELIANCE], FeedMode.LTP)
        assert server.seen == []
        broker._use(SESSION)
        await broker.profile()
        while True:
            kind, _socket = await server.connected.get()
            if kind == "market":
                break
        assert await asked(server) == ("sub", "ltpc", [NSE_KEY])


async def test_the_token_for_market_data_alone_is_enough(server: Upstox) -> None:
    async with opened(server, session={}, analytics_token="read-only") as broker:
        await broker.feed.subscribe([RELIANCE], FeedMode.LTP)
        await server.connected.get()
        assert await asked(server) == ("sub", "ltpc", [NSE_KEY])
    assert server.requests(AUTHORIZE)[0].headers["Authorization"] == "Bearer read-only"


async def test_a_dead_session_ends_the_feed_without_a_storm(server: Upstox) -> None:
    server.fail("GET", AUTHORIZE, 401, "UDAPI100050")
    lost = asyncio.Event()
    async with opened(server) as broker:
        broker.on_session_lost = lambda _error: lost.set()
        await broker.feed.subscribe([RELIANCE], FeedMode.LTP)
        await lost.wait()
        await broker.feed.subscribe([NIFTY], FeedMode.LTP)
        await asyncio.sleep(0.05)
    assert len(server.requests(AUTHORIZE)) == 1


async def test_a_refused_socket_is_told_to_the_reader_once(server: Upstox) -> None:
    server.refuses_sockets = 403
    async with opened(server) as broker:
        await broker.feed.subscribe([RELIANCE], FeedMode.LTP)
        with pytest.raises(NotPermitted, match="no prices"):
            await next_batch(broker)
        server.refuses_sockets = 0
        await broker.feed.subscribe([RELIANCE], FeedMode.LTP)
        await server.connected.get()
        assert await asked(server) == ("sub", "ltpc", [NSE_KEY])
    assert len(server.requests(AUTHORIZE)) == 2


@pytest.mark.parametrize(("full", "ltpc"), [(MOST_FULL + 1, 0), (MOST_FULL_MIXED + 1, 1), (1, MOST_LTPC_MIXED + 1)])
async def test_too_many_wishes_are_refused_and_nothing_is_asked(server: Upstox, full: int, ltpc: int) -> None:
    rows: list[dict[str, Any]] = [
        {**ROWS[0], "instrument_key": f"NSE_EQ|X{number}", "trading_symbol": f"X{number}"}
        for number in range(full + ltpc)
    ]
    ids = [InstrumentId.equity(Exchange.NSE, f"X{number}") for number in range(full + ltpc)]
    async with opened(server, session={}) as broker:
        broker.use_instruments(parse_dump(json.dumps(rows).encode()))
        first, second = (ids[full:], ids[:full]) if ltpc < full else (ids[:full], ids[full:])
        if ltpc:
            await broker.feed.subscribe(first, FeedMode.LTP if ltpc < full else FeedMode.FULL)
        with pytest.raises(NotPermitted, match="at most"):
            await broker.feed.subscribe(second, FeedMode.FULL if ltpc < full else FeedMode.LTP)


async def test_a_closed_feed_ends_its_reader_and_takes_no_wishes(server: Upstox) -> None:
    async with opened(server) as broker:
        await broker.feed.subscribe([RELIANCE], FeedMode.LTP)
        await server.connected.get()
        waiting = asyncio.ensure_future(_drain(broker.feed))
        await asyncio.sleep(0)
        await broker.aclose()
        await waiting
        with pytest.raises(BrokerUnavailable):
            await broker.feed.subscribe([NIFTY], FeedMode.LTP)


async def _drain(feed: UpstoxFeed) -> None:
    async for _ in feed:
        pass


def _quick(*parts: Any, **named: Any) -> Socket:
    """A socket that does not wait long before it connects again."""

    async def at_once(_seconds: float) -> None:
        await asyncio.sleep(0.001)

    return Socket(*parts, **named, sleep=at_once)
