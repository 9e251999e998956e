"""Many tick batches of one feed as one, where their reader does not keep up: the newest row of each instrument stays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from terminal_app.domain.market import TickBatch

_PRICES = ("bid_price", "ask_price", "ohlc", "average_price")
_COUNTS = ("open_interest", "bid_quantity", "bid_orders", "ask_quantity", "ask_orders")


def conflate(batches: Sequence[TickBatch]) -> TickBatch:
    """The newest row of each instrument in batches of one feed (one at least), oldest batch first.

    What the newest row does not say is taken from nowhere else: a reader that keeps its own table loses steps between, no more than
    a slower feed would have had.
    """
    index = np.concatenate([batch.index for batch in batches])
    # The first of the reversed column is the last that came.
    _, newest = np.unique(index[::-1], return_index=True)
    kept = np.sort(len(index) - 1 - newest)

    def joined(read: Callable[[TickBatch], NDArray[Any]]) -> NDArray[Any]:
        return np.concatenate([read(batch) for batch in batches])[kept]

    columns: dict[str, NDArray[Any] | None] = {}
    for name in (*_PRICES, *_COUNTS):
        shape = next((column.shape[1:] for batch in batches if (column := getattr(batch, name)) is not None), None)
        columns[name] = None if shape is None else joined(_reader(name, shape))
    return TickBatch(
        ids=batches[-1].ids,
        index=index[kept],
        last_price=joined(lambda batch: batch.last_price),
        last_quantity=joined(lambda batch: batch.last_quantity),
        volume=joined(lambda batch: batch.volume),
        time_ns=joined(lambda batch: batch.time_ns),
        received_ns=batches[-1].received_ns,
        **columns,
    )


def _reader(name: str, shape: tuple[int, ...]) -> Callable[[TickBatch], NDArray[Any]]:
    """A column of a batch; one that says nothing where the batch lacks it."""

    def read(batch: TickBatch) -> NDArray[Any]:
        column: NDArray[Any] | None = getattr(batch, name)
        if column is not None:
            return column
        size = (len(batch), *shape)
        return np.full(size, np.nan) if name in _PRICES else np.full(size, -1, dtype=np.int64)

    return read
