"""The whole terminal without its window, over a home of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from terminal_app.app.container import Container
from terminal_app.app.options import parse
from terminal_app.app.paths import Paths
from terminal_app.app.start import build_snapshot
from terminal_app.domain.enums import OrderType, Product, Side
from terminal_app.domain.ids import AccountId, InstrumentId
from terminal_app.domain.messages import Notice, NoticePosted
from terminal_app.domain.order import Order, OrderRequest
from terminal_app.services.terminal import Terminal
from tests.helpers.async_tests import until

RELIANCE = InstrumentId.parse("NSE:RELIANCE:EQ")
PAPER = AccountId("paper")


@dataclass
class Headless:
    """A running terminal with what it told."""

    container: Container
    terminal: Terminal
    home: Path
    notices: list[Notice] = field(default_factory=list)

    async def price(self, instrument: InstrumentId = RELIANCE) -> Any:
        """The quote, once there is one with both sides."""
        self.terminal.market.watch("test", [instrument])
        await until(lambda: self.terminal.market.quote(instrument).ask is not None)
        return self.terminal.market.quote(instrument)

    async def buy(self, quantity: int = 1, **changes: Any) -> Order:
        """Buy at a limit far above the market, unless told otherwise; the order as it is when it was answered."""
        quote = await self.price()
        fields: dict[str, Any] = {
            "instrument": RELIANCE,
            "side": Side.BUY,
            "quantity": quantity,
            "order_type": OrderType.LIMIT,
            "product": Product.INTRADAY,
            "limit_price": quote.depth.asks[-1].price,
        }
        orders = await self.terminal.orders.place(PAPER, OrderRequest(**(fields | changes)))
        return orders[0]

    def told(self, words: str) -> Notice | None:
        """The notice that contains these words."""
        return next((notice for notice in self.notices if words in f"{notice.title} {notice.text}"), None)


@asynccontextmanager
async def headless(home: Path, arguments: Sequence[str] = ()) -> AsyncIterator[Headless]:
    """Open the terminal over ``home`` as the command line would, and close it in the end."""
    options = parse([*arguments])
    paths = Paths.under(home)
    paths.prepare()
    snapshot = build_snapshot(options, paths)
    notices: list[Notice] = []
    snapshot.bus.subscribe(NoticePosted, lambda message: notices.append(message.notice))
    container = Container(options, paths, snapshot.bus, snapshot.settings, snapshot.watchlists, snapshot.accounts)
    terminal = await container.open()
    try:
        snapshot.set_clock(terminal.clock)
        await container.start()
        yield Headless(container, terminal, home, notices)
    finally:
        await container.aclose()
