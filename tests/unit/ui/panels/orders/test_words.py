"""Every status of an order has plain words; doubt, refusal and denial are told apart."""

from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec.structs import replace

from terminal_app.domain.enums import OrderPending, OrderStatus, Side
from terminal_app.domain.order import OrderEventKind
from terminal_app.ui.panels.orders.words import HOPS, distance, order_line, status_words
from tests.helpers.scripted_book import make_order
from tests.helpers.scripted_terminal import RELIANCE

OPEN = make_order(1, Side.BUY, RELIANCE, 50, "1408.00", OrderStatus.OPEN, 1)


@pytest.mark.parametrize("status", list(OrderStatus))
def test_no_status_is_without_words(status: OrderStatus) -> None:
    assert status_words(replace(OPEN, status=status), None, 2, 0).text


@pytest.mark.parametrize("kind", list(OrderEventKind))
def test_no_event_is_without_a_title(kind: OrderEventKind) -> None:
    assert HOPS[kind]


@pytest.mark.parametrize(
    ("last", "words"), [("1421.80", "13.80 below LTP"), ("1400.00", "8.00 above LTP"), ("1408.00", "at LTP")]
)
def test_an_open_limit_says_how_far_it_is_from_the_market(last: str, words: str) -> None:
    assert distance(OPEN, Decimal(last), 2) == words
    assert status_words(OPEN, Decimal(last), 2, 0).remark == words


def test_an_unknown_order_is_amber_and_says_not_to_send_it_again() -> None:
    words = status_words(replace(OPEN, status=OrderStatus.UNKNOWN, reason="No answer from Zerodha."), None, 2, 0)
    assert words.tone == "warn"
    assert words.reason == "No answer from Zerodha. Do not send it again."


def test_a_rejected_order_keeps_the_brokers_words_in_full() -> None:
    reason = "NSE: 17070 The price is out of the current execution range"
    words = status_words(replace(OPEN, status=OrderStatus.REJECTED, reason=reason), None, 2, 0)
    assert (words.text, words.tone, words.reason) == ("Rejected", "error", reason)


def test_a_denied_order_says_that_nothing_was_sent() -> None:
    words = status_words(replace(OPEN, status=OrderStatus.DENIED, reason="10 lots; your limit is 5."), None, 2, 0)
    assert words.reason == "10 lots; your limit is 5. Nothing was sent."


@pytest.mark.parametrize(("pending", "text"), [(OrderPending.MODIFY, "Changing"), (OrderPending.CANCEL, "Cancelling")])
def test_a_change_that_is_not_answered_yet_is_shown(pending: OrderPending, text: str) -> None:
    assert status_words(replace(OPEN, pending=pending), Decimal(1400), 2, 0).text == text


def test_the_order_in_one_line() -> None:
    stop = make_order(2, Side.SELL, RELIANCE, 250, "1404.00", OrderStatus.TRIGGER_PENDING, 1, trigger="1405.00")
    assert order_line(stop, "MIS", 2) == "SL 1,404.00, trigger 1,405.00, MIS, Day"
