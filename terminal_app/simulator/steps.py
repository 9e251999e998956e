"""What a simulated market is made of: steps of prices, and the source that yields them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Protocol

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from terminal_app.domain.enums import Interval
from terminal_app.domain.ids import InstrumentId
from terminal_app.domain.instrument import Instrument
from terminal_app.domain.market import DEPTH_LEVELS, Bar

OHLC = 4
"""Columns of ``MarketStep.ohlc_paise``: the day's open, high, low (0 until the day's first trade), and the previous
close.
"""


class MarketStep(Struct, frozen=True):
    """All rows that changed at one instant of exchange time. Prices are integer paise, quantities units.

    ``index`` says which entry of ``MarketSource.instruments`` a row is about; an instrument has at most one row in a
    step. ``traded`` is what was traded at ``last_paise`` in this step; 0 says that only the quotes changed. ``volume``
    is the day's so far. A depth level with price 0 does not exist; level 0 is the best. An index has no depth and
    trades nothing.
    """

    at: datetime
    index: NDArray[np.int32]  # (n,)
    last_paise: NDArray[np.int64]  # (n,)
    traded: NDArray[np.int64]  # (n,)
    volume: NDArray[np.int64]  # (n,)
    open_interest: NDArray[np.int64]  # (n,)
    ohlc_paise: NDArray[np.int64]  # (n, 4)
    bid_paise: NDArray[np.int64]  # (n, 5)
    bid_quantity: NDArray[np.int64]  # (n, 5)
    bid_orders: NDArray[np.int64]  # (n, 5)
    ask_paise: NDArray[np.int64]  # (n, 5)
    ask_quantity: NDArray[np.int64]  # (n, 5)
    ask_orders: NDArray[np.int64]  # (n, 5)

    def __len__(self) -> int:
        return len(self.index)


def empty_depth(rows: int) -> NDArray[np.int64]:
    """One side and column of a depth in which no level exists."""
    return np.zeros((rows, DEPTH_LEVELS), dtype=np.int64)


class MarketSource(Protocol):
    """Where prices come from: made up from a seed, or recorded."""

    @property
    def instruments(self) -> Sequence[Instrument]:
        """x"""
        ...

    @property
    def start(self) -> datetime:
        """The first instant, aware UTC."""
        ...

    @property
    def end(self) -> datetime | None:
        """The last instant, aware UTC; None where the market goes on day after day."""
        ...

    def steps(self, until: datetime) -> Iterator[MarketStep]:
        """All steps after the last call, up to and including ``until``, oldest first.

        The same steps come whatever the rhythm of the calls. An iterator that is not used up is continued by the next
        call.
        """
        ...

    def history(self, id: InstrumentId, interval: Interval, start: datetime, end: datetime) -> list[Bar]:
        """Bars that begin in [start, end) and before the last step, the running one included, oldest first; empty for
        an unknown id.
        """
        ...

    def instrument(self, id: InstrumentId) -> Instrument | None:
        """The contract as it stands today; None where it is not listed."""
        ...
