"""Panels stand where they belong, move, float and enlarge; what was kept comes back exactly."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import QApplication, QWidget

from terminal_app.ui.shell.workspace import Workspace
from tests.helpers.scripted_window import TITLES, PlainPanel, WindowBench


def boxes(workspace: Workspace) -> dict[str, QRect]:
    """Where every visible dock and the middle stand in the window."""
    found = {name: workspace.group(name) for name in ("left", "right", "depth", "bottom")}
    parts: dict[str, QWidget] = {name: group for name, group in found.items() if group.isVisible()}
    middle = workspace.centralWidget()
    if middle is not None and middle.isVisible():
        parts["middle"] = middle
    return {name: QRect(part.mapTo(workspace, QPoint()), part.size()) for name, part in parts.items()}


async def test_every_panel_stands_in_its_place_at_1440(bench: WindowBench) -> None:
    workspace = bench.window.workspace
    assert {name: workspace.place_of(name) for name in TITLES} == {
        "watchlist": "left",
        "ticket": "right",
        "depth": "depth",
        "positions": "bottom",
        "orders": "bottom",
        "log": "bottom",
    }
    where = boxes(workspace)
    assert (where["left"].width(), where["right"].width(), where["bottom"].height()) == (304, 320, 252)
    assert where["depth"].height() == pytest.approx(160, abs=4)
    assert where["bottom"].width() == workspace.width()


async def test_below_1300_the_depth_goes_behind_the_ticket_and_comes_back(bench: WindowBench) -> None:
    workspace = bench.window.workspace
    bench.window.resize(1180, 700)
    QApplication.processEvents()
    assert workspace.place_of("depth") == "right"
    assert workspace.group("right").current == "ticket"
    assert not workspace.group("depth").isVisible()
    where = boxes(workspace)
    assert (where["left"].width(), where["right"].width(), where["bottom"].height()) == (254, 304, 196)
    bench.window.resize(1440, 900)
    QApplication.processEvents()
    assert workspace.place_of("depth") == "depth"
    assert boxes(workspace)["depth"].height() == pytest.approx(160, abs=4)


async def test_a_depth_that_was_moved_by_hand_stays_there_in_a_small_window(bench: WindowBench) -> None:
    workspace = bench.window.workspace
    workspace.move_panel("depth", "left")
    bench.window.resize(1180, 700)
    QApplication.processEvents()
    assert workspace.place_of("depth") == "left"


async def test_the_menu_of_a_tab_moves_the_panel_with_its_tools_and_its_count(bench: WindowBench) -> None:
    workspace = bench.window.workspace
    menu = workspace.group("bottom").menu_for("orders")
    action = next(one for one in menu.actions() if one.text() == "Move to the left")
    action.trigger()
    menu.close()
    left = workspace.group("left")
    assert left.names == ("watchlist", "orders")
    assert left.current == "orders"
    panel = next(one for one in bench.window.panels if one.NAME == "orders")
    assert isinstance(panel, PlainPanel)
    assert panel.tool.isVisible()
    assert panel.tool.window() is bench.window
    workspace.set_count("orders", 4, warn=True)
    workspace.move_panel("orders", "bottom")
    assert workspace.group("bottom").names == ("positions", "log", "orders")
    assert workspace.group("bottom")._tabs.accessibleTabName(2) == "Orders, 4"


async def test_a_panel_alone_in_its_dock_shows_its_own_head_and_two_show_tabs(bench: WindowBench) -> None:
    workspace = bench.window.workspace
    watchlist = next(one for one in bench.window.panels if one.NAME == "watchlist")
    assert isinstance(watchlist, PlainPanel)
    assert watchlist.left is not None
    assert watchlist.left.isVisible()
    workspace.move_panel("log", "left")
    assert not watchlist.left.isVisible()
    workspace.move_panel("log", "bottom")
    assert watchlist.left.isVisible()


async def test_a_group_floats_and_the_reset_brings_everything_back(bench: WindowBench) -> None:
    workspace = bench.window.workspace
    before = boxes(workspace)
    menu = workspace.group("right").menu_for("ticket")
    next(one for one in menu.actions() if one.text() == "Float").trigger()
    menu.close()
    assert workspace.group("right").isFloating()
    workspace.move_panel("log", "depth")
    bench.window.actions_registry.trigger("reset_layout")
    QApplication.processEvents()
    assert not workspace.group("right").isFloating()
    assert workspace.group("bottom").names == ("positions", "orders", "log")
    assert workspace.group("bottom").current == "positions"
    assert boxes(workspace) == before


async def test_the_bottom_takes_the_whole_room_and_gives_it_back_as_it_was(bench: WindowBench) -> None:
    workspace = bench.window.workspace
    workspace.resizeDocks([workspace.group("left")], [380], Qt.Orientation.Horizontal)
    QApplication.processEvents()
    before = boxes(workspace)
    assert before["left"].width() == 380
    bench.window.actions_registry.trigger("maximise_panel")
    QApplication.processEvents()
    assert list(boxes(workspace)) == ["bottom"]
    assert boxes(workspace)["bottom"].size() == workspace.size()
    assert bench.window.actions_registry.get("maximise_panel").isChecked()
    bench.window.actions_registry.trigger("maximise_panel")
    QApplication.processEvents()
    assert boxes(workspace) == before
    assert not bench.window.actions_registry.get("maximise_panel").isChecked()


async def test_asking_for_a_hidden_panel_ends_the_enlarging(bench: WindowBench) -> None:
    workspace = bench.window.workspace
    bench.window.actions_registry.trigger("maximise_panel")
    bench.window.actions_registry.trigger("show_orders")
    assert workspace.enlarged == "bottom"
    bench.window.actions_registry.trigger("show_watchlist")
    QApplication.processEvents()
    assert workspace.enlarged == ""
    assert "middle" in boxes(workspace)


async def test_the_chart_is_enlarged_from_its_own_header(bench: WindowBench) -> None:
    workspace, enlarge = bench.window.workspace, bench.window.chart.header.enlarge
    before = boxes(workspace)
    enlarge.setChecked(True)
    QApplication.processEvents()
    assert list(boxes(workspace)) == ["middle"]
    bench.window.actions_registry.trigger("show_positions")
    QApplication.processEvents()
    assert not enlarge.isChecked()
    assert boxes(workspace) == before


async def test_what_was_kept_comes_back_exactly(bench: WindowBench, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = bench.window.workspace
    workspace.move_panel("log", "right")
    workspace.move_panel("orders", "left")
    workspace.move_panel("orders", "bottom")
    workspace.show_panel("orders")
    workspace.resizeDocks([workspace.group("left"), workspace.group("right")], [350, 400], Qt.Orientation.Horizontal)
    next(one for one in bench.window.panels if one.NAME == "positions").restore_state({"number": 7})
    QApplication.processEvents()
    before = boxes(workspace)
    bench.window.save_layout()
    kept = dict(bench.store.content)
    second = WindowBench(monkeypatch, kept)
    second.attach()
    QApplication.processEvents()
    again = second.window.workspace
    assert second.window.size() == bench.window.size()
    assert boxes(again) == before
    assert again.group("right").names == ("ticket", "log")
    assert again.group("bottom").names == ("positions", "orders")
    assert again.group("bottom").current == "orders"
    assert next(one for one in second.window.panels if one.NAME == "positions").save_state() == {"number": 7}
    second.window.save_layout()
    assert second.store.content == kept
    await second.close()


async def test_a_layout_kept_while_enlarged_comes_back_as_it_was_before(
    bench: WindowBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = boxes(bench.window.workspace)
    bench.window.actions_registry.trigger("maximise_panel")
    bench.window.save_layout()
    second = WindowBench(monkeypatch, bench.store.content)
    second.attach()
    QApplication.processEvents()
    assert boxes(second.window.workspace) == before
    await second.close()


@pytest.mark.parametrize(
    "layout",
    [
        {"workspace": []},
        {
            "workspace": {
                "docks": "no base64!",
                "moved": {"orders": "nowhere", "gone": "left"},
                "front": 3,
                "tabs": {"left": 1},
            }
        },
        {"workspace": {"docks": "AAAA", "moved": "x", "panels": {"orders": 5}}, "window": {"box": "x"}, "chart": 1},
    ],
)
async def test_a_layout_that_makes_no_sense_is_the_default_one(
    monkeypatch: pytest.MonkeyPatch, layout: dict[str, object]
) -> None:
    bench = WindowBench(monkeypatch, layout)
    bench.attach()
    assert bench.window.workspace.place_of("orders") == "bottom"
    assert bench.window.workspace.group("left").isVisible()
    await bench.close()


async def test_columns_grow_with_the_text(bench: WindowBench) -> None:
    workspace = bench.window.workspace
    bench.window.resize(1800, 1000)
    QApplication.processEvents()
    bench.window.actions_registry.trigger("zoom_in")
    QApplication.processEvents()
    where = boxes(workspace)
    assert where["left"].width() == pytest.approx(304 * 1.1, abs=2)
    assert where["bottom"].height() == pytest.approx(252 * 1.1, abs=4)
    bench.window.actions_registry.trigger("zoom_reset")
    QApplication.processEvents()
    assert boxes(workspace)["left"].width() == pytest.approx(304, abs=2)


async def test_large_text_makes_the_window_a_small_one(bench: WindowBench) -> None:
    bench.scripted.settings.set("zoom", 130)
    QApplication.processEvents()
    assert bench.window.workspace.is_compact
    assert not bench.window.header.indices[2].isVisible()
    bench.scripted.settings.set("zoom", 100)
    QApplication.processEvents()
    assert not bench.window.workspace.is_compact
    assert bench.window.header.indices[2].isVisible()


async def test_a_small_windows_layout_gets_the_room_of_a_large_one(
    bench: WindowBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.window.resize(1180, 700)
    QApplication.processEvents()
    bench.window.save_layout()
    second = WindowBench(monkeypatch, bench.store.content)
    second.attach()
    QApplication.processEvents()
    where = boxes(second.window.workspace)
    assert (where["left"].width(), where["right"].width(), where["bottom"].height()) == (304, 320, 252)
    assert second.window.workspace.place_of("depth") == "depth"
    await second.close()
