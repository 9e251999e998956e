"""Moving lines over bars, vectorised with numpy and cheap to move on by one bar: EMA and session VWAP."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from terminal_app.ui.charts.bars import Bars
from terminal_app.ui.charts.labels import DAY_S, IST_OFFSET_S
from terminal_app.ui.charts.primitives import Floats, Ints

_BLOCK = 256


class Indicator(Protocol):
    """A line over bars that can be moved on when only the last bar changed."""

    name: str
    restarts: bool
    """Whether each session begins a line of its own."""

    def compute(self, bars: Bars) -> Floats:
        """All values, one per bar, NaN where there is none."""

    def last(self, bars: Bars, values: Floats) -> float:
        """The last bar's value, given ``values`` whose entries before the last are right."""


def ema(values: Floats, period: int) -> Floats:
    """Exponential moving average with smoothing 2 / (period + 1), started at the first value.

    Worked in blocks: within a block the recurrence is a triangular matrix product, which keeps the powers of the
    decay small enough not to underflow.
    """
    if period < 1:
        raise ValueError("an average needs a period of at least 1")
    count = len(values)
    out = np.empty(count, dtype=np.float64)
    if count == 0:
        return out
    alpha = 2.0 / (period + 1)
    decay = 1.0 - alpha
    steps = np.arange(min(_BLOCK, count))
    lag = steps[:, None] - steps[None, :]
    weights = np.where(lag >= 0, alpha * decay ** np.maximum(lag, 0), 0.0)
    carried_weights = decay ** (steps + 1)
    carried = float(values[0])
    for start in range(0, count, _BLOCK):
        block = values[start : start + _BLOCK]
        size = len(block)
        out[start : start + size] = weights[:size, :size] @ block + carried_weights[:size] * carried
        carried = float(out[start + size - 1])
    return out


def trading_days(times: Ints) -> Ints:
    """Days since the epoch of each bar in IST."""
    return (times + IST_OFFSET_S) // DAY_S


def vwap(bars: Bars) -> Floats:
    """Volume-weighted average of the typical price (high + low + close) / 3 since the day's first bar (IST).

    Until a day has volume its value is NaN: an index has none at all.
    """
    if not len(bars):
        return np.empty(0, dtype=np.float64)
    typical = (bars.high + bars.low + bars.close) / 3.0
    days = trading_days(bars.time)
    starts = np.flatnonzero(np.concatenate(([True], days[1:] != days[:-1])))
    out = np.empty(len(bars), dtype=np.float64)
    for start, end in zip(starts, [*starts[1:], len(bars)], strict=True):
        volume = np.cumsum(bars.volume[start:end])
        turnover = np.cumsum(typical[start:end] * bars.volume[start:end])
        out[start:end] = np.divide(turnover, volume, out=np.full(end - start, np.nan), where=volume > 0)
    return out


class Ema:
    """Exponential moving average of the closes."""

    restarts = False

    def __init__(self, period: int) -> None:
        self.name = f"EMA {period}"
        self._period = period

    def compute(self, bars: Bars) -> Floats:
        return ema(bars.close, self._period)

    def last(self, bars: Bars, values: Floats) -> float:
        close = float(bars.close[-1])
        if len(bars) == 1:
            return close
        before = float(values[len(bars) - 2])
        return before + (close - before) * 2.0 / (self._period + 1)


class Vwap:
    """Session VWAP; remembers the day's sums up to the bar before the last."""

    restarts = True

    def __init__(self) -> None:
        self.name = "VWAP"
        self._key: tuple[int, int] | None = None
        self._turnover = 0.0
        self._volume = 0.0

    def compute(self, bars: Bars) -> Floats:
        self._key = None
        return vwap(bars)

    def last(self, bars: Bars, values: Floats) -> float:
        key = (len(bars), int(bars.time[-1]))
        if key != self._key:
            self._remember(bars)
            self._key = key
        typical = float(bars.high[-1] + bars.low[-1] + bars.close[-1]) / 3.0
        volume = self._volume + float(bars.volume[-1])
        return (self._turnover + typical * float(bars.volume[-1])) / volume if volume > 0 else float("nan")

    def _remember(self, bars: Bars) -> None:
        day = int(bars.time[-1] + IST_OFFSET_S) // DAY_S
        start = int(np.searchsorted(bars.time, day * DAY_S - IST_OFFSET_S))
        part = slice(start, len(bars) - 1)
        typical = (bars.high[part] + bars.low[part] + bars.close[part]) / 3.0
        self._volume = float(bars.volume[part].sum())
        self._turnover = float((typical * bars.volume[part]).sum())
