"""``bhav selftest``: proves that an installation paints, trades on paper, keeps its data and opens a web page."""

from __future__ import annotations

import asyncio
import json
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

from terminal_app import __version__
from terminal_app.app.options import Options
from terminal_app.app.paths import Paths

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

    from terminal_app.app.container import Container
    from terminal_app.domain.ids import AccountId
    from terminal_app.ui.main_window import MainWindow

PAGE_TIMEOUT_S = 30.0
PRICE_TIMEOUT_S = 20.0
_MANY_COLOURS = 40


def run_selftest(options: Options) -> int:
    """Print one JSON line of what works; 0 when everything does."""
    from terminal_app.app.start import choose_platform, make_application

    choose_platform(options)
    app = make_application()
    with tempfile.TemporaryDirectory(prefix="bhav-selftest-") as home:
        paths = Paths.under(options.home.expanduser().absolute() if options.home else Path(home))
        paths.prepare()
        result = _run(app, options, paths)
    print(json.dumps(result), flush=True)
    return 0 if all(result.values()) and result["paper_order"] == "FILLED" else 1


def _run(app: QApplication, options: Options, paths: Paths) -> dict[str, Any]:
    import qasync

    from terminal_app.app.start import build_snapshot
    from terminal_app.ui.main_window import MainWindow
    from terminal_app.ui.theme import theme

    snapshot = build_snapshot(options, paths)
    theme().apply(app)
    window = MainWindow(snapshot)
    window.show()
    loop = qasync.QEventLoop(app)
    asyncio.set_event_loop(loop)
    with loop:
        result: dict[str, Any] = loop.run_until_complete(_prove(window, options, paths))
    return result


async def _prove(window: MainWindow, options: Options, paths: Paths) -> dict[str, Any]:
    from terminal_app.app.container import Container

    snapshot = window.snapshot
    container = Container(options, paths, snapshot.bus, snapshot.settings, snapshot.watchlists, snapshot.accounts)
    terminal = await container.open()
    try:
        snapshot.set_clock(terminal.clock)
        window.attach(terminal)
        await container.start()
        order = await _trade(container, snapshot.accounts.all()[0].id)
        return {
            "version": __version__,
            "window": _is_painted(window),
            "paper_order": order,
            "database": await _is_kept(container),
            "webengine": await _opens_a_page(),
            "keyring": _keyring_name(),
            "zone": _zone(),
        }
    finally:
        window.hide()
        await window.desk.aclose()
        await container.aclose()
        window.bridge.close()


def _is_painted(window: MainWindow) -> bool:
    image = window.grab().toImage()
    colours = {image.pixel(x, y) for x in range(0, image.width(), 3) for y in range(0, image.height(), 3)}
    return len(colours) > _MANY_COLOURS


async def _trade(container: Container, account: AccountId) -> str:
    """Buy one share at a limit that crosses the market; the status the order ends with."""
    from terminal_app.domain.enums import FeedMode, OrderType, Product, Side
    from terminal_app.domain.ids import InstrumentId
    from terminal_app.domain.order import OrderRequest

    terminal, share = container.terminal, InstrumentId.parse("NSE:RELIANCE:EQ")
    terminal.market.watch("selftest", [share], FeedMode.FULL)
    async with asyncio.timeout(PRICE_TIMEOUT_S):
        while terminal.market.quote(share).ask is None:  # noqa: ASYNC110 - a proof looks, it is not told
            await asyncio.sleep(0.1)
        limit = terminal.market.quote(share).depth.asks[-1].price
        request = OrderRequest(share, Side.BUY, 1, OrderType.LIMIT, Product.INTRADAY, limit_price=limit)
        (order,) = await terminal.orders.place(account, request)
        assert order.client_id is not None
        while not order.status.is_closed:
            await asyncio.sleep(0.1)
            order = terminal.orders.order(account, order.client_id) or order
    return order.status.value


async def _is_kept(container: Container) -> bool:
    """Whether the order of before can be read back from the database."""
    from terminal_app.storage.exports import export_rows

    count = 0
    async for rows in export_rows(container.database, "orders"):
        count += len(rows)
    return count > 0


async def _opens_a_page() -> bool:
    """Load a page from a loopback server in WebEngine, and read its title back."""
    from PySide6.QtCore import QUrl
    from PySide6.QtWebEngineCore import QWebEnginePage, QWebEngineProfile

    loaded: asyncio.Queue[bool] = asyncio.Queue()
    titled = asyncio.Event()
    profile = QWebEngineProfile()
    page = QWebEnginePage(profile)
    page.loadFinished.connect(loaded.put_nowait)
    page.titleChanged.connect(lambda title: titled.set() if title == "Bhav" else None)
    with _page_server() as address:
        page.load(QUrl(address))
        async with asyncio.timeout(PAGE_TIMEOUT_S):
            ok = await loaded.get()
            await titled.wait()
    gone = asyncio.Event()
    profile.destroyed.connect(gone.set)
    page.destroyed.connect(profile.deleteLater)
    page.deleteLater()
    await asyncio.wait_for(gone.wait(), PAGE_TIMEOUT_S)
    return ok


class _Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = b"<!doctype html><title>Bhav</title><p>Bhav"
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Nothing: the output is one JSON line."""


@contextmanager
def _page_server() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Page)
    thread = threading.Thread(target=server.serve_forever, name="selftest page", daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _keyring_name() -> str:
    import keyring

    backend = keyring.get_keyring()
    return f"{type(backend).__module__}.{type(backend).__qualname__}"


def _zone() -> str:
    from terminal_app.domain.clock import at_ist

    return at_ist(2026, 1, 1).isoformat()
