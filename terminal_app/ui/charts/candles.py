"""Candles, volume, overlay lines and grid: one cached layer for the finished bars, one live item for the last."""

from __future__ import annotations

import math

import numpy as np
from msgspec import Struct, field
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from terminal_app.ui.charts.bars import Bars
from terminal_app.ui.charts.columns import reduce_bars
from terminal_app.ui.charts.layer import CachedLayer, LiveItem
from terminal_app.ui.charts.pane import Pane
from terminal_app.ui.charts.primitives import Floats, Ints, fill_rects, stroke
from terminal_app.ui.theme import theme

VOLUME_SHARE = 0.15
_BODY_SHARE = 0.7
_HOLLOW_FROM = 4
_COLUMNS_BELOW = 0.75


class Overlay(Struct):
    """A line over the candles: its values (one a bar, NaN where there is none) and its colour token.

    One that ``restarts`` is not drawn across the breaks between sessions.
    """

    values: Floats
    token: str
    restarts: bool = False


class CandleScene(Struct):
    """What both candle items draw from; the chart keeps it up to date."""

    pane: Pane
    bars: Bars = field(default_factory=Bars.none)
    overlays: dict[str, Overlay] = field(default_factory=dict)
    grid_y: Floats = field(default_factory=lambda: np.empty(0))
    grid_x: Floats = field(default_factory=lambda: np.empty(0))
    breaks: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    volume_top: float = 1.0

    @property
    def spacing_px(self) -> float:
        """Pixels from one bar to the next."""
        return self.pane.area.width() / (self.pane.x1 - self.pane.x0)


class CandleLayer(CachedLayer):
    """Everything that only changes when the view moves or a bar is finished."""

    def __init__(self, scene: CandleScene) -> None:
        super().__init__()
        self._scene = scene

    def render_part(self, painter: QPainter, part: QRectF) -> None:
        painter.fillRect(part, theme().color("chart.background"))
        draw_grid(painter, self.area, self._scene.pane, self._scene.grid_x, self._scene.grid_y)
        self._draw_breaks(painter)
        finished = len(self._scene.bars) - 1
        if finished < 1:
            return
        first, last = _bars_under(self._scene.pane, part, finished)
        if last < first:
            return
        draw_bars(painter, self._scene, first, last, self.ratio)
        draw_overlays(painter, self._scene, max(0, first - 1), min(finished - 1, last + 1))

    def _draw_breaks(self, painter: QPainter) -> None:
        pen = QPen(theme().color("chart.session_break"), 1, Qt.PenStyle.CustomDashLine)
        pen.setDashPattern([3, 3])
        painter.setPen(pen)
        area = self.area
        for x in self._scene.pane.x_px(self._scene.breaks - 0.5):
            px = math.floor(float(x)) + 0.5
            painter.drawLine(QPointF(px, area.top()), QPointF(px, area.bottom()))


class LastBarItem(LiveItem):
    """The unfinished bar, its volume and the ends of the overlay lines: all that a tick changes in the plot."""

    def __init__(self, scene: CandleScene) -> None:
        super().__init__()
        self._scene = scene

    def refresh(self) -> None:
        """Follow the last bar; only its column is repainted."""
        last = len(self._scene.bars) - 1
        pane = self._scene.pane
        if last < 0 or not pane.x0 - 1 <= last <= pane.x1 + 1:
            self.occupy(QRectF())
            return
        reach = max(2.0, self._scene.spacing_px / 2 + 2)
        start = pane.x_at(max(last - 1, 0)) if self._scene.overlays else pane.x_at(last)
        column = QRectF(start - reach, pane.area.top(), pane.x_at(last) - start + 2 * reach, pane.area.height())
        self.occupy(column.intersected(pane.area))

    def draw(self, painter: QPainter, exposed: QRectF) -> None:
        last = len(self._scene.bars) - 1
        painter.save()
        painter.setClipRect(self.area, Qt.ClipOperation.IntersectClip)
        draw_bars(painter, self._scene, last, last, painter.device().devicePixelRatio())
        draw_overlays(painter, self._scene, max(last - 1, 0), last)
        painter.restore()


def draw_grid(painter: QPainter, area: QRectF, pane: Pane, grid_x: Floats, grid_y: Floats) -> None:
    """Hairlines at the given values of a pane."""
    color = theme().color("chart.grid")
    if len(grid_y):
        y = np.floor(pane.y_px(grid_y))
        fill_rects(painter, np.full(len(y), area.left()), y, area.width(), np.ones(len(y)), color)
    if len(grid_x):
        x = np.floor(pane.x_px(grid_x))
        fill_rects(painter, x, np.full(len(x), area.top()), 1.0, np.full(len(x), area.height()), color)


