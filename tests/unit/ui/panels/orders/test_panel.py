"""The orders panel groups, changes, cancels and tells the life of an order."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from terminal_app.domain.enums import OrderPending, OrderStatus, OrderType, Side
from terminal_app.domain.errors import BrokerUnavailable, OrderRejected, StorageError
from terminal_app.domain.ids import ClientOrderId
from terminal_app.domain.messages import OrderChanged
from terminal_app.ui.grid.cells import GROUP_ROLE, TALL_ROLE
from terminal_app.ui.panels.orders.panel import OrdersPanel
from tests.helpers.log_guard import LogGuard
from tests.helpers.panel_stage import PanelStage
from tests.helpers.panels import until
from tests.helpers.scripted_book import HDFC, PUT, make_order
from tests.helpers.scripted_terminal import CALL, INFY, LIVE, PAPER, RELIANCE

Stage = PanelStage[OrdersPanel]


@pytest.fixture
def stage(qtbot: QtBot) -> Stage:
    return Stage(qtbot, OrdersPanel)


def full(stage: Stage) -> None:
    stage.book.fill_day()
    stage.panel.refresh()


def headings(stage: Stage) -> list[str]:
    model = stage.panel.table.model_
    found = [model.index(at, 0).data(GROUP_ROLE) for at in range(model.rowCount())]
    return [f"{group.title} {group.note}".strip() for group in found if group is not None]


async def test_working_orders_stand_above_closed_ones_with_counts(stage: Stage) -> None:
    full(stage)
    assert headings(stage) == ["Working 4 1 needs an answer", "Closed 9"]
    assert stage.panel.summary.text.text() == "13 orders: 4 working, 6 filled, 1 rejected, 1 denied, 1 cancelled"
    assert stage.counts[-1] == (4, True)


async def test_only_rows_with_a_reason_are_two_lines_high(stage: Stage) -> None:
    full(stage)
    model = stage.panel.table.model_
    tall = [
        row.status
        for at in range(model.rowCount())
        if (row := model.row_at(at)) is not None and model.index(at, 0).data(TALL_ROLE)
    ]
    assert tall == [OrderStatus.UNKNOWN, OrderStatus.REJECTED, OrderStatus.DENIED]


async def test_the_parts_show_working_or_closed_orders_only(stage: Stage, qtbot: QtBot) -> None:
    full(stage)
    stage.panel.choice.set_chosen("working")
    assert headings(stage) == ["Working 4 1 needs an answer"]
    stage.panel.choice.set_chosen("closed")
    assert headings(stage) == ["Closed 9"]
    state = stage.panel.save_state()
    other = Stage(qtbot, OrdersPanel)
    other.panel.restore_state(state)
    full(other)
    assert headings(other) == ["Closed 9"]


async def test_the_distance_from_the_market_follows_each_frame(stage: Stage) -> None:
    full(stage)
    assert stage.text(RELIANCE, "status") == "Open 13.80 below LTP"
    stage.book.market.set_price(RELIANCE, "1410.00")
    stage.book.desk.frame.emit()
    assert stage.text(RELIANCE, "status") == "Open 2.00 below LTP"


async def test_a_change_of_an_order_shows_up(stage: Stage) -> None:
    full(stage)
    order = next(order for _, order in stage.book.book.book if order.client_id == "DAY0008")
    stage.book.book.change_order(PAPER, order, pending=OrderPending.CANCEL)
    await until(lambda: stage.text(CALL, "status").startswith("Cancelling"))


async def test_cancel_acts_on_the_chosen_order(stage: Stage) -> None:
    full(stage)
    stage.choose(RELIANCE)
    stage.book.actions.trigger("cancel_order")
    await until(lambda: stage.book.book.cancelled)
    assert stage.book.book.cancelled == [(PAPER, ClientOrderId("DAY0012"))]


async def test_with_nothing_chosen_cancel_takes_the_only_working_order_or_says_to_choose(stage: Stage) -> None:
    full(stage)
    stage.book.actions.trigger("cancel_order")
    assert stage.book.book.cancelled == []
    assert stage.book.toasts[-1][0] == "Choose a working order first"
    stage.book.book.book = [(PAPER, make_order(1, Side.BUY, INFY, 5, "1500.00", OrderStatus.OPEN, 1))]
    stage.panel.refresh()
    stage.book.actions.trigger("cancel_order")
    await until(lambda: stage.book.book.cancelled)
    assert stage.book.book.cancelled == [(PAPER, ClientOrderId("DAY0001"))]


async def test_a_closed_order_that_is_chosen_is_not_taken_for_a_wish_to_cancel_another(stage: Stage) -> None:
    stage.book.book.book = [
        (PAPER, make_order(1, Side.BUY, INFY, 5, "1500.00", OrderStatus.OPEN, 1)),
        (PAPER, make_order(2, Side.BUY, HDFC, 5, "980.00", OrderStatus.FILLED, 2)),
    ]
    stage.panel.refresh()
    stage.choose(HDFC)
    stage.book.actions.trigger("cancel_order")
    assert stage.book.book.cancelled == []


async def test_a_refused_cancel_becomes_a_notice_with_the_brokers_words(stage: Stage) -> None:
    full(stage)
    stage.book.book.refusals[ClientOrderId("DAY0012")] = OrderRejected("It is being executed.")
    stage.choose(RELIANCE)
    stage.panel.cancel()
    await until(stage.book.notices.recent)
    notice = stage.book.notices.recent()[-1]
    assert notice.title == "The order was not cancelled"
    assert notice.text == "BUY RELIANCE: It is being executed."


async def test_cancel_all_names_what_still_works(stage: Stage) -> None:
    full(stage)
    stage.book.book.refusals[ClientOrderId("DAY0013")] = OrderRejected("It is not known yet.")
    stage.book.actions.trigger("cancel_all")
    await until(stage.book.notices.recent)
    assert len(stage.book.book.cancelled) == 4
    notice = stage.book.notices.recent()[-1]
    assert notice.title == "Not every order was cancelled"
    assert notice.text.startswith("1 of 4 still work. BUY BANKNIFTY: It is not known yet.")


async def test_cancel_all_acts_on_the_shown_account_only(stage: Stage) -> None:
    full(stage)
    stage.book.book.book.insert(0, (LIVE, make_order(30, Side.BUY, INFY, 5, "1500.00", OrderStatus.OPEN, 1)))
    stage.book.bus.publish(OrderChanged(LIVE, stage.book.book.book[0][1]))
    stage.panel.cancel_all()
    await until(lambda: stage.book.toasts)
    assert {account for account, _ in stage.book.book.cancelled} == {PAPER}
    assert stage.book.toasts[-1][0] == "4 orders cancelled"


async def test_modify_opens_the_ticket_on_the_order(stage: Stage) -> None:
    full(stage)
    stage.choose(RELIANCE)
    stage.book.actions.trigger("modify_order")
    draft = stage.drafts[0]
    assert draft.modifies == (PAPER, ClientOrderId("DAY0012"))
    assert (draft.side, draft.quantity, draft.order_type) == (Side.BUY, 50, OrderType.LIMIT)


async def test_modify_of_an_order_without_an_answer_is_not_offered(stage: Stage) -> None:
    full(stage)
    stage.choose(PUT)
    assert not stage.panel.modify_button.isEnabled()
    assert stage.panel.cancel_button.isEnabled()
    stage.panel.modify()
    assert stage.drafts == []


async def test_enter_tells_the_life_of_the_order_and_esc_closes_it(stage: Stage) -> None:
    full(stage)
    stage.choose(PUT)
    QTest.keyClick(stage.panel.table, Qt.Key.Key_Return)
    await until(lambda: stage.panel.side.view.hops)
    assert stage.panel.side.isVisible()
    hops = stage.panel.side.view.hops
    assert [hop.title for hop in hops] == ["Intent written", "Sent", "No answer", "Asked"]
    assert hops[0].clock == "14:35:50.198"
    assert hops[2].tone == "warn"
    assert stage.panel.side.tag.value.text() == "BH7Q2M4K13"
    assert stage.panel.side.broker_id.value.text() == "none yet"
    QTest.keyClick(stage.panel.table, Qt.Key.Key_Escape)
    assert not stage.panel.side.isVisible()
    assert stage.drafts == []


async def test_a_double_click_changes_a_working_order(stage: Stage) -> None:
    full(stage)
    stage.choose(RELIANCE)
    table = stage.panel.table
    at: QPoint = table.visualRect(table.currentIndex()).center()
    QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=at)
    QTest.mouseDClick(table.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert [draft.modifies for draft in stage.drafts] == [(PAPER, ClientOrderId("DAY0012"))]
    assert not stage.panel.side.isVisible()
    QTest.keyClick(table, Qt.Key.Key_Return)
    assert stage.panel.side.isVisible()
    await until(lambda: stage.panel.side.view.hops)


async def test_the_timeline_follows_the_order(stage: Stage) -> None:
    full(stage)
    row = next(row for row in stage.panel.table.model_.shown_rows if row.instrument == PUT)
    stage.panel.open_timeline(row)
    await until(lambda: stage.panel.side.view.hops)
    order = next(order for _, order in stage.book.book.book if order.client_id == row.client_id)
    events = stage.book.book.events
    assert row.client_id is not None
    events[row.client_id] = events[row.client_id][:1]
    stage.book.book.change_order(PAPER, order, status=OrderStatus.REJECTED, reason="It never reached the broker")
    await until(lambda: len(stage.panel.side.view.hops) == 1)
    assert "It never reached the broker" in stage.panel.side._reason.accessibleName()


async def test_a_timeline_that_cannot_be_read_can_be_tried_again(stage: Stage) -> None:
    full(stage)
    stage.book.book.timeline_error = StorageError("The database is locked.")
    stage.panel.open_timeline(stage.panel.table.model_.shown_rows[0])
    await until(lambda: "locked" in stage.panel.side.failed.accessibleName())
    stage.book.book.timeline_error = None
    stage.panel.side.failed.retry.emit()
    await until(lambda: stage.panel.side.view.hops)


async def test_choosing_a_row_chooses_its_instrument(stage: Stage) -> None:
    full(stage)
    stage.choose(INFY)
    assert stage.book.desk.current_instrument == INFY


async def test_going_to_the_panel_chooses_nothing_and_the_first_arrow_key_takes_the_first_order(stage: Stage) -> None:
    full(stage)
    stage.panel.focus_main()
    assert stage.panel.table.selected_rows() == []
    QTest.keyClick(stage.panel.table, Qt.Key.Key_Down)
    assert [row.instrument for row in stage.panel.table.selected_rows()] == [PUT]


async def test_without_orders_the_panel_says_which_key_to_press(stage: Stage) -> None:
    await stage.book.connect()
    await until(lambda: stage.panel.message is not None and stage.panel.message.lead == "No orders today.")
    assert stage.panel.message is not None
    assert "[F1]" in stage.panel.message.hint


async def test_try_again_connects_the_account_that_failed(stage: Stage, expected_logs: LogGuard) -> None:
    expected_logs("could not be connected")
    await stage.book.connect(failing={PAPER: BrokerUnavailable("The gateway timed out.")})
    await until(lambda: stage.panel.message is not None and stage.panel.message.failed)
    stage.book.connector.errors.clear()
    stage.panel.failed.retry.emit()
    await until(lambda: stage.panel.message is not None and not stage.panel.message.failed)
    assert stage.book.connector.asked.count(PAPER) == 2


async def test_orders_of_an_account_that_lost_its_connection_stay_with_a_warning(
    stage: Stage, expected_logs: LogGuard
) -> None:
    expected_logs("could not be connected")
    full(stage)
    await stage.book.connect(failing={PAPER: BrokerUnavailable("The gateway timed out.")})
    await until(stage.panel.bar.isVisible)
    assert "Paper is not connected" in stage.panel.bar.accessibleName()
    assert len(stage.panel.table.model_.rows) == 13


async def test_the_status_is_copied_with_its_reason(stage: Stage) -> None:
    full(stage)
    stage.choose(INFY)
    stage.panel.table.copy()
    assert "out of the current execution range" in QApplication.clipboard().text()


async def test_switching_the_account_ends_the_timeline_without_taking_the_focus(stage: Stage) -> None:
    full(stage)
    stage.panel.open_timeline(stage.panel.table.model_.shown_rows[0])
    await until(lambda: stage.panel.side.view.hops)
    stage.panel.modify_button.setFocus()
    stage.book.accounts.switch(LIVE)
    await until(lambda: not stage.panel.is_telling)
    assert not stage.panel.side.isVisible()
    assert not stage.panel.table.hasFocus()
