"""What the first paint shows: the places of the panels, the watchlist's names, ticket and headers; no figure and no price.

It is painted in one go before the panels are imported, and goes when they are built. It must stay light: two fonts, no icon,
no style sheet; tests/unit/app/test_first_paint.py says what may not be imported before it.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from terminal_app.ui.theme import RADIUS, SIZE, theme

MENUS = ("File", "View", "Trade", "Account", "Tools", "Help")
POSITION_COLUMNS = (
    ("Instrument", 220),
    ("Product", 64),
    ("Qty", 118),
    ("Lots", 48),
    ("Average", 86),
    ("LTP", 96),
    ("Day chg", 78),
    ("Realised", 96),
    ("Unrealised", 98),
    ("Day P&L", 104),
)
"""Title and width of the columns of a new home, as the positions panel has them."""
TABS = ("Positions", "Orders", "Trades", "Holdings", "Funds", "P&L", "Log")
COMPACT_WIDTH = 1300
_EXTENTS = {False: (304, 320, 252), True: (254, 304, 196)}
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_MIDDLE = Qt.AlignmentFlag.AlignCenter
_UNKNOWN = "\u2013"
_SIDES = (("BUY", 7), ("SELL", 7), ("", 7), ("", 7))
_TYPES = (("Limit", 5), ("Market", 6), ("SL", 4), ("SL-M", 5), ("Day", 4), ("IOC", 4))
"""Words and widths of the ticket's controls."""
_PAD = 8


