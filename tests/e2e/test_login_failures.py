"""A login that fails, in whatever way: the switch is off, the card says why, and the vault is as it was."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from terminal_app.domain.account import Account
from terminal_app.domain.enums import ConnectionState, OrderStatus, OrderType, Product, Side
from terminal_app.domain.errors import LoginFailed, VaultError
from terminal_app.domain.order import OrderRequest
from terminal_app.ui.login.dialog import LoginDialog
from terminal_app.ui.login.prompter import WindowPrompter
from terminal_app.vault.memory import MemoryRing
from terminal_app.vault.secret import Secret
from tests.e2e.test_live_day import BROKERS, SHARE, LiveDay, live_day
from tests.helpers.async_tests import until
from tests.helpers.log_guard import LogGuard

PATIENCE_S = 20.0
SENTENCE = re.compile(r"[A-Z][^?{}\[\]\n]{15,300}\.")
"""Words for a person: no address with its query, no piece of JSON, no end in the middle."""
GENERATION = re.compile(r"(?<=^bhav1\|)\d+")
"""How often an entry was written is in its head."""
ON_A_PAGE = pytest.mark.qt_log_ignore("^QRhiGles2: ", "^Failed to create RHI", "^GPUInfo not initialized", extend=True)


class Attempt:
    """One account, the state of its vault before, and what it looks like after a login that failed."""

    def __init__(self, day: LiveDay, entries: dict[str, str]) -> None:
        self.day = day
        self._before = entries

    async def fails(self, words: str, state: ConnectionState = ConnectionState.OFF) -> None:
        """Switch on; it must come to nothing, for a reason that has these words."""
        await self.day.terminal.sessions.turn_on(self.day.account.id)
        await self.is_as_before(words, state)

    async def is_as_before(self, words: str, state: ConnectionState = ConnectionState.OFF) -> None:
        """Off, with its reason, out of the market, and nothing new in the vault."""
        day = self.day
        assert (day.lamp, words in day.reason) == (state, True), (day.lamp, day.reason)
        assert SENTENCE.fullmatch(day.reason), day.reason
        typed = day.prompter.credentials
        known = {*typed.values(), *self._before.values()} - {typed["client_id"]}
        assert not [secret for secret in known if secret in day.reason]
        account = day.terminal.accounts.get(day.account.id)
        assert not account.active
        assert account.id not in day.container.rooms.live.desk.accounts()
        assert day.terminal.sessions.feed_age_s(account.id) is None
        request = OrderRequest(SHARE, Side.BUY, 1, OrderType.MARKET, Product.INTRADAY)
        (order,) = await day.terminal.orders.place(account.id, request)
        assert (order.status, order.reason) == (
            OrderStatus.DENIED,
            "The account is not connected: nothing was sent.",
        )
        assert await entries_of(day) == self._before

    async def succeeds(self) -> None:
        """The same account, without what was in the way."""
        await self.day.turn_on()
        assert set(await entries_of(self.day)) > set(self._before)


async def entries_of(day: LiveDay) -> dict[str, str]:
    """Everything that the vault has, by the names that it keeps them under."""
    assert (await day.terminal.sessions.vault_state()).is_ready
    vault = day.container.secrets._vault
    assert vault is not None
    ring = vault._place.ring()
    assert isinstance(ring, MemoryRing)
    return {name: GENERATION.sub("", secret.reveal()) for name, secret in ring._entries.items()}


@asynccontextmanager
async def attempt(home: Path, broker: str, guard: LogGuard) -> AsyncIterator[Attempt]:
    """A demo with an account that was never logged in."""
    guard("could not be connected")
    async with live_day(home, broker) as day:
        yield Attempt(day, await entries_of(day))


def changed(day: LiveDay, change: Callable[[str], Awaitable[str]]) -> None:
    """Have the redirect pass through ``change`` on its way to the broker."""
    original = day.prompter.authorize

    async def authorize(url: str, redirect: str) -> str:
        return await change(await original(url, redirect))

    day.prompter.authorize = authorize  # type: ignore[method-assign]


def with_state(redirected: str, state: str | None) -> str:
    """The redirect address with another state, or with none."""
    parts = urlsplit(redirected)
    query = [(name, value) for name, value in parse_qsl(parts.query) if name != "state"]
    if state is not None:
        query.append(("state", state))
    return urlunsplit(parts._replace(query=urlencode(query)))


def state_of(redirected: str) -> str:
    """What the broker sent back."""
    return dict(parse_qsl(urlsplit(redirected).query))["state"]


async def stop_simulator(day: LiveDay) -> None:
    """Nobody answers at the broker's addresses any more."""
    assert day.container.demo is not None
    for dialect in day.container.demo._dialects:
        if getattr(dialect, "broker", "") == day.account.broker:
            await dialect.aclose()


