"""The user's browser may bring the redirect back: once, on this machine, with the state of this login."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest

from terminal_app.domain.errors import LoginFailed
from terminal_app.ui.login.listener import RedirectListener, why_no_browser

LOGIN = "https://api.upstox.com/v2/login/authorization/dialog?client_id=k&state=mine"


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@pytest.fixture
async def listener() -> AsyncIterator[RedirectListener]:
    """Open, on a free port, at /callback."""
    one = RedirectListener(LOGIN, f"http://127.0.0.1:{free_port()}/callback")
    await one.open()
    yield one
    await one.aclose()


async def say(listener: RedirectListener, request: str, *, host: str = "", body: str = "") -> str:
    """Send a request; the whole answer."""
    netloc = listener._parts.netloc
    reader, writer = await asyncio.open_connection("127.0.0.1", listener._parts.port)
    head = f"{request} HTTP/1.1\r\nHost: {host or netloc}\r\n"
    if body:
        head += f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"
    writer.write(f"{head}\r\n{body}".encode())
    answer = (await reader.read()).decode()
    writer.close()
    return answer


async def test_the_answer_with_the_state_is_taken_and_the_browser_is_thanked(listener: RedirectListener) -> None:
    page = await say(listener, "GET /callback?code=c1&state=mine")
    assert page.startswith("HTTP/1.1 200 OK")
    assert "You can close this page." in page
    assert "c1" not in page
    assert (await listener.answer).endswith("/callback?code=c1&state=mine")


async def test_posted_fields_become_the_query(listener: RedirectListener) -> None:
    await say(listener, "POST /callback", body="code=c2&state=mine")
    assert (await listener.answer).endswith("/callback?code=c2&state=mine")


@pytest.mark.parametrize("target", ["/callback?code=c1&state=other", "/callback?code=c1", "/callback"])
async def test_an_answer_for_another_login_is_refused_and_the_wait_goes_on(
    listener: RedirectListener, target: str
) -> None:
    assert (await say(listener, f"GET {target}")).startswith("HTTP/1.1 400")
    assert not listener.answer.done()
    await say(listener, "GET /callback?code=c3&state=mine")
    assert (await listener.answer).endswith("code=c3&state=mine")


async def test_other_places_hosts_and_methods_are_not_answered_for(listener: RedirectListener) -> None:
    assert (await say(listener, "GET /favicon.ico")).startswith("HTTP/1.1 404")
    assert (await say(listener, "PUT /callback?state=mine")).startswith("HTTP/1.1 404")
    assert (await say(listener, "GET /callback?code=c&state=mine", host="evil.example")).startswith("HTTP/1.1 400")
    assert not listener.answer.done()


@pytest.mark.parametrize("noise", [b"\r\n\r\n", b"\x16\x03\x01\r\n\r\n", b"GET\r\n\r\n", b"x" * 40_000])
async def test_noise_does_not_end_the_wait(listener: RedirectListener, noise: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", listener._parts.port)
    writer.write(noise)
    writer.write_eof()
    await asyncio.gather(reader.read(), return_exceptions=True)
    writer.close()
    await say(listener, "GET /callback?code=c4&state=mine")
    assert (await listener.answer).endswith("code=c4&state=mine")


async def test_it_listens_on_this_machine_only_and_not_any_longer_than_needed(listener: RedirectListener) -> None:
    assert listener._server is not None
    assert [one.getsockname()[0] for one in listener._server.sockets] == ["127.0.0.1"]
    port = listener._parts.port
    await listener.aclose()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)


async def test_a_port_that_is_taken_is_told(listener: RedirectListener) -> None:
    second = RedirectListener(LOGIN, f"http://127.0.0.1:{listener._parts.port}/callback")
    with pytest.raises(LoginFailed, match=f"Port {listener._parts.port} of this computer"):
        await second.open()
    await second.aclose()


@pytest.mark.parametrize(
    ("redirect", "words"),
    [
        ("https://app.example/cb", "is at app.example"),
        ("https://127.0.0.1:5000/cb", "begins with https"),
        ("http://127.0.0.1:5000/cb", ""),
        ("http://localhost:5000/cb", ""),
    ],
)
def test_a_redirect_that_leads_elsewhere_is_explained(redirect: str, words: str) -> None:
    reason = why_no_browser(redirect)
    assert words in reason
    assert bool(reason) is bool(words)
