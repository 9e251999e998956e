"""The rules by which a recorded bar becomes prices, traded quantities and depth."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from terminal_app.simulator.replay.path import bar_path, depth_prices, level_quantity, round_half_up, spread_volume


@st.composite
def bars(draw: st.DrawFn) -> tuple[list[int], int]:
    """Open, high, low, close in paise on a tick, and the tick."""
    tick = draw(st.sampled_from([1, 5, 10, 50, 100, 500]))
    low = draw(st.integers(1, 40_000))
    high = low + draw(st.integers(0, 400))
    open_, close = draw(st.integers(low, high)), draw(st.integers(low, high))
    return [price * tick for price in (open_, high, low, close)], tick


def path_of(prices: list[int], tick: int) -> list[int]:
    return [int(price) for price in bar_path(np.array([prices]), np.array([tick]))[:, 0]]


@given(bars())
def test_a_path_stays_in_its_bar_on_the_tick_and_touches_all_four_prices(bar: tuple[list[int], int]) -> None:
    (open_, high, low, close), tick = bar
    path = path_of([open_, high, low, close], tick)
    assert len(path) == 60
    assert (path[0], path[59], max(path), min(path)) == (open_, close, high, low)
    assert all(price % tick == 0 for price in path)


@given(st.integers(0, 10_000_000))
def test_the_points_of_a_bar_trade_exactly_its_volume(volume: int) -> None:
    traded = spread_volume(np.array([volume]))[:, 0]
    assert traded.sum() == volume
    assert traded.min() >= 0
    assert traded.max() - traded.min() <= 1


def test_the_nearer_extreme_comes_first() -> None:
    path = path_of([20940, 21000, 20870, 20900], 5)
    assert (path[20], path[40]) == (21000, 20870)
    path = path_of([20940, 21020, 20870, 20900], 5)
    assert (path[20], path[40]) == (20870, 21020)


def test_at_equal_distance_the_high_comes_first() -> None:
    path = path_of([20000, 20100, 19900, 20000], 5)
    assert (path[20], path[40]) == (20100, 19900)


def test_between_its_corners_the_price_goes_straight() -> None:
    # 20.00 up to 21.00 in 20 s: 5 paise a second; down to 19.00 in 20 s: 10 paise; to 19.95 in 19 s: 5 paise.
    path = path_of([2000, 2100, 1900, 1995], 5)
    assert path[:4] == [2000, 2005, 2010, 2015]
    assert path[20:23] == [2100, 2090, 2080]
    assert path[40:43] == [1900, 1905, 1910]


def test_halves_are_rounded_up() -> None:
    assert round_half_up(np.array([10, 12, 13, 15]), np.array([5, 5, 5, 10])).tolist() == [2, 2, 3, 2]


def test_the_depth_holds_a_seconds_share_of_the_volume_and_at_least_a_lot() -> None:
    volume = np.array([46_197, 299, 0, 46_197])
    lot = np.array([1, 1, 75, 75])
    assert level_quantity(volume, lot).tolist() == [153, 1, 750, 150]


def test_the_depth_stands_a_tick_apart_and_ends_above_zero() -> None:
    last, tick = np.array([20_940, 15, 2_415_000]), np.array([5, 5, 0])
    assert depth_prices(last, tick, -1).tolist() == [
        [20_935, 20_930, 20_925, 20_920, 20_915],
        [10, 5, 0, 0, 0],
        [0, 0, 0, 0, 0],
    ]
    assert depth_prices(last, tick, 1)[0].tolist() == [20_945, 20_950, 20_955, 20_960, 20_965]
