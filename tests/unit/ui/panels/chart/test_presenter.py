"""What the chart panel decides: lines, changes, the menu at a price, the countdown, and what it remembers."""

from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec.structs import replace

from terminal_app.domain.enums import Interval, OrderPending, OrderStatus, OrderType, Product, SessionPhase, Side
from terminal_app.domain.ids import AccountId, ClientOrderId
from terminal_app.domain.order import Order, OrderChange, OrderRequest
from terminal_app.domain.position import Position
from terminal_app.trading.portfolio import PositionView
from terminal_app.ui.panels.chart.model import ChartState
from terminal_app.ui.panels.chart.presenter import (
    change_to,
    countdown,
    line_id,
    line_key,
    menu_entries,
    order_lines,
    position_line,
)
from tests.helpers.scripted_terminal import INFY, LIVE, NIFTY, NOW, PAPER, RELIANCE


def order(
    kind: OrderType = OrderType.LIMIT,
    status: OrderStatus = OrderStatus.OPEN,
    *,
    side: Side = Side.BUY,
    limit: str | None = "1408.00",
    trigger: str | None = None,
    filled: int = 0,
    pending: OrderPending = OrderPending.NONE,
) -> Order:
    request = OrderRequest(
        RELIANCE,
        side,
        50,
        kind,
        Product.INTRADAY,
        limit_price=Decimal(limit) if limit else None,
        trigger_price=Decimal(trigger) if trigger else None,
    )
    name = ClientOrderId("BHAV1")
    return Order(request, status, NOW, NOW, client_id=name, filled_quantity=filled, pending=pending)


def view(quantity: int, average: str, account: AccountId = PAPER, product: Product = Product.INTRADAY) -> PositionView:
    position = Position(RELIANCE, product, quantity, Decimal(average))
    return PositionView(account, position, None, None, Decimal(0), None, None)


def test_only_working_orders_of_the_instrument_with_a_price_have_lines() -> None:
    other = replace(order(), request=replace(order().request, instrument=INFY))
    market = order(OrderType.MARKET, limit=None)
    done = order(status=OrderStatus.FILLED)
    rows = [(PAPER, one) for one in (order(), other, market, done, order(status=OrderStatus.SUBMITTED))]
    lines = order_lines(rows, RELIANCE, {}, {})
    assert [(line.label, line.price, line.kind, line.side, line.movable) for line in lines] == [
        ("BUY 50", Decimal("1408.00"), "limit", "buy", True)
    ]


def test_a_stop_has_its_line_at_the_trigger_until_it_is_triggered() -> None:
    waiting = order(OrderType.SL, OrderStatus.TRIGGER_PENDING, side=Side.SELL, limit="1404.00", trigger="1405.00")
    triggered = replace(waiting, status=OrderStatus.OPEN)
    lines = order_lines([(PAPER, waiting), (PAPER, triggered)], RELIANCE, {}, {})
    assert [(line.label, line.price, line.kind) for line in lines] == [
        ("SL SELL 50", Decimal("1405.00"), "trigger"),
        ("SELL 50", Decimal("1404.00"), "limit"),
    ]


def test_a_line_says_what_is_left_of_a_partly_filled_order() -> None:
    (line,) = order_lines([(PAPER, order(status=OrderStatus.PARTIALLY_FILLED, filled=20))], RELIANCE, {}, {})
    assert line.label == "BUY 30"


def test_a_line_that_was_dropped_stays_there_and_cannot_be_taken_again_until_the_answer() -> None:
    changing = {line_id(PAPER, ClientOrderId("BHAV1")): Decimal("1406.00")}
    (line,) = order_lines([(PAPER, order())], RELIANCE, changing, {})
    assert (line.label, line.price, line.movable) == ("BUY 50 changing…", Decimal("1406.00"), False)


@pytest.mark.parametrize(
    ("pending", "note"), [(OrderPending.CANCEL, "cancelling…"), (OrderPending.MODIFY, "changing…")]
)
def test_a_line_says_what_is_asked_of_its_order(pending: OrderPending, note: str) -> None:
    (line,) = order_lines([(PAPER, order(pending=pending))], RELIANCE, {}, {})
    assert (line.label, line.movable) == (f"BUY 50 {note}", False)


def test_lines_name_their_account_where_several_are_shown() -> None:
    lines = order_lines([(PAPER, order()), (LIVE, order())], RELIANCE, {}, {PAPER: "Paper", LIVE: "AB1234"})
    assert [line.label for line in lines] == ["Paper BUY 50", "AB1234 BUY 50"]
    assert [line_key(line.id) for line in lines] == [(PAPER, "BHAV1"), (LIVE, "BHAV1")]


def test_a_drop_changes_the_limit_of_a_limit_order() -> None:
    assert change_to(order(), Decimal("1406.50")) == OrderChange(limit_price=Decimal("1406.50"))


def test_a_drop_moves_trigger_and_limit_of_a_stop_together() -> None:
    stop = order(OrderType.SL, OrderStatus.TRIGGER_PENDING, limit="1404.00", trigger="1405.00")
    expected = OrderChange(trigger_price=Decimal("1400.00"), limit_price=Decimal("1399.00"))
    assert change_to(stop, Decimal("1400.00")) == expected


