"""Brings an account's broker up and hands it to the desk and the portfolio; it alone holds brokers by account."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from terminal_app.brokers.paper.broker import PaperBroker
from terminal_app.brokers.paper.ledger import PaperLedger
from terminal_app.domain.account import Account
from terminal_app.domain.errors import BrokerUnavailable, LoginCancelled
from terminal_app.domain.funds import Margin
from terminal_app.domain.ids import AccountId
from terminal_app.domain.order import OrderRequest
from terminal_app.simulator.venue import Venue
from terminal_app.trading.desk import OrderDesk
from terminal_app.trading.portfolio import Portfolio

_log = logging.getLogger(__name__)


class _NobodyToAsk:
    """A paper account asks for nothing; if something asks all the same, the login is given up."""

    async def authorize(self, url: str, redirect: str) -> str:
        raise LoginCancelled("A paper account has no login page.")

    async def one_time_code(self, account: AccountId, reason: str | None) -> str:
        raise LoginCancelled("A paper account asks for no code.")


class PaperConnector:
    """Connects paper accounts to the one simulated venue of this program."""

    def __init__(self, venue: Venue, ledger: PaperLedger, desk: OrderDesk, portfolio: Portfolio) -> None:
        self._venue = venue
        self._ledger = ledger
        self._desk = desk
        self._portfolio = portfolio
        self._brokers: dict[AccountId, PaperBroker] = {}

    async def connect(self, account: Account, funds: Decimal) -> datetime | None:
        """Open the account's broker and read its book; a paper session does not end. Raises BrokerError, StorageError."""
        await self.disconnect(account)
        broker = PaperBroker(self._venue, account.id, self._ledger, funds=funds, name=account.name)
        try:
            await broker.login(_NobodyToAsk())
            # A simulated exchange counts no order messages, so nothing is paced.
            await self._desk.attach(account.id, broker, ops_per_second=None)
            await self._portfolio.attach(account.id, broker)
        except BaseException:
            await self._desk.detach(account.id)
            await broker.aclose()
            raise
        self._brokers[account.id] = broker
        return None

    async def disconnect(self, account: Account) -> None:
        """Close the account's broker; its orders stay as they are."""
        broker = self._brokers.pop(account.id, None)
        if broker is None:
            return
        await self._portfolio.detach(account.id)
        await self._desk.detach(account.id)
        await broker.aclose()

    async def margin(self, account: AccountId, orders: Sequence[OrderRequest]) -> Margin:
        """What these orders would need. Raises BrokerError."""
        broker = self._brokers.get(account)
        if broker is None:
            raise BrokerUnavailable("The account is not connected.")
        return await broker.margin(orders)

    async def settled(self) -> None:
        """Wait until the ledgers hold all that has happened so far. Raises StorageError."""
        for broker in tuple(self._brokers.values()):
            await broker.settled()

    async def aclose(self) -> None:
        """Close every broker."""
        brokers, self._brokers = self._brokers, {}
        for account, broker in brokers.items():
            await self._portfolio.detach(account)
            await self._desk.detach(account)
            await broker.aclose()
