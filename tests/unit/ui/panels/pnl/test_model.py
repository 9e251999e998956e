"""The figures of the P&L panel: best, largest fall, cards, bars, marks, spans of time, one position's line."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from math import isnan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal_app.domain.clock import at_ist
from terminal_app.domain.enums import Product, Side
from terminal_app.domain.fill import Fill
from terminal_app.domain.ids import BrokerOrderId, TradeId
from terminal_app.domain.pnl import PnlPoint, PositionPoint
from terminal_app.domain.position import Position, PositionKey
from terminal_app.services.portfolio import Totals
from terminal_app.trading.portfolio import PositionView
from terminal_app.ui.panels.pnl.history import moments
from terminal_app.ui.panels.pnl.model import Track, day_cards, span_cards
from terminal_app.ui.panels.pnl.presenter import (
    bar_key,
    bar_position,
    bars,
    csv_text,
    first_moment,
    marks,
    midnight_s,
    shown_span,
)
from tests.helpers.scripted_terminal import CALL, INFY, LIVE, PAPER, RELIANCE, ScriptedMarket

OPEN, CLOSE = at_ist(2026, 11, 20, 9, 15), at_ist(2026, 11, 20, 15, 30)
ZERO = Decimal(0)


def after(minutes: float) -> datetime:
    return OPEN + timedelta(minutes=minutes)


def fill(minutes: float, side: Side, quantity: int, price: str) -> Fill:
    name = str(minutes)
    return Fill(
        TradeId(name), BrokerOrderId(name), INFY, side, Product.INTRADAY, quantity, Decimal(price), after(minutes)
    )


def view(
    quantity: int, day_pnl: str | None, *, realised: str = "0", instrument: object = RELIANCE, account: str = PAPER
) -> PositionView:
    position = Position(instrument, Product.INTRADAY, quantity)  # type: ignore[arg-type]
    day = Decimal(day_pnl) if day_pnl is not None else None
    gain = day - Decimal(realised) if day is not None else None
    return PositionView(account, position, None, gain, Decimal(realised), day, None)  # type: ignore[arg-type]


@given(st.lists(st.decimals(-1000, 1000, places=2), min_size=1, max_size=40))
def test_the_largest_fall_is_the_deepest_drop_from_an_earlier_value(values: list[Decimal]) -> None:
    track = Track((after(at), value) for at, value in enumerate(values))
    drops = [low - high for at, high in enumerate(values) for low in values[at:]]
    assert track.fall is not None
    assert track.fall.rupees == min(drops)
    start, end = (round((moment - OPEN).total_seconds() / 60) for moment in (track.fall.start, track.fall.end))
    assert start <= end
    assert values[end] - values[start] == track.fall.rupees
    assert track.best is not None
    assert track.best[1] == max(values)


def test_a_day_is_told_in_five_cards() -> None:
    track = Track(
        [(after(0), ZERO), (after(135), Decimal(8000)), (after(202), Decimal(1444)), (after(310), Decimal(8214))]
    )
    views = [view(250, "2360"), view(0, "-1340", realised="-1340", instrument=INFY)]
    totals = Totals(Decimal("-1340"), Decimal(2360), Decimal(1020), 2)
    cards = day_cards(totals, views, track)
    assert [(card.title, card.value, card.tone, card.note) for card in cards] == [
        ("Day P&L", "▲ +1,020.00", "profit", "2 positions"),
        ("Realised", "−1,340.00", "loss", "1 closed position"),
        ("Unrealised", "+2,360.00", "profit", "1 open position"),
        ("Largest fall", "−6,556", "loss", "11:30 to 12:37"),
        ("Best", "+8,214", "profit", "at 14:25"),
    ]


def test_a_sum_that_leaves_a_position_out_says_so() -> None:
    cards = day_cards(Totals(ZERO, ZERO, ZERO, 1, without_price=1), [view(10, None)], Track())
    assert (cards[0].value, cards[0].note) == ("0.00", "1 without a price")
    assert [card.value for card in cards[3:]] == ["–", "–"]


def test_several_days_are_told_together() -> None:
    days = [
        PnlPoint(at_ist(2026, 11, 17, 15, 30), Decimal(-500), ZERO),
        PnlPoint(at_ist(2026, 11, 18, 15, 30), Decimal(3000), Decimal(200)),
        PnlPoint(at_ist(2026, 11, 19, 15, 30), Decimal(-1000), Decimal(-200)),
    ]
    cards = {card.title: (card.value, card.note) for card in span_cards(days)}
    assert cards == {
        "P&L": ("▲ +1,500.00", "3 days"),
        "Realised": ("+1,500.00", "of closed positions"),
        "Days in profit": ("1 of 3", ""),
        "Largest fall": ("−1,200", "18 Nov to 19 Nov"),
        "Best day": ("+3,200", "18 Nov Wed"),
        "Worst day": ("−1,200", "19 Nov Thu"),
    }


def test_a_loss_on_the_first_day_is_a_fall_from_nothing() -> None:
    cards = {card.title: card.value for card in span_cards([PnlPoint(OPEN, Decimal(-700), ZERO)])}
    assert cards["Largest fall"] == "−700"


def test_bars_stand_by_their_result_and_read_back() -> None:
    market = ScriptedMarket()
    views = [view(0, "-1340", realised="-1340", instrument=INFY), view(250, "2360"), view(65, None, instrument=CALL)]
    found = bars(views, market, {})  # type: ignore[arg-type]
    assert [(bar.name, bar.quantity, bar.value, bar.left_note) for bar in found] == [
        ("RELIANCE", 250, Decimal(2360), "realised 0.00"),
        ("NIFTY 23 NOV 24800 CE", 65, ZERO, "no price yet"),
        ("INFY", 0, Decimal(-1340), "realised −1,340.00"),
    ]
    assert bar_position(found[1].key) == (PAPER, PositionKey(CALL, Product.INTRADAY))


def test_bars_name_their_account_where_several_are_shown() -> None:
    found = bars([view(1, "1", account=LIVE)], ScriptedMarket(), {LIVE: "AB1234"})  # type: ignore[arg-type]
    assert found[0].name == "RELIANCE AB1234"
    assert found[0].key == bar_key(LIVE, PositionKey(RELIANCE, Product.INTRADAY))


def test_a_mark_says_what_was_filled() -> None:
    (first, second) = marks(
        [(PAPER, fill(230, Side.SELL, 200, "1580.9")), (PAPER, fill(90, Side.BUY, 200, "1587.6"))],
        ScriptedMarket(),  # type: ignore[arg-type]
    )
    assert (first.label, first.is_buy) == ("BUY 200 INFY at 1,587.60", True)
    assert (second.label, second.is_buy) == ("SELL 200 INFY at 1,580.90", False)


@pytest.mark.parametrize(("span", "expected"), [("7", at_ist(2026, 11, 14)), ("30", at_ist(2026, 10, 22))])
def test_a_span_counts_calendar_days_with_today(span: str, expected: datetime) -> None:
    assert first_moment(span, at_ist(2026, 11, 20, 14, 36)) == expected
    assert first_moment(span, at_ist(2026, 11, 20, 2)) == expected


def test_a_day_begins_at_midnight_in_india() -> None:
    assert midnight_s(at_ist(2026, 11, 20, 4)) == int(at_ist(2026, 11, 20).timestamp())


def test_a_young_line_is_drawn_in_a_part_of_the_day_and_an_old_one_in_all_of_it() -> None:
    session = (OPEN, CLOSE)
    assert shown_span(session, None, None) == session
    assert shown_span(session, after(2), after(3)) == (after(0), after(15))
    assert shown_span(session, after(32), after(40)) == (after(30), after(60))
    assert shown_span(session, after(2), after(124)) == session
    assert shown_span(session, after(370), after(374)) == session


def test_points_are_saved_in_indian_time_with_plain_figures() -> None:
    text = csv_text([PnlPoint(OPEN, Decimal("-1340.50"), Decimal("2000"))])
    assert text == "time,realised,unrealised,pnl\n2026-11-20 09:15:00,-1340.50,2000,659.50\n"


def test_a_positions_line_knows_the_average_and_the_price_behind_its_result() -> None:
    fills = [fill(20, Side.SELL, 100, "1595"), fill(0, Side.BUY, 100, "1580"), fill(10, Side.BUY, 100, "1590")]
    points = [
        PositionPoint(after(1), 100, Decimal(500)),
        PositionPoint(after(11), 200, Decimal(1400)),
        PositionPoint(after(21), 100, Decimal(1300)),
    ]
    found = moments(points, fills, Position(INFY, Product.INTRADAY))
    assert [(one.quantity, one.last_price, one.average_price) for one in found] == [
        (100, 1585.0, 1580.0),
        (200, 1592.0, 1585.0),
        (100, 1588.0, 1585.0),
    ]


def test_a_fill_within_the_seconds_of_a_point_counts_for_it() -> None:
    (one,) = moments(
        [PositionPoint(after(1), 100, Decimal(200))],
        [fill(1.05, Side.BUY, 100, "1580")],
        Position(INFY, Product.INTRADAY),
    )
    assert (one.last_price, one.average_price) == (1582.0, 1580.0)


def test_a_carried_position_counts_from_the_close_before() -> None:
    now = Position(INFY, Product.CARRY, 100, Decimal(1500), carried_quantity=100, carried_price=Decimal(1580))
    (one,) = moments([PositionPoint(after(1), 100, Decimal(-300))], [], now)
    assert (one.last_price, one.average_price) == (1577.0, 1580.0)


def test_a_flat_or_unexplained_position_has_no_price() -> None:
    flat, other = moments(
        [PositionPoint(after(1), 0, Decimal(10)), PositionPoint(after(2), 5, Decimal(10))],
        [],
        Position(INFY, Product.INTRADAY),
    )
    assert all(isnan(value) for one in (flat, other) for value in (one.last_price, one.average_price))
