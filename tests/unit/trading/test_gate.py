"""The gate: trading states that hold and outlive a restart, and the user's own rules."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal

import pytest

from terminal_app.domain.enums import OrderStatus, Product, TradingState
from terminal_app.domain.errors import OrderDenied, OrderRejected, StorageError
from terminal_app.domain.ids import AccountId
from terminal_app.domain.messages import TradingStateChanged
from terminal_app.domain.order import OrderChange
from terminal_app.domain.position import PositionKey
from terminal_app.trading.gate import Gate
from terminal_app.trading.kill import KillSwitch
from terminal_app.trading.proposal import Proposal
from terminal_app.trading.rules import RiskLimits
from tests.unit.trading.scripted import ACCOUNT, INSTRUMENTS, RELIANCE, START, Stage, buy, quote, sell

D = Decimal
S = OrderStatus
KEY = PositionKey(RELIANCE, Product.INTRADAY)
OTHER = AccountId("A2")


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    """A desk with one attached account that is long 10."""
    made = Stage()
    await made.attach()
    made.held.positions[KEY] = 10
    yield made
    await made.close()


def test_states_outlive_a_restart() -> None:
    stage = Stage()
    stage.gate.set(ACCOUNT, TradingState.REDUCE_ONLY, who="user", why="bad day")
    again = Gate(stage.gate_store, stage.bus, stage.clock)
    assert again.state(ACCOUNT) == stage.gate.state(ACCOUNT)
    assert again.state(ACCOUNT).reason == "user: bad day"
    assert again.state(OTHER).state is TradingState.NORMAL


def test_a_damaged_saved_state_counts_as_a_halt() -> None:
    stage = Stage()
    stage.gate_store.states = {"": {"state": "OPEN", "who": "", "why": "", "since": ""}}
    assert Gate(stage.gate_store, stage.bus, stage.clock).state(None).state is TradingState.HALTED


def test_the_narrower_state_counts() -> None:
    stage = Stage()
    stage.gate.set(ACCOUNT, TradingState.REDUCE_ONLY, who="user", why="")
    assert stage.gate.state(ACCOUNT).state is TradingState.REDUCE_ONLY
    stage.gate.halt(None, who="user", why="")
    assert stage.gate.state(ACCOUNT).state is TradingState.HALTED
    assert stage.gate.state(OTHER).state is TradingState.HALTED


def test_a_halt_holds_although_it_cannot_be_written_and_a_resume_does_not() -> None:
    stage = Stage()
    heard: list[TradingStateChanged] = []
    stage.bus.subscribe(TradingStateChanged, heard.append)
    stage.gate_store.error = StorageError("The disk is full.")
    with pytest.raises(StorageError):
        stage.gate.halt(None, who="user", why="enough")
    assert stage.gate.is_halted(None)
    with pytest.raises(StorageError):
        stage.gate.resume(None, who="user")
    assert stage.gate.is_halted(None)
    assert [message.state for message in heard] == [TradingState.HALTED]


@pytest.mark.parametrize("state", [TradingState.REDUCE_ONLY, TradingState.HALTED])
async def test_only_what_closes_a_position_passes(stage: Stage, state: TradingState) -> None:
    stage.gate.set(None, state, who="user", why="enough")
    assert (await stage.desk.submit(ACCOUNT, buy(1))).status is S.DENIED
    assert (await stage.desk.submit(ACCOUNT, sell(11))).status is S.DENIED
    assert (await stage.desk.submit(ACCOUNT, sell(6))).broker_id is not None
    assert (await stage.desk.submit(ACCOUNT, sell(5))).status is S.DENIED, "6 of 10 are on their way already"
    assert (await stage.desk.submit(ACCOUNT, sell(4))).broker_id is not None


async def test_sold_holdings_are_not_sold_twice(stage: Stage) -> None:
    stage.held.units = {RELIANCE: 10}
    stage.held.positions[PositionKey(RELIANCE, Product.DELIVERY)] = -4
    assert (await stage.desk.submit(ACCOUNT, sell(7, product=Product.DELIVERY))).status is S.DENIED
    assert (await stage.desk.submit(ACCOUNT, sell(6, product=Product.DELIVERY))).broker_id is not None


async def test_while_halted_a_working_order_is_not_made_larger_or_repriced(stage: Stage) -> None:
    order = await stage.desk.submit(ACCOUNT, buy())
    await stage.becomes(order.client_id, S.OPEN)
    assert order.client_id is not None
    stage.gate.set(None, TradingState.REDUCE_ONLY, who="user", why="")
    with pytest.raises(OrderDenied):
        await stage.desk.modify(ACCOUNT, order.client_id, OrderChange(quantity=11))
    await stage.desk.modify(ACCOUNT, order.client_id, OrderChange(quantity=9))
    stage.gate.halt(None, who="user", why="")
    with pytest.raises(OrderDenied):
        await stage.desk.modify(ACCOUNT, order.client_id, OrderChange(quantity=8))


async def test_an_order_that_must_close_is_denied_when_there_is_nothing_to_close(stage: Stage) -> None:
    order = await stage.desk.submit(ACCOUNT, sell(11), must_reduce=True)
    assert (order.status, order.reason) == (
        S.DENIED,
        "This order was to close a position, but only 10 units are left to close.",
    )


async def test_prices_that_we_lack_keep_nobody_from_closing_at_market(stage: Stage) -> None:
    stage.quotes.pop(RELIANCE)
    assert (await stage.desk.submit(ACCOUNT, sell(10, None))).broker_id is not None
    assert (await stage.desk.submit(ACCOUNT, buy(10, None))).status is S.DENIED


@pytest.mark.parametrize(
    ("limits", "request_", "code"),
    [
        (RiskLimits(max_order_value=D(1000)), buy(11), "ORDER_VALUE"),
        (RiskLimits(max_order_value=D(1100)), buy(11), None),
        (RiskLimits(max_order_value=D(1000)), buy(11, None), "ORDER_VALUE"),
        (RiskLimits(max_order_quantity=10), buy(11), "ORDER_QUANTITY"),
        (RiskLimits(max_order_quantity=11), buy(11), None),
        (RiskLimits(max_price_distance_percent=D(5)), buy(price="105.05"), "PRICE_DISTANCE"),
        (RiskLimits(max_price_distance_percent=D(5)), buy(price="105"), None),
        (RiskLimits(max_price_distance_percent=D(5)), buy(price="50"), None),
        (RiskLimits(max_price_distance_percent=D(5)), sell(price="94.95"), "PRICE_DISTANCE"),
        (RiskLimits(duplicate_window_s=1.0), buy(3), "DUPLICATE"),
        (RiskLimits(duplicate_window_s=1.0), buy(4), None),
    ],
)
def test_each_rule_asks_its_one_question(limits: RiskLimits, request_: object, code: str | None) -> None:
    stage = Stage()
    stage.limits = limits
    proposal = Proposal(
        ACCOUNT,
        request_,  # type: ignore[arg-type]
        START,
        INSTRUMENTS[RELIANCE],
        quote(RELIANCE, "100"),
        recent=((0.4, buy(3)), (1.4, buy(4))),
    )
    refusal = stage.gate.refusal(proposal)
    assert (refusal.code if refusal is not None else None) == code


async def test_a_double_press_is_denied_where_the_user_wants_that(stage: Stage) -> None:
    stage.limits = RiskLimits(duplicate_window_s=60.0)
    assert (await stage.desk.submit(ACCOUNT, buy(3))).broker_id is not None
    assert (await stage.desk.submit(ACCOUNT, buy(3))).status is S.DENIED


async def test_the_kill_switch_halts_cancels_and_says_what_it_could_not(stage: Stage) -> None:
    orders = [await stage.desk.submit(ACCOUNT, buy(number)) for number in (1, 2, 3)]
    for order in orders:
        await stage.becomes(order.client_id, S.OPEN)
    stage.broker.before_cancel = [OrderRejected("Not in this phase.")]
    switch = KillSwitch([stage.desk], stage.gate)
    outcome = await switch.halt_all("enough")
    assert switch.is_on
    assert [rest.message for rest in outcome.still_working] == ["Not in this phase."]
    assert (await stage.desk.submit(ACCOUNT, buy(5))).status is S.DENIED
    switch.resume()
    assert (await stage.desk.submit(ACCOUNT, buy(5))).broker_id is not None


async def test_the_kill_switch_works_with_a_full_disk(stage: Stage) -> None:
    order = await stage.desk.submit(ACCOUNT, buy())
    await stage.becomes(order.client_id, S.OPEN)
    stage.gate_store.error = stage.store.error = StorageError("The disk is full.")
    outcome = await KillSwitch([stage.desk], stage.gate).halt_all("enough")
    assert outcome.still_working == ()
    assert outcome.warning.startswith("Trading is halted, but that could not be written down")
    stage.store.error = None
