"""What the window asks of several accounts at once is asked side by side."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

from terminal_app.domain.ids import AccountId
from terminal_app.services.orders import OrderService
from tests.helpers.async_tests import until
from tests.helpers.one_room import one_room

SILENT, QUICK = AccountId("silent"), AccountId("quick")


class Desk:
    """The first account's broker does not answer before it is let go."""

    def __init__(self) -> None:
        self.asked: list[AccountId] = []
        self.go = asyncio.Event()

    async def cancel_all(self, account: AccountId) -> list[Any]:
        self.asked.append(account)
        if account == SILENT:
            await self.go.wait()
        return []


async def test_a_broker_that_does_not_answer_holds_nobody_elses_cancels_back() -> None:
    desk = Desk()
    nobody = cast("Any", SimpleNamespace())
    service = OrderService(one_room([SILENT, QUICK], desk=desk), nobody, nobody, nobody, nobody)
    cancelling = asyncio.ensure_future(service.cancel_all(None))
    await until(lambda: desk.asked == [SILENT, QUICK])
    desk.go.set()
    assert (await cancelling).asked == 0
