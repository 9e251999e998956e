"""The bytes of the market feed V3: the check vectors of its documentation, and every field read back by another reader."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from terminal_app.brokers.upstox.proto import market_feed_pb2 as other
from terminal_app.simulator.dialects.upstox import frames
from terminal_app.simulator.dialects.upstox.frames import (
    Auction,
    Candle,
    FrameType,
    Greeks,
    LastTrade,
    Level,
    MarketStatus,
    RequestMode,
    Totals,
)
from terminal_app.simulator.dialects.upstox.protobuf import double, integer, varint

_AT = 1789000000123


def test_the_vector_of_the_market_status_comes_out() -> None:
    frame = frames.market_info({"NSE_EQ": MarketStatus.NORMAL_OPEN}, _AT)
    assert frame.hex() == "080218fbc4d6c58834220c0a0a0a064e53455f45511002"


def test_the_vector_of_a_last_price_comes_out() -> None:
    feed = frames.ltpc_feed(LastTrade(1234.5, 1789000000000, 10, 1230.0))
    frame = frames.feed_response(FrameType.LIVE_FEED, {"NSE_EQ|INE002A01018": feed}, _AT)
    assert frame.hex() == (
        "080112340a134e53455f45517c494e45303032413031303138121d0a1b0900000000004a93401080c4d6c58834180a"
        "21000000000038934018fbc4d6c58834"
    )


def test_the_vector_of_a_full_packet_comes_out() -> None:
    feed = frames.market_full_feed(
        RequestMode.FULL_D5,
        LastTrade(105.25, 1789000000000, 75, 100.0),
        [Level(150, 105.2, 225, 105.3)],
        None,
        [Candle("1d", 101, 110, 99.5, 105.25, 1000000, 1788978600000)],
        Totals(atp=104.1, vtt=1000000, oi=250000, iv=0.15, tbq=5000, tsq=6000),
    )
    frame = frames.feed_response(FrameType.LIVE_FEED, {"NSE_FO|45450": feed}, _AT)
    assert frame.hex() == (
        "080112ba010a0c4e53455f464f7c343534353012a90112a4010aa1010a1b090000000000505a401080c4d6c58834184b"
        "210000000000005940121a0a1808960111cdcccccccc4c5a4018e101213333333333535a4022350a330a02316411000000"
        "0000405940190000000000805b40210000000000e05840290000000000505a4030c0843d38c0b0bcbb8834296666666666"
        "065a4030c0843d390000000080840e4141333333333333c33f49000000000088b34051000000000070b740200118fbc4d6"
        "c58834"
    )


def test_a_number_takes_seven_bits_a_byte_and_a_zero_is_left_out() -> None:
    assert [varint(one).hex() for one in (0, 1, 127, 128, 300)] == ["00", "01", "7f", "8001", "ac02"]
    assert varint(-1).hex() == "ffffffffffffffffff01"
    assert (integer(1, 0), double(2, 0.0)) == (b"", b"")


prices = st.floats(0, 1e7, allow_nan=False)
counts = st.integers(0, 2**62)
lasts = st.builds(LastTrade, ltp=prices, ltt=counts, ltq=counts, cp=prices, iep=st.none() | prices)
levels = st.builds(Level, bid_quantity=counts, bid=prices, ask_quantity=counts, ask=prices)
greeks = st.builds(Greeks, delta=prices, theta=prices, gamma=prices, vega=prices, rho=prices)
candles = st.builds(
    Candle,
    interval=st.sampled_from(["1d", "I1"]),
    open=prices,
    high=prices,
    low=prices,
    close=prices,
    volume=counts,
    ts=counts,
)
totals = st.builds(Totals, atp=prices, vtt=counts, oi=prices, iv=prices, tbq=prices, tsq=prices)
auctions = st.builds(
    Auction, iep=prices, rp=prices, ieq=counts, iiq_total=counts, iiq_market=counts, eligible=st.booleans()
)


@given(
    st.none() | lasts,
    st.none() | st.lists(levels, min_size=1, max_size=30),
    st.none() | greeks,
    st.none() | st.lists(candles, min_size=1, max_size=2),
    totals,
    st.none() | auctions,
)
def test_every_field_of_a_full_packet_is_read_back(
    last: LastTrade | None,
    depth: list[Level] | None,
    option: Greeks | None,
    bars: list[Candle] | None,
    day: Totals,
    auction: Auction | None,
) -> None:
    feed = frames.market_full_feed(RequestMode.FULL_D30, last, depth, option, bars, day, auction)
    answer = other.FeedResponse.FromString(frames.feed_response(FrameType.LIVE_FEED, {"A|1": feed}, _AT))
    read = answer.feeds["A|1"]
    full = read.fullFeed.marketFF
    assert (answer.type, answer.currentTs, read.requestMode) == (1, _AT, 3)
    presence = [full.HasField(name) for name in ("ltpc", "marketLevel", "optionGreeks", "marketOHLC")]
    assert presence == [last is not None, depth is not None, option is not None, bars is not None]
    if last is not None:
        assert (full.ltpc.ltp, full.ltpc.ltt, full.ltpc.ltq, full.ltpc.cp) == (last.ltp, last.ltt, last.ltq, last.cp)
        assert full.ltpc.HasField("iep") is (last.iep is not None)
        assert full.ltpc.iep.value == (last.iep or 0.0)
    read_levels = [Level(one.bidQ, one.bidP, one.askQ, one.askP) for one in full.marketLevel.bidAskQuote]
    assert read_levels == (depth or [])
    g = full.optionGreeks
    assert Greeks(g.delta, g.theta, g.gamma, g.vega, g.rho) == (option or Greeks())
    read_bars = [Candle(b.interval, b.open, b.high, b.low, b.close, b.vol, b.ts) for b in full.marketOHLC.ohlc]
    assert read_bars == (bars or [])
    assert Totals(full.atp, full.vtt, full.oi, full.iv, full.tbq, full.tsq) == day
    read_auction = Auction(full.iep, full.rp, full.ieq, full.iiqTotal, full.iiqM, full.casEligible)
    assert read_auction == (auction or Auction())


@given(lasts, levels, greeks, totals)
def test_every_field_of_a_greeks_packet_is_read_back(
    last: LastTrade, level: Level, option: Greeks, day: Totals
) -> None:
    feed = frames.first_level_feed(last, level, option, day)
    read = other.Feed.FromString(feed)
    first = read.firstLevelWithGreeks
    assert (read.requestMode, first.ltpc.ltp, first.vtt, first.oi, first.iv) == (2, last.ltp, day.vtt, day.oi, day.iv)
    best = first.firstDepth
    assert Level(best.bidQ, best.bidP, best.askQ, best.askP) == level
    assert first.optionGreeks.delta == option.delta


@given(lasts, st.lists(candles, max_size=2))
def test_every_field_of_an_index_packet_is_read_back(last: LastTrade, bars: list[Candle]) -> None:
    read = other.Feed.FromString(frames.index_full_feed(RequestMode.FULL_D5, last, bars))
    index = read.fullFeed.indexFF
    assert (read.requestMode, index.ltpc.ltp, index.ltpc.cp) == (1, last.ltp, last.cp)
    assert [one.close for one in index.marketOHLC.ohlc] == [one.close for one in bars]


def test_the_auctions_status_is_read_back() -> None:
    frame = frames.market_info(
        {"NSE_FO": MarketStatus.PRE_OPEN_START}, _AT, {"NSE_EQ": ("CTS_CLOSE", 5)}, {"A": ("B", 7)}
    )
    read = other.FeedResponse.FromString(frame).marketInfo
    assert dict(read.segmentStatus) == {"NSE_FO": 0}
    assert (read.casMarketStatus["NSE_EQ"].status, read.casMarketStatus["NSE_EQ"].updatedTime) == ("CTS_CLOSE", 5)
    assert read.preOpenSessionStatus["A"].updatedTime == 7
