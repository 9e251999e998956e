"""Databases for the storage tests: the same tests run on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from terminal_app.storage.database import Database


@pytest.fixture
def sqlite_file(tmp_path: Path) -> Path:
    return tmp_path / "data" / "bhav.db"


@pytest.fixture
def sqlite_url(sqlite_file: Path) -> str:
    return f"sqlite:///{sqlite_file}"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest) -> str:
    """An empty database of either kind."""
    address: str = request.getfixturevalue(f"{request.param}_url")
    return address


@pytest.fixture
def backups(tmp_path: Path) -> Path:
    return tmp_path / "backups"


@pytest.fixture
async def database(url: str, backups: Path) -> AsyncIterator[Database]:
    opened = await Database.open(url, backups=backups)
    yield opened
    await opened.aclose()


@pytest.fixture
async def sqlite_database(sqlite_url: str, backups: Path) -> AsyncIterator[Database]:
    opened = await Database.open(sqlite_url, backups=backups, lock_timeout_s=0.05)
    yield opened
    await opened.aclose()
