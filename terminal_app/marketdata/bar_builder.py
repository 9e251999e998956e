"""Feeds the bars of the instruments that are looked at from whole tick batches."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

import numpy as np

from terminal_app.domain.ids import InstrumentId
from terminal_app.domain.market import TickBatch
from terminal_app.marketdata.bars import BarSeries
from terminal_app.marketdata.feed_tables import FeedTables

_NOT_WATCHED = -1


class BarBuilder:
    """Holds a series per watched instrument; ``apply`` is a listener of the hub.

    ``session_start`` says when continuous trading of an instrument begins on an Indian calendar day, None where it
    does not.
    """

    def __init__(self, session_start: Callable[[InstrumentId, date], datetime | None]) -> None:
        self._session_start = session_start
        self._place_of: dict[InstrumentId, int] = {}
        self._series: list[BarSeries] = []
        self._tables = FeedTables(self._place)

    def series(self, id: InstrumentId) -> BarSeries:
        """The bars of this instrument; from the first call on every tick of it is counted."""
        place = self._place_of.get(id)
        if place is None:
            place = self._place_of[id] = len(self._series)
            self._series.append(BarSeries(lambda day: self._session_start(id, day)))
            self._tables.clear()
        return self._series[place]

    def clear(self) -> None:
        """Forget every bar: the market begins again. Whoever holds a series asks for it anew."""
        self._place_of.clear()
        self._series.clear()
        self._tables.clear()

    def apply(self, batch: TickBatch) -> None:
        """Take a batch. A row without a price is no tick; one without exchange time counts when it was received."""
        if not self._series:
            return
        places = self._tables.rows(batch)
        rows = np.flatnonzero((places >= 0) & ~np.isnan(batch.last_price))
        if not len(rows):
            return
        times = batch.time_ns[rows]
        times = np.where(times > 0, times, batch.received_ns)
        for place, time_ns, price, volume in zip(
            places[rows].tolist(),
            times.tolist(),
            batch.last_price[rows].tolist(),
            batch.volume[rows].tolist(),
            strict=True,
        ):
            if time_ns > 0:
                self._series[place].add(time_ns, price, volume)

    def _place(self, id: InstrumentId) -> int:
        return self._place_of.get(id, _NOT_WATCHED)
