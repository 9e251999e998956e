"""Historical candles, v3 and v2: which ranges are taken, and candles of any length from one-minute bars.

The simulated past is computed when it is asked for: it reaches back two years, and is computed in stretches between
which the event loop goes on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

from terminal_app.domain.clock import IST, ist
from terminal_app.domain.enums import Interval
from terminal_app.domain.market import Bar
from terminal_app.simulator.dialects.upstox.contracts import Name
from terminal_app.simulator.dialects.upstox.errors import ApiRefusal
from terminal_app.simulator.dialects.upstox.shapes import iso_time, rupees
from terminal_app.simulator.exchange import SimulatedExchange

_MINUTES_SINCE, _DAYS_SINCE = date(2022, 1, 1), date(2000, 1, 1)
PAST = timedelta(days=731)
"""How far back there are candles."""
_STRETCH = timedelta(days=10)
_OPENING = timedelta(hours=9, minutes=15)
_MOST_MINUTES, _SHORT_MINUTES, _MOST_HOURS = 300, 15, 5
_MONTH_DAYS, _QUARTER_DAYS, _DECADE_DAYS = 31, 92, 3653
_V2 = {
    "1minute": ("minutes", 1),
    "30minute": ("minutes", 30),
    "day": ("days", 1),
    "week": ("weeks", 1),
    "month": ("months", 1),
}


class Length(NamedTuple):
    """How long a candle is: ``unit`` is minutes, days, weeks or months."""

    unit: str
    size: int
    most_days: int | None


def length_of(unit: str, interval: str) -> Length:
    """What a v3 call asks for. Raises ApiRefusal."""
    if unit not in ("minutes", "hours", "days", "weeks", "months"):
        raise ApiRefusal("UDAPI1146", field="unit", value=unit)
    most = {"minutes": _MOST_MINUTES, "hours": _MOST_HOURS}.get(unit, 1)
    if not interval.isdecimal() or not 1 <= int(interval) <= most:
        raise ApiRefusal("UDAPI1147", field="interval", value=interval)
    count = int(interval)
    match unit:
        case "minutes":
            return Length("minutes", count, _MONTH_DAYS if count <= _SHORT_MINUTES else _QUARTER_DAYS)
        case "hours":
            return Length("minutes", count * 60, _QUARTER_DAYS)
        case "days":
            return Length("days", 1, _DECADE_DAYS)
    return Length(unit, 1, None)


def length_of_v2(interval: str) -> Length:
    """What a v2 call asks for. Raises ApiRefusal."""
    if interval not in _V2:
        raise ApiRefusal("UDAPI1028", field="interval", value=interval)
    unit, count = _V2[interval]
    return length_of(unit, str(count))


def day_of(text: str, field: str) -> date:
    """A date of a call. Raises ApiRefusal."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ApiRefusal("UDAPI1015", field=field, value=text) from None


async def past(
    exchange: SimulatedExchange, name: Name, length: Length, first: date | None, last: date
) -> dict[str, Any]:
    """Candles of the days from ``first`` to ``last``, both included, today left out. Raises ApiRefusal."""
    last = max(last, _DAYS_SINCE)
    span = timedelta(days=length.most_days or 365)
    begin = first or last - span
    if begin > last:
        raise ApiRefusal("UDAPI1015", field="to_date", value=last.isoformat())
    if length.most_days is not None and (last - begin).days > length.most_days:
        raise ApiRefusal("UDAPI1148", field="from_date", value=begin.isoformat())
    begin = max(begin, _MINUTES_SINCE if length.unit == "minutes" else _DAYS_SINCE)
    today = ist(exchange.now).date()
    begin, last = max(begin, today - PAST), min(last, today - timedelta(days=1))
    return _answer(await _bars(exchange, name, length, _midnight(begin), _midnight(last + timedelta(days=1))))


async def today(exchange: SimulatedExchange, name: Name, length: Length) -> dict[str, Any]:
    """Candles of the running day, the running one included. Raises ApiRefusal for weeks and months."""
    if length.unit not in ("minutes", "days"):
        raise ApiRefusal("UDAPI1146", field="unit", value=length.unit)
    begin = _midnight(ist(exchange.now).date())
    return _answer(await _bars(exchange, name, length, begin, begin + timedelta(days=1)))


async def look_back(
    exchange: SimulatedExchange, name: Name, interval: Interval, start: datetime, end: datetime
) -> list[Bar]:
    """Bars that begin in [start, end), both at midnight in India: the computing lets others have their turn."""
    bars: list[Bar] = []
    while start < end:
        until = min(start + _STRETCH, end)
        bars += exchange.source.history(name.id, interval, start, until)
        start = until
        await asyncio.sleep(0)
    return bars


async def _bars(exchange: SimulatedExchange, name: Name, length: Length, start: datetime, end: datetime) -> list[Bar]:
    if end <= start:
        return []
    if length.unit == "minutes":
        minutes = await look_back(exchange, name, Interval.M1, start, end)
        return minutes if length.size == 1 else _joined(minutes, [_within_day(one, length.size) for one in minutes])
    days = await look_back(exchange, name, Interval.D1, start, end)
    if length.unit == "days":
        return days
    return _joined(days, [_period(one, length.unit) for one in days])


def _within_day(bar: Bar, minutes: int) -> datetime:
    """The begin of the candle that a minute belongs to: they are counted from 09:15 of its day."""
    opening = _midnight(ist(bar.start).date()) + _OPENING
    length = timedelta(minutes=minutes)
    return opening + (bar.start - opening) // length * length


def _period(bar: Bar, unit: str) -> datetime:
    day = ist(bar.start).date()
    first = day - timedelta(days=day.weekday()) if unit == "weeks" else day.replace(day=1)
    return _midnight(first)


def _joined(bars: Sequence[Bar], begins: Sequence[datetime]) -> list[Bar]:
    """Longer bars of those that begin together."""
    joined: list[Bar] = []
    for bar, begin in zip(bars, begins, strict=True):
        if joined and joined[-1].start == begin:
            one = joined[-1]
            joined[-1] = Bar(
                begin, one.open, max(one.high, bar.high), min(one.low, bar.low), bar.close, one.volume + bar.volume
            )
        else:
            joined.append(Bar(begin, bar.open, bar.high, bar.low, bar.close, bar.volume))
    return joined


def _answer(bars: Sequence[Bar]) -> dict[str, Any]:
    """Newest first."""
    return {
        "candles": [
            [
                iso_time(one.start),
                rupees(one.open),
                rupees(one.high),
                rupees(one.low),
                rupees(one.close),
                one.volume,
                one.open_interest or 0,
            ]
            for one in reversed(bars)
        ]
    }


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), IST)
