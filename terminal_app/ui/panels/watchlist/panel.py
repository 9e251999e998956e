"""The watchlist panel: list tabs, live prices, and the verbs of a row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPoint, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QStackedLayout, QWidget

from terminal_app.domain.enums import FeedMode, InstrumentKind, Side
from terminal_app.domain.errors import BhavError
from terminal_app.domain.ids import InstrumentId
from terminal_app.ui.drafts import TicketDraft
from terminal_app.ui.kit.buttons import IconButton
from terminal_app.ui.kit.ground import Ground
from terminal_app.ui.kit.section_tabs import SectionTabs
from terminal_app.ui.kit.states import EmptyState, line_with_keys
from terminal_app.ui.kit.styled import quietly
from terminal_app.ui.panels.watchlist.keys import LIST, verb_of
from terminal_app.ui.panels.watchlist.menus import open_list_menu, open_row_menu
from terminal_app.ui.panels.watchlist.presenter import SORTS, WatchlistPresenter, name_of
from terminal_app.ui.panels.watchlist.preview import NamePreview

if TYPE_CHECKING:
    from terminal_app.domain.messages import WatchlistsChanged
    from terminal_app.services.terminal import Terminal
    from terminal_app.ui.desk import Desk
    from terminal_app.ui.panels.watchlist.grid import WatchlistGrid
    from terminal_app.ui.panels.watchlist.model import Figures
    from terminal_app.ui.snapshot import Snapshot

_SORT, _RESORT_S = "sort ", 5


class WatchlistPanel(QWidget):
    """Names at once, prices from `attach` on."""

    NAME = "watchlist"
    TITLE = "Watchlist"

    menu_opened = Signal(object)

    def __init__(self, desk: Desk, snapshot: Snapshot) -> None:
        super().__init__()
        self._desk = desk
        self._terminal: Terminal | None = None
        self._state: dict[str, Any] = {}
        self._grid: WatchlistGrid | None = None
        self._figures: Figures | None = None
        self._shown: tuple[InstrumentId, ...] = ()
        self._seconds = 0
        self._presenter = WatchlistPresenter(snapshot.watchlists)
        self._tabs = SectionTabs("Watchlists")
        self._tabs.chosen.connect(lambda key: self._do(f"{LIST}{key}"))
        self._tools = self._make_tools()
        self._preview = NamePreview()
        self._empty = _empty_page()
        self._pages = QStackedLayout(self)
        self._pages.addWidget(self._preview)
        self._pages.addWidget(self._empty)
        self._verbs = self._make_verbs()
        self._show_tabs()
        self._show_list()

    # What the window asks

    def attach(self, terminal: Terminal, desk: Desk) -> None:
        """Exchange the names for the live grid, and begin to follow prices."""
        from terminal_app.ui.panels.watchlist.grid import WatchlistGrid

        self._terminal = terminal
        self._presenter.attach(terminal)
        grid = self._grid = WatchlistGrid()
        self._pages.addWidget(grid)
        grid.restore_state(self._state)
        grid.verb_asked.connect(self._do)
        grid.row_activated.connect(lambda _: self._do("chart"))
        grid.row_action.connect(self._on_row_action)
        grid.row_dropped.connect(lambda id, gap: self._edit(lambda: self._presenter.move_before(id, gap)))
        grid.current_key_changed.connect(self._on_chosen)
        grid.menu_asked.connect(lambda _, at: self._open_row_menu(at))
        grid.sort_asked.connect(self._on_sort_asked)
        grid.columns_changed.connect(self._on_columns_changed)
        desk.bridge.watchlists_changed.connect(self._on_watchlists_changed)
        desk.bridge.instruments_changed.connect(lambda _: self._show_list())
        desk.instrument_chosen.connect(self._follow)
        desk.watch_wanted.connect(self._add)
        desk.frame.connect(self._on_frame)
        desk.second.connect(self._on_second)
        self._show_list()
        self._choose_first()
        grid.destroyed.connect(self._let_go)

    def header_left(self) -> QWidget | None:
        """The lists' numbers."""
        return self._tabs

    def header_actions(self) -> QWidget | None:
        """Add an instrument; everything else of the list."""
        return self._tools

    def save_state(self) -> dict[str, Any]:
        """The list in front, its order, the columns, and the chosen instrument."""
        columns = self._grid.save_state() if self._grid is not None else self._state
        chosen = self._desk.current_instrument
        return {
            **columns,
            "list": self._presenter.number,
            "sorted_by": list(self._presenter.sorted_by) if self._presenter.sorted_by else None,
            "chosen": str(chosen) if chosen is not None else self._state.get("chosen"),
        }

    def restore_state(self, state: dict[str, Any]) -> None:
        """Take back what was remembered; what makes no sense any more is left out."""
        self._state = dict(state)
        number, sorting = state.get("list"), state.get("sorted_by")
        if isinstance(number, int) and self._presenter.choose_list(number):
            self._show_tabs()
        if isinstance(sorting, list) and len(sorting) == 2 and sorting[0] in dict(SORTS):
            self._presenter.sorted_by = (str(sorting[0]), bool(sorting[1]))
        if self._grid is not None:
            self._grid.restore_state(state)
        self._show_list()

    def focus_main(self) -> None:
        """Put the focus on the rows."""
        page = self._pages.currentWidget()
        if page is self._grid and self._grid is not None and self._shown and self._grid.current_key() is None:
            self._grid.select_key(self._shown[0])
        if page is not None:
            page.setFocus()

    # Showing

    def _make_tools(self) -> QWidget:
        tools = QWidget()
        row = QHBoxLayout(tools)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        add = IconButton("plus", "Find an instrument to add", key=self._desk.actions.key_text("search"))
        add.clicked.connect(lambda: self._desk.actions.trigger("search"))
        self._more = IconButton("ellipsis", "More about this watchlist")
        self._more.clicked.connect(self._open_list_menu)
        row.addWidget(add)
        row.addWidget(self._more)
        return tools

    def _show_tabs(self) -> None:
        with quietly(self._tabs):
            for number in range(self._tabs.count() + 1, self._presenter.count + 1):
                self._tabs.add(str(number), str(number))
                self._tabs.setAccessibleTabName(number - 1, f"Watchlist {number}")
            self._tabs.set_chosen(str(self._presenter.number))
        self._tabs.update()

    def _show_list(self) -> None:
        """Show the chosen list from scratch: rows, names, prices, what is asked of the feed."""
        ids = self._shown = self._presenter.arranged()
        grid, terminal = self._grid, self._terminal
        if grid is None or terminal is None:
            self._preview.show_names([name_of(id) for id in ids])
            self._pages.setCurrentWidget(self._preview if ids else self._empty)
            return
        had_focus = self._pages.currentWidget() is not None and self._pages.currentWidget().hasFocus()
        self._close_figures()
        with quietly(grid):
            grid.set_keys(ids)
        self._show_names(ids)
        self._open_figures(ids)
        self._show_sort()
        terminal.market.watch(self, ids, FeedMode.QUOTE)
        self._pages.setCurrentWidget(grid if ids else self._empty)
        if had_focus:
            self._pages.currentWidget().setFocus()
        if self._desk.current_instrument is not None:
            self._follow(self._desk.current_instrument)
        self._show_ages()
        grid.flush()

    def _show_names(self, ids: Sequence[InstrumentId]) -> None:
        from terminal_app.ui.grid.live_model import Name

        assert self._grid is not None
        names = []
        for id in ids:
            main, behind = name_of(id)
            trouble = self._presenter.trouble(id)
            names.append(Name(main, trouble or behind, "text.disabled" if trouble else "text.1"))
        self._grid.model_.set_names("name", names)
        self._grid.model_.tooltips = {(row, 0): self._presenter.tooltip(id) for row, id in enumerate(ids)}

    def _open_figures(self, ids: Sequence[InstrumentId]) -> None:
        from terminal_app.ui.panels.watchlist.model import Figures

        assert self._grid is not None
        assert self._terminal is not None
        market = self._terminal.market
        instruments = [market.instrument(id) for id in ids]
        decimals = [instrument.price_decimals if instrument is not None else 2 for instrument in instruments]
        self._figures = Figures(self._grid.model_, market.rows(ids), decimals, self._grid.shown_columns)

    def _close_figures(self) -> None:
        if self._figures is not None:
            self._figures.close()
            self._figures = None

    def _show_sort(self) -> None:
        from PySide6.QtCore import Qt

        assert self._grid is not None
        sorting = self._presenter.sorted_by
        if sorting is None:
            self._grid.header.show_sort(None)
            return
        order = Qt.SortOrder.DescendingOrder if sorting[1] else Qt.SortOrder.AscendingOrder
        self._grid.header.show_sort(self._grid.model_.column_index(sorting[0]), order)

    def _choose_first(self) -> None:
        """Where nothing is chosen yet: what was chosen last time, else the first that can be traded."""
        if self._desk.current_instrument is not None or not self._shown:
            return
        saved = self._state.get("chosen")
        tradable = [id for id in self._shown if id.kind is not InstrumentKind.INDEX and not self._presenter.trouble(id)]
        found = next((id for id in self._shown if str(id) == saved), (tradable or list(self._shown))[0])
        self._desk.choose(found)

    # What happens

    def _on_frame(self) -> None:
        if self._figures is not None and self._grid is not None and self._grid.isVisible() and self._figures.take():
            self._grid.flush()

    def _on_second(self) -> None:
        grid = self._grid
        if grid is None or not grid.isVisible():
            return
        self._seconds += 1
        by_figures = self._presenter.sorted_by is not None and self._presenter.sorted_by[0] != "name"
        # Rows stand still under the pointer: whoever aims at a row must hit that row.
        if by_figures and self._seconds % _RESORT_S == 0 and not grid.underMouse():
            if self._presenter.arranged() != self._shown:
                self._show_list()
        self._show_ages()
        grid.flush()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._show_ages()

    def _show_ages(self) -> None:
        if self._figures is not None and self._terminal is not None:
            market = self._terminal.market
            self._figures.show_ages([market.age_s(id) if market.is_old(id) else None for id in self._shown])

    def _on_watchlists_changed(self, message: WatchlistsChanged) -> None:
        self._show_tabs()
        if message.list_number == self._presenter.number:
            self._show_list()

    def _on_chosen(self, id: object) -> None:
        if isinstance(id, InstrumentId):
            self._desk.choose(id)

    def _follow(self, id: InstrumentId) -> None:
        """Something else chose an instrument: show where it is, if it is here."""
        if self._grid is None or self._grid.current_key() == id:
            return
        with quietly(self._grid):
            if id in self._shown:
                self._grid.select_key(id)
            else:
                self._grid.clearSelection()

    def _on_row_action(self, id: object, verb: str) -> None:
        assert self._grid is not None
        self._grid.select_key(id)
        self._do("menu" if verb == "more" else verb)

    def _on_sort_asked(self, column: str) -> None:
        self._presenter.cycle_sort(column)
        self._show_list()

    def _on_columns_changed(self) -> None:
        if self._figures is not None and self._grid is not None:
            self._figures.write_all()
            self._show_ages()
            self._grid.flush()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        verb = verb_of(event)
        if verb:
            self._do(verb)
        else:
            super().keyPressEvent(event)

    # Verbs

    def _make_verbs(self) -> dict[str, Callable[[], None]]:
        return {
            "buy": lambda: self._open_ticket(Side.BUY),
            "sell": lambda: self._open_ticket(Side.SELL),
            "depth": lambda: self._desk.show_panel("depth"),
            "chart": lambda: self._desk.show_panel("chart"),
            "menu": lambda: self._open_row_menu(None),
            "up": lambda: self._move(-1),
            "down": lambda: self._move(1),
            "copy": lambda: self._grid.copy() if self._grid is not None else None,
            "copy symbols": self._copy_symbols,
            "paste": self._paste,
            "remove": self._remove_selected,
            "remove expired": lambda: self._remove(self._presenter.expired()),
            "undo": self._undo,
            "new list": self._add_list,
            "columns": self._open_columns,
        }

    def _do(self, verb: str) -> None:
        if verb.startswith(LIST):
            if self._presenter.choose_list(int(verb.removeprefix(LIST))):
                self._show_tabs()
                self._show_list()
        elif verb.startswith(_SORT):
            key = verb.removeprefix(_SORT)
            self._presenter.sorted_by = (key, key != "name") if key else None
            self._show_list()
        else:
            self._verbs[verb]()

    def _edit(self, change: Callable[[], object]) -> bool:
        """Do it; what cannot be done is told."""
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
        id = self._current()
        if id is None:
            self._desk.toast("Choose an instrument first", "Click a row, or press the arrow keys.")
        elif id.kind is InstrumentKind.INDEX:
            self._desk.toast(f"{id.symbol} is an index", "It is not traded itself; its futures and options are.")
        elif trouble := self._presenter.trouble(id):
            self._desk.toast(f"{name_of(id)[0]} is {trouble}", "It cannot be traded.")
        else:
            self._desk.open_ticket(TicketDraft(id, side))

    def _move(self, steps: int) -> None:
        id = self._current()
        if id is not None:
            self._edit(lambda: self._presenter.move(id, steps))

    def _remove_selected(self) -> None:
        self._remove(self._grid.selected_keys() if self._grid is not None else ())

    def _remove(self, ids: Sequence[InstrumentId]) -> None:
        if not ids or self._grid is None:
            return
        rows = [self._shown.index(id) for id in ids]
        if not self._edit(lambda: self._presenter.remove(ids)):
            return
        if self._shown:  # the row that moved up is the next one
            self._grid.select_key(self._shown[min(min(rows), len(self._shown) - 1)])
        what = " ".join(name_of(ids[0])) if len(ids) == 1 else f"{len(ids)} instruments"
        self._desk.toast(f"Removed {what}", "Ctrl+Z in the watchlist brings it back.")

    def _undo(self) -> None:
        undone: list[bool] = []
        if self._edit(lambda: undone.append(self._presenter.undo())) and not any(undone):
            self._desk.toast("Nothing to undo", "No watchlist was changed since the start.")

    def _add(self, id: InstrumentId) -> None:
        added: list[bool] = []
        if self._edit(lambda: added.append(self._presenter.add(id))):
            name = " ".join(name_of(id))
            words = "Added to" if any(added) else "Already in"
            self._desk.toast(name, f"{words} watchlist {self._presenter.number}.")

    def _add_list(self) -> None:
        if self._edit(self._presenter.add_list):
            self._show_tabs()
            self._show_list()

    def _copy_symbols(self) -> None:
        QGuiApplication.clipboard().setText(self._presenter.symbols())
        self._desk.toast(f"Copied {len(self._shown)} symbols", "Paste them into another list or another program.")

    def _paste(self) -> None:
        text = QGuiApplication.clipboard().text()
        outcome: list[Any] = []
        if not self._edit(lambda: outcome.append(self._presenter.paste(text))):
            return
        title, detail = paste_words(outcome[0])
        self._desk.toast(title, detail, "error" if outcome[0].unknown else "news")

    def _open_row_menu(self, at: QPoint | None) -> None:
        grid, id = self._grid, self._current()
        if grid is None or id is None:
            return
        if at is None:
            row = self._shown.index(id)
            at = grid.viewport().mapToGlobal(grid.cell_rect(row, 0).bottomRight())
        tradable = id.kind is not InstrumentKind.INDEX and not self._presenter.trouble(id)
        menu = open_row_menu(self, at, self._do, tradable=tradable, selected=len(grid.selected_keys()))
        self.menu_opened.emit(menu)

    def _open_list_menu(self) -> None:
        at = self._more.mapToGlobal(QPoint(0, self._more.height()))
        selected = len(self._grid.selected_keys()) if self._grid is not None else 0
        self.menu_opened.emit(open_list_menu(self, at, self._presenter, selected, self._do))

    def _open_columns(self) -> None:
        if self._grid is not None:
            self._grid.header.open_column_menu(QPoint(0, self._grid.header.height()))

    def _let_go(self) -> None:
        self._close_figures()


def paste_words(pasted: Any) -> tuple[str, str]:
    """Title and sentence of what became of pasted symbols."""
    title = f"Added {pasted.added}" if pasted.added else "Nothing added"
    parts = [f"{pasted.already} were in the list already."] if pasted.already else []
    if pasted.unknown:
        shown = ", ".join(pasted.unknown[:3]) + (" and others" if len(pasted.unknown) > 3 else "")
        parts.append(f"Not found: {shown}.")
    return title, " ".join(parts)


def _empty_page() -> QWidget:
    page = Ground()
    state = EmptyState("This watchlist is empty.", "Press [Ctrl K] to find an instrument,")
    column = state.layout()
    assert isinstance(column, QBoxLayout)
    column.insertLayout(3, line_with_keys("[Alt W] adds it."))
    state.setAccessibleName("This watchlist is empty. Press Ctrl K to find an instrument, Alt W adds it.")
    inside = QHBoxLayout(page)
    inside.addWidget(state)
    from PySide6.QtCore import Qt

    page.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    return page
