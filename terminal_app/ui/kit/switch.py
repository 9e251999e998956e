"""An on-off switch that also shows the way between: off, busy, on; teal for live, violet for paper."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QWidget

from terminal_app.ui.kit.styled import ThemedMixin
from terminal_app.ui.theme import SIZE, theme

_WIDTH, _HEIGHT = 34, 18


class Switch(QAbstractButton, ThemedMixin):
    """Checkable; `busy` puts the knob in the middle in amber until the outcome is known."""

    def __init__(self, name: str, *, kind: str = "live", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._kind, self._busy = kind, False
        self.setCheckable(True)
        self.setAccessibleName(name)
        self.follow_theme()

    @property
    def is_busy(self) -> bool:
        """Whether it is under way."""
        return self._busy

    def set_busy(self, busy: bool) -> None:
        """Show that the change is under way."""
        self._busy = busy
        self.setAccessibleDescription("under way" if busy else "")
        self.update()

    def set_kind(self, kind: str) -> None:
        """`live`, `paper` or `accent`: the colour when on."""
        self._kind = kind
        self.update()

    def restyle(self) -> None:
        self.setFixedSize(self.sizeHint())
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(theme().px(_WIDTH) + 4, theme().px(_HEIGHT) + 4)

    def paintEvent(self, event: QPaintEvent) -> None:
        look, painter = theme(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(2.5, 2.5, -2.5, -2.5)
        radius = box.height() / 2
        on = self.isChecked() and not self._busy
        painter.setPen(QPen(look.color("warn" if self._busy else self._kind if on else "border.control")))
        painter.setBrush(look.color(f"{self._kind}.fill" if on else "bg.input"))
        painter.drawRoundedRect(box, radius, radius)
        at = box.center().x() if self._busy else box.right() - radius if on else box.left() + radius
        painter.setPen(look.color("bg.input" if not on else f"{self._kind}.fill"))
        on_tone = "accent.on_fill" if self._kind == "accent" else "text.on_fill"
        knob = "warn" if self._busy else on_tone if on else "text.3"
        painter.setBrush(look.color(knob if self.isEnabled() else "text.disabled"))
        painter.drawEllipse(QPointF(at, box.center().y()), radius - 2, radius - 2)
        if self.hasFocus():
            painter.setPen(QPen(look.color("accent"), SIZE.focus_ring))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), radius + 1, radius + 1)
