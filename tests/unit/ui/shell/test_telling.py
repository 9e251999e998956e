"""Toasts say what an order became, once, and what failed."""

from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec.structs import replace

from terminal_app.domain.account import Account
from terminal_app.domain.enums import AccountKind, OrderStatus, OrderType, Product, Side
from terminal_app.domain.ids import AccountId
from terminal_app.domain.messages import Notice, NoticeLevel
from terminal_app.domain.order import Order, OrderRequest
from terminal_app.ui.shell.telling import notice_toast, order_toast
from tests.helpers.scripted_terminal import NOW, PAPER, RELIANCE
from tests.helpers.scripted_window import WindowBench

REQUEST = OrderRequest(RELIANCE, Side.BUY, 50, OrderType.LIMIT, Product.INTRADAY, limit_price=Decimal(1418))
PAPER_ACCOUNT = Account(PAPER, "paper", "Paper", AccountKind.PAPER)
LIVE_ACCOUNT = Account(AccountId("z"), "zerodha", "AB1234", AccountKind.LIVE)


def order(status: OrderStatus, reason: str = "") -> Order:
    """RELIANCE, buy 50."""
    return Order(REQUEST, status, NOW, NOW, reason=reason)


@pytest.mark.parametrize(
    ("status", "reason", "title", "detail", "tone"),
    [
        (OrderStatus.REJECTED, "Short of money.", "Rejected: BUY 50 RELIANCE", "Short of money. PAPER, Paper", "error"),
        (OrderStatus.DENIED, "Too large.", "Denied here: BUY 50 RELIANCE", "Too large. PAPER, Paper", "error"),
        (OrderStatus.CANCELLED, "", "Cancelled: BUY 50 RELIANCE", "PAPER, Paper", "accent"),
        (
            OrderStatus.UNKNOWN,
            "",
            "Not known yet: BUY 50 RELIANCE",
            "Do not send it again; Bhav is asking. PAPER, Paper",
            "warn",
        ),
    ],
)
def test_an_order_that_ends_says_how_and_where(
    status: OrderStatus, reason: str, title: str, detail: str, tone: str
) -> None:
    toast = order_toast(order(status, reason), PAPER_ACCOUNT, "RELIANCE")
    assert toast is not None
    assert (toast.title, toast.detail, toast.tone, toast.time) == (title, detail, tone, "14:36:08")


def test_a_cancel_counts_what_was_not_filled() -> None:
    cancelled = replace(order(OrderStatus.CANCELLED), filled_quantity=20, average_price=Decimal("1417.80"))
    toast = order_toast(cancelled, PAPER_ACCOUNT, "RELIANCE")
    assert toast is not None
    assert toast.title == "Cancelled: BUY 30 of 50 RELIANCE"


def test_a_fill_says_its_price_and_that_money_was_real() -> None:
    filled = replace(order(OrderStatus.FILLED), filled_quantity=50, average_price=Decimal("1417.80"))
    toast = order_toast(filled, LIVE_ACCOUNT, "RELIANCE")
    assert toast is not None
    assert toast.title == "Filled: BUY 50 RELIANCE"
    assert toast.detail == "at 1,417.80, LIVE, AB1234"
    assert toast.tone == "buy"


def test_an_order_under_way_is_not_told() -> None:
    assert order_toast(order(OrderStatus.OPEN), PAPER_ACCOUNT, "RELIANCE") is None


def test_news_is_left_to_the_log_and_a_failure_is_told() -> None:
    assert notice_toast(Notice(NoticeLevel.NEWS, "a", "b", NOW)) is None
    toast = notice_toast(Notice(NoticeLevel.FAILED, "No disk", "Free some space.", NOW))
    assert toast is not None
    assert (toast.title, toast.tone) == ("No disk", "error")


async def test_each_state_of_an_order_is_told_once(bench: WindowBench) -> None:
    orders, presenter = bench.scripted.orders, bench.window.presenter
    assert presenter is not None
    placed = orders.add_order(PAPER, REQUEST, OrderStatus.OPEN)
    assert not presenter.toasts.toasts
    cancelled = orders.change_order(PAPER, placed, status=OrderStatus.CANCELLED)
    orders.change_order(PAPER, cancelled, reason="again")
    assert [toast.text.title for toast in presenter.toasts.toasts] == ["Cancelled: BUY 50 RELIANCE"]


async def test_a_panel_that_wants_a_toast_gets_one_in_its_tone(bench: WindowBench) -> None:
    presenter = bench.window.presenter
    assert presenter is not None
    bench.window.desk.toast("Copied", "3 rows", "profit")
    toast = presenter.toasts.toasts[-1]
    assert (toast.text.title, toast.text.tone, toast.text.icon) == ("Copied", "profit", "check")
