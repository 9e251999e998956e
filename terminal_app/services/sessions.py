"""Live accounts: their keys, logins and sessions, from the switch to the last tick."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Protocol

from msgspec import Struct

from terminal_app.brokers.base import LiveBroker, LoginForm
from terminal_app.domain.account import Account, BrokerSession, Profile
from terminal_app.domain.clock import ist
from terminal_app.domain.enums import AccountKind, ConnectionState, Exchange, Interval
from terminal_app.domain.errors import (
    BadInput,
    BhavError,
    BrokerUnavailable,
    ConfigError,
    LoginCancelled,
    LoginError,
    LoginFailed,
    SessionExpired,
    VaultError,
)
from terminal_app.domain.funds import Margin
from terminal_app.domain.hours import trading_day
from terminal_app.domain.ids import AccountId, InstrumentId
from terminal_app.domain.instrument import Instrument, InstrumentDump
from terminal_app.domain.login import LoginPrompter
from terminal_app.domain.market import Bar
from terminal_app.domain.messages import InstrumentsChanged, Notice, NoticeLevel
from terminal_app.domain.order import OrderRequest
from terminal_app.services.accounts import AccountService
from terminal_app.services.rooms import Rooms
from terminal_app.trading.tasks import TaskKeeper

_log = logging.getLogger(__name__)
_SESSION = "session_"
_ENDS = "ends_session"
_WARM_S = 30.0
"""Brokers' balancers close a connection that was silent for a minute."""
_LOOK_S = 20.0
"""How often the end of a session is looked for: a computer that slept wakes up after it."""


class Hidden(Protocol):
    """A secret that shows itself only when asked."""

    def reveal(self) -> str:
        """The text."""
        ...


class VaultState(Struct, frozen=True):
    """Where secrets are kept. ``is_ready``: they can be read and written now; else ``reason`` says what is missing.

    ``is_new``: an encrypted file that is to be made, so its password is asked for twice.
    """

    kind: str
    name: str
    is_ready: bool
    is_locked: bool
    reason: str = ""
    is_new: bool = False


class SecretVault(Protocol):
    """Where secrets are kept. Every call raises VaultError or VaultLocked."""

    async def get(self, account: AccountId, field: str) -> Hidden | None:
        """One secret; None where there is none."""
        ...

    async def put(self, account: AccountId, field: str, text: str) -> None:
        """Keep one."""
        ...

    async def delete(self, account: AccountId, field: str) -> None:
        """Forget one; does nothing where there is none."""
        ...

    async def fields(self, account: AccountId) -> tuple[str, ...]:
        """The names of an account's secrets."""
        ...

    async def forget(self, account: AccountId, also: Iterable[str] = ()) -> None:
        """Forget all of an account; the fields ``also`` even where its list of fields is damaged."""
        ...

    async def state(self) -> VaultState:
        """Whether it can be used now."""
        ...

    async def unlock(self, password: str) -> None:
        """Open an encrypted file. Raises VaultLocked where the password is wrong."""
        ...

    async def create(self, password: str) -> None:
        """Use an encrypted file from now on."""
        ...

    async def change_password(self, old: str, new: str) -> None:
        """Encrypt the file anew."""
        ...


class DumpCache(Protocol):
    """The brokers' lists of instruments, kept for the trading day."""

    async def load(self, broker: str, fetch: Callable[[], Awaitable[InstrumentDump]]) -> tuple[InstrumentDump, str]:
        """Today's list, fetched where it is not there yet; with a sentence where only an older one could be had."""
        ...


class BrokerOffer(Struct, frozen=True):
    """A broker that an account can be added for."""

    name: str
    title: str
    form: LoginForm


class BrokerShop(Protocol):
    """The brokers there are."""

    def offers(self) -> tuple[BrokerOffer, ...]:
        """Every broker of the real world, with what it asks for."""
        ...

    async def check(self, broker: str, credentials: Mapping[str, str]) -> None:
        """Whether an account could be opened with these keys; nothing is sent. Raises ConfigError naming a key."""
        ...

    def open(self, account: Account, credentials: Mapping[str, str], session: Mapping[str, str] | None) -> LiveBroker:
        """A broker for an account; no I/O. Raises ConfigError."""
        ...


