"""An Upstox account: joins session, reads, execution, feed and updates."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from terminal_app.brokers.base import Capabilities
from terminal_app.brokers.upstox import auth
from terminal_app.brokers.upstox.account import AccountReads
from terminal_app.brokers.upstox.config import CAPABILITIES, read_credentials, read_endpoints
from terminal_app.brokers.upstox.execution import UpstoxExecution
from terminal_app.brokers.upstox.feed import UpstoxFeed
from terminal_app.brokers.upstox.line import Line
from terminal_app.brokers.upstox.listing import Listing
from terminal_app.brokers.upstox.market import MarketReads
from terminal_app.brokers.upstox.memory import OrderMemory
from terminal_app.brokers.upstox.triggers import Triggers
from terminal_app.brokers.upstox.updates import UpstoxUpdates
from terminal_app.domain.account import BrokerSession, Profile
from terminal_app.domain.broker_charges import BrokerCharges, ChargedOrder
from terminal_app.domain.enums import Interval
from terminal_app.domain.errors import ConfigError, NotPermitted, SessionExpired
from terminal_app.domain.fill import Fill
from terminal_app.domain.funds import Funds, Margin
from terminal_app.domain.holding import Holding
from terminal_app.domain.ids import InstrumentId
from terminal_app.domain.instrument import InstrumentDump
from terminal_app.domain.login import LoginPrompter
from terminal_app.domain.market import Bar, Quote
from terminal_app.domain.order import Order, OrderRef, OrderRequest
from terminal_app.domain.position import Positions
from terminal_app.domain.trigger import StoredTrigger


def open_upstox(
    credentials: Mapping[str, str], session: Mapping[str, str] | None, endpoints: Mapping[str, str] | None
) -> UpstoxBroker:
    """An account. Does no I/O. Raises ConfigError naming what is missing or wrong."""
    return UpstoxBroker(Line(read_credentials(credentials), read_endpoints(endpoints)), session)


class UpstoxBroker:
    """Fulfils ``brokers.base.LiveBroker``. ``session`` are the values of an earlier login."""

    capabilities: Capabilities = CAPABILITIES

    def __init__(self, line: Line, session: Mapping[str, str] | None = None) -> None:
        self.on_session_lost: Callable[[SessionExpired], None] | None = None
        self._line = line
        self._line.on_lost = self._session_lost
        self._listing = Listing(line)
        self._account = AccountReads(line, self._listing)
        self._market = MarketReads(line, self._listing)
        self._memory = OrderMemory(self._account, lambda: self._updates.is_hearing)
        self._triggers = Triggers(line, self._listing)
        self._execution = UpstoxExecution(line, self._listing, self._memory, self._triggers)
        self._feed = UpstoxFeed(line, self._listing)
        self._updates = UpstoxUpdates(line, self._listing, self._account, self._memory.hear)
        if session is not None:
            self._use(session)

    @property
    def execution(self) -> UpstoxExecution:
        """Orders: for the order desk only."""
        return self._execution

    @property
    def feed(self) -> UpstoxFeed:
        """Live prices."""
        return self._feed

    @property
    def order_updates(self) -> UpstoxUpdates:
        """What happens to the account's orders."""
        return self._updates

    async def login(self, prompter: LoginPrompter) -> BrokerSession:
        """Log in on Upstox's page. Raises LoginError, BrokerError."""
        session = await auth.log_in(self._line, prompter)
        self._forget()
        self._use(session.values)
        self._resume()
        return session

    async def logout(self) -> None:
        """End the session at Upstox. Raises BrokerError."""
        await self._updates.disconnect()
        await self._feed.disconnect()
        self._forget()
        await self._line.log_out()

    async def aclose(self) -> None:
        """Close connections and end the streams; the session stays valid."""
        self._updates.close()
        self._feed.close()
        await self._updates.disconnect()
        await self._feed.disconnect()
        await self._line.aclose()

    async def keep_warm(self) -> None:
        """Have open connections, so that the next order does not wait for one."""
        await self._line.keep_warm()

    async def profile(self) -> Profile:
        """Who is logged in; proves that the session works, and opens the stream of updates."""
        profile = await self._account.profile()
        self._resume()
        return profile

    async def funds(self) -> Funds:
        """Money."""
        return await self._account.funds()

    async def holdings(self) -> list[Holding]:
        """Shares in the demat account."""
        return await self._account.holdings()

    async def positions(self) -> Positions:
        """Open and closed positions of the day."""
        return await self._account.positions()

    async def orders(self) -> list[Order]:
        """All orders of the trading day."""
        return await self._account.orders()

    async def fills(self) -> list[Fill]:
        """All fills of the trading day."""
        return await self._account.fills()

    async def quotes(self, ids: Sequence[InstrumentId]) -> dict[InstrumentId, Quote]:
        """Prices asked for once; instruments without a price are absent."""
        return await self._market.quotes(ids)

    async def bars(self, id: InstrumentId, interval: Interval, start: datetime, end: datetime) -> list[Bar]:
        """Bars that begin in [start, end), aware times, oldest first."""
        return await self._market.bars(id, interval, start, end)

    async def margin(self, orders: Sequence[OrderRequest]) -> Margin:
        """What these orders together would need."""
        return await self._account.margin(orders)

    async def instruments(self) -> InstrumentDump:
        """All instruments that Upstox lists today."""
        return await self._listing.download()

    def use_instruments(self, dump: InstrumentDump) -> None:
        """Know these instruments from now on, instead of asking for the list."""
        self._listing.use(dump)

    async def order_history(self, order: OrderRef) -> list[Order]:
        """The states that one order went through, oldest first."""
        return await self._account.order_history(order.broker_order_id)

    async def order_fills(self, order: OrderRef) -> list[Fill]:
        """The fills of one order."""
        return await self._account.order_fills(order.broker_order_id)

    async def triggers(self) -> list[StoredTrigger]:
        """Stored triggers."""
        return await self._triggers.stored()

    async def charges(self, orders: Sequence[ChargedOrder]) -> BrokerCharges:
        """What these orders would cost by Upstox's own calculation."""
        return await self._account.charges(orders)

    async def authorise_sale(self, prompter: LoginPrompter, holdings: Sequence[Holding]) -> None:
        """Raises NotPermitted: Upstox has the sale authorised in its own app only."""
        raise NotPermitted(
            "Upstox lets a sale be authorised only in its own app or on its website: do it there, or give DDPI once, then sell here."
        )

    def remaining_calls(self) -> tuple[tuple[str, int, int], ...]:
        """The budget of calls: (name of the class, calls left in its tightest window now, size of that window)."""
        return self._line.limiter.remaining()

    def _use(self, session: Mapping[str, str]) -> None:
        token = session.get("access_token", "")
        if not token:
            raise ConfigError("access_token", "An Upstox session needs its access token.")
        self._line.use(token)
        if session.get("may_sell"):
            self._account.may_sell = session["may_sell"] == "yes"

    def _resume(self) -> None:
        self._updates.start()
        self._feed.resume()

    def _forget(self) -> None:
        self._account.forget()
        self._memory.forget()
        self._updates.forget()

    def _session_lost(self, error: SessionExpired) -> None:
        if self.on_session_lost is not None:
            self.on_session_lost(error)
