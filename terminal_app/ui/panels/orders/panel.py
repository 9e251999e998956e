"""The orders panel: what works, what became of the rest, and the life of one order at its side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QModelIndex, QPoint, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QSplitter

from terminal_app.domain.errors import BhavError
from terminal_app.ui import formats
from terminal_app.ui.grid.data_table import DataTable
from terminal_app.ui.panels.common.choice import HeaderChoice
from terminal_app.ui.panels.common.key_button import KeyButton
from terminal_app.ui.panels.common.table_panel import TablePanel, menu_place
from terminal_app.ui.panels.common.tools import TableTools
from terminal_app.ui.panels.common.totals_line import TotalsLine
from terminal_app.ui.panels.common.words import counted
from terminal_app.ui.panels.orders.actions import cancel_everything, cancel_orders
from terminal_app.ui.panels.orders.model import WORKING as WORKING_GROUP
from terminal_app.ui.panels.orders.model import OrderRow, orders_model, row_key
from terminal_app.ui.panels.orders.presenter import ALL, CLOSED, WORKING, OrdersPresenter
from terminal_app.ui.panels.orders.timeline import TimelineSide
from terminal_app.ui.panels.orders.timeline_view import Hop
from terminal_app.ui.panels.orders.words import HOP_TONES, HOPS
from terminal_app.ui.theme import SIZE, theme

if TYPE_CHECKING:
    from terminal_app.services.terminal import Terminal
    from terminal_app.ui.desk import Desk
    from terminal_app.ui.snapshot import Snapshot

_PARTS = ((ALL, "All"), (WORKING, "Working"), (CLOSED, "Closed"))


class OrdersTable(DataTable[OrderRow]):
    """Enter shows the timeline, a double click changes the order: Qt reports both as activation, so they are told apart here."""

    def __init__(self) -> None:
        super().__init__("Orders", orders_model(), stretch_last=True)
        self.doubleClicked.connect(self._on_double_clicked)
        self._by_pointer = False

    def _on_double_clicked(self, index: QModelIndex) -> None:
        self._by_pointer = self.model_.row_at(index.row()) is not None

    def take_by_pointer(self) -> bool:
        """Whether the activation that is being delivered came from a double click."""
        by_pointer, self._by_pointer = self._by_pointer, False
        return by_pointer


class OrdersPanel(TablePanel[OrderRow]):
    """Shift+F2 changes, Shift+F1 cancels, Enter shows the timeline, Esc closes it."""

    NAME = "orders"
    TITLE = "Orders"

    def __init__(self, desk: Desk, snapshot: Snapshot) -> None:
        self.choice = HeaderChoice("Orders shown", _PARTS)
        get = desk.actions.get
        self.modify_button = KeyButton("Modify", get("modify_order"))
        self.cancel_button = KeyButton("Cancel", get("cancel_order"))
        self.cancel_all_button = KeyButton("Cancel all", get("cancel_all"), show_key=False)
        buttons = (self.modify_button, self.cancel_button, self.cancel_all_button)
        self.orders_table = OrdersTable()
        tools = TableTools(self.orders_table, choice=self.choice, buttons=buttons)
        self.summary = TotalsLine("Orders")
        self._side: TimelineSide | None = None
        self._splitter = QSplitter(Qt.Orientation.Horizontal)
        self._splitter.setHandleWidth(SIZE.splitter)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.addWidget(self.orders_table)
        super().__init__(desk, self.orders_table, tools, self.summary, spread=False, beside=self._splitter)
        self._presenter: OrdersPresenter | None = None
        self._terminal: Terminal | None = None
        self._rows: list[OrderRow] = []
        self._told: OrderRow | None = None
        for button in buttons:
            button.setEnabled(False)
        self.show_column("account", snapshot.accounts.current is None)

    def attach(self, terminal: Terminal, desk: Desk) -> None:
        """The services are there: show rows and follow them."""
        self._terminal = terminal
        self._presenter = OrdersPresenter(terminal)
        self._presenter.part = self.choice.key()
        bridge = desk.bridge
        for signal in (bridge.accounts_changed, bridge.connection_changed, bridge.instruments_changed):
            signal.connect(lambda _, presenter=self._presenter: presenter.forget())
        self.follow(
            bridge.order_changed,
            bridge.fill_added,
            bridge.book_loaded,
            bridge.accounts_changed,
            bridge.connection_changed,
            bridge.current_account_changed,
            bridge.instruments_changed,
        )
        desk.frame.connect(self._on_frame)
        desk.actions.bind("modify_order", self.modify)
        desk.actions.bind("cancel_order", self.cancel)
        desk.actions.bind("cancel_all", self.cancel_all)
        self.choice.chosen.connect(self._on_part)
        self.table.row_activated.connect(self._on_activated)
        self.table.selection_changed.connect(self._on_selected)
        self.table.menu_asked.connect(self._open_menu)
        self.refresh()

    def refresh(self) -> None:
        """Read everything anew."""
        presenter = self._presenter
        if presenter is None:
            return
        self._rows = presenter.all_rows()
        self.table.model_.set_group_note(WORKING_GROUP, presenter.group_note(self._rows))
        self.table.model_.set_rows(presenter.part_of(self._rows))
        self.show_column("account", presenter.all_accounts)
        self.show_message(presenter.message(self._rows))
        self.show_doubt(presenter.doubt(self._rows))
        self.summary.show_total(presenter.summary(self._rows))
        self.counter_changed.emit(*presenter.counter(self._rows))
        self._enable_buttons()
        self._refresh_timeline()

    def save_state(self) -> dict[str, Any]:
        """The columns, and which orders are shown."""
        return {**super().save_state(), "part": self.choice.key()}

    def restore_state(self, state: dict[str, Any]) -> None:
        """Take back what was remembered."""
        super().restore_state(state)
        if state.get("part") in (ALL, WORKING, CLOSED):
            self.choice.set_chosen(state["part"])
        self.show_column("account", self._presenter is not None and self._presenter.all_accounts)

    # What keys and buttons do

    def modify(self) -> None:
        """Open the chosen working order in the ticket."""
        presenter = self._presenter
        if presenter is None:
            return
        row = presenter.modifiable(self.table.selected_rows(), self._rows)
        if row is None:
            self.desk.toast("Choose one working order first", "Nothing was changed.", "news")
        else:
            self._modify(row)

    def cancel(self) -> None:
        """Cancel the chosen orders; with none chosen, the only one that works."""
        presenter, terminal = self._presenter, self._terminal
        if presenter is None or terminal is None:
            return
        rows = presenter.cancellable(self.table.selected_rows(), self._rows)
        if not rows:
            self.desk.toast("Choose a working order first", "Nothing was cancelled.", "news")
            return
        what = "The order was not cancelled" if len(rows) == 1 else "Not every order was cancelled"
        self.desk.run(cancel_orders(terminal, rows), what, "")

    def cancel_all(self) -> None:
        """Cancel every working order of the shown accounts, at once."""
        terminal = self._terminal
        if terminal is None:
            return
        if not any(not row.is_closed for row in self._rows):
            self.desk.toast("No order is working", "There is nothing to cancel.", "news")
            return
        self.desk.run(cancel_everything(terminal, self.desk), "Not every order was cancelled", "")

    def _modify(self, row: OrderRow) -> None:
        assert self._presenter is not None
        draft = self._presenter.modify_draft(row) if row.status.is_open else None
        if draft is None:
            self.desk.toast("This order cannot be changed", row.words.text, "news")
        else:
            self.desk.open_ticket(draft)

    def _open_menu(self, row: OrderRow, at: QPoint) -> None:
        presenter = self._presenter
        if presenter is None:
            return
        entries: list[tuple[str, Any] | None] = []
        if not row.is_closed:
            entries += [("Modify…", lambda: self._modify(row)), ("Cancel", self.cancel), None]
        else:
            entries += [("Place again…", lambda: self._repeat(row)), None]
        entries += [
            ("Timeline", lambda: self.open_timeline(row)),
            ("Chart", lambda: self.chart(row.instrument)),
            None,
            ("Copy", self.table.copy),
        ]
        self.menu(*entries).popup(menu_place(at))

    def _repeat(self, row: OrderRow) -> None:
        draft = self._presenter.repeat_draft(row) if self._presenter is not None else None
        if draft is not None:
            self.desk.open_ticket(draft)

    # The timeline

    @property
    def side(self) -> TimelineSide:
        """The panel at the side; built when it is first needed, because the start must be quick."""
        if self._side is None:
            self._side = TimelineSide()
            self._side.closed.connect(self.close_timeline)
            self._side.retry.connect(self._read_timeline)
            self._splitter.addWidget(self._side)
            self._splitter.setStretchFactor(0, 1)
        return self._side

    @property
    def is_telling(self) -> bool:
        """Whether the life of an order is shown."""
        return self._told is not None

    def open_timeline(self, row: OrderRow) -> None:
        """Show the life of one order at the side."""
        was_open, self._told = self.is_telling, row
        self._show_head(row)
        if not was_open:
            width = theme().px(SIZE.side_width)
            self._splitter.setSizes([max(1, self._splitter.width() - width), width])
            self.side.show_hops(())
        self._read_timeline()

    def close_timeline(self) -> None:
        """Give the room back to the table."""
        self._end_timeline()
        self.table.setFocus()

    def _end_timeline(self) -> None:
        self._told = None
        self.side.hide()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.is_telling:
            self.close_timeline()
        else:
            super().keyPressEvent(event)

    def _show_head(self, row: OrderRow) -> None:
        assert self._presenter is not None
        self.side.show_order(row, self._presenter.line(row))

    def _refresh_timeline(self) -> None:
        """The order at the side may have moved on."""
        told = self._told
        if told is None:
            return
        now = next((row for row in self._rows if row_key(row) == row_key(told)), None)
        if now is None:
            self._end_timeline()
        elif now != told:
            self._told = now
            self._show_head(now)
            self._read_timeline()

    def _read_timeline(self) -> None:
        row = self._told
        if row is not None and row.client_id is not None:
            self.desk.run(self._load(row), "The timeline could not be read")

    async def _load(self, row: OrderRow) -> None:
        assert self._terminal is not None
        assert row.client_id is not None
        try:
            events = await self._terminal.orders.timeline(row.account, row.client_id)
        except BhavError as error:
            if self._told is not None and row_key(self._told) == row_key(row):
                self.side.show_failure(error.message)
            return
        if self._told is not None and row_key(self._told) == row_key(row):
            self.side.show_hops(
                [
                    Hop(formats.clock_ms(event.time), HOPS[event.kind], event.text, HOP_TONES.get(event.kind, ""))
                    for event in events
                ]
            )

    # Following

    def _on_activated(self, row: OrderRow) -> None:
        if self.orders_table.take_by_pointer() and row.status.is_open:
            self._modify(row)
        else:
            self.open_timeline(row)

    def _on_selected(self) -> None:
        rows = self.table.selected_rows()
        if len(rows) == 1:
            self.desk.choose(rows[0].instrument)
            if self._told is not None and row_key(self._told) != row_key(rows[0]):
                self.open_timeline(rows[0])
        self._enable_buttons()

    def _on_part(self, part: str) -> None:
        if self._presenter is not None:
            self._presenter.part = part
            self.refresh()

    def _enable_buttons(self) -> None:
        presenter = self._presenter
        if presenter is None:
            return
        chosen = self.table.selected_rows()
        cancellable = presenter.cancellable(chosen, self._rows)
        self.modify_button.setEnabled(presenter.modifiable(chosen, self._rows) is not None)
        self.cancel_button.setEnabled(bool(cancellable))
        self.cancel_button.set_words("Cancel" if len(cancellable) < 2 else f"Cancel {len(cancellable)}")
        working = sum(not row.is_closed for row in self._rows)
        self.cancel_all_button.setEnabled(working > 0)
        self.cancel_all_button.set_words(f"Cancel all {working}" if working > 1 else "Cancel all")
        self.cancel_all_button.setAccessibleDescription(counted(working, "working order"))

    def _on_frame(self) -> None:
        """The distance from the market, only while somebody looks and only where it changed."""
        if self._presenter is None or not self.isVisible():
            return
        moved = self._presenter.moved_rows()
        if moved:
            self.table.model_.update_rows(moved)
