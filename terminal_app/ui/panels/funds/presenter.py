"""What the funds panel shows: the money of each shown account, and their sum. No widgets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from msgspec import Struct

from terminal_app.domain.enums import AccountKind, ConnectionState
from terminal_app.domain.values import ZERO
from terminal_app.ui import formats
from terminal_app.ui.panels.common.standing import Message, connected_accounts, shown_accounts, standing
from terminal_app.ui.panels.common.words import kind_word

if TYPE_CHECKING:
    from terminal_app.domain.funds import Funds
    from terminal_app.domain.ids import AccountId
    from terminal_app.services.terminal import Terminal

AVAILABLE, USED, OPENING, COLLATERAL = "Available", "Used", "Opening balance", "Collateral"


class FundsColumn(Struct, frozen=True):
    """One account's money, or the sum (``kind`` empty). ``values`` by row label; what is missing is not known."""

    title: str
    kind: str
    values: dict[str, Decimal]
    as_of: datetime | None
    reason: str = ""
    """Why nothing is known of it."""

    @property
    def is_paper(self) -> bool:
        """Whether it is simulated money."""
        return self.kind == AccountKind.PAPER.value


class FundsView(Struct, frozen=True):
    """Labels of the rows from top to bottom, and the columns; ``parts_from``: where the broker's own parts begin."""

    labels: tuple[str, ...]
    columns: tuple[FundsColumn, ...]
    parts_from: int

    def lines(self) -> list[list[str]]:
        """The same as rows of text, for copying."""
        lines = [["", *(column.title for column in self.columns)]]
        lines.extend(
            [label, *(formats.money(column.values.get(label)) for column in self.columns)] for label in self.labels
        )
        return lines


class FundsPresenter:
    """Reads what is known; asking the broker anew is the panel's `refresh_from_broker`."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal

    def view(self) -> FundsView:
        """Everything known of the shown accounts."""
        columns = [self._column(account) for account in shown_accounts(self._terminal.accounts)]
        labels = [AVAILABLE, USED, OPENING]
        if any(COLLATERAL in column.values for column in columns):
            labels.append(COLLATERAL)
        parts_from = len(labels)
        for column in columns:
            labels.extend(label for label in column.values if label not in labels)
        if len(columns) > 1:
            columns.append(_sum(labels, columns))
        return FundsView(tuple(labels), tuple(columns), parts_from)

    def message(self) -> Message | None:
        """What stands there while no account's money is known."""
        accounts = self._terminal.accounts
        if any(self._terminal.portfolio.funds(account) is not None for account in shown_accounts(accounts)):
            return None
        return standing(accounts, "Funds", "Your money is not affected.") or Message(
            "Funds are being read", "They appear as soon as the broker answers."
        )

    def to_ask(self) -> tuple[AccountId, ...]:
        """The accounts that can be asked now."""
        return connected_accounts(self._terminal.accounts)

    def _column(self, name: AccountId) -> FundsColumn:
        account, connection = self._terminal.accounts.get(name), self._terminal.accounts.connection(name)
        funds = self._terminal.portfolio.funds(name)
        reason = ""
        if connection.state is not ConnectionState.LIVE:
            reason = connection.reason or "Not connected"
        return FundsColumn(
            account.name,
            kind_word(account),
            {} if funds is None else _values(funds),
            None if funds is None else funds.as_of,
            reason,
        )


def _values(funds: Funds) -> dict[str, Decimal]:
    values = {AVAILABLE: funds.available, USED: funds.used, OPENING: funds.opening}
    if funds.collateral:
        values[COLLATERAL] = funds.collateral
    for label, amount in funds.parts:
        values.setdefault(label[:1].upper() + label[1:], amount)
    return values


def _sum(labels: Sequence[str], columns: Sequence[FundsColumn]) -> FundsColumn:
    """The sum over the accounts whose money is known; what is not known of any stays unknown."""
    values = {}
    for label in labels:
        known = [column.values[label] for column in columns if label in column.values]
        if known:
            values[label] = sum(known, ZERO)
    missing = [column.title for column in columns if not column.values]
    return FundsColumn("All accounts", "", values, None, f"without {', '.join(missing)}" if missing else "")
