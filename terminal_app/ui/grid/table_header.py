"""The header of every table: small grey titles, the sort column brighter with an arrow, right click chooses columns."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter
from PySide6.QtWidgets import QHeaderView, QMenu, QWidget

from terminal_app.ui.formats import DOWN_ARROW, UP_ARROW
from terminal_app.ui.kit.styled import ThemedMixin
from terminal_app.ui.theme import SIZE, SPACE, theme


class TableHeader(QHeaderView, ThemedMixin):
    """`columns_changed` comes when a column is shown or hidden from its menu."""

    columns_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setHighlightSections(False)
        self.setSectionsMovable(True)
        self.setSectionsClickable(True)
        self.setSortIndicatorShown(False)
        self.setMinimumSectionSize(24)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self.open_column_menu)
        self.sorted_by: tuple[int, Qt.SortOrder] | None = None
        self.fixed_sections: frozenset[int] = frozenset({0})
        self.pad = SPACE.cell_pad
        self.follow_theme()

    def show_sort(self, section: int | None, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Draw the arrow beside a title, None for no arrow."""
        self.sorted_by = None if section is None else (section, order)
        self.viewport().update()

    def restyle(self) -> None:
        self.setFont(theme().font("small"))
        self.setFixedHeight(max(theme().px(SIZE.table_header), QFontMetrics(theme().font("small")).height() + 6))
        self.viewport().update()

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), self.minimumHeight())

    def paintSection(self, painter: QPainter, rect: QRect, logical_index: int) -> None:
        look = theme()
        painter.save()
        painter.fillRect(rect, look.color("bg.2"))
        painter.fillRect(rect.left(), rect.bottom(), rect.width(), 1, look.color("border.subtle"))
        sorted_here = self.sorted_by is not None and self.sorted_by[0] == logical_index
        painter.setPen(look.color("text.2" if sorted_here else "text.3"))
        painter.setFont(look.font("small"))
        title = self._title(logical_index)
        if self.sorted_by is not None and sorted_here:
            title += f" {UP_ARROW if self.sorted_by[1] is Qt.SortOrder.AscendingOrder else DOWN_ARROW}"
        room = rect.adjusted(self.pad, 0, -self.pad, 0)
        text = painter.fontMetrics().elidedText(title, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, self._alignment(logical_index), text)
        painter.restore()

    def open_column_menu(self, at: QPoint) -> None:
        """The menu that shows and hides columns; the first column always stays."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for section in range(self.count()):
            action = menu.addAction(self._title(section) or "Column")
            action.setCheckable(True)
            action.setChecked(not self.isSectionHidden(section))
            action.setEnabled(section not in self.fixed_sections)
            action.toggled.connect(lambda shown, section=section: self._show_section(section, shown))
        menu.popup(self.mapToGlobal(at))

    def _show_section(self, section: int, shown: bool) -> None:
        self.setSectionHidden(section, not shown)
        self.columns_changed.emit()

    def _title(self, section: int) -> str:
        return str(self.model().headerData(section, Qt.Orientation.Horizontal) or "")

    def _alignment(self, section: int) -> Qt.AlignmentFlag:
        found = self.model().headerData(section, Qt.Orientation.Horizontal, Qt.ItemDataRole.TextAlignmentRole)
        return found if isinstance(found, Qt.AlignmentFlag) else Qt.AlignmentFlag.AlignVCenter