class _Line(Struct, eq=False):
    """A connected account."""

    account: Account
    broker: LiveBroker
    tasks: TaskKeeper
    ends: datetime
    feed: str


class SessionService:
    """Turns live accounts on and off. What a user can expect to go wrong is told on the account's card and never raised from a switch."""

    def __init__(
        self,
        accounts: AccountService,
        rooms: Rooms,
        shop: BrokerShop,
        vault: SecretVault,
        dumps: DumpCache,
        say: Callable[[Notice], None],
        *,
        announce_instruments: Callable[[InstrumentsChanged], None],
        ask_address: Callable[[], Awaitable[str]],
    ) -> None:
        self._accounts = accounts
        self._rooms = rooms
        self._shop = shop
        self._vault = vault
        self._dumps = dumps
        self._say = say
        self._announce_instruments = announce_instruments
        self._ask_address = ask_address
        self._prompter: Callable[[Account], LoginPrompter] | None = None
        self._lines: dict[AccountId, _Line] = {}
        self._turns: dict[AccountId, asyncio.Lock] = {}
        self._tasks = TaskKeeper(self._on_fault)
        self._listed: dict[str, InstrumentDump] = {}

    def use_prompter(self, prompter: Callable[[Account], LoginPrompter]) -> None:
        """Who asks the user from now on, for each account."""
        self._prompter = prompter

    # Accounts.

    def brokers(self) -> tuple[BrokerOffer, ...]:
        """What an account can be added for."""
        return self._shop.offers()

    async def add(self, broker: str, name: str, values: Mapping[str, str], *, is_demo: bool = False) -> Account:
        """A new account with its keys in the vault, switched off. Raises BadInput naming the field, VaultError, StorageError."""
        offer = next((one for one in self.brokers() if one.name == broker), None)
        if offer is None:
            raise BadInput("broker", f"Bhav does not know the broker {broker}.")
        texts = {field.key: values.get(field.key, "").strip() for field in offer.form.fields}
        for field in offer.form.fields:
            if field.required and not texts[field.key]:
                raise BadInput(field.key, f"{field.label} is missing. {field.help}")
        await self._shop.check(broker, texts)
        state = await self._vault.state()
        if not state.is_ready:
            raise VaultError(state.reason)
        account = self._accounts.add_live(broker, name, values.get("address", "").strip(), is_demo=is_demo)
        try:
            for key, text in texts.items():
                if text:
                    await self._vault.put(account.id, key, text)
        except BhavError:
            await self._undo_add(account.id)
            raise
        self._accounts.show_connection(account.id, ConnectionState.OFF, "Off. Switch it on to log in.")
        return account

    async def rename(self, account: AccountId, name: str) -> None:
        """Call an account by another name. Raises BadInput, StorageError."""
        self._accounts.rename(account, name)

    async def remove(self, account: AccountId) -> None:
        """Log out, and forget the account with all its keys. Raises BadInput, VaultError, StorageError; then it is still there."""
        if self._accounts.get(account).kind is AccountKind.PAPER:
            raise BadInput("account", "A paper account is switched off, not removed.")
        await self.turn_off(account)
        await self._vault.forget(account, self._fields_of(self._accounts.get(account).broker))
        self._accounts.remove(account)

    async def public_address(self, account: AccountId) -> tuple[str, datetime]:
        """The internet address that the world sees of this computer, and when it was asked for. Raises BrokerUnavailable."""
        return await self._ask_address(), datetime.now(UTC)

    # The switch.

    async def turn_on(self, account: AccountId) -> None:
        """Connect: with the kept session where it is still good, else through the broker's login."""
        if self._accounts.get(account).kind is AccountKind.PAPER:
            await self._accounts.set_active(account, True)
            return
        async with self._turn(account):
            if account not in self._lines:
                await self._connect(self._accounts.get(account))

    async def turn_off(self, account: AccountId) -> None:
        """Log out and forget the session; the keys stay."""
        if self._accounts.get(account).kind is AccountKind.PAPER:
            await self._accounts.set_active(account, False)
            return
        async with self._turn(account):
            line = self._lines.get(account)
            trouble = ""
            if line is not None:
                trouble = await self._log_out(line)
                await self._end(line)
            trouble = await self._forget_session(account) or trouble
            self._accounts.mark(account, active=False)
            self._accounts.show_connection(account, ConnectionState.OFF, trouble or "You turned it off")

    async def log_in(self, account: AccountId) -> None:
        """Log in again after a session ended."""
        await self.turn_on(account)

    async def log_in_all(self) -> None:
        """Log in every live account that needs it, one after the other; giving one up ends it."""
        for account in self._accounts.all():
            if account.kind is AccountKind.LIVE and account.id not in self._lines:
                await self.turn_on(account.id)
                if account.id not in self._lines:
                    return

    async def aclose(self) -> None:
        """Close every connection; the sessions stay good for the next start."""
        await self._tasks.cancel()
        for line in tuple(self._lines.values()):
            await self._end(line)

    # What connected accounts answer.

    def now(self) -> datetime:
        """The time that sessions end by: real time, whatever a practice market plays. Aware UTC."""
        return self._rooms.live.clock.now()

    async def history(self, id: InstrumentId, interval: Interval, start: datetime, end: datetime) -> list[Bar]:
        """Bars from a connected broker. Raises BrokerError."""
        for line in self._lines.values():
            return await line.broker.bars(id, interval, start, end)
        raise BrokerUnavailable("No live account is connected: log in to see its charts.")

    async def margin(self, account: AccountId, orders: Sequence[OrderRequest]) -> Margin:
        """What these orders would need. Raises BrokerError."""
        return await self._line(account).broker.margin(orders)

    def remaining_calls(self, account: AccountId) -> tuple[tuple[str, int, int], ...]:
        """The broker's budget of calls; empty where the account is not connected."""
        line = self._lines.get(account)
        return line.broker.remaining_calls() if line is not None else ()

    def feed_age_s(self, account: AccountId) -> float | None:
        """Seconds since the account's feed brought anything."""
        line = self._lines.get(account)
        return self._rooms.live.hub.feed_age_s(line.feed) if line is not None else None

    # The vault.

    async def vault_state(self) -> VaultState:
        """Where secrets are kept and whether that works."""
        return await self._vault.state()

    async def unlock_vault(self, password: str) -> None:
        """Open the encrypted file. Raises VaultLocked, VaultError."""
        await self._vault.unlock(password)

    async def create_vault(self, password: str) -> None:
        """Keep secrets in an encrypted file from now on. Raises VaultError."""
        await self._vault.create(password)

    async def change_vault_password(self, old: str, new: str) -> None:
        """Raises VaultLocked where the old one is wrong, VaultError."""
        await self._vault.change_password(old, new)

    # How it is done.

    async def _connect(self, account: Account) -> None:
        self._show(account, ConnectionState.LOGGING_IN, "Connecting")
        try:
            line = await self._open(account)
        except LoginError as error:
            self._fail(account, ConnectionState.OFF, error)
        except BhavError as error:
            self._fail(account, ConnectionState.ERROR, error)
        except BaseException:
            # Given up from outside, or a fault: whoever waits for it is told, and the switch must not stand between on and off.
            self._accounts.mark(account.id, active=False)
            self._show(account, ConnectionState.OFF, "The login was broken off. Switch it on to try again.")
            raise
        else:
            self._show(account, ConnectionState.LIVE, "Orders and prices work", line.ends)

    def _fail(self, account: Account, state: ConnectionState, error: BhavError) -> None:
        _log.warning("account %s could not be connected: %s", account.id, error.message)
        self._accounts.mark(account.id, active=False)
        self._show(account, state, error.message)
        if not isinstance(error, LoginCancelled):
            text = f"{error.message} No order can be sent from it until it is connected."
            self._notice(NoticeLevel.FAILED, f"{account.name} is not connected", text, account.id)

    async def _open(self, account: Account) -> _Line:
        """Everything from the keys to the first tick. Raises BhavError; then nothing of it is left."""
        credentials = await self._credentials(account)
        broker, profile, ends = await self._session(account, credentials)
        line = _Line(account, broker, TaskKeeper(self._on_fault), ends, f"{account.name} prices")
        room = self._rooms.live
        try:
            await self._list_instruments(account, broker)
            await room.desk.attach(account.id, broker)
            await room.portfolio.attach(account.id, broker)
            room.hub.add_feed(line.feed, broker.feed, account=account.id)
            self._accounts.mark(account.id, active=True, client_id=profile.client_id)
        except BaseException:
            await self._end(line)
            raise
        self._lines[account.id] = line
        broker.on_session_lost = lambda error: self._lose(line, "The broker ended the session: log in.", error.message)
        line.tasks.start(self._watch_end(line), f"session of {account.id}")
        line.tasks.start(self._keep_warm(line), f"connection of {account.id}")
        if self._rooms.shown is room:
            # Not before bars can be asked for: what could not be shown without a connection is tried again now.
            self._announce_instruments(InstrumentsChanged(len(room.catalogue)))
        return line

    async def _credentials(self, account: Account) -> dict[str, str]:
        offer = next((one for one in self.brokers() if one.name == account.broker), None)
        if offer is None:
            raise ConfigError("broker", f"Bhav does not know the broker {account.broker}.")
        found: dict[str, str] = {}
        for field in offer.form.fields:
            secret = await self._vault.get(account.id, field.key)
            if secret is not None:
                found[field.key] = secret.reveal()
            elif field.required:
                raise ConfigError(
                    field.key, f"{field.label} is not in the keyring: remove the account and add it again."
                )
        return found

    async def _session(self, account: Account, credentials: Mapping[str, str]) -> tuple[LiveBroker, Profile, datetime]:
        """A broker that is logged in: by the kept session where the broker still takes it."""
        kept = await self._kept_session(account.id)
        if kept is not None:
            broker = self._shop.open(account, credentials, kept.values)
            try:
                return broker, self._checked(account, await broker.profile()), kept.expires_at
            except SessionExpired:
                await broker.aclose()
                await self._forget_session(account.id)
            except BaseException:
                await broker.aclose()
                raise
        if self._prompter is None:
            raise LoginFailed("There is no window to log in with.")
        self._show(account, ConnectionState.LOGGING_IN, "Waiting for your login")
        broker = self._shop.open(account, credentials, None)
        try:
            session = await broker.login(self._prompter(account))
            profile = self._checked(account, await broker.profile())
            await self._keep_session(account.id, session)
        except BaseException:
            await broker.aclose()
            raise
        return broker, profile, session.expires_at

    @staticmethod
    def _checked(account: Account, profile: Profile) -> Profile:
        """The right person logged in. Raises LoginFailed."""
        if account.client_id and profile.client_id != account.client_id:
            raise LoginFailed(
                f"You logged in as {profile.client_id}, but this account is {account.client_id}: log in with that one, "
                "or add the other as an account of its own."
            )
        return profile

    async def _list_instruments(self, account: Account, broker: LiveBroker) -> None:
        dump, warning = await self._dumps.load(account.broker, broker.instruments)
        broker.use_instruments(dump)
        if warning:
            self._notice(NoticeLevel.DOUBT, "The instrument list is old", warning, account.id)
        if self._listed.get(account.broker) is not dump:
            self._listed[account.broker] = dump
            catalogue, dumps = self._rooms.live.catalogue, tuple(self._listed.values())
            await asyncio.to_thread(lambda: catalogue.replace(_merged(dumps)))
            await asyncio.to_thread(catalogue.prepare)

    async def _watch_end(self, line: _Line) -> None:
        """End the session at its time, also when the computer slept over it."""
        clock = self._rooms.live.clock
        while (left_s := (line.ends - clock.now()).total_seconds()) > 0:  # noqa: ASYNC110 - time tells nobody that it has come
            await asyncio.sleep(min(left_s, _LOOK_S))
        self._lose(line, f"The session ended at {ist(line.ends):%H:%M}: log in.")

    async def _keep_warm(self, line: _Line) -> None:
        """In market hours an order finds its connection open."""
        room = self._rooms.live
        while True:
            now = room.clock.now()
            span = room.hours.day_span(Exchange.NSE, trading_day(now))
            if span is not None and span[0] <= now < span[1]:
                await line.broker.keep_warm()
            await asyncio.sleep(_WARM_S)

    def _lose(self, line: _Line, reason: str, words: str = "") -> None:
        """The session is over; ``words`` are the broker's own."""
        if self._lines.get(line.account.id) is line:
            self._tasks.start(self._expire(line, reason, words), f"end the session of {line.account.id}")

    async def _expire(self, line: _Line, reason: str, words: str) -> None:
        account = line.account
        async with self._turn(account.id):
            if self._lines.get(account.id) is not line:
                return
            await self._end(line)
            await self._forget_session(account.id)
            self._accounts.mark(account.id, active=False)
            self._show(account, ConnectionState.EXPIRED, reason)
            self._notice(NoticeLevel.DOUBT, f"{account.name}: log in", words or reason, account.id)

    async def _end(self, line: _Line) -> None:
        """Take an account off the market; whatever of it stands."""
        room, account = self._rooms.live, line.account.id
        self._lines.pop(account, None)
        line.broker.on_session_lost = None
        await room.hub.remove_feed(line.feed)
        await room.portfolio.detach(account)
        await room.desk.detach(account)
        await line.broker.aclose()
        # The last: an end that comes from the watch itself is not cut short by it.
        await line.tasks.cancel()

    async def _log_out(self, line: _Line) -> str:
        """A sentence where the broker could not be told."""
        try:
            await line.broker.logout()
        except BhavError as error:
            _log.warning("the logout of %s failed: %s", line.account.id, error.message)
            return f"Off here. The broker could not be told: {error.message}"
        return ""

    async def _kept_session(self, account: AccountId) -> BrokerSession | None:
        ends = await self._vault.get(account, _ENDS)
        if ends is None:
            return None
        expires_at = datetime.fromisoformat(ends.reveal())
        if expires_at <= self._rooms.live.clock.now():
            await self._forget_session(account)
            return None
        values: dict[str, str] = {}
        for field in await self._vault.fields(account):
            secret = await self._vault.get(account, field) if field.startswith(_SESSION) else None
            if secret is not None:
                values[field.removeprefix(_SESSION)] = secret.reveal()
        return BrokerSession(expires_at, values)

    async def _keep_session(self, account: AccountId, session: BrokerSession) -> None:
        """The end is written last: without it the rest counts as nothing."""
        try:
            for key, value in session.values.items():
                await self._vault.put(account, _SESSION + key, value)
            await self._vault.put(account, _ENDS, session.expires_at.isoformat())
        except BaseException:
            await self._forget_session(account, session.values)
            raise

    async def _forget_session(self, account: AccountId, also: Iterable[str] = ()) -> str:
        """A sentence where the vault does not let go of it. ``also`` are values that it may know of without having them."""
        try:
            await self._vault.delete(account, _ENDS)
            kept = (field for field in await self._vault.fields(account) if field.startswith(_SESSION))
            for field in sorted({*kept, *(_SESSION + key for key in also)}):
                await self._vault.delete(account, field)
        except VaultError as error:
            _log.warning("the session of %s could not be removed: %s", account, error.message)
            return f"The session is still in the keyring: {error.message}"
        return ""

    async def _undo_add(self, account: AccountId) -> None:
        try:
            await self._vault.forget(account, self._fields_of(self._accounts.get(account).broker))
        except VaultError as error:
            # The account stays, so that its keys can be removed with it later.
            self._accounts.show_connection(account, ConnectionState.ERROR, f"Remove it: {error.message}")
            return
        self._accounts.remove(account)

    def _fields_of(self, broker: str) -> tuple[str, ...]:
        return tuple(field.key for offer in self.brokers() if offer.name == broker for field in offer.form.fields)

    def _line(self, account: AccountId) -> _Line:
        line = self._lines.get(account)
        if line is None:
            raise BrokerUnavailable("The account is not connected.")
        return line

    def _turn(self, account: AccountId) -> asyncio.Lock:
        """One change of an account at a time."""
        return self._turns.setdefault(account, asyncio.Lock())

    def _show(self, account: Account, state: ConnectionState, reason: str, ends: datetime | None = None) -> None:
        self._accounts.show_connection(account.id, state, reason, ends)

    def _notice(self, level: NoticeLevel, title: str, text: str, account: AccountId) -> None:
        self._say(Notice(level, title, text, self.now(), "account", account))

    def _on_fault(self, name: str, error: BaseException) -> None:
        _log.error("%s failed", name, exc_info=error)


def _merged(dumps: Iterable[InstrumentDump]) -> list[Instrument]:
    """Every instrument once, as the first broker lists it."""
    merged: dict[InstrumentId, Instrument] = {}
    for dump in dumps:
        for instrument in dump.instruments:
            merged.setdefault(instrument.id, instrument)
    return list(merged.values())
