"""A listener on this machine that takes one redirect from the user's browser, and is gone again."""

from __future__ import annotations

import asyncio
import hmac
from http import HTTPStatus
from urllib.parse import urlsplit

from terminal_app.domain.errors import LoginFailed
from terminal_app.ui.login.addresses import carries, expected_pairs, is_loopback, with_fields

_MOST_HEAD, _MOST_BODY = 16_384, 65_536
_PATIENCE_S = 10.0
"""How long a browser may take for one request."""
_METHODS = ("GET", "POST")
_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Bhav</title>
<body style="font: 16px system-ui, sans-serif; margin: 15vh auto; max-width: 30em; text-align: center">
<h1 style="font-size: 20px">{title}</h1><p>{text}</p></body></html>"""


def why_no_browser(redirect: str) -> str:
    """Why the user's browser cannot bring the redirect back to this program, as a sentence; empty where it can."""
    parts = urlsplit(redirect)
    if not is_loopback(parts.hostname or ""):
        return (
            f"Your app's redirect address is at {parts.hostname}, where your browser would take the answer away from this computer. "
            "Register an address that begins with http://127.0.0.1 with the broker to log in with your browser."
        )
    if parts.scheme != "http":
        return (
            "Your app's redirect address begins with https, which this computer cannot answer. "
            "Register an address that begins with http://127.0.0.1 with the broker to log in with your browser."
        )
    return ""


class RedirectListener:
    """Listens on 127.0.0.1 at the redirect's port; `answer` is the whole redirect address that carried the state of this login."""

    def __init__(self, login: str, redirect: str) -> None:
        self._parts = urlsplit(redirect)
        self._redirect = redirect
        self._expected = expected_pairs(login)
        self._server: asyncio.Server | None = None
        self._talks: set[asyncio.Task[None]] = set()
        self.answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def open(self) -> None:
        """Begin to listen. Raises LoginFailed where the redirect is not on this machine or its port is taken."""
        reason = why_no_browser(self._redirect)
        if reason:
            raise LoginFailed(reason)
        port = self._parts.port or 80
        try:
            self._server = await asyncio.start_server(self._talk, "127.0.0.1", port, limit=_MOST_HEAD)
        except OSError as error:
            raise LoginFailed(
                f"Port {port} of this computer, which your app's redirect address names, cannot be listened on ({error.strerror}). "
                "Close the program that uses it, or register an address with another port."
            ) from error

    async def aclose(self) -> None:
        """Stop listening, whatever is under way."""
        self.answer.cancel()
        if self._server is not None:
            self._server.close()
            self._server = None
        if self._talks:
            # The browser still gets the page that says so.
            _, late = await asyncio.wait(tuple(self._talks), timeout=1.0)
            for talk in late:
                talk.cancel()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._talks.add(task)
            task.add_done_callback(self._talks.discard)
        try:
            async with asyncio.timeout(_PATIENCE_S):
                status, title, text, address = await self._judge(reader)
                await _send(writer, status, title, text)
            if address and not self.answer.done():
                self.answer.set_result(address)
        except (TimeoutError, OSError, EOFError, ValueError, asyncio.LimitOverrunError):
            pass  # whoever connected said nothing that a browser says; the login goes on waiting
        finally:
            writer.close()

    async def _judge(self, reader: asyncio.StreamReader) -> tuple[HTTPStatus, str, str, str]:
        """Status, title and text of the answer, and the redirect address where it is the one."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.split("\r\n")
        method, target, _ = first.split(" ", 2)
        fields = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        parts = urlsplit(target)
        if method not in _METHODS or (parts.path or "/") != (self._parts.path or "/"):
            return HTTPStatus.NOT_FOUND, "Nothing is here", "This address is not the login's.", ""
        if not hmac.compare_digest(fields.get("host", "").lower().encode(), self._parts.netloc.lower().encode()):
            return HTTPStatus.BAD_REQUEST, "Nothing is here", "The request was meant for another host.", ""
        body = await _body(reader, fields) if method == "POST" else ""
        bare = self._redirect.partition("#")[0]
        address = with_fields(with_fields(bare, parts.query), body)
        if not carries(urlsplit(address).query, self._expected) or not urlsplit(address).query:
            text = "It belongs to another login. Start again from Bhav."
            return HTTPStatus.BAD_REQUEST, "This answer is not for the login that is open", text, ""
        return HTTPStatus.OK, "Back to Bhav", "The answer has arrived. You can close this page.", address


async def _body(reader: asyncio.StreamReader, fields: dict[str, str]) -> str:
    length = int(fields.get("content-length", "0"))
    if not 0 <= length <= _MOST_BODY or not fields.get("content-type", "").startswith(
        "application/x-www-form-urlencoded"
    ):
        raise ValueError
    return (await reader.readexactly(length)).decode("ascii")


async def _send(writer: asyncio.StreamWriter, status: HTTPStatus, title: str, text: str) -> None:
    page = _PAGE.format(title=title, text=text).encode()
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {len(page)}\r\n"
        "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'\r\n"
        "Cache-Control: no-store\r\nReferrer-Policy: no-referrer\r\nConnection: close\r\n\r\n"
    )
    writer.write(head.encode("ascii") + page)
    await writer.drain()
