"""The P&L line of all accounts is the sum of each account's latest point."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from terminal_app.domain.ids import AccountId
from terminal_app.domain.pnl import PnlPoint
from terminal_app.services.portfolio import PortfolioService
from tests.helpers.one_room import one_room

START = datetime(2026, 11, 23, 3, 45, tzinfo=UTC)
ONE, TWO = AccountId("one"), AccountId("two")


def point(minute: int, realised: int, unrealised: int = 0) -> PnlPoint:
    return PnlPoint(START + timedelta(minutes=minute), Decimal(realised), Decimal(unrealised))


class Points:
    def __init__(self, lines: Mapping[AccountId, list[PnlPoint]]) -> None:
        self.lines = lines

    async def load(self, account: AccountId, start: datetime, end: datetime) -> list[PnlPoint]:
        return self.lines[account]

    days = load


def make(lines: Mapping[AccountId, list[PnlPoint]]) -> PortfolioService:
    return PortfolioService(one_room(list(lines), points=Points(lines)))


async def test_one_account_is_shown_as_it_was_kept() -> None:
    lines = {ONE: [point(0, 1)], TWO: [point(1, 2)]}
    assert await make(lines).pnl_points(TWO, START, START) == lines[TWO]


async def test_each_moment_of_the_sum_takes_the_latest_point_of_every_account() -> None:
    service = make({ONE: [point(0, 10, 1), point(2, 30, 3)], TWO: [point(1, 5), point(2, 7)]})
    assert await service.pnl_points(None, START, START) == [point(0, 10, 1), point(1, 15, 1), point(2, 37, 3)]


@pytest.mark.parametrize("empty", [[], [point(0, 0)]])
async def test_days_are_summed_by_the_indian_calendar(empty: list[Any]) -> None:
    day = 24 * 60
    service = make({ONE: [point(0, 10), point(day, 20)], TWO: [point(5, 1), *empty]})
    days = await service.pnl_days(None, START, START)
    assert [(one.time, one.realised) for one in days][-1] == (START + timedelta(days=1), Decimal(20))
    assert len(days) == 2
