"""The wall's live accounts: switch, login, address, name, and the way out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import TypeVar

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu
from shiboken6 import isValid

from terminal_app.domain.account import Account
from terminal_app.domain.enums import AccountKind
from terminal_app.domain.errors import BrokerUnavailable, LoginFailed, VaultError
from terminal_app.ui.dialogs.account_card import AccountCard
from terminal_app.ui.dialogs.account_facts import AccountFacts, SeenAddress, account_facts
from terminal_app.ui.dialogs.accounts import AccountsDialog
from terminal_app.ui.dialogs.accounts_rename import RenameDialog
from terminal_app.ui.dialogs.confirm import ConfirmDialog
from terminal_app.ui.dialogs.vault import ChangePasswordDialog, CreateVaultDialog, UnlockVaultDialog
from terminal_app.ui.kit.dialog import AppDialog, ask_once
from terminal_app.ui.kit.lamp import LampState
from tests.helpers.async_tests import until
from tests.helpers.scripted_sessions import ENDS, FILE, LOCKED_FILE, NO_KEYRING
from tests.helpers.scripted_terminal import LIVE, NOW
from tests.helpers.scripted_window import WindowBench

AnyDialog = TypeVar("AnyDialog", bound=AppDialog)


class Wall:
    """The dialog, open, with the card of the live account."""

    def __init__(self, bench: WindowBench) -> None:
        self.bench = bench
        self.sessions = bench.scripted.sessions
        self.dialog = AccountsDialog(bench.window, bench.terminal, bench.window.desk)
        self.task = asyncio.ensure_future(ask_once(self.dialog))

    @property
    def card(self) -> AccountCard:
        """Of LIVE."""
        return self.dialog.cards[1]

    @property
    def facts(self) -> AccountFacts:
        """What it shows."""
        assert self.card.facts is not None
        return self.card.facts

    async def asked(self, kind: type[AnyDialog]) -> AnyDialog:
        """The dialog of this kind over the wall, once it is seen."""
        await until(lambda: any(one.isVisible() for one in self.dialog.findChildren(kind)))
        return next(one for one in self.dialog.findChildren(kind) if one.isVisible())


@pytest.fixture
async def wall(bench: WindowBench) -> AsyncIterator[Wall]:
    """Open, and looked at the place of the keys."""
    one = Wall(bench)
    await until(one.dialog.isVisible)
    await bench.settle()
    yield one
    one.dialog.reject()
    await one.task
    await bench.settle()


def is_gone(dialog: AppDialog) -> bool:
    """Closed, or deleted after that."""
    return not isValid(dialog) or not dialog.isVisible()


def facts_of(bench: WindowBench, seen: SeenAddress | None = None) -> AccountFacts:
    """What the live account's card would say."""
    return account_facts(bench.terminal, bench.scripted.accounts.get(LIVE), 1, seen)


async def test_a_connected_account_counts_its_session_down(bench: WindowBench) -> None:
    bench.scripted.sessions.budgets[LIVE] = (("quotes", 1, 1), ("orders", 9, 10))
    bench.scripted.sessions.ages_s[LIVE] = 0.043
    facts = facts_of(bench)
    assert (facts.word, facts.lamp, facts.kind) == ("Live", LampState.LIVE, "Zerodha AB1234")
    assert facts.reason == "Orders and prices work. Connected at 14:36."
    rows = {row.label: (row.value, row.note) for row in facts.rows}
    assert rows["Session"] == ("ends 06:00", "in 15 h 23 min")
    assert rows["Feed"] == ("43 ms", "9 of 10 orders left")
    bench.scripted.clock.advance((ENDS - NOW - timedelta(minutes=12)).total_seconds())
    session = facts_of(bench).rows[0]
    assert (session.note, session.tone) == ("in 12 min 0 s", "warn")


async def test_the_address_is_compared_with_the_registered_one(bench: WindowBench) -> None:
    seen = SeenAddress("203.0.113.24", NOW)
    row = facts_of(bench, seen).rows[2]
    assert (row.label, row.value, row.note) == ("Address", "203.0.113.24", "asked 14:36")
    same = Account(LIVE, "zerodha", "A", AccountKind.LIVE, address="203.0.113.24")
    row = account_facts(bench.terminal, same, 1, seen).rows[2]
    assert (row.label, row.value, row.note, row.tone) == ("Registered", "203.0.113.24", "the same", "text.1")
    other = Account(LIVE, "zerodha", "A", AccountKind.LIVE, address="198.51.100.17")
    row = account_facts(bench.terminal, other, 1, seen).rows[2]
    assert (row.value, row.note, row.tone) == ("198.51.100.17", "differs", "error")
    assert account_facts(bench.terminal, other, 1).rows[2].note == ""


