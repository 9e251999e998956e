"""What a price chart shows and where: store, window, fitted ranges and the items that draw them; no user input here."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF

from terminal_app.ui import formats
from terminal_app.ui.charts import labels, ticks
from terminal_app.ui.charts.axes import TimeAxis, ValueAxis
from terminal_app.ui.charts.bars import Bars, BarStore
from terminal_app.ui.charts.candles import VOLUME_SHARE, CandleLayer, CandleScene, LastBarItem, Overlay
from terminal_app.ui.charts.crosshair import LegendItem, LegendPart, MessageItem, UprightItem
from terminal_app.ui.charts.fill_marks import FillMarksItem, Side
from terminal_app.ui.charts.order_lines import OrderLines, snap
from terminal_app.ui.charts.pane import ChartView, Pane
from terminal_app.ui.charts.price_lines import CROSSHAIR_LOOK, PriceLine, last_look
from terminal_app.ui.charts.primitives import Floats, Ints
from terminal_app.ui.charts.window import BarWindow
from terminal_app.ui.theme import theme

_TOP_PX = 30.0
_PRICE_GAP_PX = 44.0
_TIME_GAP_PX = 64.0
_BREAK_GAP_PX = 24.0
_LINE_REACH = 0.6
_HEADROOM = 0.05


class PricePlot:
    """The scene of a price chart: keeps ranges, ticks and items in step with bars and window."""

    def __init__(self, view: ChartView) -> None:
        self._view = view
        self.store = BarStore()
        self.window = BarWindow()
        self.interval_s = 60
        self.decimals = 2
        self.countdown = ""
        self.pane = Pane()
        self.price_axis = ValueAxis(self.pane, 2)
        self.time_axis = TimeAxis(self.pane)
        for item, z in ((self.price_axis, 5.0), (self.time_axis, 5.0)):
            view.add(item, z)
        self.scene = CandleScene(self.pane)
        self.layer = CandleLayer(self.scene)
        self.last_bar = LastBarItem(self.scene)
        self.fills = FillMarksItem()
        self.last_price = PriceLine(last_look(rising=True))
        self.legend = LegendItem()
        self.message = MessageItem()
        self._message = ("No bars yet", "")
        for live, z in (
            (self.layer, 1.0),
            (self.last_bar, 10.0),
            (self.fills, 20.0),
            (self.legend, 60.0),
            (self.message, 70.0),
        ):
            view.add(live, z)
        self._upright, self._level = UprightItem(), PriceLine(CROSSHAIR_LOOK)
        self.last_price.add_to(view, 50.0)
        view.add(self._upright, 55.0)
        self._level.add_to(view, 55.0)
        self.lines = OrderLines(view, self.pane)
        self._axis_width = 0.0
        self._fill_data: tuple[Ints, Floats, tuple[Side, ...]] = (np.empty(0, np.int64), np.empty(0), ())
        self._hovered: int | None = None

    @property
    def bars(self) -> Bars:
        """The bars held."""
        return self.store.bars

    def set_size(self, width: float, height: float) -> None:
        """Divide the view among pane and axes."""
        highest = float(self.bars.high.max()) if len(self.bars) else 0.0
        needed = self.price_axis.width_for(highest)
        self._axis_width = max(self._axis_width, needed)
        below = TimeAxis.height_needed()
        area = QRectF(0, 0, max(1.0, width - self._axis_width), max(1.0, height - below))
        self.pane.place(area)
        self.price_axis.place(QRectF(area.right(), 0, self._axis_width, height))
        self.time_axis.place(QRectF(0, area.bottom(), area.width(), below))
        self.layer.occupy(area)
        self.window.resize(area.width())
        self.refresh()

    def reset_axis_width(self) -> None:
        """Let the price axis shrink with the next layout: another instrument is shown."""
        self._axis_width = 0.0

    def refresh(self) -> None:
        """Fit prices to the bars in view and redraw everything."""
        self.scene.bars = self.bars
        low, high = self._fit()
        self.pane.set_range((self.window.left, self.window.right), self._padded(low, high))
        first, last = self.window.visible
        spacing = self.window.spacing_px
        self.scene.grid_y = self._price_ticks()
        marks = ticks.bar_ticks(self.bars.time, first, last, spacing, self.interval_s, theme().px(_TIME_GAP_PX))
        self.scene.grid_x = np.array([mark.at for mark in marks], dtype=np.float64)
        self.scene.breaks = self._breaks(first, last)
        self.price_axis.set_ticks(self.scene.grid_y)
        self.time_axis.set_ticks(marks)
        self.layer.invalidate()
        self.lines.layout()
        self._place_live()
        self._place_fills()
        self._place_message()

    def update_last(self, appended: bool) -> None:
        """The last bar changed: repaint its column, or everything where it outgrew the view or the view moved."""
        self.scene.bars = self.bars
        last = len(self.bars) - 1
        in_view = self.window.left - 1 <= last <= self.window.right + 1
        if appended:
            self.refresh()
            return
        if not in_view:
            self._place_last_price()
            return
        low, high = float(self.bars.low[last]), float(self.bars.high[last])
        room = (self.pane.y1 - self.pane.y0) * VOLUME_SHARE
        outgrown = high > self.pane.y1 or low < self.pane.y0 + room
        if outgrown or float(self.bars.volume[last]) > self.scene.volume_top:
            self.refresh()
            return
        self._place_live()

    def set_overlay(self, name: str, values: Floats | None, token: str, *, restarts: bool = False) -> None:
        """Show, replace or take away a line of one value a bar."""
        if values is None:
            self.scene.overlays.pop(name, None)
        else:
            self.scene.overlays[name] = Overlay(values, token, restarts)

    def set_fills(self, times: Ints, prices: Floats, sides: tuple[Side, ...]) -> None:
        """Mark fills at the bars that hold their times."""
        self._fill_data = (times, prices, sides)
        self._place_fills()

    def set_message(self, lead: str, hint: str) -> None:
        """Say something in the middle while there are no bars."""
        self._message = (lead, hint)
        self._place_message()

    def show_legend(self) -> None:
        """Bring the legend up to date."""
        bars = self.bars
        if not len(bars):
            self.legend.show_parts((), self.pane.area)
            return
        at = len(bars) - 1 if self._hovered is None else min(max(self._hovered, 0), len(bars) - 1)
        rising = bars.close[at] >= bars.open[at]
        close_token = "profit" if rising else "loss"
        parts: list[LegendPart] = []
        for letter, column, token in (
            ("O", bars.open, "text.1"),
            ("H", bars.high, "text.1"),
            ("L", bars.low, "text.1"),
            ("C", bars.close, close_token),
        ):
            parts.append(LegendPart(letter, "text.3", gap=True))
            parts.append(LegendPart(formats.number(float(column[at]), self.decimals), token))
        parts += [LegendPart("V", "text.3", gap=True), LegendPart(formats.number(float(bars.volume[at]), 0), "text.1")]
        for name, overlay in self.scene.overlays.items():
            if at < len(overlay.values) and np.isfinite(overlay.values[at]):
                parts.append(LegendPart(name, overlay.token, gap=True))
                parts.append(LegendPart(formats.number(float(overlay.values[at]), self.decimals), "text.2"))
        self.legend.show_parts(tuple(parts), self.pane.area)

    def place_crosshair(self, at: QPointF | None) -> None:
        """Show the crosshair at a point of the plot, its upright on the nearest bar; elsewhere or None hides it."""
        if at is None or not len(self.bars) or not self.pane.area.contains(at):
            self._level.hide()
            self._upright.hide_line()
            self._hovered = None
        else:
            index = min(max(round(self.pane.x_value(at.x())), 0), len(self.bars) - 1)
            text = labels.moment(int(self.bars.time[index]), self.interval_s)
            height = float(self.time_axis.size().height())
            self._upright.place(self.pane.x_at(index), self.pane.area, height, text, self.pane.area)
            price = snap(self.pane.y_value(at.y()), self.lines.tick)
            tag = (formats.number(price, self.decimals),)
            self._level.place(at.y(), self.pane.area, float(self._view.width()), tag=tag)
            self._hovered = index
        self.show_legend()
        self._clear_axes()

    def _clear_axes(self) -> None:
        """Keep labels of the axes from showing under tags."""
        tags = [tag for tag in (*self.lines.tags(), self.last_price.tag, self._level.tag) if not tag.isEmpty()]
        self.price_axis.set_covered(tuple((tag.top(), tag.bottom()) for tag in tags))
        under = self._upright.tag
        self.time_axis.set_covered(() if self._upright.area.isEmpty() else ((under.left(), under.right()),))

    def place_last_price(self) -> None:
        """Put the last price's line and its countdown where they belong."""
        self._place_last_price()

    def _place_live(self) -> None:
        self.last_bar.refresh()
        self._place_last_price()
        self.show_legend()

    def _place_last_price(self) -> None:
        if not len(self.bars):
            self.last_price.hide()
            self.lines.keep_clear(QRectF())
            return
        close = float(self.bars.close[-1])
        self.last_price.set_look(last_look(rising=close >= float(self.bars.open[-1])))
        text = formats.number(close, self.decimals)
        tag = (text, self.countdown) if self.countdown else (text,)
        self.last_price.place(self.pane.y_at(close), self.pane.area, float(self._view.width()), tag=tag)
        self.lines.keep_clear(self.last_price.tag)
        self._clear_axes()

    def _place_fills(self) -> None:
        times, prices, sides = self._fill_data
        if not len(times) or not len(self.bars):
            self.fills.place(np.empty(0), np.empty(0), (), self.pane.area)
            return
        index = np.searchsorted(self.bars.time, times, side="right") - 1
        known = index >= 0
        x, y = self.pane.x_px(index[known]), self.pane.y_px(prices[known])
        self.fills.place(x, y, tuple(side for side, kept in zip(sides, known, strict=True) if kept), self.pane.area)

    def _place_message(self) -> None:
        lead, hint = ("", "") if len(self.bars) else self._message
        self.message.say(lead, hint, self.pane.area)

    def _fit(self) -> tuple[float, float]:
        """Lowest and highest price to show; also sets the volume that fills the volume band."""
        first, last = self.window.visible
        if last < first:
            return 0.0, 1.0
        part = slice(first, last + 1)
        low, high = float(self.bars.low[part].min()), float(self.bars.high[part].max())
        largest = float(self.bars.volume[part].max())
        live = last == len(self.bars) - 1 and largest == float(self.bars.volume[-1])
        self.scene.volume_top = max(1.0, largest * (1.2 if live else 1.0))
        reach = max((high - low) * _LINE_REACH, high * 0.0005)
        near = [price for price in self.lines.prices() if low - reach <= price <= high + reach]
        return min([low, *near]), max([high, *near])

    def _padded(self, low: float, high: float) -> tuple[float, float]:
        least = max(10.0**-self.decimals * 10, high * 0.0005)
        span = max(high - low, least)
        middle = (low + high) / 2
        low, high = min(low, middle - span / 2), max(high, middle + span / 2)
        height = self.pane.area.height()
        top = min(_TOP_PX / height, 0.2)
        bottom = VOLUME_SHARE + 0.03
        scale = span / max(0.2, 1.0 - top - bottom - 2 * _HEADROOM)
        return low - (bottom + _HEADROOM) * scale, high + (top + _HEADROOM) * scale

    def _price_ticks(self) -> Floats:
        if not len(self.bars):
            return np.empty(0, dtype=np.float64)
        gap = theme().px(_PRICE_GAP_PX)
        found = ticks.round_values(
            self.pane.y0, self.pane.y1, self.pane.area.height(), gap_px=gap, decimals=self.decimals
        )
        return found[found > 0] if float(self.bars.low.min()) > 0 else found

    def _breaks(self, first: int, last: int) -> Ints:
        if self.interval_s >= labels.DAY_S:
            return np.empty(0, dtype=np.int64)
        breaks = ticks.session_breaks(self.bars.time, first, last)
        crowded = len(breaks) > 1 and (last - first) / len(breaks) * self.window.spacing_px < _BREAK_GAP_PX
        return breaks[:0] if crowded else breaks
