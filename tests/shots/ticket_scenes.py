"""The order ticket with everything that it can say."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from terminal_app.domain.enums import Exchange, OptionKind, OrderType, Side
from terminal_app.domain.ids import InstrumentId
from terminal_app.ui.drafts import TicketDraft
from tests.shots.camera import Camera
from tests.shots.day import CNC, NIFTY, NRML, PAPER, RELIANCE, Trader, partly_filled, share


class Ticket:
    """The ticket in front of the camera."""

    def __init__(self, camera: Camera) -> None:
        self.camera, self.stage = camera, camera.stage
        self.trader = Trader(camera.stage)
        self.panel: Any = camera.stage.panel("ticket")

    async def open(self, instrument: InstrumentId, **fields: Any) -> None:
        """Fill it from a draft."""
        self.stage.window.desk.open_ticket(TicketDraft(instrument, **fields))
        await self.stage.go(1)

    async def take(self, name: str, settle_s: float = 0.32) -> None:
        """A picture of the dock, once the preview is there."""
        await self.camera.take(f"ticket-{name}", of=self.stage.window.workspace.group("right"), settle_s=settle_s)

    def close(self) -> None:
        """Empty it."""
        self.panel.presenter.close()


async def usual(camera: Camera) -> None:
    ticket = Ticket(camera)
    price = ticket.trader.price
    await ticket.open(RELIANCE, side=Side.BUY, quantity=50, limit_price=price(RELIANCE, "-0.1"))
    await ticket.take("limit-buy")
    await ticket.open(RELIANCE, side=Side.BUY, quantity=50, limit_price=price(RELIANCE) + Decimal("0.03"))
    await ticket.take("wrong-price")
    await ticket.open(RELIANCE, side=Side.SELL, quantity=250, order_type=OrderType.MARKET)
    await ticket.take("market-sell")
    await ticket.open(RELIANCE, side=Side.SELL, quantity=100, trigger_price=price(RELIANCE, "-0.5"))
    await ticket.take("stop")
    await ticket.open(share("TITAN"), side=Side.BUY, quantity=5, product=CNC)
    await ticket.take("delivery")
    ticket.close()


async def contracts(camera: Camera) -> None:
    ticket = Ticket(camera)
    trader = ticket.trader
    call = trader.option("NIFTY", NIFTY, OptionKind.CE)
    await ticket.stage.price(call)
    await ticket.open(call, side=Side.BUY, quantity=trader.lots(call, 2), product=NRML)
    await ticket.take("option")
    far = trader.option("NIFTY", NIFTY, OptionKind.CE, 14)
    await ticket.stage.price(far)
    await ticket.open(far, side=Side.BUY, quantity=trader.lots(far, 60), product=NRML)
    await ticket.take("slices")
    await ticket.open(call, side=Side.SELL, quantity=trader.lots(call, 40), product=NRML)
    await ticket.take("short-of-money")
    await ticket.open(InstrumentId.index(Exchange.NSE, "NIFTY 50"))
    await ticket.take("index")
    ticket.close()


async def doubts(camera: Camera) -> None:
    ticket, stage = Ticket(camera), camera.stage
    await ticket.open(RELIANCE, side=Side.BUY, quantity=50)
    stage.time.silence_s = 14
    await ticket.take("old-price")
    stage.time.silence_s = 0
    stage.container.gate.halt(None, who="Kill switch", why="stopped by you")
    await ticket.take("halted")
    stage.container.terminal.orders.resume()
    stage.container.terminal.accounts.switch(None)
    await ticket.open(RELIANCE, side=Side.BUY, quantity=50)
    await ticket.take("all-accounts")
    stage.container.terminal.accounts.switch(PAPER)
    ticket.close()


async def changing(camera: Camera) -> None:
    ticket, stage = Ticket(camera), camera.stage
    async with partly_filled(stage) as working:
        assert working.request.limit_price is not None
        draft = TicketDraft(working.instrument, modifies=(PAPER, working.client_id))  # type: ignore[arg-type]
        stage.window.desk.open_ticket(draft)
        await ticket.take("modify-untouched")
        ticket.panel.presenter.edit("limit_price", f"{working.request.limit_price + Decimal('0.10')}")
        await ticket.take("modify")
    ticket.close()


async def sending(camera: Camera) -> None:
    ticket, stage = Ticket(camera), camera.stage
    faults, price = stage.container.world.exchange.faults, ticket.trader.price
    await ticket.open(share("ITC"), side=Side.BUY, quantity=10, limit_price=price(share("ITC"), "-1"), product=CNC)
    await stage.settle(0.4)
    faults.answer_delay_s = 1.5
    ticket.panel.presenter.place()
    await ticket.take("sending", 0.2)
    faults.answer_delay_s = 0.0
    await stage.until(lambda: not ticket.panel.presenter.state.is_busy, "the order is answered")
    await ticket.take("sent", 0.1)
    await _cancel(camera, share("ITC"))
    await ticket.open(share("MARUTI"), side=Side.BUY, quantity=5, product=CNC)
    await stage.settle(0.5)
    faults.reject_next.append("RMS: this share is not traded intraday today; choose delivery.")
    ticket.panel.presenter.place()
    await stage.until(lambda: not ticket.panel.presenter.state.is_busy, "the order is refused")
    await ticket.take("rejected", 0.1)
    ticket.close()


async def _cancel(camera: Camera, instrument: InstrumentId) -> None:
    orders = camera.stage.container.terminal.orders
    for account, order in orders.orders(PAPER):
        if order.instrument == instrument and order.status.is_open and order.client_id is not None:
            await orders.cancel(account, order.client_id)
