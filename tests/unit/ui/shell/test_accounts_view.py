"""Switching changes identity, switcher and figures in one go, and restyles nothing."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from terminal_app.ui.kit.identity import Identity
from terminal_app.ui.shell.status import AccountLamp
from terminal_app.ui.shell.switcher import AccountButton, SwitcherList
from terminal_app.ui.theme import theme
from tests.helpers.scripted_terminal import LIVE, PAPER
from tests.helpers.scripted_window import WindowBench, fill_disk


async def test_paper_says_so_in_frame_title_and_block(bench: WindowBench) -> None:
    window = bench.window
    assert window.frame.identity is Identity.PAPER
    assert window.windowTitle() == "PAPER, Paper - Bhav"
    assert window.identity_block.accessibleName() == "PAPER Simulated money. Nothing is sent to an exchange."
    assert window.header.pnl.value.text() == "▲ +2,859.50"
    assert window.header.funds.value.text() == "9,14,229.37"


async def test_switching_shows_where_orders_go_at_once_and_restyles_nothing(bench: WindowBench) -> None:
    window, restyled = bench.window, []
    theme().changed.connect(lambda: restyled.append(1))
    bench.scripted.accounts.switch(LIVE)
    assert window.frame.identity is Identity.LIVE
    assert window.windowTitle() == "LIVE, Zerodha AB1234 - Bhav"
    assert window.identity_block.accessibleName() == "LIVE Orders go to Zerodha AB1234 with real money."
    assert window.header.switcher.accessibleName().startswith("AB1234 Zerodha live")
    assert window.header.funds.value.text() == "–"
    assert restyled == []


async def test_all_accounts_together_are_neutral(bench: WindowBench) -> None:
    window = bench.window
    window.actions_registry.trigger("all_accounts")
    assert window.frame.identity is Identity.NONE
    assert window.windowTitle() == "All accounts - Bhav"
    assert window.header.switcher.accessibleName().startswith("All accounts")
    assert window.header.pnl.value.text() == "▲ +2,859.50"


async def test_keys_switch_accounts(bench: WindowBench) -> None:
    accounts, window = bench.scripted.accounts, bench.window
    window.activateWindow()
    QTest.keyClick(window, Qt.Key.Key_2, Qt.KeyboardModifier.ControlModifier)
    assert accounts.current == LIVE
    QTest.keyClick(window, Qt.Key.Key_9, Qt.KeyboardModifier.ControlModifier)
    assert accounts.current == LIVE
    QTest.keyClick(window, Qt.Key.Key_F9)
    assert accounts.current == PAPER
    QTest.keyClick(window, Qt.Key.Key_F9, Qt.KeyboardModifier.ShiftModifier)
    assert accounts.current is None


async def test_the_list_under_the_switcher_is_walked_with_the_arrow_keys(bench: WindowBench) -> None:
    window = bench.window
    window.header.switcher.click()
    rows = next(one for one in window.findChildren(SwitcherList) if one.isVisible())
    buttons = rows.findChildren(AccountButton)
    assert [button.accessibleName().split()[0] for button in buttons] == ["Paper", "AB1234", "All"]
    assert buttons[0].hasFocus()
    QTest.keyClick(rows, Qt.Key.Key_Down)
    QTest.keyClick(rows, Qt.Key.Key_Return)
    assert bench.scripted.accounts.current == LIVE
    assert not rows.isVisible()


async def test_a_lamp_that_changes_is_told_in_the_status_bar(bench: WindowBench) -> None:
    await bench.scripted.accounts.set_active(PAPER, False)
    words = [lamp.accessibleName() for lamp in bench.window.status.findChildren(AccountLamp)]
    assert any(text.startswith("Paper, off") for text in words)


async def test_a_choice_that_cannot_be_kept_is_told(bench: WindowBench) -> None:
    fill_disk(bench.scripted.accounts)
    bench.window.actions_registry.trigger("next_account")
    assert bench.scripted.notices.recent()[-1].text == "The disk is full."
    assert bench.window.frame.identity is Identity.LIVE
