"""The questions about the place of the keys: make the encrypted file, unlock it, change its password."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

from terminal_app.domain.errors import BhavError
from terminal_app.ui.dialogs.form_field import FormField
from terminal_app.ui.kit.buttons import Button
from terminal_app.ui.kit.dialog import AppDialog, ask_once
from terminal_app.ui.kit.label import Label
from terminal_app.ui.kit.notice_bar import NoticeBar
from terminal_app.ui.theme import SPACE

if TYPE_CHECKING:
    from terminal_app.services.sessions import VaultState
    from terminal_app.services.terminal import Terminal
    from terminal_app.ui.desk import Desk

LEAST_LETTERS = 8
_LOST = "Nobody can recover it: without it the keys have to be typed again."


async def keys_can_be_used(window: QWidget, terminal: Terminal, desk: Desk) -> bool:
    """Whether secrets can be read and written now; asks for what is missing, until they can or the user gives up. Raises VaultError."""
    while True:
        state = await terminal.sessions.vault_state()
        if state.is_ready:
            return True
        if not isValid(window) or not await ask_once(question_for(state, window, terminal, desk)):
            return False


def question_for(state: VaultState, window: QWidget, terminal: Terminal, desk: Desk) -> VaultDialog:
    """The dialog that brings a vault which is not ready a step further."""
    if state.is_new:
        return CreateVaultDialog(window, terminal, desk, "")
    if state.kind == "file" and state.is_locked:
        return UnlockVaultDialog(window, terminal, desk, state.name)
    if state.kind == "keyring" and not state.is_locked:
        return CreateVaultDialog(window, terminal, desk, state.reason)
    return BlockedVaultDialog(window, terminal, desk, state)


class VaultDialog(AppDialog):
    """Fields for passwords and one thing to do with them; finishes with True. Leaves no password behind."""

    def __init__(self, window: QWidget, terminal: Terminal, desk: Desk, title: str, text: str) -> None:
        super().__init__(window, title, width=440)
        self._sessions, self._desk = terminal.sessions, desk
        self.fields: list[FormField] = []
        self.notice = NoticeBar(wrap=True)
        self.body.addWidget(self.notice)
        words = Label(text, "body", "text.2")
        words.setWordWrap(True)
        self.body.addWidget(words)
        self.body.addSpacing(SPACE.tight)
        self.do_button: Button

    def _password(self, label: str, help: str = "") -> FormField:
        field = FormField(label, help, secret=True)
        field.changed.connect(self.adjustSize)
        self.fields.append(field)
        self.body.addWidget(field)
        return field

    def _buttons(self, action: str, *, cancel: str = "Cancel") -> None:
        self.footer.addStretch(1)
        self.add_cancel(cancel)
        self.do_button = self.add_button(action, "primary")
        self.do_button.clicked.connect(self._on_do)
        self.finished.connect(self._forget)
        if self.fields:
            self.fields[0].setFocus()

    def _on_do(self) -> None:
        problem = self._problem()
        if problem is not None:
            field, text = problem
            field.say(text)
            field.setFocus()
            self.adjustSize()
        elif self.do_button.isEnabled():
            self.do_button.setEnabled(False)
            self._desk.run(self._do(self._work()), f"{self.windowTitle()}: it could not be done")

    async def _do(self, work: Coroutine[Any, Any, Any]) -> None:
        try:
            await work
        except BhavError as error:
            if not isValid(self):
                raise
            self._refused(error)
        else:
            if isValid(self):
                self.finish(True)

    def _refused(self, error: BhavError) -> None:
        """The sentence stands beside the password that it is about."""
        self.do_button.setEnabled(True)
        if not self.fields:
            self.notice.show_notice("error", "It did not work.", error.message)
        else:
            self.fields[0].say(error.message)
            self.fields[0].edit.selectAll()
            self.fields[0].setFocus()
        self.adjustSize()

    def _problem(self) -> tuple[FormField, str] | None:
        """What can be seen to be wrong before anything is tried."""
        return next(((field, "Type the password.") for field in self.fields if not field.edit.text()), None)

    def _work(self) -> Coroutine[Any, Any, Any]:
        raise NotImplementedError

    def _forget(self) -> None:
        for field in self.fields:
            field.forget()


class UnlockVaultDialog(VaultDialog):
    """Asks for the master password."""

    def __init__(self, window: QWidget, terminal: Terminal, desk: Desk, name: str) -> None:
        super().__init__(
            window,
            terminal,
            desk,
            "Unlock your keys",
            "The keys of your accounts are in an encrypted file. Live accounts wait for its master password; paper accounts work without.",
        )
        self.password = self._password("Master password", name)
        self._buttons("Unlock", cancel="Not now")

    def _work(self) -> Coroutine[Any, Any, Any]:
        return self._sessions.unlock_vault(self.password.edit.text())


class CreateVaultDialog(VaultDialog):
    """Offers the encrypted file where there is no keyring. ``reason`` says why there is none; empty where a file was asked for."""

    def __init__(self, window: QWidget, terminal: Terminal, desk: Desk, reason: str) -> None:
        super().__init__(
            window,
            terminal,
            desk,
            "Where shall Bhav keep your keys?",
            "Bhav can keep them in a file that is encrypted with a master password, which it asks for at each start. "
            "It never keeps them unencrypted.",
        )
        if reason:
            self.notice.show_notice("warn", "This computer's keyring cannot be used.", reason)
        self.password = self._password("Master password", f"At least {LEAST_LETTERS} letters. {_LOST}")
        self.again = self._password("The same once more")
        self._buttons("Use an encrypted file", cancel="Not now")

    def _problem(self) -> tuple[FormField, str] | None:
        return new_password_problem(self.password, self.again)

    def _work(self) -> Coroutine[Any, Any, Any]:
        return self._sessions.create_vault(self.password.edit.text())


class ChangePasswordDialog(VaultDialog):
    """Encrypts the file anew."""

    def __init__(self, window: QWidget, terminal: Terminal, desk: Desk) -> None:
        super().__init__(
            window, terminal, desk, "Change the master password", "The file with your keys is encrypted anew with it."
        )
        self.old = self._password("Password until now")
        self.password = self._password("New password", f"At least {LEAST_LETTERS} letters. {_LOST}")
        self.again = self._password("The new one once more")
        self._buttons("Change the password")

    def _problem(self) -> tuple[FormField, str] | None:
        if not self.old.edit.text():
            return self.old, "Type the password that the file has now."
        return new_password_problem(self.password, self.again)

    def _work(self) -> Coroutine[Any, Any, Any]:
        return self._sessions.change_vault_password(self.old.edit.text(), self.password.edit.text())


class BlockedVaultDialog(VaultDialog):
    """The system's keyring is locked and asks for its password itself, or it is damaged and needs a hand outside."""

    def __init__(self, window: QWidget, terminal: Terminal, desk: Desk, state: VaultState) -> None:
        what = "is locked" if state.is_locked else "cannot be used"
        super().__init__(window, terminal, desk, f"The place of your keys {what}", state.reason or state.name)
        self._is_locked = state.is_locked
        self._buttons("Unlock" if state.is_locked else "Try again", cancel="Not now")

    def _work(self) -> Coroutine[Any, Any, Any]:
        return self._sessions.unlock_vault("") if self._is_locked else self._sessions.vault_state()


def new_password_problem(password: FormField, again: FormField) -> tuple[FormField, str] | None:
    """What is wrong with a password that is typed twice."""
    if len(password.edit.text()) < LEAST_LETTERS:
        return password, f"It needs at least {LEAST_LETTERS} letters."
    if password.edit.text() != again.edit.text():
        return again, "It is not the same as above."
    return None
