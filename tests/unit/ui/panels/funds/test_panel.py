"""The funds panel shows each account's money, the sum, and what could not be read."""

from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec.structs import replace
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from terminal_app.domain.errors import BrokerUnavailable
from terminal_app.ui.panels.funds.panel import FundsPanel
from terminal_app.ui.panels.funds.presenter import AVAILABLE, COLLATERAL, USED
from tests.helpers.panel_stage import PanelStage
from tests.helpers.panels import until
from tests.helpers.scripted_book import funds
from tests.helpers.scripted_terminal import LIVE, PAPER

Stage = PanelStage[FundsPanel]


@pytest.fixture
def stage(qtbot: QtBot) -> Stage:
    return Stage(qtbot, FundsPanel)


async def test_money_and_its_parts_are_shown(stage: Stage) -> None:
    await stage.book.connect()
    stage.book.set_funds(PAPER, funds())
    await until(lambda: stage.panel._pages.currentIndex() == 0)
    sheet = stage.panel.sheet
    assert sheet.value_text(AVAILABLE, 0) == "9,14,229.37"
    assert sheet.value_text("Span", 0) == "52,310.00"


async def test_a_change_is_shown(stage: Stage) -> None:
    stage.book.set_funds(PAPER, funds())
    stage.panel.refresh()
    stage.book.set_funds(PAPER, replace(funds(), available=Decimal(5)))
    await until(lambda: stage.panel.sheet.value_text(AVAILABLE, 0) == "5.00")


async def test_all_accounts_stand_side_by_side_with_their_sum(stage: Stage) -> None:
    stage.book.set_funds(PAPER, funds())
    stage.book.set_funds(LIVE, replace(funds(), available=Decimal(1000), collateral=Decimal(0), parts=()))
    stage.book.accounts.switch(None)
    stage.panel.refresh()
    sheet = stage.panel.sheet
    assert [sheet.value_text(AVAILABLE, at) for at in range(3)] == ["9,14,229.37", "1,000.00", "9,15,229.37"]
    assert [sheet.value_text(COLLATERAL, at) for at in range(3)] == ["25,000.00", "\u2013", "25,000.00"]
    assert [sheet.value_text("Span", at) for at in range(3)] == ["52,310.00", "\u2013", "52,310.00"]


async def test_the_sum_says_which_account_it_is_without(stage: Stage) -> None:
    stage.book.set_funds(PAPER, funds())
    stage.book.accounts.switch(None)
    stage.panel.refresh()
    assert stage.panel.sheet._notes[2].text() == "without AB1234"


async def test_the_broker_is_asked_again_and_a_failure_keeps_the_old_figures(stage: Stage) -> None:
    await stage.book.connect()
    stage.book.set_funds(PAPER, funds())
    stage.panel.refresh()
    stage.book.portfolio.refresh_error = BrokerUnavailable("The gateway timed out.")
    stage.panel.ask_button.click()
    await until(stage.panel.bar.isVisible)
    assert stage.book.portfolio.refreshed == [PAPER]
    assert "The gateway timed out." in stage.panel.bar.accessibleName()
    assert stage.panel.sheet.value_text(USED, 0) == "85,770.63"


async def test_ctrl_c_copies_plain_figures(stage: Stage) -> None:
    stage.book.set_funds(PAPER, funds())
    stage.panel.refresh()
    stage.panel.focus_main()
    QTest.keyClick(stage.panel._scroll, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QApplication.clipboard().text().splitlines()[:2] == ["\tPaper", "Available\t914229.37"]
