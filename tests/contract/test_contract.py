"""What every broker does alike: the scenarios of the contract in ``brokers/base.py``."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from terminal_app.brokers.base import Broker
from terminal_app.domain.enums import (
    Exchange,
    FeedMode,
    Interval,
    OrderStatus,
    OrderType,
    Product,
    Segment,
    Side,
    Validity,
)
from terminal_app.domain.errors import BrokerError, OrderRejected
from terminal_app.domain.ids import BrokerOrderId, ClientTag, InstrumentId
from terminal_app.domain.order import Order, OrderChange, OrderRef, OrderRequest
from tests.contract.benches import Bench, next_update, on_every_broker

TAG = ClientTag("bhav0000000000000001")


def order(bench: Bench, side: Side, quantity: int, price: str | None, **fields: Any) -> OrderRequest:
    return OrderRequest(
        instrument=bench.share,
        side=side,
        quantity=quantity,
        order_type=OrderType.MARKET if price is None else OrderType.LIMIT,
        product=fields.pop("product", Product.INTRADAY),
        limit_price=None if price is None else Decimal(price),
        **fields,
    )


async def refusal(broker: Broker, request: OrderRequest) -> str:
    """Why an order is refused: at once, or by an update after the broker took it."""
    try:
        order_id = await broker.execution.place(request, TAG)
    except OrderRejected as error:
        return error.message
    return (await next_update(broker, order_id, OrderStatus.REJECTED))[-1].order.reason


async def known(broker: Broker, order_id: BrokerOrderId) -> Order:
    return next(one for one in await broker.orders() if one.broker_id == order_id)


@on_every_broker
async def test_a_session_ends_at_a_known_time_and_proves_itself(bench: Bench) -> None:
    session = await bench.broker.login(bench.prompter)
    assert session.expires_at > bench.now
    profile = await bench.broker.profile()
    assert profile.client_id
    assert Exchange.NSE in profile.exchanges


@on_every_broker
async def test_every_product_that_is_offered_has_the_brokers_own_word(bench: Bench) -> None:
    capabilities = bench.broker.capabilities
    offered = {product for products in capabilities.products.values() for product in products}
    assert offered == set(capabilities.product_codes)
    assert Segment.CASH in capabilities.products
    assert Validity.DAY in capabilities.validities


@on_every_broker
async def test_instruments_come_with_lot_and_tick(bench: Bench) -> None:
    dump = await bench.broker.instruments()
    share = next(one for one in dump.instruments if one.id == bench.share)
    assert share.lot_size == 1
    assert share.tick_size > 0
    assert len({one.id for one in dump.instruments}) == len(dump.instruments)


@on_every_broker
async def test_quotes_leave_out_what_has_no_price(bench: Bench) -> None:
    nobody = InstrumentId.equity(Exchange.NSE, "NOBODYATALL")
    quotes = await bench.broker.quotes([bench.share, nobody])
    assert set(quotes) == {bench.share}
    quote = quotes[bench.share]
    assert (quote.bid, quote.last_price, quote.ask) == (Decimal("99.95"), Decimal(100), Decimal("100.05"))
    assert quote.time is not None
    assert quote.time.tzinfo is not None


@on_every_broker
async def test_a_resting_order_is_open_until_it_is_cancelled(bench: Bench) -> None:
    order_id = await bench.broker.execution.place(order(bench, Side.BUY, 10, "95"), TAG)
    resting = await known(bench.broker, order_id)
    assert resting.status is OrderStatus.OPEN
    assert resting.request == order(bench, Side.BUY, 10, "95")
    assert not bench.broker.capabilities.echoes_tag or resting.tag == TAG
    await bench.broker.execution.cancel(OrderRef(order_id, bench.share))
    updates = await next_update(bench.broker, order_id, OrderStatus.CANCELLED)
    assert updates[-1].fills == ()
    assert (await known(bench.broker, order_id)).status is OrderStatus.CANCELLED
    with pytest.raises(OrderRejected):
        await bench.broker.execution.cancel(OrderRef(order_id, bench.share))


@on_every_broker
async def test_a_marketable_order_fills_once_and_everywhere_alike(bench: Bench) -> None:
    before = await bench.broker.funds()
    order_id = await bench.broker.execution.place(order(bench, Side.BUY, 100, "100.05"), TAG)
    updates = await next_update(bench.broker, order_id, OrderStatus.FILLED)
    fills = await bench.broker.fills()
    assert [fill for update in updates for fill in update.fills] in ([], fills)
    assert [(fill.quantity, fill.price, fill.side) for fill in fills] == [(100, Decimal("100.05"), Side.BUY)]
    filled = await known(bench.broker, order_id)
    assert (filled.filled_quantity, filled.average_price) == (100, Decimal("100.05"))
    position = (await bench.broker.positions()).net[0]
    assert (position.instrument, position.product) == (bench.share, Product.INTRADAY)
    assert (position.quantity, position.average_price) == (100, Decimal("100.05"))
    assert (await bench.broker.funds()).available < before.available


@on_every_broker
async def test_a_change_of_price_can_fill_a_resting_order(bench: Bench) -> None:
    order_id = await bench.broker.execution.place(order(bench, Side.BUY, 100, "95"), TAG)
    change = OrderChange(quantity=60, limit_price=Decimal("100.05"))
    await bench.broker.execution.modify(OrderRef(order_id, bench.share), change)
    await next_update(bench.broker, order_id, OrderStatus.FILLED)
    assert (await known(bench.broker, order_id)).filled_quantity == 60


@on_every_broker
async def test_a_stop_waits_for_its_trigger(bench: Bench) -> None:
    stop = OrderRequest(
        bench.share,
        Side.BUY,
        10,
        OrderType.SL,
        Product.INTRADAY,
        limit_price=Decimal(102),
        trigger_price=Decimal(101),
    )
    order_id = await bench.broker.execution.place(stop, TAG)
    assert (await known(bench.broker, order_id)).status is OrderStatus.TRIGGER_PENDING
    await bench.move("101")
    await next_update(bench.broker, order_id, OrderStatus.FILLED)
    assert (await bench.broker.fills())[0].price == Decimal("101.05")


@on_every_broker
async def test_what_an_immediate_order_does_not_get_is_cancelled(bench: Bench) -> None:
    wish = order(bench, Side.BUY, 600, "100.05", validity=Validity.IOC)
    order_id = await bench.broker.execution.place(wish, TAG)
    await next_update(bench.broker, order_id, OrderStatus.CANCELLED)
    assert (await known(bench.broker, order_id)).filled_quantity == 500


@pytest.mark.parametrize(
    ("quantity", "price"),
    [(1, "100.03"), (1, "500"), (100_000_000, "100"), (0, "100")],
)
@on_every_broker
async def test_a_definite_refusal_has_a_reason_and_leaves_nothing_open(bench: Bench, quantity: int, price: str) -> None:
    assert len(await refusal(bench.broker, order(bench, Side.BUY, quantity, price))) > 10
    assert not any(one.status.is_open for one in await bench.broker.orders())


@on_every_broker
async def test_an_index_is_not_traded(bench: Bench) -> None:
    wish = OrderRequest(bench.index, Side.BUY, 1, OrderType.LIMIT, Product.INTRADAY, limit_price=Decimal(24500))
    with pytest.raises(OrderRejected):
        await bench.broker.execution.place(wish, TAG)


@on_every_broker
async def test_margins_tell_what_is_needed_and_what_is_there(bench: Bench) -> None:
    margin = await bench.broker.margin([order(bench, Side.BUY, 100, "100", product=Product.DELIVERY)])
    assert margin.required == Decimal(10_000)
    assert margin.available == (await bench.broker.funds()).available
    assert margin.shortfall == 0


@on_every_broker
async def test_a_full_feed_carries_depth_and_a_plain_one_only_prices(bench: Bench) -> None:
    feed = bench.broker.feed
    await feed.subscribe([bench.share], FeedMode.FULL)
    batch = await asyncio.wait_for(anext(feed), 10)
    assert batch.ids[int(batch.index[-1])] == bench.share
    assert batch.last_price[-1] == 100.0
    assert batch.bid_price is not None
    assert batch.ask_quantity is not None
    assert (batch.bid_price[-1, 0], batch.ask_quantity[-1, 0]) == (99.95, 500)
    await feed.subscribe([bench.share], FeedMode.LTP)
    await bench.move("101")
    batch = await asyncio.wait_for(anext(feed), 10)
    assert batch.last_price[-1] == 101.0
    assert batch.bid_price is None or np.isnan(batch.bid_price[-1]).all()


@on_every_broker
async def test_what_is_unsubscribed_comes_no_more(bench: Bench) -> None:
    feed = bench.broker.feed
    await feed.subscribe([bench.share, bench.index], FeedMode.QUOTE)
    await feed.unsubscribe([bench.share])
    await bench.move("101")
    batch = await asyncio.wait_for(anext(feed), 10)
    assert {batch.ids[int(row)] for row in batch.index} == {bench.index}


@on_every_broker
async def test_bars_lie_in_the_asked_span_oldest_first(bench: Bench) -> None:
    quote = (await bench.broker.quotes([bench.share]))[bench.share]
    assert quote.time is not None
    start = quote.time - timedelta(hours=1)
    bars = await bench.broker.bars(bench.share, Interval.M1, start, quote.time)
    assert all(start <= bar.start < quote.time for bar in bars)
    assert [bar.start for bar in bars] == sorted(bar.start for bar in bars)


@on_every_broker
async def test_closing_ends_the_streams_and_further_calls(bench: Bench) -> None:
    broker = bench.broker
    waiting = [asyncio.ensure_future(_drain(broker.order_updates)), asyncio.ensure_future(_drain(broker.feed))]
    await asyncio.sleep(0)
    await broker.aclose()
    await asyncio.wait_for(asyncio.gather(*waiting), 10)
    await broker.aclose()
    with pytest.raises(BrokerError):
        await broker.funds()
    with pytest.raises(BrokerError):
        await broker.execution.place(order(bench, Side.BUY, 1, "100"), TAG)


async def _drain(stream: Any) -> None:
    async for _ in stream:
        pass
