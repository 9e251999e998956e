"""The columns of the feed take no number that can be none of its sort."""

from __future__ import annotations

import math

import pytest

from terminal_app.brokers.upstox.columns import FeedColumns
from terminal_app.brokers.upstox.proto.market_feed_pb2 import FeedResponse
from terminal_app.domain.enums import Exchange, FeedMode
from terminal_app.domain.errors import ProtocolError
from terminal_app.domain.ids import InstrumentId

KEY = "NSE_EQ|INE002A01018"


@pytest.fixture
def columns() -> FeedColumns:
    made = FeedColumns()
    made.want(KEY, InstrumentId.equity(Exchange.NSE, "RELIANCE"), FeedMode.FULL)
    return made


def a_message() -> FeedResponse:
    message = FeedResponse(type=FeedResponse.live_feed)
    full = message.feeds[KEY].fullFeed.marketFF
    full.ltpc.ltp, full.ltpc.ltt, full.oi = 1234.5, 1_789_000_000_000, 100.0
    return message


def test_ordinary_numbers_are_taken(columns: FeedColumns) -> None:
    batch = columns.batch(columns.take(a_message()), 1)
    assert batch.last_price.tolist() == [1234.5]
    assert batch.time_ns.tolist() == [1_789_000_000_000 * 1_000_000]
    assert batch.open_interest is not None
    assert batch.open_interest.tolist() == [100]


@pytest.mark.parametrize("price", [math.nan, math.inf, -math.inf, 1e148])
@pytest.mark.parametrize("field", ["ltp", "cp"])
def test_a_price_that_is_none_is_refused(columns: FeedColumns, field: str, price: float) -> None:
    message = a_message()
    setattr(message.feeds[KEY].fullFeed.marketFF.ltpc, field, price)
    with pytest.raises(ProtocolError):
        columns.take(message)


@pytest.mark.parametrize("field", ["oi", "atp"])
def test_a_total_beyond_all_markets_is_refused(columns: FeedColumns, field: str) -> None:
    message = a_message()
    setattr(message.feeds[KEY].fullFeed.marketFF, field, 1e148)
    with pytest.raises(ProtocolError):
        columns.take(message)


@pytest.mark.parametrize("time_ms", [2**63 - 1, -1])
def test_a_time_beyond_the_calendar_is_refused(columns: FeedColumns, time_ms: int) -> None:
    message = a_message()
    message.feeds[KEY].fullFeed.marketFF.ltpc.ltt = time_ms
    with pytest.raises(ProtocolError):
        columns.take(message)


def test_a_depth_price_that_is_none_is_refused(columns: FeedColumns) -> None:
    message = a_message()
    message.feeds[KEY].fullFeed.marketFF.marketLevel.bidAskQuote.add(bidQ=1, bidP=math.nan)
    with pytest.raises(ProtocolError):
        columns.take(message)
