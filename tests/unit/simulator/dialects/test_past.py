"""Bars for a request: the same as made at once, and no further back than two years."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from terminal_app.brokers.paper.config import practice_venue
from terminal_app.domain.enums import Exchange, Interval
from terminal_app.domain.ids import InstrumentId
from terminal_app.simulator.dialects.past import REACH, past_bars

INFY = InstrumentId.equity(Exchange.NSE, "INFY")


@pytest.mark.parametrize("interval", list(Interval))
async def test_bars_made_in_strides_are_the_bars_made_at_once(interval: Interval) -> None:
    exchange = practice_venue(1).exchange
    start, end = exchange.now - timedelta(days=17, hours=3, minutes=7), exchange.now + timedelta(minutes=1)
    whole = exchange.source.history(INFY, interval, start, end)
    assert whole
    assert await past_bars(exchange, INFY, interval, start, end) == whole


async def test_the_past_ends_after_two_years() -> None:
    exchange = practice_venue(1).exchange
    begin = exchange.now - REACH
    bars = await past_bars(exchange, INFY, Interval.D1, exchange.now - timedelta(days=5000), begin + timedelta(days=30))
    assert begin <= bars[0].start < begin + timedelta(days=5)


async def test_others_have_their_turn_meanwhile() -> None:
    exchange = practice_venue(1).exchange
    call = asyncio.ensure_future(
        past_bars(exchange, INFY, Interval.M1, exchange.now - timedelta(days=30), exchange.now)
    )
    turns = 0
    while not call.done():
        turns += 1
        await asyncio.sleep(0)
    assert turns > 5
