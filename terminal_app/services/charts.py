"""Bars for a chart: history in pages, and the last bar as it lives."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import numpy as np

from terminal_app.domain.enums import FeedMode, Interval
from terminal_app.domain.ids import InstrumentId
from terminal_app.domain.instrument import Instrument
from terminal_app.domain.market import Bar
from terminal_app.marketdata.bars import BarArrays, BarSeries
from terminal_app.services.rooms import History, Rooms

__all__ = ["BarArrays", "ChartService", "ChartSource"]

_PAGE_DAYS = {
    Interval.M1: 4,
    Interval.M3: 8,
    Interval.M5: 12,
    Interval.M10: 20,
    Interval.M15: 30,
    Interval.M30: 45,
    Interval.H1: 90,
    Interval.D1: 500,
}
"""Calendar days in a page of history: some hundred bars of each interval."""
_EMPTY_PAGES = 3
"""How many pages in a row may be empty (long holidays) before the beginning is believed."""


class ChartSource:
    """One instrument at one interval. Close it when the chart shows something else."""

    def __init__(
        self,
        instrument: Instrument,
        interval: Interval,
        series: BarSeries,
        history: History,
        session_start: Callable[[date], datetime | None],
    ) -> None:
        self.instrument = instrument
        self.interval = interval
        self._series = series
        self._history = history
        self._session_start = session_start
        self._bars: list[Bar] = []
        self._from: datetime | None = None
        self._seen_revision = -1
        self._seen_time = 0
        self._on_close: Callable[[], None] = lambda: None
        self._is_shown: Callable[[], bool] = lambda: True

    @property
    def is_current(self) -> bool:
        """Whether its prices are those of the room that the window shows; if not, open it anew."""
        return self._is_shown()

    @property
    def decimals(self) -> int:
        """Decimals of its prices."""
        return self.instrument.price_decimals

    @property
    def tick(self) -> Decimal:
        """The smallest price step."""
        return self.instrument.tick_size

    def session_start(self, day: date) -> datetime | None:
        """When continuous trading begins on an Indian calendar day; None where there is none."""
        return self._session_start(day)

    async def load(self, now: datetime) -> None:
        """Read the newest page. Raises BrokerError."""
        start = now - timedelta(days=_PAGE_DAYS[self.interval])
        self._bars = await self._history(self.instrument.id, self.interval, start, now + timedelta(seconds=1))
        self._from = start
        self._series.load(self.interval, self._bars)

    def arrays(self) -> BarArrays:
        """All bars that are loaded, the running one last."""
        bars = self._series.arrays(self.interval)
        self._seen_revision = self._series.revision
        self._seen_time = int(bars.time[-1]) if len(bars) else 0
        return bars

    def take_last(self) -> BarArrays | None:
        """Bars that changed or were added since the last look, oldest first; None where nothing did."""
        if self._series.revision == self._seen_revision:
            return None
        last = self._series.last(self.interval)
        self._seen_revision = self._series.revision
        if last is None:
            return None
        if last.time == self._seen_time:
            return BarArrays(
                np.array([last.time]),
                np.array([last.open]),
                np.array([last.high]),
                np.array([last.low]),
                np.array([last.close]),
                np.array([last.volume]),
            )
        bars = self._series.arrays(self.interval)
        first = int(np.searchsorted(bars.time, self._seen_time))
        self._seen_time = last.time
        return _part(bars, slice(first, None))

    async def older(self) -> BarArrays | None:
        """One more page before what is loaded; None at the beginning of what there is. Raises BrokerError."""
        if self._from is None:
            return None
        end = self._from
        for _ in range(_EMPTY_PAGES):
            start = end - timedelta(days=_PAGE_DAYS[self.interval])
            page = await self._history(self.instrument.id, self.interval, start, end)
            end = start
            if page:
                break
        else:
            return None
        self._from = end
        before = self._series.arrays(self.interval)
        self._bars = [*page, *self._bars]
        self._series.load(self.interval, self._bars)
        bars = self._series.arrays(self.interval)
        added = int(np.searchsorted(bars.time, before.time[0])) if len(before) else len(bars)
        return _part(bars, slice(None, added))

    def close(self) -> None:
        """No more prices are wanted for it."""
        self._on_close()


def _part(bars: BarArrays, part: slice) -> BarArrays:
    return BarArrays(
        bars.time[part], bars.open[part], bars.high[part], bars.low[part], bars.close[part], bars.volume[part]
    )


class ChartService:
    """Opens chart sources."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    async def open(self, id: InstrumentId, interval: Interval) -> ChartSource:
        """A source with its newest page loaded. Raises BrokerError; LookupError where the instrument is not listed."""
        room = self._rooms.shown
        instrument = room.catalogue.get(id)
        if instrument is None:
            raise LookupError(f"{id} is not listed today")
        source = ChartSource(
            instrument, interval, room.bars.series(id), room.history, lambda day: room.session_start(id, day)
        )
        room.hub.want(source, [id], FeedMode.QUOTE)
        source._on_close = lambda: room.hub.drop(source)
        source._is_shown = lambda: self._rooms.shown is room
        try:
            await source.load(room.clock.now().astimezone(UTC))
        except BaseException:
            source.close()
            raise
        return source
