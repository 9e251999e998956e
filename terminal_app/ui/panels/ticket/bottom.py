"""The ticket's lower part: the preview's rows; the notice and Place, which the panel keeps in sight below them."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from terminal_app.ui.kit.buttons import PlaceButton
from terminal_app.ui.kit.label import ValueRow
from terminal_app.ui.kit.notice_bar import NoticeBar
from terminal_app.ui.kit.styled import ThemedMixin
from terminal_app.ui.panels.ticket.model import NoticeView, PlaceView, RowView, TicketView
from terminal_app.ui.theme import SPACE, theme


class PreviewRows(QWidget, ThemedMixin):
    """Label left and figure right, under a hairline."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[ValueRow] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, SPACE.form_gap, 0, 0)
        self._column.setSpacing(SPACE.tight)
        self.follow_theme()

    def show_rows(self, rows: tuple[RowView, ...]) -> None:
        """Show these."""
        while len(self._rows) < len(rows):
            self._rows.append(ValueRow(""))
            self._column.addWidget(self._rows[-1])
        for place, row in enumerate(self._rows):
            row.setVisible(place < len(rows))
            if place < len(rows):
                view = rows[place]
                row.label.show_text(view.label)
                row.show_value(view.value, view.note, tone=view.tone, strong=view.strong)

    def texts(self) -> list[tuple[str, str, str]]:
        """Label, value and note of each row on screen."""
        shown = [row for row in self._rows if not row.isHidden()]
        return [(row.label.text(), row.value.text(), row.note.text()) for row in shown]

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(0, 0, self.width(), 1, theme().color("border.subtle"))


class TicketBottom(QWidget):
    """What the order means, and the button."""

    place_clicked = Signal()
    notice_action = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.rows, self.notice, self.place = PreviewRows(), NoticeBar(wrap=True), PlaceButton()
        self._does = ""
        self._notice: NoticeView | None = None
        self.notice.action_clicked.connect(lambda: self.notice_action.emit(self._does))
        self.place.clicked.connect(self.place_clicked)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, SPACE.hair, 0, 0)
        column.setSpacing(SPACE.panel_pad)
        column.addWidget(self.rows)

    def show_view(self, view: TicketView) -> None:
        """Show it."""
        self.rows.show_rows(view.rows)
        self._show_notice(view.notice)
        self._show_place(view.place, view.rail)

    def _show_notice(self, view: NoticeView | None) -> None:
        if view == self._notice:
            return
        self._notice = view
        if view is None:
            self.notice.hide()
            return
        self._does = view.does
        self.notice.show_notice(view.tone, view.fact, view.rest, action=view.action, icon_name=view.icon)

    def _show_place(self, view: PlaceView, side: Literal["buy", "sell"]) -> None:
        if view.look == "ready":
            self.place.show_order(side, view.headline, view.below)
        elif view.look == "sending":
            self.place.show_sending(side, view.headline, view.below)
        else:
            self.place.show_reason(view.headline, view.below)
