"""Faults of the machine, made for real: one clear sentence each, nothing half written, and all is well when the cause is gone."""

from __future__ import annotations

import asyncio
import re
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert, make_url, select, text

from terminal_app.domain.errors import Move, StorageError
from terminal_app.storage.database import Database
from terminal_app.storage.orders import OrderRepository
from terminal_app.storage.tables import PAPER_STATES
from tests.helpers.folders import REPOSITORY
from tests.helpers.postgres import PostgresServer
from tests.helpers.storage_samples import ACCOUNT, BOOK, MORNING, event, order


def put(connection: Connection, name: str, size: int = 1) -> None:
    connection.execute(insert(PAPER_STATES).values(book=name, account="a", document="x" * size))


def names(connection: Connection) -> list[str]:
    return sorted(connection.execute(select(PAPER_STATES.c.book)).scalars())


def assert_is_one_for_the_user(error: StorageError, place: str) -> None:
    """One line of plain words that names the place."""
    assert place in error.message
    assert "\n" not in error.message
    assert not re.search(r"Traceback|sqlite3|psycopg|sqlalchemy|Error\b|SELECT|INSERT", error.message)
    assert len(error.message) < 240 + len(place)


async def refused(database: Database, work: Callable[[Connection], object], words: str) -> StorageError:
    with pytest.raises(StorageError, match=words) as raised:
        await database.run(work, durable=True)
    return raised.value


async def test_a_full_disk_refuses_and_leaves_nothing_until_there_is_room(
    sqlite_database: Database, sqlite_file: Path
) -> None:
    def limit(connection: Connection, pages: int = 0) -> None:
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages or 2**30}")

    await sqlite_database.read(lambda connection: limit(connection, 1))  # no page more than there are
    error = await refused(sqlite_database, lambda c: put(c, "big", 100_000), "The disk is full")
    assert error.message == (
        f"The disk is full: the database {sqlite_file} cannot grow. Orders are refused until there is room."
    )
    assert error.move is Move.MACHINE
    assert await sqlite_database.read(names) == []
    await sqlite_database.read(limit)
    await sqlite_database.run(lambda c: put(c, "big", 100_000))
    assert await sqlite_database.read(names) == ["big"]


async def test_an_intent_is_refused_whole_when_the_disk_is_full(sqlite_database: Database) -> None:
    orders = OrderRepository(sqlite_database, BOOK)
    await sqlite_database.read(lambda c: c.exec_driver_sql("PRAGMA max_page_count=1").scalar())
    with pytest.raises(StorageError, match="The disk is full"):
        await orders.add_intent(ACCOUNT, order(), event(text="x" * 100_000))
    saved = await orders.load(ACCOUNT, MORNING)
    assert (saved.orders, saved.fills) == ([], [])


