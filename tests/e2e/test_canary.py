"""Secrets are planted, a day goes wrong in every way, and then they are searched for in all that the terminal leaves behind."""

from __future__ import annotations

import asyncio
import base64
import faulthandler
import logging
import os
import sys
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QLabel, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from terminal_app.app.logs import start_logs
from terminal_app.app.paths import Paths
from terminal_app.domain.account import BrokerSession
from terminal_app.domain.clock import SystemClock
from terminal_app.domain.enums import ConnectionState, OrderStatus
from terminal_app.domain.errors import BhavError, SessionExpired, VaultLocked
from terminal_app.domain.order import Order
from terminal_app.simulator.dialects.base import DialectServer
from terminal_app.simulator.dialects.upstox.access import Ticket, Tickets
from terminal_app.simulator.dialects.upstox.server import UpstoxDialect
from terminal_app.simulator.dialects.zerodha.server import ZerodhaDialect
from terminal_app.ui.actions import Actions
from terminal_app.ui.bridge import Bridge
from terminal_app.ui.desk import Desk
from terminal_app.ui.dialogs.accounts import AccountsDialog
from terminal_app.ui.dialogs.add_account import AddAccountDialog
from tests.e2e.test_live_day import BROKERS, PATIENCE_S, LiveDay
from tests.helpers.async_tests import until
from tests.helpers.canaries import Canaries, Ear, printed, words_of
from tests.helpers.headless import headless
from tests.helpers.log_guard import LogGuard
from tests.helpers.login_script import FormPrompter

ROUTES: Mapping[str, Mapping[str, str]] = {
    "zerodha": {
        "exchange": "POST /session/token",
        "place": "POST /orders/*",
        "positions": "GET /portfolio/positions",
        "refused": "TokenException",
        "rejected": "InputException",
    },
    "upstox": {
        "exchange": "POST /v2/login/authorization/token",
        "place": "POST /v3/order/place",
        "positions": "GET /v2/portfolio/short-term-positions",
        "refused": "UDAPI100016",
        "rejected": "UDAPI1026",
    },
}
EXPECTED = ("could not be connected", "uncaught RuntimeError")
THREADS = ("qasync.QThreadExecutor", "qasync._QThreadWorker")
"""They print the arguments and the result of every call that goes to another thread."""


class NotingPrompter(FormPrompter):
    """Notes the codes and states that come back, which are secrets for as long as they live."""

    def __init__(self, credentials: Mapping[str, str], canaries: Canaries) -> None:
        super().__init__(credentials)
        self._canaries = canaries

    async def authorize(self, url: str, redirect: str) -> str:
        """See ``FormPrompter``."""
        redirected = await super().authorize(url, redirect)
        for name, value in parse_qsl(urlsplit(redirected).query):
            if name in ("request_token", "code", "state"):
                self._canaries.add(name, value)
        return redirected


class WatchedDay(LiveDay):
    """A live day whose errors and secrets are kept for the search."""

    def __init__(self, opened: Any, broker: str, canaries: Canaries) -> None:
        super().__init__(opened, broker)
        self.broker = broker
        self.canaries = canaries
        self.errors: list[BaseException] = []
        self.prompter = NotingPrompter(self.prompter.credentials, canaries)
        self.terminal.sessions.use_prompter(self.prompter.for_account)

    async def note_session(self) -> None:
        """The tokens of the session are secrets from now on."""
        for field in await self.container.secrets.fields(self.account.id):
            if "token" in field:
                secret = await self.container.secrets.get(self.account.id, field)
                assert secret is not None
                self.canaries.add(field, secret.reveal())

    async def token(self) -> str:
        """The access token of the session."""
        secret = await self.container.secrets.get(self.account.id, "session_access_token")
        assert secret is not None
        return secret.reveal()

    async def goes_wrong(self, work: Any) -> BhavError:
        """Await what must fail, and keep its error."""
        with pytest.raises(BhavError) as caught:
            await work
        self.errors.append(caught.value)
        return caught.value

    async def breaks(self, route: str, **rule: Any) -> None:
        """The next call of a route fails so."""
        await self.dial(errors=[{"route": ROUTES[self.broker][route], **rule}])


