"""The figures of the funds panel: a column per account, the available money large, its parts below."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QWidget

from terminal_app.ui import formats
from terminal_app.ui.kit.badges import Chip
from terminal_app.ui.kit.ground import Ground
from terminal_app.ui.kit.label import Label
from terminal_app.ui.kit.styled import ThemedMixin
from terminal_app.ui.panels.funds.presenter import AVAILABLE, FundsColumn, FundsView
from terminal_app.ui.theme import SPACE, theme

_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LABEL_WIDTH, _COLUMN_WIDTH = 190, 170


class _Line(QWidget, ThemedMixin):
    """A hairline across the columns."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedHeight(9)
        self.follow_theme()

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(0, 4, self.width(), 1, theme().color("border.subtle"))


class FundsSheet(Ground):
    """Shows a `FundsView`; widgets are kept while its rows and columns stay the same."""

    def __init__(self) -> None:
        super().__init__()
        self._shape: tuple[object, ...] = ()
        self._values: dict[tuple[str, int], Label] = {}
        self._notes: list[Label] = []
        self._grid = QWidget()
        self._outer = QHBoxLayout(self)
        self._outer.setContentsMargins(SPACE.section, SPACE.group, SPACE.section, SPACE.group)
        self._outer.addWidget(self._grid, 0, Qt.AlignmentFlag.AlignTop)
        self._outer.addStretch(1)
        self.setAccessibleName("Funds")

    def value_text(self, label: str, column: int) -> str:
        """What is written in a cell."""
        return self._values[label, column].text()

    def show_view(self, view: FundsView) -> None:
        """Show these figures."""
        shape = (view.labels, view.parts_from, tuple((column.title, column.kind) for column in view.columns))
        if shape != self._shape:
            self._shape = shape
            self._build(view)
        for at, column in enumerate(view.columns):
            self._notes[at].show_text(_note(column), "warn" if column.reason else "text.3")
            for label in view.labels:
                value = column.values.get(label)
                tone = "text.3" if value is None else "loss" if value < 0 else "text.1"
                cell = self._values[label, at]
                cell.show_text(formats.money(value), tone)
                cell.setAccessibleName(f"{column.title}, {label}: {formats.money(value)}")

    def _build(self, view: FundsView) -> None:
        self._outer.removeWidget(self._grid)
        self._grid.hide()
        self._grid.deleteLater()
        self._grid = QWidget()
        self._values, self._notes = {}, []
        grid = QGridLayout(self._grid)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(SPACE.dialog_pad)
        grid.setVerticalSpacing(SPACE.hair)
        grid.setColumnMinimumWidth(0, theme().px(_LABEL_WIDTH))
        for at, column in enumerate(view.columns):
            grid.setColumnMinimumWidth(at + 1, theme().px(_COLUMN_WIDTH))
            grid.addLayout(_head(column), 0, at + 1)
            note = Label("", "small", "text.3")
            note.setAlignment(_RIGHT)
            self._notes.append(note)
            grid.addWidget(note, 1, at + 1)
        place = 2
        for at, label in enumerate(view.labels):
            if at == view.parts_from:
                grid.addWidget(_Line(), place, 0, 1, len(view.columns) + 1)
                place += 1
            self._add_row(grid, place, label, len(view.columns), is_part=at >= view.parts_from)
            place += 1
        self._outer.insertWidget(0, self._grid, 0, Qt.AlignmentFlag.AlignTop)
        self._grid.show()

    def _add_row(self, grid: QGridLayout, place: int, label: str, columns: int, *, is_part: bool) -> None:
        first = label == AVAILABLE
        name = Label(label, "lead" if first else "body", "text.1" if first else "text.3" if is_part else "text.2")
        grid.addWidget(name, place, 0)
        for at in range(columns):
            value = Label("", "figure" if first else "body")
            value.setAlignment(_RIGHT)
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            self._values[label, at] = value
            grid.addWidget(value, place, at + 1)


def _head(column: FundsColumn) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(SPACE.form_gap)
    row.addStretch(1)
    if column.kind:
        row.addWidget(Chip(column.kind, "paper" if column.is_paper else "live"))
    row.addWidget(Label(column.title, "strong"))
    return row


def _note(column: FundsColumn) -> str:
    if column.reason:
        return column.reason
    return f"as of {formats.clock(column.as_of)}" if column.as_of is not None else ""
