"""Carried positions as rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import Connection, delete, insert, select

from terminal_app.domain.ids import AccountId
from terminal_app.domain.position import Position
from terminal_app.storage.tables import CARRIED_DAYS, CARRIED_POSITIONS

_FIELDS = Position.__struct_fields__


def save_carried(
    connection: Connection, book: str, account: AccountId, day: date, positions: Sequence[Position]
) -> None:
    """Replace what the day began with."""
    connection.execute(
        delete(CARRIED_DAYS).where(
            CARRIED_DAYS.c.book == book, CARRIED_DAYS.c.account == account, CARRIED_DAYS.c.day == day
        )
    )
    added = connection.execute(insert(CARRIED_DAYS).values(book=book, account=account, day=day))
    key = added.inserted_primary_key
    assert key is not None
    if positions:
        rows = [{"carried_day": key.id} | {name: getattr(position, name) for name in _FIELDS} for position in positions]
        connection.execute(insert(CARRIED_POSITIONS), rows)


def load_carried(connection: Connection, book: str, account: AccountId, day: date) -> list[Position] | None:
    """What the day began with; None where nothing was saved."""
    saved = connection.execute(
        select(CARRIED_DAYS.c.id).where(
            CARRIED_DAYS.c.book == book, CARRIED_DAYS.c.account == account, CARRIED_DAYS.c.day == day
        )
    ).scalar()
    if saved is None:
        return None
    rows = connection.execute(
        select(*(CARRIED_POSITIONS.c[name] for name in _FIELDS))
        .where(CARRIED_POSITIONS.c.carried_day == saved)
        .order_by(CARRIED_POSITIONS.c.id)
    )
    return [Position(**row._mapping) for row in rows]