@pytest.mark.parametrize("broker", BROKERS)
async def test_a_wrong_secret(tmp_path: Path, broker: str, expected_logs: LogGuard) -> None:
    expected_logs("could not be connected")
    async with live_day(tmp_path, broker) as day:
        right = await day.container.secrets.get(day.account.id, "api_secret")
        assert right is not None
        await day.container.secrets.put(day.account.id, "api_secret", "another-secret-than-the-right-one")
        one = Attempt(day, await entries_of(day))
        await one.fails("refused the login")
        assert day.prompter.calls == 1
        await day.container.secrets.put(day.account.id, "api_secret", right.reveal())
        await one.succeeds()


@pytest.mark.parametrize("broker", BROKERS)
async def test_a_code_that_was_used_before(tmp_path: Path, broker: str, expected_logs: LogGuard) -> None:
    async with attempt(tmp_path, broker, expected_logs) as one:
        await one.day.dial(spent_code=1)
        await one.fails("refused the login")
        await one.succeeds()


@pytest.mark.parametrize("broker", BROKERS)
async def test_an_access_that_is_denied_on_the_page(tmp_path: Path, broker: str, expected_logs: LogGuard) -> None:
    async with attempt(tmp_path, broker, expected_logs) as one:
        await one.day.dial(deny_login=1)
        await one.fails({"zerodha": "Zerodha did not log in", "upstox": "Upstox refused the login"}[broker])
        await one.succeeds()


@pytest.mark.parametrize("state", ["of-another-login", "", None])
@pytest.mark.parametrize("broker", BROKERS)
async def test_an_answer_with_another_state(
    tmp_path: Path, broker: str, state: str | None, expected_logs: LogGuard
) -> None:
    async with attempt(tmp_path, broker, expected_logs) as one:

        async def other(redirected: str) -> str:
            return with_state(redirected, state)

        changed(one.day, other)
        await one.fails("login")
        assert one.day.reason in (
            "The login was answered by a page that Bhav did not open, so it was not used. Log in again.",
            "The answer of the Upstox login does not belong to this login: nothing was done with it.",
        )


@pytest.mark.parametrize("broker", BROKERS)
async def test_an_answer_that_belonged_to_the_login_before(
    tmp_path: Path, broker: str, expected_logs: LogGuard
) -> None:
    """A state is good for one login: what came back once is of no use the next time."""
    async with attempt(tmp_path, broker, expected_logs) as one:
        seen: list[str] = []

        async def replay(redirected: str) -> str:
            seen.append(state_of(redirected))
            return redirected if len(seen) == 1 else with_state(redirected, seen[0])

        changed(one.day, replay)
        await one.day.turn_on()
        await one.day.terminal.sessions.turn_off(one.day.account.id)
        await one.fails("login")
        assert seen[0] != seen[1]


@pytest.mark.parametrize("broker", BROKERS)
async def test_a_broker_that_is_gone_when_the_code_is_exchanged(
    tmp_path: Path, broker: str, expected_logs: LogGuard
) -> None:
    async with attempt(tmp_path, broker, expected_logs) as one:

        async def hang_up(redirected: str) -> str:
            await stop_simulator(one.day)
            return redirected

        changed(one.day, hang_up)
        await one.fails("cannot be reached", ConnectionState.ERROR)


@pytest.mark.parametrize("broker", BROKERS)
async def test_a_code_exchange_whose_answer_is_lost(tmp_path: Path, broker: str, expected_logs: LogGuard) -> None:
    async with attempt(tmp_path, broker, expected_logs) as one:
        route = {"zerodha": "POST /session/token", "upstox": "POST /v2/login/authorization/token"}[broker]
        await one.day.dial(lose_answer=[{"route": route}])
        await one.fails("", ConnectionState.ERROR)
        await one.succeeds()


