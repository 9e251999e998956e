"""The account wall: a card per account with its lamp, reason and switch, and the way to a new paper account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QGridLayout, QWidget
from shiboken6 import isValid

from terminal_app.domain.errors import BhavError
from terminal_app.ui.dialogs.account_card import CARD_WIDTH, AccountCard
from terminal_app.ui.dialogs.account_facts import account_facts, subtitle
from terminal_app.ui.dialogs.parts import ScrollColumn
from terminal_app.ui.kit.buttons import Button
from terminal_app.ui.kit.dialog import AppDialog, ask_once
from terminal_app.ui.kit.notice_bar import NoticeBar
from terminal_app.ui.theme import SPACE, theme

if TYPE_CHECKING:
    from terminal_app.domain.ids import AccountId
    from terminal_app.services.terminal import Terminal
    from terminal_app.ui.desk import Desk

_MOST_COLUMNS = 3
_AROUND = 2 * SPACE.dialog_pad + 14
"""What the dialog needs besides its cards: margins and the scroll bar."""


class AccountsDialog(AppDialog):
    """Follows the accounts while it is open."""

    def __init__(self, window: QWidget, terminal: Terminal, desk: Desk) -> None:
        super().__init__(window, "Accounts", subtitle=subtitle(terminal))
        self._window, self._terminal, self._desk = window, terminal, desk
        self._cards: dict[AccountId, AccountCard] = {}
        self._notice = NoticeBar(wrap=True, closable=True)
        self._scroll = ScrollColumn("Accounts", max(240, window.height() - theme().px(180)))
        self._grid = QGridLayout(self._scroll.content)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(SPACE.group)
        self.body.addWidget(self._notice)
        self.body.addWidget(self._scroll, 1)
        self.new_button = Button("New paper account", icon_name="plus")
        self.new_button.clicked.connect(self._open_new)
        self.footer.addWidget(self.new_button)
        self.footer.addStretch(1)
        close = self.add_cancel("Close", default=True)
        close.setAccessibleName("Close the accounts")
        self._follow()
        self.refresh()

    @property
    def cards(self) -> tuple[AccountCard, ...]:
        """The cards in the order of the accounts."""
        return tuple(self._cards.values())

    def refresh(self, _message: object = None) -> None:
        """Show every account as it is now."""
        accounts = self._terminal.accounts.all()
        for place, account in enumerate(accounts):
            facts = account_facts(self._terminal, account, place)
            card = self._cards.get(account.id)
            if card is None:
                self._add_card(account.id, AccountCard(facts))
            else:
                card.show_facts(facts)
        self.header.subtitle.show_text(subtitle(self._terminal))

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

    def _add_card(self, account: AccountId, card: AccountCard) -> None:
        self._cards[account] = card
        card.use_wanted.connect(lambda: self._terminal.accounts.switch(account))
        card.switched.connect(lambda on: self._desk.run(self._switch(account, on), "The account could not be switched"))
        self._arrange()

    def _arrange(self) -> None:
        room = max(1, (self._window.width() - theme().px(_AROUND)) // theme().px(CARD_WIDTH + SPACE.group))
        columns = min(_MOST_COLUMNS, len(self._cards), room)
        for place, card in enumerate(self._cards.values()):
            self._grid.addWidget(card, place // columns, place % columns)
        self._width = columns * (CARD_WIDTH + SPACE.group) - SPACE.group + _AROUND
        self.restyle()
        if self.isVisible():
            self.adjustSize()

    async def _switch(self, account: AccountId, on: bool) -> None:
        self._notice.hide()
        try:
            await self._terminal.accounts.set_active(account, on)
        except BhavError as error:
            if not isValid(self):
                raise  # the wall was closed meanwhile: the desk tells it
            self._notice.show_notice("error", "The account was not switched.", error.message)
        if isValid(self):
            self.refresh()

    def _open_new(self) -> None:
        from terminal_app.ui.dialogs.new_paper import NewPaperDialog

        dialog = NewPaperDialog(self, self._terminal, self._desk)
        self._desk.run(ask_once(dialog), "The new account could not be asked for")
