"""A fill: one execution of an order or of part of it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from msgspec import Struct

from terminal_app.domain.enums import Product, Side
from terminal_app.domain.ids import BrokerOrderId, InstrumentId, TradeId


class Fill(Struct, frozen=True):
    """``quantity`` units at ``price`` rupees. ``trade_id`` is unique within an account and trading day; each is counted once."""

    trade_id: TradeId
    broker_order_id: BrokerOrderId
    instrument: InstrumentId
    side: Side
    product: Product
    quantity: int
    price: Decimal
    filled_at: datetime

    @property
    def signed_quantity(self) -> int:
        """Positive for a buy, negative for a sell."""
        return self.side.sign * self.quantity

    @property
    def value(self) -> Decimal:
        """Price times units, unsigned."""
        return self.price * self.quantity
