"""A session over a real recorded day through the services gives the book of the hand calculation, to the paisa."""

from __future__ import annotations

import asyncio
import gzip
from pathlib import Path
from typing import Any

import pytest

from terminal_app.storage.clock import ClockRepository
from terminal_app.storage.paper import PaperLedgerRepository
from tests.e2e.books import check_database, check_terminal
from tests.e2e.headless import ServiceDriver, go_to, opened, until
from tests.e2e.session import BOOK, RECORDING, ROWS, STEPS, moment


@pytest.fixture
def recording(shared: Path) -> Path:
    return shared / "data" / "candles" / RECORDING


def test_the_hand_calculation_uses_the_rows_of_the_recording(recording: Path) -> None:
    with gzip.open(recording, "rt", encoding="utf-8") as stream:
        recorded = set(stream.read().splitlines())
    assert [row for row in ROWS.splitlines() if row not in recorded] == []


async def test_a_session_over_a_recorded_day_gives_the_book_of_the_hand_calculation(
    recording: Path, home: Path
) -> None:
    async with opened(home, recording) as container:
        driver = ServiceDriver(container)
        await driver.prepare()
        for step in STEPS:
            await driver.do(step)
        await go_to(container, moment("10:35:00"))
        await check_terminal(container)
        await container.rooms.paper.desk.reconcile(driver.account)
        await check_terminal(container)
    async with opened(home, recording) as container:
        assert container.world.exchange.now == moment("10:35:00")
        await go_to(container, moment("10:35:00"))
        await check_terminal(container)
        await check_database(container)


async def test_the_clock_is_not_kept_before_the_ledger_has_what_happened(
    recording: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("terminal_app.app.container.CLOCK_SAVE_S", 0.01)
    append, may_write = PaperLedgerRepository.append, asyncio.Event()
    held = []

    async def wait_and_append(self: PaperLedgerRepository, *positional: Any, **named: Any) -> None:
        held.append(positional)
        await may_write.wait()
        await append(self, *positional, **named)

    async with opened(home, recording) as container:
        driver = ServiceDriver(container)
        await driver.do(STEPS[0])
        monkeypatch.setattr(PaperLedgerRepository, "append", wait_and_append)
        await go_to(container, moment("09:26:06"))  # 78 shares are bought there
        await until(lambda: bool(held), "the fill is on its way into the ledger")
        clock = ClockRepository(container.database, BOOK)
        try:
            kept = [await clock.load() for _ in range(50)]
        finally:
            may_write.set()
        assert all(at is not None and at < moment("09:26:06") for at in kept)
        while await clock.load() != moment("09:26:06"):
            continue
