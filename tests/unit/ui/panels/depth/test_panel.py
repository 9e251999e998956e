"""The depth panel on screen: it follows, it asks for depth only while seen, and its prices open the ticket."""

from __future__ import annotations

from decimal import Decimal

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from terminal_app.domain.enums import FeedMode, OrderType, Side
from terminal_app.domain.ids import InstrumentId
from terminal_app.domain.market import Depth, DepthLevel, Quote
from terminal_app.ui.drafts import TicketDraft
from terminal_app.ui.kit.label import Label
from terminal_app.ui.panels.depth.model import LadderSide
from terminal_app.ui.panels.depth.panel import DepthPanel
from tests.helpers.catalogue_samples import sample_listing
from tests.helpers.live_market import live_desk

RELIANCE, CESC = (InstrumentId.parse(f"NSE:{symbol}:EQ") for symbol in ("RELIANCE", "CESC"))
NIFTY = InstrumentId.parse("NSE:NIFTY 50:INDEX")


def quote(bid: str = "99.95", ask: str = "100.05") -> Quote:
    levels = [
        [DepthLevel(Decimal(price) + sign * at, 10 + at, 1) for at in range(5)] for price, sign in ((bid, -1), (ask, 1))
    ]
    return Quote(RELIANCE, Decimal(100), depth=Depth(tuple(levels[0]), tuple(levels[1])))


class Shown:
    """The panel in a window of its own, RELIANCE chosen."""

    def __init__(self, qtbot: QtBot) -> None:
        self.window = QWidget()
        qtbot.addWidget(self.window)
        self.scripted, self.market = live_desk(self.window, sample_listing())
        self.desk = self.scripted.desk
        self.panel = DepthPanel(self.desk, self.scripted.snapshot)
        qtbot.addWidget(self.panel)
        self.panel.resize(320, 168)
        self.panel.show()
        self.tickets: list[TicketDraft] = []
        self.desk.ticket_wanted.connect(self.tickets.append)
        self.panel.attach(self.scripted.terminal, self.desk)
        self.desk.choose(RELIANCE)
        self.market.tell(quote())
        self.desk.frame.emit()

    def click(self, side: LadderSide, level: int, modifier: Qt.KeyboardModifier) -> None:
        at = self.panel.ladder.price_rect(side, level).center()
        QTest.mouseClick(self.panel.ladder, Qt.MouseButton.LeftButton, modifier, at)


@pytest.fixture
def shown(qtbot: QtBot) -> Shown:
    return Shown(qtbot)


def test_a_frame_shows_what_changed(shown: Shown) -> None:
    assert shown.panel.ladder.ladder.bids[0].price_text == "99.95"
    shown.market.tell(quote(bid="99.90"))
    assert shown.panel.ladder.ladder.bids[0].price_text == "99.95"
    shown.desk.frame.emit()
    assert shown.panel.ladder.ladder.bids[0].price_text == "99.90"


def test_it_follows_the_chosen_instrument_and_says_whose_depth_it_is(shown: Shown) -> None:
    name = shown.panel.header_actions()
    assert isinstance(name, Label)
    assert name.text() == "RELIANCE NSE"
    shown.desk.choose(CESC)
    assert name.text() == "CESC NSE"
    assert shown.panel.ladder.ladder.bids[0].price_text == "–"
    assert shown.market.hub.wanted() == {CESC: FeedMode.FULL}


def test_depth_is_asked_for_only_while_somebody_sees_it(shown: Shown) -> None:
    assert shown.market.hub.wanted() == {RELIANCE: FeedMode.FULL}
    shown.panel.hide()
    assert shown.market.hub.wanted() == {}
    shown.desk.choose(CESC)
    assert shown.market.hub.wanted() == {}
    shown.panel.show()
    assert shown.market.hub.wanted() == {CESC: FeedMode.FULL}


@pytest.mark.parametrize(
    ("side", "level", "modifier", "order_side", "price"),
    [
        (LadderSide.BID, 0, Qt.KeyboardModifier.NoModifier, Side.SELL, "99.95"),
        (LadderSide.ASK, 2, Qt.KeyboardModifier.NoModifier, Side.BUY, "102.05"),
        (LadderSide.BID, 1, Qt.KeyboardModifier.ShiftModifier, Side.BUY, "98.95"),
    ],
)
def test_a_click_on_a_price_opens_the_ticket_filled(
    shown: Shown, side: LadderSide, level: int, modifier: Qt.KeyboardModifier, order_side: Side, price: str
) -> None:
    shown.click(side, level, modifier)
    wanted = TicketDraft(RELIANCE, order_side, limit_price=Decimal(price), order_type=OrderType.LIMIT)
    assert shown.tickets == [wanted]


def test_keys_reach_every_price(shown: Shown) -> None:
    ladder = shown.panel.ladder
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_S, Qt.Key.Key_Left, Qt.Key.Key_B):
        QTest.keyClick(ladder, key)
    found = [(draft.side, str(draft.limit_price)) for draft in shown.tickets]
    assert found == [(Side.BUY, "101.05"), (Side.SELL, "101.05"), (Side.BUY, "98.95")]


def test_an_empty_level_and_an_index_open_nothing(shown: Shown) -> None:
    shown.desk.choose(CESC)
    shown.click(LadderSide.BID, 0, Qt.KeyboardModifier.NoModifier)
    shown.desk.choose(NIFTY)
    shown.click(LadderSide.BID, 0, Qt.KeyboardModifier.NoModifier)
    QTest.keyClick(shown.panel.ladder, Qt.Key.Key_Return)
    assert shown.tickets == []


def test_old_prices_say_so_after_five_seconds_and_are_spoken(shown: Shown) -> None:
    shown.scripted.clock.advance(4)
    shown.desk.second.emit()
    assert shown.panel.ladder.ladder.old == ""
    shown.scripted.clock.advance(3)
    shown.desk.second.emit()
    assert shown.panel.ladder.ladder.old == "7 s old"
    assert "7 s old" in shown.panel.ladder.accessibleDescription()


def test_both_sides_are_mirrored_around_the_middle(shown: Shown) -> None:
    bid, ask = (shown.panel.ladder.price_rect(side, 0) for side in LadderSide)
    assert bid.right() + 1 == ask.left() == shown.panel.ladder.width() // 2
    assert bid.width() == ask.width()
