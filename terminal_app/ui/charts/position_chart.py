"""One position over the day: its P&L or its price against the average, with the quantity held below."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from PySide6.QtWidgets import QWidget

from terminal_app.ui.charts.line_layer import Level, Line
from terminal_app.ui.charts.line_marks import KeyPart
from terminal_app.ui.charts.series import TimeSeries
from terminal_app.ui.charts.session_chart import PaneContent, SessionChart
from terminal_app.ui.formats import number, quantity, signed

Upper = Literal["pnl", "price"]
_PNL, _QUANTITY, _LAST, _AVERAGE = 0, 1, 2, 3
_LEAST_RUPEES = 100.0


class PositionPnlChart(SessionChart):
    """P&L in rupees, quantity in signed units, prices in rupees; times are epoch seconds."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self._shown: Upper = "pnl"
        self._decimals = 2
        super().__init__("Position P&L chart", TimeSeries(4), (0, 0), parent)

    @property
    def shown(self) -> Upper:
        """What the upper pane shows."""
        return self._shown

    def show_upper(self, what: Upper) -> None:
        """Show the P&L or the price against the average price in the upper pane."""
        self._shown = what
        self._upper_axis.decimals = self._decimals if what == "price" else 0
        self._relayout()

    def set_points(
        self, times: ArrayLike, pnl: ArrayLike, quantity: ArrayLike, last_price: ArrayLike, average_price: ArrayLike
    ) -> None:
        """Show these points and no others. An average of NaN means that nothing was held."""
        self.series.replace(times, pnl, quantity, last_price, average_price)
        self._relayout()

    def append(self, time: float, pnl: float, quantity: int, last_price: float, average_price: float) -> None:
        """Add the newest point. Raises ValueError for a time before the last point's."""
        self.series.append(time, (pnl, quantity, last_price, average_price))
        self.extend()

    def set_decimals(self, decimals: int) -> None:
        """Places of the instrument's prices."""
        self._decimals = decimals
        self.show_upper(self._shown)

    def upper_content(self) -> PaneContent:
        if self._shown == "pnl":
            line = Line(self.series.column(_PNL), "chart.pnl.net", weight=1.6)
            zero = Level(0.0, "chart.axis.line", dashed=False)
            return PaneContent([line], [zero], least=(0.0, 0.0), least_span=_LEAST_RUPEES)
        lines = [
            Line(self.series.column(_LAST), "chart.pnl.net", weight=1.6),
            Line(self.series.column(_AVERAGE), "chart.line.1", stepped=True),
        ]
        return PaneContent(lines, [], least_span=10.0 ** (1 - self._decimals))

    def lower_content(self) -> PaneContent:
        held = self.series.column(_QUANTITY)
        line = Line(held, "chart.pnl.gross", stepped=True, base=0.0, fill="chart.band.fill")
        zero = Level(0.0, "chart.axis.line", dashed=False)
        return PaneContent([line], [zero], least=(0.0, 0.0), least_span=4.0, pad_top=0.2, pad_bottom=0.2)

    def end_texts(self) -> list[tuple[float, str, str]]:
        if self._shown == "pnl":
            pnl = float(self.series.column(_PNL)[-1])
            return [(pnl, signed(pnl, 2), "chart.pnl.net")]
        last, average = float(self.series.column(_LAST)[-1]), float(self.series.column(_AVERAGE)[-1])
        ends = [(last, number(last, self._decimals), "chart.pnl.net")]
        if np.isfinite(average):
            ends.append((average, f"average {number(average, self._decimals)}", "chart.line.1"))
        return ends

    def card_lines(self, index: int) -> list[str]:
        pnl, held = float(self.series.column(_PNL)[index]), float(self.series.column(_QUANTITY)[index])
        last, average = float(self.series.column(_LAST)[index]), float(self.series.column(_AVERAGE)[index])
        against = f", average {number(average, self._decimals)}" if np.isfinite(average) else ""
        return [
            f"P&L {signed(pnl, 2)}",
            f"holding {quantity(int(held), sign=True)}" if held else "holding nothing",
            f"LTP {number(last, self._decimals)}{against}",
        ]

    def key_parts(self) -> tuple[KeyPart, ...]:
        lines = (
            (KeyPart("line", "chart.pnl.net", "position P&L"),)
            if self._shown == "pnl"
            else (KeyPart("line", "chart.pnl.net", "LTP"), KeyPart("line", "chart.line.1", "average price"))
        )
        return (*lines, KeyPart("buy", "buy", "buy fill"), KeyPart("sell", "sell", "sell fill"))

    def note_text(self) -> str:
        return "Quantity"

    def empty_text(self) -> str:
        return "No P&L of this position yet"
