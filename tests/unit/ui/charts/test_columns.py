"""Joining bars and points per pixel keeps every extreme."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from terminal_app.ui.charts.columns import reduce_bars, reduce_line
from tests.helpers.chart_timing import random_bars


@given(st.integers(0, 10_000), st.integers(8, 60), st.integers(2, 40))
def test_each_pixel_column_of_a_line_keeps_first_last_lowest_and_highest(seed: int, crowd: int, width: int) -> None:
    y = np.random.default_rng(seed).normal(0, 100, crowd * width)
    x = np.linspace(0, width - 1e-6, len(y))
    less_x, less_y = reduce_line(x, y)
    assert len(less_x) == len(less_y) == 4 * width
    for column in np.unique(np.floor(x)):
        whole, kept = y[np.floor(x) == column], less_y[np.floor(less_x) == column]
        assert (whole[0], whole[-1], whole.min(), whole.max()) == (kept[0], kept[-1], kept.min(), kept.max())


def test_a_line_with_few_points_comes_back_as_it_is() -> None:
    x, y = np.arange(100.0), np.arange(100.0)
    assert reduce_line(x, y)[0] is x


def test_joined_bars_open_with_the_first_close_with_the_last_and_reach_both_extremes() -> None:
    bars = random_bars(1_000)
    column = np.arange(1_000) // 7
    joined = reduce_bars(column, bars.open, bars.high, bars.low, bars.close, bars.volume)
    assert joined.column.tolist() == list(range(143))
    for place in (0, 71, 142):
        part = column == place
        assert joined.open[place] == bars.open[part][0]
        assert joined.close[place] == bars.close[part][-1]
        assert joined.high[place] == bars.high[part].max()
        assert joined.low[place] == bars.low[part].min()
        assert joined.volume[place] == bars.volume[part].max()
