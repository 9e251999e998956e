"""Market hours: trading days, phases, expiry days and square-off times as the tables say."""

from __future__ import annotations

import csv
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from terminal_app.domain.clock import at_ist, ist
from terminal_app.domain.enums import Exchange, Segment, SessionPhase
from terminal_app.domain.errors import ConfigError
from terminal_app.domain.hours import MarketHours, accepts_orders, trading_day
from terminal_app.domain.ids import InstrumentId
from terminal_app.domain.instrument import Instrument
from tests.helpers.market_tables import market_hours

HOURS = market_hours()
MONDAY = date(2026, 11, 23)


def instrument(text: str, *, auction: bool = False) -> Instrument:
    return Instrument(InstrumentId.parse(text), text, 1, Decimal("0.05"), has_closing_auction=auction)


RELIANCE = instrument("NSE:RELIANCE:EQ", auction=True)
PLAIN = instrument("NSE:SMALLCO:EQ")
FUTURE = instrument("NSE:NIFTY:2026-11-23:FUT")
OPTION = instrument("NSE:NIFTY:2026-11-23:24500:CE")


def on_the_wall(one: Instrument, day: date) -> list[tuple[str, str, str]]:
    return [(span.phase.value, f"{ist(span.start):%H:%M}", f"{ist(span.end):%H:%M}") for span in HOURS.phases(one, day)]


def wall(at: datetime | None) -> str:
    return "" if at is None else f"{ist(at):%Y-%m-%d %H:%M}"


def test_a_stock_with_derivatives_ends_in_the_closing_auction_since_august_2026() -> None:
    assert on_the_wall(RELIANCE, MONDAY) == [
        ("PRE_OPEN", "09:00", "09:05"),
        ("PRE_OPEN_LIMIT", "09:05", "09:10"),
        ("PRE_OPEN_MATCH", "09:10", "09:12"),
        ("BUFFER", "09:12", "09:15"),
        ("CONTINUOUS", "09:15", "15:15"),
        ("CLOSING_REFERENCE", "15:15", "15:20"),
        ("CLOSING_ENTRY", "15:20", "15:25"),
        ("CLOSING_LIMIT", "15:25", "15:30"),
        ("CLOSING_MATCH", "15:30", "15:35"),
        ("POST_CLOSE", "15:50", "16:00"),
    ]


def test_before_august_2026_every_stock_trades_until_half_past_three() -> None:
    for one in (RELIANCE, PLAIN):
        assert on_the_wall(one, date(2026, 7, 31)) == [
            ("PRE_OPEN", "09:00", "09:08"),
            ("PRE_OPEN_MATCH", "09:08", "09:12"),
            ("BUFFER", "09:12", "09:15"),
            ("CONTINUOUS", "09:15", "15:30"),
            ("POST_CLOSE", "15:40", "16:00"),
        ]


def test_the_pre_open_keeps_its_old_times_until_the_fourth_of_september() -> None:
    assert on_the_wall(RELIANCE, date(2026, 9, 4))[0] == ("PRE_OPEN", "09:00", "09:08")
    assert on_the_wall(RELIANCE, date(2026, 9, 7))[0] == ("PRE_OPEN", "09:00", "09:05")


@pytest.mark.parametrize(("day", "end"), [(date(2026, 7, 31), "15:30"), (date(2026, 8, 3), "15:40")])
def test_derivatives_trade_until_fifteen_forty_since_august_2026(day: date, end: str) -> None:
    assert on_the_wall(OPTION, day) == [("CONTINUOUS", "09:15", end)]


@pytest.mark.parametrize(
    ("one", "at", "phase"),
    [
        (RELIANCE, (8, 59, 59), SessionPhase.CLOSED),
        (RELIANCE, (9, 0, 0), SessionPhase.PRE_OPEN),
        (RELIANCE, (15, 14, 59), SessionPhase.CONTINUOUS),
        (RELIANCE, (15, 15, 0), SessionPhase.CLOSING_REFERENCE),
        (RELIANCE, (15, 35, 0), SessionPhase.CLOSED),
        (PLAIN, (15, 29, 59), SessionPhase.CONTINUOUS),
        (PLAIN, (15, 30, 0), SessionPhase.CLOSED),
        (FUTURE, (9, 1, 0), SessionPhase.PRE_OPEN),
        (OPTION, (9, 1, 0), SessionPhase.CLOSED),
        (OPTION, (15, 39, 59), SessionPhase.CONTINUOUS),
    ],
)
def test_the_phase_of_a_moment(one: Instrument, at: tuple[int, int, int], phase: SessionPhase) -> None:
    assert HOURS.phase(one, at_ist(2026, 11, 23, *at)) is phase


