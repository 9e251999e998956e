"""How our feeds connect and subscribe is how the official clients do."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from terminal_app.brokers.zerodha.instruments import parse_dump
from terminal_app.domain.enums import FeedMode
from tests.conformance import kite_requests, upstox_requests
from tests.conformance.feed_recording import recording
from tests.conformance.kite_market import dump_lines
from tests.conformance.sdks import KITE, UPSTOX
from tests.helpers.certificate import make_certificate


async def test_the_kite_feed_connects_and_subscribes_as_the_official_ticker_does() -> None:
    KITE.require()
    listed = parse_dump(dump_lines())
    ids = [one.id for one in listed.instruments]
    tokens = [int(one.broker_token) for one in listed.instruments]
    asked = {
        "api_key": "key",
        "access_token": kite_requests.TOKEN,
        "tokens": tokens,
        "modes": ["full", "ltp"],
    }
    async with recording() as theirs:
        root = f"ws://127.0.0.1:{theirs.port}"
        await asyncio.to_thread(KITE.run, "listen", [{**asked, "root": root}])
        await theirs.wait(4)
    async with recording() as ours:
        root = f"127.0.0.1:{ours.port}"
        broker = kite_requests.opened(f"http://{root}", "key", f"ws://{root}")
        broker.use_instruments(listed)
        try:
            await broker.feed.subscribe(ids, FeedMode.FULL)
            await ours.wait(2)
            await broker.feed.subscribe(ids, FeedMode.LTP)
            await broker.feed.unsubscribe(ids)
            await ours.wait(4)
        finally:
            await broker.aclose()
    assert ours.told == theirs.told
    assert ours.queries == theirs.queries == [{"api_key": "key", "access_token": kite_requests.TOKEN}]
    assert ours.headers[0]["x-kite-version"] == theirs.headers[0]["x-kite-version"] == "3"


def _without_names(told: list[tuple[bool, Any]]) -> list[tuple[bool, Any]]:
    """Messages less their random names, which both sides must have."""
    assert all(message["guid"] for _, message in told)
    return [(is_binary, {key: value for key, value in message.items() if key != "guid"}) for is_binary, message in told]


async def test_the_upstox_feed_subscribes_as_the_official_streamer_does(tmp_path: Path) -> None:
    """The way in differs: ours asks for a single-use address, as the documentation recommends."""
    UPSTOX.require()
    listed = upstox_requests.dump()
    ids = [one.id for one in listed.instruments]
    keys = [one.broker_token for one in listed.instruments]
    asked = {"access_token": upstox_requests.TOKEN, "keys": keys, "modes": ["full", "ltpc"]}
    async with recording(make_certificate(tmp_path)) as theirs:
        feed = f"wss://127.0.0.1:{theirs.port}"
        await asyncio.to_thread(UPSTOX.run, "listen", [{**asked, "feed": feed}])
        await theirs.wait(3)
    async with recording() as ours:
        rest = f"http://127.0.0.1:{ours.port}"
        broker = upstox_requests.opened(rest, rest, "key")
        broker.use_instruments(listed)
        try:
            await broker.feed.subscribe(ids, FeedMode.FULL)
            await ours.wait(1)
            await broker.feed.subscribe(ids, FeedMode.LTP)
            await broker.feed.unsubscribe(ids)
            await ours.wait(3)
        finally:
            await broker.aclose()
    assert _without_names(ours.told) == _without_names(theirs.told)
    assert theirs.headers[0]["authorization"] == f"Bearer {upstox_requests.TOKEN}"
