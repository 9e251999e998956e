"""From the simulated market's integer columns to tick batches: paise to rupees, and only what a mode carries."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from terminal_app.domain.enums import FeedMode
from terminal_app.domain.ids import InstrumentId
from terminal_app.domain.market import TickBatch
from terminal_app.simulator.book import MarketBook, epoch_ns
from terminal_app.simulator.steps import MarketStep

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

MODE_NUMBERS = {FeedMode.LTP: 1, FeedMode.QUOTE: 2, FeedMode.FULL: 3}
"""A mode as a number in a column; a higher one carries more. 0 is not subscribed."""

_COLUMNS = (
    "last_paise",
    "traded",
    "volume",
    "open_interest",
    "ohlc_paise",
    "bid_paise",
    "bid_quantity",
    "bid_orders",
    "ask_paise",
    "ask_quantity",
    "ask_orders",
)


class Rows(Struct, frozen=True):
    """Some rows of the market, as it showed them at one time or another."""

    index: NDArray[np.int32]
    time_ns: Ints
    columns: dict[str, Ints]

    def __len__(self) -> int:
        return len(self.index)


def rows_of_step(step: MarketStep, places: Ints) -> Rows:
    """Rows of a step, by their places in it."""
    columns = {name: getattr(step, name)[places] for name in _COLUMNS}
    return Rows(step.index[places], np.full(len(places), epoch_ns(step.at), dtype=np.int64), columns)


def rows_of_book(book: MarketBook, rows: Sequence[int]) -> Rows:
    """What rows show now; those that have no price yet are left out."""
    index = np.array([row for row in rows if book.has_price(row)], dtype=np.int32)
    names = {name: "last_units" if name == "traded" else name for name in _COLUMNS}
    return Rows(index, book.time_ns[index], {name: getattr(book, own)[index] for name, own in names.items()})


def batch(ids: Sequence[InstrumentId], parts: Sequence[Rows], modes: NDArray[np.int8]) -> TickBatch:
    """One batch of all parts in their order. ``modes`` is a mode number per row of the market.

    LTP carries price, last quantity and time; QUOTE also the day's figures and the best prices; FULL all five levels.
    """
    index = np.concatenate([part.index for part in parts])
    columns = {name: np.concatenate([part.columns[name] for part in parts]) for name in _COLUMNS}
    mode = modes[index]
    has_quote, is_full = mode >= MODE_NUMBERS[FeedMode.QUOTE], mode >= MODE_NUMBERS[FeedMode.FULL]
    levels = np.arange(columns["bid_paise"].shape[1])
    shows = has_quote[:, None] & (is_full[:, None] | (levels == 0)[None, :])
    return TickBatch(
        ids=ids,
        index=index,
        last_price=columns["last_paise"] / 100.0,
        last_quantity=columns["traded"],
        volume=np.where(has_quote, columns["volume"], -1),
        time_ns=np.concatenate([part.time_ns for part in parts]),
        received_ns=time.time_ns(),
        ohlc=_rupees(columns["ohlc_paise"], has_quote[:, None]),
        open_interest=np.where(has_quote, columns["open_interest"], -1),
        bid_price=_rupees(columns["bid_paise"], shows),
        bid_quantity=np.where(shows, columns["bid_quantity"], -1),
        bid_orders=np.where(shows, columns["bid_orders"], -1),
        ask_price=_rupees(columns["ask_paise"], shows),
        ask_quantity=np.where(shows, columns["ask_quantity"], -1),
        ask_orders=np.where(shows, columns["ask_orders"], -1),
    )


def _rupees(paise: Ints, shows: NDArray[np.bool_]) -> Floats:
    rupees: Floats = np.where(shows, paise / 100.0, np.nan)
    return rupees
