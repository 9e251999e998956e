"""The session done by hand: the real window with its panels, driven with keys and clicks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget
from shiboken6 import isValid

from terminal_app.app.container import Container
from terminal_app.app.paths import Paths
from terminal_app.app.start import build_snapshot
from terminal_app.domain.enums import OrderStatus, OrderType, Product, Side
from terminal_app.domain.ids import AccountId, InstrumentId
from terminal_app.domain.order import Order
from terminal_app.ui.dialogs.confirm import ConfirmDialog
from terminal_app.ui.dialogs.new_paper import NewPaperDialog
from terminal_app.ui.main_window import MainWindow
from terminal_app.ui.panels.orders.panel import OrdersPanel
from terminal_app.ui.panels.positions.panel import PositionsPanel
from terminal_app.ui.panels.ticket.panel import TicketPanel
from terminal_app.ui.panels.watchlist.grid import WatchlistGrid
from terminal_app.ui.theme import theme
from tests.e2e.headless import go_to, recording_options, until
from tests.e2e.session import SECOND, SECOND_FUNDS, Cancel, ExitAll, Look, Modify, Place, Step, Switch, moment

W = TypeVar("W", bound=QWidget)
SIZE = (1440, 900)
LEFT, SHIFT, CONTROL = (
    Qt.MouseButton.LeftButton,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
)
NO_KEY = Qt.KeyboardModifier.NoModifier
_INTO_THE_ROW = 60
_TYPE_WORDS = {OrderType.LIMIT: "Limit", OrderType.MARKET: "Market", OrderType.SL: "SL", OrderType.SL_M: "SL-M"}
_PRODUCT_WORDS = {Product.INTRADAY: "MIS", Product.DELIVERY: "CNC"}


@asynccontextmanager
async def opened_window(home: Path, recording: Path) -> AsyncIterator[tuple[MainWindow, Container]]:
    """The window as the program opens it, over a recording that stands still."""
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    sheet, palette, font = app.styleSheet(), app.palette(), app.font()
    theme().apply(app)
    options, paths = recording_options(recording), Paths.under(home)
    paths.prepare()
    snapshot = build_snapshot(options, paths)
    window = MainWindow(snapshot)
    window.resize(*SIZE)
    window.show()
    window.activateWindow()
    container = Container(options, paths, snapshot.bus, snapshot.settings, snapshot.watchlists, snapshot.accounts)
    terminal = await container.open()
    try:
        assert terminal.replay is not None
        terminal.replay.pause()
        snapshot.set_clock(terminal.clock)
        window.attach(terminal)
        await container.start()
        yield window, container
    finally:
        window.save_layout()
        window.hide()
        await window.desk.aclose()
        await container.aclose()
        window.bridge.close()
        window.deleteLater()
        app.setStyleSheet(sheet)
        app.setPalette(palette)
        app.setFont(font)


class WindowDriver:
    """Does the steps of a session with keys and the pointer; it reads services only to know when an answer is there."""

    def __init__(self, window: MainWindow, container: Container) -> None:
        self.window = window
        self.container = container
        self.terminal = container.terminal
        self.watchlist = self._panel(WatchlistGrid)
        self.ticket = self._panel(TicketPanel)
        self.orders = self._panel(OrdersPanel)
        self.positions = self._panel(PositionsPanel)
        self.named: dict[str, tuple[AccountId, Order]] = {}

    def _panel(self, kind: type[W]) -> W:
        panel = self.window.findChild(kind)
        assert isinstance(panel, kind)
        return panel

    async def prepare(self) -> None:
        """File > New paper account: name and funds are typed."""
        self.window.actions_registry.get("new_paper_account").trigger()
        dialog = await self._dialog(NewPaperDialog)
        self._type(dialog.name_field, SECOND)
        self._type(dialog.funds_field, f"{SECOND_FUNDS:f}")
        self._click(dialog.create_button)
        await until(lambda: len(self.terminal.accounts.all()) == 2, "the account is made")
        await until(lambda: _is_gone(dialog), "the dialog is closed")

    async def do(self, step: Step) -> None:
        """Play on to the step's time and do it."""
        await go_to(self.container, moment(step.at))
        await self._come_to_front()
        match step:
            case Place():
                await self._place(step)
            case Modify():
                await self._modify(step)
            case Cancel():
                await self._choose_order(step.name)
                self._key(Qt.Key.Key_F1, SHIFT)
                await until(lambda: self.order(step.name).status.is_closed, "the order is cancelled")
            case ExitAll():
                await self._exit_all()
            case Switch():
                self._key(Qt.Key.Key_F9)
                current = self.terminal.accounts.current
                assert current is not None
                assert self.terminal.accounts.get(current).name == step.account
            case Look():
                await until(lambda: self._is_as(step), f"{step} is {self.order(step.name)}")

    def order(self, name: str) -> Order:
        """An order of the session as it is now."""
        account, placed = self.named[name]
        assert placed.client_id is not None
        order = self.terminal.orders.order(account, placed.client_id)
        assert order is not None
        return order

    async def _place(self, step: Place) -> None:
        account = self.terminal.accounts.current
        assert account is not None
        before = [order.client_id for _account, order in self.terminal.orders.orders(account)]
        self._choose_instrument(step.instrument)
        self._key(Qt.Key.Key_F1 if step.side is Side.BUY else Qt.Key.Key_F2)
        form = self.ticket.form
        self._click(self._button(form.product, _PRODUCT_WORDS[step.product]))
        self._click(self._button(form.order_type, _TYPE_WORDS[step.order_type]))
        if step.trigger is not None:
            self._type(form.trigger.field, step.trigger)
        if step.limit is not None:
            self._type(form.price.field, step.limit)
        self._type(form.quantity.field, str(step.quantity))
        await self._enter()
        await until(lambda: self._new(account, before) is not None, "the order is there")
        order = self._new(account, before)
        assert order is not None
        self.named[step.name] = account, order
        await until(lambda: not self.ticket.presenter.state.is_busy, "the ticket has its answer")

    def _new(self, account: AccountId, before: Sequence[object]) -> Order | None:
        for _account, order in self.terminal.orders.orders(account):
            if order.client_id not in before and order.broker_id is not None:
                return order
        return None

    async def _modify(self, step: Modify) -> None:
        await self._choose_order(step.name)
        self._key(Qt.Key.Key_F2, SHIFT)
        form = self.ticket.form
        self._type(form.quantity.field, str(step.quantity))
        self._type(form.price.field, step.limit)
        await self._enter()
        await until(lambda: self.order(step.name).request.quantity == step.quantity, "the order is changed")
        await until(lambda: not self.ticket.presenter.state.is_busy, "the ticket has its answer")

    async def _enter(self) -> None:
        """Press Enter in the quantity, once the ticket lets it."""
        place = self.ticket.bottom.place
        await until(place.isEnabled, f"Place is on: {place.accessibleName()}")
        QTest.keyClick(self.ticket.form.quantity.field, Qt.Key.Key_Return)

    async def _exit_all(self) -> None:
        """Ctrl+Shift+X, and yes."""
        self._key(Qt.Key.Key_X, CONTROL | SHIFT)
        dialog = await self._dialog(ConfirmDialog)
        self._click(dialog.agree_button)
        account = self.terminal.accounts.current
        await until(lambda: _is_gone(dialog), "the question is closed")
        await until(
            lambda: all(not view.position.is_open for view in self.terminal.portfolio.positions(account)),
            "everything is flat",
        )
        await until(self.window.actions_registry.get("exit_all").isEnabled, "the exit is over")

    def _is_as(self, step: Look) -> bool:
        """By the row of the orders panel, which must say what the service says."""
        order = self.order(step.name)
        row = next((one for one in self.orders.table.model_.rows if one.client_id == order.client_id), None)
        wanted: tuple[OrderStatus, int] = (step.status, step.filled)
        return row is not None and (row.status, row.filled) == wanted == (order.status, order.filled_quantity)

    # Hands.

    def _choose_instrument(self, id: InstrumentId) -> None:
        grid = self.watchlist
        row = grid.model_.keys.index(id)
        self._click_at(grid.viewport(), grid.cell_rect(row, 0).center())
        assert self.window.desk.current_instrument == id

    async def _choose_order(self, name: str) -> None:
        """F3, and a click on the row."""
        self._key(Qt.Key.Key_F3)
        table, wanted = self.orders.table, self.named[name][1].client_id
        await until(lambda: self._place_of(wanted) is not None and table.isVisible(), f"{name} is on screen")
        place = self._place_of(wanted)
        assert place is not None
        middle = table.rowViewportPosition(place) + table.rowHeight(place) // 2
        self._click_at(table.viewport(), QPoint(_INTO_THE_ROW, middle))
        assert [row.client_id for row in table.selected_rows()] == [wanted]

    def _place_of(self, client_id: object) -> int | None:
        model = self.orders.table.model_
        for place in range(model.rowCount()):
            row = model.row_at(place)
            if row is not None and row.client_id == client_id:
                return place
        return None

    async def _come_to_front(self) -> None:
        """Keys go to the window that is active; nobody else makes it so where there is no desktop."""
        self.window.activateWindow()
        await until(self.window.isActiveWindow, "the window is active")

    def _key(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = NO_KEY) -> None:
        target = QApplication.focusWidget() or self.window
        QTest.keyClick(target, key, modifiers)

    def _type(self, field: QWidget, text: str) -> None:
        """Click into a field, replace what it holds."""
        self._click_at(field, QPoint(8, field.height() // 2))
        QTest.keyClick(field, Qt.Key.Key_A, CONTROL)
        QTest.keyClicks(field, text)

    def _click(self, button: QWidget) -> None:
        assert button.isVisible(), f"{button.accessibleName()} is not on screen"
        self._click_at(button, button.rect().center())

    @staticmethod
    def _click_at(widget: QWidget, at: QPoint) -> None:
        QTest.mouseClick(widget, LEFT, NO_KEY, at)

    @staticmethod
    def _button(owner: QWidget, text: str) -> QAbstractButton:
        return next(one for one in owner.findChildren(QAbstractButton) if one.text() == text and one.isVisible())

    async def _dialog(self, kind: type[W]) -> W:
        found: list[W] = []

        def is_there() -> bool:
            found[:] = [one for one in self.window.findChildren(kind) if one.isVisible()]
            return bool(found)

        await until(is_there, f"{kind.__name__} opens")
        await asyncio.sleep(0)
        return found[0]


def _is_gone(dialog: QWidget) -> bool:
    return not isValid(dialog) or not dialog.isVisible()
