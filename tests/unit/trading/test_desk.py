"""Sending, denying, refusing and losing orders at the desk."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal

import pytest
from msgspec.structs import replace

from terminal_app.domain.enums import OrderPending, OrderStatus, SessionPhase
from terminal_app.domain.errors import (
    BrokerUnavailable,
    OrderDenied,
    OrderRejected,
    OrderUnknown,
    RateLimited,
    SessionExpired,
    StorageError,
)
from terminal_app.domain.ids import AccountId
from terminal_app.domain.messages import BookLoaded
from terminal_app.domain.order import OrderChange, OrderEventKind, OrderUpdate
from tests.unit.trading.scripted import ACCOUNT, FUTURE, QUICK, RELIANCE, ScriptedBroker, Stage, buy, eventually, sell

S = OrderStatus


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    """A desk with one attached account."""
    made = Stage()
    await made.attach()
    yield made
    await made.close()


async def test_an_order_is_written_before_it_is_sent(stage: Stage) -> None:
    written_first = False

    async def look() -> None:
        nonlocal written_first
        written_first = len(stage.store.orders) == 1

    stage.broker.before_place = [look]
    order = await stage.desk.submit(ACCOUNT, buy())
    assert written_first
    assert order.broker_id == "B1"
    assert (await stage.becomes(order.client_id, S.OPEN)).request == buy()
    assert [change.status for change in stage.changes][:3] == [S.INTENDED, S.SUBMITTED, S.SUBMITTED]


async def test_the_tag_is_short_enough_for_every_broker_and_unlike_any_other(stage: Stage) -> None:
    orders = [await stage.desk.submit(ACCOUNT, buy()) for _ in range(5)]
    tags = {str(order.tag) for order in orders}
    assert len(tags) == 5
    assert all(tag.isalnum() and tag.startswith("BH") and len(tag) <= 20 for tag in tags)


async def test_nothing_goes_out_when_the_intent_cannot_be_written(stage: Stage) -> None:
    stage.store.error = StorageError("The disk is full.")
    order = await stage.desk.submit(ACCOUNT, buy())
    assert order.status is S.DENIED
    assert order.reason == "Not sent, because it could not be written down: The disk is full."
    assert stage.broker.placed == []
    stage.store.error = None
    await eventually(lambda: stage.store.orders != {})
    assert next(iter(stage.store.orders.values())).status is S.DENIED


async def test_a_denied_order_is_recorded_and_not_sent(stage: Stage) -> None:
    order = await stage.desk.submit(ACCOUNT, buy(price="100.03"))
    assert order.status is S.DENIED
    assert "price must be a multiple of 0.05" in order.reason
    assert stage.broker.placed == []
    await eventually(lambda: len(stage.store.orders) == 1)
    events = await stage.desk.events(order.client_id)  # type: ignore[arg-type]
    assert [event.kind for event in events] == [OrderEventKind.INTENT, OrderEventKind.DENIED]


async def test_an_order_above_the_freeze_quantity_is_denied_as_one(stage: Stage) -> None:
    order = await stage.desk.submit(ACCOUNT, buy(1820, "25000", FUTURE))
    assert order.status is S.DENIED
    assert "1,755" in order.reason


async def test_an_account_that_is_not_attached_sends_nothing() -> None:
    stage = Stage()
    order = await stage.desk.submit(ACCOUNT, buy())
    assert order.status is S.DENIED
    assert "not connected" in order.reason
    await stage.close()


async def test_a_refusal_of_the_broker_is_kept_in_its_own_words(stage: Stage) -> None:
    stage.broker.before_place = [OrderRejected("RMS: margin shortfall", "17")]
    order = await stage.desk.submit(ACCOUNT, buy())
    assert (order.status, order.reason) == (S.REJECTED, "RMS: margin shortfall")


@pytest.mark.parametrize(
    "error", [SessionExpired("Log in again."), RateLimited("Too many.", 1.0)], ids=["session", "rate"]
)
async def test_a_definite_error_before_sending_is_a_refusal(stage: Stage, error: Exception) -> None:
    stage.broker.before_place = [error]
    order = await stage.desk.submit(ACCOUNT, buy())
    assert order.status is S.REJECTED
    assert len(stage.broker.placed) == 1


@pytest.mark.parametrize(
    "error",
    [OrderUnknown("502"), BrokerUnavailable("reset"), OSError("broken pipe"), KeyError("data")],
    ids=["unknown", "unavailable", "os", "bug"],
)
async def test_a_lost_answer_is_found_by_its_tag_and_never_sent_again(stage: Stage, error: Exception) -> None:
    stage.broker.tells = False
    stage.broker.after_place = [error]
    order = await stage.desk.submit(ACCOUNT, buy())
    assert order.status is S.UNKNOWN
    found = await stage.becomes(order.client_id, S.OPEN)
    assert found.broker_id == "B1"
    assert len(stage.broker.placed) == 1
    assert stage.notices[0].title == "An order has no answer"


async def test_silence_of_the_broker_is_unknown_not_rejected(stage: Stage) -> None:
    stage.broker.tells = False

    async def forever() -> None:
        await asyncio.Event().wait()

    stage.broker.after_place = [forever]
    order = await stage.desk.submit(ACCOUNT, buy())
    assert order.status is S.UNKNOWN
    assert (await stage.becomes(order.client_id, S.OPEN)).broker_id == "B1"


async def test_an_order_that_two_answers_do_not_show_never_reached_the_broker(stage: Stage) -> None:
    stage.broker.before_place = [OrderUnknown("timeout")]
    order = await stage.desk.submit(ACCOUNT, buy())
    asked = stage.broker.asked
    closed = await stage.becomes(order.client_id, S.REJECTED)
    assert "never reached the broker" in closed.reason
    assert stage.broker.asked - asked >= 2
    assert len(stage.broker.placed) == 1


async def test_a_broker_that_cannot_be_asked_leaves_the_order_unknown(stage: Stage) -> None:
    stage.broker.before_place = [OrderUnknown("timeout")]
    stage.broker.before_orders = [BrokerUnavailable("down")] * 4
    order = await stage.desk.submit(ACCOUNT, buy())
    await eventually(lambda: stage.broker.before_orders == [])
    assert stage.order(order.client_id).status is S.UNKNOWN
    await stage.becomes(order.client_id, S.REJECTED)


async def test_an_order_that_turns_up_after_it_was_given_up_is_shown_beside_it(stage: Stage) -> None:
    stage.broker.before_place = [OrderUnknown("timeout")]
    order = await stage.desk.submit(ACCOUNT, buy())
    await stage.becomes(order.client_id, S.REJECTED)
    stage.broker.take(buy(), order.tag)
    await eventually(lambda: len(stage.desk.orders(ACCOUNT)) == 2)
    assert [one.status for one in stage.desk.orders(ACCOUNT)] == [S.REJECTED, S.OPEN]
    assert stage.notices[-1].title == "An order exists after all"


async def test_an_update_may_come_before_the_answer(stage: Stage) -> None:
    told = asyncio.Event()

    async def wait() -> None:
        await told.wait()

    stage.broker.after_place = [wait]
    sending = asyncio.ensure_future(stage.desk.submit(ACCOUNT, buy()))
    await eventually(lambda: any(change.status is S.OPEN for change in stage.changes))
    stage.broker.fill(stage.desk.orders(ACCOUNT)[0].broker_id or "", 10, "99.95")  # type: ignore[arg-type]
    await eventually(lambda: stage.desk.orders(ACCOUNT)[0].status is S.FILLED)
    told.set()
    order = await sending
    assert (order.status, order.average_price) == (S.FILLED, Decimal("99.95"))
    assert len(stage.desk.orders(ACCOUNT)) == 1


async def test_an_update_without_tag_before_the_answer_waits_for_it(stage: Stage) -> None:
    async def tell_untagged() -> None:
        stage.broker.tell(OrderUpdate(replace(stage.broker.book["B1"], tag=None)))  # type: ignore[index]
        await asyncio.sleep(0.02)

    stage.broker.tells = False
    stage.broker.after_place = [tell_untagged]
    order = await stage.desk.submit(ACCOUNT, buy())
    assert order.status is S.OPEN
    assert len(stage.desk.orders(ACCOUNT)) == 1


async def test_an_order_that_the_broker_took_and_tells_nothing_of_is_asked_for(stage: Stage) -> None:
    stage.broker.tells = False
    order = await stage.desk.submit(ACCOUNT, buy())
    assert order.status is S.SUBMITTED
    working = await stage.becomes(order.client_id, S.OPEN)
    assert working.broker_id is not None
    assert len(stage.broker.placed) == 1


async def test_an_account_that_comes_back_on_another_day_counts_no_fill_of_the_day_before(stage: Stage) -> None:
    order = await stage.desk.submit(ACCOUNT, buy())
    working = await stage.becomes(order.client_id, S.OPEN)
    assert working.broker_id is not None
    stage.broker.fill(working.broker_id, 10, "100")
    await stage.becomes(order.client_id, S.FILLED)
    assert [fill.quantity for fill in stage.desk.fills(ACCOUNT)] == [10]
    await stage.desk.detach(ACCOUNT)
    stage.clock.move(24 * 3600)  # the broker still lists the order and its fill
    await stage.attach()
    assert stage.desk.fills(ACCOUNT) == []
    assert stage.desk.orders(ACCOUNT) == []
    await stage.desk.detach(ACCOUNT)


async def test_giving_up_the_wait_does_not_lose_the_order(stage: Stage) -> None:
    go = asyncio.Event()

    async def wait() -> None:
        await go.wait()

    stage.broker.before_place = [wait]
    sending = asyncio.ensure_future(stage.desk.submit(ACCOUNT, buy()))
    await eventually(lambda: len(stage.broker.placed) == 1)
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    go.set()
    await eventually(lambda: stage.desk.orders(ACCOUNT)[0].status is S.OPEN)


async def test_closing_waits_for_what_is_in_flight() -> None:
    stage = Stage()
    await stage.attach()

    async def wait() -> None:
        await asyncio.sleep(0.05)

    stage.broker.before_place = [wait]
    sending = asyncio.ensure_future(stage.desk.submit(ACCOUNT, buy()))
    await eventually(lambda: len(stage.broker.placed) == 1)
    await stage.close()
    assert (await sending).broker_id == "B1"
    assert next(iter(stage.store.orders.values())).broker_id == "B1"


async def test_after_closing_nothing_is_sent() -> None:
    stage = Stage()
    await stage.attach()
    await stage.close()
    assert (await stage.desk.submit(ACCOUNT, buy())).status is S.DENIED
    assert stage.broker.placed == []
    await stage.close()


async def test_a_halt_while_the_intent_is_written_stops_the_order(stage: Stage) -> None:
    async def halt() -> None:
        stage.gate.halt(None, who="user", why="enough")

    stage.store.before_intent = halt
    order = await stage.desk.submit(ACCOUNT, buy())
    assert order.status is S.DENIED
    assert "halted" in order.reason
    assert stage.broker.placed == []


async def test_an_intent_that_took_too_long_to_write_is_not_sent() -> None:
    stage = Stage()
    stage.desk = stage.new_desk(replace(QUICK, intent_s=0.01))
    await stage.attach()

    async def slow() -> None:
        await asyncio.sleep(0.05)

    stage.store.before_intent = slow
    order = await stage.desk.submit(ACCOUNT, buy())
    assert order.status is S.DENIED
    assert "prices have moved on" in order.reason
    await stage.close()


async def test_orders_placed_elsewhere_appear_with_a_lasting_name(stage: Stage) -> None:
    stage.broker.take(buy(7), None)
    await eventually(lambda: len(stage.desk.orders(ACCOUNT)) == 1)
    order = stage.desk.orders(ACCOUNT)[0]
    assert order.tag is None
    assert order.client_id is not None
    await stage.desk.reconcile(ACCOUNT)
    assert [one.client_id for one in stage.desk.orders(ACCOUNT)] == [order.client_id]


async def test_fills_count_once_however_often_they_are_told(stage: Stage) -> None:
    order = await stage.desk.submit(ACCOUNT, buy())
    await stage.becomes(order.client_id, S.OPEN)
    trade = stage.broker.fill("B1", 4, "100")  # type: ignore[arg-type]
    stage.broker.tell(OrderUpdate(stage.broker.book["B1"], (trade,)))  # type: ignore[index]
    await stage.becomes(order.client_id, S.PARTIALLY_FILLED)
    await stage.desk.reconcile(ACCOUNT)
    assert stage.filled == [trade]
    assert stage.order(order.client_id).filled_quantity == 4
    assert stage.desk.fills(ACCOUNT) == [trade]


async def test_a_filled_order_that_came_without_fills_has_them_fetched(stage: Stage) -> None:
    order = await stage.desk.submit(ACCOUNT, buy())
    stage.broker.fill("B1", 10, "99", tell=False)  # type: ignore[arg-type]
    stage.broker.tell(OrderUpdate(stage.broker.book["B1"]))  # type: ignore[index]
    await stage.becomes(order.client_id, S.FILLED)
    await eventually(lambda: len(stage.filled) == 1)


async def test_a_message_that_cannot_be_used_does_not_silence_the_others(stage: Stage) -> None:
    order = await stage.desk.submit(ACCOUNT, buy())
    await stage.becomes(order.client_id, S.OPEN)
    stage.broker.tell(OrderUpdate(replace(stage.broker.book["B1"], broker_id=None, tag=None)))  # type: ignore[index]
    stage.broker.set("B1", status=S.CANCELLED)  # type: ignore[arg-type]
    await stage.becomes(order.client_id, S.CANCELLED)
    assert stage.notices[0].title == "An order update was not understood"


@pytest.mark.parametrize("error", [BrokerUnavailable("The stream broke."), KeyError("data")], ids=["network", "bug"])
async def test_an_interrupted_stream_is_taken_up_again_with_all_that_was_missed(stage: Stage, error: Exception) -> None:
    order = await stage.desk.submit(ACCOUNT, buy())
    await stage.becomes(order.client_id, S.OPEN)
    stage.broker.fill("B1", 10, "99", tell=False)  # type: ignore[arg-type]
    stage.broker.tell(error)
    await stage.becomes(order.client_id, S.FILLED)
    again = await stage.desk.submit(ACCOUNT, buy())
    await stage.becomes(again.client_id, S.OPEN)


async def test_what_the_broker_told_while_the_disk_was_full_is_written_later(stage: Stage) -> None:
    order = await stage.desk.submit(ACCOUNT, buy())
    await stage.becomes(order.client_id, S.OPEN)
    await stage.desk.events(order.client_id)  # type: ignore[arg-type]
    stage.store.error = StorageError("The disk is full.")
    trade = stage.broker.fill("B1", 4, "100")  # type: ignore[arg-type]
    await stage.becomes(order.client_id, S.PARTIALLY_FILLED)
    await eventually(lambda: any("cannot be written" in notice.title for notice in stage.notices))
    stage.broker.fill("B1", 6, "100")  # type: ignore[arg-type]
    await stage.becomes(order.client_id, S.FILLED)
    assert (await stage.desk.submit(ACCOUNT, buy())).status is S.DENIED
    stage.store.error = None
    await eventually(lambda: len(stage.store.fills) == 2)
    saved = stage.store.orders[ACCOUNT, order.client_id]  # type: ignore[index]
    assert (saved.status, saved.filled_quantity) == (S.FILLED, 10)
    assert (ACCOUNT, trade.trade_id, trade.broker_order_id) in stage.store.fills
    assert len([notice for notice in stage.notices if "cannot be written" in notice.title]) == 1


# Modify.


async def test_a_modify_takes_effect_and_is_on_the_timeline(stage: Stage) -> None:
    order = await stage.desk.submit(ACCOUNT, buy())
    await stage.becomes(order.client_id, S.OPEN)
    changed = await stage.desk.modify(ACCOUNT, order.client_id, OrderChange(limit_price=Decimal("99.5")))  # type: ignore[arg-type]
    assert changed.request.limit_price == Decimal("99.5")
    assert changed.pending is OrderPending.NONE
    kinds = [event.kind for event in await stage.desk.events(order.client_id)]  # type: ignore[arg-type]
    assert OrderEventKind.MODIFY_SENT in kinds
    assert kinds.index(OrderEventKind.MODIFY_SENT) < kinds.index(OrderEventKind.MODIFIED)


@pytest.mark.parametrize(("price", "words"), [("99.53", "multiple of 0.05"), ("-1", "above zero"), ("0", "above zero")])
async def test_a_wrong_change_is_denied_and_not_sent(stage: Stage, price: str, words: str) -> None:
    order = await stage.desk.submit(ACCOUNT, buy())
    await stage.becomes(order.client_id, S.OPEN)
    with pytest.raises(OrderDenied, match=words):
        await stage.desk.modify(ACCOUNT, order.client_id, OrderChange(limit_price=Decimal(price)))  # type: ignore[arg-type]
    assert stage.broker.modified == []
    assert stage.order(order.client_id).pending is OrderPending.NONE


async def test_a_change_that_cannot_be_written_is_not_sent(stage: Stage) -> None:
    order = await stage.desk.submit(ACCOUNT, buy())
    await stage.becomes(order.client_id, S.OPEN)
    stage.store.error = StorageError("The database is locked.")
    with pytest.raises(OrderDenied, match="locked"):
        await stage.desk.modify(ACCOUNT, order.client_id, OrderChange(quantity=20))  # type: ignore[arg-type]
    assert stage.broker.modified == []
    stage.store.error = None


async def test_a_refused_change_leaves_the_order_as_it_was(stage: Stage) -> None:
    order = await stage.desk.submit(ACCOUNT, buy())
    await stage.becomes(order.client_id, S.OPEN)
    stage.broker.before_modify = [OrderRejected("Not now.")]
    with pytest.raises(OrderRejected, match="Not now"):
        await stage.desk.modify(ACCOUNT, order.client_id, OrderChange(quantity=20))  # type: ignore[arg-type]
    now = stage.order(order.client_id)
    assert (now.request.quantity, now.pending) == (10, OrderPending.NONE)


@pytest.mark.parametrize("arrived", [True, False])
async def test_a_change_without_answer_is_what_the_broker_says(stage: Stage, arrived: bool) -> None:
    order = await stage.desk.submit(ACCOUNT, buy())
    await stage.becomes(order.client_id, S.OPEN)
    stage.broker.tells = False
    (stage.broker.after_modify if arrived else stage.broker.before_modify).append(OrderUnknown("gateway timeout"))
    change = stage.desk.modify(ACCOUNT, order.client_id, OrderChange(quantity=20))  # type: ignore[arg-type]
    if arrived:
        assert (await change).request.quantity == 20
    else:
        with pytest.raises(OrderRejected, match="did not reach"):
            await change
        assert stage.order(order.client_id).request.quantity == 10
    assert stage.order(order.client_id).pending is OrderPending.NONE
    assert len(stage.broker.modified) == 1


async def test_a_second_change_waits_for_the_first(stage: Stage) -> None:
    order = await stage.desk.submit(ACCOUNT, buy())
    await stage.becomes(order.client_id, S.OPEN)
    go = asyncio.Event()

    async def wait() -> None:
        await go.wait()

    stage.broker.before_modify = [wait]
    first = asyncio.ensure_future(stage.desk.modify(ACCOUNT, order.client_id, OrderChange(quantity=20)))  # type: ignore[arg-type]
    await eventually(lambda: len(stage.broker.modified) == 1)
    with pytest.raises(OrderDenied, match="being changed"):
        await stage.desk.modify(ACCOUNT, order.client_id, OrderChange(quantity=30))  # type: ignore[arg-type]
    go.set()
    assert (await first).request.quantity == 20


async def test_a_change_refused_by_the_exchange_later_is_asked_for(stage: Stage) -> None:
    order = await stage.desk.submit(ACCOUNT, buy())
    await stage.becomes(order.client_id, S.OPEN)

    async def refuse_silently() -> None:
        stage.broker.set("B1", tell=False, request=buy())  # type: ignore[arg-type]

    stage.broker.tells = False
    stage.broker.after_modify = [refuse_silently]
    await stage.desk.modify(ACCOUNT, order.client_id, OrderChange(quantity=20))  # type: ignore[arg-type]
    await eventually(lambda: stage.order(order.client_id).request.quantity == 10)


# Cancel.


async def test_a_cancel_is_done_when_the_broker_says_so(stage: Stage) -> None:
    order = await stage.desk.submit(ACCOUNT, buy())
    await stage.becomes(order.client_id, S.OPEN)
    await stage.desk.cancel(ACCOUNT, order.client_id)  # type: ignore[arg-type]
    closed = await stage.becomes(order.client_id, S.CANCELLED)
    assert closed.pending is OrderPending.NONE


async def test_a_cancel_passes_a_halted_gate_and_a_full_disk(stage: Stage) -> None:
    order = await stage.desk.submit(ACCOUNT, buy())
    await stage.becomes(order.client_id, S.OPEN)
    stage.gate.halt(None, who="user", why="enough")
    stage.store.error = StorageError("The disk is full.")
    await stage.desk.cancel(ACCOUNT, order.client_id)  # type: ignore[arg-type]
    await stage.becomes(order.client_id, S.CANCELLED)
    stage.store.error = None


async def test_two_cancels_are_one(stage: Stage) -> None:
    order = await stage.desk.submit(ACCOUNT, buy())
    await stage.becomes(order.client_id, S.OPEN)

    async def wait() -> None:
        await asyncio.sleep(0.02)

    stage.broker.before_cancel = [wait]
    await asyncio.gather(*(stage.desk.cancel(ACCOUNT, order.client_id) for _ in range(3)))  # type: ignore[arg-type]
    assert len(stage.broker.cancelled) == 1
    await stage.becomes(order.client_id, S.CANCELLED)
    with pytest.raises(OrderDenied, match="nothing to cancel"):
        await stage.desk.cancel(ACCOUNT, order.client_id)  # type: ignore[arg-type]


async def test_a_cancel_during_the_sending_follows_the_answer(stage: Stage) -> None:
    go = asyncio.Event()

    async def wait() -> None:
        await go.wait()

    stage.broker.before_place = [wait]
    sending = asyncio.ensure_future(stage.desk.submit(ACCOUNT, buy()))
    await eventually(lambda: len(stage.broker.placed) == 1)
    client_id = stage.desk.orders(ACCOUNT)[0].client_id
    cancelling = asyncio.ensure_future(stage.desk.cancel(ACCOUNT, client_id))  # type: ignore[arg-type]
    await eventually(lambda: stage.order(client_id).pending is OrderPending.CANCEL)
    assert stage.broker.cancelled == []
    go.set()
    await asyncio.gather(sending, cancelling)
    await stage.becomes(client_id, S.CANCELLED)


async def test_a_cancel_before_the_sending_keeps_the_order_here(stage: Stage) -> None:
    cancelling: list[asyncio.Future[object]] = []

    async def cancel() -> None:
        client_id = stage.desk.orders(ACCOUNT)[0].client_id
        cancelling.append(asyncio.ensure_future(stage.desk.cancel(ACCOUNT, client_id)))  # type: ignore[arg-type]
        await asyncio.sleep(0.01)

    stage.store.before_intent = cancel
    order = await stage.desk.submit(ACCOUNT, buy())
    assert (order.status, order.reason) == (S.DENIED, "Cancelled before it was sent.")
    assert stage.broker.placed == []
    await cancelling[0]


async def test_a_cancel_of_an_order_without_answer_waits_until_it_is_found(stage: Stage) -> None:
    stage.broker.tells = False
    stage.broker.after_place = [OrderUnknown("timeout")]
    stage.broker.before_orders = [BrokerUnavailable("down")] * 2
    order = await stage.desk.submit(ACCOUNT, buy())
    cancelled = await stage.desk.cancel(ACCOUNT, order.client_id)  # type: ignore[arg-type]
    assert cancelled.pending is OrderPending.CANCEL
    await stage.becomes(order.client_id, S.CANCELLED)


async def test_a_cancel_refused_because_the_order_is_filled_ends_with_the_fill(stage: Stage) -> None:
    order = await stage.desk.submit(ACCOUNT, buy())
    await stage.becomes(order.client_id, S.OPEN)
    stage.broker.fill("B1", 10, "100", tell=False)  # type: ignore[arg-type]
    stage.broker.before_cancel = [OrderRejected("Order is complete.")]
    assert (await stage.desk.cancel(ACCOUNT, order.client_id)).status is S.FILLED  # type: ignore[arg-type]


async def test_a_refused_cancel_says_so_and_the_order_works_on(stage: Stage) -> None:
    order = await stage.desk.submit(ACCOUNT, buy())
    await stage.becomes(order.client_id, S.OPEN)
    stage.broker.before_cancel = [OrderRejected("Not in this phase.")]
    with pytest.raises(OrderRejected, match="Not in this phase"):
        await stage.desk.cancel(ACCOUNT, order.client_id)  # type: ignore[arg-type]
    now = stage.order(order.client_id)
    assert (now.status, now.pending) == (S.OPEN, OrderPending.NONE)


async def test_a_cancel_without_answer_is_tried_again(stage: Stage) -> None:
    order = await stage.desk.submit(ACCOUNT, buy())
    await stage.becomes(order.client_id, S.OPEN)
    stage.broker.before_cancel = [OrderUnknown("timeout"), RateLimited("slow down", 0.01)]
    await stage.desk.cancel(ACCOUNT, order.client_id)  # type: ignore[arg-type]
    await stage.becomes(order.client_id, S.CANCELLED)
    assert len(stage.broker.cancelled) == 3


async def test_a_cancel_that_the_exchange_ignores_is_not_pending_for_ever(stage: Stage) -> None:
    order = await stage.desk.submit(ACCOUNT, buy())
    await stage.becomes(order.client_id, S.OPEN)
    stage.broker.closes_on_cancel = False
    await stage.desk.cancel(ACCOUNT, order.client_id)  # type: ignore[arg-type]
    assert stage.order(order.client_id).pending is OrderPending.CANCEL
    await eventually(lambda: stage.order(order.client_id).pending is OrderPending.NONE)


async def test_a_cancel_overtakes_a_change_that_hangs(stage: Stage) -> None:
    order = await stage.desk.submit(ACCOUNT, buy())
    await stage.becomes(order.client_id, S.OPEN)

    async def hang() -> None:
        await asyncio.sleep(0.1)

    stage.broker.after_modify = [hang]
    changing = asyncio.ensure_future(
        stage.desk.modify(ACCOUNT, order.client_id, OrderChange(quantity=20))  # type: ignore[arg-type]
    )
    await eventually(lambda: len(stage.broker.modified) == 1)
    await stage.desk.cancel(ACCOUNT, order.client_id)  # type: ignore[arg-type]
    assert not changing.done()
    await changing
    assert (await stage.becomes(order.client_id, S.CANCELLED)).pending is OrderPending.NONE


# Restart.


async def test_a_restart_shows_the_same_book(stage: Stage) -> None:
    first = await stage.desk.submit(ACCOUNT, buy())
    second = await stage.desk.submit(ACCOUNT, sell(5, "101"))
    stage.broker.fill("B1", 10, "99.9")  # type: ignore[arg-type]
    await stage.becomes(first.client_id, S.FILLED)
    await stage.becomes(second.client_id, S.OPEN)
    before = stage.desk.orders(ACCOUNT)
    await stage.desk.aclose()
    stage.desk = stage.new_desk()
    loaded: list[object] = []
    stage.bus.subscribe(BookLoaded, loaded.append)
    await stage.attach()
    assert stage.desk.orders(ACCOUNT) == before
    assert len(stage.desk.fills(ACCOUNT)) == 1
    assert len(loaded) == 1
    await stage.desk.aclose()


@pytest.mark.parametrize("status", [S.INTENDED, S.SUBMITTED, S.UNKNOWN])
@pytest.mark.parametrize("arrived", [True, False])
async def test_what_a_crash_left_in_flight_is_settled_by_the_tag(status: OrderStatus, arrived: bool) -> None:
    stage = Stage()
    await stage.attach()
    order = await stage.desk.submit(ACCOUNT, buy())
    await stage.desk.aclose()
    key = (ACCOUNT, order.client_id)
    stage.store.orders[key] = replace(order, status=status, broker_id=None)  # type: ignore[index]
    if not arrived:
        stage.broker.book.clear()
    stage.desk = stage.new_desk()
    await stage.attach()
    settled = await stage.becomes(order.client_id, S.OPEN, S.REJECTED)
    assert settled.status is (S.OPEN if arrived else S.REJECTED)
    if not arrived:
        assert ("stopped before sending" in settled.reason) == (status is S.INTENDED)
    assert len(stage.broker.placed) == 1
    await stage.close()


async def test_a_working_order_of_yesterday_that_is_gone_has_expired() -> None:
    stage = Stage()
    await stage.attach()
    order = await stage.desk.submit(ACCOUNT, buy())
    await stage.becomes(order.client_id, S.OPEN)
    await stage.desk.aclose()
    stage.broker.book.clear()
    stage.clock.move(86400)
    stage.desk = stage.new_desk()
    await stage.attach()
    assert stage.order(order.client_id).status is S.EXPIRED
    await stage.close()


async def test_a_broker_that_cannot_be_read_is_not_attached() -> None:
    stage = Stage()
    stage.broker.before_orders = [BrokerUnavailable("down")]
    with pytest.raises(BrokerUnavailable):
        await stage.attach()
    assert (await stage.desk.submit(ACCOUNT, buy())).status is S.DENIED
    await stage.attach()
    assert (await stage.desk.submit(ACCOUNT, buy())).broker_id == "B1"
    await stage.close()


async def test_a_new_day_leaves_closed_orders_behind(stage: Stage) -> None:
    order = await stage.desk.submit(ACCOUNT, buy())
    stage.broker.fill("B1", 10, "99.9")  # type: ignore[arg-type]
    await stage.becomes(order.client_id, S.FILLED)
    stage.broker.book.clear()
    stage.broker.trades.clear()
    stage.clock.move(86400)
    await stage.desk.begin_day(ACCOUNT)
    assert stage.desk.orders(ACCOUNT) == []
    assert stage.desk.fills(ACCOUNT) == []


# Slices.


async def test_slices_follow_the_freeze_quantity(stage: Stage) -> None:
    orders = await stage.desk.submit_sliced(ACCOUNT, buy(65 * 60, "25000", FUTURE))
    assert [order.request.quantity for order in orders] == [1755, 1755, 390]


async def test_slices_stop_at_the_first_refusal(stage: Stage) -> None:
    stage.broker.before_place = [None, OrderRejected("no margin")]
    orders = await stage.desk.submit_sliced(ACCOUNT, buy(65 * 60, "25000", FUTURE))
    assert [order.status for order in orders][1] is S.REJECTED
    assert len(stage.broker.placed) == 2


async def test_slices_can_be_stopped_midway(stage: Stage) -> None:
    go = asyncio.Event()

    async def wait() -> None:
        await go.wait()

    stage.broker.before_place = [None, wait]
    slicing = asyncio.ensure_future(stage.desk.submit_sliced(ACCOUNT, buy(65 * 60, "25000", FUTURE)))
    await eventually(lambda: len(stage.broker.placed) == 2)
    slicing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await slicing
    go.set()
    await eventually(lambda: len(stage.broker.book) == 2)
    assert len(stage.broker.placed) == 2


# Everything at once.


async def test_cancel_all_says_what_became_of_each(stage: Stage) -> None:
    orders = [await stage.desk.submit(ACCOUNT, buy(number + 1)) for number in range(4)]
    for order in orders:
        await stage.becomes(order.client_id, S.OPEN)
    stage.broker.before_cancel = [None, OrderRejected("Not in this phase.")]
    outcomes = await stage.desk.cancel_all()
    assert [outcome.is_done for outcome in outcomes] == [True, False, True, True]
    assert outcomes[1].message == "Not in this phase."


async def test_a_closed_market_takes_no_order(stage: Stage) -> None:
    stage.phase = SessionPhase.CLOSED
    order = await stage.desk.submit(ACCOUNT, buy())
    assert (order.status, order.reason) == (S.DENIED, "The market is closed: no orders are taken now.")


async def test_orders_of_two_accounts_stay_apart(stage: Stage) -> None:
    other = AccountId("A2")
    second = ScriptedBroker(stage.clock)
    await stage.desk.attach(other, second, ops_per_second=None)  # type: ignore[arg-type]
    await stage.desk.submit(other, buy(3))
    assert stage.desk.orders(ACCOUNT) == []
    assert stage.broker.placed == []
    assert [order.instrument for order in stage.desk.orders(other)] == [RELIANCE]
    await stage.desk.detach(other)
