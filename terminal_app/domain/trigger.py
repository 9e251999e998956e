"""Stored triggers: orders that wait at the broker for a price and outlive this program (GTT, with or without its OCO half)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import NewType

from msgspec import Struct

from terminal_app.domain.enums import OrderType, Product, Side
from terminal_app.domain.ids import BrokerOrderId, InstrumentId

TriggerId = NewType("TriggerId", str)
"""The broker's name of a stored trigger."""


class TriggerKind(StrEnum):
    """One leg, or two of which the first that fires cancels the other."""

    SINGLE = "SINGLE"
    OCO = "OCO"


class TriggerStatus(StrEnum):
    """What became of a stored trigger."""

    ACTIVE = "ACTIVE"
    TRIGGERED = "TRIGGERED"
    CANCELLED = "CANCELLED"
    EXPIRED = "EXPIRED"
    REJECTED = "REJECTED"
    DISABLED = "DISABLED"


class TriggerLeg(Struct, frozen=True):
    """The order that is sent when the market reaches ``trigger_price``. ``quantity`` is units, prices are rupees."""

    trigger_price: Decimal
    side: Side
    quantity: int
    product: Product
    order_type: OrderType = OrderType.LIMIT
    limit_price: Decimal | None = None


class TriggerRequest(Struct, frozen=True):
    """A trigger to be stored. SINGLE has one leg; OCO two: the stop (below the market of a long) and the target.

    ``last_price`` is the market when it was made, which brokers want to know.
    """

    instrument: InstrumentId
    kind: TriggerKind
    legs: tuple[TriggerLeg, ...]
    last_price: Decimal


class StoredTrigger(Struct, frozen=True):
    """A trigger as the broker has it. Times are aware UTC. ``order_ids`` are the orders that came of it."""

    id: TriggerId
    request: TriggerRequest
    status: TriggerStatus
    created_at: datetime
    updated_at: datetime
    expires_at: datetime | None = None
    order_ids: tuple[BrokerOrderId, ...] = ()
    reason: str = ""
