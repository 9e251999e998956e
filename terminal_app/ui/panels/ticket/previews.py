"""Asks for an order's preview while it is being typed: a little later than the keystroke, and never showing a late answer."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from terminal_app.domain.errors import BhavError
from terminal_app.domain.order import OrderRequest
from terminal_app.ui.panels.ticket.state import Figures

if TYPE_CHECKING:
    import asyncio

    from terminal_app.domain.ids import AccountId
    from terminal_app.domain.instrument import Instrument
    from terminal_app.services.orders import OrderService, Preview
    from terminal_app.ui.desk import Desk

DELAY_S = 0.12
_FIT_TRIES = 3


class Previewer:
    """Holds the latest figures. While a newer answer is on its way the old ones stay, marked as not fresh."""

    def __init__(self, desk: Desk, changed: Callable[[], None], delay_s: float = DELAY_S) -> None:
        self._desk = desk
        self._changed = changed
        self._delay_s = delay_s
        self._wanted: tuple[AccountId, OrderRequest] | None = None
        self._generation = 0
        self._task: asyncio.Task[Any] | None = None
        self.figures = Figures()

    def want(self, orders: OrderService, account: AccountId, request: OrderRequest, instrument: Instrument) -> None:
        """Have the figures of this order; asking for the same again does nothing."""
        if (account, request) == self._wanted:
            return
        self._begin()
        self._wanted = (account, request)
        self.figures = Figures(self.figures.preview, is_fresh=False)
        work = self._fetch(orders, account, request, instrument, self._generation)
        self._task = self._desk.run(work, "The order could not be previewed", "orders")

    def again(self) -> None:
        """Money or positions changed: the next ``want`` asks anew."""
        self._wanted = None

    def forget(self) -> None:
        """There is nothing to preview: no figures, and answers on their way are dropped."""
        self._begin()
        self._wanted = None
        self.figures = Figures()

    def _begin(self) -> None:
        self._generation += 1
        if self._task is not None and not self._task.done():
            self._task.cancel()
        self._task = None

    async def _fetch(
        self, orders: OrderService, account: AccountId, request: OrderRequest, instrument: Instrument, generation: int
    ) -> None:
        import asyncio

        await asyncio.sleep(self._delay_s)
        try:
            preview = await orders.preview(account, request)
            fits = await self._fitting(orders, account, request, instrument, preview)
        except BhavError as error:
            # The order can still be placed: the broker has the last word on its margin.
            self._settle(Figures(None, trouble=error.message), generation)
            return
        self._settle(Figures(preview, fits=fits), generation)

    def _settle(self, figures: Figures, generation: int) -> None:
        if generation == self._generation:
            self.figures = figures
            self._changed()

    async def _fitting(
        self, orders: OrderService, account: AccountId, request: OrderRequest, instrument: Instrument, preview: Preview
    ) -> int | None:
        """The most units that the free money allows, asked for and not only reckoned; None where it is enough or not found."""
        required, available = preview.margin_required, preview.margin_available
        if required <= available:
            return None
        lot = max(1, instrument.lot_size)
        lots = int(Decimal(request.quantity // lot) * max(Decimal(0), available) / required)
        for _ in range(_FIT_TRIES):
            if lots < 1:
                return 0
            smaller = await orders.preview(account, replace(request, quantity=lots * lot))
            if smaller.margin_required <= smaller.margin_available:
                return lots * lot
            lots -= max(1, lots // 50)
        return None
