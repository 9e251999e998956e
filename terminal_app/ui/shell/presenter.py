"""What the window itself does once the services are there: header, status bar, counters, questions, looks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from terminal_app.domain.enums import FeedMode, Side
from terminal_app.domain.ids import InstrumentId
from terminal_app.domain.messages import NoticeLevel
from terminal_app.ui import formats
from terminal_app.ui.drafts import TicketDraft
from terminal_app.ui.kit.buttons import PlaceButton
from terminal_app.ui.kit.toast import ToastStack
from terminal_app.ui.shell.accounts_view import AccountsView
from terminal_app.ui.shell.commands import Commands
from terminal_app.ui.shell.first_start import show_welcome
from terminal_app.ui.shell.stopping import Stopping
from terminal_app.ui.shell.telling import Telling
from terminal_app.ui.shell.vault_view import VaultView
from terminal_app.ui.theme import theme

if TYPE_CHECKING:
    import asyncio

    from terminal_app.domain.messages import SettingChanged
    from terminal_app.services.terminal import Terminal
    from terminal_app.ui.drafts import ConfirmRequest
    from terminal_app.ui.main_window import MainWindow
    from terminal_app.ui.shell.panel_group import Panel


class WindowPresenter(QObject):
    """Decides what the window's own parts show; panels decide for themselves."""

    def __init__(self, window: MainWindow, terminal: Terminal) -> None:
        super().__init__(window)
        from terminal_app.ui.main_window import INDICES

        self._window, self._terminal, self._desk = window, terminal, window.desk
        self._indices = [InstrumentId.parse(text) for _, text in INDICES]
        self.toasts = ToastStack(window)
        self.telling = Telling(terminal, window.desk, self.toasts)
        self.accounts = AccountsView(window, terminal)
        self.commands = Commands(window, terminal, self.accounts)
        self.stopping = Stopping(terminal, window.desk, window.header)
        self.vault = VaultView(window, terminal)
        self._desk.panel_wanted.connect(window.show_panel)
        self._desk.confirm_wanted.connect(self._confirm)
        for panel in window.panels:
            self.follow(panel)

    def follow(self, panel: Panel) -> None:
        """Show what a panel counts on its tab. Call it before the panel comes to life, so that the first count is not missed."""
        counter = getattr(panel, "counter_changed", None)
        if counter is not None:
            workspace = self._window.workspace
            counter.connect(lambda count, warn: workspace.set_count(panel.NAME, count, warn=warn))

    def start(self) -> None:
        """Connect, bind the actions, and show the first state."""
        desk, header = self._desk, self._window.header
        self.toasts.keep_clear_of(header.kill, *self._window.findChildren(PlaceButton))
        desk.frame.connect(self._show_indices)
        desk.second.connect(self._each_second)
        desk.bridge.setting_changed.connect(self._on_setting)
        header.index_clicked.connect(lambda place: desk.choose(self._indices[place]))
        self._window.chart.enlarge_wanted.connect(lambda on: self._window.workspace.enlarge("chart" if on else ""))
        self._window.workspace.enlarged_changed.connect(self._show_enlarged)
        header.search.clicked.connect(lambda: desk.actions.trigger("search"))
        self._window.account_wanted.connect(self.accounts.switch_to_place)
        self._terminal.market.watch(self, self._indices, FeedMode.QUOTE)
        self._rows = self._terminal.market.rows(self._indices)
        self.accounts.start()
        self.vault.start()
        self.commands.bind()
        desk.actions.bind("buy", lambda: self._open_ticket(Side.BUY))
        desk.actions.bind("sell", lambda: self._open_ticket(Side.SELL))
        self.stopping.start()
        self._each_second()
        self._window.workspace.focus_panel("watchlist")
        show_welcome(self._window, self._terminal)
        self._tell_damage()

    def _tell_damage(self) -> None:
        for sentence in self._window.snapshot.damage:
            self._terminal.notices.post(NoticeLevel.FAILED, "A settings file was damaged", sentence, "settings")

    def _open_ticket(self, side: Side) -> None:
        instrument = self._desk.current_instrument
        if instrument is None:
            self._desk.toast("Choose an instrument first", "Press Ctrl+K to find one.", "news")
            return
        self._desk.open_ticket(TicketDraft(instrument, side))

    def _show_enlarged(self, what: str) -> None:
        if what != "chart":
            self._window.chart.header.enlarge.setChecked(False)

    def _show_indices(self) -> None:
        for place in self._rows.take():
            quote = self._terminal.market.quote(self._indices[int(place)])
            self._window.header.indices[int(place)].show_quote(quote.last_price, quote.change_percent)

    def _each_second(self) -> None:
        terminal, status = self._terminal, self._window.status
        now = terminal.clock.now()
        self._window.header.show_clock(terminal.clock.label, formats.clock(now), formats.day(now))
        self.accounts.refresh_figures()
        status.show_market(terminal.market.summary())
        status.show_storage(terminal.storage_text())
        status.show_loop(formats.milliseconds(terminal.loop_lag_ms()))

    def _on_setting(self, message: SettingChanged) -> None:
        settings = self._terminal.settings
        if message.key == "theme":
            theme().set_choice(settings.text("theme"))
        elif message.key == "colours":
            theme().set_safe_colors(settings.text("colours") == "safe")
        elif message.key == "zoom":
            theme().set_zoom(settings.number("zoom") / 100)
        elif message.key.startswith("key."):
            self._desk.actions.rebind(settings.key_bindings())

    def _confirm(self, request: ConfirmRequest, answer: asyncio.Future[bool]) -> None:
        from terminal_app.ui.dialogs.confirm import ConfirmDialog
        from terminal_app.ui.kit.dialog import ask_once

        dialog = ConfirmDialog(self._window, request)
        # Whoever asked may be gone before the answer: then the question goes too.
        answer.add_done_callback(lambda done: dialog.reject() if done.cancelled() else None)

        async def ask() -> None:
            agreed = False
            try:
                agreed = bool(await ask_once(dialog))
            finally:
                if not answer.done():
                    answer.set_result(agreed)

        self._desk.run(ask(), "The question could not be shown")
