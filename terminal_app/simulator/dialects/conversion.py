"""Turns part of a position into another product, as a broker does in its own books: the exchange hears nothing of it."""

from __future__ import annotations

from msgspec.structs import replace

from terminal_app.domain.enums import Product, Side
from terminal_app.domain.position import Position, PositionKey
from terminal_app.domain.values import ZERO
from terminal_app.simulator.accounts import SimulatedAccount


def convert(
    account: SimulatedAccount, key: PositionKey, side: Side, quantity: int, product: Product, *, carried: bool
) -> bool:
    """Move ``quantity`` units of the position under ``key`` to ``product`` at its average price; False where it has not so many.

    ``side`` is the position's own: BUY of a long one. ``carried`` takes units that were open when the day began, else today's.
    """
    old = account.positions.get(key)
    if old is None or product is key.product or quantity > _movable(old, side, carried):
        return False
    other = PositionKey(key.instrument, product)
    new = account.positions.get(other) or Position(*other, multiplier=old.multiplier)
    account.positions[key] = _without(old, side, quantity, carried)
    account.positions[other] = _with(new, old, side, quantity, carried)
    return True


def _movable(position: Position, side: Side, carried: bool) -> int:
    units = side.sign * position.quantity
    before = max(0, side.sign * position.carried_quantity)
    return max(0, min(units, before)) if carried else max(0, min(units, _traded(position, side)))


def _traded(position: Position, side: Side) -> int:
    return position.buy_quantity if side is Side.BUY else position.sell_quantity


def _without(position: Position, side: Side, quantity: int, carried: bool) -> Position:
    left = position.quantity - side.sign * quantity
    fewer = replace(position, quantity=left, average_price=position.average_price if left else ZERO)
    return _changed(fewer, side, -quantity, position, carried)


def _with(position: Position, source: Position, side: Side, quantity: int, carried: bool) -> Position:
    """The target: extended at the weighted average, or netted against what is open the other way."""
    signed = side.sign * quantity
    total = position.quantity + signed
    if position.quantity * signed >= 0:
        cost = position.average_price * abs(position.quantity) + source.average_price * quantity
        more = replace(position, quantity=total, average_price=cost / abs(total))
        return _changed(more, side, quantity, source, carried)
    closed = min(abs(position.quantity), quantity)
    gain = (source.average_price - position.average_price) * closed * -side.sign
    flipped = quantity > abs(position.quantity)
    average = ZERO if total == 0 else source.average_price if flipped else position.average_price
    netted = replace(
        position,
        quantity=total,
        average_price=average,
        realised_pnl=position.realised_pnl + gain * position.multiplier,
    )
    return _changed(netted, side, quantity, source, carried)


def _changed(position: Position, side: Side, quantity: int, source: Position, carried: bool) -> Position:
    """Move the day's figures, or the carried units, along."""
    if carried:
        units = position.carried_quantity + side.sign * quantity
        return replace(position, carried_quantity=units, carried_price=source.carried_price if units else ZERO)
    value = source.average_price * quantity
    if side is Side.BUY:
        return replace(position, buy_quantity=position.buy_quantity + quantity, buy_value=position.buy_value + value)
    return replace(position, sell_quantity=position.sell_quantity + quantity, sell_value=position.sell_value + value)
