"""``kill -9`` in the middle of writing: what was acknowledged is there, and no transaction is there by half."""

from __future__ import annotations

import asyncio
import random
import signal
import sys
from pathlib import Path

import pytest

from terminal_app.domain.clock import at_ist
from terminal_app.storage.database import Database
from terminal_app.storage.orders import OrderRepository
from tests.helpers.counts import runs
from tests.helpers.folders import REPOSITORY
from tests.helpers.storage_samples import ACCOUNT, BOOK

WRITER = """
import asyncio, sys
sys.path.insert(0, sys.argv[1])
from terminal_app.domain.ids import ClientOrderId
from terminal_app.storage.database import Database
from terminal_app.storage.orders import OrderRepository
from tests.helpers.storage_samples import ACCOUNT, BOOK, event, fill, order

async def trade(orders, worker):
    for number in range(10_000):
        name = f"{worker}-{number}"
        await orders.add_intent(ACCOUNT, order(name), event(name))
        print("intent", name, flush=True)
        fills = [fill(f"{name}-{part}", name) for part in range(3)]
        await orders.save(ACCOUNT, order(name, name), [event(name)], fills)
        print("filled", name, flush=True)

async def main():
    database = await Database.open(sys.argv[2], backups=None)
    orders = OrderRepository(database, BOOK)
    await asyncio.gather(*(trade(orders, worker) for worker in range(4)))

asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL (not Windows)")
@pytest.mark.parametrize("seed", range(runs(30)))
async def test_what_was_acknowledged_outlives_a_kill(url: str, seed: int, tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", WRITER, str(REPOSITORY), url, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    lines = [(await process.stdout.readline()).decode() for _ in range(random.Random(seed).randrange(1, 120))]
    process.send_signal(signal.SIGKILL)
    rest, _ = await process.communicate()
    assert process.returncode == -signal.SIGKILL
    acknowledged = [
        tuple(line.split()) for line in "".join([*lines, rest.decode()]).splitlines() if line[-1:].isdigit()
    ]
    database = await Database.open(url, backups=None)
    orders = OrderRepository(database, BOOK)
    saved = await orders.load(ACCOUNT, at_ist(2026, 1, 1))
    stored = {str(order.client_id): order for order in saved.orders}
    fills: dict[str, int] = {}
    for fill in saved.fills:
        fills[fill.broker_order_id] = fills.get(fill.broker_order_id, 0) + 1
    for what, name in acknowledged:
        assert name in stored
        assert what == "intent" or stored[name].broker_id == name
    for name, order in stored.items():
        hops = await orders.events(order.client_id)  # type: ignore[arg-type]
        assert (len(hops), fills.get(name, 0)) == ((2, 3) if order.broker_id else (1, 0))
    await database.aclose()
