"""Times the charts offscreen: run as ``python -m tests.helpers.chart_timing`` to print medians in milliseconds."""

from __future__ import annotations

import json
import os
import statistics
import time
from collections.abc import Callable, Iterator
from decimal import Decimal

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtWidgets import QApplication, QWidget

from terminal_app.ui.charts.bars import Bars
from terminal_app.ui.charts.indicators import Ema, Vwap
from terminal_app.ui.charts.pnl_chart import PnlChart
from terminal_app.ui.charts.price_chart import PriceChart

_DAY_S = 86_400
_OPEN_UTC_S = 13_500


def random_bars(count: int, interval_s: int = 60, per_day: int = 375, seed: int = 7) -> Bars:
    """A random walk over trading days of ``per_day`` bars from 09:15 IST."""
    rng = np.random.default_rng(seed)
    index = np.arange(count)
    times = (20_000 + index // per_day) * _DAY_S + _OPEN_UTC_S + index % per_day * interval_s
    close = np.round(1400 + np.cumsum(rng.normal(0, 0.6, count)), 1)
    opens = np.concatenate((close[:1], close[:-1]))
    high = np.maximum(opens, close) + np.round(np.abs(rng.normal(0, 0.4, count)), 1)
    low = np.minimum(opens, close) - np.round(np.abs(rng.normal(0, 0.4, count)), 1)
    return Bars.of(times, opens, high, low, close, rng.gamma(2, 20_000, count).round())


def median_ms(work: Callable[[], object], rounds: int = 60) -> float:
    """Median milliseconds of ``work`` together with the paint it causes."""
    found = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        QApplication.processEvents()
        found.append((time.perf_counter() - start) * 1000)
    return round(statistics.median(found), 3)


def shown(widget: QWidget) -> None:
    """Show at the size the design's figures were taken at."""
    widget.resize(1200, 800)
    widget.show()
    QApplication.processEvents()


def price_chart_timings() -> Iterator[tuple[str, float]]:
    """Live update, pan, zoom and first paint of a price chart with a price tag and indicators."""
    chart = PriceChart()
    shown(chart)
    chart.set_indicators([(Ema(20), "chart.line.1"), (Ema(50), "chart.line.2"), (Vwap(), "chart.line.3")])
    bars = random_bars(5_000)
    chart.set_bars(bars, decimals=2, interval_s=60, tick=Decimal("0.10"))
    last = int(bars.time[-1])
    open_, high, low = float(bars.open[-1]), float(bars.high[-1]), float(bars.low[-1])
    steps = iter(np.tile(np.round(np.linspace(low, high, 7), 2), 200))

    def tick() -> None:
        chart.update_last(last, open_, high, low, float(next(steps)), float(bars.volume[-1]))

    for count in (100, 1_000):
        chart.show_last_bars(count)
        QApplication.processEvents()
        yield f"live update, {count} shown", median_ms(tick)
    yield "pan one step, 1000 shown", median_ms(lambda: chart.on_wheel(chart.rect().center().toPointF(), 0.1, 0))
    many = random_bars(50_000)
    yield (
        "set 50000 bars and paint",
        median_ms(lambda: chart.set_bars(many, decimals=2, interval_s=60, tick=Decimal("0.10")), 5),
    )
    yield "zoom out to 50000", median_ms(lambda: chart.show_last_bars(50_000), 5)
    chart.close()


def pnl_chart_timings() -> Iterator[tuple[str, float]]:
    """Append and full repaint of a P&L chart with 25,000 points."""
    chart = PnlChart()
    shown(chart)
    start = 20_000 * _DAY_S + _OPEN_UTC_S
    chart.set_session(start, start + 22_500)
    count = 25_000
    times = start + np.arange(count) * 20_000 / count
    values = np.cumsum(np.random.default_rng(3).normal(0, 40, count))
    chart.set_points(times, values)
    QApplication.processEvents()
    number = iter(range(1, 1_000_000))

    def append() -> None:
        step = next(number)
        chart.append(float(times[-1]) + step * 0.8, float(values[-1]) + step % 7)

    yield "P&L append at 25000 points", median_ms(append)
    yield "P&L set 25000 points and paint", median_ms(lambda: chart.set_points(times, values), 15)
    chart.close()


def main() -> None:
    """Print one JSON line a figure."""
    app = QApplication.instance() or QApplication([])
    for group in (price_chart_timings(), pnl_chart_timings()):
        for name, value in group:
            print(json.dumps({"timing": name, "ours": value, "unit": "ms"}))
    app.processEvents()


if __name__ == "__main__":
    main()
