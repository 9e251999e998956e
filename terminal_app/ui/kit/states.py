"""What stands in a panel that has nothing to show: what to do next, or what failed and what it means."""

from __future__ import annotations

import re

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from terminal_app.ui.icons import icon_pixmap
from terminal_app.ui.kit.badges import KeyCap
from terminal_app.ui.kit.buttons import Button
from terminal_app.ui.kit.label import Label
from terminal_app.ui.kit.styled import ThemedMixin
from terminal_app.ui.theme import SIZE, SPACE, theme

_KEYS = re.compile(r"\[([^\]]+)\]")


def line_with_keys(text: str) -> QHBoxLayout:
    """A centred line in which `[F1]` stands as a key cap."""
    row = QHBoxLayout()
    row.setSpacing(SPACE.tight)
    row.addStretch(1)
    for index, piece in enumerate(_KEYS.split(text)):
        if index % 2:
            row.addWidget(KeyCap(piece))
        elif piece.strip():
            row.addWidget(Label(piece.strip(), "body", "text.3"))
    row.addStretch(1)
    return row


class EmptyState(QWidget):
    """A line that says so, one that says the key to press: `EmptyState("No open positions.", "Press [F1] to buy")`."""

    def __init__(self, lead: str, hint: str = "", *, action: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setSpacing(SPACE.panel_pad)
        column.addStretch(1)
        self.lead = Label(lead, "lead", "text.1")
        self.lead.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.lead.setWordWrap(True)
        column.addWidget(self.lead)
        if hint:
            column.addLayout(line_with_keys(hint))
        self.action = Button(action)
        self.action.setVisible(bool(action))
        column.addWidget(self.action, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(1)
        self.setAccessibleName(f"{lead} {_KEYS.sub(lambda m: m[1], hint)}".strip())


class FailedState(QWidget, ThemedMixin):
    """What failed, whose fault, what it means for the money, and Try again."""

    retry = Signal()

    def __init__(self, what: str = "", meaning: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._picture = QLabel()
        self._what = Label(what, "lead")
        self._meaning = Label(meaning, "body", "text.3")
        self._meaning.setWordWrap(True)
        self._meaning.setAlignment(Qt.AlignmentFlag.AlignCenter)
        button = Button("Try again")
        button.clicked.connect(self.retry)
        head = QHBoxLayout()
        head.setSpacing(SPACE.panel_pad)
        head.addStretch(1)
        head.addWidget(self._picture)
        head.addWidget(self._what)
        head.addStretch(1)
        column = QVBoxLayout(self)
        column.setSpacing(SPACE.panel_pad)
        column.addStretch(1)
        column.addLayout(head)
        column.addWidget(self._meaning)
        column.addWidget(button, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(1)
        self.show_failure(what, meaning)
        self.follow_theme()

    def show_failure(self, what: str, meaning: str) -> None:
        """Say what failed."""
        self._what.setText(what)
        self._meaning.setText(meaning)
        self.setAccessibleName(f"{what} {meaning}".strip())

    def restyle(self) -> None:
        self._picture.setPixmap(icon_pixmap("triangle-alert", theme().px(SIZE.icon), "error"))
