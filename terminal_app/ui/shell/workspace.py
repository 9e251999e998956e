"""The docks: where panels stand, and what of it is remembered."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QByteArray, Qt, Signal
from PySide6.QtWidgets import QMainWindow, QWidget

from terminal_app.ui.shell.panel_group import PanelGroup
from terminal_app.ui.theme import theme

if TYPE_CHECKING:
    from terminal_app.ui.shell.panel_group import Panel

STATE_VERSION = 1
COMPACT_WIDTH = 1300
_AREAS = {
    "left": Qt.DockWidgetArea.LeftDockWidgetArea,
    "right": Qt.DockWidgetArea.RightDockWidgetArea,
    "depth": Qt.DockWidgetArea.RightDockWidgetArea,
    "bottom": Qt.DockWidgetArea.BottomDockWidgetArea,
}
_HOMES = {"watchlist": "left", "ticket": "right", "depth": "depth"}
"""Where a panel stands by default; all others stand at the bottom."""
_EXTENTS = {False: (304, 320, 252), True: (254, 304, 196)}
"""Widths of the left and right column and height of the bottom, wide and compact, in pixels at zoom 100 %."""


class Workspace(QMainWindow):
    """The chart in the middle, the other panels in groups around it; groups dock and float, panels move between groups."""

    panel_shown = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Widget)
        self.setDockOptions(QMainWindow.DockOption.AllowNestedDocks)
        self.setCorner(Qt.Corner.BottomLeftCorner, Qt.DockWidgetArea.BottomDockWidgetArea)
        self.setCorner(Qt.Corner.BottomRightCorner, Qt.DockWidgetArea.BottomDockWidgetArea)
        self._compact = False
        self._moved: dict[str, str] = {}
        self._panels: dict[str, Panel] = {}
        self._groups: dict[str, PanelGroup] = {}
        for name, area in _AREAS.items():
            group = PanelGroup(name, self)
            group.move_wanted.connect(self._move_by_hand)
            group.chosen.connect(self.panel_shown)
            self.addDockWidget(area, group)
            group.hide()
            self._groups[name] = group
        self.splitDockWidget(self._groups["right"], self._groups["depth"], Qt.Orientation.Vertical)

    def add(self, panel: Panel) -> None:
        """Take a panel into its place."""
        assert isinstance(panel, QWidget)
        self._panels[panel.NAME] = panel
        group = self._groups[self._home(panel.NAME)]
        group.add(panel, panel.NAME, panel.TITLE, panel.header_actions(), panel.header_left())

    def show_panel(self, name: str) -> None:
        """Bring a panel to the front and focus it."""
        group = self._group_of(name)
        if group is not None:
            group.show_panel(name)
            self._panels[name].focus_main()

    def set_count(self, name: str, count: int, *, warn: bool) -> None:
        """How many stand behind a panel's tab."""
        group = self._group_of(name)
        if group is not None:
            group.set_count(name, count, warn=warn)

    def fit(self, width: int) -> None:
        """Follow the window's width: on a small one the depth goes behind the ticket, unless the user moved it."""
        compact = width < COMPACT_WIDTH
        if compact == self._compact:
            return
        self._compact = compact
        if "depth" in self._panels and "depth" not in self._moved:
            self._move("depth", self._home("depth"))
        self.apply_extents()

    def apply_extents(self) -> None:
        """Give the columns and the bottom their default extents."""
        look, (left, right, bottom) = theme(), _EXTENTS[self._compact]
        docks = [self._groups["left"], self._groups["right"]]
        self.resizeDocks(docks, [look.px(left), look.px(right)], Qt.Orientation.Horizontal)
        self.resizeDocks([self._groups["bottom"]], [look.px(bottom)], Qt.Orientation.Vertical)
        if not self._compact:
            ticket, depth = self._groups["right"], self._groups["depth"]
            self.resizeDocks([ticket, depth], [look.px(390), look.px(160)], Qt.Orientation.Vertical)

    def enlarge_bottom(self, large: bool) -> None:
        """Give the whole window to the bottom group, or give the room back."""
        for name in ("left", "right", "depth"):
            group = self._groups[name]
            group.setVisible(not large and bool(group.names))
        middle = self.centralWidget()
        if middle is not None:
            middle.setVisible(not large)
        if not large:
            self.apply_extents()

    def reset(self) -> None:
        """Every panel back where it stands by default."""
        self._moved = {}
        for name in self._panels:
            self._move(name, self._home(name))
        for group in self._groups.values():
            group.setFloating(False)
        self.apply_extents()

    def save_state(self) -> dict[str, Any]:
        """Docks, panels that were moved, panels in front, and what the panels remember."""
        return {
            "docks": base64.b64encode(bytes(self.saveState(STATE_VERSION).data())).decode(),
            "moved": self._moved,
            "front": {name: group.current for name, group in self._groups.items() if group.names},
            "panels": {name: panel.save_state() for name, panel in self._panels.items()},
        }

    def restore_state(self, state: dict[str, Any]) -> None:
        """Take back what was remembered; what no longer fits is left at its default."""
        for name, place in dict(state.get("moved", {})).items():
            if name in self._panels and place in self._groups:
                self._moved[name] = place
                self._move(name, place)
        for name, panel_state in dict(state.get("panels", {})).items():
            if name in self._panels:
                self._panels[name].restore_state(panel_state)
        for place, name in dict(state.get("front", {})).items():
            if place in self._groups and name in self._groups[place].names:
                self._groups[place].show_panel(name)
        docks = state.get("docks")
        if not docks or not self.restoreState(QByteArray(base64.b64decode(docks)), STATE_VERSION):
            self.apply_extents()

    def _home(self, name: str) -> str:
        if name in self._moved:
            return self._moved[name]
        if name == "depth" and self._compact:
            return "right"
        return _HOMES.get(name, "bottom")

    def _group_of(self, name: str) -> PanelGroup | None:
        return next((group for group in self._groups.values() if name in group.names), None)

    def _move_by_hand(self, name: str, place: str) -> None:
        self._moved[name] = place
        self._move(name, place)

    def _move(self, name: str, place: str) -> None:
        group = self._group_of(name)
        if group is None or group.name == place:
            return
        widget, tools, left = group.take(name)
        self._groups[place].add(widget, name, self._panels[name].TITLE, tools, left)
