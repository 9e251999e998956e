"""The venue keeps the exchange in step with its clock, whatever the clock does."""

from __future__ import annotations

import asyncio
from datetime import date, datetime, timedelta

import pytest

from terminal_app.domain.errors import BrokerUnavailable
from terminal_app.simulator.clocks import ReplayClock
from terminal_app.simulator.steps import MarketStep
from terminal_app.simulator.venue import Venue
from tests.helpers.async_tests import until
from tests.helpers.market_script import RELIANCE, Floor, HandClock, clock


async def test_the_exchange_follows_its_clock_and_tells_every_step() -> None:
    floor = Floor()
    hand = HandClock(floor.now)
    heard: list[MarketStep] = []
    venue = Venue(floor.exchange, hand)
    venue.listen(heard.append)
    for second in (1, 2, 400):
        floor.market.tell(floor.now + timedelta(seconds=second), RELIANCE, "100")
    await venue.start()
    await venue.start()
    hand.at = clock("09:16")
    await until(lambda: floor.now == clock("09:16"))
    assert len(heard) == 2
    hand.at = clock("09:20", date(2026, 8, 20))
    await until(lambda: floor.now == hand.at)
    assert len(heard) == 3
    await venue.aclose()
    await venue.aclose()


async def test_a_clock_that_stands_behind_is_waited_for() -> None:
    floor = Floor(start=clock("10:00"))
    hand = HandClock(clock("09:30"))
    venue = Venue(floor.exchange, hand)
    await venue.start()
    await asyncio.sleep(0)
    assert floor.now == clock("10:00")
    hand.at = clock("10:00:01")
    await until(lambda: floor.now == hand.at)
    await venue.aclose()


async def test_a_replay_as_fast_as_it_can_takes_its_clock_along() -> None:
    floor = Floor()
    windows = [(clock("09:15"), clock("15:40")), (clock("09:15", date(2026, 8, 20)), clock("15:40", date(2026, 8, 20)))]
    replay = ReplayClock(windows[0][0], windows[1][1], 0, windows=windows)
    venue = Venue(floor.exchange, replay)
    replay.pause()
    await venue.start()
    await asyncio.sleep(0.02)
    assert floor.now == clock("09:15")
    replay.resume()
    await until(lambda: replay.ended)
    await until(lambda: floor.now == windows[1][1])
    await venue.aclose()


async def test_a_market_that_breaks_is_told_and_checked() -> None:
    floor = Floor()
    told: list[BaseException] = []
    venue = Venue(floor.exchange, HandClock(clock("10:00")), told.append)

    def broken(until: datetime) -> None:
        raise RuntimeError("the source ran dry")

    floor.market.steps = broken  # type: ignore[assignment, method-assign]
    await venue.start()
    await until(lambda: bool(told))
    with pytest.raises(BrokerUnavailable, match="the source ran dry"):
        venue.check()
    await venue.aclose()
