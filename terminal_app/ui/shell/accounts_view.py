"""The accounts as the window's frame shows them: switcher, identity, lamps, day P&L and funds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from terminal_app.domain.enums import AccountKind, ConnectionState
from terminal_app.domain.errors import BhavError
from terminal_app.ui import formats
from terminal_app.ui.kit.identity import Identity
from terminal_app.ui.kit.lamp import WORDS
from terminal_app.ui.shell.live_facts import feed_age, order_budget
from terminal_app.ui.shell.status import AccountStatus
from terminal_app.ui.shell.switcher import SwitcherList, broker_name, lamp_state

if TYPE_CHECKING:
    from collections.abc import Callable

    from terminal_app.domain.account import Account
    from terminal_app.domain.ids import AccountId
    from terminal_app.services.terminal import Terminal
    from terminal_app.ui.main_window import MainWindow


def identity_of(account: Account | None) -> Identity:
    """LIVE, PAPER, or neither for all accounts together."""
    if account is None:
        return Identity.NONE
    return Identity.PAPER if account.kind is AccountKind.PAPER else Identity.LIVE


def window_title(account: Account | None) -> str:
    """The title names where orders go."""
    if account is None:
        return "All accounts - Bhav"
    if account.kind is AccountKind.PAPER:
        return f"PAPER, {account.name} - Bhav"
    return f"LIVE, {broker_name(account.broker)} {account.name} - Bhav"


def show_identity(window: MainWindow, account: Account | None) -> None:
    """Frame, block and title: real money is solid, paper is hatched."""
    identity = identity_of(account)
    window.frame.set_identity(identity)
    window.setWindowTitle(window_title(account))
    if account is None:
        window.identity_block.show_identity(identity, "All accounts. The ticket asks for one.")
    elif account.is_demo:
        window.identity_block.show_identity(
            identity, f"Orders go to a simulator of {broker_name(account.broker)}, not to an exchange."
        )
    elif identity is Identity.PAPER:
        window.identity_block.show_identity(identity, "Simulated money. Nothing is sent to an exchange.")
    else:
        where = f"{broker_name(account.broker)} {account.name}"
        window.identity_block.show_identity(identity, f"Orders go to {where} with real money.")


class AccountsView(QObject):
    """Keeps switcher, identity and lamps in step with the account service."""

    def __init__(self, window: MainWindow, terminal: Terminal) -> None:
        super().__init__(window)
        self._window = window
        self._terminal = terminal

    def start(self) -> None:
        """Connect and show the first state."""
        bridge = self._window.bridge
        bridge.accounts_changed.connect(self.refresh)
        bridge.connection_changed.connect(self.refresh)
        bridge.current_account_changed.connect(self.refresh)
        self._window.header.switcher.clicked.connect(self.open_list)
        self._window.status.account_clicked.connect(lambda: self._window.desk.actions.trigger("accounts"))
        self.refresh()

    def current(self) -> Account | None:
        """The account that is shown; None for all."""
        current = self._terminal.accounts.current
        return None if current is None else self._terminal.accounts.get(current)

    def switch(self, account: AccountId | None) -> None:
        """Show another account, None for all; what could not be kept of it is told."""
        self._telling(lambda: self._terminal.accounts.switch(account))

    def switch_to_next(self) -> None:
        """Show the account after this one."""
        self._telling(self._terminal.accounts.switch_to_next)

    def switch_to_place(self, place: int) -> None:
        """Show the account at a place of the list, counted from 0; nothing where there is none."""
        accounts = self._terminal.accounts.all()
        if place < len(accounts):
            self.switch(accounts[place].id)

    def refresh(self, _message: object = None) -> None:
        """Identity, switcher, figures and lamps as they are now."""
        show_identity(self._window, self.current())
        self.refresh_figures()

    def refresh_figures(self) -> None:
        """Day P&L and funds of what is shown, and the lamps with what is told beside them."""
        header, portfolio = self._window.header, self._terminal.portfolio
        current = self._terminal.accounts.current
        pnl = portfolio.day_pnl(current)
        header.pnl.show_value(formats.with_arrow(pnl), formats.tone(pnl))
        accounts = [account.id for account in self._terminal.accounts.all()] if current is None else [current]
        known = [funds for funds in map(portfolio.funds, accounts) if funds is not None]
        free = formats.money(sum(funds.available for funds in known) if known else None)
        header.funds.show_value(free, "text.1" if known else "text.3")
        self._show_switcher()
        self._window.status.show_accounts([self._status(account) for account in self._terminal.accounts.all()])

    def open_list(self) -> None:
        """Open the list of accounts under the switcher."""
        accounts, portfolio = self._terminal.accounts, self._terminal.portfolio
        rows = SwitcherList(self._window)
        rows.chosen.connect(self.switch)
        for place, account in enumerate(accounts.all()):
            lamp = lamp_state(account, accounts.connection(account.id))
            key = f"Ctrl+{place + 1}" if place < 9 else ""
            rows.add_account(account.id, account.name, account.broker, lamp, portfolio.day_pnl(account.id), key)
        if len(accounts.all()) > 1:
            key = self._window.actions_registry.key_text("all_accounts")
            rows.add_account(None, "All accounts", "", None, portfolio.day_pnl(None), key)
        rows.open_under(self._window.header.switcher, accounts.current)

    def _telling(self, switching: Callable[[], None]) -> None:
        try:
            switching()
        except BhavError as error:
            self._terminal.notices.failed("The choice of account was not kept", error, "settings")

    def _show_switcher(self) -> None:
        account, switcher = self.current(), self._window.header.switcher
        if account is None:
            switcher.show_account("All accounts", "", None, self._terminal.portfolio.day_pnl(None))
            return
        lamp = lamp_state(account, self._terminal.accounts.connection(account.id))
        switcher.show_account(account.name, account.broker, lamp, self._terminal.portfolio.day_pnl(account.id))

    def _status(self, account: Account) -> AccountStatus:
        connection = self._terminal.accounts.connection(account.id)
        lamp = lamp_state(account, connection)
        if connection.state is not ConnectionState.LIVE:
            return AccountStatus(lamp, account.name, WORDS[lamp].lower(), connection.reason)
        if account.kind is AccountKind.PAPER:
            return AccountStatus(lamp, account.name, f"prices from {self._terminal.prices_from}", connection.reason)
        return AccountStatus(lamp, account.name, self._live_text(account), connection.reason)

    def _live_text(self, account: Account) -> str:
        """Broker, how old its feed is, and what is left of its budget for orders."""
        sessions, parts = self._terminal.sessions, [broker_name(account.broker)]
        age_s, budget = sessions.feed_age_s(account.id), order_budget(sessions.remaining_calls(account.id))
        if age_s is not None:
            parts.append(f"feed {feed_age(age_s)}")
        if budget is not None:
            parts.append(f"{budget[0]}/{budget[1]} orders left")
        return ", ".join(parts)
