"""What the card of an account says: decided here, without widgets."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import Struct

from terminal_app.domain.enums import AccountKind, ConnectionState
from terminal_app.ui import formats
from terminal_app.ui.kit.lamp import LampState
from terminal_app.ui.shell.live_facts import feed_age, order_budget
from terminal_app.ui.shell.switcher import broker_name, lamp_state

if TYPE_CHECKING:
    from terminal_app.domain.account import Account, Connection
    from terminal_app.domain.ids import AccountId
    from terminal_app.services.terminal import Terminal

_MOST_KEYS = 9
ADDRESS_ROW = "Address"
_SOON_S = 1800


class Fact(Struct, frozen=True):
    """A line of the card: label, figure, and a remark behind the figure."""

    label: str
    value: str
    note: str = ""
    tone: str = "text.1"


class SeenAddress(Struct, frozen=True):
    """The address that the world saw of this computer when it was asked for."""

    address: str
    asked_at: datetime


class AccountFacts(Struct, frozen=True):
    """Everything that one card shows. ``word`` is the state in a word, ``reason`` says why and what follows from it.

    ``wants_login`` is whether logging in is the next thing to do.
    """

    id: AccountId
    name: str
    kind: str
    letter: str
    lamp: LampState
    word: str
    reason: str
    rows: tuple[Fact, ...]
    is_paper: bool
    is_current: bool
    is_on: bool
    is_busy: bool
    key: str
    wants_login: bool = False


def account_facts(terminal: Terminal, account: Account, place: int, seen: SeenAddress | None = None) -> AccountFacts:
    """The card of ``account``, which stands at ``place`` (from 0) in the list of accounts."""
    connection = terminal.accounts.connection(account.id)
    is_paper = account.kind is AccountKind.PAPER
    rows = _paper_rows(terminal, account, connection) if is_paper else _live_rows(terminal, account, connection, seen)
    return AccountFacts(
        id=account.id,
        name=account.name,
        kind="simulated money" if is_paper else " ".join((broker_name(account.broker), account.client_id)).strip(),
        letter=(account.name if is_paper else broker_name(account.broker))[:1].upper(),
        lamp=lamp_state(account, connection),
        word=_word(connection.state, is_paper=is_paper),
        reason=_paper_reason(terminal, connection) if is_paper else _live_reason(connection),
        rows=rows,
        is_paper=is_paper,
        is_current=terminal.accounts.current == account.id,
        is_on=account.active,
        is_busy=connection.state is ConnectionState.LOGGING_IN,
        key=f"Ctrl {place + 1}" if place < _MOST_KEYS else "",
        wants_login=not is_paper and connection.state in (ConnectionState.EXPIRED, ConnectionState.ERROR),
    )


def subtitle(terminal: Terminal) -> str:
    """How many accounts there are and how many of them work."""
    accounts = terminal.accounts.all()
    ready = sum(terminal.accounts.connection(account.id).state is ConnectionState.LIVE for account in accounts)
    return f"{ready} of {len(accounts)} connected"


def _word(state: ConnectionState, *, is_paper: bool) -> str:
    return {
        ConnectionState.LIVE: "Ready" if is_paper else "Live",
        ConnectionState.LOGGING_IN: "Connecting" if is_paper else "Logging in",
        ConnectionState.EXPIRED: "Expired",
        ConnectionState.ERROR: "Error",
        ConnectionState.OFF: "Off",
    }[state]


def _paper_reason(terminal: Terminal, connection: Connection) -> str:
    if connection.state is ConnectionState.LIVE:
        market = "a recorded market" if terminal.replay is not None else "the practice market"
        return f"Trades on {market}. Nothing is sent to an exchange."
    if connection.state is ConnectionState.OFF and connection.since is not None:
        at = formats.hour_minute(connection.since)
        return f"{connection.reason} at {at}. Its prices and orders stand still until you turn it on."
    if connection.state is ConnectionState.ERROR:
        return f"{connection.reason} No order can be sent from it. Turn it off and on to try again."
    return connection.reason


def _live_reason(connection: Connection) -> str:
    if connection.state is ConnectionState.LIVE:
        return f"{_sentence(connection.reason)} Connected at {formats.hour_minute(connection.since)}."
    if connection.state is ConnectionState.LOGGING_IN:
        return _sentence(connection.reason)
    if connection.state is ConnectionState.OFF and connection.since is None:
        return "Turning it on opens the broker's login."
    if connection.state is ConnectionState.ERROR:
        return f"{_sentence(connection.reason)} No order can be sent from it."
    return _sentence(connection.reason)


def _sentence(text: str) -> str:
    return text if not text or text.endswith((".", "!", "?")) else f"{text}."


def _paper_rows(terminal: Terminal, account: Account, connection: Connection) -> tuple[Fact, ...]:
    prices = Fact("Prices", terminal.prices_from, _replay_note(terminal))
    if connection.state is not ConnectionState.LIVE:
        return (
            prices,
            Fact("Cash", "after connecting", tone="text.3"),
            Fact("Day P&L", "after connecting", tone="text.3"),
        )
    funds = terminal.portfolio.funds(account.id)
    opening = f"of {formats.money(terminal.accounts.funds_at_start(account.id))}"
    return (
        prices,
        Fact("Cash", formats.money(funds.available if funds else None), opening if funds else ""),
        _day_pnl(terminal, account),
    )


def _live_rows(
    terminal: Terminal, account: Account, connection: Connection, seen: SeenAddress | None
) -> tuple[Fact, ...]:
    addresses = _addresses(account, seen)
    if connection.state is not ConnectionState.LIVE:
        rows = [Fact(label, "after login", tone="text.3") for label in ("Session", "Feed", "Day P&L")]
        return (*rows[:2], *addresses, rows[2])
    return (_session(terminal, connection), _feed(terminal, account), *addresses, _day_pnl(terminal, account))


def _session(terminal: Terminal, connection: Connection) -> Fact:
    if connection.session_ends is None:
        return Fact("Session", formats.EN_DASH, tone="text.3")
    left_s = (connection.session_ends - terminal.sessions.now()).total_seconds()
    tone = "warn" if left_s < _SOON_S else "text.1"
    return Fact(
        "Session", f"ends {formats.hour_minute(connection.session_ends)}", f"in {formats.duration(left_s)}", tone
    )


def _feed(terminal: Terminal, account: Account) -> Fact:
    age_s = terminal.sessions.feed_age_s(account.id)
    budget = order_budget(terminal.sessions.remaining_calls(account.id))
    note = f"{budget[0]} of {budget[1]} orders left" if budget is not None else ""
    if age_s is None:
        return Fact("Feed", "no prices yet", note, "text.3")
    return Fact("Feed", feed_age(age_s), note)


def _addresses(account: Account, seen: SeenAddress | None) -> tuple[Fact, ...]:
    """The registered address, where it was told, and this computer's, where it was asked for."""
    note = "" if seen is None else f"asked {formats.hour_minute(seen.asked_at)}"
    own = Fact(
        ADDRESS_ROW, formats.EN_DASH if seen is None else seen.address, note, "text.3" if seen is None else "text.1"
    )
    if not account.address:
        return (own,)
    if seen is None:
        return Fact("Registered", account.address), own
    is_same = account.address == seen.address
    return Fact(
        "Registered", account.address, "the same" if is_same else "differs", "text.1" if is_same else "error"
    ), own


def _day_pnl(terminal: Terminal, account: Account) -> Fact:
    pnl = terminal.portfolio.day_pnl(account.id)
    return Fact("Day P&L", formats.signed(pnl), tone=formats.tone(pnl))


def _replay_note(terminal: Terminal) -> str:
    replay = terminal.replay
    if replay is None:
        return "simulated"
    if replay.paused:
        return "replay, paused"
    return f"replay, {replay.speed:g}\u00d7" if replay.speed else "replay, as fast as it can"
