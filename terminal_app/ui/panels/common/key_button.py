"""A small button that shows its key behind its words: Cancel Shift F1."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRect, QSize, Qt
from PySide6.QtGui import QAction, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from terminal_app.ui.kit.buttons import Button
from terminal_app.ui.theme import theme

_PAD, _GAP = 8, 6


class KeyButton(Button):
    """Does what its action does and shows the action's key; `show_key` False keeps the key in the tooltip."""

    def __init__(self, text: str, action: QAction, *, show_key: bool = True, parent: QWidget | None = None) -> None:
        self._words, self._key = text, ""
        super().__init__("", "small", parent=parent)
        self._action, self._show_key = action, show_key
        self.setAccessibleName(text)
        self.clicked.connect(action.trigger)
        action.changed.connect(self._on_action_changed)
        self._on_action_changed()

    def set_words(self, text: str) -> None:
        """Other words, such as with a count."""
        if text != self._words:
            self._words = text
            self.setAccessibleName(text)
            self.updateGeometry()
            self.update()

    @property
    def words(self) -> str:
        """What is written on it, without the key."""
        return self._words

    def sizeHint(self) -> QSize:
        body, small = QFontMetrics(theme().font("body")), QFontMetrics(theme().font("small"))
        width = body.horizontalAdvance(self._words) + 2 * _PAD + 2
        if self._key:
            width += small.horizontalAdvance(self._key) + _GAP
        return QSize(width, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.EnabledChange:
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        look, painter = theme(), QPainter(self)
        room = self.rect().adjusted(_PAD + 1, 0, -_PAD - 1, 0)
        painter.setFont(look.font("body"))
        painter.setPen(look.color("text.1" if self.isEnabled() else "text.disabled"))
        painter.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, self._words)
        if self._key:
            behind = QRect(room)
            behind.setLeft(room.left() + QFontMetrics(look.font("body")).horizontalAdvance(self._words) + _GAP)
            painter.setFont(look.font("small"))
            painter.setPen(look.color("text.3" if self.isEnabled() else "text.disabled"))
            painter.drawText(behind, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, self._key)

    def _on_action_changed(self) -> None:
        shortcuts = self._action.shortcuts()
        key = shortcuts[0].toString() if shortcuts else ""
        self._key = key.replace("+", " ") if self._show_key else ""
        self.setToolTip(f"{self._action.text().rstrip('…')} ({key})" if key else self._action.text())
        self.updateGeometry()
        self.update()
