"""The paper broker: one account on a simulated exchange, kept in a ledger."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal

from terminal_app.brokers.base import Capabilities
from terminal_app.brokers.paper import auth, errors, instruments
from terminal_app.brokers.paper.config import CAPABILITIES, DEFAULT_FUNDS
from terminal_app.brokers.paper.execution import PaperExecution
from terminal_app.brokers.paper.feed import PaperFeed
from terminal_app.brokers.paper.journal import Journal
from terminal_app.brokers.paper.ledger import MemoryLedger, PaperLedger
from terminal_app.brokers.paper.updates import OrderUpdates
from terminal_app.domain.account import BrokerSession, Profile
from terminal_app.domain.enums import Interval
from terminal_app.domain.errors import StorageError
from terminal_app.domain.fill import Fill
from terminal_app.domain.funds import Funds, Margin
from terminal_app.domain.holding import Holding
from terminal_app.domain.ids import AccountId, InstrumentId
from terminal_app.domain.instrument import InstrumentDump
from terminal_app.domain.ledger import LedgerState
from terminal_app.domain.login import LoginPrompter
from terminal_app.domain.market import Bar, Quote
from terminal_app.domain.order import Order, OrderRequest
from terminal_app.domain.position import Positions
from terminal_app.simulator.exchange import SimulatedExchange
from terminal_app.simulator.venue import Venue


class PaperBroker:
    """Fulfils ``brokers.base.Broker``. Several accounts may share one venue; each has its own funds and ledger entries.

    ``venue`` may be a function, which is called on first use; the broker then owns the venue and stops it when it is
    closed. ``funds`` are the rupees that a new account begins with; the ledger's state of an older one counts. Nothing is
    told before the ledger has it; what cannot be written down is undone.
    """

    capabilities: Capabilities = CAPABILITIES

    def __init__(
        self,
        venue: Venue | Callable[[], Venue],
        account: AccountId,
        ledger: PaperLedger | None = None,
        *,
        funds: Decimal = DEFAULT_FUNDS,
        name: str = "",
    ) -> None:
        self._venue = venue if isinstance(venue, Venue) else None
        self._open_venue = None if isinstance(venue, Venue) else venue
        self._account = account
        self._funds = funds
        self._name = name
        self._updates = OrderUpdates()
        self._feed = PaperFeed(self._ready)
        self._journal = Journal(account, ledger or MemoryLedger(), self._updates.tell, self._restore)
        self._execution = PaperExecution(account, self._ready, self.settled)
        self._opening = asyncio.Lock()
        self._is_open = False
        self._is_closed = False

    @property
    def execution(self) -> PaperExecution:
        """Orders: for the order desk only."""
        return self._execution

    @property
    def feed(self) -> PaperFeed:
        """Live prices."""
        return self._feed

    @property
    def order_updates(self) -> OrderUpdates:
        """What happens to the account's orders, each after it was committed."""
        return self._updates

    async def login(self, prompter: LoginPrompter) -> BrokerSession:
        """Nobody has to do anything. Raises BrokerError when the ledger cannot be read."""
        await self._ready()
        return auth.open_session(self._account)

    async def logout(self) -> None:
        """A paper session does not end."""

    async def aclose(self) -> None:
        """Write what has happened, leave the exchange, end the streams."""
        if self._is_closed:
            return
        self._is_closed = True
        async with self._opening:
            if self._is_open and self._venue is not None:
                self._venue.forget(self._feed.on_step)
                self._venue.exchange.close_account(self._account)
                await self._journal.aclose()
                if self._open_venue is not None:
                    await self._venue.aclose()
        self._feed.close()
        self._updates.close()

    async def settled(self) -> None:
        """Wait until the ledger holds all that has happened so far. Raises StorageError."""
        await self._journal.settled()

    async def profile(self) -> Profile:
        """Who trades here."""
        exchange = await self._ready()
        products = tuple(self.capabilities.product_codes)
        return auth.profile(self._account, self._name, instruments.exchanges(exchange.source), products)

    async def funds(self) -> Funds:
        """Money."""
        exchange = await self._ready()
        answer = exchange.funds(self._account)
        await self._committed()
        return answer

    async def holdings(self) -> list[Holding]:
        """Shares in the demat account."""
        exchange = await self._ready()
        answer = exchange.holdings(self._account)
        await self._committed()
        return answer

    async def positions(self) -> Positions:
        """Open and closed positions of the day."""
        exchange = await self._ready()
        answer = exchange.positions(self._account)
        await self._committed()
        return answer

    async def orders(self) -> list[Order]:
        """All orders of the trading day, oldest first."""
        exchange = await self._ready()
        answer = exchange.orders(self._account)
        await self._committed()
        return answer

    async def fills(self) -> list[Fill]:
        """All fills of the trading day, oldest first."""
        exchange = await self._ready()
        answer = exchange.fills(self._account)
        await self._committed()
        return answer

    async def quotes(self, ids: Sequence[InstrumentId]) -> dict[InstrumentId, Quote]:
        """The market as displayed."""
        exchange = await self._ready()
        quotes = (exchange.quote(one) for one in ids)
        return {quote.instrument: quote for quote in quotes if quote is not None}

    async def bars(self, id: InstrumentId, interval: Interval, start: datetime, end: datetime) -> list[Bar]:
        """Bars that begin in [start, end), the running one included."""
        exchange = await self._ready()
        return exchange.source.history(id, interval, start, end)

    async def margin(self, orders: Sequence[OrderRequest]) -> Margin:
        """What these orders together would need. Raises OrderRejected for an instrument that cannot be priced."""
        exchange = await self._ready()
        return exchange.margin(self._account, orders)

    async def instruments(self) -> InstrumentDump:
        """All instruments of the market."""
        exchange = await self._ready()
        return instruments.dump(exchange.source)

    async def _ready(self) -> SimulatedExchange:
        """The exchange with the account on it."""
        if self._is_closed:
            raise errors.closed()
        if self._venue is None or not self._is_open:
            async with self._opening:
                await self._open()
        assert self._venue is not None
        self._venue.check()
        return self._venue.exchange

    async def _open(self) -> None:
        if self._is_open:
            return
        if self._venue is None:
            assert self._open_venue is not None
            self._venue = self._open_venue()
        venue = self._venue
        try:
            state = await self._journal.open()
        except StorageError as error:
            raise errors.not_readable(error) from error
        try:
            venue.exchange.open_account(self._account, state, self._funds, self._journal.add)
        except (ValueError, KeyError) as error:
            await self._journal.aclose()
            raise errors.ledger_not_understood(self._account, error) from error
        self._updates.faults = venue.exchange.faults
        self._feed.attach(venue.exchange.book, venue.exchange.faults)
        venue.listen(self._feed.on_step)
        self._is_open = True
        if self._open_venue is not None:
            await venue.start()

    def _restore(self, state: LedgerState | None) -> None:
        if self._venue is not None and self._is_open and not self._is_closed:
            self._venue.exchange.open_account(self._account, state, self._funds, self._journal.add)

    async def _committed(self) -> None:
        """An answer must not tell what is not written down."""
        try:
            await self._journal.settled()
        except StorageError as error:
            raise errors.not_readable(error) from error
