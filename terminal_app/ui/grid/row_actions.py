"""The small buttons over the row under the pointer: buy, sell, depth, more."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QWidget

from terminal_app.ui.icons import icon_pixmap
from terminal_app.ui.kit.styled import ThemedMixin
from terminal_app.ui.theme import RADIUS, SIZE, theme

_SIDE = 18


class RowAction(Struct, frozen=True):
    """A letter on a side's fill, or an icon; the name is tooltip and accessible name."""

    key: str
    name: str
    letter: str = ""
    tone: str = ""
    icon: str = ""


class _MiniButton(QAbstractButton, ThemedMixin):
    """One 18 px button; never takes the focus, because the same is on the keys and in the context menu."""

    def __init__(self, action: RowAction, parent: QWidget) -> None:
        super().__init__(parent)
        self._action = action
        self.setToolTip(action.name)
        self.setAccessibleName(action.name)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.follow_theme()

    def restyle(self) -> None:
        side = theme().px(_SIDE)
        self.setFixedSize(QSize(side, side))

    def paintEvent(self, event: QPaintEvent) -> None:
        look, painter = theme(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        hovered = self.underMouse()
        if self._action.tone:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(look.color(f"{self._action.tone}.fill_hover" if hovered else f"{self._action.tone}.fill"))
        else:
            painter.setPen(look.color("border.control" if hovered else "border.strong"))
            painter.setBrush(look.color("bg.4"))
        painter.drawRoundedRect(box, RADIUS.chip, RADIUS.chip)
        if self._action.letter:
            painter.setPen(look.color("text.on_fill" if self._action.tone else "text.1"))
            painter.setFont(look.font("micro"))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._action.letter)
        else:
            side = look.px(SIZE.icon_small)
            at = QPoint((self.width() - side) // 2, (self.height() - side) // 2)
            painter.drawPixmap(at, icon_pixmap(self._action.icon, side, "text.1", self.devicePixelRatioF()))


class RowActions(QWidget, ThemedMixin):
    """A strip of buttons that a grid moves to the hovered row. `triggered(str)` carries the action's key."""

    triggered = Signal(str)

    def __init__(self, actions: Sequence[RowAction], parent: QWidget) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(2, 0, 2, 0)
        row.setSpacing(2)
        for action in actions:
            button = _MiniButton(action, self)
            button.clicked.connect(lambda _=False, key=action.key: self.triggered.emit(key))
            row.addWidget(button)
        self.hide()
        self.follow_theme()

    def place(self, cell: QRect) -> None:
        """Stand at the right end of a cell."""
        self.adjustSize()
        self.move(cell.right() - self.width(), cell.top() + (cell.height() - self.height()) // 2)
        self.show()
        self.raise_()

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), theme().color("bg.3"))
