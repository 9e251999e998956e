"""Dialogs that never nest an event loop: opened over a scrim, awaited as a future."""

from __future__ import annotations

import asyncio
from typing import Any

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QCloseEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from terminal_app.ui.kit.buttons import Button, IconButton, Part
from terminal_app.ui.kit.label import Label
from terminal_app.ui.kit.scrim import Scrim
from terminal_app.ui.kit.styled import ThemedMixin
from terminal_app.ui.theme import RADIUS, SPACE, theme

_TITLE_HEIGHT, _FOOTER_HEIGHT = 44, 52


class _TitleRow(QWidget):
    """Title, remark and cross; dragging it moves the dialog, which has no frame of the desktop's."""

    closed = Signal()

    def __init__(self, title: str, subtitle: str) -> None:
        super().__init__()
        self.title, self.subtitle = Label(title, "title"), Label(subtitle, "body", "text.2")
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACE.dialog_pad, 0, SPACE.group, 0)
        row.setSpacing(SPACE.section)
        row.addWidget(self.title)
        row.addWidget(self.subtitle)
        row.addStretch(1)
        self.cross = IconButton("x", "Close", key="Esc")
        self.cross.clicked.connect(self.closed)
        row.addWidget(self.cross)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        handle = self.window().windowHandle()
        if event.button() is Qt.MouseButton.LeftButton and handle is not None:
            handle.startSystemMove()


async def ask_once(dialog: AppDialog) -> Any:
    """Open a dialog that is not needed afterwards; its result, None if cancelled."""
    try:
        return await dialog.ask()
    finally:
        dialog.deleteLater()


class AppDialog(QDialog, ThemedMixin):
    """A card of fixed width with a title row, `body` to fill and `footer` for what can be done.

    `await dialog.ask()` opens it and returns what `finish(result)` was given, None when it was cancelled.
    """

    def __init__(self, window: QWidget | None, title: str, *, subtitle: str = "", width: int = 400) -> None:
        super().__init__(window)
        self._width = width
        self._result: Any = None
        self._scrim: Scrim | None = None
        self.setWindowTitle(title)
        self.setAccessibleName(title)
        self.setWindowFlag(Qt.WindowType.FramelessWindowHint)
        self.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground)
        self.header = _TitleRow(title, subtitle)
        self.header.closed.connect(self.reject)
        self.body = QVBoxLayout()
        self.body.setContentsMargins(SPACE.dialog_pad, SPACE.section, SPACE.dialog_pad, SPACE.section)
        self.body.setSpacing(SPACE.panel_pad)
        self.footer = QHBoxLayout()
        self.footer.setContentsMargins(SPACE.dialog_pad, 0, SPACE.dialog_pad, 0)
        self.footer.setSpacing(SPACE.panel_pad)
        self._footer_box = QWidget()
        self._footer_box.setLayout(self.footer)
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 1, 1, 1)
        column.setSpacing(0)
        column.addWidget(self.header)
        column.addLayout(self.body, 1)
        column.addWidget(self._footer_box)
        self.finished.connect(self._on_finished)
        self.follow_theme()

    def add_button(self, text: str, part: Part = "plain", *, result: object = None, key: str = "") -> Button:
        """Append a button to the footer. With a `result` it finishes the dialog; the last primary one is Enter's."""
        button = Button(text, part, key=key)
        if result is not None:
            button.clicked.connect(lambda: self.finish(result))
        if part == "primary":
            button.setDefault(True)
        self.footer.addWidget(button)
        return button

    def add_cancel(self, text: str = "Cancel", *, default: bool = False) -> Button:
        """A button that cancels; `default` gives it Enter, as confirmations want."""
        button = Button(text, key="Esc")
        button.clicked.connect(self.reject)
        button.setDefault(default)
        if default:
            button.setFocus()
        self.footer.addWidget(button)
        return button

    def finish(self, result: object) -> None:
        """Close with a result."""
        self._result = result
        self.accept()

    async def ask(self) -> Any:
        """Open and wait. Returns the result, None if cancelled. If the waiting task is cancelled the dialog closes."""
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._result = None

        def settle() -> None:
            if not answer.done():
                answer.set_result(self._result)

        self.finished.connect(settle)
        self.open()
        try:
            return await answer
        finally:
            self.finished.disconnect(settle)
            if self.isVisible():
                self.reject()

    def open(self) -> None:
        """Show over the window's scrim."""
        window = self.parentWidget()
        if window is not None and self._scrim is None:
            self._scrim = Scrim(window.window())
            self._scrim.show()
            self._scrim.raise_()
        self.setFixedWidth(theme().px(self._width))
        self.adjustSize()
        if window is not None:
            box = self.rect()
            box.moveCenter(window.window().geometry().center())
            self.move(box.topLeft())
        super().open()

    def restyle(self) -> None:
        self.header.setFixedHeight(max(theme().px(_TITLE_HEIGHT), self.header.title.fontMetrics().height() + 12))
        self._footer_box.setFixedHeight(theme().px(_FOOTER_HEIGHT))
        self.setFixedWidth(theme().px(self._width))
        self.update()

    def closeEvent(self, event: QCloseEvent) -> None:
        self.reject()
        event.accept()

    def paintEvent(self, event: QPaintEvent) -> None:
        look, painter = theme(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(look.color("border.strong"))
        painter.setBrush(look.color("bg.2"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS.dialog, RADIUS.dialog)
        line = look.color("border.subtle")
        painter.fillRect(1, self.header.geometry().bottom(), self.width() - 2, 1, line)
        if self.footer.count():
            painter.fillRect(1, self._footer_box.geometry().top(), self.width() - 2, 1, line)

    def _on_finished(self) -> None:
        if self._scrim is not None:
            self._scrim.hide()
            self._scrim.deleteLater()
            self._scrim = None
