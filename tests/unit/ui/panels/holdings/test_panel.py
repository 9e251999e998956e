"""The holdings panel values shares at today's prices and sells what may be sold."""

from __future__ import annotations

from decimal import Decimal

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from terminal_app.domain.enums import Product, Side
from terminal_app.domain.holding import Holding
from terminal_app.ui.panels.holdings.panel import HoldingsPanel
from tests.helpers.panel_stage import PanelStage
from tests.helpers.panels import until
from tests.helpers.scripted_book import HDFC, holdings
from tests.helpers.scripted_terminal import PAPER, RELIANCE

Stage = PanelStage[HoldingsPanel]


@pytest.fixture
def stage(qtbot: QtBot) -> Stage:
    return Stage(qtbot, HoldingsPanel)


def total(stage: Stage, column: str) -> str:
    model = stage.panel.totals.model()
    place = [one.key for one in stage.panel.table.model_.columns].index(column)
    return str(model.index(0, place).data())


async def test_holdings_are_valued_with_what_is_unsettled(stage: Stage) -> None:
    await stage.book.connect()
    stage.book.set_holdings(PAPER, holdings())
    await until(lambda: len(stage.panel.table.model_.rows) == 3)
    assert (stage.text(HDFC, "quantity"), stage.text(HDFC, "t1"), stage.text(HDFC, "sellable")) == ("300", "50", "250")
    assert stage.text(HDFC, "value") == "3,46,937.50"
    assert stage.text(HDFC, "pnl") == "\u22124,497.50"
    assert total(stage, "value") == "6,43,809.50"


async def test_a_share_without_a_price_shows_a_dash_and_is_left_out_of_the_total(stage: Stage) -> None:
    del stage.book.market.quotes[HDFC]
    stage.book.set_holdings(PAPER, holdings())
    stage.panel.refresh()
    assert stage.text(HDFC, "value") == "\u2013"
    assert total(stage, "instrument") == "3 holdings, 1 without a price"
    assert total(stage, "value") == "2,96,872.00"


async def test_prices_move_on_the_frame(stage: Stage) -> None:
    stage.book.set_holdings(PAPER, holdings())
    stage.panel.refresh()
    stage.book.market.set_price(RELIANCE, "1500.00")
    stage.book.desk.frame.emit()
    assert stage.text(RELIANCE, "value") == "1,80,000.00"


async def test_enter_sells_what_may_be_sold(stage: Stage) -> None:
    stage.book.set_holdings(PAPER, holdings())
    stage.panel.refresh()
    stage.choose(HDFC)
    QTest.keyClick(stage.panel.table, Qt.Key.Key_Return)
    draft = stage.drafts[0]
    assert (draft.instrument, draft.side, draft.quantity, draft.product) == (HDFC, Side.SELL, 250, Product.DELIVERY)


async def test_what_is_pledged_whole_is_not_sold(stage: Stage) -> None:
    stage.book.set_holdings(PAPER, [Holding(HDFC, 10, Decimal(900), pledged_quantity=10)])
    stage.panel.refresh()
    stage.choose(HDFC)
    QTest.keyClick(stage.panel.table, Qt.Key.Key_Return)
    assert stage.drafts == []
    assert stage.book.toasts[-1][0] == "Nothing of it can be sold now"
