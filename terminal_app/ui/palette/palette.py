"""The search palette: a box over the header's search field that finds instruments and commands while typing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPoint, Qt, QTimer
from PySide6.QtGui import QHideEvent, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QListView, QWidget

from terminal_app.domain.enums import FeedMode, InstrumentKind, Side
from terminal_app.domain.ids import InstrumentId
from terminal_app.ui.drafts import TicketDraft
from terminal_app.ui.icons import icon
from terminal_app.ui.kit.label import Label
from terminal_app.ui.kit.popover import Popover
from terminal_app.ui.kit.states import line_with_keys
from terminal_app.ui.palette.model import Result, ResultDelegate, ResultModel, row_height
from terminal_app.ui.palette.presenter import PalettePresenter
from terminal_app.ui.theme import SPACE, theme

if TYPE_CHECKING:
    from terminal_app.services.market import QuoteRows
    from terminal_app.ui.desk import Desk

_WIDTH, _MOST_ROWS = 580, 11
_WATCH_AFTER_MS = 150
"""Prices are asked for once typing pauses: a feed should not hear of every letter."""
_HELP = "[Enter] chart   [Alt B] buy   [Alt S] sell   [Alt W] add to watchlist"
_EMPTY = "Type a name (rel), a contract (nifty 24500 ce, banknifty nov fut) or a command (exit all)."
_LETTERS = {Qt.Key.Key_B: "buy", Qt.Key.Key_S: "sell", Qt.Key.Key_W: "watch"}
_MOVES = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: _MOST_ROWS - 1, Qt.Key.Key_PageUp: 1 - _MOST_ROWS}


class SearchPalette(Popover):
    """Up and Down move through the results while the field keeps the focus; Tab goes to the results themselves."""

    def __init__(self, parent: QWidget, desk: Desk) -> None:
        super().__init__(parent)
        self._desk = desk
        self._rows: QuoteRows | None = None
        self.presenter = PalettePresenter(desk.actions)
        self.field = QLineEdit()
        self.field.setAccessibleName("Search instruments and commands")
        self.field.setPlaceholderText("Instrument or command")
        self._picture = self.field.addAction(icon("search"), QLineEdit.ActionPosition.LeadingPosition)
        self.results = _ResultList()
        self._model = ResultModel(self, self.presenter.price)
        self.results.setModel(self._model)
        self.results.setItemDelegate(ResultDelegate(self.results, self._model))
        self._nothing = Label("", "body", "text.3")
        self._nothing.setWordWrap(True)
        self._nothing.setContentsMargins(SPACE.group, SPACE.panel_pad, SPACE.group, SPACE.panel_pad)
        self._lay_out()
        self.field.textChanged.connect(self._search)
        self.results.clicked.connect(self._activate)
        self.field.installEventFilter(self)
        self.results.installEventFilter(self)
        self._pause = QTimer(self, singleShot=True, interval=_WATCH_AFTER_MS)
        self._pause.timeout.connect(self._watch)
        desk.frame.connect(self._on_frame)
        self.setAccessibleName("Search")

    def open_at(self, control: QWidget) -> None:
        """Open over the control, empty, ready to type."""
        self.presenter.terminal = self._desk.terminal
        self.setFixedWidth(max(control.width(), theme().px(_WIDTH)))
        self.field.clear()
        self._search("")
        at = control.mapToGlobal(QPoint(-SPACE.tight, -SPACE.tight))
        area = control.screen().availableGeometry()
        self.move(max(area.left(), min(at.x(), area.right() - self.width())), max(area.top(), at.y()))
        self.show()
        self.field.setFocus(Qt.FocusReason.PopupFocusReason)

    def save_state(self) -> dict[str, Any]:
        """What was chosen lately."""
        return self.presenter.save_state()

    def restore_state(self, state: dict[str, Any]) -> None:
        """Take back what was chosen lately; call it once the services are there."""
        self.presenter.terminal = self._desk.terminal
        self.presenter.restore_state(state)

    def current(self) -> Result | None:
        """The result that Enter acts on."""
        row = self.results.currentIndex().row()
        return self._model.results[row] if 0 <= row < len(self._model.results) else None

    def restyle(self) -> None:
        super().restyle()
        if hasattr(self, "field"):
            self._picture.setIcon(icon("search"))
            self._fit()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._pause.stop()
        self._let_go()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            return self._on_key(event, in_list=watched is self.results)
        # Else a shortcut of the window could take the key first.
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        return False

    def _lay_out(self) -> None:
        self.body.setContentsMargins(1, 1, 1, 1)
        top = QHBoxLayout()
        top.setContentsMargins(SPACE.tight - 1, SPACE.tight - 1, SPACE.tight - 1, SPACE.tight)
        top.addWidget(self.field)
        foot = line_with_keys(_HELP)
        foot.setContentsMargins(0, SPACE.tight, 0, SPACE.tight)
        self.body.addLayout(top)
        self.body.addWidget(self.results)
        self.body.addWidget(self._nothing)
        self.body.addLayout(foot)

    def _search(self, text: str) -> None:
        results = self.presenter.find(text)
        self._model.show_results(results)
        if results:
            self.results.setCurrentIndex(self._model.index(0))
        self._nothing.show_text(self._words_for_nothing(text.strip()))
        self._nothing.setVisible(not results)
        self._fit()
        self._pause.start()

    def _words_for_nothing(self, text: str) -> str:
        if not text:
            return _EMPTY
        if self.presenter.terminal is None:
            return "Instruments are still being read; commands can be found already."
        return f"Nothing is called “{text}”. {_EMPTY}"

    def _fit(self) -> None:
        count = len(self._model.results)
        self.results.setVisible(count > 0)
        self.results.setFixedHeight(min(count, _MOST_ROWS) * row_height())
        self.adjustSize()

    # Keys

    def _on_key(self, event: QKeyEvent, *, in_list: bool) -> bool:
        key, modifiers = Qt.Key(event.key()), event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        plain = modifiers == Qt.KeyboardModifier.NoModifier
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._activate(self.results.currentIndex())
        elif key in _LETTERS and (modifiers == Qt.KeyboardModifier.AltModifier or (in_list and plain)):
            self._do(_LETTERS[key])
        elif key in _MOVES and plain:
            self._move(_MOVES[key])
        elif key in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab):
            target = self.field if in_list or not self._model.results else self.results
            target.setFocus(Qt.FocusReason.TabFocusReason)
        elif event.matches(QKeySequence.StandardKey.Cancel):
            self.close()
        elif self._desk.actions.get("search").shortcut().matches(QKeySequence(event.keyCombination())) == _EXACT:
            self.field.setFocus()
            self.field.selectAll()
        else:
            return in_list and bool(event.text())
        return True

    def _move(self, steps: int) -> None:
        row = max(0, min(len(self._model.results) - 1, self.results.currentIndex().row() + steps))
        self.results.setCurrentIndex(self._model.index(row))

    # Verbs

    def _activate(self, index: QModelIndex) -> None:
        if not index.isValid():
            return
        result = self._model.results[index.row()]
        self.presenter.note_chosen(result)
        self.close()
        if result.instrument is None:
            self._desk.actions.trigger(result.action)
        else:
            self._desk.choose(result.instrument)
            self._desk.show_panel("chart")

    def _do(self, verb: str) -> None:
        result = self.current()
        if result is None or result.instrument is None:
            return
        if verb == "watch":
            self._desk.add_to_watchlist(result.instrument)
        elif result.instrument.kind is InstrumentKind.INDEX:
            self._desk.toast(f"{result.text} is an index", "It is not traded itself; its futures and options are.")
        else:
            self.presenter.note_chosen(result)
            self.close()
            self._desk.open_ticket(TicketDraft(result.instrument, Side.BUY if verb == "buy" else Side.SELL))

    # Prices

    def _watch(self) -> None:
        terminal, ids = self._desk.terminal, self._instruments()
        if terminal is None or not self.isVisible():
            return
        self._let_go()
        if ids:
            terminal.market.watch(self, ids, FeedMode.LTP)
            self._rows = terminal.market.rows(ids)

    def _let_go(self) -> None:
        if self._rows is not None and self._desk.terminal is not None:
            self._rows.close()
            self._rows = None
            self._desk.terminal.market.release(self)

    def _on_frame(self) -> None:
        if self._rows is not None and len(self._rows.take()):
            self.results.viewport().update()

    def _instruments(self) -> list[InstrumentId]:
        shown = self._model.results[:MOST_WATCHED]
        return [result.instrument for result in shown if result.instrument is not None]


_EXACT = QKeySequence.SequenceMatch.ExactMatch
MOST_WATCHED = 2 * _MOST_ROWS


class _ResultList(QListView):
    """The results: uniform lines, painted by the delegate."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Results")
        self.setUniformItemSizes(True)
        self.setFrameShape(self.Shape.NoFrame)
        self.setMouseTracking(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
