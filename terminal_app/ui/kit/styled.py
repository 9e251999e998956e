"""Helpers that every painted widget uses: restyling by property and following the theme."""

from __future__ import annotations

from PySide6.QtCore import QObject, QSignalBlocker
from PySide6.QtWidgets import QWidget

from terminal_app.ui.theme import theme


def set_style_property(widget: QWidget, name: str, value: object) -> None:
    """Set a property that the style sheet tests, and have the sheet look again. Does nothing where it is the same."""
    if widget.property(name) == value:
        return
    widget.setProperty(name, value)
    widget.style().unpolish(widget)
    widget.style().polish(widget)
    widget.update()


class ThemedMixin:
    """Calls `restyle()` now and whenever the theme changes. Call `follow_theme()` at the end of `__init__`."""

    def follow_theme(self) -> None:
        """Restyle now and on each change; Qt drops the connection with the widget."""
        theme().changed.connect(self.restyle)
        self.restyle()

    def restyle(self) -> None:
        """Take colours, fonts and sizes from the theme again."""
        assert isinstance(self, QWidget)
        self.update()


def quietly(target: QObject) -> QSignalBlocker:
    """A context in which the object emits nothing."""
    return QSignalBlocker(target)
