"""Bars: ticks to minutes to every interval, as a slow reference does it; history goes before and under them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal_app.domain.clock import IST, at_ist
from terminal_app.domain.enums import Interval
from terminal_app.domain.market import Bar
from terminal_app.marketdata.bars import BarArrays, BarSeries

NS = 1_000_000_000
Row = tuple[int, float, float, float, float, int]


def start_of(day: date) -> datetime | None:
    return None if day.weekday() > 4 else at_ist(day.year, day.month, day.day, 9, 15)


def rows(bars: BarArrays) -> list[Row]:
    columns = (bars.time, bars.open, bars.high, bars.low, bars.close, bars.volume)
    return list(zip(*(column.tolist() for column in columns), strict=True))


def second(hour: int, minute: int, at: int = 0, day: int = 23) -> int:
    return int(at_ist(2026, 11, day, hour, minute, at).timestamp())


def series(*ticks: tuple[int, float, int]) -> BarSeries:
    made = BarSeries(start_of)
    for time, price, volume in ticks:
        made.add(time * NS, price, volume)
    return made


def bar(start: int, low: float, high: float, close: float, volume: int) -> Bar:
    open_, high_, low_, close_ = (Decimal(str(price)) for price in (low, high, low, close))
    return Bar(datetime.fromtimestamp(start, IST), open_, high_, low_, close_, volume)


class Reference:
    """All ticks kept, every interval counted from them anew."""

    def __init__(self) -> None:
        self.trades: list[tuple[int, float, int]] = []
        self.late: list[tuple[int, int]] = []
        self.day: date | None = None
        self.seen = -1
        self.price: float | None = None

    def add(self, time: int, price: float, volume: int) -> None:
        day = datetime.fromtimestamp(time, IST).date()
        if day != self.day:
            self.day, self.seen, self.price = day, -1, None
        start = start_of(day)
        if start is None:
            return
        if time < start.timestamp():
            self.seen = 0
            return
        first = self.seen < 0
        if first and volume >= 0:
            self.seen = 0 if time < start.timestamp() + 60 else volume
        traded = max(0, volume - self.seen) if volume >= 0 else 0
        self.seen = max(self.seen, volume)
        moved = not first and price != self.price
        self.price = price
        if volume <= 0 or traded or moved:
            newest = max((at // 60 for at, _, _ in self.trades), default=0)
            if time // 60 < newest:
                self.late.append((newest * 60, traded))
            else:
                self.trades.append((time, price, traded))

    def bars(self, interval: Interval) -> list[Row]:
        found: dict[int, list[tuple[float, int]]] = {}
        for time, price, traded in self.trades:
            found.setdefault(self.bucket(time, interval), []).append((price, traded))
        made = []
        for start, trades in found.items():
            prices = [price for price, _ in trades]
            late = sum(traded for time, traded in self.late if self.bucket(time, interval) == start)
            volume = sum(traded for _, traded in trades) + late
            made.append((start, prices[0], max(prices), min(prices), prices[-1], volume))
        return made

    @staticmethod
    def bucket(time: int, interval: Interval) -> int:
        day = datetime.fromtimestamp(time, IST).date()
        if interval is Interval.D1:
            return int(at_ist(day.year, day.month, day.day).timestamp())
        start = int(at_ist(day.year, day.month, day.day, 9, 15).timestamp())
        return start + (time - start) // interval.seconds * interval.seconds


_step = st.tuples(
    st.sampled_from([0, 0, 1, 5, 20, 45, 60, 61, 130, 900, 4000, -30, -200, 60_000, 200_000]),
    st.integers(9900, 10100).map(lambda paise: paise / 100),
    st.sampled_from([0, 0, 1, 10, 500, -1, -7]),
)


@given(st.integers(0, 300), st.lists(_step, min_size=1, max_size=60), st.booleans())
def test_bars_equal_a_slow_count_of_all_ticks(
    first: int, steps: list[tuple[int, float, int]], has_volume: bool
) -> None:
    made, reference = BarSeries(start_of), Reference()
    time, volume = second(9, 14) + first, 0
    for forward, price, traded in steps:
        time, volume = time + forward, max(0, volume + traded)
        said = volume if has_volume and traded != -1 else -1
        made.add(time * NS, price, said)
        reference.add(time, price, said)
        newest = reference.bars(Interval.M3)
        assert made.last(Interval.M3) == (newest[-1] if newest else None)
    for interval in Interval:
        assert rows(made.arrays(interval)) == reference.bars(interval)


def test_hours_are_counted_from_the_start_of_the_session() -> None:
    made = series((second(9, 15), 10.0, 5), (second(10, 14, 59), 12.0, 9), (second(10, 15), 11.0, 12))
    assert [time for time, *_ in rows(made.arrays(Interval.H1))] == [second(9, 15), second(10, 15)]
    assert rows(made.arrays(Interval.D1)) == [(second(0, 0), 10.0, 12.0, 10.0, 11.0, 12)]


def test_what_was_traded_before_the_session_counts_in_its_first_bar() -> None:
    made = series((second(9, 8), 99.0, 1000), (second(9, 15), 100.0, 1500))
    assert rows(made.arrays(Interval.M1)) == [(second(9, 15), 100.0, 100.0, 100.0, 100.0, 1500)]


def test_the_first_tick_in_the_middle_of_a_day_only_sets_the_base() -> None:
    made = series((second(11, 0), 100.0, 90_000), (second(11, 0, 5), 101.0, 90_010))
    assert rows(made.arrays(Interval.M1)) == [(second(11, 0), 101.0, 101.0, 101.0, 101.0, 10)]


def test_quotes_without_trades_make_no_bar() -> None:
    made = series((second(9, 15), 100.0, 5), (second(9, 16), 100.0, 5), (second(9, 20), 100.0, 6))
    assert [time for time, *_ in rows(made.arrays(Interval.M1))] == [second(9, 15), second(9, 20)]


def test_a_volume_that_falls_back_adds_nothing() -> None:
    made = series((second(9, 15), 100.0, 50), (second(9, 15, 1), 101.0, 40), (second(9, 15, 2), 101.0, 52))
    assert rows(made.arrays(Interval.M1)) == [(second(9, 15), 100.0, 101.0, 100.0, 101.0, 52)]


def test_the_next_day_counts_its_volume_from_nothing() -> None:
    made = series((second(9, 15), 100.0, 5000), (second(9, 15, 2, day=24), 90.0, 30))
    assert [(time, volume) for time, *_, volume in rows(made.arrays(Interval.D1))] == [
        (second(0, 0), 5000),
        (second(0, 0, day=24), 30),
    ]


def test_nothing_is_made_on_a_day_without_a_session() -> None:
    made = BarSeries(start_of)
    assert not made.add(second(10, 0, day=22) * NS, 100.0, 5)
    assert len(made.arrays(Interval.M1)) == 0
    assert made.last(Interval.M1) is None


def test_the_revision_grows_with_each_change_only() -> None:
    made = series((second(9, 15), 100.0, 5))
    before = made.revision
    assert not made.add(second(9, 15, 1) * NS, 100.0, 5)
    assert made.revision == before
    assert made.add(second(9, 15, 2) * NS, 100.0, 6)
    assert made.revision > before


def test_history_goes_before_the_ticks_and_under_the_running_bar() -> None:
    made = series((second(10, 2), 100.0, 900), (second(10, 2, 30), 101.0, 910))
    made.load(
        Interval.M1,
        [bar(second(10, 0), 95.0, 99.0, 98.0, 40), bar(second(10, 2), 98.0, 100.5, 100.0, 70)],
    )
    made.add(second(10, 2, 50) * NS, 99.0, 915)
    made.add(second(10, 4) * NS, 102.0, 920)
    assert rows(made.arrays(Interval.M1)) == [
        (second(10, 0), 95.0, 99.0, 95.0, 98.0, 40),
        (second(10, 2), 98.0, 101.0, 98.0, 99.0, 75),
        (second(10, 4), 102.0, 102.0, 102.0, 102.0, 5),
    ]


def test_loading_history_again_doubles_nothing() -> None:
    made = series((second(10, 2), 100.0, 900), (second(10, 2, 30), 101.0, 910))
    history = [bar(second(9, 30), 95.0, 99.0, 98.0, 40), bar(second(10, 0), 98.0, 100.5, 100.0, 70)]
    for _ in range(3):
        made.load(Interval.M15, history)
    assert rows(made.arrays(Interval.M15))[-1] == (second(10, 0), 98.0, 101.0, 98.0, 101.0, 70)
    assert made.last(Interval.M15) == (second(10, 0), 98.0, 101.0, 98.0, 101.0, 70)
    assert made.has_history(Interval.M15)
    assert not made.has_history(Interval.M5)


@pytest.mark.parametrize("hour", [0, 9])
def test_a_day_of_history_is_the_same_day_whenever_its_source_lets_it_begin(hour: int) -> None:
    made = series((second(10, 2), 100.0, 900), (second(10, 2, 30), 101.0, 910))
    made.load(
        Interval.D1, [bar(second(hour, 0, day=20), 80.0, 90.0, 85.0, 5), bar(second(hour, 0), 90.0, 100.0, 99.0, 900)]
    )
    assert rows(made.arrays(Interval.D1)) == [
        (second(0, 0, day=20), 80.0, 90.0, 80.0, 85.0, 5),
        (second(0, 0), 90.0, 101.0, 90.0, 101.0, 900),
    ]


def test_history_without_ticks_stands_alone() -> None:
    made = BarSeries(start_of)
    made.load(Interval.M1, [bar(second(9, 16), 2.0, 3.0, 3.0, 7), bar(second(9, 15), 1.0, 2.0, 2.0, 5)])
    assert [time for time, *_ in rows(made.arrays(Interval.M1))] == [second(9, 15), second(9, 16)]
    assert made.last(Interval.M1) == (second(9, 16), 2.0, 3.0, 2.0, 3.0, 7)


def test_history_fills_a_gap_between_ticks() -> None:
    made = series((second(10, 2), 100.0, -1), (second(10, 5), 101.0, -1))
    made.load(Interval.M1, [bar(second(10, 3), 95.0, 99.0, 98.0, 40)])
    assert [time for time, *_ in rows(made.arrays(Interval.M1))] == [second(10, 2), second(10, 3), second(10, 5)]


def test_a_long_series_keeps_every_bar() -> None:
    made = BarSeries(start_of)
    time = second(9, 15, day=2)
    for day in range(5):
        for minute in range(375):
            made.add((time + day * 86_400 + minute * 60) * NS, 100.0 + minute, -1)
    assert len(made.arrays(Interval.M1)) == 5 * 375
    assert made.arrays(Interval.D1).high.tolist() == [474.0] * 5
    assert made.last(Interval.D1) == rows(made.arrays(Interval.D1))[-1]
    assert timedelta(seconds=int(made.arrays(Interval.M1).time[-1]) - time) == timedelta(days=4, minutes=374)
