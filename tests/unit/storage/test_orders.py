"""The order repository keeps every digit, every hop, and each fill once."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from terminal_app.domain.clock import at_ist
from terminal_app.domain.enums import OrderStatus
from terminal_app.domain.errors import Move, StorageError
from terminal_app.domain.ids import ClientOrderId
from terminal_app.domain.order import OrderEventKind
from terminal_app.storage.database import Database
from terminal_app.storage.orders import OrderRepository
from tests.helpers.storage_samples import ACCOUNT, BOOK, MORNING, OTHER, SHARE, event, fill, order, request

LONG_AGO = at_ist(2026, 1, 1)


@pytest.fixture
def orders(database: Database) -> OrderRepository:
    return OrderRepository(database, BOOK)


async def test_an_intent_comes_back_as_it_was(orders: OrderRepository) -> None:
    intent = order(status=OrderStatus.INTENDED)
    await orders.add_intent(ACCOUNT, intent, event())
    assert (await orders.load(ACCOUNT, LONG_AGO)).orders == [intent]
    assert await orders.events(ClientOrderId("c-1")) == [event()]


@pytest.mark.parametrize(
    "price",
    ["0.05", "118.4000", "99999999999999999999.123456789", "0.0000000000000000000000000001", "-12.5", "0", "1E+3"],
)
async def test_prices_keep_every_digit(orders: OrderRepository, price: str) -> None:
    saved = order(request=request(limit_price=Decimal(price)), average_price=Decimal(price))
    await orders.save(ACCOUNT, saved)
    (loaded,) = (await orders.load(ACCOUNT, LONG_AGO)).orders
    assert loaded.request.limit_price == Decimal(price)
    assert loaded.average_price is not None
    assert format(loaded.average_price, "f") == format(Decimal(price), "f")


async def test_empty_fields_stay_empty(orders: OrderRepository) -> None:
    plain = order(
        client_id=None,
        broker_id="b-9",
        request=request(limit_price=None, trigger_price=None, market_protection=None, instrument=SHARE),
        average_price=None,
        reason="",
    )
    await orders.save(ACCOUNT, plain)
    assert (await orders.load(ACCOUNT, LONG_AGO)).orders == [plain]


async def test_a_later_state_takes_the_place_of_the_earlier(orders: OrderRepository) -> None:
    await orders.add_intent(ACCOUNT, order(status=OrderStatus.INTENDED), event())
    filled = order(broker_id="b-1", status=OrderStatus.FILLED, filled_quantity=150)
    hop = event(kind=OrderEventKind.FILLED, text="150 at 118.40")
    await orders.save(ACCOUNT, filled, [hop], [fill()])
    saved = await orders.load(ACCOUNT, LONG_AGO)
    assert (saved.orders, saved.fills) == ([filled], [fill()])
    assert await orders.events(ClientOrderId("c-1")) == [event(), hop]


async def test_an_id_is_used_once(orders: OrderRepository) -> None:
    await orders.add_intent(ACCOUNT, order(reason="first"), event())
    with pytest.raises(StorageError):
        await orders.add_intent(ACCOUNT, order(reason="second"), event())
    (kept,) = (await orders.load(ACCOUNT, LONG_AGO)).orders
    assert kept.reason == "first"
    assert len(await orders.events(ClientOrderId("c-1"))) == 1


async def test_a_fill_counts_once_however_often_it_is_saved(orders: OrderRepository) -> None:
    twice = [fill(), fill(), fill("t-2")]
    await orders.save(ACCOUNT, order(broker_id="b-1"), (), twice)
    await orders.save(ACCOUNT, order(broker_id="b-1"), (), twice)
    assert (await orders.load(ACCOUNT, LONG_AGO)).fills == [fill(), fill("t-2")]


async def test_the_same_trade_id_on_another_day_or_order_is_another_fill(orders: OrderRepository) -> None:
    # 18:31 UTC is the next day in India.
    late = fill(filled_at=datetime(2026, 11, 23, 18, 31, tzinfo=MORNING.tzinfo))
    fills = [fill(), fill(broker_id="b-2"), late]
    await orders.save(ACCOUNT, order(broker_id="b-1"), (), fills)
    assert (await orders.load(ACCOUNT, LONG_AGO)).fills == fills


async def test_accounts_and_books_do_not_see_each_other(database: Database) -> None:
    books = [OrderRepository(database, book) for book in ("live", "practice", "replay:day")]
    for number, book in enumerate(books):
        for account in (ACCOUNT, OTHER):
            await book.add_intent(account, order(client_id=f"c-{number}-{account}"), event(f"c-{number}-{account}"))
            await book.save(account, order(client_id=f"c-{number}-{account}"), (), [fill()])
    for number, book in enumerate(books):
        for account in (ACCOUNT, OTHER):
            saved = await book.load(account, LONG_AGO)
            assert [one.client_id for one in saved.orders] == [f"c-{number}-{account}"]
            assert saved.fills == [fill()]
            assert len(await book.events(ClientOrderId(f"c-{number}-{account}"))) == 1
    assert await books[0].events(ClientOrderId(f"c-1-{ACCOUNT}")) == []


async def test_load_gives_recent_orders_and_those_that_are_not_closed(orders: OrderRepository) -> None:
    since = at_ist(2026, 11, 23)
    before = since - timedelta(microseconds=1)
    for status in OrderStatus:
        await orders.save(ACCOUNT, order(f"old-{status}", status=status, updated_at=before))
    await orders.save(ACCOUNT, order("new", status=OrderStatus.FILLED, updated_at=since))
    await orders.save(ACCOUNT, order("new", status=OrderStatus.FILLED, updated_at=since), (), [fill(filled_at=before)])
    saved = await orders.load(ACCOUNT, since)
    expected = {"new"} | {f"old-{status}" for status in OrderStatus if status.is_open or status.is_in_flight}
    assert {one.client_id for one in saved.orders} == expected
    assert saved.fills == []


async def test_orders_come_in_the_order_they_were_placed(orders: OrderRepository) -> None:
    for name, seconds in (("third", 2), ("first", 0), ("second", 1)):
        await orders.save(ACCOUNT, order(name, placed_at=MORNING + timedelta(seconds=seconds)))
    saved = await orders.load(ACCOUNT, LONG_AGO)
    assert [one.client_id for one in saved.orders] == ["first", "second", "third"]


async def test_an_order_seen_under_the_brokers_id_becomes_ours(orders: OrderRepository) -> None:
    await orders.save(ACCOUNT, order(client_id=None, broker_id="b-1"))
    await orders.save(ACCOUNT, order(client_id=None, broker_id="b-2"))
    await orders.save(ACCOUNT, order(client_id="c-1", broker_id="b-1"), [event()])
    saved = await orders.load(ACCOUNT, LONG_AGO)
    assert {(one.client_id, one.broker_id) for one in saved.orders} == {("c-1", "b-1"), (None, "b-2")}


async def test_a_brokers_id_may_come_again_on_another_day(orders: OrderRepository) -> None:
    today = order(client_id=None, broker_id="b-1")
    tomorrow = order(client_id=None, broker_id="b-1", placed_at=MORNING + timedelta(days=1))
    await orders.save(ACCOUNT, today)
    await orders.save(ACCOUNT, tomorrow)
    assert (await orders.load(ACCOUNT, LONG_AGO)).orders == [today, tomorrow]


async def test_an_order_without_any_id_is_a_fault_of_the_caller(orders: OrderRepository) -> None:
    with pytest.raises(ValueError, match="our id or the broker's"):
        await orders.save(ACCOUNT, order(client_id=None, broker_id=None))


async def test_an_event_needs_its_order(orders: OrderRepository) -> None:
    with pytest.raises(StorageError):
        await orders.save(ACCOUNT, order("c-1"), [event("c-2")])
    assert (await orders.load(ACCOUNT, LONG_AGO)).orders == []


async def test_times_of_other_zones_come_back_as_the_same_moment(orders: OrderRepository) -> None:
    ist = timezone(timedelta(hours=5, minutes=30))
    await orders.save(ACCOUNT, order(placed_at=datetime(2026, 11, 23, 9, 15, 0, 7, tzinfo=ist)))
    (loaded,) = (await orders.load(ACCOUNT, LONG_AGO)).orders
    assert loaded.placed_at == at_ist(2026, 11, 23, 9, 15) + timedelta(microseconds=7)
    assert loaded.placed_at.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    "bad",
    [
        {"placed_at": datetime(2026, 11, 23, 9, 15)},  # noqa: DTZ001 - the fault that is tested
        {"average_price": 118.4},
        {"average_price": Decimal("NaN")},
    ],
)
async def test_what_is_not_exact_is_refused_and_leaves_nothing(orders: OrderRepository, bad: dict[str, Any]) -> None:
    with pytest.raises(StorageError) as raised:
        await orders.save(ACCOUNT, order(**bad))
    assert raised.value.move is Move.DEVELOPER
    assert (await orders.load(ACCOUNT, LONG_AGO)).orders == []
