"""A live account needs its broker's keys, a free name, and a place where keys are kept."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit

from terminal_app.domain.errors import BadInput, VaultError
from terminal_app.ui.dialogs.add_account import AddAccountDialog, add_account
from terminal_app.ui.dialogs.add_account_form import AccountForm, free_name
from terminal_app.ui.dialogs.vault import CreateVaultDialog
from tests.helpers.async_tests import until
from tests.helpers.scripted_sessions import NO_KEYRING
from tests.helpers.scripted_window import WindowBench


@pytest.fixture
async def dialog(bench: WindowBench) -> AsyncIterator[AddAccountDialog]:
    """Open, nothing chosen."""
    dialog = AddAccountDialog(bench.window, bench.terminal, bench.window.desk, "Secret Service")
    dialog.open()
    yield dialog
    dialog.reject()
    dialog.deleteLater()


def chosen(dialog: AddAccountDialog, broker: str = "Zerodha") -> AccountForm:
    """The form of a broker."""
    next(tile for tile in dialog.tiles if tile.offer.title == broker).click()
    assert dialog.form is not None
    return dialog.form


def filled(dialog: AddAccountDialog) -> AccountForm:
    """Zerodha's form with all that it needs."""
    form = chosen(dialog)
    form.fields["api_key"].edit.setText("  key-1 ")
    form.fields["api_secret"].edit.setText("secret-1")
    return form


def test_a_name_that_is_taken_gets_a_number() -> None:
    assert free_name("Zerodha", {"paper"}) == "Zerodha"
    assert free_name("Zerodha", {"zerodha", "zerodha 2"}) == "Zerodha 3"


async def test_the_broker_is_chosen_first_and_can_be_changed(dialog: AddAccountDialog) -> None:
    assert [tile.accessibleName() for tile in dialog.tiles] == ["Zerodha", "Upstox"]
    assert dialog.tiles[0].hasFocus()
    assert not dialog.add_account_button.isVisible()
    QTest.keyClick(dialog.tiles[0], Qt.Key.Key_Space)
    assert list(dialog.form.fields) == ["client_id", "api_key", "api_secret", "redirect_url"]  # type: ignore[union-attr]
    dialog.back_button.click()
    assert dialog.form is None
    assert dialog.tiles[0].isVisible()
    assert "analytics_token" in chosen(dialog, "Upstox").fields


async def test_secrets_are_dots_until_the_eye_is_clicked(dialog: AddAccountDialog) -> None:
    form = chosen(dialog)
    secret = form.fields["api_secret"]
    assert secret.edit.echoMode() is QLineEdit.EchoMode.Password
    assert form.fields["client_id"].edit.echoMode() is QLineEdit.EchoMode.Normal
    assert secret.eye.accessibleName() == "Show the API secret"
    secret.eye.click()
    assert secret.edit.echoMode() is QLineEdit.EchoMode.Normal
    secret.eye.click()
    assert secret.edit.echoMode() is QLineEdit.EchoMode.Password


async def test_the_redirect_address_is_proposed_and_copied(dialog: AddAccountDialog) -> None:
    form = chosen(dialog, "Upstox")
    field = form.fields["redirect_url"]
    assert field.text == "http://127.0.0.1:5710/upstox"
    field.copy_button.click()
    assert QGuiApplication.clipboard().text() == "http://127.0.0.1:5710/upstox"


async def test_an_account_is_added_with_what_was_typed(bench: WindowBench, dialog: AddAccountDialog) -> None:
    form = filled(dialog)
    form.address.edit.setText("203.0.113.24")
    QTest.keyClick(form.name.edit, Qt.Key.Key_Return)
    await until(lambda: not dialog.isVisible())
    account = bench.scripted.accounts.all()[-1]
    assert (account.name, account.active, account.address) == ("Zerodha", False, "203.0.113.24")
    assert bench.scripted.sessions.added[account.id] == {
        "client_id": "",
        "api_key": "key-1",
        "api_secret": "secret-1",
        "redirect_url": "http://127.0.0.1:5710/zerodha",
        "address": "203.0.113.24",
    }
    assert [field.edit.text() for field in form.fields.values()] == ["", "", "", ""]


async def test_what_is_missing_is_said_beside_each_field(bench: WindowBench, dialog: AddAccountDialog) -> None:
    form = chosen(dialog)
    dialog.add_account_button.click()
    assert form.fields["api_key"].problem.text == "API key is missing."
    assert form.fields["api_secret"].problem.text == "API secret is missing."
    assert form.fields["client_id"].problem.text == ""
    assert form.fields["api_key"].edit.hasFocus()
    QTest.keyClicks(form.fields["api_key"].edit, "k")
    assert form.fields["api_key"].problem.text == ""
    assert bench.scripted.sessions.added == {}


@pytest.mark.parametrize("key", ["api_key", "redirect_url", "name", "address"])
async def test_what_the_service_refuses_stands_beside_its_field(
    bench: WindowBench, dialog: AddAccountDialog, key: str
) -> None:
    form = filled(dialog)
    bench.scripted.sessions.errors["add"] = BadInput(key, "That cannot be.")
    dialog.add_account_button.click()
    await until(dialog.add_account_button.isEnabled)
    fields = {**form.fields, "name": form.name, "address": form.address}
    assert {name: field.problem.text for name, field in fields.items() if field.problem.text} == {
        key: "That cannot be."
    }
    assert form.fields["api_secret"].text == "secret-1"


async def test_a_vault_that_fails_is_told_and_nothing_is_lost(bench: WindowBench, dialog: AddAccountDialog) -> None:
    form = filled(dialog)
    bench.scripted.sessions.errors["add"] = VaultError("The keyring did not answer.")
    dialog.add_account_button.click()
    await until(lambda: dialog.problem.text == "The keyring did not answer.")
    assert form.fields["api_key"].text == "key-1"
    assert dialog.add_account_button.isEnabled()


async def test_the_dialog_stays_inside_a_small_window(bench: WindowBench, dialog: AddAccountDialog) -> None:
    bench.window.resize(1180, 700)
    small = AddAccountDialog(bench.window, bench.terminal, bench.window.desk, "Secret Service")
    small.open()
    chosen(small)
    assert small.height() <= 700
    small.reject()
    small.deleteLater()


async def test_a_place_for_the_keys_is_asked_for_first(bench: WindowBench) -> None:
    bench.scripted.sessions.vault = NO_KEYRING
    task = asyncio.ensure_future(add_account(bench.window, bench.terminal, bench.window.desk))
    await until(lambda: any(one.isVisible() for one in bench.window.findChildren(CreateVaultDialog)))
    question = bench.window.findChildren(CreateVaultDialog)[0]
    question.reject()
    await task
    assert not any(one.isVisible() for one in bench.window.findChildren(AddAccountDialog))


async def test_the_menu_offers_it(bench: WindowBench) -> None:
    bench.window.actions_registry.trigger("add_account")
    await until(lambda: any(one.isVisible() for one in bench.window.findChildren(AddAccountDialog)))
    next(one for one in bench.window.findChildren(AddAccountDialog) if one.isVisible()).reject()
    await bench.settle()
