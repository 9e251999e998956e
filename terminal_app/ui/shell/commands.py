"""What the window's own actions do: dialogs, panels, looks, sizes, accounts, replay, help."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QGuiApplication

from terminal_app.domain.errors import BhavError
from terminal_app.ui.actions import SPECS
from terminal_app.ui.shell.live_facts import waiting
from terminal_app.ui.theme import theme

if TYPE_CHECKING:
    from terminal_app.services.settings import Value
    from terminal_app.services.terminal import Terminal
    from terminal_app.ui.dialogs.replay import ReplayBar
    from terminal_app.ui.kit.dialog import AppDialog
    from terminal_app.ui.main_window import MainWindow
    from terminal_app.ui.palette.palette import SearchPalette
    from terminal_app.ui.shell.accounts_view import AccountsView

_ZOOM_STEP, _ZOOM_LEAST, _ZOOM_MOST, _ZOOM_NORMAL = 10, 80, 200, 100
_SHOW = "show_"


class Commands(QObject):
    """One method per action; dialogs are imported when they are first asked for."""

    def __init__(self, window: MainWindow, terminal: Terminal, accounts_view: AccountsView) -> None:
        super().__init__(window)
        self._window, self._terminal, self._accounts = window, terminal, accounts_view
        self._desk, self._actions = window.desk, window.actions_registry
        self._replay_bar: ReplayBar | None = None
        self._search: SearchPalette | None = None
        self._search_state = window.search_state

    def search_state(self) -> dict[str, Any]:
        """What the search remembers."""
        return self._search.save_state() if self._search is not None else self._search_state

    def bind(self) -> None:
        """Give the actions their doing, and show which looks are chosen."""
        bind = self._actions.bind
        for name, doing in {
            "accounts": self.open_accounts,
            "add_account": self.open_add_account,
            "new_paper_account": self.open_new_paper,
            "log_in_all": self.log_in_all,
            "settings": self.open_settings,
            "quit": self._quit,
            "theme_dark": lambda: self._set("theme", "dark"),
            "theme_light": lambda: self._set("theme", "light"),
            "theme_system": lambda: self._set("theme", "system"),
            "colours_safe": self._switch_colours,
            "zoom_in": lambda: self._zoom(_ZOOM_STEP),
            "zoom_out": lambda: self._zoom(-_ZOOM_STEP),
            "zoom_reset": lambda: self._set("zoom", _ZOOM_NORMAL),
            "maximise_panel": self._enlarge,
            "full_screen": self._switch_full_screen,
            "reset_layout": self._window.workspace.reset,
            "next_account": self._accounts.switch_to_next,
            "all_accounts": lambda: self._accounts.switch(None),
            "search": self.open_search,
            "keys": self.open_keys,
            "copy_diagnostics": self.copy_diagnostics,
            "about": self.open_about,
        }.items():
            bind(name, doing)
        for spec in SPECS:
            if spec.name.startswith(_SHOW):
                self._bind_panel(spec.name)
        self.bind_replay()
        self._follow()

    def _bind_panel(self, action: str) -> None:
        self._actions.bind(action, lambda: self._window.show_panel(action.removeprefix(_SHOW)))

    # Dialogs.

    def open_accounts(self) -> None:
        """The account wall."""
        from terminal_app.ui.dialogs.accounts import AccountsDialog

        self._ask(AccountsDialog(self._window, self._terminal, self._desk))

    def open_add_account(self) -> None:
        """A live account: its broker and its keys."""
        from terminal_app.ui.dialogs.add_account import add_account

        self._desk.run(add_account(self._window, self._terminal, self._desk), "The account could not be added")

    def log_in_all(self) -> None:
        """Log in every live account that needs it, one after the other."""
        self._desk.run(self._log_in_all(), "The accounts could not be logged in")

    async def _log_in_all(self) -> None:
        from terminal_app.ui.dialogs.vault import keys_can_be_used

        if await keys_can_be_used(self._window, self._terminal, self._desk):
            await self._terminal.sessions.log_in_all()

    def open_new_paper(self) -> None:
        """Name and funds of a new paper account."""
        from terminal_app.ui.dialogs.new_paper import NewPaperDialog

        self._ask(NewPaperDialog(self._window, self._terminal, self._desk))

    def open_settings(self) -> None:
        """Settings and keys."""
        from terminal_app.ui.dialogs.settings import SettingsDialog

        self._ask(SettingsDialog(self._window, self._terminal.settings, self._desk))

    def open_keys(self) -> None:
        """The cheat sheet."""
        from terminal_app.ui.dialogs.keys import KeysDialog

        self._ask(KeysDialog(self._window, self._actions, self._terminal.settings.key_bindings()))

    def open_about(self) -> None:
        """Versions and licences."""
        from terminal_app.ui.dialogs.about import AboutDialog

        dialog = AboutDialog(self._window, self._window.snapshot.version, self._terminal.diagnostics())
        dialog.copy_wanted.connect(self.copy_diagnostics)
        self._ask(dialog)

    def open_search(self) -> None:
        """The search over the header's field."""
        if self._search is None:
            from terminal_app.ui.palette.palette import SearchPalette

            self._search = SearchPalette(self._window, self._desk)
            self._search.restore_state(self._search_state)
        self._search.open_at(self._window.header.search)

    def copy_diagnostics(self) -> None:
        """Versions, folders and states to the clipboard."""
        QGuiApplication.clipboard().setText(self._terminal.diagnostics())
        self._desk.toast("The diagnostics are copied", "Versions, folders and states, without secrets.", "profit")

    def _ask(self, dialog: AppDialog) -> None:
        from terminal_app.ui.kit.dialog import ask_once

        self._desk.run(ask_once(dialog), f"{dialog.windowTitle()} could not be shown")

    # Looks and sizes.

    def _set(self, key: str, value: Value) -> None:
        try:
            self._terminal.settings.set(key, value)
        except BhavError as error:
            self._terminal.notices.failed("The setting was not changed", error, "settings")
        self._show_choices()

    def _switch_colours(self) -> None:
        self._set("colours", "standard" if self._terminal.settings.text("colours") == "safe" else "safe")

    def _zoom(self, step: int) -> None:
        now = round(self._terminal.settings.number("zoom"))
        wanted = min(_ZOOM_MOST, max(_ZOOM_LEAST, now + step))
        if wanted != now:
            self._set("zoom", wanted)

    def _switch_full_screen(self) -> None:
        if self._window.isFullScreen():
            self._window.setWindowState(self._window.windowState() & ~Qt.WindowState.WindowFullScreen)
        else:
            self._window.setWindowState(self._window.windowState() | Qt.WindowState.WindowFullScreen)
        self._actions.get("full_screen").setChecked(self._window.isFullScreen())

    def _enlarge(self) -> None:
        workspace = self._window.workspace
        workspace.enlarge("" if workspace.enlarged == "bottom" else "bottom")

    def _quit(self) -> None:
        self._window.close()

    def _follow(self) -> None:
        for name in ("theme_dark", "theme_light", "theme_system"):
            self._actions.get(name).setCheckable(True)
        self._desk.bridge.setting_changed.connect(lambda _: self._show_choices())
        self._desk.bridge.accounts_changed.connect(lambda _: self._show_choices())
        self._desk.bridge.connection_changed.connect(lambda _: self._show_choices())
        enlarge = self._actions.get("maximise_panel")
        self._window.workspace.enlarged_changed.connect(lambda what: enlarge.setChecked(what == "bottom"))
        self._show_choices()

    def _show_choices(self) -> None:
        for name in ("dark", "light", "system"):
            self._actions.get(f"theme_{name}").setChecked(theme().choice == name)
        self._actions.get("colours_safe").setChecked(self._terminal.settings.text("colours") == "safe")
        self._actions.get("log_in_all").setEnabled(waiting(self._terminal) > 0)
        several = len(self._terminal.accounts.all()) > 1
        for name in ("next_account", "all_accounts"):
            self._actions.get(name).setEnabled(several)

    # Replay.

    def bind_replay(self) -> None:
        """While a recording is played its controls are shown, and the action hides and shows them."""
        if self._terminal.replay is not None:
            self._actions.bind("replay", self.switch_replay)
            self.switch_replay()

    def switch_replay(self) -> None:
        """Show the strip with the replay's controls, or hide it."""
        if self._terminal.replay is None:
            return
        if self._replay_bar is None:
            from terminal_app.ui.dialogs.replay import ReplayBar

            self._replay_bar = ReplayBar(self._terminal.replay, self._desk)
            self._replay_bar.closed.connect(self._replay_bar.hide)
            self._window.add_strip(self._replay_bar)
            return
        self._replay_bar.setVisible(self._replay_bar.isHidden())