def test_a_session_runs_from_continuous_trading_to_the_last_match() -> None:
    assert [wall(at) for at in HOURS.session(RELIANCE, MONDAY) or ()] == ["2026-11-23 09:15", "2026-11-23 15:35"]
    assert [wall(at) for at in HOURS.session(PLAIN, MONDAY) or ()] == ["2026-11-23 09:15", "2026-11-23 15:30"]
    assert [wall(at) for at in HOURS.session(OPTION, MONDAY) or ()] == ["2026-11-23 09:15", "2026-11-23 15:40"]
    assert HOURS.session(RELIANCE, date(2026, 11, 24)) is None


def test_the_day_of_the_whole_exchange_spans_all_its_markets() -> None:
    assert [wall(at) for at in HOURS.day_span(Exchange.NSE, MONDAY) or ()] == ["2026-11-23 09:00", "2026-11-23 15:40"]
    assert HOURS.day_span(Exchange.NSE, date(2026, 11, 22)) is None


def test_orders_are_taken_in_the_entry_phases_only() -> None:
    assert {phase for phase in SessionPhase if accepts_orders(phase)} == {
        SessionPhase.PRE_OPEN,
        SessionPhase.PRE_OPEN_LIMIT,
        SessionPhase.CONTINUOUS,
        SessionPhase.CLOSING_ENTRY,
        SessionPhase.CLOSING_LIMIT,
    }


def test_trading_days_are_stepped_over_holidays_and_weekends() -> None:
    assert HOURS.next_trading_day(Exchange.NSE, Segment.CASH, date(2026, 11, 23)) == date(2026, 11, 25)
    assert HOURS.previous_trading_day(Exchange.NSE, Segment.CASH, date(2026, 11, 23)) == date(2026, 11, 20)
    assert HOURS.next_trading_day(Exchange.NSE, Segment.CASH, date(2026, 1, 30)) == date(2026, 2, 1)


def test_the_next_opening_may_be_today_or_after_the_holiday() -> None:
    assert wall(HOURS.next_open(RELIANCE, at_ist(2026, 11, 23, 8))) == "2026-11-23 09:00"
    assert wall(HOURS.next_open(OPTION, at_ist(2026, 11, 23, 8))) == "2026-11-23 09:15"
    assert wall(HOURS.next_open(OPTION, at_ist(2026, 11, 23, 9, 15))) == "2026-11-25 09:15"
    assert wall(HOURS.next_open(RELIANCE, at_ist(2026, 11, 23, 15, 18))) == "2026-11-23 15:20"


def test_intraday_positions_are_squared_off_before_the_closing_auction() -> None:
    assert wall(HOURS.square_off_time(RELIANCE, MONDAY)) == "2026-11-23 15:10"
    assert wall(HOURS.square_off_time(PLAIN, MONDAY)) == "2026-11-23 15:20"
    assert wall(HOURS.square_off_time(OPTION, MONDAY)) == "2026-11-23 15:20"
    assert wall(HOURS.square_off_time(RELIANCE, date(2016, 9, 9))) == "2016-09-09 15:20"
    assert wall(HOURS.square_off_time(RELIANCE, date(2025, 10, 21))) == "2025-10-21 14:35"
    with pytest.raises(ValueError, match="no session"):
        HOURS.square_off_time(RELIANCE, date(2026, 11, 24))


def test_muhurat_days_trade_their_own_hour_and_settle_nothing() -> None:
    assert on_the_wall(RELIANCE, date(2025, 10, 21)) == [("CONTINUOUS", "13:45", "14:45")]
    assert HOURS.expiry_on_or_before(Exchange.NSE, date(2025, 10, 21)) == date(2025, 10, 20)


def test_a_muhurat_day_without_announced_hours_counts_as_closed() -> None:
    assert not HOURS.is_trading_day(Exchange.NSE, Segment.CASH, date(2026, 11, 8))


