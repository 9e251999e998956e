"""A window comes back where it stood, on a screen that exists."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from terminal_app.ui.shell.layout_file import mapping, onto_screen, restore_geometry, save_geometry

LEFT, RIGHT = QRect(0, 0, 1920, 1080), QRect(1920, 0, 2560, 1400)


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        (QRect(100, 50, 1440, 900), QRect(100, 50, 1440, 900)),
        (QRect(2000, 100, 1440, 900), QRect(2000, 100, 1440, 900)),
        (QRect(1500, 50, 1440, 900), QRect(1920, 50, 1440, 900)),  # most of it stands on the right one
        (QRect(-1400, -800, 1440, 900), QRect(0, 0, 1440, 900)),
        (QRect(9000, 9000, 1440, 900), QRect(480, 180, 1440, 900)),  # the third screen is gone: the first one
        (QRect(10, 10, 5000, 3000), QRect(1920, 0, 2560, 1400)),  # larger than any screen
    ],
)
def test_a_box_is_brought_onto_the_screen_that_shows_most_of_it(box: QRect, expected: QRect) -> None:
    assert onto_screen(box, [LEFT, RIGHT]) == expected


def test_a_window_keeps_its_box_and_comes_back_to_it(qtbot: QtBot) -> None:
    first, second = QWidget(), QWidget()
    for window in (first, second):
        qtbot.addWidget(window)
    area = first.screen().availableGeometry()
    first.setGeometry(area.left() + 20, area.top() + 30, 500, 400)
    restore_geometry(second, save_geometry(first), None)
    assert second.geometry() == first.geometry()


def test_a_maximised_window_comes_back_maximised(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    restore_geometry(window, {"box": [10, 10, 400, 300], "maximised": True}, None)
    assert window.windowState() & Qt.WindowState.WindowMaximized


def test_a_size_from_the_command_line_counts_instead_of_what_was_kept(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    restore_geometry(window, {"box": [10, 10, 400, 300], "maximised": True}, (640, 480))
    assert (window.width(), window.height()) == (640, 480)
    assert not window.isMaximized()


@pytest.mark.parametrize(
    "box", [None, "text", [1, 2, 3], [1, 2, "3", 4], [0, 0, 0, 0], [0, 0, -5, 10], [True, 0, 5, 5]]
)
def test_a_box_that_makes_no_sense_is_the_default_size(qtbot: QtBot, box: object) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    restore_geometry(window, {"box": box}, None)
    area = window.screen().availableSize()
    assert window.width() == min(1440, area.width())
    assert window.height() == min(900, area.height())


def test_a_part_that_is_no_mapping_counts_as_empty() -> None:
    assert mapping({"a": {"b": 1}}, "a") == {"b": 1}
    assert mapping({"a": [1]}, "a") == {}
    assert mapping({}, "a") == {}
