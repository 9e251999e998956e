"""What can be done with a watchlist and its rows: the same verbs for keys, menus and buttons."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from terminal_app.domain.enums import InstrumentKind, Side
from terminal_app.domain.errors import BhavError
from terminal_app.domain.ids import InstrumentId
from terminal_app.ui.drafts import TicketDraft
from terminal_app.ui.panels.watchlist.keys import LIST
from terminal_app.ui.panels.watchlist.menus import SORT, open_row_menu
from terminal_app.ui.panels.watchlist.names import name_of
from terminal_app.ui.panels.watchlist.presenter import Pasted, WatchlistPresenter

if TYPE_CHECKING:
    from terminal_app.services.terminal import Terminal
    from terminal_app.ui.desk import Desk
    from terminal_app.ui.panels.watchlist.grid import WatchlistGrid

_FIRST_NAMED = 3


class WatchlistVerbs(QObject):
    """Does what a verb says. `list_wanted` says that another list, or the same in another order, is to be shown."""

    list_wanted = Signal()

    def __init__(self, desk: Desk, presenter: WatchlistPresenter, parent: QWidget) -> None:
        super().__init__(parent)
        self._desk, self._presenter, self._panel = desk, presenter, parent
        self._terminal: Terminal | None = None
        self._grid: WatchlistGrid | None = None
        self._verbs: dict[str, Callable[[], None]] = {
            "buy": lambda: self._open_ticket(Side.BUY),
            "sell": lambda: self._open_ticket(Side.SELL),
            "depth": lambda: desk.show_panel("depth"),
            "chart": lambda: desk.show_panel("chart"),
            "menu": self._open_menu_below,
            "up": lambda: self._move(-1),
            "down": lambda: self._move(1),
            "copy": self._copy,
            "copy symbols": self._copy_symbols,
            "paste": self._paste,
            "remove": self._remove_selected,
            "remove expired": lambda: self._remove(presenter.expired()),
            "undo": self._undo,
            "new list": self._add_list,
            "columns": self._open_columns,
        }

    def attach(self, terminal: Terminal, grid: WatchlistGrid) -> None:
        """The rows are there, and the services behind them."""
        self._terminal, self._grid = terminal, grid
        grid.verb_asked.connect(self.do)
        grid.row_activated.connect(lambda _: self.do("chart"))
        grid.row_action.connect(self._on_row_action)
        grid.row_dropped.connect(lambda one, gap: self._edit(lambda: self._presenter.move_before(one, gap)))
        grid.menu_asked.connect(lambda _, at: self._open_menu(at))

    def do(self, verb: str) -> None:
        """Do it. Raises KeyError for an unknown verb."""
        if verb.startswith(LIST):
            if self._presenter.choose_list(int(verb.removeprefix(LIST))):
                self.list_wanted.emit()
        elif verb.startswith(SORT):
            key = verb.removeprefix(SORT)
            self._presenter.sorted_by = (key, key != "name") if key else None
            self.list_wanted.emit()
        else:
            self._verbs[verb]()

    def add(self, one: InstrumentId) -> None:
        """Put an instrument on the shown list and say so."""
        added: list[bool] = []
        if self._edit(lambda: added.append(self._presenter.add(one))):
            words = "Added to" if any(added) else "Already in"
            self._desk.toast(" ".join(name_of(one)).strip(), f"{words} watchlist {self._presenter.number}.")

    def _edit(self, change: Callable[[], object]) -> bool:
        """Do it; what cannot be done is told, and False."""
        try:
            change()
        except BhavError as error:
            if self._terminal is not None:
                self._terminal.notices.failed("The watchlist was not changed", error)
            return False
        return True

    def _current(self) -> InstrumentId | None:
        key = self._grid.current_key() if self._grid is not None else None
        return key if isinstance(key, InstrumentId) else None

    def _open_ticket(self, side: Side) -> None:
        one = self._current()
        if one is None:
            self._desk.toast("Choose an instrument first", "Click a row, or press the arrow keys.")
        elif one.kind is InstrumentKind.INDEX:
            self._desk.toast(f"{one.symbol} is an index", "It is not traded itself; its futures and options are.")
        elif trouble := self._presenter.trouble(one):
            self._desk.toast(f"{name_of(one)[0]} is {trouble}", "It cannot be traded.")
        else:
            self._desk.open_ticket(TicketDraft(one, side))

    def _move(self, steps: int) -> None:
        one = self._current()
        if one is not None:
            self._edit(lambda: self._presenter.move(one, steps))

    def _remove_selected(self) -> None:
        self._remove(self._grid.selected_keys() if self._grid is not None else ())

    def _remove(self, ids: Sequence[InstrumentId]) -> None:
        if not ids or self._grid is None:
            return
        keys = self._grid.model_.keys
        row = min(keys.index(one) for one in ids)
        if not self._edit(lambda: self._presenter.remove(ids)):
            return
        if keys := self._grid.model_.keys:  # the row that moved up becomes the chosen one
            self._grid.select_key(keys[min(row, len(keys) - 1)])
        what = " ".join(name_of(ids[0])).strip() if len(ids) == 1 else f"{len(ids)} instruments"
        self._desk.toast(f"Removed {what}", "Ctrl+Z in the watchlist brings it back.")

    def _undo(self) -> None:
        undone: list[bool] = []
        if self._edit(lambda: undone.append(self._presenter.undo())) and not any(undone):
            self._desk.toast("Nothing to undo", "No watchlist was changed since the start.")

    def _add_list(self) -> None:
        if self._edit(self._presenter.add_list):
            self.list_wanted.emit()

    def _copy(self) -> None:
        if self._grid is not None:
            self._grid.copy()

    def _copy_symbols(self) -> None:
        QGuiApplication.clipboard().setText(self._presenter.symbols())
        count = len(self._presenter.own_order())
        self._desk.toast(f"Copied {count} symbols", "Paste them into another list or another program.")

    def _paste(self) -> None:
        text = QGuiApplication.clipboard().text()
        outcomes: list[Pasted] = []
        if self._edit(lambda: outcomes.append(self._presenter.paste(text))):
            title, detail = pasted_words(outcomes[0])
            self._desk.toast(title, detail, "error" if outcomes[0].unknown else "news")

    def _on_row_action(self, one: object, verb: str) -> None:
        if self._grid is not None and isinstance(one, InstrumentId):
            self._grid.select_key(one)
            self.do("menu" if verb == "more" else verb)

    def _open_menu_below(self) -> None:
        """The row's menu without a pointer: under the name."""
        one = self._current()
        if self._grid is not None and one is not None:
            row = self._grid.model_.row_of(one)
            below = self._grid.cell_rect(row or 0, 0).bottomRight()
            self._open_menu(self._grid.viewport().mapToGlobal(below))

    def _open_menu(self, at: QPoint) -> None:
        one = self._current()
        if self._grid is not None and one is not None:
            tradable = one.kind is not InstrumentKind.INDEX and not self._presenter.trouble(one)
            open_row_menu(self._panel, at, self.do, tradable=tradable, selected=len(self._grid.selected_keys()))

    def _open_columns(self) -> None:
        if self._grid is not None:
            self._grid.header.open_column_menu(QPoint(0, self._grid.header.height()))


def pasted_words(pasted: Pasted) -> tuple[str, str]:
    """Title and sentence of what became of pasted symbols."""
    title = f"Added {pasted.added}" if pasted.added else "Nothing added"
    parts = [f"{pasted.already} in the list already."] if pasted.already else []
    if pasted.unknown:
        others = len(pasted.unknown) - _FIRST_NAMED
        named = ", ".join(pasted.unknown[:_FIRST_NAMED])
        parts.append(f"Not found: {named}{f' and {others} more' if others > 0 else ''}.")
    return title, " ".join(parts)
