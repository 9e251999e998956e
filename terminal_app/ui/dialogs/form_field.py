"""A labelled field of a form: help under it, a problem beside it, and for secrets dots with an eye to look behind them."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from terminal_app.ui.dialogs.parts import Problem, column
from terminal_app.ui.kit.buttons import IconButton
from terminal_app.ui.kit.label import Label
from terminal_app.ui.kit.styled import set_style_property
from terminal_app.ui.theme import SPACE


class FormField(QWidget):
    """`text` is what was typed or pasted, without the blanks around it."""

    changed = Signal()

    def __init__(
        self,
        label: str,
        help: str = "",
        *,
        secret: bool = False,
        required: bool = True,
        copyable: bool = False,
        text: str = "",
    ) -> None:
        super().__init__()
        self.is_required = required
        self.edit = QLineEdit(text)
        self.edit.setAccessibleName(label)
        self.edit.setAccessibleDescription(help)
        self.edit.setPlaceholderText("" if required else "optional")
        self.edit.textEdited.connect(self._on_edited)
        self.problem = Problem()
        line = QHBoxLayout()
        line.setSpacing(SPACE.tight)
        line.addWidget(self.edit, 1)
        if secret:
            self.eye = self._eye(label)
            line.addWidget(self.eye)
        if copyable:
            self.copy_button = IconButton("copy", f"Copy the {label.lower()}")
            self.copy_button.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.text))
            line.addWidget(self.copy_button)
        rows = column(spacing=SPACE.tight)
        rows.addWidget(Label(label, "small", "text.3"))
        rows.addLayout(line)
        rows.addWidget(self.problem)
        if help:
            hint = Label(help, "small", "text.3")
            hint.setWordWrap(True)
            rows.addWidget(hint)
        self.setLayout(rows)
        self.setFocusProxy(self.edit)

    @property
    def text(self) -> str:
        """What stands in it."""
        return self.edit.text().strip()

    def say(self, problem: str) -> None:
        """What is wrong with it; empty takes it away."""
        self.problem.show_problem(problem)
        set_style_property(self.edit, "problem", "true" if problem else "false")

    def forget(self) -> None:
        """Leave nothing behind in the widget, its undo history included."""
        self.edit.setText("")

    def _eye(self, label: str) -> IconButton:
        self.edit.setEchoMode(QLineEdit.EchoMode.Password)
        hints = Qt.InputMethodHint
        self.edit.setInputMethodHints(
            hints.ImhHiddenText | hints.ImhSensitiveData | hints.ImhNoPredictiveText | hints.ImhNoAutoUppercase
        )
        eye = IconButton("eye", f"Show the {label}", checkable=True)
        eye.toggled.connect(self._reveal)
        return eye

    def _reveal(self, shown: bool) -> None:
        self.edit.setEchoMode(QLineEdit.EchoMode.Normal if shown else QLineEdit.EchoMode.Password)
        self.eye.set_icon("eye-off" if shown else "eye")

    def _on_edited(self) -> None:
        self.say("")
        self.changed.emit()
