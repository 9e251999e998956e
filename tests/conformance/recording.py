"""A loopback HTTP server that writes down every request and answers what it is told to."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

_FORM = "application/x-www-form-urlencoded"


class Request(NamedTuple):
    """A request as it came. ``body`` is a sorted list of form fields, the JSON value, or None without one."""

    method: str
    host: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: dict[str, str]
    body: Any
    raw: bytes


Answerer = Callable[[Request], object]
"""The answer to a request: bytes as CSV, anything else as JSON."""


def _body_of(content_type: str, raw: bytes) -> Any:
    if not raw:
        return None
    if content_type.startswith(_FORM):
        return parse_qsl(raw.decode(), keep_blank_values=True, strict_parsing=True)
    return json.loads(raw)


class RecordingServer:
    """A context; ``requests`` are all that came, in their order. Two ports: some brokers take orders at a host of their own."""

    def __init__(self, answer: Answerer) -> None:
        self.requests: list[Request] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def serve(self) -> None:
                parts = urlsplit(self.path)
                raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                if self.headers.get("Upgrade"):
                    self.send_error(403)  # feeds are not recorded
                    return
                headers = {name.lower(): value for name, value in self.headers.items()}
                request = Request(
                    self.command,
                    "orders" if self.server is outer._servers[1] else "rest",
                    unquote(parts.path),
                    tuple(parse_qsl(parts.query, keep_blank_values=True)),
                    headers,
                    _body_of(headers.get("content-type", ""), raw),
                    raw,
                )
                outer.requests.append(request)
                given = answer(request)
                content = given if isinstance(given, bytes) else json.dumps(given).encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/csv" if isinstance(given, bytes) else "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_arguments: object) -> None:
                """Nothing: what came is in ``requests``."""

        for method in ("GET", "POST", "PUT", "DELETE"):
            setattr(Handler, f"do_{method}", Handler.serve)
        self._servers = [ThreadingHTTPServer(("127.0.0.1", 0), Handler) for _ in range(2)]
        self._threads = [
            threading.Thread(target=server.serve_forever, args=(0.05,), name=f"recording {number}")
            for number, server in enumerate(self._servers)
        ]

    @property
    def rest(self) -> str:
        """The address for everything."""
        return f"http://127.0.0.1:{self._servers[0].server_port}"

    @property
    def orders(self) -> str:
        """The address for orders, where they have their own."""
        return f"http://127.0.0.1:{self._servers[1].server_port}"

    def __enter__(self) -> RecordingServer:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()
        for thread in self._threads:
            thread.join(10.0)
