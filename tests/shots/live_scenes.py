"""Live accounts: the wall, adding one, the login page, the place of the keys."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, cast

from terminal_app.domain.account import Account
from terminal_app.domain.enums import AccountKind, ConnectionState
from terminal_app.domain.errors import LoginError
from terminal_app.domain.ids import AccountId
from terminal_app.ui.kit.dialog import AppDialog
from terminal_app.ui.login.dialog import LoginDialog
from terminal_app.ui.login.prompter import WindowPrompter
from tests.helpers.scripted_sessions import FILE, KEYRING, LOCKED_FILE, NO_KEYRING, ScriptedSessions
from tests.shots.camera import Camera
from tests.shots.dialog_scenes import close_all, dialog, open_dialogs
from tests.shots.stage import Stage
from tests.shots.window_scenes import dismiss_welcome

PAGE = """<!doctype html><meta charset=utf-8><title>Log in</title>
<body style="font: 15px Inter, sans-serif; background: #f4f6f9; color: #1c2430; display: grid; place-items: center; height: 95vh">
<form style="background: #fff; border: 1px solid #d7dde6; padding: 28px; width: 300px">
<h2 style="margin-top: 0">Log in</h2><p>The broker's own page appears here, unchanged.</p>
<input placeholder="Mobile number" style="font: inherit; width: 100%; box-sizing: border-box; padding: 10px">
<p><button type=button style="font: inherit; width: 100%; padding: 10px">Get OTP</button></p></form>"""
ZERODHA = Account(AccountId("z"), "zerodha", "AB1234", AccountKind.LIVE, client_id="AB1234")


async def add_live_accounts(stage: Stage) -> None:
    """One in each state, beside the paper account."""
    dismiss_welcome(stage)
    terminal = stage.container.terminal
    accounts, clock = terminal.accounts, terminal.clock
    sessions = ScriptedSessions(accounts, clock)
    terminal.sessions = cast("Any", sessions)
    states = (
        ("zerodha", "Long term", "AB1234", ConnectionState.LIVE, "Orders and prices work"),
        ("upstox", "Upstox", "3KB7Q2", ConnectionState.LOGGING_IN, "Waiting for your login"),
        ("zerodha", "Options", "CD5678", ConnectionState.EXPIRED, "The session ended at 06:00: log in."),
        ("upstox", "Family", "9XY1Z3", ConnectionState.ERROR, "Upstox does not answer: the connection was refused."),
        ("zerodha", "Old", "", ConnectionState.OFF, "Off. Switch it on to log in."),
    )
    for broker, name, client, state, reason in states:
        account = accounts.add_live(broker, name, "198.51.100.17" if name == "Family" else "")
        is_on = state is ConnectionState.LIVE
        accounts.mark(account.id, active=is_on, client_id=client)
        ends = clock.now() + timedelta(hours=15, minutes=24) if is_on else None
        accounts.show_connection(account.id, state, reason, ends)
        if is_on:
            sessions.budgets[account.id], sessions.ages_s[account.id] = (("orders", 9, 10),), 0.043
    await stage.settle(0.2)


async def wall(camera: Camera) -> None:
    async with dialog(camera, "accounts") as shown:
        await camera.take("live-accounts")
        card = next(one for one in shown.cards if one.facts.name == "Family")
        card.address_button.click()
        await camera.take("live-accounts-address")
        async with over(camera, shown, card.remove_wanted.emit):
            await camera.take("live-remove")
        async with over(camera, shown, card.rename_wanted.emit):
            await camera.take("live-rename")
        _sessions(camera).vault = LOCKED_FILE
        async with over(camera, shown, card.login_button.click):
            pass
        await camera.take("live-accounts-locked")
        _sessions(camera).vault = FILE
        await shown._look_at_vault()
        await camera.take("live-accounts-file")
    _sessions(camera).vault = KEYRING


@asynccontextmanager
async def over(camera: Camera, below: AppDialog, act: Callable[[], object]) -> AsyncIterator[Any]:
    """The dialog that something opens over another; it is cancelled in the end."""

    def others() -> list[Any]:
        return [one for one in open_dialogs() if one is not below]

    act()
    await camera.stage.until(others, "a dialog over the dialog")
    yield others()[0]
    others()[0].reject()
    await camera.stage.until(lambda: not others(), "it is gone")


async def status(camera: Camera) -> None:
    await camera.take("live-status", settle_s=1.2)
    camera.stage.trigger("accounts")
    await camera.stage.until(open_dialogs, "the wall")
    open_dialogs()[-1].reject()
    presenter = camera.stage.window.presenter
    assert presenter is not None
    presenter.accounts.open_list()
    await camera.take("live-account-list")
    close_all(camera.stage.window)


async def adding(camera: Camera) -> None:
    async with dialog(camera, "add_account") as shown:
        await camera.take("live-add-broker")
        shown.tiles[0].click()
        await camera.take("live-add-form")
        shown.add_account_button.click()
        await camera.take("live-add-missing")
        shown.back_button.click()
        shown.tiles[1].click()
        shown.form.fields["api_secret"].edit.setText("a-secret-of-upstox")
        shown.form.fields["api_secret"].eye.click()
        shown.form.say("name", "There is an account named Upstox already; choose another name.")
        await camera.take("live-add-refused")


async def vault(camera: Camera) -> None:
    from terminal_app.ui.dialogs.vault import ChangePasswordDialog, keys_can_be_used

    stage, sessions = camera.stage, _sessions(camera)
    terminal, desk = stage.container.terminal, stage.window.desk
    for name, state in (("unlock", LOCKED_FILE), ("create", NO_KEYRING)):
        sessions.vault = state
        async with asked(camera, keys_can_be_used(stage.window, terminal, desk)) as shown:
            await camera.take(f"live-vault-{name}")
            shown.password.edit.setText("wrong")
            shown.do_button.click()
            await camera.take(f"live-vault-{name}-refused")
    sessions.vault = FILE
    async with asked(camera, ChangePasswordDialog(stage.window, terminal, desk).ask()):
        await camera.take("live-vault-change")
    sessions.vault = KEYRING


async def login(camera: Camera) -> None:
    os.environ["BHAV_ALLOW_ROOT_WEBVIEW"] = "1"
    os.environ.setdefault("QTWEBENGINE_CHROMIUM_FLAGS", "--disable-gpu --disable-logging")
    server = await asyncio.start_server(_serve, "127.0.0.1", 0)
    address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/connect/login?v=3&api_key=k&state=s"
    prompter = WindowPrompter(lambda: camera.stage.window, browse=lambda _address: True).for_account(ZERODHA)
    async with server:
        async with asked(camera, prompter.authorize(address, "http://127.0.0.1:5710/zerodha")) as shown:
            assert isinstance(shown, LoginDialog)
            await camera.stage.until(lambda: shown.status.text().startswith("Waiting for you"), "the page")
            await camera.take("live-login", settle_s=0.6)
            assert shown.view is not None
            shown.view.login_page.runJavaScript("location.href = 'https://evil.example/'")
            await camera.take("live-login-refused", settle_s=0.4)
            shown.browser_button.click()
            await camera.take("live-login-browser", settle_s=0.3)
        del os.environ["BHAV_ALLOW_ROOT_WEBVIEW"]
        async with asked(camera, prompter.authorize(address, "https://app.example/callback")) as shown:
            shown.browser_button.click()
            await camera.take("live-login-root")
        async with asked(camera, prompter.one_time_code(ZERODHA.id, None)) as shown:
            shown.field.put("482")
            await camera.take("live-code")
        async with asked(camera, prompter.one_time_code(ZERODHA.id, "Code not accepted. Type the next one.")):
            await camera.take("live-code-refused")


@asynccontextmanager
async def asked(camera: Camera, work: Coroutine[Any, Any, Any]) -> AsyncIterator[Any]:
    """The dialog that some work opens; it is cancelled in the end."""
    task = asyncio.ensure_future(work)
    await camera.stage.until(open_dialogs, "a dialog")
    shown: AppDialog = open_dialogs()[-1]
    yield shown
    shown.reject()
    try:
        await task
    except LoginError:
        return


def _sessions(camera: Camera) -> ScriptedSessions:
    return cast("ScriptedSessions", camera.stage.container.terminal.sessions)


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    body = PAGE.encode()
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n" + body)
    await writer.drain()
    writer.close()
