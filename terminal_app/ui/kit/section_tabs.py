"""Tabs with counters, flat, with a line over the chosen one."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QTabBar, QWidget

from terminal_app.ui.kit.badges import paint_chip
from terminal_app.ui.kit.styled import ThemedMixin
from terminal_app.ui.theme import SIZE, theme

_PAD = 10


class SectionTabs(QTabBar, ThemedMixin):
    """Tabs by key. `chosen(str)` comes on each change; Left and Right move, Tab goes on."""

    chosen = Signal(str)

    def __init__(self, name: str, tabs: Sequence[tuple[str, str]] = (), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._counts: dict[str, tuple[int, bool]] = {}
        self._suffixes: dict[str, str] = {}
        self.setAccessibleName(name)
        self.setDrawBase(False)
        self.setExpanding(False)
        self.setUsesScrollButtons(True)
        self.setElideMode(Qt.TextElideMode.ElideNone)
        self.setMouseTracking(True)
        for key, text in tabs:
            self.add(key, text)
        self.currentChanged.connect(self._on_current_changed)
        self.follow_theme()

    def add(self, key: str, text: str, suffix: str = "") -> None:
        """Append a tab; `suffix` is small and grey, such as the exchange."""
        index = self.addTab(text)
        self.setTabData(index, key)
        self._suffixes[key] = suffix

    def remove(self, key: str) -> None:
        """Take a tab away. Raises KeyError for an unknown key."""
        self.removeTab(self._index(key))

    def key(self) -> str:
        """The chosen key, empty where there are no tabs."""
        return str(self.tabData(self.currentIndex()) or "")

    def set_chosen(self, key: str) -> None:
        """Choose a tab. Raises KeyError for an unknown key."""
        self.setCurrentIndex(self._index(key))

    def set_count(self, key: str, count: int, *, warn: bool = False) -> None:
        """How many stand behind the tab; 0 shows none, `warn` makes it amber."""
        if self._counts.get(key) == (count, warn):
            return
        self._counts[key] = (count, warn)
        index = self._index(key)
        text = self.tabText(index)
        self.setAccessibleTabName(index, f"{text}, {count}" if count else text)
        self.setTabText(index, text)  # the only way to have the bar lay out again
        self.updateGeometry()
        self.update()

    def restyle(self) -> None:
        self.setFont(theme().font("strong"))
        self.updateGeometry()
        self.update()

    def tabSizeHint(self, index: int) -> QSize:
        strong, small = QFontMetrics(theme().font("strong")), QFontMetrics(theme().font("small"))
        width = strong.horizontalAdvance(self.tabText(index)) + 2 * _PAD
        key = str(self.tabData(index) or "")
        if suffix := self._suffixes.get(key):
            width += small.horizontalAdvance(suffix) + 4
        if count := self._counts.get(key, (0, False))[0]:
            width += self._chip_width(count) + 5
        return QSize(width, max(theme().px(SIZE.panel_header), strong.height() + 8))

    def minimumTabSizeHint(self, index: int) -> QSize:
        return self.tabSizeHint(index)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme().color("bg.2"))
        under = self.tabAt(self.mapFromGlobal(self.cursor().pos())) if self.underMouse() else -1
        for index in range(self.count()):
            self._paint_tab(painter, index, hovered=index == under)

    def event(self, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.HoverMove, QEvent.Type.Leave):
            self.update()
        return super().event(event)

    def _paint_tab(self, painter: QPainter, index: int, *, hovered: bool) -> None:
        look, box = theme(), self.tabRect(index)
        chosen = index == self.currentIndex()
        if chosen:
            painter.fillRect(box, look.color("bg.1"))
            painter.fillRect(QRect(box.left(), box.top(), box.width(), 2), look.color("accent"))
        elif hovered:
            painter.fillRect(box, look.color("bg.3"))
        painter.setPen(look.color("text.1" if chosen or hovered else "text.2"))
        painter.setFont(look.font("strong" if chosen else "body"))
        at = box.left() + _PAD
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(box.adjusted(_PAD, 0, 0, 0), middle, self.tabText(index))
        at += painter.fontMetrics().horizontalAdvance(self.tabText(index)) + 4
        key = str(self.tabData(index) or "")
        if suffix := self._suffixes.get(key):
            painter.setPen(look.color("text.3"))
            painter.setFont(look.font("small"))
            painter.drawText(QRect(at, box.top(), box.right() - at, box.height()), middle, suffix)
            at += painter.fontMetrics().horizontalAdvance(suffix) + 4
        count, warn = self._counts.get(key, (0, False))
        if count:
            height = QFontMetrics(look.font("micro")).height() + 2
            chip = QRect(QPoint(at + 1, box.center().y() - height // 2 + 1), QSize(self._chip_width(count), height))
            paint_chip(painter, chip.toRectF(), str(count), "warn" if warn else "count")
        if chosen and self.hasFocus():
            painter.setPen(QPen(look.color("accent"), SIZE.focus_ring))
            painter.drawRect(box.adjusted(1, 1, -1, -1))

    def _chip_width(self, count: int) -> int:
        return QFontMetrics(theme().font("micro")).horizontalAdvance(str(count)) + 8

    def _index(self, key: str) -> int:
        for index in range(self.count()):
            if self.tabData(index) == key:
                return index
        raise KeyError(key)

    def _on_current_changed(self, index: int) -> None:
        if index >= 0:
            self.chosen.emit(self.key())
