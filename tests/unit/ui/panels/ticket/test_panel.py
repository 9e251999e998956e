"""The ticket's widgets, with keys and clicks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from decimal import Decimal

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QKeyEvent, QPalette
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from terminal_app.domain.enums import OrderStatus, OrderType, Product, Side, Validity
from terminal_app.domain.order import OrderRequest
from terminal_app.ui.drafts import TicketDraft
from terminal_app.ui.kit.number_field import NumberField
from terminal_app.ui.panels.ticket.form import ProblemLine
from terminal_app.ui.panels.ticket.panel import TicketPanel
from terminal_app.ui.theme import theme
from tests.helpers.async_tests import until
from tests.helpers.scripted_terminal import CALL, INFY, LIVE, PAPER, RELIANCE, ScriptedTerminal

TAB, ENTER, ESC = Qt.Key.Key_Tab, Qt.Key.Key_Return, Qt.Key.Key_Escape


@dataclass
class Stage:
    """A panel in a shown window."""

    scripted: ScriptedTerminal
    panel: TicketPanel
    window: QWidget

    def press(self, key: Qt.Key) -> None:
        focused = QApplication.focusWidget()
        assert focused is not None
        QTest.keyClick(focused, key)

    def type(self, text: str) -> None:
        focused = QApplication.focusWidget()
        assert focused is not None
        QTest.keyClicks(focused, text)

    def focused_name(self) -> str:
        focused = QApplication.focusWidget()
        return focused.accessibleName() if focused is not None else ""

    @property
    def placed(self) -> list[tuple[str, OrderRequest]]:
        return list(self.scripted.orders.placed)

    def links(self) -> list[QPushButton]:
        lines = [line for line in self.panel.findChildren(ProblemLine) if line.isVisible()]
        return [button for line in lines for button in line.findChildren(QPushButton) if button.isVisible()]

    async def settled(self) -> None:
        await until(lambda: self.panel.presenter.state.sending is None)


@pytest.fixture
async def stage(qtbot: QtBot) -> AsyncIterator[Stage]:
    window = QWidget()
    qtbot.addWidget(window)
    scripted = ScriptedTerminal(window)
    scripted.start_desk()
    panel = TicketPanel(scripted.desk, scripted.snapshot)
    column = QVBoxLayout(window)
    column.setContentsMargins(0, 0, 0, 0)
    column.addWidget(panel)
    window.resize(320, 520)
    window.show()
    window.activateWindow()
    panel.attach(scripted.terminal, scripted.desk)
    scripted.desk.panel_wanted.connect(lambda _name: panel.focus_main())
    yield Stage(scripted, panel, window)
    await scripted.desk.aclose()
    assert scripted.faults == []


async def test_typing_and_enter_place_exactly_one_order(stage: Stage) -> None:
    stage.scripted.desk.open_ticket(TicketDraft(CALL, Side.BUY))
    assert stage.focused_name() == "Price"
    stage.type("118.45")
    QTest.keyClick(stage.window.focusWidget(), TAB, Qt.KeyboardModifier.ShiftModifier)
    assert stage.focused_name() == "Lots"
    stage.type("3")
    stage.press(ENTER)
    stage.press(ENTER)
    await stage.settled()
    stage.press(ENTER)
    expected = OrderRequest(
        CALL, Side.BUY, 195, OrderType.LIMIT, Product.INTRADAY, Validity.DAY, limit_price=Decimal("118.45")
    )
    assert stage.placed == [(PAPER, expected)]


async def test_a_held_enter_key_does_not_repeat_the_order(stage: Stage) -> None:
    stage.scripted.desk.open_ticket(TicketDraft(RELIANCE, Side.BUY))
    event = QKeyEvent(QEvent.Type.KeyPress, ENTER, Qt.KeyboardModifier.NoModifier, "\r", autorep=True)
    QApplication.sendEvent(stage.panel.form.price.field, event)
    await asyncio.sleep(0)
    assert stage.placed == []


async def test_enter_outside_the_ticket_places_nothing(stage: Stage) -> None:
    other = NumberField("Elsewhere", parent=stage.window)
    other.show()
    stage.scripted.desk.open_ticket(TicketDraft(RELIANCE, Side.BUY))
    other.setFocus()
    stage.press(ENTER)
    await asyncio.sleep(0)
    assert stage.placed == []


async def test_enter_on_a_segment_places_and_space_on_place_does_too(stage: Stage) -> None:
    stage.scripted.desk.open_ticket(TicketDraft(RELIANCE, Side.BUY))
    stage.panel.form.side.setFocus()
    stage.press(ENTER)
    await stage.settled()
    assert len(stage.placed) == 1
    stage.scripted.desk.open_ticket(TicketDraft(RELIANCE, Side.BUY))
    stage.panel.bottom.place.setFocus()
    stage.press(Qt.Key.Key_Space)
    await stage.settled()
    assert len(stage.placed) == 2


async def test_tab_goes_in_reading_order(stage: Stage) -> None:
    stage.scripted.desk.open_ticket(
        TicketDraft(RELIANCE, Side.SELL, 5, Decimal(1410), Decimal("1411"), order_type=OrderType.SL)
    )
    await until(lambda: stage.panel.form.product.focusProxyButton().isVisible())
    stage.panel.form.side.setFocus()
    names = [stage.focused_name()]
    for _ in range(7):
        stage.press(TAB)
        names.append(stage.focused_name())
    assert names[:7] == [
        "Side: SELL",
        "Product: MIS",
        "Order type: SL",
        "Validity: Day",
        "Quantity",
        "Price",
        "Trigger",
    ]
    assert names[7].startswith("SELL 5 at 1,410.00, trigger 1,411.00")


async def test_arrows_step_lots_and_ticks(stage: Stage) -> None:
    stage.scripted.desk.open_ticket(TicketDraft(CALL, Side.BUY))
    stage.press(Qt.Key.Key_Up)
    assert stage.panel.form.price.field.text() == "118.45"
    stage.panel.form.quantity.field.setFocus()
    stage.press(Qt.Key.Key_Up)
    assert stage.panel.form.quantity.field.text() == "2"
    assert stage.panel.form.quantity.remark.text() == "= 130"


async def test_the_rule_stands_under_the_field_and_its_link_mends_it(stage: Stage) -> None:
    stage.scripted.desk.open_ticket(TicketDraft(CALL, Side.BUY))
    stage.type("118.43")
    field = stage.panel.form.price.field
    assert field.property("problem") == "true"
    assert "multiple of the tick 0.05" in field.accessibleDescription()
    assert not stage.panel.bottom.place.isEnabled()
    stage.press(ENTER)
    assert stage.placed == []
    await until(stage.links)
    assert [link.text() for link in stage.links()] == ["118.40", "118.45"]
    QTest.mouseClick(stage.links()[0], Qt.MouseButton.LeftButton)
    assert field.text() == "118.40"
    assert field.property("problem") == "false"
    assert stage.panel.bottom.place.isEnabled()
    assert stage.links() == []
    await until(field.hasFocus)


async def test_enter_on_a_link_takes_the_value_and_sends_nothing(stage: Stage) -> None:
    stage.scripted.desk.open_ticket(TicketDraft(CALL, Side.BUY))
    stage.type("118.43")
    await until(stage.links)
    stage.links()[1].setFocus()
    stage.press(ENTER)
    assert stage.panel.form.price.field.text() == "118.45"
    await asyncio.sleep(0.01)
    assert stage.placed == []


async def test_what_is_being_typed_is_not_rewritten(stage: Stage) -> None:
    stage.scripted.desk.open_ticket(TicketDraft(RELIANCE, Side.BUY))
    stage.type("1418.")
    stage.scripted.desk.second.emit()
    assert stage.panel.form.price.field.text() == "1418."
    stage.type("5")
    assert stage.panel.form.price.field.text() == "1418.5"


async def test_fields_keep_their_places_when_a_choice_turns_one_off(stage: Stage) -> None:
    stage.scripted.desk.open_ticket(TicketDraft(RELIANCE, Side.BUY))
    form = stage.panel.form
    await asyncio.sleep(0.01)
    before = [box.geometry() for box in (form.quantity, form.price, form.trigger)]
    for key in ("MARKET", "SL", "SL_M", "LIMIT"):
        form.order_type.chosen.emit(key)
        await asyncio.sleep(0.01)
        assert [box.geometry() for box in (form.quantity, form.price, form.trigger)] == before
    form.order_type.chosen.emit("MARKET")
    assert not form.price.field.isEnabled()
    assert form.price.field.placeholderText() == "market"
    assert form.protection.isVisible()
    assert not form.trigger.isVisible()


async def test_left_and_right_move_the_side(stage: Stage) -> None:
    stage.scripted.desk.open_ticket(TicketDraft(RELIANCE, Side.BUY))
    stage.panel.form.side.setFocus()
    stage.press(Qt.Key.Key_Right)
    assert stage.panel.presenter.view().side.chosen == "SELL"
    assert stage.panel.bottom.place.accessibleName().startswith("SELL 1 at")


async def test_escape_empties_the_ticket_and_follows(stage: Stage) -> None:
    stage.scripted.desk.open_ticket(TicketDraft(RELIANCE, Side.SELL, 40))
    stage.type("1500")
    stage.scripted.desk.choose(INFY)
    assert stage.panel.head.name.text() == "RELIANCE"
    stage.press(ESC)
    assert stage.panel.head.name.text() == "INFY"
    assert stage.panel.form.quantity.field.text() == "1"


async def test_the_band_says_which_money(stage: Stage) -> None:
    stage.scripted.desk.open_ticket(TicketDraft(RELIANCE, Side.BUY))
    assert stage.panel.band.accessibleName() == "PAPER simulated money"
    stage.scripted.accounts.switch(LIVE)
    assert stage.panel.band.accessibleName() == "LIVE real money Zerodha AB1234"


async def test_all_accounts_offers_the_accounts(stage: Stage) -> None:
    stage.scripted.accounts.switch(None)
    stage.scripted.desk.open_ticket(TicketDraft(RELIANCE, Side.BUY))
    chooser = stage.panel.head.accounts
    assert chooser.isVisible()
    assert chooser.button.text() == "Choose the account…"
    chooser.chosen.emit(PAPER)
    assert chooser.button.text() == "Paper"
    assert stage.panel.bottom.place.isEnabled()
    stage.scripted.accounts.switch(PAPER)
    assert not chooser.isVisible()


async def test_place_cannot_be_pressed_while_sending(stage: Stage) -> None:
    stage.scripted.orders.gate = asyncio.Event()
    stage.scripted.desk.open_ticket(TicketDraft(RELIANCE, Side.BUY, 50))
    QTest.mouseClick(stage.panel.bottom.place, Qt.MouseButton.LeftButton)
    QTest.mouseClick(stage.panel.bottom.place, Qt.MouseButton.LeftButton)
    await until(lambda: stage.placed)
    assert not stage.panel.bottom.place.isEnabled()
    assert not stage.panel.form.price.field.isEnabled()
    stage.scripted.orders.gate.set()
    await stage.settled()
    assert len(stage.placed) == 1


async def test_modify_shows_what_may_change(stage: Stage) -> None:
    request = OrderRequest(RELIANCE, Side.SELL, 50, OrderType.LIMIT, Product.INTRADAY, limit_price=Decimal(1430))
    order = stage.scripted.orders.add_order(PAPER, request, OrderStatus.OPEN)
    assert order.client_id is not None
    stage.scripted.desk.open_ticket(TicketDraft(RELIANCE, modifies=(PAPER, order.client_id)))
    form = stage.panel.form
    assert stage.panel.head.change_chip.isVisible()
    assert not form.side.isEnabled()
    assert not form.product.isEnabled()
    stage.type("1425")
    stage.press(ENTER)
    await stage.settled()
    assert stage.scripted.orders.changes[0][2].limit_price == Decimal(1425)


async def test_before_the_services_are_there_it_is_a_neutral_ticket(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    scripted = ScriptedTerminal(window)
    panel = TicketPanel(scripted.desk, scripted.snapshot)
    panel.setParent(window)
    scripted.desk.choose(RELIANCE)
    assert panel.head.name.text() == "RELIANCE"
    assert panel.bottom.place.accessibleName() == "Place, prices and accounts are loading"
    assert not panel.form.price.field.isEnabled()
    panel.presenter.place()


async def test_the_panel_remembers_products_and_its_link(stage: Stage) -> None:
    stage.scripted.desk.open_ticket(TicketDraft(CALL, Side.BUY))
    stage.panel.form.product.chosen.emit("CARRY")
    stage.panel.presenter.close()
    link = stage.panel.header_actions()
    assert isinstance(link, QPushButton)
    link.click()
    state = stage.panel.save_state()
    assert state == {"products": {"FNO": "CARRY"}, "follows": False}
    stage.scripted.desk.choose(RELIANCE)
    assert stage.panel.head.name.text().startswith("NIFTY")
    stage.panel.restore_state({"products": {"FNO": "INTRADAY", "OLD": "GONE"}, "follows": True})
    assert stage.panel.head.name.text() == "RELIANCE"
    assert stage.panel.save_state() == {"products": {"FNO": "INTRADAY"}, "follows": True}


async def test_a_long_price_is_written_smaller_and_never_cut(stage: Stage) -> None:
    stage.scripted.desk.open_ticket(TicketDraft(RELIANCE, Side.BUY, limit_price=Decimal("124560.00")))
    await asyncio.sleep(0.01)
    field = stage.panel.form.price.field
    room = field.width() - 16 - 14
    assert field.fontMetrics().horizontalAdvance("1,24,560.00") <= room


async def test_every_control_has_an_accessible_name(stage: Stage) -> None:
    stage.scripted.desk.open_ticket(TicketDraft(RELIANCE, Side.BUY))
    named = stage.panel.findChildren(NumberField)
    assert len(named) == 5
    assert all(field.accessibleName() for field in named)
    buttons = [button for button in stage.panel.findChildren(QPushButton) if button.isVisible()]
    assert all(button.accessibleName() or button.text() for button in buttons)


@pytest.fixture
def dressed(qapp: QApplication) -> Iterator[None]:
    """The application with its style sheet, as users see it."""
    theme().apply(qapp)
    yield
    qapp.setStyleSheet("")


@pytest.mark.usefixtures("dressed")
async def test_colours_survive_the_move_into_the_window(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    scripted = ScriptedTerminal(window)
    panel = TicketPanel(scripted.desk, scripted.snapshot)
    panel.setParent(window)
    window.show()
    change = panel.head.change
    assert change.tone == "text.3"
    assert change.palette().color(QPalette.ColorRole.WindowText) == theme().color("text.3")


async def test_place_stays_in_sight_where_the_ticket_is_too_low_for_all_of_it(stage: Stage) -> None:
    stage.window.resize(stage.window.width(), 240)
    stage.scripted.desk.open_ticket(TicketDraft(RELIANCE, Side.BUY))
    place, panel = stage.panel.bottom.place, stage.panel
    await until(lambda: panel.height() <= 240)
    await until(lambda: panel.rect().contains(place.rect().translated(place.mapTo(panel, QPoint(0, 0)))))
