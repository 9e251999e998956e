"""How the window's own geometry becomes a line in the layout file, and comes back onto a screen that exists."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QRect
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from terminal_app.ui.theme import SIZE


def save_geometry(window: QWidget) -> dict[str, Any]:
    """Where the window stands when it is not maximised, and whether it is."""
    box = window.normalGeometry() if window.isMaximized() else window.geometry()
    return {"box": [box.x(), box.y(), box.width(), box.height()], "maximised": window.isMaximized()}


def restore_geometry(window: QWidget, saved: dict[str, Any], size: tuple[int, int] | None) -> None:
    """Give the window its size and place; never off the screen, never smaller than it can be used."""
    width, height = size or SIZE.default_window
    box = saved.get("box") if size is None else None
    if isinstance(box, list) and len(box) == 4 and all(isinstance(number, int) for number in box):
        wanted = QRect(*box)
        screen = QGuiApplication.screenAt(wanted.center())
        if screen is not None:
            window.setGeometry(wanted.intersected(screen.availableGeometry()))
            return
        width, height = wanted.width(), wanted.height()
    window.resize(width, height)
