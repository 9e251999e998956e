"""The main window: the first day, a full day, all accounts, halted, and what goes wrong around it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

from terminal_app.domain.enums import OrderType, Side
from terminal_app.domain.order import OrderRequest
from terminal_app.ui.dialogs.welcome import WelcomeCard
from tests.shots.camera import Camera, visible_over
from tests.shots.day import MIS, PAPER, RELIANCE, Trader
from tests.shots.stage import Stage


def dismiss_welcome(stage: Stage) -> None:
    """Take the first day's card away."""
    card = stage.window.findChild(WelcomeCard)
    if card is not None:
        card.dismiss()


@contextmanager
def without_welcome(stage: Stage) -> Iterator[None]:
    """Look at what is behind the first day's card."""
    card = stage.window.findChild(WelcomeCard)
    if card is not None:
        card.hide()
    yield
    if card is not None:
        card.show()


async def first_day(camera: Camera) -> None:
    camera.stage.panel("positions")
    camera.stage.panel("watchlist")
    await camera.take("main-empty")


async def full_day(camera: Camera) -> None:
    stage = camera.stage
    stage.window.desk.choose(RELIANCE)
    stage.panel("positions").table.clearSelection()
    stage.panel("ticket")
    await stage.go(1)
    await camera.take("main-full", settle_s=2.5)  # until the loop's lag is an idle window's again


async def all_accounts(camera: Camera) -> None:
    accounts = camera.stage.container.terminal.accounts
    accounts.switch(None)
    camera.stage.panel("positions")
    await camera.take("main-all-accounts")
    camera.stage.panel("orders")
    await camera.take("main-all-accounts-orders")
    accounts.switch(PAPER)


async def account_list(camera: Camera) -> None:
    presenter = camera.stage.window.presenter
    assert presenter is not None
    presenter.accounts.open_list()
    await camera.take("main-account-list")
    for widget in visible_over(camera.stage.window):
        widget.close()


async def menu(camera: Camera) -> None:
    from PySide6.QtCore import QPoint
    from PySide6.QtWidgets import QMenuBar

    bar = camera.stage.window.findChild(QMenuBar)
    assert bar is not None
    for name in ("View", "Trade"):
        action = next(one for one in bar.actions() if one.text() == name)
        opened = action.menu()
        assert opened is not None
        opened.popup(bar.mapToGlobal(QPoint(bar.actionGeometry(action).left(), bar.height())))  # type: ignore[attr-defined]
        await camera.take(f"main-menu-{name.lower()}")
        opened.close()  # type: ignore[attr-defined]


async def halted(camera: Camera) -> None:
    stage = camera.stage
    gate = stage.container.gate
    gate.halt(None, who="Kill switch", why="stopped by you")
    stage.panel("positions")
    await camera.take("main-halted")
    stage.container.terminal.orders.resume()


async def toasts(camera: Camera) -> None:
    desk = camera.stage.window.desk
    desk.toast("Filled: BUY 130 NIFTY 24000 PE 23 NOV", "at 104.20, PAPER, Paper", "buy")
    desk.toast("Trading is resumed", "New orders are sent again.", "profit")
    desk.toast(
        "Rejected: BUY 400 MARUTI",
        "Margin shortfall: ₹61,04,800.00 are needed and ₹2,86,196.90 are available. PAPER, Paper",
        "error",
    )
    await camera.take("main-toasts", toasts=True)


async def corrupt_recording(camera: Camera) -> None:
    camera.stage.panel("log")
    await camera.take("main-corrupt-recording")


async def locked_database(camera: Camera) -> None:
    stage = camera.stage
    trader = Trader(stage)
    await stage.price(RELIANCE)
    request = OrderRequest(RELIANCE, Side.BUY, 10, OrderType.LIMIT, MIS, limit_price=trader.price(RELIANCE))
    with closing(sqlite3.connect(stage.home / "data" / "bhav.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        await stage.container.terminal.orders.place(PAPER, request)
        stage.panel("orders")
        await camera.take("main-locked-database", toasts=True)
        stage.panel("log")
        await camera.take("panel-log-failures", of=stage.window.workspace.group("bottom"))
        other.execute("ROLLBACK")


async def stopped_market(camera: Camera) -> None:
    stage = camera.stage
    await stage.until(stage.container.terminal.notices.lasting, "the market's stop is told")
    stage.time.silence_s = 14
    for name in ("positions", "funds", "log"):
        stage.panel(name)
        await camera.take(f"main-stopped-{name}", toasts=name == "positions")


async def replay(camera: Camera) -> None:
    camera.stage.panel("positions")
    await camera.take("main-replay")
