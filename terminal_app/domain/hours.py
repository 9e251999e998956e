"""Market hours: trading days, the phases of a day, expiry days and square-off times, all read from dated tables."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Generic, TypeVar

from msgspec import Struct

from terminal_app.domain.clock import IST, ist
from terminal_app.domain.enums import Exchange, InstrumentKind, Segment, SessionPhase
from terminal_app.domain.errors import ConfigError
from terminal_app.domain.instrument import Instrument

_DAY = timedelta(days=1)
_SQUARE_OFF_LEAD = timedelta(minutes=10)
"""On a day with hours of its own intraday positions are closed this long before the end."""

_TAKES_ORDERS = frozenset(
    {
        SessionPhase.PRE_OPEN,
        SessionPhase.PRE_OPEN_LIMIT,
        SessionPhase.CONTINUOUS,
        SessionPhase.CLOSING_ENTRY,
        SessionPhase.CLOSING_LIMIT,
    }
)
_CLOSING_AUCTION = frozenset(
    {
        SessionPhase.CLOSING_REFERENCE,
        SessionPhase.CLOSING_ENTRY,
        SessionPhase.CLOSING_LIMIT,
        SessionPhase.CLOSING_MATCH,
    }
)
_TRADES = frozenset({SessionPhase.CONTINUOUS, SessionPhase.CLOSING_MATCH})


class PhaseSpan(Struct, frozen=True):
    """One phase of a market's day: from ``start`` up to but not including ``end``, aware UTC."""

    phase: SessionPhase
    start: datetime
    end: datetime


def accepts_orders(phase: SessionPhase) -> bool:
    """Whether orders may be entered in this phase. The post-close session at the closing price is not offered."""
    return phase in _TAKES_ORDERS


def trading_day(at: datetime) -> date:
    """The trading day that a moment belongs to: the calendar day in India (commodity evenings end before midnight)."""
    return ist(at).date()


class _Wall(Struct, frozen=True):
    """A phase on the Indian wall clock."""

    phase: SessionPhase
    start: time
    end: time


class _SpecialDay(Struct, frozen=True):
    """A day with hours of its own. ``phases`` None means the usual hours; empty means that the hours are not known yet:
    closed.
    """

    kind: str
    exchanges: frozenset[Exchange]
    phases: tuple[_Wall, ...] | None

    @property
    def settles_expiries(self) -> bool:
        return self.kind != "muhurat" and self.phases != ()


V = TypeVar("V")


class _Dated(Generic[V]):
    """Values with a date of effect: the last one on or before a day holds."""

    def __init__(self) -> None:
        self._days: list[date] = []
        self._values: list[V] = []

    def add(self, day: date, value: V) -> None:
        place = bisect_right(self._days, day)
        self._days.insert(place, day)
        self._values.insert(place, value)

    def at(self, day: date) -> V | None:
        place = bisect_right(self._days, day)
        return self._values[place - 1] if place else None


