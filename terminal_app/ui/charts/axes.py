"""The axes: prices on the right in Indian grouping at a fixed width, times below in IST."""

from __future__ import annotations

import math

import pyqtgraph as pg
from msgspec import Struct
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from terminal_app.ui import formats
from terminal_app.ui.charts.pane import Pane
from terminal_app.ui.charts.primitives import Floats
from terminal_app.ui.charts.ticks import Tick
from terminal_app.ui.theme import theme

_PAD_PX = 8.0


def axis_font(*, strong: bool = False) -> QFont:
    """The font of axis labels and of the tags over them."""
    font = theme().font("small")
    if strong:
        font.setWeight(QFont.Weight.DemiBold)
    return font


class AxisLabel(Struct, frozen=True):
    """A label: its box in scene pixels, and the stretch ``start`` to ``end`` it takes along its axis."""

    text: str
    box: QRectF
    start: float
    end: float
    side: Qt.AlignmentFlag
    strong: bool = False


class _Axis(pg.AxisItem):  # type: ignore[misc]  # pyqtgraph is untyped
    """An axis that draws its labels itself, from ticks the chart worked out once for grid and axis."""

    def __init__(self, orientation: str, pane: Pane) -> None:
        super().__init__(orientation)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self.setAcceptHoverEvents(False)
        self.setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)
        self.pane = pane
        self._labels: list[AxisLabel] = []
        self._covered: list[bool] = []
        self._spans: tuple[tuple[float, float], ...] = ()

    def place(self, area: QRectF) -> None:
        """Take the scene rectangle ``area``."""
        # The base class would fix its own width or height from the labels it thinks it draws.
        if self.orientation == "right":
            self.setWidth(area.width())
        else:
            self.setHeight(area.height())
        self.setGeometry(area)
        self.update()

    def boundingRect(self) -> QRectF:
        return QRectF(QPointF(0, 0), self.size())

    def set_covered(self, spans: tuple[tuple[float, float], ...]) -> None:
        """Leave out labels that touch one of these stretches of the axis (scene pixels): tags stand there."""
        self._spans = spans
        covered = [any(label.start < end and start < label.end for start, end in spans) for label in self._labels]
        if covered != self._covered:
            self._covered = covered
            self.update()

    def show_labels(self, labels_shown: list[AxisLabel]) -> None:
        """Draw these labels from now on."""
        self._labels = labels_shown
        self._covered = []
        self.set_covered(self._spans)
        self.update()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        painter.fillRect(self.boundingRect(), theme().color("chart.background"))
        painter.setFont(axis_font())
        shift = -self.pos()
        for label, covered in zip(self._labels, self._covered, strict=True):
            if not covered:
                painter.setPen(theme().color("text.1" if label.strong else "chart.axis.text"))
                painter.drawText(label.box.translated(shift), label.side, label.text)


class ValueAxis(_Axis):
    """Values at the right edge. Its width follows the widest value it was told of, so that it does not jump."""

    def __init__(self, pane: Pane, decimals: int) -> None:
        super().__init__("right", pane)
        self.decimals = decimals

    def set_ticks(self, ticks: Floats) -> None:
        """Label these values; one that would stick out of the axis is left out."""
        height = QFontMetricsF(axis_font()).height()
        box = self.geometry()
        found: list[AxisLabel] = []
        for value, y in zip(ticks, self.pane.y_px(ticks), strict=True):
            at = float(y)
            if box.top() + height / 2 <= at <= box.bottom() - height / 2:
                text = formats.number(float(value), self.decimals)
                place = QRectF(box.left() + _PAD_PX, at - height / 2, box.width() - _PAD_PX, height)
                found.append(AxisLabel(text, place, place.top() + 2, place.bottom() - 2, _MIDDLE))
        self.show_labels(found)

    def width_for(self, *values: float) -> float:
        """Pixels needed to write any of ``values``."""
        metrics = QFontMetricsF(axis_font())
        texts = [formats.number(value, self.decimals) for value in values] or ["0"]
        return float(max(theme().px(56.0), math.ceil(max(map(metrics.horizontalAdvance, texts)) + 2 * _PAD_PX)))


class TimeAxis(_Axis):
    """Times along the bottom edge."""

    def __init__(self, pane: Pane) -> None:
        super().__init__("bottom", pane)

    def set_ticks(self, ticks: list[Tick]) -> None:
        """Label these places; a label that would stick out of the axis is left out."""
        metrics = QFontMetricsF(axis_font())
        box = self.geometry()
        found: list[AxisLabel] = []
        for tick in ticks:
            at = self.pane.x_at(tick.at)
            half = metrics.horizontalAdvance(tick.text) / 2 + 2
            if box.left() <= at - half and at + half <= box.right():
                place = QRectF(at - half, box.top(), 2 * half, box.height())
                found.append(AxisLabel(tick.text, place, at - half, at + half, _CENTER, tick.strong))
        self.show_labels(found)

    @staticmethod
    def height_needed() -> float:
        """Pixels needed for one line of labels."""
        return float(math.ceil(QFontMetricsF(axis_font()).height()) + theme().px(8))


_MIDDLE = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
_CENTER = Qt.AlignmentFlag.AlignCenter
