"""The login page hands back the redirect without loading it, and goes nowhere that is not the broker's."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from pathlib import Path

import pytest

from terminal_app.domain.errors import LoginCancelled, LoginFailed, LoginTimeout
from tests.helpers.async_tests import until
from tests.unit.ui.login.conftest import Desk, Site, certificate_for

# The offscreen platform has no OpenGL: the page is drawn by the processor, and Qt says so.
pytestmark = pytest.mark.qt_log_ignore("^QRhiGles2: ", "^Failed to create RHI", "^GPUInfo not initialized", extend=True)
BACK = "?request_token=abc123&status=success"


def lay_out(site: Site, how: str) -> str:
    """The ways in which a broker sends the browser back; the address of the login page."""
    back = f"{site.redirect}{BACK}"
    pages = {
        "http": {"status": 302, "Location": back},
        "chain": {"status": 302, "Location": "/login/http"},
        "script": {"body": f"<script>location.href={back!r}</script>"},
        "meta": {"body": f"<meta http-equiv=refresh content='0;url={back}'>"},
        "form": {
            "body": "<form method=post action=/submit><input name=u value=x></form><script>document.forms[0].submit()</script>"
        },
        "blank": {"body": f"<a id=a target=_blank href='{back}'>go</a><script>a.click()</script>"},
    }
    for name, page in pages.items():
        site.put(f"/login/{name}", **page)  # type: ignore[arg-type]
    site.put("/submit", status=302, Location=back)
    return f"{site.base}/login/{how}"


@pytest.mark.parametrize("how", ["http", "chain", "script", "meta", "form"])
async def test_the_redirect_is_handed_back_and_never_asked_for(desk: Desk, site: Site, how: str) -> None:
    answer = await desk.prompter().authorize(lay_out(site, how), site.redirect)
    assert answer == f"{site.redirect}{BACK}"
    await asyncio.sleep(0.1)  # a request that leaks would arrive now
    assert not [hit for hit in site.hits if "/callback" in hit]
    assert desk.dialog() is None


async def test_a_posted_form_comes_back_with_its_fields_as_the_query(desk: Desk, site: Site) -> None:
    form = (
        f"<form method=post action='{site.redirect}?x=1'><input name=apisession value='12 34&amp;5'>"
        "<input name=action value=odd></form><script>document.forms[0].submit()</script>"
    )
    answer = await desk.prompter().authorize(site.put("/login", form), site.redirect)
    assert answer == f"{site.redirect}?x=1&apisession=12+34%265&action=odd"
    assert site.hits == ["GET /login"]


async def test_a_redirect_where_nothing_listens_is_handed_back_too(desk: Desk, site: Site) -> None:
    login = site.put("/login", status=302, Location="https://app.invalid/callback?code=1")
    answer = await desk.prompter().authorize(login, "https://app.invalid/callback")
    assert answer == "https://app.invalid/callback?code=1"


async def test_an_error_that_the_broker_sends_back_is_handed_over_whole(desk: Desk, site: Site) -> None:
    login = site.put("/login", status=302, Location=f"{site.redirect}?error=access_denied&state=s")
    assert await desk.prompter().authorize(login, site.redirect) == f"{site.redirect}?error=access_denied&state=s"


@pytest.mark.parametrize(
    "body",
    [
        "<script>location.href='http://evil.example/steal'</script>",
        "<meta http-equiv=refresh content='0;url=https://evil.example/'>",
        "<a id=a href='https://127.0.0.1.evil.example/'>go</a><script>a.click()</script>",
    ],
)
async def test_a_foreign_host_is_refused_and_told(desk: Desk, site: Site, body: str) -> None:
    task = asyncio.ensure_future(desk.prompter().authorize(site.put("/login", body), site.redirect))
    await until(lambda: (dialog := desk.dialog()) is not None and dialog.notice.isVisible())
    dialog = desk.dialog()
    assert dialog is not None
    assert "evil.example, which is not the broker's" in dialog.notice.accessibleName()
    assert "127.0.0.1" in dialog.addresses.text
    dialog.reject()
    with pytest.raises(LoginCancelled):
        await task


async def test_a_pop_up_is_refused(desk: Desk, site: Site) -> None:
    body = "<a id=a target=_blank href='/other'>go</a><script>setInterval(() => a.click(), 50)</script>"
    task = asyncio.ensure_future(desk.prompter().authorize(site.put("/login", body), site.redirect))
    await until(lambda: (dialog := desk.dialog()) is not None and dialog.view is not None)
    dialog = desk.dialog()
    assert dialog is not None
    await until(lambda: "GET /login" in site.hits)
    assert dialog.view is not None
    dialog.view.login_page.runJavaScript("a.click(); window.open('/other')")
    await asyncio.sleep(0.3)
    assert "GET /other" not in site.hits
    dialog.reject()
    with pytest.raises(LoginCancelled):
        await task


async def test_a_page_that_is_closed_says_so(desk: Desk, site: Site) -> None:
    task = asyncio.ensure_future(desk.prompter().authorize(site.put("/login", "wait"), site.redirect))
    await until(lambda: "GET /login" in site.hits)
    dialog = desk.dialog()
    assert dialog is not None
    dialog.close()
    with pytest.raises(LoginCancelled, match="You closed the login page"):
        await task


async def test_a_login_that_nobody_finishes_ends_by_itself(desk: Desk, site: Site) -> None:
    with pytest.raises(LoginTimeout, match="not finished in time"):
        await desk.prompter(page_limit_s=0.5).authorize(site.put("/login", "wait"), site.redirect)
    assert desk.dialog() is None


async def test_a_page_that_cannot_be_reached_says_why(desk: Desk) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with pytest.raises(LoginFailed, match=r"127\.0\.0\.1 could not be opened: the connection was refused"):
        await desk.prompter().authorize(f"http://127.0.0.1:{port}/login", f"http://127.0.0.1:{port}/callback")


async def test_a_page_whose_process_dies_says_so(desk: Desk, site: Site) -> None:
    task = asyncio.ensure_future(desk.prompter().authorize(site.put("/login", "wait"), site.redirect))
    await until(lambda: (dialog := desk.dialog()) is not None and dialog.status.text().startswith("Waiting"))
    dialog = desk.dialog()
    assert dialog is not None
    assert dialog.view is not None
    pid = dialog.view.login_page.renderProcessPid()
    assert pid > 0
    os.kill(pid, getattr(signal, "SIGKILL", signal.SIGTERM))
    with pytest.raises(LoginFailed, match="The login page ended by itself"):
        await task


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("alert('Mind the gap')", "The page says: Mind the gap"),
        ("confirm('Sell all?')", "The page asked “Sell all?” and was told no."),
        ("prompt('PIN?')", "The page asked “PIN?” and was told nothing."),
        ("location.href='/file'", "The page wanted to save a file on this computer."),
    ],
)
async def test_what_a_page_asks_of_the_computer_is_refused_and_told(
    desk: Desk, site: Site, script: str, words: str
) -> None:
    site.put("/file", "x", Content_Type="application/octet-stream", Content_Disposition="attachment; filename=a.exe")
    login = site.put("/login", f"<script>{script}</script>")
    task = asyncio.ensure_future(desk.prompter().authorize(login, site.redirect))
    await until(lambda: (dialog := desk.dialog()) is not None and dialog.notice.isVisible())
    dialog = desk.dialog()
    assert dialog is not None
    assert words in dialog.notice.accessibleName()
    dialog.reject()
    with pytest.raises(LoginCancelled):
        await task


async def test_a_page_is_told_no_when_it_wants_to_know_where_it_is(desk: Desk, site: Site) -> None:
    ask = (
        "<script>navigator.geolocation.getCurrentPosition(() => 0, error => location.href = "
        f"'{site.redirect}?code=' + error.code)</script>"
    )
    assert await desk.prompter().authorize(site.put("/login", ask), site.redirect) == f"{site.redirect}?code=1"


async def test_nothing_of_a_login_is_there_at_the_next(desk: Desk, site: Site) -> None:
    script = (
        "<script>const seen = document.cookie + (localStorage.seen || '');"
        "document.cookie = 'a=1; max-age=9999'; localStorage.seen = 'b';"
        f"location.href = '{site.redirect}?seen=' + encodeURIComponent(seen)</script>"
    )
    login = site.put("/login", script)
    for _ in range(2):
        assert await desk.prompter().authorize(login, site.redirect) == f"{site.redirect}?seen="


class TestEncrypted:
    """A site with a certificate that no authority signed."""

    async def test_it_is_refused_and_nothing_is_sent(self, desk: Desk, tls_site: Site) -> None:
        with pytest.raises(LoginFailed, match="could not prove who it is, so nothing was sent to it"):
            await desk.prompter().authorize(tls_site.put("/login", "x"), tls_site.redirect)
        assert tls_site.hits == []

    async def test_the_simulator_s_own_is_taken_where_the_environment_names_it(
        self, desk: Desk, tls_site: Site, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("BHAV_TEST_CA", str(tls_site.certificate))
        login = tls_site.put("/login", status=302, Location=f"{tls_site.redirect}{BACK}")
        assert await desk.prompter().authorize(login, tls_site.redirect) == f"{tls_site.redirect}{BACK}"
        assert tls_site.hits == ["GET /login"]

    async def test_another_one_is_refused_even_then(
        self, desk: Desk, tls_site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setenv("BHAV_TEST_CA", str(certificate_for(tmp_path / "other")))
        with pytest.raises(LoginFailed, match="could not prove who it is"):
            await desk.prompter().authorize(tls_site.put("/login", "x"), tls_site.redirect)
