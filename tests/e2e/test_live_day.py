"""A day with an account at each real broker, over its wire: keys, login, prices, orders, the session's end, the next login, off."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from decimal import ROUND_FLOOR, Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from terminal_app.domain.account import Account
from terminal_app.domain.clock import ist
from terminal_app.domain.enums import ConnectionState, FeedMode, Interval, OrderStatus, OrderType, Product, Side
from terminal_app.domain.errors import SessionExpired
from terminal_app.domain.ids import InstrumentId
from terminal_app.domain.order import Order, OrderChange, OrderRequest
from tests.helpers.async_tests import until
from tests.helpers.headless import Headless, headless
from tests.helpers.log_guard import LogGuard
from tests.helpers.login_script import FormPrompter

BROKERS = ("zerodha", "upstox")
SHARE = InstrumentId.parse("NSE:RELIANCE:EQ")
PATIENCE_S = 20.0


class LiveDay:
    """One account at one simulated broker, beside the paper account."""

    def __init__(self, opened: Headless, broker: str) -> None:
        self.container = opened.container
        self.terminal = opened.terminal
        self.notices = opened.notices
        self.account: Account = next(one for one in self.terminal.accounts.all() if one.broker == broker)
        assert self.container.demo is not None
        self.prompter = FormPrompter(self.container.demo.credentials[self.account.id])
        self.terminal.sessions.use_prompter(self.prompter.for_account)

    @property
    def lamp(self) -> ConnectionState:
        return self.terminal.accounts.connection(self.account.id).state

    @property
    def reason(self) -> str:
        return self.terminal.accounts.connection(self.account.id).reason

    async def turn_on(self) -> None:
        await self.terminal.sessions.turn_on(self.account.id)
        assert self.lamp is ConnectionState.LIVE, self.reason
        self.terminal.accounts.switch(self.account.id)

    async def price(self) -> Decimal:
        """The share's last price, live."""
        self.terminal.market.watch(self, [SHARE], FeedMode.FULL)
        await until(lambda: self.terminal.market.quote(SHARE).ask is not None, timeout_s=PATIENCE_S)
        last = self.terminal.market.quote(SHARE).last_price
        assert last is not None
        return last

    async def place(self, quantity: int, limit: Decimal | None, side: Side = Side.BUY) -> Order:
        kind = OrderType.MARKET if limit is None else OrderType.LIMIT
        request = OrderRequest(SHARE, side, quantity, kind, Product.INTRADAY, limit_price=limit)
        (order,) = await self.terminal.orders.place(self.account.id, request)
        return order

    async def reaches(self, order: Order, *statuses: OrderStatus) -> Order:
        def now() -> Order:
            assert order.client_id is not None
            found = self.terminal.orders.order(self.account.id, order.client_id)
            assert found is not None
            return found

        await until(lambda: now().status in statuses, timeout_s=PATIENCE_S)
        return now()

    async def dial(self, **settings: Any) -> None:
        assert self.container.demo is not None
        rest = self.container.demo.endpoints[self.account.id]["rest"]
        async with httpx.AsyncClient(trust_env=False) as client:
            answer = await client.post(f"{rest}/_dials", json=settings)
        assert answer.status_code == 200, answer.text


@asynccontextmanager
async def live_day(home: Path, broker: str) -> AsyncIterator[LiveDay]:
    async with headless(home, ["--demo"]) as opened:
        yield LiveDay(opened, broker)


@pytest.mark.parametrize("broker", BROKERS)
async def test_a_day_from_the_keys_to_switching_off(tmp_path: Path, broker: str) -> None:
    async with live_day(tmp_path, broker) as day:
        assert (day.lamp, day.account.active) == (ConnectionState.OFF, False)
        await day.turn_on()
        assert day.prompter.calls == 1
        assert day.terminal.portfolio.funds(day.account.id) is not None

        last = await day.price()
        far = (last * Decimal("0.97") / Decimal("0.1")).to_integral_value(ROUND_FLOOR) * Decimal("0.1")
        resting = await day.reaches(await day.place(10, far), OrderStatus.OPEN)
        assert resting.client_id is not None
        await day.terminal.orders.modify(day.account.id, resting.client_id, OrderChange(quantity=12))
        await day.terminal.orders.cancel(day.account.id, resting.client_id)
        cancelled = await day.reaches(resting, OrderStatus.CANCELLED)
        assert (cancelled.request.quantity, cancelled.filled_quantity) == (12, 0)

        bought = await day.reaches(await day.place(10, None), OrderStatus.FILLED)
        assert bought.average_price is not None
        await until(
            lambda: [view.position.quantity for view in day.terminal.portfolio.positions(day.account.id)] == [10],
            timeout_s=PATIENCE_S,
        )
        outcome = await day.terminal.orders.exit(day.account.id, None, lambda _text: None)
        assert outcome.flat, outcome.text
        charts = await day.terminal.charts.open(SHARE, Interval.M1)
        assert len(charts.arrays()) > 0
        charts.close()

        await day.terminal.sessions.turn_off(day.account.id)
        assert (day.lamp, day.reason) == (ConnectionState.OFF, "You turned it off")
        assert not [name for name in await day.container.secrets.fields(day.account.id) if "session" in name]


