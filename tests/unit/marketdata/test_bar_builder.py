"""The bar builder: whole batches become the bars of the watched instruments."""

from __future__ import annotations

from datetime import date, datetime

import numpy as np

from terminal_app.domain.clock import at_ist
from terminal_app.domain.enums import Exchange, Interval
from terminal_app.domain.ids import InstrumentId
from terminal_app.domain.market import TickBatch
from terminal_app.marketdata.bar_builder import BarBuilder

IDS = [InstrumentId.equity(Exchange.NSE, name) for name in ("A", "B", "C")]
TEN_NS = int(at_ist(2026, 11, 23, 10).timestamp()) * 1_000_000_000


def opens(_: InstrumentId, day: date) -> datetime:
    return at_ist(day.year, day.month, day.day, 9, 15)


def batch(
    ids: list[InstrumentId], index: list[int], prices: list[float], *, time_ns: int = TEN_NS, received_ns: int = 0
) -> TickBatch:
    count = len(index)
    silent = np.full(count, -1, np.int64)
    times = np.full(count, time_ns, np.int64)
    return TickBatch(ids, np.array(index, np.int32), np.array(prices), silent, silent, times, received_ns)


def test_only_watched_instruments_get_bars_in_the_order_of_the_rows() -> None:
    builder = BarBuilder(opens)
    watched = builder.series(IDS[1])
    builder.apply(batch(IDS, [0, 1, 1, 2, 1], [1.0, 5.0, 7.0, 9.0, 6.0]))
    last = watched.last(Interval.M1)
    assert last is not None
    assert last[1:5] == (5.0, 7.0, 5.0, 6.0)
    assert builder.series(IDS[1]) is watched
    assert builder.series(IDS[0]).last(Interval.M1) is None


def test_an_instrument_watched_later_is_counted_from_then_on() -> None:
    builder = BarBuilder(opens)
    builder.series(IDS[0])
    builder.apply(batch(IDS, [0, 1], [1.0, 2.0]))
    late = builder.series(IDS[1])
    builder.apply(batch(IDS, [0, 1], [3.0, 4.0]))
    assert late.arrays(Interval.M1).open.tolist() == [4.0]


def test_rows_without_price_or_any_time_are_no_ticks() -> None:
    builder = BarBuilder(opens)
    series = builder.series(IDS[0])
    builder.apply(batch(IDS, [0], [float("nan")]))
    builder.apply(batch(IDS, [0], [1.0], time_ns=0))
    assert series.last(Interval.M1) is None
    builder.apply(batch(IDS, [0], [1.0], time_ns=0, received_ns=TEN_NS))
    assert series.arrays(Interval.M1).time.tolist() == [TEN_NS // 1_000_000_000]


def test_a_feed_table_may_grow_and_another_feed_counts_differently() -> None:
    builder, table = BarBuilder(opens), IDS[:1]
    series = builder.series(IDS[2])
    builder.apply(batch(table, [0], [1.0]))
    table.extend(IDS[1:])
    builder.apply(batch(table, [2], [2.0]))
    builder.apply(batch([IDS[2], IDS[0]], [0, 1], [3.0, 9.0]))
    assert series.arrays(Interval.M1).close.tolist() == [3.0]


def test_a_cleared_builder_begins_again() -> None:
    builder = BarBuilder(opens)
    old = builder.series(IDS[0])
    builder.apply(batch(IDS, [0], [1.0]))
    builder.clear()
    new = builder.series(IDS[0])
    builder.apply(batch(IDS, [0], [2.0]))
    assert old.arrays(Interval.M1).close.tolist() == [1.0]
    assert new.arrays(Interval.M1).close.tolist() == [2.0]
