"""Slow tables send few signals, keep the selection, sort and filter, and copy plain figures."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from terminal_app.ui.grid.cells import CELL_ROLE, FLASH_ROLE, GROUP_ROLE, Cell, Column
from terminal_app.ui.grid.data_table import DataTable
from terminal_app.ui.grid.table_model import TableModel
from terminal_app.ui.grid.totals_row import TotalsRow
from terminal_app.ui.grid.tsv import comma_separated
from tests.helpers.table_gallery import (
    ORDERS,
    POSITIONS,
    SampleOrder,
    SamplePosition,
    order_columns,
    order_group,
    orders_table,
    position_columns,
    positions_table,
)


@pytest.fixture
def table(qtbot: QtBot) -> DataTable[SamplePosition]:
    made, totals = positions_table()
    qtbot.addWidget(made)
    qtbot.addWidget(totals)
    made.resize(800, 300)
    return made


def names(model: TableModel[SamplePosition]) -> list[str]:
    return [row.name for row in model.shown_rows]


def test_the_models_keep_qts_rules(qtmodeltester: ModelTester, qtbot: QtBot) -> None:
    table = orders_table()
    qtbot.addWidget(table)
    qtmodeltester.check(table.model_)  # type: ignore[no-untyped-call]
    table.model_.set_rows(list(reversed(ORDERS))[:3])
    table.model_.sort(3, Qt.SortOrder.DescendingOrder)
    table.model_.set_filter("reliance")
    table.model_.set_filter("")


def test_a_change_in_one_row_is_one_signal_for_that_row(table: DataTable[SamplePosition]) -> None:
    told: list[tuple[int, int]] = []
    table.model_.dataChanged.connect(lambda first, last: told.append((first.row(), last.row())))
    changed = [replace(row, last=Decimal(7)) if row.name == "INFY" else row for row in POSITIONS]
    table.model_.set_rows(changed)
    table.model_.set_rows(changed)
    assert told == [(4, 4)]


def test_selection_follows_its_rows(table: DataTable[SamplePosition]) -> None:
    table.select_key("HDFCBANK")
    table.model_.set_rows([POSITIONS[4], POSITIONS[3], POSITIONS[0]])
    assert [row.name for row in table.selected_rows()] == ["HDFCBANK"]
    table.sort_by("pnl", Qt.SortOrder.DescendingOrder)
    assert [row.name for row in table.selected_rows()] == ["HDFCBANK"]
    table.model_.set_rows([POSITIONS[0]])
    assert table.selected_rows() == []


@given(st.lists(st.lists(st.integers(0, 12), unique=True), max_size=5), st.integers(0, 2))
def test_any_sequence_of_rows_ends_in_the_right_order(sequence: list[list[int]], mode: int) -> None:
    group = (lambda n: (n % 2, "odd" if n % 2 else "even")) if mode == 2 else None
    columns: list[Column[int]] = [Column("n", "N", lambda n: Cell(str(n)), sort=lambda n: n)]
    model = TableModel(columns, key=lambda n: n, group=group)
    if mode:
        model.sort(0)
    for numbers in sequence:
        model.set_rows(numbers)
        wanted = sorted(numbers) if mode else numbers
        if mode == 2:
            wanted = [n for n in wanted if n % 2 == 0] + [n for n in wanted if n % 2]
        assert model.shown_rows == wanted
        headings = [model.index(at, 0).data() for at in range(model.rowCount()) if model.row_at(at) is None]
        assert len(headings) == (len({n % 2 for n in numbers}) if mode == 2 else 0)


def test_figures_sort_as_figures_and_the_unknown_comes_last(qtbot: QtBot) -> None:
    rows = [SampleOrder(at, "", "buy", "X", price, "open") for at, price in enumerate([Decimal(9), None, Decimal(100)])]
    model = TableModel(order_columns(), key=lambda o: o.id)
    model.set_rows(rows)
    for order in Qt.SortOrder:
        model.sort(3, order)
        assert model.shown_rows[-1].price is None
    assert [row.price for row in model.shown_rows[:2]] == [Decimal(100), Decimal(9)]


def test_two_rows_with_one_key_are_refused() -> None:
    model = TableModel(position_columns(), key=lambda p: p.name)
    with pytest.raises(ValueError, match="INFY"):
        model.set_rows([POSITIONS[4], POSITIONS[4]])


def test_groups_stand_above_their_rows_with_a_count(qtbot: QtBot) -> None:
    model = TableModel(order_columns(), key=lambda o: o.id, group=order_group)
    model.set_rows(ORDERS)
    headings = [(at, group.title) for at in range(model.rowCount()) if (group := model.index(at, 0).data(GROUP_ROLE))]
    assert headings == [(0, "Working 3"), (4, "Closed 2")]
    assert not model.flags(model.index(0, 0)) & Qt.ItemFlag.ItemIsSelectable


def test_every_word_of_the_filter_must_occur(table: DataTable[SamplePosition]) -> None:
    table.model_.set_filter("nifty nfo pe")
    assert names(table.model_) == ["BANKNIFTY 23 NOV 55200 PE"]
    table.model_.set_filter("")
    assert names(table.model_) == [row.name for row in POSITIONS]


def test_copying_gives_titles_and_plain_figures(table: DataTable[SamplePosition]) -> None:
    for name in ("HDFCBANK", "RELIANCE"):
        at = table.model_.position_of(name)
        assert at is not None
        rows = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
        table.selectionModel().select(table.model_.index(at, 0), rows)
    QTest.keyClick(table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QApplication.clipboard().text().split("\n") == [
        "Instrument\tQty\tLTP\tNet P&L",
        "RELIANCE NSE\t250\t1421.80\t2289.01",
        "HDFCBANK NSE\t-400\t991.25\t-1677.37",
    ]


def test_export_follows_the_columns_on_screen(table: DataTable[SamplePosition]) -> None:
    written: list[str] = []
    table.setColumnHidden(1, True)
    table.header.moveSection(table.header.visualIndex(3), 0)
    table.export_csv(written.append)
    assert written[0].splitlines()[:2] == ["Net P&L,Instrument,LTP", "1809.79,NIFTY 23 NOV 24800 CE NFO,118.40"]


def test_a_broker_text_cannot_become_a_formula() -> None:
    assert (
        comma_separated([["=HYPERLINK(1)", "-5.00", "+1.2%", "-cmd", "a,b"]])
        == "'=HYPERLINK(1),-5.00,+1.2%,'-cmd,\"a,b\"\n"
    )


def test_the_state_comes_back(table: DataTable[SamplePosition], qtbot: QtBot) -> None:
    table.setColumnWidth(0, 333)
    table.setColumnHidden(1, True)
    table.header.moveSection(3, 1)
    table.sort_by("ltp", Qt.SortOrder.DescendingOrder)
    saved = table.save_state()
    other, totals = positions_table()
    qtbot.addWidget(other)
    qtbot.addWidget(totals)
    assert other.restore_state(saved)
    assert json.loads(other.save_state()) == json.loads(saved)
    assert names(other.model_) == names(table.model_)


@pytest.mark.parametrize("saved", [b"", b"\xff", b"[]", b"{}", b'{"version": 99}', b'{"version": 1, "order": 3}'])
def test_a_state_that_cannot_be_read_changes_nothing(table: DataTable[SamplePosition], saved: bytes) -> None:
    before = table.save_state()
    assert not table.restore_state(saved)
    assert table.save_state() == before


def test_a_click_on_the_header_sorts_and_a_second_one_turns_it(table: DataTable[SamplePosition]) -> None:
    table.show()
    at = table.header.sectionViewportPosition(3) + 20
    for order in (Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder):
        QTest.mouseClick(
            table.header.viewport(), Qt.MouseButton.LeftButton, pos=table.header.rect().center().__class__(at, 8)
        )
        assert table.model_.sorted_by == (3, order)


def test_a_moved_figure_lights_up_in_the_direction_it_moved(table: DataTable[SamplePosition]) -> None:
    up = [replace(row, last=row.last + 1) for row in POSITIONS]
    table.model_.set_rows(up)
    rose = table.model_.index(0, 2).data(FLASH_ROLE)
    assert rose is not None
    assert rose[0] is True
    assert table.model_.index(0, 1).data(FLASH_ROLE) is None
    table.model_.set_rows(POSITIONS)
    assert table.model_.index(0, 2).data(FLASH_ROLE)[0] is False


def test_rows_with_a_reason_are_tall_and_headings_low(qtbot: QtBot) -> None:
    table = orders_table()
    qtbot.addWidget(table)
    heights = [table.rowHeight(at) for at in range(table.model_.rowCount())]
    assert heights[0] < heights[2] < heights[1]
    assert heights[2] == table.row_height()
    shuffled = list(ORDERS)
    random.Random(1).shuffle(shuffled)
    table.model_.set_rows(shuffled)
    tall = [at for at in range(table.model_.rowCount()) if table.rowHeight(at) > table.row_height()]
    reasons = {row.state for at in tall if (row := table.model_.row_at(at)) is not None}
    assert reasons == {"unknown", "rejected"}


def test_the_total_follows_widths_order_and_hiding(qtbot: QtBot) -> None:
    table, totals = positions_table()
    assert isinstance(totals, TotalsRow)
    qtbot.addWidget(table)
    qtbot.addWidget(totals)
    table.setColumnWidth(0, 301)
    table.setColumnHidden(1, True)
    table.header.moveSection(3, 0)
    assert totals.columnWidth(0) == 301
    assert totals.isColumnHidden(1)
    assert totals.horizontalHeader().visualIndex(3) == 0
    table.setColumnHidden(1, False)
    assert not totals.isColumnHidden(1)
    cell = totals.model().index(0, 3).data(CELL_ROLE)
    assert isinstance(cell, Cell)
    assert cell.text == "+3,517.52"


def test_moving_prices_change_rows_where_they_stand(table: DataTable[SamplePosition]) -> None:
    table.sort_by("pnl")
    before = names(table.model_)
    told: list[int] = []
    table.model_.dataChanged.connect(lambda first, _last: told.append(first.row()))
    changed = replace(POSITIONS[0], pnl=Decimal(-99999))
    table.model_.update_rows([changed, replace(changed, name="NOT THERE")])
    assert names(table.model_) == before
    assert told == [before.index(changed.name)]
    table.model_.set_rows(table.model_.rows)
    assert names(table.model_)[0] == changed.name


def test_many_new_rows_are_inserted_in_one_go(qtbot: QtBot) -> None:
    columns: list[Column[int]] = [Column("n", "N", lambda n: Cell(str(n)), sort=lambda n: n)]
    model = TableModel(columns, key=lambda n: n)
    runs: list[tuple[int, int]] = []
    settled: list[int] = []
    model.rowsInserted.connect(lambda _parent, first, last: runs.append((first, last)))
    model.rows_settled.connect(lambda: settled.append(1))
    model.set_rows(range(1, 500))
    model.set_rows(range(501))
    assert runs == [(0, 498), (0, 0), (500, 500)]
    assert len(settled) == 2


def test_the_first_arrow_key_takes_the_current_row_and_does_not_step_over_it(qtbot: QtBot) -> None:
    table = orders_table()
    qtbot.addWidget(table)
    table.show()
    table.setFocus()
    QTest.keyClick(table, Qt.Key.Key_Down)
    first = table.model_.shown_rows[0]
    assert table.selected_rows() == [first]
