"""The P&L panel: the day live, several days, one position, states, export, little room."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton, QVBoxLayout, QWidget

from terminal_app.domain.enums import ConnectionState, Product, Side
from terminal_app.domain.errors import StorageError
from terminal_app.domain.messages import ConnectionChanged, PnlPointAdded
from terminal_app.domain.pnl import PnlPoint, PositionPoint
from terminal_app.domain.position import PositionKey
from terminal_app.ui.panels.pnl.body import PnlBody
from terminal_app.ui.panels.pnl.panel import PnlPanel
from tests.helpers.async_tests import until
from tests.helpers.scripted_charts import CLOSE, OPEN, ScriptedPortfolio, walk, with_charts
from tests.helpers.scripted_terminal import INFY, LIVE, NOW, PAPER, RELIANCE, ScriptedTerminal


@dataclass
class Stage:
    """A panel in a window that is shown when a test says so."""

    scripted: ScriptedTerminal
    portfolio: ScriptedPortfolio
    panel: PnlPanel
    window: QWidget

    @property
    def body(self) -> PnlBody:
        assert self.panel.body is not None
        return self.panel.body

    def open(self) -> None:
        self.panel.attach(self.scripted.terminal, self.scripted.desk)
        self.window.show()

    async def shown(self) -> None:
        await until(lambda: self.panel.message is None)
        QApplication.processEvents()

    def connect_accounts(self, state: ConnectionState = ConnectionState.LIVE, reason: str = "") -> None:
        for account in (PAPER, LIVE):
            connection = self.scripted.connection(state)
            connection = type(connection)(state, reason, connection.since)
            self.scripted.accounts._connections[account] = connection
            self.scripted.bus.publish(ConnectionChanged(account, connection))

    def trade(self) -> None:
        self.portfolio.trade(RELIANCE, Side.BUY, 250, "1412.36", OPEN + timedelta(minutes=20))
        self.portfolio.trade(INFY, Side.BUY, 200, "1587.60", OPEN + timedelta(minutes=90))
        self.portfolio.trade(INFY, Side.SELL, 200, "1580.90", OPEN + timedelta(minutes=230))
        self.portfolio.points[PAPER] = walk(OPEN + timedelta(minutes=20), NOW - timedelta(minutes=1), 60)

    def card(self, title: str) -> str:
        return next(card.value for card in self.panel.cards.cards if card.title == title)


@pytest.fixture
async def stage(qapp: QApplication) -> AsyncIterator[Stage]:
    window = QWidget()
    scripted = ScriptedTerminal(window)
    scripted.start_desk()
    _, portfolio = with_charts(scripted)
    panel = PnlPanel(scripted.desk, scripted.snapshot)
    column = QVBoxLayout(window)
    column.setContentsMargins(0, 0, 0, 0)
    column.addWidget(panel.tools)
    column.addWidget(panel)
    window.resize(1200, 700)
    made = Stage(scripted, portfolio, panel, window)
    made.connect_accounts()
    yield made
    await scripted.desk.aclose()
    scripted.bridge.close()
    window.close()
    window.deleteLater()
    assert scripted.faults == []


def choose(choice: QWidget, text: str) -> None:
    (button,) = (one for one in choice.findChildren(QPushButton) if one.text() == text)
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


async def test_nothing_is_read_and_no_chart_is_made_before_the_panel_is_shown(stage: Stage) -> None:
    stage.panel.attach(stage.scripted.terminal, stage.scripted.desk)
    stage.scripted.desk.second.emit()
    assert stage.panel.body is None
    assert stage.portfolio.asked == []
    stage.window.show()
    await until(lambda: stage.portfolio.asked)


async def test_a_day_without_trades_says_which_key_buys(stage: Stage) -> None:
    stage.open()
    await until(lambda: stage.panel.message is not None and stage.panel.message.lead == "No trades today.")
    assert stage.panel.message is not None
    assert stage.panel.message.hint == "Press [F1] to buy."
    assert not stage.panel.cards.isVisible()
    assert not stage.panel.tools.export_button.isEnabled()


async def test_an_account_that_is_not_connected_says_why(stage: Stage) -> None:
    stage.connect_accounts(ConnectionState.ERROR, "The broker refused the login.")
    stage.open()
    await until(lambda: stage.panel.message is not None and stage.panel.message.failed)
    assert stage.panel.message is not None
    assert stage.panel.message.lead == "The P&L could not be read."


async def test_the_days_line_runs_to_this_moment_with_its_figures(stage: Stage) -> None:
    stage.trade()
    stage.open()
    await stage.shown()
    kept = len(stage.portfolio.points[PAPER])
    assert len(stage.body.day.series) == kept + 1
    assert stage.body.day.series.times[-1] == NOW.timestamp()
    assert stage.body.day.series.column(0)[-1] == 1020.0
    assert stage.card("Day P&L") == "▲ +1,020.00"
    assert stage.card("Realised") == "−1,340.00"
    assert [mark.label for mark in stage.body.day.fills] == [
        "BUY 250 RELIANCE at 1,412.36",
        "BUY 200 INFY at 1,587.60",
        "SELL 200 INFY at 1,580.90",
    ]


async def test_each_second_moves_line_cards_and_bars_on(stage: Stage) -> None:
    stage.trade()
    stage.open()
    await stage.shown()
    before = len(stage.body.day.series)
    stage.scripted.clock.advance(1)
    stage.scripted.market.set_price(RELIANCE, "1422.36")
    stage.scripted.desk.second.emit()
    assert len(stage.body.day.series) == before + 1
    assert stage.card("Day P&L") == "▲ +1,160.00"
    assert [bar.value for bar in stage.body.bars._bars.rows] == [Decimal("2500.00"), Decimal("-1340.00")]


async def test_a_kept_point_fills_the_line_where_time_runs_fast(stage: Stage) -> None:
    stage.trade()
    stage.open()
    await stage.shown()
    before = len(stage.body.day.series)
    late, new = NOW - timedelta(seconds=5), NOW + timedelta(seconds=5)
    stage.scripted.bus.publish(PnlPointAdded(PAPER, late, Decimal(0), Decimal(7)))
    stage.scripted.bus.publish(PnlPointAdded(LIVE, new, Decimal(0), Decimal(8)))
    stage.scripted.bus.publish(PnlPointAdded(PAPER, new, Decimal(0), Decimal(9)))
    assert len(stage.body.day.series) == before + 1
    assert stage.body.day.series.column(0)[-1] == 9.0


async def test_the_first_trade_brings_the_line(stage: Stage) -> None:
    stage.open()
    await until(lambda: stage.panel.message is not None and stage.panel.message.lead == "No trades today.")
    stage.portfolio.trade(RELIANCE, Side.BUY, 1, "1421.80", NOW)
    stage.scripted.desk.second.emit()
    await stage.shown()
    assert stage.panel.stack.currentWidget() is stage.body


async def test_what_happened_while_it_was_hidden_is_read_when_it_is_shown_again(stage: Stage) -> None:
    stage.trade()
    stage.open()
    await stage.shown()
    stage.window.hide()
    count = len(stage.portfolio.asked)
    stage.scripted.clock.advance(600)
    stage.scripted.desk.second.emit()
    assert len(stage.portfolio.asked) == count
    stage.window.show()
    await until(lambda: len(stage.portfolio.asked) == count + 1)
    await until(lambda: stage.body.day.series.times[-1] == stage.scripted.clock.now().timestamp())


async def test_several_days_have_a_bar_each(stage: Stage) -> None:
    stage.trade()
    stage.portfolio.days[PAPER] = [
        PnlPoint(CLOSE - timedelta(days=days), Decimal(result), Decimal(0))
        for days, result in ((9, 50), (3, -20), (1, 30))
    ]
    stage.open()
    await stage.shown()
    choose(stage.panel.tools.span, "7 days")
    await until(lambda: stage.panel.cards.cards[0].title == "P&L")
    assert stage.card("P&L") == "▲ +10.00"
    assert stage.body.charts.currentWidget() is stage.body.days
    assert not stage.body.bars.isVisible()
    choose(stage.panel.tools.span, "All")
    await until(lambda: stage.card("P&L") == "▲ +60.00")
    assert stage.panel.save_state() == {"scope": "account", "span": "all"}
    choose(stage.panel.tools.span, "Today")
    await until(lambda: stage.body.charts.currentWidget() is stage.body.day)
    assert stage.body.bars.isVisible()


async def test_days_without_trades_say_so(stage: Stage) -> None:
    stage.panel.restore_state({"span": "30", "scope": "nobody"})
    stage.open()
    await until(lambda: stage.panel.message is not None and stage.panel.message.lead == "No P&L in these days.")
    assert stage.panel.save_state() == {"scope": "account", "span": "30"}


async def test_all_accounts_are_read_together_and_bars_name_theirs(stage: Stage) -> None:
    stage.trade()
    stage.portfolio.trade(RELIANCE, Side.SELL, 10, "1430.00", NOW, LIVE)
    stage.open()
    await stage.shown()
    assert [bar.name for bar in stage.body.bars._bars.rows] == ["RELIANCE", "INFY"]
    choose(stage.panel.tools.scope, "All accounts")
    await until(lambda: len(stage.body.bars._bars.rows) == 3)
    assert stage.portfolio.asked[-1][0] is None
    assert {bar.name for bar in stage.body.bars._bars.rows} == {"RELIANCE Paper", "INFY Paper", "RELIANCE AB1234"}


async def test_another_account_brings_its_own_line(stage: Stage) -> None:
    stage.trade()
    stage.open()
    await stage.shown()
    stage.scripted.accounts.switch(LIVE)
    await until(lambda: stage.portfolio.asked[-1][0] == LIVE)
    await until(lambda: stage.panel.message is not None)
    assert stage.panel.message is not None
    assert stage.panel.message.lead == "No trades today."
    assert stage.panel.tools.scope.findChildren(QPushButton)[0].text() == "AB1234"


async def test_a_database_that_cannot_be_read_says_so_and_try_again_reads_it(stage: Stage) -> None:
    stage.trade()
    stage.portfolio.errors.append(StorageError("The database is locked."))
    stage.open()
    await until(lambda: stage.panel.message is not None and stage.panel.message.failed)
    failed = stage.panel.stack.currentWidget()
    assert failed is not None
    expected = "The P&L could not be read. The database is locked. Orders and positions are not affected."
    assert failed.accessibleName() == expected
    (button,) = failed.findChildren(QPushButton)
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    await stage.shown()


async def test_a_chosen_position_shows_its_own_line_and_the_way_back(stage: Stage) -> None:
    stage.trade()
    key = PositionKey(RELIANCE, Product.INTRADAY)
    start = OPEN + timedelta(minutes=21)
    stage.portfolio.lines[PAPER, key] = [
        PositionPoint(start + timedelta(seconds=5 * at), 250, Decimal(at)) for at in range(20)
    ]
    stage.open()
    await stage.shown()
    stage.body.bars.setFocus()
    QTest.keyClick(stage.body.bars, Qt.Key.Key_Down)
    await until(lambda: len(stage.body.position.series) == 20)
    assert stage.body.charts.currentWidget() is stage.body.position
    assert stage.body.name.text() == "RELIANCE"
    assert [mark.label for mark in stage.body.position.fills] == ["BUY 250 RELIANCE at 1,412.36"]
    assert stage.body.position.series.column(3)[-1] == pytest.approx(1412.36)
    stage.scripted.desk.second.emit()
    await until(lambda: len(stage.body.position.series) == 21)
    assert stage.body.position.series.column(0)[-1] == 2360.0
    choose(stage.body.upper, "Price")
    assert stage.body.position.shown == "price"
    QTest.mouseClick(stage.body.back, Qt.MouseButton.LeftButton)
    assert stage.body.charts.currentWidget() is stage.body.day
    assert stage.body.bars.chosen_key is None


async def test_escape_leads_back_from_a_position(stage: Stage) -> None:
    stage.trade()
    stage.open()
    await stage.shown()
    stage.body.bars.setCurrentIndex(stage.body.bars.model().index(1, 0))
    await until(lambda: stage.body.charts.currentWidget() is stage.body.position)
    QTest.keyClick(stage.panel, Qt.Key.Key_Escape)
    assert stage.body.charts.currentWidget() is stage.body.day


async def test_a_low_panel_leaves_out_what_does_not_fit(stage: Stage) -> None:
    stage.trade()
    stage.open()
    await stage.shown()
    assert stage.body._bars_header.isVisible()
    tall = stage.panel.cards.height()
    stage.window.resize(1200, 250)
    await until(lambda: not stage.body._bars_header.isVisible())
    assert stage.panel.cards.height() < tall / 2
    assert stage.panel.minimumSizeHint().height() <= 168


async def test_the_points_shown_are_saved_as_csv(stage: Stage, tmp_path: Path) -> None:
    stage.trade()
    stage.open()
    await stage.shown()
    dialog = stage.panel.export()
    assert dialog is not None
    path = tmp_path / "pnl.csv"
    dialog.fileSelected.emit(str(path))
    dialog.close()
    await until(path.exists)
    await until(lambda: stage.scripted.toasts)
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    assert lines[0] == "time,realised,unrealised,pnl"
    assert lines[-1] == "2026-11-20 14:36:08,-1340.00,2360.00,1020.00"


async def test_every_control_has_an_accessible_name(stage: Stage) -> None:
    stage.trade()
    stage.open()
    await stage.shown()
    buttons = stage.window.findChildren(QPushButton)
    assert buttons
    assert [button for button in buttons if not button.accessibleName()] == []
