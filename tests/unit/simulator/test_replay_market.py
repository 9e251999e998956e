"""Recordings played as a market."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest

from terminal_app.domain.clock import at_ist, ist
from terminal_app.domain.enums import Interval
from terminal_app.domain.errors import ConfigError, ReplayError
from terminal_app.domain.ids import InstrumentId
from terminal_app.simulator.replay import ReplayMarket
from terminal_app.simulator.replay.names import find_instrument
from terminal_app.simulator.steps import MarketStep
from tests.helpers.market_tables import contract_tables, market_hours

OLD_DAY = "data/candles/nse_1m_symbols_2016-09-09.csv.gz"
JINDAL = InstrumentId.parse("NSE:JINDALSTEL:EQ")
CALL = InstrumentId.parse("NSE:NIFTY:2025-10-14:25000:CE")
PUT = InstrumentId.parse("NSE:NIFTY:2025-10-14:25400:PE")
TOKENS = {"10924290": CALL, "10932226": PUT}

BARS = """symbol,datetime,open,high,low,close,volume
INFY,2016-09-09 09:15:00,1035,1036.02,1034,1035.5,6100
INFY,2016-09-09 09:16:00,1035.5,1037,1035,1036,0
NIFTY50,2016-09-09 09:15:00,8900.1,8901.2,8899,8900,0
INFY,2016-09-12 09:15:00,1040,1041,1039,1040.025,600
"""


def load(*files: Path, names: dict[str, InstrumentId] | None = None) -> ReplayMarket:
    return ReplayMarket.load(files, market_hours(), contract_tables(), names)


def small(folder: Path, text: str = BARS) -> ReplayMarket:
    path = folder / "small.csv"
    path.write_text(text)
    return load(path)


def rows(market: ReplayMarket, steps: list[MarketStep], symbol: str) -> list[tuple[str, int, int, int]]:
    """Time, last price, traded, day's volume of one instrument."""
    row = next(place for place, one in enumerate(market.instruments) if one.id.symbol == symbol)
    found = []
    for step in steps:
        for place in range(len(step)):
            if step.index[place] == row:
                figures = (int(step.last_paise[place]), int(step.traded[place]), int(step.volume[place]))
                found.append((f"{ist(step.at):%d %H:%M:%S}", *figures))
    return found


def test_a_bar_is_played_second_by_second(tmp_path: Path) -> None:
    market = small(tmp_path)
    told = rows(market, list(market.steps(at_ist(2016, 9, 9, 9, 15, 59))), "INFY")
    assert len(told) == 60
    # 1036.02 is off the tick of 0.05 and becomes 1036.00; both extremes are 1.00 away, so the high comes first.
    assert told[0] == ("09 09:15:00", 103_500, 101, 101)
    assert told[1][1] == 103_505
    assert told[20][1] == 103_600
    assert told[40][1] == 103_400
    assert told[59] == ("09 09:15:59", 103_550, 102, 6_100)


def test_a_bar_without_volume_trades_a_lot_a_second_and_adds_nothing_to_the_days_volume(tmp_path: Path) -> None:
    market = small(tmp_path)
    told = rows(market, list(market.steps(at_ist(2016, 9, 9, 9, 16, 59))), "INFY")[60:]
    assert {row[2:] for row in told} == {(1, 6_100)}


def test_depth_follows_the_one_rule(tmp_path: Path) -> None:
    market = small(tmp_path)
    first = next(market.steps(at_ist(2016, 9, 9, 9, 15)))
    infy = [one.id.symbol for one in market.instruments].index("INFY")
    place = first.index.tolist().index(infy)
    assert first.bid_paise[place].tolist() == [103_495, 103_490, 103_485, 103_480, 103_475]
    assert first.ask_paise[place].tolist() == [103_505, 103_510, 103_515, 103_520, 103_525]
    assert first.bid_quantity[place].tolist() == first.ask_quantity[place].tolist() == [20] * 5
    assert first.bid_orders[place].tolist() == [1] * 5


def test_indices_are_shown_and_not_traded(tmp_path: Path) -> None:
    market = small(tmp_path)
    step = next(market.steps(at_ist(2016, 9, 9, 9, 15)))
    index = [one.id.text for one in market.instruments].index("NSE:NIFTY 50:INDEX")
    place = step.index.tolist().index(index)
    assert step.last_paise[place] == 890_010
    assert (step.traded[place], step.volume[place]) == (0, 0)
    assert not step.bid_paise[place].any()
    assert not step.ask_quantity[place].any()
    assert not market.instruments[index].is_tradable


def test_the_days_figures_begin_anew_and_yesterdays_last_price_is_the_previous_close(tmp_path: Path) -> None:
    market = small(tmp_path)
    steps = list(market.steps(market.end))
    on_friday = [step for step in steps if ist(step.at).day == 9]
    assert on_friday[59].ohlc_paise[0].tolist() == [103_500, 103_600, 103_400, 103_500]
    assert on_friday[-1].ohlc_paise[0].tolist() == [103_500, 103_700, 103_400, 103_500]
    on_monday = [step for step in steps if ist(step.at).day == 12]
    assert on_monday[0].ohlc_paise[0].tolist() == [104_000, 104_000, 104_000, 103_600]
    # 1040.025 lies in the middle between two ticks and is rounded up.
    assert on_monday[-1].last_paise[0] == 104_005
    assert on_monday[-1].volume[0] == 600


