"""The box that narrows a table while typing; Esc empties and hides it."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from terminal_app.ui.grid.data_table import DataTable
from terminal_app.ui.icons import icon
from terminal_app.ui.kit.styled import ThemedMixin
from terminal_app.ui.theme import theme


class FilterBox(QLineEdit, ThemedMixin):
    """Hidden until `open_box`; sits in the panel's header."""

    closed = Signal()

    def __init__(self, table: DataTable[Any], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._table = table
        self.setPlaceholderText("Filter")
        self.setAccessibleName(f"Filter {table.accessibleName()}")
        self.setClearButtonEnabled(False)
        self._action = self.addAction(icon("funnel"), QLineEdit.ActionPosition.LeadingPosition)
        self.textChanged.connect(table.model_.set_filter)
        self.hide()
        self.follow_theme()

    def open_box(self) -> None:
        """Show it and put the cursor in."""
        self.show()
        self.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def restyle(self) -> None:
        self._action.setIcon(icon("funnel"))
        self.setFixedWidth(theme().px(160))

    def sizeHint(self) -> QSize:
        return QSize(theme().px(160), super().sizeHint().height())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.clear()
            self.hide()
            self.closed.emit()
            self._table.setFocus()
        else:
            super().keyPressEvent(event)
