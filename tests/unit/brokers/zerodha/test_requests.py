"""What is sent to Kite: fields, their order and their form."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from terminal_app.brokers.zerodha import requests
from terminal_app.brokers.zerodha.instruments import InstrumentBook, parse_dump
from terminal_app.domain.broker_charges import ChargedOrder
from terminal_app.domain.enums import OrderType, Product, Side, Validity, Variety
from terminal_app.domain.errors import OrderRejected
from terminal_app.domain.ids import ClientTag, InstrumentId
from terminal_app.domain.instrument import Instrument
from terminal_app.domain.order import OrderChange, OrderRequest
from terminal_app.domain.trigger import TriggerKind, TriggerLeg, TriggerRequest
from tests.unit.brokers.zerodha.kite import DUMP

BOOK = InstrumentBook(parse_dump(DUMP.splitlines()))
TAG = ClientTag("bhav0000000000000001")
RELIANCE, FUTURE, CRUDE = "NSE:RELIANCE:EQ", "NSE:NIFTY:2026-11-24:FUT", "MCX:CRUDEOIL:2026-12-18:FUT"


def listed(text: str) -> Instrument:
    found = BOOK.get(InstrumentId.parse(text))
    assert found is not None
    return found


def order(instrument: str = RELIANCE, **fields: Any) -> OrderRequest:
    values: dict[str, Any] = {
        "side": Side.BUY,
        "quantity": 10,
        "order_type": OrderType.LIMIT,
        "product": Product.DELIVERY,
        "limit_price": Decimal("1234.50"),
    }
    return OrderRequest(InstrumentId.parse(instrument), **(values | fields))


def placed(wish: OrderRequest) -> list[tuple[str, str]]:
    return requests.place_form(wish, listed(str(wish.instrument)), TAG)


def test_a_limit_order_has_the_fields_of_kites_own_client_in_their_order() -> None:
    assert placed(order()) == [
        ("variety", "regular"),
        ("exchange", "NSE"),
        ("tradingsymbol", "RELIANCE"),
        ("transaction_type", "BUY"),
        ("quantity", "10"),
        ("product", "CNC"),
        ("order_type", "LIMIT"),
        ("price", "1234.5"),
        ("validity", "DAY"),
        ("tag", TAG),
    ]


@pytest.mark.parametrize(("percent", "told"), [(None, "-1"), (Decimal(3), "3"), (Decimal("0.50"), "0.5")])
@pytest.mark.parametrize("order_type", [OrderType.MARKET, OrderType.SL_M])
def test_an_order_without_a_limit_always_carries_its_protection(
    order_type: OrderType, percent: Decimal | None, told: str
) -> None:
    trigger = Decimal(101) if order_type.has_trigger else None
    form = dict(
        placed(order(order_type=order_type, limit_price=None, trigger_price=trigger, market_protection=percent))
    )
    assert form["market_protection"] == told
    assert "price" not in form
    assert form.get("trigger_price") == ("101" if trigger else None)
    assert form["order_type"] == {OrderType.MARKET: "MARKET", OrderType.SL_M: "SL-M"}[order_type]


def test_a_limit_order_says_nothing_of_protection_or_slicing() -> None:
    names = {name for name, _ in placed(order(market_protection=Decimal(2)))}
    assert not names & {"market_protection", "autoslice", "trigger_price"}


def test_a_stop_limit_has_both_prices() -> None:
    form = dict(placed(order(order_type=OrderType.SL, trigger_price=Decimal("1230.00"))))
    assert (form["order_type"], form["price"], form["trigger_price"]) == ("SL", "1234.5", "1230")


def test_an_order_for_some_minutes_says_how_many() -> None:
    form = dict(placed(order(validity=Validity.TTL, validity_minutes=15)))
    assert (form["validity"], form["validity_ttl"]) == ("TTL", "15")
    with pytest.raises(OrderRejected, match="minutes"):
        placed(order(validity=Validity.TTL))


def test_an_after_market_order_takes_its_own_route() -> None:
    assert dict(placed(order(variety=Variety.AMO)))["variety"] == "amo"


def test_an_iceberg_is_told_by_legs() -> None:
    form = dict(placed(order(variety=Variety.ICEBERG, quantity=100, disclosed_quantity=30)))
    assert (form["variety"], form["iceberg_legs"], form["iceberg_quantity"]) == ("iceberg", "4", "30")
    assert "disclosed_quantity" not in form


@pytest.mark.parametrize("leg", [0, 10, 1000])
def test_an_iceberg_of_no_legs_of_one_or_of_too_many_is_not_sent(leg: int) -> None:
    with pytest.raises(OrderRejected, match="legs"):
        placed(order(variety=Variety.ICEBERG, quantity=1000 if leg else 10, disclosed_quantity=leg))


@pytest.mark.parametrize(
    ("instrument", "exchange", "symbol"),
    [
        (FUTURE, "NFO", "NIFTY26NOVFUT"),
        (CRUDE, "MCX", "CRUDEOIL26DECFUT"),
        ("BSE:RELIANCE:EQ", "BSE", "RELIANCE"),
        ("NSE:NIFTY:2026-11-24:24500:CE", "NFO", "NIFTY26NOV24500CE"),
    ],
)
def test_each_market_has_its_own_exchange_code(instrument: str, exchange: str, symbol: str) -> None:
    form = dict(placed(order(instrument, product=Product.CARRY)))
    assert (form["exchange"], form["tradingsymbol"], form["product"]) == (exchange, symbol, "NRML")


@pytest.mark.parametrize(
    ("product", "code"), [(Product.DELIVERY, "CNC"), (Product.INTRADAY, "MIS"), (Product.MTF, "MTF")]
)
def test_products_have_kites_words(product: Product, code: str) -> None:
    assert dict(placed(order(product=product)))["product"] == code


def test_a_tag_that_is_too_long_is_not_sent() -> None:
    with pytest.raises(OrderRejected, match="20 letters"):
        requests.place_form(order(), listed(RELIANCE), ClientTag("x" * 21))


def test_a_change_says_only_what_is_to_be_different() -> None:
    form = requests.modify_form("17", "regular", OrderChange(limit_price=Decimal("99.90")))
    assert form == [("variety", "regular"), ("order_id", "17"), ("price", "99.9")]


def test_a_change_into_a_market_order_carries_a_protection() -> None:
    change = OrderChange(quantity=5, order_type=OrderType.MARKET, validity=Validity.IOC)
    assert requests.modify_form("17", "amo", change) == [
        ("variety", "amo"),
        ("order_id", "17"),
        ("quantity", "5"),
        ("order_type", "MARKET"),
        ("validity", "IOC"),
        ("market_protection", "-1"),
    ]


@pytest.mark.parametrize("carried", [True, False])
def test_a_conversion_names_both_products(carried: bool) -> None:
    form = requests.convert_form(listed(RELIANCE), Side.SELL, 5, Product.INTRADAY, Product.DELIVERY, carried=carried)
    assert form == [
        ("exchange", "NSE"),
        ("tradingsymbol", "RELIANCE"),
        ("transaction_type", "SELL"),
        ("position_type", "overnight" if carried else "day"),
        ("quantity", "5"),
        ("old_product", "MIS"),
        ("new_product", "CNC"),
    ]


def leg(trigger: str, limit: str | None, **fields: Any) -> TriggerLeg:
    price = None if limit is None else Decimal(limit)
    return TriggerLeg(Decimal(trigger), Side.SELL, 10, Product.DELIVERY, limit_price=price, **fields)


def test_an_oco_is_told_stop_first_whatever_the_order_of_its_legs() -> None:
    request = TriggerRequest(
        InstrumentId.parse(RELIANCE),
        TriggerKind.OCO,
        (leg("1300", "1299.50"), leg("1200", "1199")),
        Decimal("1234.55"),
    )
    form = dict(requests.trigger_form(request, listed(RELIANCE)))
    assert form["type"] == "two-leg"
    assert json.loads(form["condition"]) == {
        "exchange": "NSE",
        "tradingsymbol": "RELIANCE",
        "trigger_values": [1200.0, 1300.0],
        "last_price": 1234.55,
    }
    orders = json.loads(form["orders"])
    assert [one["price"] for one in orders] == [1199.0, 1299.5]
    assert orders[0] == {
        "exchange": "NSE",
        "tradingsymbol": "RELIANCE",
        "transaction_type": "SELL",
        "quantity": 10,
        "order_type": "LIMIT",
        "product": "CNC",
        "price": 1199.0,
    }


@pytest.mark.parametrize(
    ("kind", "legs"),
    [
        (TriggerKind.SINGLE, (leg("1200", None),)),
        (TriggerKind.SINGLE, (leg("1200", "1199", order_type=OrderType.MARKET),)),
        (TriggerKind.OCO, (leg("1200", "1199"),)),
        (TriggerKind.SINGLE, (leg("1200", "1199"), leg("1300", "1299"))),
    ],
)
def test_a_trigger_that_kite_cannot_store_is_not_sent(kind: TriggerKind, legs: tuple[TriggerLeg, ...]) -> None:
    with pytest.raises(OrderRejected):
        requests.trigger_form(TriggerRequest(InstrumentId.parse(RELIANCE), kind, legs, Decimal(1234)), listed(RELIANCE))


def test_margins_are_asked_with_zero_for_prices_that_are_not_used() -> None:
    wish = order(order_type=OrderType.MARKET, limit_price=None)
    (body,) = requests.margin_body([(wish, listed(RELIANCE))])
    assert body == {
        "exchange": "NSE",
        "tradingsymbol": "RELIANCE",
        "transaction_type": "BUY",
        "variety": "regular",
        "product": "CNC",
        "order_type": "MARKET",
        "quantity": 10,
        "price": 0,
        "trigger_price": 0,
    }


def test_charges_are_asked_at_the_price_of_the_fill() -> None:
    wish = ChargedOrder(
        InstrumentId.parse(FUTURE), Side.SELL, 65, OrderType.LIMIT, Product.INTRADAY, Decimal("24500.10")
    )
    (body,) = requests.charges_body([(wish, listed(FUTURE))])
    assert body["average_price"] == 24500.1
    assert (body["order_id"], body["exchange"], body["product"], body["quantity"]) == ("1", "NFO", "MIS", 65)


@pytest.mark.parametrize(
    ("value", "text"), [("1E+2", "100"), ("0.0500", "0.05"), ("100", "100"), ("100.00", "100"), ("1E-7", "0.0000001")]
)
def test_decimals_are_written_plainly(value: str, text: str) -> None:
    assert requests.plain(Decimal(value)) == text