@pytest.mark.parametrize("broker", BROKERS)
async def test_a_code_exchange_that_answers_with_a_web_page(
    tmp_path: Path, broker: str, expected_logs: LogGuard
) -> None:
    async with attempt(tmp_path, broker, expected_logs) as one:
        route = {"zerodha": "POST /session/token", "upstox": "POST /v2/login/authorization/token"}[broker]
        await one.day.dial(errors=[{"route": route, "status": 200, "body": "<html>Welcome</html>"}])
        await one.fails("is not JSON", ConnectionState.ERROR)
        await one.succeeds()


@pytest.mark.parametrize("broker", BROKERS)
async def test_the_wrong_person(tmp_path: Path, broker: str, expected_logs: LogGuard) -> None:
    async with attempt(tmp_path, broker, expected_logs) as one:
        account, accounts = one.day.account.id, one.day.terminal.accounts
        accounts.mark(account, active=False, client_id="ZZ9999")
        await one.fails("but this account is ZZ9999")
        accounts.mark(account, active=False, client_id="")
        await one.succeeds()


async def test_the_wrong_person_by_the_client_id_that_was_typed(tmp_path: Path, expected_logs: LogGuard) -> None:
    expected_logs("could not be connected")
    async with live_day(tmp_path, "zerodha") as day:
        await day.container.secrets.put(day.account.id, "client_id", "ZZ9999")
        one = Attempt(day, await entries_of(day))
        await day.terminal.sessions.turn_on(day.account.id)
        assert "this account is for ZZ9999" in day.reason
        assert await entries_of(day) == one._before
        assert day.lamp is ConnectionState.OFF


@pytest.mark.parametrize("broker", BROKERS)
async def test_a_profile_that_is_refused_after_the_login(tmp_path: Path, broker: str, expected_logs: LogGuard) -> None:
    async with attempt(tmp_path, broker, expected_logs) as one:
        route = {"zerodha": "GET /user/profile", "upstox": "GET /v2/user/profile"}[broker]
        code = {"zerodha": "TokenException", "upstox": "UDAPI100050"}[broker]
        await one.day.dial(errors=[{"route": route, "code": code}])
        words = {"zerodha": "The Zerodha session is over", "upstox": "The Upstox login has ended"}[broker]
        await one.fails(words, ConnectionState.ERROR)
        await one.succeeds()


