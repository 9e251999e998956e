"""Positions, profit and loss, holdings and funds, to the paisa."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date
from decimal import Decimal

import pytest
from msgspec.structs import replace

from terminal_app.domain.clock import at_ist
from terminal_app.domain.enums import OrderStatus, Product
from terminal_app.domain.errors import BrokerUnavailable, StorageError
from terminal_app.domain.holding import Holding
from terminal_app.domain.ids import BrokerOrderId
from terminal_app.domain.messages import FundsChanged, HoldingsChanged, PnlPointAdded, PositionChanged
from terminal_app.domain.position import Position, PositionKey
from terminal_app.trading.portfolio import Portfolio, PositionView, Rhythm
from tests.unit.trading.scripted import ACCOUNT, FUTURE, INSTRUMENTS, RELIANCE, TCS, Stage, buy, eventually, quote, sell

D = Decimal
S = OrderStatus
KEY = PositionKey(RELIANCE, Product.INTRADAY)
FUTURE_KEY = PositionKey(FUTURE, Product.CARRY)
QUICK = Rhythm(gap_s=0.01, read_s=0.05, look_s=0.01, call_s=1.0)


class Room(Stage):
    """A stage with a portfolio that the gate knows."""

    def __init__(self) -> None:
        super().__init__()
        self.desk = self.new_desk(exposure=self)
        self.portfolio = self.new_portfolio()
        self.broker.fills_at = D(100)

    def new_portfolio(self) -> Portfolio:
        return Portfolio(
            self.desk, self.bus, self.clock, INSTRUMENTS.get, self.quotes.get, self.store, self.store, rhythm=QUICK
        )

    def quantity(self, account: object, key: PositionKey) -> int:
        return self.portfolio.quantity(account, key)  # type: ignore[arg-type]

    def deliverable(self, account: object, instrument: object) -> int | None:
        return self.portfolio.deliverable(account, instrument)  # type: ignore[arg-type]

    async def enter(self) -> None:
        await self.attach()
        await self.portfolio.attach(ACCOUNT, self.broker)  # type: ignore[arg-type]

    async def leave(self) -> None:
        await self.portfolio.aclose()
        await self.close()

    async def trade(self, request: object, price: str) -> None:
        """Place and fill an order at a price."""
        self.broker.fills_at = D(price)
        order = await self.desk.submit(ACCOUNT, request)  # type: ignore[arg-type]
        assert order.status is not S.DENIED, order.reason
        await self.becomes(order.client_id, S.FILLED)

    def view(self, key: PositionKey = KEY) -> PositionView:
        (found,) = [view for view in self.portfolio.snapshot(ACCOUNT) if view.position.key == key]
        return found


@pytest.fixture
async def room() -> AsyncIterator[Room]:
    """A desk and a portfolio, nothing held yet; entered by the test."""
    made = Room()
    yield made
    await made.leave()


async def test_long_partly_closed(room: Room) -> None:
    await room.enter()
    await room.trade(buy(10), "100")
    await room.trade(buy(10, "103"), "103")
    await room.trade(sell(5, "104"), "104")
    room.quotes[RELIANCE] = quote(RELIANCE, "102.05")
    view = room.view()
    assert (view.position.quantity, view.position.average_price) == (15, D("101.5"))
    assert (view.realised, view.unrealised, view.day_pnl) == (D("12.5"), D("8.25"), D("20.75"))
    assert view.change_percent is not None
    assert round(view.change_percent, 4) == D("0.5419")
    assert room.portfolio.day_pnl(ACCOUNT) == room.portfolio.day_pnl() == D("20.75")
    await room.leave()


async def test_short_flipped_through_flat(room: Room) -> None:
    await room.enter()
    await room.trade(sell(10), "100")
    await room.trade(buy(25), "98.5")
    view = room.view()
    assert (view.position.quantity, view.position.average_price, view.realised) == (15, D("98.5"), D(15))
    assert view.day_pnl == D("37.5")
    await room.leave()


async def test_a_flat_position_needs_no_price(room: Room) -> None:
    await room.enter()
    await room.trade(buy(10), "100")
    await room.trade(sell(10), "101")
    room.quotes.pop(RELIANCE)
    view = room.view()
    assert (view.unrealised, view.day_pnl, view.last_price) == (D(0), D(10), None)
    await room.leave()


async def test_an_open_position_without_a_price_is_named_not_guessed(room: Room) -> None:
    await room.enter()
    await room.trade(buy(10), "100")
    room.quotes.pop(RELIANCE)
    assert (room.view().unrealised, room.view().day_pnl) == (None, None)
    assert room.portfolio.totals().without_price == (RELIANCE,)
    await room.leave()


async def test_what_was_carried_counts_from_the_previous_close(room: Room) -> None:
    carried = Position(
        FUTURE, Product.CARRY, 65, D(24000), carried_quantity=65, carried_price=D(24900), multiplier=D(1)
    )
    room.broker.carried = [carried]
    await room.enter()
    view = room.view(FUTURE_KEY)
    assert (view.unrealised, view.day_pnl) == (D(65000), D(6500))
    await room.trade(sell(65, "25010", FUTURE), "25010")
    view = room.view(FUTURE_KEY)
    assert (view.position.quantity, view.realised, view.day_pnl) == (0, D(65650), D(7150))
    await room.leave()


async def test_the_multiplier_of_the_contract_counts(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(INSTRUMENTS, FUTURE, replace(INSTRUMENTS[FUTURE], multiplier=D(10)))
    await room.enter()
    await room.trade(buy(65, "25000", FUTURE), "25000")
    room.quotes[FUTURE] = quote(FUTURE, "25001")
    assert room.view(FUTURE_KEY).day_pnl == D(650)
    await room.leave()


async def test_the_entry_price_that_was_saved_is_kept_when_the_broker_mixes_it_with_today(room: Room) -> None:
    room.store.carried[ACCOUNT, date(2026, 11, 23)] = [Position(FUTURE, Product.CARRY, 65, D(24000))]
    room.broker.carried = [
        Position(
            FUTURE,
            Product.CARRY,
            130,
            D(24500),
            buy_quantity=65,
            buy_value=D(25000) * 65,
            carried_quantity=65,
            carried_price=D(24900),
        )
    ]
    await room.enter()
    assert room.view(FUTURE_KEY).position.average_price == D(24000)
    await room.leave()


async def test_a_new_day_carries_what_is_carried_over(room: Room) -> None:
    await room.enter()
    await room.trade(buy(65, "25000", FUTURE), "25000")
    await room.trade(buy(10), "100")
    await room.trade(sell(10), "101")
    room.quotes[FUTURE] = quote(FUTURE, "25100")
    room.broker.book.clear()
    room.broker.trades.clear()
    room.broker.carried = [
        Position(FUTURE, Product.CARRY, 65, D(25000), carried_quantity=65, carried_price=D("25095.5"))
    ]
    room.clock.at = at_ist(2026, 11, 24, 0, 0, 1)
    await eventually(lambda: (ACCOUNT, date(2026, 11, 24)) in room.store.carried)
    saved = room.store.carried[ACCOUNT, date(2026, 11, 24)]
    assert [(one.instrument, one.quantity, one.carried_price) for one in saved] == [(FUTURE, 65, D(25100))]
    await eventually(
        lambda: [view.position.carried_price for view in room.portfolio.snapshot(ACCOUNT)] == [D("25095.5")]
    )
    view = room.view(FUTURE_KEY)
    assert (view.position.average_price, view.realised, view.day_pnl) == (D(25000), D(0), D("292.5"))
    await room.leave()


async def test_a_restart_shows_the_same_positions(room: Room) -> None:
    await room.enter()
    await room.trade(buy(10), "100")
    await room.trade(sell(4), "101")
    before = room.portfolio.positions(ACCOUNT)
    await room.leave()
    room.desk = room.new_desk(exposure=room)
    room.portfolio = room.new_portfolio()
    await room.enter()
    assert room.portfolio.positions(ACCOUNT) == before
    await room.leave()


async def test_fills_announce_positions_and_have_funds_read_anew(room: Room) -> None:
    heard: list[object] = []
    for kind in (PositionChanged, FundsChanged, HoldingsChanged):
        room.bus.subscribe(kind, heard.append)
    await room.enter()
    reads = room.broker.reads
    await room.trade(buy(10), "100")
    await eventually(lambda: room.broker.reads > reads)
    assert [message.position.quantity for message in heard if isinstance(message, PositionChanged)] == [10]
    await room.leave()


async def test_a_broker_that_disagrees_is_shown_beside_us(room: Room) -> None:
    await room.enter()
    await room.trade(buy(10), "100")
    room.broker.net = (Position(RELIANCE, Product.INTRADAY, 7),)
    await room.portfolio.refresh(ACCOUNT)
    differs = room.view().differs
    assert differs is not None
    assert differs.quantity == 7
    room.broker.net = None
    await room.portfolio.refresh(ACCOUNT)
    assert room.view().differs is None
    await room.leave()


async def test_holdings_that_are_not_pledged_can_be_delivered_by_isin(room: Room) -> None:
    assert room.portfolio.deliverable(ACCOUNT, RELIANCE) is None
    room.broker.held = [Holding(TCS, 10, D(90), t1_quantity=5, pledged_quantity=3, isin="INE002A01018")]
    await room.enter()
    assert room.portfolio.deliverable(ACCOUNT, RELIANCE) == 12
    assert room.portfolio.deliverable(ACCOUNT, FUTURE) == 0
    assert len(room.portfolio.holdings(ACCOUNT)) == 1
    assert room.portfolio.funds(ACCOUNT) is not None
    await room.leave()


async def test_a_point_is_kept_every_five_seconds_while_it_changes(room: Room) -> None:
    heard: list[PnlPointAdded] = []
    room.bus.subscribe(PnlPointAdded, heard.append)
    await room.enter()
    room.portfolio.observe()
    assert heard == [], "an account without a position has no line"
    await room.trade(buy(10), "100")
    for last in ("100.5", "101", "101"):
        room.quotes[RELIANCE] = quote(RELIANCE, last)
        room.clock.at = room.clock.at.replace(microsecond=0)
        room.clock.move(5)
        room.portfolio.observe()
    room.clock.move(60)
    room.portfolio.observe()
    assert [point.unrealised for point in heard[-3:]] == [D("5.00"), D("10.00"), D("10.00")]
    assert all(point.time.second % 5 == 0 for point in heard)
    await eventually(lambda: len(room.store.points) == len(heard))
    assert room.store.points[-1][4] == ((RELIANCE, Product.INTRADAY, 10, D("10.00")),)
    await room.leave()


async def test_points_that_cannot_be_written_are_said_once(room: Room) -> None:
    await room.enter()
    await room.trade(buy(10), "100")
    await room.desk.events(room.desk.orders(ACCOUNT)[0].client_id or "")  # type: ignore[arg-type]
    room.store.error = StorageError("The disk is full.")
    for last in ("101", "102", "103"):
        room.quotes[RELIANCE] = quote(RELIANCE, last)
        room.clock.move(5)
        room.portfolio.observe()
    await eventually(lambda: any("P&L" in notice.title for notice in room.notices))
    room.store.error = None
    room.clock.move(5)
    room.quotes[RELIANCE] = quote(RELIANCE, "104")
    room.portfolio.observe()
    await eventually(lambda: len(room.store.points) > 0)
    assert len([notice for notice in room.notices if "P&L" in notice.title]) == 1
    await room.leave()


async def test_a_broker_that_cannot_be_read_is_a_doubt_not_an_end(room: Room) -> None:
    await room.enter()

    async def fail() -> object:
        raise BrokerUnavailable("The broker is down.")

    funds = room.broker.funds
    room.broker.funds = fail  # type: ignore[method-assign,assignment]
    await eventually(lambda: any("could not be read" in notice.title for notice in room.notices))
    room.broker.funds = funds  # type: ignore[method-assign]
    await room.trade(buy(10), "100")
    assert room.view().position.quantity == 10
    await room.leave()


async def test_a_fill_that_comes_late_is_put_where_it_belongs(room: Room) -> None:
    await room.enter()
    room.broker.fills_at = None
    for request in (buy(10), sell(10, "110")):
        order = await room.desk.submit(ACCOUNT, request)
        await room.becomes(order.client_id, S.OPEN)
    early = room.broker.fill(BrokerOrderId("B1"), 10, "100", tell=False)
    room.broker.fill(BrokerOrderId("B2"), 10, "110")
    await eventually(lambda: room.portfolio.quantity(ACCOUNT, KEY) == -10)
    room.broker.set(BrokerOrderId("B1"), (early,))
    await eventually(lambda: room.portfolio.quantity(ACCOUNT, KEY) == 0)
    assert room.view().realised == D(100)
    await room.leave()
