"""The session of the recorded day through the real window, with keys and clicks, gives the same book."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from tests.e2e.books import check_database, check_terminal
from tests.e2e.headless import go_to, opened, until
from tests.e2e.session import FIRST, RECORDING, SECOND, STEPS, moment
from tests.e2e.windowed import CONTROL, WindowDriver, opened_window

COLUMNS = ("Instrument", "Product", "Qty", "Average", "LTP", "Realised", "Unrealised")
SHOWN = {
    FIRST: [
        ["RELIANCE NSE", "MIS", "0", "closed", "1039.60", "555.90", "0.00"],
        ["INFY NSE", "MIS", "0", "closed", "1031.65", "47.20", "0.00"],
    ],
    SECOND: [
        ["RELIANCE NSE", "MIS", "-150", "1039.14", "1039.60", "1.84", "-69.39"],
        ["INFY NSE", "CNC", "25", "1031.30", "1031.65", "0.00", "8.75"],
    ],
}
"""The end of the session as the positions panel copies it: the figures of ``session.POSITIONS``, an average to the paisa."""


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
        for account in (SECOND, FIRST):
            QTest.keyClick(window, Qt.Key.Key_F9)
            assert await shown_positions(driver) == SHOWN[account]
    async with opened(home, recording) as container:
        await go_to(container, moment("10:35:00"))
        await check_terminal(container)
        await check_database(container)


async def shown_positions(driver: WindowDriver) -> list[list[str]]:
    """What Ctrl+A, Ctrl+C in the positions panel puts on the clipboard, without the title row."""
    account = driver.terminal.accounts.current
    table = driver.positions.table
    QTest.keyClick(driver.window, Qt.Key.Key_F7)
    await until(lambda: [row.account for row in table.model_.rows] == [account, account], "the account is shown")
    QTest.keyClick(table, Qt.Key.Key_A, CONTROL)
    QTest.keyClick(table, Qt.Key.Key_C, CONTROL)
    titles, *rows = [line.split("\t") for line in QApplication.clipboard().text().splitlines()]
    columns = [titles.index(name) for name in COLUMNS]
    return [[row[column] for column in columns] for row in rows]
