"""The storage thread: order, groups, failing neighbours, closing, and what it does not import."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert, select, text

from terminal_app.domain.errors import ConfigError, StorageError
from terminal_app.storage.database import Database
from terminal_app.storage.tables import PAPER_STATES
from tests.helpers.async_tests import until


def put(connection: Connection, name: str) -> str:
    connection.execute(insert(PAPER_STATES).values(book=name, account="a", document=name))
    return name


def names(connection: Connection) -> list[str]:
    return sorted(connection.execute(select(PAPER_STATES.c.book)).scalars())


def permissions(folder: Path) -> dict[str, str]:
    return {path.name: oct(path.stat().st_mode & 0o777) for path in folder.iterdir()}


def test_importing_storage_imports_no_sqlalchemy() -> None:
    modules = ("database", "orders", "positions", "pnl", "notices", "paper", "clock", "exports")
    code = "import sys\n" + "".join(f"import terminal_app.storage.{name}\n" for name in modules)
    code += "print([name for name in ('sqlalchemy', 'alembic', 'sqlite3', 'psycopg') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_opening_an_up_to_date_database_imports_no_alembic(sqlite_url: str) -> None:
    code = (
        "import asyncio, sys\n"
        "from terminal_app.storage.database import Database\n"
        "async def main():\n"
        "    database = await Database.open(sys.argv[1], backups=None)\n"
        "    await database.aclose()\n"
        "asyncio.run(main())\n"
        "print('alembic' in sys.modules)"
    )
    told = [
        subprocess.run([sys.executable, "-c", code, sqlite_url], capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    ]
    assert told == ["True\n", "False\n"]


async def test_work_runs_in_one_thread_that_ends_with_the_database(url: str, backups: Path) -> None:
    database = await Database.open(url, backups=backups)
    threads = await asyncio.gather(*(database.run(lambda connection: threading.current_thread()) for _ in range(5)))
    threads += [await database.read(lambda connection: threading.current_thread())]
    assert len(set(threads)) == 1
    assert threads[0] is not threading.main_thread()
    await database.aclose()
    assert not threads[0].is_alive()


async def test_results_belong_to_their_callers(database: Database) -> None:
    wanted = [f"n{number:03}" for number in range(300)]

    def work(name: str, durable: bool) -> asyncio.Future[str]:
        return asyncio.ensure_future(database.run(lambda connection: put(connection, name), durable=durable))

    assert await asyncio.gather(*(work(name, number % 7 == 0) for number, name in enumerate(wanted))) == wanted
    assert await database.read(names) == wanted


async def test_neighbours_share_a_transaction(sqlite_database: Database) -> None:
    def work(connection: Connection) -> object:
        return connection.get_transaction()

    holding = threading.Event()
    first = asyncio.ensure_future(sqlite_database.run(lambda connection: holding.wait(5)))
    await asyncio.sleep(0)
    others = [asyncio.ensure_future(sqlite_database.run(work, durable=True)) for _ in range(20)]
    await asyncio.sleep(0)
    holding.set()
    assert await first
    assert len(set(await asyncio.gather(*others))) == 1


@pytest.mark.parametrize("durable", [False, True])
async def test_a_failing_unit_does_not_take_its_neighbours_down(database: Database, durable: bool) -> None:
    class Odd(Exception):
        pass

    def fail(connection: Connection) -> None:
        put(connection, "half")
        raise Odd

    def break_sql(connection: Connection) -> None:
        put(connection, "other-half")
        connection.execute(text("INSERT INTO no_such_table VALUES (1)"))

    holding = threading.Event()
    blocker = asyncio.ensure_future(database.run(lambda connection: holding.wait(5)))
    works = [
        lambda c: put(c, "a"),
        fail,
        lambda c: put(c, "b"),
        break_sql,
        lambda c: put(c, "a"),
        lambda c: put(c, "c"),
    ]
    tasks = [asyncio.ensure_future(database.run(work, durable=durable)) for work in works]
    await asyncio.sleep(0)
    holding.set()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(result) for result in results] == [str, Odd, str, StorageError, StorageError, str]
    assert await database.read(names) == ["a", "b", "c"]
    assert await blocker


async def test_reads_leave_nothing_behind(database: Database) -> None:
    with suppress(StorageError):  # PostgreSQL refuses it, SQLite takes it back
        await database.read(lambda connection: put(connection, "written by a read"))
    assert await database.read(names) == []


async def test_a_unit_whose_caller_was_cancelled_is_written(database: Database) -> None:
    task = asyncio.ensure_future(database.run(lambda connection: put(connection, "kept")))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await database.read(names) == ["kept"]


async def test_closing_finishes_what_is_queued(url: str, backups: Path) -> None:
    database = await Database.open(url, backups=backups)
    tasks = [asyncio.ensure_future(database.run(lambda c, n=n: put(c, f"{n}"))) for n in range(50)]  # type: ignore[misc]
    await asyncio.sleep(0)
    await database.aclose()
    assert len(await asyncio.gather(*tasks)) == 50
    with pytest.raises(StorageError, match="closed"):
        await database.run(names)
    await database.aclose()
    again = await Database.open(url, backups=backups)
    assert len(await again.read(names)) == 50
    await again.aclose()


async def test_closing_a_database_that_was_never_used_makes_nothing(tmp_path: Path, sqlite_url: str) -> None:
    database = Database(sqlite_url, backups=None)
    await database.aclose()
    assert permissions(tmp_path) == {}


async def test_the_first_unit_opens_what_was_not_prepared(url: str) -> None:
    database = Database(url, backups=None)
    assert await database.run(lambda connection: put(connection, "x")) == "x"
    await database.check_writable()
    await database.aclose()


async def test_durable_and_other_commits_differ_in_what_they_ask_of_the_disk(sqlite_database: Database) -> None:
    def synchronous(connection: Connection) -> int:
        return int(connection.exec_driver_sql("PRAGMA synchronous").scalar_one())

    asked = [await sqlite_database.run(synchronous, durable=durable) for durable in (True, False, True)]
    assert asked == [2, 1, 2]  # FULL, NORMAL, FULL
    pragmas = await sqlite_database.read(
        lambda c: [c.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in ("journal_mode", "foreign_keys")]
    )
    assert pragmas == ["wal", 1]


async def test_only_the_user_may_read_the_file(sqlite_database: Database, sqlite_file: Path) -> None:
    await sqlite_database.run(lambda connection: put(connection, "secret"))
    assert permissions(sqlite_file.parent) == {"bhav.db": "0o600", "bhav.db-shm": "0o600", "bhav.db-wal": "0o600"}


async def test_two_programs_use_one_database(url: str, backups: Path) -> None:
    one = await Database.open(url, backups=backups)
    two = await Database.open(url, backups=backups)
    reader = await Database.open(url, backups=backups, read_only=True)
    works = [
        database.run(lambda c, n=n: put(c, f"{n}"))  # type: ignore[misc]
        for n, database in enumerate([one, two] * 20)
    ]
    await asyncio.gather(*works)
    assert len(await reader.read(names)) == 40
    for database in (one, two, reader):
        await database.aclose()


async def test_a_reader_never_writes_and_never_makes_a_database(url: str, tmp_path: Path, backups: Path) -> None:
    with pytest.raises(StorageError, match="start Bhav once"):
        await Database.open(url, backups=backups, read_only=True)
    assert permissions(tmp_path) == {}
    writer = await Database.open(url, backups=backups)
    reader = await Database.open(url, backups=backups, read_only=True)
    with pytest.raises(StorageError, match="read-only"):
        await reader.run(lambda connection: put(connection, "x"))
    assert await reader.read(names) == []
    await reader.aclose()
    await writer.aclose()


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("nonsense", "not understood"),
        ("mysql://root@localhost/x", "SQLite or PostgreSQL"),
        ("sqlite://", "must name a file"),
        ("sqlite:///:memory:", "must name a file"),
    ],
)
async def test_an_address_that_cannot_be_used_is_a_setting_to_correct(address: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words) as raised:
        await Database.open(address, backups=None)
    assert raised.value.field == "database"


async def test_a_password_is_never_told(postgres_url: str) -> None:
    address = postgres_url.replace("bhav@", "bhav:hush-hush@").replace("/bhav_", "/nobodys_")
    with pytest.raises(StorageError, match=r"PostgreSQL database “nobodys_\d+” .* does not exist") as raised:
        await Database.open(address, backups=None)
    assert "hush" not in raised.value.message


async def test_several_loops_may_share_a_database(sqlite_database: Database) -> None:
    def other_loop() -> str:
        return asyncio.run(sqlite_database.run(lambda connection: put(connection, "from elsewhere")))

    thread_result: list[str] = []
    thread = threading.Thread(target=lambda: thread_result.append(other_loop()))
    thread.start()
    await until(lambda: thread_result == ["from elsewhere"])
    thread.join()
