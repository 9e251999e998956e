"""A light box that opens under a control and closes at a click elsewhere: the switcher, the search results."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from terminal_app.ui.kit.styled import ThemedMixin
from terminal_app.ui.theme import SPACE, theme


class Popover(QWidget, ThemedMixin):
    """Fill `body`, then `show_under(control)`. Esc closes it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup | Qt.WindowType.FramelessWindowHint)
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(1, SPACE.tight, 1, SPACE.tight)
        self.body.setSpacing(0)
        self.follow_theme()

    def show_under(self, control: QWidget, *, align_right: bool = False) -> None:
        """Open below a control, kept on its screen."""
        self.adjustSize()
        at = control.mapToGlobal(QPoint(0, control.height() + 2))
        if align_right:
            at.setX(at.x() + control.width() - self.width())
        area = control.screen().availableGeometry()
        at.setX(max(area.left(), min(at.x(), area.right() - self.width())))
        if at.y() + self.height() > area.bottom():
            at.setY(control.mapToGlobal(QPoint(0, -self.height() - 2)).y())
        self.move(at)
        self.show()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme().color("border.strong"))
        painter.fillRect(self.rect().adjusted(1, 1, -1, -1), theme().color("bg.4"))
