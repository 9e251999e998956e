"""A flat row of words in a panel's header of which one holds: Net, Day; All, Working, Closed."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QWidget

from terminal_app.ui.kit.buttons import Button
from terminal_app.ui.theme import SPACE


class HeaderChoice(QWidget):
    """`chosen(str)` comes when the user chooses. One tab stop; the arrow keys move the choice."""

    chosen = Signal(str)

    def __init__(self, name: str, choices: Sequence[tuple[str, str]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self._buttons: dict[str, Button] = {}
        self._group = QButtonGroup(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE.hair)
        for key, text in choices:
            button = Button(text.replace("&", "&&"), "tool")
            button.setCheckable(True)
            button.setAccessibleName(f"{name}: {text}")
            self._group.addButton(button)
            self._buttons[key] = button
            row.addWidget(button)
        self.set_chosen(choices[0][0])
        self._group.buttonToggled.connect(self._on_toggled)

    def key(self) -> str:
        """The key that holds."""
        return next(key for key, button in self._buttons.items() if button.isChecked())

    def set_chosen(self, key: str) -> None:
        """Choose by program. Raises KeyError for an unknown key."""
        self._buttons[key].setChecked(True)

    def set_text(self, key: str, text: str) -> None:
        """Other words for a choice, such as with a count."""
        self._buttons[key].setText(text.replace("&", "&&"))

    def _on_toggled(self, _button: object, checked: bool) -> None:
        if checked:
            self.chosen.emit(self.key())
