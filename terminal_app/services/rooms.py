"""Rooms: a market with all that trades on it. Paper accounts stand in one room, live accounts in another; nothing passes between them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime
from typing import Protocol

from msgspec import Struct

from terminal_app.domain.clock import Clock, ist
from terminal_app.domain.enums import AccountKind, Exchange, Interval, SessionPhase
from terminal_app.domain.errors import ConfigError
from terminal_app.domain.funds import Margin
from terminal_app.domain.hours import MarketHours, trading_day
from terminal_app.domain.ids import AccountId, InstrumentId
from terminal_app.domain.market import Bar, Quote
from terminal_app.domain.order import OrderRequest
from terminal_app.domain.pnl import PnlPoint, PositionPoint
from terminal_app.domain.position import PositionKey
from terminal_app.marketdata.bar_builder import BarBuilder
from terminal_app.marketdata.catalogue import InstrumentCatalogue
from terminal_app.marketdata.hub import MarketDataHub
from terminal_app.services.accounts import AccountService
from terminal_app.trading.desk import OrderDesk
from terminal_app.trading.exits import Exits
from terminal_app.trading.portfolio import Portfolio

History = Callable[[InstrumentId, Interval, datetime, datetime], Awaitable[list[Bar]]]
MarginCall = Callable[[AccountId, Sequence[OrderRequest]], Awaitable[Margin]]


class PnlReader(Protocol):
    """Where the points of the P&L line are kept. Raises StorageError."""

    async def load(self, account: AccountId, start: datetime, end: datetime) -> list[PnlPoint]:
        """Points in [start, end), oldest first."""
        ...

    async def load_position(
        self, account: AccountId, key: PositionKey, start: datetime, end: datetime
    ) -> list[PositionPoint]:
        """One position's points in [start, end), oldest first."""
        ...

    async def days(self, account: AccountId, start: datetime, end: datetime) -> list[PnlPoint]:
        """The last point of each Indian day in [start, end)."""
        ...


class Room(Struct, eq=False):
    """One clock, one list of instruments, one board of prices, one desk with its book.

    Practice prices and real ones never meet on a board, and simulated money is never added to real money. ``is_running`` is False while
    nobody expects prices to move, such as in a replay that stands still.
    """

    name: str
    kind: AccountKind
    clock: Clock
    hours: MarketHours
    catalogue: InstrumentCatalogue
    hub: MarketDataHub
    bars: BarBuilder
    quote: Callable[[InstrumentId], Quote]
    history: History
    margin: MarginCall
    desk: OrderDesk
    portfolio: Portfolio
    exits: Exits
    points: PnlReader
    is_running: Callable[[], bool]

    def phase(self, id: InstrumentId) -> SessionPhase:
        """The part of the trading day the instrument is in; CLOSED where it is not listed."""
        instrument = self.catalogue.get(id)
        if instrument is None:
            return SessionPhase.CLOSED
        try:
            return self.hours.phase(instrument, self.clock.now())
        except ConfigError:
            return SessionPhase.CLOSED  # the holiday table ends: said once at start

    def session(self) -> tuple[datetime, datetime]:
        """From when to when the P&L line of today runs."""
        day = trading_day(self.clock.now())
        span = self.hours.day_span(Exchange.NSE, day)
        if span is not None:
            return span
        midnight = ist(self.clock.now()).replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight, midnight.replace(hour=23, minute=59)

    def session_start(self, id: InstrumentId, day: date) -> datetime | None:
        """When continuous trading of an instrument begins on an Indian calendar day; None where there is none."""
        return session_start(self.catalogue, self.hours, id, day)


def session_start(catalogue: InstrumentCatalogue, hours: MarketHours, id: InstrumentId, day: date) -> datetime | None:
    """When continuous trading of an instrument begins on an Indian calendar day; None where there is none."""
    instrument = catalogue.get(id)
    if instrument is None:
        return None
    for span in hours.phases(instrument, day):
        if span.phase is SessionPhase.CONTINUOUS:
            return span.start
    return None


class Rooms:
    """Finds the room of an account, and the one that the window shows: that of the current account.

    All accounts together are those of the room that was shown last.
    """

    def __init__(self, paper: Room, live: Room, accounts: AccountService) -> None:
        self.paper = paper
        self.live = live
        self._accounts = accounts
        self._last = paper

    @property
    def all(self) -> tuple[Room, ...]:
        """Every room."""
        return (self.paper, self.live)

    @property
    def shown(self) -> Room:
        """The room that the window shows."""
        current = self._accounts.current
        if current is not None:
            self._last = self.of(current)
        return self._last

    def of(self, account: AccountId) -> Room:
        """The room that an account stands in. Raises KeyError for an account that there is not."""
        return self.live if self._accounts.get(account).kind is AccountKind.LIVE else self.paper

    def members(self, account: AccountId | None) -> tuple[AccountId, ...]:
        """The account itself; with None every account of the room that is shown."""
        if account is not None:
            return (account,)
        kind = self.shown.kind
        return tuple(one.id for one in self._accounts.all() if one.kind is kind)


class ShownClock:
    """The clock of the room that is shown."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    @property
    def label(self) -> str:
        """What the clock is called on screen."""
        return self._rooms.shown.clock.label

    def now(self) -> datetime:
        """The time there, aware UTC."""
        return self._rooms.shown.clock.now()
