"""The quote board: newest values win, what is not said stays, readers hear what changed, prices come out exact."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal_app.domain.clock import at_ist
from terminal_app.domain.enums import Exchange
from terminal_app.domain.ids import InstrumentId
from terminal_app.domain.market import Depth, DepthLevel, Quote, TickBatch
from terminal_app.marketdata.board import QuoteBoard, exact_price

IDS = [InstrumentId.equity(Exchange.NSE, f"S{number}") for number in range(40)]
NOON = at_ist(2026, 11, 23, 12)
NOON_NS = int(NOON.timestamp()) * 1_000_000_000


def batch(
    index: list[int],
    prices: list[float],
    volumes: list[int] | None = None,
    *,
    ids: list[InstrumentId] = IDS,
    received_ns: int = NOON_NS,
    bids: list[list[float]] | None = None,
) -> TickBatch:
    count = len(index)
    depth = None if bids is None else np.array(bids, np.float64).reshape(count, 5)
    levels = None if depth is None else np.ones((count, 5), np.int64)
    return TickBatch(
        ids,
        np.array(index, np.int32),
        np.array(prices, np.float64),
        np.full(count, -1, np.int64),
        np.array(volumes or [-1] * count, np.int64),
        np.full(count, NOON_NS, np.int64),
        received_ns,
        bid_price=depth,
        bid_quantity=levels,
        bid_orders=levels,
        ask_price=None if depth is None else depth + 1,
        ask_quantity=levels,
        ask_orders=levels,
    )


@dataclass
class Latest:
    """The slow reference: a dict of the newest values."""

    price: dict[InstrumentId, float] = field(default_factory=dict)
    volume: dict[InstrumentId, int] = field(default_factory=dict)
    bids: dict[InstrumentId, list[float]] = field(default_factory=dict)
    changed: set[InstrumentId] = field(default_factory=set)

    def apply(self, ticks: TickBatch) -> None:
        for row, place in enumerate(ticks.index.tolist()):
            id = ticks.ids[place]  # noqa: A001
            self.changed.add(id)
            if not np.isnan(ticks.last_price[row]):
                self.price[id] = float(ticks.last_price[row])
            if ticks.volume[row] >= 0:
                self.volume[id] = int(ticks.volume[row])
            if ticks.bid_price is not None and not np.isnan(ticks.bid_price[row]).all():
                self.bids[id] = ticks.bid_price[row].tolist()


_price = st.integers(5, 10**7).map(lambda paise: paise / 100) | st.just(float("nan"))
_levels = st.lists(st.integers(0, 10**6).map(lambda paise: paise / 100), min_size=5, max_size=5)
_row = st.tuples(st.integers(0, 39), _price, st.integers(-1, 10**9), _levels | st.just([float("nan")] * 5))
_batches = st.lists(st.tuples(st.lists(_row, max_size=12), st.booleans(), st.integers(0, 2)), max_size=8)


@given(_batches)
def test_the_board_equals_a_dict_of_the_latest_values(steps: list[tuple[list, bool, int]]) -> None:
    board, latest = QuoteBoard(), Latest()
    tables: list[list[InstrumentId]] = [IDS[:40], list(reversed(IDS)), IDS[20:] + IDS[:20]]
    first, second = board.reader(), board.reader()
    for rows, with_depth, table in steps:
        ticks = batch(
            [row[0] for row in rows],
            [row[1] for row in rows],
            [row[2] for row in rows],
            ids=tables[table],
            bids=[row[3] for row in rows] if with_depth else None,
        )
        board.apply(ticks)
        latest.apply(ticks)
        assert {board.ids[row] for row in first.take()} == latest.changed
        latest.changed.clear()
    assert sorted(second.take().tolist()) == sorted(
        {board.row(one) for rows, _, table in steps for one in (tables[table][row[0]] for row in rows)}
    )
    for one in IDS:
        row = board.row(one)
        np.testing.assert_equal(board.last_price[row], latest.price.get(one, np.nan))
        assert board.volume[row] == latest.volume.get(one, -1)
        np.testing.assert_equal(board.bid_price[row], latest.bids.get(one, [np.nan] * 5))


def test_a_feed_table_may_grow_between_batches() -> None:
    board, table = QuoteBoard(), IDS[:2]
    board.apply(batch([0, 1], [10.0, 20.0], ids=table))
    table.append(IDS[7])
    board.apply(batch([2], [70.0], ids=table))
    assert [board.last_price_of(one) for one in table] == [Decimal("10.00"), Decimal("20.00"), Decimal("70.00")]


def test_the_board_grows_and_keeps_what_it_knows() -> None:
    board = QuoteBoard()
    board.apply(batch([3], [123.45], [9]))
    reader = board.reader()
    reader.take()
    many = [InstrumentId.equity(Exchange.BSE, f"B{number}") for number in range(1000)]
    rows = board.rows(many)
    assert len(set(rows.tolist())) == 1000
    assert len(board) == 1000 + len(IDS)
    board.apply(batch([999], [5.0], ids=many))
    assert board.last_price_of(IDS[3]) == Decimal("123.45")
    assert [board.ids[row] for row in reader.take()] == [many[999]]


def test_each_reader_hears_a_change_once_and_a_new_one_starts_with_everything() -> None:
    board = QuoteBoard()
    early = board.reader()
    board.apply(batch([1, 2, 1], [1.0, 2.0, 3.0]))
    assert len(early.take()) == 2
    assert len(early.take()) == 0
    assert len(board.reader().take()) == len(board)
    early.close()
    early.close()
    board.apply(batch([1], [4.0]))
    assert len(early.take()) == 0


def test_a_quote_is_exact_and_says_none_where_nothing_is_known() -> None:
    board = QuoteBoard()
    assert board.quote(IDS[0]) == Quote(IDS[0])
    board.apply(batch([0], [0.1 + 0.2], [77], bids=[[100.05, 100.0, 0.0, float("nan"), 0.0]]))
    quote = board.quote(IDS[0])
    assert str(quote.last_price) == "0.30"
    assert (quote.volume, quote.open, quote.last_quantity, quote.open_interest) == (77, None, None, None)
    assert quote.depth.bids == (DepthLevel(Decimal("100.05"), 1, 1), DepthLevel(Decimal("100.00"), 1, 1))
    assert quote.time == NOON


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0.00"),
        (100.0, "100.00"),
        (84.1275, "84.1275"),
        (84.125, "84.125"),
        (1234567.05, "1234567.05"),
        (-37.63, "-37.63"),
        (19.999999999, "20.00"),
    ],
)
def test_a_price_has_two_to_four_decimals(value: float, text: str) -> None:
    assert str(exact_price(value)) == text


def test_depth_is_replaced_whole_and_kept_by_a_batch_without_it() -> None:
    board, nan = QuoteBoard(), float("nan")
    board.apply(batch([0], [10.0], bids=[[9.0, 8.0, 7.0, 6.0, 5.0]]))
    board.apply(batch([0], [11.0]))
    board.apply(batch([0, 1], [nan, 3.0], bids=[[nan] * 5, [2.0, 0, 0, 0, 0]]))
    assert [level.price for level in board.quote(IDS[0]).depth.bids] == [9, 8, 7, 6, 5]
    board.apply(batch([0], [nan], bids=[[4.0, 0.0, 0.0, 0.0, 0.0]]))
    quote = board.quote(IDS[0])
    assert [level.price for level in quote.depth.bids] == [4]
    assert quote.last_price == 11


def test_an_asked_quote_fills_in_and_wipes_nothing() -> None:
    board = QuoteBoard()
    board.apply(batch([0], [10.0], [5]))
    reader = board.reader()
    reader.take()
    depth = Depth((DepthLevel(Decimal("9.95"), 3, 1),), ())
    board.put(Quote(IDS[0], previous_close=Decimal("9.50"), depth=depth, time=NOON + timedelta(seconds=1)))
    quote = board.quote(IDS[0])
    assert (quote.last_price, quote.volume, quote.previous_close) == (Decimal("10.00"), 5, Decimal("9.50"))
    assert (quote.depth, quote.time) == (depth, NOON + timedelta(seconds=1))
    assert reader.take().tolist() == [board.row(IDS[0])]


def test_silence_is_counted_from_what_was_received() -> None:
    board = QuoteBoard()
    assert board.silent_for(IDS[0], NOON) is None
    board.row(IDS[0])
    assert board.silent_for(IDS[0], NOON) is None
    board.apply(batch([0], [1.0]))
    assert board.silent_for(IDS[0], NOON + timedelta(seconds=7.5)) == 7.5
    board.apply(batch([0], [1.0], received_ns=0))
    assert board.silent_for(IDS[0], NOON + timedelta(seconds=9)) == 9


def test_a_cleared_board_knows_nothing_and_tells_its_readers() -> None:
    board = QuoteBoard()
    board.apply(batch([0], [1.0], [4], bids=[[1.0] * 5]))
    reader = board.reader()
    reader.take()
    board.clear()
    assert board.quote(IDS[0]) == Quote(IDS[0])
    assert len(reader.take()) == len(board)
