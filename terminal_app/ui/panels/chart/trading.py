"""Orders, position and fills on the chart: keeps the lines in step, sends one change a drop, and opens the ticket at a price."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QPoint, Qt
from PySide6.QtWidgets import QMenu

from terminal_app.domain.enums import OrderStatus, Side
from terminal_app.ui.panels.chart.presenter import (
    change_to,
    line_key,
    menu_entries,
    order_lines,
    position_line,
)

if TYPE_CHECKING:
    from terminal_app.domain.ids import InstrumentId
    from terminal_app.domain.order import Order
    from terminal_app.services.portfolio import PositionView
    from terminal_app.services.terminal import Terminal
    from terminal_app.ui.charts.price_chart import PriceChart
    from terminal_app.ui.desk import Desk


class ChartTrading(QObject):
    """Lives as long as its chart. Nothing is sent but by a drop or a cross; a click only opens the ticket."""

    def __init__(self, chart: PriceChart, terminal: Terminal, desk: Desk) -> None:
        super().__init__(chart)
        self._chart, self._terminal, self._desk = chart, terminal, desk
        self._instrument: InstrumentId | None = None
        self._decimals = 2
        self._lines_shown = True
        self._changing: dict[str, Decimal] = {}
        self._views: list[PositionView] = []
        self._position_text: object = None
        chart.line_moved.connect(self._on_moved)
        chart.line_cancel.connect(self._on_cancel)
        chart.price_clicked.connect(self._on_clicked)
        bridge = desk.bridge
        bridge.order_changed.connect(self._on_order)
        bridge.fill_added.connect(self._on_fill)
        bridge.position_changed.connect(self._on_position)
        for signal in (bridge.book_loaded, bridge.current_account_changed, bridge.accounts_changed):
            signal.connect(lambda _: self.refresh())

    def show_instrument(self, instrument: InstrumentId | None, decimals: int = 2) -> None:
        """Trade in this one from now on; None takes everything off the chart."""
        self._instrument, self._decimals = instrument, decimals
        self.refresh()

    def show_lines(self, shown: bool) -> None:
        """Order and position lines, or none."""
        self._lines_shown = shown
        self.refresh()

    def refresh(self) -> None:
        """Read orders, positions and fills anew."""
        self._refresh_orders()
        self._refresh_position()
        self._refresh_fills()

    def follow_price(self) -> None:
        """The last price moved: the position's P&L with it."""
        self._show_position()

    def _refresh_orders(self) -> None:
        from terminal_app.ui.charts.price_lines import OrderLine

        if self._instrument is None or not self._lines_shown:
            self._chart.set_order_lines(())
            return
        accounts = self._terminal.accounts
        names = {one.id: one.name for one in accounts.all()} if accounts.current is None else {}
        views = order_lines(self._terminal.orders.orders(accounts.current), self._instrument, self._changing, names)
        self._chart.set_order_lines(
            [OrderLine(view.id, view.side, view.label, view.price, view.kind, view.movable) for view in views]
        )

    def _refresh_position(self) -> None:
        self._views = []
        if self._instrument is not None and self._lines_shown:
            positions = self._terminal.portfolio.positions(self._terminal.accounts.current)
            self._views = [view for view in positions if view.position.instrument == self._instrument]
        self._show_position()

    def _show_position(self) -> None:
        from terminal_app.ui.charts.price_lines import PositionLine

        text = None
        if self._instrument is not None and self._views:
            text = position_line(self._views, self._instrument, self._terminal.market.last_price(self._instrument))
        if text == self._position_text:
            return
        self._position_text = text
        self._chart.set_position_line(None if text is None else PositionLine(text.label, text.price, text.gain))

    def _refresh_fills(self) -> None:
        fills = []
        if self._instrument is not None:
            current = self._terminal.accounts.current
            fills = [fill for _, fill in self._terminal.orders.fills(current) if fill.instrument == self._instrument]
        self._chart.set_fills(
            [int(fill.filled_at.timestamp()) for fill in fills],
            [float(fill.price) for fill in fills],
            ["buy" if fill.side is Side.BUY else "sell" for fill in fills],
        )

    # What happens elsewhere.

    def _on_order(self, message: Any) -> None:
        if message.order.instrument == self._instrument:
            self._refresh_orders()

    def _on_fill(self, message: Any) -> None:
        if message.fill.instrument == self._instrument:
            self._refresh_fills()

    def _on_position(self, message: Any) -> None:
        if message.position.instrument == self._instrument:
            self._refresh_position()

    # What the user does.

    def _on_moved(self, id: str, price: Decimal) -> None:
        self._changing[id] = price
        self._refresh_orders()
        self._desk.run(self._move(id, price), "The order was not changed", "orders")

    async def _move(self, id: str, price: Decimal) -> None:
        account, client_id = line_key(id)
        try:
            order = self._find(id)
            if order is not None:
                await self._terminal.orders.modify(account, client_id, change_to(order, price))
        finally:
            self._changing.pop(id, None)
            self._refresh_orders()

    def _on_cancel(self, id: str) -> None:
        account, client_id = line_key(id)
        self._desk.run(self._terminal.orders.cancel(account, client_id), "The order was not cancelled", "orders")

    def _on_clicked(self, price: Decimal, at: QPoint, button: Qt.MouseButton) -> None:
        if button == Qt.MouseButton.RightButton:
            self.open_menu(price, at)

    def open_menu(self, price: Decimal, at: QPoint) -> QMenu | None:
        """Offer the orders that make sense at a price. Returns the open menu."""
        instrument = self._instrument
        if instrument is None:
            return None
        menu = QMenu(self._chart)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        last = self._terminal.market.last_price(instrument)
        for entry in menu_entries(instrument, price, last, self._decimals, refused=self._refused(instrument)):
            action = menu.addAction(entry.text)
            action.setEnabled(entry.draft is not None)
            action.triggered.connect(lambda _=False, draft=entry.draft: self._desk.open_ticket(draft))
        menu.popup(at)
        return menu

    def _refused(self, instrument: InstrumentId) -> str:
        contract = self._terminal.market.instrument(instrument)
        if contract is None:
            return "It is not listed today."
        if not contract.is_tradable:
            return "An index is shown, not traded."
        return ""

    def _find(self, id: str) -> Order | None:
        account, client_id = line_key(id)
        found = (order for _, order in self._terminal.orders.orders(account) if order.client_id == client_id)
        order = next(found, None)
        return order if order is not None and order.status in _WORKING else None


_WORKING = frozenset({OrderStatus.OPEN, OrderStatus.PARTIALLY_FILLED, OrderStatus.TRIGGER_PENDING})