def test_commodity_evenings_are_kept_apart_from_the_equity_holidays() -> None:
    crude = instrument("MCX:CRUDEOIL:2026-12-18:FUT")
    assert on_the_wall(crude, date(2026, 11, 24)) == [("CONTINUOUS", "17:00", "23:55")]
    assert on_the_wall(crude, date(2026, 12, 25)) == []
    assert on_the_wall(crude, date(2026, 10, 1)) == [("CONTINUOUS", "09:00", "23:30")]


@pytest.mark.parametrize(
    ("exchange", "day", "expiry"),
    [
        (Exchange.NSE, (2026, 3, 3), (2026, 3, 2)),
        (Exchange.NSE, (2026, 3, 31), (2026, 3, 30)),
        (Exchange.NSE, (2026, 4, 14), (2026, 4, 13)),
        (Exchange.NSE, (2026, 10, 20), (2026, 10, 19)),
        (Exchange.NSE, (2026, 11, 10), (2026, 11, 9)),
        (Exchange.NSE, (2026, 11, 24), (2026, 11, 23)),
        (Exchange.BSE, (2026, 1, 15), (2026, 1, 14)),
        (Exchange.BSE, (2026, 3, 26), (2026, 3, 25)),
        (Exchange.BSE, (2026, 5, 28), (2026, 5, 27)),
        (Exchange.NSE, (2026, 12, 1), (2026, 12, 1)),
    ],
)
def test_an_expiry_on_a_holiday_moves_to_the_trading_day_before(
    exchange: Exchange, day: tuple[int, int, int], expiry: tuple[int, int, int]
) -> None:
    assert HOURS.expiry_on_or_before(exchange, date(*day)) == date(*expiry)


def test_weekly_and_monthly_expiries_follow_the_weekday_of_their_time() -> None:
    weeklies = HOURS.weekly_expiries(Exchange.NSE, date(2026, 11, 23), 3)
    assert weeklies == (date(2026, 11, 23), date(2026, 12, 1), date(2026, 12, 8))
    monthlies = HOURS.monthly_expiries(Exchange.NSE, date(2026, 11, 24), 3)
    assert monthlies == (date(2026, 12, 29), date(2027, 1, 25), date(2027, 2, 23))
    assert HOURS.weekly_expiries(Exchange.BSE, date(2026, 11, 23), 2) == (date(2026, 11, 26), date(2026, 12, 3))
    # The switch of September 2025: Thursday before, Tuesday after.
    assert HOURS.weekly_expiries(Exchange.NSE, date(2025, 8, 25), 2) == (date(2025, 8, 28), date(2025, 9, 2))
    assert HOURS.weekly_expiries(Exchange.BSE, date(2025, 8, 25), 2) == (date(2025, 8, 26), date(2025, 9, 4))


def test_a_year_without_a_table_is_told_and_never_guessed() -> None:
    with pytest.raises(ConfigError, match="no year 2041"):
        HOURS.is_trading_day(Exchange.NSE, Segment.CASH, date(2041, 1, 7))


def test_a_broken_table_is_told() -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        MarketHours.from_tables({"calendars": {}}, {"schedules": []})


def test_the_trading_day_is_the_indian_calendar_day() -> None:
    assert trading_day(at_ist(2026, 11, 23, 0, 30)) == date(2026, 11, 23)


@pytest.mark.shared
def test_the_calendar_agrees_with_the_days_on_which_the_market_traded(shared: Path) -> None:
    with (shared / "data/reference/nse_trading_days_observed.csv").open(encoding="utf-8") as file:
        observed = {date.fromisoformat(row["date"]) for row in csv.DictReader(file)}
    # The observation has a gap before October 2019 and one on 8 Aug 2022, and misses evenings and some special Saturdays.
    observed.add(date(2022, 8, 8))
    day, wrong = date(2019, 10, 1), []
    while day <= max(observed):
        special = HOURS.session(RELIANCE, day)
        usual = special is not None and special[1] - special[0] > timedelta(hours=5)
        if (usual and day not in observed) or (special is None and day in observed):
            wrong.append(day)
        day += timedelta(days=1)
    assert wrong == []
