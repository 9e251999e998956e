"""The container: every object of the terminal is built here, once, and ended here in the order that loses nothing."""

from __future__ import annotations

import asyncio
import logging
from datetime import date, datetime

from terminal_app.app.connector import PaperConnector
from terminal_app.app.files import JsonFile
from terminal_app.app.lag import LagMeter
from terminal_app.app.options import Options
from terminal_app.app.paths import Paths
from terminal_app.app.world import Standing, Tables, World, practice_world, replay_world
from terminal_app.brokers.paper.feed import PaperFeed
from terminal_app.domain.bus import Bus
from terminal_app.domain.clock import SystemClock, ist
from terminal_app.domain.enums import Exchange, FeedMode, Interval, SessionPhase
from terminal_app.domain.errors import BhavError, ConfigError, ReplayError, StorageError
from terminal_app.domain.hours import trading_day
from terminal_app.domain.ids import AccountId, InstrumentId
from terminal_app.domain.market import Bar, Quote
from terminal_app.domain.messages import (
    BookLoaded,
    InstrumentsChanged,
    Notice,
    NoticeLevel,
    NoticePosted,
    PositionChanged,
)
from terminal_app.domain.position import PositionKey
from terminal_app.marketdata.bar_builder import BarBuilder
from terminal_app.marketdata.board import QuoteBoard
from terminal_app.marketdata.catalogue import InstrumentCatalogue
from terminal_app.marketdata.hub import MarketDataHub
from terminal_app.services.accounts import AccountService
from terminal_app.services.charts import ChartService
from terminal_app.services.market import MarketService
from terminal_app.services.notices import NoticeService
from terminal_app.services.orders import OrderService
from terminal_app.services.portfolio import PortfolioService
from terminal_app.services.settings import SettingsService
from terminal_app.services.terminal import Terminal
from terminal_app.services.watchlists import WatchlistService
from terminal_app.simulator.documents import kept_at
from terminal_app.simulator.venue import Venue
from terminal_app.storage.clock import ClockRepository
from terminal_app.storage.database import Database
from terminal_app.storage.notices import NoticeRepository
from terminal_app.storage.orders import OrderRepository
from terminal_app.storage.paper import PaperLedgerRepository
from terminal_app.storage.pnl import PnlRepository
from terminal_app.storage.positions import PositionRepository
from terminal_app.trading.desk import OrderDesk
from terminal_app.trading.exits import Exits
from terminal_app.trading.gate import Gate
from terminal_app.trading.kill import KillSwitch
from terminal_app.trading.portfolio import Portfolio
from terminal_app.trading.rules import RiskLimits
from terminal_app.trading.tasks import TaskKeeper

_log = logging.getLogger(__name__)
CLOCK_SAVE_S = 2.0
FRESH_S = 3.0
DUPLICATE_WINDOW_S = 1.0
"""The same order again within this time is a slip of the finger."""


class _Clocks:
    """Reads where the clocks of the books stand; an unreadable database is told of elsewhere and counts as new."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def load(self, book: str) -> Standing | None:
        """Where the exchange of a book had played to: its saved time, or the paper ledger's if that is later."""
        clocks = ClockRepository(self._database, book)
        try:
            kept = [kept_at(state) for state in await PaperLedgerRepository(self._database, book).states()]
            played = max((time for time in (await clocks.load(), *kept) if time is not None), default=None)
            youngest = await clocks.latest()
        except StorageError as error:
            _log.warning("the clock of %s could not be read: %s", book, error.message)
            return None
        return Standing(played, max(played, youngest or played)) if played is not None else None