@pytest.mark.parametrize("broker", BROKERS)
async def test_a_session_that_ends_turns_to_log_in_and_comes_back_with_its_subscriptions(
    tmp_path: Path, broker: str
) -> None:
    async with live_day(tmp_path, broker) as day:
        await day.turn_on()
        resting = await day.reaches(await day.place(5, _low(await day.price())), OrderStatus.OPEN)
        await day.dial(expire_tokens=True)
        with pytest.raises(SessionExpired):
            await day.terminal.portfolio.refresh(day.account.id)
        await until(lambda: day.lamp is ConnectionState.EXPIRED, timeout_s=PATIENCE_S)
        assert "log in" in day.reason
        assert not [name for name in await day.container.secrets.fields(day.account.id) if "session" in name]

        await day.terminal.sessions.log_in(day.account.id)
        assert day.lamp is ConnectionState.LIVE, day.reason
        assert day.prompter.calls == 2
        await day.reaches(resting, OrderStatus.OPEN)
        await until(
            lambda: (age := day.terminal.sessions.feed_age_s(day.account.id)) is not None and age < 5,
            timeout_s=PATIENCE_S,
        )


def _low(last: Decimal) -> Decimal:
    return (last * Decimal("0.97") / Decimal("0.1")).to_integral_value(ROUND_FLOOR) * Decimal("0.1")


@pytest.mark.parametrize(("broker", "hour"), [("zerodha", "06:00"), ("upstox", "03:30")])
async def test_a_session_ends_at_its_hour_without_being_told(
    tmp_path: Path, broker: str, hour: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("terminal_app.services.sessions._LOOK_S", 0.05)
    async with live_day(tmp_path, broker) as day:
        await day.turn_on()
        ends = day.terminal.accounts.connection(day.account.id).session_ends
        assert ends is not None
        assert f"{ist(ends):%H:%M}" == hour
        clock = day.container.rooms.live.clock
        monkeypatch.setattr(type(clock), "now", lambda _clock: ends)
        await until(lambda: day.lamp is ConnectionState.EXPIRED, timeout_s=PATIENCE_S)
        monkeypatch.undo()
        assert day.reason == f"The session ended at {hour}: log in."
        assert day.terminal.sessions.remaining_calls(day.account.id) == ()


@pytest.mark.parametrize("broker", BROKERS)
async def test_a_kept_session_is_good_without_another_login(tmp_path: Path, broker: str) -> None:
    async with live_day(tmp_path, broker) as day:
        await day.turn_on()
        session = day.container.sessions
        line = session._lines[day.account.id]
        await session._end(line)
        await day.turn_on()
        assert day.prompter.calls == 1
        assert line.ends - timedelta(days=2) < day.terminal.clock.now() < line.ends


@pytest.mark.parametrize("broker", BROKERS)
async def test_a_login_that_is_given_up_leaves_the_switch_off_and_nothing_in_the_vault(
    tmp_path: Path, broker: str, expected_logs: LogGuard
) -> None:
    expected_logs("could not be connected")
    async with live_day(tmp_path, broker) as day:
        before = await day.container.secrets.fields(day.account.id)
        day.prompter.refuse = True
        await day.terminal.sessions.turn_on(day.account.id)
        assert (day.lamp, day.reason) == (ConnectionState.OFF, "You closed the login page.")
        assert not day.terminal.accounts.get(day.account.id).active
        assert await day.container.secrets.fields(day.account.id) == before
