"""Notices outlive a restart, the newest first, and do not grow for ever."""

from __future__ import annotations

import pytest

from terminal_app.domain.messages import Notice, NoticeLevel
from terminal_app.storage.database import Database
from terminal_app.storage.notices import NoticeRepository
from terminal_app.storage.sql import notices as sql
from tests.helpers.storage_samples import ACCOUNT, MORNING


def notice(number: int) -> Notice:
    """A notice of its own for each number."""
    account = ACCOUNT if number % 2 else None
    return Notice(NoticeLevel.FAILED, f"title {number}", "what it means", MORNING, "orders", account)


async def test_the_newest_come_first(database: Database) -> None:
    notices = NoticeRepository(database)
    for number in range(5):
        await notices.add(notice(number))
    assert await notices.recent(3) == [notice(4), notice(3), notice(2)]


async def test_only_so_many_are_kept(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sql, "KEPT", 3)
    notices = NoticeRepository(database)
    for number in range(5):
        await notices.add(notice(number))
    assert await notices.recent(100) == [notice(4), notice(3), notice(2)]
