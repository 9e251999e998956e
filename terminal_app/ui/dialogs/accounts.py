"""The account wall: a card per account with its lamp, reason and switch, and the ways to another account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QWidget
from shiboken6 import isValid

from terminal_app.domain.enums import AccountKind
from terminal_app.domain.errors import BhavError
from terminal_app.ui.dialogs.account_card import CARD_WIDTH, AccountCard
from terminal_app.ui.dialogs.account_facts import SeenAddress, account_facts, subtitle
from terminal_app.ui.dialogs.parts import ScrollColumn
from terminal_app.ui.kit.buttons import Button
from terminal_app.ui.kit.dialog import AppDialog, ask_once
from terminal_app.ui.kit.label import Label
from terminal_app.ui.kit.notice_bar import NoticeBar
from terminal_app.ui.shell.live_facts import waiting
from terminal_app.ui.theme import SPACE, theme

if TYPE_CHECKING:
    from terminal_app.domain.ids import AccountId
    from terminal_app.services.sessions import VaultState
    from terminal_app.services.terminal import Terminal
    from terminal_app.ui.desk import Desk

_MOST_COLUMNS = 3
_AROUND = 2 * SPACE.dialog_pad + 14
"""What the dialog needs besides its cards: margins and the scroll bar."""
_ABOVE_AND_BELOW = 240
"""What it needs over and under them: title, notice, the line about the keys, buttons."""
_KEYS_IN = "the system's keyring"


class AccountsDialog(AppDialog):
    """Follows the accounts while it is open."""

    def __init__(self, window: QWidget, terminal: Terminal, desk: Desk) -> None:
        super().__init__(window, "Accounts", subtitle=subtitle(terminal))
        self._window, self._terminal, self._desk = window, terminal, desk
        self._cards: dict[AccountId, AccountCard] = {}
        self._seen: dict[AccountId, SeenAddress] = {}
        self._keys_in = _KEYS_IN
        self._where = Label("", "small", "text.3")
        self.notice = NoticeBar(wrap=True, closable=True)
        self._scroll = ScrollColumn("Accounts", max(240, window.height() - theme().px(_ABOVE_AND_BELOW)))
        self._grid = QGridLayout(self._scroll.content)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(SPACE.group)
        self.body.addWidget(self.notice)
        self.body.addWidget(self._scroll, 1)
        self.password_button = Button("Change its password", "link")
        self.password_button.clicked.connect(self._open_password)
        self.password_button.hide()
        where = QHBoxLayout()
        where.setSpacing(SPACE.panel_pad)
        where.addWidget(self._where)
        where.addWidget(self.password_button)
        where.addStretch(1)
        self.body.addLayout(where)
        self.add_account_button = Button("Add account", icon_name="plus")
        self.add_account_button.clicked.connect(self._open_add)
        self.new_button = Button("New paper account", icon_name="plus")
        self.new_button.clicked.connect(self._open_new)
        self.all_button = Button("Log in all")
        self.all_button.clicked.connect(self._on_log_in_all)
        for button in (self.add_account_button, self.new_button):
            self.footer.addWidget(button)
        self.footer.addStretch(1)
        self.footer.addWidget(self.all_button)
        close = self.add_cancel("Close", default=True)
        close.setAccessibleName("Close the accounts")
        self._follow()
        self.refresh()
        if self._has_live():
            desk.run(self._look_at_vault(), "The place of the keys could not be looked at")

    @property
    def cards(self) -> tuple[AccountCard, ...]:
        """The cards in the order of the accounts."""
        return tuple(self._cards.values())

    def refresh(self, _message: object = None) -> None:
        """Show every account as it is now."""
        accounts = self._terminal.accounts.all()
        for gone in self._cards.keys() - {account.id for account in accounts}:
            self._drop_card(gone)
        for place, account in enumerate(accounts):
            facts = account_facts(self._terminal, account, place, self._seen.get(account.id))
            card = self._cards.get(account.id)
            if card is None:
                self._add_card(account.id, AccountCard(facts))
            else:
                card.show_facts(facts)
        self.header.subtitle.show_text(subtitle(self._terminal))
        count = waiting(self._terminal)
        self.all_button.setText(f"Log in all, {count} waiting" if count else "Log in all")
        self.all_button.setEnabled(count > 0)
        self.all_button.setVisible(self._has_live())

    # What the cards follow and ask for.

    def _follow(self) -> None:
        bridge = self._desk.bridge
        for signal in (
            bridge.accounts_changed,
            bridge.connection_changed,
            bridge.current_account_changed,
            bridge.funds_changed,
            bridge.position_changed,
        ):
            signal.connect(self.refresh)
        self._desk.second.connect(self.refresh)
        self.notice.action_clicked.connect(
            lambda: self._desk.run(self._open_vault(), "The place of the keys could not be opened")
        )

    def _add_card(self, account: AccountId, card: AccountCard) -> None:
        self._cards[account] = card
        run = self._desk.run
        card.use_wanted.connect(lambda: self._terminal.accounts.switch(account))
        card.switched.connect(lambda on: run(self._switch(account, on), "The account could not be switched"))
        card.login_wanted.connect(lambda: run(self._log_in(account), "The login could not be started"))
        card.address_wanted.connect(
            lambda: run(self._ask_address(account), "The public address could not be asked for")
        )
        card.rename_wanted.connect(lambda: self._open_rename(account))
        card.remove_wanted.connect(lambda: run(self._remove(account), "The account could not be removed"))
        self._arrange()

    def _drop_card(self, account: AccountId) -> None:
        card = self._cards.pop(account)
        self._seen.pop(account, None)
        self._grid.removeWidget(card)
        card.hide()
        card.deleteLater()
        self._arrange()

    def _arrange(self) -> None:
        room = max(1, (self._window.width() - theme().px(_AROUND)) // theme().px(CARD_WIDTH + SPACE.group))
        columns = min(_MOST_COLUMNS, max(2, len(self._cards)), room)
        for place, card in enumerate(self._cards.values()):
            self._grid.addWidget(card, place // columns, place % columns)
        self._width = columns * (CARD_WIDTH + SPACE.group) - SPACE.group + _AROUND
        self.restyle()
        if self.isVisible():
            self.adjustSize()

    def _has_live(self) -> bool:
        return any(account.kind is AccountKind.LIVE for account in self._terminal.accounts.all())

    async def _switch(self, account: AccountId, on: bool) -> None:
        sessions, accounts = self._terminal.sessions, self._terminal.accounts
        self.notice.hide()
        try:
            if accounts.get(account).kind is AccountKind.PAPER:
                await accounts.set_active(account, on)
            elif not on:
                await sessions.turn_off(account)
            elif await self._keys_can_be_used():
                await sessions.turn_on(account)
        except BhavError as error:
            if not isValid(self):
                raise  # the wall was closed meanwhile: the desk tells it
            self.notice.show_notice("error", "The account was not switched.", error.message)
        if isValid(self):
            self.refresh()

    async def _log_in(self, account: AccountId) -> None:
        self.notice.hide()
        if await self._keys_can_be_used():
            await self._terminal.sessions.log_in(account)

    def _on_log_in_all(self) -> None:
        self._desk.run(self._log_in_all(), "The accounts could not be logged in")

    async def _log_in_all(self) -> None:
        self.notice.hide()
        if await self._keys_can_be_used():
            await self._terminal.sessions.log_in_all()

    async def _ask_address(self, account: AccountId) -> None:
        card = self._cards[account]
        card.set_asking(True)
        try:
            address, asked_at = await self._terminal.sessions.public_address(account)
        except BhavError as error:
            if not isValid(self):
                raise
            self.notice.show_notice("warn", "Your public address is not known.", error.message)
        else:
            self._seen[account] = SeenAddress(address, asked_at)
        if isValid(self) and isValid(card):
            self.refresh()
            card.set_asking(False)

    def _open_rename(self, account: AccountId) -> None:
        from terminal_app.ui.dialogs.accounts_rename import RenameDialog

        dialog = RenameDialog(self, self._terminal, self._desk, self._terminal.accounts.get(account))
        self._desk.run(ask_once(dialog), "The new name could not be asked for")

    async def _remove(self, account: AccountId) -> None:
        from terminal_app.ui.dialogs.remove_account import remove_dialog

        if not await ask_once(remove_dialog(self, self._terminal.accounts.get(account), self._keys_in)):
            return
        try:
            if await self._keys_can_be_used():
                await self._terminal.sessions.remove(account)
        except BhavError as error:
            if not isValid(self):
                raise
            self.notice.show_notice("error", "The account was not removed.", error.message)

    def _open_new(self) -> None:
        from terminal_app.ui.dialogs.new_paper import NewPaperDialog

        dialog = NewPaperDialog(self, self._terminal, self._desk)
        self._desk.run(ask_once(dialog), "The new account could not be asked for")

    def _open_add(self) -> None:
        self._desk.run(self._add(), "The account could not be added")

    async def _add(self) -> None:
        from terminal_app.ui.dialogs.add_account import add_account

        await add_account(self, self._terminal, self._desk)
        await self._look_at_vault()

    # The place of the keys.

    async def _keys_can_be_used(self) -> bool:
        from terminal_app.ui.dialogs.vault import keys_can_be_used

        usable = await keys_can_be_used(self if isValid(self) else self._window, self._terminal, self._desk)
        if isValid(self):
            self._show_vault(await self._terminal.sessions.vault_state())
        return usable

    async def _open_vault(self) -> None:
        await self._keys_can_be_used()

    def _open_password(self) -> None:
        from terminal_app.ui.dialogs.vault import ChangePasswordDialog

        dialog = ChangePasswordDialog(self, self._terminal, self._desk)
        self._desk.run(ask_once(dialog), "The new password could not be asked for")

    async def _look_at_vault(self) -> None:
        state = await self._terminal.sessions.vault_state()
        if isValid(self):
            self._show_vault(state)

    def _show_vault(self, state: VaultState) -> None:
        self._keys_in = state.name
        self.password_button.setVisible(state.kind == "file" and state.is_ready)
        if state.is_ready:
            self._where.show_text(f"Keys are kept in {state.name}, never in a plain file.")
            self.notice.hide()
        elif self._has_live():
            what = "Your keys are locked." if state.is_locked else "Your keys cannot be read."
            rest = state.reason or "Live accounts wait for it; paper accounts work."
            self.notice.show_notice(
                "warn", what, rest, action="Unlock" if state.is_locked else "What to do", icon_name="lock"
            )
