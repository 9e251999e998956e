"""The page of the settings on which keys are given to actions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QKeyCombination, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from terminal_app.domain.errors import BhavError
from terminal_app.ui.dialogs.key_rules import keys_of, refusal
from terminal_app.ui.dialogs.parts import Problem, column, key_words
from terminal_app.ui.kit.buttons import Button, IconButton
from terminal_app.ui.kit.label import Label
from terminal_app.ui.theme import SPACE, theme

if TYPE_CHECKING:
    from terminal_app.services.settings import SettingsService
    from terminal_app.ui.actions import Actions, ActionSpec

_BUTTON_WIDTH = 148
_MODIFIERS = frozenset(
    {Qt.Key.Key_Control, Qt.Key.Key_Shift, Qt.Key.Key_Alt, Qt.Key.Key_Meta, Qt.Key.Key_AltGr, Qt.Key.Key_unknown}
)


class KeyButton(QPushButton):
    """Shows a key; pressed, it takes the next key that is typed. Esc leaves the old one."""

    captured = Signal(str)
    """The key in portable text."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name, self._keys = name, ""
        self._is_waiting = False
        self.setAutoDefault(False)
        self.setMinimumWidth(theme().px(_BUTTON_WIDTH))
        self.clicked.connect(self._wait)

    @property
    def is_waiting(self) -> bool:
        """Whether the next key is the wanted one."""
        return self._is_waiting

    def show_keys(self, keys: tuple[str, ...]) -> None:
        """Say which keys are in force."""
        self._keys = ", ".join(key_words(key) for key in keys) or "none"
        self._show()

    def event(self, event: QEvent) -> bool:
        """While waiting, every key comes here first: Tab, Enter and shortcuts too."""
        if self._is_waiting and isinstance(event, QKeyEvent):
            if event.type() == QEvent.Type.ShortcutOverride:
                event.accept()
                return True
            if event.type() == QEvent.Type.KeyPress:
                self._take(event.keyCombination())
                return True
        return super().event(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Whoever goes elsewhere wants no other key."""
        self._stop()
        super().focusOutEvent(event)

    def _wait(self) -> None:
        self._is_waiting = True
        self._show()

    def _stop(self) -> None:
        self._is_waiting = False
        self._show()

    def _take(self, combination: QKeyCombination) -> None:
        key = combination.key()
        if key in _MODIFIERS:
            return
        self._stop()
        if key != Qt.Key.Key_Escape:
            keypad = Qt.KeyboardModifier.KeypadModifier
            plain = QKeyCombination(combination.keyboardModifiers() & ~keypad, key)
            self.captured.emit(QKeySequence(plain).toString(QKeySequence.SequenceFormat.PortableText))

    def _show(self) -> None:
        self.setText("Press a key…" if self._is_waiting else self._keys)
        self.setAccessibleName(f"{self._name}: {self.text()}")


class KeyRow(QWidget):
    """One action with its key, the way back to the default, and why a key was refused."""

    def __init__(self, spec: ActionSpec, settings: SettingsService) -> None:
        super().__init__()
        self._spec, self._settings = spec, settings
        self.text = spec.text.rstrip("…")
        self.button = KeyButton(self.text)
        self.button.captured.connect(self._bind)
        self.reset = IconButton("refresh-cw", f"Default key of {self.text}")
        self.reset.clicked.connect(lambda: self._save(None))
        self.problem = Problem()
        row = QHBoxLayout()
        row.setSpacing(SPACE.panel_pad)
        row.addWidget(Label(self.text), 1)
        row.addWidget(self.reset)
        row.addWidget(self.button)
        rows = column()
        rows.setContentsMargins(0, SPACE.hair, 0, SPACE.hair)
        rows.addLayout(row)
        rows.addWidget(self.problem)
        self.setLayout(rows)
        self.refresh()

    def refresh(self) -> None:
        """Show the key in force."""
        bindings = self._settings.key_bindings()
        self.button.show_keys(keys_of(self._spec.name, bindings))
        self.reset.setVisible(self._spec.name in bindings)

    def _bind(self, wanted: str) -> None:
        reason = refusal(self._spec.name, wanted, self._settings.key_bindings())
        if reason:
            self.problem.show_problem(reason)
        else:
            self._save(wanted)

    def _save(self, wanted: str | None) -> None:
        reason = ""
        if wanted is None:
            # A default may have been given away meanwhile.
            others = {name: key for name, key in self._settings.key_bindings().items() if name != self._spec.name}
            reason = next((text for key in self._spec.keys if (text := _taken(self._spec.name, key, others))), "")
        if not reason:
            try:
                self._settings.bind_key(self._spec.name, wanted)
            except BhavError as error:
                reason = error.message
        self.problem.show_problem(reason)
        self.refresh()


class KeysPage(QWidget):
    """Every action that can be done now, by section, with its key; the last row gives all defaults back."""

    def __init__(self, actions: Actions, settings: SettingsService) -> None:
        super().__init__()
        self._settings = settings
        self.rows: list[KeyRow] = []
        self._sections: list[tuple[Label, list[KeyRow]]] = []
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, SPACE.panel_pad, 0)
        rows.setSpacing(SPACE.hair)
        head = QHBoxLayout()
        head.addWidget(Label("Press a key to change it; Esc keeps the old one.", "body", "text.2"), 1)
        self.defaults = Button("Default keys", "small")
        self.defaults.clicked.connect(self._reset_all)
        head.addWidget(self.defaults)
        rows.addLayout(head)
        for spec in actions.visible():
            title = f"{spec.menu}, {spec.section}"
            if not self._sections or self._sections[-1][0].text() != title:
                label = Label(title, "small", "text.3")
                label.setContentsMargins(0, SPACE.group, 0, SPACE.hair)
                rows.addWidget(label)
                self._sections.append((label, []))
            row = KeyRow(spec, settings)
            rows.addWidget(row)
            self.rows.append(row)
            self._sections[-1][1].append(row)
        rows.addStretch(1)

    def filter(self, text: str) -> int:
        """Show only what has `text` in its name or key; how many rows that are."""
        wanted = text.casefold().strip()
        for label, rows in self._sections:
            for row in rows:
                row.setVisible(wanted in f"{label.text()} {row.text} {row.button.text()}".casefold())
            label.setVisible(any(not row.isHidden() for row in rows))
        return sum(not row.isHidden() for row in self.rows)

    def refresh(self) -> None:
        """Show the keys in force."""
        for row in self.rows:
            row.refresh()

    def _reset_all(self) -> None:
        for name in tuple(self._settings.key_bindings()):
            try:
                self._settings.bind_key(name, None)
            except BhavError as error:
                self.rows[0].problem.show_problem(error.message)
                return
        for row in self.rows:
            row.problem.show_problem("")
        self.refresh()


def _taken(name: str, key: str, bindings: dict[str, str]) -> str:
    from terminal_app.ui.dialogs.key_rules import owner_of

    owner = owner_of(key, bindings, but=name)
    return f"{key_words(key)} belongs to “{owner}” now. Give that one another key first." if owner else ""
