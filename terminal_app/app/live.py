"""The life of the window after its first paint: the services, the panels, pictures, the exit that loses nothing."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import qasync
from PySide6.QtCore import QSocketNotifier

from terminal_app.app.container import Container
from terminal_app.app.logs import start_logs
from terminal_app.app.options import Options
from terminal_app.app.paths import Paths
from terminal_app.app.single import listen_for_others
from terminal_app.app.start import Early, build_snapshot
from terminal_app.app.trace import trace
from terminal_app.ui.theme import theme

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

    from terminal_app.services.terminal import Terminal
    from terminal_app.ui.main_window import MainWindow
    from terminal_app.ui.snapshot import Snapshot

_log = logging.getLogger("bhav")
PATIENCE_S = 1.0
"""Services that take longer than this, for a large recording or a database far away, find the panels built already. Else the
panels come after them: they show nothing without them, and building them first would only keep prices and orders waiting."""
UNSEEN_S = 0.5
"""A window that is not painted within this time is minimised or behind others."""
FIRST_BREATH_S, BREATH_S = 0.15, 0.02
"""Before the chart library is imported, which blocks the loop, and between two panels that come to life after the window is
ready: the first prices, orders and clicks go in between."""


def run_live(app: QApplication, window: MainWindow, options: Options, paths: Paths, early: Early) -> int:
    """Run until the window is closed or a signal comes; the exit status."""
    start_logs(paths.logs)
    loop = qasync.QEventLoop(app)
    asyncio.set_event_loop(loop)
    snapshot = build_snapshot(options, paths, early)
    with loop:
        status: int = loop.run_until_complete(_live(app, window, snapshot, options, paths))
    return status


async def _live(app: QApplication, window: MainWindow, snapshot: Snapshot, options: Options, paths: Paths) -> int:
    stop = asyncio.Event()
    asyncio.get_running_loop().set_exception_handler(_report)
    window.close_wanted.connect(stop.set)
    with _stop_on_signals(stop):
        container = Container(options, paths, snapshot.bus, snapshot.settings, snapshot.watchlists, snapshot.accounts)
        services = asyncio.create_task(_start_services(container, window, snapshot), name="start the services")
        await asyncio.wait({services}, timeout=PATIENCE_S)
        if services.done():
            services.result()
        else:
            await _build(app, window, snapshot)
        terminal = await services
        try:
            if not window.is_built:
                await _build(app, window, snapshot)
            return await _run(window, terminal, options, paths, stop)
        finally:
            await _end(window, container, options)


async def _start_services(container: Container, window: MainWindow, snapshot: Snapshot) -> Terminal:
    terminal = await container.open()
    try:
        snapshot.set_clock(terminal.clock)
        await container.start()
    except BaseException:
        await container.aclose()
        raise
    window.terminal = terminal
    trace("ready")
    return terminal


async def _build(app: QApplication, window: MainWindow, snapshot: Snapshot) -> None:
    for _ in window.build_in_steps(snapshot):
        await asyncio.sleep(0)
    theme().apply(app)


async def _painted(window: MainWindow) -> None:
    """Return when the window was painted as it is now, or when nobody seems to see it."""
    painted = asyncio.Event()
    window.painted.connect(painted.set)
    window.tell_paint()
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(painted.wait(), UNSEEN_S)
    window.painted.disconnect(painted.set)


async def _run(window: MainWindow, terminal: Terminal, options: Options, paths: Paths, stop: asyncio.Event) -> int:
    steps = window.attach_in_steps(terminal)
    next(steps)
    await _painted(window)
    trace("panels")
    await asyncio.sleep(FIRST_BREATH_S)
    server = listen_for_others(paths, lambda: _raise(window))
    for _ in steps:
        await asyncio.sleep(BREATH_S)
    trace("complete")
    from terminal_app.ui.login.prompter import WindowPrompter

    terminal.sessions.use_prompter(WindowPrompter(lambda: window).for_account)
    gc.freeze()  # what the start made stays, and later collections need not look at it
    gc.enable()
    status = await _until_stopped(window, options, stop)
    del server
    return status


async def _end(window: MainWindow, container: Container, options: Options) -> None:
    if window.is_built:
        if options.screenshot is None:
            window.save_layout()
        window.hide()
        await window.desk.aclose()
    await container.aclose()
    if window.is_built:
        window.bridge.close()


async def _until_stopped(window: MainWindow, options: Options, stop: asyncio.Event) -> int:
    if options.screenshot is None:
        await stop.wait()
        return 0
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), options.after_s)
    return save_picture(window, options.screenshot)


def save_picture(window: MainWindow, path: Path) -> int:
    """The window as a PNG; 0, or 1 where the file cannot be written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if window.grab().save(str(path), "PNG"):
        return 0
    print(f"bhav: the picture could not be written to {path}.")
    return 1


def _raise(window: MainWindow) -> None:
    window.showNormal() if window.isMinimized() else window.show()
    window.raise_()
    window.activateWindow()


def _report(loop: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
    error = context.get("exception")
    exc_info = error if isinstance(error, BaseException) else None
    _log.error("unhandled in the loop: %s", context.get("message"), exc_info=exc_info)


@contextlib.contextmanager
def _stop_on_signals(stop: asyncio.Event) -> Iterator[None]:
    """SIGINT and SIGTERM reach Python at once although Qt holds the thread."""
    reader, writer = socket.socketpair()
    reader.setblocking(False)
    writer.setblocking(False)
    before = signal.set_wakeup_fd(writer.fileno())
    notifier = QSocketNotifier(reader.fileno(), QSocketNotifier.Type.Read)
    notifier.activated.connect(lambda *_: reader.recv(64))
    handlers = {one: signal.signal(one, lambda *_: stop.set()) for one in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        notifier.setEnabled(False)
        for one, handler in handlers.items():
            signal.signal(one, handler)
        signal.set_wakeup_fd(before)
        reader.close()
        writer.close()
