"""The login dialog names the broker, counts down, and offers the user's browser."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import urllib.request
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from terminal_app.domain.account import Account
from terminal_app.domain.enums import AccountKind
from terminal_app.domain.errors import LoginCancelled, LoginTimeout
from terminal_app.domain.ids import AccountId
from terminal_app.ui.login import engine
from terminal_app.ui.login.code_dialog import CodeDialog
from terminal_app.ui.login.dialog import LoginDialog
from tests.helpers.async_tests import until
from tests.unit.ui.login.conftest import Desk, Site

pytestmark = pytest.mark.qt_log_ignore("^QRhiGles2: ", "^Failed to create RHI", "^GPUInfo not initialized", extend=True)
ACCOUNT = Account(AccountId("z"), "zerodha", "Mine", AccountKind.LIVE, client_id="AB1234")


async def opened(desk: Desk) -> LoginDialog:
    """The dialog, once it is seen."""
    await until(lambda: desk.dialog() is not None)
    dialog = desk.dialog()
    assert dialog is not None
    return dialog


async def given_up(dialog: LoginDialog, task: asyncio.Future[str]) -> None:
    """Close it."""
    dialog.reject()
    with pytest.raises(LoginCancelled):
        await task


async def fetch(address: str) -> str:
    """What a browser would see."""

    def read() -> str:
        with urllib.request.urlopen(address, timeout=5) as answer:
            text: str = answer.read().decode()
            return text

    return await asyncio.to_thread(read)


def loopback_redirect() -> str:
    """On a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}/callback"


async def test_the_title_names_broker_and_account_and_the_promises_name_the_host(desk: Desk, site: Site) -> None:
    login = site.put("/login", "<title>x</title>hello")
    task = asyncio.ensure_future(desk.prompter().for_account(ACCOUNT).authorize(login, site.redirect))
    dialog = await opened(desk)
    assert dialog.windowTitle() == "Log in to Zerodha"
    assert dialog.header.subtitle.text() == "AB1234"
    assert "<b>127.0.0.1</b>" in dialog.addresses.text
    await until(lambda: dialog.status.text().startswith("Waiting for you."))
    assert dialog.countdown.text in ("0:19", "0:20")
    await given_up(dialog, task)


async def test_two_logins_wait_for_each_other(desk: Desk, site: Site) -> None:
    prompter, login = desk.prompter(), site.put("/login", "wait")
    first = asyncio.ensure_future(prompter.authorize(login, site.redirect))
    second = asyncio.ensure_future(prompter.authorize(login, site.redirect))
    dialog = await opened(desk)
    assert len([one for one in desk.window.findChildren(LoginDialog) if one.isVisible()]) == 1
    await given_up(dialog, first)
    await until(lambda: desk.dialog() not in (None, dialog))
    await given_up(await opened(desk), second)


async def test_a_task_that_is_given_up_takes_its_page_along(desk: Desk, site: Site) -> None:
    task = asyncio.ensure_future(desk.prompter().authorize(site.put("/login", "wait"), site.redirect))
    await opened(desk)
    task.cancel()
    await until(lambda: desk.dialog() is None)
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_escape_closes_the_login_while_the_page_has_the_keys(desk: Desk, site: Site) -> None:
    task = asyncio.ensure_future(desk.prompter().authorize(site.put("/login", "<input autofocus>"), site.redirect))
    dialog = await opened(desk)
    await until(lambda: dialog.status.text().startswith("Waiting for you."))
    assert dialog.view is not None
    page = dialog.view.focusProxy() or dialog.view
    page.setFocus()
    QTest.keyClick(page, Qt.Key.Key_Escape)
    with pytest.raises(LoginCancelled):
        await task


async def test_the_browser_brings_the_answer_back(desk: Desk, site: Site) -> None:
    redirect, login = loopback_redirect(), site.put("/login", "wait") + "?state=s1"
    task = asyncio.ensure_future(desk.prompter().authorize(login, redirect))
    dialog = await opened(desk)
    dialog.browser_button.click()
    await until(lambda: desk.browsed == [login])
    assert dialog.view is None
    assert dialog.lead.text() == "Log in in your browser."
    assert "Back to Bhav" in await fetch(f"{redirect}?code=c1&state=s1")
    assert await task == f"{redirect}?code=c1&state=s1"


async def test_the_browser_has_its_own_time_limit(desk: Desk, site: Site) -> None:
    task = asyncio.ensure_future(
        desk.prompter(browser_limit_s=0.3).authorize(site.put("/login", "wait"), loopback_redirect())
    )
    (await opened(desk)).browser_button.click()
    with pytest.raises(LoginTimeout):
        await task