async def test_the_switch_logs_in_and_is_in_the_middle_meanwhile(wall: Wall) -> None:
    wall.card.switch.click()
    await until(lambda: wall.facts.word == "Off")
    assert wall.facts.reason == "You turned it off."
    wall.sessions.gate = asyncio.Event()
    QTest.keyClick(wall.card.switch, Qt.Key.Key_Space)
    await until(lambda: wall.facts.is_busy)
    assert wall.card.switch.is_busy
    assert not wall.card.login_button.isEnabled()
    wall.card.switch.click()
    wall.sessions.gate.set()
    await until(lambda: wall.facts.word == "Live")
    assert wall.card.switch.isChecked()
    assert wall.sessions.calls.count(("turn_on", LIVE)) == 2


async def test_a_login_that_fails_puts_the_switch_back_with_the_reason(wall: Wall) -> None:
    wall.sessions.expire(LIVE)
    assert wall.facts.wants_login
    wall.sessions.errors[LIVE] = LoginFailed("Zerodha did not log in: the checksum is wrong.")
    wall.card.switch.click()
    await until(lambda: wall.facts.reason == "Zerodha did not log in: the checksum is wrong.")
    assert (wall.facts.word, wall.card.switch.isChecked()) == ("Off", False)
    wall.sessions.errors[LIVE] = BrokerUnavailable("Zerodha does not answer.")
    wall.card.login_button.click()
    await until(lambda: wall.facts.word == "Error")
    assert wall.facts.reason == "Zerodha does not answer. No order can be sent from it."
    del wall.sessions.errors[LIVE]
    wall.card.login_button.click()
    await until(lambda: wall.facts.word == "Live")
    assert not wall.card.login_button.isVisible()


async def test_all_that_wait_are_logged_in_with_one_button(wall: Wall) -> None:
    assert not wall.dialog.all_button.isEnabled()
    wall.sessions.expire(LIVE)
    assert wall.dialog.all_button.text() == "Log in all, 1 waiting"
    wall.dialog.all_button.click()
    await until(lambda: wall.facts.word == "Live")
    assert wall.dialog.all_button.text() == "Log in all"


async def test_the_public_address_is_asked_for_on_the_click_only(wall: Wall) -> None:
    assert ("public_address", LIVE) not in wall.sessions.calls
    wall.card.address_button.click()
    await until(lambda: wall.card.value_of("Address") == "203.0.113.24 asked 14:36")
    assert wall.card.address_button.text() == "Ask again"
    wall.sessions.errors["public_address"] = BrokerUnavailable("The service does not answer.")
    wall.card.address_button.click()
    await until(wall.dialog.notice.isVisible)
    assert "The service does not answer." in wall.dialog.notice.accessibleName()


async def test_an_account_gets_another_name(wall: Wall) -> None:
    wall.card.rename_wanted.emit()
    dialog = await wall.asked(RenameDialog)
    dialog.field.edit.setText("paper")
    dialog.rename_button.click()
    await until(lambda: "already" in dialog.field.problem.text)
    dialog.field.edit.setText("Long term")
    dialog.rename_button.click()
    await until(lambda: wall.facts.name == "Long term")
    await until(lambda: is_gone(dialog))


async def test_removing_asks_and_says_what_is_deleted(wall: Wall) -> None:
    wall.card.remove_wanted.emit()
    dialog = await wall.asked(ConfirmDialog)
    assert "nothing is cancelled or sold" in dialog.accessibleDescription()
    assert "its keys and session in Secret Service" in dialog.accessibleDescription()
    assert dialog.cancel_button.hasFocus()
    dialog.reject()
    await until(lambda: is_gone(dialog))
    assert len(wall.dialog.cards) == 2
    wall.card.remove_wanted.emit()
    (await wall.asked(ConfirmDialog)).agree_button.click()
    await until(lambda: len(wall.dialog.cards) == 1)
    assert not wall.dialog.all_button.isVisible()


