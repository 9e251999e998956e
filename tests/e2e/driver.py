"""A program that trades the session in its home and prints what it has been told: `python -m tests.e2e.driver HOME RECORDING`.

One JSON line a fact. First the book as a start finds it ("book"), once no order is without an answer; then it waits for a line
on its standard input. After that: "fill" and "order" as the terminal announces them, "step" when one is done, "end" at the end.
It takes the session up where the book stands, so that it can be killed and started again.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from terminal_app.app.container import Container
from terminal_app.domain.bus import Bus
from terminal_app.domain.enums import OrderStatus
from terminal_app.domain.fill import Fill
from terminal_app.domain.ids import AccountId
from terminal_app.domain.messages import FillAdded, OrderChanged
from terminal_app.domain.order import Order
from tests.e2e.headless import ServiceDriver, opened, until
from tests.e2e.session import STEPS, Cancel, ExitAll, Look, Modify, Place, Step, Switch, moment

_REFUSED = (OrderStatus.DENIED, OrderStatus.REJECTED)


def say(fact: str, **content: Any) -> None:
    """One fact; whoever reads it may rely on it from now on."""
    sys.stdout.write(json.dumps({"fact": fact, **content}) + "\n")
    sys.stdout.flush()


def order_facts(account: AccountId, order: Order) -> dict[str, Any]:
    """What a user sees of an order."""
    request = order.request
    return {
        "account": account,
        "client_id": order.client_id,
        "broker_id": order.broker_id,
        "instrument": request.instrument.text,
        "side": request.side.value,
        "quantity": request.quantity,
        "limit": None if request.limit_price is None else f"{request.limit_price:f}",
        "status": order.status.value,
        "filled": order.filled_quantity,
        "average": None if order.average_price is None else f"{order.average_price:f}",
    }


def fill_facts(account: AccountId, fill: Fill) -> dict[str, Any]:
    """What a user sees of a fill."""
    return {
        "account": account,
        "trade_id": fill.trade_id,
        "broker_id": fill.broker_order_id,
        "instrument": fill.instrument.text,
        "product": fill.product.value,
        "side": fill.side.value,
        "quantity": fill.quantity,
        "price": f"{fill.price:f}",
        "at": fill.filled_at.isoformat(),
    }


def book_facts(container: Container) -> dict[str, Any]:
    """The whole book as the terminal shows it."""
    terminal = container.terminal
    positions, funds = [], {}
    for account in terminal.accounts.all():
        for view in terminal.portfolio.positions(account.id):
            position = view.position
            positions.append(
                {
                    "account": account.id,
                    "instrument": position.instrument.text,
                    "product": position.product.value,
                    "quantity": position.quantity,
                    "average": f"{position.average_price:f}",
                    "realised": f"{position.realised_pnl:f}",
                    "differs": view.differs is not None,
                }
            )
        money = terminal.portfolio.funds(account.id)
        assert money is not None
        parts = {name: f"{amount:f}" for name, amount in money.parts}
        funds[account.id] = {"opening": f"{money.opening:f}", "available": f"{money.available:f}", "parts": parts}
    return {
        "now": container.world.exchange.now.isoformat(),
        "accounts": {account.name: account.id for account in terminal.accounts.all()},
        "orders": [order_facts(account, order) for account, order in terminal.orders.orders(None)],
        "fills": [fill_facts(account, fill) for account, fill in terminal.orders.fills(None)],
        "positions": positions,
        "funds": funds,
    }


def _is_of(order: Order, step: Place, quantities: tuple[int, ...]) -> bool:
    """Whether this is the order of a step: no two orders of the session are alike in this."""
    request = order.request
    wanted = (step.instrument, step.side, step.product)
    return (request.instrument, request.side, request.product) == wanted and request.quantity in quantities


class ResumingDriver(ServiceDriver):
    """Leaves out what a run before this one has done already, as the book says."""

    def adopt(self) -> None:
        """Find the session's orders in the book."""
        later = {step.name: step.quantity for step in STEPS if isinstance(step, Modify)}
        orders = [row for row in self.terminal.orders.orders(None) if row[1].status not in _REFUSED]
        for step in STEPS:
            if isinstance(step, Place):
                quantities = (step.quantity, later.get(step.name, step.quantity))
                found = [row for row in orders if _is_of(row[1], step, quantities)]
                if found:
                    self.named[step.name] = found[0]

    def is_done(self, step: Step) -> bool:
        """Whether the book shows that a step was done."""
        match step:
            case Place():
                return step.name in self.named
            case Modify():
                return self.order(step.name)[1].request.quantity == step.quantity
            case Cancel():
                return self.order(step.name)[1].status.is_closed
            case Look() | ExitAll() | Switch():
                return self.container.world.exchange.now > moment(step.at)
        return False


async def settled(container: Container) -> None:
    """Until no order is without an answer."""
    orders = container.terminal.orders
    await until(
        lambda: not any(order.status.is_in_flight for _account, order in orders.orders(None)), "orders have an answer"
    )


async def run(home: Path, recording: Path) -> None:
    """One life of the program."""

    def failed(error: BaseException, _message: object) -> None:
        say("fault", text=repr(error))

    bus = Bus(failed)
    async with opened(home, recording, bus) as container:
        driver = ResumingDriver(container)
        await driver.prepare()
        await settled(container)
        for account in container.terminal.accounts.all():
            await container.terminal.portfolio.refresh(account.id)
        say("book", **book_facts(container))
        bus.subscribe(FillAdded, lambda message: say("fill", **fill_facts(message.account, message.fill)))
        bus.subscribe(OrderChanged, lambda message: say("order", **order_facts(message.account, message.order)))
        await asyncio.to_thread(sys.stdin.readline)
        driver.adopt()
        for number, step in enumerate(STEPS):
            if not driver.is_done(step):
                await driver.do(step)
            say("step", number=number)
        for account in container.terminal.accounts.all():
            await container.terminal.portfolio.refresh(account.id)
        say("end", **book_facts(container))
        await asyncio.to_thread(sys.stdin.readline)


if __name__ == "__main__":
    asyncio.run(run(Path(sys.argv[1]), Path(sys.argv[2])))