async def test_a_machine_without_a_browser_gives_the_address_to_copy(desk: Desk, site: Site) -> None:
    desk.has_browser = False
    login = site.put("/login", "wait")
    task = asyncio.ensure_future(desk.prompter().authorize(login, loopback_redirect()))
    dialog = await opened(desk)
    dialog.browser_button.click()
    await until(dialog.notice.isVisible)
    assert dialog.notice.accessibleName().startswith("No browser was opened.")
    next(one for one in dialog.findChildren(type(dialog.cancel_button)) if one.text() == "Copy the address").click()
    assert QGuiApplication.clipboard().text() == login
    await given_up(dialog, task)


async def test_a_redirect_elsewhere_keeps_the_page_and_says_why(desk: Desk, site: Site) -> None:
    task = asyncio.ensure_future(desk.prompter().authorize(site.put("/login", "wait"), "https://app.example/cb"))
    dialog = await opened(desk)
    dialog.browser_button.click()
    assert "is at app.example" in dialog.notice.accessibleName()
    assert dialog.view is not None
    assert desk.browsed == []
    await given_up(dialog, task)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no root")
async def test_as_root_no_page_is_loaded_and_the_browser_is_offered(
    desk: Desk, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.delenv("BHAV_ALLOW_ROOT_WEBVIEW")
    redirect, login = loopback_redirect(), site.put("/login", "wait")
    task = asyncio.ensure_future(desk.prompter().authorize(login, redirect))
    dialog = await opened(desk)
    assert dialog.view is None
    assert "administrator (root)" in dialog.words.text()
    dialog.browser_button.click()
    await until(lambda: desk.browsed == [login])
    await fetch(f"{redirect}?code=c2")
    assert await task == f"{redirect}?code=c2"
    assert site.hits == []


def test_the_sandbox_is_only_given_up_for_tests_as_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QTWEBENGINE_DISABLE_SANDBOX", "1")
    monkeypatch.setenv("QTWEBENGINE_REMOTE_DEBUGGING", "9222")
    monkeypatch.setenv("QTWEBENGINE_CHROMIUM_FLAGS", "--disable-gpu --remote-debugging-port=9222")
    monkeypatch.setattr(engine, "is_root", lambda: False)
    engine.prepare()
    environment: dict[str, Any] = dict(os.environ)
    assert "QTWEBENGINE_DISABLE_SANDBOX" not in environment
    assert "QTWEBENGINE_REMOTE_DEBUGGING" not in environment
    assert environment["QTWEBENGINE_CHROMIUM_FLAGS"] == "--disable-gpu"
    monkeypatch.setattr(engine, "is_root", lambda: True)
    monkeypatch.setenv("BHAV_ALLOW_ROOT_WEBVIEW", "1")
    engine.prepare()
    assert os.environ["QTWEBENGINE_DISABLE_SANDBOX"] == "1"
    monkeypatch.setenv("QTWEBENGINE_DISABLE_SANDBOX", "1")


async def test_six_digits_are_one_field_and_the_last_one_sends_them(desk: Desk) -> None:
    task = asyncio.ensure_future(desk.prompter().for_account(ACCOUNT).one_time_code(ACCOUNT.id, None))
    await until(lambda: any(one.isVisible() for one in desk.window.findChildren(CodeDialog)))
    field = desk.window.findChildren(CodeDialog)[0].field
    QTest.keyClicks(field, "12x34")
    assert field.text == "1234"
    QTest.keyClick(field, Qt.Key.Key_Backspace)
    assert field.accessibleName() == "One-time code, 3 of 6 digits"
    QGuiApplication.clipboard().setText(" 482 917 ")
    QTest.keyClick(field, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert await task == "482917"


async def test_a_code_that_was_refused_says_why_until_the_next_digit(desk: Desk) -> None:
    task = asyncio.ensure_future(desk.prompter().one_time_code(ACCOUNT.id, "Code not accepted."))
    await until(lambda: any(one.isVisible() for one in desk.window.findChildren(CodeDialog)))
    dialog = desk.window.findChildren(CodeDialog)[0]
    assert dialog.problem.text == "Code not accepted."
    QTest.keyClicks(dialog.field, "1")
    assert dialog.problem.text == ""
    dialog.reject()
    with pytest.raises(LoginCancelled):
        await task


async def test_a_code_that_nobody_types_ends_by_itself(desk: Desk) -> None:
    with pytest.raises(LoginTimeout):
        await desk.prompter(page_limit_s=0.2).one_time_code(ACCOUNT.id, None)
