"""A total in words under a table: 17 orders: 4 working, 10 filled, 1 rejected."""

from __future__ import annotations

from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy

from terminal_app.ui.kit.ground import Ground
from terminal_app.ui.kit.label import Label
from terminal_app.ui.theme import SPACE, theme


class TotalsLine(Ground):
    """Pinned like a totals row, but one sentence over the whole width."""

    def __init__(self, name: str) -> None:
        self.text = Label("", "strong")
        super().__init__("bg.2")
        self._name = name
        self.text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACE.cell_pad, 1, SPACE.cell_pad, 0)
        row.addWidget(self.text)

    def show_total(self, text: str) -> None:
        """Say it."""
        self.text.show_text(text)
        self.text.setToolTip(text)
        self.setAccessibleName(f"{self._name}, total: {text}")

    def restyle(self) -> None:
        self.setFixedHeight(QFontMetrics(theme().font("strong")).height() + 9)
        super().restyle()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        QPainter(self).fillRect(0, 0, self.width(), 1, theme().color("border.strong"))
