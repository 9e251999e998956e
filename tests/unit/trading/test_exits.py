"""Exits: until the broker itself shows flat, or the rest is named with its reason."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest

from terminal_app.domain.enums import OrderStatus, OrderType, Product, SessionPhase, Side
from terminal_app.domain.errors import BrokerUnavailable, OrderRejected
from terminal_app.domain.holding import Holding
from terminal_app.domain.ids import AccountId
from terminal_app.domain.order import Order
from terminal_app.domain.position import Position, PositionKey
from terminal_app.trading.exits import ExitPatience, ExitProgress, Exits
from tests.unit.trading.scripted import ACCOUNT, CAPABILITIES, FUTURE, INSTRUMENTS, RELIANCE, TCS, buy, quote, sell
from tests.unit.trading.test_portfolio import Room

D = Decimal
S = OrderStatus
KEY = PositionKey(RELIANCE, Product.INTRADAY)


class Ward(Room):
    """A room with exits."""

    def __init__(self) -> None:
        super().__init__()
        self.exits = Exits(
            self.desk,
            self.portfolio,
            self.clock,
            INSTRUMENTS.get,
            self.quotes.get,
            ExitPatience(rounds=4, wait_s=0.1, pause_s=0.01),
        )

    async def resting(self, *requests: object) -> list[Order]:
        """Orders that stay open."""
        self.broker.fills_at = None
        orders = [await self.desk.submit(ACCOUNT, request) for request in requests]  # type: ignore[arg-type]
        for order in orders:
            await self.becomes(order.client_id, S.OPEN)
        self.broker.fills_at = D(100)
        return orders

    def sent(self) -> list[tuple[Side, int, OrderType]]:
        """What went to the broker, in order."""
        return [(request.side, request.quantity, request.order_type) for request, _ in self.broker.placed]


async def test_exit_all_cancels_closes_and_proves_it() -> None:
    ward = Ward()
    await ward.enter()
    await ward.trade(buy(10), "100")
    await ward.trade(sell(5, "200", TCS), "200")
    await ward.resting(sell(10, "110"))
    told: list[ExitProgress] = []
    sent = len(ward.broker.placed)
    result = await ward.exits.exit_all(ACCOUNT, told.append)
    assert result.is_flat
    assert result.text.startswith("flat, verified 10:00:")
    assert sorted(ward.sent()[sent:]) == [(Side.BUY, 5, OrderType.MARKET), (Side.SELL, 10, OrderType.MARKET)]
    assert [order.status for order in ward.desk.orders(ACCOUNT)].count(S.CANCELLED) == 1
    assert told[0].text == "Cancelling 1 working order"
    assert (told[-1].done, told[-1].total) == (1, 2)
    await ward.leave()


async def test_an_exit_of_one_leaves_the_others_alone() -> None:
    ward = Ward()
    await ward.enter()
    await ward.trade(buy(10), "100")
    await ward.trade(buy(5, "200", TCS), "200")
    (other,) = await ward.resting(sell(5, "210", TCS))
    result = await ward.exits.exit(ACCOUNT, [KEY])
    assert result.is_flat
    assert ward.portfolio.quantity(ACCOUNT, PositionKey(TCS, Product.INTRADAY)) == 5
    assert ward.order(other.client_id).status is S.OPEN
    await ward.leave()


async def test_a_large_position_is_closed_in_slices() -> None:
    ward = Ward()
    await ward.enter()
    for _ in range(2):
        await ward.trade(buy(65 * 20, "25000", FUTURE), "25000")
    ward.broker.fills_at = D(25000)
    sent = len(ward.broker.placed)
    result = await ward.exits.exit_all(ACCOUNT)
    assert result.is_flat
    assert [quantity for _, quantity, _ in ward.sent()[sent:]] == [1755, 845]
    await ward.leave()


async def test_what_rests_after_a_protected_market_order_is_cancelled_and_sent_again() -> None:
    ward = Ward()
    await ward.enter()
    await ward.trade(buy(10), "100")

    async def fill_part() -> None:
        ward.broker.fill(list(ward.broker.book)[-1], 4, "99")

    ward.broker.fills_at = None
    ward.broker.after_place = [fill_part]

    async def then_all() -> None:
        ward.broker.fills_at = D(98)

    ward.broker.before_cancel = [then_all]
    result = await ward.exits.exit_all(ACCOUNT)
    assert result.is_flat
    assert [order.request.quantity for order in result.orders] == [10, 6]
    await ward.leave()


async def test_what_is_refused_is_named_with_the_reason() -> None:
    ward = Ward()
    await ward.enter()
    await ward.trade(buy(10), "100")
    ward.broker.before_place = [OrderRejected("RMS: blocked")] * 8
    result = await ward.exits.exit_all(ACCOUNT)
    assert not result.is_flat
    assert result.text == "NSE:RELIANCE:EQ 10 left: RMS: blocked"
    assert len(result.orders) == 2, "two refusals of everything are enough"
    await ward.leave()


async def test_a_closed_market_is_the_reason() -> None:
    ward = Ward()
    await ward.enter()
    await ward.trade(buy(10), "100")
    ward.phase = SessionPhase.CLOSED
    result = await ward.exits.exit_all(ACCOUNT)
    assert "The market is closed" in result.text
    await ward.leave()


async def test_a_position_that_the_broker_sees_otherwise_is_not_sold_twice() -> None:
    ward = Ward()
    await ward.enter()
    await ward.trade(buy(10), "100")
    ward.broker.net = (Position(RELIANCE, Product.INTRADAY, 4),)
    sent = len(ward.broker.placed)
    result = await ward.exits.exit_all(ACCOUNT)
    assert ward.sent()[sent] == (Side.SELL, 4, OrderType.MARKET)
    assert sum(quantity for _, quantity, _ in ward.sent()[sent:]) <= 10
    assert not result.is_flat
    await ward.leave()


async def test_a_position_that_only_the_broker_has_is_left_and_named() -> None:
    ward = Ward()
    await ward.enter()
    ward.broker.net = (Position(TCS, Product.INTRADAY, 4),)
    result = await ward.exits.exit_all(ACCOUNT)
    assert result.remainders[0].reason == "the broker shows 4 and our own book 0"
    assert ward.broker.placed == []
    await ward.leave()


async def test_a_fill_that_was_not_heard_is_caught_up_first() -> None:
    ward = Ward()
    await ward.enter()
    (order,) = await ward.resting(buy(10))
    ward.broker.tells = False
    ward.broker.fill(order.broker_id or "", 10, "100")  # type: ignore[arg-type]
    ward.broker.tells = True
    result = await ward.exits.exit_all(ACCOUNT)
    assert result.is_flat
    assert ward.order(order.client_id).status is S.FILLED
    await ward.leave()


async def test_without_an_answer_of_the_broker_nothing_is_called_flat(monkeypatch: pytest.MonkeyPatch) -> None:
    ward = Ward()
    await ward.enter()
    await ward.trade(buy(10), "100")

    async def fail() -> object:
        raise BrokerUnavailable("The broker is down.")

    monkeypatch.setattr(ward.broker, "positions", fail)
    result = await ward.exits.exit_all(ACCOUNT)
    assert (result.is_flat, result.text) == (False, "NSE:RELIANCE:EQ 10 left: The broker is down.")
    monkeypatch.undo()
    await ward.leave()


async def test_a_halted_account_can_be_exited() -> None:
    ward = Ward()
    await ward.enter()
    await ward.trade(buy(10), "100")
    ward.gate.halt(None, who="user", why="enough")
    assert (await ward.exits.exit_all(ACCOUNT)).is_flat
    await ward.leave()


async def test_sold_holdings_are_not_bought_back() -> None:
    ward = Ward()
    ward.broker.held = [Holding(RELIANCE, 10, D(90))]
    await ward.enter()
    await ward.trade(sell(4, product=Product.DELIVERY), "100")
    assert ward.exits.open_keys(ACCOUNT) == ()
    sent = len(ward.broker.placed)
    assert (await ward.exits.exit_all(ACCOUNT)).is_flat
    assert len(ward.broker.placed) == sent
    await ward.leave()


async def test_a_broker_without_market_orders_gets_a_limit_that_trades_at_once() -> None:
    ward = Ward()
    kinds = (OrderType.LIMIT, OrderType.SL)
    ward.broker.capabilities = type(CAPABILITIES)(CAPABILITIES.products, CAPABILITIES.product_codes, order_types=kinds)
    await ward.enter()
    await ward.trade(buy(10), "100")
    ward.quotes[RELIANCE] = quote(RELIANCE, "100", lower_circuit=D("98.5"))
    result = await ward.exits.exit_all(ACCOUNT)
    assert result.is_flat
    assert result.orders[0].request.limit_price == D("98.5")
    await ward.leave()


async def test_an_exit_can_be_stopped() -> None:
    ward = Ward()
    await ward.enter()
    await ward.trade(buy(10), "100")
    started = asyncio.Event()

    async def hang() -> None:
        started.set()
        await asyncio.sleep(0.05)

    ward.broker.before_place = [hang]
    exiting = asyncio.ensure_future(ward.exits.exit_all(ACCOUNT))
    await started.wait()
    exiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await exiting
    await ward.leave()
    assert ward.desk.orders(AccountId("A1"))[-1].status in (S.OPEN, S.FILLED)
