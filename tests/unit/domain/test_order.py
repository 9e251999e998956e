"""The life of an order: which status may follow which."""

from __future__ import annotations

import itertools

import pytest

from terminal_app.domain.enums import OrderStatus
from terminal_app.domain.order import TRANSITIONS, may_follow

CLOSED = [status for status in OrderStatus if status.is_closed]


def test_every_status_says_what_may_follow_it() -> None:
    assert set(TRANSITIONS) == set(OrderStatus)


def test_every_status_is_in_flight_or_open_or_closed_and_only_one_of_them() -> None:
    for status in OrderStatus:
        assert [status.is_in_flight, status.is_open, status.is_closed].count(True) == 1


@pytest.mark.parametrize(("closed", "then"), list(itertools.product(CLOSED, OrderStatus)))
def test_a_closed_order_never_becomes_anything_else(closed: OrderStatus, then: OrderStatus) -> None:
    assert may_follow(closed, then) is (closed is then)


def test_nothing_goes_back_before_the_broker_knew_of_it() -> None:
    for status in OrderStatus:
        assert OrderStatus.INTENDED not in TRANSITIONS[status]
        if status is not OrderStatus.INTENDED:
            assert OrderStatus.DENIED not in TRANSITIONS[status]


def test_a_partly_filled_order_is_never_unfilled_again() -> None:
    for before in (OrderStatus.OPEN, OrderStatus.TRIGGER_PENDING):
        assert not may_follow(OrderStatus.PARTIALLY_FILLED, before)
