"""The session of the recorded day through the real window, with keys and clicks, gives the same book."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from tests.e2e.books import check_database, check_terminal
from tests.e2e.headless import go_to, opened
from tests.e2e.session import FIRST, POSITIONS, RECORDING, SECOND, STEPS, moment
from tests.e2e.windowed import CONTROL, WindowDriver, opened_window


@pytest.fixture
def recording(shared: Path) -> Path:
    return shared / "data" / "candles" / RECORDING


async def test_the_session_by_hand_in_the_window_gives_the_same_book(recording: Path, home: Path) -> None:
    async with opened_window(home, recording) as (window, container):
        driver = WindowDriver(window, container)
        await driver.prepare()
        for step in STEPS:
            await driver.do(step)
        await check_terminal(container)
        for name in (SECOND, FIRST):
            QTest.keyClick(window, Qt.Key.Key_F9)
            driver.positions.refresh()
            print(name, shown_positions(driver))
    async with opened(home, recording) as container:
        await go_to(container, moment("10:35:00"))
        await check_terminal(container)
        await check_database(container)


def shown_positions(driver: WindowDriver) -> list[list[str]]:
    """What the positions panel puts on the clipboard: Ctrl+A, Ctrl+C."""
    QTest.keyClick(driver.window, Qt.Key.Key_F7)
    table = driver.positions.table
    table.setFocus()
    QTest.keyClick(table, Qt.Key.Key_A, CONTROL)
    QTest.keyClick(table, Qt.Key.Key_C, CONTROL)
    return [line.split("\t") for line in QApplication.clipboard().text().splitlines()]
