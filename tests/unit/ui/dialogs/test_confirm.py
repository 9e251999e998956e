"""The question before something that moves money."""

from __future__ import annotations

import asyncio

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from terminal_app.ui.dialogs.confirm import ConfirmDialog
from terminal_app.ui.drafts import ConfirmRequest
from terminal_app.ui.kit.identity import IdentityBand
from terminal_app.ui.kit.label import ValueRow
from tests.helpers.async_tests import until

REQUEST = ConfirmRequest(
    "Place this order?",
    "Its price is more than 5 % from the last price 1421.80.",
    "SELL 50 at 1,300.00",
    (
        ("Instrument", "RELIANCE"),
        ("Side", "SELL"),
        ("Quantity", "50"),
        ("Price", "1,300.00"),
        ("Account", "Paper, PAPER"),
    ),
    "sell",
    True,
)


@pytest.fixture
async def window(qtbot: QtBot) -> QWidget:
    widget = QWidget()
    qtbot.addWidget(widget)
    widget.resize(800, 600)
    widget.show()
    widget.activateWindow()
    return widget


async def _open(window: QWidget, request: ConfirmRequest = REQUEST) -> tuple[ConfirmDialog, asyncio.Task[object]]:
    dialog = ConfirmDialog(window, request)
    task: asyncio.Task[object] = asyncio.get_running_loop().create_task(dialog.ask())
    await until(dialog.isVisible)
    return dialog, task


async def test_enter_right_away_cancels(window: QWidget) -> None:
    dialog, answer = await _open(window)
    assert QApplication.focusWidget() is dialog.cancel_button
    QTest.keyClick(dialog.cancel_button, Qt.Key.Key_Return)
    assert not await answer


async def test_escape_cancels(window: QWidget) -> None:
    dialog, answer = await _open(window)
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not await answer


async def test_a_click_on_the_action_agrees(window: QWidget) -> None:
    dialog, answer = await _open(window)
    assert dialog.agree_button.text() == "SELL 50 at 1,300.00"
    QTest.mouseClick(dialog.agree_button, Qt.MouseButton.LeftButton)
    assert await answer is True


async def test_tab_and_enter_agree(window: QWidget) -> None:
    dialog, answer = await _open(window)
    QTest.keyClick(dialog.cancel_button, Qt.Key.Key_Tab)
    assert QApplication.focusWidget() is dialog.agree_button
    QTest.keyClick(dialog.agree_button, Qt.Key.Key_Return)
    assert await answer is True


async def test_it_names_everything_and_which_money(window: QWidget) -> None:
    dialog, answer = await _open(window)
    facts = {row.label.text(): row.value.text() for row in dialog.findChildren(ValueRow)}
    assert facts == dict(REQUEST.facts)
    assert dialog.findChildren(IdentityBand)[0].accessibleName() == "PAPER simulated money"
    assert "last price 1421.80. Instrument RELIANCE. Side SELL" in dialog.accessibleDescription()
    dialog.reject()
    assert not await answer


async def test_what_moves_no_money_has_no_band_and_still_defaults_to_cancel(window: QWidget) -> None:
    dialog, answer = await _open(window, ConfirmRequest("Resume trading?", "Stopped by you.", "Resume trading"))
    assert dialog.findChildren(IdentityBand) == []
    QTest.keyClick(dialog.cancel_button, Qt.Key.Key_Return)
    assert not await answer
