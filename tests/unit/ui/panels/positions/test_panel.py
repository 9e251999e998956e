"""The positions panel shows, follows prices, exits after one question, and remembers what was chosen."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from terminal_app.domain.position import PositionKey
from terminal_app.services.orders import ExitOutcome
from terminal_app.ui.panels.positions.panel import PositionsPanel
from tests.helpers.panel_stage import PanelStage
from tests.helpers.panels import until
from tests.helpers.scripted_book import HDFC
from tests.helpers.scripted_terminal import CALL, PAPER, RELIANCE

Stage = PanelStage[PositionsPanel]


@pytest.fixture
def stage(qtbot: QtBot) -> Stage:
    return Stage(qtbot, PositionsPanel)


async def test_fills_show_up_without_asking(stage: Stage) -> None:
    await stage.book.connect()
    stage.book.fill_day()
    await until(lambda: len(stage.panel.table.model_.rows) == 6)
    assert stage.counts[-1] == (5, False)
    assert stage.panel.bar.isVisible()


async def test_a_moved_price_changes_its_row_and_the_total_on_the_next_frame(stage: Stage) -> None:
    stage.book.fill_day()
    stage.panel.refresh()
    assert stage.text(RELIANCE, "unrealised") == "+2,360.00"
    stage.book.market.set_price(RELIANCE, "1425.10")
    stage.book.desk.frame.emit()
    assert stage.text(RELIANCE, "last_price") == "1,425.10"
    assert stage.text(RELIANCE, "unrealised") == "+3,185.00"
    totals = stage.panel.totals.model()
    shown = [totals.index(0, at).data() for at in range(totals.columnCount())]
    assert "+10,605.00" in shown


async def test_a_hidden_panel_works_out_nothing(stage: Stage) -> None:
    stage.book.fill_day()
    stage.panel.refresh()
    stage.window.hide()
    stage.book.market.set_price(RELIANCE, "1500.00")
    stage.book.desk.frame.emit()
    assert stage.text(RELIANCE, "last_price") == "1,421.80"
    stage.window.show()
    await until(lambda: stage.text(RELIANCE, "last_price") == "1,500.00")


async def test_enter_opens_the_ticket_with_the_closing_side(stage: Stage) -> None:
    stage.book.fill_day()
    stage.panel.refresh()
    stage.choose(HDFC)
    assert stage.book.desk.current_instrument == HDFC
    QTest.keyClick(stage.panel.table, Qt.Key.Key_Return)
    assert [(draft.instrument, draft.side and draft.side.value, draft.quantity) for draft in stage.drafts] == [
        (HDFC, "BUY", 400)
    ]


async def test_exit_all_asks_once_and_then_says_that_it_is_proven_flat(stage: Stage) -> None:
    stage.book.fill_day()
    stage.panel.refresh()
    stage.book.actions.trigger("exit_all")
    await until(lambda: stage.book.book.exits)
    await until(lambda: not stage.panel._exiting)
    assert stage.book.book.exits == [(PAPER, None)]
    asked = stage.questions[0]
    assert (asked.paper, asked.action) == (True, "Exit 5 positions")
    assert ("Account", "Paper, PAPER") in asked.facts
    assert "flat, verified 15:07:42" in stage.panel._exit_bar.accessibleName()
    await stage.book.desk.aclose()


async def test_nothing_is_sent_when_the_question_is_answered_with_no(stage: Stage) -> None:
    stage.answer = False
    stage.book.fill_day()
    stage.panel.refresh()
    stage.panel.exit_all()
    await until(lambda: stage.questions and not stage.panel._exiting)
    assert stage.book.book.exits == []
    assert not stage.panel._exit_bar.isVisible()


async def test_exit_selected_closes_exactly_the_chosen_ones(stage: Stage) -> None:
    stage.book.fill_day()
    stage.panel.refresh()
    stage.choose(CALL)
    QTest.mouseClick(stage.panel.exit_selected_button, Qt.MouseButton.LeftButton)
    await until(lambda: stage.book.book.exits and not stage.panel._exiting)
    (account, keys), *more = stage.book.book.exits
    assert (account, more) == (PAPER, [])
    assert keys is not None
    assert [key.instrument for key in keys] == [CALL]
    assert isinstance(keys[0], PositionKey)


async def test_with_nothing_chosen_exit_selected_only_says_so(stage: Stage) -> None:
    stage.book.fill_day()
    stage.panel.refresh()
    stage.panel.exit_selected()
    assert stage.questions == []
    assert stage.book.toasts[0][0] == "Choose an open position first"


async def test_a_second_exit_waits_for_the_first(stage: Stage) -> None:
    stage.book.fill_day()
    stage.panel.refresh()
    stage.book.book.gate = asyncio.Event()
    stage.panel.exit_all()
    await until(lambda: stage.book.book.exits)
    assert "Closing 250" in stage.panel._exit_bar.accessibleName()
    stage.panel.exit_all()
    assert stage.book.toasts[-1][0] == "An exit is running"
    stage.book.book.gate.set()
    await until(lambda: not stage.panel._exiting)
    assert len(stage.book.book.exits) == 1


async def test_what_could_not_be_closed_is_named_and_kept_in_the_log(stage: Stage) -> None:
    stage.book.fill_day()
    stage.panel.refresh()
    stage.book.book.exit_outcome = ExitOutcome(False, "HDFCBANK -400 left: circuit limit")
    stage.panel.exit_all()
    await until(lambda: stage.book.book.exits and not stage.panel._exiting)
    assert "HDFCBANK -400 left" in stage.panel._exit_bar.accessibleName()
    assert stage.book.notices.recent()[-1].title == "Not everything is flat"


async def test_day_and_columns_and_the_filter_are_remembered(stage: Stage, qtbot: QtBot) -> None:
    stage.book.fill_day()
    stage.panel.refresh()
    stage.panel.choice.set_chosen("day")
    stage.panel.tools.filter.open_box()
    stage.panel.tools.filter.setText("hdfc")
    stage.panel.table.sort_by("day_pnl", Qt.SortOrder.DescendingOrder)
    state = stage.panel.save_state()
    other = Stage(qtbot, PositionsPanel)
    other.panel.restore_state(state)
    other.book.fill_day()
    other.panel.refresh()
    assert other.panel.choice.key() == "day"
    assert [row.instrument for row in other.panel.table.model_.shown_rows] == [HDFC]
    assert other.panel.tools.filter.isVisible()
    assert other.panel.save_state() == state


async def test_ctrl_f_opens_the_filter_and_a_miss_says_so(stage: Stage) -> None:
    stage.book.fill_day()
    stage.panel.refresh()
    stage.window.activateWindow()
    stage.panel.focus_main()
    QTest.keyClick(stage.panel.table, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert stage.panel.tools.filter.isVisible()
    QTest.keyClicks(stage.panel.tools.filter, "zzz")
    current = stage.panel._pages.currentWidget()
    assert current is not None
    assert "Nothing matches" in current.accessibleName()


async def test_the_account_column_stands_only_with_all_accounts(stage: Stage) -> None:
    stage.book.fill_day()
    stage.panel.refresh()
    assert stage.panel.table.isColumnHidden(1)
    stage.book.accounts.switch(None)
    await until(lambda: not stage.panel.table.isColumnHidden(1))


async def test_a_column_that_goes_leaves_no_gap(stage: Stage) -> None:
    stage.book.fill_day()
    stage.book.accounts.switch(None)
    await until(lambda: not stage.panel.table.isColumnHidden(1))
    stage.book.accounts.switch(PAPER)
    await until(lambda: stage.panel.table.isColumnHidden(1))
    header = stage.panel.table.header
    assert header.sectionSize(1) == 0
    assert header.sectionPosition(2) == header.sectionSize(0)


async def test_rows_are_exported_through_a_dialog_that_holds_nothing_up(stage: Stage, tmp_path: Any) -> None:
    stage.book.fill_day()
    stage.panel.refresh()
    dialog = stage.panel.export()
    assert isinstance(dialog, QFileDialog)
    target = tmp_path / "positions.csv"
    dialog.fileSelected.emit(str(target))
    dialog.reject()
    await until(lambda: stage.book.toasts)
    lines = target.read_text(encoding="utf-8-sig").splitlines()
    assert lines[0].startswith("Instrument,Product,Qty")
    assert len(lines) == 7
    assert "-400" in lines[4]


async def test_an_export_that_cannot_be_written_becomes_a_notice(stage: Stage, tmp_path: Any) -> None:
    stage.book.fill_day()
    stage.panel.refresh()
    dialog = stage.panel.export()
    dialog.fileSelected.emit(str(tmp_path / "missing" / "positions.csv"))
    dialog.reject()
    await until(stage.book.notices.recent)
    assert "Choose another place" in stage.book.notices.recent()[-1].text


async def test_ctrl_c_copies_plain_figures(stage: Stage) -> None:
    stage.book.fill_day()
    stage.panel.refresh()
    stage.choose(HDFC)
    QTest.keyClick(stage.panel.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QApplication.clipboard().text().splitlines()[1].split("\t")[2] == "-400"


async def test_ask_now_reads_the_account_that_differs(stage: Stage) -> None:
    stage.book.fill_day()
    stage.panel.refresh()
    stage.panel.bar.action_clicked.emit()
    await until(lambda: stage.book.portfolio.refreshed == [PAPER])
