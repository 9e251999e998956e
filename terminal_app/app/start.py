"""The start of the window: its first paint, before anything else is imported. What comes next is in ``live``."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from terminal_app.app.files import JsonFile
from terminal_app.app.options import Options
from terminal_app.app.paths import Paths
from terminal_app.app.trace import trace
from terminal_app.domain.bus import Bus
from terminal_app.domain.errors import ConfigError

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

    from terminal_app.domain.clock import Clock
    from terminal_app.ui.main_window import MainWindow
    from terminal_app.ui.snapshot import Snapshot

DESKTOP_ID = "bhav"
PICTURE_SIZE = (1440, 900)
"""A picture is as large as asked for, whatever screen there is or is not."""


def run_window(options: Options, paths: Paths) -> int:
    """Show the window and run until it is closed; the exit status."""
    trace("main")
    gc.disable()  # a start only makes objects that stay: looking for garbage among them costs a tenth of it
    try:
        return _run_window(options, paths)
    finally:
        gc.enable()


def _run_window(options: Options, paths: Paths) -> int:
    refuse_broken_binding()
    choose_platform(options)
    app = make_application()
    trace("application")
    from terminal_app.app.single import claim_or_raise_first

    lock = claim_or_raise_first(paths)
    if lock is None:
        return 0
    early = Early(paths)
    window = show_first(app, early, options)
    trace("window")
    from terminal_app.app.live import run_live

    try:
        return run_live(app, window, options, paths, early)
    finally:
        lock.unlock()


def show_first(app: QApplication, early: Early, options: Options) -> MainWindow:
    """Paint the window with the places of its panels and the names of the watchlist; all else is imported after it."""
    from terminal_app.ui.main_window import MainWindow
    from terminal_app.ui.panels.watchlist.names import name_of_text
    from terminal_app.ui.theme import theme

    settings = early.settings
    theme().ask_system(app)
    theme().set_choice(options.theme or settings.text("theme"))
    theme().set_safe_colors(settings.text("colours") == "safe")
    theme().set_zoom(settings.number("zoom") / 100)
    window = MainWindow()
    geometry = early.files["layout"].load().get("window")
    names = [name_of_text(text) for text in early.watchlists.saved_texts(1)]
    window.show_face(names, geometry if isinstance(geometry, dict) else {}, window_size(options))
    while not window.is_painted:
        app.processEvents()
    return window


def window_size(options: Options) -> tuple[int, int] | None:
    """What is asked for; None: as large as it was."""
    return options.size or (PICTURE_SIZE if options.screenshot is not None else None)


def refuse_broken_binding() -> None:
    """PySide6 6.12.0 loses references under Python 3.11 and aborts. Raises ConfigError."""
    if sys.version_info < (3, 12):
        import PySide6

        if PySide6.__version__.startswith("6.12.0"):
            raise ConfigError(
                "PySide6", "PySide6 6.12.0 aborts under Python 3.11: install 6.11, or use Python 3.12 or newer."
            )


def leave_sources_unread() -> None:
    """Keep PySide6 from reading the source of every module that is imported after it, which is a fifth of our imports.

    It looks there for the word PySide6, to know where `from __feature__ import` could have renamed methods; nothing here
    uses that. A PySide6 without this look-up is left alone. May go when PySide6 looks at compiled names instead.
    """
    feature = sys.modules.get("shibokensupport.feature")
    if hasattr(feature, "_mod_uses_pyside"):
        setattr(feature, "_mod_uses_pyside", lambda _module: False)  # noqa: B010 - a module that has no type


def choose_platform(options: Options) -> None:
    """A picture needs no display; a window does. Raises ConfigError with one sentence when there is none."""
    if sys.platform != "linux" or os.environ.get("QT_QPA_PLATFORM"):
        return
    if os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        return
    if options.screenshot is not None or options.command in ("selftest",):
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
        return
    raise ConfigError(
        "display",
        "There is no display to show the window on. Start Bhav in a desktop session, or set QT_QPA_PLATFORM=offscreen.",
    )


def make_application() -> QApplication:
    """The one QApplication, set up for the login pages that come later and for the desktop's grouping of windows."""
    from PySide6.QtCore import QCoreApplication, Qt
    from PySide6.QtWidgets import QApplication

    leave_sources_unread()
    QCoreApplication.setAttribute(Qt.ApplicationAttribute.AA_ShareOpenGLContexts)
    app = QApplication(["bhav"])
    app.setApplicationName("bhav")
    app.setApplicationDisplayName("Bhav")
    app.setDesktopFileName(DESKTOP_ID)
    app.setQuitOnLastWindowClosed(False)
    return app


class _ClockUntilStarted:
    """Lets the accounts be shown before the exchange's clock is there."""

    def __init__(self) -> None:
        from terminal_app.domain.clock import SystemClock

        self.clock: Clock = SystemClock()

    def __call__(self) -> Clock:
        return self.clock


class Early:
    """The small files of the home, and the two services that the first paint asks."""

    def __init__(self, paths: Paths) -> None:
        from terminal_app.services.settings import SettingsService
        from terminal_app.services.watchlists import WatchlistService

        names = ("settings", "watchlists", "accounts", "layout")
        self.files = {name: JsonFile(paths.config / f"{name}.json") for name in names}
        self.bus = Bus(_report_fault)
        self.settings = SettingsService(self.files["settings"], self.bus.publish)
        self.watchlists = WatchlistService(self.files["watchlists"], self.bus.publish)


def build_snapshot(options: Options, paths: Paths, early: Early | None = None) -> Snapshot:
    """The light services and the layout, from the small files of the home."""
    from terminal_app import __version__
    from terminal_app.services.accounts import AccountService
    from terminal_app.ui.snapshot import Snapshot

    early = early or Early(paths)
    clock = _ClockUntilStarted()
    return Snapshot(
        bus=early.bus,
        settings=early.settings,
        watchlists=early.watchlists,
        accounts=AccountService(early.files["accounts"], early.bus, clock),
        layout=early.files["layout"],
        version=__version__,
        theme=options.theme,
        size=window_size(options),
        damage=[file.damage for file in early.files.values() if file.damage],
        set_clock=lambda real: setattr(clock, "clock", real),
    )


def _report_fault(error: BaseException, message: object) -> None:
    import logging

    logging.getLogger("bhav.bus").error("a subscriber of %s failed", type(message).__name__, exc_info=error)


def resource(path: str) -> Path:
    """A file of the resources folder."""
    from terminal_app.app.paths import RESOURCES

    return RESOURCES / path
