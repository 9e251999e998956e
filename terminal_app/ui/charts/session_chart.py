"""A chart of one trading day in two panes over one time axis: what the day's and a position's P&L charts share."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from msgspec import Struct
from PySide6.QtCore import QPointF, QRectF, Qt, QTimer
from PySide6.QtWidgets import QVBoxLayout, QWidget

from terminal_app.ui.charts import ticks
from terminal_app.ui.charts.axes import TimeAxis, ValueAxis
from terminal_app.ui.charts.crosshair import MessageItem, UprightItem
from terminal_app.ui.charts.fill_marks import FillMarksItem, Side
from terminal_app.ui.charts.labels import clock
from terminal_app.ui.charts.line_layer import Level, Line, LineLayer
from terminal_app.ui.charts.line_marks import CardItem, CardLine, KeyItem, KeyPart, LineEnd, LineEndsItem, SeamItem
from terminal_app.ui.charts.pane import ChartView, Pane
from terminal_app.ui.charts.primitives import Floats
from terminal_app.ui.charts.series import TimeSeries
from terminal_app.ui.theme import theme

_FRAME_MS = 16
_NEAR_FILL_PX = 7.0
_VALUE_GAP_PX = 40.0
_LEAST_VALUE_GAP_PX = 18.0
_TIME_GAP_PX = 62.0
_KEY_PX = 26.0
_PANE_GAP_PX = 12.0
_SIDE_PX = 8.0
_LEAST_SPAN_S = 1800.0


class FillMark(Struct, frozen=True):
    """A fill on a day's chart: when (epoch seconds), which side, and its words, "SELL 200 INFY at 1,580.90"."""

    time: float
    side: Side
    label: str


class PaneContent(Struct, frozen=True):
    """What a pane shows: lines over the series' times, levels, and the least range of values it covers."""

    lines: list[Line]
    levels: list[Level]
    least: tuple[float, float] | None = None
    least_span: float = 1.0
    pad_top: float = 0.08
    pad_bottom: float = 0.08


