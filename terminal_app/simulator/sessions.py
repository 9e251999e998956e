"""The timetable of a simulated day: when phases begin, intraday positions are squared off, sessions and days end."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from enum import IntEnum
from typing import NamedTuple

from msgspec import Struct

from terminal_app.domain.clock import IST
from terminal_app.domain.enums import Exchange, InstrumentKind, Segment, SessionPhase
from terminal_app.domain.hours import MarketHours, trading_day
from terminal_app.domain.instrument import Instrument


class MarketKey(NamedTuple):
    """Instruments whose day has the same hours."""

    exchange: Exchange
    segment: Segment
    kind: InstrumentKind
    closing_auction: bool


def market_key(instrument: Instrument) -> MarketKey:
    """Which timetable an instrument follows."""
    return MarketKey(instrument.exchange, instrument.segment, instrument.kind, instrument.has_closing_auction)


class EventKind(IntEnum):
    """What happens; where several happen at one instant, in this order."""

    DAY = 0
    END = 1
    PHASE = 2
    SQUARE_OFF = 3


class SessionEvent(Struct, frozen=True):
    """One entry of the timetable. ``key`` is None for the day roll; ``phase`` is the one that begins."""

    at: datetime
    kind: EventKind
    key: MarketKey | None = None
    phase: SessionPhase | None = None


def midnight(day: date) -> datetime:
    """When a day begins in India, aware UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=IST).astimezone(UTC)


class Timetable:
    """The events still to come, a day at a time. ``instruments`` tells what is listed now."""

    def __init__(self, hours: MarketHours, instruments: Callable[[], Iterable[Instrument]], start: datetime) -> None:
        self._hours = hours
        self._instruments = instruments
        self._examples: dict[MarketKey, Instrument] = {}
        self._listed = -1
        self._day = trading_day(start)
        self._position = start
        self._events: list[SessionEvent] = []
        self._plan()

    @property
    def day(self) -> date:
        """The calendar day in India that the timetable stands in."""
        return self._day

    def pop(self, until: datetime) -> SessionEvent | None:
        """The next event at or before ``until``."""
        if not self._events or self._events[0].at > until:
            return None
        event = self._events.pop(0)
        self._position = event.at
        if event.kind is EventKind.DAY:
            self._day = trading_day(event.at)
            self._plan()
        return event

    def refresh(self, listed: int) -> None:
        """Take in instruments that were listed since; markets that were not known join the day."""
        if listed != self._listed:
            self._listed = listed
            self._plan()

    def is_session_day(self) -> bool:
        """Whether any market has a session on the timetable's day."""
        return any(self._hours.phases(example, self._day) for example in self._examples.values())

    def next_session_day(self, day: date) -> date:
        """The first day after ``day`` on which any market has a session, or the timetable's own day."""
        day += timedelta(days=1)
        while day < self._day and not any(self._hours.phases(one, day) for one in self._examples.values()):
            day += timedelta(days=1)
        return day

    def events_of(self, day: date, after: datetime, until: datetime) -> list[SessionEvent]:
        """The events of a day in (after, until], for an account that was away."""
        return [event for event in self._day_events(day) if after < event.at <= until]

    def _plan(self) -> None:
        for instrument in self._instruments():
            self._examples.setdefault(market_key(instrument), instrument)
        roll = SessionEvent(midnight(self._day + timedelta(days=1)), EventKind.DAY)
        coming = [event for event in self._day_events(self._day) if event.at > self._position]
        self._events = [*coming, roll]

    def _day_events(self, day: date) -> list[SessionEvent]:
        events: list[SessionEvent] = []
        for key, example in self._examples.items():
            if example.is_tradable:
                events.extend(self._market_events(key, example, day))
        return sorted(events, key=lambda event: (event.at, event.kind))

    def _market_events(self, key: MarketKey, example: Instrument, day: date) -> list[SessionEvent]:
        session = self._hours.session(example, day)
        if session is None:
            return []
        phases = [
            SessionEvent(span.start, EventKind.PHASE, key, span.phase) for span in self._hours.phases(example, day)
        ]
        square_off = SessionEvent(self._hours.square_off_time(example, day), EventKind.SQUARE_OFF, key)
        return [*phases, square_off, SessionEvent(session[1], EventKind.END, key)]
