"""Every dialog over the window, and the search."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

from PySide6.QtWidgets import QApplication, QDialog, QWidget

from terminal_app.domain.enums import Side
from tests.shots.camera import Camera, visible_over
from tests.shots.day import RELIANCE
from tests.shots.ticket_scenes import Ticket


def open_dialogs() -> list[Any]:
    """The dialogs that are open, lowest first."""
    return [one for one in QApplication.topLevelWidgets() if isinstance(one, QDialog) and one.isVisible()]


def close_all(window: QWidget) -> None:
    """Close everything that stands over the window."""
    for one in reversed(visible_over(window)):
        one.close()


@asynccontextmanager
async def dialog(camera: Camera, action: str | Callable[[], object]) -> AsyncIterator[Any]:
    """The dialog that an action opens; it is cancelled in the end."""
    stage = camera.stage
    stage.trigger(action) if isinstance(action, str) else action()
    await stage.until(open_dialogs, f"a dialog of {action}")
    yield open_dialogs()[-1]
    for one in reversed(open_dialogs()):
        one.reject()
    await stage.until(lambda: not open_dialogs(), "the dialog is closed")


async def accounts(camera: Camera) -> None:
    async with dialog(camera, "accounts"):
        await camera.take("dialog-accounts")


async def new_account(camera: Camera) -> None:
    async with dialog(camera, "new_paper_account") as shown:
        await camera.take("dialog-new-paper")
        shown.name_field.setText("Paper")
        shown.funds_field.set_value(Decimal(500_000))
        shown.create_button.click()
        await camera.take("dialog-new-paper-refused")


async def questions(camera: Camera) -> None:
    stage = camera.stage
    ticket = Ticket(camera)
    price = ticket.trader.price(RELIANCE, "-8")
    await ticket.open(RELIANCE, side=Side.BUY, quantity=50, limit_price=price)
    await stage.settle(0.5)
    async with dialog(camera, ticket.panel.presenter.place):
        await camera.take("dialog-confirm-order")
    await stage.until(lambda: not ticket.panel.presenter.state.is_busy, "the order is given up")
    ticket.close()
    stage.panel("positions")
    async with dialog(camera, "exit_all"):
        await camera.take("dialog-exit-all")
    async with dialog(camera, "kill"):
        await camera.take("dialog-kill")
    stage.container.gate.halt(None, who="Kill switch", why="stopped by you")
    async with dialog(camera, "resume"):
        await camera.take("dialog-resume")
    stage.container.terminal.orders.resume()


async def settings(camera: Camera) -> None:
    async with dialog(camera, "settings") as shown:
        await camera.take("dialog-settings")
        shown.show_keys()
        shown.keys.rows[2].button.captured.emit("Ctrl+K")
        await camera.take("dialog-settings-keys")
    async with dialog(camera, "settings") as shown:
        shown.search.setText("market")
        row = next(one for one in shown.page.rows if one.setting.key == "protection")
        row.control.setText("99")
        await camera.take("dialog-settings-refused", settle_s=0.9)
        shown.search.setText("no such thing")
        await camera.take("dialog-settings-nothing")
        row.reset()


async def help_dialogs(camera: Camera) -> None:
    async with dialog(camera, "keys"):
        await camera.take("dialog-keys")
    async with dialog(camera, "about"):
        await camera.take("dialog-about")


async def search(camera: Camera) -> None:
    stage = camera.stage
    stage.trigger("search")
    presenter = stage.window.presenter
    assert presenter is not None
    palette: Any = presenter.commands._search
    await camera.take("search-open")
    for name, text in (("results", "nifty 24000 ce"), ("commands", "cancel"), ("nothing", "zzz")):
        palette.field.setText(text)
        await camera.take(f"search-{name}", settle_s=0.4)
    palette.close()