async def test_an_account_whose_keys_cannot_be_deleted_stays(wall: Wall) -> None:
    wall.sessions.errors["remove"] = VaultError("The keyring did not answer.")
    wall.card.remove_wanted.emit()
    (await wall.asked(ConfirmDialog)).agree_button.click()
    await until(lambda: "The keyring did not answer." in wall.dialog.notice.accessibleName())
    assert len(wall.dialog.cards) == 2


async def test_only_live_cards_have_a_login_and_a_menu(wall: Wall) -> None:
    paper = wall.dialog.cards[0]
    assert not paper.more_button.isVisible()
    assert not paper.login_button.isVisible()
    assert not paper.address_button.isVisible()
    wall.card.more_button.click()
    menu = next(one for one in wall.card.findChildren(QMenu) if one.isVisible())
    words = [action.text() for action in menu.actions() if action.text()]
    assert words == ["Show my public address", "Rename…", "Remove…"]
    menu.close()


async def test_a_locked_file_is_told_and_unlocked_before_a_login(bench: WindowBench, wall: Wall) -> None:
    wall.sessions.expire(LIVE)
    wall.sessions.vault = LOCKED_FILE
    wall.card.switch.click()
    dialog = await wall.asked(UnlockVaultDialog)
    assert not wall.card.switch.isChecked()
    dialog.password.edit.setText("wrong one")
    dialog.do_button.click()
    await until(lambda: dialog.password.problem.text == "The password is not right.")
    dialog.password.edit.setText("correct horse")
    dialog.do_button.click()
    await until(lambda: wall.facts.word == "Live")


async def test_who_does_not_unlock_is_not_logged_in(wall: Wall) -> None:
    wall.sessions.expire(LIVE)
    wall.sessions.vault = LOCKED_FILE
    wall.card.login_button.click()
    (await wall.asked(UnlockVaultDialog)).reject()
    await until(wall.dialog.notice.isVisible)
    assert wall.dialog.notice.accessibleName().startswith("Your keys are locked.")
    assert wall.facts.word == "Expired"
    wall.dialog.notice.action_clicked.emit()
    (await wall.asked(UnlockVaultDialog)).reject()
    await wall.bench.settle()


async def test_without_a_keyring_the_encrypted_file_is_offered(wall: Wall) -> None:
    wall.sessions.expire(LIVE)
    wall.sessions.vault = NO_KEYRING
    wall.card.login_button.click()
    dialog = await wall.asked(CreateVaultDialog)
    assert "No keyring service runs here." in dialog.notice.accessibleName()
    dialog.password.edit.setText("short")
    dialog.do_button.click()
    assert dialog.password.problem.text == "It needs at least 8 letters."
    dialog.password.edit.setText("long enough")
    dialog.again.edit.setText("long enouhg")
    dialog.do_button.click()
    assert dialog.again.problem.text == "It is not the same as above."
    dialog.again.edit.setText("long enough")
    dialog.do_button.click()
    await until(lambda: wall.facts.word == "Live")
    assert wall.sessions.password == "long enough"


async def test_a_password_does_not_stay_in_a_closed_question(wall: Wall) -> None:
    wall.sessions.expire(LIVE)
    wall.sessions.vault = LOCKED_FILE
    wall.card.login_button.click()
    dialog = await wall.asked(UnlockVaultDialog)
    dialog.password.edit.setText("correct horse")
    dialog.reject()
    assert dialog.password.edit.text() == ""
    await wall.bench.settle()


async def test_the_file_s_password_is_changed_where_there_is_a_file(wall: Wall) -> None:
    assert not wall.dialog.password_button.isVisible()
    wall.sessions.vault = FILE
    wall.sessions.expire(LIVE)
    wall.card.login_button.click()
    await until(wall.dialog.password_button.isVisible)
    wall.dialog.password_button.click()
    dialog = await wall.asked(ChangePasswordDialog)
    dialog.old.edit.setText("not it")
    dialog.password.edit.setText("battery staple")
    dialog.again.edit.setText("battery staple")
    dialog.do_button.click()
    await until(lambda: "not right" in dialog.old.problem.text)
    dialog.old.edit.setText("correct horse")
    dialog.do_button.click()
    await until(lambda: is_gone(dialog))
    assert wall.sessions.password == "battery staple"
