"""The holdings panel: shares in the demat account at today's prices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPoint

from terminal_app.ui.grid.data_table import DataTable
from terminal_app.ui.panels.common.table_panel import TablePanel, menu_place, totals_under
from terminal_app.ui.panels.common.tools import TableTools
from terminal_app.ui.panels.holdings.model import HoldingRow, holdings_model
from terminal_app.ui.panels.holdings.presenter import HoldingsPresenter

if TYPE_CHECKING:
    from terminal_app.services.terminal import Terminal
    from terminal_app.ui.desk import Desk
    from terminal_app.ui.snapshot import Snapshot


class HoldingsPanel(TablePanel[HoldingRow]):
    """Enter opens the ticket that sells the row."""

    NAME = "holdings"
    TITLE = "Holdings"

    def __init__(self, desk: Desk, snapshot: Snapshot) -> None:
        table = DataTable("Holdings", holdings_model())
        self.totals = totals_under(table)
        super().__init__(desk, table, TableTools(table), self.totals)
        self._presenter: HoldingsPresenter | None = None
        self._terminal: Terminal | None = None
        self.show_column("account", snapshot.accounts.current is None)

    def attach(self, terminal: Terminal, desk: Desk) -> None:
        """The services are there: show rows and follow them."""
        self._terminal = terminal
        self._presenter = HoldingsPresenter(terminal)
        bridge = desk.bridge
        self.follow(
            bridge.holdings_changed,
            bridge.book_loaded,
            bridge.accounts_changed,
            bridge.connection_changed,
            bridge.current_account_changed,
            bridge.instruments_changed,
        )
        desk.frame.connect(self._on_frame)
        desk.second.connect(self._on_second)
        self.table.row_activated.connect(self._sell)
        self.table.selection_changed.connect(self._on_selected)
        self.table.menu_asked.connect(self._open_menu)
        self.refresh()

    def refresh(self) -> None:
        """Read everything anew."""
        presenter = self._presenter
        if presenter is None:
            return
        rows = presenter.rows()
        self.table.model_.set_rows(rows)
        self.show_column("account", presenter.all_accounts)
        self.show_message(presenter.message(rows))
        self.show_doubt(presenter.doubt(rows))
        self.totals.set_totals(presenter.totals(rows))

    def restore_state(self, state: dict[str, Any]) -> None:
        """Take back what was remembered."""
        super().restore_state(state)
        self.show_column("account", self._presenter is not None and self._presenter.all_accounts)

    def _on_selected(self) -> None:
        rows = self.table.selected_rows()
        if len(rows) == 1:
            self.desk.choose(rows[0].instrument)

    def _sell(self, row: HoldingRow) -> None:
        if self._presenter is None:
            return
        if row.sellable == 0:
            self.desk.toast("Nothing of it can be sold now", "All units are pledged, sold or held by an order.", "news")
        else:
            self.desk.open_ticket(self._presenter.selling_draft(row))

    def _open_menu(self, row: HoldingRow, at: QPoint) -> None:
        presenter = self._presenter
        if presenter is None:
            return
        self.menu(
            ("Sell…", lambda: self._sell(row)),
            ("Buy more…", lambda: self.desk.open_ticket(presenter.buying_draft(row))),
            ("Chart", lambda: self.chart(row.instrument)),
            None,
            ("Copy", self.table.copy),
        ).popup(menu_place(at))

    def _on_frame(self) -> None:
        """Only while somebody looks, and only what moved; the order of the rows is left until the next second."""
        presenter = self._presenter
        if presenter is None or not self.isVisible():
            return
        moved = presenter.moved_rows()
        if moved:
            self.table.model_.update_rows(moved)
            self.totals.set_totals(presenter.totals(self.table.model_.rows))

    def _on_second(self) -> None:
        if self.isVisible():
            self.refresh()
