"""Carried positions: what a day began with, nothing, or not known."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from terminal_app.domain.enums import Product
from terminal_app.domain.position import Position
from terminal_app.storage.database import Database
from terminal_app.storage.positions import PositionRepository
from tests.helpers.storage_samples import ACCOUNT, BOOK, OPTION, OTHER, SHARE

DAY = date(2026, 11, 23)
SHORT = Position(
    OPTION,
    Product.CARRY,
    quantity=-150,
    average_price=Decimal("118.43333333333333333333333333"),
    realised_pnl=Decimal("-12.50"),
    buy_quantity=1,
    buy_value=Decimal("2.5"),
    sell_quantity=3,
    sell_value=Decimal("4.75"),
    carried_quantity=-150,
    carried_price=Decimal("120.05"),
    multiplier=Decimal("0.25"),
)
LONG = Position(SHARE, Product.DELIVERY, quantity=10, average_price=Decimal("1500"))


async def test_positions_come_back_with_every_field_in_their_order(database: Database) -> None:
    positions = PositionRepository(database, BOOK)
    await positions.save_carried(ACCOUNT, DAY, [SHORT, LONG])
    assert await positions.load_carried(ACCOUNT, DAY) == [SHORT, LONG]


async def test_a_day_that_began_flat_is_not_a_day_that_was_not_saved(database: Database) -> None:
    positions = PositionRepository(database, BOOK)
    await positions.save_carried(ACCOUNT, DAY, [])
    assert await positions.load_carried(ACCOUNT, DAY) == []
    assert await positions.load_carried(ACCOUNT, date(2026, 11, 24)) is None
    assert await positions.load_carried(OTHER, DAY) is None
    assert await PositionRepository(database, "live").load_carried(ACCOUNT, DAY) is None


async def test_saving_a_day_again_replaces_that_day_alone(database: Database) -> None:
    positions = PositionRepository(database, BOOK)
    await positions.save_carried(ACCOUNT, DAY, [SHORT, LONG])
    await positions.save_carried(OTHER, DAY, [LONG])
    await positions.save_carried(ACCOUNT, DAY, [LONG])
    assert await positions.load_carried(ACCOUNT, DAY) == [LONG]
    assert await positions.load_carried(OTHER, DAY) == [LONG]
