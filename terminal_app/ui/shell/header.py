"""The strip under the menu bar: switcher, search, indices, day P&L, funds, the kill switch and the clock."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from terminal_app.ui import formats
from terminal_app.ui.icons import icon_pixmap
from terminal_app.ui.kit.badges import KeyCap
from terminal_app.ui.kit.buttons import Button
from terminal_app.ui.kit.label import Label
from terminal_app.ui.kit.panel_header import VerticalRule
from terminal_app.ui.kit.styled import ThemedMixin
from terminal_app.ui.shell.switcher import AccountButton
from terminal_app.ui.theme import RADIUS, SIZE, SPACE, theme

COMPACT_WIDTH = 1300
_PROMPTS = ("Instrument or command", "Search")
"""What the search field says: the longest that fits."""
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class SearchButton(QAbstractButton, ThemedMixin):
    """Looks like the field that it opens."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Search instruments and commands, Ctrl+K")
        self.setCursor(Qt.CursorShape.IBeamCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._cap = KeyCap("Ctrl K", self)
        self.follow_theme()

    def restyle(self) -> None:
        self.setFixedHeight(theme().px(28))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(theme().px(248), self.minimumHeight())

    def resizeEvent(self, event: object) -> None:
        self._cap.move(self.width() - self._cap.width() - 6, (self.height() - self._cap.height()) // 2)

    def paintEvent(self, event: QPaintEvent) -> None:
        look, painter = theme(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        focused = self.hasFocus()
        painter.setPen(QPen(look.color("accent" if focused else "border.control"), 2 if focused else 1))
        painter.setBrush(look.color("bg.input"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS.control, RADIUS.control)
        side = look.px(SIZE.icon)
        painter.drawPixmap(8, (self.height() - side) // 2, icon_pixmap("search", side, "text.2"))
        painter.setPen(look.color("text.3"))
        painter.setFont(look.font("body"))
        room = self._cap.x() - side - 20
        metrics = painter.fontMetrics()
        text = next((words for words in _PROMPTS if metrics.horizontalAdvance(words) <= room), "")
        painter.drawText(side + 16, 0, room, self.height(), Qt.AlignmentFlag.AlignVCenter, text)


class IndexQuote(QAbstractButton):
    """An index with its level and change; a click shows its chart."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = Label(name, "small", "text.3")
        self._level = Label("–")
        self._change = Label("–", "body", "text.3")
        below = QHBoxLayout()
        below.setSpacing(5)
        below.addWidget(self._level)
        below.addWidget(self._change)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(1)
        column.addStretch(1)
        column.addWidget(self._name)
        column.addLayout(below)
        column.addStretch(1)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName(name)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.hasFocus():
            painter = QPainter(self)
            painter.setPen(QPen(theme().color("accent"), SIZE.focus_ring))
            painter.drawRect(self.rect().adjusted(1, 1, -1, -1))

    def show_quote(self, level: Decimal | float | None, change_percent: Decimal | float | None) -> None:
        """Change the figures."""
        self._level.show_text(formats.price(level))
        self._change.show_text(formats.percent(change_percent), formats.tone(change_percent))
        self.setAccessibleDescription(f"{formats.price(level)} {formats.percent(change_percent)}")


class Figure(QWidget):
    """A small label over a figure, right-aligned."""

    def __init__(self, label: str) -> None:
        super().__init__()
        self._label = Label(label, "small", "text.3")
        self.value = Label("–", "strong", "text.3")
        self._label.setAlignment(_RIGHT)
        self.value.setAlignment(_RIGHT)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(1)
        column.addStretch(1)
        column.addWidget(self._label)
        column.addWidget(self.value)
        column.addStretch(1)

    def show_value(self, text: str, tone: str = "text.1") -> None:
        """Change the figure."""
        self.value.show_text(text, tone)
        self.setAccessibleName(f"{self._label.text()} {text}")


class Header(QWidget, ThemedMixin):
    """Shows what it is told; the presenter of the window decides."""

    index_clicked = Signal(int)

    def __init__(self, indices: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._width = SIZE.default_window[0]
        self.switcher = AccountButton(arrow=True)
        self.search = SearchButton()
        self.indices = [IndexQuote(name) for name in indices]
        self.pnl = Figure("Day P&L")
        self.funds = Figure("Funds free")
        self.kill = Button(" KILL  F12", "danger", icon_name="octagon-minus")
        self._time = Label("--:--:--", "strong")
        self._day = Label("", "small", "text.3")
        self._rule = VerticalRule()
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACE.panel_pad, 0, SPACE.panel_pad, 0)
        row.setSpacing(SPACE.panel_pad)
        row.addWidget(self.switcher)
        row.addWidget(self.search)
        row.addWidget(self._rule)
        for place, quote in enumerate(self.indices):
            quote.clicked.connect(lambda place=place: self.index_clicked.emit(place))
            row.addWidget(quote)
        row.addStretch(1)
        row.addWidget(self.pnl)
        row.addWidget(VerticalRule())
        row.addWidget(self.funds)
        row.addWidget(VerticalRule())
        row.addWidget(self.kill)
        row.addLayout(self._clock_column())
        self.follow_theme()

    def show_clock(self, label: str, time: str, day: str) -> None:
        """Exchange time; `label` says where it is not the real one (practice, replay)."""
        self._time.show_text(time)
        self._day.show_text(f"{label} {day}".strip(), "warn" if label else "text.3")

    def show_halted(self, halted: bool, key: str) -> None:
        """KILL with its key, or filled and HALTED."""
        # The space keeps the words off the icon.
        self.kill.setText(" HALTED" if halted else f" KILL  {key}".rstrip())
        self.kill.setAccessibleName("Trading is stopped: resume" if halted else "Kill switch")
        self.kill.setToolTip(f"{self.kill.accessibleName()} ({key})" if key else self.kill.accessibleName())
        self.kill.set_filled(halted)

    def fit(self, width: int) -> None:
        """Shorten for a small window: fewer indices, a shorter search."""
        self._width = width
        compact = width < theme().px(COMPACT_WIDTH)
        self.search.setMaximumWidth(theme().px(150 if compact else 248))
        self.switcher.setMaximumWidth(theme().px(176 if compact else 212))
        for quote in self.indices[2:]:
            quote.setVisible(not compact)

    def restyle(self) -> None:
        look = theme()
        self.setFixedHeight(look.px(SIZE.top_bar))
        # Wide enough for the longest figures, so that the neighbours stand still.
        for part, width in (
            *((quote, 112) for quote in self.indices),
            (self.pnl, 96),
            (self.funds, 92),
            (self.kill, 98),
        ):
            part.setMinimumWidth(look.px(width))
        self._day.setMinimumWidth(look.px(112))
        self.fit(self._width)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme().color("bg.2"))
        painter.fillRect(0, self.height() - 1, self.width(), 1, theme().color("border.subtle"))

    def _clock_column(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(1)
        column.addStretch(1)
        for label in (self._time, self._day):
            label.setAlignment(_RIGHT)
            column.addWidget(label)
        column.addStretch(1)
        return column
