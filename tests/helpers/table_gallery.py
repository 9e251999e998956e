"""Tables and live grids with the rows of a trading day, drawn into a picture: `python -m tests.helpers.table_gallery DIR`."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QVBoxLayout, QWidget

from terminal_app.ui import formats
from terminal_app.ui.grid.cell_bytes import number_bytes, text_bytes
from terminal_app.ui.grid.cells import Cell, Column
from terminal_app.ui.grid.data_table import DataTable
from terminal_app.ui.grid.live_grid import LiveGrid
from terminal_app.ui.grid.live_model import TONE, LiveColumn, Name
from terminal_app.ui.grid.row_actions import RowAction
from terminal_app.ui.grid.table_model import TableModel
from terminal_app.ui.grid.totals_row import TotalsRow
from terminal_app.ui.kit.ground import Ground
from terminal_app.ui.theme import Scheme, theme


@dataclass(frozen=True)
class SamplePosition:
    name: str
    exchange: str
    quantity: int
    last: Decimal
    pnl: Decimal
    broker: int | None = None


@dataclass(frozen=True)
class SampleOrder:
    id: int
    time: str
    side: str
    name: str
    price: Decimal | None
    state: str
    reason: str = ""


POSITIONS = [
    SamplePosition("NIFTY 23 NOV 24800 CE", "NFO", 130, Decimal("118.40"), Decimal("1809.79")),
    SamplePosition("BANKNIFTY 23 NOV 55200 PE", "NFO", -60, Decimal("268.15"), Decimal("2595.52")),
    SamplePosition("RELIANCE", "NSE", 250, Decimal("1421.80"), Decimal("2289.01")),
    SamplePosition("HDFCBANK", "NSE", -400, Decimal("991.25"), Decimal("-1677.37"), -350),
    SamplePosition("INFY", "NSE", 0, Decimal("1578.20"), Decimal("-1499.43")),
]

ORDERS = [
    SampleOrder(
        1, "14:35:51", "buy", "BANKNIFTY 23 NOV 55200 PE", Decimal("268.00"), "unknown", "No answer from Zerodha."
    ),
    SampleOrder(2, "14:31:07", "buy", "RELIANCE", Decimal("1408.00"), "open", "13.80 below LTP"),
    SampleOrder(3, "14:02:15", "sell", "RELIANCE", None, "open", "waits for its trigger"),
    SampleOrder(4, "14:20:33", "buy", "INFY", Decimal("1760.00"), "rejected", "NSE: 17070 The price is out of range"),
    SampleOrder(5, "13:05:33", "sell", "INFY", Decimal("1580.90"), "filled"),
]


def position_columns() -> list[Column[SamplePosition]]:
    """Columns like those of the positions panel."""
    return [
        Column("name", "Instrument", lambda p: Cell(p.name, suffix=p.exchange), sort=lambda p: p.name, width=220),
        Column("qty", "Qty", _quantity_cell, sort=lambda p: p.quantity, kind="number", width=150),
        Column("ltp", "LTP", lambda p: Cell(formats.price(p.last)), sort=lambda p: p.last, kind="number", flash=True),
        Column(
            "pnl",
            "Net P&L",
            lambda p: Cell(formats.signed(p.pnl), formats.tone(p.pnl), strong=True),
            sort=lambda p: p.pnl,
            kind="number",
            flash=True,
            width=110,
        ),
    ]


def _quantity_cell(p: SamplePosition) -> Cell:
    chip = f"broker {formats.quantity(p.broker)}" if p.broker is not None else ""
    return Cell(formats.quantity(p.quantity, sign=True), formats.quantity_tone(p.quantity), chip=chip, chip_kind="warn")


def _state_cell(order: SampleOrder) -> Cell:
    if order.state == "unknown":
        return Cell("Unknown, asking", "warn", second=order.reason, icon="circle-question-mark", icon_tone="warn")
    if order.state == "rejected":
        return Cell("Rejected", "error", second=order.reason, icon="x", icon_tone="error")
    return Cell(order.state.capitalize(), suffix=order.reason)


def order_columns() -> list[Column[SampleOrder]]:
    """Columns like those of the orders panel."""
    return [
        Column("time", "Time", lambda o: Cell(o.time, "text.2"), sort=lambda o: o.time, width=80),
        Column("side", "Side", lambda o: Cell("", chip=o.side.upper(), chip_kind=o.side), width=60),
        Column("name", "Instrument", lambda o: Cell(o.name), sort=lambda o: o.name, width=180),
        Column("price", "Price", lambda o: Cell(formats.price(o.price)), sort=lambda o: o.price, kind="number"),
        Column("state", "Status, with the reason in full", _state_cell, width=300),
    ]


def order_group(order: SampleOrder) -> tuple[int, str]:
    return (1, "Closed") if order.state in {"rejected", "filled"} else (0, "Working")


def positions_table() -> tuple[DataTable[SamplePosition], TotalsRow]:
    model = TableModel(position_columns(), key=lambda p: p.name)
    table = DataTable("Positions", model)
    model.set_rows(POSITIONS)
    totals = TotalsRow(table, [column.key for column in model.columns])
    net = sum((p.pnl for p in POSITIONS), Decimal(0))
    totals.set_totals({"name": Cell("5 positions"), "pnl": Cell(formats.signed(net), formats.tone(net))})
    return table, totals


def orders_table() -> DataTable[SampleOrder]:
    model = TableModel(
        order_columns(), key=lambda o: o.id, group=order_group, tall=lambda o: o.state in {"unknown", "rejected"}
    )
    table = DataTable("Orders", model, stretch_last=True)
    model.set_rows(ORDERS)
    model.set_group_note("Working", "1 needs an answer")
    return table


WATCH = [
    ("NIFTY 50", "", 24812.35, 24708.55),
    ("BANKNIFTY", "", 55318.20, 55379.10),
    ("RELIANCE", "NSE", 1421.80, 1404.60),
    ("HDFCBANK", "NSE", 991.25, 983.15),
    ("TCS", "NSE", 3112.40, 3098.90),
    ("TATASTEEL", "NSE", 182.46, 179.93),
    ("BANKNIFTY 55200 PE", "23N", 268.15, 251.90),
    ("GOLD FUT", "05D", 124560.00, 123905.00),
    ("\u03a9mega M&M", "BSE", float("nan"), 1.0),
]


def watchlist() -> LiveGrid:
    columns = [
        LiveColumn("name", "Instrument", 160, "left", "name"),
        LiveColumn("ltp", "LTP", 80),
        LiveColumn("change", "Chg %", 64, digits=10),
    ]
    grid = LiveGrid("Watchlist", columns)
    grid.set_keys([name for name, *_ in WATCH])
    model, everyone = grid.model_, np.arange(len(WATCH))
    model.set_names("name", [Name(name, suffix) for name, suffix, *_ in WATCH])
    last, previous = (np.array([row[at] for row in WATCH]) for at in (2, 3))
    change = (last - previous) / previous * 100
    tones = np.where(change > 0, TONE["profit"], np.where(change < 0, TONE["loss"], TONE["text.3"])).astype(np.uint8)
    model.set_texts("ltp", everyone, number_bytes(last, 2, 14), tones)
    model.set_texts("change", everyone, number_bytes(change, 2, 10, sign=True, suffix=b"%"), tones)
    old = np.array([4])
    model.set_texts("ltp", old, number_bytes(last[old], 2, 14), TONE["text.3"])
    model.set_texts("change", old, text_bytes(["14 s old"], 10, right=True), TONE["warn"])
    model.set_icon("ltp", 4, "clock")
    grid.set_row_actions(
        "name",
        [
            RowAction("buy", "Buy", "B", "buy"),
            RowAction("sell", "Sell", "S", "sell"),
            RowAction("depth", "Depth", icon="layers"),
            RowAction("more", "More", icon="ellipsis"),
        ],
    )
    return grid


def hover(grid: QWidget, at: QPoint) -> None:
    move = QMouseEvent(
        QMouseEvent.Type.MouseMove,
        QPointF(at),
        QPointF(at),
        Qt.MouseButton.NoButton,
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(grid, move)


def sheet() -> QWidget:
    """All of it as one widget, with a hovered, a selected, a flashing and a focused row."""
    window = Ground("bg.0")
    row = QHBoxLayout(window)
    row.setContentsMargins(0, 4, 0, 0)
    row.setSpacing(4)
    grid = watchlist()
    grid.setObjectName("watch")
    grid.setFixedWidth(304)
    row.addWidget(grid)
    right = QVBoxLayout()
    right.setSpacing(0)
    orders = orders_table()
    orders.setObjectName("orders")
    right.addWidget(orders)
    table, totals = positions_table()
    table.setObjectName("positions")
    right.addSpacing(4)
    right.addWidget(table)
    right.addWidget(totals)
    row.addLayout(right)
    return window


def main(directory: Path) -> None:
    """Save the sheet in dark and light."""
    app = QApplication.instance() or QApplication(sys.argv)
    assert isinstance(app, QApplication)
    directory.mkdir(parents=True, exist_ok=True)
    for name, scheme in (("dark", Scheme.DARK), ("light", Scheme.LIGHT)):
        theme().set_choice(scheme)
        theme().apply(app)
        window = sheet()
        window.resize(1100, 480)
        window.show()
        app.processEvents()
        grid, orders, table = (window.findChild(QWidget, part) for part in ("watch", "orders", "positions"))
        assert isinstance(grid, LiveGrid)
        assert isinstance(orders, DataTable)
        assert isinstance(table, DataTable)
        grid.select_key("RELIANCE")
        hover(grid.viewport(), grid.cell_rect(5, 0).center())
        rows = np.array([3, 6])
        now = grid.model_.codes[1][rows]
        grid.model_.set_texts("ltp", rows, now, None, np.array([1, -1], dtype=np.int8))
        orders.select_key(1)
        orders.sort_by("time", Qt.SortOrder.DescendingOrder)
        table.setFocus(Qt.FocusReason.TabFocusReason)
        table.select_key("RELIANCE")
        moved = [replace(row, last=row.last + (at - 1)) for at, row in enumerate(POSITIONS)]
        table.model_.set_rows(moved)
        grid.flush()
        deadline = time.monotonic() + 0.05
        while time.monotonic() < deadline:
            app.processEvents()
        window.grab().save(str(directory / f"tables-{name}.png"))
        window.close()


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "build/shots"))
