"""Why a panel has nothing to show: the account is off, on its way, or could not be reached."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from terminal_app.domain.enums import ConnectionState

if TYPE_CHECKING:
    from terminal_app.domain.ids import AccountId
    from terminal_app.services.accounts import AccountService


class Message(Struct, frozen=True):
    """What stands where rows would be; ``[F1]`` in the hint is drawn as a key. A failed one offers Try again."""

    lead: str
    hint: str = ""
    failed: bool = False


def shown_accounts(accounts: AccountService) -> tuple[AccountId, ...]:
    """The chosen account, or all."""
    current = accounts.current
    return tuple(account.id for account in accounts.all()) if current is None else (current,)


def connected_accounts(accounts: AccountService) -> tuple[AccountId, ...]:
    """Those of the shown accounts that can be asked now."""
    return tuple(name for name in shown_accounts(accounts) if accounts.connection(name).state is ConnectionState.LIVE)


def broken_accounts(accounts: AccountService) -> tuple[AccountId, ...]:
    """Those of the shown accounts that the user wants and that do not work."""
    broken = (ConnectionState.ERROR, ConnectionState.EXPIRED)
    return tuple(name for name in shown_accounts(accounts) if accounts.connection(name).state in broken)


def standing(accounts: AccountService, what: str, safe: str) -> Message | None:
    """Why ``what`` ("Positions") cannot be known at all; None where an account is connected. ``safe`` says what is not in danger."""
    if connected_accounts(accounts):
        return None
    shown = shown_accounts(accounts)
    states = {name: accounts.connection(name) for name in shown}
    for connection in states.values():
        if connection.state is ConnectionState.LOGGING_IN:
            return Message("Connecting", f"{what} appear as soon as the account is connected.")
    for connection in states.values():
        if connection.state in (ConnectionState.ERROR, ConnectionState.EXPIRED):
            return Message(f"{what} could not be read.", f"{connection.reason.rstrip('.')}. {safe}", failed=True)
    name = accounts.get(shown[0]).name if len(shown) == 1 else "Every account"
    return Message(f"{name} is off.", "Turn it on in Accounts, [Ctrl+Shift+A]")


def doubt(accounts: AccountService, what: str) -> tuple[str, str] | None:
    """Fact and meaning for a bar over rows of which some may be out of date: an account of them lost its connection."""
    broken = broken_accounts(accounts)
    if not broken:
        return None
    names = ", ".join(accounts.get(name).name for name in broken)
    reason = accounts.connection(broken[0]).reason.rstrip(".")
    return f"{names} is not connected." if len(broken) == 1 else f"{names} are not connected.", (
        f"{reason}. {what} of it are as they were last known."
    )


def reconnect(accounts: AccountService) -> tuple[AccountId, ...]:
    """The accounts that Try again is about: the broken ones, else all that are shown and not connected."""
    connected = set(connected_accounts(accounts))
    return broken_accounts(accounts) or tuple(name for name in shown_accounts(accounts) if name not in connected)
