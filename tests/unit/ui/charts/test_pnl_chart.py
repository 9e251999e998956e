"""The day's P&L chart: drawdown, live points, fills, crosshair."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from PySide6.QtCore import QPoint
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from terminal_app.ui.charts.pane import ChartView
from terminal_app.ui.charts.pnl_chart import PnlChart
from terminal_app.ui.charts.series import TimeSeries
from terminal_app.ui.charts.session_chart import FillMark
from terminal_app.ui.theme import theme

_START = 20_000 * 86_400 + 13_500
_END = _START + 22_500


@pytest.fixture
def chart(qtbot: QtBot) -> PnlChart:
    widget = PnlChart()
    qtbot.addWidget(widget)
    widget.resize(700, 400)
    widget.show()
    widget.set_session(_START, _END)
    return widget


def _pixels(chart: PnlChart) -> QImage:
    QApplication.processEvents()
    return chart.grab().toImage()


def _channels(image: QImage) -> np.ndarray:
    return np.frombuffer(image.constBits(), dtype=np.uint8).reshape(image.height(), image.bytesPerLine())


def _walk(count: int) -> tuple[np.ndarray, np.ndarray]:
    values = np.cumsum(np.random.default_rng(5).normal(3, 100, count))
    return _START + np.arange(count) * 20_000 / count, values


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=50))
def test_drawdown_is_the_distance_from_the_highest_value_so_far(qtbot: QtBot, values: list[float]) -> None:
    chart = PnlChart()
    qtbot.addWidget(chart)
    for number, value in enumerate(values):
        chart.append(_START + number, value)
    expected = [value - max(values[: number + 1]) for number, value in enumerate(values)]
    assert_allclose(chart.drawdown, expected, atol=1e-6)
    chart.set_points(_START + np.arange(len(values)), values)
    assert_allclose(chart.drawdown, expected, atol=1e-6)


def test_points_added_one_by_one_paint_what_all_at_once_paint(chart: PnlChart) -> None:
    times, values = _walk(400)
    values[0:3] = 5_000.0, 0.0, -3_000.0  # the extremes come first, so that the ranges stay
    values[3:] = np.clip(values[3:], -2_900, 4_900)
    chart.set_points(times[:200], values[:200])
    _pixels(chart)
    for time, value in zip(times[200:], values[200:], strict=True):
        chart.append(float(time), float(value))
        QApplication.processEvents()
    live = _pixels(chart)
    chart.set_points(times, values)
    whole = _pixels(chart)
    # Qt smooths single pixels of a steep line otherwise where it is clipped; a gap or a leftover differs far more.
    furthest = np.abs(_channels(live).astype(np.int16) - _channels(whole)).max()
    assert furthest < 120


def test_a_point_inside_the_ranges_paints_only_the_end(chart: PnlChart) -> None:
    times, values = _walk(400)
    chart.set_points(times, values)
    before = _pixels(chart)
    chart.append(float(times[-1]) + 60, float(values[-1]) - 1)
    after = _pixels(chart)
    assert after != before
    width = round(chart.upper_pane.x_at(float(times[-1]))) - 5
    assert before.copy(0, 0, width, 400) == after.copy(0, 0, width, 400)


def test_points_out_of_order_are_refused(chart: PnlChart) -> None:
    chart.append(_START + 10, 5)
    with pytest.raises(ValueError, match="order of time"):
        chart.append(_START + 9, 5)


def test_points_with_and_without_a_net_value_do_not_mix(chart: PnlChart) -> None:
    chart.append(_START, 5, 4)
    with pytest.raises(ValueError, match="net value"):
        chart.append(_START + 1, 5)


def test_the_session_spans_the_axis_and_late_points_widen_it(chart: PnlChart) -> None:
    chart.append(_START, 0)
    assert (chart.upper_pane.x0, chart.upper_pane.x1) == (_START, _END)
    chart.append(_END + 600, 10)
    assert chart.upper_pane.x1 > _END + 600
    assert chart.lower_pane.x1 == chart.upper_pane.x1


def test_a_session_that_ends_before_it_starts_is_refused(chart: PnlChart) -> None:
    with pytest.raises(ValueError, match="ends after"):
        chart.set_session(10, 10)


def test_the_crosshair_near_a_fill_tells_of_the_fill(qtbot: QtBot, chart: PnlChart) -> None:
    times, values = _walk(400)
    chart.set_points(times, values)
    fill = FillMark(_START + 7_533, "sell", "SELL 200 INFY at 1,580.90")
    chart.set_fills([fill])
    view = chart.findChild(ChartView)
    assert view is not None
    x = round(chart.upper_pane.x_at(fill.time))
    QTest.mouseMove(view.viewport(), QPoint(x + 3, 100))
    qtbot.waitUntil(lambda: bool(chart.card.lines))
    assert chart.card.lines[0].text == "11:20:33 SELL 200 INFY at 1,580.90"
    assert chart.card.lines[1].text.startswith("day P&L ")


def test_fills_are_marked_in_their_side_s_colour(chart: PnlChart) -> None:
    times = _START + np.arange(0, 20_000, 60)
    chart.set_points(times, np.full(len(times), 500.0))
    chart.set_fills([FillMark(_START + 6_000, "buy", ""), FillMark(_START + 12_000, "sell", "")])
    image = _pixels(chart)
    y = chart.upper_pane.y_at(500.0)
    assert image.pixelColor(round(chart.upper_pane.x_at(_START + 6_000)), round(y + 5)) == theme().color("buy")
    assert image.pixelColor(round(chart.upper_pane.x_at(_START + 12_000)), round(y - 5)) == theme().color("sell")


def test_the_net_line_appears_only_where_it_is_given(chart: PnlChart) -> None:
    times, values = _walk(50)
    chart.set_points(times, values)
    assert [line.token for line in chart.upper_content().lines] == ["chart.pnl.net"]
    assert "net" not in " ".join(part.text for part in chart.key_parts())
    chart.set_points(times, values, values - 20)
    assert [line.token for line in chart.upper_content().lines] == ["chart.pnl.gross", "chart.pnl.net"]


def test_a_series_grows_and_replaces_the_point_of_the_same_time() -> None:
    series = TimeSeries(1)
    for number in range(5_000):
        series.append(number, (number * 2.0,))
    series.append(4_999, (7.0,))
    assert len(series) == 5_000
    assert series.column(0)[-2:].tolist() == [9_996.0, 7.0]
    assert series.at(10.5) == 10
    assert series.at(-1) == 0
