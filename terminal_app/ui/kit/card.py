"""A framed box inside a dialog, such as an account's card; red-framed where something is wrong."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from terminal_app.ui.kit.styled import ThemedMixin
from terminal_app.ui.theme import RADIUS, SPACE, theme


class Card(QWidget, ThemedMixin):
    """`body` is its layout."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._failed = False
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(SPACE.group, SPACE.group, SPACE.group, SPACE.group)
        self.body.setSpacing(SPACE.form_gap)
        self.follow_theme()

    def set_failed(self, failed: bool) -> None:
        """Frame it in the colour of failure, or no longer."""
        self._failed = failed
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(theme().color("error" if self._failed else "border.strong"))
        painter.setBrush(theme().color("bg.1"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS.card, RADIUS.card)
