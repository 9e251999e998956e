"""A panel that is built later keeps its place, its title, its tools and what is remembered of it."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from terminal_app.ui.shell.later import LaterPanel


class Orders(QWidget):
    """A panel that says what it was told."""

    NAME, TITLE = "orders", "Orders"

    def __init__(self) -> None:
        super().__init__()
        self.state: dict[str, Any] = {}
        self.calls: list[str] = []
        self.tools = QLabel("tools")

    def attach(self, terminal: object, desk: object) -> None:
        self.calls.append("attach")

    def header_actions(self) -> QWidget:
        return self.tools

    def header_left(self) -> QWidget | None:
        return None

    def save_state(self) -> dict[str, Any]:
        return {"of": "the panel", **self.state}

    def restore_state(self, state: dict[str, Any]) -> None:
        self.state = state

    def focus_main(self) -> None:
        self.calls.append("focus")


@pytest.fixture
def made() -> list[Orders]:
    return []


@pytest.fixture
def later(qtbot: QtBot, made: list[Orders]) -> LaterPanel:
    def make() -> Orders:
        made.append(Orders())
        return made[-1]

    panel = LaterPanel("orders", "Orders", make)
    qtbot.addWidget(panel)
    return panel


def test_nothing_is_made_before_it_is_asked_for(later: LaterPanel, made: list[Orders]) -> None:
    assert (later.NAME, later.TITLE, made) == ("orders", "Orders", [])


def test_it_is_made_once(later: LaterPanel, made: list[Orders]) -> None:
    assert later.build() is later.build()
    assert len(made) == 1


def test_what_is_remembered_waits_for_the_panel(later: LaterPanel, made: list[Orders]) -> None:
    later.restore_state({"sort": "time"})
    assert later.save_state() == {"sort": "time"}
    later.build()
    assert made[0].state == {"sort": "time"}
    assert later.save_state() == {"of": "the panel", "sort": "time"}


def test_its_tools_come_into_the_room_that_was_kept(later: LaterPanel, made: list[Orders]) -> None:
    room = later.header_actions()
    later.build()
    assert room.isAncestorOf(made[0].tools)
    assert later.isAncestorOf(made[0])


def test_a_key_builds_it(later: LaterPanel, made: list[Orders]) -> None:
    later.focus_main()
    assert made[0].calls == ["focus"]
