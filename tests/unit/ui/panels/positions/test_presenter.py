"""The positions presenter values, sums, warns and drafts without any widget."""

from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec.structs import replace
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from terminal_app.domain.enums import Product, Side
from terminal_app.domain.errors import BrokerUnavailable
from terminal_app.domain.position import Position, PositionKey
from terminal_app.ui.panels.positions.exits import plan_all, plan_selected, question
from terminal_app.ui.panels.positions.model import PositionRow
from terminal_app.ui.panels.positions.presenter import DAY, PositionsPresenter
from tests.helpers.scripted_book import FUTURE, HDFC, Book, positions
from tests.helpers.scripted_terminal import CALL, INFY, LIVE, PAPER, RELIANCE


@pytest.fixture
def book(qtbot: QtBot) -> Book:
    window = QWidget()
    qtbot.addWidget(window)
    return Book(window)


def row_of(presenter: PositionsPresenter, instrument: object) -> PositionRow:
    return next(row for row in presenter.rows() if row.instrument == instrument)


def test_a_row_says_quantity_lots_product_and_what_it_is_worth(book: Book) -> None:
    book.fill_day()
    row = row_of(PositionsPresenter(book.terminal), CALL)
    assert (row.label, row.market, row.product) == ("NIFTY 23 NOV 24800 CE", "NFO", "NRML")
    assert (row.quantity, row.lots, row.average) == (130, Decimal(2), Decimal("104.25"))
    assert row.unrealised == Decimal("1839.50")
    assert row.day_change == pytest.approx(20.08, abs=0.01)


def test_closed_positions_come_last_and_say_so(book: Book) -> None:
    book.fill_day()
    rows = PositionsPresenter(book.terminal).rows()
    assert [row.is_open for row in rows] == [True] * 5 + [False]
    assert rows[-1].instrument == INFY


def test_the_totals_are_the_sums_of_the_rows(book: Book) -> None:
    book.fill_day()
    presenter = PositionsPresenter(book.terminal)
    cells = presenter.totals(presenter.rows())
    assert cells["instrument"].text == "6 positions"
    assert (cells["realised"].text, cells["realised"].tone) == ("\u22121,340.00", "loss")
    assert cells["unrealised"].text == "+9,780.00"


def test_a_position_without_a_price_is_left_out_of_the_total_and_that_is_said(book: Book) -> None:
    book.fill_day()
    del book.market.quotes[CALL]
    presenter = PositionsPresenter(book.terminal)
    cells = presenter.totals(presenter.rows())
    assert cells["instrument"].text == "6 positions, 1 without a price"
    assert cells["unrealised"].text == "+7,940.50"
    assert row_of(presenter, CALL).day_pnl is None


def test_day_counts_only_what_was_traded_today(book: Book) -> None:
    carried = Position(
        FUTURE,
        Product.CARRY,
        quantity=65,
        average_price=Decimal(24768),
        sell_quantity=65,
        sell_value=Decimal(24800) * 65,
        carried_quantity=130,
        carried_price=Decimal(24740),
    )
    book.set_positions(PAPER, [carried, *positions()[:1]])
    presenter = PositionsPresenter(book.terminal)
    presenter.mode = DAY
    row = row_of(presenter, FUTURE)
    assert (row.quantity, row.average, row.realised) == (-65, Decimal(24800), Decimal(0))
    assert row.unrealised == (Decimal("24836.70") - 24800) * -65
    book.set_positions(PAPER, [replace(carried, sell_quantity=0, sell_value=Decimal(0))])
    assert presenter.rows() == []


def test_a_bought_and_sold_position_is_matched_at_its_averages(book: Book) -> None:
    book.fill_day()
    presenter = PositionsPresenter(book.terminal)
    presenter.mode = DAY
    row = row_of(presenter, INFY)
    assert (row.quantity, row.realised, row.unrealised) == (0, Decimal(-1340), Decimal(0))


def test_a_difference_with_the_broker_is_named_with_both_figures(book: Book) -> None:
    book.fill_day()
    presenter = PositionsPresenter(book.terminal)
    rows = presenter.rows()
    words = presenter.doubt(rows)
    assert words is not None
    assert words[0] == "HDFCBANK differs."
    assert "\u2212400" in words[1]
    assert "\u2212350" in words[1]
    assert presenter.accounts_to_ask(rows) == (PAPER,)


