"""Exact numbers: steps and paise."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal_app.domain import values

STEPS = st.sampled_from([Decimal("0.01"), Decimal("0.05"), Decimal("0.10"), Decimal("0.25"), Decimal(1), Decimal(5)])
PRICES = st.decimals(Decimal("0.01"), Decimal(1000000), places=4)


@given(PRICES, STEPS)
def test_rounding_to_a_step_gives_multiples_that_enclose_the_price(price: Decimal, step: Decimal) -> None:
    low, near, high = (
        round_to(price, step) for round_to in (values.floor_to_step, values.round_to_step, values.ceil_to_step)
    )
    assert all(values.is_multiple(value, step) for value in (low, near, high))
    assert low <= price <= high
    assert high - low in (0, step)
    assert near in (low, high)


def test_halves_go_up() -> None:
    assert values.round_to_step(Decimal("10.025"), Decimal("0.05")) == Decimal("10.05")
    assert values.to_paise(Decimal("0.005")) == 1


@given(st.integers(-(10**12), 10**12))
def test_paise_come_back_from_rupees(paise: int) -> None:
    assert values.to_paise(values.from_paise(paise)) == paise


def test_a_float_is_no_amount_of_money() -> None:
    with pytest.raises(TypeError, match="float"):
        values.exact(0.1)  # type: ignore[arg-type]


@pytest.mark.parametrize(("step", "places"), [("0.05", 2), ("0.0025", 4), ("1", 2), ("0.10", 2), ("5", 2)])
def test_prices_are_shown_with_the_decimals_of_their_step_but_two_at_least(step: str, places: int) -> None:
    assert values.decimals_of(Decimal(step)) == places
