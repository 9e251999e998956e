"""The pacer: never more than so many in any second, cancels first."""

from __future__ import annotations

import asyncio

from terminal_app.trading.pace import Pacer
from tests.unit.trading.scripted import eventually


async def test_only_so_many_pass_in_a_second_and_urgent_ones_go_first() -> None:
    now = 0.0
    pacer = Pacer(3, lambda: now)
    passed: list[str] = []

    async def come(name: str, *, urgent: bool = False) -> None:
        await pacer.take(urgent=urgent)
        passed.append(name)

    first = [asyncio.ensure_future(come(f"order {number}")) for number in range(4)]
    await eventually(lambda: len(passed) == 3)
    late = [asyncio.ensure_future(come("cancel", urgent=True))]
    await asyncio.sleep(0)
    assert len(passed) == 3
    now = 1.0
    await asyncio.gather(*first, *late)
    assert passed[3:] == ["cancel", "order 3"]


async def test_one_who_gave_up_does_not_take_a_turn() -> None:
    now = 0.0
    pacer = Pacer(1, lambda: now)
    await pacer.take()
    gone = asyncio.ensure_future(pacer.take())
    stays = asyncio.ensure_future(pacer.take())
    await asyncio.sleep(0)
    gone.cancel()
    now = 1.0
    await stays
    assert gone.cancelled()


async def test_without_a_limit_everybody_passes() -> None:
    pacer = Pacer(None)
    for _ in range(1000):
        await pacer.take()