def test_a_closed_position_that_differs_is_not_blank(book: Book) -> None:
    book.set_positions(PAPER, [Position(RELIANCE, Product.INTRADAY)])
    book.portfolio.differs[PositionKey(RELIANCE, Product.INTRADAY)] = Position(RELIANCE, Product.INTRADAY, quantity=10)
    row = row_of(PositionsPresenter(book.terminal), RELIANCE)
    assert (row.quantity, row.broker_quantity) == (0, 10)


def test_an_old_price_carries_its_age_only_while_the_position_is_open(book: Book) -> None:
    book.fill_day()
    book.market.ages.update({RELIANCE: 14.0, INFY: 14.0})
    presenter = PositionsPresenter(book.terminal)
    assert row_of(presenter, RELIANCE).old_s == 14.0
    assert row_of(presenter, INFY).old_s is None


def test_only_rows_whose_price_moved_are_worked_out_again(book: Book) -> None:
    book.fill_day()
    presenter = PositionsPresenter(book.terminal)
    presenter.rows()
    presenter.moved_rows()
    assert presenter.moved_rows() == []
    book.market.set_price(RELIANCE, "1425.10")
    moved = presenter.moved_rows()
    assert [(row.instrument, row.last_price) for row in moved] == [(RELIANCE, Decimal("1425.10"))]


@pytest.mark.parametrize(("instrument", "side", "quantity"), [(RELIANCE, Side.SELL, 250), (HDFC, Side.BUY, 400)])
def test_closing_drafts_take_the_other_side_and_the_whole_quantity(
    book: Book, instrument: object, side: Side, quantity: int
) -> None:
    book.fill_day()
    presenter = PositionsPresenter(book.terminal)
    draft = presenter.closing_draft(row_of(presenter, instrument))
    assert (draft.side, draft.quantity, draft.product) == (side, quantity, Product.INTRADAY)


def test_adding_keeps_the_side_and_reducing_takes_one_lot(book: Book) -> None:
    book.fill_day()
    presenter = PositionsPresenter(book.terminal)
    row = row_of(presenter, CALL)
    assert presenter.adding_draft(row).side is Side.BUY
    assert (presenter.reducing_draft(row).side, presenter.reducing_draft(row).quantity) == (Side.SELL, 65)


async def test_an_account_that_failed_says_whose_move_it_is(book: Book, expected_logs: object) -> None:
    assert callable(expected_logs)
    expected_logs("could not be connected")
    presenter = PositionsPresenter(book.terminal)
    off = presenter.message([])
    assert off is not None
    assert off.lead == "Paper is off."
    await book.connect(failing={PAPER: BrokerUnavailable("The gateway timed out.")})
    message = presenter.message(presenter.rows())
    assert message is not None
    assert message.failed
    assert message.hint == "The gateway timed out. Your positions at the broker are not affected."


async def test_a_connected_account_without_positions_says_which_key_to_press(book: Book) -> None:
    await book.connect()
    message = PositionsPresenter(book.terminal).message([])
    assert message is not None
    assert "[F1]" in message.hint


def test_an_exit_of_all_accounts_goes_to_each_that_has_something_open(book: Book) -> None:
    book.set_positions(PAPER, positions())
    book.set_positions(LIVE, positions()[:2])
    book.accounts.switch(None)
    rows = PositionsPresenter(book.terminal).rows()
    assert [(plan.account, plan.keys) for plan in plan_all(rows)] == [(PAPER, None), (LIVE, None)]
    chosen = [row for row in rows if row.instrument == CALL]
    plans = plan_selected(chosen)
    assert [plan.account for plan in plans] == [PAPER, LIVE]
    asked = question(book.terminal, plans, chosen, everything=False)
    assert asked.paper is False
    assert ("Account", "AB1234, LIVE") in asked.facts
    assert ("Account", "Paper, PAPER") in asked.facts


def test_shares_sold_out_of_holdings_are_not_bought_back_by_an_exit(book: Book) -> None:
    book.set_positions(PAPER, [Position(RELIANCE, Product.DELIVERY, quantity=-10, average_price=Decimal(1400))])
    rows = PositionsPresenter(book.terminal).rows()
    assert plan_all(rows) == []
    assert plan_selected(rows) == []