@pytest.fixture
def canaries(monkeypatch: pytest.MonkeyPatch) -> Canaries:
    """Every client of the simulators has planted credentials; single-use tickets of sockets are noted."""
    planted = Canaries()
    for dialect in (ZerodhaDialect, UpstoxDialect):
        original = dialect.new_client

        def new_client(self: Any, redirect_url: str, original: Any = original) -> Any:
            client = original(self, redirect_url)
            wanted = {"api_key": planted.plant_plain("API key"), "api_secret": planted.plant("API secret")}
            for name in ("password", "pin"):
                if name in client.credentials:
                    wanted[name] = planted.plant(name)
            client.credentials.update(wanted)
            planted.add("TOTP seed", client.credentials["totp_seed"])
            return client

        monkeypatch.setattr(dialect, "new_client", new_client)
    issue = Tickets.issue

    def note_ticket(self: Tickets, ticket: Ticket) -> str:
        return planted.add("ticket of a socket", issue(self, ticket))

    monkeypatch.setattr(Tickets, "issue", note_ticket)
    return planted


@pytest.fixture
def logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Ear, Any]]:
    """The terminal's own logs at their most talkative, an ear beside them, and the file for crashes."""
    crash_files: list[Any] = []
    monkeypatch.setattr(faulthandler, "enable", crash_files.append)
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    levels = {name: one.level for name, one in root.manager.loggerDict.items() if isinstance(one, logging.Logger)}
    paths = Paths.under(tmp_path)
    paths.prepare()
    start_logs(paths.logs, verbose=True)
    for name in THREADS:
        logging.getLogger(name).setLevel(logging.DEBUG)
    ear = Ear()
    root.addHandler(ear)
    yield ear, crash_files[0]
    for handler in [one for one in root.handlers if one not in before]:
        root.removeHandler(handler)
        handler.close()
    root.setLevel(level)
    for name, one in root.manager.loggerDict.items():
        if isinstance(one, logging.Logger):
            one.setLevel(levels.get(name, logging.NOTSET))
    crash_files[0].close()


def password_pipe(password: str) -> int:
    """A descriptor that the password can be read from, once."""
    reader, writer = os.pipe()
    with os.fdopen(writer, "wb") as pipe:
        pipe.write(password.encode())
    return reader


@asynccontextmanager
async def watched_day(home: Path, broker: str, canaries: Canaries, password: str) -> AsyncIterator[WatchedDay]:
    """A demo whose secrets are in an encrypted file."""
    arguments = ["--demo", "--vault", "file", "--vault-password-fd", str(password_pipe(password))]
    async with headless(home, arguments) as opened:
        yield WatchedDay(opened, broker, canaries)


# The day.


async def log_in_wrongly(day: WatchedDay) -> None:
    """The broker refuses it and repeats what was sent; then a page that is closed."""
    keys = day.prompter.credentials
    said = f"Invalid api_secret={keys['api_secret']} for api_key: {keys['api_key']}"
    await day.breaks("exchange", code=ROUTES[day.broker]["refused"], message=said)
    await day.terminal.sessions.turn_on(day.account.id)
    assert "refused the login" in day.reason
    body = f"<html>{keys['api_secret']} {keys['api_key']}</html>"
    await day.breaks("exchange", status=200, body=body)
    await day.terminal.sessions.turn_on(day.account.id)
    assert day.lamp is ConnectionState.ERROR
    day.prompter.refuse = True
    await day.terminal.sessions.turn_on(day.account.id)
    day.prompter.refuse = False


