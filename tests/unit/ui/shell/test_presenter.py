"""The window shows clock, indices, counters and states; the kill switch asks once; questions always get an answer."""

from __future__ import annotations

import asyncio

from PySide6.QtCore import QPoint, QRect
from PySide6.QtWidgets import QApplication

from terminal_app.domain.enums import FeedMode, OrderStatus, OrderType, Product, Side, TradingState
from terminal_app.domain.order import OrderRequest
from terminal_app.ui.dialogs.confirm import ConfirmDialog
from terminal_app.ui.drafts import ConfirmRequest, TicketDraft
from terminal_app.ui.kit.buttons import PlaceButton
from tests.helpers.scripted_terminal import NIFTY, PAPER, RELIANCE
from tests.helpers.scripted_window import WindowBench

REQUEST = OrderRequest(RELIANCE, Side.BUY, 50, OrderType.MARKET, Product.INTRADAY)


async def question() -> ConfirmDialog:
    """The dialog that asks."""
    for _ in range(200):
        for one in QApplication.topLevelWidgets():
            if isinstance(one, ConfirmDialog) and one.isVisible():
                return one
        await asyncio.sleep(0.005)
    raise AssertionError("nothing was asked")


async def settled(bench: WindowBench) -> None:
    """Wait until the desk has nothing left to do."""
    for _ in range(400):
        if not bench.window.desk._tasks:
            return
        await asyncio.sleep(0.005)
    raise AssertionError("the desk does not come to rest")


async def test_clock_market_storage_and_loop_are_shown(bench: WindowBench) -> None:
    window = bench.window
    window.desk.second.emit()
    assert window.header._time.text() == "14:36:08"
    assert window.header._day.text() == "20 Nov Fri"
    assert "<b>15:15</b>" in window.status.market.text()
    assert window.status.storage.text() == "storage ok"
    assert window.status.loop.text() == "loop <b>3 ms</b>"


async def test_the_indices_follow_their_prices_and_show_their_chart(bench: WindowBench) -> None:
    window, market = bench.window, bench.scripted.market
    assert any(NIFTY in ids and mode is FeedMode.QUOTE for ids, mode in market.wanted.values())
    window.desk.frame.emit()
    market.set_price(NIFTY, "24900.00")
    window.desk.frame.emit()
    assert window.header.indices[0].accessibleDescription().startswith("24,900.00 +")
    window.header.indices[0].click()
    assert window.desk.current_instrument == NIFTY


async def test_a_panels_first_count_stands_on_its_tab(bench: WindowBench) -> None:
    assert bench.window.workspace._counts["orders"] == (2, False)


async def test_f1_opens_the_ticket_with_the_chosen_instrument(bench: WindowBench) -> None:
    wanted: list[TicketDraft] = []
    bench.window.desk.ticket_wanted.connect(wanted.append)
    bench.window.actions_registry.trigger("buy")
    assert wanted == []
    presenter = bench.window.presenter
    assert presenter is not None
    assert presenter.toasts.toasts[-1].text.title == "Choose an instrument first"
    bench.window.desk.choose(RELIANCE)
    bench.window.actions_registry.trigger("sell")
    assert wanted == [TicketDraft(RELIANCE, Side.SELL)]


async def test_the_kill_switch_asks_once_and_the_default_is_to_leave_it(bench: WindowBench) -> None:
    bench.scripted.orders.add_order(PAPER, REQUEST, OrderStatus.OPEN)
    bench.window.header.kill.click()
    dialog = await question()
    assert dialog.agree_button.text() == "Stop and cancel 1 order"
    assert dialog.cancel_button.hasFocus()
    dialog.cancel_button.click()
    await settled(bench)
    assert bench.killed == 0
    bench.window.actions_registry.trigger("kill")
    (await question()).agree_button.click()
    await settled(bench)
    assert bench.killed == 1
    assert bench.window.header.kill.text().strip() == "HALTED"
    assert bench.window.actions_registry.get("resume").isEnabled()


async def test_the_same_key_resumes_after_asking(bench: WindowBench) -> None:
    bench.scripted.orders.stop(TradingState.HALTED)
    bench.window.actions_registry.trigger("kill")
    dialog = await question()
    assert dialog.windowTitle() == "Resume trading?"
    dialog.agree_button.click()
    await settled(bench)
    assert bench.window.header.kill.text().strip().startswith("KILL")
    assert not bench.window.actions_registry.get("resume").isEnabled()


async def test_cancels_that_failed_are_told_and_stay(bench: WindowBench) -> None:
    bench.failed_cancels = ("BUY RELIANCE: still working",)
    bench.window.actions_registry.trigger("kill")
    (await question()).agree_button.click()
    await settled(bench)
    notice = bench.scripted.notices.recent()[-1]
    assert notice.text == "BUY RELIANCE: still working"
    assert "not every order was cancelled" in notice.title


async def test_a_question_that_is_closed_is_a_no(bench: WindowBench) -> None:
    asking = asyncio.ensure_future(bench.window.desk.confirm(ConfirmRequest("Exit all?", "", "Exit")))
    (await question()).reject()
    assert await asking is False


async def test_a_question_goes_when_nobody_waits_for_its_answer(bench: WindowBench) -> None:
    asking = asyncio.ensure_future(bench.window.desk.confirm(ConfirmRequest("Exit all?", "", "Exit")))
    dialog = await question()
    asking.cancel()
    await asyncio.wait([asking])
    await settled(bench)
    assert dialog not in QApplication.topLevelWidgets() or not dialog.isVisible()


async def test_damaged_files_are_told_at_the_start(bench: WindowBench) -> None:
    presenter = bench.window.presenter
    assert presenter is not None
    assert bench.scripted.notices.recent() == ()
    bench.scripted.snapshot.damage.append("settings.json was damaged; the defaults are used.")
    presenter._tell_damage()
    assert bench.scripted.notices.recent()[-1].text == "settings.json was damaged; the defaults are used."


async def test_toasts_never_cover_place_or_kill(bench: WindowBench) -> None:
    window, presenter = bench.window, bench.window.presenter
    assert presenter is not None
    window.resize(1180, 560)
    window.workspace.move_panel("ticket", "bottom")
    QApplication.processEvents()
    place = window.findChild(PlaceButton)
    assert place is not None
    assert place.isVisible()
    for number in range(3):
        window.desk.toast(f"Toast {number}", "with a few words of its own")
    for toast in presenter.toasts.toasts:
        for button in (place, window.header.kill):
            box = QRect(button.mapTo(window, QPoint()), button.size())
            assert not toast.geometry().intersects(box)
