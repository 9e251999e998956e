"""Horizontal lines at a price: orders that can be dragged, the position, the last price, the crosshair's level."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Literal

from msgspec import Struct
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from terminal_app.ui.charts.axes import axis_font
from terminal_app.ui.charts.layer import LiveItem
from terminal_app.ui.charts.pane import ChartView
from terminal_app.ui.theme import theme

GRIP_PX = 5.0
_CHIP_LEFT_PX = 8.0
_CHIP_PAD_PX = 7.0
_CLOSE_PX = 16.0
_TAG_PAD_PX = 8.0
_BADGE_LIFT = 4.0


class OrderLine(Struct, frozen=True):
    """A working order on the chart. ``label`` says side and quantity ("BUY 50"); the price is added by the chart."""

    id: str
    side: Literal["buy", "sell"]
    label: str
    price: Decimal
    kind: Literal["limit", "trigger"] = "limit"
    movable: bool = True


class PositionLine(Struct, frozen=True):
    """The open position at its average price; ``gain`` tells whether it is in profit."""

    label: str
    price: Decimal
    gain: bool


class LineLook(Struct, frozen=True):
    """How a line, its chip at the left and its tag on the axis are painted; colours are theme tokens."""

    line: str
    dashes: tuple[float, ...] = ()
    fill: str = ""
    text: str = "text.on_fill"
    edge: str = ""


class PriceLine:
    """One line across the pane, with a chip at its left and a tag on the axis; hidden where the price is out of view.

    Line and badges are two items, so that no line runs over the badge of another.
    """

    def __init__(self, look: LineLook, *, closable: bool = False) -> None:
        self._rule = _RuleItem(look)
        self._badges = _BadgesItem(look)
        self._closable = closable
        self.y = 0.0

    def add_to(self, view: ChartView, z: float) -> None:
        """Put the line into the scene at height ``z`` and its badges a little higher."""
        view.add(self._rule, z)
        view.add(self._badges, z + _BADGE_LIFT)

    def remove_from(self, view: ChartView) -> None:
        """Take both out of the scene."""
        view.scene().removeItem(self._rule)
        view.scene().removeItem(self._badges)

    def lift(self, z: float) -> None:
        """Change the height in the scene."""
        self._rule.setZValue(z)
        self._badges.setZValue(z + _BADGE_LIFT)

    @property
    def chip(self) -> QRectF:
        """The chip's rectangle in scene coordinates, empty where there is none."""
        return self._badges.chip

    @property
    def close_box(self) -> QRectF:
        """The rectangle of the chip's cross, empty where there is none."""
        return self._badges.close_box

    @property
    def tag(self) -> QRectF:
        """The tag's rectangle on the axis in scene coordinates, empty where there is none."""
        return self._badges.tag

    @property
    def is_visible(self) -> bool:
        """Whether the price is in view."""
        return not self._rule.area.isEmpty()

    def set_look(self, look: LineLook) -> None:
        """Change colours."""
        self._rule.set_look(look)
        self._badges.set_look(look)

    def set_close_hovered(self, hovered: bool) -> None:
        """Brighten the cross while the pointer is over it."""
        self._badges.set_close_hovered(hovered)

    def hide(self) -> None:
        """Show nothing."""
        self._rule.occupy(QRectF())
        self._badges.clear()

    def place(
        self,
        y: float,
        pane: QRectF,
        axis_right: float,
        *,
        chip: str = "",
        tag: tuple[str, ...] = (),
        indent_px: float = 0.0,
        tag_shift_px: float = 0.0,
    ) -> None:
        """Put the line at scene ``y`` across ``pane``; empty chip or tag text means none.

        ``indent_px`` moves the chip right and ``tag_shift_px`` the tag down, away from others.
        """
        if not pane.top() <= y <= pane.bottom():
            self.hide()
            return
        self.y = y
        self._rule.occupy(QRectF(pane.left(), math.floor(y), pane.width(), 1))
        self._badges.place(y, pane, axis_right, _Badges(chip, tag, self._closable, indent_px, tag_shift_px))

    def grips(self, at: QPointF) -> bool:
        """Whether the pointer is on the line, its chip or its tag."""
        return self.is_visible and (abs(at.y() - self.y) <= GRIP_PX or self.chip.contains(at))


def badge_height() -> float:
    """Height of a chip and of a tag of one line."""
    return float(round(QFontMetricsF(axis_font()).height() + 3))


class _Badges(Struct, frozen=True):
    chip: str
    tag: tuple[str, ...]
    closable: bool
    indent_px: float
    tag_shift_px: float


class _RuleItem(LiveItem):
    def __init__(self, look: LineLook) -> None:
        super().__init__()
        self._look = look

    def set_look(self, look: LineLook) -> None:
        if look != self._look:
            self._look = look
            self.update()

    def draw(self, painter: QPainter, exposed: QRectF) -> None:
        pen = QPen(theme().color(self._look.line), 1)
        if self._look.dashes:
            pen.setDashPattern(list(self._look.dashes))
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        painter.setPen(pen)
        middle = self.area.top() + 0.5
        painter.drawLine(QPointF(self.area.left(), middle), QPointF(self.area.right(), middle))


