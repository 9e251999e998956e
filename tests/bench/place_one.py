"""Starts Bhav as its command does and, as soon as it is ready, places one limit order that rests: for ``start.ready``."""

from __future__ import annotations

import sys
from decimal import ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING

from terminal_app.app import trace
from terminal_app.app.cli import run

if TYPE_CHECKING:
    from terminal_app.ui.main_window import MainWindow

SHARE = "NSE:RELIANCE:EQ"
BELOW_MARKET = Decimal("0.97")


def place_when_ready(point: str) -> None:
    """Called with every point of the start."""
    if point != "ready":
        return
    from PySide6.QtWidgets import QApplication

    from terminal_app.ui.main_window import MainWindow

    window = next(one for one in QApplication.topLevelWidgets() if isinstance(one, MainWindow))
    window.desk.run(_place(window), "place the bench's order")


async def _place(window: MainWindow) -> None:
    from terminal_app.domain.enums import OrderStatus, OrderType, Product, Side
    from terminal_app.domain.ids import InstrumentId
    from terminal_app.domain.messages import OrderChanged
    from terminal_app.domain.order import OrderRequest

    terminal = window.desk.terminal
    assert terminal is not None
    share = InstrumentId.parse(SHARE)
    instrument = terminal.market.instrument(share)
    last = terminal.market.quote(share).last_price or terminal.market.quote(share).previous_close
    assert instrument is not None
    assert last is not None
    ticks = (last * BELOW_MARKET / instrument.tick_size).to_integral_value(ROUND_FLOOR)

    def heard(message: OrderChanged) -> None:
        if message.order.status is OrderStatus.OPEN:
            trace.trace("order_open")

    terminal.bus.subscribe(OrderChanged, heard)
    request = OrderRequest(
        share, Side.BUY, 1, OrderType.LIMIT, Product.INTRADAY, limit_price=ticks * instrument.tick_size
    )
    await terminal.orders.place(window.snapshot.accounts.all()[0].id, request)


if __name__ == "__main__":
    trace.listen(place_when_ready)
    sys.exit(run(sys.argv[1:]))
