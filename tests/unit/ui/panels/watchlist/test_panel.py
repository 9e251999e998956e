"""The watchlist on screen: names first, live figures, keys, clicks and drags."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QMenu, QWidget
from pytestqt.qtbot import QtBot

from terminal_app.domain.enums import FeedMode, Side
from terminal_app.domain.ids import InstrumentId
from terminal_app.domain.market import Quote
from terminal_app.domain.messages import InstrumentsChanged
from terminal_app.ui.drafts import TicketDraft
from terminal_app.ui.grid.live_model import TONE
from terminal_app.ui.kit.section_tabs import SectionTabs
from terminal_app.ui.panels.watchlist.grid import WatchlistGrid
from terminal_app.ui.panels.watchlist.panel import WatchlistPanel
from terminal_app.ui.panels.watchlist.preview import NamePreview
from terminal_app.ui.theme import theme
from tests.helpers.catalogue_samples import sample_listing
from tests.helpers.live_market import live_desk
from tests.helpers.table_gallery import hover

RELIANCE, HDFC, CESC = (InstrumentId.parse(f"NSE:{symbol}:EQ") for symbol in ("RELIANCE", "HDFCBANK", "CESC"))
NIFTY = InstrumentId.parse("NSE:NIFTY 50:INDEX")
GONE = InstrumentId.parse("NSE:NIFTY:2026-11-17:24500:CE")
LIST = [NIFTY, RELIANCE, HDFC, CESC]


class Shown:
    """The panel in a window of its own."""

    def __init__(self, qtbot: QtBot) -> None:
        self.window = QWidget()
        qtbot.addWidget(self.window)
        self.scripted, self.market = live_desk(self.window, sample_listing())
        self.lists = self.scripted.watchlists
        self.lists.remove(1, self.lists.get(1))
        self.lists.extend(1, LIST)
        self.panel = WatchlistPanel(self.scripted.desk, self.scripted.snapshot)
        qtbot.addWidget(self.panel)
        self.tickets: list[TicketDraft] = []
        self.panels: list[str] = []
        self.scripted.desk.ticket_wanted.connect(self.tickets.append)
        self.scripted.desk.panel_wanted.connect(self.panels.append)
        self.panel.resize(304, 400)
        self.panel.show()

    def attach(self) -> WatchlistGrid:
        self.panel.attach(self.scripted.terminal, self.scripted.desk)
        return self.grid

    @property
    def grid(self) -> WatchlistGrid:
        found = self.panel.findChild(WatchlistGrid)
        assert found is not None
        return found

    def frame(self) -> None:
        self.scripted.desk.frame.emit()

    def row(self, id: InstrumentId) -> dict[str, str]:
        model, row = self.grid.model_, self.grid.model_.keys.index(id)
        return {key: model.text(row, model.column_index(key)) for key in self.grid.shown_columns()}

    def tone(self, id: InstrumentId, column: str) -> int:
        model = self.grid.model_
        return int(model.tones[model.keys.index(id), model.column_index(column)])

    def key(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        QTest.keyClick(self.grid, key, modifiers)

    @property
    def told(self) -> list[str]:
        """Toasts and failures, as one text each."""
        toasts = [f"{title}: {text}" for title, text, _ in self.scripted.toasts]
        return toasts + [notice.text for notice in self.scripted.terminal.notices.recent()]


@pytest.fixture
def shown(qtbot: QtBot) -> Shown:
    return Shown(qtbot)


def test_names_are_on_screen_before_the_services_are(shown: Shown) -> None:
    preview = shown.panel.findChild(NamePreview)
    assert preview is not None
    assert preview.isVisible()
    before = preview.grab().toImage()
    shown.lists.remove(1, LIST)
    shown.panel.restore_state({})
    assert not preview.isVisible()
    preview.show_names([])
    assert preview.grab().toImage() != before


def test_prices_appear_with_a_frame_and_unknown_ones_are_dashes(shown: Shown) -> None:
    shown.attach()
    shown.market.price(RELIANCE, "1421.80", "1404.60")
    shown.market.price(CESC, "99.5", "100")
    shown.frame()
    assert shown.row(RELIANCE) == {"name": "RELIANCE NSE", "ltp": "1,421.80", "change_percent": "+1.22%"}
    assert shown.row(CESC)["change_percent"] == "−0.50%"
    assert shown.row(HDFC) == {"name": "HDFCBANK NSE", "ltp": "–", "change_percent": "–"}
    assert shown.tone(RELIANCE, "ltp") == TONE["profit"]
    assert shown.tone(CESC, "change_percent") == TONE["loss"]
    assert shown.tone(HDFC, "ltp") == TONE["text.3"]


def test_a_price_that_did_not_move_is_plain_and_its_change_grey(shown: Shown) -> None:
    shown.attach()
    shown.market.price(RELIANCE, "100", "100")
    shown.frame()
    assert shown.row(RELIANCE)["change_percent"] == "0.00%"
    assert (shown.tone(RELIANCE, "ltp"), shown.tone(RELIANCE, "change_percent")) == (TONE["text.1"], TONE["text.3"])


def test_a_change_too_small_to_show_has_no_colour(shown: Shown) -> None:
    shown.attach()
    shown.market.price(RELIANCE, "2246.05", "2246.00")
    shown.frame()
    assert shown.row(RELIANCE)["change_percent"] == "0.00%"
    assert (shown.tone(RELIANCE, "ltp"), shown.tone(RELIANCE, "change_percent")) == (TONE["profit"], TONE["text.3"])


def test_only_a_changed_row_lights_up_and_in_the_colour_of_its_move(shown: Shown) -> None:
    grid = shown.attach()
    shown.market.price(RELIANCE, "100", "100")
    shown.frame()
    column = grid.model_.column_index("ltp")
    assert not np.isfinite(grid.model_.flash_at).any()
    shown.market.price(RELIANCE, "101")
    shown.frame()
    assert np.argwhere(np.isfinite(grid.model_.flash_at)).tolist() == [[1, column]]
    assert grid.model_.flash_up[1, column]
    shown.market.price(RELIANCE, "99")
    shown.frame()
    assert not grid.model_.flash_up[1, column]


def test_an_old_price_says_how_old_it_is_until_the_next_tick(shown: Shown) -> None:
    grid = shown.attach()
    shown.market.price(RELIANCE, "1421.80", "1404.60")
    shown.frame()
    shown.scripted.clock.advance(14)
    shown.scripted.desk.second.emit()
    assert shown.row(RELIANCE) == {"name": "RELIANCE NSE", "ltp": "1,421.80", "change_percent": "14 s old"}
    assert (shown.tone(RELIANCE, "ltp"), shown.tone(RELIANCE, "change_percent")) == (TONE["text.3"], TONE["warn"])
    assert [icon for icon, _ in grid.model_.icons.values()] == ["clock"]
    shown.market.price(RELIANCE, "1421.80")
    shown.frame()
    assert shown.row(RELIANCE)["change_percent"] == "+1.22%"
    assert grid.model_.icons == {}


def test_a_price_that_is_old_when_the_market_closes_is_no_longer_marked(shown: Shown) -> None:
    grid = shown.attach()
    shown.market.price(RELIANCE, "1421.80", "1404.60")
    shown.scripted.clock.advance(60)
    shown.scripted.desk.second.emit()
    assert shown.row(RELIANCE)["change_percent"] == "1 min old"
    shown.scripted.clock.advance(4 * 3600)
    shown.scripted.desk.second.emit()
    assert shown.row(RELIANCE)["change_percent"] == "+1.22%"
    assert grid.model_.icons == {}


def test_the_shown_list_is_what_the_feed_is_asked_for(shown: Shown) -> None:
    shown.attach()
    assert shown.market.hub.wanted() == dict.fromkeys(LIST, FeedMode.QUOTE)
    shown.lists.extend(2, [CESC])
    shown.key(Qt.Key.Key_2)
    assert shown.market.hub.wanted() == {CESC: FeedMode.QUOTE}


def test_the_first_that_can_be_traded_is_chosen_at_the_start(shown: Shown) -> None:
    shown.attach()
    assert shown.scripted.desk.current_instrument == RELIANCE
    assert shown.grid.current_key() == RELIANCE


def test_the_instrument_of_last_time_is_chosen_again(shown: Shown) -> None:
    shown.panel.restore_state({"chosen": str(CESC)})
    shown.attach()
    assert shown.scripted.desk.current_instrument == CESC


def test_a_row_chosen_by_click_or_arrow_is_the_windows_instrument(shown: Shown) -> None:
    grid = shown.attach()
    QTest.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, pos=grid.cell_rect(2, 0).center())
    assert shown.scripted.desk.current_instrument == HDFC
    shown.key(Qt.Key.Key_Down)
    assert shown.scripted.desk.current_instrument == CESC


def test_the_rows_follow_what_is_chosen_elsewhere(shown: Shown) -> None:
    grid = shown.attach()
    shown.scripted.desk.choose(CESC)
    assert grid.selected_keys() == [CESC]
    shown.scripted.desk.choose(InstrumentId.parse("NSE:BANKBEES:EQ"))
    assert grid.selected_keys() == []


def test_a_key_that_is_held_does_not_add_to_what_is_chosen(shown: Shown) -> None:
    grid = shown.attach()
    QTest.keyPress(grid, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    try:
        shown.scripted.desk.choose(CESC)
        assert grid.selected_keys() == [CESC]
    finally:
        QTest.keyRelease(grid, Qt.Key.Key_K)


@pytest.mark.parametrize(
    ("key", "modifiers", "side"),
    [
        (Qt.Key.Key_B, Qt.KeyboardModifier.NoModifier, Side.BUY),
        (Qt.Key.Key_S, Qt.KeyboardModifier.NoModifier, Side.SELL),
        (Qt.Key.Key_B, Qt.KeyboardModifier.AltModifier, Side.BUY),
        (Qt.Key.Key_S, Qt.KeyboardModifier.AltModifier, Side.SELL),
    ],
)
def test_letters_open_the_ticket(shown: Shown, key: Qt.Key, modifiers: Qt.KeyboardModifier, side: Side) -> None:
    shown.attach()
    shown.key(key, modifiers)
    assert shown.tickets == [TicketDraft(RELIANCE, side)]


def test_an_index_opens_no_ticket_and_says_why(shown: Shown) -> None:
    shown.attach().select_key(NIFTY)
    shown.key(Qt.Key.Key_B)
    assert shown.tickets == []
    assert shown.told == ["NIFTY 50 is an index: It is not traded itself; its futures and options are."]


def test_enter_shows_the_chart_and_d_the_depth(shown: Shown) -> None:
    shown.attach()
    shown.key(Qt.Key.Key_Return)
    shown.key(Qt.Key.Key_D)
    assert shown.panels == ["chart", "depth"]


def test_buttons_in_the_row_under_the_pointer_do_the_same(shown: Shown) -> None:
    grid = shown.attach()
    shown.panel.resize(420, 400)
    hover(grid.viewport(), grid.cell_rect(3, 0).center())
    buttons = {button.accessibleName(): button for button in grid.findChildren(QAbstractButton) if button.isVisible()}
    assert list(buttons) == ["Buy (B)", "Sell (S)", "Market depth (D)", "More"]
    buttons["Sell (S)"].click()
    assert shown.tickets == [TicketDraft(CESC, Side.SELL)]
    buttons["Market depth (D)"].click()
    assert shown.panels == ["depth"]


def test_delete_removes_the_selected_and_undo_brings_them_back(shown: Shown) -> None:
    grid = shown.attach()
    shown.key(Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert grid.selected_keys() == [RELIANCE, HDFC]
    shown.key(Qt.Key.Key_Delete)
    assert shown.lists.get(1) == (NIFTY, CESC)
    assert grid.current_key() == CESC
    assert shown.told == ["Removed 2 instruments: Ctrl+Z in the watchlist brings it back."]
    shown.key(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert shown.lists.get(1) == tuple(LIST)
    assert grid.model_.keys == tuple(LIST)


def test_the_last_row_can_be_removed_and_the_empty_list_says_what_to_do(shown: Shown) -> None:
    grid = shown.attach()
    for _ in LIST:
        grid.select_key(grid.model_.keys[0])
        shown.key(Qt.Key.Key_Delete)
    assert not grid.isVisible()
    names = [widget.accessibleName() for widget in shown.panel.findChildren(QWidget) if widget.isVisible()]
    assert "This watchlist is empty. Press Ctrl K to find an instrument, Alt W adds it." in names
    QTest.keyClick(shown.panel, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert grid.model_.keys == (CESC,)


def test_alt_and_arrows_rearrange_rows(shown: Shown) -> None:
    grid = shown.attach()
    shown.key(Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    assert shown.lists.get(1) == (NIFTY, HDFC, RELIANCE, CESC)
    shown.key(Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert grid.model_.keys == tuple(LIST)
    assert grid.current_key() == RELIANCE


def drag(grid: WatchlistGrid, start: QPoint, end: QPoint) -> None:
    QTest.mousePress(grid.viewport(), Qt.MouseButton.LeftButton, pos=start)
    for at in (start + (end - start) / 2, end):
        QApplication.sendEvent(
            grid.viewport(),
            QMouseEvent(
                QMouseEvent.Type.MouseMove,
                QPointF(at),
                QPointF(at),
                Qt.MouseButton.NoButton,
                Qt.MouseButton.LeftButton,
                Qt.KeyboardModifier.NoModifier,
            ),
        )


def test_a_dragged_row_lands_where_the_line_was(shown: Shown) -> None:
    grid = shown.attach()
    end = grid.cell_rect(3, 0).bottomLeft() + QPoint(20, -1)
    drag(grid, grid.cell_rect(1, 0).center(), end)
    assert shown.lists.get(1) == tuple(LIST)
    QTest.mouseRelease(grid.viewport(), Qt.MouseButton.LeftButton, pos=end)
    assert shown.lists.get(1) == (NIFTY, HDFC, CESC, RELIANCE)
    assert grid.current_key() == RELIANCE


def test_escape_ends_a_drag_without_a_change(shown: Shown) -> None:
    grid = shown.attach()
    end = grid.cell_rect(3, 0).center()
    drag(grid, grid.cell_rect(1, 0).center(), end)
    shown.key(Qt.Key.Key_Escape)
    QTest.mouseRelease(grid.viewport(), Qt.MouseButton.LeftButton, pos=end)
    assert shown.lists.get(1) == tuple(LIST)


def test_a_sorted_list_says_that_rows_cannot_be_dragged(shown: Shown) -> None:
    grid = shown.attach()
    grid.sort_asked.emit("name")
    end = grid.cell_rect(3, 0).bottomLeft()
    drag(grid, grid.cell_rect(0, 0).center(), end)
    QTest.mouseRelease(grid.viewport(), Qt.MouseButton.LeftButton, pos=end)
    assert shown.lists.get(1) == tuple(LIST)
    assert shown.told == ["The list is sorted by Instrument. Choose “My order” under Sort by, then move rows."]


def test_a_list_sorted_by_a_figure_is_put_in_order_again_every_few_seconds(shown: Shown) -> None:
    grid = shown.attach()
    for one, last in ((RELIANCE, "101"), (HDFC, "102"), (CESC, "103")):
        shown.market.price(one, last, "100")
    grid.sort_asked.emit("change_percent")
    assert grid.model_.keys == (CESC, HDFC, RELIANCE, NIFTY)
    shown.market.price(RELIANCE, "110")
    shown.frame()
    assert grid.model_.keys == (CESC, HDFC, RELIANCE, NIFTY)
    for _ in range(5):
        shown.scripted.desk.second.emit()
    assert grid.model_.keys == (RELIANCE, CESC, HDFC, NIFTY)
    assert shown.row(RELIANCE)["ltp"] == "110.00"
    assert grid.current_key() == RELIANCE


def test_pasted_symbols_join_the_list(shown: Shown) -> None:
    shown.attach()
    QGuiApplication.clipboard().setText("BANKBEES\nNOSUCH")
    shown.key(Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert str(shown.lists.get(1)[-1]) == "NSE:BANKBEES:EQ"
    assert shown.told == ["Added 1: Not found: NOSUCH."]


def test_an_instrument_found_elsewhere_is_added_to_the_list_in_front(shown: Shown) -> None:
    shown.attach()
    shown.key(Qt.Key.Key_3)
    shown.scripted.desk.add_to_watchlist(CESC)
    shown.scripted.desk.add_to_watchlist(CESC)
    assert shown.lists.get(3) == (CESC,)
    assert shown.told == ["CESC NSE: Added to watchlist 3.", "CESC NSE: Already in watchlist 3."]


def test_tabs_and_number_keys_show_the_same_list(shown: Shown) -> None:
    shown.attach()
    tabs = shown.panel.header_left()
    assert isinstance(tabs, SectionTabs)
    shown.key(Qt.Key.Key_2)
    assert tabs.key() == "2"
    tabs.set_chosen("1")
    assert shown.grid.model_.keys == tuple(LIST)
    shown.key(Qt.Key.Key_7)
    assert tabs.key() == "1"


def choose(text: str) -> None:
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    next(action for action in menu.actions() if action.text().partition("\t")[0] == text).trigger()
    menu.close()


def open_more(shown: Shown) -> None:
    tools = shown.panel.header_actions()
    assert tools is not None
    buttons = tools.findChildren(QAbstractButton)
    next(button for button in buttons if button.accessibleName() == "More about this watchlist").click()


def test_the_menu_makes_a_list_until_there_are_seven(shown: Shown) -> None:
    shown.attach()
    for _ in range(4):
        open_more(shown)
        choose("New watchlist")
    assert shown.lists.count == 7
    tabs = shown.panel.header_left()
    assert isinstance(tabs, SectionTabs)
    assert tabs.key() == "7"
    open_more(shown)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    off = [action.text() for action in menu.actions() if not action.isEnabled() and action.text()]
    menu.close()
    assert off == ["New watchlist: 7 is the most", "Copy all symbols", "Remove selected (0)\tDel"]


def test_the_plus_opens_the_search(shown: Shown) -> None:
    shown.attach()
    opened: list[str] = []
    shown.scripted.actions.bind("search", lambda: opened.append("search"))
    tools = shown.panel.header_actions()
    assert tools is not None
    tools.findChildren(QAbstractButton)[0].click()
    assert opened == ["search"]


def test_the_rows_menu_has_the_buttons_verbs_in_their_order(shown: Shown) -> None:
    shown.attach()
    shown.key(Qt.Key.Key_Menu)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    texts = [action.text().partition("\t")[0] for action in menu.actions() if action.text()]
    assert texts[:4] == ["Buy…", "Sell…", "Market depth", "Show on the chart"]
    choose("Remove")
    assert RELIANCE not in shown.lists.get(1)


def test_an_expired_contract_says_so_and_can_be_removed(shown: Shown) -> None:
    shown.lists.add(1, GONE)
    grid = shown.attach()
    assert shown.row(GONE)["name"] == "NIFTY 24500 CE expired"
    grid.select_key(GONE)
    shown.key(Qt.Key.Key_B)
    assert shown.tickets == []
    assert shown.told == ["NIFTY 24500 CE is expired: It cannot be traded."]
    open_more(shown)
    choose("Remove expired (1)")
    assert shown.lists.get(1) == tuple(LIST)


def test_a_new_catalogue_is_taken_over(shown: Shown) -> None:
    shown.lists.add(1, InstrumentId.parse("NSE:NEWCO:EQ"))
    shown.attach()
    new = InstrumentId.parse("NSE:NEWCO:EQ")
    assert shown.row(new)["name"] == "NEWCO not listed"
    listing = sample_listing()
    template = next(one for one in listing if one.id == CESC)
    shown.market.catalogue.replace([*listing, replace(template, id=new, tick_size=Decimal("0.0025"))])
    shown.scripted.bus.publish(InstrumentsChanged(len(listing) + 1))
    shown.market.price(new, "12.3425", "12")
    shown.frame()
    assert shown.row(new)["name"] == "NEWCO NSE"
    assert shown.row(new)["ltp"] == "12.3425"


def test_more_columns_show_more_of_the_quote_and_are_remembered(shown: Shown) -> None:
    grid = shown.attach()
    shown.market.tell(
        Quote(RELIANCE, Decimal(105), open=Decimal(101), previous_close=Decimal(100), volume=1234567, open_interest=8)
    )
    shown.frame()
    for section in (3, 4, 5, 10):
        grid.header._show_section(section, shown=True)
    assert shown.row(RELIANCE) == {
        "name": "RELIANCE NSE",
        "ltp": "105.00",
        "change_percent": "+5.00%",
        "change": "+5.00",
        "volume": "12,34,567",
        "open": "101.00",
        "open_interest": "8",
    }
    grid.header.moveSection(4, 1)
    grid.setColumnWidth(4, 133)
    state = shown.panel.save_state()
    again = WatchlistPanel(shown.scripted.desk, shown.scripted.snapshot)
    again.restore_state(state)
    again.attach(shown.scripted.terminal, shown.scripted.desk)
    restored = again.findChild(WatchlistGrid)
    assert restored is not None
    assert restored.shown_columns() == grid.shown_columns()
    assert restored.columnWidth(4) == 133
    again.deleteLater()


@pytest.mark.parametrize(
    "state",
    [
        {"list": 99, "sorted_by": ["nothing", True], "columns": ["bogus"], "widths": {"ltp": "x"}},
        {"list": "one", "sorted_by": [[], 1], "columns": [["name"], 7, "ltp", "change_percent"], "widths": [1]},
        {"list": None, "sorted_by": 3, "columns": 5, "chosen": 7},
    ],
)
def test_damaged_state_is_left_out(shown: Shown, state: dict[str, Any]) -> None:
    shown.panel.restore_state(state)
    grid = shown.attach()
    assert grid.model_.keys == tuple(LIST)
    assert grid.shown_columns() == ("name", "ltp", "change_percent")


def test_the_name_takes_the_width_that_the_figures_leave(shown: Shown) -> None:
    grid = shown.attach()
    assert sum(grid.columnWidth(at) for at in range(3)) == grid.viewport().width()
    shown.panel.resize(254, 400)
    assert sum(grid.columnWidth(at) for at in range(3)) == grid.viewport().width()
    hover(grid.viewport(), grid.cell_rect(1, 0).center())
    names = [button.accessibleName() for button in grid.findChildren(QAbstractButton) if button.isVisible()]
    assert names == ["Buy (B)", "Sell (S)"]


def test_columns_grow_with_the_text(shown: Shown) -> None:
    grid = shown.attach()
    before = grid.columnWidth(1)
    try:
        theme().set_zoom(1.5)
        assert grid.columnWidth(1) == round(before * 1.5)
    finally:
        theme().set_zoom(1.0)
    assert grid.columnWidth(1) == before
