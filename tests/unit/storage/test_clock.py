"""A book remembers where its clock stands."""

from __future__ import annotations

from datetime import timedelta

from terminal_app.storage.clock import ClockRepository
from terminal_app.storage.database import Database
from terminal_app.storage.orders import OrderRepository
from tests.helpers.storage_samples import ACCOUNT, BOOK, MORNING, order


async def test_the_time_comes_back_to_the_microsecond_and_per_book(database: Database) -> None:
    clock = ClockRepository(database, BOOK)
    assert await clock.load() is None
    await clock.save(MORNING)
    await clock.save(MORNING + timedelta(microseconds=1))
    assert await clock.load() == MORNING + timedelta(microseconds=1)
    assert await ClockRepository(database, "replay:day").load() is None


async def test_the_youngest_order_is_known_beside_the_saved_time(database: Database) -> None:
    clock = ClockRepository(database, BOOK)
    await clock.save(MORNING)
    late = order(updated_at=MORNING + timedelta(seconds=3))
    await OrderRepository(database, BOOK).save(ACCOUNT, late)
    assert (await clock.load(), await clock.latest()) == (MORNING, MORNING + timedelta(seconds=3))
    assert await ClockRepository(database, "replay:day").latest() is None
