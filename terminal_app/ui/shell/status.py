"""The status bar: a lamp per account at the left; market, storage and loop at the right."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

from msgspec import Struct
from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QWidget

from terminal_app.ui.kit.label import Label
from terminal_app.ui.kit.lamp import Lamp, LampState
from terminal_app.ui.kit.styled import ThemedMixin, set_style_property
from terminal_app.ui.theme import SIZE, SPACE, theme

_FIGURES = re.compile(r"\d+([:.,]\d+)*( ms)?")


class AccountStatus(Struct, frozen=True):
    """What the bar says of one account. ``reason`` is told in full to the pointer and to a screen reader."""

    lamp: LampState
    name: str
    text: str
    reason: str


class AccountLamp(QPushButton, ThemedMixin):
    """Lamp, name and a few words; a click opens the accounts."""

    def __init__(self) -> None:
        super().__init__()
        set_style_property(self, "part", "tool")
        self._lamp = Lamp(LampState.OFF)
        self._name = Label("", "small_strong")
        self._text = Label("", "small", "text.2")
        self._inside = QHBoxLayout(self)
        self._inside.setContentsMargins(SPACE.tight, 0, SPACE.tight, 0)
        self._inside.setSpacing(SPACE.form_gap)
        for part in (self._lamp, self._name, self._text):
            self._inside.addWidget(part)
        self.follow_theme()

    def show_account(self, account: AccountStatus, *, short: bool) -> None:
        """Change what it says; short leaves the words to the tooltip."""
        self._lamp.set_state(account.lamp, account.reason)
        self._name.show_text(account.name)
        self._text.show_text(account.text)
        self._text.setVisible(not short)
        words = f"{account.name}, {account.text}. {account.reason}."
        self.setToolTip(words)
        self.setAccessibleName(words)
        self.restyle()

    def restyle(self) -> None:
        self.setFixedSize(self.sizeHint())

    def sizeHint(self) -> QSize:
        """What the parts need; the style would only measure the button's own text."""
        self._inside.invalidate()
        return QSize(self._inside.sizeHint().width(), theme().px(SIZE.status_bar) - 2)


class AccountLamps(QWidget, ThemedMixin):
    """As many lamps as there is room for; the rest is a number, which opens the accounts too."""

    clicked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._lamps: list[AccountLamp] = []
        self._rows: tuple[AccountStatus, ...] = ()
        self._more = QPushButton(self)
        set_style_property(self._more, "part", "tool")
        self._more.clicked.connect(self.clicked)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.follow_theme()

    def restyle(self) -> None:
        self._arrange()

    def show_accounts(self, rows: Sequence[AccountStatus]) -> None:
        """One lamp for each."""
        if tuple(rows) == self._rows:
            return
        self._rows = tuple(rows)
        while len(self._lamps) < len(rows):
            lamp = AccountLamp()
            lamp.setParent(self)
            lamp.clicked.connect(self.clicked)
            self._lamps.append(lamp)
        self._arrange()

    def minimumSizeHint(self) -> QSize:
        """The window may be narrower than the lamps."""
        return QSize(theme().px(60), 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show what fits."""
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        short = self._is_tight()
        at = 0
        hidden = 0
        for place, lamp in enumerate(self._lamps):
            if place >= len(self._rows):
                lamp.hide()
                continue
            lamp.show_account(self._rows[place], short=short)
            fits = at + lamp.width() + (theme().px(40) if place < len(self._rows) - 1 else 0) <= self.width()
            lamp.setVisible(fits and not hidden)
            hidden += not (fits and not hidden)
            lamp.move(at, (self.height() - lamp.height()) // 2)
            at += (lamp.width() + SPACE.tight) if not hidden else 0
        self._more.setVisible(bool(hidden))
        self._more.setText(f"+{hidden}")
        self._more.setAccessibleName(f"{hidden} more accounts")
        self._more.adjustSize()
        self._more.move(at, (self.height() - self._more.height()) // 2)

    def _is_tight(self) -> bool:
        """Whether the words of all accounts do not fit beside their lamps."""
        total = 0
        for lamp, row in zip(self._lamps, self._rows, strict=False):
            lamp.show_account(row, short=False)
            total += lamp.width() + SPACE.tight
        return total > self.width()


class StatusBar(QWidget, ThemedMixin):
    """Shows what it is told."""

    account_clicked = Signal()
    keys_clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._accounts = AccountLamps()
        self._accounts.clicked.connect(self.account_clicked)
        self.market = Label("", "small", "text.2", rich=True)
        self.keys = QPushButton()
        set_style_property(self.keys, "part", "tool")
        self.keys.clicked.connect(self.keys_clicked)
        self._keys_text = Label("", "small", "text.2")
        inside = QHBoxLayout(self.keys)
        inside.setContentsMargins(SPACE.tight, 0, SPACE.tight, 0)
        inside.addWidget(self._keys_text)
        self.keys.hide()
        self.storage = Label("", "small", "text.2")
        self.loop = Label("", "small", "text.2", rich=True)
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACE.panel_pad - SPACE.tight, 0, SPACE.panel_pad, 0)
        row.setSpacing(SPACE.section)
        row.addWidget(self._accounts, 1)
        for widget in (self.market, self.keys, self.storage, self.loop, Label("IST", "small", "text.2")):
            row.addWidget(widget)
        self.follow_theme()

    def show_accounts(self, rows: Sequence[AccountStatus]) -> None:
        """One lamp per account."""
        self._accounts.show_accounts(rows)

    def show_market(self, text: str) -> None:
        """The hours of the markets."""
        self.market.show_text(with_strong_figures(text))

    def show_keys(self, text: str, reason: str, *, fine: bool) -> None:
        """Whether the keys of live accounts can be read; empty where there is nothing to say. A click opens what helps."""
        self._keys_text.show_text(text, "text.2" if fine else "warn")
        self.keys.setVisible(bool(text))
        words = f"{text}. {reason}".strip(". ")
        self.keys.setToolTip(words)
        self.keys.setAccessibleName(words)
        self._fit_keys()

    def show_storage(self, text: str) -> None:
        """The state of the database."""
        self.storage.show_text(text, "warn" if "trouble" in text else "text.2")

    def show_loop(self, text: str) -> None:
        """How late the event loop runs."""
        self.loop.show_text(with_strong_figures(f"loop {text}"))

    def restyle(self) -> None:
        self.setFixedHeight(theme().px(SIZE.status_bar))
        self._fit_keys()
        self.update()

    def _fit_keys(self) -> None:
        """The style would only measure the button's own text, and it has none."""
        words = QFontMetrics(theme().font("small")).horizontalAdvance(self._keys_text.text())
        self.keys.setFixedWidth(words + 2 * SPACE.tight + 4)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme().color("bg.2"))
        painter.fillRect(0, 0, self.width(), 1, theme().color("border.subtle"))


def with_strong_figures(text: str) -> str:
    """The text as rich text in which figures and times carry the weight."""
    return _FIGURES.sub(lambda match: f"<b>{match[0]}</b>", escape(text))
