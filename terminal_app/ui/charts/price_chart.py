"""The price chart: candles, live last bar, overlays, order and position lines, crosshair, keys and mouse."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import numpy as np
from numpy.typing import ArrayLike
from PySide6.QtCore import QPoint, QPointF, Qt, QTimer, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from terminal_app.ui.charts.bars import Bars
from terminal_app.ui.charts.fill_marks import Side
from terminal_app.ui.charts.indicators import Indicator
from terminal_app.ui.charts.order_lines import snap
from terminal_app.ui.charts.pane import ChartView
from terminal_app.ui.charts.price_lines import OrderLine, PositionLine
from terminal_app.ui.charts.price_plot import PricePlot
from terminal_app.ui.charts.primitives import Floats
from terminal_app.ui.theme import theme

_FRAME_MS = 16
_CLICK_PX = 4.0
_ZOOM_STEP = 1.15
_KEY_PAN_SHARE = 0.1


class PriceChart(QWidget):
    """Candles of one instrument. Prices are floats for drawing; clicks and moved lines give Decimals on the tick.

    Bars stand side by side: closed hours take no room. The view follows the last bar while that is in sight.
    """

    older_wanted = Signal(object)
    """The view nears the first bar held, whose time (epoch seconds) is given; once until bars are prepended."""
    line_moved = Signal(str, object)
    """An order's line was dropped at another price: (order id, Decimal). It stays there until lines are set anew."""
    line_cancel = Signal(str)
    """The cross of an order's line was clicked: (order id)."""
    price_clicked = Signal(object, object, object)
    """A click in the plot without a drag: (Decimal on the tick, global QPoint, Qt.MouseButton)."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view = ChartView(self, self)
        self._view.setAccessibleName("Price chart")
        self.setFocusProxy(self._view)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._view)
        self._plot = PricePlot(self._view)
        self._indicators: dict[str, tuple[Indicator, str]] = {}
        self._pointer: QPointF | None = None
        self._pressed: tuple[QPointF, Qt.MouseButton] | None = None
        self._panned_from: float | None = None
        self._was_dragged = False
        self._crosshair_timer = QTimer(self, singleShot=True, interval=_FRAME_MS)
        self._crosshair_timer.timeout.connect(self._place_crosshair)
        theme().changed.connect(self._on_theme_changed)

    @property
    def bars(self) -> Bars:
        """The bars held; valid until the next change."""
        return self._plot.bars

    @property
    def is_following(self) -> bool:
        """Whether new bars move the view."""
        return self._plot.window.is_following

    @property
    def visible(self) -> tuple[int, int]:
        """First and last index of the bars in view."""
        return self._plot.window.visible

    def point_of(self, index: int, price: float) -> QPointF:
        """Where a bar's middle and a price are, in pixels of this widget; it may lie outside the plot."""
        pane = self._plot.pane
        return QPointF(pane.x_at(index), pane.y_at(price))

    def set_bars(self, bars: Bars, *, decimals: int, interval_s: int, tick: Decimal | None = None) -> None:
        """Show ``bars`` and nothing of what was before (lines and fills stay), newest at the right.

        ``decimals`` are the instrument's places, ``interval_s`` the bar's length, ``tick`` the price step that
        clicks and drags snap to (by default one unit of the last place).
        """
        plot = self._plot
        plot.store.replace(bars)
        plot.decimals = plot.price_axis.decimals = plot.lines.decimals = decimals
        plot.lines.tick = tick if tick is not None else Decimal(1).scaleb(-decimals)
        plot.interval_s = interval_s
        plot.scene.overlays = {}
        plot.set_message("No bars yet", "")
        plot.window.reset(len(bars))
        self._recompute()
        plot.reset_axis_width()
        self._relayout()
        self._ask_for_older()

    def prepend_bars(self, older: Bars) -> None:
        """Put older bars at the left without moving the picture; none at all says that there are no older ones."""
        plot = self._plot
        plot.window.prepended(plot.store.prepend(older))
        self._recompute()
        self._relayout()

    def update_last(
        self, time: int, open: float, high: float, low: float, close: float, volume: float
    ) -> None:  # the order of a bar's columns
        """Set the last bar, or begin the next one where ``time`` (epoch seconds) is later than the last bar's.

        Raises ValueError for a bar older than the last one.
        """
        plot = self._plot
        appended = plot.store.update(time, (open, high, low, close, volume))
        if appended:
            plot.window.appended()
        plot.scene.bars = plot.bars
        for name, (indicator, token) in self._indicators.items():
            self._move_on(name, indicator, token)
        if appended and len(plot.bars) == 1:
            self._relayout()
        plot.update_last(appended)
        if appended and self._pointer is not None:
            self._crosshair_timer.start()

    def set_countdown(self, text: str) -> None:
        """What stands under the last price on the axis, such as the time left to the bar's end; empty for nothing."""
        if text != self._plot.countdown:
            self._plot.countdown = text
            self._plot.place_last_price()

    def set_overlay(self, name: str, values: ArrayLike | None, color: str = "chart.line.1") -> None:
        """Draw a line of one value a bar (NaN for none) in a theme colour; None takes it away.

        Values belong to the bars held now: give them again after bars were set or prepended.
        """
        found = None if values is None else np.ascontiguousarray(values, dtype=np.float64)
        if found is not None and len(found) != len(self.bars):
            raise ValueError("an overlay needs one value a bar")
        self._plot.set_overlay(name, found, color)
        self._plot.refresh()

    def set_indicators(self, indicators: Sequence[tuple[Indicator, str]]) -> None:
        """Lines that the chart computes itself and moves on with each update: (indicator, colour token)."""
        for name in self._indicators:
            self._plot.set_overlay(name, None, "")
        self._indicators = {indicator.name: (indicator, token) for indicator, token in indicators}
        self._recompute()
        self._plot.refresh()

    def set_order_lines(self, orders: Sequence[OrderLine]) -> None:
        """Show the working orders. A line in the user's hand stays there as long as its order does."""
        before = self._plot.lines.prices()
        self._plot.lines.set_orders(orders)
        if self._plot.lines.prices() != before and not self._plot.lines.is_dragging:
            self._plot.refresh()

    def set_position_line(self, position: PositionLine | None) -> None:
        """Show the open position's average price, or none."""
        before = self._plot.lines.prices()
        self._plot.lines.set_position(position)
        if self._plot.lines.prices() != before and not self._plot.lines.is_dragging:
            self._plot.refresh()

    def set_fills(self, times: ArrayLike, prices: ArrayLike, sides: Sequence[Side]) -> None:
        """Mark fills: epoch seconds, prices, and "buy" or "sell" for each."""
        self._plot.set_fills(np.asarray(times, dtype=np.int64), np.asarray(prices, dtype=np.float64), tuple(sides))

    def show_empty(self, lead: str = "No bars yet", hint: str = "") -> None:
        """Drop the bars and say why there are none, and what to do."""
        self._plot.store.replace(Bars.none())
        self._plot.scene.overlays = {}
        self._plot.window.reset(0)
        self._plot.set_message(lead, hint)
        self._hide_crosshair()
        self._plot.refresh()

    def show_loading(self, lead: str = "Loading bars", hint: str = "") -> None:
        """Drop the bars and say that others are on their way."""
        self.show_empty(lead, hint)

    def show_last_bars(self, count: int) -> None:
        """Zoom so that the newest ``count`` bars fill the view."""
        self._plot.window.show(count)
        self._moved()

    # The handler of the view's events.

    def on_resized(self, width: float, height: float) -> None:
        self._plot.set_size(width, height)
        self._ask_for_older()

    def on_pressed(self, at: QPointF, button: Qt.MouseButton) -> None:
        self._view.setFocus(Qt.FocusReason.MouseFocusReason)
        self._pressed = (at, button)
        self._was_dragged = False
        if button != Qt.MouseButton.LeftButton:
            return
        lines = self._plot.lines
        if lines.close_at(at) is not None or lines.start_drag(at):
            return
        if self._plot.pane.area.contains(at):
            self._panned_from = at.x()

    def on_moved(self, at: QPointF, buttons: Qt.MouseButton) -> None:
        lines = self._plot.lines
        if self._pressed is not None and (at - self._pressed[0]).manhattanLength() >= _CLICK_PX:
            self._was_dragged = True
        if lines.is_dragging:
            lines.drag_to(at)
        elif self._panned_from is not None and self._was_dragged:
            self._plot.window.pan(at.x() - self._panned_from)
            self._panned_from = at.x()
            self._moved()
        else:
            self._view.setCursor(lines.cursor_at(at) or Qt.CursorShape.CrossCursor)
        self._pointer = at
        if not self._crosshair_timer.isActive():
            self._crosshair_timer.start()

    def on_released(self, at: QPointF, button: Qt.MouseButton) -> None:
        pressed, self._pressed, self._panned_from = self._pressed, None, None
        lines = self._plot.lines
        if lines.is_dragging and button == Qt.MouseButton.LeftButton:
            dropped = lines.drop()
            if dropped is not None:
                self.line_moved.emit(*dropped)
            return
        if pressed is None or pressed[1] != button or self._was_dragged:
            return
        closing = lines.close_at(at) if button == Qt.MouseButton.LeftButton else None
        if closing is not None and closing == lines.close_at(pressed[0]):
            self.line_cancel.emit(closing)
        elif closing is None and len(self.bars) and self._plot.pane.area.contains(at):
            self._emit_click(self._plot.pane.y_value(at.y()), at.toPoint(), button)

    def on_wheel(self, at: QPointF, steps_x: float, steps_y: float) -> None:
        if steps_x and abs(steps_x) > abs(steps_y):
            self._plot.window.pan(steps_x * self._plot.window.span * _KEY_PAN_SHARE * self._plot.window.spacing_px)
        else:
            self._plot.window.zoom(_ZOOM_STEP**steps_y, at.x())
        self._moved()

    def on_left(self) -> None:
        self._hide_crosshair()

    def on_focus_lost(self) -> None:
        self._give_up_drag()

    def on_key(self, key: int, modifiers: Qt.KeyboardModifier) -> bool:
        window = self._plot.window
        if key == Qt.Key.Key_Escape:
            return self._give_up_drag()
        if modifiers & ~(Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier):
            return False
        middle = window.width_px if window.is_following else window.width_px / 2
        step = window.width_px * _KEY_PAN_SHARE
        match key:
            case Qt.Key.Key_Home:
                window.to_start()
            case Qt.Key.Key_End:
                window.to_end()
            case Qt.Key.Key_Left:
                window.pan(step)
            case Qt.Key.Key_Right:
                window.pan(-step)
            case Qt.Key.Key_Plus | Qt.Key.Key_Equal:
                window.zoom(_ZOOM_STEP, middle)
            case Qt.Key.Key_Minus:
                window.zoom(1 / _ZOOM_STEP, middle)
            case _:
                return False
        self._moved()
        return True

    def on_menu_key(self) -> None:
        if not len(self.bars):
            return
        close = float(self.bars.close[-1])
        pane = self._plot.pane
        y = min(max(pane.y_at(close), pane.area.top()), pane.area.bottom())
        self._emit_click(close, QPoint(round(pane.area.center().x()), round(y)), Qt.MouseButton.RightButton)

    def _emit_click(self, value: float, at: QPoint, button: Qt.MouseButton) -> None:
        self.price_clicked.emit(snap(value, self._plot.lines.tick), self._view.mapToGlobal(at), button)

    def _give_up_drag(self) -> bool:
        if not self._plot.lines.cancel_drag():
            return False
        self._was_dragged = True
        return True

    def _moved(self) -> None:
        """The window was moved by the user: redraw, keep the crosshair under the pointer, ask for older bars."""
        self._plot.refresh()
        if self._pointer is not None:
            self._crosshair_timer.start()
        self._ask_for_older()

    def _ask_for_older(self) -> None:
        if self._view.width() > 1 and self.isVisible() and self._plot.window.wants_older():
            self.older_wanted.emit(int(self.bars.time[0]))

    def _recompute(self) -> None:
        for name, (indicator, token) in self._indicators.items():
            values = indicator.compute(self.bars) if len(self.bars) else None
            self._plot.set_overlay(name, values, token, restarts=indicator.restarts)

    def _move_on(self, name: str, indicator: Indicator, token: str) -> None:
        overlay = self._plot.scene.overlays.get(name)
        count = len(self.bars)
        if overlay is None or len(overlay.values) not in (count - 1, count):
            self._plot.set_overlay(name, indicator.compute(self.bars), token, restarts=indicator.restarts)
            return
        values: Floats = overlay.values
        if len(values) == count - 1:
            values = np.append(values, np.nan)
            overlay.values = values
        values[-1] = indicator.last(self.bars, values)

    def _relayout(self) -> None:
        self._plot.set_size(float(self._view.width()), float(self._view.height()))

    def _place_crosshair(self) -> None:
        self._plot.place_crosshair(self._pointer)

    def _hide_crosshair(self) -> None:
        self._pointer = None
        self._crosshair_timer.stop()
        self._plot.place_crosshair(None)

    def _on_theme_changed(self) -> None:
        self._plot.reset_axis_width()
        self._relayout()
        self._view.viewport().update()
