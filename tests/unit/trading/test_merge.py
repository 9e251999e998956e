"""Messages of a broker in any order, doubled and late, end in the same order, and fills in the same position."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from terminal_app.domain.enums import OrderStatus, OrderType, Product, Side
from terminal_app.domain.fill import Fill
from terminal_app.domain.ids import BrokerOrderId, ClientOrderId, ClientTag, TradeId
from terminal_app.domain.order import Order, OrderUpdate
from terminal_app.domain.position import Position
from terminal_app.trading.book import Entry, OrderBook
from terminal_app.trading.merge import merge, remember
from terminal_app.trading.positions import AccountPositions
from tests.unit.trading.scripted import ACCOUNT, RELIANCE, START, buy

S = OrderStatus
BROKER_ID = BrokerOrderId("B1")


def order(status: OrderStatus, second: int = 0, **fields: object) -> Order:
    """Our order as the broker tells of it at this second."""
    at = START + timedelta(seconds=second)
    values: dict[str, object] = {"request": buy(), "placed_at": START, "updated_at": at, "tag": ClientTag("BH1")}
    return Order(status=status, **(values | {"broker_id": BROKER_ID} | fields))  # type: ignore[arg-type]


def ours(status: OrderStatus = S.SUBMITTED) -> Order:
    return Order(buy(), status, START, START, client_id=ClientOrderId("BH1"), tag=ClientTag("BH1"))


def trade(number: int, quantity: int, price: str, second: int, side: Side = Side.BUY) -> Fill:
    at = START + timedelta(seconds=second)
    return Fill(TradeId(f"T{number}"), BROKER_ID, RELIANCE, side, Product.INTRADAY, quantity, Decimal(price), at)


def test_a_closed_order_never_opens_again() -> None:
    known = merge(merge(remember(ours()), order(S.CANCELLED, 5)), order(S.OPEN, 9))
    assert known.order.status is S.CANCELLED


def test_the_filled_quantity_never_falls() -> None:
    known = merge(remember(ours()), order(S.PARTIALLY_FILLED, 2, filled_quantity=6, average_price=Decimal(100)))
    known = merge(known, order(S.OPEN, 1))
    assert (known.order.filled_quantity, known.order.status) == (6, S.PARTIALLY_FILLED)


def test_a_late_message_does_not_bring_back_an_older_price() -> None:
    newer = order(S.OPEN, 5, request=buy(price="101"))
    known = merge(merge(remember(ours()), newer), order(S.OPEN, 2))
    assert known.order.request.limit_price == Decimal(101)


def test_a_limit_turned_into_a_stop_waits_for_its_trigger_again() -> None:
    stop = buy(order_type=OrderType.SL, trigger_price=Decimal(99))
    known = merge(merge(remember(ours()), order(S.OPEN, 5)), order(S.TRIGGER_PENDING, 5, request=stop))
    assert known.order.status is S.TRIGGER_PENDING


def test_a_late_trigger_pending_does_not_put_an_open_order_back() -> None:
    stop = buy(order_type=OrderType.SL, trigger_price=Decimal(99))
    known = merge(remember(ours()), order(S.OPEN, 5, request=stop))
    known = merge(known, order(S.TRIGGER_PENDING, 5, request=stop))
    assert known.order.status is S.OPEN


def test_fills_alone_do_not_close_an_order() -> None:
    book = OrderBook(ACCOUNT)
    book.add(Entry(remember(ours())))
    book.hear(order(S.OPEN, 1), (trade(1, 10, "100", 1),))
    assert book.entries()[0].order.status is S.PARTIALLY_FILLED
    assert book.entries()[0].order.filled_quantity == 10


def test_a_fill_before_its_order_is_added_when_the_order_is_known() -> None:
    book = OrderBook(ACCOUNT)
    book.add(Entry(remember(ours())))
    assert book.count(trade(1, 4, "99", 1)) is not None
    assert book.count(trade(1, 4, "99", 1)) is None
    book.hear(order(S.OPEN, 1))
    assert (book.entries()[0].order.filled_quantity, book.entries()[0].order.average_price) == (4, Decimal(99))


def test_two_orders_with_one_tag_are_both_shown() -> None:
    book = OrderBook(ACCOUNT)
    book.add(Entry(remember(ours())))
    book.hear(order(S.OPEN, 1))
    book.hear(order(S.OPEN, 1, broker_id=BrokerOrderId("B2")))
    assert [entry.order.broker_id for entry in book.entries()] == ["B1", "B2"]


def test_without_echoed_tags_an_order_is_recognised_by_what_it_is() -> None:
    book = OrderBook(ACCOUNT)
    book.matches_by_content = True
    book.add(Entry(remember(ours(S.UNKNOWN))))
    book.hear(order(S.OPEN, 1, tag=None, request=buy(7)))
    book.hear(order(S.OPEN, 1, tag=None, broker_id=BrokerOrderId("B2")))
    assert [(entry.order.broker_id, entry.order.status) for entry in book.entries()] == [("B2", S.OPEN), ("B1", S.OPEN)]


@st.composite
def lives(draw: st.DrawFn) -> list[OrderUpdate]:
    """The messages of one order's life, oldest first: time stamps are whole seconds and may repeat."""
    second = 0
    updates = []
    filled, value = 0, Decimal(0)
    request = buy(20)
    if draw(st.booleans()):
        updates.append(OrderUpdate(order(S.SUBMITTED, second, request=request)))
    updates.append(OrderUpdate(order(S.OPEN, second, request=request)))
    for number in range(draw(st.integers(0, 5))):
        second += draw(st.integers(0, 1))
        if draw(st.booleans()):
            second += 1  # a change of price has a stamp of its own; within one second no order is defined
            price = draw(st.integers(95, 105))
            request = replace(request, limit_price=Decimal(price))
            fills: tuple[Fill, ...] = ()
        else:
            quantity = draw(st.integers(1, 3))
            done = trade(number, quantity, str(draw(st.integers(95, 105))), second)
            filled, value, fills = filled + quantity, value + done.value, (done,)
        status = S.PARTIALLY_FILLED if filled else S.OPEN
        average = value / filled if filled else None
        now = order(status, second, request=request, filled_quantity=filled, average_price=average)
        updates.append(OrderUpdate(now, fills))
    if draw(st.booleans()):
        end = order(
            S.CANCELLED,
            second,
            request=request,
            filled_quantity=filled,
            average_price=value / filled if filled else None,
        )
        updates.append(OrderUpdate(end))
    return updates


