"""The chart's header: instrument tabs, intervals, indicators, order lines, link and enlarge."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QMenu, QSizePolicy, QWidget

from terminal_app.domain.enums import InstrumentKind
from terminal_app.domain.ids import InstrumentId
from terminal_app.domain.instrument import Instrument
from terminal_app.domain.values import ZERO
from terminal_app.ui.kit.buttons import Button, IconButton
from terminal_app.ui.kit.panel_header import PanelHeader, VerticalRule
from terminal_app.ui.kit.section_tabs import SectionTabs
from terminal_app.ui.kit.styled import quietly
from terminal_app.ui.panels.chart.model import INTERVALS, OVERLAYS, ChartState
from terminal_app.ui.panels.common.choice import HeaderChoice
from terminal_app.ui.theme import theme

_LEAST_TABS = 96
_LEAST_WIDTH = 340


class ChartHeader(PanelHeader):
    """Shows what the state says and tells what the user chose. Where it is narrow, two buttons go into a menu."""

    instrument_chosen = Signal(str)
    """The text of an instrument's id."""
    interval_chosen = Signal(str)
    overlay_toggled = Signal(str, bool)
    order_lines_toggled = Signal(bool)
    link_toggled = Signal(bool)
    enlarge_toggled = Signal(bool)
    pin_toggled = Signal(str, bool)

    def __init__(self) -> None:
        tabs = SectionTabs("Charts")
        super().__init__(tabs=tabs)
        self.instruments = tabs
        tabs.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        tabs.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        tabs.customContextMenuRequested.connect(self._open_pin_menu)
        tabs.chosen.connect(self.instrument_chosen)
        self.intervals = HeaderChoice("Interval", INTERVALS)
        self.intervals.chosen.connect(self.interval_chosen)
        self._make_actions()
        self.indicators = _word_button("Indicators", "chevron-down")
        self.indicators.clicked.connect(lambda: self._open(self.menu, self.indicators))
        self.lines = _word_button("Order lines", "check")
        self.lines.setCheckable(True)
        self.lines.toggled.connect(self._on_lines_toggled)
        self.lines_action.toggled.connect(self.lines.setChecked)
        self.more = IconButton("ellipsis", "Indicators and order lines")
        self.more.clicked.connect(lambda: self._open(self.more_menu, self.more))
        self.link = IconButton("link", "Follow the chosen instrument", checkable=True)
        self.link.toggled.connect(self.link_toggled)
        self.enlarge = IconButton("maximize-2", "Enlarge the chart", checkable=True)
        self.enlarge.toggled.connect(self.enlarge_toggled)
        self._rule = VerticalRule()
        for widget in (VerticalRule(), self.intervals, self._rule, self.indicators, self.lines, self.more):
            self.add_left(widget)
        for tool in (self.link, self.enlarge):
            self.add_tool(tool)
        self._pinned: set[str] = set()
        self.more.hide()
        self.restyle()

    def show_state(self, state: ChartState, tabs: Sequence[InstrumentId]) -> None:
        """Everything that is chosen, and a tab for each of ``tabs``."""
        self._show_tabs(tabs, state.instrument)
        self._pinned = {one.text for one in state.pinned}
        with quietly(self.intervals):
            self.intervals.set_chosen(state.interval.value)
        for key, action in self.overlays.items():
            with quietly(action):
                action.setChecked(key in state.overlays)
        with quietly(self.lines_action), quietly(self.lines):
            self.lines_action.setChecked(state.order_lines)
            self.lines.setChecked(state.order_lines)
        self.lines.set_icon("check" if state.order_lines else "")
        with quietly(self.link):
            self.link.setChecked(state.linked)

    def restyle(self) -> None:
        super().restyle()
        if hasattr(self, "instruments"):
            self.instruments.setMinimumWidth(theme().px(_LEAST_TABS))
            self.setMinimumWidth(theme().px(_LEAST_WIDTH))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit()

    def fit(self) -> None:
        """Put two buttons into a menu where there is no room for them."""
        always = (self.intervals, self.link, self.enlarge)
        room = self.width() - sum(widget.sizeHint().width() for widget in always) - theme().px(48)
        room -= min(self.instruments.sizeHint().width(), theme().px(240))
        wide = room >= self.indicators.sizeHint().width() + self.lines.sizeHint().width()
        for widget in (self._rule, self.indicators, self.lines):
            widget.setVisible(wide)
        self.more.setVisible(not wide)

    def _show_tabs(self, tabs: Sequence[InstrumentId], chosen: InstrumentId | None) -> None:
        bar = self.instruments
        keys = [one.text for one in tabs]
        with quietly(bar):
            if keys != [str(bar.tabData(index)) for index in range(bar.count())]:
                while bar.count():
                    bar.removeTab(0)
                for one in tabs:
                    suffix = "" if one.kind is InstrumentKind.INDEX else one.exchange.value
                    bar.add(one.text, Instrument(one, "", 1, ZERO).label, suffix)
            if chosen is not None:
                bar.set_chosen(chosen.text)
        self.fit()

    def _make_actions(self) -> None:
        self.menu, self.more_menu = QMenu("Indicators", self), QMenu("Chart", self)
        self.overlays: dict[str, QAction] = {}
        for key, text, _ in OVERLAYS:
            action = QAction(text, self)
            action.setCheckable(True)
            action.toggled.connect(lambda on, key=key: self.overlay_toggled.emit(key, on))
            self.overlays[key] = action
            self.menu.addAction(action)
            self.more_menu.addAction(action)
        self.lines_action = QAction("Order lines", self)
        self.lines_action.setCheckable(True)
        self.more_menu.addSeparator()
        self.more_menu.addAction(self.lines_action)

    def _on_lines_toggled(self, on: bool) -> None:
        with quietly(self.lines_action):
            self.lines_action.setChecked(on)
        self.lines.set_icon("check" if on else "")
        self.order_lines_toggled.emit(on)

    def _open_pin_menu(self, at: QPoint) -> None:
        index = self.instruments.tabAt(at)
        if index < 0:
            index = self.instruments.currentIndex()  # the menu key: no tab is under the pointer
        if index < 0:
            return
        key = str(self.instruments.tabData(index))
        pinned = key in self._pinned
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        words = "Unpin" if pinned else "Pin"
        action = menu.addAction(f"{words} {self.instruments.tabText(index)}")
        action.triggered.connect(lambda: self.pin_toggled.emit(key, not pinned))
        menu.popup(self.instruments.mapToGlobal(at))

    @staticmethod
    def _open(menu: QMenu, button: QWidget) -> None:
        menu.popup(button.mapToGlobal(QPoint(0, button.height())))


def _word_button(text: str, icon_name: str) -> Button:
    """A flat button with its icon behind the words."""
    button = Button(text, "tool", icon_name=icon_name)
    button.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    button.setAccessibleName(text)
    return button
