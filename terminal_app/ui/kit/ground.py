"""A widget that fills itself with one of the theme's grounds, so that panels show the gap between them."""

from __future__ import annotations

from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from terminal_app.ui.kit.styled import ThemedMixin
from terminal_app.ui.theme import theme


class Ground(QWidget, ThemedMixin):
    """Filled with `bg.1` unless told otherwise."""

    def __init__(self, tone: str = "bg.1", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tone = tone
        self.follow_theme()

    def set_tone(self, tone: str) -> None:
        """Fill with another ground."""
        self._tone = tone
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(event.rect(), theme().color(self._tone))
