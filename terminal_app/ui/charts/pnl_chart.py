"""The day's P&L: its line, the drawdown below, fills, and a second line net of charges where it is known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from PySide6.QtWidgets import QWidget

from terminal_app.ui.charts.line_layer import Level, Line
from terminal_app.ui.charts.line_marks import KeyPart
from terminal_app.ui.charts.primitives import Floats
from terminal_app.ui.charts.series import TimeSeries
from terminal_app.ui.charts.session_chart import PaneContent, SessionChart
from terminal_app.ui.formats import signed

_PNL, _NET, _FALL = 0, 1, 2
_LEAST_RUPEES = 100.0


class PnlChart(SessionChart):
    """Rupees over one session. Times are epoch seconds; drawdown is the distance from the highest value so far.

    Drawdown follows the net line where there is one.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Day P&L chart", TimeSeries(3), (0, 0), parent)
        self._has_net = False
        self._peak = -np.inf

    def set_points(self, times: ArrayLike, pnl: ArrayLike, net: ArrayLike | None = None) -> None:
        """Show these points and no others; ``net`` adds the second line. Raises ValueError for unequal lengths."""
        self._has_net = net is not None
        values = np.asarray(pnl, dtype=np.float64)
        lower = values if net is None else np.asarray(net, dtype=np.float64)
        highest = np.maximum.accumulate(lower)
        self._peak = float(highest[-1]) if len(highest) else -np.inf
        self.series.replace(times, values, lower, lower - highest)
        self._relayout()

    def append(self, time: float, pnl: float, net: float | None = None) -> None:
        """Add the newest point; ``net`` must be given exactly if the points have it.

        Raises ValueError for a time before the last point's, or where ``net`` does not match.
        """
        if len(self.series) and (net is not None) != self._has_net:
            raise ValueError("all points have a net value or none has")
        self._has_net = net is not None
        followed = pnl if net is None else net
        self._peak = max(self._peak, followed)
        self.series.append(time, (pnl, followed, followed - self._peak))
        self.extend()

    @property
    def drawdown(self) -> Floats:
        """The drawdown at each point, zero or negative rupees."""
        return self.series.column(_FALL)

    def upper_content(self) -> PaneContent:
        pnl, net = self.series.column(_PNL), self.series.column(_NET)
        if self._has_net:
            lines = [
                Line(pnl, "chart.pnl.gross", base=net, fill="chart.band.fill"),
                Line(net, "chart.pnl.net", weight=1.6),
            ]
        else:
            lines = [Line(pnl, "chart.pnl.net", weight=1.6)]
        zero = Level(0.0, "chart.axis.line", dashed=False)
        return PaneContent(lines, [zero], least=(0.0, 0.0), least_span=_LEAST_RUPEES)

    def lower_content(self) -> PaneContent:
        line = Line(self.series.column(_FALL), "chart.candle.down", base=0.0, fill="chart.drawdown.fill")
        zero = Level(0.0, "chart.axis.line", dashed=False)
        return PaneContent([line], [zero], least=(-_LEAST_RUPEES, 0.0), pad_top=0.12, pad_bottom=0.15)

    def end_texts(self) -> list[tuple[float, str, str]]:
        pnl, net = float(self.series.column(_PNL)[-1]), float(self.series.column(_NET)[-1])
        if not self._has_net:
            return [(pnl, signed(pnl, 2), "chart.pnl.net")]
        return [(pnl, f"gross {signed(pnl, 2)}", "chart.pnl.gross"), (net, f"net {signed(net, 2)}", "chart.pnl.net")]

    def card_lines(self, index: int) -> list[str]:
        pnl, net = float(self.series.column(_PNL)[index]), float(self.series.column(_NET)[index])
        fall = float(self.series.column(_FALL)[index])
        first = f"gross {signed(pnl, 0)} net {signed(net, 0)}" if self._has_net else f"day P&L {signed(pnl, 2)}"
        return [first, f"below the day's best {signed(fall, 0)}"] if fall else [first, "the day's best"]

    def key_parts(self) -> tuple[KeyPart, ...]:
        lines: Sequence[KeyPart] = (
            (KeyPart("line", "chart.pnl.net", "net of charges"), KeyPart("line", "chart.pnl.gross", "gross"))
            if self._has_net
            else (KeyPart("line", "chart.pnl.net", "day P&L"),)
        )
        return (*lines, KeyPart("buy", "buy", "buy fill"), KeyPart("sell", "sell", "sell fill"))

    def note_text(self) -> str:
        return "Drawdown, net of charges" if self._has_net else "Drawdown"

    def empty_text(self) -> str:
        return "No P&L yet today"
