"""The palette on screen: typing, moving and choosing without leaving the field."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from terminal_app.domain.enums import FeedMode, Side
from terminal_app.domain.ids import InstrumentId
from terminal_app.ui.drafts import TicketDraft
from terminal_app.ui.kit.label import Label
from terminal_app.ui.palette.palette import SearchPalette
from tests.helpers.catalogue_samples import sample_listing
from tests.helpers.live_market import live_desk

RELIANCE = InstrumentId.parse("NSE:RELIANCE:EQ")
CALL = InstrumentId.parse("NSE:NIFTY:2026-11-24:24500:CE")
ALT, PLAIN = Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.NoModifier


class Shown:
    """The palette open over a control."""

    def __init__(self, qtbot: QtBot) -> None:
        self.window = QWidget()
        qtbot.addWidget(self.window)
        self.scripted, self.market = live_desk(self.window, sample_listing())
        self.desk = self.scripted.desk
        self.done: list[Any] = []
        self.scripted.actions.bind("kill", lambda: self.done.append("kill"))
        self.desk.instrument_chosen.connect(self.done.append)
        self.desk.panel_wanted.connect(self.done.append)
        self.desk.ticket_wanted.connect(self.done.append)
        self.desk.watch_wanted.connect(lambda one: self.done.append(("watch", one)))
        self.control = QPushButton("Search", self.window)
        self.window.show()
        self.palette = SearchPalette(self.window, self.desk)
        self.palette.open_at(self.control)

    def type(self, text: str) -> None:
        QTest.keyClicks(self.palette.field, text)

    def key(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = PLAIN) -> None:
        QTest.keyClick(self.palette.field, key, modifiers)

    def key_in_list(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = PLAIN) -> None:
        QTest.keyClick(self.palette.results, key, modifiers)

    @property
    def words(self) -> str:
        return " ".join(label.text() for label in self.palette.findChildren(Label) if label.isVisible())


@pytest.fixture
def shown(qtbot: QtBot) -> Shown:
    return Shown(qtbot)


def test_enter_charts_the_first_result(shown: Shown) -> None:
    shown.type("rel")
    shown.key(Qt.Key.Key_Return)
    assert shown.done == [RELIANCE, "chart"]
    assert not shown.palette.isVisible()


def test_up_and_down_move_while_the_field_keeps_the_keys(shown: Shown) -> None:
    shown.type("nifty 24500 ce")
    shown.key(Qt.Key.Key_Down)
    shown.key(Qt.Key.Key_Down)
    shown.key(Qt.Key.Key_Up)
    current = shown.palette.current()
    assert current is not None
    assert current.text == "NIFTY 29 DEC 24500 CE"
    shown.key(Qt.Key.Key_PageUp)
    shown.key(Qt.Key.Key_Up)
    shown.key(Qt.Key.Key_Return)
    assert shown.done == [CALL, "chart"]


@pytest.mark.parametrize(("key", "side"), [(Qt.Key.Key_B, Side.BUY), (Qt.Key.Key_S, Side.SELL)])
def test_alt_and_a_letter_open_the_ticket_from_the_field(shown: Shown, key: Qt.Key, side: Side) -> None:
    shown.type("rel")
    shown.key(key, ALT)
    assert shown.done == [RELIANCE, TicketDraft(RELIANCE, side)]
    assert shown.palette.field.text() == "rel"


def test_alt_w_adds_to_the_watchlist_and_stays_open(shown: Shown) -> None:
    shown.type("rel")
    shown.key(Qt.Key.Key_W, ALT)
    assert shown.done == [("watch", RELIANCE)]
    assert shown.palette.isVisible()


def test_plain_letters_act_only_while_the_results_have_the_focus(shown: Shown) -> None:
    shown.type("bs")
    assert shown.palette.field.text() == "bs"
    shown.palette.field.clear()
    shown.type("rel")
    shown.key_in_list(Qt.Key.Key_X)
    shown.key_in_list(Qt.Key.Key_W)
    shown.key_in_list(Qt.Key.Key_B)
    assert shown.done == [("watch", RELIANCE), RELIANCE, TicketDraft(RELIANCE, Side.BUY)]


def test_tab_goes_to_the_results_and_back(shown: Shown) -> None:
    shown.type("rel")
    shown.key(Qt.Key.Key_Tab)
    assert shown.palette.focusWidget() is shown.palette.results
    shown.key_in_list(Qt.Key.Key_Tab)
    assert shown.palette.focusWidget() is shown.palette.field


def test_a_command_is_run(shown: Shown) -> None:
    shown.type("kill")
    shown.key(Qt.Key.Key_Return)
    assert shown.done == ["kill"]


def test_letters_of_orders_do_nothing_on_a_command(shown: Shown) -> None:
    shown.type("kill")
    shown.key(Qt.Key.Key_B, ALT)
    shown.key(Qt.Key.Key_W, ALT)
    assert shown.done == []
    assert shown.palette.isVisible()


def test_an_index_has_no_ticket_and_says_why(shown: Shown) -> None:
    shown.type("nifty next")
    shown.key(Qt.Key.Key_B, ALT)
    assert shown.done == []
    title, text, _ = shown.scripted.toasts[0]
    assert (title, text) == ("NIFTY NEXT 50 is an index", "It is not traded itself; its futures and options are.")


def test_escape_closes_and_nothing_happens(shown: Shown) -> None:
    shown.type("rel")
    shown.key(Qt.Key.Key_Escape)
    assert not shown.palette.isVisible()
    assert shown.done == []


def test_a_click_charts_a_result(shown: Shown) -> None:
    shown.type("nifty 24500 ce")
    view = shown.palette.results
    at = view.visualRect(view.model().index(0, 0)).center()
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert shown.done == [CALL, "chart"]


def test_without_a_match_it_says_what_can_be_typed(shown: Shown) -> None:
    assert "Type a name (rel)" in shown.words
    shown.type("qqqq")
    assert "Nothing is called “qqqq”. Type a name (rel), a contract (nifty 24500 ce" in shown.words
    shown.key(Qt.Key.Key_Return)
    assert shown.done == []


def test_it_opens_empty_with_what_was_chosen_lately(shown: Shown) -> None:
    shown.type("rel")
    shown.key(Qt.Key.Key_Return)
    shown.palette.open_at(shown.control)
    assert shown.palette.field.text() == ""
    shown.key(Qt.Key.Key_Return)
    assert shown.done == [RELIANCE, "chart", "chart"]


def test_prices_are_asked_for_when_typing_pauses_and_no_longer_once_it_is_closed(shown: Shown, qtbot: QtBot) -> None:
    shown.market.price(RELIANCE, "1421.80")
    shown.type("reliance")
    assert shown.market.hub.wanted() == {}
    qtbot.waitUntil(lambda: shown.market.hub.wanted().get(RELIANCE) is FeedMode.LTP)
    index = shown.palette.results.model().index(0, 0)
    assert "1,421.80" in str(index.data(Qt.ItemDataRole.AccessibleTextRole))
    shown.palette.close()
    assert shown.market.hub.wanted() == {}


def test_one_search_is_made_for_a_letter(shown: Shown, monkeypatch: pytest.MonkeyPatch) -> None:
    searched: list[str] = []
    real = shown.market.service.search

    def counted(text: str, limit: int = 30) -> Any:
        searched.append(text)
        return real(text, limit)

    monkeypatch.setattr(shown.market.service, "search", counted)
    shown.type("rel")
    assert searched == ["r", "re", "rel"]


def test_it_lies_over_its_control_and_grows_with_the_results(shown: Shown) -> None:
    empty = shown.palette.height()
    shown.type("rel")
    QApplication.processEvents()
    assert shown.palette.height() > empty
    assert (
        shown.palette.field.mapToGlobal(shown.palette.field.rect().topLeft()).y()
        <= shown.control.mapToGlobal(shown.control.rect().bottomLeft()).y()
    )
