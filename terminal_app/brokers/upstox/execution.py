"""Everything that can change an order at Upstox. Each request is sent once."""

from __future__ import annotations

from terminal_app.brokers.http import CallClass
from terminal_app.brokers.upstox import orders
from terminal_app.brokers.upstox.fields import Fields
from terminal_app.brokers.upstox.line import Line
from terminal_app.brokers.upstox.listing import Listing
from terminal_app.brokers.upstox.memory import OrderMemory
from terminal_app.brokers.upstox.triggers import Triggers
from terminal_app.domain.enums import InstrumentKind, Product, Side
from terminal_app.domain.errors import OrderRejected, OrderUnknown, ProtocolError
from terminal_app.domain.ids import BrokerOrderId, ClientTag, InstrumentId
from terminal_app.domain.instrument import Instrument
from terminal_app.domain.order import OrderChange, OrderRef, OrderRequest
from terminal_app.domain.position import PositionKey
from terminal_app.domain.trigger import TriggerId, TriggerRequest


class UpstoxExecution:
    """Fulfils Execution, TriggerExecution and ConvertExecution of ``brokers.base``."""

    def __init__(self, line: Line, listing: Listing, memory: OrderMemory, triggers: Triggers) -> None:
        self._line = line
        self._listing = listing
        self._memory = memory
        self._triggers = triggers

    async def place(self, order: OrderRequest, tag: ClientTag) -> BrokerOrderId:
        """Send a new order once. Raises OrderDenied, OrderRejected, OrderUnknown, BrokerError."""
        body = orders.place_body(order, (await self._traded(order.instrument)).broker_token, tag)
        answer = await self._line.write("POST", "/v3/order/place", CallClass.PLACE, body=body)
        ids = _said(answer, "order_ids")
        if len(ids) != 1:
            raise OrderUnknown(f"Upstox made {len(ids)} orders of one: look at the order book.")
        made = BrokerOrderId(ids[0])
        self._memory.keep(made, order)
        return made

    async def modify(self, order: OrderRef, change: OrderChange) -> None:
        """Change a working order. Upstox wants it whole: it is taken as the stream told it, else read first.

        Raises OrderDenied, OrderRejected, OrderUnknown, BrokerError.
        """
        name = order.broker_order_id
        wish = orders.changed(await self._memory.request(name), change)
        body = orders.modify_body(name, wish, change.quantity)
        answer = await self._line.write("PUT", "/v3/order/modify", CallClass.MODIFY, body=body)
        _confirm(answer, name)
        self._memory.keep(name, wish)

    async def cancel(self, order: OrderRef) -> None:
        """Ask for an order to be cancelled. Raises OrderRejected, OrderUnknown, BrokerError."""
        params = [("order_id", str(order.broker_order_id))]
        answer = await self._line.write("DELETE", "/v3/order/cancel", CallClass.CANCEL, params=params)
        _confirm(answer, order.broker_order_id)

    async def convert(self, position: PositionKey, side: Side, quantity: int, to: Product, *, carried: bool) -> None:
        """Turn part of a position into another product; Upstox does not ask since when it is open.

        Raises OrderDenied, OrderRejected, OrderUnknown, BrokerError.
        """
        key = (await self._traded(position.instrument)).broker_token
        body = orders.convert_body(key, side, quantity, position.product, to)
        answer = await self._line.write(
            "PUT", "/v2/portfolio/convert-position", CallClass.MODIFY, body=body, host="rest"
        )
        status = _text(answer, "status")
        if status.lower() != "complete":
            raise OrderUnknown(f"Upstox says “{status[:40]}” of the conversion: look at the positions.")

    async def place_trigger(self, trigger: TriggerRequest) -> TriggerId:
        """Store a trigger once. Raises OrderDenied, OrderRejected, OrderUnknown, BrokerError."""
        return await self._triggers.place(trigger, await self._traded(trigger.instrument))

    async def modify_trigger(self, id: TriggerId, trigger: TriggerRequest) -> None:
        """Replace what a stored trigger says. Raises OrderDenied, OrderRejected, OrderUnknown, BrokerError."""
        await self._triggers.modify(id, trigger)

    async def cancel_trigger(self, id: TriggerId) -> None:
        """Delete a stored trigger. Raises OrderRejected, OrderUnknown, BrokerError."""
        await self._triggers.cancel(id)

    async def _traded(self, id: InstrumentId) -> Instrument:
        instrument = await self._listing.find(id)
        if instrument is None:
            raise OrderRejected(f"Upstox does not list {id}.")
        if instrument.kind is InstrumentKind.INDEX:
            raise OrderRejected(f"{instrument.label} is an index: it is shown, not traded.")
        return instrument


def _said(answer: Fields, name: str) -> list[str]:
    try:
        return answer.texts(name)
    except ProtocolError as error:
        raise OrderUnknown(f"Upstox's answer was not understood: {error.message}") from None


def _text(answer: Fields, name: str) -> str:
    try:
        return answer.text(name)
    except ProtocolError as error:
        raise OrderUnknown(f"Upstox's answer was not understood: {error.message}") from None


def _confirm(answer: Fields, id: BrokerOrderId) -> None:
    said = _text(answer, "order_id")
    if said != id:
        raise OrderUnknown(f"Upstox answered for the order {said[:40]} instead of {id}: look at the order book.")
