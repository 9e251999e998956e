"""An order as the simulated exchange keeps it while it lives."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from terminal_app.domain.enums import OrderStatus, Side
from terminal_app.domain.ids import AccountId, BrokerOrderId, ClientTag
from terminal_app.domain.instrument import Instrument
from terminal_app.domain.order import Order, OrderRequest
from terminal_app.domain.values import ceil_to_step, floor_to_step, from_paise, to_paise


class Stage(StrEnum):
    """Where an order stands in the matching."""

    STOP = "STOP"  # waits for its trigger
    AUCTION = "AUCTION"  # collected for a match at one price
    ARRIVING = "ARRIVING"  # waits for a price that may be used
    RESTING = "RESTING"  # in the queue at its limit
    DONE = "DONE"


class ExchangeOrder(Struct, eq=False):
    """One order of one account. Prices in paise, quantities in units, times aware UTC.

    ``limit_paise`` is None for a market order that has met no price yet. ``sequence`` is its time priority: a smaller
    one came earlier. ``ahead`` is the displayed quantity that stands before it in the queue, ``displayed`` what was
    displayed at its price when that was last seen; None where the price is out of sight.
    """

    account: AccountId
    order_id: BrokerOrderId
    tag: ClientTag | None
    instrument: Instrument
    row: int
    request: OrderRequest
    sequence: int
    placed_at: datetime
    updated_at: datetime
    protection: Decimal
    stage: Stage
    limit_paise: int | None = None
    trigger_paise: int | None = None
    triggered: bool = False
    filled: int = 0
    value_paise: int = 0
    ahead: int | None = None
    displayed: int | None = None
    end: OrderStatus | None = None
    reason: str = ""

    @property
    def side(self) -> Side:
        """Buy or sell."""
        return self.request.side

    @property
    def remaining(self) -> int:
        """Units that are not filled."""
        return self.request.quantity - self.filled

    @property
    def is_working(self) -> bool:
        """Whether something can still happen to it."""
        return self.stage is not Stage.DONE

    @property
    def is_priced_by_market(self) -> bool:
        """Whether it takes its limit from the market protection when it meets a price."""
        return not self.request.order_type.has_limit

    @property
    def status(self) -> OrderStatus:
        """The status that its owner sees."""
        if self.end is not None:
            return self.end
        if self.stage is Stage.STOP:
            return OrderStatus.TRIGGER_PENDING
        return OrderStatus.PARTIALLY_FILLED if self.filled else OrderStatus.OPEN

    def take(self, quantity: int, price_paise: int) -> None:
        """Count a fill; a full one ends the order."""
        self.filled += quantity
        self.value_paise += quantity * price_paise
        if self.remaining == 0:
            self.finish(OrderStatus.FILLED)

    def finish(self, status: OrderStatus, reason: str = "") -> None:
        """Nothing more happens to it."""
        self.stage = Stage.DONE
        self.end = status
        if reason:
            self.reason = reason

    def report(self) -> Order:
        """The order as its owner sees it. A market order with a rest in the queue shows as the limit that it became."""
        average = Decimal(self.value_paise) / 100 / self.filled if self.filled else None
        return Order(
            request=self.request,
            status=self.status,
            placed_at=self.placed_at,
            updated_at=self.updated_at,
            tag=self.tag,
            broker_id=self.order_id,
            filled_quantity=self.filled,
            average_price=average,
            reason=self.reason,
        )


def protected_limit(order: ExchangeOrder, base_paise: int) -> int:
    """The limit of a market order: ``base`` x (1 ± protection), rounded to the tick away from the market, within the
    price band (market-rules 8). A stop-market takes its trigger for base.
    """
    instrument = order.instrument
    base = from_paise(base_paise)
    if order.side is Side.BUY:
        limit = ceil_to_step(base * (1 + order.protection / 100), instrument.tick_size)
        if instrument.upper_circuit is not None:
            limit = min(limit, floor_to_step(instrument.upper_circuit, instrument.tick_size))
    else:
        limit = floor_to_step(base * (1 - order.protection / 100), instrument.tick_size)
        limit = max(limit, instrument.tick_size)
        if instrument.lower_circuit is not None:
            limit = max(limit, ceil_to_step(instrument.lower_circuit, instrument.tick_size))
    return to_paise(limit)
