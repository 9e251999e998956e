"""The frame of every table panel: notice bar, table, total below, and what stands there when there are no rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, QTimer, Signal, SignalInstance
from PySide6.QtGui import QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QMenu, QStackedWidget, QVBoxLayout, QWidget

from terminal_app.ui.grid.cells import Row
from terminal_app.ui.grid.data_table import DataTable
from terminal_app.ui.grid.totals_row import TotalsRow
from terminal_app.ui.kit.ground import Ground
from terminal_app.ui.kit.notice_bar import NoticeBar
from terminal_app.ui.kit.states import EmptyState, FailedState
from terminal_app.ui.panels.common.saving import export_table
from terminal_app.ui.panels.common.standing import Message, reconnect
from terminal_app.ui.panels.common.tools import TableTools
from terminal_app.ui.theme import theme

_REFRESH_MS = 15
"""Messages that come in a burst are shown together, within a frame."""

if TYPE_CHECKING:
    from PySide6.QtWidgets import QFileDialog

    from terminal_app.domain.ids import InstrumentId
    from terminal_app.ui.desk import Desk


class TablePanel(Ground, Generic[Row]):
    """Says when to `refresh` and keeps columns, widths, sorting and filter. A panel implements `refresh`.

    `spread` widens the columns together until the user sets a width.
    """

    counter_changed = Signal(int, bool)
    """How many the tab shows, and whether one of them needs a look."""

    def __init__(
        self,
        desk: Desk,
        table: DataTable[Row],
        tools: TableTools,
        foot: QWidget | None = None,
        *,
        spread: bool = True,
        beside: QWidget | None = None,
    ) -> None:
        super().__init__()
        self.desk, self.table, self.tools, self.foot = desk, table, tools, foot
        self.bar = NoticeBar()
        self.message: Message | None = None
        self._failed: FailedState | None = None
        self._empty: EmptyState | None = None
        self._spread, self._own_widths, self._spreading = spread, False, False
        self._pages = QStackedWidget()
        self._pages.addWidget(self._rows_page(beside or table))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.bar)
        column.addWidget(self._pages, 1)
        tools.export_wanted.connect(self.export)
        tools.filter.textChanged.connect(lambda _: self._on_filtered())
        table.header.sectionResized.connect(self._on_resized)
        table.viewport().installEventFilter(self)
        self._later = QTimer(self, singleShot=True, interval=_REFRESH_MS)
        self._later.timeout.connect(self.refresh)
        find = QShortcut(QKeySequence.StandardKey.Find, self)
        find.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        find.activated.connect(tools.filter.open_box)

    @property
    def failed(self) -> FailedState:
        """What stands there when nothing could be read; built when it is first needed, because the start must be quick."""
        if self._failed is None:
            self._failed = FailedState()
            self._failed.retry.connect(self._reconnect)
            self._pages.addWidget(self._failed)
        return self._failed

    # The panel as the window knows it

    def header_actions(self) -> QWidget | None:
        """Filter, columns, export and the panel's own."""
        return self.tools

    def header_left(self) -> QWidget | None:
        """The title is enough."""
        return None

    def save_state(self) -> dict[str, Any]:
        """Columns, widths, sorting, filter."""
        return {
            "table": self.table.save_state().decode(),
            "own_widths": self._own_widths,
            "filter": self.tools.filter.text(),
        }

    def restore_state(self, state: dict[str, Any]) -> None:
        """Take back what was remembered; a filter comes back in sight, so that no row is hidden unseen."""
        self._spreading = True
        self.table.restore_state(str(state.get("table", "")).encode())
        self._spreading = False
        self._own_widths = bool(state.get("own_widths", False))
        text = str(state.get("filter", ""))
        self.tools.filter.setText(text)
        self.tools.filter.setVisible(bool(text))
        self.spread_columns()

    def focus_main(self) -> None:
        """Into the table. Nothing is chosen by that: a key must not act on a row that nobody chose."""
        self.table.setFocus(Qt.FocusReason.ShortcutFocusReason)

    # What its owner shows

    def refresh(self) -> None:
        """Read everything anew; each panel says how."""
        raise NotImplementedError

    def follow(self, *signals: SignalInstance) -> None:
        """Refresh soon after any of these."""
        for signal in signals:
            signal.connect(self._refresh_soon)

    def show_message(self, message: Message | None) -> None:
        """Show a message in place of the rows; None shows the rows."""
        self.message = message
        self._show_page()

    def show_doubt(self, words: tuple[str, str] | None) -> None:
        """A bar over rows that may be out of date; None takes it away."""
        if words is None:
            self.bar.hide()
        else:
            self.bar.show_notice("warn", *words)

    def show_column(self, key: str, shown: bool) -> None:
        """Show or hide a column by program."""
        at = next(at for at, column in enumerate(self.table.model_.columns) if column.key == key)
        if self.table.isColumnHidden(at) == shown:
            self._spreading = True
            self.table.setColumnHidden(at, not shown)
            self._spreading = False
            self.spread_columns()

    def chart(self, instrument: InstrumentId) -> None:
        """Show an instrument in the chart and go there."""
        self.desk.choose(instrument)
        self.desk.show_panel("chart")

    def menu(self, *entries: tuple[str, Any] | None) -> QMenu:
        """A context menu of (words, callable); None is a line between."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for entry in entries:
            if entry is None:
                menu.addSeparator()
            else:
                words, call = entry
                menu.addAction(words).triggered.connect(lambda _=False, call=call: call())
        return menu

    def export(self) -> QFileDialog:
        """Ask where, and save what is on screen."""
        return export_table(self, self.table, self.desk)

    def spread_columns(self) -> None:
        """Share the free width among the columns, each in proportion to what it needs."""
        if not self._spread or self._own_widths or self._spreading:
            return
        header, columns = self.table.header, self.table.model_.columns
        shown = [at for at in range(len(columns)) if not self.table.isColumnHidden(at)]
        needed = sum(theme().px(columns[at].width) for at in shown)
        factor = max(1.0, self.table.viewport().width() / max(1, needed))
        self._spreading = True
        for at in shown:
            header.resizeSection(at, int(theme().px(columns[at].width) * factor))
        self._spreading = False

    # Inside

    def showEvent(self, event: QShowEvent) -> None:
        """What was missed while hidden."""
        super().showEvent(event)
        self.refresh()

    def _reconnect(self) -> None:
        """Try again means the account: what a panel shows is read as soon as it is connected."""
        terminal = self.desk.terminal
        if terminal is not None:
            for account in reconnect(terminal.accounts):
                self.desk.run(terminal.accounts.set_active(account, True), "The account could not be connected")

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.table.viewport() and event.type() == QEvent.Type.Resize:
            self.spread_columns()
        return super().eventFilter(watched, event)

    def restyle(self) -> None:
        super().restyle()
        if hasattr(self, "table"):
            self.spread_columns()

    def _rows_page(self, content: QWidget) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(content, 1)
        if self.foot is not None:
            column.addWidget(self.foot)
        return page

    def _refresh_soon(self, _message: object = None) -> None:
        if not self._later.isActive():
            self._later.start()

    def _on_filtered(self) -> None:
        self._show_page()

    def _show_page(self) -> None:
        message = self.message
        text = self.tools.filter.text().strip()
        if message is None and text and self.table.model_.rows and not self.table.model_.shown_rows:
            message = Message(f"Nothing matches “{text}”.", "Press [Esc] in the filter to see all.")
        if message is None:
            self._pages.setCurrentIndex(0)
        elif message.failed:
            self.failed.show_failure(message.lead, message.hint)
            self._pages.setCurrentWidget(self.failed)
        else:
            self._pages.setCurrentWidget(self._empty_page(message))

    def _empty_page(self, message: Message) -> EmptyState:
        if self._empty is not None:
            if self._empty.lead.text() == message.lead and self._empty.property("hint") == message.hint:
                return self._empty
            self._pages.removeWidget(self._empty)
            self._empty.deleteLater()
        self._empty = EmptyState(message.lead, message.hint)
        self._empty.setProperty("hint", message.hint)
        self._pages.addWidget(self._empty)
        return self._empty

    def _on_resized(self, _section: int, old: int, new: int) -> None:
        # A size of 0 is a column that is hidden or shown, which the others make room for.
        if self._spreading:
            return
        if old == 0 or new == 0:
            # Qt tells it before the column counts as hidden; a width given to it now would stay as a gap.
            QTimer.singleShot(0, self, self.spread_columns)
        elif self._spread:
            self._own_widths = True


def totals_under(table: DataTable[Any]) -> TotalsRow:
    """A total under the columns of a table."""
    return TotalsRow(table, [column.key for column in table.model_.columns])


def menu_place(at: QPoint) -> QPoint:
    """Where a context menu opens: just off the pointer, so that a click does not choose its first entry."""
    return at + QPoint(1, 1)
