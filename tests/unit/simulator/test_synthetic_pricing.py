"""Options and futures of the synthetic market: prices that hang together."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from terminal_app.simulator.synthetic.pricing import future_price, normal_cdf, option_price, smile

RATE = 0.065


def price(spot: float, strike: float, call: bool, volatility: float, years: float) -> float:
    one = option_price(
        np.array([spot]), np.array([strike]), np.array([call]), np.array([volatility]), RATE, np.array([years])
    )
    return float(one[0])


def test_the_normal_distribution_is_exact_enough() -> None:
    points = np.linspace(-5, 5, 201)
    exact = [0.5 * math.erfc(-point / math.sqrt(2)) for point in points]
    assert np.abs(normal_cdf(points) - exact).max() < 2e-7


def test_a_known_price_comes_out() -> None:
    # Spot 100, strike 100, 20 %, one year, 6.5 %: call 100 N(0.425) - 93.7067 N(0.225).
    assert abs(price(100, 100, True, 0.2, 1.0) - 11.2639) < 0.001
    assert abs(price(100, 100, False, 0.2, 1.0) - 4.9706) < 0.001


numbers = st.floats(0.8, 1.25)


@given(numbers, st.floats(0.08, 0.6), st.floats(0.0005, 0.3))
def test_puts_and_calls_agree(moneyness: float, volatility: float, years: float) -> None:
    spot, strike = 24_000.0, 24_000.0 * moneyness
    call, put = (price(spot, strike, kind, volatility, years) for kind in (True, False))
    assert abs((call - put) - (spot - strike * math.exp(-RATE * years))) < 0.02
    assert call >= 0
    assert put >= 0


@given(numbers, numbers, st.floats(0.08, 0.6), st.floats(0.0005, 0.3))
def test_a_call_rises_and_a_put_falls_with_the_index(one: float, other: float, volatility: float, years: float) -> None:
    low, high = sorted((24_000 * one, 24_000 * other))
    assert price(low, 24_000, True, volatility, years) <= price(high, 24_000, True, volatility, years) + 0.01
    assert price(low, 24_000, False, volatility, years) >= price(high, 24_000, False, volatility, years) - 0.01


def test_at_expiry_an_option_is_worth_what_exercise_brings() -> None:
    assert abs(price(24_100, 24_000, True, 0.15, 0.0) - 100) < 0.02
    assert price(24_100, 24_000, False, 0.15, 0.0) < 0.02


def test_far_strikes_are_dearer_in_volatility_and_puts_more_than_calls() -> None:
    reference = np.array([24_000.0] * 3)
    low, middle, high = smile(np.array([22_000.0, 24_000.0, 26_000.0]), reference)
    assert low > high
    assert middle == 1.0


def test_a_future_carries_interest() -> None:
    assert abs(float(future_price(np.array([24_000.0]), RATE, np.array([0.1]))[0]) - 24_156.5) < 0.1
