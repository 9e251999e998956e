"""The login dialog: the broker's page, or the wait for the user's browser, and how it ended."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication, QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from terminal_app.domain.errors import LoginFailed, LoginTimeout
from terminal_app.ui.kit.buttons import Button
from terminal_app.ui.kit.dialog import AppDialog
from terminal_app.ui.kit.ground import Ground
from terminal_app.ui.kit.label import Label
from terminal_app.ui.kit.notice_bar import NoticeBar
from terminal_app.ui.kit.ticker import ticker
from terminal_app.ui.login import engine
from terminal_app.ui.login.address_bar import AddressBar
from terminal_app.ui.login.addresses import domain_of, host_of, is_loopback
from terminal_app.ui.login.countdown import Countdown
from terminal_app.ui.login.listener import RedirectListener, why_no_browser
from terminal_app.ui.login.prompter import LoginTitle
from terminal_app.ui.theme import SPACE, theme

if TYPE_CHECKING:
    from terminal_app.ui.login.view import LoginView

_WIDTH, _PAGE_HEIGHT, _LEAST_PAGE_HEIGHT, _AROUND = 640, 546, 300, 250
_WORDS_MARGIN = 110
_HERE = "this computer"


class LoginDialog(AppDialog):
    """Finishes with the redirect address, or with the LoginError that says why there is none; None where the user closed it."""

    def __init__(
        self,
        window: QWidget | None,
        login: str,
        redirect: str,
        title: LoginTitle,
        *,
        browse: Callable[[str], bool],
        limits_s: tuple[float, float],
    ) -> None:
        host = host_of(login)
        self._home = _HERE if is_loopback(host) else domain_of(host)
        broker = title.broker or self._home
        super().__init__(window, f"Log in to {broker}", subtitle=title.account, width=_WIDTH)
        self._login, self._redirect, self._broker = login, redirect, broker
        self._browse, self._limits_s = browse, limits_s
        self._task: asyncio.Task[None] | None = None
        self.view: LoginView | None = None
        self.addresses = AddressBar()
        self.notice = NoticeBar(wrap=True, closable=True)
        self.countdown = Countdown(limits_s[0])
        self.status = Label("", "body", "text.2")
        self.status.setWordWrap(True)
        self.browser_button = Button("Open in my browser instead", icon_name="globe")
        self.browser_button.clicked.connect(self._on_browser)
        self._limit = QTimer(self)
        self._limit.setSingleShot(True)
        self._limit.timeout.connect(self._on_limit)
        self._lay_out(window)
        self._end_s = 0.0
        self._wait(limits_s[0])
        ticker().add(self.countdown)
        ticker().ticked.connect(self._show_left)
        self.finished.connect(self._let_go)
        QShortcut(
            QKeySequence(Qt.Key.Key_Escape), self, self.reject
        )  # a page that has the focus keeps the key to itself
        self._begin()

    async def aclose(self) -> None:
        """End what waits for the browser."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task}, timeout=2.0)

    # What it looks like.

    def _lay_out(self, window: QWidget | None) -> None:
        self.body.setContentsMargins(0, 0, 0, 0)
        self.body.setSpacing(0)
        room = window.window().height() - theme().px(_AROUND) if window is not None else theme().px(_PAGE_HEIGHT)
        self._page = Ground("bg.1")
        self._page.setFixedHeight(max(theme().px(_LEAST_PAGE_HEIGHT), min(theme().px(_PAGE_HEIGHT), room)))
        self._inside = QVBoxLayout(self._page)
        self._inside.setContentsMargins(0, 0, 0, 0)
        self.body.addWidget(self.addresses)
        self.body.addWidget(self.notice)
        self.body.addWidget(self._page)
        self.body.addLayout(self._promises())
        self.footer.addWidget(self.countdown)
        self.footer.addWidget(self.status, 1)
        self.footer.addWidget(self.browser_button)
        self.cancel_button = self.add_cancel()
        self.addresses.show_address(self._login)
        self.addresses.reload_wanted.connect(self._reload)

    def _promises(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setContentsMargins(SPACE.dialog_pad, SPACE.form_gap, SPACE.dialog_pad, SPACE.form_gap)
        row.setSpacing(SPACE.section)
        for text in (f"Only {self._home} may open here", "Nothing is kept after closing", "No pop-ups, no downloads"):
            row.addWidget(Label(text, "small", "text.2"))
        row.addStretch(1)
        return row

    def _say(self, lead: str, text: str, *buttons: Button) -> None:
        """Words in the place of the page."""
        self._drop_view()
        while (item := self._inside.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.deleteLater()
        words = QWidget()
        column = QVBoxLayout(words)
        side = theme().px(_WORDS_MARGIN)
        column.setContentsMargins(side, 0, side, 0)
        column.setSpacing(SPACE.panel_pad)
        self.lead, self.words = Label(lead, "lead"), Label(text, "body", "text.2")
        for label in (self.lead, self.words):
            label.setWordWrap(True)
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            column.addWidget(label)
        for button in buttons:
            column.addWidget(button, 0, Qt.AlignmentFlag.AlignHCenter)
        self._inside.addStretch(1)
        self._inside.addWidget(words)
        self._inside.addStretch(1)
        self.addresses.reload.setEnabled(False)
        self.addresses.show_progress(100)

    # The page.

    def _begin(self) -> None:
        reason = engine.why_not_embedded()
        if not reason:
            engine.prepare()
            try:
                from terminal_app.ui.login.view import LoginView
            except ImportError as error:
                reason = f"The web engine does not start on this machine ({error}). Log in with your browser."
            else:
                self._show_page(LoginView(self._login, self._redirect))
                return
        self.status.show_text("Your browser can show the page.")
        self.browser_button.setText("Open in my browser")
        self.browser_button.setFocus()
        self._say("The login page cannot be shown in this window.", reason)

    def _show_page(self, view: LoginView) -> None:
        self.view = view
        page = view.login_page
        # A page that ends must not be taken down inside its own call: the answers come queued.
        queued = Qt.ConnectionType.QueuedConnection
        page.came_back.connect(self.finish, queued)
        page.failed.connect(lambda sentence: self.finish(LoginFailed(sentence)), queued)
        page.refused.connect(self._on_refused, queued)
        page.moved.connect(self.addresses.show_address, queued)
        page.loadProgress.connect(self.addresses.show_progress)
        page.loadStarted.connect(lambda: self.status.show_text("Loading the page."))
        page.loadFinished.connect(self._on_loaded)
        self.status.show_text("Loading the page.")
        self._inside.addWidget(view)
        page.begin()
        view.setFocus()

    def _on_loaded(self, _fine: bool) -> None:
        self.addresses.show_progress(100)
        self.status.show_text(f"Waiting for you. This closes by itself when {self._broker} sends you back.")

    def _on_refused(self, what: str, sentence: str) -> None:
        self.notice.show_notice("warn", what, sentence)

    def _reload(self) -> None:
        if self.view is not None:
            self.view.login_page.begin()

    def _drop_view(self) -> None:
        if self.view is not None:
            self._inside.removeWidget(self.view)
            self.view.dispose()
            self.view = None

    # The browser.

    def _on_browser(self) -> None:
        reason = why_no_browser(self._redirect)
        if reason:
            self.notice.show_notice("warn", "Your browser cannot be used for this account.", reason)
            return
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._use_browser(), name="log in with the browser")

    async def _use_browser(self) -> None:
        listener = RedirectListener(self._login, self._redirect)
        try:
            await listener.open()
            self._wait_for_browser()
            if not self._browse(self._login):
                self.notice.show_notice(
                    "warn", "No browser was opened.", "Copy the address and open it in a browser on this computer."
                )
            self.finish(await listener.answer)
        except LoginFailed as error:
            self.notice.show_notice("warn", "Your browser cannot be used now.", error.message)
        finally:
            await listener.aclose()

    def _wait_for_browser(self) -> None:
        copy = Button("Copy the address", icon_name="copy")
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self._login))
        self.notice.hide()
        self.adjustSize()
        self.browser_button.hide()
        self._say(
            "Log in in your browser.",
            "Bhav listens on this computer only, for this one answer, and for two minutes. This closes by itself.",
            copy,
        )
        copy.setFocus()
        self.status.show_text("Waiting for your browser.")
        self._wait(self._limits_s[1])

    # The time.

    def _wait(self, seconds: float) -> None:
        self._end_s = time.monotonic() + seconds
        self.countdown.set_left(seconds, seconds)
        self._limit.start(round(seconds * 1000))

    def _show_left(self) -> None:
        self.countdown.set_left(self._end_s - time.monotonic())

    def _on_limit(self) -> None:
        self.finish(LoginTimeout("The login was not finished in time. Log in again when you are ready."))

    def _let_go(self) -> None:
        self._limit.stop()
        ticker().ticked.disconnect(self._show_left)
        ticker().remove(self.countdown)
        self._drop_view()
