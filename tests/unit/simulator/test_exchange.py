"""Accounts over restarts, events in order, and what the exchange tells of itself."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest

from terminal_app.domain.enums import OrderStatus, Product, Side
from terminal_app.domain.errors import OrderRejected
from terminal_app.domain.ids import AccountId
from terminal_app.domain.ledger import LedgerState
from terminal_app.domain.order import may_follow
from terminal_app.simulator.documents import kept_at
from terminal_app.simulator.faults import Faults
from tests.helpers.market_script import ACCOUNT, CALL, FUTURE, NIFTY, RELIANCE, TCS, Floor, clock, request

BUY, SELL = Side.BUY, Side.SELL


def traded() -> Floor:
    """A morning with fills, a working order, a stop and a position carried overnight."""
    floor = Floor(start=clock("10:00"))
    floor.quote("100", [("99.95", 500)], [("100.05", 200), ("100.10", 500)])
    floor.quote("24500", [("24500", 650)], [("24500", 650)], id=FUTURE)
    floor.place(BUY, 300, "100.10", product=Product.DELIVERY)
    floor.place(SELL, 65, "24500", id=FUTURE)
    floor.place(BUY, 50, "99.95")
    floor.place(BUY, 10, "101.50", trigger="101")
    floor.step("99.95", 520, [("99.90", 100)], [("100", 100)])
    return floor


def again(floor: Floor, start: datetime, ledger: LedgerState | None = None) -> Floor:
    """Another run that takes the account from the ledger."""
    other = Floor(start=start)
    other.events.clear()
    other.exchange.open_account(ACCOUNT, ledger or floor.ledger(), Decimal(5), other.events.append)
    return other


def test_an_account_comes_out_of_its_ledger_as_it_was() -> None:
    floor = traded()
    other = again(floor, floor.now)
    assert other.exchange.orders(ACCOUNT) == floor.exchange.orders(ACCOUNT)
    assert other.exchange.fills(ACCOUNT) == floor.exchange.fills(ACCOUNT)
    assert other.exchange.positions(ACCOUNT) == floor.exchange.positions(ACCOUNT)
    assert other.exchange.funds(ACCOUNT).opening == floor.exchange.funds(ACCOUNT).opening
    assert other.events == []


def test_orders_go_on_working_after_a_restart_with_names_that_are_new() -> None:
    floor = traded()
    other = again(floor, floor.now)
    other.quote("99.95", [("99.90", 100)], [("100", 100)])
    other.step("99.50", 500, [("99.45", 100)], [("99.55", 100)])
    assert [order.status for order in other.exchange.orders(ACCOUNT)][2] is OrderStatus.FILLED
    other.step("101", 10, [("100.95", 100)], [("101.05", 100)])
    assert [order.status for order in other.exchange.orders(ACCOUNT)][3] is OrderStatus.FILLED
    names = [fill.trade_id for fill in other.all_fills()]
    assert len(set(names)) == len(names)
    assert other.place(BUY, 1, "95") not in {order.broker_id for order in floor.exchange.orders(ACCOUNT)}


def test_what_the_timetable_did_while_the_account_was_away_is_caught_up() -> None:
    floor = traded()
    floor.place(BUY, 20, "100")
    late = again(floor, clock("15:12"))
    working = [order for order in late.exchange.orders(ACCOUNT) if order.status.is_open]
    assert [order.reason for order in working] == ["Squared off by the broker at 15:10."]
    next_day = again(floor, clock("09:20", date(2026, 8, 20)))
    assert next_day.exchange.orders(ACCOUNT) == []
    assert [position.instrument for position in next_day.exchange.positions(ACCOUNT).net] == [FUTURE]
    assert next_day.exchange.holdings(ACCOUNT)[0].t1_quantity == 300
    day_after = again(floor, clock("09:20", date(2026, 8, 21)))
    assert day_after.exchange.holdings(ACCOUNT)[0].quantity == 300


def test_a_contract_that_is_not_listed_any_more_is_settled_at_its_last_price() -> None:
    floor = Floor(start=clock("10:00"))
    floor.quote("150", [("150", 650)], [("150", 650)], id=CALL)
    floor.place(BUY, 65, "150", id=CALL)
    floor.step("170", 65, [("169", 1)], [("171", 1)], id=CALL)
    floor.place(SELL, 65, "180", id=CALL)
    other = Floor(start=clock("09:20", date(2026, 8, 27)), instruments=[floor.market.instruments[1]])
    other.exchange.open_account(ACCOUNT, floor.ledger(), Decimal(5), other.events.append)
    settled = [fill for event in other.events for fill in event.fills]
    assert [(fill.side, fill.price) for fill in settled] == [(SELL, Decimal(170))]
    assert other.exchange.positions(ACCOUNT).net == ()
    assert other.exchange.funds(ACCOUNT).opening == Decimal(1_001_300)


def test_a_ledger_of_another_version_is_refused() -> None:
    floor = Floor()
    with pytest.raises(ValueError, match="another version"):
        floor.exchange.open_account(ACCOUNT, LedgerState('{"version": 99}'), Decimal(1), floor.events.append)


def test_a_kept_state_says_when_it_was_kept() -> None:
    floor = traded()
    state = floor.ledger().state
    assert state is not None
    assert kept_at(state) == floor.now


def test_every_change_is_told_once_and_in_a_legal_order() -> None:
    floor = traded()
    floor.go("16:00")
    seen: dict[str, OrderStatus] = {}
    for event in floor.events:
        for order in event.orders:
            before = seen.get(str(order.broker_id), OrderStatus.SUBMITTED)
            assert may_follow(before, order.status)
            seen[str(order.broker_id)] = order.status
    told = [fill for event in floor.events for fill in event.fills]
    assert told == floor.all_fills()
    assert all(status.is_closed for status in seen.values())
    times = [event.at for event in floor.events]
    assert times == sorted(times)


def test_the_exchange_does_not_go_back() -> None:
    floor = Floor()
    with pytest.raises(ValueError, match="cannot go back"):
        floor.exchange.advance(clock("09:14"))


def test_a_dialled_refusal_hits_the_next_order_only() -> None:
    floor = Floor(faults=Faults(reject_next=["RMS: the broker's system is busy."]))
    with pytest.raises(OrderRejected, match="RMS"):
        floor.place(BUY, 1, "100")
    floor.place(BUY, 1, "100")


def test_a_quote_shows_what_is_known() -> None:
    floor = Floor()
    assert floor.exchange.quote(RELIANCE) is None
    floor.step("100", 5, [("99.95", 10)], [("100.05", 20)], previous_close="98")
    quote = floor.exchange.quote(RELIANCE)
    assert quote is not None
    assert (quote.last_price, quote.bid, quote.ask) == (Decimal(100), Decimal("99.95"), Decimal("100.05"))
    assert (quote.volume, quote.change, quote.upper_circuit) == (5, Decimal(2), Decimal(110))
    assert quote.time == floor.now
    assert floor.exchange.quote(TCS) is None


def test_positions_of_the_day_leave_out_what_was_carried() -> None:
    floor = traded()
    floor.go(clock("10:00", date(2026, 8, 20)))
    floor.quote("24500", [("24500", 650)], [("24500", 650)], id=FUTURE)
    floor.place(SELL, 65, "24500", id=FUTURE)
    positions = floor.exchange.positions(ACCOUNT)
    assert [one.quantity for one in positions.net] == [-130]
    assert [one.quantity for one in positions.day] == [-65]


def test_a_closed_account_takes_no_more_part() -> None:
    floor = Floor()
    floor.quote("100", [("99", 10)], [("101", 10)])
    floor.exchange.open_account(AccountId("other"), None, Decimal(10_000))
    floor.exchange.place(AccountId("other"), request(BUY, 10, "99"), None)
    floor.exchange.close_account(AccountId("other"))
    floor.step("98", 100)
    with pytest.raises(KeyError):
        floor.exchange.orders(AccountId("other"))
    assert floor.exchange.quote(NIFTY) is None
