"""What stands over a line chart: the value at a line's end, the card at the crosshair, the key of lines and marks."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QPen

from terminal_app.ui.charts.axes import axis_font
from terminal_app.ui.charts.fill_marks import triangle
from terminal_app.ui.charts.layer import LiveItem
from terminal_app.ui.theme import theme

_GAP_PX = 9.0
_PAD_PX = 10.0
_CARD_LINE = 1.45
_GLYPH_PX = 14.0


class LineEnd(Struct, frozen=True):
    """The end of a line: its scene position, its words and the line's colour token."""

    x: float
    y: float
    text: str
    token: str


class LineEndsItem(LiveItem):
    """A dot at the end of each line and the value beside it; values keep clear of each other."""

    def __init__(self) -> None:
        super().__init__()
        self._ends: list[tuple[LineEnd, QRectF]] = []

    def place(self, ends: list[LineEnd], pane: QRectF) -> None:
        """Mark ``ends`` inside ``pane``; where there is no room at the right, the words stand at the left."""
        metrics = QFontMetricsF(axis_font(strong=True))
        self._ends = []
        area = QRectF()
        lowest = pane.top()
        for end in sorted(ends, key=lambda each: each.y):
            width = metrics.horizontalAdvance(end.text) + 2
            beside = end.x + _GAP_PX + width <= pane.right()
            x = end.x + _GAP_PX if beside else end.x - _GAP_PX - width
            # At the left the words stand above the line, which would strike them through.
            top = end.y - metrics.height() / 2 if beside else end.y - metrics.height() - _GAP_PX
            y = min(max(top, lowest), pane.bottom() - metrics.height())
            lowest = y + metrics.height()
            box = QRectF(x, y, width, metrics.height())
            self._ends.append((end, box))
            area = area.united(box).united(QRectF(end.x - 4, end.y - 4, 8, 8))
        self.occupy(area)

    def draw(self, painter: QPainter, exposed: QRectF) -> None:
        painter.setFont(axis_font(strong=True))
        for end, box in self._ends:
            color = theme().color(end.token)
            veil = theme().color("chart.background")
            veil.setAlphaF(0.7)
            painter.fillRect(box, veil)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(color)
            painter.drawEllipse(QPointF(end.x, end.y), 3, 3)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            painter.setPen(color)
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, end.text)


class CardLine(Struct, frozen=True):
    """A line of the card."""

    text: str
    strong: bool = False


class CardItem(LiveItem):
    """The card beside the crosshair."""

    def __init__(self) -> None:
        super().__init__(cached=True)
        self._lines: tuple[CardLine, ...] = ()

    @property
    def lines(self) -> tuple[CardLine, ...]:
        """What the card says; empty where it is hidden."""
        return () if self.area.isEmpty() else self._lines

    def place(self, lines: tuple[CardLine, ...], x: float, pane: QRectF) -> None:
        """Show ``lines`` beside scene ``x``: at its left where there is room, else at its right."""
        self._lines = lines
        widths = [QFontMetricsF(self._font(line)).horizontalAdvance(line.text) for line in lines]
        width = max(widths) + 2 * _PAD_PX
        height = len(lines) * self._line_height() + 2 * _PAD_PX - 4
        left = x - _GAP_PX - width
        if left < pane.left() + 4:
            left = min(x + _GAP_PX, pane.right() - width - 4)
        self.occupy(QRectF(round(left), pane.top() + 16, round(width), round(height)))

    def hide_card(self) -> None:
        """Show nothing."""
        self.occupy(QRectF())

    def draw(self, painter: QPainter, exposed: QRectF) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        painter.setPen(QPen(theme().color("border.strong"), 1))
        painter.setBrush(theme().color("bg.4"))
        painter.drawRoundedRect(self.area.adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        row = QRectF(self.area.left() + _PAD_PX, self.area.top() + _PAD_PX - 2, self.area.width(), self._line_height())
        for line in self._lines:
            painter.setFont(self._font(line))
            painter.setPen(theme().color("text.1" if line.strong else "text.2"))
            painter.drawText(row, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, line.text)
            row.translate(0, self._line_height())

    @staticmethod
    def _font(line: CardLine) -> QFont:
        return axis_font(strong=line.strong)

    @staticmethod
    def _line_height() -> float:
        return round(QFontMetricsF(axis_font()).height() * _CARD_LINE)


class KeyPart(Struct, frozen=True):
    """One entry of the key: a glyph in a colour and what it stands for."""

    glyph: Literal["line", "dash", "buy", "sell"]
    token: str
    text: str


class KeyItem(LiveItem):
    """The key at the top left of a pane, and a plain note at its bottom left."""

    def __init__(self) -> None:
        super().__init__(cached=True)
        self._parts: tuple[KeyPart, ...] = ()
        self._note = ""

    def place(self, parts: tuple[KeyPart, ...], note: str, area: QRectF) -> None:
        """Show the key, or where there is none the note, in ``area`` (one line high)."""
        self._parts, self._note = parts, note
        self.occupy(area)

    def draw(self, painter: QPainter, exposed: QRectF) -> None:
        painter.setFont(axis_font())
        metrics = QFontMetricsF(painter.font())
        painter.setPen(theme().color("text.2"))
        if not self._parts:
            painter.drawText(self.area, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, self._note)
            return
        x, middle = self.area.left(), self.area.center().y()
        for part in self._parts:
            self._draw_glyph(painter, part, x, middle)
            painter.setPen(theme().color("text.2"))
            x += _GLYPH_PX + 6
            box = QRectF(x, self.area.top(), self.area.width(), self.area.height())
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, part.text)
            x += metrics.horizontalAdvance(part.text) + 16

    @staticmethod
    def _draw_glyph(painter: QPainter, part: KeyPart, x: float, middle: float) -> None:
        color = theme().color(part.token)
        if part.glyph in {"line", "dash"}:
            pen = QPen(color, 2 if part.glyph == "line" else 1)
            if part.glyph == "dash":
                pen.setDashPattern([4, 3])
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
            painter.setPen(pen)
            painter.drawLine(QPointF(x, round(middle)), QPointF(x + _GLYPH_PX, round(middle)))
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        side: Literal["buy", "sell"] = "buy" if part.glyph == "buy" else "sell"
        painter.drawConvexPolygon(triangle(x + _GLYPH_PX / 2, middle - 4 if side == "buy" else middle + 4, side))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


class SeamItem(LiveItem):
    """The hairline between two panes."""

    def draw(self, painter: QPainter, exposed: QRectF) -> None:
        painter.fillRect(self.area, theme().color("chart.axis.line"))
