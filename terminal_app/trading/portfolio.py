"""What the accounts hold and what it is worth: positions, holdings, funds, and the line of the day's profit and loss."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal

from msgspec import Struct, field

from terminal_app.brokers.base import Broker
from terminal_app.domain.bus import Bus
from terminal_app.domain.clock import Clock, ist
from terminal_app.domain.enums import Product, Side
from terminal_app.domain.errors import BhavError, BrokerUnavailable, StorageError
from terminal_app.domain.funds import Funds
from terminal_app.domain.holding import Holding
from terminal_app.domain.ids import AccountId, InstrumentId
from terminal_app.domain.instrument import Instrument
from terminal_app.domain.market import Quote
from terminal_app.domain.messages import (
    BookLoaded,
    FillAdded,
    FundsChanged,
    HoldingsChanged,
    Notice,
    NoticeCleared,
    NoticeLevel,
    NoticePosted,
    OrderChanged,
    PnlPointAdded,
    PositionChanged,
)
from terminal_app.domain.position import Position, PositionKey
from terminal_app.domain.values import ZERO, to_money
from terminal_app.trading.desk import OrderDesk
from terminal_app.trading.positions import AccountPositions, carried_part
from terminal_app.trading.stores import PnlStore, PositionStore
from terminal_app.trading.tasks import TaskKeeper

PointRows = tuple[tuple[InstrumentId, Product, int, Decimal], ...]


class Rhythm(Struct, frozen=True):
    """How often the portfolio does what, in seconds: re-reads after fills at most every ``gap_s``, otherwise every ``read_s``; keeps a
    point of the P&L line every ``point_s`` of exchange time, looked at every ``look_s``; repeats an unchanged one after ``still_s``.
    """

    gap_s: float = 1.0
    read_s: float = 30.0
    point_s: int = 5
    look_s: float = 0.5
    still_s: int = 60
    call_s: float = 10.0


class PositionView(Struct, frozen=True):
    """A position as it is worth now, in rupees. None where no price is known.

    ``realised`` and ``unrealised`` count from the entry price, ``day_pnl`` from the previous close for what was carried.
    ``change_percent`` is the gain of the open part in percent of its entry price. ``differs`` is the broker's figure where it disagrees.
    """

    account: AccountId
    position: Position
    last_price: Decimal | None
    unrealised: Decimal | None
    realised: Decimal
    day_pnl: Decimal | None
    change_percent: Decimal | None
    differs: Position | None = None


class PnlTotals(Struct, frozen=True):
    """The sum over positions in rupees. ``without_price`` names open positions that are not in it because their price is not known."""

    realised: Decimal
    unrealised: Decimal
    day_pnl: Decimal
    without_price: tuple[InstrumentId, ...] = ()


class _Seat(Struct, eq=False):
    account: AccountId
    broker: Broker
    positions: AccountPositions
    wanted: asyncio.Event
    tasks: TaskKeeper
    holdings: tuple[Holding, ...] | None = None
    funds: Funds | None = None
    differs: dict[PositionKey, Position] = field(default_factory=dict)
    fill_count: int = 0
    last_point: tuple[datetime, Decimal, Decimal] | None = None
    has_failed: bool = False


class Portfolio:
    """Positions from what was carried, the desk's fills and the quotes; holdings and funds as the broker tells them.

    Attach an account to the desk first: its fills are the source.
    """

    def __init__(
        self,
        desk: OrderDesk,
        bus: Bus,
        clock: Clock,
        catalogue: Callable[[InstrumentId], Instrument | None],
        quotes: Callable[[InstrumentId], Quote | None],
        position_store: PositionStore,
        pnl_store: PnlStore,
        *,
        rhythm: Rhythm | None = None,
    ) -> None:
        self._desk = desk
        self._bus = bus
        self._clock = clock
        self._catalogue = catalogue
        self._quotes = quotes
        self._position_store = position_store
        self._pnl_store = pnl_store
        self._rhythm = rhythm or Rhythm()
        self._seats: dict[AccountId, _Seat] = {}
        self._tasks = TaskKeeper(self._on_failure)
        self._day = self._today()
        self._looking: asyncio.Task[None] | None = None
        self._rolling: asyncio.Task[None] | None = None
        self._points: asyncio.Queue[tuple[AccountId, datetime, Decimal, Decimal, PointRows]] = asyncio.Queue(
            maxsize=1000
        )
        self._storing: asyncio.Task[None] | None = None
        self._points_failed = False
        self._subscriptions = (
            bus.subscribe(FillAdded, self._on_fill),
            bus.subscribe(OrderChanged, self._on_order),
            bus.subscribe(BookLoaded, self._on_book),
        )

    # Accounts.

    async def attach(self, account: AccountId, broker: Broker) -> None:
        """Read an account and follow it. Raises BrokerError, StorageError; the account is then not attached."""
        await self.detach(account)
        tasks = TaskKeeper(self._on_failure)
        seat = _Seat(account, broker, AccountPositions(self._multiplier), asyncio.Event(), tasks)
        saved = await self._position_store.load_carried(account, self._today())
        net = await self._read(seat)
        seat.positions.begin(carried_part(net, saved, self._multiplier), self._desk.fills(account))
        self._compare(seat, net)
        self._seats[account] = seat
        tasks.start(self._follow(seat), f"portfolio: follow {account}")
        if self._looking is None or self._looking.done():
            self._looking = self._tasks.start(self._look(), "portfolio: keep points")
            self._storing = self._tasks.start(self._store_points(), "portfolio: write points")
        self._announce(seat)

    async def detach(self, account: AccountId) -> None:
        """Stop following an account."""
        seat = self._seats.pop(account, None)
        if seat is not None:
            await seat.tasks.cancel()

    async def aclose(self) -> None:
        """Stop everything. Points that are not written yet are written, as far as it takes no longer than a few seconds."""
        for subscription in self._subscriptions:
            subscription.cancel()
        for account in tuple(self._seats):
            await self.detach(account)
        if self._storing is not None and not self._storing.done() and not self._points_failed:
            writing = asyncio.ensure_future(self._points.join())
            await asyncio.wait({writing, self._storing}, timeout=3.0, return_when=asyncio.FIRST_COMPLETED)
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)
        await self._tasks.cancel()

    async def refresh(self, account: AccountId) -> tuple[Position, ...]:
        """Read funds, holdings and positions now; the broker's net positions. Raises BrokerError."""
        seat = self._seats.get(account)
        if seat is None:
            raise BrokerUnavailable("The account is not connected.")
        return await self._reread(seat)

    # What is there.

    def positions(self, account: AccountId) -> tuple[Position, ...]:
        """Every position of the day, closed ones too."""
        seat = self._seats.get(account)
        return seat.positions.all() if seat is not None else ()

    def quantity(self, account: AccountId, key: PositionKey) -> int:
        """Signed units of one position."""
        seat = self._seats.get(account)
        position = seat.positions.get(key) if seat is not None else None
        return position.quantity if position is not None else 0

    def deliverable(self, account: AccountId, instrument: InstrumentId) -> int | None:
        """Units of the holdings that are not pledged; None where the holdings are not known."""
        seat = self._seats.get(account)
        if seat is None or seat.holdings is None:
            return None
        contract = self._catalogue(instrument)
        isin = contract.isin if contract is not None else ""
        return sum(
            holding.total_quantity - holding.pledged_quantity
            for holding in seat.holdings
            if holding.instrument == instrument or (isin and holding.isin == isin)
        )

    def holdings(self, account: AccountId) -> tuple[Holding, ...]:
        """Shares in the demat account as read last."""
        seat = self._seats.get(account)
        return (seat.holdings or ()) if seat is not None else ()

    def funds(self, account: AccountId) -> Funds | None:
        """Money as read last."""
        seat = self._seats.get(account)
        return seat.funds if seat is not None else None

    def snapshot(self, account: AccountId) -> list[PositionView]:
        """Every position of the day as it is worth now; one that only the broker has stands with nothing of ours."""
        seat = self._seats.get(account)
        if seat is None:
            return []
        ours = seat.positions.all()
        known = {position.key for position in ours}
        theirs = (Position(*key) for key in seat.differs if key not in known)
        return [self._view(seat, position) for position in (*ours, *theirs)]

    def totals(self, account: AccountId | None = None) -> PnlTotals:
        """The sum over the positions of one account, or of all."""
        accounts = tuple(self._seats) if account is None else (account,)
        views = [view for name in accounts for view in self.snapshot(name)]
        return PnlTotals(
            sum((view.realised for view in views), ZERO),
            sum((view.unrealised for view in views if view.unrealised is not None), ZERO),
            sum((view.day_pnl for view in views if view.day_pnl is not None), ZERO),
            tuple(view.position.instrument for view in views if view.day_pnl is None),
        )

    def day_pnl(self, account: AccountId | None = None) -> Decimal:
        """Today's change in rupees, realised and unrealised, of one account or all."""
        return self.totals(account).day_pnl

    # The line of the day.

    def observe(self) -> None:
        """Keep the points that are due by the clock, and begin a new day when the date in India has changed."""
        now = self._clock.now()
        if ist(now).date() != self._day and (self._rolling is None or self._rolling.done()):
            self._rolling = self._tasks.start(self._roll(), "portfolio: new day")
        step = self._rhythm.point_s
        time = datetime.fromtimestamp(int(now.timestamp()) // step * step, UTC)
        for seat in self._seats.values():
            self._keep_point(seat, time)

    def _keep_point(self, seat: _Seat, time: datetime) -> None:
        last = seat.last_point
        if (last is not None and time <= last[0]) or not seat.positions.all() or ist(time).date() != self._day:
            return
        realised = unrealised = ZERO
        rows: list[tuple[InstrumentId, Product, int, Decimal]] = []
        for position in seat.positions.all():
            result = seat.positions.day_pnl(position.key, self._last(position.instrument))
            if result.total is None:
                return  # a point that leaves a position out would be a jump that never was
            realised += result.realised
            unrealised += result.total - result.realised
            rows.append((position.instrument, position.product, position.quantity, to_money(result.total)))
        point = (time, to_money(realised), to_money(unrealised))
        if last is not None and point[1:] == last[1:] and (time - last[0]).total_seconds() < self._rhythm.still_s:
            return
        seat.last_point = point
        if self._points.full():
            self._points.get_nowait()
            self._points.task_done()
        self._points.put_nowait((seat.account, *point, tuple(rows)))
        self._bus.publish(PnlPointAdded(seat.account, *point))

    async def _look(self) -> None:
        while True:
            self.observe()
            await asyncio.sleep(self._rhythm.look_s)

    async def _store_points(self) -> None:
        while True:
            point = await self._points.get()
            try:
                await self._pnl_store.add(*point)
            except StorageError as error:
                if not self._points_failed:
                    self._points_failed = True
                    self._say(NoticeLevel.FAILED, "The P&L line cannot be written down", error.message, None)
            else:
                if self._points_failed:
                    self._points_failed = False
                    self._bus.publish(NoticeCleared("pnl"))
            finally:
                self._points.task_done()

    async def _roll(self) -> None:
        day = self._today()
        for seat in tuple(self._seats.values()):
            carried = seat.positions.overnight(self._last)
            await self._save_carried(seat.account, day, carried)
            seat.last_point = None
            seat.positions.begin(carried, ())
            try:
                await self._desk.begin_day(seat.account)
                net = await self._reread(seat)
                seat.positions.begin(carried_part(net, carried, self._multiplier), self._desk.fills(seat.account))
            except BhavError as error:
                self._say(NoticeLevel.DOUBT, "The new day could not be read", error.message, seat.account)
                seat.positions.begin(carried, self._desk.fills(seat.account))
            self._day = day
            self._announce(seat)
        self._day = day

    async def _save_carried(self, account: AccountId, day: date, carried: list[Position]) -> None:
        try:
            await self._position_store.save_carried(account, day, carried)
        except StorageError as error:
            self._say(NoticeLevel.FAILED, "The positions of the day could not be written down", error.message, account)

    # Following.

    def _on_fill(self, message: FillAdded) -> None:
        seat = self._seats.get(message.account)
        if seat is None:
            return
        position = seat.positions.add(message.fill)
        if position is None:
            return
        seat.fill_count += 1
        seat.differs.pop(position.key, None)
        seat.wanted.set()
        self._bus.publish(PositionChanged(seat.account, position))

    def _on_order(self, message: OrderChanged) -> None:
        seat = self._seats.get(message.account)
        if seat is not None and not message.order.status.is_in_flight:
            seat.wanted.set()

    def _on_book(self, message: BookLoaded) -> None:
        seat = self._seats.get(message.account)
        if seat is None:
            return
        seat.positions.begin(seat.positions.carried, self._desk.fills(message.account))
        seat.wanted.set()

    async def _follow(self, seat: _Seat) -> None:
        """Re-read after changes, at most once a second, and now and then anyway."""
        while True:
            await asyncio.sleep(self._rhythm.gap_s)
            await _until_set(seat.wanted, self._rhythm.read_s)
            try:
                await self._reread(seat)
            except BhavError as error:
                if not seat.has_failed:
                    seat.has_failed = True
                    text = f"{error.message} What is shown was read before that."
                    self._say(NoticeLevel.DOUBT, "Funds and positions could not be read", text, seat.account)
            else:
                if seat.has_failed:
                    seat.has_failed = False
                    self._bus.publish(NoticeCleared("portfolio", seat.account))

    async def _reread(self, seat: _Seat) -> tuple[Position, ...]:
        seat.wanted.clear()
        before, funds, holdings = seat.fill_count, seat.funds, seat.holdings
        net = await self._read(seat)
        if seat.fill_count == before:
            self._compare(seat, net)
        if seat.funds is not None and seat.funds != funds:
            self._bus.publish(FundsChanged(seat.account, seat.funds))
        if seat.holdings is not None and seat.holdings != holdings:
            self._bus.publish(HoldingsChanged(seat.account, seat.holdings))
        return net

    async def _read(self, seat: _Seat) -> tuple[Position, ...]:
        try:
            async with asyncio.timeout(self._rhythm.call_s):
                seat.funds = await seat.broker.funds()
                seat.holdings = tuple(await seat.broker.holdings())
                return (await seat.broker.positions()).net
        except TimeoutError:
            raise BrokerUnavailable("The broker did not answer when it was asked for funds and positions.") from None

    def _compare(self, seat: _Seat, net: tuple[Position, ...]) -> None:
        """Note where the broker's quantity is not ours."""
        theirs = {position.key: position for position in net}
        differs: dict[PositionKey, Position] = {}
        for key in {*theirs, *(position.key for position in seat.positions.all())}:
            broker = theirs.get(key) or Position(key.instrument, key.product)
            ours = seat.positions.get(key)
            if broker.quantity != (ours.quantity if ours is not None else 0):
                differs[key] = broker
        changed = differs != seat.differs
        seat.differs = differs
        if changed:
            for position in seat.positions.all():
                if position.key in differs:
                    self._bus.publish(PositionChanged(seat.account, position))

    def _view(self, seat: _Seat, position: Position) -> PositionView:
        last = self._last(position.instrument)
        gain = change = None
        if not position.is_open:
            gain = ZERO
        elif last is not None:
            gain = position.unrealised_pnl(last)
            if position.average_price:
                sign = Side.BUY.sign if position.quantity > 0 else Side.SELL.sign
                change = (last - position.average_price) / position.average_price * 100 * sign
        return PositionView(
            seat.account,
            position,
            last,
            gain,
            position.realised_pnl,
            seat.positions.day_pnl(position.key, last).total,
            change,
            seat.differs.get(position.key),
        )

    def _announce(self, seat: _Seat) -> None:
        if seat.funds is not None:
            self._bus.publish(FundsChanged(seat.account, seat.funds))
        if seat.holdings is not None:
            self._bus.publish(HoldingsChanged(seat.account, seat.holdings))
        for position in seat.positions.all():
            self._bus.publish(PositionChanged(seat.account, position))

    def _today(self) -> date:
        return ist(self._clock.now()).date()

    def _last(self, instrument: InstrumentId) -> Decimal | None:
        quote = self._quotes(instrument)
        return quote.last_price if quote is not None else None

    def _multiplier(self, instrument: InstrumentId) -> Decimal:
        contract = self._catalogue(instrument)
        return contract.multiplier if contract is not None else Decimal(1)

    def _on_failure(self, name: str, error: BaseException) -> None:
        self._say(NoticeLevel.FAILED, "Something went wrong in the portfolio", f"{name}: {error!r}", None)

    def _say(self, level: NoticeLevel, title: str, text: str, account: AccountId | None) -> None:
        topic = "portfolio" if account is not None else "pnl"
        self._bus.publish(NoticePosted(Notice(level, title, text, self._clock.now(), topic, account)))


async def _until_set(event: asyncio.Event, limit_s: float) -> None:
    try:
        async with asyncio.timeout(limit_s):
            await event.wait()
    except TimeoutError:
        return
