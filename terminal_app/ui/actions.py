"""The registry of everything a key, a menu entry or the palette can do; the cheat sheet reads it too."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec import Struct
from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget


class ActionSpec(Struct, frozen=True):
    """One action. ``menu`` "" keeps it out of the menu bar; ``section`` groups it there and on the cheat sheet."""

    name: str
    text: str
    menu: str
    section: str
    keys: tuple[str, ...] = ()
    checkable: bool = False


SPECS: tuple[ActionSpec, ...] = (
    ActionSpec("accounts", "Accounts…", "File", "Accounts", ("Ctrl+Shift+A",)),
    ActionSpec("add_account", "Add account…", "File", "Accounts"),
    ActionSpec("new_paper_account", "New paper account…", "File", "Accounts"),
    ActionSpec("log_in_all", "Log in all accounts", "File", "Accounts", ("Ctrl+Shift+L",)),
    ActionSpec("settings", "Settings…", "File", "Program", ("Ctrl+,",)),
    ActionSpec("quit", "Quit", "File", "Program", ("Ctrl+Q",)),
    ActionSpec("show_watchlist", "Watchlist", "View", "Panels", ("F6",)),
    ActionSpec("show_chart", "Chart", "View", "Panels", ("F4",)),
    ActionSpec("show_depth", "Market depth", "View", "Panels", ("F5",)),
    ActionSpec("show_positions", "Positions", "View", "Panels", ("F7",)),
    ActionSpec("show_orders", "Orders", "View", "Panels", ("F3",)),
    ActionSpec("show_trades", "Trades", "View", "Panels", ("F8",)),
    ActionSpec("show_holdings", "Holdings", "View", "Panels", ("Shift+F7",)),
    ActionSpec("show_funds", "Funds", "View", "Panels", ("Shift+F8",)),
    ActionSpec("show_pnl", "P&L", "View", "Panels", ("Shift+F4",)),
    ActionSpec("show_log", "Log", "View", "Panels", ("Shift+F3",)),
    ActionSpec("theme_dark", "Dark", "View", "Look"),
    ActionSpec("theme_light", "Light", "View", "Look"),
    ActionSpec("theme_system", "Follow the system", "View", "Look"),
    ActionSpec("colours_safe", "Blue and amber profit and loss", "View", "Look", (), True),
    ActionSpec("zoom_in", "Larger text", "View", "Size", ("Ctrl++", "Ctrl+=")),
    ActionSpec("zoom_out", "Smaller text", "View", "Size", ("Ctrl+-",)),
    ActionSpec("zoom_reset", "Normal text", "View", "Size", ("Ctrl+0",)),
    ActionSpec("maximise_panel", "Enlarge the panel below", "View", "Layout", ("Ctrl+Shift+M",), True),
    ActionSpec("full_screen", "Full screen", "View", "Layout", ("F11",), True),
    ActionSpec("reset_layout", "Reset the layout", "View", "Layout"),
    ActionSpec("buy", "Buy…", "Trade", "Ticket", ("F1",)),
    ActionSpec("sell", "Sell…", "Trade", "Ticket", ("F2",)),
    ActionSpec("modify_order", "Modify order…", "Trade", "Orders", ("Shift+F2",)),
    ActionSpec("cancel_order", "Cancel order", "Trade", "Orders", ("Shift+F1",)),
    ActionSpec("cancel_all", "Cancel all orders", "Trade", "Orders", ("Ctrl+Shift+C",)),
    ActionSpec("exit_selected", "Exit selected positions…", "Trade", "Positions", ("Ctrl+X",)),
    ActionSpec("exit_all", "Exit all positions…", "Trade", "Positions", ("Ctrl+Shift+X",)),
    ActionSpec("kill", "Kill switch…", "Trade", "Stop", ("F12",)),
    ActionSpec("resume", "Resume trading", "Trade", "Stop"),
    ActionSpec("next_account", "Next account", "Account", "Switch", ("F9",)),
    ActionSpec("all_accounts", "All accounts", "Account", "Switch", ("Shift+F9",)),
    ActionSpec("search", "Search instruments and commands", "Tools", "Search", ("Ctrl+K",)),
    ActionSpec("replay", "Replay controls…", "Tools", "Replay"),
    ActionSpec("keys", "Keys", "Help", "Help", ("?",)),
    ActionSpec("copy_diagnostics", "Copy diagnostics", "Help", "Help"),
    ActionSpec("about", "About Bhav", "Help", "Help"),
)
MENUS = ("File", "View", "Trade", "Account", "Tools", "Help")


class Actions(QObject):
    """Builds one QAction per spec; whoever can do a thing binds it, and an action that nobody bound stays out of sight."""

    def __init__(self, window: QWidget, rebound: Mapping[str, str]) -> None:
        super().__init__(window)
        self._actions: dict[str, QAction] = {}
        self._callbacks: dict[str, Callable[[], None]] = {}
        for spec in SPECS:
            action = QAction(spec.text.replace("&", "&&"), window)  # a single one would underline the next letter
            action.setObjectName(spec.name)
            action.setCheckable(spec.checkable)
            action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
            action.setVisible(False)
            action.triggered.connect(lambda _checked=False, name=spec.name: self._call(name))
            window.addAction(action)
            self._actions[spec.name] = action
        self.rebind(rebound)

    def bind(self, name: str, callback: Callable[[], None]) -> None:
        """Give an action its doing; it becomes visible."""
        self._callbacks[name] = callback
        self._actions[name].setVisible(True)

    def rebind(self, rebound: Mapping[str, str]) -> None:
        """Set every shortcut: the user's where there is one, else the default."""
        for spec in SPECS:
            keys = [rebound[spec.name]] if rebound.get(spec.name) else list(spec.keys)
            self._actions[spec.name].setShortcuts([QKeySequence(key) for key in keys])

    def get(self, name: str) -> QAction:
        """The QAction, for menus and buttons. Raises KeyError."""
        return self._actions[name]

    def trigger(self, name: str) -> None:
        """Do it, as if its key was pressed; nothing happens while it is disabled."""
        self._actions[name].trigger()

    def key_text(self, name: str) -> str:
        """The first shortcut in words, empty where there is none."""
        shortcuts = self._actions[name].shortcuts()
        return shortcuts[0].toString(QKeySequence.SequenceFormat.NativeText) if shortcuts else ""

    def visible(self) -> tuple[ActionSpec, ...]:
        """The specs of what can be done now, in the registry's order."""
        return tuple(spec for spec in SPECS if self._actions[spec.name].isVisible())

    def _call(self, name: str) -> None:
        callback = self._callbacks.get(name)
        if callback is not None:
            callback()
