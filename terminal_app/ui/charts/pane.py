"""The frame under every chart: a plotting area's ranges, and pyqtgraph's graphics view with plain event callbacks."""

from __future__ import annotations

from typing import Protocol

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QGraphicsItem, QGraphicsScene, QWidget

from terminal_app.ui.charts.primitives import Floats, Ints
from terminal_app.ui.theme import theme

_WHEEL_STEP = 120.0
_RING_PX = 2
_KEYBOARD_REASONS = (
    Qt.FocusReason.TabFocusReason,
    Qt.FocusReason.BacktabFocusReason,
    Qt.FocusReason.ShortcutFocusReason,
)


class Pane:
    """A plotting area: the ranges it shows, and the mapping of values to scene pixels.

    Not pyqtgraph's ViewBox: that overrides ``itemChange``, which PySide calls with a child under construction, and
    charts that come and go then crash the interpreter now and again.
    """

    def __init__(self) -> None:
        self.area = QRectF(0, 0, 1, 1)
        self.x0, self.x1, self.y0, self.y1 = 0.0, 1.0, 0.0, 1.0

    def place(self, area: QRectF) -> None:
        """Take the scene rectangle ``area``."""
        self.area = area

    def set_range(self, x: tuple[float, float], y: tuple[float, float]) -> None:
        """Show [x0, x1] by [y0, y1]; equal ends are moved apart."""
        self.x0, self.x1 = x if x[1] > x[0] else (x[0] - 0.5, x[0] + 0.5)
        self.y0, self.y1 = y if y[1] > y[0] else (y[0] - 0.5, y[0] + 0.5)

    def x_px(self, values: Floats | Ints) -> Floats:
        """Scene x of values."""
        scaled: Floats = (values - self.x0) * (self.area.width() / (self.x1 - self.x0)) + self.area.left()
        return scaled

    def y_px(self, values: Floats) -> Floats:
        """Scene y of values."""
        scaled: Floats = (self.y1 - values) * (self.area.height() / (self.y1 - self.y0)) + self.area.top()
        return scaled

    def x_at(self, value: float) -> float:
        """Scene x of one value."""
        return (value - self.x0) * (self.area.width() / (self.x1 - self.x0)) + self.area.left()

    def y_at(self, value: float) -> float:
        """Scene y of one value."""
        return (self.y1 - value) * (self.area.height() / (self.y1 - self.y0)) + self.area.top()

    def x_value(self, px: float) -> float:
        """The x value at a scene position."""
        return self.x0 + (px - self.area.left()) * (self.x1 - self.x0) / self.area.width()

    def y_value(self, px: float) -> float:
        """The y value at a scene position."""
        return self.y1 - (px - self.area.top()) * (self.y1 - self.y0) / self.area.height()


class Handler(Protocol):
    """What a chart does with the view's events; positions are widget pixels, which are scene coordinates."""

    def on_resized(self, width: float, height: float) -> None: ...
    def on_pressed(self, at: QPointF, button: Qt.MouseButton) -> None: ...
    def on_moved(self, at: QPointF, buttons: Qt.MouseButton) -> None: ...
    def on_released(self, at: QPointF, button: Qt.MouseButton) -> None: ...
    def on_wheel(self, at: QPointF, steps_x: float, steps_y: float) -> None: ...
    def on_left(self) -> None: ...
    def on_focus_lost(self) -> None: ...
    def on_key(self, key: int, modifiers: Qt.KeyboardModifier) -> bool: ...
    def on_menu_key(self) -> None: ...


class ChartView(pg.GraphicsView):  # type: ignore[misc]  # pyqtgraph is untyped
    """A scene in widget pixels whose events go straight to one handler, past the scene's own hover and drag search."""

    # Qt calls overrides before __init__ is through and while the object is torn down, without instance attributes.
    _handler: Handler | None = None
    _has_ring = False

    def __init__(self, handler: Handler, parent: QWidget | None = None) -> None:
        super().__init__(parent, background=None)
        self.setCacheMode(pg.GraphicsView.CacheModeFlag.CacheNone)
        self.setOptimizationFlag(pg.GraphicsView.OptimizationFlag.DontAdjustForAntialiasing, True)
        self.scene().setItemIndexMethod(QGraphicsScene.ItemIndexMethod.NoIndex)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.DefaultContextMenu)
        self._handler = handler

    def add(self, item: QGraphicsItem, z: float) -> None:
        """Put an item into the scene at height ``z``."""
        item.setZValue(z)
        self.scene().addItem(item)

    def drawBackground(self, painter: QPainter, rect: QRectF) -> None:
        painter.fillRect(rect, theme().color("chart.background"))

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        if self._handler is not None:
            self._handler.on_resized(float(self.width()), float(self.height()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self._handler is not None:
            self._handler.on_pressed(event.position(), event.button())
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._handler is not None:
            self._handler.on_moved(event.position(), event.buttons())
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._handler is not None:
            self._handler.on_released(event.position(), event.button())
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self._handler is not None:
            self._handler.on_pressed(event.position(), event.button())
        event.accept()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self._handler is not None:
            delta = event.angleDelta()
            self._handler.on_wheel(event.position(), delta.x() / _WHEEL_STEP, delta.y() / _WHEEL_STEP)
        event.accept()

    def leaveEvent(self, event: QEvent) -> None:
        if self._handler is not None:
            self._handler.on_left()

    def drawForeground(self, painter: QPainter, rect: QRectF) -> None:
        if self._has_ring:
            painter.setPen(QPen(theme().color("accent"), _RING_PX))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(self.viewport().rect()).adjusted(1, 1, -1, -1))

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._show_ring(event.reason() in _KEYBOARD_REASONS)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._show_ring(False)
        if self._handler is not None:
            self._handler.on_focus_lost()

    def _show_ring(self, shown: bool) -> None:
        if shown != self._has_ring:
            self._has_ring = shown
            self.viewport().update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        taken = self._handler is not None and self._handler.on_key(event.key(), event.modifiers())
        event.setAccepted(taken)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        # The mouse's right click has come as a press and a release already.
        if event.reason() == QContextMenuEvent.Reason.Keyboard and self._handler is not None:
            self._handler.on_menu_key()
        event.accept()
