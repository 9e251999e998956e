"""P&L points of accounts and positions."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from terminal_app.domain.clock import at_ist
from terminal_app.domain.enums import Product
from terminal_app.domain.pnl import PnlPoint, PositionPoint
from terminal_app.domain.position import PositionKey
from terminal_app.storage.database import Database
from terminal_app.storage.pnl import PnlRepository
from tests.helpers.storage_samples import ACCOUNT, BOOK, MORNING, OPTION, OTHER, SHARE

START, END = at_ist(2026, 11, 1), at_ist(2026, 12, 1)


def after(seconds: int) -> PnlPoint:
    """A point of its own for each second."""
    return PnlPoint(MORNING + timedelta(seconds=seconds), Decimal(f"-{seconds}.05"), Decimal("0.10"))


async def test_points_come_back_in_time_order_within_the_bounds(database: Database) -> None:
    pnl = PnlRepository(database, BOOK)
    for seconds in (10, 0, 5):
        point = after(seconds)
        await pnl.add(ACCOUNT, point.time, point.realised, point.unrealised, [])
    await pnl.add(OTHER, MORNING, Decimal(1), Decimal(1), [])
    assert await pnl.load(ACCOUNT, START, END) == [after(0), after(5), after(10)]
    assert await pnl.load(ACCOUNT, after(5).time, after(10).time) == [after(5)]
    assert await PnlRepository(database, "live").load(ACCOUNT, START, END) == []
    assert after(5).total == Decimal("-4.95")


async def test_positions_have_lines_of_their_own(database: Database) -> None:
    pnl = PnlRepository(database, BOOK)
    for seconds in (0, 5):
        positions = [
            (OPTION, Product.CARRY, -75 - seconds, Decimal("12.345")),
            (OPTION, Product.INTRADAY, 75, Decimal(seconds)),
        ]
        await pnl.add(ACCOUNT, after(seconds).time, Decimal(0), Decimal(0), positions)
    await pnl.add(ACCOUNT, after(10).time, Decimal(0), Decimal(0), [(SHARE, Product.DELIVERY, 1, Decimal(7))])
    assert await pnl.load_position(ACCOUNT, PositionKey(OPTION, Product.CARRY), START, END) == [
        PositionPoint(after(0).time, -75, Decimal("12.345")),
        PositionPoint(after(5).time, -80, Decimal("12.345")),
    ]
    assert await pnl.load_position(ACCOUNT, PositionKey(SHARE, Product.DELIVERY), START, END) == [
        PositionPoint(after(10).time, 1, Decimal(7))
    ]
    assert await pnl.load_position(OTHER, PositionKey(OPTION, Product.CARRY), START, END) == []
    intraday = PositionKey(OPTION, Product.INTRADAY)
    assert len(await pnl.load_position(ACCOUNT, intraday, START, after(5).time)) == 1


async def test_a_point_of_the_same_time_is_replaced(database: Database) -> None:
    pnl = PnlRepository(database, BOOK)
    for value in (Decimal(1), Decimal(2)):
        await pnl.add(ACCOUNT, MORNING, value, value, [(SHARE, Product.DELIVERY, 1, value)])
    assert await pnl.load(ACCOUNT, START, END) == [PnlPoint(MORNING, Decimal(2), Decimal(2))]
    key = PositionKey(SHARE, Product.DELIVERY)
    assert await pnl.load_position(ACCOUNT, key, START, END) == [PositionPoint(MORNING, 1, Decimal(2))]


async def test_days_gives_the_last_point_of_each_indian_day(database: Database) -> None:
    pnl = PnlRepository(database, BOOK)
    last_of_first = PnlPoint(at_ist(2026, 11, 23, 23, 59), Decimal(5), Decimal(0))
    first_of_second = PnlPoint(at_ist(2026, 11, 24, 0, 1), Decimal(6), Decimal(0))
    for point in (after(0), last_of_first, after(5), first_of_second):
        await pnl.add(ACCOUNT, point.time, point.realised, point.unrealised, [])
    assert await pnl.days(ACCOUNT, START, END) == [last_of_first, first_of_second]
    assert await pnl.days(ACCOUNT, first_of_second.time, END) == [first_of_second]
    assert await pnl.days(OTHER, START, END) == []
