"""Asks for another name of an account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

from terminal_app.domain.errors import BhavError
from terminal_app.ui.dialogs.form_field import FormField
from terminal_app.ui.kit.dialog import AppDialog

if TYPE_CHECKING:
    from terminal_app.domain.account import Account
    from terminal_app.services.terminal import Terminal
    from terminal_app.ui.desk import Desk


class RenameDialog(AppDialog):
    """What the service refuses stands beside the field."""

    def __init__(self, window: QWidget, terminal: Terminal, desk: Desk, account: Account) -> None:
        super().__init__(window, f"Rename {account.name}", width=400)
        self._terminal, self._desk, self._account = terminal, desk, account
        self.field = FormField("Name", text=account.name)
        self.field.changed.connect(self.adjustSize)
        self.body.addWidget(self.field)
        self.footer.addStretch(1)
        self.add_cancel()
        self.rename_button = self.add_button("Rename", "primary")
        self.rename_button.clicked.connect(self._on_rename)
        self.field.edit.selectAll()
        self.field.setFocus()

    def _on_rename(self) -> None:
        if self.rename_button.isEnabled():
            self.rename_button.setEnabled(False)
            self._desk.run(self._rename(self.field.text), "The account could not be renamed")

    async def _rename(self, name: str) -> None:
        try:
            await self._terminal.sessions.rename(self._account.id, name)
        except BhavError as error:
            if not isValid(self):
                raise
            self.field.say(error.message)
            self.rename_button.setEnabled(True)
            self.field.setFocus()
            self.adjustSize()
        else:
            if isValid(self):
                self.finish(True)
