"""What the frame and the wall say of live accounts: how many wait for a login, calls left for orders, how old the feed is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from terminal_app.domain.enums import AccountKind, ConnectionState
from terminal_app.ui import formats

if TYPE_CHECKING:
    from terminal_app.services.terminal import Terminal

_ORDER_BUDGETS = ("order", "place")
"""What the name of the budget for orders has in it."""


def waiting(terminal: Terminal) -> int:
    """How many live accounts are not connected."""
    return sum(
        account.kind is AccountKind.LIVE
        and terminal.accounts.connection(account.id).state not in (ConnectionState.LIVE, ConnectionState.LOGGING_IN)
        for account in terminal.accounts.all()
    )


def order_budget(calls: tuple[tuple[str, int, int], ...]) -> tuple[int, int] | None:
    """Calls left and allowed of the budget that orders use; None where the broker has none."""
    return next(
        ((left, size) for name, left, size in calls if any(word in name.casefold() for word in _ORDER_BUDGETS)), None
    )


def feed_age(age_s: float) -> str:
    """How long ago prices came: `43 ms`, then `14 s old`."""
    return formats.milliseconds(age_s * 1000) if age_s < 1 else formats.age(age_s)
