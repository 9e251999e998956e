"""Exiting positions from the window: what is to be closed, the question before it, and how it went."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from terminal_app.domain.enums import AccountKind
from terminal_app.domain.messages import NoticeLevel
from terminal_app.ui import formats
from terminal_app.ui.drafts import ConfirmRequest
from terminal_app.ui.panels.common.words import account_name, counted, kind_word

if TYPE_CHECKING:
    from terminal_app.domain.ids import AccountId
    from terminal_app.domain.position import PositionKey
    from terminal_app.services.terminal import Terminal
    from terminal_app.ui.panels.positions.model import PositionRow

_NAMED = 6


class ExitPlan(Struct, frozen=True):
    """What is closed in one account; ``keys`` None: everything that is open."""

    account: AccountId
    keys: tuple[PositionKey, ...] | None


class ExitReport(Struct, frozen=True):
    """Whether all of it is flat and proven so, and the words for the bar."""

    flat: bool
    fact: str
    text: str


def plan_selected(rows: Sequence[PositionRow]) -> list[ExitPlan]:
    """Close exactly these."""
    keys: dict[AccountId, list[PositionKey]] = {}
    for row in rows:
        if row.is_exposure:
            keys.setdefault(row.account, []).append(row.key)
    return [ExitPlan(account, tuple(found)) for account, found in keys.items()]


def plan_all(rows: Sequence[PositionRow]) -> list[ExitPlan]:
    """Close everything in every account that has something open."""
    return [ExitPlan(account, None) for account in dict.fromkeys(row.account for row in rows if row.is_exposure)]


def question(
    terminal: Terminal, plans: Sequence[ExitPlan], rows: Sequence[PositionRow], *, everything: bool
) -> ConfirmRequest:
    """Names what is closed, where, and whether the money is real. ``rows`` are those the plans are about."""
    accounts = [terminal.accounts.get(plan.account) for plan in plans]
    facts = [("Account", f"{account.name}, {kind_word(account)}") for account in accounts]
    for row in rows[:_NAMED]:
        quantity = formats.quantity(abs(row.quantity))
        where = f", {row.account_name}" if len(accounts) > 1 else ""
        facts.append((f"{row.label} {row.product}{where}", f"{row.closing_side.value} {quantity}"))
    if len(rows) > _NAMED:
        facts.append(("And", counted(len(rows) - _NAMED, "more position")))
    if everything:
        text = "Every working order of the account is cancelled first, then every position is closed at market."
        title = "Exit all positions?"
    else:
        text = "Working orders in these are cancelled first, then they are closed at market."
        title = "Exit this position?" if len(rows) == 1 else "Exit the selected positions?"
    return ConfirmRequest(
        title,
        text,
        f"Exit {counted(len(rows), 'position')}",
        tuple(facts),
        "danger",
        paper=all(account.kind is AccountKind.PAPER for account in accounts),
    )


async def carry_out(terminal: Terminal, plans: Sequence[ExitPlan], progress: Callable[[str], None]) -> ExitReport:
    """Close everything planned, the accounts side by side. Raises BhavError where an account refuses altogether."""
    import asyncio

    several = len(plans) > 1

    async def close(plan: ExitPlan) -> tuple[bool, str]:
        name = account_name(terminal, plan.account)

        def tell(words: str) -> None:
            progress(f"{name}: {words}" if several else words)

        outcome = await terminal.orders.exit(plan.account, plan.keys, tell)
        return outcome.flat, f"{name}: {outcome.text}"

    results = await asyncio.gather(*(close(plan) for plan in plans))
    flat = all(done for done, _ in results)
    text = "; ".join(words for _, words in results).rstrip(".")
    if flat:
        report = ExitReport(True, "Exit done.", f"{text}.")
        terminal.notices.post(NoticeLevel.PASSED, "Exit done", report.text, "exit")
    else:
        report = ExitReport(
            False, "Not everything is flat.", f"{text}. Look at the orders, then exit what is left again."
        )
        terminal.notices.post(NoticeLevel.FAILED, "Not everything is flat", report.text, "")
    return report
