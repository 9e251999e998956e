"""Builds a room: the parts of one market, joined once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from msgspec import Struct

from terminal_app.domain.bus import Bus
from terminal_app.domain.clock import Clock
from terminal_app.domain.enums import AccountKind, FeedMode
from terminal_app.domain.hours import MarketHours
from terminal_app.domain.ids import AccountId, InstrumentId
from terminal_app.domain.instrument import Instrument
from terminal_app.domain.market import Quote
from terminal_app.domain.position import PositionKey
from terminal_app.marketdata.bar_builder import BarBuilder
from terminal_app.marketdata.board import QuoteBoard
from terminal_app.marketdata.catalogue import InstrumentCatalogue
from terminal_app.marketdata.hub import MarketDataHub
from terminal_app.services.rooms import History, MarginCall, Room, session_start
from terminal_app.storage.database import Database
from terminal_app.storage.orders import OrderRepository
from terminal_app.storage.pnl import PnlRepository
from terminal_app.storage.positions import PositionRepository
from terminal_app.trading.desk import OrderDesk
from terminal_app.trading.exits import Exits
from terminal_app.trading.gate import Gate
from terminal_app.trading.portfolio import Portfolio

FRESH_S = 3.0
"""A displayed price this young counts as the market; an older one is asked for where somebody can be asked."""


class Ground(Struct, frozen=True):
    """What rooms share: storage, the bus, the gate and the wall clock, which ages of prices are counted by."""

    database: Database
    bus: Bus
    gate: Gate
    wall: Clock


class Market(Struct, frozen=True):
    """What makes one room different from another.

    ``book`` is what its orders, fills and points are kept under. ``ask`` answers with a price where the board has none that is fresh;
    None where there is nobody to ask.
    """

    name: str
    kind: AccountKind
    book: str
    clock: Clock
    hours: MarketHours
    instruments: Iterable[Instrument]
    history: History
    margin: MarginCall
    ask: Callable[[InstrumentId], Quote | None] = lambda _id: None
    is_running: Callable[[], bool] = lambda: True


def make_room(market: Market, ground: Ground) -> Room:
    """Every part of the room."""
    catalogue = InstrumentCatalogue(market.instruments)
    hub = MarketDataHub(QuoteBoard(), ground.bus, market.clock)
    bars = BarBuilder(partial(session_start, catalogue, market.hours))
    hub.listen(bars.apply)

    def quote(id: InstrumentId) -> Quote:
        """The market as displayed; where the board has nothing fresh, because nobody watches it, it is asked for."""
        age_s = hub.board.silent_for(id, ground.wall.now())
        if age_s is not None and age_s < FRESH_S:
            return hub.board.quote(id)
        return market.ask(id) or hub.board.quote(id)

    exposure = _Exposure()
    desk = OrderDesk(
        OrderRepository(ground.database, market.book),
        ground.bus,
        market.clock,
        catalogue.get,
        quote,
        ground.gate,
        exposure=exposure,
        phase=market.hours.phase,
    )
    points = PnlRepository(ground.database, market.book)
    positions = PositionRepository(ground.database, market.book)
    portfolio = Portfolio(desk, ground.bus, market.clock, catalogue.get, quote, positions, points)
    exposure.portfolio = portfolio
    return Room(
        name=market.name,
        kind=market.kind,
        clock=market.clock,
        hours=market.hours,
        catalogue=catalogue,
        hub=hub,
        bars=bars,
        quote=quote,
        history=market.history,
        margin=market.margin,
        desk=desk,
        portfolio=portfolio,
        exits=Exits(desk, portfolio, market.clock, catalogue.get, quote),
        points=points,
        is_running=market.is_running,
    )


def watch_held(room: Room, accounts: Iterable[AccountId]) -> None:
    """What is held must have a price, whether a panel shows it or not."""
    held = {
        position.instrument
        for account in accounts
        for position in room.portfolio.positions(account)
        if position.is_open
    }
    room.hub.want("held", sorted(held, key=str), FeedMode.QUOTE)


class _Exposure:
    """What an account holds, for the desk; the portfolio is built after the desk."""

    portfolio: Portfolio

    def quantity(self, account: AccountId, key: PositionKey) -> int:
        """Signed units of a position."""
        return self.portfolio.quantity(account, key)

    def deliverable(self, account: AccountId, instrument: InstrumentId) -> int | None:
        """Units of the holdings that are not pledged."""
        return self.portfolio.deliverable(account, instrument)
