"""The log panel: everything the user was told, newest first, what is not over on top."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPoint, QSize
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from terminal_app.ui import formats
from terminal_app.ui.grid.data_table import DataTable
from terminal_app.ui.kit.buttons import Button, IconButton
from terminal_app.ui.kit.ground import Ground
from terminal_app.ui.kit.label import Label
from terminal_app.ui.panels.common.choice import HeaderChoice
from terminal_app.ui.panels.common.table_panel import TablePanel, menu_place
from terminal_app.ui.panels.common.tools import TableTools
from terminal_app.ui.panels.common.totals_line import TotalsLine
from terminal_app.ui.panels.log.model import LEVELS, LogRow, log_model
from terminal_app.ui.panels.log.presenter import ALL, FAILED, ORDERS, LogPresenter
from terminal_app.ui.theme import SPACE

if TYPE_CHECKING:
    from terminal_app.domain.messages import NoticePosted
    from terminal_app.services.terminal import Terminal
    from terminal_app.ui.desk import Desk
    from terminal_app.ui.snapshot import Snapshot

_PARTS = ((ALL, "All"), (FAILED, "Failed"), (ORDERS, "Orders"))


class _Foot(QWidget):
    """The chosen notice in full, above the total; nothing is cut there."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.detail = Ground("bg.2")
        self.head, self.text = Label("", "strong"), Label("", "body", "text.2")
        self.text.setWordWrap(True)
        inside = QVBoxLayout(self.detail)
        inside.setContentsMargins(SPACE.cell_pad, SPACE.form_gap, SPACE.cell_pad, SPACE.form_gap)
        inside.setSpacing(SPACE.hair)
        inside.addWidget(self.head)
        inside.addWidget(self.text)
        self.summary = TotalsLine("Log")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.detail)
        column.addWidget(self.summary)
        self.detail.hide()

    def show_row(self, row: LogRow | None) -> None:
        """Show one notice, or none."""
        self.detail.setVisible(row is not None)
        if row is not None:
            notice = row.notice
            account = f", {row.account_name}" if row.account_name else ""
            self.head.show_text(
                f"{LEVELS[notice.level][0]}: {notice.title}  ({formats.day_and_time(notice.time)}{account})"
            )
            self.text.show_text(notice.text)
            self.detail.setAccessibleName(f"{self.head.text()} {notice.text}")

    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())


class LogPanel(TablePanel[LogRow]):
    """The tab counts failures that came while nobody looked, in amber."""

    NAME = "log"
    TITLE = "Log"

    def __init__(self, desk: Desk, snapshot: Snapshot) -> None:
        self.choice = HeaderChoice("Notices shown", _PARTS)
        self.pause_button = Button("Pause", "tool")
        self.pause_button.setCheckable(True)
        self.pause_button.setToolTip("Hold the rows still while you read; new ones are counted below")
        self.copy_button = IconButton("copy", "Copy the chosen notices")
        table = DataTable("Log", log_model(), stretch_last=True)
        tools = TableTools(table, choice=self.choice, buttons=(self._buttons(),))
        self.log_foot = _Foot()
        super().__init__(desk, table, tools, self.log_foot, spread=False)
        self._presenter: LogPresenter | None = None

    def attach(self, terminal: Terminal, desk: Desk) -> None:
        """The services are there: show what was told and follow it."""
        self._presenter = LogPresenter(terminal)
        self._presenter.part = self.choice.key()
        desk.bridge.notice_posted.connect(self._on_notice)
        self.follow(desk.bridge.notice_cleared, desk.bridge.accounts_changed)
        self.choice.chosen.connect(self._on_part)
        self.pause_button.toggled.connect(self._on_pause)
        self.copy_button.clicked.connect(self.copy_chosen)
        self.table.selection_changed.connect(self._on_selected)
        self.table.menu_asked.connect(self._open_menu)
        self.refresh()

    def refresh(self) -> None:
        """Show what was told up to now."""
        presenter = self._presenter
        if presenter is None:
            return
        if self.isVisible():
            presenter.see()
        rows = presenter.rows()
        self.table.model_.set_rows(rows)
        self.show_column("account", any(row.account_name for row in rows))
        self.show_message(presenter.message(rows))
        self.log_foot.summary.show_total(presenter.summary(rows))
        self.counter_changed.emit(presenter.unseen, True)
        self._on_selected()

    def save_state(self) -> dict[str, Any]:
        """The columns, and which notices are shown."""
        return {**super().save_state(), "part": self.choice.key()}

    def restore_state(self, state: dict[str, Any]) -> None:
        """Take back what was remembered."""
        super().restore_state(state)
        if state.get("part") in (ALL, FAILED, ORDERS):
            self.choice.set_chosen(state["part"])

    def copy_chosen(self) -> None:
        """The chosen notices as lines of text; with none chosen, all that are shown."""
        presenter = self._presenter
        if presenter is not None:
            rows = self.table.selected_rows() or self.table.model_.shown_rows
            QApplication.clipboard().setText("\n".join(presenter.words(row) for row in rows))

    def showEvent(self, event: QShowEvent) -> None:
        """Looking at it is seeing it."""
        if self._presenter is not None:
            self._presenter.see()
        super().showEvent(event)

    def _buttons(self) -> QWidget:
        tools = QWidget()
        row = QHBoxLayout(tools)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE.hair)
        row.addWidget(self.copy_button)
        row.addWidget(self.pause_button)
        return tools

    def _on_notice(self, message: NoticePosted) -> None:
        assert self._presenter is not None
        self._presenter.take(message.notice, is_looking=self.isVisible())
        self._refresh_soon()

    def _on_part(self, part: str) -> None:
        if self._presenter is not None:
            self._presenter.part = part
            self.refresh()

    def _on_pause(self, paused: bool) -> None:
        assert self._presenter is not None
        self._presenter.pause(paused)
        self.refresh()

    def _on_selected(self) -> None:
        rows = self.table.selected_rows()
        self.log_foot.show_row(rows[0] if len(rows) == 1 else None)

    def _open_menu(self, _row: LogRow, at: QPoint) -> None:
        self.menu(("Copy", self.copy_chosen)).popup(menu_place(at))
