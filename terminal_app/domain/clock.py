"""The one clock: all exchange time comes from a ``Clock`` that is handed in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Protocol

IST = timezone(timedelta(hours=5, minutes=30), "IST")
"""Indian standard time: +05:30 without daylight saving since 1945."""


class Clock(Protocol):
    """Exchange time. ``label`` is what the window writes before the time: "" for the real one, "practice", "replay"."""

    @property
    def label(self) -> str:
        """What kind of time this is."""
        ...

    def now(self) -> datetime:
        """Aware UTC. Never earlier than an answer before."""
        ...


class SystemClock:
    """The computer's clock."""

    label = ""

    def now(self) -> datetime:
        """Aware UTC."""
        return datetime.now(UTC)


def ist(moment: datetime) -> datetime:
    """The same moment in Indian standard time."""
    return moment.astimezone(IST)


def at_ist(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0) -> datetime:
    """A moment given on the Indian wall clock, as aware UTC."""
    return datetime(year, month, day, hour, minute, second, tzinfo=IST).astimezone(UTC)
