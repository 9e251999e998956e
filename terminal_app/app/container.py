"""The container: every object of the terminal is built here, once, and ended here in the order that loses nothing."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime

from terminal_app.app.address import ask_public_address
from terminal_app.app.connector import PaperConnector
from terminal_app.app.demo import Demo
from terminal_app.app.dumps import DumpFolder
from terminal_app.app.files import JsonFile
from terminal_app.app.lag import LagMeter
from terminal_app.app.options import Options
from terminal_app.app.paths import Paths
from terminal_app.app.rooms import Ground, Market, make_room, watch_held
from terminal_app.app.secrets import KeptSecrets
from terminal_app.app.shop import Shop
from terminal_app.app.world import Standing, Tables, World, practice_world, replay_world
from terminal_app.brokers.paper.feed import PaperFeed
from terminal_app.domain.bus import Bus
from terminal_app.domain.clock import SystemClock
from terminal_app.domain.enums import AccountKind, Interval
from terminal_app.domain.errors import BhavError, ConfigError, ReplayError, StorageError
from terminal_app.domain.funds import Margin
from terminal_app.domain.ids import AccountId, InstrumentId
from terminal_app.domain.market import Bar
from terminal_app.domain.messages import (
    BookLoaded,
    InstrumentsChanged,
    Notice,
    NoticeLevel,
    NoticePosted,
    PositionChanged,
)
from terminal_app.domain.order import OrderRequest
from terminal_app.services.accounts import AccountService
from terminal_app.services.charts import ChartService
from terminal_app.services.market import MarketService
from terminal_app.services.notices import NoticeService
from terminal_app.services.orders import OrderService
from terminal_app.services.portfolio import PortfolioService
from terminal_app.services.rooms import Rooms, ShownClock
from terminal_app.services.sessions import SessionService
from terminal_app.services.settings import SettingsService
from terminal_app.services.terminal import Terminal
from terminal_app.services.watchlists import WatchlistService
from terminal_app.simulator.documents import kept_at
from terminal_app.simulator.venue import Venue
from terminal_app.storage.clock import ClockRepository
from terminal_app.storage.database import Database
from terminal_app.storage.notices import NoticeRepository
from terminal_app.storage.paper import PaperLedgerRepository
from terminal_app.trading.gate import Gate
from terminal_app.trading.kill import KillSwitch
from terminal_app.trading.rules import RiskLimits
from terminal_app.trading.tasks import TaskKeeper

_log = logging.getLogger(__name__)
CLOCK_SAVE_S = 2.0
LIVE_BOOK, DEMO_BOOK = "live", "demo"
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
        self._build_rooms()
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
        if self.demo is not None:
            await self.demo.start(self.sessions)
        self._endless.start(self._save_clock(), "save the clock")
        self._endless.start(asyncio.to_thread(self.rooms.paper.catalogue.prepare), "prepare the search")

    async def aclose(self) -> None:
        """End everything: what is in flight first, the database last."""
        await self.lag.aclose()
        for room in self.rooms.all:
            await room.portfolio.aclose()
            await room.desk.aclose()
        await self.sessions.aclose()
        if self.demo is not None:
            await self.demo.aclose()
        await self.secrets.aclose()
        # The market stops before the accounts leave it: what it plays without them, resting orders would miss for good.
        await self.venue.aclose()
        for room in self.rooms.all:
            await room.hub.aclose()
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

    def _build_rooms(self) -> None:
        world, source = self.world, self.world.exchange.source
        self.venue = Venue(world.exchange, world.clock, self._on_venue_fault)
        self._listed = len(source.instruments)
        self._clock_store = ClockRepository(self.database, world.book)
        self.gate = self._make_gate()
        ground = Ground(self.database, self._bus, self.gate, self._wall)
        paper = make_room(
            Market(
                world.name,
                AccountKind.PAPER,
                world.book,
                world.clock,
                world.tables.hours,
                source.instruments,
                self._practice_history,
                self._practice_margin,
                world.exchange.quote,
                lambda: world.replay is None or not world.replay.paused,
            ),
            ground,
        )
        self.feed = PaperFeed(_nothing_to_open)
        self.feed.attach(world.exchange.book, world.exchange.faults)
        self.venue.listen(self.feed.on_step)
        paper.hub.add_feed("Paper prices", self.feed)
        ledger = PaperLedgerRepository(self.database, world.book)
        self.connector = PaperConnector(self.venue, ledger, paper.desk, paper.portfolio)
        live = make_room(
            Market(
                "live market",
                AccountKind.LIVE,
                DEMO_BOOK if self._options.demo else LIVE_BOOK,
                world.clock if self._options.demo else self._wall,
                world.tables.hours,
                (),
                self._live_history,
                self._live_margin,
            ),
            ground,
        )
        self.rooms = Rooms(paper, live, self._accounts)
        self.demo = Demo(self.venue, self._accounts) if self._options.demo else None
        options = self._options
        # The demo's keys are nobody's: they need no keyring, but a file that is asked for is used.
        kind = "memory" if options.demo and options.vault == "keyring" else options.vault
        self.secrets = KeptSecrets(kind, self._paths.data, options.vault_password_fd)
        self.sessions = SessionService(
            self._accounts,
            self.rooms,
            Shop(self.demo.endpoints if self.demo is not None else None),
            self.secrets,
            # A simulator's list has tokens of its own: a real account of the same home must never find it.
            DumpFolder(self._paths.data / ("instruments-demo" if options.demo else "instruments"), live.clock),
            lambda notice: self._bus.publish(NoticePosted(notice)),
            announce_instruments=self._bus.publish,
            ask_address=lambda: ask_public_address(self._settings.text("address_service")),
        )
        self.kill = KillSwitch([room.desk for room in self.rooms.all], self.gate)

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
        self.lag = LagMeter()
        clock = ShownClock(self.rooms)
        self.terminal = Terminal(
            bus=self._bus,
            clock=clock,
            settings=self._settings,
            watchlists=self._watchlists,
            accounts=self._accounts,
            sessions=self.sessions,
            notices=NoticeService(self._bus, clock),
            market=MarketService(self.rooms, self._bus, self._wall),
            charts=ChartService(self.rooms),
            orders=OrderService(self.rooms, self.gate, self.kill, self._accounts, self._settings),
            portfolio=PortfolioService(self.rooms),
            replay=self.world.replay,
            prices_from=self.world.name,
            storage_text=self._storage_text,
            loop_lag_ms=lambda: self.lag.ms,
            diagnostics=self._diagnostics,
        )

    # What the parts ask.

    async def _practice_history(
        self, id: InstrumentId, interval: Interval, start: datetime, end: datetime
    ) -> list[Bar]:
        return self.world.exchange.source.history(id, interval, start, end)

    async def _practice_margin(self, account: AccountId, orders: Sequence[OrderRequest]) -> Margin:
        return await self.connector.margin(account, orders)

    async def _live_history(self, id: InstrumentId, interval: Interval, start: datetime, end: datetime) -> list[Bar]:
        return await self.sessions.history(id, interval, start, end)

    async def _live_margin(self, account: AccountId, orders: Sequence[OrderRequest]) -> Margin:
        return await self.sessions.margin(account, orders)

    def _watch_held(self) -> None:
        for room in self.rooms.all:
            watch_held(room, [one.id for one in self._accounts.all() if one.kind is room.kind])

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
            self.rooms.paper.catalogue.replace(instruments)
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
