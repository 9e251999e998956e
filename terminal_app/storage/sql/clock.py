"""Where a book's clock stands, as a row."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from sqlalchemy import Connection, func, select

from terminal_app.storage.sql.upsert import put
from terminal_app.storage.tables import CLOCKS, FILLS, ORDERS


def save(connection: Connection, book: str, time: datetime) -> None:
    """Replace the book's time."""
    put(connection, CLOCKS, ("book",), {"book": book, "time": time})


def load(connection: Connection, book: str) -> datetime | None:
    """The book's time, if one was saved."""
    return cast("datetime | None", connection.execute(select(CLOCKS.c.time).where(CLOCKS.c.book == book)).scalar())


def latest(connection: Connection, book: str) -> datetime | None:
    """The youngest order's or fill's time; the clock is saved every few seconds only, so they can be after it."""
    questions = (
        select(func.max(ORDERS.c.updated_at)).where(ORDERS.c.book == book),
        select(func.max(FILLS.c.filled_at)).where(FILLS.c.book == book),
    )
    known = [cast("datetime | None", connection.execute(question).scalar()) for question in questions]
    return max((time for time in known if time is not None), default=None)
