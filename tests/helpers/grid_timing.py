"""How fast the live grid paints beside a QTableWidget with the same texts: `python -m tests.helpers.grid_timing`."""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication, QTableWidget, QTableWidgetItem, QWidget

from terminal_app.ui.grid.cell_bytes import number_bytes
from terminal_app.ui.grid.live_grid import LiveGrid
from terminal_app.ui.grid.live_model import TONE, LiveColumn, Name
from terminal_app.ui.theme import theme

ROWS, COLUMNS = 200, 14


def make_grid(rows: int = ROWS) -> LiveGrid:
    """A grid with a name column and thirteen columns of prices."""
    columns = [LiveColumn("name", "Instrument", 140, "left", "name")]
    columns += [LiveColumn(f"c{at}", f"Column {at}", 90) for at in range(1, COLUMNS)]
    grid = LiveGrid("timing", columns, compact=True)
    grid.set_keys([f"SYMBOL{row}" for row in range(rows)])
    grid.model_.set_names("name", [Name(f"SYMBOL{row}", "NSE") for row in range(rows)])
    everyone = np.arange(rows)
    random = np.random.default_rng(3)
    for at in range(1, COLUMNS):
        values = random.uniform(10, 90_000, rows)
        tones = np.where(random.random(rows) > 0.5, TONE["profit"], TONE["loss"]).astype(np.uint8)
        grid.model_.set_texts(f"c{at}", everyone, number_bytes(values, 2, 14), tones)
    return grid


def make_widget(grid: LiveGrid) -> QTableWidget:
    """The usual way: one item object a cell."""
    model = grid.model_
    table = QTableWidget(model.rowCount(), model.columnCount())
    table.verticalHeader().setDefaultSectionSize(grid.verticalHeader().defaultSectionSize())
    for row in range(model.rowCount()):
        for column in range(model.columnCount()):
            item = QTableWidgetItem(model.text(row, column))
            item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            item.setForeground(QColor(theme().color("profit")))
            table.setItem(row, column, item)
    for column in range(model.columnCount()):
        table.setColumnWidth(column, grid.columnWidth(column))
    return table


def repaint_ms(widget: QWidget, viewport: QWidget, times: int = 15) -> float:
    """Median of full repaints of a shown widget in milliseconds of this thread, so that a busy machine says the same."""
    widget.show()
    QApplication.processEvents()
    taken = []
    for _ in range(times):
        began = time.thread_time()
        viewport.repaint()
        taken.append((time.thread_time() - began) * 1000)
    return statistics.median(taken)


def main(out: Callable[[str], object] = print) -> None:
    """Print milliseconds and their ratio for all 200 rows, and for a window of 1400 x 900."""
    app = QApplication.instance() or QApplication(sys.argv)
    assert isinstance(app, QApplication)
    theme().apply(app)
    grid = make_grid()
    table = make_widget(grid)
    full = 200 * grid.verticalHeader().defaultSectionSize() + 60
    for name, height in (("all rows", full), ("window", 900)):
        grid.resize(1400, height)
        table.resize(1400, height)
        ours, theirs = repaint_ms(grid, grid.viewport()), repaint_ms(table, table.viewport())
        out(f"{name}: live grid {ours:.1f} ms, table widget {theirs:.1f} ms, {theirs / ours:.1f} times")


if __name__ == "__main__":
    main()
