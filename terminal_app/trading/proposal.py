"""What is asked of the gate: an order before it is sent, with all that a rule may want to know."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from msgspec import Struct

from terminal_app.domain.enums import Product, Side
from terminal_app.domain.ids import AccountId
from terminal_app.domain.instrument import Instrument
from terminal_app.domain.market import Quote
from terminal_app.domain.order import OrderRequest


class Proposal(Struct, frozen=True):
    """An order that wants to go out.

    Quantities are units: ``position_quantity`` is the signed net position in the instrument and product, ``held_quantity`` what the
    holdings have that is not pledged, ``working_quantity`` what other orders of the same side, instrument and product have left to fill.
    ``recent`` are the account's latest orders with their age in seconds. ``must_reduce``: the caller wants it refused unless it
    closes a position.
    """

    account: AccountId
    request: OrderRequest
    at: datetime
    instrument: Instrument | None = None
    quote: Quote | None = None
    position_quantity: int = 0
    held_quantity: int = 0
    working_quantity: int = 0
    recent: tuple[tuple[float, OrderRequest], ...] = ()
    must_reduce: bool = False

    @property
    def closable_quantity(self) -> int:
        """How many units this side may trade before it would open something new."""
        side = self.request.side
        units = max(0, -side.sign * self.position_quantity)
        if side is Side.SELL and self.request.product is Product.DELIVERY:
            # What was sold of the holdings today is a negative position until it is settled.
            units = max(0, self.held_quantity + self.position_quantity)
        return max(0, units - self.working_quantity)

    @property
    def reduces(self) -> bool:
        """Whether the whole order closes what is open and nothing more."""
        return 0 < self.request.quantity <= self.closable_quantity

    @property
    def price(self) -> Decimal | None:
        """The price to value the order at, rupees: its limit, else its trigger, else the last price."""
        request = self.request
        if request.order_type.has_limit and request.limit_price is not None:
            return request.limit_price
        if request.order_type.has_trigger and request.trigger_price is not None:
            return request.trigger_price
        return self.quote.last_price if self.quote is not None else None


class Refusal(Struct, frozen=True):
    """Why an order does not pass: a code for the record, a sentence for the user."""

    code: str
    message: str