async def trade_with_trouble(day: WatchedDay) -> None:
    """An order that works, one that is rejected, one too many, one whose answer is lost, an answer that is none."""
    low = (await day.price() * Decimal("0.97")).quantize(Decimal(1))
    resting = await day.reaches(await day.place(5, low), OrderStatus.OPEN)
    assert resting.client_id is not None
    token = await day.token()
    said = f"Rejected for access_token={token} and Authorization: Bearer {token}, {token}"
    await day.breaks("place", code=ROUTES[day.broker]["rejected"], message=said, status=400)
    rejected = await day.reaches(await day.place(6, low), OrderStatus.REJECTED)
    assert "Rejected for" in rejected.reason
    await day.dial(reject_late=[f"RMS: token={token}"])
    await ends(day, await day.place(7, low), OrderStatus.REJECTED)
    await day.dial(lose_answer=[{"route": ROUTES[day.broker]["place"]}])
    await ends(day, await day.place(8, low), OrderStatus.OPEN)
    await day.breaks("positions", status=200, body=f"<html>{token}</html>")
    await day.goes_wrong(day.terminal.portfolio.refresh(day.account.id))
    await day.breaks("positions", status=200, body='{"status":"success","data":{"token":"' + token + '"}}')
    await day.goes_wrong(day.terminal.portfolio.refresh(day.account.id))
    await day.dial(drop_sockets=True, refuse_sockets=1)
    await day.dial(throttle_next=1)
    await day.goes_wrong(day.terminal.portfolio.refresh(day.account.id))
    await day.terminal.orders.cancel(day.account.id, resting.client_id)


async def ends(day: WatchedDay, order: Order, status: OrderStatus) -> None:
    """It gets there, over whatever doubt."""
    await day.reaches(order, status)


async def lose_session(day: WatchedDay) -> None:
    """The token dies; then another login."""
    before = day.prompter.calls
    await day.dial(reset=True)
    await day.dial(expire_tokens=True)
    error = await day.goes_wrong(day.terminal.portfolio.refresh(day.account.id))
    assert isinstance(error, SessionExpired)
    await until(lambda: day.lamp is ConnectionState.EXPIRED, timeout_s=PATIENCE_S)
    await day.terminal.sessions.log_in(day.account.id)
    assert (day.lamp, day.prompter.calls) == (ConnectionState.LIVE, before + 1), day.reason


async def change_password(day: WatchedDay, old: str) -> str:
    """Try a wrong one, then choose another; the new one."""
    wrong, new = day.canaries.plant("wrong password"), day.canaries.plant("new password")
    error = await day.goes_wrong(day.terminal.sessions.change_vault_password(wrong, new))
    assert isinstance(error, VaultLocked)
    await day.terminal.sessions.change_vault_password(old, new)
    await day.goes_wrong(day.terminal.sessions.unlock_vault(wrong))
    await day.terminal.sessions.unlock_vault(new)
    await day.goes_wrong(day.terminal.sessions.create_vault(wrong))
    return new


class Room:
    """A window for the dialogs of one day, and the words and pictures of what was seen in it."""

    def __init__(self, day: WatchedDay, qtbot: QtBot, folder: Path) -> None:
        self.day, self.folder = day, folder
        self.words: list[str] = []
        self.window = QWidget()
        self.window.resize(1200, 900)
        qtbot.addWidget(self.window)
        self.bridge = Bridge(day.terminal.bus, self.window)
        self.desk = Desk(Actions(self.window, {}), self.bridge, self.window)

    async def add_account(self) -> None:
        """Type keys into the form, once with an address that is refused; the new account is not switched on."""
        offer = next(one for one in self.day.terminal.sessions.brokers() if one.name == self.day.broker)
        dialog = AddAccountDialog(self.window, self.day.terminal, self.desk, "Encrypted file")
        dialog.open()
        dialog.choose(offer)
        form = dialog.form
        assert form is not None
        for field in offer.form.fields:
            if field.secret:
                form.fields[field.key].edit.setText(self.day.canaries.plant(f"typed {field.label}"))
        right = form.fields["redirect_url"].text
        form.fields["redirect_url"].edit.setText("nowhere")
        dialog.add_account_button.click()
        await until(lambda: form.fields["redirect_url"].problem.text != "", timeout_s=PATIENCE_S)
        self.keep(dialog, "form.png")
        form.fields["redirect_url"].edit.setText(right)
        dialog.add_account_button.click()
        await until(lambda: not dialog.isVisible(), timeout_s=PATIENCE_S)
        self.words += [edit.text() for edit in dialog.findChildren(QLineEdit)]
        added = self.day.terminal.accounts.all()[-1]
        assert added.name == offer.title
        assert "api_secret" in await self.day.container.secrets.fields(added.id)

    async def show_accounts(self) -> None:
        """Look at the wall."""
        dialog = AccountsDialog(self.window, self.day.terminal, self.desk)
        dialog.open()
        await until(lambda: dialog.isVisible() and not self.desk._tasks, timeout_s=PATIENCE_S)
        self.keep(dialog, "accounts.png")
        dialog.reject()

    def keep(self, dialog: QWidget, name: str) -> None:
        """Its picture, and all of its words as they are seen and read aloud."""
        assert dialog.grab().save(str(self.folder / name), "PNG")
        picture = QImage(str(self.folder / name))
        self.words += [picture.text(key) for key in picture.textKeys()]
        self.words += [one.text() for one in dialog.findChildren(QLabel)]
        self.words += [one.displayText() for one in dialog.findChildren(QLineEdit)]
        self.words += [
            f"{one.toolTip()} {one.accessibleName()} {one.accessibleDescription()} {one.windowTitle()}"
            for one in dialog.findChildren(QWidget)
        ]

    async def close(self) -> None:
        """End what the window does."""
        await self.desk.aclose()
        self.bridge.close()


