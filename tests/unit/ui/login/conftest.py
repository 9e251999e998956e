"""A broker's login site on loopback, and a prompter on a plain window."""

from __future__ import annotations

import datetime as dt
import http.server
import ipaddress
import ssl
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from terminal_app.ui.login.dialog import LoginDialog
from terminal_app.ui.login.prompter import WindowPrompter


class Site:
    """Pages by path, each a function of the site; ``hits`` are the requests that reached it, method and path."""

    def __init__(self, certificate: Path | None = None) -> None:
        self.certificate = certificate
        self.hits: list[str] = []
        self.pages: dict[str, tuple[int, dict[str, str], str]] = {}
        site = self

        class Handler(http.server.BaseHTTPRequestHandler):
            """Answers from the pages."""

            def do_GET(self) -> None:
                path = urlsplit(self.path).path
                site.hits.append(f"{self.command} {path}")
                status, headers, body = site.pages.get(path, (200, {}, "<title>empty</title>nothing"))
                content = body.encode()
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Type", headers.get("Content-Type", "text/html; charset=utf-8"))
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                self.do_GET()

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.server.socket = context.wrap_socket(
                self.server.socket, server_side=True, do_handshake_on_connect=False
            )
        scheme = "http" if certificate is None else "https"
        self.base = f"{scheme}://127.0.0.1:{self.server.server_port}"
        self.redirect = f"{self.base}/callback"  # on the same server, so that a request that leaks is seen in the hits
        self._thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def put(self, path: str, body: str = "", *, status: int = 200, **headers: str) -> str:
        """A page; its whole address."""
        self.pages[path] = (status, {name.replace("_", "-"): value for name, value in headers.items()}, body)
        return f"{self.base}{path}"

    def close(self) -> None:
        """Answer no more."""
        self.server.shutdown()
        self.server.server_close()
        self._thread.join()


def certificate_for(folder: Path) -> Path:
    """A certificate for 127.0.0.1 that nobody signed but itself, with its key, in one file."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=30))
        .add_extension(names, critical=False)
        .sign(key, hashes.SHA256())
    )
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "certificate.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + private)
    return path


@pytest.fixture
def tls_site(tmp_path: Path) -> Iterator[Site]:
    """Speaks https with a certificate of its own."""
    one = Site(certificate_for(tmp_path))
    yield one
    one.close()


@pytest.fixture
def site() -> Iterator[Site]:
    """Closed in the end."""
    one = Site()
    yield one
    one.close()


class Desk:
    """A window with a prompter, and what was opened in the browser."""

    def __init__(self, qtbot: QtBot) -> None:
        self.window = QWidget()
        self.window.resize(1180, 760)
        qtbot.addWidget(self.window)
        self.window.show()
        self.browsed: list[str] = []
        self.has_browser = True

    def prompter(self, *, page_limit_s: float = 20.0, browser_limit_s: float = 20.0) -> WindowPrompter:
        """Over the window."""
        return WindowPrompter(
            lambda: self.window, browse=self._browse, page_limit_s=page_limit_s, browser_limit_s=browser_limit_s
        )

    def dialog(self) -> LoginDialog | None:
        """The login that is open."""
        return next((one for one in self.window.findChildren(LoginDialog) if one.isVisible()), None)

    def _browse(self, address: str) -> bool:
        self.browsed.append(address)
        return self.has_browser


@pytest.fixture
async def desk(
    qtbot: QtBot, qapp: QApplication, monkeypatch: pytest.MonkeyPatch, flush_deletes: Callable[[], None]
) -> AsyncIterator[Desk]:
    """The page may run as root here, and here only."""
    monkeypatch.setenv("BHAV_ALLOW_ROOT_WEBVIEW", "1")
    one = Desk(qtbot)
    yield one
    flush_deletes()
