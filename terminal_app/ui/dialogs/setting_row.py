"""One setting as a row: its words at the left, the control that its kind asks for at the right, a refusal below."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from terminal_app.domain.errors import BhavError
from terminal_app.ui.dialogs.parts import Problem, column
from terminal_app.ui.kit.label import Label
from terminal_app.ui.kit.number_field import NumberField
from terminal_app.ui.kit.segments import Segments
from terminal_app.ui.kit.styled import set_style_property
from terminal_app.ui.kit.switch import Switch
from terminal_app.ui.theme import SPACE, theme

if TYPE_CHECKING:
    from terminal_app.services.settings import Setting, SettingsService, Value

_APPLY_AFTER_MS = 400
"""A figure takes effect this long after the last keystroke, so that `150` is not first `1` and `15`."""
_CONTROL_WIDTH = 268


class SettingRow(QWidget):
    """Applies what the user chooses at once; what the service refuses stays in the field with the reason below it."""

    def __init__(self, setting: Setting, settings: SettingsService) -> None:
        super().__init__()
        self.setting = setting
        self._settings = settings
        self._wanted: Value = None
        self._timer = QTimer(self, singleShot=True, interval=_APPLY_AFTER_MS)
        self._timer.timeout.connect(lambda: self.apply(self._wanted))
        self.problem = Problem()
        self._show_value: Callable[[], None] = lambda: None
        self.control = self._make_control()
        self.control.setAccessibleName(setting.title)
        self.control.setAccessibleDescription(setting.help)
        words = column(spacing=1)
        words.addWidget(Label(setting.title))
        note = Label(setting.help, "small", "text.3")
        note.setWordWrap(True)
        words.addWidget(note)
        words.addStretch(1)
        side = column()
        side.addWidget(self.control)
        side.addWidget(self.problem)
        side.addStretch(1)
        box = QWidget()
        box.setLayout(side)
        box.setFixedWidth(theme().px(_CONTROL_WIDTH))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, SPACE.form_gap, 0, SPACE.form_gap)
        row.setSpacing(SPACE.dialog_pad)
        row.addLayout(words, 1)
        row.addWidget(box, 0, Qt.AlignmentFlag.AlignTop)
        self.refresh()

    def words(self) -> str:
        """What a search looks through."""
        choices = " ".join(text for _, text in self.setting.choices)
        return f"{self.setting.group} {self.setting.title} {self.setting.help} {choices}".casefold()

    def refresh(self) -> None:
        """Show the value in force, unless it is being typed."""
        if not self.control.hasFocus() or not isinstance(self.control, QLineEdit):
            self._show_value()

    def apply(self, value: Value) -> None:
        """Set it, or say why not."""
        self._timer.stop()
        if str(value) == self._settings.text(self.setting.key):
            self._say("")
            return
        try:
            self._settings.set(self.setting.key, value)
        except BhavError as error:
            self._say(error.message)
        else:
            self._say("")

    def reset(self) -> None:
        """Back to the default."""
        self.apply(self.setting.default)
        self._show_value()

    def flush(self) -> None:
        """Apply what was typed and not applied yet."""
        if self._timer.isActive():
            self.apply(self._wanted)

    def _say(self, problem: str) -> None:
        self.problem.show_problem(problem)
        if isinstance(self.control, NumberField):
            self.control.set_problem(problem)
        else:
            set_style_property(self.control, "problem", "true" if problem else "false")

    def _apply_soon(self, value: Value) -> None:
        self._wanted = value
        self._timer.start()

    def _make_control(self) -> QWidget:
        kinds = {"choice": self._choice, "switch": self._switch, "number": self._number, "money": self._money}
        return kinds.get(self.setting.kind, self._line)()

    def _choice(self) -> QWidget:
        control = Segments(self.setting.title, [(key, _short(text)) for key, text in self.setting.choices])
        control.chosen.connect(self.apply)
        self._show_value = lambda: control.set_chosen(self._settings.text(self.setting.key))
        return control

    def _switch(self) -> QWidget:
        control = Switch(self.setting.title, kind="accent")
        control.clicked.connect(lambda: self.apply(control.isChecked()))
        self._show_value = lambda: control.setChecked(bool(self._settings.get(self.setting.key)))
        return control

    def _number(self) -> QWidget:
        is_whole = self.setting.least >= 1
        control = NumberField(
            self.setting.title, step=Decimal(10 if is_whole else "0.5"), places=0 if is_whole else 1, suffix=" %"
        )
        self._show_value = lambda: control.set_value(Decimal(str(self._settings.number(self.setting.key))), quiet=True)
        control.value_changed.connect(lambda value: self._on_figure(control, value))
        control.editingFinished.connect(self.flush)
        return control

    def _money(self) -> QWidget:
        control = NumberField(self.setting.title, step=Decimal(1))
        control.setPlaceholderText("no limit")
        self._show_value = lambda: control.set_value(self._settings.money(self.setting.key), quiet=True)
        control.value_changed.connect(lambda value: self._on_figure(control, value))
        control.editingFinished.connect(self.flush)
        return control

    def _on_figure(self, control: NumberField, value: Decimal | None) -> None:
        if value is None and control.text().strip():
            self._timer.stop()
            self._say(control.problem())
            return
        self._apply_soon("" if value is None else f"{value:f}")

    def _line(self) -> QWidget:
        control = QLineEdit()
        self._show_value = lambda: control.setText(self._settings.text(self.setting.key))
        control.editingFinished.connect(lambda: self.apply(control.text()))
        return control


def _short(text: str) -> str:
    """`Follow the system` is too long for a segment."""
    return "System" if text == "Follow the system" else text
