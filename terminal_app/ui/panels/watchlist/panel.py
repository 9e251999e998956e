"""The watchlist panel: list tabs, live prices, and the verbs of a row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QStackedLayout, QWidget

from terminal_app.domain.enums import FeedMode, InstrumentKind
from terminal_app.domain.ids import InstrumentId
from terminal_app.ui.kit.buttons import IconButton
from terminal_app.ui.kit.ground import Ground
from terminal_app.ui.kit.section_tabs import SectionTabs
from terminal_app.ui.kit.states import EmptyState, line_with_keys
from terminal_app.ui.kit.styled import quietly
from terminal_app.ui.panels.watchlist.keys import LIST, verb_of
from terminal_app.ui.panels.watchlist.menus import open_list_menu
from terminal_app.ui.panels.watchlist.presenter import SORTS, WatchlistPresenter
from terminal_app.ui.panels.watchlist.preview import NamePreview
from terminal_app.ui.panels.watchlist.verbs import WatchlistVerbs

if TYPE_CHECKING:
    from terminal_app.domain.messages import WatchlistsChanged
    from terminal_app.services.terminal import Terminal
    from terminal_app.ui.desk import Desk
    from terminal_app.ui.panels.watchlist.grid import WatchlistGrid
    from terminal_app.ui.panels.watchlist.model import Figures
    from terminal_app.ui.snapshot import Snapshot

_RESORT_S = 5


class WatchlistPanel(QWidget):
    """Names at once, prices from `attach` on."""

    NAME = "watchlist"
    TITLE = "Watchlist"

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
        self._verbs = WatchlistVerbs(desk, self._presenter, self)
        self._verbs.list_wanted.connect(self._show_all)
        self._tabs = SectionTabs("Watchlists")
        self._tabs.chosen.connect(lambda key: self._verbs.do(f"{LIST}{key}"))
        self._tools = self._make_tools()
        self._preview = NamePreview()
        self._empty = _empty_page()
        self._pages = QStackedLayout(self)
        self._pages.addWidget(self._preview)
        self._pages.addWidget(self._empty)
        self._show_all()

    # What the window asks

    def attach(self, terminal: Terminal, desk: Desk) -> None:
        """Exchange the names for the live grid, and begin to follow prices."""
        from terminal_app.ui.panels.watchlist.grid import WatchlistGrid

        self._terminal = terminal
        self._presenter.attach(terminal)
        grid = self._grid = WatchlistGrid()
        self._pages.addWidget(grid)
        grid.restore_state(self._state)
        grid.tooltip_of = self._presenter.tooltip
        grid.current_key_changed.connect(self._on_chosen)
        self._verbs.attach(terminal, grid)
        grid.sort_asked.connect(self._on_sort_asked)
        grid.columns_changed.connect(self._on_columns_changed)
        desk.bridge.watchlists_changed.connect(self._on_watchlists_changed)
        desk.bridge.instruments_changed.connect(lambda _: self._show_list())
        desk.instrument_chosen.connect(self._follow)
        desk.watch_wanted.connect(self._verbs.add)
        desk.frame.connect(self._on_frame)
        desk.second.connect(self._on_second)
        self._show_list()
        self._choose_first()

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
        if isinstance(sorting, list) and len(sorting) == 2 and str(sorting[0]) in dict(SORTS):
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

    def _show_all(self) -> None:
        self._show_tabs()
        self._show_list()

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
            self._preview.show_names(self._presenter.names(ids))
            self._pages.setCurrentWidget(self._preview if ids else self._empty)
            return
        before = self._pages.currentWidget()
        had_focus = before is not None and before.hasFocus()
        self._close_figures()
        with quietly(grid):
            grid.set_keys(ids)
        self._show_names(ids)
        self._open_figures(ids)
        self._show_sort()
        terminal.market.watch(self, ids, FeedMode.QUOTE)
        page = grid if ids else self._empty
        self._pages.setCurrentWidget(page)
        if had_focus:
            page.setFocus()
        if self._desk.current_instrument is not None:
            self._follow(self._desk.current_instrument)
        self._show_ages()
        grid.flush()

    def _show_names(self, ids: Sequence[InstrumentId]) -> None:
        from terminal_app.ui.grid.live_model import Name

        assert self._grid is not None
        names = []
        for one, (main, behind) in zip(ids, self._presenter.names(ids), strict=True):
            trouble = self._presenter.trouble(one)
            names.append(Name(main, trouble or behind, "text.disabled" if trouble else "text.1"))
        self._grid.model_.set_names("name", names)

    def _open_figures(self, ids: Sequence[InstrumentId]) -> None:
        from terminal_app.ui.panels.watchlist.model import Figures

        assert self._grid is not None
        assert self._terminal is not None
        market = self._terminal.market
        instruments = [market.instrument(one) for one in ids]
        decimals = [instrument.price_decimals if instrument is not None else 2 for instrument in instruments]
        self._figures = Figures(self._grid.model_, market.rows(ids), decimals, self._grid.shown_columns)

    def _close_figures(self) -> None:
        if self._figures is not None:
            self._figures.close()
            self._figures = None

    def _show_sort(self) -> None:
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
        tradable = [
            one for one in self._shown if one.kind is not InstrumentKind.INDEX and not self._presenter.trouble(one)
        ]
        found = next((one for one in self._shown if str(one) == saved), (tradable or list(self._shown))[0])
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
        may_move = by_figures and self._seconds % _RESORT_S == 0 and not grid.is_pointed_at
        if may_move and self._presenter.arranged() != self._shown:
            self._show_list()
        self._show_ages()
        grid.flush()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._show_ages()

    def _show_ages(self) -> None:
        if self._figures is not None and self._terminal is not None:
            market = self._terminal.market
            self._figures.show_ages([market.age_s(one) if market.is_old(one) else None for one in self._shown])

    def _on_watchlists_changed(self, message: WatchlistsChanged) -> None:
        self._show_tabs()
        if message.list_number == self._presenter.number:
            self._show_list()

    def _on_chosen(self, one: object) -> None:
        if isinstance(one, InstrumentId):
            self._desk.choose(one)

    def _follow(self, one: InstrumentId) -> None:
        """Something else chose an instrument: show where it is, if it is here."""
        if self._grid is None or self._grid.current_key() == one:
            return
        with quietly(self._grid):
            if one in self._shown:
                self._grid.select_key(one)
            else:
                self._grid.clearSelection()

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
            self._verbs.do(verb)
        else:
            super().keyPressEvent(event)

    def _open_list_menu(self) -> None:
        at = self._more.mapToGlobal(QPoint(0, self._more.height()))
        selected = len(self._grid.selected_keys()) if self._grid is not None else 0
        open_list_menu(self, at, self._presenter, selected, self._verbs.do)


def _empty_page() -> QWidget:
    page = Ground()
    state = EmptyState("This watchlist is empty.", "Press [Ctrl K] to find an instrument,")
    column = state.layout()
    assert isinstance(column, QBoxLayout)
    column.insertLayout(3, line_with_keys("[Alt W] adds it."))
    state.setAccessibleName("This watchlist is empty. Press Ctrl K to find an instrument, Alt W adds it.")
    inside = QHBoxLayout(page)
    inside.addWidget(state)
    page.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    return page
