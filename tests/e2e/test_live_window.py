"""A whole day with a live account in the real window: keys, login page, prices, orders, the session's end, the switch."""

from __future__ import annotations

from datetime import timedelta
from decimal import ROUND_FLOOR, Decimal
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from terminal_app.domain.enums import ConnectionState, OrderStatus
from terminal_app.domain.market import Quote
from terminal_app.ui import formats
from terminal_app.ui.kit.identity import Identity
from terminal_app.ui.kit.lamp import LampState
from tests.e2e.headless import until
from tests.e2e.live_window import PAPER, SHARE, LiveDriver, opened_demo
from tests.e2e.windowed import CONTROL

pytestmark = pytest.mark.qt_log_ignore("^QRhiGles2: ", "^Failed to create RHI", "^GPUInfo not initialized", extend=True)
NAME = "My own"
NO_INDEX = "– –"
OVER_THE_BEST = 500


@pytest.fixture(autouse=True)
def page_as_root(monkeypatch: pytest.MonkeyPatch) -> None:
    """Here, and nowhere else."""
    monkeypatch.setenv("BHAV_ALLOW_ROOT_WEBVIEW", "1")


@pytest.mark.parametrize("broker", ["zerodha", "upstox"])
async def test_a_day_with_a_live_account_by_hand_in_the_window(broker: str, home: Path) -> None:
    async with opened_demo(home) as (window, container):
        driver = LiveDriver(window, container, broker)
        await add_the_account(driver)
        await switch_to_it(driver)
        await switch_on(driver)
        await prices_are_live(driver)
        await trade(driver)
        await lose_the_session_and_log_in_again(driver)
        await switch_off(driver)


async def add_the_account(driver: LiveDriver) -> None:
    wall = await driver.open_wall()
    old = driver.account
    await driver.remove_all(wall)
    assert await driver.container.secrets.fields(old.id) == ()
    await driver.add(wall, NAME)
    card = driver.card(wall)
    assert card.facts is not None
    assert (card.facts.lamp, card.facts.is_on) == (LampState.OFF, False)
    assert await driver.session_fields() == []
    await driver.close_wall(wall)


async def switch_on(driver: LiveDriver) -> None:
    wall = await driver.open_wall()
    card = driver.card(wall)
    driver._click(card.switch)
    page = await driver.login_page()
    assert card.switch.is_busy
    await driver.answer(page)
    await until(lambda: card.facts is not None and card.facts.lamp is LampState.LIVE, "the lamp is live")
    assert card.facts is not None
    assert card.facts.is_on
    assert card.facts.kind.endswith(driver.keys["client_id"])
    assert card.value_of("Session").startswith(f"ends {'06:00' if driver.broker == 'zerodha' else '03:30'}")
    assert await driver.session_fields()
    await driver.close_wall(wall)


async def switch_to_it(driver: LiveDriver) -> None:
    """From the paper account with its prices to the account that is not logged in yet: no paper price may stay."""
    window = driver.window
    assert shown_identity(driver) is Identity.PAPER
    await until(lambda: driver.ltp() == formats.price(driver.paper_board.last_price), "paper prices are shown")
    await until(lambda: driver.chart_source is not None, "the chart is there")
    await driver._come_to_front()
    QTest.keyClick(window, Qt.Key.Key_2, CONTROL)
    assert driver.terminal.accounts.current == driver.account.id
    assert shown_identity(driver) is Identity.LIVE
    assert window.windowTitle().startswith("LIVE, ")
    assert window.identity_block.accessibleName().startswith("LIVE")
    assert NAME in window.identity_block.accessibleName()
    assert driver.ticket.band.accessibleName().startswith("LIVE real money")
    assert driver.container.rooms.paper.hub.wanted() == {}
    assert driver.chart_source is None
    assert driver.chart_words().startswith("There are no prices before the login.")
    assert driver.ticket.presenter.state.offer.reason == "The account is not connected."
    await until(lambda: driver.ltp().strip() in ("", "–"), "no price is shown")
    await until(lambda: set(shown_indices(driver)) == {NO_INDEX}, "no index is shown")


def shown_identity(driver: LiveDriver) -> Identity:
    """What the frame round the window says."""
    return driver.window.frame.identity


async def prices_are_live(driver: LiveDriver) -> None:
    """The watchlist and the header move with the live room, while the paper room, which nobody looks at, stands."""
    hubs = driver.container.rooms
    assert SHARE in hubs.live.hub.wanted()
    assert hubs.paper.hub.wanted() == {}
    await until(lambda: driver.chart_source is not None, "the chart is there")
    assert driver.chart_source is not None
    assert driver.chart_source.is_current
    await until(
        lambda: driver.board.last_price not in (None, driver.paper_board.last_price), "the rooms' prices differ"
    )
    await until(
        lambda: driver.ltp() == formats.price(driver.board.last_price) != formats.price(driver.paper_board.last_price),
        "the watchlist shows the live price",
    )
    before = shown_indices(driver)
    await until(
        lambda: all(new not in (NO_INDEX, old) for new, old in zip(shown_indices(driver), before, strict=True)),
        "the indices move",
    )


