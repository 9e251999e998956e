"""The P&L panel: figures, the line of the day or of several days, a bar for each position and its own line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from terminal_app.domain.errors import BhavError
from terminal_app.domain.pnl import PnlPoint
from terminal_app.ui import formats
from terminal_app.ui.kit.ground import Ground
from terminal_app.ui.kit.states import EmptyState, FailedState
from terminal_app.ui.panels.common.standing import Message, standing
from terminal_app.ui.panels.pnl.cards import CardRow
from terminal_app.ui.panels.pnl.model import SPANS, TODAY, day_cards, span_cards
from terminal_app.ui.panels.pnl.presenter import account_choice, bars, chosen_account, csv_text
from terminal_app.ui.panels.pnl.tools import ACCOUNT, EVERY, PnlTools
from terminal_app.ui.theme import theme

if TYPE_CHECKING:
    import asyncio

    from PySide6.QtWidgets import QFileDialog

    from terminal_app.domain.ids import AccountId
    from terminal_app.services.portfolio import PositionView
    from terminal_app.services.terminal import Terminal
    from terminal_app.ui.desk import Desk
    from terminal_app.ui.panels.pnl.body import PnlBody
    from terminal_app.ui.panels.pnl.lines import PnlLines
    from terminal_app.ui.snapshot import Snapshot

_LOW_PX = 330
_LOADING = Message("Reading the P&L…")
_NO_TRADES = Message("No trades today.", "Press [F1] to buy.")
_NO_DAYS = Message("No P&L in these days.", "A day appears here once something was traded on it.")


class PnlPanel(Ground):
    """The chart library is imported when the panel is first shown; nothing is read while it is hidden."""

    NAME = "pnl"
    TITLE = "P&L"

    def __init__(self, desk: Desk, snapshot: Snapshot) -> None:
        super().__init__()
        self._desk = desk
        self._accounts = snapshot.accounts
        self._terminal: Terminal | None = None
        self.body: PnlBody | None = None
        self._lines: PnlLines | None = None
        self._load: asyncio.Task[None] | None = None
        self._position_load: asyncio.Task[None] | None = None
        self._position = ""
        self.scope, self.span = ACCOUNT, TODAY
        self.tools = PnlTools()
        self.cards = CardRow()
        self.stack = QStackedWidget()
        self._message: Message | None = None
        self._message_widget: QWidget | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.cards)
        column.addWidget(self.stack, 1)
        self._connect()
        self._say(_LOADING)
        self._show_choice()

    # What the window asks of a panel.

    def attach(self, terminal: Terminal, desk: Desk) -> None:
        """The services are there."""
        self._terminal = terminal
        bridge = desk.bridge
        bridge.pnl_point_added.connect(self._on_point)
        bridge.fill_added.connect(self._on_fill)
        for signal in (bridge.book_loaded, bridge.connection_changed):
            signal.connect(lambda _: self.reload())
        for signal in (bridge.current_account_changed, bridge.accounts_changed):
            signal.connect(self._on_accounts)
        desk.second.connect(self._on_second)
        self._show_choice()
        self.reload()

    def header_left(self) -> QWidget | None:
        """The title stands there."""
        return None

    def header_actions(self) -> QWidget | None:
        """Whose, since when, export, enlarge."""
        return self.tools

    def save_state(self) -> dict[str, Any]:
        """Whose P&L over what time."""
        return {"scope": self.scope, "span": self.span}

    def restore_state(self, state: dict[str, Any]) -> None:
        """Take back what was remembered."""
        if state.get("scope") in (ACCOUNT, EVERY):
            self.scope = state["scope"]
        if state.get("span") in {key for key, _ in SPANS}:
            self.span = state["span"]
        self._show_choice()

    def focus_main(self) -> None:
        """The list of positions, or what stands in its place."""
        if self.body is not None and self.stack.currentWidget() is self.body:
            self.body.bars.setFocus()
        else:
            self.tools.span.setFocus()

    # What is shown.

    @property
    def account(self) -> AccountId | None:
        """Whose P&L is shown; None for all together."""
        return chosen_account(self._accounts, self.scope)

    @property
    def message(self) -> Message | None:
        """What stands where the line would be; None while the line is shown."""
        return self._message

    def reload(self) -> None:
        """Read the lines anew; nothing while nobody sees them."""
        if self._terminal is None or not self.isVisible():
            return
        if self._load is not None:
            self._load.cancel()
        self._load = self._desk.run(self._read(self.account, self.span), "The P&L was not read")

    async def _read(self, account: AccountId | None, span: str) -> None:
        lines = self._made_lines()
        try:
            points = await lines.read(account, span)
        except BhavError as error:
            self._say(
                Message("The P&L could not be read.", f"{error.message} Orders and positions are not affected.", True)
            )
            return
        if span == TODAY:
            self._show_today(points)
        else:
            self._show_days(points)

    def _show_today(self, points: list[PnlPoint]) -> None:
        body, lines = self._made_body(), self._made_lines()
        lines.show_today(points, self.account)
        views = self._views()
        if not points and not views:
            self._say(standing(self._accounts, "The P&L", "Nothing was lost.") or _NO_TRADES)
            return
        if not self._position:
            body.show_whole(days=False)
        self._say(None)
        self._refresh(views)
        if self._position:
            self._read_position()

    def _show_days(self, points: list[PnlPoint]) -> None:
        if not points:
            self._say(_NO_DAYS)
            return
        body = self._made_body()
        body.show_whole(days=True)
        self._made_lines().show_days(points, self.span)
        self.cards.show_cards(span_cards(points))
        self._say(None)

    def _refresh(self, views: list[PositionView]) -> None:
        """Figures and bars as they are now, and the line up to now."""
        assert self._terminal is not None
        body, lines = self._made_body(), self._made_lines()
        totals = self._terminal.portfolio.totals(self.account)
        lines.move_on_now(totals)
        self.cards.show_cards(day_cards(totals, views, lines.track))
        accounts = self._accounts.all()
        names = {one.id: one.name for one in accounts} if self.account is None and len(accounts) > 1 else {}
        found = bars(views, self._terminal.market, names)
        body.show_bars(found, formats.signed(totals.day_pnl), formats.tone(totals.day_pnl))

    def _say(self, message: Message | None) -> None:
        """Say something instead of the line, or show the line again."""
        self.cards.setVisible(message is None)
        self.tools.export_button.setEnabled(message is None)
        if message == self._message and (message is not None or self.stack.currentWidget() is self.body):
            return
        self._message = message
        if self._message_widget is not None:
            self.stack.removeWidget(self._message_widget)
            self._message_widget.deleteLater()
            self._message_widget = None
        if message is None:
            self.stack.setCurrentWidget(self._made_body())
            return
        if message.failed:
            failed = FailedState(message.lead, message.hint)
            failed.retry.connect(self.reload)
            self._message_widget = failed
        else:
            self._message_widget = EmptyState(message.lead, message.hint)
        self.stack.addWidget(self._message_widget)
        self.stack.setCurrentWidget(self._message_widget)

    def _made_body(self) -> PnlBody:
        if self.body is None:
            from terminal_app.ui.panels.pnl.body import PnlBody

            self.body = PnlBody()
            self.body.position_chosen.connect(self._on_position)
            self.stack.addWidget(self.body)
            self._fit()
        return self.body

    def _made_lines(self) -> PnlLines:
        if self._lines is None:
            from terminal_app.ui.panels.pnl.lines import PnlLines

            assert self._terminal is not None
            self._lines = PnlLines(self._terminal, self._made_body())
        return self._lines

    def _views(self) -> list[PositionView]:
        assert self._terminal is not None
        return self._terminal.portfolio.positions(self.account)

    def _show_choice(self) -> None:
        self.tools.show_choice(self.scope, self.span, account_choice(self._accounts))

    def _fit(self) -> None:
        thin = self.height() < theme().px(_LOW_PX)
        self.cards.set_thin(thin)
        if self.body is not None:
            self.body.set_thin(thin)

    # What happens elsewhere.

    def showEvent(self, event: QShowEvent) -> None:
        """What happened meanwhile is read now."""
        super().showEvent(event)
        self.reload()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc leads back from one position to the whole."""
        if event.key() == Qt.Key.Key_Escape and self._position:
            self._forget_position()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave out what does not fit."""
        super().resizeEvent(event)
        self._fit()

    def _on_second(self) -> None:
        if self._terminal is None or not self.isVisible() or self.span != TODAY or self._lines is None:
            return
        if self._load is not None and not self._load.done():
            return
        if self._lines.is_another_day:
            self.reload()
            return
        views = self._views()
        if self._message is not None:
            if views and not self._message.failed:
                self.reload()
            return
        self._refresh(views)
        view = self._lines.find(views, self._position) if self._position else None
        if view is not None and (self._position_load is None or self._position_load.done()):
            self._lines.move_position_on(view)

    def _on_point(self, message: Any) -> None:
        """A kept point fills the line between two looks where time runs fast."""
        if self._lines is not None and self.isVisible() and self.account == message.account and self.span == TODAY:
            self._lines.move_on(PnlPoint(message.time, message.realised, message.unrealised))

    def _on_fill(self, _message: object) -> None:
        if self._lines is not None and self.isVisible() and self.span == TODAY:
            self._lines.show_fills(self.account)
            if self._position:
                self._read_position()

    def _on_accounts(self, _message: object) -> None:
        self._forget_position()
        self._show_choice()
        self.reload()

    # What the user chooses.

    def _connect(self) -> None:
        self.tools.scope_chosen.connect(self._on_scope)
        self.tools.span_chosen.connect(self._on_span)
        self.tools.export_wanted.connect(self.export)
        self.tools.enlarge_wanted.connect(lambda: self._desk.actions.trigger("maximise_panel"))

    def _on_scope(self, scope: str) -> None:
        self.scope = scope
        self._forget_position()
        self.reload()

    def _on_span(self, span: str) -> None:
        self.span = span
        self._forget_position()
        self.reload()

    def _on_position(self, key: str | None) -> None:
        self._position = key or ""
        if key is None:
            self._made_body().show_whole(days=self.span != TODAY)
        else:
            self._read_position()

    def _read_position(self) -> None:
        assert self._terminal is not None
        view = self._made_lines().find(self._views(), self._position)
        if view is None:
            self._forget_position()
            return
        instrument = self._terminal.market.instrument(view.position.instrument)
        decimals = instrument.price_decimals if instrument is not None else 2
        self._made_body().show_position(self._terminal.market.label(view.position.instrument), decimals)
        if self._position_load is not None:
            self._position_load.cancel()
        self._position_load = self._desk.run(self._made_lines().show_position(view), "The position's P&L was not read")

    def _forget_position(self) -> None:
        self._position = ""
        if self.body is not None:
            self.body.bars.choose(None)

    def export(self) -> QFileDialog | None:
        """Keep the points shown in a file. Returns the open dialog."""
        from terminal_app.ui.panels.common.saving import ask_where, save_text

        if self._lines is None or self._message is not None:
            return None
        text = csv_text(self._lines.points)
        return ask_where(self, "P&L points", self._desk, lambda path: save_text(text, "P&L points", self._desk, path))
