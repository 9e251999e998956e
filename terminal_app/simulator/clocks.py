"""The clocks of simulated markets: practice, which runs by itself, and replay, which follows a recording."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from terminal_app.domain.clock import IST
from terminal_app.domain.enums import Exchange, Segment
from terminal_app.domain.errors import BadInput
from terminal_app.domain.hours import MarketHours, trading_day

_OPENING = timedelta(hours=9, minutes=15)

Span = tuple[datetime, datetime]
"""From, up to; aware UTC."""


def _wall_clock() -> datetime:
    return datetime.now(UTC)


class PracticeClock:
    """Exchange time that runs at real speed and skips closed hours.

    The first run begins at 09:15 of the next trading day after today. A later run continues from ``last``, where the
    one before stood. When the last session of a day ends (15:40 since 3 Aug 2026), the clock goes on at the next
    trading day's first order entry (09:00). Raises ConfigError when it would reach a year that the holiday table does
    not have.
    """

    label = "practice"

    def __init__(
        self,
        hours: MarketHours,
        last: datetime | None,
        *,
        exchange: Exchange = Exchange.NSE,
        monotonic: Callable[[], float] = time.monotonic,
        wall: Callable[[], datetime] = _wall_clock,
    ) -> None:
        self._hours = hours
        self._exchange = exchange
        self._monotonic = monotonic
        self._base = monotonic()
        self._time = self._within_hours(self._first(wall()) if last is None else last)

    def now(self) -> datetime:
        """Exchange time, aware UTC."""
        reading = self._monotonic()
        passed = timedelta(seconds=reading - self._base)
        self._base = reading
        if passed > timedelta(0):
            self._time = self._within_hours(min(self._time + passed, self._closing(self._time)))
        return self._time

    def _first(self, today: datetime) -> datetime:
        day = self._hours.next_trading_day(self._exchange, Segment.FNO, trading_day(today))
        span = self._hours.day_span(self._exchange, day)
        opening = (datetime(day.year, day.month, day.day, tzinfo=IST) + _OPENING).astimezone(UTC)
        if span is not None and not span[0] <= opening < span[1]:
            return span[0]
        return opening

    def _closing(self, at: datetime) -> datetime:
        """The end of the day that ``at`` lies in: a computer that slept must not skip the sessions after it."""
        span = self._hours.day_span(self._exchange, trading_day(at))
        return at if span is None else span[1]

    def _within_hours(self, at: datetime) -> datetime:
        """``at`` itself inside a day's hours, else the beginning of the next."""
        day = trading_day(at)
        while True:
            span = self._hours.day_span(self._exchange, day)
            if span is not None and at < span[1]:
                return max(at, span[0])
            day = self._hours.next_trading_day(self._exchange, Segment.FNO, day)
            opening = self._hours.day_span(self._exchange, day)
            if opening is not None:
                return opening[0]


class ReplayClock:
    """Exchange time of a recording: runs through ``windows`` at ``speed`` and jumps over what lies between them.

    ``speed`` 1 is real speed, 60 a minute a second; with 0 the clock stands, and whoever drives the replay moves it
    with ``advance_to``. It never goes back: to begin again, make a new market and a new clock. Raises BadInput for a
    negative speed.
    """

    label = "replay"

    def __init__(
        self,
        start: datetime,
        end: datetime,
        speed: float,
        *,
        windows: Sequence[Span] = (),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._windows = tuple(windows) or ((start, end),)
        self._monotonic = monotonic
        self._base = monotonic()
        self._time = start
        self._speed = _checked(speed)
        self._paused = False
        self.start = start
        self.end = max(end, self._windows[-1][1])

    @property
    def speed(self) -> float:
        """Exchange seconds per second; 0: as fast as it can."""
        return self._speed

    @property
    def paused(self) -> bool:
        """Whether it stands until ``resume``."""
        return self._paused

    @property
    def ended(self) -> bool:
        """Whether the recording is over."""
        return self.now() >= self.end

    def now(self) -> datetime:
        """Exchange time, aware UTC; the end once it is reached."""
        reading = self._monotonic()
        passed = timedelta(seconds=max(0.0, reading - self._base) * self._speed)
        self._base = reading
        if not self._paused and passed > timedelta(0):
            self._time = max(self._time, self._within_windows(self._time, passed))
        return self._time

    def pause(self) -> None:
        """Stand still."""
        self.now()
        self._paused = True

    def resume(self) -> None:
        """Go on from where it stands."""
        self.now()
        self._paused = False

    def set_speed(self, speed: float) -> None:
        """Go on at another speed. Raises BadInput for a negative one."""
        self.now()
        self._speed = _checked(speed)

    def seek(self, to: datetime) -> None:
        """Go forward to a moment at once; beyond the recording to its end. Raises BadInput for a moment that has
        passed.
        """
        if to < self.now():
            raise BadInput("time", "A replay only goes forward: to go back, begin it again.")
        self._time = self._within_windows(to, timedelta(0))

    def advance_to(self, at: datetime) -> None:
        """Move to ``at`` as its driver goes through the steps; a moment that has passed changes nothing."""
        self._time = min(max(self._time, at), self.end)

    def _within_windows(self, at: datetime, passed: timedelta) -> datetime:
        for begin, end in self._windows:
            if at >= end:
                continue
            at = max(at, begin)
            if at + passed < end:
                return at + passed
            passed -= end - at
            at = end
        return self.end


def _checked(speed: float) -> float:
    if not 0 <= speed < float("inf"):
        raise BadInput("speed", "The replay's speed must be zero or more: 1 is real speed, 0 as fast as it can.")
    return speed
