"""What the layout file holds of the window itself, and how that comes back onto a screen that exists."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from terminal_app.ui.theme import SIZE


def mapping(layout: dict[str, Any], key: str) -> dict[str, Any]:
    """A part of the layout, empty where it is missing or somebody made it something else."""
    part = layout.get(key)
    return part if isinstance(part, dict) else {}


def save_geometry(window: QWidget) -> dict[str, Any]:
    """Where the window stands when it is neither maximised nor full screen, and whether it is maximised."""
    is_large = window.isMaximized() or window.isFullScreen()
    box = window.normalGeometry() if is_large else window.geometry()
    return {"box": [box.x(), box.y(), box.width(), box.height()], "maximised": window.isMaximized()}


def restore_geometry(window: QWidget, saved: dict[str, Any], size: tuple[int, int] | None) -> None:
    """Give the window its size and place; never off the screens, never larger than the one it stands on.

    ``size`` is what the command line asks for and counts instead of what was saved.
    """
    box = _saved_box(saved) if size is None else None
    if box is None:
        window.resize(QSize(*size) if size is not None else _fitting(QSize(*SIZE.default_window)))
        return
    window.setGeometry(onto_screen(box, [screen.availableGeometry() for screen in QGuiApplication.screens()]))
    if saved.get("maximised") is True:
        window.setWindowState(window.windowState() | Qt.WindowState.WindowMaximized)


def onto_screen(box: QRect, screens: list[QRect]) -> QRect:
    """The box moved, and where need be shrunk, into the screen that shows the most of it, else into the first."""
    if not screens:
        return box
    screen = max(screens, key=lambda area: _size_of(area.intersected(box)))
    size = box.size().boundedTo(screen.size())
    left = min(max(box.left(), screen.left()), screen.right() + 1 - size.width())
    top = min(max(box.top(), screen.top()), screen.bottom() + 1 - size.height())
    return QRect(QPoint(left, top), size)


def _saved_box(saved: dict[str, Any]) -> QRect | None:
    box = saved.get("box")
    if not isinstance(box, list) or [type(number) for number in box] != [int] * 4:
        return None
    return QRect(*box) if box[2] > 0 and box[3] > 0 else None


def _fitting(size: QSize) -> QSize:
    return size.boundedTo(QGuiApplication.primaryScreen().availableSize())


def _size_of(area: QRect) -> int:
    return area.width() * area.height() if area.isValid() else 0
