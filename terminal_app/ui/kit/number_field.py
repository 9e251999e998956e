"""A field for one figure: typed, stepped by tick or lot with keys, wheel or two small arrows."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from PySide6.QtCore import QEvent, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from terminal_app.ui.formats import number, parse_number
from terminal_app.ui.icons import icon_pixmap
from terminal_app.ui.kit.styled import ThemedMixin, quietly, set_style_property
from terminal_app.ui.theme import SIZE, theme

_BIG_STEP = 10
_WHEEL_NOTCH = 120
# By number: Qt.Key() refuses the codes of letters that it has no name for.
_STEPS_BY_KEY: dict[int, int] = {
    Qt.Key.Key_Up: 1,
    Qt.Key.Key_Down: -1,
    Qt.Key.Key_PageUp: _BIG_STEP,
    Qt.Key.Key_PageDown: -_BIG_STEP,
}


class Stepper(QWidget, ThemedMixin):
    """Two arrows at the right end of a field; not a tab stop, because Up and Down do the same."""

    stepped = Signal(int)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setMouseTracking(True)
        self._hovered = 0
        self.follow_theme()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(theme().color("border.subtle"))
        painter.drawLine(0, 0, 0, self.height())
        side = theme().px(10)
        left, half = (self.width() - side) // 2 + 1, self.height() // 2
        for direction, name, top in ((1, "chevron-up", half - side), (-1, "chevron-down", half)):
            tone = "text.disabled" if not self.isEnabled() else "text.1" if self._hovered == direction else "text.3"
            painter.drawPixmap(left, top, icon_pixmap(name, side, tone, self.devicePixelRatioF()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self.stepped.emit(self._direction(event.position().toPoint()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover(self._direction(event.position().toPoint()))

    def leaveEvent(self, event: object) -> None:
        self._hover(0)

    def _hover(self, direction: int) -> None:
        if direction != self._hovered:
            self._hovered = direction
            self.update()

    def _direction(self, at: QPoint) -> int:
        return 1 if at.y() < self.height() / 2 else -1


class NumberField(QLineEdit, ThemedMixin):
    """A Decimal that is typed or stepped. Text that is no number, or out of range, is kept and reported, never changed.

    `value_changed(Decimal | None)` comes on each edit; None while there is no valid number.
    """

    value_changed = Signal(object)

    def __init__(
        self, name: str, *, step: Decimal = Decimal(1), places: int = 0, suffix: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._step, self._places, self._suffix = step, places, suffix
        self._minimum: Decimal | None = None
        self._maximum: Decimal | None = None
        self._outside_problem = ""
        self._wheel_rest = 0
        self.setAccessibleName(name)
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self._stepper = Stepper(self)
        self._stepper.stepped.connect(self._on_stepper)
        self.textChanged.connect(self._on_text_changed)
        self.follow_theme()

    def value(self) -> Decimal | None:
        """The number in the field, None where there is none."""
        try:
            return parse_number(self._bare_text())
        except ValueError:
            return None

    def problem(self) -> str:
        """What is wrong, in one sentence; empty where nothing is. An empty field is no problem of its own."""
        text = self._bare_text()
        if not text:
            return self._outside_problem
        try:
            value = parse_number(text)
        except ValueError as error:
            return str(error)
        if self._minimum is not None and value < self._minimum:
            return f"At least {number(self._minimum, self._places)}."
        if self._maximum is not None and value > self._maximum:
            return f"At most {number(self._maximum, self._places)}."
        return self._outside_problem

    def set_value(self, value: Decimal | None, *, quiet: bool = False) -> None:
        """Show a number (None empties the field); `quiet` emits nothing."""
        text = "" if value is None else self._format(value)
        if quiet:
            with quietly(self):
                self.setText(text)
            self._show_problem()
        else:
            self.setText(text)

    def set_step(self, step: Decimal, places: int) -> None:
        """The tick or lot that the arrows step by, and the decimals shown. Raises ValueError if not above zero."""
        if step <= 0:
            raise ValueError("The step must be above zero.")
        self._step, self._places = step, places
        if not self.hasFocus() and (value := self.value()) is not None:
            self.set_value(value, quiet=True)

    def set_range(self, minimum: Decimal | None, maximum: Decimal | None) -> None:
        """Limits that stepping respects and typing is told about."""
        self._minimum, self._maximum = minimum, maximum
        self._show_problem()

    def set_problem(self, text: str) -> None:
        """A problem that the owner found, such as a price off the tick; empty takes it away."""
        self._outside_problem = text
        self._show_problem()

    def step_by(self, steps: int) -> None:
        """Move by ticks or lots; a value off the grid goes to the next one on it. Empty starts at the minimum."""
        value = self.value()
        if value is None:
            self.set_value(self._minimum if self._minimum is not None else self._step)
            return
        position = value / self._step
        rounding = ROUND_FLOOR if steps > 0 else ROUND_CEILING
        snapped = position.quantize(Decimal(1), rounding=rounding)
        target = (snapped + steps) * self._step
        if self._minimum is not None and steps < 0:
            target = max(target, min(self._minimum, value))
        if self._maximum is not None and steps > 0:
            target = min(target, max(self._maximum, value))
        if self._minimum is None and value >= 0:
            target = max(target, Decimal(0))
        self.set_value(target)
        self.selectAll()

    def restyle(self) -> None:
        self.setFont(theme().font("input"))
        self._place_stepper()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = _STEPS_BY_KEY.get(event.key())
        if steps is None or event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            super().keyPressEvent(event)
        elif not self.isReadOnly():
            self.step_by(steps)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if not self.hasFocus() or self.isReadOnly():
            event.ignore()  # a wheel over a field that is not in use scrolls the panel and never changes an order
            return
        self._wheel_rest += event.angleDelta().y()
        steps = int(self._wheel_rest / _WHEEL_NOTCH)
        self._wheel_rest -= steps * _WHEEL_NOTCH
        if steps:
            self.step_by(steps)
        event.accept()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._wheel_rest = 0
        self.selectAll()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if (value := self.value()) is not None:
            self.set_value(value, quiet=True)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.EnabledChange:
            self._show_problem()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_stepper()

    def _format(self, value: Decimal) -> str:
        places = max(self._places, -int(value.normalize().as_tuple().exponent))
        return number(value, places) + self._suffix

    def _bare_text(self) -> str:
        return self.text().strip().removesuffix(self._suffix.strip()).strip()

    def _place_stepper(self) -> None:
        width = theme().px(SIZE.stepper)
        # Less padding than a text field: the figure keeps its room between the border and the arrows.
        self.setTextMargins(-3, 0, width - 3, 0)
        self._stepper.setGeometry(QRect(self.width() - width - 2, 2, width, self.height() - 4))

    def _on_stepper(self, direction: int) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        self.step_by(direction)

    def _on_text_changed(self) -> None:
        self._outside_problem = ""
        self._show_problem()
        self.value_changed.emit(self.value())

    def _show_problem(self) -> None:
        problem = self.problem() if self.isEnabled() else ""
        set_style_property(self, "problem", "true" if problem else "false")
        self.setAccessibleDescription(problem)
