"""Order updates: the portfolio stream on real sockets, and the order book after each connection."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from terminal_app.brokers.upstox import updates as updates_module
from terminal_app.brokers.upstox.broker import UpstoxBroker
from terminal_app.domain.enums import OrderStatus
from terminal_app.domain.errors import NotPermitted
from terminal_app.domain.order import OrderChange, OrderRef, OrderUpdate
from tests.unit.brokers.upstox.test_feed import _quick
from tests.unit.brokers.upstox.test_orders import DETAILS, ID, MODIFY
from tests.unit.brokers.upstox.upstox import NSE_KEY, ORDER_ROW, RELIANCE, Upstox, opened

AUTHORIZE, BOOK = "/v2/feed/portfolio-stream-feed/authorize", "/v2/order/retrieve-all"


def event(**fields: Any) -> str:
    row = {
        **ORDER_ROW,
        "update_type": "order",
        "user_id": "AB1234",
        "instrument_key": NSE_KEY,
        "filled_quantity": 0,
        **fields,
    }
    return json.dumps({key: value for key, value in row.items() if key != "tradingsymbol"})


async def heard(broker: UpstoxBroker, wanted: Callable[[OrderUpdate], bool]) -> list[OrderUpdate]:
    """Updates up to the one that is wanted."""
    found = []
    async for update in broker.order_updates:
        found.append(update)
        if wanted(update):
            break
    return found


async def until(is_so: Callable[[], bool]) -> None:
    """Wait for what nobody announces."""
    while not is_so():  # noqa: ASYNC110 - there is no event to wait for
        await asyncio.sleep(0.001)


async def connected(server: Upstox, broker: UpstoxBroker) -> Any:
    await broker.profile()
    kind, socket = await server.connected.get()
    assert kind == "orders"
    return socket


def is_status(status: OrderStatus) -> Callable[[OrderUpdate], bool]:
    return lambda update: update.order.status is status


async def test_a_verified_session_opens_the_stream_and_the_book_is_told(server: Upstox) -> None:
    server.ok("GET", BOOK, [{**ORDER_ROW, "order_id": "from-the-book"}])
    async with opened(server) as broker:
        assert server.seen == []
        socket = await connected(server, broker)
        (first,) = await heard(broker, lambda _update: True)
        assert (first.order.broker_id, first.fills) == ("from-the-book", ())
        await socket.send_str(event(status="complete", filled_quantity=10))
        (filled,) = await heard(broker, is_status(OrderStatus.FILLED))
        assert (filled.order.broker_id, filled.order.filled_quantity) == (ID, 10)
    assert server.requests(AUTHORIZE)[0].query == (("update_types", "order"),)


async def test_what_is_older_or_the_same_is_not_told_again(server: Upstox) -> None:
    async with opened(server) as broker:
        socket = await connected(server, broker)
        for one in (
            event(),
            event(filled_quantity=4, order_timestamp="2026-11-20 10:15:31"),
            event(),
            event(filled_quantity=4, order_timestamp="2026-11-20 10:15:31"),
            event(filled_quantity=10, status="complete", order_timestamp="2026-11-20 10:15:32"),
            event(filled_quantity=10, order_timestamp="2026-11-20 10:15:32"),
            event(filled_quantity=10, status="complete", order_timestamp="2026-11-20 10:15:32"),
            event(order_id="last", status="rejected"),
        ):
            await socket.send_str(one)
        updates: list[OrderUpdate] = []
        while not updates or updates[-1].order.broker_id != "last":
            updates += await heard(broker, lambda _update: True)
        statuses = [update.order.status for update in updates if update.order.broker_id == ID]
        assert statuses[-1] is OrderStatus.FILLED
        order = [OrderStatus.OPEN, OrderStatus.PARTIALLY_FILLED, OrderStatus.FILLED]
        assert [order.index(status) for status in statuses] == sorted({order.index(status) for status in statuses})


async def test_a_slow_reader_hears_the_newest_of_each_order(server: Upstox) -> None:
    async with opened(server) as broker:
        socket = await connected(server, broker)
        for one in (event(), event(order_id="b"), event(status="cancelled"), event(order_id="last", status="rejected")):
            await socket.send_str(one)
        await until(lambda: "last" in broker.order_updates._waiting)
        updates = await heard(broker, is_status(OrderStatus.REJECTED))
        assert [(update.order.broker_id, update.order.status) for update in updates] == [
            ("b", OrderStatus.OPEN), (ID, OrderStatus.CANCELLED), ("last", OrderStatus.REJECTED),
        ]  # fmt: skip


async def test_after_a_lost_connection_the_book_is_read_again(server: Upstox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(updates_module, "Socket", _quick)
    async with opened(server) as broker:
        socket = await connected(server, broker)
        await socket.send_str(event())
        await heard(broker, is_status(OrderStatus.OPEN))
        server.ok("GET", BOOK, [{**ORDER_ROW, "status": "cancelled", "filled_quantity": 0}])
        await socket.close()
        (update,) = await heard(broker, is_status(OrderStatus.CANCELLED))
        assert update.order.broker_id == ID
    assert len(server.requests(AUTHORIZE)) == 2


async def test_what_the_stream_told_while_the_book_was_read_is_newer(server: Upstox) -> None:
    reading, may_answer = asyncio.Event(), asyncio.Event()
    async with opened(server) as broker:
        read = broker._account.orders

        async def slowly() -> Any:
            reading.set()
            await may_answer.wait()
            return await read()

        broker._account.orders = slowly  # type: ignore[method-assign]
        server.ok("GET", BOOK, [{**ORDER_ROW, "filled_quantity": 0}])
        socket = await connected(server, broker)
        await reading.wait()
        await socket.send_str(event(status="modify pending"))
        await heard(broker, lambda _update: True)
        may_answer.set()
        await socket.send_str(event(order_id="last", status="rejected"))
        updates = await heard(broker, is_status(OrderStatus.REJECTED))
        assert [update.order.broker_id for update in updates] == ["last"]


async def test_garbage_and_other_kinds_do_not_end_the_stream(server: Upstox, monkeypatch: pytest.MonkeyPatch) -> None:
    reported: list[str] = []
    monkeypatch.setattr(
        "terminal_app.brokers.socket.Socket._report", lambda _self, _kind, error: reported.append(str(error))
    )
    async with opened(server) as broker:
        socket = await connected(server, broker)
        junk = ("{", "[]", "null", '{"update_type":"surprise"}', event(status="surprise"), '{"a":1e999999999}')
        for one in (*junk, '{"update_type":"position"}', '{"update_type":"gtt_order"}', '{"update_type":"holding"}'):
            await socket.send_str(one)
        await socket.send_str(event(status="rejected"))
        await heard(broker, is_status(OrderStatus.REJECTED))
    assert len(reported) == len(junk)
    assert "surprise" in reported[3]


async def test_a_change_is_sent_at_once_while_the_stream_is_heard(server: Upstox) -> None:
    server.ok("PUT", MODIFY, {"order_id": ID})
    async with opened(server) as broker:
        socket = await connected(server, broker)
        await socket.send_str(event(price=1200.5))
        await heard(broker, lambda _update: True)
        await broker.execution.modify(OrderRef(ID, RELIANCE), OrderChange(quantity=12))
        assert server.requests(MODIFY)[0].json["price"] == 1200.5
    assert server.requests(DETAILS) == []


async def test_a_refused_stream_is_told_to_the_reader(server: Upstox) -> None:
    server.refuses_sockets = 403
    async with opened(server) as broker:
        await broker.profile()
        with pytest.raises(NotPermitted, match="no order updates"):
            await heard(broker, lambda _update: True)


async def test_logging_out_closes_the_stream_and_logging_in_opens_it_again(server: Upstox) -> None:
    server.ok("DELETE", "/v2/logout", data=True)
    async with opened(server) as broker:
        await connected(server, broker)
        await broker.logout()
        assert not broker.order_updates.is_hearing
        broker._use({"access_token": "token-2"})
        await connected(server, broker)
        await until(lambda: broker.order_updates.is_hearing)
    assert [sent.headers["Authorization"] for sent in server.requests(AUTHORIZE)] == [
        "Bearer token-1",
        "Bearer token-2",
    ]


async def test_a_closed_stream_ends_its_reader(server: Upstox) -> None:
    async with opened(server) as broker:
        await connected(server, broker)
        waiting = asyncio.ensure_future(heard(broker, lambda _update: False))
        await asyncio.sleep(0)
        await broker.aclose()
        assert await waiting == []
