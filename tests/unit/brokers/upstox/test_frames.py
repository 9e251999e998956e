"""Frames of the market feed: the documented ones are read, garbage is an error, and rows keep what was said before."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal_app.brokers.upstox.columns import FeedColumns
from terminal_app.brokers.upstox.frames import parse_frame
from terminal_app.brokers.upstox.proto.market_feed_pb2 import FeedResponse, MarketInfo
from terminal_app.domain.enums import FeedMode
from terminal_app.domain.errors import ProtocolError
from terminal_app.domain.market import TickBatch
from tests.unit.brokers.upstox.upstox import INDEX_KEY, NIFTY, NSE_KEY, OPTION, OPTION_KEY, RELIANCE

MARKET_INFO = bytes.fromhex("080218fbc4d6c58834220c0a0a0a064e53455f45511002")
LTPC = bytes.fromhex(
    "080112340a134e53455f45517c494e45303032413031303138121d0a1b0900000000004a93401080c4d6c58834180a21000000000038934018fbc4d6c58834"
)
FULL = bytes.fromhex(
    "080112ba010a0c4e53455f464f7c343534353012a90112a4010aa1010a1b090000000000505a401080c4d6c58834184b210000000000005940121a0a1808960111"
    "cdcccccccc4c5a4018e101213333333333535a4022350a330a023164110000000000405940190000000000805b40210000000000e05840290000000000505a40"
    "30c0843d38c0b0bcbb8834296666666666065a4030c0843d390000000080840e4141333333333333c33f49000000000088b34051000000000070b740200118fb"
    "c4d6c58834"
)
VECTORS = (MARKET_INFO, LTPC, FULL)


def frame(key: str, live: bool = True, **parts: Any) -> FeedResponse:
    """A message about one instrument; ``parts`` as the fields of marketFF, indexFF or ltpc."""
    message = FeedResponse(type=FeedResponse.live_feed if live else FeedResponse.initial_feed, currentTs=1789000000123)
    feed = message.feeds[key]
    for name, value in parts.items():
        part = {"market": feed.fullFeed.marketFF, "index": feed.fullFeed.indexFF, "ltpc": feed.ltpc,
                "greeks": feed.firstLevelWithGreeks}[name]  # fmt: skip
        part.SetInParent()
        for field, content in value.items():
            inner: Any = getattr(part, field)
            if isinstance(content, dict):
                inner.SetInParent()
                for one, number in content.items():
                    setattr(inner, one, number)
            elif field in ("marketLevel", "marketOHLC"):
                inner.SetInParent()
                rows = inner.bidAskQuote if field == "marketLevel" else inner.ohlc
                for row in content:
                    rows.add(**row)
            else:
                setattr(part, field, content)
    return message


def columns(mode: FeedMode = FeedMode.FULL) -> FeedColumns:
    made = FeedColumns()
    for key, id in ((NSE_KEY, RELIANCE), (OPTION_KEY, OPTION), (INDEX_KEY, NIFTY)):  # noqa: A001 - the word of the contract
        made.want(key, id, mode)
    return made


def batch_of(made: FeedColumns, message: FeedResponse) -> TickBatch:
    rows = made.take(message)
    return made.batch(rows, 77)


def test_the_documented_market_info_is_read() -> None:
    message = parse_frame(MARKET_INFO)
    assert (message.type, message.currentTs) == (FeedResponse.market_info, 1789000000123)
    assert dict(message.marketInfo.segmentStatus) == {"NSE_EQ": 2}
    assert columns().take(message) == []


def test_the_documented_last_price_is_read() -> None:
    batch = batch_of(columns(FeedMode.LTP), parse_frame(memoryview(LTPC)))
    assert [batch.ids[row] for row in batch.index] == [RELIANCE]
    assert (batch.last_price[0], batch.last_quantity[0], batch.time_ns[0]) == (1234.5, 10, 1789000000000 * 10**6)
    assert batch.received_ns == 77
    assert batch.ohlc is not None
    assert batch.ohlc[0, 3] == 1230.0
    assert np.isnan(batch.ohlc[0, :3]).all()
    assert batch.volume[0] == -1
    assert batch.bid_price is None


def test_the_documented_full_message_is_read() -> None:
    batch = batch_of(columns(), parse_frame(FULL))
    assert [batch.ids[row] for row in batch.index] == [OPTION]
    assert (batch.last_price[0], batch.last_quantity[0], batch.volume[0]) == (105.25, 75, 1000000)
    assert batch.ohlc is not None
    assert batch.ohlc[0].tolist() == [101.0, 110.0, 99.5, 100.0]
    assert batch.average_price is not None
    assert batch.average_price[0] == 104.1
    assert batch.open_interest is not None
    assert batch.open_interest[0] == 250000
    assert batch.bid_price is not None
    assert batch.bid_quantity is not None
    assert batch.ask_price is not None
    assert batch.ask_quantity is not None
    assert batch.bid_price[0].tolist() == [105.2, 0, 0, 0, 0]
    assert batch.bid_quantity[0].tolist() == [150, 0, 0, 0, 0]
    assert batch.ask_price[0].tolist() == [105.3, 0, 0, 0, 0]
    assert batch.ask_quantity[0].tolist() == [225, 0, 0, 0, 0]


def test_a_message_without_a_price_keeps_the_one_before() -> None:
    made = columns()
    batch_of(made, parse_frame(FULL))
    depth = frame(OPTION_KEY, market={"marketLevel": [{"bidQ": 75, "bidP": 105.15, "askQ": 0, "askP": 0.0}]})
    batch = batch_of(made, depth)
    assert (batch.last_price[0], batch.volume[0]) == (105.25, 1000000)
    assert batch.bid_price is not None
    assert batch.ask_price is not None
    assert (batch.bid_price[0, 0], batch.ask_price[0, 0]) == (105.15, 0.0)
    assert batch.ohlc is not None
    assert batch.ohlc[0].tolist() == [101.0, 110.0, 99.5, 100.0]


def test_numbers_said_as_zero_or_left_out_stay_as_they_were() -> None:
    made = columns()
    batch_of(made, parse_frame(FULL))
    batch = batch_of(
        made, frame(OPTION_KEY, market={"ltpc": {"ltp": 106.0, "ltt": 0, "ltq": 0}, "vtt": 0, "oi": 0.0, "atp": 0.0})
    )
    assert (batch.last_price[0], batch.last_quantity[0], batch.time_ns[0]) == (106.0, 75, 1789000000000 * 10**6)
    assert (batch.volume[0], batch.open_interest[0], batch.average_price[0]) == (1000000, 250000, 104.1)  # type: ignore[index]


def test_a_message_before_the_first_price_is_not_told() -> None:
    made = columns()
    assert made.take(frame(OPTION_KEY, market={"marketLevel": [{"bidQ": 75, "bidP": 105.15}]})) == []
    assert made.take(frame("NSE_FO|UNKNOWN", ltpc={"ltp": 5.0})) == []


def test_an_index_has_its_day_and_no_volume() -> None:
    day = {"interval": "1d", "open": 24400.0, "high": 24600.0, "low": 24390.0, "close": 24500.0}
    minute = {"interval": "I1", "open": 1.0, "high": 2.0, "low": 0.5, "close": 1.5}
    batch = batch_of(
        columns(), frame(INDEX_KEY, index={"ltpc": {"ltp": 24500.0, "cp": 24350.0}, "marketOHLC": [minute, day]})
    )
    assert batch.ohlc is not None
    assert batch.ohlc[0].tolist() == [24400.0, 24600.0, 24390.0, 24350.0]
    assert batch.volume[0] == -1
    assert batch.bid_price is not None
    assert np.isnan(batch.bid_price).all()


def test_best_prices_with_greeks_are_read() -> None:
    message = frame(OPTION_KEY, greeks={"ltpc": {"ltp": 105.0}, "firstDepth": {"bidQ": 75, "bidP": 104.9, "askQ": 150, "askP": 105.1},
                                        "vtt": 5000, "oi": 300.0, "iv": 0.2})  # fmt: skip
    batch = batch_of(columns(), message)
    assert (batch.last_price[0], batch.volume[0], batch.open_interest[0]) == (105.0, 5000, 300)  # type: ignore[index]
    assert (batch.bid_price[0, 0], batch.ask_quantity[0, 0]) == (104.9, 150)  # type: ignore[index]


def test_a_mode_tells_no_more_than_it_should() -> None:
    made = columns(FeedMode.QUOTE)
    levels = [{"bidQ": 10 * n, "bidP": 100.0 - n, "askQ": 20 * n, "askP": 110.0 + n} for n in range(1, 31)]
    message = frame(OPTION_KEY, market={"ltpc": {"ltp": 105.0}, "marketLevel": levels, "vtt": 9})
    quote = batch_of(made, message)
    assert quote.bid_price is not None
    assert quote.ask_quantity is not None
    assert quote.bid_price[0, 0] == 99.0
    assert np.isnan(quote.bid_price[0, 1:]).all()
    assert quote.ask_quantity[0].tolist() == [20, -1, -1, -1, -1]
    made.want(OPTION_KEY, OPTION, FeedMode.FULL)
    full = batch_of(made, message)
    assert full.bid_price is not None
    assert full.bid_price[0].tolist() == [99.0, 98.0, 97.0, 96.0, 95.0]
    made.want(OPTION_KEY, OPTION, FeedMode.LTP)
    plain = batch_of(made, message)
    assert plain.last_price[0] == 105.0
    assert plain.bid_price is None
    assert plain.volume[0] == -1


def test_rows_of_several_modes_in_one_batch_each_tell_their_own() -> None:
    made = columns(FeedMode.FULL)
    made.want(NSE_KEY, RELIANCE, FeedMode.LTP)
    level = [{"bidQ": 1, "bidP": 99.0, "askQ": 1, "askP": 101.0}]
    message = frame(OPTION_KEY, market={"ltpc": {"ltp": 100.0}, "marketLevel": level})
    message.feeds[NSE_KEY].fullFeed.marketFF.ltpc.ltp = 1234.5
    message.feeds[NSE_KEY].fullFeed.marketFF.vtt = 5
    batch = batch_of(made, message)
    prices = {batch.ids[row]: place for place, row in enumerate(batch.index.tolist())}
    assert batch.bid_price is not None
    assert batch.bid_price[prices[OPTION], 0] == 99.0
    assert np.isnan(batch.bid_price[prices[RELIANCE]]).all()
    assert batch.volume[prices[RELIANCE]] == -1


def test_what_is_left_is_told_no_more_and_forgotten() -> None:
    made = columns()
    rows = made.take(parse_frame(FULL))
    made.leave(OPTION_KEY)
    assert made.take(parse_frame(FULL)) == []
    made.want(OPTION_KEY, OPTION, FeedMode.FULL)
    assert made.known(rows) == []


def test_many_instruments_grow_the_table_and_keep_what_was_said() -> None:
    made = columns()
    rows = made.take(parse_frame(FULL))
    for number in range(1000):
        made.want(f"NSE_FO|{number}", OPTION, FeedMode.LTP)
    batch = made.batch(rows, 0)
    assert batch.last_price[0] == 105.25
    assert len(made.ids) == 1003


@pytest.mark.parametrize("data", VECTORS)
def test_a_frame_that_is_cut_off_is_an_error_or_a_shorter_message(data: bytes) -> None:
    whole = parse_frame(data)
    refused = 0
    for length in range(len(data)):
        try:
            part = parse_frame(data[:length])
        except ProtocolError:
            refused += 1
        else:
            # Protobuf ends where a field ends: what was before it must have been read right.
            assert part.type in (0, whole.type)
            assert part.currentTs in (0, whole.currentTs)
    assert refused >= len(data) * 0.6


@given(st.binary(max_size=300))
def test_garbage_is_an_error_or_a_message_and_nothing_else(data: bytes) -> None:
    made = columns()
    try:
        rows = made.take(parse_frame(data))
    except ProtocolError:
        return
    assert len(made.batch(rows, 0)) == len(rows)


@given(st.sampled_from(VECTORS), st.data())
def test_damaged_frames_are_an_error_or_a_message_and_nothing_else(whole: bytes, data: st.DataObject) -> None:
    damaged = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    made = columns()
    try:
        rows = made.take(parse_frame(bytes(damaged)))
    except ProtocolError:
        return
    assert len(made.batch(rows, 0)) == len(rows)


@given(st.floats(allow_nan=True, allow_infinity=True), st.integers(-(2**63), 2**63 - 1), st.floats())
def test_no_number_breaks_a_row(price: float, count: int, oi: float) -> None:
    made = columns()
    message = frame(
        OPTION_KEY, market={"ltpc": {"ltp": price, "ltq": count, "ltt": count}, "vtt": count, "oi": oi, "atp": price}
    )
    message.feeds[OPTION_KEY].fullFeed.marketFF.marketLevel.bidAskQuote.add(
        bidQ=count, bidP=price, askQ=count, askP=price
    )
    try:
        batch = batch_of(made, message)
    except ProtocolError:
        return
    assert all(math.isfinite(one) for one in batch.last_price.tolist())


@pytest.mark.parametrize(
    ("message", "word"),
    [(b"\x08\x07", "type 7"), (b"\x12\x09\x0a\x03A|B\x12\x02\x20\x09", "mode 9")],
)
def test_an_unknown_type_or_mode_is_named(message: bytes, word: str) -> None:
    with pytest.raises(ProtocolError, match=word):
        parse_frame(message)


def test_an_unknown_market_status_is_named() -> None:
    info = MarketInfo()
    info.segmentStatus["NSE_EQ"] = 2
    data = FeedResponse(type=FeedResponse.market_info, marketInfo=info).SerializeToString()
    with pytest.raises(ProtocolError, match="market status 9"):
        parse_frame(data[:-1] + b"\x09")


def test_parts_that_are_not_known_are_left_alone() -> None:
    assert parse_frame(LTPC + b"\xfa\x01\x03abc").feeds[NSE_KEY].ltpc.ltp == 1234.5
