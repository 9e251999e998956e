"""One quarter-second beat for everything that turns or counts down, running only while something visible needs it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QTimer, Signal
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import isValid

from terminal_app.ui.theme import MOTION_MS


class Ticker(QObject):
    """Repaints its widgets every 250 ms. A widget that is hidden or destroyed no longer counts."""

    ticked = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._timer = QTimer(self, interval=MOTION_MS.ring_tick)
        self._timer.timeout.connect(self._on_beat)
        self._widgets: list[QWidget] = []

    @property
    def is_running(self) -> bool:
        """Whether any visible widget needs the beat."""
        return self._timer.isActive()

    def add(self, widget: QWidget) -> None:
        """Repaint the widget on each beat while it is visible."""
        if widget in self._widgets:
            return
        self._widgets.append(widget)
        widget.installEventFilter(self)
        widget.destroyed.connect(self._settle)
        self._settle()

    def remove(self, widget: QWidget) -> None:
        """No more beats for this widget."""
        if widget in self._widgets:
            self._widgets.remove(widget)
            widget.removeEventFilter(self)
            widget.destroyed.disconnect(self._settle)
            self._settle()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Show, QEvent.Type.Hide):
            QTimer.singleShot(0, self, self._settle)  # isVisible() only tells the truth after the event
        return False

    def _settle(self) -> None:
        self._widgets = [widget for widget in self._widgets if isValid(widget)]
        if any(widget.isVisible() for widget in self._widgets):
            if not self._timer.isActive():
                self._timer.start()
        else:
            self._timer.stop()

    def _on_beat(self) -> None:
        for widget in self._widgets:
            if isValid(widget) and widget.isVisible():
                widget.update()
        self.ticked.emit()


_shared: Ticker | None = None


def ticker() -> Ticker:
    """The beat that all lamps and rings share; it lives and dies with the application."""
    global _shared  # noqa: PLW0603 - one timer for all is the point
    if _shared is None:
        _shared = Ticker()
        app = QApplication.instance()
        if app is not None:
            app.aboutToQuit.connect(_stop)
    return _shared


def _stop() -> None:
    global _shared  # noqa: PLW0603
    _shared = None
