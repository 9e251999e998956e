"""What has passed, told for four seconds at the bottom right; at most three at a time."""

from __future__ import annotations

from msgspec import Struct
from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QRectF, QTimer, Signal
from PySide6.QtGui import QEnterEvent, QMouseEvent, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from terminal_app.ui.icons import icon_pixmap
from terminal_app.ui.kit.label import Label
from terminal_app.ui.kit.styled import ThemedMixin
from terminal_app.ui.theme import RADIUS, SIZE, SPACE, theme

MAX_TOASTS = 3


class ToastText(Struct, frozen=True):
    """What a toast says; `tone` is the colour of its left edge and, where it is a warning, of its icon."""

    title: str
    detail: str = ""
    time: str = ""
    tone: str = "accent"
    icon: str = "check"


class Toast(QWidget, ThemedMixin):
    """One message. It stays while the pointer is on it; a click sends it away."""

    gone = Signal()

    def __init__(self, text: ToastText, parent: QWidget) -> None:
        super().__init__(parent)
        self._text = text
        self._picture = QLabel()
        words = QVBoxLayout()
        words.setSpacing(1)
        title = Label(text.title, "strong")
        title.setWordWrap(True)
        words.addWidget(title)
        if text.detail:
            detail = Label(text.detail, "body", "text.2")
            detail.setWordWrap(True)
            words.addWidget(detail)
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACE.group + 3, 10, SPACE.group, 10)
        row.setSpacing(SPACE.panel_pad + 2)
        row.addWidget(self._picture)
        row.addLayout(words, 1)
        if text.time:
            row.addWidget(Label(text.time, "small", "text.3"))
        self._timer = QTimer(self, singleShot=True, interval=theme().motion_ms("toast_stay"))
        self._timer.timeout.connect(self.gone)
        self.setAccessibleName(f"{text.title} {text.detail}".strip())
        self.setFixedWidth(theme().px(SIZE.toast_width))
        self._timer.start()
        self.follow_theme()

    @property
    def text(self) -> ToastText:
        """What it says."""
        return self._text

    def height_needed(self) -> int:
        """Pixels that its wrapped words take at its width. Qt's own size hint is that of a wider toast with fewer lines."""
        row = self.layout()
        assert row is not None
        row.activate()
        return row.heightForWidth(self.width())

    def restyle(self) -> None:
        tone = self._text.tone if self._text.tone in {"warn", "error"} else "text.1"
        self._picture.setPixmap(icon_pixmap(self._text.icon, theme().px(SIZE.icon), tone))
        self.update()

    def enterEvent(self, event: QEnterEvent) -> None:
        self._timer.stop()

    def leaveEvent(self, event: QEvent) -> None:
        self._timer.start()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.gone.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        look, painter = theme(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        shape = QPainterPath()
        shape.addRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS.card, RADIUS.card)
        painter.fillPath(shape, look.color("bg.4"))
        painter.setPen(look.color("border.strong"))
        painter.drawPath(shape)
        painter.setClipPath(shape)
        painter.fillRect(0, 0, 3, self.height(), look.color(self._text.tone))


class ToastStack(QObject):
    """Places toasts over a window, newest at the bottom, clear of the widgets that must stay free to press."""

    def __init__(self, window: QWidget, bottom_margin: int = SIZE.status_bar) -> None:
        super().__init__(window)
        self._window, self._bottom = window, bottom_margin
        self._toasts: list[Toast] = []
        self._keep_clear: list[QWidget] = []
        window.installEventFilter(self)

    @property
    def toasts(self) -> tuple[Toast, ...]:
        """The toasts on screen, oldest first."""
        return tuple(self._toasts)

    def keep_clear_of(self, *widgets: QWidget) -> None:
        """Never cover these: the ticket's Place, KILL."""
        self._keep_clear.extend(widgets)

    def show_toast(self, text: ToastText) -> Toast:
        """Tell it; the oldest goes when there are more than three."""
        toast = Toast(text, self._window)
        toast.gone.connect(lambda: self._drop(toast))
        self._toasts.append(toast)
        while len(self._toasts) > MAX_TOASTS:
            self._drop(self._toasts[0])
        self._arrange()
        toast.show()
        return toast

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._arrange()
        return False

    def _drop(self, toast: Toast) -> None:
        if toast in self._toasts:
            self._toasts.remove(toast)
            toast.hide()
            toast.deleteLater()
            self._arrange()

    def _arrange(self) -> None:
        bottom = self._window.height() - self._bottom - SPACE.group
        for toast in reversed(self._toasts):
            box = QRect(0, 0, toast.width(), toast.height_needed())
            box.moveBottomRight(QPoint(self._window.width() - SPACE.group, bottom))
            for taken in self._taken():
                if box.intersects(taken):
                    box.moveRight(taken.left() - SPACE.panel_pad)
            toast.setGeometry(box)
            toast.raise_()
            bottom = box.top() - SPACE.panel_pad

    def _taken(self) -> list[QRect]:
        return [
            QRect(widget.mapTo(self._window, QPoint(0, 0)), widget.size())
            for widget in self._keep_clear
            if widget.isVisible() and widget.window() is self._window
        ]
