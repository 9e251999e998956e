"""How a recorded bar becomes prices, traded quantities and depth. Everything here can be followed by hand:

Price path
    A bar of one minute has 60 points, one a second, second 0 to 59. Second 0 is the open, second 20 the first extreme,
    second 40 the second extreme, second 59 the close. The extreme that is nearer to the open comes first; at equal
    distance the high does. Between two of these the price moves in a straight line, rounded half up to the tick. A bar
    on one price stays on it.

Volume
    After second k of a bar with volume V, V * (k + 1) // 60 units of it have been traded; what second k trades is the
    difference to the second before. Where the recording has no volume (0 or absent) every point of a tradable
    instrument trades one lot for the matching of orders, and the day's volume stays as recorded. Indices trade nothing.

Depth
    Five levels a side. Level i (0 to 4) is bid at last price - (i + 1) ticks and asked at last price + (i + 1) ticks,
    with max(1, V // 300 // lot) lots: a second's share of the bar's volume over five levels, never less than a lot.
    With volume 0 or absent, and in recorded ticks, it is 10 lots. Each level is one order. A level at or below zero
    does not exist. Indices have no depth.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from terminal_app.domain.market import DEPTH_LEVELS

Paise = NDArray[np.int64]
Units = NDArray[np.int64]

POINTS = 60
"""Points of a bar: one a second."""

_FIRST, _SECOND, _LAST = 20, 40, POINTS - 1
_LOTS_WITHOUT_VOLUME = 10


def bar_path(ohlc: Paise, tick: Paise) -> Paise:
    """The points of n bars, (60, n), from their (n, 4) prices and (n,) ticks, all in paise, prices on the tick."""
    open_, high, low, close = ohlc.T
    high_first = high - open_ <= open_ - low
    first, second = np.where(high_first, high, low), np.where(high_first, low, high)
    path = np.empty((POINTS, len(open_)), dtype=np.int64)
    legs = ((0, _FIRST, open_, first), (_FIRST, _SECOND, first, second), (_SECOND, _LAST, second, close))
    for begin, end, a, b in legs:
        share = np.arange(end - begin + 1, dtype=np.int64)[:, None]
        path[begin : end + 1] = round_half_up(a * (end - begin) + (b - a) * share, tick * (end - begin)) * tick
    return path


def round_half_up(value: NDArray[np.int64], divisor: NDArray[np.int64]) -> NDArray[np.int64]:
    """``value / divisor`` to the nearest whole number, halves up; integers all through."""
    result: NDArray[np.int64] = (2 * value + divisor) // (2 * divisor)
    return result


def spread_volume(volume: Units) -> Units:
    """What each of the 60 points trades of n bars' volumes, (60, n)."""
    upto = volume[None, :] * np.arange(POINTS + 1, dtype=np.int64)[:, None] // POINTS
    traded: Units = np.diff(upto, axis=0)
    return traded


def level_quantity(volume: Units, lot: Units) -> Units:
    """Units on each depth level of n bars, (n,)."""
    share = np.maximum(1, volume // (POINTS * DEPTH_LEVELS) // lot) * lot
    quantity: Units = np.where(volume > 0, share, _LOTS_WITHOUT_VOLUME * lot)
    return quantity


def depth_prices(last: Paise, tick: Paise, sign: int) -> Paise:
    """The prices of one side's five levels, shape of ``last`` + (5,): ``sign`` -1 for bids, +1 for asks; 0 where there
    is none.
    """
    levels = np.arange(1, DEPTH_LEVELS + 1, dtype=np.int64)
    prices = last[..., None] + sign * tick[..., None] * levels
    shown: Paise = np.where((prices > 0) & (tick[..., None] > 0), prices, 0)
    return shown
