"""The recording that paper prices come from: where it stands, how fast it plays, pause and seek."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

SPEEDS = (1.0, 5.0, 30.0, 120.0, 0.0)
"""What the window offers; 0 is as fast as it can."""


class ReplayClockControl(Protocol):
    """The recording's clock."""

    @property
    def speed(self) -> float: ...
    @property
    def paused(self) -> bool: ...
    def now(self) -> datetime: ...
    def pause(self) -> None: ...
    def resume(self) -> None: ...
    def set_speed(self, speed: float) -> None: ...
    def seek(self, to: datetime) -> None: ...


class ReplayService:
    """Controls for the window."""

    def __init__(self, name: str, start: datetime, end: datetime, clock: ReplayClockControl) -> None:
        self.name = name
        self.start = start
        self.end = end
        self._clock = clock

    @property
    def now(self) -> datetime:
        """Where the recording stands."""
        return self._clock.now()

    @property
    def speed(self) -> float:
        """Times real speed; 0: as fast as it can."""
        return self._clock.speed

    @property
    def paused(self) -> bool:
        """Whether it stands still."""
        return self._clock.paused

    def pause(self) -> None:
        """Stand still."""
        self._clock.pause()

    def resume(self) -> None:
        """Play on."""
        self._clock.resume()

    def set_speed(self, speed: float) -> None:
        """Play at another speed."""
        self._clock.set_speed(speed)

    def seek(self, to: datetime) -> None:
        """Play on from ``to``: what lies between is played through at once. Raises BadInput for a moment that is past."""
        self._clock.seek(to)
