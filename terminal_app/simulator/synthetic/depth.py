"""Five levels a side around a price: random sizes by liquidity, a spread of one to three ticks, within the price bands."""

from __future__ import annotations

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from terminal_app.domain.market import DEPTH_LEVELS

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Places = NDArray[np.intp]

_PROFILE = np.array([1.0, 1.4, 1.7, 1.9, 2.0])
_LEVELS = np.arange(DEPTH_LEVELS, dtype=np.int64)
_TWO_TICKS, _THREE_TICKS = 0.70, 0.92


class Liquidity(Struct, frozen=True):
    """What the depth of n instruments depends on; ``lots`` is the usual size of the best level. Prices are paise."""

    tick: Ints
    lot: Ints
    lots: Floats
    lower: Ints
    upper: Ints
    tradable: NDArray[np.bool_]


class DepthSide(Struct, frozen=True):
    """One side: (n, 5) each, 0 where there is no level."""

    paise: Ints
    quantity: Ints
    orders: Ints


def make_depth(
    random: np.random.Generator, liquidity: Liquidity, rows: Places, last: Ints
) -> tuple[DepthSide, DepthSide]:
    """Bids and asks around the last prices of these rows: the last trade was at the best bid or at the best ask."""
    count = len(rows)
    draw = random.random((count, 2))
    tick = liquidity.tick[rows]
    spread = (1 + (draw[:, 0] > _TWO_TICKS) + (draw[:, 0] > _THREE_TICKS)) * tick
    bid = np.where(draw[:, 1] < 0.5, last, last - spread)
    sizes = random.random((2, 2, count, DEPTH_LEVELS))
    return (
        _side(liquidity, rows, bid, -1, sizes[0]),
        _side(liquidity, rows, bid + spread, 1, sizes[1]),
    )


def _side(liquidity: Liquidity, rows: Places, best: Ints, sign: int, draw: Floats) -> DepthSide:
    paise = best[:, None] + sign * _LEVELS * liquidity.tick[rows][:, None]
    shown = (paise >= np.maximum(liquidity.lower[rows], 1)[:, None]) & (paise <= liquidity.upper[rows][:, None])
    shown &= liquidity.tradable[rows][:, None]
    lots = 1 + (liquidity.lots[rows][:, None] * _PROFILE * (0.3 - np.log1p(-draw[0]))).astype(np.int64)
    orders = 1 + (np.sqrt(lots) * draw[1]).astype(np.int64)
    return DepthSide(
        np.where(shown, paise, 0),
        np.where(shown, lots * liquidity.lot[rows][:, None], 0),
        np.where(shown, orders, 0),
    )