def shown_indices(driver: LiveDriver) -> list[str]:
    """Level and change of each, as the header shows them."""
    return [one.accessibleDescription() for one in driver.window.header.indices]


async def trade(driver: LiveDriver) -> None:
    """More than stands at the best price, then less of it, then none; what was bought is sold."""
    terminal, account = driver.terminal, driver.account.id
    await driver.wait_for_a_payable_best()
    with driver.standing_market():
        at_exchange = driver.container.world.exchange.quote(SHARE)
        assert at_exchange is not None
        await driver.board_to_show(at_exchange)
        price, displayed = best_ask(at_exchange)
        await driver.buy("entry", displayed + OVER_THE_BEST, price)
        order = await driver.sees("entry", lambda one: one.status is OrderStatus.PARTIALLY_FILLED)
        assert order.filled_quantity == displayed
        assert order.average_price == price
        far = (price * Decimal("0.97") / Decimal("0.1")).to_integral_value(ROUND_FLOOR) * Decimal("0.1")
        await driver.change("entry", displayed + 100, far)
        order = await driver.sees("entry", lambda one: one.request.quantity == displayed + 100)
        assert (order.filled_quantity, order.request.limit_price) == (displayed, far)
        await driver.cancel("entry")
        order = await driver.sees("entry", lambda one: one.status is OrderStatus.CANCELLED)
        assert order.filled_quantity == displayed
    await until(
        lambda: [(row.account, row.quantity) for row in driver.positions.table.model_.rows] == [(account, displayed)],
        "the position is on screen",
    )
    await driver.exit_all()
    assert list(terminal.orders.orders(PAPER)) == []
    assert not terminal.portfolio.positions(PAPER)


def best_ask(quote: Quote) -> tuple[Decimal, int]:
    assert quote.depth is not None
    return quote.depth.asks[0].price, quote.depth.asks[0].quantity


async def lose_the_session_and_log_in_again(driver: LiveDriver) -> None:
    orders = len(driver.orders.table.model_.rows)
    await driver.dial(expire_tokens=True, drop_sockets=True)
    await until(lambda: driver.state is ConnectionState.EXPIRED, "the account is to log in")
    told = next(one for one in driver.notices if one.title == f"{NAME}: log in")
    assert abs(told.time - driver.terminal.clock.now()) < timedelta(minutes=1)
    assert await driver.session_fields() == []
    assert driver.terminal.sessions.feed_age_s(driver.account.id) is None
    before = await driver.calls()
    stood = driver.board.volume

    wall = await driver.open_wall()
    card = driver.card(wall)
    assert card.facts is not None
    assert (card.facts.lamp, card.facts.is_on) == (LampState.EXPIRED, False)
    assert "log in" in card.facts.reason
    driver._click(card.login_button)
    page = await driver.login_page()
    after = await driver.calls()
    assert {route for route in after if after[route] != before.get(route, 0)} <= login_routes(after)
    assert driver.board.volume == stood
    await driver.answer(page)
    await until(lambda: card.facts is not None and card.facts.lamp is LampState.LIVE, "the lamp is live again")
    await driver.close_wall(wall)

    assert shown_identity(driver) is Identity.LIVE
    await until(lambda: (driver.board.volume or 0) > (stood or 0), "prices move again")
    await prices_are_live(driver)
    await until(lambda: len(driver.orders.table.model_.rows) == orders, "the day's orders are there")
    assert driver.order("entry").status is OrderStatus.CANCELLED


def login_routes(calls: dict[str, int]) -> set[str]:
    """The pages of the login."""
    return {route for route in calls if "login" in route}


async def switch_off(driver: LiveDriver) -> None:
    wall = await driver.open_wall()
    card = driver.card(wall)
    driver._click(card.switch)
    await until(lambda: card.facts is not None and card.facts.lamp is LampState.OFF, "the lamp is off")
    assert card.facts is not None
    assert not card.facts.is_on
    assert "You turned it off" in card.facts.reason
    assert await driver.session_fields() == []
    assert "api_secret" in await driver.container.secrets.fields(driver.account.id)
    assert [one.active for one in driver.terminal.accounts.all() if one.id == driver.account.id] == [False]
    await driver.close_wall(wall)
    assert driver.container.rooms.live.hub.feed_age_s(f"{NAME} prices") is None
