"""What a broker says that orders would cost: its own calculation, to be held against ours."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from terminal_app.domain.enums import OrderType, Product, Side
from terminal_app.domain.ids import InstrumentId


class ChargedOrder(Struct, frozen=True):
    """An order to be charged as if it were filled at ``price`` (rupees); ``quantity`` is units."""

    instrument: InstrumentId
    side: Side
    quantity: int
    order_type: OrderType
    product: Product
    price: Decimal


class BrokerCharges(Struct, frozen=True):
    """Rupees. ``parts`` names brokerage, transaction tax, exchange charge and the rest, in the order to show them."""

    total: Decimal
    parts: tuple[tuple[str, Decimal], ...] = ()