class Face(QWidget):
    """The window's places. ``names``: the rows of the first watchlist, name and what stands small behind it."""

    def __init__(self, names: Sequence[tuple[str, str]], parent: QWidget) -> None:
        super().__init__(parent)
        self._names = tuple(names)
        self.setAccessibleName("Bhav is starting")

    def places(self) -> dict[str, QRect]:
        """Where the panels come to stand, by panel."""
        px, gap = theme().px, SIZE.splitter
        edge = SIZE.identity_frame
        box = self.rect().adjusted(edge, edge, -edge, -edge)
        top = box.top() + px(SIZE.menu_bar) + px(SIZE.top_bar) + gap
        left, right, bottom = (px(extent) for extent in _EXTENTS[self.width() < COMPACT_WIDTH])
        foot = box.bottom() + 1 - px(SIZE.status_bar)
        middle = foot - bottom - gap
        ticket_left = box.right() + 1 - right
        chart_left = box.left() + left + gap
        return {
            "watchlist": QRect(box.left(), top, left, middle - top),
            "chart": QRect(chart_left, top, ticket_left - gap - chart_left, middle - top),
            "ticket": QRect(ticket_left, top, right, middle - top),
            "positions": QRect(box.left(), middle + gap, box.width(), bottom),
        }

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, look, places = QPainter(self), theme(), self.places()
        painter.fillRect(self.rect(), look.color("bg.0"))
        self._paint_frame(painter, places)
        for name, box in places.items():
            painter.fillRect(box, look.color("bg.1"))
            painter.fillRect(_header(box), look.color("bg.2"))
            getattr(self, f"_paint_{name}")(painter, box)

    def _paint_frame(self, painter: QPainter, places: dict[str, QRect]) -> None:
        look, edge = theme(), SIZE.identity_frame
        width = self.width() - 2 * edge
        bar = QRect(edge, edge, width, look.px(SIZE.menu_bar))
        strip = QRect(edge, bar.bottom() + 1, width, look.px(SIZE.top_bar))
        foot = places["positions"].bottom() + 1
        for box in (bar, strip, QRect(edge, foot, width, self.height() - edge - foot)):
            painter.fillRect(box, look.color("bg.2"))
        metrics = QFontMetrics(look.font("body"))
        at = edge
        for title in MENUS:
            room = metrics.horizontalAdvance(title) + 2 * _PAD
            _write(painter, QRect(at, bar.top(), room, bar.height()), title, "body", "text.2", _MIDDLE)
            at += room

    def _paint_watchlist(self, painter: QPainter, box: QRect) -> None:
        self._tabs(painter, box, ("1", "2", "3"))
        look = theme()
        small, body = QFontMetrics(look.font("small")), QFontMetrics(look.font("body"))
        top = box.top() + look.px(SIZE.panel_header)
        height = max(look.px(SIZE.table_header), small.height() + 6)
        painter.fillRect(box.left(), top, box.width(), height - 1, look.color("bg.2"))
        _write(painter, QRect(box.left() + 6, top, box.width(), height - 1), "Instrument", "small", "text.3", _LEFT)
        top += height
        row = body.height() + 9
        for name, behind in self._names:
            if top + row > box.bottom():
                break
            line = QRect(box.left() + 6, top, box.width() - 12, row - 1)
            _write(painter, line, name, "body", "text.1", _LEFT)
            _write(painter, line.adjusted(body.horizontalAdvance(name) + 4, 0, 0, 0), behind, "small", "text.3", _LEFT)
            _write(painter, line, _UNKNOWN, "body", "text.3", _RIGHT)
            painter.fillRect(box.left(), top + row - 1, box.width(), 1, look.color("border.subtle"))
            top += row

    def _paint_chart(self, painter: QPainter, box: QRect) -> None:
        look = theme()
        plot = box.adjusted(0, look.px(SIZE.panel_header), -look.px(64), -look.px(24))
        painter.setPen(look.color("chart.grid"))
        for y in range(plot.top() + look.px(64), plot.bottom(), look.px(64)):
            painter.drawLine(plot.left(), y, plot.right(), y)
        for x in range(plot.left() + look.px(88), plot.right(), look.px(88)):
            painter.drawLine(x, plot.top(), x, plot.bottom())

    def _paint_ticket(self, painter: QPainter, box: QRect) -> None:
        self._tabs(painter, box, ("Order ticket",))
        look = theme()
        px, pad = look.px, look.px(12)
        form = box.adjusted(pad, px(SIZE.panel_header + SIZE.identity_band + 48), -pad, 0)
        for row in (
            (("BUY", 7), ("SELL", 7), ("", 7), ("", 7)),
            (("Limit", 5), ("Market", 6), ("SL", 4), ("SL-M", 5), ("Day", 4), ("IOC", 4)),
        ):
            self._boxes(painter, QRect(form.left(), form.top(), form.width(), px(SIZE.control)), row)
            form.adjust(0, px(SIZE.control + 6), 0, 0)
        labels = QRect(form.left(), form.top(), form.width(), px(16))
        for place, label in enumerate(("Quantity", "Price", "Trigger")):
            third = form.width() // 3
            _write(painter, labels.adjusted(place * third, 0, 0, 0), label, "small", "text.2", _LEFT)
        form.adjust(0, px(16), 0, 0)
        self._boxes(
            painter, QRect(form.left(), form.top(), form.width(), px(SIZE.control)), (("", 1), ("", 1), ("", 1))
        )
        form.adjust(0, px(SIZE.control + 20), 0, 0)
        for label in ("Margin needed", "Worst price", "Sent as"):
            line = QRect(form.left(), form.top(), form.width(), px(19))
            _write(painter, line, label, "body", "text.2", _LEFT)
            _write(painter, line, _UNKNOWN, "body", "text.2", _RIGHT)
            form.adjust(0, px(19), 0, 0)
        self._boxes(painter, QRect(form.left(), form.top() + px(6), form.width(), px(SIZE.place)), (("Place", 1),))

    def _paint_positions(self, painter: QPainter, box: QRect) -> None:
        self._tabs(painter, box, TABS)
        look = theme()
        titles = QRect(box.left(), box.top() + look.px(SIZE.panel_header), box.width(), look.px(SIZE.table_header))
        painter.fillRect(titles, look.color("bg.2"))
        at = titles.left()
        for place, (title, width) in enumerate(POSITION_COLUMNS):
            column = QRect(at, titles.top(), look.px(width), titles.height()).adjusted(_PAD, 0, -_PAD, 0)
            _write(painter, column, title, "small", "text.3", _LEFT if place < 2 else _RIGHT)
            at += look.px(width)

    def _tabs(self, painter: QPainter, box: QRect, titles: Sequence[str]) -> None:
        """The tabs of a dock; the first is chosen."""
        look, header = theme(), _header(box)
        metrics = QFontMetrics(look.font("body"))
        at = header.left()
        for place, title in enumerate(titles):
            tab = QRect(at, header.top(), metrics.horizontalAdvance(title) + 20, header.height())
            if place == 0:
                painter.fillRect(tab, look.color("bg.1"))
                painter.fillRect(tab.left(), tab.top(), tab.width(), 2, look.color("accent"))
            _write(painter, tab, title, "body", "text.1" if place == 0 else "text.2", _MIDDLE)
            at += tab.width()

    def _boxes(self, painter: QPainter, row: QRect, words: Sequence[tuple[str, int]]) -> None:
        """A row of empty controls, as wide as their weights say."""
        look, total, at = theme(), sum(weight for _, weight in words), row.left()
        for text, weight in words:
            width = row.width() * weight // total
            box = QRect(at, row.top(), width - 4, row.height() - 1)
            painter.setPen(look.color("border.strong"))
            painter.drawRoundedRect(box, RADIUS.control, RADIUS.control)
            _write(painter, box, text, "body", "text.disabled", _MIDDLE)
            at += width


def _header(box: QRect) -> QRect:
    return QRect(box.left(), box.top(), box.width(), theme().px(SIZE.panel_header))


def _write(painter: QPainter, box: QRect, text: str, step: str, tone: str, align: Qt.AlignmentFlag) -> None:
    if text:
        painter.setFont(theme().font(step))
        painter.setPen(theme().color(tone))
        painter.drawText(box, align, text)
