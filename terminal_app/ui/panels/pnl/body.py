"""The middle of the P&L panel: the line at the left, positions at the right, and one position's own line with a way back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from terminal_app.ui.charts.days_chart import DaysPnlChart
from terminal_app.ui.charts.net_bars import NetBar, NetBars
from terminal_app.ui.charts.pnl_chart import PnlChart
from terminal_app.ui.charts.position_chart import PositionPnlChart
from terminal_app.ui.charts.session_chart import FillMark
from terminal_app.ui.kit.buttons import Button
from terminal_app.ui.kit.ground import Ground
from terminal_app.ui.kit.label import Label
from terminal_app.ui.kit.panel_header import PanelHeader
from terminal_app.ui.panels.common.choice import HeaderChoice
from terminal_app.ui.theme import SPACE, theme

if TYPE_CHECKING:
    from terminal_app.ui.panels.pnl.presenter import BarView, MarkView

_BARS_WIDTH, _THIN_BARS_WIDTH = 340, 280


class PnlBody(QWidget):
    """Imports the charts: make it when the panel is first shown."""

    position_chosen = Signal(object)
    """The key of a bar, or None for the whole."""

    def __init__(self) -> None:
        super().__init__()
        self.day, self.days, self.position = PnlChart(), DaysPnlChart(), PositionPnlChart()
        self.charts = QStackedWidget()
        for chart in (self.day, self.days, self.position):
            self.charts.addWidget(chart)
        self._make_position_row()
        self.bars = NetBars()
        self.bars.chosen.connect(self.position_chosen)
        self._bars_header, self._total = PanelHeader("By position"), _TotalRow()
        left = QVBoxLayout()
        left.setSpacing(0)
        left.addWidget(self._position_row)
        left.addWidget(self.charts, 1)
        self._side = Ground()
        side = QVBoxLayout(self._side)
        side.setContentsMargins(1, 0, 0, 0)
        side.setSpacing(0)
        side.addWidget(self._bars_header)
        side.addWidget(self.bars, 1)
        side.addWidget(self._total)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(1)
        row.addLayout(left, 1)
        row.addWidget(self._side)
        self._thin = False
        self.set_thin(False)

    def set_thin(self, thin: bool) -> None:
        """Leave out what does not fit a low panel: drawdown, remarks, the list's header and total."""
        self._thin = thin
        for chart in (self.day, self.days, self.position):
            chart.show_lower(not thin)
        self._bars_header.setVisible(not thin)
        self._total.setVisible(not thin)
        self._side.setFixedWidth(theme().px(_THIN_BARS_WIDTH if thin else _BARS_WIDTH))

    def show_bars(self, bars: Sequence[BarView], total: str, tone: str) -> None:
        """The positions and their sum."""
        notes = not self._thin
        self.bars.set_bars(
            [
                NetBar(
                    bar.key,
                    bar.name,
                    bar.quantity,
                    bar.value,
                    bar.left_note if notes else "",
                    bar.right_note if notes else "",
                )
                for bar in bars
            ]
        )
        self._total.show_total(f"{len(bars)} position{'' if len(bars) == 1 else 's'}", total, tone)

    def show_marks(self, chart: PnlChart | PositionPnlChart, marks: Sequence[MarkView]) -> None:
        """Mark fills on a chart."""
        chart.set_fills([FillMark(mark.time_s, "buy" if mark.is_buy else "sell", mark.label) for mark in marks])

    def show_whole(self, *, days: bool) -> None:
        """The line of today, or of several days."""
        self._position_row.hide()
        self._side.setVisible(not days)
        self.charts.setCurrentWidget(self.days if days else self.day)

    def show_position(self, name: str, decimals: int) -> None:
        """One position's own chart."""
        self.name.show_text(name)
        self.position.set_decimals(decimals)
        self._position_row.show()
        self.charts.setCurrentWidget(self.position)

    def _make_position_row(self) -> None:
        self._position_row = Ground("bg.2")
        self.back = Button("Whole day", "tool", icon_name="arrow-left")
        self.back.setAccessibleName("Back to the P&L of the whole day")
        self.back.setToolTip("Back to the P&L of the whole day (Esc)")
        self.back.clicked.connect(lambda: self.bars.choose(None))
        self.name = Label("", "strong")
        self.upper = HeaderChoice("Shown", (("pnl", "P&L"), ("price", "Price")))
        self.upper.chosen.connect(lambda key: self.position.show_upper("price" if key == "price" else "pnl"))
        row = QHBoxLayout(self._position_row)
        row.setContentsMargins(SPACE.tight, SPACE.hair, SPACE.tight, SPACE.hair)
        row.setSpacing(SPACE.panel_pad)
        row.addWidget(self.back)
        row.addWidget(self.name)
        row.addStretch(1)
        row.addWidget(self.upper)
        self._position_row.hide()


class _TotalRow(Ground):
    """The number of positions left, their sum right."""

    def __init__(self) -> None:
        super().__init__("bg.2")
        self._count, self._sum = Label("", "strong"), Label("", "strong")
        self._sum.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACE.group, SPACE.tight, SPACE.group, SPACE.tight)
        row.addWidget(self._count)
        row.addWidget(self._sum, 1)

    def show_total(self, count: str, total: str, tone: str) -> None:
        """Other figures."""
        self._count.show_text(count)
        self._sum.show_text(total, tone)
        self.setAccessibleName(f"{count}, together {total}")
