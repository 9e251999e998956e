"""The docks: where panels stand, and what of it is remembered."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QByteArray, Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QMainWindow, QWidget

from terminal_app.ui.shell.layout_file import mapping
from terminal_app.ui.shell.panel_group import PanelGroup
from terminal_app.ui.theme import theme

if TYPE_CHECKING:
    from collections.abc import Sequence

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

_COLUMN = (376, 160)
"""Heights of the ticket and of the depth below it."""


class Workspace(QMainWindow):
    """The chart in the middle, the other panels in groups around it; groups dock and float, panels move between groups."""

    panel_shown = Signal(str)
    enlarged_changed = Signal(str)
    """What has the whole room now: "bottom", "chart", or "" where each has its own."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Widget)
        self.setDockOptions(QMainWindow.DockOption.AllowNestedDocks)
        self.setCorner(Qt.Corner.BottomLeftCorner, Qt.DockWidgetArea.BottomDockWidgetArea)
        self.setCorner(Qt.Corner.BottomRightCorner, Qt.DockWidgetArea.BottomDockWidgetArea)
        self._compact = False
        self._width = 0
        self._zoom = theme().zoom
        self._extents_are_due = False
        self._enlarged = ""
        self._before_enlarging = QByteArray()
        self._moved: dict[str, str] = {}
        self._counts: dict[str, tuple[int, bool]] = {}
        self._panels: dict[str, Panel] = {}
        self._groups: dict[str, PanelGroup] = {}
        for name, area in _AREAS.items():
            group = PanelGroup(name, self)
            group.move_wanted.connect(self.move_panel)
            group.chosen.connect(self.panel_shown)
            self.addDockWidget(area, group)
            group.hide()
            self._groups[name] = group
        self.splitDockWidget(self._groups["right"], self._groups["depth"], Qt.Orientation.Vertical)
        theme().changed.connect(self._follow_zoom)

    @property
    def is_compact(self) -> bool:
        """Whether the window is too narrow for the depth below the ticket."""
        return self._compact

    @property
    def enlarged(self) -> str:
        """What has the whole room: "bottom", "chart", or "" where each has its own."""
        return self._enlarged

    def group(self, place: str) -> PanelGroup:
        """One of the docks. Raises KeyError."""
        return self._groups[place]

    def place_of(self, name: str) -> str:
        """The dock that holds a panel. Raises KeyError."""
        group = self._group_of(name)
        if group is None:
            raise KeyError(name)
        return group.name

    def add(self, panel: Panel) -> None:
        """Take a panel into its place."""
        assert isinstance(panel, QWidget)
        self._panels[panel.NAME] = panel
        group = self._groups[self._home(panel.NAME)]
        group.add(panel, panel.NAME, panel.TITLE, panel.header_actions(), panel.header_left())

    def show_panel(self, name: str) -> None:
        """Bring a panel to the front and focus it."""
        group = self._group_of(name)
        if group is None:
            return
        if group.name != self._enlarged:
            self.enlarge("")
        group.show_panel(name)
        self._panels[name].focus_main()

    def focus_panel(self, name: str) -> None:
        """Focus a panel where it stands in front, and change nothing else."""
        group = self._group_of(name)
        if group is not None and group.current == name:
            self._panels[name].focus_main()

    def set_count(self, name: str, count: int, *, warn: bool) -> None:
        """How many stand behind a panel's tab."""
        self._counts[name] = (count, warn)
        group = self._group_of(name)
        if group is not None:
            group.set_count(name, count, warn=warn)

    def fit(self, width: int) -> None:
        """Follow the window's width: on a small one the depth goes behind the ticket, unless the user moved it."""
        self._width = width
        compact = width < theme().px(COMPACT_WIDTH)
        if compact == self._compact:
            return
        self.enlarge("")
        self._compact = compact
        if "depth" in self._panels and "depth" not in self._moved:
            front = self._groups["right"].current
            self._move("depth", self._home("depth"))
            if front in self._groups["right"].names:
                self._groups["right"].show_panel(front)
        self.apply_extents()

    def showEvent(self, event: QShowEvent) -> None:
        """Extents that were given before there was a real size are given again."""
        super().showEvent(event)
        if self._extents_are_due:
            self.apply_extents()

    def apply_extents(self) -> None:
        """Give the columns and the bottom their default extents."""
        self._extents_are_due = not self.isVisible()
        look, (left, right, bottom) = theme(), _EXTENTS[self._compact]
        docks = [self._groups["left"], self._groups["right"]]
        self.resizeDocks(docks, [look.px(left), look.px(right)], Qt.Orientation.Horizontal)
        if not self._compact:
            column = [self._groups["right"], self._groups["depth"]]
            self.resizeDocks(column, [look.px(extent) for extent in _COLUMN], Qt.Orientation.Vertical)
        # Last, because the column above would push it.
        self.resizeDocks([self._groups["bottom"]], [look.px(bottom)], Qt.Orientation.Vertical)

    def enlarge(self, what: str) -> None:
        """Give the whole room to the "bottom" group or the "chart"; "" gives it back as it was."""
        if what == self._enlarged:
            return
        if self._enlarged:
            self._show_middle(True)
            self.restoreState(self._before_enlarging, STATE_VERSION)
        self._enlarged = what
        if what:
            self._before_enlarging = self.saveState(STATE_VERSION)
            self._show_middle(what == "chart")
            for name, group in self._groups.items():
                if not group.isFloating():
                    group.setVisible(name == what)
        self.enlarged_changed.emit(what)

    def move_panel(self, name: str, place: str) -> None:
        """The user moves a panel into another dock; it stays there until the layout is reset."""
        self.enlarge("")
        self._moved[name] = place
        self._move(name, place)
        self._groups[place].show_panel(name)

    def reset(self) -> None:
        """Every panel back where it stands by default."""
        self.enlarge("")
        self._moved = {}
        for name in self._panels:
            self._move(name, self._home(name))
        for place, group in self._groups.items():
            group.arrange([name for name in self._panels if name in group.names])
            group.setFloating(False)
            self.addDockWidget(_AREAS[place], group)
            group.setVisible(bool(group.names))
            if group.names:
                group.show_panel(group.names[0])
        self.splitDockWidget(self._groups["right"], self._groups["depth"], Qt.Orientation.Vertical)
        self.apply_extents()

    def save_state(self) -> dict[str, Any]:
        """Docks, panels that were moved, the order of the tabs, panels in front, and what the panels remember."""
        docks = self._before_enlarging if self._enlarged else self.saveState(STATE_VERSION)
        return {
            "docks": base64.b64encode(bytes(docks.data())).decode(),
            "compact": self._compact,
            "moved": dict(self._moved),
            "tabs": {place: list(group.names) for place, group in self._groups.items() if group.names},
            "front": {place: group.current for place, group in self._groups.items() if group.names},
            "panels": {name: panel.save_state() for name, panel in self._panels.items()},
        }

    def restore_state(self, state: dict[str, Any]) -> None:
        """Take back what was remembered; what no longer fits is left at its default."""
        for name, place in mapping(state, "moved").items():
            if name in self._panels and place in self._groups:
                self._moved[name] = place
                self._move(name, place)
        for place, names in mapping(state, "tabs").items():
            if place in self._groups and isinstance(names, list):
                self._groups[place].arrange(names)
        for name, panel_state in mapping(state, "panels").items():
            if name in self._panels and isinstance(panel_state, dict):
                self._panels[name].restore_state(panel_state)
        for place, group in self._groups.items():
            front = mapping(state, "front").get(place)
            if group.names:
                group.show_panel(front if front in group.names else group.names[0])
        # Extents of a small window mean nothing in a large one, and the other way round.
        if not self._restore_docks(state.get("docks")) or state.get("compact") is not self._compact:
            self.apply_extents()

    def _follow_zoom(self) -> None:
        """Columns and bottom grow and shrink with the text in them."""
        ratio, self._zoom = theme().zoom / self._zoom, theme().zoom
        if ratio == 1 or not self._width:
            return
        was_compact = self._compact
        self.fit(self._width)
        if self._compact is was_compact:
            self._scale(("left", "right"), ratio, Qt.Orientation.Horizontal)
            self._scale(("right", "depth"), ratio, Qt.Orientation.Vertical)
            self._scale(("bottom",), ratio, Qt.Orientation.Vertical)

    def _scale(self, names: Sequence[str], ratio: float, direction: Qt.Orientation) -> None:
        docks = [self._groups[name] for name in names if self._groups[name].isVisible()]
        across = direction is Qt.Orientation.Horizontal
        extents = [round((dock.width() if across else dock.height()) * ratio) for dock in docks]
        self.resizeDocks(docks, extents, direction)

    def _show_middle(self, visible: bool) -> None:
        middle = self.centralWidget()
        if middle is not None:
            middle.setVisible(visible)

    def _restore_docks(self, saved: object) -> bool:
        if not isinstance(saved, str) or not saved:
            return False
        try:
            docks = base64.b64decode(saved, validate=True)
        except binascii.Error:
            return False
        if not self.restoreState(QByteArray(docks), STATE_VERSION):
            return False
        for group in self._groups.values():
            group.setVisible(bool(group.names))
        return True

    def _home(self, name: str) -> str:
        if name in self._moved:
            return self._moved[name]
        if name == "depth" and self._compact:
            return "right"
        return _HOMES.get(name, "bottom")

    def _group_of(self, name: str) -> PanelGroup | None:
        return next((group for group in self._groups.values() if name in group.names), None)

    def _move(self, name: str, place: str) -> None:
        group = self._group_of(name)
        if group is None or group.name == place:
            return
        widget, tools, left = group.take(name)
        self._groups[place].add(widget, name, self._panels[name].TITLE, tools, left)
        count, warn = self._counts.get(name, (0, False))
        self._groups[place].set_count(name, count, warn=warn)
