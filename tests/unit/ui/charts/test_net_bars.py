"""Bars by position: scale, choice by mouse and keys, words for a screen reader."""

from __future__ import annotations

from decimal import Decimal

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from terminal_app.ui.charts.net_bars import NetBar, NetBars
from terminal_app.ui.theme import theme

_PLAIN = Qt.KeyboardModifier.NoModifier
_BARS = [
    NetBar("a", "NIFTY 23 NOV FUT", 0, Decimal("3000.00")),
    NetBar("b", "RELIANCE", 250, Decimal("1500.00")),
    NetBar("c", "INFY", -200, Decimal("-1500.00")),
]


@pytest.fixture
def bars(qtbot: QtBot) -> NetBars:
    widget = NetBars()
    qtbot.addWidget(widget)
    widget.resize(320, 300)
    widget.set_bars(_BARS)
    widget.show()
    QApplication.processEvents()
    return widget


def _filled(bars: NetBars, row: int, color: QColor) -> list[int]:
    QApplication.processEvents()
    image = bars.viewport().grab().toImage()
    rect = bars.visualRect(bars.model().index(row, 0))
    rows = [
        [x for x in range(image.width()) if image.pixelColor(x, y) == color] for y in range(rect.top(), rect.bottom())
    ]
    return max(rows, key=len)


def test_gains_reach_right_and_losses_left_on_one_scale(bars: NetBars) -> None:
    first, second = _filled(bars, 0, theme().color("profit")), _filled(bars, 1, theme().color("profit"))
    third = _filled(bars, 2, theme().color("loss"))
    assert abs(first[0] - second[0]) <= 1
    assert third[-1] < second[0]
    assert len(first) == pytest.approx(2 * len(second), abs=3)
    assert len(second) == pytest.approx(len(third), abs=2)


def test_a_click_chooses_a_position(qtbot: QtBot, bars: NetBars) -> None:
    chosen: list[object] = []
    bars.chosen.connect(chosen.append)
    where = bars.visualRect(bars.model().index(1, 0)).center()
    QTest.mouseClick(bars.viewport(), Qt.MouseButton.LeftButton, _PLAIN, where)
    assert chosen == ["b"]
    assert bars.chosen_key == "b"


def test_arrow_keys_choose_and_escape_lets_go(qtbot: QtBot, bars: NetBars) -> None:
    chosen: list[object] = []
    bars.choose("a")
    bars.chosen.connect(chosen.append)
    QTest.keyClick(bars, Qt.Key.Key_Down)
    QTest.keyClick(bars, Qt.Key.Key_Escape)
    assert chosen == ["b", None]


def test_new_figures_and_a_new_order_leave_the_choice_on_its_position(bars: NetBars) -> None:
    bars.choose("c")
    chosen: list[object] = []
    bars.chosen.connect(chosen.append)
    bars.set_bars([NetBar("c", "INFY", 0, Decimal(5)), *_BARS[:2]])
    assert bars.chosen_key == "c"
    assert chosen == []


def test_a_chosen_position_that_is_gone_is_announced(bars: NetBars) -> None:
    bars.choose("c")
    chosen: list[object] = []
    bars.chosen.connect(chosen.append)
    bars.set_bars(_BARS[:2])
    assert chosen == [None]


def test_a_row_reads_as_name_quantity_and_result(bars: NetBars) -> None:
    texts = [bars.model().index(row, 0).data(Qt.ItemDataRole.AccessibleTextRole) for row in range(3)]
    assert texts == [
        "NIFTY 23 NOV FUT closed +3,000.00",
        "RELIANCE +250 +1,500.00",
        "INFY \u2212200 \u22121,500.00",
    ]
