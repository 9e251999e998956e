"""Answers a broker's login with the window: shows the page and hands back where it ended."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec import Struct
from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import isValid

from terminal_app.domain.errors import LoginCancelled, LoginError
from terminal_app.domain.ids import AccountId

if TYPE_CHECKING:
    from terminal_app.domain.account import Account

PAGE_LIMIT_S = 300.0
BROWSER_LIMIT_S = 120.0


class LoginTitle(Struct, frozen=True):
    """Whose login a dialog shows. ``broker`` is its name as its customers write it; all may be empty."""

    broker: str = ""
    account: str = ""


def open_in_browser(address: str) -> bool:
    """Hand an address to the desktop's browser; whether there is one."""
    return QDesktopServices.openUrl(QUrl(address))


class WindowPrompter:
    """A LoginPrompter. Logins wait for each other, so that one page is open at a time."""

    def __init__(
        self,
        window: Callable[[], QWidget | None],
        *,
        browse: Callable[[str], bool] = open_in_browser,
        page_limit_s: float = PAGE_LIMIT_S,
        browser_limit_s: float = BROWSER_LIMIT_S,
    ) -> None:
        self._window, self._browse = window, browse
        self._limits_s = (page_limit_s, browser_limit_s)
        self._turn = asyncio.Lock()

    def for_account(self, account: Account) -> AccountPrompter:
        """The same, with the account's name on what it shows."""
        from terminal_app.ui.shell.switcher import broker_name

        return AccountPrompter(self, LoginTitle(broker_name(account.broker), account.client_id or account.name))

    async def authorize(self, url: str, redirect: str, title: LoginTitle | None = None) -> str:
        """Show the login page; the whole redirect address. Raises LoginCancelled, LoginTimeout, LoginFailed."""
        from terminal_app.ui.login.dialog import LoginDialog

        async with self._turn:
            dialog = LoginDialog(
                self._over(), url, redirect, title or LoginTitle(), browse=self._browse, limits_s=self._limits_s
            )
            try:
                outcome = await dialog.ask()
            finally:
                await dialog.aclose()
                dialog.deleteLater()
        if isinstance(outcome, LoginError):
            raise outcome
        if outcome is None:
            raise LoginCancelled("You closed the login page, so you are not logged in.")
        return str(outcome)

    async def one_time_code(self, account: AccountId, reason: str | None, title: LoginTitle | None = None) -> str:
        """Ask for the code of an authenticator app. Raises LoginCancelled, LoginTimeout."""
        from terminal_app.ui.kit.dialog import ask_once
        from terminal_app.ui.login.code_dialog import CodeDialog

        async with self._turn:
            dialog = CodeDialog(self._over(), title or LoginTitle(account=account), reason or "", self._limits_s[0])
            outcome = await ask_once(dialog)
        if isinstance(outcome, LoginError):
            raise outcome
        if outcome is None:
            raise LoginCancelled("You closed the question for the code, so you are not logged in.")
        return str(outcome)

    def _over(self) -> QWidget | None:
        """The dialog that is in front, else the window."""
        front = QApplication.activeModalWidget()
        if front is not None and isValid(front) and front.isVisible():
            return front
        window = self._window()
        return window if window is not None and isValid(window) else None


class AccountPrompter:
    """A LoginPrompter for one account."""

    def __init__(self, prompter: WindowPrompter, title: LoginTitle) -> None:
        self._prompter, self._title = prompter, title

    async def authorize(self, url: str, redirect: str) -> str:
        """Show the login page; the whole redirect address. Raises LoginCancelled, LoginTimeout, LoginFailed."""
        return await self._prompter.authorize(url, redirect, self._title)

    async def one_time_code(self, account: AccountId, reason: str | None) -> str:
        """Ask for the code of an authenticator app. Raises LoginCancelled, LoginTimeout."""
        return await self._prompter.one_time_code(account, reason, self._title)
