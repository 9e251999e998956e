"""Bars and P&L points as a test wrote them down, for the panels that draw charts."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from terminal_app.domain.clock import at_ist
from terminal_app.domain.enums import Interval, Product, Side
from terminal_app.domain.errors import BhavError
from terminal_app.domain.fill import Fill
from terminal_app.domain.ids import AccountId, BrokerOrderId, InstrumentId, TradeId
from terminal_app.domain.instrument import Instrument
from terminal_app.domain.messages import FillAdded, PositionChanged
from terminal_app.domain.pnl import PnlPoint, PositionPoint
from terminal_app.domain.position import Position, PositionKey
from terminal_app.services.charts import BarArrays
from terminal_app.services.portfolio import Totals
from terminal_app.trading.portfolio import PositionView
from tests.helpers.scripted_terminal import INSTRUMENTS, PAPER, ScriptedTerminal

OPEN = at_ist(2026, 11, 20, 9, 15)
CLOSE = at_ist(2026, 11, 20, 15, 30)
_ZERO = Decimal(0)


def bars_until(end: datetime, interval: Interval, count: int, price: float = 1420.0) -> BarArrays:
    """``count`` bars, the last of which begins at most one interval before ``end``."""
    rng = np.random.default_rng(11)
    last = int(end.timestamp()) // interval.seconds * interval.seconds
    time = last - np.arange(count - 1, -1, -1, dtype=np.int64) * interval.seconds
    close = np.round(price + np.cumsum(rng.normal(0, 1.2, count)) * 0.7, 1)
    close += price - (close[-1] if count else price)
    before = np.concatenate((close[:1], close[:-1]))
    high: NDArray[np.float64] = np.maximum(before, close) + np.round(rng.uniform(0, 1, count), 1)
    low: NDArray[np.float64] = np.minimum(before, close) - np.round(rng.uniform(0, 1, count), 1)
    return BarArrays(time, before, high, low, close, rng.gamma(2, 20_000, count).astype(np.int64))


class ScriptedSource:
    """One instrument at one interval."""

    def __init__(self, instrument: Instrument, interval: Interval, bars: BarArrays) -> None:
        self.instrument, self.interval = instrument, interval
        self.bars = bars
        self.changed: BarArrays | None = None
        self.pages: list[BarArrays] = []
        self.closed = False
        self.is_current = True
        self.asked_older = 0

    @property
    def decimals(self) -> int:
        """As the tick has."""
        return self.instrument.price_decimals

    @property
    def tick(self) -> Decimal:
        """The instrument's."""
        return self.instrument.tick_size

    def arrays(self) -> BarArrays:
        """All."""
        return self.bars

    def take_last(self) -> BarArrays | None:
        """What ``tell`` said, once."""
        changed, self.changed = self.changed, None
        return changed

    def tell(self, time_s: int, close: float, volume: int = 1000) -> None:
        """The bar of this time ends at this price now."""
        at, column = np.array([time_s], np.int64), np.array([close])
        self.changed = BarArrays(at, column, column + 1, column - 1, column, np.array([volume], np.int64))

    async def older(self) -> BarArrays | None:
        """The next of ``pages``."""
        self.asked_older += 1
        return self.pages.pop(0) if self.pages else None

    def close(self) -> None:
        """Remembered."""
        self.closed = True


@dataclass
class ScriptedCharts:
    """Opens sources; ``gates`` hold the answer for an instrument back, ``errors`` are raised in turn."""

    clock: Any
    count: int = 300
    opened: list[ScriptedSource] = field(default_factory=list)
    asked: list[tuple[InstrumentId, Interval]] = field(default_factory=list)
    gates: dict[InstrumentId, asyncio.Event] = field(default_factory=dict)
    errors: list[Exception] = field(default_factory=list)

    async def open(self, id: InstrumentId, interval: Interval) -> ScriptedSource:
        """A source with some hundred bars."""
        self.asked.append((id, interval))
        if id in self.gates:
            await self.gates[id].wait()
        if self.errors:
            raise self.errors.pop(0)
        source = ScriptedSource(INSTRUMENTS[id], interval, bars_until(self.clock.now(), interval, self.count))
        self.opened.append(source)
        return source


