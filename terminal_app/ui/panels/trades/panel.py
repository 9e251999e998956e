"""The trades panel: today's fills as they happen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPoint

from terminal_app.ui.grid.data_table import DataTable
from terminal_app.ui.panels.common.table_panel import TablePanel, menu_place
from terminal_app.ui.panels.common.tools import TableTools
from terminal_app.ui.panels.common.totals_line import TotalsLine
from terminal_app.ui.panels.trades.model import TradeRow, trades_model
from terminal_app.ui.panels.trades.presenter import TradesPresenter

if TYPE_CHECKING:
    from terminal_app.services.terminal import Terminal
    from terminal_app.ui.desk import Desk
    from terminal_app.ui.snapshot import Snapshot


class TradesPanel(TablePanel[TradeRow]):
    """Enter charts the instrument of a fill."""

    NAME = "trades"
    TITLE = "Trades"

    def __init__(self, desk: Desk, snapshot: Snapshot) -> None:
        table = DataTable("Trades", trades_model())
        self.summary = TotalsLine("Trades")
        super().__init__(desk, table, TableTools(table), self.summary)
        self._presenter: TradesPresenter | None = None
        self._terminal: Terminal | None = None
        self.show_column("account", snapshot.accounts.current is None)

    def attach(self, terminal: Terminal, desk: Desk) -> None:
        """The services are there: show rows and follow them."""
        self._terminal = terminal
        self._presenter = TradesPresenter(terminal)
        bridge = desk.bridge
        self.follow(
            bridge.fill_added,
            bridge.book_loaded,
            bridge.accounts_changed,
            bridge.connection_changed,
            bridge.current_account_changed,
            bridge.instruments_changed,
        )
        self.table.row_activated.connect(lambda row: self.chart(row.instrument))
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
        self.summary.show_total(presenter.summary(rows))

    def restore_state(self, state: dict[str, Any]) -> None:
        """Take back what was remembered."""
        super().restore_state(state)
        self.show_column("account", self._presenter is not None and self._presenter.all_accounts)

    def _on_selected(self) -> None:
        rows = self.table.selected_rows()
        if len(rows) == 1:
            self.desk.choose(rows[0].instrument)

    def _open_menu(self, row: TradeRow, at: QPoint) -> None:
        self.menu(("Chart", lambda: self.chart(row.instrument)), None, ("Copy", self.table.copy)).popup(menu_place(at))
