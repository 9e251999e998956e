"""What every table panel has in its header: filter, columns, export, and the panel's own choices and buttons around them."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from terminal_app.ui.grid.data_table import DataTable
from terminal_app.ui.grid.filter_box import FilterBox
from terminal_app.ui.kit.buttons import IconButton
from terminal_app.ui.kit.panel_header import VerticalRule
from terminal_app.ui.kit.styled import set_style_property
from terminal_app.ui.panels.common.choice import HeaderChoice
from terminal_app.ui.theme import SPACE


class TableTools(QWidget):
    """`export_wanted` comes from the download button."""

    export_wanted = Signal()

    def __init__(
        self, table: DataTable[Any], *, choice: HeaderChoice | None = None, buttons: tuple[QWidget, ...] = ()
    ) -> None:
        super().__init__()
        self._table = table
        self.filter = FilterBox(table)
        set_style_property(self.filter, "part", "bare")
        self.filter_button = IconButton("funnel", f"Filter {table.accessibleName().lower()}", key="Ctrl+F")
        self.columns_button = IconButton("columns-3", "Choose columns")
        self.export_button = IconButton("download", f"Export {table.accessibleName().lower()} as CSV")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, SPACE.tight, 0)
        row.setSpacing(SPACE.hair)
        if choice is not None:
            row.addWidget(choice)
            row.addWidget(VerticalRule())
        for widget in (self.filter, self.filter_button, self.columns_button, self.export_button):
            row.addWidget(widget)
        if buttons:
            row.addSpacing(SPACE.tight)
        for button in buttons:
            row.addWidget(button)
            row.addSpacing(SPACE.hair)
        self.filter_button.clicked.connect(self.filter.open_box)
        self.columns_button.clicked.connect(self._open_columns)
        self.export_button.clicked.connect(self.export_wanted)

    def _open_columns(self) -> None:
        header, button = self._table.header, self.columns_button
        header.open_column_menu(header.mapFromGlobal(button.mapToGlobal(QPoint(0, button.height()))))
