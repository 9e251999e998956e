"""The shapes in which Upstox writes times and numbers."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from terminal_app.domain.clock import ist


def rupees(value: Decimal | None) -> float:
    """A price or an amount as a JSON number; 0 for none."""
    return 0.0 if value is None else float(value)


def book_time(at: datetime) -> str:
    """``2026-11-20 10:15:30`` in India, as the books write it."""
    return f"{ist(at):%Y-%m-%d %H:%M:%S}"


def iso_time(at: datetime) -> str:
    """``2026-11-20T10:15:00+05:30``, as candles and quotes write it."""
    return ist(at).replace(microsecond=0).isoformat()


def epoch_ms(at: datetime) -> int:
    """Milliseconds since 1970 UTC."""
    return int(at.timestamp() * 1000)


def epoch_us(at: datetime) -> int:
    """Microseconds since 1970 UTC, as stored triggers write it."""
    return round(at.timestamp() * 1_000_000)
