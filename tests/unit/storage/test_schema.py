"""Versions: older databases are copied and migrated, newer ones left alone, interrupted migrations undone."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
import signal
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from terminal_app.domain.clock import at_ist
from terminal_app.domain.errors import Move, NewerDatabase, StorageError
from terminal_app.storage import backup
from terminal_app.storage.database import Database
from terminal_app.storage.orders import OrderRepository
from terminal_app.storage.pnl import PnlRepository
from terminal_app.storage.schema import HEAD, Schema
from terminal_app.storage.tables import METADATA
from tests.helpers.log_guard import LogGuard
from tests.helpers.storage_samples import ACCOUNT, BOOK, MORNING, event, fill, order

STORED = Path(__file__).parent / "data"
YEAR = (at_ist(2026, 1, 1), at_ist(2027, 1, 1))

NEXT_REVISION = """
import os, signal
import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = "{before}"


def upgrade():
    op.add_column("clocks", sa.Column("note{revision}", sa.Text()))
    op.execute("UPDATE clocks SET note{revision} = 'migrated'")
    {then}
"""


def contents(folder: Path) -> dict[str, str]:
    """A digest of every file but the one that SQLite's readers share as memory."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.iterdir()
        if not path.name.endswith("-shm")
    }


def copies(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.exists() else []


def versions_of(files: list[Path]) -> list[str]:
    found = []
    for file in files:
        with closing(sqlite3.connect(file)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            found.append(connection.execute("SELECT version_num FROM alembic_version").fetchone()[0])
    return found


@pytest.fixture
def later(tmp_path: Path) -> Callable[..., Schema]:
    """Makes the scripts of a later version: the real ones and as many further revisions as asked for."""
    scripts = tmp_path / "100% later scripts"
    shutil.copytree(Schema().scripts, scripts, ignore=shutil.ignore_patterns("__pycache__"))

    def make(number: int = 1, then: str = "pass") -> Schema:
        for extra in range(1, number + 1):
            revision, before = f"{int(HEAD) + extra:04}", f"{int(HEAD) + extra - 1:04}"
            source = NEXT_REVISION.format(revision=revision, before=before, then=then if extra == number else "pass")
            (scripts / "versions" / f"v{revision}_test.py").write_text(source)
        return Schema(scripts, f"{int(HEAD) + number:04}")

    return make


async def filled(url: str) -> None:
    """A database of this version with something in it."""
    database = await Database.open(url, backups=None)
    await OrderRepository(database, BOOK).save(ACCOUNT, order(broker_id="b-1"), [event()], [fill()])
    await database.run(lambda c: c.execute(text("INSERT INTO clocks (book, time) VALUES ('practice', 1)")))
    await database.aclose()


async def version_and_note(database: Database, note: str) -> tuple[str, str]:
    def work(connection: Connection) -> tuple[str, str]:
        version = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
        return str(version), str(connection.execute(text(f"SELECT note{note} FROM clocks")).scalar_one())

    return await database.read(work)


def test_the_newest_revision_is_the_one_the_program_knows() -> None:
    config = Config()
    config.set_main_option("script_location", str(Schema().scripts))
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


async def test_tables_and_migrations_agree(database: Database) -> None:
    def differences(connection: Connection) -> object:
        return compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), METADATA)

    assert await database.read(differences) == []


async def test_an_older_database_is_migrated_with_all_that_is_in_it(url: str, later: Callable[..., Schema]) -> None:
    await filled(url)
    schema = later(2)
    database = await Database.open(url, backups=None, schema=schema)
    assert await version_and_note(database, schema.head) == (schema.head, "migrated")
    saved = await OrderRepository(database, BOOK).load(ACCOUNT, YEAR[0])
    assert (saved.orders, saved.fills) == ([order(broker_id="b-1")], [fill()])
    await database.aclose()


async def test_a_complete_copy_is_kept_before_a_migration(
    sqlite_url: str, backups: Path, later: Callable[..., Schema]
) -> None:
    await filled(sqlite_url)
    database = await Database.open(sqlite_url, backups=backups, schema=later())
    await database.aclose()
    (copy,) = copies(backups)
    assert copy.name.startswith("bhav-2")
    assert copy.name.endswith(f"-v{HEAD}.db")
    assert versions_of([copy]) == [HEAD]
    restored = await Database.open(f"sqlite:///{copy}", backups=None)
    saved = await OrderRepository(restored, BOOK).load(ACCOUNT, YEAR[0])
    assert saved.orders == [order(broker_id="b-1")]
    await restored.aclose()


async def test_no_copy_is_made_of_a_new_or_a_current_database(sqlite_url: str, backups: Path) -> None:
    for _ in range(2):
        database = await Database.open(sqlite_url, backups=backups)
        await database.aclose()
    assert copies(backups) == []


async def test_only_the_last_copies_stay(sqlite_url: str, backups: Path, later: Callable[..., Schema]) -> None:
    await filled(sqlite_url)
    for number in range(1, backup.KEPT + 3):
        database = await Database.open(sqlite_url, backups=backups, schema=later(number))
        await database.aclose()
    newest = [f"{int(HEAD) + number:04}" for number in range(2, backup.KEPT + 2)]
    assert versions_of(copies(backups)) == newest


async def test_without_room_for_a_copy_nothing_is_migrated(
    sqlite_file: Path, sqlite_url: str, tmp_path: Path, later: Callable[..., Schema]
) -> None:
    await filled(sqlite_url)
    before = contents(sqlite_file.parent)
    in_the_way = tmp_path / "a file where the folder should be"
    in_the_way.touch()
    with pytest.raises(StorageError, match="no copy of it could be kept"):
        await Database.open(sqlite_url, backups=in_the_way, schema=later())
    assert versions_of([sqlite_file]) == [HEAD]
    assert contents(sqlite_file.parent) == before


