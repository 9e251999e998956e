"""Every setting has a row, takes effect at once, and refuses beside its field."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QPushButton

from terminal_app.services.settings import SETTINGS
from terminal_app.ui.dialogs.key_rows import KeyRow
from terminal_app.ui.dialogs.setting_row import SettingRow
from terminal_app.ui.dialogs.settings import SettingsDialog
from terminal_app.ui.kit.segments import Segments
from terminal_app.ui.theme import theme
from tests.helpers.scripted_window import WindowBench, fill_disk


async def until(condition: Callable[[], bool]) -> None:
    """Wait for it."""
    for _ in range(400):
        if condition():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it did not come")


@pytest.fixture
async def dialog(bench: WindowBench) -> AsyncIterator[SettingsDialog]:
    """Open."""
    dialog = SettingsDialog(bench.window, bench.scripted.settings, bench.window.desk)
    dialog.open()
    yield dialog
    dialog.reject()
    dialog.deleteLater()


def row(dialog: SettingsDialog, key: str) -> SettingRow:
    """The row of a setting."""
    return next(one for one in dialog.page.rows if one.setting.key == key)


def key_row(dialog: SettingsDialog, text: str) -> KeyRow:
    """The row of an action."""
    return next(one for one in dialog.keys.rows if one.text == text)


async def test_every_declared_setting_has_a_row_with_a_named_control(dialog: SettingsDialog) -> None:
    assert [one.setting.key for one in dialog.page.rows] == [setting.key for setting in SETTINGS]
    assert all(one.control.accessibleName() for one in dialog.page.rows)


async def test_a_choice_takes_effect_at_once(bench: WindowBench, dialog: SettingsDialog) -> None:
    control = row(dialog, "theme").control
    assert isinstance(control, Segments)
    control.setFocus()
    QTest.keyClick(control.focusProxyButton(), Qt.Key.Key_Right)
    assert bench.scripted.settings.text("theme") == "dark"
    assert theme().choice == "dark"


async def test_a_figure_takes_effect_when_the_typing_stops(bench: WindowBench, dialog: SettingsDialog) -> None:
    control = row(dialog, "confirm_value").control
    assert isinstance(control, QLineEdit)
    control.setFocus()
    control.selectAll()
    QTest.keyClicks(control, "250000")
    assert bench.scripted.settings.text("confirm_value") == "1000000"
    await until(lambda: bench.scripted.settings.text("confirm_value") == "250000")
    QTest.keyClick(control, Qt.Key.Key_Return)
    assert dialog.isVisible()


async def test_a_limit_that_is_emptied_is_no_limit(bench: WindowBench, dialog: SettingsDialog) -> None:
    bench.scripted.settings.set("max_order_value", "50000")
    control = row(dialog, "max_order_value").control
    assert isinstance(control, QLineEdit)
    assert control.text() == "50,000"
    control.setText("")
    await until(lambda: bench.scripted.settings.money("max_order_value") is None)
    assert control.placeholderText() == "no limit"


async def test_what_is_refused_stays_in_the_field_with_the_reason(bench: WindowBench, dialog: SettingsDialog) -> None:
    one = row(dialog, "protection")
    assert isinstance(one.control, QLineEdit)
    one.control.setText("99")
    await until(lambda: bool(one.problem.text))
    assert one.problem.text == "Market protection must be from 0.1 to 25."
    assert bench.scripted.settings.number("protection") == 2
    one.control.setText("abc")
    assert one.problem.text == "abc is not a number."
    one.control.setText("3")
    await until(lambda: bench.scripted.settings.number("protection") == 3)
    assert one.problem.text == ""


async def test_a_disk_that_is_full_is_told_beside_the_field(bench: WindowBench, dialog: SettingsDialog) -> None:
    fill_disk(bench.scripted.settings)
    row(dialog, "colours").apply("safe")
    assert row(dialog, "colours").problem.text == "The disk is full."


async def test_what_was_typed_last_counts_when_the_dialog_is_closed(bench: WindowBench, dialog: SettingsDialog) -> None:
    control = row(dialog, "confirm_distance").control
    assert isinstance(control, QLineEdit)
    control.setText("7")
    dialog.reject()
    assert bench.scripted.settings.number("confirm_distance") == 7


async def test_a_group_goes_back_to_its_defaults(bench: WindowBench, dialog: SettingsDialog) -> None:
    settings = bench.scripted.settings
    settings.set("confirm_distance", 9)
    settings.set("colours", "safe")
    button = next(one for one in dialog.findChildren(QPushButton) if one.accessibleName() == "Defaults of Orders")
    button.click()
    assert settings.number("confirm_distance") == 5
    assert settings.text("colours") == "safe"
    control = row(dialog, "confirm_distance").control
    assert isinstance(control, QLineEdit)
    assert control.text() == "5.0 %"


async def test_a_change_from_elsewhere_is_shown(bench: WindowBench, dialog: SettingsDialog) -> None:
    bench.window.actions_registry.trigger("zoom_in")
    control = row(dialog, "zoom").control
    assert isinstance(control, QLineEdit)
    assert control.text() == "110 %"


async def test_the_search_finds_settings_and_keys(dialog: SettingsDialog) -> None:
    dialog.search.setText("protection")
    assert [one.setting.key for one in dialog.page.rows if not one.isHidden()] == ["protection"]
    dialog.search.setText("kill switch")
    assert dialog.tabs.key() == "keys"
    assert [one.text for one in dialog.keys.rows if not one.isHidden()] == ["Kill switch"]
    dialog.search.setText("zebra")
    assert dialog._nothing.text() == "No setting and no key has “zebra” in it."
    dialog.search.setText("")
    assert not any(one.isHidden() for one in dialog.page.rows)


async def test_a_key_is_captured_and_works_at_once(bench: WindowBench, dialog: SettingsDialog) -> None:
    dialog.show_keys()
    one = key_row(dialog, "Orders")
    one.button.click()
    assert one.button.text() == "Press a key…"
    QTest.keyClick(one.button, Qt.Key.Key_O, Qt.KeyboardModifier.ControlModifier)
    assert bench.scripted.settings.key_bindings() == {"show_orders": "Ctrl+O"}
    assert bench.window.actions_registry.key_text("show_orders") == "Ctrl+O"
    assert one.button.text() == "Ctrl+O"
    one.reset.click()
    assert bench.scripted.settings.key_bindings() == {}
    assert one.button.text() == "F3"


async def test_escape_keeps_the_old_key_and_the_dialog_open(bench: WindowBench, dialog: SettingsDialog) -> None:
    dialog.show_keys()
    one = key_row(dialog, "Orders")
    one.button.click()
    QTest.keyClick(one.button, Qt.Key.Key_Escape)
    assert not one.button.is_waiting
    assert one.button.text() == "F3"
    assert dialog.isVisible()


async def test_tab_and_modifiers_alone_are_no_keys(bench: WindowBench, dialog: SettingsDialog) -> None:
    dialog.show_keys()
    one = key_row(dialog, "Orders")
    one.button.click()
    QTest.keyClick(one.button, Qt.Key.Key_Control)
    assert one.button.is_waiting
    QTest.keyClick(one.button, Qt.Key.Key_Tab)
    assert one.problem.text == "Tab is needed for typing and moving. Use it with Ctrl or Alt, or use a function key."
    assert bench.scripted.settings.key_bindings() == {}


async def test_a_conflict_is_named_and_refused(bench: WindowBench, dialog: SettingsDialog) -> None:
    dialog.show_keys()
    one = key_row(dialog, "Orders")
    one.button.click()
    QTest.keyClick(one.button, Qt.Key.Key_F12)
    assert one.problem.text.startswith("F12 belongs to “Kill switch”.")
    assert bench.scripted.settings.key_bindings() == {}


async def test_a_default_that_was_given_away_does_not_come_back_by_itself(
    bench: WindowBench, dialog: SettingsDialog
) -> None:
    dialog.show_keys()
    settings = bench.scripted.settings
    settings.bind_key("show_orders", "Ctrl+O")
    settings.bind_key("show_trades", "F3")
    key_row(dialog, "Orders").reset.click()
    assert settings.key_bindings()["show_orders"] == "Ctrl+O"
    assert key_row(dialog, "Orders").problem.text.startswith("F3 belongs to “Trades” now.")
    dialog.keys.defaults.click()
    assert settings.key_bindings() == {}
