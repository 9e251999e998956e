"""The real window with an account at a simulated broker, worked by hand: its dialogs, its login page, its panels."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pyotp
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QMenu, QWidget

from terminal_app.app.container import Container
from terminal_app.app.options import parse
from terminal_app.app.paths import Paths
from terminal_app.app.start import build_snapshot
from terminal_app.domain.account import Account
from terminal_app.domain.enums import ConnectionState
from terminal_app.domain.ids import AccountId, InstrumentId
from terminal_app.domain.market import Quote
from terminal_app.domain.messages import Notice, NoticePosted
from terminal_app.domain.order import Order
from terminal_app.services.charts import ChartSource
from terminal_app.simulator.clocks import PracticeClock
from terminal_app.ui import formats
from terminal_app.ui.dialogs.account_card import AccountCard
from terminal_app.ui.dialogs.accounts import AccountsDialog
from terminal_app.ui.dialogs.add_account import AddAccountDialog
from terminal_app.ui.dialogs.confirm import ConfirmDialog
from terminal_app.ui.login.dialog import LoginDialog
from terminal_app.ui.login.prompter import WindowPrompter
from terminal_app.ui.main_window import MainWindow
from terminal_app.ui.theme import theme
from tests.e2e.headless import until
from tests.e2e.windowed import CONTROL, SHIFT, SIZE, WindowDriver, _is_gone

PAPER = AccountId("paper")
SHARE = InstrumentId.parse("NSE:RELIANCE:EQ")
_MOST_AT_THE_BEST = 3000
"""Units at the best price that the account's money pays for."""
_INTRADAY = {"zerodha": "MIS", "upstox": "I"}
_FILL_IN = """
for (const [name, value] of Object.entries(%s)) {
  const field = document.getElementsByName(name)[0];
  if (field) { field.value = value; }
}
document.querySelector("button[value=%s]").click();
"""


@asynccontextmanager
async def opened_demo(home: Path) -> AsyncIterator[tuple[MainWindow, Container]]:
    """The window as ``bhav --demo`` opens it: the services first, then the panels, then the login."""
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    sheet, palette, font = app.styleSheet(), app.palette(), app.font()
    theme().apply(app)
    options, paths = parse(["--demo"]), Paths.under(home)
    paths.prepare()
    snapshot = build_snapshot(options, paths)
    container = Container(options, paths, snapshot.bus, snapshot.settings, snapshot.watchlists, snapshot.accounts)
    terminal = await container.open()
    window = MainWindow(snapshot)
    window.resize(*SIZE)
    window.show()
    window.activateWindow()
    try:
        snapshot.set_clock(terminal.clock)
        await container.start()
        window.attach(terminal)
        terminal.sessions.use_prompter(WindowPrompter(lambda: window).for_account)
        yield window, container
    finally:
        window.hide()
        await window.desk.aclose()
        await container.aclose()
        window.bridge.close()
        window.deleteLater()
        for _ in range(3):  # a page, then its profile, then the view that showed them
            QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
            app.processEvents()
        app.setStyleSheet(sheet)
        app.setPalette(palette)
        app.setFont(font)


class StandingClock(PracticeClock):
    """Stands where it was stopped."""

    def __init__(self, at: datetime) -> None:
        self._at = at

    def now(self) -> datetime:
        """Always the same."""
        return self._at


