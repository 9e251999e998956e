"""A panel behind a tab that is imported and built only after the first paint."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

if TYPE_CHECKING:
    from terminal_app.services.terminal import Terminal
    from terminal_app.ui.desk import Desk
    from terminal_app.ui.shell.panel_group import Panel


class LaterPanel(QWidget):
    """Stands in the docks for the panel that ``make`` builds, with its title and what is remembered of it."""

    def __init__(self, name: str, title: str, make: Callable[[], Panel]) -> None:
        super().__init__()
        self.NAME, self.TITLE = name, title
        self._make = make
        self._panel: Panel | None = None
        self._remembered: dict[str, Any] = {}
        self._tools = QWidget()

    def build(self) -> Panel:
        """The panel itself, made on the first call."""
        if self._panel is None:
            panel = self._panel = self._make()
            assert isinstance(panel, QWidget)
            _fill(QVBoxLayout(self), panel)
            tools = panel.header_actions()
            if tools is not None:
                _fill(QHBoxLayout(self._tools), tools)
            if self._remembered:
                panel.restore_state(self._remembered)
        return self._panel

    def attach(self, terminal: Terminal, desk: Desk) -> None:
        """The services are there."""
        self.build().attach(terminal, desk)

    def header_actions(self) -> QWidget:
        """The room of the panel's tools."""
        return self._tools

    def header_left(self) -> QWidget | None:
        """The title stands there."""
        return None

    def save_state(self) -> dict[str, Any]:
        """What the panel remembers, or what it is yet to be given."""
        return self._remembered if self._panel is None else self._panel.save_state()

    def restore_state(self, state: dict[str, Any]) -> None:
        """Given to the panel as soon as it is built."""
        self._remembered = state
        if self._panel is not None:
            self._panel.restore_state(state)

    def focus_main(self) -> None:
        """Put the focus where the panel wants it."""
        self.build().focus_main()


def _fill(box: QVBoxLayout | QHBoxLayout, content: QWidget) -> None:
    box.setContentsMargins(0, 0, 0, 0)
    box.addWidget(content)
    content.show()
