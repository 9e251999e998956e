"""One dock: panels behind tabs, with the chosen panel's tools at the right end of the tab row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtWidgets import QDockWidget, QMenu, QStackedWidget, QWidget

from terminal_app.ui.kit.panel_header import PanelHeader
from terminal_app.ui.kit.section_tabs import SectionTabs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from terminal_app.services.terminal import Terminal
    from terminal_app.ui.desk import Desk


_PLACES = {
    "left": "Move to the left",
    "right": "Move to the right",
    "depth": "Move below the ticket",
    "bottom": "Move to the bottom",
}


class Panel(Protocol):
    """What the window asks of a panel, besides being a widget."""

    NAME: str
    TITLE: str

    def attach(self, terminal: Terminal, desk: Desk) -> None:
        """The services are there."""
        ...

    def header_actions(self) -> QWidget | None:
        """Tools for the right end of the header."""
        ...

    def header_left(self) -> QWidget | None:
        """What stands in the header instead of the panel's title while the panel is alone in its dock."""
        ...

    def save_state(self) -> dict[str, Any]:
        """What is remembered of it."""
        ...

    def restore_state(self, state: dict[str, Any]) -> None:
        """Take back what was remembered."""
        ...

    def focus_main(self) -> None:
        """Put the focus where a key of this panel wants it."""
        ...


class PanelGroup(QDockWidget):
    """Panels that share a place. `move_wanted(panel name, place)` comes from the tab's menu."""

    move_wanted = Signal(str, str)
    chosen = Signal(str)

    def __init__(self, name: str, parent: QWidget) -> None:
        super().__init__(name, parent)
        self.setObjectName(f"group_{name}")
        self.name = name
        self._panels: dict[str, QWidget] = {}
        self._titles: dict[str, str] = {}
        self._tools: dict[str, QWidget] = {}
        self._lefts: dict[str, QWidget] = {}
        self._tabs = SectionTabs(f"Panels, {name}")
        self._tabs.chosen.connect(self._show)
        self._header = PanelHeader(tabs=self._tabs)
        self._header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self._header.customContextMenuRequested.connect(self._open_menu)
        self.setFeatures(
            QDockWidget.DockWidgetFeature.DockWidgetMovable | QDockWidget.DockWidgetFeature.DockWidgetFloatable
        )
        self.setTitleBarWidget(self._header)
        self._stack = _Stack()
        self.setWidget(self._stack)

    @property
    def names(self) -> tuple[str, ...]:
        """The panels in the order of their tabs."""
        return tuple(str(self._tabs.tabData(index)) for index in range(self._tabs.count()))

    @property
    def current(self) -> str:
        """The panel in front."""
        return self._tabs.key()

    def add(self, panel: QWidget, name: str, title: str, tools: QWidget | None, left: QWidget | None) -> None:
        """Take a panel in, behind the others."""
        self._panels[name] = panel
        self._stack.addWidget(panel)
        if left is not None:
            self._lefts[name] = left
            self._header.add_left(left)
            left.hide()
        if tools is not None:
            self._tools[name] = tools
            self._header.add_tool(tools)
            tools.hide()
        self._titles[name] = title
        self._tabs.add(name, title)
        self._show(self._tabs.key())
        self.show()

    def take(self, name: str) -> tuple[QWidget, QWidget | None, QWidget | None]:
        """Hand a panel with its tools out; an empty group hides. Raises KeyError."""
        panel, tools, left = self._panels.pop(name), self._tools.pop(name, None), self._lefts.pop(name, None)
        self._stack.removeWidget(panel)
        for widget in (tools, left):
            if widget is not None:
                widget.hide()
        self._tabs.remove(name)
        if self._panels:
            self._show(self._tabs.key())
        else:
            self.hide()
        return panel, tools, left

    def show_panel(self, name: str) -> None:
        """Bring a panel to the front. Raises KeyError."""
        self.show()
        self._tabs.set_chosen(name)
        self._show(name)
        self.raise_()

    def arrange(self, order: Sequence[str]) -> None:
        """Put the tabs into this order; a panel that is not named stays behind the others."""
        wanted = [name for name in order if name in self._panels]
        for place, name in enumerate(dict.fromkeys(wanted)):
            self._tabs.moveTab(self.names.index(name), place)

    def set_count(self, name: str, count: int, *, warn: bool) -> None:
        """How many stand behind a tab."""
        self._tabs.set_count(name, count, warn=warn)

    def _show(self, name: str) -> None:
        if name not in self._panels:
            return
        self._stack.setCurrentWidget(self._panels[name])
        alone = self._lefts.get(name) if len(self._panels) == 1 else None
        self._tabs.setVisible(alone is None)
        for other, left in self._lefts.items():
            left.setVisible(left is alone and other == name)
        for other, tools in self._tools.items():
            tools.setVisible(other == name)
        self.setWindowTitle(self._titles[name])
        self.chosen.emit(name)

    def _open_menu(self, at: QPoint) -> None:
        """The menu of the tab under the pointer; beside the tabs, and from the keyboard, of the panel in front."""
        index = self._tabs.tabAt(self._tabs.mapFrom(self._header, at)) if self._tabs.isVisible() else -1
        name = str(self._tabs.tabData(index)) if index >= 0 else self.current
        if name in self._panels:
            self.menu_for(name).popup(self._header.mapToGlobal(at))

    def menu_for(self, name: str) -> QMenu:
        """Where the panel may go; it deletes itself when it closes."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for place, text in _PLACES.items():
            if place != self.name:
                menu.addAction(text).triggered.connect(lambda _=False, to=place: self.move_wanted.emit(name, to))
        menu.addSeparator()
        words = "Dock again" if self.isFloating() else "Float"
        menu.addAction(words).triggered.connect(lambda: self.setFloating(not self.isFloating()))
        return menu


class _Stack(QStackedWidget):
    """Asks only for the room of the panel in front, so that a wide panel behind a tab does not widen the dock."""

    def minimumSizeHint(self) -> QSize:
        front = self.currentWidget()
        return front.minimumSizeHint() if front is not None else QSize(0, 0)

    def sizeHint(self) -> QSize:
        front = self.currentWidget()
        return front.sizeHint() if front is not None else QSize(0, 0)