def draw_bars(painter: QPainter, scene: CandleScene, first: int, last: int, ratio: float) -> None:
    """Candles and volume of the bars ``first``..``last``, snapped to device pixels.

    Rising candles are hollow. Where several bars share a pixel, each pixel column shows their extremes.
    """
    bars, pane = scene.bars, scene.pane
    part = slice(first, last + 1)
    x = pane.x_px(np.arange(first, last + 1)) * ratio
    spacing = scene.spacing_px * ratio
    if spacing < _COLUMNS_BELOW:
        column = np.floor(x).astype(np.int64)
        joined = reduce_bars(
            column, bars.open[part], bars.high[part], bars.low[part], bars.close[part], bars.volume[part]
        )
        wick_left, wick = joined.column.astype(np.float64), 1
        source: _Prices = _Prices(joined.open, joined.high, joined.low, joined.close, joined.volume)
        body = 1
    else:
        wick = max(1, round(ratio))
        body = _body_width(spacing, wick)
        wick_left = np.floor(x - wick / 2 + 0.5)
        source = _Prices(bars.open[part], bars.high[part], bars.low[part], bars.close[part], bars.volume[part])
    _draw_volume(painter, scene, source, wick_left, wick, body, ratio)
    _draw_candles(painter, scene, source, wick_left, wick, body, ratio)


def draw_overlays(painter: QPainter, scene: CandleScene, first: int, last: int) -> None:
    """Every overlay line from bar ``first`` to bar ``last``."""
    for overlay in scene.overlays.values():
        end = min(last, len(overlay.values) - 1)
        if end <= first:
            continue
        step = max(1, math.floor(0.5 / scene.spacing_px))
        index = np.unique(np.append(np.arange(first, end, step), end))
        x, y = scene.pane.x_px(index), scene.pane.y_px(overlay.values[index])
        if overlay.restarts:
            gaps = np.searchsorted(index, scene.breaks[(scene.breaks > first) & (scene.breaks <= end)])
            x, y = np.insert(x, gaps, x[gaps]), np.insert(y, gaps, np.nan)
        stroke(painter, x, y, theme().color(overlay.token))


class _Prices(Struct, frozen=True):
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats


def _bars_under(pane: Pane, part: QRectF, finished: int) -> tuple[int, int]:
    first = math.floor(pane.x_value(part.left() - 1) - 0.5)
    last = math.ceil(pane.x_value(part.right() + 1) + 0.5)
    return max(0, first), min(finished - 1, last)


def _body_width(spacing: float, wick: int) -> int:
    """Width of a candle's body in device pixels: as even or odd as the wick, so that it stands in the middle."""
    width = max(wick, math.floor(spacing * _BODY_SHARE))
    return width if (width - wick) % 2 == 0 else width - 1


def _draw_candles(
    painter: QPainter, scene: CandleScene, prices: _Prices, wick_left: Floats, wick: int, body: int, ratio: float
) -> None:
    def edge(values: Floats) -> Floats:
        return np.round(scene.pane.y_px(values) * ratio)

    high, low = edge(prices.high), edge(prices.low)
    rising = prices.close >= prices.open
    top, bottom = edge(np.maximum(prices.open, prices.close)), edge(np.minimum(prices.open, prices.close))
    body_height = np.maximum(bottom - top, wick)
    body_left = wick_left - (body - wick) / 2
    hollow = body >= _HOLLOW_FROM * wick
    colors = theme()
    for mask, token in ((rising, "chart.candle.up"), (~rising, "chart.candle.down")):
        color = colors.color(token)
        left, y = wick_left[mask] / ratio, high[mask] / ratio
        height = np.maximum(low[mask] - high[mask], wick) / ratio
        fill_rects(painter, left, y, wick / ratio, height, color)
        if body > wick:
            fill_rects(
                painter, body_left[mask] / ratio, top[mask] / ratio, body / ratio, body_height[mask] / ratio, color
            )
    inside = rising & (body_height > 2 * wick)
    if hollow and inside.any():
        inner = colors.color("chart.candle.up.body")
        fill_rects(
            painter,
            (body_left[inside] + wick) / ratio,
            (top[inside] + wick) / ratio,
            (body - 2 * wick) / ratio,
            (body_height[inside] - 2 * wick) / ratio,
            inner,
        )


def _draw_volume(
    painter: QPainter, scene: CandleScene, prices: _Prices, wick_left: Floats, wick: int, body: int, ratio: float
) -> None:
    area = scene.pane.area
    full = area.height() * VOLUME_SHARE * ratio
    height = np.ceil(prices.volume / scene.volume_top * full)
    rising = prices.close >= prices.open
    body_left = wick_left - (body - wick) / 2
    floor = math.floor(area.bottom() * ratio)
    drawn = height > 0
    for mask, token in ((rising & drawn, "chart.volume.up"), (~rising & drawn, "chart.volume.down")):
        color: QColor = theme().color(token)
        tall = height[mask]
        fill_rects(painter, body_left[mask] / ratio, (floor - tall) / ratio, body / ratio, tall / ratio, color)