class Container:
    """Open it, use ``terminal``, close it."""

    def __init__(
        self,
        options: Options,
        paths: Paths,
        bus: Bus,
        settings: SettingsService,
        watchlists: WatchlistService,
        accounts: AccountService,
    ) -> None:
        self._options = options
        self._paths = paths
        self._bus = bus
        self._settings = settings
        self._watchlists = watchlists
        self._accounts = accounts
        self._endless = TaskKeeper(self._on_fault)
        self._notices = TaskKeeper(self._on_fault)
        self._wall = SystemClock()
        self._trouble: StorageError | None = None
        self._is_writable = True

    async def open(self) -> Terminal:
        """Build everything. The terminal can be shown when this returns; ``start`` connects the accounts.

        Raises ConfigError where the installation is damaged; then nothing is left open.
        """
        tables = await asyncio.to_thread(Tables.read)
        url = self._settings.text("database_url") or f"sqlite:///{self._paths.database}"
        self.database = Database(url, backups=self._paths.backups)
        await self._check_database()
        self.world, failure = await self._make_world(tables)
        self._build_market()
        self._build_trading()
        self._build_services()
        if failure is not None:
            self.terminal.notices.post(NoticeLevel.FAILED, "The recording could not be played", failure, "replay")
        if self._trouble is not None:
            self.terminal.notices.failed("The database cannot be used", self._trouble, "storage")
        return self.terminal

    async def start(self) -> None:
        """Start the market and connect the accounts."""
        await self.terminal.notices.keep_in(NoticeRepository(self.database))
        self._bus.subscribe(NoticePosted, self._keep_notice)
        self.lag.start()
        for message in (PositionChanged, BookLoaded):
            self._bus.subscribe(message, lambda _message: self._watch_held())
        await self._accounts.start(self.connector)
        await self.venue.start()
        self._endless.start(self._save_clock(), "save the clock")
        self._endless.start(asyncio.to_thread(self.catalogue.prepare), "prepare the search")

    async def aclose(self) -> None:
        """End everything: what is in flight first, the database last."""
        await self.lag.aclose()
        await self.portfolio.aclose()
        await self.desk.aclose()
        # The market stops before the accounts leave it: what it plays without them, resting orders would miss for good.
        await self.venue.aclose()
        await self.hub.aclose()
        await self.connector.aclose()
        await self._endless.cancel()
        await self._notices.finish(2.0)
        try:
            await self._clock_store.save(self.world.exchange.now)
        except StorageError as error:
            _log.warning("the clock could not be saved: %s", error.message)
        await self.database.aclose()

    # How it is built.

    async def _check_database(self) -> None:
        try:
            await self.database.check_writable()
        except StorageError as error:
            self._trouble = error

    async def _make_world(self, tables: Tables) -> tuple[World, str | None]:
        clocks = _Clocks(self.database)
        if self._options.replay:
            try:
                return await replay_world(self._options, tables, clocks), None
            except (ReplayError, ConfigError) as error:
                text = f"{error.message} Paper accounts trade on the practice market instead."
                return await practice_world(tables, clocks), text
        return await practice_world(tables, clocks), None

    def _build_market(self) -> None:
        world = self.world
        self.venue = Venue(world.exchange, world.clock, self._on_venue_fault)
        self.catalogue = InstrumentCatalogue(world.exchange.source.instruments)
        self._listed = len(world.exchange.source.instruments)
        self.board = QuoteBoard()
        self.hub = MarketDataHub(self.board, self._bus, world.clock)
        self.bars = BarBuilder(self._session_start)
        self.hub.listen(self.bars.apply)
        self.feed = PaperFeed(_nothing_to_open)
        self.feed.attach(world.exchange.book, world.exchange.faults)
        self.venue.listen(self.feed.on_step)
        self.hub.add_feed("Paper prices", self.feed)

    def _build_trading(self) -> None:
        world, database, bus = self.world, self.database, self._bus
        self._clock_store = ClockRepository(database, world.book)
        self.gate = self._make_gate()
        self.desk = OrderDesk(
            OrderRepository(database, world.book),
            bus,
            world.clock,
            self.catalogue.get,
            self._quote,
            self.gate,
            exposure=_Exposure(self),
            phase=world.tables.hours.phase,
        )
        self.portfolio = Portfolio(
            self.desk,
            bus,
            world.clock,
            self.catalogue.get,
            self._quote,
            PositionRepository(database, world.book),
            PnlRepository(database, world.book),
        )
        self.exits = Exits(self.desk, self.portfolio, world.clock, self.catalogue.get, self._quote)
        self.kill = KillSwitch(self.desk, self.gate)
        ledger = PaperLedgerRepository(database, world.book)
        self.connector = PaperConnector(self.venue, ledger, self.desk, self.portfolio)

    def _make_gate(self) -> Gate:
        """The gate as it was left; halted where that cannot be known, because a stop must not be lost with its file."""
        file = JsonFile(self._paths.config / "trading.json")
        gate = Gate(file, self._bus, self.world.clock, self._limits)
        if file.damage is not None:
            try:
                gate.halt(None, who="Bhav", why=f"whether trading was stopped is not known. {file.damage}")
            except StorageError as error:
                _log.warning("the halt holds but could not be written: %s", error.message)
        return gate

    def _build_services(self) -> None:
        world, bus = self.world, self._bus
        self.lag = LagMeter()
        notices = NoticeService(bus, world.clock)
        market = MarketService(
            self.catalogue,
            self.hub,
            world.tables.hours,
            world.clock,
            wall=self._wall,
            is_running=lambda: world.replay is None or not world.replay.paused,
        )
        orders = OrderService(
            self.desk,
            self.gate,
            self.kill,
            self.exits,
            self.portfolio,
            self._accounts,
            self._settings,
            self.catalogue.get,
            self._quote,
            market.phase,
            self.connector.margin,
        )
        self.terminal = Terminal(
            bus=bus,
            clock=world.clock,
            settings=self._settings,
            watchlists=self._watchlists,
            accounts=self._accounts,
            notices=notices,
            market=market,
            charts=ChartService(
                self.catalogue.get, self.bars, self.hub, self._history, self._session_start, world.clock
            ),
            orders=orders,
            portfolio=PortfolioService(
                self.portfolio, self._accounts, PnlRepository(self.database, world.book), self._session
            ),
            replay=world.replay,
            prices_from=world.name,
            storage_text=self._storage_text,
            loop_lag_ms=lambda: self.lag.ms,
            diagnostics=self._diagnostics,
        )

    # What the parts ask.

    def _quote(self, id: InstrumentId) -> Quote:
        """The market as displayed; where the board has nothing fresh, because nobody watches it, the exchange is asked."""
        age_s = self.board.silent_for(id, self._wall.now())
        if age_s is not None and age_s < FRESH_S:
            return self.board.quote(id)
        return self.world.exchange.quote(id) or self.board.quote(id)

    async def _history(self, id: InstrumentId, interval: Interval, start: datetime, end: datetime) -> list[Bar]:
        return self.world.exchange.source.history(id, interval, start, end)

    def _watch_held(self) -> None:
        """What is held must have a price, whether a panel shows it or not."""
        held = {
            position.instrument
            for account in self._accounts.all()
            for position in self.portfolio.positions(account.id)
            if position.is_open
        }
        self.hub.want("held", sorted(held, key=str), FeedMode.QUOTE)

    def _session_start(self, id: InstrumentId, day: date) -> datetime | None:
        instrument = self.catalogue.get(id)
        if instrument is None:
            return None
        for span in self.world.tables.hours.phases(instrument, day):
            if span.phase is SessionPhase.CONTINUOUS:
                return span.start
        return None

    def _session(self) -> tuple[datetime, datetime]:
        hours, day = self.world.tables.hours, trading_day(self.world.clock.now())
        span = hours.day_span(Exchange.NSE, day)
        if span is not None:
            return span
        midnight = ist(self.world.clock.now()).replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight, midnight.replace(hour=23, minute=59)

    def _limits(self, account: AccountId) -> RiskLimits:
        quantity = self._settings.money("max_order_quantity")
        return RiskLimits(
            self._settings.money("max_order_value"),
            int(quantity) if quantity is not None else None,
            self._settings.money("max_price_distance"),
            duplicate_window_s=DUPLICATE_WINDOW_S,
        )

    def _diagnostics(self) -> str:
        from terminal_app.app.diagnostics import describe  # looks into package metadata, which is slow to import

        return describe(self._paths, self._accounts, self.world.name)

    def _storage_text(self) -> str:
        lasting = any(notice.topic == "storage" for notice in self.terminal.notices.lasting())
        return "database cannot be written" if lasting or not self._is_writable else "database ok"

    # What goes on in the background.

    async def _save_clock(self) -> None:
        while True:
            await asyncio.sleep(CLOCK_SAVE_S)
            self._refresh_catalogue()
            now = self.world.exchange.now
            try:
                await self.connector.settled()  # a start goes on from this time: what led up to it must not be lost
                await self._clock_store.save(now)
                self._is_writable = True
            except StorageError as error:
                self._is_writable = False
                _log.warning("the clock could not be saved: %s", error.message)

    def _refresh_catalogue(self) -> None:
        """New expiries and strikes are listed as the days go by."""
        instruments = self.world.exchange.source.instruments
        if len(instruments) != self._listed:
            self._listed = len(instruments)
            self.catalogue.replace(instruments)
            self._bus.publish(InstrumentsChanged(self._listed))

    def _keep_notice(self, message: NoticePosted) -> None:
        if message.notice.topic != "storage":
            self._notices.start(self._store_notice(message.notice), "keep a notice")

    async def _store_notice(self, notice: Notice) -> None:
        try:
            await NoticeRepository(self.database).add(notice)
        except StorageError as error:
            _log.warning("a notice could not be kept: %s", error.message)

    def _on_venue_fault(self, error: BaseException) -> None:
        _log.error("the simulated market stopped", exc_info=error)
        sentence = (
            error.message if isinstance(error, BhavError) else "This is a fault in Bhav; the log has the details."
        )
        text = f"{sentence} Prices stand still and paper orders are refused. Restart Bhav."
        self.terminal.notices.post(NoticeLevel.FAILED, "The simulated market has stopped", text, "feed")

    def _on_fault(self, name: str, error: BaseException) -> None:
        _log.error("%s failed", name, exc_info=error)


async def _nothing_to_open() -> None:
    """The market is started once every account is on it, not by the first panel that wants a price."""


class _Exposure:
    """What an account holds, for the desk; the portfolio is built after the desk."""

    def __init__(self, container: Container) -> None:
        self._container = container

    def quantity(self, account: AccountId, key: PositionKey) -> int:
        """Signed units of a position."""
        return self._container.portfolio.quantity(account, key)

    def deliverable(self, account: AccountId, instrument: InstrumentId) -> int | None:
        """Units of the holdings that are not pledged."""
        return self._container.portfolio.deliverable(account, instrument)