def test_closed_hours_are_no_part_of_the_windows(tmp_path: Path) -> None:
    market = small(tmp_path)
    told = [tuple(f"{ist(at):%d %H:%M}" for at in window) for window in market.windows]
    assert told == [("09 09:15", "09 15:30"), ("12 09:15", "12 15:30")]
    assert (market.start, market.end) == (market.windows[0][0], market.windows[-1][1])


def test_history_shows_finished_bars_and_the_running_one_so_far(tmp_path: Path) -> None:
    market = small(tmp_path)
    infy = InstrumentId.parse("NSE:INFY:EQ")
    assert market.history(infy, Interval.M1, market.start, market.end) == []
    list(market.steps(at_ist(2016, 9, 9, 9, 16, 20)))
    done, running = market.history(infy, Interval.M1, market.start, market.end)
    assert (done.open, done.high, done.low, done.close, done.volume) == (
        Decimal("1035.00"),
        Decimal("1036.00"),
        Decimal("1034.00"),
        Decimal("1035.50"),
        6_100,
    )
    # The low is nearer to the open than the high: after 20 seconds the price is there.
    assert (running.open, running.high, running.low, running.close) == (
        Decimal("1035.50"),
        Decimal("1035.50"),
        Decimal("1035.00"),
        Decimal("1035.00"),
    )
    (day,) = market.history(infy, Interval.D1, market.start - timedelta(days=1), market.end)
    assert (day.open, day.close, day.volume) == (Decimal("1035.00"), Decimal("1035.00"), 6_100)
    assert market.history(InstrumentId.parse("NSE:TCS:EQ"), Interval.M1, market.start, market.end) == []


def test_the_same_files_can_be_played_again(tmp_path: Path) -> None:
    market = small(tmp_path)
    first = [(step.at, step.last_paise.tolist()) for step in market.steps(market.end)]
    again = market.again()
    assert [(step.at, step.last_paise.tolist()) for step in again.steps(again.end)] == first
    assert again.name == market.name == "small"


def test_two_files_about_the_same_minutes_are_refused(tmp_path: Path) -> None:
    one, two = tmp_path / "one.csv", tmp_path / "two.csv"
    for path in (one, two):
        path.write_text(BARS)
    with pytest.raises(ReplayError, match=r"one\.csv and two\.csv both hold NSE:INFY:EQ for the same time"):
        load(one, two)


def test_days_of_one_instrument_may_come_from_several_files(tmp_path: Path) -> None:
    header, *body = BARS.splitlines()
    first, second = tmp_path / "INFY_friday.csv", tmp_path / "INFY_monday.csv"
    first.write_text("\n".join([header, *body[:2]]))
    second.write_text("\n".join([header, body[3]]))
    market = load(second, first)
    assert [one.id.text for one in market.instruments] == ["NSE:INFY:EQ"]
    assert len(market.windows) == 2
    assert market.name == "INFY_monday+INFY_friday"


@pytest.mark.parametrize(
    ("file", "symbol", "instrument"),
    [
        ("nse.csv", "RELIANCE", "NSE:RELIANCE:EQ"),
        ("RELIANCE_1m_2026-06.csv.gz", "RELIANCE.NS", "NSE:RELIANCE:EQ"),
        ("x.csv", "TCS.BO", "BSE:TCS:EQ"),
        ("x.csv", "M&M", "NSE:M&M:EQ"),
        ("x.csv", "NIFTYPHARMA", "NSE:NIFTY PHARMA:INDEX"),
        ("x.csv", "INDIAVIX", "NSE:INDIA VIX:INDEX"),
        ("x.csv", "NIFTYBEES", "NSE:NIFTYBEES:EQ"),
        ("nifty50_1m_2026-07-28.csv.gz", None, "NSE:NIFTY 50:INDEX"),
        ("WIPRO_1m.csv", None, "NSE:WIPRO:EQ"),
        ("BNF_index_1m.csv.gz", "NIFTY", "NSE:NIFTY BANK:INDEX"),
        ("NIFTY_index_1m.csv.gz", "NIFTY", "NSE:NIFTY 50:INDEX"),
        ("kite_ticks_NIFTY50_256265.csv.gz", "256265", "NSE:NIFTY 50:INDEX"),
        ("x.csv", "SENSEX", "BSE:SENSEX:INDEX"),
    ],
)
def test_names_in_files_become_instruments(file: str, symbol: str | None, instrument: str) -> None:
    assert find_instrument(file, symbol, {}).text == instrument


def test_a_token_without_a_name_asks_for_one() -> None:
    with pytest.raises(ConfigError, match="--instrument 10924290=ID") as caught:
        find_instrument("kite_ticks_CALL_10924290.csv.gz", "10924290", {})
    assert "nothing says which instrument “10924290” is" in caught.value.message
    assert find_instrument("kite_ticks_CALL_10924290.csv.gz", "10924290", TOKENS) == CALL


