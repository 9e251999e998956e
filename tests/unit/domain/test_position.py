"""Position arithmetic against plain sums: long, short, flip, carry-forward and multiplier."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from terminal_app.domain.enums import Product, Side
from terminal_app.domain.fill import Fill
from terminal_app.domain.ids import BrokerOrderId, InstrumentId, TradeId
from terminal_app.domain.position import Position, PositionBook, PositionKey

SHARE = InstrumentId.parse("NSE:RELIANCE:EQ")
NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
MOVES = st.lists(st.tuples(st.sampled_from(Side), st.integers(1, 500), st.integers(100, 500000)), max_size=25)


def fill(side: Side, quantity: int, price: str | Decimal, trade: str = "1") -> Fill:
    return Fill(TradeId(trade), BrokerOrderId("o"), SHARE, side, Product.INTRADAY, quantity, Decimal(price), NOW)


def after(*moves: tuple[Side, int, str]) -> Position:
    position = Position(SHARE, Product.INTRADAY)
    for side, quantity, price in moves:
        position = position.apply(fill(side, quantity, price))
    return position


def test_a_long_position_averages_its_buys_and_realises_its_sells() -> None:
    position = after((Side.BUY, 100, "50"), (Side.BUY, 50, "53"), (Side.SELL, 60, "55"))
    # 100 x 50 + 50 x 53 = 7,650 for 150, so 51 each; 60 x (55 - 51) = 240.
    assert (position.quantity, position.average_price, position.realised_pnl) == (90, Decimal(51), Decimal(240))
    assert position.unrealised_pnl(Decimal(52)) == 90


def test_a_short_position_gains_as_the_price_falls() -> None:
    position = after((Side.SELL, 10, "200"), (Side.BUY, 4, "190"))
    assert (position.quantity, position.average_price, position.realised_pnl) == (-6, Decimal(200), Decimal(40))
    assert position.unrealised_pnl(Decimal(195)) == 30


def test_a_flip_closes_all_at_the_old_average_and_opens_the_rest_at_the_fill() -> None:
    position = after((Side.BUY, 100, "50"), (Side.SELL, 150, "54"))
    assert (position.quantity, position.average_price, position.realised_pnl) == (-50, Decimal(54), Decimal(400))


def test_flat_has_no_average() -> None:
    position = after((Side.BUY, 5, "10"), (Side.SELL, 5, "9"))
    assert (position.quantity, position.average_price, position.realised_pnl, position.is_open) == (
        0,
        Decimal(0),
        Decimal(-5),
        False,
    )


def test_a_carried_position_counts_its_day_from_the_previous_close() -> None:
    carried = after((Side.BUY, 65, "100")).carried_over(Decimal(104))
    assert (carried.realised_pnl, carried.buy_quantity, carried.carried_quantity) == (Decimal(0), 0, 65)
    closed = carried.apply(fill(Side.SELL, 65, "103"))
    assert closed.realised_pnl == 195
    assert closed.day_pnl(Decimal(90)) == -65


def test_the_multiplier_turns_price_into_rupees() -> None:
    position = Position(SHARE, Product.CARRY, multiplier=Decimal(100)).apply(fill(Side.BUY, 2, "10"))
    position = position.apply(fill(Side.SELL, 1, "11"))
    assert (position.realised_pnl, position.unrealised_pnl(Decimal(12))) == (Decimal(100), Decimal(200))


@given(MOVES, st.integers(100, 500000))
def test_realised_and_unrealised_together_are_the_cash_flow_and_the_value_left(
    moves: list[tuple[Side, int, int]], last_paise: int
) -> None:
    position, cash, units = Position(SHARE, Product.INTRADAY), 0, 0
    for side, quantity, paise in moves:
        position = position.apply(fill(side, quantity, Decimal(paise) / 100))
        cash -= side.sign * quantity * paise
        units += side.sign * quantity
    last = Decimal(last_paise) / 100
    exact = Fraction(cash + units * last_paise, 100)
    assert position.quantity == units
    assert position.day_pnl(last) == Decimal(exact.numerator) / exact.denominator
    total = position.realised_pnl + position.unrealised_pnl(last)
    assert abs(total - position.day_pnl(last)) < Decimal("1e-15")


def test_a_fill_is_counted_once_and_positions_are_kept_per_product() -> None:
    book = PositionBook()
    first = fill(Side.BUY, 5, "10", "t1")
    assert book.apply(first) is not None
    assert book.apply(first) is None
    position = book.get(PositionKey(SHARE, Product.INTRADAY))
    assert position is not None
    assert position.quantity == 5
    assert book.get(PositionKey(SHARE, Product.DELIVERY)) is None
