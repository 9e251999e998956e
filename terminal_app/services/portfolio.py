"""What is held and what it is worth, for the window: positions, totals, holdings, funds, the P&L line."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from msgspec import Struct

from terminal_app.domain.funds import Funds
from terminal_app.domain.holding import Holding
from terminal_app.domain.ids import AccountId
from terminal_app.domain.pnl import PnlPoint, PositionPoint
from terminal_app.domain.position import PositionKey
from terminal_app.domain.values import ZERO
from terminal_app.services.rooms import Rooms
from terminal_app.trading.portfolio import Portfolio, PositionView

__all__ = ["PortfolioService", "PositionView", "Totals"]


class Totals(Struct, frozen=True):
    """Sums in rupees; None where nothing is known yet. ``count`` positions are in it, ``without_price`` are not."""

    realised: Decimal
    unrealised: Decimal
    day_pnl: Decimal
    count: int
    without_price: int = 0


class PortfolioService:
    """Reads what trading knows; ``account`` None stands for all accounts of the room that is shown."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    def positions(self, account: AccountId | None) -> list[PositionView]:
        """Every position of the day as it is worth now, closed ones too."""
        return [view for name in self._names(account) for view in self._portfolio(name).snapshot(name)]

    def totals(self, account: AccountId | None) -> Totals:
        """The sums over the positions."""
        views = self.positions(account)
        return Totals(
            sum((view.realised for view in views), ZERO),
            sum((view.unrealised for view in views if view.unrealised is not None), ZERO),
            sum((view.day_pnl for view in views if view.day_pnl is not None), ZERO),
            len(views),
            sum(view.day_pnl is None for view in views),
        )

    def day_pnl(self, account: AccountId | None) -> Decimal | None:
        """Today's change in rupees; None before the first book was read."""
        known = [name for name in self._names(account) if self._portfolio(name).funds(name) is not None]
        return sum((self._portfolio(name).day_pnl(name) for name in known), ZERO) if known else None

    def holdings(self, account: AccountId | None) -> list[tuple[AccountId, Holding]]:
        """Shares in the demat account."""
        return [(name, holding) for name in self._names(account) for holding in self._portfolio(name).holdings(name)]

    def funds(self, account: AccountId) -> Funds | None:
        """Money as read last; None before it was read."""
        return self._portfolio(account).funds(account)

    def session(self) -> tuple[datetime, datetime]:
        """From when to when today's P&L line runs."""
        return self._rooms.shown.session()

    async def refresh(self, account: AccountId) -> None:
        """Read funds, holdings and positions from the broker now. Raises BrokerError."""
        await self._portfolio(account).refresh(account)

    async def pnl_points(self, account: AccountId | None, start: datetime, end: datetime) -> list[PnlPoint]:
        """The P&L line in [start, end), oldest first. Raises StorageError."""
        lines = [await self._rooms.of(name).points.load(name, start, end) for name in self._names(account)]
        return lines[0] if len(lines) == 1 else _summed(lines)

    async def pnl_days(self, account: AccountId | None, start: datetime, end: datetime) -> list[PnlPoint]:
        """The last point of each day, oldest first. Raises StorageError."""
        lines = [await self._rooms.of(name).points.days(name, start, end) for name in self._names(account)]
        return lines[0] if len(lines) == 1 else _summed_by_day(lines)

    async def position_points(self, account: AccountId, key: PositionKey) -> list[PositionPoint]:
        """One position over today. Raises StorageError."""
        room = self._rooms.of(account)
        start, end = room.session()
        return await room.points.load_position(account, key, start, end)

    def _names(self, account: AccountId | None) -> tuple[AccountId, ...]:
        return self._rooms.members(account)

    def _portfolio(self, account: AccountId) -> Portfolio:
        return self._rooms.of(account).portfolio


def _summed(lines: Sequence[Sequence[PnlPoint]]) -> list[PnlPoint]:
    """One line of several: at each moment the sum of each account's latest point."""
    times = sorted({point.time for line in lines for point in line})
    starts = [[point.time for point in line] for line in lines]
    total = []
    for time in times:
        realised = unrealised = ZERO
        for line, own in zip(lines, starts, strict=True):
            place = bisect_right(own, time) - 1
            if place >= 0:
                realised += line[place].realised
                unrealised += line[place].unrealised
        total.append(PnlPoint(time, realised, unrealised))
    return total


def _summed_by_day(lines: Sequence[Sequence[PnlPoint]]) -> list[PnlPoint]:
    from terminal_app.domain.clock import ist

    days: dict[object, PnlPoint] = {}
    for line in lines:
        for point in line:
            day = ist(point.time).date()
            known = days.get(day)
            days[day] = (
                point
                if known is None
                else PnlPoint(
                    max(known.time, point.time),
                    known.realised + point.realised,
                    known.unrealised + point.unrealised,
                )
            )
    return sorted(days.values(), key=lambda point: point.time)
