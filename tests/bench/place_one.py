"""Starts Bhav as its command does and, as soon as it is ready, places a limit order that rests: for ``start.ready``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from terminal_app.app import trace
from terminal_app.app.cli import run

if TYPE_CHECKING:
    from terminal_app.ui.main_window import MainWindow

SHARE = "NSE:RELIANCE:EQ"
_running: list[Any] = []
"""The loop itself holds tasks weakly."""


def place_when_ready(point: str) -> None:
    """Called with every point of the start."""
    if point != "ready":
        return
    import asyncio

    from PySide6.QtWidgets import QApplication

    from terminal_app.ui.main_window import MainWindow

    window = next(one for one in QApplication.topLevelWidgets() if isinstance(one, MainWindow))
    _running.append(asyncio.get_running_loop().create_task(_place(window)))


async def _place(window: MainWindow) -> None:
    from terminal_app.domain.enums import OrderStatus, OrderType, Product, Side
    from terminal_app.domain.ids import InstrumentId
    from terminal_app.domain.messages import OrderChanged
    from terminal_app.domain.order import OrderRequest

    terminal = window.terminal
    assert terminal is not None
    instrument = terminal.market.instrument(InstrumentId.parse(SHARE))
    assert instrument is not None

    def heard(message: OrderChanged) -> None:
        if message.order.status is OrderStatus.OPEN:
            trace.trace("order_open")

    terminal.bus.subscribe(OrderChanged, heard)
    request = OrderRequest(
        instrument.id, Side.BUY, 1, OrderType.LIMIT, Product.INTRADAY, limit_price=instrument.lower_circuit
    )
    # At the lowest price that the exchange takes today, so that it rests.
    await terminal.orders.place(terminal.accounts.all()[0].id, request)


if __name__ == "__main__":
    trace.listen(place_when_ready)
    sys.exit(run(sys.argv[1:]))
