"""The main window around plain panels, on a scripted terminal: for tests of the shell and of the dialogs."""

from __future__ import annotations

import asyncio
from datetime import datetime
from decimal import Decimal
from typing import Any, cast

import pytest
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QWidget

from terminal_app.domain.account import Account
from terminal_app.domain.enums import TradingState
from terminal_app.domain.errors import BhavError, StorageError
from terminal_app.domain.funds import Funds
from terminal_app.domain.ids import AccountId
from terminal_app.services.accounts import AccountService
from terminal_app.services.orders import CancelSummary
from terminal_app.services.settings import SettingsService
from terminal_app.services.terminal import Terminal
from terminal_app.ui.kit.buttons import PlaceButton
from terminal_app.ui.main_window import MainWindow
from tests.helpers.scripted_terminal import LIVE, NOW, PAPER, MemoryStore, ScriptedTerminal

TITLES = {
    "watchlist": "Watchlist",
    "ticket": "Order ticket",
    "depth": "Depth",
    "positions": "Positions",
    "orders": "Orders",
    "log": "Log",
}


def fill_disk(service: AccountService | SettingsService) -> None:
    """From now on nothing of this service can be kept."""

    def fail(_content: dict[str, Any]) -> None:
        raise StorageError("The disk is full.")

    setattr(service._store, "save", fail)  # noqa: B010 - a method of one object


class PlainPanel(QWidget):
    """A field to focus, a tool, a counter, and a state that is a number."""

    counter_changed = Signal(int, bool)

    def __init__(self, name: str) -> None:
        super().__init__()
        self.NAME, self.TITLE = name, TITLES.get(name, name)
        self.field = QLineEdit()
        self.tool = QLabel(f"tool of {name}")
        self.left = QLabel("1 2 3") if name == "watchlist" else None
        self.number = 0
        self.attached: Terminal | None = None
        row = QHBoxLayout(self)
        row.addWidget(self.field, 0, Qt.AlignmentFlag.AlignTop)
        if name == "ticket":
            row.addWidget(PlaceButton(), 0, Qt.AlignmentFlag.AlignBottom)

    def attach(self, terminal: Terminal, desk: object) -> None:
        """Remember the terminal, tell a first count."""
        self.attached = terminal
        self.counter_changed.emit(2, False)

    def header_actions(self) -> QWidget | None:
        """A tool."""
        return self.tool

    def header_left(self) -> QWidget | None:
        """The watchlist has its own."""
        return self.left

    def save_state(self) -> dict[str, Any]:
        """The number."""
        return {"number": self.number}

    def restore_state(self, state: dict[str, Any]) -> None:
        """Take the number back."""
        self.number = state.get("number", 0)

    def focus_main(self) -> None:
        """The field."""
        self.field.setFocus()


class PlainHeader:
    """The part of the chart's header that the window touches."""

    def __init__(self) -> None:
        from PySide6.QtWidgets import QPushButton

        self.enlarge = QPushButton()
        self.enlarge.setCheckable(True)


class PlainChart(PlainPanel):
    """Stands in the middle."""

    enlarge_wanted = Signal(bool)

    def __init__(self) -> None:
        super().__init__("chart")
        self.header = PlainHeader()
        self.header.enlarge.setParent(self)
        self.header.enlarge.toggled.connect(self.enlarge_wanted)


class ScriptedPortfolio:
    """Money as a test wrote it down."""

    def __init__(self) -> None:
        self.free: dict[AccountId, Decimal] = {PAPER: Decimal("914229.37")}
        self.pnl: dict[AccountId, Decimal] = {PAPER: Decimal("2859.50")}

    def funds(self, account: AccountId) -> Funds | None:
        """What is free of 10,00,000."""
        free = self.free.get(account)
        return None if free is None else Funds(Decimal(1000000), free, Decimal(1000000) - free, NOW)

    def day_pnl(self, account: AccountId | None) -> Decimal | None:
        """As set; the sum for all."""
        return sum(self.pnl.values(), Decimal(0)) if account is None else self.pnl.get(account)


class ScriptedConnector:
    """Connects every account, or fails with the error that a test put there."""

    def __init__(self) -> None:
        self.errors: dict[AccountId, BhavError] = {}

    async def connect(self, account: Account, funds: Decimal) -> datetime | None:
        """Fine, or the error."""
        if account.id in self.errors:
            raise self.errors[account.id]
        return None

    async def disconnect(self, account: Account) -> None:
        """Fine."""


class WindowBench:
    """A main window of 1440 x 900 on a scripted terminal, not attached yet."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, layout: dict[str, Any] | None = None) -> None:
        monkeypatch.setattr("terminal_app.ui.shell.panels.make_chart", lambda _desk, _snapshot: PlainChart())
        monkeypatch.setattr(
            "terminal_app.ui.shell.panels.make_panels",
            lambda _desk, _snapshot, _in_front: (PlainPanel(name) for name in TITLES),
        )
        self._owner = QWidget()
        self.scripted = ScriptedTerminal(self._owner)
        self.portfolio, self.connector = ScriptedPortfolio(), ScriptedConnector()
        self.terminal = self.scripted.terminal
        self.terminal.portfolio = cast("Any", self.portfolio)
        self.store = MemoryStore({"kept": True} if layout is None else layout)
        self.scripted.snapshot.layout = self.store
        # As if from the command line: the offscreen platform's screen is smaller.
        self.scripted.snapshot.size = (1440, 900)
        self.killed = 0
        self.failed_cancels: tuple[str, ...] = ()
        monkeypatch.setattr(type(self.scripted.orders), "kill", self._kill, raising=False)
        monkeypatch.setattr(type(self.scripted.orders), "resume", self._resume, raising=False)
        self.window = MainWindow(self.scripted.snapshot)

    async def connect(self) -> None:
        """Bring every account up."""
        await self.scripted.accounts.start(self.connector)
        await self.scripted.sessions.turn_on(LIVE)
        await self.settle()

    async def settle(self) -> None:
        """Let the tasks of the window end: between a fixture and its test no loop runs, and what is about to begin is lost."""
        while running := tuple(self.window.desk._tasks):
            await asyncio.wait(running, timeout=5)

    def attach(self) -> MainWindow:
        """Show the window and give it the services; tests let a second pass with `desk.second.emit()`."""
        self.window.show()
        self.window.attach(self.terminal)
        self.window.desk._second_timer.stop()
        return self.window

    async def close(self) -> None:
        """End the window's tasks and connections."""
        self.window.hide()
        await self.window.desk.aclose()
        self.window.bridge.close()
        self.window.deleteLater()
        self._owner.deleteLater()

    async def _kill(self) -> CancelSummary:
        self.killed += 1
        self.scripted.orders.stop(TradingState.HALTED)
        return CancelSummary(2, self.failed_cancels)

    def _resume(self) -> None:
        self.scripted.orders.stop(TradingState.NORMAL)
