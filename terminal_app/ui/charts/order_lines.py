"""The order lines of a chart: laid out without covering each other, dragged by the tick, cancelled by their cross."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal

from msgspec import Struct
from PySide6.QtCore import QPointF, QRectF, Qt

from terminal_app.ui import formats
from terminal_app.ui.charts.pane import ChartView, Pane
from terminal_app.ui.charts.price_lines import (
    OrderLine,
    PositionLine,
    PriceLine,
    badge_height,
    order_look,
    position_look,
)

_START_DRAG_PX = 4.0
_CHIP_GAP_PX = 6.0
_ORDER_Z = 40.0
_DRAGGED_Z = 45.0
_POSITION_Z = 38.0


def snap(value: float, tick: Decimal) -> Decimal:
    """The multiple of ``tick`` nearest to ``value``, at least one tick."""
    return max(1, round(value / float(tick))) * tick


class _Drag(Struct):
    id: str
    from_y: float
    grip_y: float
    price: Decimal
    moved: bool = False


class OrderLines:
    """Owns the items of orders and position. Positions are scene pixels; nothing here talks to anyone but the view."""

    def __init__(self, view: ChartView, pane: Pane) -> None:
        self._view = view
        self._pane = pane
        self._orders: dict[str, OrderLine] = {}
        self._items: dict[str, PriceLine] = {}
        self._position: PositionLine | None = None
        self._position_item: PriceLine | None = None
        self._drag: _Drag | None = None
        self._taken = QRectF()
        self.tick = Decimal("0.05")
        self.decimals = 2

    @property
    def is_dragging(self) -> bool:
        """Whether a line is held."""
        return self._drag is not None

    def prices(self) -> list[float]:
        """Prices of all lines, for fitting the axis."""
        found = [float(order.price) for order in self._orders.values()]
        return [*found, float(self._position.price)] if self._position is not None else found

    def tags(self) -> list[QRectF]:
        """Where tags stand on the axis."""
        items = [*self._items.values(), *([self._position_item] if self._position_item is not None else [])]
        return [item.tag for item in items if not item.tag.isEmpty()]

    def price_of(self, order_id: str) -> Decimal:
        """The price a line is shown at: its order's, or where it is being dragged to."""
        drag = self._drag
        return drag.price if drag is not None and drag.id == order_id else self._orders[order_id].price

    def set_orders(self, orders: Sequence[OrderLine]) -> None:
        """Show these lines instead of the former ones; a line that is being dragged stays in the hand."""
        wanted = {order.id: order for order in orders}
        for order_id in [known for known in self._items if known not in wanted]:
            self._items.pop(order_id).remove_from(self._view)
        for order in orders:
            if order.id not in self._items:
                self._items[order.id] = PriceLine(order_look(order.side), closable=True)
                self._items[order.id].add_to(self._view, _ORDER_Z)
            self._items[order.id].set_look(order_look(order.side))
        self._orders = wanted
        if self._drag is not None and not (self._drag.id in wanted and wanted[self._drag.id].movable):
            self._drag = None
        self.layout()

    def set_position(self, position: PositionLine | None) -> None:
        """Show the position's line, or none."""
        self._position = position
        if position is None:
            if self._position_item is not None:
                self._position_item.remove_from(self._view)
                self._position_item = None
        elif self._position_item is None:
            self._position_item = PriceLine(position_look(gain=position.gain))
            self._position_item.add_to(self._view, _POSITION_Z)
        else:
            self._position_item.set_look(position_look(gain=position.gain))
        self.layout()

    def keep_clear(self, tag: QRectF) -> None:
        """Keep the tags off this one, which belongs to the last price; empty for none."""
        if tag != self._taken:
            self._taken = QRectF(tag)
            if self._items or self._position_item is not None:
                self.layout()

    def layout(self) -> None:
        """Place every line; chips at nearly the same height stand side by side, tags below one another."""
        lines = [(item, *self._words(order_id)) for order_id, item in self._items.items()]
        if self._position is not None and self._position_item is not None:
            price = self._position.price
            lines.insert(0, (self._position_item, price, self._position.label))
        heights = [self._pane.y_at(float(price)) for _, price, _ in lines]
        shifts = _tag_shifts(heights, self._pane.area.top(), self._pane.area.bottom(), self._taken)
        placed: list[PriceLine] = []
        for (item, price, chip), y, shift in zip(lines, heights, shifts, strict=True):
            self._place(item, y, chip, price, 0.0, shift)
            near = [other.chip.right() for other in placed if _overlap(other, item)]
            if near:
                self._place(item, y, chip, price, max(near) + _CHIP_GAP_PX - item.chip.left(), shift)
            placed.append(item)

    def _words(self, order_id: str) -> tuple[Decimal, str]:
        order = self._orders[order_id]
        price = self.price_of(order_id)
        return price, f"{order.label} \u00b7 {order.kind} {formats.number(price, self.decimals)}"

    def _place(self, item: PriceLine, y: float, chip: str, price: Decimal, indent: float, shift: float) -> None:
        tag = (formats.number(price, self.decimals),)
        right = float(self._view.width())
        item.place(y, self._pane.area, right, chip=chip, tag=tag, indent_px=indent, tag_shift_px=shift)

    def close_at(self, at: QPointF) -> str | None:
        """The order whose cross is under the pointer."""
        return next((key for key, item in reversed(self._items.items()) if item.close_box.contains(at)), None)

    def movable_at(self, at: QPointF) -> str | None:
        """The order that a press here would take hold of: the nearest movable line within reach."""
        held = [key for key, item in self._items.items() if self._orders[key].movable and item.grips(at)]
        return min(held, key=lambda key: abs(self._items[key].y - at.y()), default=None)

    def cursor_at(self, at: QPointF) -> Qt.CursorShape | None:
        """The pointer's shape over the lines, and the crosses' highlight; None where there is no line."""
        closing = self.close_at(at)
        for key, item in self._items.items():
            item.set_close_hovered(key == closing)
        if closing is not None:
            return Qt.CursorShape.PointingHandCursor
        return Qt.CursorShape.SizeVerCursor if self.movable_at(at) is not None else None

    def start_drag(self, at: QPointF) -> bool:
        """Take hold of the line under the pointer; False where there is none."""
        order_id = self.movable_at(at)
        if order_id is None:
            return False
        item = self._items[order_id]
        self._drag = _Drag(order_id, at.y(), at.y() - item.y, self._orders[order_id].price)
        return True

    def drag_to(self, at: QPointF) -> None:
        """Move the held line to the tick under the pointer."""
        drag = self._drag
        if drag is None or not (drag.moved or abs(at.y() - drag.from_y) >= _START_DRAG_PX):
            return
        drag.moved = True
        area = self._pane.area
        y = min(max(at.y() - drag.grip_y, area.top()), area.bottom())
        drag.price = snap(self._pane.y_value(y), self.tick)
        self._items[drag.id].lift(_DRAGGED_Z)
        self.layout()

    def drop(self) -> tuple[str, Decimal] | None:
        """Let go. The order and its new price where it was moved to another one, else None.

        The line stays where it was dropped until the next ``set_orders`` says what became of it.
        """
        drag, self._drag = self._drag, None
        if drag is None:
            return None
        self._items[drag.id].lift(_ORDER_Z)
        order = self._orders[drag.id]
        if not drag.moved or drag.price == order.price:
            self.layout()
            return None
        moved = OrderLine(order.id, order.side, order.label, drag.price, order.kind, order.movable)
        self._orders[drag.id] = moved
        self.layout()
        return drag.id, drag.price

    def cancel_drag(self) -> bool:
        """Put the held line back; False where none is held."""
        drag, self._drag = self._drag, None
        if drag is None:
            return False
        self._items[drag.id].lift(_ORDER_Z)
        self.layout()
        return True


def _overlap(one: PriceLine, other: PriceLine) -> bool:
    if one.chip.isEmpty() or other.chip.isEmpty():
        return False
    return one.chip.top() < other.chip.bottom() and other.chip.top() < one.chip.bottom()


def _tag_shifts(heights: list[float], top: float, bottom: float, taken: QRectF) -> list[float]:
    """How far each tag moves from its line so that none covers another or ``taken``; lines out of view do not count.

    Tags move down, but those whose line is above ``taken`` move up.
    """
    shifts = [0.0] * len(heights)
    room = badge_height()
    middle = -math.inf if taken.isEmpty() else taken.top() + room / 2
    clear = room / 2 + 1  # places are rounded to whole pixels
    lowest = -math.inf if taken.isEmpty() else taken.bottom() + clear
    highest = taken.top() - clear
    in_view = sorted((y, place) for place, y in enumerate(heights) if top <= y <= bottom)
    for y, place in in_view:
        if y >= middle:
            shifts[place] = max(0.0, lowest - y)
            lowest = y + shifts[place] + room
    for y, place in reversed(in_view):
        if y < middle:
            shifts[place] = min(0.0, highest - y)
            highest = y + shifts[place] - room
    return shifts
