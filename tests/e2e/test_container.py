"""The market plays only with the accounts on it, and a stop is not lost with its file."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from terminal_app.app.container import Container
from terminal_app.app.options import parse
from terminal_app.app.paths import Paths
from terminal_app.app.start import build_snapshot
from terminal_app.domain.enums import OrderStatus, TradingState
from tests.helpers.headless import RELIANCE, headless


@pytest.fixture
def container(tmp_path: Path) -> Container:
    options, paths = parse([]), Paths.under(tmp_path)
    paths.prepare()
    snapshot = build_snapshot(options, paths)
    return Container(options, paths, snapshot.bus, snapshot.settings, snapshot.watchlists, snapshot.accounts)


async def test_a_panel_that_wants_prices_does_not_start_the_market_before_the_accounts_are_on_it(
    container: Container,
) -> None:
    terminal = await container.open()
    try:
        before = container.world.exchange.now
        terminal.market.watch("a panel", [RELIANCE])
        await asyncio.sleep(0.3)  # three strides of the market, if it ran
        assert container.world.exchange.now == before
        await container.start()
    finally:
        await container.aclose()


async def test_the_market_stands_still_once_the_accounts_leave_it(tmp_path: Path) -> None:
    async with headless(tmp_path) as running:
        container, exchange = running.container, running.container.world.exchange
        leave = container.connector.aclose

        async def leave_and_wait() -> None:
            at = exchange.now
            await leave()
            await asyncio.sleep(0.3)
            assert exchange.now == at

        container.connector.aclose = leave_and_wait  # type: ignore[method-assign]


async def test_trading_is_halted_where_nobody_knows_whether_it_was_stopped(tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.mkdir()
    (config / "trading.json").write_text("{")
    async with headless(tmp_path) as running:
        state = running.terminal.orders.state(None)
        assert state.state is TradingState.HALTED
        assert "trading.json could not be read" in state.reason
        assert (await running.buy()).status is OrderStatus.DENIED
        running.terminal.orders.resume()
        assert (await running.buy()).status is not OrderStatus.DENIED
