"""What the card of an account says: decided here, without widgets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from terminal_app.domain.enums import AccountKind, ConnectionState
from terminal_app.ui import formats
from terminal_app.ui.kit.lamp import LampState
from terminal_app.ui.shell.switcher import broker_name, lamp_state

if TYPE_CHECKING:
    from terminal_app.domain.account import Account, Connection
    from terminal_app.domain.ids import AccountId
    from terminal_app.services.terminal import Terminal

_MOST_KEYS = 9


class Fact(Struct, frozen=True):
    """A line of the card: label, figure, and a remark behind the figure."""

    label: str
    value: str
    note: str = ""
    tone: str = "text.1"


class AccountFacts(Struct, frozen=True):
    """Everything that one card shows. ``word`` is the state in a word, ``reason`` says why and what follows from it."""

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


def account_facts(terminal: Terminal, account: Account, place: int) -> AccountFacts:
    """The card of ``account``, which stands at ``place`` (from 0) in the list of accounts."""
    connection = terminal.accounts.connection(account.id)
    is_paper = account.kind is AccountKind.PAPER
    return AccountFacts(
        id=account.id,
        name=account.name,
        kind="simulated money" if is_paper else broker_name(account.broker),
        letter=(account.name if is_paper else broker_name(account.broker))[:1].upper(),
        lamp=lamp_state(account, connection),
        word=_word(connection.state, is_paper=is_paper),
        reason=_reason(terminal, connection, is_paper=is_paper),
        rows=_rows(terminal, account, connection),
        is_paper=is_paper,
        is_current=terminal.accounts.current == account.id,
        is_on=account.active,
        is_busy=connection.state is ConnectionState.LOGGING_IN,
        key=f"Ctrl {place + 1}" if place < _MOST_KEYS else "",
    )


def subtitle(terminal: Terminal) -> str:
    """How many accounts there are and how many of them work."""
    accounts = terminal.accounts.all()
    ready = sum(terminal.accounts.connection(account.id).state is ConnectionState.LIVE for account in accounts)
    return f"{ready} of {len(accounts)} connected"


def _word(state: ConnectionState, *, is_paper: bool) -> str:
    return {
        ConnectionState.LIVE: "Ready" if is_paper else "Live",
        ConnectionState.LOGGING_IN: "Connecting",
        ConnectionState.EXPIRED: "Expired",
        ConnectionState.ERROR: "Error",
        ConnectionState.OFF: "Off",
    }[state]


def _reason(terminal: Terminal, connection: Connection, *, is_paper: bool) -> str:
    if connection.state is ConnectionState.LIVE and is_paper:
        market = "a recorded market" if terminal.replay is not None else "the practice market"
        return f"Trades on {market}. Nothing is sent to an exchange."
    if connection.state is ConnectionState.OFF and connection.since is not None:
        at = formats.hour_minute(connection.since)
        return f"{connection.reason} at {at}. Its prices and orders stand still until you turn it on."
    if connection.state is ConnectionState.ERROR:
        return f"{connection.reason} No order can be sent from it. Turn it off and on to try again."
    return connection.reason


def _rows(terminal: Terminal, account: Account, connection: Connection) -> tuple[Fact, ...]:
    rows = [Fact("Prices", terminal.prices_from, _replay_note(terminal))] if account.kind is AccountKind.PAPER else []
    if connection.state is not ConnectionState.LIVE:
        return (
            *rows,
            Fact("Cash", "after connecting", tone="text.3"),
            Fact("Day P&L", "after connecting", tone="text.3"),
        )
    funds = terminal.portfolio.funds(account.id)
    opening = f"of {formats.money(terminal.accounts.funds_at_start(account.id))}"
    pnl = terminal.portfolio.day_pnl(account.id)
    return (
        *rows,
        Fact("Cash", formats.money(funds.available if funds else None), opening if funds else ""),
        Fact("Day P&L", formats.signed(pnl), tone=formats.tone(pnl)),
    )


def _replay_note(terminal: Terminal) -> str:
    replay = terminal.replay
    if replay is None:
        return "simulated"
    if replay.paused:
        return "replay, paused"
    return f"replay, {replay.speed:g}\u00d7" if replay.speed else "replay, as fast as it can"
