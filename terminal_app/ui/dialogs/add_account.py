"""Adds a live account: choose the broker, register Bhav with it, and copy its keys here once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QWidget
from shiboken6 import isValid

from terminal_app.domain.errors import BadInput, BhavError
from terminal_app.ui.dialogs.add_account_form import AccountForm
from terminal_app.ui.dialogs.add_account_tiles import BrokerTile
from terminal_app.ui.dialogs.parts import Problem
from terminal_app.ui.kit.buttons import Button
from terminal_app.ui.kit.dialog import AppDialog, ask_once
from terminal_app.ui.kit.label import Label
from terminal_app.ui.theme import SPACE, theme

if TYPE_CHECKING:
    from terminal_app.domain.account import Account
    from terminal_app.services.sessions import BrokerOffer
    from terminal_app.services.terminal import Terminal
    from terminal_app.ui.desk import Desk

_AROUND, _LEAST = 210, 260
"""What the dialog needs besides the form, and the least that the form gets."""


async def add_account(window: QWidget, terminal: Terminal, desk: Desk) -> None:
    """See to it that keys can be kept, then ask for the account. Raises VaultError."""
    from terminal_app.ui.dialogs.vault import keys_can_be_used

    if await keys_can_be_used(window, terminal, desk) and isValid(window):
        state = await terminal.sessions.vault_state()
        await ask_once(AddAccountDialog(window, terminal, desk, state.name))


class AddAccountDialog(AppDialog):
    """Finishes with the new Account. ``keys_in`` is the name of the place that keeps its keys."""

    def __init__(self, window: QWidget, terminal: Terminal, desk: Desk, keys_in: str) -> None:
        super().__init__(window, "Add an account", width=560)
        self._terminal, self._desk, self._keys_in = terminal, desk, keys_in
        self.form: AccountForm | None = None
        self.problem = Problem()
        self._room = max(theme().px(_LEAST), window.window().height() - theme().px(_AROUND))
        self._lead = Label("Which broker is the account with?", "lead")
        self._tile_row = QWidget()
        tiles = QHBoxLayout(self._tile_row)
        tiles.setContentsMargins(0, 0, 0, 0)
        tiles.setSpacing(SPACE.group)
        self.tiles = [BrokerTile(offer) for offer in terminal.sessions.brokers()]
        for tile in self.tiles:
            tiles.addWidget(tile, 1)
            tile.clicked.connect(lambda _=False, tile=tile: self.choose(tile.offer))
        self._hint = Label(
            "You log in each day on the broker's own page. Bhav never sees your password or PIN.", "body", "text.2"
        )
        self._hint.setWordWrap(True)
        for widget in (self._lead, self._tile_row, self._hint, self.problem):
            self.body.addWidget(widget)
        self.back_button = Button("Back", icon_name="chevron-left")
        self.back_button.clicked.connect(self.go_back)
        self.footer.addWidget(self.back_button)
        self.footer.addStretch(1)
        self.add_cancel()
        self.add_account_button = self.add_button("Add account", "primary")
        self.add_account_button.clicked.connect(self._on_add)
        self.finished.connect(self._forget)
        self._show_step()

    def choose(self, offer: BrokerOffer) -> None:
        """Show what this broker needs."""
        taken = {account.name.casefold() for account in self._terminal.accounts.all()}
        self.form = AccountForm(offer, taken, self._keys_in, self._room)
        self.form.changed.connect(lambda: self.problem.show_problem(""))
        self.body.insertWidget(self.body.indexOf(self.problem), self.form)
        self.form.show()
        self._show_step()
        self.form.begin()

    def go_back(self) -> None:
        """To the choice of the broker; what was typed is forgotten."""
        self._forget()
        if self.form is not None:
            self.form.hide()
            self.form.deleteLater()
            self.form = None
        self._show_step()

    def _show_step(self) -> None:
        is_choosing = self.form is None
        for widget in (self._lead, self._tile_row, self._hint):
            widget.setVisible(is_choosing)
        self.back_button.setVisible(not is_choosing)
        self.add_account_button.setVisible(not is_choosing)
        self.problem.show_problem("")
        self.header.subtitle.show_text("" if self.form is None else self.form.offer.title)
        if is_choosing and self.tiles:
            self.tiles[0].setFocus()
        self._settle_size()

    def _settle_size(self) -> None:
        self.adjustSize()
        window = self.parentWidget()
        if window is not None and self.isVisible():
            box = self.rect()
            box.moveCenter(window.window().geometry().center())
            self.move(box.topLeft())

    def _on_add(self) -> None:
        if self.form is None or not self.add_account_button.isEnabled():
            return
        if self.form.show_what_is_missing():
            return
        self.add_account_button.setEnabled(False)
        work = self._add(self.form.offer.name, self.form.name.text, self.form.values())
        self._desk.run(work, "The account could not be added")

    async def _add(self, broker: str, name: str, values: dict[str, str]) -> None:
        try:
            account: Account = await self._terminal.sessions.add(broker, name, values)
        except BhavError as error:
            if not isValid(self):
                raise
            self._refused(error)
        else:
            self._desk.toast(f"{account.name} was added", "Its keys are kept. Switch it on to log in.", "profit")
            if isValid(self):
                self.finish(account)

    def _refused(self, error: BhavError) -> None:
        self.add_account_button.setEnabled(True)
        field = error.field if isinstance(error, BadInput) else ""
        if self.form is None or not self.form.say(field, error.message):
            self.problem.show_problem(error.message)
        self._settle_size()

    def _forget(self) -> None:
        """No key stays in a widget that is closed."""
        if self.form is not None:
            self.form.forget()
