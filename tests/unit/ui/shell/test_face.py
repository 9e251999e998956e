"""What the first paint draws is what stands there afterwards."""

from __future__ import annotations

from importlib import import_module

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from terminal_app.ui import actions
from terminal_app.ui.panels.positions.model import positions_model
from terminal_app.ui.shell.face import MENUS, POSITION_COLUMNS, TABS, Face
from terminal_app.ui.shell.panels import FIRST, TITLES
from tests.helpers.scripted_window import WindowBench

AT_THE_BOTTOM = [title for name, title in TITLES.items() if name not in ("watchlist", "ticket", "depth")]


def test_the_columns_of_the_positions_are_the_panels_own() -> None:
    shown = [(column.title, column.width) for column in positions_model().columns if not column.hidden]
    assert list(POSITION_COLUMNS) == shown


def test_menus_and_tabs_are_the_windows_own() -> None:
    assert MENUS == actions.MENUS
    assert list(TABS) == AT_THE_BOTTOM


@pytest.mark.parametrize("name", TITLES)
def test_a_title_is_the_panels_own(name: str) -> None:
    panel = getattr(import_module(f"terminal_app.ui.panels.{name}.panel"), f"{name.capitalize()}Panel")
    name_and_title = (panel.NAME, panel.TITLE)
    assert name_and_title == (name, TITLES[name])


def test_what_is_shown_first_are_panels() -> None:
    assert set(TITLES) >= FIRST


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (1180, 700)])
def test_the_places_are_those_of_a_new_home(qtbot: QtBot, width: int, height: int) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    face = Face([("RELIANCE", "NSE")], window)
    face.resize(width, height)
    boxes = face.places()
    assert all(face.rect().contains(box) for box in boxes.values())
    assert boxes["watchlist"].right() < boxes["chart"].left() < boxes["chart"].right() < boxes["ticket"].left()
    assert boxes["chart"].bottom() < boxes["positions"].top()


async def test_the_panels_come_to_stand_where_the_first_paint_drew_them(bench: WindowBench) -> None:
    face = Face([], bench.window)
    face.resize(bench.window.size())
    workspace = bench.window.workspace
    for name, dock in (("watchlist", "left"), ("ticket", "right"), ("positions", "bottom")):
        drawn, group = face.places()[name], workspace.group(dock)
        assert group.mapTo(bench.window, group.rect().topLeft()).x() == pytest.approx(drawn.x(), abs=3)
        assert group.width() == pytest.approx(drawn.width(), abs=3)
    face.deleteLater()
