"""Asks for a one-time code: six boxes that behave as one field."""

from __future__ import annotations

import time

from PySide6.QtCore import QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QFont, QGuiApplication, QKeyEvent, QKeySequence, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from terminal_app.domain.errors import LoginTimeout
from terminal_app.ui.dialogs.parts import Problem, column
from terminal_app.ui.kit.badges import LetterMark
from terminal_app.ui.kit.dialog import AppDialog
from terminal_app.ui.kit.label import Label
from terminal_app.ui.kit.ring import Ring
from terminal_app.ui.kit.styled import ThemedMixin
from terminal_app.ui.kit.ticker import ticker
from terminal_app.ui.login.prompter import LoginTitle
from terminal_app.ui.theme import RADIUS, SIZE, SPACE, theme

DIGITS, WINDOW_S = 6, 30.0
_GAP = 8


class CodeField(QWidget, ThemedMixin):
    """Type, paste, backspace; `filled` comes with the sixth digit."""

    filled = Signal(str)
    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._text = ""
        self._is_refused = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled, False)
        self._name()
        self.follow_theme()

    @property
    def text(self) -> str:
        """The digits so far."""
        return self._text

    def set_refused(self, refused: bool) -> None:
        """Frame the boxes in the colour of failure."""
        self._is_refused = refused
        self.update()

    def put(self, text: str) -> None:
        """Append the digits of a text, as far as there is room."""
        digits = "".join(letter for letter in text if letter in "0123456789")
        if len(digits) >= DIGITS:
            self._text = ""
        self._change((self._text + digits)[:DIGITS])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Paste):
            self.put(QGuiApplication.clipboard().text())
        elif event.key() == Qt.Key.Key_Backspace:
            self._change(self._text[:-1])
        elif event.text() and event.text() in "0123456789" and len(self._text) < DIGITS:
            self.put(event.text())
        else:
            super().keyPressEvent(event)

    def restyle(self) -> None:
        self.setFixedHeight(theme().px(50))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(theme().px(344), theme().px(50))

    def paintEvent(self, event: QPaintEvent) -> None:
        look, painter = theme(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(QFont(look.font("figure")))
        side = (self.width() - _GAP * (DIGITS - 1)) / DIGITS
        for place in range(DIGITS):
            box = QRectF(place * (side + _GAP), 0, side, self.height()).adjusted(1, 1, -1, -1)
            is_next = self.hasFocus() and place == min(len(self._text), DIGITS - 1)
            tone = "error" if self._is_refused else "accent" if is_next else "border.control"
            painter.setPen(QPen(look.color(tone), SIZE.focus_ring if self._is_refused or is_next else 1))
            painter.setBrush(look.color("bg.input"))
            painter.drawRoundedRect(box, RADIUS.control, RADIUS.control)
            if place < len(self._text):
                painter.setPen(look.color("text.1"))
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self._text[place])

    def _change(self, text: str) -> None:
        if text == self._text:
            return
        self._text = text
        self.set_refused(False)
        self._name()
        self.changed.emit()
        if len(text) == DIGITS:
            self.filled.emit(text)

    def _name(self) -> None:
        # A screen reader hears how many, never which.
        self.setAccessibleName(f"One-time code, {len(self._text)} of {DIGITS} digits")


class CodeDialog(AppDialog):
    """Finishes with the six digits, or with LoginTimeout. ``reason`` says why the code before was refused."""

    def __init__(self, window: QWidget | None, title: LoginTitle, reason: str, limit_s: float) -> None:
        super().__init__(window, "One-time code", width=384)
        self.field, self.problem, self._ring = CodeField(), Problem(), Ring(WINDOW_S)
        words = column(spacing=1)
        words.addWidget(Label(title.broker or title.account, "strong"))
        words.addWidget(Label(title.account if title.broker else "", "small", "text.3"))
        head = QHBoxLayout()
        head.setSpacing(SPACE.group)
        head.addWidget(LetterMark((title.broker or title.account or "?")[:1].upper(), 28))
        head.addLayout(words, 1)
        head.addWidget(self._ring)
        hint = Label(
            "Type or paste the code from your authenticator app. It is sent at the sixth digit.", "body", "text.2"
        )
        hint.setWordWrap(True)
        self.body.addLayout(head)
        self.body.addWidget(self.field)
        self.body.addWidget(self.problem)
        self.body.addWidget(hint)
        self.footer.addWidget(Label("Not logged, not stored", "body", "text.2"))
        self.footer.addStretch(1)
        self.add_cancel()
        self.field.filled.connect(self.finish)
        self.field.changed.connect(lambda: self.problem.show_problem(""))
        if reason:
            self.field.set_refused(True)
            self.problem.show_problem(reason)
        self._limit = QTimer(self)
        self._limit.setSingleShot(True)
        self._limit.timeout.connect(lambda: self.finish(LoginTimeout("No code was typed in time. Log in again.")))
        self._limit.start(round(limit_s * 1000))
        ticker().add(self._ring)
        ticker().ticked.connect(self._show_left)
        self.finished.connect(self._let_go)
        self._show_left()
        self.field.setFocus()

    def _show_left(self) -> None:
        self._ring.set_left(WINDOW_S - time.time() % WINDOW_S)

    def _let_go(self) -> None:
        self._limit.stop()
        ticker().ticked.disconnect(self._show_left)
        ticker().remove(self._ring)
