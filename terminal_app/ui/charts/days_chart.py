"""Profit and loss over days: what they brought together above, each day's own result as a bar below."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from PySide6.QtWidgets import QWidget

from terminal_app.ui.charts import labels
from terminal_app.ui.charts.line_layer import Level, Line
from terminal_app.ui.charts.line_marks import KeyPart
from terminal_app.ui.charts.primitives import Floats
from terminal_app.ui.charts.series import TimeSeries
from terminal_app.ui.charts.session_chart import PaneContent, SessionChart
from terminal_app.ui.formats import signed

_TOGETHER, _DAY, _SHOWN = 0, 1, 2
_LEAST_RUPEES = 100.0
_BAR_FROM_S, _BAR_TO_S = 6 * 3600, 18 * 3600
"""A day's bar covers the middle half of its calendar day."""


class DaysPnlChart(SessionChart):
    """Rupees a day; a day is given by its midnight in India (epoch seconds)."""

    lower_share = 0.42

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("P&L by day", TimeSeries(3), (0, 0), parent)

    def set_days(self, midnights: ArrayLike, results: ArrayLike, *, least: int = 7) -> None:
        """Show these days and no others, oldest first; the axis holds at least so many up to the last one."""
        days, values = np.asarray(midnights, dtype=np.float64), np.asarray(results, dtype=np.float64)
        together = np.cumsum(values)
        times = np.column_stack((days + _BAR_FROM_S, days + _BAR_TO_S)).ravel()
        shown = np.column_stack((values, np.zeros(len(values)))).ravel()
        self.series.replace(times, np.repeat(together, 2), np.repeat(values, 2), shown)
        if len(days):
            end = float(days[-1]) + labels.DAY_S
            self.set_session(min(float(days[0]), end - least * labels.DAY_S), end)
        else:
            self._relayout()

    def upper_content(self) -> PaneContent:
        line = Line(self.series.column(_TOGETHER), "chart.pnl.net", weight=1.6)
        zero = Level(0.0, "chart.axis.line", dashed=False)
        return PaneContent([line], [zero], least=(0.0, 0.0), least_span=_LEAST_RUPEES)

    def lower_content(self) -> PaneContent:
        shown: Floats = self.series.column(_SHOWN)
        gains, losses = np.maximum(shown, 0.0), np.minimum(shown, 0.0)
        lines = [
            Line(gains, "chart.axis.line", stepped=True, base=0.0, fill="profit"),
            Line(losses, "chart.axis.line", stepped=True, base=0.0, fill="loss"),
        ]
        zero = Level(0.0, "chart.axis.line", dashed=False)
        return PaneContent(lines, [zero], least=(0.0, 0.0), least_span=_LEAST_RUPEES, pad_top=0.15, pad_bottom=0.15)

    def end_texts(self) -> list[tuple[float, str, str]]:
        together = float(self.series.column(_TOGETHER)[-1])
        return [(together, signed(together, 2), "chart.pnl.net")]

    def card_lines(self, index: int) -> list[str]:
        day, together = float(self.series.column(_DAY)[index]), float(self.series.column(_TOGETHER)[index])
        return [f"day P&L {signed(day, 2)}", f"together {signed(together, 2)}"]

    def moment_text(self, epoch_s: int, *, exact: bool) -> str:
        return labels.day(epoch_s, year=exact)

    def key_parts(self) -> tuple[KeyPart, ...]:
        return (KeyPart("line", "chart.pnl.net", "P&L of all days shown"),)

    def note_text(self) -> str:
        return "Each day"

    def empty_text(self) -> str:
        return "No P&L in these days"
