"""P&L over days: the sum above, a bar a day below, dates at the crosshair."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from terminal_app.ui.charts.days_chart import DaysPnlChart
from terminal_app.ui.charts.pane import ChartView
from terminal_app.ui.theme import theme

DAY = 86_400
FIRST = 20_000 * DAY - 19_800
"""Midnight in India."""


@pytest.fixture
def chart(qtbot: QtBot) -> DaysPnlChart:
    widget = DaysPnlChart()
    qtbot.addWidget(widget)
    widget.resize(700, 400)
    widget.show()
    widget.set_days([FIRST, FIRST + DAY, FIRST + 4 * DAY], [500.0, -200.0, 900.0])
    QApplication.processEvents()
    return widget


def test_the_line_sums_the_days(chart: DaysPnlChart) -> None:
    assert chart.series.column(0).tolist() == [500, 500, 300, 300, 1200, 1200]
    assert chart.end_texts()[0][1] == "+1,200.00"


def test_the_axis_holds_a_week_at_least(chart: DaysPnlChart) -> None:
    assert (chart.upper_pane.x0, chart.upper_pane.x1) == (FIRST - 2 * DAY, FIRST + 5 * DAY)


def test_a_gain_stands_above_zero_and_a_loss_hangs_below(chart: DaysPnlChart) -> None:
    image, pane = chart.grab().toImage(), chart.lower_pane
    ratio = image.devicePixelRatio()

    def color(day: int, value: float) -> QColor:
        x, y = pane.x_at(FIRST + day * DAY + DAY / 2), pane.y_at(value)
        return image.pixelColor(round(x * ratio), round(y * ratio))

    assert color(0, 250) == theme().color("profit")
    assert color(1, -100) == theme().color("loss")
    assert color(1, 250) == theme().color("chart.background")


def test_the_card_names_the_day(chart: DaysPnlChart) -> None:
    view = chart.findChild(ChartView)
    assert view is not None
    QTest.keyClick(view, Qt.Key.Key_Left)
    while not chart.card.lines:
        QApplication.processEvents()
    texts = [line.text for line in chart.card.lines]
    assert texts == ["8 Oct 2024", "day P&L +900.00", "together +1,200.00"]


def test_no_days_say_so(chart: DaysPnlChart) -> None:
    chart.set_days([], [])
    assert chart.message.lead == "No P&L in these days"