def states(market: ReplayMarket, calls: list[datetime]) -> list[tuple[datetime, list[int], list[int]]]:
    return [
        (step.at, step.last_paise.tolist(), step.volume.tolist()) for until in calls for step in market.steps(until)
    ]


@pytest.mark.shared
def test_the_rhythm_of_the_calls_changes_nothing(shared: Path) -> None:
    market = load(shared / OLD_DAY)
    end = market.start + timedelta(minutes=7)
    whole = states(market, [end])
    dice = random.Random(5)
    moments = sorted(market.start + timedelta(seconds=dice.uniform(0, 420)) for _ in range(200))
    assert states(market.again(), [*moments, end]) == whole


@pytest.mark.shared
def test_an_iterator_that_is_dropped_is_continued_by_the_next_call(shared: Path) -> None:
    market = load(shared / OLD_DAY)
    end = market.start + timedelta(seconds=30)
    taken = [next(market.steps(end)).at for _ in range(10)]
    assert [*taken, *(step.at for step in market.steps(end))] == [
        market.start + timedelta(seconds=second) for second in range(31)
    ]


@pytest.mark.shared
def test_the_old_recorded_day_is_played_whole(shared: Path) -> None:
    market = load(shared / OLD_DAY)
    assert len(market.instruments) == 60
    assert sum(one.is_tradable for one in market.instruments) == 50
    assert market.name == "nse_1m_symbols_2016-09-09"
    steps = list(market.steps(market.end))
    assert len(steps) == 375 * 60
    row = next(place for place, one in enumerate(market.instruments) if one.id == JINDAL)
    assert steps[-1].volume[steps[-1].index.tolist().index(row)] == 20_102_827
    assert market.instruments[row].tick_size == Decimal("0.05")
    minutes = market.history(JINDAL, Interval.M1, market.start, market.end)
    assert len(minutes) == 375
    assert sum(bar.volume for bar in minutes) == 20_102_827


@pytest.mark.shared
@pytest.mark.parametrize(
    ("file", "ids", "days"),
    [
        ("candles/nifty50_1m_2026-07-28_2026-08-21.csv.gz", ["NSE:NIFTY 50:INDEX"], 19),
        ("candles/RELIANCE_1m_2026-06.csv.gz", ["NSE:RELIANCE:EQ"], 10),
        ("candles/HDFCBANK_1m_2026-06.csv.gz", ["NSE:HDFCBANK:EQ"], 10),
        ("candles/TCS_1m_2026-06.csv.gz", ["NSE:TCS:EQ"], 10),
        ("candles/NIFTY_index_1m_2024-07-01_2024-08-23.csv.gz", ["NSE:NIFTY 50:INDEX"], 37),
        ("candles/BNF_index_1m_2024-07-01_2024-08-23.csv.gz", ["NSE:NIFTY BANK:INDEX"], 37),
        ("ticks/kite_ticks_NIFTY50_256265_20251008.csv.gz", ["NSE:NIFTY 50:INDEX"], 1),
        ("ticks/kite_ticks_CALL_10924290_10924290_20251008.csv.gz", [CALL.text], 1),
        ("ticks/kite_ticks_PUT_10932226_10932226_20251008.csv.gz", [PUT.text], 1),
    ],
)
def test_every_recorded_minute_and_tick_file_loads(shared: Path, file: str, ids: list[str], days: int) -> None:
    market = load(shared / "data" / file, names=TOKENS)
    assert [one.id.text for one in market.instruments] == ids
    assert len(market.windows) == days
    tick = int(market.instruments[0].tick_size * 100)
    steps = list(market.steps(market.start + timedelta(minutes=3)))
    assert steps
    assert all((step.last_paise % tick == 0).all() for step in steps)


@pytest.mark.shared
def test_ticks_of_an_index_and_its_options_are_played_together(shared: Path) -> None:
    market = load(*sorted((shared / "data/ticks").glob("*.csv.gz")), names=TOKENS)
    assert {one.id.text for one in market.instruments} == {"NSE:NIFTY 50:INDEX", CALL.text, PUT.text}
    option = market.instrument(CALL)
    assert option is not None
    assert (option.lot_size, option.freeze_quantity) == (75, 1800)
    steps = list(market.steps(at_ist(2025, 10, 8, 10, 12)))
    assert all(before.at <= after.at for before, after in pairwise(steps))
    calls = [step for step in steps if market.instruments[int(step.index[0])].id == CALL]
    assert calls[0].last_paise[0] == 23_580
    assert calls[0].bid_quantity[0].tolist() == [750] * 5
    assert calls[0].traded[0] == 75


@pytest.mark.shared
def test_recorded_prices_off_the_tick_are_rounded_on_reading(shared: Path) -> None:
    market = load(shared / "data/candles/RELIANCE_1m_2026-06.csv.gz")
    assert market.instruments[0].tick_size == Decimal("0.10")
    first = next(market.steps(market.start))
    # 1331.5999755859375 in the file.
    assert first.last_paise[0] == 133_160
