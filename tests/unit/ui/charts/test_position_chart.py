"""One position's chart: P&L or price above, quantity below."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from terminal_app.ui.charts.position_chart import PositionPnlChart
from terminal_app.ui.theme import theme

_START = 20_000 * 86_400 + 13_500


@pytest.fixture
def chart(qtbot: QtBot) -> PositionPnlChart:
    widget = PositionPnlChart()
    qtbot.addWidget(widget)
    widget.resize(700, 400)
    widget.show()
    widget.set_session(_START, _START + 22_500)
    times = _START + np.arange(0, 12_000, 60)
    held = np.where(times < _START + 6_000, 250, -100)
    average = np.where(held > 0, 1_411.2, np.nan)
    widget.set_points(times, np.linspace(0, 900, len(times)), held, np.linspace(1_410, 1_414, len(times)), average)
    return widget


def test_the_quantity_changes_in_a_step_not_in_a_slope(chart: PositionPnlChart) -> None:
    QApplication.processEvents()
    image = chart.grab().toImage()
    pane, color = chart.lower_pane, theme().color("chart.pnl.gross")
    x = round(pane.x_at(_START + 6_000))
    column = [image.pixelColor(x, y).hue() for y in range(round(pane.y_at(200)), round(pane.y_at(-50)))]
    assert all(abs(hue - color.hue()) < 12 for hue in column), "an upright line joins both quantities"
    before, after = round(pane.x_at(_START + 5_900)), round(pane.x_at(_START + 6_100))
    assert image.pixelColor(before, round(pane.y_at(250))).lightness() > 60
    assert image.pixelColor(after, round(pane.y_at(250))).lightness() < 60


def test_the_upper_pane_shows_pnl_or_price_as_chosen(chart: PositionPnlChart) -> None:
    assert chart.upper_pane.y0 <= 0 <= chart.upper_pane.y1
    chart.show_upper("price")
    assert chart.shown == "price"
    assert 1_400 < chart.upper_pane.y0 < 1_410
    assert 1_414 < chart.upper_pane.y1 < 1_424


def test_the_average_price_is_named_only_while_something_is_held(chart: PositionPnlChart) -> None:
    chart.show_upper("price")
    assert len(chart.end_texts()) == 1
    chart.append(_START + 12_100, 900, 50, 1_414, 1_413.5)
    assert [text for _, text, _ in chart.end_texts()] == ["1,414.00", "average 1,413.50"]


def test_the_card_says_what_was_held(chart: PositionPnlChart) -> None:
    assert chart.card_lines(0) == ["P&L 0.00", "holding +250", "LTP 1,410.00, average 1,411.20"]
    assert chart.card_lines(150)[1] == "holding \u2212100"