async def test_a_lock_of_another_program_refuses_writes_until_it_lets_go(
    sqlite_database: Database, sqlite_file: Path
) -> None:
    with closing(sqlite3.connect(sqlite_file, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        error = await refused(sqlite_database, lambda c: put(c, "x"), r"Another program keeps the database .* locked")
        assert_is_one_for_the_user(error, str(sqlite_file))
        assert await sqlite_database.read(names) == []
        other.execute("ROLLBACK")
    await sqlite_database.run(lambda c: put(c, "x"))
    assert await sqlite_database.read(names) == ["x"]


async def test_all_of_a_group_hear_of_the_lock(sqlite_database: Database, sqlite_file: Path) -> None:
    with closing(sqlite3.connect(sqlite_file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        works = [sqlite_database.run(lambda c, n=n: put(c, f"{n}")) for n in range(5)]  # type: ignore[misc]
        results = await asyncio.gather(*works, return_exceptions=True)
        other.execute("ROLLBACK")
    assert [type(result) for result in results] == [StorageError] * 5


@pytest.mark.parametrize("start", [b"this is a letter, not a database, and long enough to be taken for one. " * 20])
async def test_a_file_that_is_no_database_is_left_as_it_is(sqlite_file: Path, sqlite_url: str, start: bytes) -> None:
    write(sqlite_file, start)
    with pytest.raises(StorageError, match="is damaged or is not a database") as raised:
        await Database.open(sqlite_url, backups=None)
    assert_is_one_for_the_user(raised.value, str(sqlite_file))
    assert read(sqlite_file) == start


async def test_a_damaged_database_is_told(sqlite_file: Path, sqlite_url: str) -> None:
    database = await Database.open(sqlite_url, backups=None)
    for number in range(50):
        await database.run(lambda c, n=number: put(c, f"{n}", 2000))  # type: ignore[misc]
    await database.aclose()
    whole = read(sqlite_file)
    write(sqlite_file, whole[: len(whole) // 2] + b"\xff" * (len(whole) - len(whole) // 2))
    database = await Database.open(sqlite_url, backups=None)
    with pytest.raises(StorageError, match="is damaged") as raised:
        await database.read(lambda c: c.execute(select(PAPER_STATES)).all())
    assert_is_one_for_the_user(raised.value, str(sqlite_file))
    await database.aclose()


async def test_a_file_that_vanished_is_not_replaced_by_an_empty_one(sqlite_file: Path, sqlite_url: str) -> None:
    def break_connection(connection: Connection) -> None:
        raise sqlite_failure(sqlite_file.with_name("garbage"))

    database = await Database.open(sqlite_url, backups=None)
    await refused(database, break_connection, "is damaged")
    elsewhere = sqlite_file.with_name("elsewhere.db")
    move(sqlite_file, elsewhere)
    error = await refused(database, lambda c: put(c, "x"), "is gone: put the file back")
    assert_is_one_for_the_user(error, str(sqlite_file))
    move(elsewhere, sqlite_file)
    await database.run(lambda c: put(c, "x"))
    assert await database.read(names) == ["x"]
    await database.aclose()


async def test_a_folder_that_cannot_be_made_is_told_and_tried_again(tmp_path: Path) -> None:
    in_the_way = tmp_path / "data"
    write(in_the_way, b"")
    file = in_the_way / "bhav.db"
    database = Database(f"sqlite:///{file}", backups=None)
    with pytest.raises(StorageError, match="check that this user may write to its folder") as raised:
        await database.prepare()
    assert_is_one_for_the_user(raised.value, str(file))
    await asyncio.to_thread(in_the_way.unlink)
    await database.run(lambda c: put(c, "x"))
    await database.aclose()


def write(file: Path, data: bytes) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(data)


def move(file: Path, target: Path) -> None:
    file.rename(target)


def sqlite_failure(garbage: Path) -> sqlite3.Error:
    """What SQLite raises at a file that is none of its own, after which a connection is not to be trusted."""
    garbage.write_bytes(b"garbage" * 1000)
    with closing(sqlite3.connect(garbage)) as connection, pytest.raises(sqlite3.DatabaseError) as raised:
        connection.execute("SELECT * FROM sqlite_master")
    return raised.value


def read(file: Path) -> bytes:
    return file.read_bytes()


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user can reach, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp(prefix="bhav-storage-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


AS_NOBODY = """
import asyncio, importlib, os, resource, sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from terminal_app.domain.errors import StorageError
from terminal_app.storage import link, sql
from terminal_app.storage.clock import ClockRepository
from terminal_app.storage.database import Database
from tests.helpers.storage_samples import BOOK, MORNING
import alembic.command, alembic.config
sql.load()

def become_nobody():
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)

async def attempt(step):
    try:
        print("OK", await step)
    except StorageError as error:
        print("REFUSED", error.message)

async def main(url, what):
    database = Database(url, backups=None)
    clock = ClockRepository(database, BOOK)
    if what == "permissions":
        become_nobody()
    await attempt(clock.load())
    if what == "size":
        resource.setrlimit(resource.RLIMIT_FSIZE, (8192, resource.RLIM_INFINITY))
    await attempt(clock.save(MORNING))
    await attempt(database.check_writable())
    if what == "size":
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        await attempt(clock.save(MORNING))
    await database.aclose()

asyncio.run(main(sys.argv[2], sys.argv[3]))
"""


async def told_by_another_program(file: Path, what: str) -> list[str]:
    """What a program without privileges is told when it reads, writes, and checks."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-B",
        "-c",
        AS_NOBODY,
        str(REPOSITORY),
        f"sqlite:///{file}",
        what,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    told, complaints = await process.communicate()
    assert (process.returncode, complaints.decode()) == (0, "")
    return told.decode().splitlines()


async def made(file: Path) -> None:
    database = await Database.open(f"sqlite:///{file}", backups=None)
    await database.aclose()


def inside(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def allow(path: Path, mode: int) -> None:
    path.chmod(mode)


@pytest.mark.skipif(sys.platform == "win32", reason="needs Unix permissions (not Windows)")
async def test_a_read_only_file_can_be_read_and_refuses_writes(open_folder: Path) -> None:
    file = open_folder / "bhav.db"
    await made(file)
    allow(file, 0o444)
    allow(open_folder, 0o777)
    told = await told_by_another_program(file, "permissions")
    sentence = (
        f"REFUSED The database {file} is read-only. Orders are refused until this user may write it and its folder."
    )
    assert told == ["OK None", sentence, sentence]


@pytest.mark.skipif(sys.platform == "win32", reason="needs Unix permissions (not Windows)")
async def test_a_read_only_folder_is_told(open_folder: Path) -> None:
    file = open_folder / "bhav.db"
    await made(file)
    allow(file, 0o666)
    allow(open_folder, 0o555)
    told = await told_by_another_program(file, "permissions")
    sentence = (
        f"REFUSED The database {file} is read-only. Orders are refused until this user may write it and its folder."
    )
    assert told == [sentence] * 3


@pytest.mark.skipif(sys.platform == "win32", reason="needs Unix permissions (not Windows)")
async def test_an_unwritable_home_is_told(open_folder: Path) -> None:
    allow(open_folder, 0o555)
    file = open_folder / "data" / "bhav.db"
    told = await told_by_another_program(file, "permissions")
    sentence = (
        f"REFUSED The database {file} cannot be made (Permission denied): check that this user may write to its folder."
    )
    assert told == [sentence] * 3
    assert inside(open_folder) == []


@pytest.mark.skipif(sys.platform == "win32", reason="needs resource limits (not Windows)")
async def test_a_disk_that_refuses_to_write_is_told_and_used_again_when_it_can(open_folder: Path) -> None:
    file = open_folder / "bhav.db"
    told = await told_by_another_program(file, "size")
    sentence = (
        f"REFUSED The disk failed at the database {file}: it may be over its quota, faulty or gone. "
        "Orders are refused until it can be written."
    )
    assert told == ["OK None", sentence, sentence, "OK None"]


@pytest.mark.postgres
async def test_a_lost_connection_is_told_and_made_again(postgres_url: str, postgres_server: PostgresServer) -> None:
    database = await Database.open(postgres_url, backups=None)
    await database.run(lambda c: put(c, "before"))
    postgres_server.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'bhav'")
    error = await refused(
        database, lambda c: put(c, "lost"), r"The connection to the PostgreSQL database .* is lost|shutting"
    )
    assert_is_one_for_the_user(error, "PostgreSQL database “bhav_")
    await database.run(lambda c: put(c, "after"))
    assert await database.read(names) == ["after", "before"]
    await database.aclose()


@pytest.mark.postgres
async def test_a_lock_in_postgresql_is_told(postgres_url: str) -> None:
    database = await Database.open(postgres_url, backups=None, lock_timeout_s=0.05)
    other = await Database.open(postgres_url, backups=None)

    def work(connection: Connection) -> StorageError:
        connection.execute(text("LOCK TABLE paper_states"))
        return asyncio.run(refused(database, lambda c: put(c, "x"), "Another program keeps the PostgreSQL database"))

    assert_is_one_for_the_user(await other.run(work), "PostgreSQL database")
    await database.run(lambda c: put(c, "x"))
    assert await other.read(names) == ["x"]
    await database.aclose()
    await other.aclose()


@pytest.mark.postgres
async def test_a_read_only_postgresql_database_is_told(postgres_url: str, postgres_server: PostgresServer) -> None:
    name = str(make_url(postgres_url).database)
    postgres_server.run(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    with pytest.raises(StorageError, match=r"is read-only\. Orders are refused") as raised:
        await Database.open(postgres_url, backups=None)
    assert_is_one_for_the_user(raised.value, "PostgreSQL database")
    postgres_server.run(f"ALTER DATABASE {name} SET default_transaction_read_only = off")
    database = await Database.open(postgres_url, backups=None)
    await database.check_writable()
    await database.aclose()


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("53100", "The disk is full: the PostgreSQL"),
        ("53200", "has no room for another connection or is out of memory"),
        ("58030", "The disk failed at the PostgreSQL"),
        ("XX001", "its administrator has to repair it"),
        ("57P03", "is shutting down or starting"),
        ("40P01", "Another program keeps the PostgreSQL"),
        ("42501", "is read-only"),
    ],
)
async def test_what_the_server_reports_is_told_in_words(postgres_url: str, code: str, words: str) -> None:
    database = await Database.open(postgres_url, backups=None)
    statement = text(f"DO $$ BEGIN RAISE EXCEPTION 'inner words' USING ERRCODE = '{code}'; END $$")
    error = await refused(database, lambda c: c.execute(statement), words)
    assert_is_one_for_the_user(error, "PostgreSQL database")
    assert "inner words" not in error.message
    await database.run(lambda c: put(c, "x"))
    await database.aclose()


@pytest.mark.postgres
async def test_an_unknown_user_and_a_silent_server_are_told(postgres_url: str, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="refused the login"):
        await Database.open(postgres_url.replace("bhav@", "stranger@"), backups=None)
    with pytest.raises(StorageError, match=r"The connection to the PostgreSQL database “x” at .* is lost"):
        await Database.open(f"postgresql://bhav@/x?host={tmp_path}", backups=None)


async def test_a_fault_of_ours_is_named_as_one(database: Database) -> None:
    error = await refused(database, lambda c: c.execute(text("SELEKT 1")), "a fault of Bhav, the log has the details")
    assert error.move is Move.DEVELOPER
    assert "SELEKT" not in error.message
