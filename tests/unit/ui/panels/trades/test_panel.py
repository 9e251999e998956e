"""The trades panel shows fills as they happen and sums them by side."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from terminal_app.domain.enums import OrderStatus, Side
from terminal_app.ui.panels.trades.panel import TradesPanel
from tests.helpers.panel_stage import PanelStage
from tests.helpers.panels import until
from tests.helpers.scripted_book import HDFC, fill_of, make_order
from tests.helpers.scripted_terminal import CALL, INFY, LIVE, PAPER

Stage = PanelStage[TradesPanel]


@pytest.fixture
def stage(qtbot: QtBot) -> Stage:
    return Stage(qtbot, TradesPanel)


async def test_a_fill_shows_up_with_its_ids_and_value(stage: Stage) -> None:
    await stage.book.connect()
    stage.book.book.add_fill(PAPER, fill_of(make_order(6, Side.BUY, CALL, 130, "104.30", OrderStatus.FILLED, 5)))
    await until(lambda: stage.panel.table.model_.rows)
    assert stage.text(CALL, "side") == "BUY"
    assert stage.text(CALL, "value") == "13,559.00"
    assert stage.text(CALL, "order") == "26112000000006"


async def test_the_totals_are_by_side(stage: Stage) -> None:
    stage.book.fill_day()
    stage.panel.refresh()
    assert stage.panel.summary.text.text() == "6 fills: bought 19,76,569.00 in 4, sold 4,13,704.00 in 2"


async def test_both_sides_of_one_trade_are_two_rows(stage: Stage) -> None:
    fill = fill_of(make_order(1, Side.BUY, INFY, 5, "1500.00", OrderStatus.FILLED, 5))
    other = fill_of(make_order(2, Side.SELL, INFY, 5, "1500.00", OrderStatus.FILLED, 5))
    stage.book.book.fills_ = [(PAPER, fill), (PAPER, replace(other, trade_id=fill.trade_id))]
    stage.panel.refresh()
    assert len(stage.panel.table.model_.rows) == 2


async def test_enter_charts_the_instrument(stage: Stage) -> None:
    stage.book.fill_day()
    stage.panel.refresh()
    stage.choose(HDFC)
    QTest.keyClick(stage.panel.table, Qt.Key.Key_Return)
    assert stage.book.desk.current_instrument == HDFC
    assert stage.shown == ["chart"]


async def test_switching_the_account_shows_its_fills(stage: Stage) -> None:
    stage.book.fill_day()
    stage.panel.refresh()
    stage.book.accounts.switch(LIVE)
    await until(lambda: not stage.panel.table.model_.rows)