def simulated(day: WatchedDay) -> list[object]:
    """What the simulators know of their clients; their orders have the texts that this test put there."""
    assert day.container.demo is not None
    return [
        (one.clients, one.tokens, one.codes) for one in day.container.demo._dialects if isinstance(one, DialectServer)
    ]


def crash(file: Any) -> None:
    """What a crash of the interpreter and of a thread would leave."""
    faulthandler.dump_traceback(file)
    try:
        raise RuntimeError("a thread ended by itself")
    except RuntimeError as error:
        threading.excepthook(threading.ExceptHookArgs((RuntimeError, error, error.__traceback__, None)))


@pytest.mark.parametrize("broker", BROKERS)
async def test_no_secret_is_found_anywhere_after_a_day_that_went_wrong(
    tmp_path: Path,
    broker: str,
    canaries: Canaries,
    logs: tuple[Ear, Any],
    qtbot: QtBot,
    expected_logs: LogGuard,
) -> None:
    ear, crash_file = logs
    expected_logs.allow(*EXPECTED)
    password = canaries.plant("master password")
    shown: list[str] = []
    async with watched_day(tmp_path, broker, canaries, password) as day:
        assert (await day.terminal.sessions.vault_state()).kind == "file"
        if broker == "upstox":
            await add_analytics_token(day)
        await log_in_wrongly(day)
        await day.turn_on()
        await day.note_session()
        await trade_with_trouble(day)
        await lose_session(day)
        await day.note_session()
        await change_password(day, password)
        room = Room(day, qtbot, tmp_path)
        await room.add_account()
        await room.show_accounts()
        await room.close()
        assert day.account.name in room.words
        shown += [*room.words, *printed(day.terminal.sessions, day.container.secrets, *simulated(day))]
        crash(crash_file)
        assert canaries.found_under(tmp_path) == [], "while it runs, with the database's journal"
        await day.terminal.sessions.turn_off(day.account.id)
        shown += [f"{one.title} {one.text} {one!r}" for one in day.notices]
        shown += [words_of(one) for one in day.errors]
    assert_there_was_something_to_find(tmp_path, canaries, ear, shown)
    assert canaries.found_under(tmp_path) == []
    assert canaries.told_by(ear.heard) == []
    assert canaries.told_by(shown) == []


async def add_analytics_token(day: WatchedDay) -> None:
    """One more key, which the broker has given out for the market's data."""
    assert day.container.demo is not None
    (dialect,) = (one for one in day.container.demo._dialects if isinstance(one, UpstoxDialect))
    await day.dial(mint_analytics_token=True)
    (token,) = dialect.state()["analytics_tokens"].values()
    await day.container.secrets.put(day.account.id, "analytics_token", day.canaries.add("analytics token", token))


