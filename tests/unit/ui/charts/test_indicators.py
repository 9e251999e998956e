"""Moving lines against a slow, obvious reference."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from terminal_app.ui.charts.bars import Bars, BarStore
from terminal_app.ui.charts.indicators import Ema, Indicator, Vwap, ema, vwap

_OPEN_S = 20_000 * 86_400 + 13_500
_prices = st.floats(1.0, 5_000.0)
_rows = st.lists(st.tuples(_prices, _prices, _prices, st.integers(0, 10_000), st.integers(1, 90_000)), max_size=600)


def _bars(rows: list[tuple[float, float, float, int, int]]) -> Bars:
    times = _OPEN_S + np.cumsum(np.array([row[4] for row in rows], dtype=np.int64))
    high = [max(row[:3]) for row in rows]
    low = [min(row[:3]) for row in rows]
    return Bars.of(times, [r[0] for r in rows], high, low, [r[1] for r in rows], [r[3] for r in rows])


def _slow_ema(values: list[float], period: int) -> list[float]:
    out: list[float] = []
    for value in values:
        out.append(value if not out else out[-1] + (value - out[-1]) * 2 / (period + 1))
    return out


def _slow_vwap(bars: Bars) -> list[float]:
    out: list[float] = []
    day, turnover, volume = None, 0.0, 0.0
    for i in range(len(bars)):
        today = (int(bars.time[i]) + 19_800) // 86_400
        if today != day:
            day, turnover, volume = today, 0.0, 0.0
        turnover += float(bars.high[i] + bars.low[i] + bars.close[i]) / 3 * float(bars.volume[i])
        volume += float(bars.volume[i])
        out.append(turnover / volume if volume else math.nan)
    return out


@given(st.lists(_prices, max_size=900), st.integers(1, 200))
def test_ema_equals_the_recurrence_one_value_at_a_time(values: list[float], period: int) -> None:
    assert_allclose(ema(np.array(values, dtype=np.float64), period), _slow_ema(values, period), rtol=1e-9)


@given(_rows)
def test_vwap_starts_anew_each_day_and_is_unknown_without_volume(
    rows: list[tuple[float, float, float, int, int]],
) -> None:
    bars = _bars(rows)
    assert_allclose(vwap(bars), _slow_vwap(bars), rtol=1e-9)


@given(_rows.filter(bool), st.lists(st.tuples(_prices, st.integers(0, 50_000)), min_size=1, max_size=5))
def test_moving_on_the_last_bar_gives_what_computing_everything_gives(
    rows: list[tuple[float, float, float, int, int]], updates: list[tuple[float, int]]
) -> None:
    indicators: list[Indicator] = [Ema(20), Ema(3), Vwap()]
    store = BarStore()
    store.replace(_bars(rows))
    held = [indicator.compute(store.bars) for indicator in indicators]
    time = int(store.bars.time[-1])
    for number, (price, volume) in enumerate(updates):
        appended = store.update(time + (60 if number == 2 else 0), (price, price + 1, price - 1, price, volume))
        time = int(store.bars.time[-1])
        for place, indicator in enumerate(indicators):
            if appended:
                held[place] = np.append(held[place], np.nan)
            held[place][-1] = indicator.last(store.bars, held[place])
    for indicator, values in zip(indicators, held, strict=True):
        assert_allclose(values, type(indicator).compute(indicator, store.bars), rtol=1e-9)


def test_an_average_over_no_bars_at_all_is_refused() -> None:
    with pytest.raises(ValueError, match="period"):
        ema(np.ones(3), 0)
