"""Kite's wire over a simulated market: holdings, positions and their conversion, authorised sales, funds, margins, charges."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from terminal_app.domain.enums import Product, Side
from terminal_app.domain.ids import InstrumentId
from terminal_app.simulator.dialects.charges import Trade, charges_of
from terminal_app.simulator.dialects.zerodha.money import brokerage
from tests.helpers.kite_room import Json, KiteRoom, kite_room
from tests.helpers.market_script import CALL, FUTURE, RELIANCE, TCS, Floor, clock, contract, share

NEXT_DAY = date(2026, 8, 20)
PROTECTED: Json = {"order_type": "MARKET", "price": None, "market_protection": "-1"}

# --- portfolio --------------------------------------------------------------------------------------------------------


async def give(room: KiteRoom, id: InstrumentId = RELIANCE, quantity: int = 10, t1: int = 0) -> None:
    """Put shares into the demat account."""
    await room.dial(give_holdings={id.text: {"quantity": quantity, "t1_quantity": t1, "average_price": "90"}})


async def test_holdings_have_their_figures() -> None:
    async with kite_room() as room:
        await give(room, quantity=10, t1=5)
        (held,) = await room.data("GET", "/portfolio/holdings")
        assert (held["quantity"], held["t1_quantity"], held["average_price"]) == (10, 5, 90)
        assert held["pnl"] == 100
        assert len(held["isin"]) == 12
        summary = await room.data("GET", "/portfolio/holdings/summary")
        assert (summary["invested_amount"], summary["current_value"], summary["total_pnl"]) == (1350, 1500, 150)
        (compact,) = await room.data("GET", "/portfolio/holdings/compact")
        assert compact["tradingsymbol"] == "RELIANCE"
        assert await room.data("GET", "/portfolio/holdings/auctions") == []


async def test_a_sale_that_needs_authorisation_goes_through_the_page() -> None:
    async with kite_room() as room:
        await give(room)
        await room.dial(sale_authorised=False)
        sale = room.order(transaction_type="SELL", product="CNC", **PROTECTED)
        assert (await room.error("POST", "/orders/regular", data=sale))[0] == 428
        asked = await room.data("POST", "/portfolio/holdings/authorise")
        page = (
            f"{room.line['rest']}/connect/portfolio/authorise/holdings/"
            f"{room.credentials['api_key']}/{asked['request_id']}"
        )
        async with room.http.get(page) as answer:
            assert answer.status == 200
        async with room.http.post(page, data={"decision": "allow"}) as answer:
            assert str(answer.url).endswith("/finish?status=success")
        (held,) = await room.data("GET", "/portfolio/holdings")
        assert held["authorised_quantity"] == 10
        assert (await room.call("POST", "/orders/regular", data=sale))[0] == 200


async def test_an_authorisation_is_for_what_was_named_and_can_be_denied() -> None:
    async with kite_room() as room:
        await give(room)
        await room.dial(sale_authorised=False)
        (held,) = await room.data("GET", "/portfolio/holdings")
        for decision, units in (("deny", "10"), ("allow", "4")):
            wanted = {"isin": held["isin"], "quantity": units}
            asked = await room.data("POST", "/portfolio/holdings/authorise", data=wanted)
            page = f"/connect/portfolio/authorise/holdings/{room.credentials['api_key']}/{asked['request_id']}"
            async with room.http.post(room.line["rest"] + page, data={"decision": decision}) as answer:
                assert ("status=success" in str(answer.url)) is (decision == "allow")
        five = room.order(transaction_type="SELL", product="CNC", quantity="5", price="101")
        four = {**five, "quantity": "4"}
        assert (await room.error("POST", "/orders/regular", data=five))[0] == 428
        assert (await room.call("POST", "/orders/regular", data=four))[0] == 200
        unknown = {"isin": "INE000000000", "quantity": "1"}
        assert (await room.error("POST", "/portfolio/holdings/authorise", data=unknown))[1] == "InputException"


async def test_a_position_keeps_kites_formulas() -> None:
    async with kite_room() as room:
        await room.place(quantity="30", **PROTECTED)
        await room.place(quantity="10", transaction_type="SELL", **PROTECTED)
        room.floor.step("102", 10, [("101.95", 500)], [("102.05", 500)])
        book = await room.data("GET", "/portfolio/positions")
        (net,) = book["net"]
        assert book["day"] == [net]
        assert (net["quantity"], net["buy_quantity"], net["sell_quantity"]) == (20, 30, 10)
        assert (net["product"], net["tradingsymbol"]) == ("MIS", "RELIANCE")
        expected = (net["sell_value"] - net["buy_value"]) + net["quantity"] * net["last_price"] * net["multiplier"]
        assert net["pnl"] == pytest.approx(expected)
        assert net["pnl"] == pytest.approx(10 * (99.95 - 100.05) + 20 * (102 - 100.05))


async def test_a_carried_position_keeps_what_it_cost_and_its_day() -> None:
    floor = Floor(instruments=(share(RELIANCE), share(TCS), contract(FUTURE, tick="0.10")))
    async with kite_room(floor) as room:
        floor.quote("24500", [("24500", 650)], [("24500", 650)], id=FUTURE)
        symbol = room.dialect.symbols.of(FUTURE)
        assert symbol is not None
        future = {"exchange": "NFO", "tradingsymbol": symbol.symbol, "product": "NRML", "quantity": "130"}
        await room.place(**future, **PROTECTED)
        floor.step("24600", 0, [("24600", 650)], [("24600", 650)], id=FUTURE)
        floor.go(clock("09:30", NEXT_DAY))
        await room.log_in()
        for _ in range(2):
            floor.step("24700", 0, [("24700", 650)], [("24700", 650)], id=FUTURE)
        await room.place(**{**future, "quantity": "65", "transaction_type": "SELL"}, **PROTECTED)
        floor.step("24750", 0, [("24750", 650)], [("24750", 650)], id=FUTURE)
        book = await room.data("GET", "/portfolio/positions")
        (net,), (day,) = book["net"], book["day"]
        assert (net["quantity"], net["overnight_quantity"]) == (65, 130)
        assert net["pnl"] == pytest.approx(65 * 200 + 65 * 250)
        assert net["m2m"] == pytest.approx(65 * 100 + 65 * 150)
        assert (net["buy_price"], net["buy_value"]) == (24500, 24500 * 130)
        assert (day["quantity"], day["sell_quantity"], day["pnl"]) == (-65, 65, -65 * 50)


async def test_part_of_a_position_is_converted_at_its_price() -> None:
    async with kite_room() as room:
        await room.place(quantity="30", **PROTECTED)
        form = {
            "exchange": "NSE",
            "tradingsymbol": "RELIANCE",
            "transaction_type": "BUY",
            "position_type": "day",
            "quantity": "10",
            "old_product": "MIS",
            "new_product": "CNC",
        }
        assert await room.data("PUT", "/portfolio/positions", data=form) is True
        net = (await room.data("GET", "/portfolio/positions"))["net"]
        assert {(one["product"], one["quantity"], one["average_price"]) for one in net} == {
            ("MIS", 20, 100.05),
            ("CNC", 10, 100.05),
        }
        for change in ({"quantity": "21"}, {"position_type": "overnight"}, {"transaction_type": "SELL"}):
            assert (await room.error("PUT", "/portfolio/positions", data={**form, **change}))[0] == 400
        assert (await room.error("PUT", "/portfolio/positions", data={**form, "new_product": "NRML"}))[0] == 400


async def test_a_conversion_that_nothing_covers_leaves_all_as_it_was() -> None:
    async with kite_room() as room:
        await room.place(quantity="30", transaction_type="SELL", **PROTECTED)
        form = {
            "exchange": "NSE",
            "tradingsymbol": "RELIANCE",
            "transaction_type": "SELL",
            "position_type": "day",
            "quantity": "10",
            "old_product": "MIS",
            "new_product": "CNC",
        }
        before = await room.data("GET", "/portfolio/positions")
        assert (await room.error("PUT", "/portfolio/positions", data=form))[1] == "HoldingException"
        assert await room.data("GET", "/portfolio/positions") == before


async def test_margin_funding_shows_under_its_own_name() -> None:
    async with kite_room() as room:
        await room.place(product="MTF", **PROTECTED)
        (net,) = (await room.data("GET", "/portfolio/positions"))["net"]
        assert net["product"] == "MTF"


# --- money ------------------------------------------------------------------------------------------------------------


async def test_funds_are_ten_lakh_and_go_down_with_orders() -> None:
    async with kite_room() as room:
        funds = (await room.data("GET", "/user/margins"))["equity"]
        assert (funds["net"], funds["available"]["cash"], funds["utilised"]["debits"]) == (1_000_000, 1_000_000, 0)
        await room.place(quantity="100")
        funds = await room.data("GET", "/user/margins/equity")
        assert funds["available"]["live_balance"] == 1_000_000 - 100 * 99 / 5
        assert (await room.data("GET", "/user/margins/commodity"))["enabled"] is False
        assert (await room.error("GET", "/user/margins/other"))[0] == 400


def calculated(**fields: Any) -> Json:
    """An order for the calculators."""
    return {
        "exchange": "NSE",
        "tradingsymbol": "RELIANCE",
        "transaction_type": "BUY",
        "variety": "regular",
        "product": "MIS",
        "order_type": "LIMIT",
        "quantity": 100,
        "price": 100,
        "trigger_price": 0,
        **fields,
    }


async def test_margins_of_orders_are_told_one_by_one() -> None:
    async with kite_room() as room:
        rows = await room.data("POST", "/margins/orders", json=[calculated(), calculated(product="CNC")])
        assert [(row["var"], row["total"], row["leverage"]) for row in rows] == [(2000, 2000, 5), (10000, 10000, 1)]
        assert rows[1]["charges"]["transaction_tax"] == 10


async def test_a_basket_tells_what_it_saves_with_and_without_positions() -> None:
    async with kite_room() as room:
        room.floor.quote("24500", [("24500", 650)], [("24500", 650)], id=FUTURE)
        symbol = room.dialect.symbols.of(FUTURE)
        assert symbol is not None
        future = {"exchange": "NFO", "tradingsymbol": symbol.symbol, "product": "NRML", "quantity": 65, "price": 24500}
        pair = [calculated(**future), calculated(**future, transaction_type="SELL")]
        basket = await room.data("POST", "/margins/basket", json=pair)
        assert basket["final"]["total"] < basket["initial"]["total"]
        assert len(basket["orders"]) == 2
        named = {name: str(value) for name, value in future.items() if name not in ("quantity", "price")}
        await room.place(**named, quantity="65", **PROTECTED)
        sale = [calculated(**future, transaction_type="SELL")]
        alone = await room.data(
            "POST", "/margins/basket", json=sale, params={"consider_positions": "False", "mode": "compact"}
        )
        beside = await room.data("POST", "/margins/basket", json=sale)
        assert beside["final"]["total"] == 0
        assert alone["final"]["total"] > 100_000


async def test_the_contract_note_charges_what_the_rules_say() -> None:
    async with kite_room() as room:
        order = calculated(order_id="1", average_price=750, quantity=200)
        (note,) = await room.data("POST", "/charges/orders", json=[order])
        charges = note["charges"]
        assert (charges["brokerage"], charges["stamp_duty"], charges["transaction_tax"]) == (20, 4.5, 0)
        assert charges["exchange_turnover_charge"] == pytest.approx(4.605)
        assert (await room.error("POST", "/charges/orders", json=[{**order, "average_price": 0}]))[0] == 400


@pytest.mark.parametrize("body", [b"{", b"{}", b"[]", b'[{"exchange": "NSE"}]'])
async def test_a_calculator_wants_an_array_of_orders(body: bytes) -> None:
    async with kite_room() as room:
        assert (await room.error("POST", "/margins/orders", data=body))[:2] == (400, "InputException")


def test_charges_add_up_to_the_worked_examples() -> None:
    future, option = contract(FUTURE), contract(CALL)
    bought = Trade(future, Side.BUY, Product.CARRY, Decimal(1_625_000))
    sold = Trade(future, Side.SELL, Product.CARRY, Decimal(1_631_500))
    both = [charges_of(one, brokerage) for one in (bought, sold)]
    assert sum(one.brokerage for one in both) == 40
    assert sum(one.tax for one in both) == Decimal("815.75")
    assert sum(one.exchange for one in both) == Decimal("59.59395")
    assert sum(one.stamp for one in both) == Decimal("32.50")
    assert sum(one.gst for one in both) == pytest.approx(Decimal("18.5131"), abs=Decimal("0.0001"))
    premium = charges_of(Trade(option, Side.SELL, Product.CARRY, Decimal(11_700)), brokerage)
    assert (premium.brokerage, premium.tax) == (Decimal(20), Decimal("17.55"))
    delivery = charges_of(Trade(share(RELIANCE), Side.BUY, Product.DELIVERY, Decimal(150_000)), brokerage)
    assert (delivery.brokerage, delivery.tax, delivery.stamp) == (Decimal(0), Decimal(150), Decimal("22.5"))
