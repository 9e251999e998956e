"""Position arithmetic: long, short, flip and carry-forward, exact."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from terminal_app.domain.enums import Product
from terminal_app.domain.fill import Fill
from terminal_app.domain.ids import InstrumentId
from terminal_app.domain.values import ZERO


class PositionKey(NamedTuple):
    """A position is kept per instrument and product."""

    instrument: InstrumentId
    product: Product


class Position(Struct, frozen=True):
    """Net open exposure in one instrument and product. ``quantity`` is signed units, prices are rupees.

    ``average_price`` is the quantity-weighted entry price of what is open (zero when flat). ``realised_pnl`` is the result of what was
    closed today. ``carried_quantity`` was open when the day began, valued at ``carried_price`` (the previous close) for the day's P&L.
    """

    instrument: InstrumentId
    product: Product
    quantity: int = 0
    average_price: Decimal = ZERO
    realised_pnl: Decimal = ZERO
    buy_quantity: int = 0
    buy_value: Decimal = ZERO
    sell_quantity: int = 0
    sell_value: Decimal = ZERO
    carried_quantity: int = 0
    carried_price: Decimal = ZERO
    multiplier: Decimal = Decimal(1)

    @property
    def key(self) -> PositionKey:
        """What it is kept under."""
        return PositionKey(self.instrument, self.product)

    @property
    def is_open(self) -> bool:
        """Whether anything is left to close."""
        return self.quantity != 0

    def apply(self, fill: Fill) -> Position:
        """The position after ``fill``: extended at the weighted average, reduced at the fill's price, or flipped through flat."""
        signed = fill.signed_quantity
        quantity = self.quantity + signed
        realised = self.realised_pnl
        if self.quantity == 0 or (self.quantity > 0) == (signed > 0):
            cost = self.average_price * abs(self.quantity) + fill.price * fill.quantity
            average = cost / abs(quantity)
        else:
            closed = min(abs(self.quantity), fill.quantity)
            gain = (fill.price - self.average_price) * closed * (1 if self.quantity > 0 else -1)
            realised += gain * self.multiplier
            flipped = fill.quantity > abs(self.quantity)
            average = ZERO if quantity == 0 else (fill.price if flipped else self.average_price)
        bought = fill.quantity if signed > 0 else 0
        sold = fill.quantity - bought
        return replace(
            self,
            quantity=quantity,
            average_price=average,
            realised_pnl=realised,
            buy_quantity=self.buy_quantity + bought,
            buy_value=self.buy_value + (fill.value if bought else ZERO),
            sell_quantity=self.sell_quantity + sold,
            sell_value=self.sell_value + (fill.value if sold else ZERO),
        )

    def unrealised_pnl(self, last_price: Decimal) -> Decimal:
        """What closing everything at ``last_price`` would bring on top of what is realised, in rupees."""
        return (last_price - self.average_price) * self.quantity * self.multiplier

    def day_pnl(self, last_price: Decimal) -> Decimal:
        """Today's change in rupees, realised and unrealised; a carried part counts from the previous close."""
        flows = self.sell_value - self.buy_value
        held = last_price * self.quantity - self.carried_price * self.carried_quantity
        return (flows + held) * self.multiplier

    def notional(self, last_price: Decimal) -> Decimal:
        """Price times units times multiplier, unsigned."""
        return abs(last_price * self.quantity) * self.multiplier

    def carried_over(self, close: Decimal) -> Position:
        """The position as the next trading day opens with it; ``close`` is the day's closing price."""
        return replace(
            self,
            realised_pnl=ZERO,
            buy_quantity=0,
            buy_value=ZERO,
            sell_quantity=0,
            sell_value=ZERO,
            carried_quantity=self.quantity,
            carried_price=close if self.quantity else ZERO,
        )


class Positions(Struct, frozen=True):
    """What a broker reports: ``net`` with what was carried, ``day`` with today's trading only."""

    net: tuple[Position, ...]
    day: tuple[Position, ...] = ()


class PositionBook:
    """The positions of one account, built from a starting book and fills; a fill that was counted is not counted again."""

    def __init__(self, carried: Iterable[Position] = ()) -> None:
        self._positions: dict[PositionKey, Position] = {position.key: position for position in carried}
        self._counted: set[tuple[str, str]] = set()

    def apply(self, fill: Fill, multiplier: Decimal = Decimal(1)) -> Position | None:
        """Count ``fill`` once; the changed position, or None when the fill was counted before."""
        name = (fill.trade_id, fill.broker_order_id)
        if name in self._counted:
            return None
        self._counted.add(name)
        key = PositionKey(fill.instrument, fill.product)
        before = self._positions.get(key) or Position(fill.instrument, fill.product, multiplier=multiplier)
        after = before.apply(fill)
        self._positions[key] = after
        return after

    def get(self, key: PositionKey) -> Position | None:
        """The position under ``key``, if there was one today."""
        return self._positions.get(key)

    def all(self) -> tuple[Position, ...]:
        """Every position of the day, closed ones too, in the order they were opened."""
        return tuple(self._positions.values())
