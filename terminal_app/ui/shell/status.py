"""The status bar: a lamp per account at the left; market, storage and loop at the right."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from terminal_app.ui.kit.label import Label
from terminal_app.ui.kit.lamp import Lamp, LampState
from terminal_app.ui.kit.styled import ThemedMixin, set_style_property
from terminal_app.ui.theme import SIZE, SPACE, theme


class AccountLamp(QPushButton):
    """Lamp, name and a figure in words; a click opens the accounts."""

    def __init__(self) -> None:
        super().__init__()
        set_style_property(self, "part", "tool")
        self._lamp = Lamp(LampState.OFF)
        self._name = Label("", "small_strong")
        self._text = Label("", "small", "text.2")
        row = QHBoxLayout(self)
        row.setContentsMargins(2, 0, 2, 0)
        row.setSpacing(5)
        row.addWidget(self._lamp)
        row.addWidget(self._name)
        row.addWidget(self._text)

    def show_account(self, state: LampState, name: str, text: str, reason: str) -> None:
        """Change what it says; the reason is the tooltip and the accessible name."""
        self._lamp.set_state(state, reason)
        self._name.show_text(name)
        self._text.show_text(text)
        self.setToolTip(reason)
        self.setAccessibleName(f"{name}: {reason}")
        self.setMinimumWidth(self.layout().sizeHint().width())


class StatusBar(QWidget, ThemedMixin):
    """Shows what it is told."""

    account_clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._accounts: list[AccountLamp] = []
        self._left = QHBoxLayout()
        self._left.setSpacing(SPACE.group)
        self.prices = Label("", "small", "text.2")
        self.market = Label("", "small", "text.2")
        self.storage = Label("", "small", "text.2")
        self.loop = Label("", "small", "text.2")
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACE.panel_pad, 0, SPACE.panel_pad, 0)
        row.setSpacing(SPACE.section)
        row.addLayout(self._left)
        row.addWidget(self.prices)
        row.addStretch(1)
        for label in (self.market, self.storage, self.loop, Label("IST", "small", "text.2")):
            row.addWidget(label)
        self.follow_theme()

    def show_accounts(self, rows: Sequence[tuple[LampState, str, str, str]]) -> None:
        """One lamp per account: state, name, text, reason."""
        while len(self._accounts) < len(rows):
            lamp = AccountLamp()
            lamp.clicked.connect(self.account_clicked)
            self._left.addWidget(lamp)
            self._accounts.append(lamp)
        for place, lamp in enumerate(self._accounts):
            lamp.setVisible(place < len(rows))
            if place < len(rows):
                lamp.show_account(*rows[place])

    def restyle(self) -> None:
        self.setFixedHeight(theme().px(SIZE.status_bar))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme().color("bg.2"))
        painter.fillRect(0, 0, self.width(), 1, theme().color("border.subtle"))
