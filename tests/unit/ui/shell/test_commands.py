"""Every action of the window does what its menu entry says."""

from __future__ import annotations

import asyncio

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from terminal_app.ui.actions import SPECS
from terminal_app.ui.kit.dialog import AppDialog
from terminal_app.ui.theme import theme
from tests.helpers.scripted_window import PlainPanel, WindowBench, fill_disk

OF_PANELS = {"modify_order", "cancel_order", "cancel_all", "exit_selected", "exit_all"}


async def open_dialog(bench: WindowBench, action: str) -> AppDialog:
    """The dialog that an action opens."""
    bench.window.actions_registry.trigger(action)
    for _ in range(200):
        found = [one for one in QApplication.topLevelWidgets() if isinstance(one, AppDialog) and one.isVisible()]
        if found:
            return found[-1]
        await asyncio.sleep(0.005)
    raise AssertionError(f"{action} opens no dialog")


async def until_gone(count_before: int = 0) -> None:
    """Wait until no dialog is left."""
    for _ in range(200):
        if sum(isinstance(one, AppDialog) for one in QApplication.topLevelWidgets()) <= count_before:
            return
        await asyncio.sleep(0.005)
    raise AssertionError("a closed dialog is still there")


async def test_every_action_is_bound_but_those_of_panels_and_of_the_replay(bench: WindowBench) -> None:
    bound = {spec.name for spec in bench.window.actions_registry.visible()}
    assert {spec.name for spec in SPECS} - bound == OF_PANELS | {"replay"}


@pytest.mark.parametrize(
    ("action", "title"),
    [
        ("accounts", "Accounts"),
        ("new_paper_account", "New paper account"),
        ("settings", "Settings"),
        ("keys", "Keys"),
        ("about", "About Bhav"),
    ],
)
async def test_a_dialog_opens_over_the_window_and_leaves_nothing_behind(
    bench: WindowBench, action: str, title: str
) -> None:
    dialog = await open_dialog(bench, action)
    assert dialog.windowTitle() == title
    assert bench.window.frameGeometry().contains(dialog.frameGeometry())
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    await until_gone()


async def test_the_menu_writes_an_ampersand_as_such(bench: WindowBench) -> None:
    assert bench.window.actions_registry.get("show_pnl").text() == "P&&L"


async def test_the_question_mark_opens_the_keys_but_is_text_in_a_field(bench: WindowBench) -> None:
    window = bench.window
    window.activateWindow()
    panel = next(one for one in window.panels if one.NAME == "watchlist")
    assert isinstance(panel, PlainPanel)
    panel.field.setFocus()
    QTest.keyClicks(panel.field, "?")
    assert panel.field.text() == "?"
    assert not [one for one in QApplication.topLevelWidgets() if isinstance(one, AppDialog)]
    window.header.switcher.setFocus()
    QTest.keyClick(window.header.switcher, Qt.Key.Key_Question)
    await asyncio.sleep(0)
    dialog = next(one for one in QApplication.topLevelWidgets() if isinstance(one, AppDialog))
    dialog.reject()
    await until_gone()


async def test_the_theme_is_set_and_kept_and_checked_in_the_menu(bench: WindowBench) -> None:
    actions = bench.window.actions_registry
    actions.trigger("theme_light")
    assert theme().choice == "light"
    assert bench.scripted.settings.text("theme") == "light"
    assert [actions.get(f"theme_{name}").isChecked() for name in ("dark", "light", "system")] == [False, True, False]
    actions.trigger("theme_light")
    assert actions.get("theme_light").isChecked()


async def test_the_colours_are_switched_there_and_back(bench: WindowBench) -> None:
    actions = bench.window.actions_registry
    actions.trigger("colours_safe")
    assert theme().safe_colors
    assert actions.get("colours_safe").isChecked()
    actions.trigger("colours_safe")
    assert not theme().safe_colors
    assert not actions.get("colours_safe").isChecked()


async def test_text_grows_and_shrinks_by_ten_percent_within_its_limits(bench: WindowBench) -> None:
    actions, settings = bench.window.actions_registry, bench.scripted.settings
    actions.trigger("zoom_in")
    assert theme().zoom == pytest.approx(1.1)
    actions.trigger("zoom_reset")
    assert theme().zoom == pytest.approx(1.0)
    for _ in range(5):
        actions.trigger("zoom_out")
    assert settings.number("zoom") == 80
    assert bench.scripted.notices.recent() == ()


async def test_a_setting_that_cannot_be_kept_is_told_and_changes_nothing(bench: WindowBench) -> None:
    fill_disk(bench.scripted.settings)
    before = theme().choice
    bench.window.actions_registry.trigger("theme_light")
    assert theme().choice == before
    assert bench.scripted.notices.recent()[-1].title == "The setting was not changed"
    assert not bench.window.actions_registry.get("theme_light").isChecked()


async def test_full_screen_is_left_the_way_it_was_entered(bench: WindowBench) -> None:
    actions = bench.window.actions_registry
    actions.trigger("full_screen")
    assert bench.window.isFullScreen()
    assert actions.get("full_screen").isChecked()
    actions.trigger("full_screen")
    assert not bench.window.isFullScreen()


async def test_quit_asks_the_program_to_end(bench: WindowBench, qtbot: QtBot) -> None:
    with qtbot.waitSignal(bench.window.close_wanted):
        bench.window.actions_registry.trigger("quit")
    assert bench.window.isVisible()


async def test_the_diagnostics_go_to_the_clipboard(bench: WindowBench) -> None:
    bench.window.actions_registry.trigger("copy_diagnostics")
    assert QGuiApplication.clipboard().text() == "Bhav"


async def test_a_function_key_shows_and_focuses_its_panel(bench: WindowBench) -> None:
    window = bench.window
    window.activateWindow()
    QTest.keyClick(window, Qt.Key.Key_F3)
    assert window.workspace.group("bottom").current == "orders"
    assert isinstance(QApplication.focusWidget(), QLineEdit)
    QTest.keyClick(window, Qt.Key.Key_F4)
    focused = QApplication.focusWidget()
    assert focused is not None
    assert window.chart.isAncestorOf(focused)


async def test_one_account_needs_no_next_one(bench: WindowBench) -> None:
    actions = bench.window.actions_registry
    assert actions.get("next_account").isEnabled()
    del bench.scripted.accounts._accounts[bench.scripted.accounts.all()[1].id]
    bench.window.bridge.accounts_changed.emit(None)
    assert not actions.get("next_account").isEnabled()
    assert not actions.get("all_accounts").isEnabled()


async def test_a_rebound_key_works_at_once(bench: WindowBench) -> None:
    bench.window.activateWindow()
    bench.scripted.settings.bind_key("show_orders", "F10")
    QTest.keyClick(bench.window, Qt.Key.Key_F10)
    assert bench.window.workspace.group("bottom").current == "orders"
    bench.scripted.settings.bind_key("kill", "Ctrl+F12")
    assert bench.window.header.kill.text().endswith("Ctrl+F12")
