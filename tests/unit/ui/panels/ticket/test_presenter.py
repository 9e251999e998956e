"""The ticket's decisions: what is typed, what is offered, and what goes out to which account."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from decimal import Decimal

import pytest
from PySide6.QtWidgets import QWidget

from terminal_app.domain.enums import (
    ConnectionState,
    OrderStatus,
    OrderType,
    Product,
    SessionPhase,
    Side,
    TradingState,
    Validity,
)
from terminal_app.domain.errors import BadInput, BrokerUnavailable, OrderUnknown
from terminal_app.domain.funds import Funds
from terminal_app.domain.messages import FundsChanged
from terminal_app.domain.order import OrderChange, OrderRequest
from terminal_app.ui.drafts import ConfirmRequest, TicketDraft
from terminal_app.ui.panels.ticket.model import LIMIT, PROTECTION, QUANTITY, TRIGGER, Phase
from terminal_app.ui.panels.ticket.presenter import TicketPresenter
from tests.helpers.async_tests import until
from tests.helpers.log_guard import LogGuard
from tests.helpers.scripted_terminal import CALL, INFY, LIVE, NIFTY, PAPER, RELIANCE, ScriptedTerminal


@dataclass
class Ticket:
    """A presenter on its scripted services; ``pictures`` counts how often it asked to be shown."""

    scripted: ScriptedTerminal
    presenter: TicketPresenter
    pictures: list[int]

    def open(self, draft: TicketDraft) -> None:
        self.scripted.desk.open_ticket(draft)

    @property
    def place(self) -> tuple[str, str, str]:
        button = self.presenter.view().place
        return button.look, button.headline, button.below

    @property
    def rows(self) -> dict[str, tuple[str, str, str]]:
        return {row.label: (row.value, row.note, row.tone) for row in self.presenter.view().rows}

    @property
    def placed(self) -> list[tuple[str, OrderRequest]]:
        return list(self.scripted.orders.placed)

    async def previewed(self) -> None:
        await until(lambda: self.presenter.state.figures.is_fresh and self.presenter.state.figures.preview is not None)

    async def settled(self) -> None:
        await until(lambda: self.presenter.state.sending is None)


@pytest.fixture
async def ticket(qtbot: object) -> AsyncIterator[Ticket]:
    window = QWidget()
    scripted = ScriptedTerminal(window)
    scripted.start_desk()
    pictures: list[int] = []
    presenter = TicketPresenter(
        scripted.desk, scripted.accounts, lambda: pictures.append(1), lambda: pictures.append(2), preview_delay_s=0.0
    )
    desk, bridge = scripted.desk, scripted.bridge
    desk.instrument_chosen.connect(presenter.choose_instrument)
    desk.ticket_wanted.connect(presenter.open)
    desk.frame.connect(presenter.on_frame)
    desk.second.connect(presenter.on_second)
    bridge.order_changed.connect(presenter.on_order)
    bridge.funds_changed.connect(presenter.on_money)
    bridge.current_account_changed.connect(presenter.on_account)
    bridge.trading_state_changed.connect(presenter.on_trading_state)
    presenter.attach(scripted.terminal)
    yield Ticket(scripted, presenter, pictures)
    await desk.aclose()
    window.deleteLater()
    assert scripted.faults == []


async def test_a_fresh_ticket_is_one_lot_at_the_opposite_best_price(ticket: Ticket) -> None:
    ticket.open(TicketDraft(CALL, Side.BUY))
    view = ticket.presenter.view()
    assert (view.quantity.label, view.quantity.text, view.quantity.remark) == ("Lots", "1", "= 65")
    assert view.price.text == "118.40"
    ticket.presenter.choose_side(Side.SELL)
    assert ticket.presenter.view().price.text == "118.35"


async def test_a_typed_price_stays_when_the_side_changes(ticket: Ticket) -> None:
    ticket.open(TicketDraft(CALL, Side.BUY))
    ticket.presenter.edit(LIMIT, "117")
    ticket.presenter.choose_side(Side.SELL)
    assert ticket.presenter.view().price.text == "117"


async def test_place_says_the_order_and_where_it_goes(ticket: Ticket) -> None:
    ticket.scripted.accounts.switch(LIVE)
    ticket.open(TicketDraft(CALL, Side.BUY, 1950, Decimal("118.40"), product=Product.CARRY))
    await ticket.previewed()
    assert ticket.place == ("ready", "BUY 30 lots (1,950) at 118.40", "LIVE, 2 orders to Zerodha AB1234")
    assert ticket.rows["Margin needed"][:2] == ("2,30,880.00", "of 3,41,200.00 free")
    assert ticket.rows["Sent as"][:2] == ("2 orders", "1,755 + 195, freeze 1,800")


async def test_the_order_goes_out_as_it_was_typed(ticket: Ticket) -> None:
    ticket.open(TicketDraft(CALL, Side.BUY))
    ticket.presenter.edit(QUANTITY, "3")
    ticket.presenter.edit(LIMIT, "1,18.5")
    ticket.presenter.choose_product(Product.CARRY)
    ticket.presenter.choose_validity(Validity.IOC)
    ticket.presenter.place()
    await ticket.settled()
    expected = OrderRequest(CALL, Side.BUY, 195, OrderType.LIMIT, Product.CARRY, Validity.IOC, Decimal("118.5"))
    assert ticket.placed == [(PAPER, expected)]
    assert ticket.place[0] == "off"
    assert ticket.place[1] == "BUY 3 lots (195) at 118.50, sent 14:36:08"


async def test_a_second_enter_sends_nothing_while_sending_and_after(ticket: Ticket) -> None:
    ticket.scripted.orders.gate = asyncio.Event()
    ticket.open(TicketDraft(RELIANCE, Side.BUY, 50))
    ticket.presenter.place()
    ticket.presenter.place()
    await until(lambda: len(ticket.placed) == 1)
    ticket.presenter.place()
    assert ticket.place[:2] == ("sending", "Sending 1 order")
    ticket.scripted.orders.gate.set()
    await ticket.settled()
    ticket.presenter.place()
    await asyncio.sleep(0)
    assert len(ticket.placed) == 1


async def test_an_edit_arms_the_ticket_again(ticket: Ticket) -> None:
    ticket.open(TicketDraft(RELIANCE, Side.BUY, 50))
    ticket.presenter.place()
    await ticket.settled()
    ticket.presenter.edit(QUANTITY, "60")
    ticket.presenter.place()
    await ticket.settled()
    assert [request.quantity for _, request in ticket.placed] == [50, 60]


async def test_a_price_off_the_tick_is_told_beside_the_field_and_a_click_mends_it(ticket: Ticket) -> None:
    ticket.open(TicketDraft(CALL, Side.BUY, 1950, Decimal("118.43")))
    view = ticket.presenter.view()
    assert "118.43 is not a multiple of the tick 0.05" in view.price.problem
    assert [label for label, _ in view.problems[0].fixes] == ["118.40", "118.45"]
    assert ticket.place == ("off", "Place", "fix the price first")
    ticket.presenter.place()
    assert ticket.placed == []
    ticket.presenter.fix(LIMIT, view.problems[0].fixes[1][1])
    assert ticket.presenter.view().price.text == "118.45"
    assert ticket.place[0] == "ready"


@pytest.mark.parametrize("text", ["abc", "", "1.2.3", "12e5", "٣"])
async def test_what_is_no_number_keeps_place_off(ticket: Ticket, text: str) -> None:
    ticket.open(TicketDraft(RELIANCE, Side.BUY, 50))
    ticket.presenter.edit(LIMIT, text)
    assert ticket.presenter.view().price.problem
    assert ticket.presenter.view().price.text == text
    ticket.presenter.place()
    assert ticket.placed == []


@pytest.mark.parametrize(
    ("field", "text"),
    [
        (QUANTITY, "99999999999999999999999999"),
        (LIMIT, "99999999999999999999999999.05"),
        (LIMIT, "0.00000000000000000001"),
        (QUANTITY, "1000000000"),
        (QUANTITY, "0"),
        (QUANTITY, "-5"),
        (LIMIT, "-1"),
    ],
)
async def test_huge_tiny_and_negative_values_keep_place_off(ticket: Ticket, field: str, text: str) -> None:
    ticket.open(TicketDraft(CALL, Side.BUY))
    ticket.presenter.edit(field, text)
    assert ticket.place[0] == "off"
    ticket.presenter.place()
    assert ticket.placed == []


async def test_half_a_lot_offers_whole_lots(ticket: Ticket) -> None:
    ticket.open(TicketDraft(CALL, Side.BUY))
    ticket.presenter.edit(QUANTITY, "2.5")
    problem = ticket.presenter.view().problems[0]
    assert problem.field == QUANTITY
    ticket.presenter.fix(problem.field, problem.fixes[1][1])
    assert ticket.presenter.view().quantity.text == "3"


async def test_a_quantity_that_is_not_whole_lots_is_shown_in_units(ticket: Ticket) -> None:
    ticket.open(TicketDraft(CALL, Side.SELL, 100))
    assert (ticket.presenter.view().quantity.label, ticket.presenter.view().quantity.text) == ("Quantity", "100")
    problem = ticket.presenter.view().problems[0]
    assert problem.message == "100 is not a multiple of the lot 65."


async def test_a_market_order_has_no_price_but_a_protection_and_keeps_the_typed_price(ticket: Ticket) -> None:
    ticket.open(TicketDraft(CALL, Side.SELL, 130))
    ticket.presenter.edit(LIMIT, "120")
    ticket.presenter.choose_order_type(OrderType.MARKET)
    view = ticket.presenter.view()
    assert (view.price.enabled, view.price.text, view.price.placeholder) == (False, "", "market")
    assert (view.third, view.protection.text, view.protection.enabled) == ("protection", "2.00 %", True)
    ticket.presenter.edit(PROTECTION, "1.5 %")
    ticket.presenter.place()
    await ticket.settled()
    assert ticket.placed[0][1].limit_price is None
    assert ticket.placed[0][1].market_protection == Decimal("1.5")
    ticket.presenter.choose_order_type(OrderType.LIMIT)
    assert ticket.presenter.view().price.text == "120"


async def test_a_stop_order_needs_its_trigger(ticket: Ticket) -> None:
    ticket.open(TicketDraft(RELIANCE, Side.SELL, 50))
    ticket.presenter.choose_order_type(OrderType.SL)
    assert ticket.place == ("off", "Place", "fix the trigger first")
    ticket.presenter.edit(TRIGGER, "1405")
    ticket.presenter.edit(LIMIT, "1404")
    assert ticket.place[:2] == ("ready", "SELL 50 at 1,404.00, trigger 1,405.00")


async def test_a_stop_at_market_shows_protection_where_the_price_was(ticket: Ticket) -> None:
    ticket.open(TicketDraft(RELIANCE, Side.SELL, 50, trigger_price=Decimal(1405)))
    view = ticket.presenter.view()
    assert (view.order_type.chosen, view.second, view.third) == ("SL_M", "protection", "trigger")
    assert view.trigger.text == "1,405.00"


async def test_short_of_money_says_how_many_fit_and_a_click_takes_them(ticket: Ticket) -> None:
    ticket.scripted.accounts.switch(LIVE)
    ticket.open(TicketDraft(CALL, Side.BUY, 65 * 45, Decimal("118.40")))
    await ticket.previewed()
    notice = ticket.presenter.view().notice
    assert notice is not None
    assert (notice.fact, notice.rest, notice.action) == ("Short by 5,120.00.", "44 lots fit.", "Use 44 lots")
    assert ticket.place == ("off", "Place", "45 lots (2,925) do not fit the free margin")
    ticket.presenter.place()
    assert ticket.placed == []
    ticket.presenter.do(notice.does)
    await ticket.previewed()
    assert ticket.presenter.view().quantity.text == "44"
    assert ticket.place[0] == "ready"


async def test_not_even_one_lot_fits(ticket: Ticket) -> None:
    ticket.scripted.orders.free[PAPER] = Decimal(100)
    ticket.open(TicketDraft(CALL, Side.BUY))
    await ticket.previewed()
    notice = ticket.presenter.view().notice
    assert notice is not None
    assert (notice.rest, notice.action) == ("Not even one lot fits.", "")


async def test_old_figures_stay_grey_while_newer_are_fetched_and_late_ones_are_dropped(ticket: Ticket) -> None:
    ticket.open(TicketDraft(RELIANCE, Side.BUY, 50, Decimal(1400)))
    await ticket.previewed()
    ticket.scripted.orders.preview_gate = asyncio.Event()
    ticket.presenter.edit(QUANTITY, "60")
    await until(lambda: len(ticket.scripted.orders.previews) == 2)
    assert ticket.rows["Margin needed"] == ("70,000.00", "of 9,14,229.37 free", "text.3")
    ticket.presenter.edit(QUANTITY, "70")
    await until(lambda: len(ticket.scripted.orders.previews) == 3)
    ticket.scripted.orders.preview_gate.set()
    await ticket.previewed()
    assert ticket.rows["Margin needed"][0] == "98,000.00"


async def test_a_burst_of_keys_is_previewed_once(ticket: Ticket) -> None:
    ticket.open(TicketDraft(RELIANCE, Side.BUY, 50, Decimal(1400)))
    for text in ("1", "14", "141", "1410"):
        ticket.presenter.edit(LIMIT, text)
    await ticket.previewed()
    assert [request.limit_price for _, request in ticket.scripted.orders.previews] == [Decimal(1410)]


async def test_a_margin_that_is_not_known_does_not_keep_the_order_back(ticket: Ticket) -> None:
    ticket.scripted.orders.preview_errors.append(BrokerUnavailable("Zerodha did not answer."))
    ticket.open(TicketDraft(RELIANCE, Side.BUY, 50))
    await until(lambda: ticket.presenter.state.figures.trouble)
    notice = ticket.presenter.view().notice
    assert notice is not None
    assert (notice.fact, notice.rest) == ("The margin is not known.", "Zerodha did not answer.")
    assert ticket.place[0] == "ready"


async def test_new_money_is_previewed_anew(ticket: Ticket) -> None:
    ticket.open(TicketDraft(RELIANCE, Side.BUY, 50, Decimal(1400)))
    await ticket.previewed()
    ticket.scripted.orders.free[PAPER] = Decimal(80000)
    funds = Funds(Decimal(0), Decimal(80000), Decimal(0), ticket.scripted.clock.now())
    ticket.scripted.bus.publish(FundsChanged(PAPER, funds))
    await ticket.previewed()
    assert ticket.rows["Margin needed"][1] == "of 80,000.00 free"


async def test_an_order_that_closes_shows_its_pnl(ticket: Ticket) -> None:
    ticket.scripted.orders.closes, ticket.scripted.orders.pnl_if_closed = 130, Decimal(1534)
    ticket.open(TicketDraft(CALL, Side.SELL, 130, order_type=OrderType.MARKET))
    await ticket.previewed()
    assert ticket.rows["Margin needed"][:2] == ("0.00", "closes your +130")
    assert ticket.rows["P&L if closed"] == ("+1,534.00", "at worst", "profit")


async def test_on_old_prices_only_limit_orders_go_out(ticket: Ticket) -> None:
    ticket.scripted.market.ages[RELIANCE] = 14
    ticket.open(TicketDraft(RELIANCE, Side.BUY, 50))
    await ticket.previewed()
    notice = ticket.presenter.view().notice
    assert notice is not None
    assert notice.fact == "The price is 14 s old."
    assert ticket.place == ("ready", "BUY 50 at 1,421.80", "PAPER, 1 order to Paper, price 14 s old")
    ticket.presenter.choose_order_type(OrderType.MARKET)
    assert ticket.place == ("off", "Place", "the price is old, use a limit")


async def test_when_halted_only_closing_orders_go_out(ticket: Ticket) -> None:
    ticket.open(TicketDraft(CALL, Side.SELL, 130))
    ticket.scripted.orders.stop(TradingState.HALTED)
    notice = ticket.presenter.view().notice
    assert notice is not None
    assert notice.fact == "New orders are stopped."
    assert ticket.place == ("off", "Place", "halted, Resume is in the Trade menu")
    ticket.presenter.place()
    assert ticket.placed == []
    ticket.scripted.orders.closes = 130
    ticket.presenter.edit(LIMIT, "118.00")
    await ticket.previewed()
    assert ticket.place[0] == "ready"


async def test_a_closed_market_is_told_and_place_is_off(ticket: Ticket) -> None:
    ticket.scripted.market.phases[RELIANCE] = SessionPhase.CLOSED
    ticket.open(TicketDraft(RELIANCE, Side.BUY, 50))
    assert ticket.presenter.view().problems[0].message == "The market is closed: no orders are taken now."
    assert ticket.place == ("off", "Place", "see above")


async def test_an_index_is_shown_and_not_traded(ticket: Ticket) -> None:
    ticket.scripted.desk.choose(NIFTY)
    notice = ticket.presenter.view().notice
    assert notice is not None
    assert "An index is shown, not traded" in notice.fact
    assert ticket.place[0] == "off"


async def test_an_account_that_is_not_connected_sends_nothing(ticket: Ticket) -> None:
    ticket.scripted.orders.disconnected.add(PAPER)
    ticket.open(TicketDraft(RELIANCE, Side.BUY, 50))
    ticket.presenter.place()
    assert ticket.placed == []
    assert ticket.scripted.accounts.connection(PAPER).state is ConnectionState.OFF
    notice = ticket.presenter.view().notice
    assert notice is not None
    assert notice.fact == "The account is not connected."


async def test_an_untouched_ticket_follows_and_a_touched_one_stays(ticket: Ticket) -> None:
    ticket.scripted.desk.choose(RELIANCE)
    ticket.scripted.desk.choose(INFY)
    assert ticket.presenter.view().head.name == "INFY"
    ticket.presenter.edit(QUANTITY, "75")
    ticket.scripted.desk.choose(RELIANCE)
    view = ticket.presenter.view()
    assert (view.head.name, view.quantity.text) == ("INFY", "75")
    assert view.head.remark == "Ticket kept on INFY; Esc follows RELIANCE"
    ticket.presenter.close()
    view = ticket.presenter.view()
    assert (view.head.name, view.head.remark, view.quantity.text) == ("RELIANCE", "", "1")


async def test_opening_the_ticket_replaces_what_was_typed(ticket: Ticket) -> None:
    ticket.open(TicketDraft(INFY, Side.BUY))
    ticket.presenter.edit(QUANTITY, "75")
    ticket.open(TicketDraft(RELIANCE, Side.SELL, 10))
    view = ticket.presenter.view()
    assert (view.head.name, view.side.chosen, view.quantity.text) == ("RELIANCE", "SELL", "10")


async def test_the_product_used_last_comes_back_by_segment(ticket: Ticket) -> None:
    ticket.open(TicketDraft(CALL, Side.BUY))
    ticket.presenter.choose_product(Product.CARRY)
    ticket.open(TicketDraft(RELIANCE, Side.BUY))
    assert ticket.presenter.view().product.chosen == "INTRADAY"
    ticket.open(TicketDraft(CALL, Side.BUY))
    assert ticket.presenter.view().product.chosen == "CARRY"
    assert ticket.presenter.remembered.save() == {"FNO": "CARRY"}


async def test_switching_the_account_changes_the_identity_and_keeps_what_is_typed(ticket: Ticket) -> None:
    ticket.open(TicketDraft(RELIANCE, Side.BUY))
    ticket.presenter.edit(QUANTITY, "75")
    ticket.scripted.accounts.switch(LIVE)
    view = ticket.presenter.view()
    assert (view.identity, view.identity_account, view.quantity.text) == ("live", "Zerodha AB1234", "75")
    ticket.presenter.place()
    await ticket.settled()
    assert [account for account, _ in ticket.placed] == [LIVE]


async def test_an_order_on_its_way_keeps_the_account_that_was_shown_when_enter_was_pressed(ticket: Ticket) -> None:
    ticket.scripted.orders.gate = asyncio.Event()
    ticket.open(TicketDraft(CALL, Side.BUY, 1950, Decimal("118.40")))
    await ticket.previewed()
    ticket.presenter.place()
    ticket.scripted.accounts.switch(LIVE)
    assert ticket.presenter.view().identity == "paper"
    ticket.scripted.orders.gate.set()
    await ticket.settled()
    assert [account for account, _ in ticket.placed] == [PAPER]
    assert ticket.presenter.view().identity == "live"


async def test_a_question_keeps_the_account_too_and_no_means_nothing_is_sent(ticket: Ticket) -> None:
    asked: list[ConfirmRequest] = []
    answers: list[asyncio.Future[bool]] = []
    ticket.scripted.desk.confirm_wanted.connect(lambda request, _answer: asked.append(request))
    ticket.scripted.desk.confirm_wanted.connect(lambda _request, answer: answers.append(answer))
    ticket.scripted.orders.question = "Its price is more than 5 % from the last price 1421.80."
    ticket.open(TicketDraft(RELIANCE, Side.BUY, 50, Decimal(1300)))
    ticket.presenter.place()
    await until(lambda: answers)
    assert ticket.place == ("off", "Place", "answer the question first")
    ticket.scripted.accounts.switch(LIVE)
    assert ticket.presenter.view().identity == "paper"
    assert asked[0].action == "BUY 50 at 1,300.00"
    assert (asked[0].tone, asked[0].paper) == ("buy", True)
    assert dict(asked[0].facts) == {
        "Instrument": "RELIANCE",
        "Side": "BUY",
        "Quantity": "50",
        "Price": "1,300.00",
        "Account": "Paper, PAPER",
    }
    answers[0].set_result(False)
    await ticket.settled()
    assert ticket.placed == []
    assert ticket.presenter.state.phase is Phase.EDITING


async def test_yes_to_the_question_sends_to_the_account_of_the_question(ticket: Ticket) -> None:
    answers: list[asyncio.Future[bool]] = []
    ticket.scripted.desk.confirm_wanted.connect(lambda _request, answer: answers.append(answer))
    ticket.scripted.orders.question = "Large."
    ticket.open(TicketDraft(RELIANCE, Side.BUY, 50))
    ticket.presenter.place()
    await until(lambda: answers)
    ticket.scripted.accounts.switch(LIVE)
    answers[0].set_result(True)
    await ticket.settled()
    assert [account for account, _ in ticket.placed] == [PAPER]


async def test_all_accounts_asks_for_the_account_first_and_again_for_the_next_order(ticket: Ticket) -> None:
    ticket.scripted.accounts.switch(None)
    ticket.open(TicketDraft(RELIANCE, Side.BUY, 50))
    view = ticket.presenter.view()
    assert (view.identity, view.place.below) == ("none", "choose the account first")
    assert [account for account, _ in view.accounts] == [PAPER, LIVE]
    ticket.presenter.place()
    assert ticket.placed == []
    ticket.presenter.choose_account(LIVE)
    assert ticket.presenter.view().identity == "live"
    ticket.presenter.place()
    await ticket.settled()
    assert [account for account, _ in ticket.placed] == [LIVE]
    assert ticket.presenter.view().identity == "none"


async def test_slices_are_shown_while_they_go_out_and_esc_stops_the_rest(ticket: Ticket) -> None:
    ticket.scripted.orders.gate = asyncio.Event()
    ticket.open(TicketDraft(CALL, Side.BUY, 1950, Decimal("118.40")))
    await ticket.previewed()
    ticket.presenter.place()
    await until(lambda: ticket.presenter.state.sending is not None and ticket.presenter.state.sending.seen)
    assert ticket.place == ("sending", "Sending 2 orders", "Esc stops what is not sent yet")
    assert ticket.rows["Slice 1 of 2"][0] == "sent, 0.00 s"
    assert ticket.rows["Slice 2 of 2"][0] == "waiting for its turn"
    ticket.presenter.close()
    await ticket.settled()
    notice = ticket.presenter.view().notice
    assert notice is not None
    assert (notice.fact, notice.rest[:30]) == ("You stopped it.", "1 of 2 orders went out; the Or")
    assert len(ticket.scripted.orders.book) == 1


async def test_a_ticket_opened_while_sending_waits_for_its_turn(ticket: Ticket) -> None:
    ticket.scripted.orders.gate = asyncio.Event()
    ticket.open(TicketDraft(RELIANCE, Side.BUY, 50))
    ticket.presenter.place()
    ticket.open(TicketDraft(INFY, Side.SELL, 5))
    assert ticket.presenter.view().head.name == "RELIANCE"
    ticket.scripted.orders.gate.set()
    await until(lambda: ticket.presenter.view().head.name == "INFY")
    assert ticket.placed[0][1].instrument == RELIANCE
    assert ticket.place[0] == "ready"


async def test_a_rejection_is_shown_in_full_and_can_be_tried_again(ticket: Ticket) -> None:
    orders = ticket.scripted.orders
    orders.status, orders.reason = OrderStatus.REJECTED, "RMS: margin exceeds available"
    ticket.open(TicketDraft(RELIANCE, Side.BUY, 50))
    ticket.presenter.place()
    await ticket.settled()
    notice = ticket.presenter.view().notice
    assert notice is not None
    assert (notice.fact, notice.rest) == ("The order was rejected.", "RMS: margin exceeds available")
    ticket.presenter.place()
    assert len(ticket.placed) == 1
    ticket.presenter.do("again")
    ticket.presenter.place()
    await ticket.settled()
    assert len(ticket.placed) == 2


async def test_what_the_broker_finds_wrong_with_a_field_stands_beside_it_until_it_is_edited(ticket: Ticket) -> None:
    ticket.scripted.orders.errors.append(BadInput("limit_price", "The price is outside today's range."))
    ticket.open(TicketDraft(RELIANCE, Side.BUY, 50))
    ticket.presenter.place()
    await ticket.settled()
    ticket.presenter.on_second()
    assert ticket.presenter.view().price.problem == "The price is outside today's range."
    assert ticket.place[0] == "off"
    ticket.presenter.edit(LIMIT, "1420")
    assert ticket.place[0] == "ready"


async def test_an_order_without_an_answer_is_never_offered_again(ticket: Ticket) -> None:
    ticket.scripted.orders.errors.append(OrderUnknown("No answer."))
    ticket.open(TicketDraft(RELIANCE, Side.BUY, 50))
    ticket.presenter.place()
    await ticket.settled()
    notice = ticket.presenter.view().notice
    assert notice is not None
    assert (notice.tone, notice.action) == ("warn", "")
    assert "Do not send it again" in notice.rest
    assert ticket.place[0] == "off"


async def test_a_fault_ends_the_sending_and_is_told(
    ticket: Ticket, expected_logs: LogGuard, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected_logs("The order was not placed")
    monkeypatch.setattr(ticket.scripted.orders, "place", _broken)
    ticket.open(TicketDraft(RELIANCE, Side.BUY, 50))
    ticket.presenter.place()
    await ticket.settled()
    await until(ticket.scripted.notices.recent)
    assert "fault in Bhav" in ticket.scripted.notices.recent()[-1].text
    assert not ticket.presenter.state.is_busy


async def _broken(*_: object) -> tuple[()]:
    raise RuntimeError("broken on purpose")


def _working(ticket: Ticket, **fields: object) -> TicketDraft:
    request = OrderRequest(RELIANCE, Side.SELL, 50, OrderType.LIMIT, Product.INTRADAY, limit_price=Decimal("1430.00"))
    status = OrderStatus.PARTIALLY_FILLED if fields else OrderStatus.OPEN
    order = ticket.scripted.orders.add_order(LIVE, request, status, **fields)
    assert order.client_id is not None
    return TicketDraft(RELIANCE, modifies=(LIVE, order.client_id))


async def test_modify_changes_only_what_differs_at_the_order_s_own_account(ticket: Ticket) -> None:
    ticket.open(_working(ticket))
    view = ticket.presenter.view()
    assert (view.identity, view.head.modifies, view.side.enabled, view.product.enabled) == ("live", True, False, False)
    assert view.place.below == "nothing is changed yet"
    ticket.presenter.edit(LIMIT, "1425")
    assert ticket.place == ("ready", "Change to 50 at 1,425.00", "LIVE, order of Zerodha AB1234")
    ticket.presenter.place()
    await ticket.settled()
    assert [(account, change) for account, _, change in ticket.scripted.orders.changes] == [
        (LIVE, OrderChange(limit_price=Decimal(1425)))
    ]
    assert ticket.placed == []


async def test_modify_refuses_a_quantity_that_is_filled_already(ticket: Ticket) -> None:
    ticket.open(_working(ticket, filled_quantity=10))
    ticket.presenter.edit(QUANTITY, "10")
    assert "10 units are filled already" in ticket.presenter.view().quantity.problem
    ticket.presenter.edit(QUANTITY, "0")
    assert ticket.place[0] == "off"


async def test_modify_ends_when_the_order_is_filled_meanwhile(ticket: Ticket) -> None:
    ticket.open(_working(ticket))
    ticket.presenter.edit(LIMIT, "1425")
    order = ticket.scripted.orders.book[0][1]
    ticket.scripted.orders.change_order(LIVE, order, status=OrderStatus.FILLED, filled_quantity=50)
    assert ticket.place == ("off", "Change", "the order is no longer working")
    ticket.presenter.place()
    assert ticket.scripted.orders.changes == []


async def test_modify_stays_with_its_account_when_the_window_switches(ticket: Ticket) -> None:
    ticket.open(_working(ticket))
    ticket.scripted.accounts.switch(LIVE)
    ticket.scripted.accounts.switch(PAPER)
    assert ticket.presenter.view().identity == "live"


async def test_a_new_price_repaints_the_head_only(ticket: Ticket) -> None:
    ticket.open(TicketDraft(RELIANCE, Side.BUY, 50))
    await ticket.previewed()
    ticket.scripted.desk.frame.emit()
    ticket.pictures.clear()
    ticket.scripted.market.set_price(RELIANCE, "1422.30")
    ticket.scripted.desk.frame.emit()
    ticket.scripted.desk.frame.emit()
    assert ticket.pictures == [2]
    assert ticket.presenter.head().last_price == "1,422.30"


async def test_the_default_price_follows_until_somebody_looks_at_it(ticket: Ticket) -> None:
    ticket.open(TicketDraft(RELIANCE, Side.BUY, 50))
    ticket.scripted.market.set_price(RELIANCE, "1430.00")
    ticket.scripted.desk.second.emit()
    assert ticket.presenter.view().price.text == "1,430.00"
    ticket.presenter.has_focus = lambda: True
    ticket.scripted.market.set_price(RELIANCE, "1440.00")
    ticket.scripted.desk.second.emit()
    assert ticket.presenter.view().price.text == "1,430.00"


async def test_without_a_price_the_field_is_empty_until_one_comes(ticket: Ticket) -> None:
    del ticket.scripted.market.quotes[RELIANCE]
    ticket.open(TicketDraft(RELIANCE, Side.BUY, 50))
    assert ticket.presenter.view().price.text == ""
    assert ticket.place == ("off", "Place", "fix the price first")
    ticket.presenter.has_focus = lambda: True
    ticket.scripted.market.set_price(RELIANCE, "1430.00")
    ticket.scripted.desk.frame.emit()
    assert ticket.presenter.view().price.text == "1,430.00"
