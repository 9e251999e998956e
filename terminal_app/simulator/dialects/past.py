"""Bars of the simulated market for a request: made day by day, so that the sockets go on meanwhile."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from terminal_app.domain.clock import IST, ist
from terminal_app.domain.enums import Interval
from terminal_app.domain.ids import InstrumentId
from terminal_app.domain.market import Bar
from terminal_app.simulator.exchange import SimulatedExchange

REACH = timedelta(days=730)
"""How far back a dialect tells: a made-up market would answer for any year, at several milliseconds a day."""

_STRIDE = timedelta(days=5)


async def past_bars(
    exchange: SimulatedExchange, id: InstrumentId, interval: Interval, start: datetime, end: datetime
) -> list[Bar]:
    """Bars that begin in [start, end), oldest first, from two years before now at most. Times are aware UTC."""
    bars: list[Bar] = []
    start = max(start, exchange.now - REACH)
    end = min(end, exchange.now + timedelta(days=1))
    while start < end:
        upto = min(_midnight_after(start + _STRIDE), end)
        bars += exchange.source.history(id, interval, start, upto)
        start = upto
        await asyncio.sleep(0)
    return bars


def _midnight_after(at: datetime) -> datetime:
    """The Indian midnight that ends this moment's day: no bar lies across it."""
    day = ist(at).date() + timedelta(days=1)
    return datetime(day.year, day.month, day.day, tzinfo=IST).astimezone(UTC)
