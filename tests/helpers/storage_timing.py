"""How long commits take, against raw sqlite3 on the same disk in the same minute: ``python -m tests.helpers.storage_timing``.

Prints JSON lines. ``durable``: one durable commit of one row, within the storage thread; ``awaited``: the same from the
event loop, the way there and back included. ``intent``: an order's intent (two rows) through its repository, awaited.
``group``: rows a second of 32 rows in one unit, against single durable commits; ``units``: of 32 units given at once.
``open``: opening a new and a current database in a new process, imports included.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from sqlalchemy import Connection, insert

from terminal_app.storage.database import Database
from terminal_app.storage.link import Link
from terminal_app.storage.orders import OrderRepository
from terminal_app.storage.schema import Schema
from terminal_app.storage.tables import PAPER_FILLS
from terminal_app.storage.writer import Mode, Unit
from tests.helpers.storage_samples import ACCOUNT, BOOK, event, order

ROUNDS = 400
GROUP = 32
DOCUMENT = "x" * 200


def raw_commits(file: Path) -> Callable[[], None]:
    """A durable commit of one row as plain sqlite3 does it, into a table of the same shape."""
    connection = sqlite3.connect(file, isolation_level=None)
    connection.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL")
    connection.execute(
        "CREATE TABLE paper_fills (id INTEGER PRIMARY KEY, book TEXT NOT NULL, account TEXT NOT NULL, "
        "fill_id TEXT NOT NULL, document TEXT NOT NULL, UNIQUE (book, account, fill_id))"
    )
    numbers = iter(range(1_000_000))

    def commit() -> None:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(
            "INSERT INTO paper_fills (book, account, fill_id, document) VALUES (?, ?, ?, ?)",
            ("raw", "a", f"{next(numbers)}", DOCUMENT),
        )
        connection.execute("COMMIT")

    return commit


def add(connection: Connection, names: list[str]) -> None:
    rows = [{"book": "b", "account": "a", "fill_id": name, "document": DOCUMENT} for name in names]
    connection.execute(insert(PAPER_FILLS), rows)


def timed(step: Callable[[], object]) -> float:
    start = time.perf_counter()
    step()
    return (time.perf_counter() - start) * 1e6


async def awaited(step: Awaitable[object]) -> float:
    start = time.perf_counter()
    await step
    return (time.perf_counter() - start) * 1e6


async def put(database: Database, names: list[str]) -> None:
    await database.run(lambda connection: add(connection, names), durable=True)


def executed(link: Link, names: list[str]) -> float:
    """One group of one unit in this thread, as the storage thread runs it."""
    loop = asyncio.get_running_loop()
    unit = Unit(lambda connection: add(connection, names), Mode.DURABLE, loop, loop.create_future())
    duration = timed(lambda: link.execute([unit]))
    if unit.error is not None:
        raise unit.error
    return duration


def report(name: str, ours: float, peer: float, ratio: float, unit: str) -> None:
    line = {"bench": f"storage.{name}", "ours": round(ours, 1), "peer": round(peer, 1), "ratio": round(ratio, 2)}
    print(json.dumps(line | {"unit": unit}))


async def commits(folder: Path) -> None:
    """Interleaved, so that a busy moment of the disk meets all alike."""
    database = await Database.open(f"sqlite:///{folder / 'ours.db'}", backups=None)
    core = f"sqlite:///{folder / 'core.db'}"
    link = Link(core, backups=None, read_only=False, lock_timeout_s=5.0, schema=Schema())
    orders = OrderRepository(database, BOOK)
    raw = raw_commits(folder / "raw.db")
    times: dict[str, list[float]] = {name: [] for name in ("raw", "durable", "awaited", "intent", "group", "units")}
    for number in range(ROUNDS):
        name = f"n{number}"
        times["raw"].append(timed(raw))
        times["durable"].append(executed(link, [name]))
        times["awaited"].append(await awaited(put(database, [name])))
        times["intent"].append(await awaited(orders.add_intent(ACCOUNT, order(name), event(name))))
        if number % 8 == 0:
            many = [f"{name}-{part}" for part in range(GROUP)]
            times["group"].append(executed(link, many))
            units = [put(database, [one]) for one in many]
            times["units"].append(await awaited(asyncio.gather(*units)))
    await database.aclose()
    link.close()
    p50 = {name: statistics.median(values) for name, values in times.items()}
    for name in ("durable", "awaited", "intent"):
        report(name, p50[name], p50["raw"], p50[name] / p50["raw"], "us p50")
    for name, alone in (("group", "durable"), ("units", "awaited")):
        rate, single = GROUP * 1e6 / p50[name], 1e6 / p50[alone]
        report(name, rate, single, rate / single, "rows/s")


OPEN = """
import asyncio, sys, time
start = time.perf_counter()
from terminal_app.storage.database import Database
async def main():
    database = await Database.open(sys.argv[1], backups=None)
    print((time.perf_counter() - start) * 1000)
    await database.aclose()
asyncio.run(main())
"""


def openings(folder: Path) -> None:
    """In processes of their own, so that imports count."""
    new: list[float] = []
    current: list[float] = []
    for number in range(3):
        url = f"sqlite:///{folder / f'open{number}.db'}"
        for times in (new, current):
            done = subprocess.run([sys.executable, "-c", OPEN, url], capture_output=True, text=True, check=True)
            times.append(float(done.stdout))
    ours, peer = statistics.median(new), statistics.median(current)
    report("open", ours, peer, ours / peer, "ms, new against current")


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="bhav-timing-", dir=".") as folder:
        asyncio.run(commits(Path(folder)))
        openings(Path(folder))


if __name__ == "__main__":
    main()