def assert_there_was_something_to_find(home: Path, canaries: Canaries, ear: Ear, shown: list[str]) -> None:
    """The search would be worth nothing if the day had left no traces."""
    files = {path.name: path for path in home.rglob("*") if path.is_file()}
    wanted = {"bhav.db", "bhav.log", "crash.log", "accounts.json", "vault.bhav", "accounts.png", "form.png"}
    assert wanted <= files.keys()
    assert any(name.endswith(".instruments") for name in files)
    assert b"Rejected for" in files["bhav.db"].read_bytes()
    assert b"could not be connected" in files["bhav.log"].read_bytes()
    assert b"test_canary.py" in files["crash.log"].read_bytes()
    assert files["vault.bhav"].stat().st_size > 1000
    assert len(canaries.values) >= 10
    assert any("qasync" in text for text in ear.heard)
    assert any("Credentials(hidden)" in text for text in shown)
    assert any("RateLimited" in text for text in shown)


# The search itself.


class Careless:
    """Prints what it has."""

    def __init__(self, secret: str) -> None:
        self.secret = secret

    def __repr__(self) -> str:
        return f"Careless({self.secret!r})"


Careless.__module__ = "terminal_app.careless"


@pytest.mark.parametrize(
    "form",
    [
        lambda value: value.encode(),
        lambda value: value.encode("utf-16-le"),
        lambda value: value.encode("utf-16-be"),
        lambda value: quote(value, safe="").encode(),
        lambda value: quote(value, safe="").replace("%2F", "%2f").encode(),
        lambda value: base64.b64encode(b"x" + value.encode() + b"yz"),
        lambda value: base64.b64encode(b"xy" + value.encode()),
        lambda value: base64.urlsafe_b64encode(value.encode() + b"z"),
        lambda value: base64.b64encode(value.encode("utf-16-le")),
        lambda value: value.encode().hex().encode(),
        lambda value: ("\\n" + value.replace('"', '\\"')).encode(),
    ],
)
def test_the_search_finds_a_secret_in_any_form(tmp_path: Path, form: Any) -> None:
    canaries = Canaries()
    value = canaries.plant("planted")
    (tmp_path / "deep" / "er").mkdir(parents=True)
    place = tmp_path / "deep" / "er" / "file.bin"
    place.write_bytes(b"\x00\x01before " + b"0" * 3000)
    assert canaries.found_under(tmp_path) == []
    place.write_bytes(b"\x00\x01before " + form(value) + b" after\xff")
    assert canaries.found_under(tmp_path) == ["deep/er/file.bin: planted 0"]


def test_the_search_looks_into_pictures_lines_errors_and_objects(tmp_path: Path) -> None:
    canaries = Canaries()
    value = canaries.plant("planted")
    picture = QImage(4, 4, QImage.Format.Format_RGB32)
    picture.fill(0)
    picture.setText("Comment", value)
    assert picture.save(str(tmp_path / "picture.png"))
    assert canaries.found_under(tmp_path) == ["picture.png: planted 0"]
    ear = Ear()
    logger = logging.Logger("careless", logging.DEBUG)  # noqa: LOG001 - belongs to no tree
    logger.addHandler(ear)
    logger.debug("the argument is %s", (value,))
    assert canaries.told_by(["nothing", *ear.heard]) == [(ear.heard[0], ["planted 0"])]
    error = SessionExpired("log in again")
    error.__context__ = ValueError(value)
    error.__suppress_context__ = True
    assert canaries.found_in(words_of(error))
    assert any(canaries.found_in(text) for text in printed({"a": [Careless(value)]}))


def test_what_a_session_is_made_of_shows_nothing_of_it() -> None:
    canaries = Canaries()
    session = BrokerSession(SystemClock().now(), {"access_token": canaries.plant("access token")})
    assert not [text for text in printed(session) if canaries.found_in(text)]


async def test_calls_in_other_threads_carry_no_secret_into_a_talkative_log(
    tmp_path: Path, canaries: Canaries, logs: tuple[Ear, Any]
) -> None:
    """The control: an argument that does is heard beside the log, and is still not in the log's file."""
    ear, _ = logs
    value = canaries.plant("planted")
    await asyncio.to_thread(len, value)
    assert any(canaries.found_in(text) for text in ear.heard)
    assert canaries.found_under(tmp_path) == []
