"""Accounts: added, switched and connected, each with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from terminal_app.domain.account import Account
from terminal_app.domain.bus import Bus
from terminal_app.domain.clock import SystemClock
from terminal_app.domain.enums import ConnectionState
from terminal_app.domain.errors import BadInput, BrokerUnavailable, StorageError
from terminal_app.domain.ids import AccountId
from terminal_app.domain.messages import ConnectionChanged, CurrentAccountChanged, NoticePosted
from terminal_app.services.accounts import AccountService
from tests.helpers.log_guard import LogGuard


class Store:
    def __init__(self) -> None:
        self.content: dict[str, Any] = {}
        self.is_full = False

    def load(self) -> dict[str, Any]:
        return dict(self.content)

    def save(self, content: Mapping[str, Any]) -> None:
        if self.is_full:
            raise StorageError("The disk is full.")
        self.content = dict(content)


class Brokers:
    """A connector that refuses the accounts it was told to refuse."""

    def __init__(self) -> None:
        self.open: dict[AccountId, Decimal] = {}
        self.refused: set[str] = set()

    async def connect(self, account: Account, funds: Decimal) -> datetime | None:
        if account.name in self.refused:
            raise BrokerUnavailable("The ledger cannot be read.")
        self.open[account.id] = funds
        return None

    async def disconnect(self, account: Account) -> None:
        del self.open[account.id]


class Desk:
    def __init__(self) -> None:
        self.faults: list[BaseException] = []
        self.bus = Bus(lambda error, _: self.faults.append(error))
        self.store, self.brokers = Store(), Brokers()
        self.messages: list[Any] = []
        for kind in (ConnectionChanged, CurrentAccountChanged, NoticePosted):
            self.bus.subscribe(kind, self.messages.append)
        self.accounts = self.restarted()

    def restarted(self) -> AccountService:
        return AccountService(self.store, self.bus, SystemClock)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_new_home_has_one_paper_account_with_ten_lakh(desk: Desk) -> None:
    (account,) = desk.accounts.all()
    assert (account.name, account.broker, desk.accounts.current) == ("Paper", "paper", account.id)
    assert desk.accounts.funds_at_start(account.id) == Decimal(1000000)


async def test_a_paper_account_is_added_connected_and_there_after_a_restart(desk: Desk) -> None:
    await desk.accounts.start(desk.brokers)
    account = await desk.accounts.add_paper("  Second   try ", Decimal(250000))
    assert account.name == "Second try"
    assert desk.brokers.open[account.id] == Decimal(250000)
    assert desk.accounts.connection(account.id).state is ConnectionState.LIVE
    again = desk.restarted()
    assert again.get(account.id) == account
    assert again.funds_at_start(account.id) == Decimal(250000)


@pytest.mark.parametrize(
    ("name", "funds", "field"),
    [
        ("", "1000000", "name"),
        ("paper", "1000000", "name"),
        ("x" * 41, "1000000", "name"),
        ("Two", "5", "funds"),
        ("Two", "NaN", "funds"),
    ],
)
async def test_a_wrong_name_or_amount_is_refused_beside_its_field(
    desk: Desk, name: str, funds: str, field: str
) -> None:
    with pytest.raises(BadInput) as refused:
        await desk.accounts.add_paper(name, Decimal(funds))
    assert refused.value.field == field
    assert len(desk.accounts.all()) == 1


async def test_an_account_that_cannot_be_kept_is_not_added(desk: Desk) -> None:
    await desk.accounts.start(desk.brokers)
    desk.store.is_full = True
    with pytest.raises(StorageError):
        await desk.accounts.add_paper("Second")
    assert [account.name for account in desk.accounts.all()] == ["Paper"]


async def test_one_account_that_fails_keeps_its_reason_and_holds_up_no_other(
    desk: Desk, expected_logs: LogGuard
) -> None:
    expected_logs("could not be connected")
    await desk.accounts.start(desk.brokers)
    second = await desk.accounts.add_paper("Second")
    again = desk.restarted()
    desk.brokers.refused = {"Paper"}
    await again.start(desk.brokers)
    first = again.all()[0]
    assert again.connection(first.id).state is ConnectionState.ERROR
    assert again.connection(first.id).reason == "The ledger cannot be read."
    assert again.connection(second.id).state is ConnectionState.LIVE
    assert any(isinstance(message, NoticePosted) for message in desk.messages)


async def test_switching_goes_round_and_is_remembered(desk: Desk) -> None:
    first = desk.accounts.all()[0]
    second = await desk.accounts.add_paper("Second")
    desk.accounts.switch_to_next()
    assert desk.accounts.current == second.id
    assert desk.restarted().current == second.id
    desk.accounts.switch_to_next()
    desk.accounts.switch(None)
    switched = [message.account for message in desk.messages if isinstance(message, CurrentAccountChanged)]
    assert switched == [second.id, first.id, None]


async def test_turning_an_account_off_closes_its_broker_until_it_is_turned_on(desk: Desk) -> None:
    await desk.accounts.start(desk.brokers)
    (account,) = desk.accounts.all()
    await desk.accounts.set_active(account.id, False)
    assert account.id not in desk.brokers.open
    assert desk.accounts.connection(account.id).state is ConnectionState.OFF
    await desk.accounts.set_active(account.id, True)
    assert account.id in desk.brokers.open


async def test_a_live_account_is_added_switched_off_and_starts_that_way(desk: Desk) -> None:
    account = desk.accounts.add_live("zerodha", "Savings", "203.0.113.7")
    assert (account.active, account.address) == (False, "203.0.113.7")
    assert account.id.startswith("zerodha-")
    assert account.id != desk.accounts.add_live("zerodha", "Other").id
    desk.accounts.mark(account.id, active=True, client_id="AB1234")
    again = desk.restarted()
    await again.start(desk.brokers)
    kept = again.get(account.id)
    assert (kept.active, kept.client_id, kept.address) == (False, "AB1234", "203.0.113.7")
    assert account.id not in desk.brokers.open


def test_a_name_is_changed_but_never_taken_from_another(desk: Desk) -> None:
    account = desk.accounts.add_live("zerodha", "Savings")
    desk.accounts.rename(account.id, "Family")
    assert desk.accounts.get(account.id).name == "Family"
    with pytest.raises(BadInput, match="already"):
        desk.accounts.rename(account.id, "paper")


def test_a_removed_account_is_gone_and_another_is_shown(desk: Desk) -> None:
    account = desk.accounts.add_live("upstox", "Main")
    desk.accounts.switch(account.id)
    desk.accounts.remove(account.id)
    assert [one.name for one in desk.accounts.all()] == ["Paper"]
    assert desk.accounts.current == "paper"


def test_the_last_account_stays(desk: Desk) -> None:
    with pytest.raises(BadInput, match="only account"):
        desk.accounts.remove(AccountId("paper"))


def test_a_disk_that_is_full_leaves_the_accounts_as_they_were(desk: Desk) -> None:
    account = desk.accounts.add_live("upstox", "Main")
    desk.store.is_full = True
    for change in (
        lambda: desk.accounts.add_live("upstox", "Other"),
        lambda: desk.accounts.rename(account.id, "Other"),
        lambda: desk.accounts.remove(account.id),
    ):
        with pytest.raises(StorageError):
            change()
    assert [one.name for one in desk.accounts.all()] == ["Paper", "Main"]
