"""Orders, stored triggers and conversions of a Zerodha account. Nothing here is ever sent twice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from terminal_app.brokers.ratelimit import CallClass
from terminal_app.brokers.zerodha import requests
from terminal_app.brokers.zerodha.api import KiteApi
from terminal_app.brokers.zerodha.codes import PRODUCT_CODES, VARIETY_CODES
from terminal_app.brokers.zerodha.fields import Fields
from terminal_app.brokers.zerodha.listing import Listing
from terminal_app.brokers.zerodha.triggers import read_trigger_id
from terminal_app.domain.enums import Product, Side
from terminal_app.domain.errors import OrderRejected, OrderUnknown, ProtocolError
from terminal_app.domain.ids import BrokerOrderId, ClientTag
from terminal_app.domain.order import OrderChange, OrderRef, OrderRequest
from terminal_app.domain.position import PositionKey
from terminal_app.domain.trigger import TriggerId, TriggerRequest


class ZerodhaExecution:
    """Every call raises OrderRejected where the answer is definite, OrderUnknown where it may have been carried out.

    SessionExpired, RateLimited, NotPermitted and NotSent mean that nothing was changed. ``varieties`` are the words under which
    Kite keeps the orders that were read, where they are not those of the order's variety.
    """

    def __init__(self, api: KiteApi, listing: Listing, varieties: Mapping[BrokerOrderId, str]) -> None:
        self._api = api
        self._listing = listing
        self._varieties = varieties

    async def place(self, order: OrderRequest, tag: ClientTag) -> BrokerOrderId:
        """Send a new order once. Raises OrderRejected, OrderUnknown, BrokerError."""
        form = requests.place_form(order, await self._listing.tradable(order.instrument), tag)
        path = f"/orders/{VARIETY_CODES[order.variety]}"
        return BrokerOrderId(_named(await self._api.write("POST", path, CallClass.PLACE, form=form), "order_id"))

    async def modify(self, order: OrderRef, change: OrderChange) -> None:
        """Change a working order. Raises OrderRejected, OrderUnknown, BrokerError."""
        form = requests.modify_form(order.broker_order_id, self._variety(order), change)
        _named(await self._api.write("PUT", self._path(order), CallClass.MODIFY, form=form), "order_id")

    async def cancel(self, order: OrderRef) -> None:
        """Ask for an order to be cancelled. Raises OrderRejected, OrderUnknown, BrokerError."""
        _named(await self._api.write("DELETE", self._path(order), CallClass.CANCEL), "order_id")

    async def place_trigger(self, trigger: TriggerRequest) -> TriggerId:
        """Store a trigger (GTT) once. Raises OrderRejected, OrderUnknown, BrokerError."""
        form = requests.trigger_form(trigger, await self._listing.tradable(trigger.instrument))
        return _trigger(await self._api.write("POST", "/gtt/triggers", CallClass.PLACE, form=form))

    async def modify_trigger(self, id: TriggerId, trigger: TriggerRequest) -> None:
        """Replace what a stored trigger says. Raises OrderRejected, OrderUnknown, BrokerError."""
        form = requests.trigger_form(trigger, await self._listing.tradable(trigger.instrument))
        _trigger(await self._api.write("PUT", f"/gtt/triggers/{id}", CallClass.MODIFY, form=form))

    async def cancel_trigger(self, id: TriggerId) -> None:
        """Delete a stored trigger. Raises OrderRejected, OrderUnknown, BrokerError."""
        _trigger(await self._api.write("DELETE", f"/gtt/triggers/{id}", CallClass.CANCEL))

    async def convert(self, position: PositionKey, side: Side, quantity: int, to: Product, *, carried: bool) -> None:
        """Turn part of a position into another product. Raises OrderRejected, OrderUnknown, BrokerError."""
        instrument = await self._listing.tradable(position.instrument)
        if position.product not in PRODUCT_CODES or to not in PRODUCT_CODES:
            raise OrderRejected("Zerodha has no such product: nothing was sent.", requests.NOT_OFFERED)
        form = requests.convert_form(instrument, side, quantity, position.product, to, carried=carried)
        done = await self._api.write("PUT", "/portfolio/positions", CallClass.MODIFY, form=form)
        if done is not True:
            raise OrderUnknown("Zerodha did not say whether the position was converted: look at the positions.")

    def _variety(self, order: OrderRef) -> str:
        return self._varieties.get(order.broker_order_id, VARIETY_CODES[order.variety])

    def _path(self, order: OrderRef) -> str:
        return f"/orders/{self._variety(order)}/{order.broker_order_id}"


def _named(data: Any, field: str) -> str:
    try:
        return Fields(data, "answer").text(field)
    except ProtocolError as error:
        raise OrderUnknown(f"The answer was not understood. {error.message}") from error


def _trigger(data: Any) -> TriggerId:
    try:
        return read_trigger_id(data)
    except ProtocolError as error:
        raise OrderUnknown(f"The answer was not understood. {error.message}") from error
