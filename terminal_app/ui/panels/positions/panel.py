"""The positions panel: live rows, totals, exits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPoint

from terminal_app.domain.errors import BhavError
from terminal_app.ui.grid.data_table import DataTable
from terminal_app.ui.kit.notice_bar import NoticeBar
from terminal_app.ui.panels.common.choice import HeaderChoice
from terminal_app.ui.panels.common.key_button import KeyButton
from terminal_app.ui.panels.common.table_panel import TablePanel, menu_place, totals_under
from terminal_app.ui.panels.common.tools import TableTools
from terminal_app.ui.panels.positions.exits import ExitPlan, carry_out, plan_all, plan_selected, question
from terminal_app.ui.panels.positions.model import PositionRow, positions_model, row_key
from terminal_app.ui.panels.positions.presenter import DAY, NET, PositionsPresenter

if TYPE_CHECKING:
    from terminal_app.domain.ids import AccountId
    from terminal_app.services.terminal import Terminal
    from terminal_app.ui.desk import Desk
    from terminal_app.ui.snapshot import Snapshot


class PositionsPanel(TablePanel[PositionRow]):
    """Enter opens the ticket that closes the row; Ctrl+X exits what is selected, Ctrl+Shift+X everything."""

    NAME = "positions"
    TITLE = "Positions"

    def __init__(self, desk: Desk, snapshot: Snapshot) -> None:
        self.choice = HeaderChoice("Positions shown", ((NET, "Net"), (DAY, "Day")))
        self.exit_selected_button = KeyButton("Exit selected", desk.actions.get("exit_selected"), show_key=False)
        self.exit_all_button = KeyButton("Exit all", desk.actions.get("exit_all"), show_key=False)
        table = DataTable("Positions", positions_model())
        tools = TableTools(table, choice=self.choice, buttons=(self.exit_selected_button, self.exit_all_button))
        self.totals = totals_under(table)
        super().__init__(desk, table, tools, self.totals)
        self._presenter: PositionsPresenter | None = None
        self._terminal: Terminal | None = None
        self._exit_bar = NoticeBar(closable=True)
        self.layout().insertWidget(0, self._exit_bar)  # type: ignore[union-attr]
        self._exiting = False
        for button in (self.exit_selected_button, self.exit_all_button):
            button.setEnabled(False)
        self.show_column("account", snapshot.accounts.current is None)

    def attach(self, terminal: Terminal, desk: Desk) -> None:
        """The services are there: show rows and follow them."""
        self._terminal = terminal
        self._presenter = PositionsPresenter(terminal)
        self._presenter.mode = self.choice.key()
        bridge = desk.bridge
        self.follow(
            bridge.position_changed,
            bridge.fill_added,
            bridge.book_loaded,
            bridge.accounts_changed,
            bridge.connection_changed,
            bridge.current_account_changed,
            bridge.instruments_changed,
        )
        desk.frame.connect(self._on_frame)
        desk.second.connect(self._on_second)
        desk.actions.bind("exit_selected", self.exit_selected)
        desk.actions.bind("exit_all", self.exit_all)
        self.choice.chosen.connect(self._on_mode)
        self.table.row_activated.connect(self._open_closing)
        self.table.selection_changed.connect(self._on_selected)
        self.table.menu_asked.connect(self._open_menu)
        self.bar.action_clicked.connect(self._ask_broker)
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
        self.totals.set_totals(presenter.totals(rows))
        self._show_difference(rows)
        self.counter_changed.emit(presenter.open_count(), False)
        self._enable_exits()

    def save_state(self) -> dict[str, Any]:
        """The columns, and Net or Day."""
        return {**super().save_state(), "mode": self.choice.key()}

    def restore_state(self, state: dict[str, Any]) -> None:
        """Take back what was remembered."""
        super().restore_state(state)
        if state.get("mode") in (NET, DAY):
            self.choice.set_chosen(state["mode"])
        self.show_column("account", self._presenter is not None and self._presenter.all_accounts)

    # Exits

    def exit_selected(self) -> None:
        """Ask, then close what is selected."""
        rows = self._whole(self.table.selected_rows())
        if not rows:
            self.desk.toast("Choose an open position first", "Nothing was sent.", "news")
            return
        self._exit(plan_selected(rows), rows, everything=False)

    def exit_all(self) -> None:
        """Ask, then close everything that is open in the shown accounts."""
        rows = [row for row in self._net_rows() if row.is_exposure]
        if not rows:
            self.desk.toast("No position is open", "Nothing was sent.", "news")
            return
        self._exit(plan_all(rows), rows, everything=True)

    def _exit_one(self, row: PositionRow) -> None:
        rows = self._whole([row])
        if rows:
            self._exit(plan_selected(rows), rows, everything=False)

    def _exit(self, plans: list[ExitPlan], rows: list[PositionRow], *, everything: bool) -> None:
        if self._exiting:
            self.desk.toast("An exit is running", "It says in the positions panel how far it is.", "news")
            return
        self._exiting = True
        self._enable_exits()
        self.desk.run(self._ask_and_exit(plans, rows, everything=everything), "The exit did not finish")

    async def _ask_and_exit(self, plans: list[ExitPlan], rows: list[PositionRow], *, everything: bool) -> None:
        assert self._terminal is not None
        try:
            request = question(self._terminal, plans, rows, everything=everything)
            if not await self.desk.confirm(request):
                return
            self._show_progress(len(rows), "Beginning.")
            report = await carry_out(self._terminal, plans, lambda words: self._show_progress(len(rows), words))
            self._exit_bar.show_notice("news" if report.flat else "error", report.fact, report.text)
        except BhavError as error:
            self._exit_bar.show_notice("error", "The exit did not finish.", f"{error.message} Look at what is open.")
            raise
        finally:
            self._exiting = False
            self.refresh()

    def _show_progress(self, count: int, words: str) -> None:
        one = "position" if count == 1 else "positions"
        self._exit_bar.show_notice("news", f"Exiting {count} {one}.", words, icon_name="log-out")

    def _enable_exits(self) -> None:
        is_open = any(row.is_exposure for row in self.table.model_.rows)
        actions = self.desk.actions
        self.exit_all_button.setEnabled(is_open and not self._exiting)
        chosen = any(row.is_exposure for row in self.table.selected_rows())
        self.exit_selected_button.setEnabled(chosen and not self._exiting)
        actions.get("exit_all").setEnabled(not self._exiting)
        actions.get("exit_selected").setEnabled(not self._exiting)

    def _net_rows(self) -> list[PositionRow]:
        """The whole positions, whichever part is shown."""
        presenter = self._presenter
        if presenter is None:
            return []
        shown, presenter.mode = presenter.mode, NET
        try:
            return presenter.rows()
        finally:
            presenter.mode = shown

    def _whole(self, rows: list[PositionRow]) -> list[PositionRow]:
        """The open positions behind rows, whole: an exit closes what was carried too."""
        keys = {row_key(row) for row in rows}
        return [row for row in self._net_rows() if row_key(row) in keys and row.is_exposure]

    # What the user does

    def _on_mode(self, mode: str) -> None:
        if self._presenter is not None:
            self._presenter.mode = mode
            self.refresh()

    def _on_selected(self) -> None:
        rows = self.table.selected_rows()
        if len(rows) == 1:
            self.desk.choose(rows[0].instrument)
        self._enable_exits()

    def _open_closing(self, row: PositionRow) -> None:
        if self._presenter is not None:
            self.desk.open_ticket(self._presenter.closing_draft(row))

    def _open_menu(self, row: PositionRow, at: QPoint) -> None:
        presenter, desk = self._presenter, self.desk
        if presenter is None:
            return
        entries: list[tuple[str, Any] | None] = []
        if row.is_exposure:
            side = row.closing_side.value.capitalize()
            entries += [
                ("Exit this position…", lambda: self._exit_one(row)),
                (f"{side} to close…", lambda: desk.open_ticket(presenter.closing_draft(row))),
                ("Reduce…", lambda: desk.open_ticket(presenter.reducing_draft(row))),
                None,
            ]
        entries += [
            ("Add more…" if row.is_open else "Buy…", lambda: desk.open_ticket(presenter.adding_draft(row))),
            ("Chart", lambda: self.chart(row.instrument)),
            None,
            ("Copy", self.table.copy),
        ]
        self.menu(*entries).popup(menu_place(at))

    def _ask_broker(self) -> None:
        assert self._presenter is not None
        for account in self._presenter.accounts_to_ask(self.table.model_.rows):
            self.desk.run(self._reread(account), "The broker could not be asked")

    async def _reread(self, account: AccountId) -> None:
        assert self._terminal is not None
        await self._terminal.portfolio.refresh(account)
        self.refresh()

    # Prices

    def _show_difference(self, rows: list[PositionRow]) -> None:
        assert self._presenter is not None
        words = self._presenter.doubt(rows) if rows else None
        if words is None:
            self.bar.hide()
            return
        can_ask = bool(self._presenter.accounts_to_ask(rows))
        self.bar.show_notice("warn", *words, action="Ask now" if can_ask else "")

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
