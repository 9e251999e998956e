"""Notices as rows."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, select

from terminal_app.domain.ids import AccountId
from terminal_app.domain.messages import Notice
from terminal_app.storage.tables import NOTICES

KEPT = 10_000
"""How many notices stay; the Log shows no more."""


def add(connection: Connection, notice: Notice) -> None:
    """Keep a notice, and drop what is older than the newest ``KEPT``."""
    added = connection.execute(
        insert(NOTICES).values(
            level=notice.level,
            title=notice.title,
            text=notice.text,
            time=notice.time,
            topic=notice.topic,
            account=notice.account,
        )
    )
    key = added.inserted_primary_key
    assert key is not None
    connection.execute(delete(NOTICES).where(NOTICES.c.id <= key.id - KEPT))


def recent(connection: Connection, limit: int) -> list[Notice]:
    """The newest first."""
    rows = connection.execute(select(NOTICES).order_by(NOTICES.c.id.desc()).limit(limit))
    return [
        Notice(
            level=row.level,
            title=row.title,
            text=row.text,
            time=row.time,
            topic=row.topic,
            account=None if row.account is None else AccountId(row.account),
        )
        for row in rows
    ]
