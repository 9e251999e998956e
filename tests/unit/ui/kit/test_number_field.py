"""A number field steps on its grid, keeps what was typed, and says what is wrong."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QKeyEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from terminal_app.ui.kit.number_field import NumberField


@pytest.fixture
def field(qtbot: QtBot) -> NumberField:
    made = NumberField("Price", step=Decimal("0.05"), places=2)
    qtbot.addWidget(made)
    made.resize(120, 28)
    made.show()
    made.activateWindow()
    made.setFocus()
    qtbot.waitUntil(made.hasFocus)
    return made


def wheel(field: NumberField, delta: int) -> None:
    middle = QPointF(field.rect().center())
    event = QWheelEvent(
        middle,
        middle,
        QPoint(),
        QPoint(0, delta),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(field, event)


def test_up_and_down_step_by_the_tick(field: NumberField) -> None:
    field.set_value(Decimal("118.40"))
    QTest.keyClick(field, Qt.Key.Key_Up)
    assert field.text() == "118.45"
    QTest.keyClick(field, Qt.Key.Key_PageDown)
    assert field.value() == Decimal("117.95")


def test_a_price_off_the_grid_goes_to_the_next_one_on_it(field: NumberField) -> None:
    field.setText("118.43")
    QTest.keyClick(field, Qt.Key.Key_Down)
    assert field.value() == Decimal("118.40")
    field.setText("118.43")
    QTest.keyClick(field, Qt.Key.Key_Up)
    assert field.value() == Decimal("118.45")


@given(st.decimals(min_value=0, max_value=10**7, places=3), st.integers(1, 50))
def test_steps_up_and_down_come_back(start: Decimal, steps: int) -> None:
    field = NumberField("Price", step=Decimal("0.05"), places=2)
    field.set_value(start)
    field.step_by(steps)
    up = field.value()
    assert up is not None
    assert up % Decimal("0.05") == 0
    assert 0 < up - start <= steps * Decimal("0.05")
    field.step_by(-steps)
    down = field.value()
    assert down is not None
    assert start - Decimal("0.05") < down <= start


def test_stepping_stops_at_the_limits(field: NumberField) -> None:
    field.set_range(Decimal(1), Decimal(2))
    field.set_value(Decimal("1.02"))
    field.step_by(-10)
    assert field.value() == Decimal(1)
    field.step_by(100)
    assert field.value() == Decimal(2)


def test_the_wheel_moves_only_the_field_in_use(field: NumberField, qtbot: QtBot) -> None:
    field.set_value(Decimal(10))
    wheel(field, 120)
    assert field.value() == Decimal("10.05")
    field.clearFocus()
    wheel(field, 120)
    assert field.value() == Decimal("10.05")


def test_half_a_notch_is_not_lost(field: NumberField) -> None:
    field.set_value(Decimal(10))
    wheel(field, 60)
    assert field.value() == Decimal(10)
    wheel(field, 60)
    assert field.value() == Decimal("10.05")


def test_text_that_is_no_number_is_kept_and_reported(field: NumberField) -> None:
    field.setText("12x")
    assert field.value() is None
    assert field.problem() == "12x is not a number."
    assert field.property("problem") == "true"
    assert field.text() == "12x"
    field.setText("12")
    assert field.problem() == ""
    assert field.property("problem") == "false"


def test_a_problem_found_outside_goes_with_the_next_edit(field: NumberField) -> None:
    field.set_value(Decimal("118.43"))
    field.set_problem("118.43 is not a multiple of the tick 0.05.")
    assert field.accessibleDescription().startswith("118.43")
    QTest.keyClick(field, Qt.Key.Key_Up)
    assert field.problem() == ""


def test_leaving_groups_the_digits_and_keeps_extra_decimals(field: NumberField) -> None:
    field.setText("1234567")
    field.clearFocus()
    assert field.text() == "12,34,567.00"
    field.setText("1.125")
    field.setFocus()
    field.clearFocus()
    assert field.value() == Decimal("1.125")


def test_each_edit_says_the_number(field: NumberField) -> None:
    told: list[Decimal | None] = []
    field.value_changed.connect(told.append)
    QTest.keyClicks(field, "5x")
    assert told == [Decimal(5), None]
    field.set_value(Decimal(7), quiet=True)
    assert told == [Decimal(5), None]


def test_the_small_arrows_step_too(field: NumberField) -> None:
    field.set_value(Decimal(10))
    stepper = field.childAt(field.width() - 8, 6)
    assert stepper is not None
    QTest.mouseClick(stepper, Qt.MouseButton.LeftButton, pos=QPoint(8, 3))
    QTest.mouseClick(stepper, Qt.MouseButton.LeftButton, pos=QPoint(8, 3))
    QTest.mouseClick(stepper, Qt.MouseButton.LeftButton, pos=QPoint(8, stepper.height() - 3))
    assert field.value() == Decimal("10.05")


def test_a_letter_that_qt_has_no_key_for_is_reported_as_no_number(field: NumberField) -> None:
    press = QKeyEvent(QKeyEvent.Type.KeyPress, 0x0967, Qt.KeyboardModifier.NoModifier, "\u0967")
    QApplication.sendEvent(field, press)
    assert field.problem() == "\u0967 is not a number."
