"""The crosshair's upright with its time tag, the legend of a bar's figures, and the message of an empty chart."""

from __future__ import annotations

import math

from msgspec import Struct
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPen

from terminal_app.ui.charts.axes import axis_font
from terminal_app.ui.charts.layer import LiveItem
from terminal_app.ui.theme import theme

_TAG_PAD_PX = 6.0


class UprightItem(LiveItem):
    """The vertical line of a crosshair; its tag stands on the time axis below."""

    def __init__(self) -> None:
        super().__init__()
        self._line = QRectF()
        self.tag = QRectF()
        self._text = ""

    def place(self, x: float, pane: QRectF, axis_height: float, text: str, bounds: QRectF) -> None:
        """Stand at scene ``x`` over ``pane`` with ``text`` on the axis; the tag is kept inside ``bounds``."""
        x = math.floor(x)
        width = QFontMetricsF(axis_font()).horizontalAdvance(text) + 2 * _TAG_PAD_PX
        left = min(max(x - width / 2, bounds.left()), bounds.right() - width)
        self._line = QRectF(x, pane.top(), 1, pane.height())
        self.tag = QRectF(round(left), pane.bottom() + 1, round(width), axis_height - 2)
        self._text = text
        self.occupy(self._line.united(self.tag))

    def hide_line(self) -> None:
        """Show nothing."""
        self.occupy(QRectF())

    def draw(self, painter: QPainter, exposed: QRectF) -> None:
        pen = QPen(theme().color("chart.crosshair"), 1)
        pen.setDashPattern([3, 3])
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        painter.setPen(pen)
        x = self._line.left() + 0.5
        painter.drawLine(QPointF(x, self._line.top()), QPointF(x, self._line.bottom()))
        if self.tag.intersects(exposed):
            painter.fillRect(self.tag, theme().color("chart.crosshair.label_bg"))
            painter.setFont(axis_font())
            painter.setPen(theme().color("chart.crosshair.label_text"))
            painter.drawText(self.tag, Qt.AlignmentFlag.AlignCenter, self._text)


class LegendPart(Struct, frozen=True):
    """A piece of the legend: text and colour token; ``gap`` puts a wider space before it."""

    text: str
    token: str
    gap: bool = False


class LegendItem(LiveItem):
    """One line of figures at the top left; parts that do not fit are left out."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: tuple[LegendPart, ...] = ()
        self._pane = QRectF()
        self._spots: list[tuple[float, LegendPart]] = []

    def show_parts(self, parts: tuple[LegendPart, ...], pane: QRectF) -> None:
        """Show ``parts`` in the top left of ``pane``."""
        if (parts, pane) == (self._parts, self._pane):
            return
        self._parts, self._pane = parts, QRectF(pane)
        metrics = QFontMetricsF(axis_font())
        x = 0.0
        spots: list[tuple[float, LegendPart]] = []
        for part in parts:
            x += (metrics.horizontalAdvance("  ") if part.gap else metrics.horizontalAdvance(" ")) if spots else 0
            width = metrics.horizontalAdvance(part.text)
            if x + width > pane.width() - 16:
                break
            spots.append((x, part))
            x += width
        self._spots = spots
        self.occupy(QRectF(pane.left() + 8, pane.top() + 6, x, metrics.height()) if spots else QRectF())

    def draw(self, painter: QPainter, exposed: QRectF) -> None:
        veil = theme().color("chart.background")
        veil.setAlphaF(0.75)
        painter.fillRect(self.area, veil)
        painter.setFont(axis_font())
        baseline = self.area.top() + QFontMetricsF(painter.font()).ascent()
        for x, part in self._spots:
            painter.setPen(theme().color(part.token))
            painter.drawText(QPointF(self.area.left() + x, baseline), part.text)


class MessageItem(LiveItem):
    """Words in the middle of a chart that has nothing to show yet."""

    def __init__(self) -> None:
        super().__init__()
        self._lead = ""
        self._hint = ""

    @property
    def lead(self) -> str:
        """The first line, empty where nothing is said."""
        return self._lead

    def say(self, lead: str, hint: str, area: QRectF) -> None:
        """Write ``lead`` and under it ``hint``; both empty takes the message away."""
        self._lead, self._hint = lead, hint
        self.occupy(area if lead else QRectF())

    def draw(self, painter: QPainter, exposed: QRectF) -> None:
        painter.setFont(theme().font("lead"))
        painter.setPen(theme().color("text.2"))
        height = QFontMetricsF(painter.font()).height() * 1.5
        middle = self.area.center().y()
        line = QRectF(self.area.left(), middle - height, self.area.width(), height)
        painter.drawText(line, Qt.AlignmentFlag.AlignCenter, self._lead)
        painter.setFont(theme().font("small"))
        painter.setPen(theme().color("text.3"))
        painter.drawText(line.translated(0, height), Qt.AlignmentFlag.AlignCenter, self._hint)
