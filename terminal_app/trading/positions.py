"""The positions of one account: what the day opened with, and today's fills, exact and whatever order the fills arrive in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from terminal_app.domain.enums import Product
from terminal_app.domain.fill import Fill
from terminal_app.domain.ids import InstrumentId
from terminal_app.domain.position import Position, PositionBook, PositionKey
from terminal_app.domain.values import ZERO
from terminal_app.trading.book import fill_order

_OVERNIGHT = frozenset({Product.CARRY, Product.MTF})


class DayPnl(Struct, frozen=True):
    """Today's result of a position in rupees: a carried part counts from the previous close. ``unrealised`` None: no price is known."""

    realised: Decimal
    unrealised: Decimal | None

    @property
    def total(self) -> Decimal | None:
        """Both together."""
        return None if self.unrealised is None else self.realised + self.unrealised


class AccountPositions:
    """Two books over the same fills: one values what was carried at its entry price, the other at the previous close.

    The first is what the trader paid; the second is today's profit and loss.
    """

    def __init__(self, multiplier: Callable[[InstrumentId], Decimal]) -> None:
        self._multiplier = multiplier
        self._carried: tuple[Position, ...] = ()
        self._fills: list[Fill] = []
        self._known: set[tuple[str, str]] = set()
        self._entry = PositionBook()
        self._day = PositionBook()

    @property
    def carried(self) -> tuple[Position, ...]:
        """What the day opened with."""
        return self._carried

    def begin(self, carried: Iterable[Position], fills: Iterable[Fill]) -> None:
        """Start over from what was carried and the fills of the day."""
        self._carried = tuple(carried)
        self._fills = sorted(fills, key=fill_order)
        self._known = {(fill.trade_id, fill.broker_order_id) for fill in self._fills}
        self._entry = PositionBook(self._carried)
        self._day = PositionBook(replace(position, average_price=position.carried_price) for position in self._carried)
        for fill in self._fills:
            self._apply(fill)

    def add(self, fill: Fill) -> Position | None:
        """Count a fill once; the changed position, or None when it was counted. One that comes late is put where it belongs."""
        if (fill.trade_id, fill.broker_order_id) in self._known:
            return None
        if self._fills and fill_order(fill) < fill_order(self._fills[-1]):
            self.begin(self._carried, [*self._fills, fill])
        else:
            self._fills.append(fill)
            self._known.add((fill.trade_id, fill.broker_order_id))
            self._apply(fill)
        return self.get(PositionKey(fill.instrument, fill.product))

    def get(self, key: PositionKey) -> Position | None:
        """The position under ``key``, if there was one today."""
        return self._entry.get(key)

    def all(self) -> tuple[Position, ...]:
        """Every position of the day, closed ones too, in the order they were opened."""
        return self._entry.all()

    def day_pnl(self, key: PositionKey, last_price: Decimal | None) -> DayPnl:
        """Today's result of one position; zero where there is none."""
        position = self._day.get(key)
        if position is None:
            return DayPnl(ZERO, ZERO)
        if position.quantity == 0:
            return DayPnl(position.realised_pnl, ZERO)
        return DayPnl(position.realised_pnl, None if last_price is None else position.unrealised_pnl(last_price))

    def overnight(self, close: Callable[[InstrumentId], Decimal | None]) -> list[Position]:
        """What the next day opens with: open positions of the products that are carried, valued at the close.

        Without a close the price it was valued at before stands in. Delivery becomes holdings, intraday was squared off.
        """
        carried = []
        for position in self.all():
            if not position.is_open or position.product not in _OVERNIGHT:
                continue
            price = close(position.instrument) or position.carried_price or position.average_price
            carried.append(position.carried_over(price))
        return carried

    def _apply(self, fill: Fill) -> None:
        multiplier = self._multiplier(fill.instrument)
        self._entry.apply(fill, multiplier)
        self._day.apply(fill, multiplier)


def carried_part(
    net: Sequence[Position], saved: Sequence[Position] | None, multiplier: Callable[[InstrumentId], Decimal]
) -> list[Position]:
    """What the day opened with according to the broker. Its quantities and closing prices count.

    The entry price of the carried part is the broker's while nothing was traded in it today, else the one we saved for the same
    quantity, else the previous close.
    """
    known = {position.key: position for position in saved or ()}
    carried = []
    for position in net:
        quantity = position.carried_quantity
        if quantity == 0:
            continue
        ours = known.get(position.key)
        if not position.buy_quantity and not position.sell_quantity and position.average_price:
            average = position.average_price
        elif ours is not None and ours.quantity == quantity and ours.average_price:
            average = ours.average_price
        else:
            average = position.carried_price
        carried.append(
            Position(
                position.instrument,
                position.product,
                quantity=quantity,
                average_price=average,
                carried_quantity=quantity,
                carried_price=position.carried_price or average,
                multiplier=multiplier(position.instrument),
            )
        )
    return carried