class MarketHours:
    """The exchanges' calendar. Every answer comes from the tables; a year they do not have raises ConfigError naming
    it.
    """

    def __init__(
        self,
        holidays: Mapping[Exchange, Mapping[int, frozenset[date]]],
        special_days: Mapping[tuple[Exchange, date], _SpecialDay],
        schedules: Mapping[tuple[str, Exchange], _Dated[tuple[_Wall, ...]]],
        square_offs: Mapping[str, _Dated[time]],
        expiry_weekdays: Mapping[Exchange, _Dated[int]],
    ) -> None:
        self._holidays = holidays
        self._special_days = special_days
        self._schedules = schedules
        self._square_offs = square_offs
        self._expiry_weekdays = expiry_weekdays
        self._spans: dict[tuple[str, Exchange, date], tuple[PhaseSpan, ...]] = {}

    @classmethod
    def from_tables(cls, holidays: Mapping[str, Any], sessions: Mapping[str, Any]) -> MarketHours:
        """Build from the parsed ``holidays.json`` and ``sessions.json``. Raises ConfigError for a table that cannot be
        understood.
        """
        try:
            return cls(
                _read_holidays(holidays),
                _read_special_days(holidays),
                _read_schedules(sessions["schedules"]),
                _read_square_offs(sessions["square_off"]),
                _read_expiry_weekdays(sessions["expiry_weekdays"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ConfigError("market hours", f"The table of market hours cannot be read: {error!r}.") from error

    def is_trading_day(self, exchange: Exchange, segment: Segment, day: date) -> bool:
        """Whether this market has any session on ``day``. Raises ConfigError for a year that the table does not have."""
        special = self._special_days.get((exchange, day))
        if special is not None:
            return special.phases != ()
        return self._is_usual_day(exchange, segment, day)

    def phases(self, instrument: Instrument, day: date) -> tuple[PhaseSpan, ...]:
        """The phases of the instrument's day in order; empty on a day without a session. What lies between them is
        closed.
        """
        return self._phases(_market_of(instrument), instrument.exchange, instrument.segment, day)

    def phase(self, instrument: Instrument, at: datetime) -> SessionPhase:
        """The phase that the instrument's market is in at this moment."""
        for span in self.phases(instrument, trading_day(at)):
            if span.start <= at < span.end:
                return span.phase
        return SessionPhase.CLOSED

    def session(self, instrument: Instrument, day: date) -> tuple[datetime, datetime] | None:
        """From the first continuous trading to the end of the last trading or matching phase; None on a day without a
        session.
        """
        trading = [span for span in self.phases(instrument, day) if span.phase in _TRADES]
        return (trading[0].start, trading[-1].end) if trading else None

    def day_span(self, exchange: Exchange, day: date) -> tuple[datetime, datetime] | None:
        """From the first order entry to the end of the last session of the exchange's markets (currency apart).

        None on a day without a session.
        """
        commodity = exchange in (Exchange.MCX, Exchange.NCDEX)
        segment = Segment.COMMODITY if commodity else Segment.FNO
        markets = ("COMMODITY",) if commodity else ("CASH", "CASH_AUCTION", "FNO", "FNO_FUTURE")
        spans = [span for market in markets for span in self._phases(market, exchange, segment, day)]
        starts = [span.start for span in spans if accepts_orders(span.phase)]
        ends = [span.end for span in spans if span.phase in _TRADES]
        return (min(starts), max(ends)) if starts and ends else None

    def has_closing_auction(self, instrument: Instrument, day: date) -> bool:
        """Whether this instrument's day ends in a closing auction: since 3 Aug 2026, for stocks with derivatives
        (market-rules 1.1).
        """
        spans = self.phases(instrument, day)
        return instrument.segment is Segment.CASH and any(span.phase in _CLOSING_AUCTION for span in spans)

    def next_trading_day(self, exchange: Exchange, segment: Segment, day: date) -> date:
        """The first trading day after ``day``."""
        return self._step(exchange, segment, day, _DAY)

    def previous_trading_day(self, exchange: Exchange, segment: Segment, day: date) -> date:
        """The last trading day before ``day``."""
        return self._step(exchange, segment, day, -_DAY)

    def next_open(self, instrument: Instrument, at: datetime) -> datetime:
        """When order entry begins next, strictly after ``at``: later today or on the next trading day."""
        day = trading_day(at)
        while True:
            before = SessionPhase.CLOSED
            for span in self.phases(instrument, day):
                if span.start > at and accepts_orders(span.phase) and not accepts_orders(before):
                    return span.start
                before = span.phase
            day = self.next_trading_day(instrument.exchange, instrument.segment, day)

    def square_off_time(self, instrument: Instrument, day: date) -> datetime:
        """When a broker closes intraday positions (market-rules 3): 15:10 before a closing auction, else 15:20; on days
        with hours of their own ten minutes before the end. Raises ValueError on a day without a session.
        """
        session = self.session(instrument, day)
        if session is None:
            raise ValueError(f"{instrument.exchange} has no session on {day}")
        special = self._special_days.get((instrument.exchange, day))
        if special is not None and special.phases is not None:
            return session[1] - _SQUARE_OFF_LEAD
        market = "CASH_AUCTION" if self.has_closing_auction(instrument, day) else instrument.segment.value
        table = self._square_offs.get("CASH" if market == Segment.INDEX.value else market)
        at = None if table is None else table.at(day)
        return session[1] - _SQUARE_OFF_LEAD if at is None else _moment(day, at)

    def expiry_on_or_before(self, exchange: Exchange, day: date) -> date:
        """The day itself where derivatives settle on it, else the last day before it on which they do (market-rules
        6.3).
        """
        while not self._settles(exchange, day):
            day -= _DAY
        return day

    def weekly_expiries(self, exchange: Exchange, first: date, count: int) -> tuple[date, ...]:
        """The next ``count`` weekly expiries on or after ``first``, shifted for holidays. Weekday by date of effect
        (market-rules 6.3).
        """
        found: list[date] = []
        day = first
        while len(found) < count:
            if day.weekday() == self.expiry_weekday(exchange, day):
                expiry = self.expiry_on_or_before(exchange, day)
                if expiry >= first and expiry not in found:
                    found.append(expiry)
            day += _DAY
        return tuple(found)

    def monthly_expiries(self, exchange: Exchange, first: date, count: int) -> tuple[date, ...]:
        """The next ``count`` monthly expiries on or after ``first``: the month's last expiry weekday, shifted for
        holidays.
        """
        found: list[date] = []
        month = first.replace(day=1)
        while len(found) < count:
            following = (month + timedelta(days=31)).replace(day=1)
            day = following - _DAY
            while day.weekday() != self.expiry_weekday(exchange, day):
                day -= _DAY
            expiry = self.expiry_on_or_before(exchange, day)
            if expiry >= first:
                found.append(expiry)
            month = following
        return tuple(found)

    def expiry_weekday(self, exchange: Exchange, day: date) -> int:
        """The weekday on which this exchange's index derivatives expire, Monday 0. Raises ConfigError where none is
        known.
        """
        table = self._expiry_weekdays.get(exchange)
        weekday = None if table is None else table.at(day)
        if weekday is None:
            raise ConfigError(
                "market hours", f"The table of market hours has no expiry weekday of {exchange} for {day}."
            )
        return weekday

    def _settles(self, exchange: Exchange, day: date) -> bool:
        special = self._special_days.get((exchange, day))
        if special is not None:
            return special.settles_expiries
        return self._is_usual_day(exchange, Segment.FNO, day)

    def _is_usual_day(self, exchange: Exchange, segment: Segment, day: date) -> bool:
        calendar = self._holidays[Exchange.MCX if segment is Segment.COMMODITY else exchange]
        days = calendar.get(day.year)
        if days is None:
            raise ConfigError(
                "holidays",
                f"The holiday table has no year {day.year} for {exchange}: add it to resources/data/holidays.json.",
            )
        return day.weekday() < 5 and day not in days

    def _step(self, exchange: Exchange, segment: Segment, day: date, step: timedelta) -> date:
        day += step
        while not self.is_trading_day(exchange, segment, day):
            day += step
        return day

    def _phases(self, market: str, exchange: Exchange, segment: Segment, day: date) -> tuple[PhaseSpan, ...]:
        key = (market, exchange, day)
        known = self._spans.get(key)
        if known is None:
            known = tuple(
                PhaseSpan(wall.phase, _moment(day, wall.start), _moment(day, wall.end))
                for wall in self._walls(market, exchange, segment, day)
            )
            self._spans[key] = known
        return known

    def _walls(self, market: str, exchange: Exchange, segment: Segment, day: date) -> Sequence[_Wall]:
        if not self.is_trading_day(exchange, segment, day):
            return ()
        special = self._special_days.get((exchange, day))
        if special is not None and special.phases is not None:
            return special.phases
        table = self._schedules.get((market, exchange))
        walls = None if table is None else table.at(day)
        if walls is None:
            raise ConfigError(
                "market hours", f"The table of market hours has no hours of {exchange} {market} for {day}."
            )
        return walls


def _market_of(instrument: Instrument) -> str:
    """The name of the instrument's market in the session table."""
    if instrument.segment is Segment.CASH and instrument.has_closing_auction:
        return "CASH_AUCTION"
    if instrument.segment is Segment.FNO and instrument.kind is InstrumentKind.FUTURE:
        return "FNO_FUTURE"
    return instrument.segment.value


def _moment(day: date, at: time) -> datetime:
    return datetime.combine(day, at, IST).astimezone(UTC)


def _read_holidays(table: Mapping[str, Any]) -> dict[Exchange, dict[int, frozenset[date]]]:
    calendars: dict[Exchange, dict[int, frozenset[date]]] = {}
    for calendar in table["calendars"].values():
        years = {
            int(year): frozenset(date.fromisoformat(day) for day, _name in row["days"])
            for year, row in calendar["years"].items()
        }
        for exchange in calendar["exchanges"]:
            calendars[Exchange(exchange)] = years
    return calendars


def _read_special_days(table: Mapping[str, Any]) -> dict[tuple[Exchange, date], _SpecialDay]:
    special: dict[tuple[Exchange, date], _SpecialDay] = {}
    for row in table["special_days"]:
        exchanges = frozenset(Exchange(exchange) for exchange in row["exchanges"])
        phases = None if row["phases"] is None else _read_walls(row["phases"])
        day = _SpecialDay(row["kind"], exchanges, phases)
        special.update({(exchange, date.fromisoformat(row["date"])): day for exchange in exchanges})
    return special


def _read_walls(rows: Sequence[Sequence[str]]) -> tuple[_Wall, ...]:
    return tuple(
        _Wall(SessionPhase(phase), time.fromisoformat(start), time.fromisoformat(end)) for phase, start, end in rows
    )


def _read_schedules(rows: Sequence[Mapping[str, Any]]) -> dict[tuple[str, Exchange], _Dated[tuple[_Wall, ...]]]:
    schedules: dict[tuple[str, Exchange], _Dated[tuple[_Wall, ...]]] = {}
    for row in rows:
        for exchange in row["exchanges"]:
            table = schedules.setdefault((row["market"], Exchange(exchange)), _Dated())
            table.add(date.fromisoformat(row["from"]), _read_walls(row["phases"]))
    return schedules


def _read_square_offs(rows: Sequence[Mapping[str, Any]]) -> dict[str, _Dated[time]]:
    tables: dict[str, _Dated[time]] = {}
    for row in rows:
        tables.setdefault(row["market"], _Dated()).add(date.fromisoformat(row["from"]), time.fromisoformat(row["time"]))
    return tables


def _read_expiry_weekdays(rows: Sequence[Mapping[str, Any]]) -> dict[Exchange, _Dated[int]]:
    tables: dict[Exchange, _Dated[int]] = {}
    for row in rows:
        table = tables.setdefault(Exchange(row["exchange"]), _Dated())
        table.add(date.fromisoformat(row["from"]), int(row["weekday"]))
    return tables