async def test_a_migration_that_fails_leaves_the_older_version(
    url: str, later: Callable[..., Schema], expected_logs: LogGuard
) -> None:
    await filled(url)
    schema = later(2, then="raise RuntimeError('half way')")
    expected_logs("the migration failed")
    with pytest.raises(StorageError, match="Nothing was changed"):
        await Database.open(url, backups=None, schema=schema)
    database = await Database.open(url, backups=None)
    columns = await database.read(lambda c: c.execute(text("SELECT * FROM clocks")).keys())
    assert list(columns) == ["book", "time"]
    await database.aclose()


async def test_a_migration_that_is_killed_leaves_the_older_version(
    sqlite_file: Path, sqlite_url: str, backups: Path, later: Callable[..., Schema]
) -> None:
    await filled(sqlite_url)
    schema = later(2, then="os.kill(os.getpid(), signal.SIGKILL)")
    code = (
        "import asyncio, sys\n"
        "from pathlib import Path\n"
        "from terminal_app.storage.database import Database\n"
        "from terminal_app.storage.schema import Schema\n"
        "url, backups, scripts, head = sys.argv[1:]\n"
        "asyncio.run(Database.open(url, backups=Path(backups), schema=Schema(Path(scripts), head)))\n"
    )
    arguments = [sqlite_url, str(backups), str(schema.scripts), schema.head]
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, *arguments)
    assert await process.wait() == -signal.SIGKILL
    assert versions_of([sqlite_file, *copies(backups)]) == [HEAD, HEAD]
    database = await Database.open(sqlite_url, backups=backups, schema=later(2))
    assert await version_and_note(database, schema.head) == (schema.head, "migrated")
    await database.aclose()


async def test_a_newer_database_is_refused_and_left_byte_for_byte(
    sqlite_file: Path, sqlite_url: str, backups: Path, later: Callable[..., Schema]
) -> None:
    await filled(sqlite_url)
    newer = await Database.open(sqlite_url, backups=None, schema=later(2))
    await newer.aclose()
    before = contents(sqlite_file.parent)
    for read_only in (False, True):
        with pytest.raises(NewerDatabase, match=r"newer Bhav.*left untouched") as raised:
            await Database.open(sqlite_url, backups=backups, read_only=read_only)
        assert raised.value.move is Move.USER
    assert contents(sqlite_file.parent) == before
    assert copies(backups) == []


async def test_a_newer_database_whose_program_was_killed_is_left_byte_for_byte(
    sqlite_file: Path, sqlite_url: str, later: Callable[..., Schema]
) -> None:
    await filled(sqlite_url)
    newer = await Database.open(sqlite_url, backups=None, schema=later())
    # As a kill leaves it: the migration is in the log beside the file only.
    killed = sqlite_file.parent.with_name("killed")
    shutil.copytree(sqlite_file.parent, killed)
    await newer.aclose()
    before = contents(killed)
    assert before["bhav.db-wal"] != hashlib.sha256(b"").hexdigest()
    with pytest.raises(NewerDatabase):
        await Database.open(f"sqlite:///{killed / 'bhav.db'}", backups=None)
    assert contents(killed) == before


@pytest.mark.postgres
async def test_a_newer_postgresql_database_is_refused(postgres_url: str, later: Callable[..., Schema]) -> None:
    newer = await Database.open(postgres_url, backups=None, schema=later())
    await newer.aclose()
    with pytest.raises(NewerDatabase, match=r"PostgreSQL database .* was written by a newer Bhav"):
        await Database.open(postgres_url, backups=None)


async def test_a_version_that_is_none_of_ours_is_refused(url: str) -> None:
    database = await Database.open(url, backups=None)
    await database.run(lambda c: c.execute(text("UPDATE alembic_version SET version_num = 'beef'")))
    await database.aclose()
    with pytest.raises(StorageError, match="“beef”, which is not one of Bhav's"):
        await Database.open(url, backups=None)


async def test_another_programs_database_is_left_byte_for_byte(sqlite_file: Path, sqlite_url: str) -> None:
    sqlite_file.parent.mkdir()
    with closing(sqlite3.connect(sqlite_file)) as connection:
        connection.execute("CREATE TABLE recipes (name)")
    before = contents(sqlite_file.parent)
    with pytest.raises(StorageError, match="of another program"):
        await Database.open(sqlite_url, backups=None)
    assert contents(sqlite_file.parent) == before


@pytest.fixture(params=sorted(STORED.glob("version_*.sql")), ids=lambda path: path.stem)
def stored(request: pytest.FixtureRequest, sqlite_file: Path) -> None:
    """A database as that version left it, with an order, a fill, and points of P&L."""
    sqlite_file.parent.mkdir()
    with closing(sqlite3.connect(sqlite_file)) as connection:
        connection.executescript(request.param.read_text(encoding="utf-8"))


@pytest.mark.usefixtures("stored")
async def test_databases_of_every_version_still_open(sqlite_url: str) -> None:
    database = await Database.open(sqlite_url, backups=None)
    saved = await OrderRepository(database, BOOK).load(ACCOUNT, YEAR[0])
    assert (saved.orders, saved.fills) == ([order(broker_id="b-1")], [fill()])
    assert (await PnlRepository(database, BOOK).load(ACCOUNT, *YEAR))[0].time == MORNING
    await database.aclose()


def test_a_database_of_this_version_is_kept_for_the_versions_to_come() -> None:
    assert (STORED / f"version_{HEAD}.sql").exists()
