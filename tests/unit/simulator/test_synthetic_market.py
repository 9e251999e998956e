"""The synthetic market: the same for the same seed, and one market in itself."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache

import numpy as np
import pytest

from terminal_app.domain.clock import at_ist, ist
from terminal_app.domain.enums import InstrumentKind, Interval, OptionKind
from terminal_app.domain.errors import ConfigError
from terminal_app.domain.ids import InstrumentId
from terminal_app.domain.market import Bar
from terminal_app.domain.values import from_paise
from terminal_app.simulator.steps import MarketStep
from terminal_app.simulator.synthetic import SyntheticMarket
from tests.helpers.market_tables import contract_tables, market_hours

OPENING = at_ist(2026, 11, 23, 9, 15)
RELIANCE = InstrumentId.parse("NSE:RELIANCE:EQ")
NIFTY = InstrumentId.parse("NSE:NIFTY 50:INDEX")
VIX = InstrumentId.parse("NSE:INDIA VIX:INDEX")
FUTURE = InstrumentId.parse("NSE:NIFTY:2026-12-29:FUT")


def market(start: datetime = OPENING, seed: int = 7) -> SyntheticMarket:
    return SyntheticMarket(market_hours(), contract_tables(), seed, start)


@cache
def first_minutes() -> tuple[SyntheticMarket, list[MarketStep]]:
    """Six minutes of the opening; the market stands in the middle of the sixth."""
    one = market()
    return one, list(one.steps(OPENING + timedelta(minutes=5, seconds=30)))


def content(step: MarketStep) -> tuple[object, ...]:
    columns = (
        step.index,
        step.last_paise,
        step.traded,
        step.volume,
        step.open_interest,
        step.ohlc_paise,
        step.bid_paise,
        step.bid_quantity,
        step.ask_paise,
        step.ask_quantity,
        step.ask_orders,
    )
    return step.at, *(column.tolist() for column in columns)


def listed(one: SyntheticMarket, text: str) -> bool:
    return one.instrument(InstrumentId.parse(text)) is not None


def test_the_rhythm_of_the_calls_changes_nothing() -> None:
    _, steps = first_minutes()
    end = OPENING + timedelta(minutes=2)
    dice = random.Random(3)
    moments = sorted(OPENING + timedelta(seconds=dice.uniform(0, 120)) for _ in range(60))
    other = market()
    told = [step for until in (*moments, end) for step in other.steps(until)]
    assert [content(step) for step in told] == [content(step) for step in steps if step.at <= end]


def test_an_iterator_that_is_dropped_is_continued_by_the_next_call() -> None:
    _, steps = first_minutes()
    other = market()
    end = OPENING + timedelta(seconds=10)
    told = [next(other.steps(end)) for _ in range(5)] + list(other.steps(end))
    assert [step.at for step in told] == [step.at for step in steps if step.at <= end]


def test_another_seed_is_another_market() -> None:
    _, steps = first_minutes()
    assert next(market(seed=8).steps(OPENING)).last_paise.tolist() != steps[0].last_paise.tolist()


def test_a_market_that_begins_in_the_middle_of_a_day_goes_on_as_if_it_had_run() -> None:
    _, steps = first_minutes()
    start = OPENING + timedelta(minutes=3, seconds=20)
    late = list(market(start).steps(OPENING + timedelta(minutes=5)))
    assert late[0].at == start
    assert len(late[0]) == len(market().instruments)
    assert not late[0].traded.any()
    assert [content(step) for step in late[1:]] == [
        content(step) for step in steps if start < step.at <= OPENING + timedelta(minutes=5)
    ]


def test_the_first_step_shows_every_instrument_and_trades_nothing() -> None:
    one, steps = first_minutes()
    assert steps[0].at == OPENING
    assert sorted(steps[0].index.tolist()) == list(range(len(one.instruments)))
    assert not steps[0].traded.any()
    assert (steps[0].last_paise > 0).all()


def test_prices_and_depth_are_on_the_tick_and_within_the_bands() -> None:
    one, steps = first_minutes()
    tick = np.array([int(i.tick_size * 100) for i in one.instruments])
    lower = np.array([int((i.lower_circuit or Decimal(0)) * 100) for i in one.instruments])
    upper = np.array([int((i.upper_circuit or Decimal(10**9)) * 100) for i in one.instruments])
    for step in steps:
        row = step.index
        for prices in (step.last_paise[:, None], step.bid_paise, step.ask_paise):
            shown = prices > 0
            assert not (prices % tick[row][:, None])[shown].any()
            assert (prices >= lower[row][:, None])[shown].all()
            assert (prices <= upper[row][:, None])[shown].all()


def test_the_depth_frames_the_last_price_in_order() -> None:
    one, steps = first_minutes()
    lot = np.array([i.lot_size for i in one.instruments])
    for step in steps[1:]:
        both = (step.bid_paise[:, 0] > 0) & (step.ask_paise[:, 0] > 0)
        bid, ask, last = step.bid_paise[both], step.ask_paise[both], step.last_paise[both]
        assert ((bid[:, 0] == last) | (ask[:, 0] == last)).all()
        assert (bid[:, 0] < ask[:, 0]).all()
        assert (np.diff(ask, axis=1)[ask[:, 1:] > 0] > 0).all()
        assert (np.diff(bid, axis=1)[bid[:, 1:] > 0] < 0).all()
        for quantity in (step.bid_quantity, step.ask_quantity, step.traded[:, None], step.volume[:, None]):
            assert not (quantity % lot[step.index][:, None]).any()


def test_the_steps_add_up_to_the_bars_of_the_history() -> None:
    one, steps = first_minutes()
    made: dict[tuple[int, datetime], list[int]] = defaultdict(list)
    traded: dict[tuple[int, datetime], int] = defaultdict(int)
    for step in market(OPENING - timedelta(minutes=1)).steps(steps[-1].at):
        if step.at < OPENING:
            continue
        minute = step.at.replace(second=0, microsecond=0)
        for row, last, units in zip(step.index.tolist(), step.last_paise.tolist(), step.traded.tolist(), strict=True):
            made[row, minute].append(last)
            traded[row, minute] += units
    dice = random.Random(11)
    rows = [*range(54), *dice.sample(range(54, len(one.instruments)), 60)]
    for row in rows:
        told = one.history(one.instruments[row].id, Interval.M1, OPENING, OPENING + timedelta(hours=1))
        assert [bar.start for bar in told] == [OPENING + timedelta(minutes=minute) for minute in range(6)]
        for bar in told:
            prices = made[row, bar.start]
            corners = (prices[0], max(prices), min(prices), prices[-1])
            open_, high, low, close = (from_paise(price) for price in corners)
            expected = Bar(bar.start, open_, high, low, close, traded[row, bar.start])
            assert bar == expected


def test_history_is_the_same_whenever_it_is_asked_for() -> None:
    one, _ = first_minutes()
    later = market(at_ist(2026, 11, 25, 11, 0))
    list(later.steps(at_ist(2026, 11, 25, 11, 0)))
    for id in (RELIANCE, NIFTY, FUTURE):  # noqa: A001 - the contract's word
        start, end = at_ist(2026, 11, 16), at_ist(2026, 11, 21)
        told = one.history(id, Interval.M5, start, end)
        assert told
        assert later.history(id, Interval.M5, start, end) == told


def test_a_daily_bar_is_the_sum_of_its_minutes() -> None:
    one, _ = first_minutes()
    start, end = at_ist(2026, 11, 2), at_ist(2026, 11, 21)
    for id in (RELIANCE, NIFTY, VIX):  # noqa: A001 - the contract's word
        minutes = one.history(id, Interval.M1, start, end)
        days = one.history(id, Interval.D1, start, end)
        assert len(days) == 14
        for day in days:
            of_day = [bar for bar in minutes if ist(bar.start).date() == ist(day.start).date()]
            assert (day.open, day.close) == (of_day[0].open, of_day[-1].close)
            assert day.high == max(bar.high for bar in of_day)
            assert day.low == min(bar.low for bar in of_day)
            assert day.volume == sum(bar.volume for bar in of_day)


def test_an_index_is_the_weighted_sum_of_its_stocks_at_the_end_of_a_minute() -> None:
    one, _ = first_minutes()
    table = contract_tables().synthetic_market
    at = OPENING + timedelta(minutes=2)
    total = 0.0
    for stock in table["stocks"]:
        (bar,) = one.history(
            InstrumentId.parse(f"NSE:{stock['symbol']}:EQ"), Interval.M1, at, at + timedelta(minutes=1)
        )
        total += float(bar.close) / stock["level"] * stock["weight"]
    whole = sum(stock["weight"] for stock in table["stocks"])
    (index,) = one.history(NIFTY, Interval.M1, at, at + timedelta(minutes=1))
    assert abs(float(index.close) - 24_250 * total / whole) <= 0.03


def test_stocks_move_with_the_index_and_by_themselves() -> None:
    one, _ = first_minutes()
    start, end = at_ist(2026, 3, 2), at_ist(2026, 11, 21)

    def moves(id: InstrumentId) -> np.ndarray:
        closes = np.array([float(bar.close) for bar in one.history(id, Interval.D1, start, end)])
        return np.diff(np.log(closes))

    index = moves(NIFTY)
    assert 0.005 < index.std() < 0.02
    for symbol in ("HDFCBANK", "ITC", "TATASTEEL"):
        together = np.corrcoef(index, moves(InstrumentId.parse(f"NSE:{symbol}:EQ")))[0, 1]
        assert 0.15 < together < 0.97
    assert np.corrcoef(index, moves(VIX))[0, 1] < -0.2


def test_volume_is_highest_at_the_open_and_rises_to_the_close() -> None:
    one, _ = first_minutes()
    volumes: dict[str, int] = defaultdict(int)
    for bar in one.history(RELIANCE, Interval.M30, at_ist(2026, 10, 1), at_ist(2026, 11, 21)):
        volumes[f"{ist(bar.start):%H:%M}"] += bar.volume
    assert volumes["09:15"] > 1.5 * volumes["12:15"]
    assert volumes["14:45"] > 1.2 * volumes["12:15"]


def test_futures_carry_and_puts_and_calls_agree_on_the_screen() -> None:
    one, steps = first_minutes()
    last = {one.instruments[row].id: paise for row, paise in zip(steps[0].index, steps[0].last_paise, strict=True)}
    spot = last[NIFTY]
    assert spot < last[FUTURE] < spot * 1.012
    expiry = date(2026, 12, 29)
    near = round(spot / 100 / 50) * 50
    for strike in range(near - 500, near + 550, 50):
        call, put = (
            last[InstrumentId.option(FUTURE.exchange, "NIFTY", expiry, Decimal(strike), kind)] for kind in OptionKind
        )
        forward = (last[FUTURE] - strike * 100) * float(np.exp(-0.065 * 36 / 365))
        assert abs(call - put - forward) < 60


def test_contracts_of_the_running_expiries_are_listed_with_their_terms() -> None:
    one, _ = first_minutes()
    expiries: dict[tuple[str, InstrumentKind], set[str]] = defaultdict(set)
    for instrument in one.instruments:
        if instrument.expiry is not None:
            expiries[instrument.underlying, instrument.kind].add(instrument.expiry.isoformat())
    assert expiries == {
        ("NIFTY", InstrumentKind.FUTURE): {"2026-11-23", "2026-12-29", "2027-01-25"},
        ("NIFTY", InstrumentKind.OPTION): {"2026-11-23", "2026-12-01", "2026-12-29"},
        ("BANKNIFTY", InstrumentKind.FUTURE): {"2026-11-23", "2026-12-29", "2027-01-25"},
        ("BANKNIFTY", InstrumentKind.OPTION): {"2026-11-23", "2026-12-29"},
        ("SENSEX", InstrumentKind.FUTURE): {"2026-11-26", "2026-12-31", "2027-01-28"},
        ("SENSEX", InstrumentKind.OPTION): {"2026-11-26", "2026-12-03"},
    }
    terms = {
        one.underlying: (one.lot_size, one.freeze_quantity, one.max_slice)
        for one in one.instruments
        if one.expiry is not None
    }
    assert terms == {"NIFTY": (65, 1800, 1755), "BANKNIFTY": (30, 600, 600), "SENSEX": (20, 1000, 1000)}


def test_strikes_stand_around_the_spot_on_both_sides() -> None:
    one, steps = first_minutes()
    rows = {instrument.id: row for row, instrument in enumerate(one.instruments)}
    spot = int(steps[0].last_paise[rows[NIFTY]]) / 100
    strikes = sorted(
        {
            int(i.strike)
            for i in one.instruments
            if i.strike is not None and i.underlying == "NIFTY" and i.expiry == date(2026, 12, 1)
        }
    )
    assert set(np.diff(strikes).tolist()) == {50}
    assert sum(strike < spot for strike in strikes) >= 15
    assert sum(strike > spot for strike in strikes) >= 15


@pytest.mark.parametrize(
    ("id", "symbol"),
    [
        ("NSE:NIFTY:2026-11-23:FUT", "NIFTY26NOVFUT"),
        ("NSE:NIFTY:2026-12-01:23500:CE", "NIFTY26D0123500CE"),
        ("NSE:NIFTY:2026-12-29:23500:PE", "NIFTY26DEC23500PE"),
        ("BSE:SENSEX:2026-11-26:76000:CE", "SENSEX26NOV76000CE"),
    ],
)
def test_contracts_carry_the_exchanges_symbols(id: str, symbol: str) -> None:
    instrument = first_minutes()[0].instrument(InstrumentId.parse(id))
    assert instrument is not None
    assert instrument.trading_symbol == symbol


def test_the_day_ends_with_the_closing_auction_and_the_next_one_begins_with_new_contracts() -> None:
    one = market(at_ist(2026, 11, 23, 15, 13, 30))
    steps = list(one.steps(at_ist(2026, 11, 23, 15, 40)))
    rows = {instrument.id: row for row, instrument in enumerate(one.instruments)}

    def told(id: InstrumentId, of: list[MarketStep]) -> list[tuple[str, int, int]]:
        places = [(step, place) for step in of for place in np.flatnonzero(step.index == rows[id])]
        return [(f"{ist(s.at):%H:%M:%S}", int(s.last_paise[place]), int(s.traded[place])) for s, place in places]

    stock = told(RELIANCE, steps)
    assert stock[-2][0] < "15:15:00"
    assert stock[-1][0] == "15:30:05"
    assert stock[-1][2] == 990_000
    assert told(FUTURE, steps)[-1][0] > "15:39:50"
    assert "15:15:30" < told(NIFTY, steps)[-2][0] < "15:30:00"
    assert not listed(one, "NSE:NIFTY:2026-12-08:23500:CE")

    night = list(one.steps(at_ist(2026, 11, 25, 8, 59)))
    assert night == []
    morning = list(one.steps(at_ist(2026, 11, 25, 9, 16)))
    assert [f"{ist(step.at):%d %H:%M:%S}" for step in morning[:3]] == ["25 09:00:00", "25 09:10:05", "25 09:15:00"]
    assert listed(one, "NSE:NIFTY:2026-12-08:23500:CE")
    expired = [row for row, i in enumerate(one.instruments) if i.expiry is not None and i.expiry < date(2026, 11, 25)]
    assert expired
    assert not set(expired) & {int(row) for step in morning for row in step.index}
    place = morning[0].index.tolist().index(rows[RELIANCE])
    assert morning[0].last_paise[place] == morning[0].ohlc_paise[place, 3] == stock[-1][1]
    assert morning[0].ohlc_paise[place, :3].tolist() == [0, 0, 0]
    assert morning[0].volume[place] == 0
    opening = told(RELIANCE, morning[1:2])[0]
    assert opening[2] == 110_000
    assert told(RELIANCE, morning[2:3])[0][1] == opening[1]


def test_a_closing_option_is_worth_what_exercise_brings() -> None:
    one = market(at_ist(2026, 11, 23, 15, 29, 58))
    (first,) = list(one.steps(at_ist(2026, 11, 23, 15, 29, 58)))
    last = {one.instruments[row].id: paise for row, paise in zip(first.index, first.last_paise, strict=True)}
    spot = int(last[NIFTY])
    strike = spot // 10_000 * 100 - 300
    call = last[InstrumentId.option(FUTURE.exchange, "NIFTY", date(2026, 11, 23), Decimal(strike), OptionKind.CE)]
    assert abs(call - (spot - strike * 100)) < 1_500


def test_a_day_before_the_closing_auction_trades_until_half_past_three() -> None:
    one = market(at_ist(2026, 7, 31, 15, 28))
    steps = list(one.steps(at_ist(2026, 7, 31, 16, 0)))
    assert f"{ist(steps[-1].at):%H:%M:%S}" == "15:29:59"
    assert one.history(RELIANCE, Interval.M1, at_ist(2026, 7, 31), at_ist(2026, 8, 1))[-1].start == at_ist(
        2026, 7, 31, 15, 29
    )


def test_a_start_in_closed_hours_waits_for_the_next_order_entry() -> None:
    assert market(at_ist(2026, 11, 21, 12, 0)).start == at_ist(2026, 11, 23, 9, 0)
    one = market(at_ist(2026, 11, 23, 16, 0))
    assert one.start == at_ist(2026, 11, 25, 9, 0)
    assert list(one.steps(at_ist(2026, 11, 23, 18, 0))) == []
    assert one.end is None


def test_an_unknown_instrument_has_neither_contract_nor_history() -> None:
    one, _ = first_minutes()
    unknown = InstrumentId.parse("NSE:NOSUCH:EQ")
    assert one.instrument(unknown) is None
    assert one.history(unknown, Interval.M1, OPENING, OPENING + timedelta(days=1)) == []


def test_a_year_beyond_the_tables_is_told() -> None:
    with pytest.raises(ConfigError, match="no year 2028"):
        market(at_ist(2027, 12, 30, 10, 0))
