"""Where a book's clock stands, as a row."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from sqlalchemy import Connection, select

from terminal_app.storage.sql.upsert import put
from terminal_app.storage.tables import CLOCKS


def save(connection: Connection, book: str, time: datetime) -> None:
    """Replace the book's time."""
    put(connection, CLOCKS, ("book",), {"book": book, "time": time})


def load(connection: Connection, book: str) -> datetime | None:
    """The book's time, if one was saved."""
    return cast("datetime | None", connection.execute(select(CLOCKS.c.time).where(CLOCKS.c.book == book)).scalar())
