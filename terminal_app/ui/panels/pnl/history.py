"""One position over the day: its kept points, with the average and last price that they imply."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from msgspec import Struct

from terminal_app.domain.position import Position
from terminal_app.domain.values import ZERO

if TYPE_CHECKING:
    from decimal import Decimal

    from terminal_app.domain.fill import Fill
    from terminal_app.domain.pnl import PositionPoint

NAN = float("nan")
_POINT_S = timedelta(seconds=5)
"""A point is named by the beginning of its five seconds, so a fill within them may be in it already."""


class Moment(Struct, frozen=True):
    """A point as the chart wants it; NaN where a price is not known or nothing is held."""

    time_s: float
    pnl: float
    quantity: int
    last_price: float
    average_price: float


def moments(points: Sequence[PositionPoint], fills: Sequence[Fill], now: Position) -> list[Moment]:
    """The position's line. ``fills`` are those of its instrument and product, in any order; ``now`` is the position as it is."""
    waiting = sorted(fills, key=lambda fill: fill.filled_at)
    held = Position(
        now.instrument,
        now.product,
        now.carried_quantity,
        now.carried_price,
        carried_quantity=now.carried_quantity,
        carried_price=now.carried_price,
        multiplier=now.multiplier,
    )
    found = []
    for point in points:
        while waiting and (
            waiting[0].filled_at <= point.time
            or (held.quantity != point.quantity and waiting[0].filled_at < point.time + _POINT_S)
        ):
            held = held.apply(waiting.pop(0))
        found.append(_moment(point, held))
    return found


def _moment(point: PositionPoint, held: Position) -> Moment:
    known = held.quantity == point.quantity
    average = float(held.average_price) if known and held.quantity else NAN
    last = _last_price(point.pnl, held) if known else NAN
    return Moment(point.time.timestamp(), float(point.pnl), point.quantity, last, average)


def _last_price(pnl: Decimal, held: Position) -> float:
    """The price at which the position has this P&L of the day: ``Position.day_pnl`` turned round."""
    if not held.quantity:
        return NAN
    flows = held.sell_value - held.buy_value
    worth = (pnl / held.multiplier if held.multiplier else ZERO) - flows + held.carried_price * held.carried_quantity
    return float(worth / held.quantity)
