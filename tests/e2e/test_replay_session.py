"""A session over a real recorded day through the services gives the book of the hand calculation, to the paisa."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from tests.e2e.books import check_database, check_terminal
from tests.e2e.headless import ServiceDriver, go_to, opened
from tests.e2e.session import RECORDING, ROWS, STEPS, moment


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
        await container.desk.reconcile(driver.account)
        await check_terminal(container)
    async with opened(home, recording) as container:
        assert container.world.exchange.now == moment("10:35:00")
        await go_to(container, moment("10:35:00"))
        await check_terminal(container)
        await check_database(container)