def test_a_drop_moves_only_the_trigger_of_a_stop_at_market() -> None:
    stop = order(OrderType.SL_M, OrderStatus.TRIGGER_PENDING, limit=None, trigger="1405.00")
    assert change_to(stop, Decimal("1400.00")) == OrderChange(trigger_price=Decimal("1400.00"))


def test_the_position_line_stands_at_the_average_with_the_open_gain() -> None:
    line = position_line([view(250, "1412.36")], RELIANCE, Decimal("1421.80"))
    assert line is not None
    assert (line.label, line.price, line.gain) == ("LONG 250 · +2,360.00", Decimal("1412.36"), True)


def test_a_short_in_loss_says_so() -> None:
    line = position_line([view(-100, "1400.00")], RELIANCE, Decimal("1410.00"))
    assert line is not None
    assert (line.label, line.gain) == ("SHORT 100 · −1,000.00", False)


def test_positions_of_several_products_make_one_line_at_their_common_average() -> None:
    views = [view(100, "1400.00"), view(300, "1420.00", product=Product.DELIVERY)]
    line = position_line(views, RELIANCE, None)
    assert line is not None
    assert (line.label, line.price) == ("LONG 400 · –", Decimal(1415))


def test_nothing_open_has_no_line() -> None:
    assert position_line([view(0, "0"), view(50, "1400")], INFY, Decimal(1400)) is None
    assert position_line([view(50, "1400"), view(-50, "1410", LIVE)], RELIANCE, Decimal(1400)) is None


def test_below_the_market_one_can_buy_at_a_limit_or_sell_at_a_stop() -> None:
    entries = menu_entries(RELIANCE, Decimal("1408.00"), Decimal("1421.80"), 2, refused="")
    assert [entry.text for entry in entries] == ["Buy limit at 1,408.00…", "Sell stop (SL) at 1,408.00…"]
    limit, stop = (entry.draft for entry in entries)
    assert limit is not None
    assert stop is not None
    assert (limit.side, limit.order_type, limit.limit_price) == (Side.BUY, OrderType.LIMIT, Decimal("1408.00"))
    assert (stop.side, stop.order_type, stop.trigger_price) == (Side.SELL, OrderType.SL, Decimal("1408.00"))


def test_above_the_market_one_can_sell_at_a_limit_or_buy_at_a_stop() -> None:
    entries = menu_entries(RELIANCE, Decimal("1430.00"), Decimal("1421.80"), 2, refused="")
    assert [entry.text for entry in entries] == ["Sell limit at 1,430.00…", "Buy stop (SL) at 1,430.00…"]


def test_without_a_price_only_limits_are_offered() -> None:
    entries = menu_entries(RELIANCE, Decimal("1430.00"), None, 2, refused="")
    assert [entry.text for entry in entries] == ["Buy limit at 1,430.00…", "Sell limit at 1,430.00…"]


def test_what_cannot_be_traded_says_why() -> None:
    (entry,) = menu_entries(NIFTY, Decimal(24800), Decimal(24812), 2, refused="An index is shown, not traded.")
    assert (entry.text, entry.draft) == ("An index is shown, not traded.", None)


@pytest.mark.parametrize(
    ("now_s", "interval", "phase", "expected"),
    [
        (1000.0, Interval.M5, SessionPhase.CONTINUOUS, "5:00"),
        (1068.9, Interval.M5, SessionPhase.CONTINUOUS, "3:52"),
        (1300.0, Interval.M5, SessionPhase.CONTINUOUS, "0:00"),
        (1301.0, Interval.M5, SessionPhase.CONTINUOUS, ""),
        (1068.0, Interval.M5, SessionPhase.CLOSED, ""),
        (1068.0, Interval.D1, SessionPhase.CONTINUOUS, ""),
    ],
)
def test_the_countdown_runs_to_the_end_of_the_bar(
    now_s: float, interval: Interval, phase: SessionPhase, expected: str
) -> None:
    assert countdown(1000, interval, now_s, phase) == expected


def test_the_shown_instrument_has_the_first_tab_unless_it_is_pinned() -> None:
    state = ChartState(instrument=RELIANCE)
    assert state.tabs(lambda _: True) == [RELIANCE, NIFTY]
    state.set_pinned(RELIANCE, True)
    assert state.tabs(lambda _: True) == [NIFTY, RELIANCE]
    state.set_pinned(NIFTY, False)
    assert state.tabs(lambda _: True) == [RELIANCE]


def test_a_pinned_instrument_that_is_not_listed_has_no_tab() -> None:
    assert ChartState(instrument=RELIANCE).tabs(lambda one: one != NIFTY) == [RELIANCE]


def test_what_was_saved_comes_back() -> None:
    state = ChartState(Interval.H1, ["ema50"], [INFY], RELIANCE, linked=False, order_lines=False)
    again = ChartState()
    again.restore(state.save())
    assert again == state


def test_what_cannot_be_read_any_more_keeps_its_default() -> None:
    state = ChartState()
    state.restore({"interval": "7m", "overlays": ["rsi", "vwap"], "pinned": ["?", INFY.text], "instrument": "nonsense"})
    assert state == ChartState(Interval.M5, ["vwap"], [INFY], None)
