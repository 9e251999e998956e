"""The address of the login page, read-only with a lock, and how far the page is loaded."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from terminal_app.ui.icons import icon_pixmap
from terminal_app.ui.kit.buttons import IconButton
from terminal_app.ui.kit.label import Label
from terminal_app.ui.kit.styled import ThemedMixin
from terminal_app.ui.login.addresses import host_of, is_loopback, shown_address
from terminal_app.ui.theme import RADIUS, SIZE, SPACE, theme


class _AddressBox(QWidget, ThemedMixin):
    """Looks like a field, and cannot be typed into."""

    def __init__(self) -> None:
        super().__init__()
        self._icon = ("lock", "text.2")
        self._picture = QLabel()
        self.text = Label("", "body", "text.2", rich=True)
        self.text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACE.panel_pad, 0, SPACE.panel_pad, 0)
        row.setSpacing(SPACE.panel_pad)
        row.addWidget(self._picture)
        row.addWidget(self.text, 1)
        self.follow_theme()

    def show_icon(self, name: str, tone: str) -> None:
        """A lock where the address is encrypted."""
        self._icon = (name, tone)
        self.restyle()

    def restyle(self) -> None:
        self._picture.setPixmap(icon_pixmap(self._icon[0], theme().px(SIZE.icon_small), self._icon[1]))
        self.setFixedHeight(max(theme().px(SIZE.control), self.text.fontMetrics().height() + 8))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(theme().color("border.strong"))
        painter.setBrush(theme().color("bg.input"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS.control, RADIUS.control)


class _ProgressLine(QWidget, ThemedMixin):
    """Two pixels high; empty when the page is there."""

    def __init__(self) -> None:
        super().__init__()
        self._percent = 0
        self.setFixedHeight(2)
        self.follow_theme()

    def show_percent(self, percent: int) -> None:
        """How far; 100 takes the line away."""
        self._percent = percent % 100
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme().color("border.subtle"))
        painter.fillRect(0, 0, self.width() * self._percent // 100, self.height(), theme().color("accent"))


class AddressBar(QWidget):
    """`reload_wanted` comes from the button at its end."""

    reload_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._box, self._line = _AddressBox(), _ProgressLine()
        self.reload = IconButton("refresh-cw", "Load the page again")
        self.reload.clicked.connect(self.reload_wanted)
        row = QHBoxLayout()
        row.setContentsMargins(SPACE.dialog_pad, SPACE.panel_pad, SPACE.dialog_pad, SPACE.panel_pad)
        row.setSpacing(SPACE.panel_pad)
        row.addWidget(self._box, 1)
        row.addWidget(self.reload)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(row)
        column.addWidget(self._line)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    @property
    def text(self) -> str:
        """What it shows, as rich text."""
        return self._box.text.text()

    def show_address(self, address: str) -> None:
        """The host strong; the values of the query are not shown."""
        self._box.text.setText(shown_address(address))
        secure = address.startswith("https:")
        name = (
            "Encrypted"
            if secure
            else "Simulated, on this computer"
            if is_loopback(host_of(address))
            else "Not encrypted"
        )
        self._box.show_icon("lock" if secure else "globe", "text.2")
        self._box.setAccessibleName(f"{name}: {host_of(address)}")
        self._box.setToolTip(f"{name}: {host_of(address)}")

    def show_progress(self, percent: int) -> None:
        """0 to 100."""
        self._line.show_percent(percent)
