"""Upstox's JSON becomes the domain, exactly, or an error that names what is wrong."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from terminal_app.brokers.upstox import parsing
from terminal_app.brokers.upstox.fields import Fields, moment, names
from terminal_app.domain.clock import at_ist
from terminal_app.domain.enums import Exchange, OrderPending, OrderStatus, OrderType, Product, Side, Validity, Variety
from terminal_app.domain.errors import ProtocolError
from terminal_app.domain.ids import ClientTag
from terminal_app.domain.instrument import Instrument
from terminal_app.domain.order import Order, OrderRequest
from tests.unit.brokers.upstox.upstox import NSE_KEY, OPTION, OPTION_KEY, ORDER_ROW, PROFILE, RELIANCE, SILVER, dump

SHARED = Path(os.environ.get("BHAV_SHARED", Path(__file__).parents[5] / "shared"))
FIXTURES = SHARED / "brokers" / "fixtures" / "upstox_fixtures.json"
NOW = datetime(2026, 11, 20, 6, tzinfo=UTC)
BY_KEY = {instrument.broker_token: instrument for instrument in dump().instruments}


def find(key: str) -> Instrument:
    if key not in BY_KEY:
        raise ProtocolError(f"no instrument {key}")
    return BY_KEY[key]


def exact(value: Any) -> Any:
    """As it comes from the wire, where numbers with a point are Decimals."""
    return json.loads(json.dumps(value), parse_float=Decimal)


def order(**fields: Any) -> Order:
    return parsing.read_order(exact({**ORDER_ROW, **fields}), find, NOW)


@pytest.mark.skipif(not FIXTURES.exists(), reason="needs shared")
def test_the_documented_samples_are_read() -> None:
    samples = json.loads(FIXTURES.read_text(), parse_float=Decimal)
    (booked,) = parsing.read_orders(samples["order_book"]["data"], find, NOW)
    event = parsing.read_order(samples["portfolio_order_event"], find, NOW)
    assert (booked.status, booked.filled_quantity) == (OrderStatus.PARTIALLY_FILLED, 4)
    assert (event.status, event.filled_quantity, event.broker_id) == (OrderStatus.FILLED, 10, booked.broker_id)
    assert event.request == booked.request


def test_an_order_is_read_whole() -> None:
    assert order() == Order(
        request=OrderRequest(RELIANCE, Side.BUY, 10, OrderType.LIMIT, Product.DELIVERY, limit_price=Decimal("1234.5")),
        status=OrderStatus.PARTIALLY_FILLED,
        placed_at=at_ist(2026, 11, 20, 10, 15, 30),
        updated_at=at_ist(2026, 11, 20, 10, 15, 31),
        tag=ClientTag("t1"),
        broker_id=order().broker_id,
        filled_quantity=4,
        average_price=Decimal("1234.4"),
    )


STOP = {"order_type": "SL", "trigger_price": 1230, "filled_quantity": 0}
FRESH = {"filled_quantity": 0}


@pytest.mark.parametrize(
    ("fields", "status", "pending"),
    [
        ({**FRESH, "status": "put order req received"}, OrderStatus.SUBMITTED, OrderPending.NONE),
        ({**FRESH, "status": "validation pending"}, OrderStatus.SUBMITTED, OrderPending.NONE),
        ({**FRESH, "status": "open pending"}, OrderStatus.SUBMITTED, OrderPending.NONE),
        ({**FRESH, "status": "OPEN"}, OrderStatus.OPEN, OrderPending.NONE),
        ({"status": "open"}, OrderStatus.PARTIALLY_FILLED, OrderPending.NONE),
        ({**STOP, "status": "trigger pending"}, OrderStatus.TRIGGER_PENDING, OrderPending.NONE),
        ({**STOP, "status": "open"}, OrderStatus.OPEN, OrderPending.NONE),
        ({**STOP, "status": "modify pending"}, OrderStatus.TRIGGER_PENDING, OrderPending.MODIFY),
        ({**FRESH, "status": "modify validation pending"}, OrderStatus.OPEN, OrderPending.MODIFY),
        ({**FRESH, "status": "modified"}, OrderStatus.OPEN, OrderPending.NONE),
        ({**FRESH, "status": "not modified"}, OrderStatus.OPEN, OrderPending.NONE),
        ({**FRESH, "status": "cancel pending"}, OrderStatus.OPEN, OrderPending.CANCEL),
        ({**STOP, "status": "not cancelled"}, OrderStatus.TRIGGER_PENDING, OrderPending.NONE),
        ({"filled_quantity": 10, "status": "complete"}, OrderStatus.FILLED, OrderPending.NONE),
        ({"status": "cancelled"}, OrderStatus.CANCELLED, OrderPending.NONE),
        ({**FRESH, "status": "cancelled after market order"}, OrderStatus.CANCELLED, OrderPending.NONE),
        ({**FRESH, "status": "after market order req received", "is_amo": True}, OrderStatus.OPEN, OrderPending.NONE),
        ({**FRESH, "status": "modify after market order req received"}, OrderStatus.OPEN, OrderPending.MODIFY),
        ({**FRESH, "status": "rejected"}, OrderStatus.REJECTED, OrderPending.NONE),
    ],
)
def test_every_status_has_its_place_in_an_orders_life(
    fields: dict[str, Any], status: OrderStatus, pending: OrderPending
) -> None:
    read = order(**fields)
    assert (read.status, read.pending) == (status, pending)


def test_a_stop_for_the_next_session_keeps_its_route_and_prices() -> None:
    read = order(
        is_amo=True,
        order_type="SL-M",
        price=0,
        trigger_price=1230.05,
        validity="IOC",
        product="I",
        transaction_type="SELL",
    )
    assert read.request == OrderRequest(
        RELIANCE,
        Side.SELL,
        10,
        OrderType.SL_M,
        Product.INTRADAY,
        Validity.IOC,
        trigger_price=Decimal("1230.05"),
        variety=Variety.AMO,
    )


def test_delivery_of_a_contract_is_carrying_it() -> None:
    assert order(instrument_token=OPTION_KEY).request.product is Product.CARRY
    assert order(instrument_token=OPTION_KEY, product="MTF").request.product is Product.MTF


def test_a_reason_is_made_safe_and_an_unsaid_time_is_now() -> None:
    read = order(
        status="rejected",
        status_message="<b>RMS:</b>\nmargin\x07 exceeds",
        order_timestamp=None,
        exchange_timestamp=None,
    )
    assert read.reason == "RMS: margin exceeds"
    assert read.placed_at == read.updated_at == NOW
    assert order(status="rejected", status_message="", status_message_raw="17070").reason == "17070"


@pytest.mark.parametrize("name", ["status", "order_type", "validity", "transaction_type", "product", "variety"])
def test_an_unknown_word_is_an_error_that_names_it(name: str) -> None:
    with pytest.raises(ProtocolError, match="surprise"):
        order(**{name: "surprise"})


@pytest.mark.parametrize(
    "name",
    ["instrument_token", "status", "order_type", "validity", "transaction_type", "product", "quantity", "filled_quantity", "order_id",
     "price", "is_amo"],
)  # fmt: skip
def test_a_missing_field_is_an_error_that_names_it(name: str) -> None:
    row = {key: value for key, value in ORDER_ROW.items() if key != name}
    with pytest.raises(ProtocolError, match=name):
        parsing.read_order(exact(row), find, NOW)


@pytest.mark.parametrize(
    ("name", "value"),
    [("quantity", "10"), ("quantity", 1.5), ("quantity", True), ("price", "1"), ("order_id", 5), ("is_amo", "yes"), ("status", None),
     ("order_timestamp", "yesterday"), ("instrument_token", "NSE_EQ|NOBODY")],
)  # fmt: skip
def test_a_field_of_another_kind_is_an_error(name: str, value: Any) -> None:
    with pytest.raises(ProtocolError):
        order(**{name: value})


def test_a_new_field_is_left_alone_and_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    for _ in range(3):
        order(brand_new_part="x")
    assert [record.message for record in caplog.records if "brand_new_part" in record.message] == [
        "Upstox's order has a new part, which is left alone: brand_new_part"
    ]


TRADE = {
    "exchange": "NSE", "product": "I", "trading_symbol": "RELIANCE", "tradingsymbol": "RELIANCE", "instrument_token": NSE_KEY,
    "order_type": "LIMIT", "transaction_type": "SELL", "quantity": 4, "exchange_order_id": "1", "order_id": "o1",
    "exchange_timestamp": "20-Nov-2026 10:15:31", "average_price": 1234.4, "trade_id": "50091502", "order_ref_id": "r",
    "order_timestamp": "2026-11-20 10:15:30",
}  # fmt: skip


def test_a_fill_is_read_with_either_shape_of_time() -> None:
    (fill,) = parsing.read_fills(exact([TRADE]), find, NOW)
    assert (fill.trade_id, fill.broker_order_id, fill.side, fill.product) == (
        "50091502",
        "o1",
        Side.SELL,
        Product.INTRADAY,
    )
    assert (fill.quantity, fill.price, fill.filled_at) == (4, Decimal("1234.4"), at_ist(2026, 11, 20, 10, 15, 31))
    (other,) = parsing.read_fills(exact([{**TRADE, "exchange_timestamp": "2026-11-20 10:15:31"}]), find, NOW)
    assert other == fill


HOLDING = {
    "isin": "INE002A01018", "cnc_used_quantity": 3, "collateral_type": "WC", "company_name": "RELIANCE", "haircut": 0.2, "product": "D",
    "quantity": 36, "tradingsymbol": "RELIANCE", "trading_symbol": "RELIANCE", "last_price": 1250.5, "close_price": 1240.1, "pnl": 1.0,
    "day_change": 1.0, "day_change_percentage": 0.1, "instrument_token": NSE_KEY, "average_price": 1100.25, "collateral_quantity": 10,
    "collateral_update_quantity": 0, "t1_quantity": 4, "exchange": "NSE",
}  # fmt: skip


def test_a_holding_tells_what_is_unsettled_pledged_and_sold() -> None:
    (holding,) = parsing.read_holdings(exact([HOLDING]), find, needs_authorisation=True)
    assert (holding.quantity, holding.t1_quantity, holding.pledged_quantity, holding.used_quantity) == (36, 4, 10, 3)
    assert (holding.average_price, holding.previous_close) == (Decimal("1100.25"), Decimal("1240.1"))
    assert holding.needs_authorisation
    assert holding.sellable_quantity == 27


def position(**fields: Any) -> dict[str, Any]:
    row = {
        "exchange": "NSE", "multiplier": 1.0, "value": 0.0, "pnl": 0.0, "product": "I", "instrument_token": NSE_KEY,
        "average_price": 0.0, "buy_value": 0.0, "overnight_quantity": 0, "day_buy_value": 0.0, "day_buy_price": 0.0,
        "overnight_buy_amount": 0.0, "overnight_buy_quantity": 0, "day_buy_quantity": 0, "day_sell_value": 0.0, "day_sell_price": 0.0,
        "overnight_sell_amount": 0.0, "overnight_sell_quantity": 0, "day_sell_quantity": 0, "quantity": 0, "last_price": 110.0,
        "unrealised": 0.0, "realised": 0.0, "sell_value": 0.0, "tradingsymbol": "RELIANCE", "trading_symbol": "RELIANCE",
        "close_price": 105.0, "buy_price": 0.0, "sell_price": 0.0,
    }  # fmt: skip
    return exact({**row, **fields})  # type: ignore[no-any-return]


def test_a_position_of_today_has_its_open_part_and_its_result() -> None:
    row = position(
        quantity=6, average_price=100.0, day_buy_quantity=10, day_buy_value=1000.0, day_buy_price=100.0, day_sell_quantity=4,
        day_sell_value=420.0, day_sell_price=105.0,
    )  # fmt: skip
    (net,), (day,) = parsing.read_positions([row], find)
    assert (net.quantity, net.average_price, net.realised_pnl) == (6, Decimal(100), Decimal(20))
    assert net.unrealised_pnl(Decimal(110)) == 60
    assert net.day_pnl(Decimal(110)) == 80
    assert (day.quantity, day.average_price, day.realised_pnl) == (6, Decimal(100), Decimal(20))


def test_a_carried_position_counts_from_the_previous_close() -> None:
    row = position(
        quantity=5, average_price=90.0, overnight_quantity=10, overnight_buy_quantity=10, overnight_buy_amount=900.0,
        day_sell_quantity=5, day_sell_value=550.0, day_sell_price=110.0, product="D", instrument_token=OPTION_KEY,
    )  # fmt: skip
    (net,), (day,) = parsing.read_positions([row], find)
    assert net.key == (OPTION, Product.CARRY)
    assert (net.carried_quantity, net.carried_price) == (10, Decimal(105))
    assert net.realised_pnl == 100
    assert net.day_pnl(Decimal(110)) == 50
    assert (day.quantity, day.average_price) == (-5, Decimal(110))


def test_a_closed_position_has_no_average_and_stays_with_its_result() -> None:
    row = position(average_price=None, day_buy_quantity=3, day_buy_value=300, day_sell_quantity=3, day_sell_value=330)
    (net,), (day,) = parsing.read_positions([row], find)
    assert (net.quantity, net.average_price, net.realised_pnl) == (0, Decimal(0), Decimal(30))
    assert (day.quantity, day.realised_pnl) == (0, Decimal(30))


@pytest.mark.parametrize("value", [90000.0, 2700000.0])
def test_a_commodity_has_its_multiplier_once_whatever_the_value_holds(value: float) -> None:
    row = position(
        instrument_token="MCX_FO|471725", multiplier=30.0, quantity=1, average_price=90000.0, day_buy_quantity=1, day_buy_price=90000.0,
        day_buy_value=value, product="D",
    )  # fmt: skip
    (net,), _day = parsing.read_positions([row], find)
    assert net.key == (SILVER, Product.CARRY)
    assert net.realised_pnl == 0
    assert net.unrealised_pnl(Decimal(90010)) == 300
    assert net.day_pnl(Decimal(90010)) == 300


@pytest.mark.parametrize("amount", [89000.0, 2670000.0])
def test_a_carried_commodity_is_read_with_or_without_its_multiplier(amount: float) -> None:
    row = position(
        instrument_token="MCX_FO|471725", multiplier=30.0, quantity=0, average_price=None, overnight_quantity=1,
        overnight_buy_quantity=1, overnight_buy_amount=amount, day_sell_quantity=1, day_sell_price=90000.0, close_price=89500.0,
        product="D",
    )  # fmt: skip
    (net,), _day = parsing.read_positions([row], find)
    assert net.realised_pnl == 30000


FUNDS = {
    "available_to_trade": {
        "total": 150000.5,
        "cash_available_to_trade": {
            "total": 100000.5,
            "cash": {"opening_balance": 120000.0, "added_today": 5000, "withdrawn_today": -1000, "amount_from_stock_sale": 0,
                     "unpaid_charges": -20.5},
            "margin_used": {"total": 23479.0, "mtf": 0, "loss": {"total": 100, "realised": 60, "unrealised": 40}, "span_exposure": 20000,
                            "cash_margin_var_elm": 3379, "premium_present": 0, "delivery_margin": {"total": 0, "equity": 0,
                                                                                                "fo_settlement": 0}},
        },
        "pledge_available_to_trade": {
            "total": 50000.0,
            "margin_from_pledge": {"total": 51000.0, "equity": 51000.0, "mutual_funds": 0},
            "margin_used": {"total": 1000.0, "mtf": 0, "span_exposure": 1000, "cash_margin_var_elm": 0, "premium_present": 0,
                            "delivery_margin": {"total": 0, "equity": 0, "fo_settlement": 0}},
        },
    },
    "unavailable_to_trade": {"cash_unavailable_to_trade": {"unsettled_profit": {"todays_profit": 0, "previous_days": 0}},
                             "pledge_unavailable_to_trade": {"equity": 0, "mutual_funds": 0}},
}  # fmt: skip


def test_funds_are_both_wallets_together() -> None:
    funds = parsing.read_funds(exact(FUNDS), NOW)
    assert (funds.opening, funds.available, funds.used) == (Decimal(120000), Decimal("150000.5"), Decimal(24479))
    assert (funds.collateral, funds.as_of) == (Decimal(51000), NOW)
    parts = dict(funds.parts)
    assert (parts["Span and exposure"], parts["Unpaid charges"]) == (Decimal(21000), Decimal("-20.5"))
    assert "MTF" not in parts


@pytest.mark.parametrize(
    ("fields", "may_sell"), [({"poa": True}, True), ({}, None), ({"ddpi": True}, True), ({"ddpi": False}, False)]
)
def test_a_profile_tells_the_person_and_whether_sales_need_the_depository(
    fields: dict[str, bool], may_sell: bool | None
) -> None:
    profile, told = parsing.read_profile({**PROFILE, **fields})
    assert (profile.client_id, profile.name) == ("AB1234", "TEST USER")
    assert profile.exchanges == (Exchange.NSE, Exchange.BSE, Exchange.MCX)
    assert profile.products == (Product.DELIVERY, Product.CARRY, Product.INTRADAY)
    assert told is may_sell


def test_an_unknown_exchange_of_a_profile_is_named() -> None:
    with pytest.raises(ProtocolError, match="NCDEX"):
        parsing.read_profile({**PROFILE, "exchanges": ["NSE", "NCDEX"]})


def test_margins_are_added_up_and_the_benefit_is_shown() -> None:
    row = {"span_margin": 100.5, "exposure_margin": 20.0, "equity_margin": 0, "net_buy_premium": 0, "additional_margin": 0,
           "total_margin": 120.5, "tender_margin": 0}  # fmt: skip
    final, parts = parsing.read_margin(exact({"margins": [row, row], "required_margin": 241.0, "final_margin": 200.0}))
    assert final == 200
    assert (parts["Span"], parts["Benefit of the basket"]) == (Decimal(201), Decimal(-41))


@pytest.mark.parametrize("old", [False, True])
def test_charges_name_their_parts_and_add_up(old: bool) -> None:
    charges: dict[str, Any] = {
        "total": 50.0,
        "brokerage": 20.0,
        "taxes": {"gst": 4.0, "stt": 10.0, "stamp_duty": 1.0},
        "otherTaxes" if old else "other_charges": {
            "transaction": 3.0,
            "clearing": 0.0,
            "ipft": 0.5,
            "sebi_turnover": 0.5,
        },
        "dpPlan" if old else "dp_plan": {"name": "NEW", "min_expense": 11.0},
    }
    read = parsing.read_charges(exact({"charges": charges}))
    assert read.total == 50
    assert sum(amount for _name, amount in read.parts) == 50
    assert dict(read.parts)["STT"] == 10


@pytest.mark.parametrize(
    "read", [lambda data: parsing.read_orders(data, find, NOW), lambda data: parsing.read_funds(data, NOW), parsing.read_profile,
             parsing.read_margin, parsing.read_charges, lambda data: parsing.read_positions(data, find)]
)  # fmt: skip
@pytest.mark.parametrize("data", [None, 5, "text", [5], {"a": 1}])
def test_an_answer_of_another_shape_is_a_protocol_error(read: Callable[[Any], object], data: Any) -> None:
    with pytest.raises(ProtocolError):
        read(data)


def test_times_are_indian_wall_clock() -> None:
    assert moment("2026-11-20 00:00:00", "order") == datetime(2026, 11, 19, 18, 30, tzinfo=UTC)


def test_microseconds_are_read_exactly() -> None:
    fields = Fields({"created_at": 1740641185000001}, "trigger", names("created_at"))
    assert fields.moment_us("created_at") == datetime(2025, 2, 27, 7, 26, 25, 1, tzinfo=UTC)
