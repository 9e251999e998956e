"""Segments are one tab stop, move with Left and Right, and tell only what the user chose."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from terminal_app.ui.kit.segments import Segments

CHOICES = [("limit", "Limit"), ("market", "Market"), ("sl", "SL")]


class Form(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self.before, self.after = QLineEdit(), QLineEdit()
        self.segments = Segments("Type", CHOICES)
        row = QHBoxLayout(self)
        for part in (self.before, self.segments, self.after):
            row.addWidget(part)


@pytest.fixture
def form(qtbot: QtBot) -> Form:
    made = Form()
    qtbot.addWidget(made)
    made.show()
    made.activateWindow()
    made.before.setFocus()
    qtbot.waitUntil(made.before.hasFocus)
    return made


def focused() -> QWidget:
    widget = QApplication.focusWidget()
    assert widget is not None
    return widget


def test_tab_enters_once_and_leaves(form: Form) -> None:
    form.segments.set_chosen("market")
    QTest.keyClick(form.before, Qt.Key.Key_Tab)
    assert focused() is form.segments.focusProxyButton()
    QTest.keyClick(focused(), Qt.Key.Key_Tab)
    assert focused() is form.after


def test_left_and_right_move_the_choice_and_skip_what_is_off(form: Form) -> None:
    told: list[str] = []
    form.segments.chosen.connect(told.append)
    form.segments.set_key_enabled("market", False, "Not at this broker.")
    form.segments.setFocus()
    QTest.keyClick(focused(), Qt.Key.Key_Right)
    assert form.segments.key() == "sl"
    QTest.keyClick(focused(), Qt.Key.Key_Right)
    QTest.keyClick(focused(), Qt.Key.Key_Left)
    assert told == ["sl", "limit"]


def test_choosing_by_program_tells_nobody(form: Form) -> None:
    told: list[str] = []
    form.segments.chosen.connect(told.append)
    form.segments.set_chosen("sl")
    assert told == []
    assert form.segments.key() == "sl"


def test_a_click_chooses(form: Form, qtbot: QtBot) -> None:
    middle = form.segments.childAt(form.segments.rect().center())
    assert middle is not None
    with qtbot.waitSignal(form.segments.chosen) as told:
        QTest.mouseClick(middle, Qt.MouseButton.LeftButton)
    assert told.args == ["market"]


def test_new_choices_keep_the_key_where_it_still_exists(form: Form) -> None:
    form.segments.set_chosen("market")
    form.segments.set_choices([("market", "Market"), ("slm", "SL-M")])
    assert form.segments.key() == "market"
    form.segments.set_choices([("slm", "SL-M")])
    assert form.segments.key() == "slm"


def test_an_unknown_key_is_an_error(form: Form) -> None:
    with pytest.raises(KeyError):
        form.segments.set_chosen("iceberg")