class _BadgesItem(LiveItem):
    def __init__(self, look: LineLook) -> None:
        super().__init__(cached=True)
        self._look = look
        self._badges = _Badges("", (), False, 0.0, 0.0)
        self.tag = QRectF()
        self._close_hovered = False
        self.chip = QRectF()

    @property
    def close_box(self) -> QRectF:
        if not self._badges.closable or self.chip.isEmpty():
            return QRectF()
        return QRectF(self.chip.right() - _CLOSE_PX - 1, self.chip.top(), _CLOSE_PX + 1, self.chip.height())

    def set_look(self, look: LineLook) -> None:
        if look != self._look:
            self._look = look
            self.update()

    def set_close_hovered(self, hovered: bool) -> None:
        if hovered != self._close_hovered:
            self._close_hovered = hovered
            self.update(self.close_box)

    def clear(self) -> None:
        self.chip, self.tag = QRectF(), QRectF()
        self.occupy(QRectF())

    def place(self, y: float, pane: QRectF, axis_right: float, badges: _Badges) -> None:
        metrics = QFontMetricsF(axis_font())
        height = badge_height()
        top = round(y - height / 2 + 0.5)
        self._badges = badges
        self.chip, self.tag = QRectF(), QRectF()
        if badges.chip:
            cross = _CLOSE_PX - 2 if badges.closable else 0
            width = metrics.horizontalAdvance(badges.chip) + 2 * _CHIP_PAD_PX + cross
            self.chip = QRectF(pane.left() + _CHIP_LEFT_PX + badges.indent_px, top, round(width), height)
        if badges.tag:
            tall = height + (len(badges.tag) - 1) * round(metrics.height() - 1)
            self.tag = QRectF(pane.right(), top + round(badges.tag_shift_px), axis_right - pane.right(), tall)
        self.occupy(self.chip.united(self.tag))

    def draw(self, painter: QPainter, exposed: QRectF) -> None:
        painter.setFont(axis_font())
        if not self.chip.isEmpty() and self.chip.intersects(exposed):
            self._draw_chip(painter)
        if not self.tag.isEmpty() and self.tag.intersects(exposed):
            self._draw_tag(painter)

    def _draw_chip(self, painter: QPainter) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme().color(self._look.fill))
        painter.drawRoundedRect(self.chip, 2, 2)
        if self._look.edge:
            painter.fillRect(
                QRectF(self.chip.left(), self.chip.top(), 3, self.chip.height()), theme().color(self._look.edge)
            )
        text = theme().color(self._look.text)
        painter.setPen(text)
        painter.drawText(self.chip.adjusted(_CHIP_PAD_PX, 0, 0, 0), _LEFT, self._badges.chip)
        if self._badges.closable:
            self._draw_cross(painter, text)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def _draw_cross(self, painter: QPainter, color: QColor) -> None:
        box = self.close_box
        if self._close_hovered:
            veil = QColor(color)
            veil.setAlphaF(0.25)
            painter.fillRect(box, veil)
        center, arm = box.center(), 3.0
        painter.setPen(QPen(color, 1.4))
        painter.drawLine(center + QPointF(-arm, -arm), center + QPointF(arm, arm))
        painter.drawLine(center + QPointF(-arm, arm), center + QPointF(arm, -arm))

    def _draw_tag(self, painter: QPainter) -> None:
        metrics = QFontMetricsF(painter.font())
        box = self.tag
        painter.fillRect(box, theme().color(self._look.fill))
        if self._look.edge:
            painter.fillRect(QRectF(box.left(), box.top(), 2, box.height()), theme().color(self._look.edge))
        row = QRectF(box.left() + _TAG_PAD_PX, box.top() + 1, box.width(), metrics.height() + 1)
        for number, text in enumerate(self._badges.tag):
            painter.setPen(theme().color(self._look.text if number == 0 else "text.2"))
            painter.drawText(row, _LEFT, text)
            row.translate(0, round(metrics.height() - 1))


_LEFT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft


def order_look(side: Literal["buy", "sell"]) -> LineLook:
    """Buy blue or sell orange, dashed."""
    return LineLook(line=side, dashes=(4, 3), fill=f"{side}.fill")


def position_look(*, gain: bool) -> LineLook:
    """Steel and solid, edged in the colour of its result."""
    return LineLook(
        line="text.3",
        fill="chart.crosshair.label_bg",
        text="chart.crosshair.label_text",
        edge="profit" if gain else "loss",
    )


def last_look(*, rising: bool) -> LineLook:
    """Dotted in the colour of the last bar."""
    name = "profit" if rising else "loss"
    line = "chart.candle.up" if rising else "chart.candle.down"
    return LineLook(line=line, dashes=(1, 3), fill=f"{name}.tint", text=name, edge=line)


CROSSHAIR_LOOK = LineLook(
    line="chart.crosshair", dashes=(3, 3), fill="chart.crosshair.label_bg", text="chart.crosshair.label_text"
)