class LiveDriver(WindowDriver):
    """One account at one broker, from the dialog that adds it to its switch. Services are read, and never told what to do."""

    def __init__(self, window: MainWindow, container: Container, broker: str) -> None:
        super().__init__(window, container)
        assert container.demo is not None
        self.demo = container.demo
        given = next(one for one in self.terminal.accounts.all() if one.broker == broker)
        self.broker = broker
        self.keys: Mapping[str, str] = self.demo.credentials[given.id]
        self._endpoints = self.demo.endpoints[given.id]
        self.account: Account = given
        self.notices: list[Notice] = []
        window.snapshot.bus.subscribe(NoticePosted, lambda message: self.notices.append(message.notice))
        for dialect in self.demo._dialects:
            dialect.fills_in = False  # here a hand fills the page in

    # What is seen.

    @property
    def state(self) -> ConnectionState:
        return self.terminal.accounts.connection(self.account.id).state

    @property
    def board(self) -> Quote:
        """The share's price in the room of live accounts."""
        return self.container.rooms.live.hub.board.quote(SHARE)

    @property
    def paper_board(self) -> Quote:
        """The share's price in the room of paper accounts."""
        return self.container.rooms.paper.hub.board.quote(SHARE)

    def ltp(self) -> str:
        """The share's last price as the watchlist shows it."""
        model = self.watchlist.model_
        row = model.row_of(SHARE)
        assert row is not None
        return model.text(row, model.column_index("ltp"))

    @property
    def chart_source(self) -> ChartSource | None:
        """Where the bars of the chart come from, once it shows some."""
        loader = self.window.chart._loader
        return loader.source if loader is not None else None

    def chart_words(self) -> str:
        """What stands in the place of the chart."""
        shown = self.window.chart.stack.currentWidget()
        return "" if shown is None else shown.accessibleName()

    async def session_fields(self) -> list[str]:
        return [name for name in await self.container.secrets.fields(self.account.id) if "session" in name]

    async def calls(self) -> dict[str, int]:
        """How often each route of the broker was called."""
        calls: dict[str, int] = (await self.dial())["calls"]
        return calls

    async def dial(self, **settings: Any) -> dict[str, Any]:
        """Turn dials of the simulated broker; all of its state."""
        async with httpx.AsyncClient(trust_env=False) as client:
            answer = await client.post(f"{self._endpoints['rest']}/_dials", json=settings)
        assert answer.status_code == 200, answer.text
        state: dict[str, Any] = answer.json()
        return state

    # The wall.

    async def open_wall(self) -> AccountsDialog:
        await self._come_to_front()
        QTest.keyClick(self.window, Qt.Key.Key_A, CONTROL | SHIFT)
        return await self._dialog(AccountsDialog)

    async def close_wall(self, wall: AccountsDialog) -> None:
        QTest.keyClick(wall, Qt.Key.Key_Escape)
        await until(lambda: _is_gone(wall), "the wall is closed")

    def card(self, wall: AccountsDialog) -> AccountCard:
        """The account's card."""
        return next(one for one in wall.cards if one.facts is not None and one.facts.id == self.account.id)

    async def remove_all(self, wall: AccountsDialog) -> None:
        """Remove every account that the demo brought, by the menu of its card."""
        for card in [one for one in wall.cards if one.facts is not None and not one.facts.is_paper]:
            assert card.facts is not None
            name = card.facts.name
            self._click(card.more_button)
            menu = next(one for one in card.findChildren(QMenu) if one.isVisible())
            _entry(menu, "Remove").trigger()
            menu.close()
            question = await self._dialog(ConfirmDialog)
            assert name in question.windowTitle()
            self._click(question.agree_button)
            await until(lambda name=name: name not in self._names(), "the account is gone")  # type: ignore[misc]

    async def add(self, wall: AccountsDialog, name: str) -> None:
        """Add the account: choose the broker, type its keys."""
        self._click(wall.add_account_button)
        dialog = await self._dialog(AddAccountDialog)
        self._click(next(tile for tile in dialog.tiles if tile.offer.name == self.broker))
        form = dialog.form
        assert form is not None
        for key, field in form.fields.items():
            self._type(field.edit, self.keys.get(key, ""))
        self._type(form.name.edit, name)
        self._click(dialog.add_account_button)
        await until(lambda: name in self._names(), "the account is added")
        await until(lambda: _is_gone(dialog), "the dialog is closed")
        self.account = next(one for one in self.terminal.accounts.all() if one.name == name)
        self.demo.endpoints[self.account.id] = self._endpoints

    def _names(self) -> list[str]:
        return [one.name for one in self.terminal.accounts.all()]

    # The login page.

    async def login_page(self) -> LoginDialog:
        """The dialog with the broker's page, loaded."""
        dialog = await self._dialog(LoginDialog)
        await until(lambda: dialog.status.text().startswith("Waiting for you"), "the page is there")
        assert dialog.view is not None, dialog.words.text()
        return dialog

    async def answer(self, dialog: LoginDialog, decision: str = "allow") -> None:
        """Fill the page in and press its button; the redirect closes the dialog."""
        typed = {**self.keys, "totp": pyotp.TOTP(self.keys["totp_seed"]).now()}
        assert dialog.view is not None
        dialog.view.login_page.runJavaScript(_FILL_IN % (json.dumps(typed), decision))
        await until(lambda: _is_gone(dialog), "the page led back")

    # Orders.

    @contextmanager
    def standing_market(self) -> Iterator[None]:
        """The exchange stands still: what is displayed is what an order meets."""
        venue = self.container.venue
        before, venue.clock = venue.clock, StandingClock(venue.exchange.now)
        try:
            yield
        finally:
            venue.clock = before

    async def wait_for_a_payable_best(self) -> None:
        """Until few enough units stand at the best price."""

        def is_so() -> bool:
            quote = self.container.world.exchange.quote(SHARE)
            assert quote is not None
            return 0 < quote.depth.asks[0].quantity <= _MOST_AT_THE_BEST

        await until(is_so, "the best price is payable")

    async def board_to_show(self, quote: Quote) -> None:
        """Until the window's prices are those of the exchange."""
        await until(
            lambda: (self.board.last_price, self.board.volume) == (quote.last_price, quote.volume),
            "the board shows the exchange's price",
        )

    async def buy(self, name: str, quantity: int, limit: Decimal) -> None:
        """F1, the figures, Enter, and yes to the question that a large order raises."""
        await self._come_to_front()
        before = [order.client_id for _account, order in self.terminal.orders.orders(self.account.id)]
        self._choose_instrument(SHARE)
        QTest.keyClick(self.watchlist, Qt.Key.Key_F1)
        form = self.ticket.form
        word = _INTRADAY[self.broker]
        await until(lambda: self._has(form.product, word), f"{word} is offered")
        self._click(self._button(form.product, word))
        self._click(self._button(form.order_type, "Limit"))
        self._type(form.quantity.field, str(quantity))
        self._type(form.price.field, f"{limit:f}")
        await self._enter()
        question = await self._dialog(ConfirmDialog)
        assert f"Quantity {formats.quantity(quantity)}" in question.accessibleDescription()
        assert question.accessibleDescription().endswith("LIVE")
        self._click(question.agree_button)
        await until(lambda: self._new(self.account.id, before) is not None, "the order is there")
        order = self._new(self.account.id, before)
        assert order is not None
        self.named[name] = self.account.id, order
        await until(lambda: not self.ticket.presenter.state.is_busy, "the ticket has its answer")

    def _has(self, row: QWidget, word: str) -> bool:
        return any(one.text() == word and one.isVisible() for one in row.findChildren(QAbstractButton))

    async def change(self, name: str, quantity: int, limit: Decimal) -> None:
        """Shift+F2 on the order's row, the figures, Enter."""
        await self._come_to_front()
        await self._choose_order(name)
        QTest.keyClick(self.orders.table, Qt.Key.Key_F2, SHIFT)
        form = self.ticket.form
        self._type(form.quantity.field, str(quantity))
        self._type(form.price.field, f"{limit:f}")
        await self._enter()
        await until(lambda: self.order(name).request.limit_price == limit, "the order is changed")
        await until(lambda: not self.ticket.presenter.state.is_busy, "the ticket has its answer")

    async def cancel(self, name: str) -> None:
        """Shift+F1 on the order's row."""
        await self._come_to_front()
        await self._choose_order(name)
        QTest.keyClick(self.orders.table, Qt.Key.Key_F1, SHIFT)
        await until(lambda: self.order(name).status.is_closed, "the order is cancelled")

    async def exit_all(self) -> None:
        """Ctrl+Shift+X, and yes."""
        await self._come_to_front()
        await self._exit_all()

    async def sees(self, name: str, what: Callable[[Order], bool]) -> Order:
        """The order, once it is so at the service and in the row of the orders panel."""

        def is_so() -> bool:
            order = self.order(name)
            row = next((one for one in self.orders.table.model_.rows if one.client_id == order.client_id), None)
            return what(order) and row is not None and (row.status, row.filled) == (order.status, order.filled_quantity)

        await until(is_so, f"{name} is as it should be: {self.order(name)}")
        return self.order(name)


def _entry(menu: QMenu, word: str) -> QAction:
    return next(one for one in menu.actions() if one.text().startswith(word))
