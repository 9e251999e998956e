"""The funds panel: what is available, what is used, and what both are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QApplication, QFrame, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from terminal_app.domain.errors import BhavError
from terminal_app.ui.grid.tsv import plain_figure, tsv
from terminal_app.ui.kit.buttons import IconButton
from terminal_app.ui.kit.ground import Ground
from terminal_app.ui.kit.notice_bar import NoticeBar
from terminal_app.ui.kit.states import EmptyState, FailedState
from terminal_app.ui.panels.common.standing import Message, reconnect
from terminal_app.ui.panels.funds.presenter import FundsPresenter, FundsView
from terminal_app.ui.panels.funds.sheet import FundsSheet

if TYPE_CHECKING:
    from terminal_app.domain.ids import AccountId
    from terminal_app.services.terminal import Terminal
    from terminal_app.ui.desk import Desk
    from terminal_app.ui.snapshot import Snapshot

_REFRESH_MS = 15


class FundsPanel(Ground):
    """Ctrl+C copies the figures; the arrows at the right ask the broker again."""

    NAME = "funds"
    TITLE = "Funds"

    counter_changed = Signal(int, bool)

    def __init__(self, desk: Desk, snapshot: Snapshot) -> None:
        super().__init__()
        self.desk = desk
        self._presenter: FundsPresenter | None = None
        self._terminal: Terminal | None = None
        self._view: FundsView | None = None
        self.bar = NoticeBar(closable=True)
        self.sheet = FundsSheet()
        self._failed: FailedState | None = None
        self._empty: EmptyState | None = None
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setAccessibleName("Funds")
        self._scroll.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._scroll.setWidget(self.sheet)
        self._pages = QStackedWidget()
        self._pages.addWidget(self._scroll)
        self.ask_button = IconButton("refresh-cw", "Ask the broker for the funds again")
        self.ask_button.clicked.connect(self.ask)
        self.copy_button = IconButton("copy", "Copy the funds", key="Ctrl+C")
        self.copy_button.clicked.connect(self.copy)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.bar)
        column.addWidget(self._pages, 1)
        self._later = QTimer(self, singleShot=True, interval=_REFRESH_MS)
        self._later.timeout.connect(self.refresh)

    @property
    def failed(self) -> FailedState:
        """What stands there when nothing could be read; built when it is first needed."""
        if self._failed is None:
            self._failed = FailedState()
            self._failed.retry.connect(self._reconnect)
            self._pages.addWidget(self._failed)
        return self._failed

    def attach(self, terminal: Terminal, desk: Desk) -> None:
        """The services are there: show the money and follow it."""
        self._terminal = terminal
        self._presenter = FundsPresenter(terminal)
        bridge = desk.bridge
        for signal in (
            bridge.funds_changed,
            bridge.accounts_changed,
            bridge.connection_changed,
            bridge.current_account_changed,
        ):
            signal.connect(lambda _: self._later.start())
        self.refresh()

    def refresh(self) -> None:
        """Show what is known now."""
        if self._presenter is None:
            return
        self._show_message(self._presenter.message())
        self._view = self._presenter.view()
        self.sheet.show_view(self._view)
        self.ask_button.setEnabled(bool(self._presenter.to_ask()))

    def ask(self) -> None:
        """Ask the broker of every shown account that is connected."""
        if self._presenter is None:
            return
        self.bar.hide()
        for account in self._presenter.to_ask():
            self.desk.run(self._ask(account), "The funds could not be read")

    def copy(self) -> None:
        """Labels and plain figures, tab-separated."""
        if self._view is None:
            return
        lines = self._view.lines()
        figures = [[line[0], *(plain_figure(text) for text in line[1:])] for line in lines[1:]]
        QApplication.clipboard().setText(tsv([lines[0], *figures]))

    def header_actions(self) -> QWidget | None:
        """Ask again and copy."""
        from PySide6.QtWidgets import QHBoxLayout

        tools = QWidget()
        row = QHBoxLayout(tools)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.ask_button)
        row.addWidget(self.copy_button)
        return tools

    def header_left(self) -> QWidget | None:
        """The title is enough."""
        return None

    def save_state(self) -> dict[str, Any]:
        """Nothing is chosen here."""
        return {}

    def restore_state(self, state: dict[str, Any]) -> None:
        """Nothing to take back."""

    def focus_main(self) -> None:
        """Into the figures, for scrolling and copying."""
        self._scroll.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        else:
            super().keyPressEvent(event)

    async def _ask(self, account: AccountId) -> None:
        assert self._terminal is not None
        try:
            await self._terminal.portfolio.refresh(account)
        except BhavError as error:
            name = self._terminal.accounts.get(account).name
            meaning = f"{error.message} What is shown was read before that; your money is not affected."
            self.bar.show_notice("error", f"The funds of {name} could not be read.", meaning)
            return
        self.refresh()

    def _reconnect(self) -> None:
        if self._terminal is not None:
            for account in reconnect(self._terminal.accounts):
                self.desk.run(self._terminal.accounts.set_active(account, True), "The account could not be connected")

    def _show_message(self, message: Message | None) -> None:
        if message is None:
            self._pages.setCurrentWidget(self._scroll)
        elif message.failed:
            self.failed.show_failure(message.lead, message.hint)
            self._pages.setCurrentWidget(self.failed)
        else:
            if self._empty is not None:
                self._pages.removeWidget(self._empty)
                self._empty.deleteLater()
            self._empty = EmptyState(message.lead, message.hint)
            self._pages.addWidget(self._empty)
            self._pages.setCurrentWidget(self._empty)
