"""The place of the keys as the status bar shows it, and the question for its password where live accounts wait for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication

from terminal_app.domain.enums import AccountKind, ConnectionState

if TYPE_CHECKING:
    from terminal_app.services.sessions import VaultState
    from terminal_app.services.terminal import Terminal
    from terminal_app.ui.main_window import MainWindow

_EVERY_S = 30
_WORDS = {"keyring": "keyring", "file": "vault", "memory": "keys in memory"}


class VaultView(QObject):
    """Looks while there are live accounts, and not before: asking a keyring costs an import and may wake it."""

    def __init__(self, window: MainWindow, terminal: Terminal) -> None:
        super().__init__(window)
        self._window, self._terminal, self._desk = window, terminal, window.desk
        self._is_looking, self._is_first = False, True
        self._beats = 0

    def start(self) -> None:
        """Look a second from now, then now and then, and whenever an account changes."""
        bridge = self._desk.bridge
        bridge.accounts_changed.connect(self.refresh)
        bridge.connection_changed.connect(self._on_connection)
        self._desk.second.connect(self._on_second)
        self._window.status.keys_clicked.connect(self.open)

    def refresh(self, _message: object = None) -> None:
        """Look, if there is anything to look for."""
        if not self._has_live():
            self._window.status.show_keys("", "", fine=True)
        elif not self._is_looking:
            self._is_looking = True
            self._desk.run(self._look(), "The place of the keys could not be looked at", "account")

    def open(self) -> None:
        """Ask for what is missing; where nothing is, show the accounts."""
        self._desk.run(self._open(), "The place of the keys could not be opened", "account")

    def _has_live(self) -> bool:
        return any(account.kind is AccountKind.LIVE for account in self._terminal.accounts.all())

    def _on_connection(self, _message: object) -> None:
        accounts = self._terminal.accounts
        # During a login the vault is being used; afterwards it may have locked itself.
        if all(accounts.connection(one.id).state is not ConnectionState.LOGGING_IN for one in accounts.all()):
            self.refresh()

    def _on_second(self) -> None:
        if self._beats % _EVERY_S == 0:
            self.refresh()
        self._beats += 1

    async def _look(self) -> None:
        try:
            state = await self._terminal.sessions.vault_state()
        finally:
            self._is_looking = False
        self._show(state)
        is_first, self._is_first = self._is_first, False
        is_waiting = state.kind == "file" and state.is_locked and not state.is_new
        # At the start only: a file that locks itself in the middle of the day is unlocked when it is needed.
        if is_first and is_waiting and QApplication.activeModalWidget() is None:
            await self._open()

    async def _open(self) -> None:
        from terminal_app.ui.dialogs.vault import keys_can_be_used

        state = await self._terminal.sessions.vault_state()
        if state.is_ready:
            self._desk.actions.trigger("accounts")
        elif await keys_can_be_used(self._window, self._terminal, self._desk):
            self._show(await self._terminal.sessions.vault_state())

    def _show(self, state: VaultState) -> None:
        word = _WORDS.get(state.kind, state.name)
        if state.is_ready:
            self._window.status.show_keys(word if state.kind == "memory" else f"{word} ok", state.name, fine=True)
        else:
            what = "to be made" if state.is_new else "locked" if state.is_locked else "not usable"
            self._window.status.show_keys(f"{word} {what}", state.reason or state.name, fine=False)
