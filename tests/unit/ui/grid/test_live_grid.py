"""The live grid paints the same picture as Qt's own text, repaints only what changed, and is read through its model."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from terminal_app.ui.grid.cell_bytes import bytes_text, number_bytes, text_bytes
from terminal_app.ui.grid.live_grid import LiveGrid
from terminal_app.ui.grid.live_model import TONE, LiveColumn, LiveGridModel, Name
from terminal_app.ui.theme import theme
from tests.helpers.table_gallery import hover, watchlist

ROWS = np.arange(3)


def two_columns() -> LiveGrid:
    return LiveGrid("Prices", [LiveColumn("name", "Instrument", 120, "left", "name"), LiveColumn("ltp", "LTP", 110)])


@pytest.fixture
def grid(qtbot: QtBot) -> LiveGrid:
    made = two_columns()
    qtbot.addWidget(made)
    made.set_keys(["A", "B", "C"])
    made.resize(300, 200)
    made.show()
    QApplication.processEvents()
    made.model_.dirty[:] = False
    return made


def picture(grid: LiveGrid) -> QImage:
    return grid.viewport().grab().toImage()


@pytest.mark.parametrize("text", ["1,24,560.00", "-12,345.65", "+0.11%", "14 s old", "\u2013", "1111111.11"])
@pytest.mark.parametrize("align", ["left", "right"])
def test_figures_look_as_qt_draws_them(text: str, align: str, qtbot: QtBot) -> None:
    grid = LiveGrid("One", [LiveColumn("ltp", "LTP", 110, "left" if align == "left" else "right")])
    qtbot.addWidget(grid)
    grid.set_keys(["A"])
    codes = text_bytes([text], 14, right=align == "right")
    grid.model_.set_texts("ltp", np.array([0]), codes, TONE["profit"])
    grid.resize(110, 60)
    grid.show()
    ours = picture(grid).copy(QRect(0, 0, 110, grid.verticalHeader().defaultSectionSize() - 1))

    wanted = QImage(ours.size(), QImage.Format.Format_RGB32)
    wanted.fill(theme().color("bg.1"))
    shown = bytes_text(codes[0])
    painter = QPainter(wanted)
    painter.setFont(theme().number_font("body"))
    painter.setPen(theme().color("profit"))
    metrics = painter.fontMetrics()
    width = sum(grid._live_painter()._atlas.advances[code] for code in codes[0] if code > 0x20)
    width += grid._live_painter()._atlas.advances[0x20] * shown.count(" ")
    left = 6.0 if align == "left" else 110 - 6 - width
    baseline = round((ours.height() - metrics.height()) / 2) + metrics.ascent()
    painter.drawText(QPointF(left, baseline), shown)
    painter.end()
    assert coverage(wanted) > 0
    assert distance(ours, wanted) < 0.15 * coverage(wanted)


def as_array(image: QImage) -> np.ndarray:
    image = image.convertToFormat(QImage.Format.Format_RGB32)
    flat = np.frombuffer(image.constBits(), dtype=np.uint8).reshape(image.height(), image.bytesPerLine() // 4, 4)
    return flat[:, : image.width(), :3].astype(np.float64)


def distance(first: QImage, second: QImage) -> float:
    """Ink that is in one picture and not in the other, allowing a line of difference in height."""
    a, b = as_array(first), as_array(second)
    return min(float(np.abs(a - np.roll(b, shift, axis=0)).sum()) for shift in (-1, 0, 1))


def coverage(image: QImage) -> float:
    data = as_array(image)
    return float(np.abs(data - data[0, 0]).sum())


def test_the_model_keeps_qts_rules(grid: LiveGrid, qtmodeltester: ModelTester) -> None:
    qtmodeltester.check(grid.model_)  # type: ignore[no-untyped-call]
    grid.set_keys(["C", "D"])


def test_the_model_reads_as_the_screen_does(grid: LiveGrid) -> None:
    grid.model_.set_names("name", [Name("RELIANCE", "NSE"), Name("INFY"), Name("")])
    grid.model_.set_texts("ltp", ROWS, number_bytes(np.array([1421.8, -5.0, np.nan]), 2, 14))
    texts = [[grid.model_.index(row, column).data() for column in range(2)] for row in range(3)]
    assert texts == [["RELIANCE NSE", "1,421.80"], ["INFY", "\u22125.00"], ["", "\u2013"]]


def test_only_rows_that_change_become_dirty(grid: LiveGrid) -> None:
    values = np.array([1.0, 2.0, 3.0])
    grid.model_.set_texts("ltp", ROWS, number_bytes(values, 2, 14), TONE["text.1"])
    assert grid.model_.dirty.tolist() == [True, True, True]
    grid.flush()
    values[1] = 2.5
    grid.model_.set_texts("ltp", ROWS, number_bytes(values, 2, 14), TONE["text.1"])
    assert grid.model_.dirty.tolist() == [False, True, False]
    grid.flush()
    grid.model_.set_texts("ltp", ROWS, number_bytes(values, 2, 14), np.array([0, 0, TONE["loss"]], dtype=np.uint8))
    assert grid.model_.dirty.tolist() == [False, False, True]


def test_a_flush_paints_the_new_figure(grid: LiveGrid, qtbot: QtBot) -> None:
    before = picture(grid)
    grid.model_.set_texts("ltp", np.array([1]), number_bytes(np.array([77.7]), 2, 14), TONE["text.1"])
    painted: list[QRect] = []
    grid.set_underlay(lambda painter, rows: painted.extend(QRect(0, int(row), 1, 1) for row in rows))
    QApplication.processEvents()
    painted.clear()
    grid.model_.mark_dirty(np.array([1]))
    grid.flush()
    qtbot.waitUntil(lambda: bool(painted))
    assert {box.top() for box in painted} == {1}
    after = picture(grid)
    cell = grid.cell_rect(1, 1)
    assert coverage(before.copy(cell)) < coverage(after.copy(cell))
    assert before.copy(grid.cell_rect(0, 1)) == after.copy(grid.cell_rect(0, 1))


def test_a_figure_that_does_not_fit_is_never_cut(grid: LiveGrid) -> None:
    grid.model_.set_texts("ltp", np.array([0, 1]), number_bytes(np.array([123456.0, 0.0]), 2, 14), 0)
    grid.setColumnWidth(1, 40)
    grid.model_.set_texts("ltp", np.array([1]), text_bytes(["#"], 14, right=True), 0)
    image = picture(grid)
    assert image.copy(grid.cell_rect(0, 1)) == image.copy(grid.cell_rect(1, 1))
    assert bytes_text(grid.model_.codes[1][0]) == "1,23,456.00"


def test_rows_keep_their_cells_and_selection_when_the_order_changes(grid: LiveGrid) -> None:
    grid.model_.set_texts(
        "ltp", ROWS, number_bytes(np.array([1.0, 2.0, 3.0]), 2, 14), np.array([1, 2, 3], dtype=np.uint8)
    )
    grid.model_.set_icon("ltp", 2, "clock")
    grid.select_key("C")
    grid.set_keys(["C", "X", "A"])
    assert [grid.model_.index(row, 1).data() for row in range(3)] == ["3.00", "", "1.00"]
    assert grid.model_.tones[:, 1].tolist() == [3, 0, 1]
    assert list(grid.model_.icons) == [(0, 1)]
    assert grid.current_key() == "C"
    grid.set_keys(["A"])
    assert grid.current_key() != "C"


def test_a_repeated_key_is_refused(grid: LiveGrid) -> None:
    with pytest.raises(ValueError, match="twice"):
        grid.set_keys(["A", "A"])


def test_an_odd_width_is_refused() -> None:
    with pytest.raises(ValueError, match="ltp"):
        LiveGridModel([LiveColumn("ltp", "LTP", 80, digits=9)])


def test_a_move_lights_the_cell_and_fades(grid: LiveGrid, qtbot: QtBot) -> None:
    corner = grid.cell_rect(0, 1).topLeft() + QPoint(2, 2)
    quiet = picture(grid).pixelColor(corner)
    codes = number_bytes(np.array([5.0]), 2, 14)
    grid.model_.set_texts("ltp", np.array([0]), codes, 0, np.array([1], dtype=np.int8))
    grid.flush()
    assert picture(grid).pixelColor(corner) != quiet
    qtbot.waitUntil(lambda: picture(grid).pixelColor(corner) == quiet, timeout=3000)
    qtbot.waitUntil(lambda: not grid._fade.isActive(), timeout=3000)


def test_keys_move_the_selection_and_say_so(grid: LiveGrid, qtbot: QtBot) -> None:
    told: list[object] = []
    grid.current_key_changed.connect(told.append)
    grid.select_key("B")
    QTest.keyClick(grid, Qt.Key.Key_Down)
    assert told == ["B", "C"]
    chosen = picture(grid).pixelColor(grid.cell_rect(2, 0).center() + QPoint(40, 0))
    assert chosen == theme().color("accent.tint")


def test_copying_gives_plain_figures(grid: LiveGrid) -> None:
    grid.model_.set_names("name", [Name("RELIANCE", "NSE"), Name("INFY"), Name("TCS")])
    grid.model_.set_texts("ltp", ROWS, number_bytes(np.array([1421.8, -1234567.0, 1.0]), 2, 14))
    grid.select_key("B")
    QTest.keyClick(grid, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QApplication.clipboard().text() == "Instrument\tLTP\nINFY\t-1234567.00"


def test_the_row_under_the_pointer_offers_its_actions(qtbot: QtBot) -> None:
    grid = watchlist()
    qtbot.addWidget(grid)
    grid.resize(304, 300)
    grid.show()
    hover(grid.viewport(), grid.cell_rect(2, 0).center())
    buttons = [button for button in grid.viewport().findChildren(QAbstractButton) if button.isVisible()]
    assert [button.accessibleName() for button in buttons] == ["Buy", "Sell", "Depth", "More"]
    strip = buttons[0].parentWidget()
    assert strip is not None
    assert grid.cell_rect(2, 0).contains(strip.geometry())
    told: list[tuple[object, str]] = []
    grid.row_action.connect(lambda key, action: told.append((key, action)))
    QTest.mouseClick(buttons[1], Qt.MouseButton.LeftButton)
    assert told == [("RELIANCE", "sell")]


def test_names_in_any_script_and_narrow_columns_are_painted(grid: LiveGrid) -> None:
    grid.model_.set_names("name", [Name("\u03a9\u00e9 M&M", "BSE"), Name("BANKNIFTY 23 NOV 55200 PE", "NFO"), Name("")])
    image = picture(grid)
    assert coverage(image.copy(grid.cell_rect(0, 0))) > coverage(image.copy(grid.cell_rect(2, 0)))
    assert coverage(image.copy(grid.cell_rect(1, 0))) > coverage(image.copy(grid.cell_rect(0, 0)))


def test_switching_the_theme_repaints_in_the_new_colours(grid: LiveGrid) -> None:
    grid.model_.set_texts("ltp", ROWS, number_bytes(np.array([1.0, 2.0, 3.0]), 2, 14), TONE["profit"])
    dark = picture(grid)
    was = theme().choice
    try:
        theme().set_choice("light" if theme().is_dark else "dark")
        assert picture(grid).pixelColor(150, 150) != dark.pixelColor(150, 150)
        assert coverage(picture(grid)) > 0
    finally:
        theme().set_choice(was)
