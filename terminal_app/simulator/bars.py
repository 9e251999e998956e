"""Longer bars from one-minute bars, as a chart asks for them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from terminal_app.domain.enums import Interval
from terminal_app.domain.market import Bar
from terminal_app.domain.values import from_paise

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTE_US = 60_000_000
_DAY_US = 86_400_000_000
_IST_US = 330 * _MINUTE_US
_OPENING_US = 555 * _MINUTE_US
"""09:15 in India: bars of an hour begin at 09:15, 10:15 and so on."""


def longer_bars(
    start_us: NDArray[np.int64],
    ohlc_paise: NDArray[np.int64],
    volume: NDArray[np.int64],
    interval: Interval,
    start: datetime,
    end: datetime,
) -> list[Bar]:
    """Bars of ``interval`` that begin in [start, end), oldest first, made of one-minute bars (times are epoch
    microseconds, (n, 4) paise). They are aligned to 09:15 in India; a day's bar begins at midnight there.
    """
    if not len(start_us):
        return []
    local = start_us + _IST_US
    midnight = local // _DAY_US * _DAY_US
    if interval is Interval.D1:
        begin = midnight - _IST_US
    else:
        length = interval.seconds * 1_000_000
        begin = midnight + _OPENING_US + (local - midnight - _OPENING_US) // length * length - _IST_US
    first = np.flatnonzero(np.diff(begin, prepend=begin[0] - 1))
    last = np.append(first[1:], len(begin)) - 1
    columns = (
        begin[first],
        ohlc_paise[first, 0],
        np.maximum.reduceat(ohlc_paise[:, 1], first),
        np.minimum.reduceat(ohlc_paise[:, 2], first),
        ohlc_paise[last, 3],
        np.add.reduceat(volume, first),
    )
    bars = []
    for at_us, open_, high, low, close, units in zip(*(column.tolist() for column in columns), strict=True):
        at = _EPOCH + timedelta(microseconds=at_us)
        if start <= at < end:
            bars.append(Bar(at, from_paise(open_), from_paise(high), from_paise(low), from_paise(close), units))
    return bars