@dataclass
class ScriptedPortfolio:
    """Positions, points and days as set. ``errors`` are raised in turn by what reads the database."""

    scripted: ScriptedTerminal
    rows: list[tuple[AccountId, Position]] = field(default_factory=list)
    points: dict[AccountId, list[PnlPoint]] = field(default_factory=dict)
    days: dict[AccountId, list[PnlPoint]] = field(default_factory=dict)
    lines: dict[tuple[AccountId, PositionKey], list[PositionPoint]] = field(default_factory=dict)
    fills: list[tuple[AccountId, Fill]] = field(default_factory=list)
    errors: list[BhavError] = field(default_factory=list)
    asked: list[tuple[AccountId | None, datetime, datetime]] = field(default_factory=list)

    def positions(self, account: AccountId | None) -> list[PositionView]:
        """As the scripted prices value them."""
        return [self._view(name, position) for name, position in self.rows if account in (None, name)]

    def totals(self, account: AccountId | None) -> Totals:
        """The sums."""
        views = self.positions(account)
        return Totals(
            sum((view.realised for view in views), _ZERO),
            sum((view.unrealised for view in views if view.unrealised is not None), _ZERO),
            sum((view.day_pnl for view in views if view.day_pnl is not None), _ZERO),
            len(views),
            sum(view.day_pnl is None for view in views),
        )

    def session(self) -> tuple[datetime, datetime]:
        """09:15 to 15:30 of the scripted day."""
        return OPEN, CLOSE

    async def pnl_points(self, account: AccountId | None, start: datetime, end: datetime) -> list[PnlPoint]:
        """Those of the account; of the first account where all are asked."""
        return self._read(account, start, end, self.points)

    async def pnl_days(self, account: AccountId | None, start: datetime, end: datetime) -> list[PnlPoint]:
        """The same for days."""
        return self._read(account, start, end, self.days)

    async def position_points(self, account: AccountId, key: PositionKey) -> list[PositionPoint]:
        """The position's line."""
        if self.errors:
            raise self.errors.pop(0)
        return self.lines.get((account, key), [])

    def trade(
        self, instrument: InstrumentId, side: Side, quantity: int, price: str, at: datetime, account: AccountId = PAPER
    ) -> Fill:
        """Count a fill of an intraday order and tell of it."""
        number = f"{len(self.fills) + 1}"
        fill = Fill(
            TradeId(number), BrokerOrderId(number), instrument, side, Product.INTRADAY, quantity, Decimal(price), at
        )
        key = PositionKey(instrument, Product.INTRADAY)
        before = next((one for name, one in self.rows if name == account and one.key == key), Position(*key))
        after = before.apply(fill)
        self.rows = [row for row in self.rows if row != (account, before)] + [(account, after)]
        self.fills.insert(0, (account, fill))
        self.scripted.bus.publish(FillAdded(account, fill))
        self.scripted.bus.publish(PositionChanged(account, after))
        return fill

    def _read(
        self, account: AccountId | None, start: datetime, end: datetime, kept: dict[AccountId, list[PnlPoint]]
    ) -> list[PnlPoint]:
        self.asked.append((account, start, end))
        if self.errors:
            raise self.errors.pop(0)
        return [point for point in kept.get(account or PAPER, []) if start <= point.time < end]

    def _view(self, account: AccountId, position: Position) -> PositionView:
        last = self.scripted.market.last_price(position.instrument)
        gain = position.unrealised_pnl(last) if last is not None else None
        day = position.day_pnl(last) if last is not None else None
        return PositionView(account, position, last, gain, position.realised_pnl, day, None)


def walk(start: datetime, end: datetime, step_s: int, scale: float = 120.0, seed: int = 3) -> list[PnlPoint]:
    """A line of points that wanders."""
    count = int((end - start).total_seconds()) // step_s
    values = np.round(np.cumsum(np.random.default_rng(seed).normal(2, scale, count)), 2)
    return [
        PnlPoint(start + timedelta(seconds=step_s * at), _ZERO, Decimal(str(value))) for at, value in enumerate(values)
    ]


def with_charts(scripted: ScriptedTerminal) -> tuple[ScriptedCharts, ScriptedPortfolio]:
    """Give the terminal scripted charts and a scripted portfolio, and orders that know its fills."""
    charts, portfolio = ScriptedCharts(scripted.clock), ScriptedPortfolio(scripted)
    scripted.terminal.charts = cast("Any", charts)
    scripted.terminal.portfolio = cast("Any", portfolio)

    def fills(account: AccountId | None) -> Sequence[tuple[AccountId, Fill]]:
        return [row for row in portfolio.fills if account in (None, row[0])]

    scripted.orders.fills = fills  # type: ignore[assignment, method-assign]
    return charts, portfolio