@pytest.mark.parametrize("broker", BROKERS)
async def test_a_vault_that_refuses_to_write(
    tmp_path: Path, broker: str, expected_logs: LogGuard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At whichever of its entries: what was written before it is taken out again."""
    async with attempt(tmp_path, broker, expected_logs) as one:
        write, left = MemoryRing.set, 0

        def refuse_when_full(ring: MemoryRing, name: str, secret: Secret) -> None:
            nonlocal left
            if left == 0 and not name.endswith("#fields"):
                raise VaultError("The keyring refuses to keep anything.")
            left -= not name.endswith("#fields")
            write(ring, name, secret)

        monkeypatch.setattr(MemoryRing, "set", refuse_when_full)
        for room in range(3):
            left = room
            await one.fails("The keyring refuses to keep anything.", ConnectionState.ERROR)
        monkeypatch.setattr(MemoryRing, "set", write)
        await one.succeeds()


@pytest.mark.parametrize("broker", BROKERS)
async def test_a_login_that_is_broken_off_from_outside(tmp_path: Path, broker: str) -> None:
    async with live_day(tmp_path, broker) as day:
        one = Attempt(day, await entries_of(day))
        waiting = asyncio.Event()

        async def wait(redirected: str) -> str:
            waiting.set()
            await asyncio.Event().wait()
            return redirected

        changed(day, wait)
        task = asyncio.ensure_future(day.terminal.sessions.turn_on(day.account.id))
        await waiting.wait()
        assert day.lamp is ConnectionState.LOGGING_IN
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await one.is_as_before("broken off")


@pytest.mark.parametrize("broker", BROKERS)
async def test_a_fault_of_the_login_window_does_not_leave_the_switch_in_between(tmp_path: Path, broker: str) -> None:
    async with live_day(tmp_path, broker) as day:
        one = Attempt(day, await entries_of(day))

        async def fail(_redirected: str) -> str:
            raise RuntimeError("a fault")

        changed(day, fail)
        with pytest.raises(RuntimeError, match="a fault"):
            await day.terminal.sessions.turn_on(day.account.id)
        await one.is_as_before("broken off")


# On the embedded page.


class Page:
    """A window, and the logins that it shows."""

    def __init__(self, qtbot: QtBot) -> None:
        self.window = QWidget()
        self.window.resize(1180, 760)
        qtbot.addWidget(self.window)
        self.window.show()

    def prompter(self, limit_s: float) -> Callable[[Account], object]:
        """What the terminal asks with."""
        return WindowPrompter(lambda: self.window, browse=lambda _address: False, page_limit_s=limit_s).for_account

    def dialog(self) -> LoginDialog | None:
        """The login that is open."""
        return next((one for one in self.window.findChildren(LoginDialog) if one.isVisible()), None)


@pytest.fixture
async def page(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, flush_deletes: Callable[[], None]) -> AsyncIterator[Page]:
    """The page may run as root here, and here only."""
    monkeypatch.setenv("BHAV_ALLOW_ROOT_WEBVIEW", "1")
    yield Page(qtbot)
    flush_deletes()


@ON_A_PAGE
@pytest.mark.parametrize("broker", BROKERS)
async def test_a_login_that_nobody_finishes_in_time(
    tmp_path: Path, broker: str, expected_logs: LogGuard, page: Page
) -> None:
    async with attempt(tmp_path, broker, expected_logs) as one:
        one.day.terminal.sessions.use_prompter(page.prompter(0.5))  # type: ignore[arg-type]
        await one.fails("not finished in time")
        assert page.dialog() is None


@ON_A_PAGE
@pytest.mark.parametrize("broker", BROKERS)
async def test_a_page_that_cannot_be_reached(tmp_path: Path, broker: str, expected_logs: LogGuard, page: Page) -> None:
    async with attempt(tmp_path, broker, expected_logs) as one:
        await stop_simulator(one.day)
        one.day.terminal.sessions.use_prompter(page.prompter(PATIENCE_S))  # type: ignore[arg-type]
        await one.fails("could not be opened")
        assert page.dialog() is None


@ON_A_PAGE
@pytest.mark.parametrize("broker", BROKERS)
async def test_a_page_that_is_closed(tmp_path: Path, broker: str, expected_logs: LogGuard, page: Page) -> None:
    async with attempt(tmp_path, broker, expected_logs) as one:
        one.day.terminal.sessions.use_prompter(page.prompter(PATIENCE_S))  # type: ignore[arg-type]
        notices = len(one.day.notices)
        task = asyncio.ensure_future(one.day.terminal.sessions.turn_on(one.day.account.id))
        await until(lambda: page.dialog() is not None, timeout_s=PATIENCE_S)
        dialog = page.dialog()
        assert dialog is not None
        dialog.reject()
        await task
        await one.is_as_before("You closed the login page")
        assert len(one.day.notices) == notices, "who closed it knows"


@ON_A_PAGE
@pytest.mark.parametrize("broker", BROKERS)
async def test_the_button_deny_on_the_page(tmp_path: Path, broker: str, expected_logs: LogGuard, page: Page) -> None:
    async with attempt(tmp_path, broker, expected_logs) as one:
        one.day.terminal.sessions.use_prompter(page.prompter(PATIENCE_S))  # type: ignore[arg-type]
        task = asyncio.ensure_future(one.day.terminal.sessions.turn_on(one.day.account.id))
        await until(lambda: page.dialog() is not None, timeout_s=PATIENCE_S)
        dialog = page.dialog()
        assert dialog is not None
        loaded = lambda: dialog.status.text().startswith("Waiting for you.") or task.done()  # noqa: E731
        await until(loaded, timeout_s=PATIENCE_S)
        assert dialog.view is not None
        dialog.view.login_page.runJavaScript("document.querySelector('button[value=deny]').click()")
        await task
        await one.is_as_before({"zerodha": "Zerodha did not log in", "upstox": "Upstox refused the login"}[broker])


async def test_a_login_without_a_window_says_so(tmp_path: Path, expected_logs: LogGuard) -> None:
    async with attempt(tmp_path, "zerodha", expected_logs) as one:

        def nobody(_account: Account) -> object:
            raise LoginFailed("There is no window to log in with.")

        one.day.terminal.sessions.use_prompter(nobody)  # type: ignore[arg-type]
        await one.fails("There is no window")