class SessionChart(QWidget):
    """Two panes, their axes, fill marks, a crosshair with a card. Subclasses say what the panes hold."""

    lower_share = 0.24

    def __init__(self, name: str, series: TimeSeries, decimals: tuple[int, int], parent: QWidget | None) -> None:
        super().__init__(parent)
        self.series = series
        self.fills: tuple[FillMark, ...] = ()
        self._session: tuple[float, float] | None = None
        self._has_lower = True
        self._pointer_x: float | None = None
        self._view = ChartView(self, self)
        self._view.setAccessibleName(name)
        self.setFocusProxy(self._view)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._view)
        self.upper_pane, self.lower_pane = Pane(), Pane()
        self._upper_axis, self._lower_axis = (
            ValueAxis(self.upper_pane, decimals[0]),
            ValueAxis(self.lower_pane, decimals[1]),
        )
        self._time_axis = TimeAxis(self.lower_pane)
        self._upper_layer, self._lower_layer = LineLayer(self.upper_pane), LineLayer(self.lower_pane)
        self._marks, self._ends = FillMarksItem(), LineEndsItem()
        self._upright, self.card = UprightItem(), CardItem()
        self._key, self._note, self.message = KeyItem(), KeyItem(), MessageItem()
        self._seam = SeamItem()
        for item, z in (
            (self._upper_layer, 1.0),
            (self._lower_layer, 1.0),
            (self._upper_axis, 5.0),
            (self._lower_axis, 5.0),
            (self._time_axis, 5.0),
            (self._seam, 6.0),
            (self._marks, 20.0),
            (self._ends, 22.0),
            (self._key, 25.0),
            (self._note, 25.0),
            (self._upright, 55.0),
            (self.card, 60.0),
            (self.message, 70.0),
        ):
            self._view.add(item, z)
        self._crosshair_timer = QTimer(self, singleShot=True, interval=_FRAME_MS)
        self._crosshair_timer.timeout.connect(self._place_crosshair)
        theme().changed.connect(self._on_theme_changed)

    def set_session(self, start: float, end: float) -> None:
        """Let the time axis span [start, end] (epoch seconds); points after the end widen it."""
        if end <= start:
            raise ValueError("a session ends after it starts")
        self._session = (start, end)
        self._relayout()

    def set_fills(self, fills: Sequence[FillMark]) -> None:
        """Mark these fills on the upper pane's first line."""
        self.fills = tuple(fills)
        self._place_marks()

    def show_lower(self, shown: bool) -> None:
        """Show the lower pane, or give its room to the upper one."""
        if shown != self._has_lower:
            self._has_lower = shown
            for item in (self._lower_layer, self._lower_axis, self._note, self._seam):
                item.setVisible(shown)
            self._relayout()

    # What subclasses say.

    def upper_content(self) -> PaneContent:
        """What the upper pane shows now."""
        raise NotImplementedError

    def lower_content(self) -> PaneContent:
        """What the lower pane shows now."""
        raise NotImplementedError

    def end_texts(self) -> list[tuple[float, str, str]]:
        """Value, words and colour token at the end of each line that has them."""
        raise NotImplementedError

    def card_lines(self, index: int) -> list[str]:
        """What the crosshair's card says of point ``index``, after the time."""
        raise NotImplementedError

    def key_parts(self) -> tuple[KeyPart, ...]:
        """The key of the upper pane."""
        raise NotImplementedError

    def note_text(self) -> str:
        """The name of the lower pane."""
        raise NotImplementedError

    def empty_text(self) -> str:
        """What an empty chart says."""
        raise NotImplementedError

    def moment_text(self, epoch_s: int, *, exact: bool) -> str:
        """A point's time under the crosshair; ``exact`` on its card."""
        return clock(epoch_s, seconds=exact)

    # Ranges and drawing.

    def refresh(self) -> None:
        """Fit both panes and draw everything."""
        x = self._span()
        upper, lower = self.upper_content(), self.lower_content()
        marks = ticks.clock_ticks(*x, self.upper_pane.area.width(), theme().px(_TIME_GAP_PX))
        grid_x = np.array([mark.at for mark in marks], dtype=np.float64)
        for pane, layer, axis, content in (
            (self.upper_pane, self._upper_layer, self._upper_axis, upper),
            (self.lower_pane, self._lower_layer, self._lower_axis, lower),
        ):
            pane.set_range(x, _fitted(content))
            height = pane.area.height()
            gap = theme().px(min(_VALUE_GAP_PX, max(_LEAST_VALUE_GAP_PX, height / 4)))
            layer.grid_y = ticks.round_values(pane.y0, pane.y1, height, gap_px=gap, decimals=axis.decimals)
            layer.grid_x = grid_x
            axis.set_ticks(layer.grid_y if len(self.series) else layer.grid_y[:0])
            self._feed(layer, content)
            layer.invalidate()
        self._time_axis.set_ticks(marks)
        self._place_marks()
        self._place_ends()
        self._place_words()
        self._place_crosshair()

    def extend(self) -> None:
        """A point was appended: draw the end only, or everything where it left the ranges."""
        count = len(self.series)
        upper, lower = self.upper_content(), self.lower_content()
        newest = self.series.times[-1]
        inside = newest <= self.upper_pane.x1 and _inside(self.upper_pane, upper) and _inside(self.lower_pane, lower)
        if count < 2 or not inside:
            self.refresh()
            return
        since = float(self.series.times[-2])
        for layer, content in ((self._upper_layer, upper), (self._lower_layer, lower)):
            self._feed(layer, content)
            layer.invalidate_from(since)
        self._place_ends()

    def _feed(self, layer: LineLayer, content: PaneContent) -> None:
        layer.times, layer.lines, layer.levels = self.series.times, content.lines, content.levels

    def _span(self) -> tuple[float, float]:
        times = self.series.times
        if self._session is not None:
            start, end = self._session
        elif len(times):
            start, end = float(times[0]), float(times[0]) + _LEAST_SPAN_S
        else:
            start, end = 0.0, _LEAST_SPAN_S
        if len(times):
            start = min(start, float(times[0]))
            if times[-1] > end:
                end = float(times[-1]) + (float(times[-1]) - start) * 0.1
        return start, end

    def _relayout(self) -> None:
        self.on_resized(float(self._view.width()), float(self._view.height()))

    def _place_marks(self) -> None:
        lines = self._upper_layer.lines
        if not self.fills or not lines or not len(self.series):
            self._marks.place(np.empty(0), np.empty(0), (), self.upper_pane.area)
            return
        times = np.array([fill.time for fill in self.fills], dtype=np.float64)
        index = np.array([self.series.at(time) for time in times])
        y = self.upper_pane.y_px(lines[0].values[index])
        self._marks.place(self.upper_pane.x_px(times), y, [fill.side for fill in self.fills], self.upper_pane.area)

    def _place_ends(self) -> None:
        if not len(self.series):
            self._ends.place([], self.upper_pane.area)
            return
        x = self.upper_pane.x_at(float(self.series.times[-1]))
        found = [LineEnd(x, self.upper_pane.y_at(value), text, token) for value, text, token in self.end_texts()]
        self._ends.place(found, self.upper_pane.area)

    def _place_words(self) -> None:
        area = self.upper_pane.area
        line = theme().px(20)
        has_points = len(self.series) > 0
        key = QRectF(area.left() + _SIDE_PX, area.top() - theme().px(_KEY_PX) + 4, area.width() - 2 * _SIDE_PX, line)
        self._key.place(self.key_parts() if has_points else (), "", key)
        lower = self.lower_pane.area
        note = QRectF(lower.left() + _SIDE_PX, lower.bottom() - line - 2, lower.width() / 2, line)
        self._note.place((), self.note_text() if has_points else "", note)
        whole = area.united(lower)
        self.message.say("" if has_points else self.empty_text(), "", whole)

    def _place_crosshair(self) -> None:
        x, area = self._pointer_x, self.upper_pane.area
        if x is None or not len(self.series) or not area.left() <= x <= area.right():
            self._upright.hide_line()
            self.card.hide_card()
            self._time_axis.set_covered(())
            return
        time = min(self.upper_pane.x_value(x), float(self.series.times[-1]))
        fill = self._fill_near(x)
        if fill is not None:
            time = fill.time
        index = self.series.at(time)
        shown_s = int(fill.time if fill is not None else self.series.times[index])
        at = self.upper_pane.x_at(shown_s)
        whole = area.united(self.lower_pane.area)
        words = self.moment_text(shown_s, exact=False)
        self._upright.place(at, whole, float(self._time_axis.size().height()), words, area)
        self._time_axis.set_covered(((self._upright.tag.left(), self._upright.tag.right()),))
        head = self.moment_text(shown_s, exact=True) + (f" {fill.label}" if fill is not None else "")
        lines = (CardLine(head, strong=True), *(CardLine(text) for text in self.card_lines(index)))
        self.card.place(lines, at, area)

    def _fill_near(self, x: float) -> FillMark | None:
        near = [(abs(self.upper_pane.x_at(fill.time) - x), number) for number, fill in enumerate(self.fills)]
        distance, number = min(near, default=(_NEAR_FILL_PX + 1, 0))
        return self.fills[number] if distance <= _NEAR_FILL_PX else None

    def _point_at(self, x: float | None) -> None:
        self._pointer_x = x
        if not self._crosshair_timer.isActive():
            self._crosshair_timer.start()

    def _on_theme_changed(self) -> None:
        self._relayout()
        self._view.viewport().update()

    # The handler of the view's events.

    def on_resized(self, width: float, height: float) -> None:
        axis_width = max(self._upper_axis.width_for(*self._extremes(self.upper_content())), theme().px(60.0))
        below = TimeAxis.height_needed()
        top = float(theme().px(_KEY_PX))
        plot = QRectF(0, top, max(1.0, width - axis_width), max(2.0, height - below - top))
        lower_height = round(plot.height() * self.lower_share) if self._has_lower else 0
        gap = min(float(theme().px(_PANE_GAP_PX)), plot.height() / 8) if self._has_lower else 0.0
        upper_height = max(1.0, plot.height() - lower_height - gap)
        self.upper_pane.place(QRectF(0, top, plot.width(), upper_height))
        self.lower_pane.place(QRectF(0, top + upper_height + gap, plot.width(), max(1.0, float(lower_height))))
        for pane, layer, axis in (
            (self.upper_pane, self._upper_layer, self._upper_axis),
            (self.lower_pane, self._lower_layer, self._lower_axis),
        ):
            layer.occupy(pane.area)
            axis.place(QRectF(plot.right(), pane.area.top(), axis_width, pane.area.height()))
        self._seam.occupy(QRectF(0, round(self.lower_pane.area.top() - gap / 2), width, 1))
        self._time_axis.place(QRectF(0, self.lower_pane.area.bottom(), plot.width(), below))
        self.refresh()

    def on_pressed(self, at: QPointF, button: Qt.MouseButton) -> None:
        self._view.setFocus(Qt.FocusReason.MouseFocusReason)

    def on_moved(self, at: QPointF, buttons: Qt.MouseButton) -> None:
        self._point_at(at.x())

    def on_released(self, at: QPointF, button: Qt.MouseButton) -> None:
        pass

    def on_wheel(self, at: QPointF, steps_x: float, steps_y: float) -> None:
        pass

    def on_left(self) -> None:
        self._point_at(None)

    def on_focus_lost(self) -> None:
        self._point_at(None)

    def on_key(self, key: int, modifiers: Qt.KeyboardModifier) -> bool:
        area = self.upper_pane.area
        newest = self.upper_pane.x_at(float(self.series.times[-1])) if len(self.series) else area.right()
        x = newest if self._pointer_x is None else self._pointer_x
        match key:
            case Qt.Key.Key_Left:
                self._point_at(max(area.left(), x - area.width() / 100))
            case Qt.Key.Key_Right:
                self._point_at(min(newest, x + area.width() / 100))
            case Qt.Key.Key_Home:
                self._point_at(area.left())
            case Qt.Key.Key_End:
                self._point_at(newest)
            case Qt.Key.Key_Escape if self._pointer_x is not None:
                self._point_at(None)
            case _:
                return False
        return True

    def on_menu_key(self) -> None:
        pass

    @staticmethod
    def _extremes(content: PaneContent) -> tuple[float, float]:
        return _fitted(content)


def _fitted(content: PaneContent) -> tuple[float, float]:
    """The range of values that shows all lines with some air."""
    bounds = [bound for line in content.lines for bound in _bounds(line.values)]
    bounds += [level.value for level in content.levels if level.dashed]
    bounds += content.least or ()
    low, high = min(bounds, default=0.0), max(bounds, default=0.0)
    missing = content.least_span - (high - low)
    if missing > 0:
        low, high = low - missing / 2, high + missing / 2
    return low - (high - low) * content.pad_bottom, high + (high - low) * content.pad_top


def _bounds(values: Floats) -> tuple[float, ...]:
    if not len(values):
        return ()
    low, high = float(np.fmin.reduce(values)), float(np.fmax.reduce(values))
    return (low, high) if np.isfinite(low) else ()


def _inside(pane: Pane, content: PaneContent) -> bool:
    newest = [float(line.values[-1]) for line in content.lines]
    return all(pane.y0 <= value <= pane.y1 for value in newest if np.isfinite(value))
