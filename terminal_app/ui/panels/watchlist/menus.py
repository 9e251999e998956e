"""The menus of the watchlist: what a row can do, and what a list can do."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from terminal_app.services.watchlists import MOST_LISTS
from terminal_app.ui.panels.watchlist.keys import LIST
from terminal_app.ui.panels.watchlist.presenter import SORTS, WatchlistPresenter

Do = Callable[[str], None]
SORT = "sort "
"""Begins the verb that orders a list: "sort volume"; "sort " alone returns to the user's order."""


def open_row_menu(parent: QWidget, at: QPoint, do: Do, *, tradable: bool, selected: int) -> QMenu:
    """The same verbs in the same order as the buttons in the row, then the rest."""
    menu = _menu(parent)
    for verb, text in (("buy", "Buy…\tB"), ("sell", "Sell…\tS")):
        _add(menu, text, verb, do).setEnabled(tradable)
    _add(menu, "Market depth\tD", "depth", do)
    menu.addSeparator()
    _add(menu, "Show on the chart\tEnter", "chart", do)
    menu.addSeparator()
    _add(menu, "Move up\tAlt+Up", "up", do)
    _add(menu, "Move down\tAlt+Down", "down", do)
    menu.addSeparator()
    _add(menu, "Copy\tCtrl+C", "copy", do)
    _add(menu, f"Remove {selected}\tDel" if selected > 1 else "Remove\tDel", "remove", do)
    menu.popup(at)
    return menu


def open_list_menu(parent: QWidget, at: QPoint, presenter: WatchlistPresenter, selected: int, do: Do) -> QMenu:
    """Which list, its order and columns, and edits of the whole list."""
    menu = _menu(parent)
    for number in range(1, presenter.count + 1):
        action = _add(menu, f"Watchlist {number}\t{number}", f"{LIST}{number}", do)
        action.setCheckable(True)
        action.setChecked(number == presenter.number)
    new = _add(menu, "New watchlist", "new list", do)
    new.setEnabled(presenter.count < MOST_LISTS)
    if not new.isEnabled():
        new.setText(f"New watchlist: {MOST_LISTS} is the most")
    menu.addSeparator()
    _add_sorting(menu, presenter, do)
    _add(menu, "Columns…", "columns", do)
    menu.addSeparator()
    _add(menu, "Copy all symbols", "copy symbols", do).setEnabled(bool(presenter.own_order()))
    _add(menu, "Paste symbols\tCtrl+V", "paste", do)
    menu.addSeparator()
    _add(menu, f"Remove selected ({selected})\tDel", "remove", do).setEnabled(selected > 0)
    if expired := len(presenter.expired()):
        _add(menu, f"Remove expired ({expired})", "remove expired", do)
    _add(menu, "Undo the last change\tCtrl+Z", "undo", do)
    menu.popup(at)
    return menu


def _add_sorting(menu: QMenu, presenter: WatchlistPresenter, do: Do) -> None:
    sorting = menu.addMenu("Sort by")
    chosen = presenter.sorted_by[0] if presenter.sorted_by is not None else ""
    for key, title in (("", "My order"), *SORTS):
        action = _add(sorting, title, f"{SORT}{key}", do)
        action.setCheckable(True)
        action.setChecked(key == chosen)


def _menu(parent: QWidget) -> QMenu:
    menu = QMenu(parent)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    return menu


def _add(menu: QMenu, text: str, verb: str, do: Do) -> QAction:
    action = menu.addAction(text)
    action.triggered.connect(lambda _=False: do(verb))
    return action
