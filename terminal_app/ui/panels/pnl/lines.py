"""The lines of the P&L panel: read from what was kept, moved on with what is known now."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from terminal_app.domain.pnl import PnlPoint
from terminal_app.ui.panels.pnl.history import NAN, moments
from terminal_app.ui.panels.pnl.model import ALL_DAYS, TODAY, Track
from terminal_app.ui.panels.pnl.presenter import bar_position, first_moment, marks, midnight_s, shown_span

if TYPE_CHECKING:
    from terminal_app.domain.ids import AccountId
    from terminal_app.services.portfolio import PositionView, Totals
    from terminal_app.services.terminal import Terminal
    from terminal_app.ui.charts.session_chart import SessionChart
    from terminal_app.ui.panels.pnl.body import PnlBody

_TO_THE_END = timedelta(seconds=1)
_LEAST_DAYS = 7


def _set_span(chart: SessionChart, span: tuple[datetime, datetime]) -> None:
    chart.set_session(span[0].timestamp(), span[1].timestamp())


class PnlLines:
    """Today's points with their figures, several days' points, and one position's moments; draws them on the body."""

    def __init__(self, terminal: Terminal, body: PnlBody) -> None:
        self._terminal, self._body = terminal, body
        self.points: list[PnlPoint] = []
        self.track = Track()
        self._session: tuple[datetime, datetime] | None = None
        self._span: tuple[datetime, datetime] | None = None
        self._position_until_s = 0.0

    @property
    def is_another_day(self) -> bool:
        """Whether the session that is drawn is over and the next one came."""
        return self._session is not None and self._session != self._terminal.portfolio.session()

    async def read(self, account: AccountId | None, span: str) -> list[PnlPoint]:
        """The points of a span, oldest first. Raises StorageError."""
        portfolio, now = self._terminal.portfolio, self._terminal.clock.now()
        if span == TODAY:
            start, end = portfolio.session()
            return await portfolio.pnl_points(account, start, max(end, now) + _TO_THE_END)
        return await portfolio.pnl_days(account, first_moment(span, now), now + _TO_THE_END)

    def show_today(self, points: list[PnlPoint], account: AccountId | None) -> None:
        """Draw the day's line with its fills."""
        self.points = points
        self.track = Track((point.time, point.total) for point in points)
        self._session = self._terminal.portfolio.session()
        chart = self._body.day
        chart.set_points([point.time.timestamp() for point in points], [float(point.total) for point in points])
        self._span = None
        self._fit_span()
        self.show_fills(account)

    def show_days(self, points: list[PnlPoint], span: str) -> None:
        """Draw a bar for each day."""
        self.points = points
        days, results = [midnight_s(point.time) for point in points], [float(point.total) for point in points]
        self._body.days.set_days(days, results, least=_LEAST_DAYS if span == ALL_DAYS else int(span))

    def show_fills(self, account: AccountId | None) -> None:
        """Mark today's fills."""
        self._body.show_marks(self._body.day, marks(self._terminal.orders.fills(account), self._terminal.market))

    def move_on(self, point: PnlPoint) -> None:
        """The newest point of today; one that comes late is left out, as it is kept anyway."""
        if self._session is None or (self.points and point.time <= self.points[-1].time):
            return
        if not self._session[0] <= point.time <= self._session[1]:
            return
        self.points.append(point)
        self.track.add(point.time, point.total)
        self._body.day.append(point.time.timestamp(), float(point.total))
        self._fit_span()

    def move_on_now(self, totals: Totals) -> None:
        """The day's line up to this moment, unless a position in it has no price."""
        if totals.count and not totals.without_price:
            now = self._terminal.clock.now()
            self.move_on(PnlPoint(now, totals.realised, totals.day_pnl - totals.realised))

    async def show_position(self, view: PositionView) -> None:
        """Draw one position's own line. Raises StorageError."""
        account, key = view.account, view.position.key
        points = await self._terminal.portfolio.position_points(account, key)
        fills = [
            (name, fill)
            for name, fill in self._terminal.orders.fills(account)
            if (fill.instrument, fill.product) == (key.instrument, key.product)
        ]
        found = moments(points, [fill for _, fill in fills], view.position)
        chart = self._body.position
        chart.set_points(
            [one.time_s for one in found],
            [one.pnl for one in found],
            [one.quantity for one in found],
            [one.last_price for one in found],
            [one.average_price for one in found],
        )
        session = self._terminal.portfolio.session()
        first, last = (points[0].time, points[-1].time) if points else (None, None)
        _set_span(chart, shown_span(session, first, last))
        self._body.show_marks(chart, marks(fills, self._terminal.market))
        self._position_until_s = found[-1].time_s if found else session[0].timestamp()

    def move_position_on(self, view: PositionView) -> None:
        """The position's line up to this moment."""
        now_s = self._terminal.clock.now().timestamp()
        end_s = self._terminal.portfolio.session()[1].timestamp()
        if view.day_pnl is None or not self._position_until_s < now_s <= end_s:
            return
        held = view.position.quantity
        last = float(view.last_price) if held and view.last_price is not None else NAN
        average = float(view.position.average_price) if held else NAN
        self._body.position.append(now_s, float(view.day_pnl), held, last, average)
        self._position_until_s = now_s

    def _fit_span(self) -> None:
        assert self._session is not None
        first, last = (self.points[0].time, self.points[-1].time) if self.points else (None, None)
        span = shown_span(self._session, first, last)
        if span != self._span:
            self._span = span
            _set_span(self._body.day, span)

    @staticmethod
    def find(views: list[PositionView], key: str) -> PositionView | None:
        """The position that a bar stands for."""
        account, position_key = bar_position(key)
        found = (view for view in views if view.account == account and view.position.key == position_key)
        return next(found, None)
