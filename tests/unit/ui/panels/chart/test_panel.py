"""The chart panel: loading, live bars, lines that change orders, clicks that open the ticket."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from decimal import Decimal

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QPushButton, QVBoxLayout, QWidget

from terminal_app.domain.enums import Interval, OrderStatus, OrderType, Product, Side
from terminal_app.domain.errors import BrokerUnavailable, OrderRejected
from terminal_app.domain.messages import InstrumentsChanged
from terminal_app.domain.order import Order, OrderChange, OrderRequest
from terminal_app.ui.charts.pane import ChartView
from terminal_app.ui.charts.price_chart import PriceChart
from terminal_app.ui.drafts import TicketDraft
from terminal_app.ui.panels.chart.panel import ChartPanel
from tests.helpers.async_tests import until
from tests.helpers.scripted_charts import ScriptedCharts, ScriptedPortfolio, ScriptedSource, bars_until, with_charts
from tests.helpers.scripted_terminal import CALL, INFY, NIFTY, NOW, PAPER, RELIANCE, ScriptedTerminal


@dataclass
class Stage:
    """A panel in a shown window, attached."""

    scripted: ScriptedTerminal
    charts: ScriptedCharts
    portfolio: ScriptedPortfolio
    panel: ChartPanel
    drafts: list[TicketDraft] = field(default_factory=list)

    @property
    def chart(self) -> PriceChart:
        assert self.panel.chart is not None
        return self.panel.chart

    @property
    def source(self) -> ScriptedSource:
        return self.charts.opened[-1]

    async def loaded(self, count: int = 1) -> None:
        await until(lambda: len(self.charts.opened) == count and self.panel.stack.currentWidget() is self.panel.chart)
        QApplication.processEvents()

    def working(self, limit: str = "1418.00") -> Order:
        request = OrderRequest(RELIANCE, Side.BUY, 50, OrderType.LIMIT, Product.INTRADAY, limit_price=Decimal(limit))
        return self.scripted.orders.add_order(PAPER, request, OrderStatus.OPEN)

    def line_at(self, price: float) -> QPoint:
        return QPoint(450, round(self.chart.point_of(0, price).y()))

    def surface(self) -> QWidget:
        view = self.chart.findChild(ChartView)
        assert view is not None
        viewport: QWidget = view.viewport()
        return viewport

    def drag(self, start: QPoint, end: QPoint) -> None:
        surface = self.surface()
        QTest.mousePress(surface, Qt.MouseButton.LeftButton, pos=start)
        for part in (0.3, 0.7, 1.0):
            QTest.mouseMove(surface, start + (end - start) * part)
        QTest.mouseRelease(surface, Qt.MouseButton.LeftButton, pos=end)

    def line_words(self) -> list[str]:
        lines = self.chart._plot.lines
        return [f"{one.label} {one.price}" for one in lines._orders.values()]


@pytest.fixture
async def stage(qapp: QApplication) -> AsyncIterator[Stage]:
    window = QWidget()
    scripted = ScriptedTerminal(window)
    scripted.start_desk()
    charts, portfolio = with_charts(scripted)
    panel = ChartPanel(scripted.desk, scripted.snapshot)
    column = QVBoxLayout(window)
    column.setContentsMargins(0, 0, 0, 0)
    column.addWidget(panel)
    window.resize(804, 520)
    window.show()
    made = Stage(scripted, charts, portfolio, panel)
    scripted.desk.ticket_wanted.connect(made.drafts.append)
    yield made
    await scripted.desk.aclose()
    scripted.bridge.close()
    window.close()
    window.deleteLater()
    assert scripted.faults == []


def attach(stage: Stage) -> None:
    stage.panel.attach(stage.scripted.terminal, stage.scripted.desk)


def test_the_chart_library_is_not_imported_before_the_panels_are_shown_with_services() -> None:
    code = (
        "import sys\n"
        "from PySide6.QtWidgets import QApplication, QWidget\n"
        "app = QApplication([])\n"
        "from tests.helpers.scripted_terminal import ScriptedTerminal\n"
        "from terminal_app.ui.panels.chart.panel import ChartPanel\n"
        "from terminal_app.ui.panels.pnl.panel import PnlPanel\n"
        "scripted = ScriptedTerminal(QWidget())\n"
        "panels = [kind(scripted.desk, scripted.snapshot) for kind in (ChartPanel, PnlPanel)]\n"
        "for panel in panels: panel.show()\n"
        "app.processEvents()\n"
        "assert all(not panel.grab().isNull() for panel in panels)\n"
        "assert 'pyqtgraph' not in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


async def test_the_first_share_of_the_watchlist_is_charted_and_chosen_for_all(stage: Stage) -> None:
    attach(stage)
    await stage.loaded()
    assert stage.charts.asked == [(RELIANCE, Interval.M5)]
    assert stage.scripted.desk.current_instrument == RELIANCE
    assert len(stage.chart.bars) == 300


async def test_a_row_chosen_elsewhere_is_charted_while_the_link_holds(stage: Stage) -> None:
    attach(stage)
    await stage.loaded()
    stage.scripted.desk.choose(INFY)
    await stage.loaded(2)
    assert stage.source.instrument.id == INFY
    assert stage.charts.opened[0].closed
    QTest.mouseClick(stage.panel.header.link, Qt.MouseButton.LeftButton)
    stage.scripted.desk.choose(CALL)
    assert stage.charts.asked[-1] == (INFY, Interval.M5)
    QTest.mouseClick(stage.panel.header.link, Qt.MouseButton.LeftButton)
    await stage.loaded(3)
    assert stage.source.instrument.id == CALL


async def test_an_answer_that_comes_after_another_was_chosen_is_dropped(stage: Stage) -> None:
    attach(stage)
    await stage.loaded()
    stage.charts.gates[INFY] = asyncio.Event()
    stage.scripted.desk.choose(INFY)
    await until(lambda: stage.charts.asked[-1][0] == INFY)
    assert len(stage.chart.bars) == 0
    stage.scripted.desk.choose(CALL)
    stage.charts.gates[INFY].set()
    await stage.loaded(2)
    assert stage.source.instrument.id == CALL
    assert stage.panel.state.instrument == CALL


async def test_another_interval_loads_other_bars(stage: Stage) -> None:
    attach(stage)
    await stage.loaded()
    button = next(one for one in stage.panel.header.intervals.findChildren(QPushButton) if one.text() == "15m")
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    await stage.loaded(2)
    assert stage.charts.asked[-1] == (RELIANCE, Interval.M15)
    assert stage.panel.save_state()["interval"] == "15m"


async def test_a_failure_says_whose_move_it_is_and_try_again_loads(stage: Stage) -> None:
    stage.charts.errors.append(BrokerUnavailable("The broker did not answer."))
    attach(stage)
    await until(lambda: stage.panel.stack.currentWidget() not in (stage.panel.frame, stage.panel.chart))
    failed = stage.panel.stack.currentWidget()
    assert failed is not None
    assert failed.accessibleName() == "The bars of RELIANCE could not be loaded. The broker did not answer."
    (button,) = failed.findChildren(QPushButton)
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    await stage.loaded()
    assert len(stage.chart.bars) == 300


async def test_what_is_not_listed_says_so_until_it_is(stage: Stage) -> None:
    listed = stage.scripted.market.instruments.pop(RELIANCE)
    attach(stage)
    await until(lambda: stage.panel.stack.currentWidget() is not stage.panel.frame)
    failed = stage.panel.stack.currentWidget()
    assert failed is not None
    assert failed.accessibleName() == "RELIANCE is not listed today. Choose another instrument with Ctrl+K."
    stage.scripted.market.instruments[RELIANCE] = listed
    stage.scripted.bus.publish(InstrumentsChanged(4))
    await stage.loaded()


async def test_before_the_login_nothing_is_called_unlisted(stage: Stage) -> None:
    listed = dict(stage.scripted.market.instruments)
    stage.scripted.market.instruments.clear()
    attach(stage)
    await until(lambda: stage.panel.stack.currentWidget() is not stage.panel.frame)
    failed = stage.panel.stack.currentWidget()
    assert failed is not None
    assert failed.accessibleName().startswith("There are no prices before the login. Turn the account on in Accounts")
    stage.scripted.market.instruments.update(listed)
    stage.scripted.bus.publish(InstrumentsChanged(4))
    await stage.loaded()


async def test_bars_of_a_room_that_is_not_shown_any_more_give_way(stage: Stage) -> None:
    attach(stage)
    await stage.loaded()
    before = stage.source
    stage.scripted.bus.publish(InstrumentsChanged(4))
    assert not before.closed
    before.is_current = False
    stage.scripted.bus.publish(InstrumentsChanged(4))
    await stage.loaded(2)
    assert before.closed


async def test_the_last_bar_follows_the_market_and_a_new_one_begins(stage: Stage) -> None:
    attach(stage)
    await stage.loaded()
    last = int(stage.chart.bars.time[-1])
    stage.source.tell(last, 1425.5)
    stage.scripted.desk.frame.emit()
    assert (len(stage.chart.bars), stage.chart.bars.close[-1]) == (300, 1425.5)
    stage.source.tell(last + 300, 1426.5)
    stage.scripted.desk.frame.emit()
    assert (len(stage.chart.bars), stage.chart.bars.close[-1]) == (301, 1426.5)


async def test_a_bar_before_the_last_brings_all_of_them_anew(stage: Stage) -> None:
    attach(stage)
    await stage.loaded()
    stage.source.bars = bars_until(NOW, Interval.M5, 200)
    stage.source.tell(int(stage.chart.bars.time[-2]), 1400.0)
    stage.scripted.desk.frame.emit()
    assert len(stage.chart.bars) == 200


async def test_scrolling_back_loads_older_pages(stage: Stage) -> None:
    stage.charts.count = 120
    attach(stage)
    await stage.loaded()
    stage.source.pages = [bars_until(stage.scripted.clock.now(), Interval.M5, 320)]
    view = stage.chart.findChild(ChartView)
    assert view is not None
    QTest.keyClick(view, Qt.Key.Key_Home)
    await until(lambda: len(stage.chart.bars) == 320)


async def test_the_time_to_the_end_of_the_bar_counts_down(stage: Stage) -> None:
    attach(stage)
    await stage.loaded()
    assert stage.chart._plot.countdown == "3:52"
    stage.scripted.clock.advance(7)
    stage.scripted.desk.second.emit()
    assert stage.chart._plot.countdown == "3:45"


async def test_a_dropped_line_changes_its_order_once(stage: Stage) -> None:
    order = stage.working()
    attach(stage)
    await stage.loaded()
    stage.scripted.orders.gate = asyncio.Event()
    stage.drag(stage.line_at(1418.0), stage.line_at(1416.0))
    await until(lambda: stage.scripted.orders.changes)
    ((account, client_id, change),) = stage.scripted.orders.changes
    assert (account, client_id) == (PAPER, order.client_id)
    assert change.limit_price is not None
    assert abs(change.limit_price - Decimal("1416.00")) <= Decimal("0.10")
    assert change == OrderChange(limit_price=change.limit_price)
    assert stage.line_words() == [f"BUY 50 changing… {change.limit_price}"]
    stage.scripted.orders.gate.set()
    await until(lambda: stage.line_words() == [f"BUY 50 {change.limit_price}"])
    assert len(stage.scripted.orders.changes) == 1


async def test_a_refused_change_puts_the_line_back_and_says_why(stage: Stage) -> None:
    stage.working()
    attach(stage)
    await stage.loaded()
    stage.scripted.orders.errors.append(OrderRejected("The price is outside the day's band."))
    stage.drag(stage.line_at(1418.0), stage.line_at(1415.0))
    await until(stage.scripted.notices.recent)
    (notice,) = stage.scripted.notices.recent()
    assert (notice.title, notice.text) == ("The order was not changed", "The price is outside the day's band.")
    assert stage.line_words() == ["BUY 50 1418.00"]


async def test_the_cross_of_a_line_cancels_its_order(stage: Stage) -> None:
    order = stage.working()
    attach(stage)
    await stage.loaded()
    (item,) = stage.chart._plot.lines._items.values()
    QTest.mouseClick(stage.surface(), Qt.MouseButton.LeftButton, pos=item.close_box.center().toPoint())
    await until(lambda: stage.scripted.orders.cancelled)
    assert stage.scripted.orders.cancelled == [(PAPER, order.client_id)]
    assert stage.line_words() == []


async def test_order_lines_can_be_switched_off(stage: Stage) -> None:
    stage.working()
    attach(stage)
    await stage.loaded()
    assert stage.line_words() == ["BUY 50 1418.00"]
    QTest.mouseClick(stage.panel.header.lines, Qt.MouseButton.LeftButton)
    assert stage.line_words() == []
    assert stage.panel.save_state()["order_lines"] is False


async def test_the_position_stands_on_the_chart_with_its_live_gain(stage: Stage) -> None:
    attach(stage)
    await stage.loaded()
    stage.portfolio.trade(RELIANCE, Side.BUY, 250, "1412.36", NOW)
    position = stage.chart._plot.lines._position
    assert position is not None
    assert position.label == "LONG 250 · +2,360.00"
    stage.scripted.market.set_price(RELIANCE, "1400.00")
    stage.source.tell(int(stage.chart.bars.time[-1]), 1400.0)
    stage.scripted.desk.frame.emit()
    position = stage.chart._plot.lines._position
    assert position is not None
    assert (position.label, position.gain) == ("LONG 250 · −3,090.00", False)


async def test_a_right_click_offers_orders_at_its_price_and_opens_the_ticket(stage: Stage) -> None:
    attach(stage)
    await stage.loaded()
    QTest.mouseClick(stage.surface(), Qt.MouseButton.RightButton, pos=stage.line_at(1415.0))
    menu = stage.chart.findChild(QMenu)
    assert menu is not None
    texts = [action.text() for action in menu.actions()]
    assert [text.split(" at ")[0] for text in texts] == ["Buy limit", "Sell stop (SL)"]
    menu.actions()[0].trigger()
    menu.close()
    (draft,) = stage.drafts
    assert (draft.instrument, draft.side, draft.order_type) == (RELIANCE, Side.BUY, OrderType.LIMIT)
    assert draft.limit_price is not None
    assert abs(draft.limit_price - Decimal(1415)) <= Decimal("0.10")
    assert stage.scripted.orders.placed == []


async def test_an_index_offers_nothing_to_trade(stage: Stage) -> None:
    attach(stage)
    await stage.loaded()
    stage.scripted.desk.choose(NIFTY)
    await stage.loaded(2)
    assert stage.panel.trading is not None
    menu = stage.panel.trading.open_menu(Decimal(24800), QPoint(10, 10))
    assert menu is not None
    (action,) = menu.actions()
    assert (action.text(), action.isEnabled()) == ("An index is shown, not traded.", False)
    menu.close()


async def test_indicators_are_switched_in_their_menu(stage: Stage) -> None:
    attach(stage)
    await stage.loaded()
    assert set(stage.chart._plot.scene.overlays) == {"EMA 20", "VWAP"}
    stage.panel.header.overlays["ema50"].trigger()
    stage.panel.header.overlays["vwap"].trigger()
    assert set(stage.chart._plot.scene.overlays) == {"EMA 20", "EMA 50"}
    assert stage.panel.save_state()["overlays"] == ["ema20", "ema50"]


async def test_a_narrow_header_keeps_everything_in_a_menu(stage: Stage) -> None:
    attach(stage)
    await stage.loaded()
    header = stage.panel.header
    stage.panel.window().resize(1100, 520)
    await until(header.lines.isVisible)
    assert not header.more.isVisible()
    stage.panel.window().resize(480, 400)
    await until(header.more.isVisible)
    assert not header.lines.isVisible()
    assert [action.text() for action in header.more_menu.actions() if action.text()] == [
        "EMA 20",
        "EMA 50",
        "VWAP",
        "Order lines",
    ]
    header.lines_action.trigger()
    assert stage.panel.save_state()["order_lines"] is False


async def test_a_pinned_instrument_keeps_its_tab(stage: Stage) -> None:
    attach(stage)
    await stage.loaded()
    stage.panel.header.pin_toggled.emit(RELIANCE.text, True)
    stage.scripted.desk.choose(INFY)
    await stage.loaded(2)
    tabs = stage.panel.header.instruments
    assert [tabs.tabText(index) for index in range(tabs.count())] == ["INFY", "NIFTY 50", "RELIANCE"]
    tabs.setCurrentIndex(2)
    await stage.loaded(3)
    assert stage.scripted.desk.current_instrument == RELIANCE


def test_every_control_has_an_accessible_name(stage: Stage) -> None:
    buttons = stage.panel.header.findChildren(QPushButton)
    assert [button for button in buttons if not button.accessibleName()] == []
