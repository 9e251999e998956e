"""Small marks: chips, counters, key caps and the broker's letter mark."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from terminal_app.ui.kit.styled import ThemedMixin
from terminal_app.ui.theme import RADIUS, theme

CHIP_LOOKS = {
    "plain": ("bg.4", "text.2"),
    "count": ("bg.4", "text.1"),
    "buy": ("buy.tint", "buy"),
    "sell": ("sell.tint", "sell"),
    "warn": ("warn.tint", "warn"),
    "error": ("error.tint", "error"),
    "profit": ("profit.tint", "profit"),
    "live": ("live.tint", "live"),
    "paper": ("paper.tint", "paper"),
}
"""Ground and text colour of each kind of chip; delegates draw chips with the same table."""


class Chip(QWidget, ThemedMixin):
    """A word on a tint: BUY, NFO, broker -350."""

    def __init__(self, text: str, kind: str = "plain", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text, self._kind = text, kind
        self.follow_theme()
        self.show_text(text, kind)

    def show_text(self, text: str, kind: str | None = None) -> None:
        """Change the word and the kind. Raises KeyError for an unknown kind."""
        self._text = text
        self._kind = self._kind if kind is None else kind
        _ = CHIP_LOOKS[self._kind]
        self.setAccessibleName(text)
        self.restyle()

    def restyle(self) -> None:
        self.setFixedSize(self.sizeHint())
        self.update()

    def sizeHint(self) -> QSize:
        metrics = QFontMetrics(theme().font("micro"))
        return QSize(metrics.horizontalAdvance(self._text) + 9, metrics.height() + 2)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        paint_chip(painter, QRectF(self.rect()), self._text, self._kind)


def paint_chip(painter: QPainter, box: QRectF, text: str, kind: str) -> None:
    """Draw a chip into a box, for widgets and delegates alike."""
    ground, ink = CHIP_LOOKS[kind]
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme().color(ground))
    painter.drawRoundedRect(box, RADIUS.chip, RADIUS.chip)
    painter.setPen(theme().color(ink))
    painter.setFont(theme().font("micro"))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
    painter.restore()


class Counter(Chip):
    """How many, on a tab; amber where something needs a look. Hidden at zero."""

    def __init__(self, count: int = 0, parent: QWidget | None = None) -> None:
        super().__init__(str(count), "count", parent)
        self.set_count(count)

    def set_count(self, count: int, *, warn: bool = False) -> None:
        """Show the count."""
        self.show_text(str(count), "warn" if warn else "count")
        self.setVisible(count > 0)


class KeyCap(QWidget, ThemedMixin):
    """A key's name in a small frame."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = text
        self.setAccessibleName(text)
        self.follow_theme()

    def restyle(self) -> None:
        self.setFixedSize(self.sizeHint())
        self.update()

    def sizeHint(self) -> QSize:
        metrics = QFontMetrics(theme().font("small"))
        return QSize(metrics.horizontalAdvance(self._text) + 10, metrics.height() + 2)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(theme().color("border.strong"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS.chip, RADIUS.chip)
        painter.setPen(theme().color("text.3"))
        painter.setFont(theme().font("small"))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._text)


class LetterMark(QWidget, ThemedMixin):
    """A broker's first letter in a 20 px tile, in place of a logo that is not ours."""

    def __init__(self, letter: str, side: int = 20, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._letter, self._side = letter, side
        self.follow_theme()

    def set_letter(self, letter: str) -> None:
        """Change the letter."""
        self._letter = letter
        self.update()

    def restyle(self) -> None:
        side = theme().px(self._side)
        self.setFixedSize(QSize(side, side))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(theme().color("border.strong"))
        painter.setBrush(theme().color("bg.4"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS.control, RADIUS.control)
        painter.setPen(theme().color("text.1"))
        painter.setFont(theme().font("strong" if self._side > 20 else "small_strong"))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._letter)
