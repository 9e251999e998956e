"""Translates a feed's own numbering of instruments into rows of ours, once per instrument."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from terminal_app.domain.ids import InstrumentId
from terminal_app.domain.market import TickBatch

_MOST_FEEDS = 16
"""Tables kept at a time; a feed that connects anew may bring a new one, the oldest goes."""


class FeedTables:
    """Rows by feed index, for the append-only tables of several feeds. ``row_of`` names the row of an instrument."""

    def __init__(self, row_of: Callable[[InstrumentId], int]) -> None:
        self._row_of = row_of
        self._tables: OrderedDict[int, tuple[Sequence[InstrumentId], NDArray[np.intp]]] = OrderedDict()

    def rows(self, batch: TickBatch) -> NDArray[np.intp]:
        """Our row for each row of the batch."""
        ids = batch.ids
        key = id(ids)  # the table itself is kept beside its rows, so the number stays its own
        known = self._tables.get(key)
        rows = known[1] if known is not None else np.empty(0, np.intp)
        if known is None or len(rows) < len(ids):
            rows = np.concatenate((rows, np.array([self._row_of(one) for one in ids[len(rows) :]], np.intp)))
            self._tables[key] = (ids, rows)
            if len(self._tables) > _MOST_FEEDS:
                self._tables.popitem(last=False)
        return rows[batch.index]

    def clear(self) -> None:
        """Ask anew for every row: the numbering of ours changed."""
        self._tables.clear()
