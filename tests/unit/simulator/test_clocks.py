"""The practice clock and the replay clock, on a hand-driven time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from terminal_app.domain.clock import at_ist, ist
from terminal_app.domain.errors import BadInput, ConfigError
from terminal_app.simulator.clocks import PracticeClock, ReplayClock
from tests.helpers.market_tables import market_hours

HOURS = market_hours()


class Ticker:
    """A monotonic clock that a test turns."""

    def __init__(self) -> None:
        self.at_s = 1000.0

    def __call__(self) -> float:
        return self.at_s


def practice(last: datetime | None, ticker: Ticker, wall: datetime | None = None) -> PracticeClock:
    today = wall or datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
    return PracticeClock(HOURS, last, monotonic=ticker, wall=lambda: today)


def test_practice_begins_at_quarter_past_nine_of_the_next_trading_day() -> None:
    assert practice(None, Ticker()).now() == at_ist(2026, 11, 23, 9, 15)
    monday = at_ist(2026, 11, 23, 12)
    assert practice(None, Ticker(), monday).now() == at_ist(2026, 11, 25, 9, 15)


def test_practice_runs_at_real_speed() -> None:
    ticker = Ticker()
    clock = practice(None, ticker)
    ticker.at_s += 61.5
    assert clock.now() == at_ist(2026, 11, 23, 9, 16, 1) + timedelta(milliseconds=500)
    assert clock.label == "practice"


def test_practice_continues_where_it_stood() -> None:
    ticker = Ticker()
    clock = practice(at_ist(2026, 11, 23, 10, 42, 10), ticker)
    assert clock.now() == at_ist(2026, 11, 23, 10, 42, 10)


def test_practice_skips_the_night_and_the_holiday() -> None:
    ticker = Ticker()
    clock = practice(at_ist(2026, 11, 23, 15, 39, 59), ticker)
    ticker.at_s += 2
    assert clock.now() == at_ist(2026, 11, 25, 9, 0)
    assert practice(at_ist(2026, 11, 24, 12), Ticker()).now() == at_ist(2026, 11, 25, 9, 0)
    assert practice(at_ist(2026, 11, 23, 3), Ticker()).now() == at_ist(2026, 11, 23, 9, 0)


def test_practice_never_goes_back_when_the_time_below_it_does() -> None:
    ticker = Ticker()
    clock = practice(at_ist(2026, 11, 23, 10), ticker)
    ticker.at_s += 5
    before = clock.now()
    ticker.at_s -= 100
    assert clock.now() == before
    ticker.at_s += 1
    assert clock.now() == before + timedelta(seconds=1)


def test_a_computer_that_slept_skips_no_session() -> None:
    ticker = Ticker()
    clock = practice(at_ist(2026, 11, 20, 15, 0), ticker)
    ticker.at_s += 5 * 86400
    assert clock.now() == at_ist(2026, 11, 23, 9, 0)


def test_practice_names_a_year_that_the_table_lacks() -> None:
    with pytest.raises(ConfigError, match="no year 2041"):
        practice(at_ist(2041, 1, 7, 10), Ticker())


FRIDAY = (at_ist(2026, 6, 5, 9, 15), at_ist(2026, 6, 5, 15, 30))
MONDAY = (at_ist(2026, 6, 8, 9, 15), at_ist(2026, 6, 8, 15, 30))


def replay(ticker: Ticker, speed: float = 1.0, start: datetime = FRIDAY[0]) -> ReplayClock:
    return ReplayClock(start, MONDAY[1], speed, windows=(FRIDAY, MONDAY), monotonic=ticker)


def test_a_replay_runs_at_its_speed_and_skips_what_was_not_recorded() -> None:
    ticker = Ticker()
    clock = replay(ticker, 60.0)
    ticker.at_s += 60
    assert clock.now() == at_ist(2026, 6, 5, 10, 15)
    ticker.at_s += 5 * 60 + 15 + 10
    assert clock.now() == at_ist(2026, 6, 8, 9, 25)
    ticker.at_s += 10_000
    assert clock.now() == MONDAY[1]
    assert clock.ended


def test_a_replay_pauses_resumes_and_changes_speed() -> None:
    ticker = Ticker()
    clock = replay(ticker)
    ticker.at_s += 10
    clock.pause()
    ticker.at_s += 1000
    assert clock.paused
    assert ist(clock.now()).strftime("%H:%M:%S") == "09:15:10"
    clock.resume()
    ticker.at_s += 5
    clock.set_speed(10)
    ticker.at_s += 1
    assert ist(clock.now()).strftime("%H:%M:%S") == "09:15:25"
    assert clock.speed == 10


def test_a_replay_seeks_forward_only() -> None:
    clock = replay(Ticker())
    clock.seek(at_ist(2026, 6, 5, 11, 0))
    assert clock.now() == at_ist(2026, 6, 5, 11, 0)
    clock.seek(at_ist(2026, 6, 6, 11, 0))
    assert clock.now() == MONDAY[0]
    with pytest.raises(BadInput, match="only goes forward"):
        clock.seek(at_ist(2026, 6, 5, 11, 0))
    clock.seek(at_ist(2026, 6, 9, 9, 0))
    assert clock.ended


def test_at_speed_zero_the_replay_is_moved_by_its_driver() -> None:
    ticker = Ticker()
    clock = replay(ticker, 0.0)
    ticker.at_s += 1000
    assert clock.now() == FRIDAY[0]
    clock.advance_to(at_ist(2026, 6, 5, 9, 30))
    clock.advance_to(at_ist(2026, 6, 5, 9, 20))
    assert clock.now() == at_ist(2026, 6, 5, 9, 30)
    clock.advance_to(at_ist(2026, 7, 5, 9, 20))
    assert clock.now() == clock.end


@pytest.mark.parametrize("speed", [-1.0, float("inf"), float("nan")])
def test_an_impossible_speed_is_refused(speed: float) -> None:
    with pytest.raises(BadInput, match="speed must be zero or more"):
        replay(Ticker(), speed)