@given(lives(), st.randoms(use_true_random=False))
def test_any_order_of_messages_ends_the_same(life: list[OrderUpdate], chance: object) -> None:
    def read(updates: list[OrderUpdate]) -> tuple[Order, list[Fill], tuple[Position, ...]]:
        book = OrderBook(ACCOUNT)
        book.add(Entry(remember(ours())))
        positions = AccountPositions(lambda _id: Decimal(1))
        for update in updates:
            for fill in book.hear(update.order, update.fills).new_fills:
                positions.add(fill)
        (entry,) = book.entries()
        return entry.order, book.fills(), positions.all()

    shuffled = life + chance.choices(life, k=len(life) // 2)  # type: ignore[attr-defined]
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert read(shuffled) == read(life)


@given(
    st.lists(
        st.tuples(st.sampled_from(Side), st.integers(1, 50), st.integers(9000, 11000), st.integers(0, 30)), max_size=12
    ),
    st.integers(-40, 40),
    st.integers(9000, 11000),
    st.randoms(use_true_random=False),
)
def test_the_day_pnl_is_the_cash_that_flowed_and_what_is_held(
    trades: list[tuple[Side, int, int, int]], carried: int, last_paise: int, chance: object
) -> None:
    """Against integer arithmetic that knows no average: flows plus holdings at the last price less what was carried."""
    close, last = Decimal("97.35"), Decimal(last_paise) / 100
    fills = [
        trade(number, quantity, str(Decimal(paise) / 100), second, side)
        for number, (side, quantity, paise, second) in enumerate(trades)
    ]
    start = [Position(RELIANCE, Product.INTRADAY, carried, Decimal(95), carried_quantity=carried, carried_price=close)]
    positions = AccountPositions(lambda _id: Decimal(1))
    positions.begin(start if carried else [], ())
    shuffled = fills * 2
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    for fill in shuffled:
        positions.add(fill)
    held = carried + sum(fill.signed_quantity for fill in fills)
    flows = sum((Fraction(fill.price) * -fill.signed_quantity for fill in fills), Fraction(0))
    expected = flows + Fraction(last) * held - Fraction(close) * carried
    for position in positions.all():
        assert position.quantity == held
        total = positions.day_pnl(position.key, last).total
        assert total is not None
        assert abs(Fraction(total) - expected) < Fraction(1, 10**15)
        assert abs(total - position.day_pnl(last)) < Decimal("1e-15")
