"""The 28 px strip on top of a panel: its title or tabs left, its tools right. Also a dock's title bar."""

from __future__ import annotations

from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from terminal_app.ui.kit.label import Label
from terminal_app.ui.kit.section_tabs import SectionTabs
from terminal_app.ui.kit.styled import ThemedMixin
from terminal_app.ui.theme import SIZE, SPACE, theme


class VerticalRule(QWidget, ThemedMixin):
    """A short line between groups of tools."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        self.setFixedWidth(9)
        self.follow_theme()

    def paintEvent(self, event: QPaintEvent) -> None:
        pad = max(2, (self.height() - theme().px(24)) // 2)
        QPainter(self).fillRect(4, pad, 1, self.height() - 2 * pad, theme().color("border.strong"))


class PanelHeader(QWidget, ThemedMixin):
    """`PanelHeader("Order timeline")`, or with tabs: `PanelHeader(tabs=SectionTabs(...))`; then `add_tool(widget)`."""

    def __init__(self, title: str = "", tabs: SectionTabs | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.tabs = tabs
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, SPACE.form_gap, 0)
        self._row.setSpacing(SPACE.hair)
        self.title = Label(title, "strong")
        self.title.setContentsMargins(SPACE.group - 2, 0, 0, 0)
        self.title.setVisible(bool(title))
        self._row.addWidget(self.title)
        if tabs is not None:
            self._row.addWidget(tabs)
        self._row.addStretch(1)
        self.follow_theme()

    def add_tool(self, widget: QWidget) -> None:
        """Append a tool at the right end."""
        self._row.addWidget(widget)

    def add_left(self, widget: QWidget) -> None:
        """Append a widget behind the title or the tabs, before the free space."""
        self._row.insertWidget(self._free_space(), widget)

    def add_rule(self) -> None:
        """A line between groups of tools."""
        self._row.addWidget(VerticalRule())

    def _free_space(self) -> int:
        """Where the free space stands: widgets of a dock come and go, so it is looked for each time."""
        items = ((at, self._row.itemAt(at)) for at in range(self._row.count()))
        return next(at for at, item in items if item is not None and item.spacerItem() is not None)

    def restyle(self) -> None:
        self.setFixedHeight(max(theme().px(SIZE.panel_header), self.title.fontMetrics().height() + 8))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme().color("bg.2"))
        painter.fillRect(0, self.height() - 1, self.width(), 1, theme().color("border.subtle"))
