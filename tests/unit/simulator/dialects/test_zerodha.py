"""Kite's wire over a simulated market: login, orders of every variety, triggers, portfolio, money, and what it refuses."""

from __future__ import annotations

import hashlib
import json
from datetime import date, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from terminal_app.simulator.dialects.zerodha.errors import NO_PROTECTION, USUAL
from tests.helpers.async_tests import until
from tests.helpers.kite_room import Json, KiteRoom, kite_room
from tests.helpers.market_script import CALL, clock

NEXT_DAY = date(2026, 8, 20)
PROTECTED: Json = {"order_type": "MARKET", "price": None, "market_protection": "-1"}


# --- login ------------------------------------------------------------------------------------------------------------


async def test_the_page_asks_for_the_credentials_by_their_names() -> None:
    async with kite_room(logged_in=False) as room, room.http.get(room.line["login"]) as answer:
        page = await answer.text()
    for name in ("client_id", "password", "totp"):
        assert f'name="{name}"' in page


@pytest.mark.parametrize("query", ["v=3&api_key=nobody", "v=2&api_key={key}", "v=3"])
async def test_a_page_for_no_app_or_version_is_refused(query: str) -> None:
    async with kite_room(logged_in=False) as room:
        address = room.line["rest"] + "/connect/login?" + query.format(key=room.credentials["api_key"])
        async with room.http.get(address) as answer:
            assert answer.status == 400


@pytest.mark.parametrize(
    ("wrong", "name"),
    [({"password": "x"}, "Password"), ({"totp": "000000"}, "TOTP"), ({"client_id": "x"}, "User ID")],
)
async def test_a_wrong_field_shows_the_page_again(wrong: dict[str, str], name: str) -> None:
    async with kite_room(logged_in=False) as room:
        status, address, page = await room.fill_in(**wrong)
        assert (status, address) == (200, "")
        assert f"Invalid {name}" in page


async def test_a_login_ends_at_the_registered_address_with_the_echoed_pairs() -> None:
    async with kite_room(logged_in=False) as room:
        status, address, _page = await room.fill_in(redirect_params="state=a%26b&more=1")
        query = dict(parse_qsl(urlsplit(address).query))
        assert status == 302
        assert address.startswith(room.credentials["redirect_url"] + "?")
        assert (query["status"], query["state"], query["more"]) == ("success", "a&b", "1")
        assert len(query["request_token"]) == 32


async def test_a_denied_login_says_so_in_the_redirect() -> None:
    async with kite_room(logged_in=False) as room:
        _status, address, _page = await room.fill_in(decision="deny", redirect_params="state=x")
        query = dict(parse_qsl(urlsplit(address).query))
        assert query["status"] != "success"
        assert query["state"] == "x"
        assert "request_token" not in query


async def test_a_session_has_what_the_documentation_names() -> None:
    async with kite_room(logged_in=False) as room:
        session = await room.log_in()
        assert session["user_id"] == room.credentials["client_id"]
        assert session["api_key"] == room.credentials["api_key"]
        assert session["login_time"] == "2026-08-19 09:15:02"
        assert session["refresh_token"] == ""
        assert session["access_token"] not in room.credentials.values()


async def test_a_checksum_with_another_secret_is_refused_and_leaves_the_token_usable() -> None:
    async with kite_room(logged_in=False) as room:
        token = await room.request_token()
        wrong = room.exchange_form(token, secret="other")
        assert await room.error("POST", "/session/token", data=wrong) == (403, "TokenException", "Invalid `checksum`.")
        await room.data("POST", "/session/token", data=room.exchange_form(token))


async def test_a_request_token_works_once() -> None:
    async with kite_room(logged_in=False) as room:
        form = room.exchange_form(await room.request_token())
        await room.data("POST", "/session/token", data=form)
        assert (await room.error("POST", "/session/token", data=form))[:2] == (403, "TokenException")


async def test_a_request_token_gets_too_old() -> None:
    async with kite_room(logged_in=False) as room:
        form = room.exchange_form(await room.request_token())
        room.floor.go(room.floor.now + timedelta(minutes=6))
        assert (await room.error("POST", "/session/token", data=form))[:2] == (403, "TokenException")


@pytest.mark.parametrize("dial", ["wrong_checksum", "spent_code"])
async def test_an_exchange_is_refused_on_demand(dial: str) -> None:
    async with kite_room(logged_in=False) as room:
        await room.dial(**{dial: 1})
        form = room.exchange_form(await room.request_token())
        assert (await room.error("POST", "/session/token", data=form))[:2] == (403, "TokenException")
        await room.log_in()


async def test_a_login_is_denied_on_demand() -> None:
    async with kite_room(logged_in=False) as room:
        await room.dial(deny_login=1)
        assert "request_token" not in (await room.fill_in())[1]
        assert "request_token" in (await room.fill_in())[1]


async def test_a_second_login_of_the_day_finds_the_first_ones_token() -> None:
    async with kite_room() as room:
        first = room.access_token
        await room.log_in()
        assert room.access_token == first


async def test_a_session_ends_at_six_in_the_morning_of_the_exchanges_clock() -> None:
    async with kite_room() as room:
        room.floor.go(clock("05:59:59", NEXT_DAY))
        assert (await room.call("GET", "/user/profile"))[0] == 200
        room.floor.go(clock("06:00", NEXT_DAY))
        assert await room.error("GET", "/user/profile") == (403, "TokenException", USUAL["TokenException"][1])


async def test_a_logout_ends_the_session() -> None:
    async with kite_room() as room:
        query = {"api_key": room.credentials["api_key"], "access_token": room.access_token}
        assert await room.data("DELETE", "/session/token", params=query) is True
        assert (await room.error("GET", "/user/profile"))[:2] == (403, "TokenException")
        assert (await room.error("DELETE", "/session/token", params=query))[0] == 403


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer x"}, {"Authorization": "token a:b"}])
async def test_a_call_without_a_session_is_refused(headers: dict[str, str]) -> None:
    async with kite_room() as room:
        asked = {"X-Kite-Version": "3", **headers}
        async with room.http.get(room.line["rest"] + "/orders", headers=asked) as answer:
            assert answer.status == 403
            assert (await answer.json())["error_type"] == "TokenException"


async def test_a_call_without_the_version_is_refused() -> None:
    async with kite_room() as room:
        asked = {"Authorization": room.headers()["Authorization"]}
        async with room.http.get(room.line["rest"] + "/orders", headers=asked) as answer:
            assert (answer.status, (await answer.json())["error_type"]) == (400, "InputException")


@pytest.mark.parametrize("code", sorted(USUAL))
async def test_every_error_type_comes_on_demand_with_its_status(code: str) -> None:
    async with kite_room() as room:
        await room.dial(errors=[{"route": "GET /orders", "code": code}])
        assert await room.error("GET", "/orders") == (USUAL[code][0], code, USUAL[code][1])


# --- orders -----------------------------------------------------------------------------------------------------------


async def test_an_order_is_taken_works_and_is_cancelled() -> None:
    async with kite_room() as room:
        order_id = await room.place(tag="mine")
        row = await room.row(order_id)
        assert len(order_id) == 19
        assert row["status"] == "OPEN"
        assert (row["tag"], row["tags"]) == ("mine", ["mine"])
        assert (row["quantity"], row["pending_quantity"], row["price"]) == (10, 10, 99)
        assert row["order_timestamp"] == "2026-08-19 09:15:02"
        assert await room.data("DELETE", f"/orders/regular/{order_id}") == {"order_id": order_id}
        row = await room.row(order_id)
        assert (row["status"], row["cancelled_quantity"]) == ("CANCELLED", 10)


async def test_a_market_order_fills_and_its_trades_are_listed() -> None:
    async with kite_room() as room:
        order_id = await room.place(**PROTECTED)
        row = await room.row(order_id)
        assert (row["status"], row["filled_quantity"], row["average_price"]) == ("COMPLETE", 10, 100.05)
        assert row["market_protection"] == -1
        (trade,) = await room.data("GET", f"/orders/{order_id}/trades")
        assert await room.data("GET", "/trades") == [trade]
        assert (trade["order_id"], trade["quantity"], trade["average_price"]) == (order_id, 10, 100.05)
        assert trade["fill_timestamp"] == "2026-08-19 09:15:02"
        assert trade["order_timestamp"] == "09:15:02"
        assert trade["exchange_order_id"] == row["exchange_order_id"]


async def test_the_history_goes_through_kites_states() -> None:
    async with kite_room() as room:
        order_id = await room.place()
        await room.data("PUT", f"/orders/regular/{order_id}", data={"quantity": "20", "price": "98"})
        await room.data("DELETE", f"/orders/regular/{order_id}")
        history = await room.data("GET", f"/orders/{order_id}")
        assert [state["status"] for state in history] == [
            "PUT ORDER REQ RECEIVED",
            "VALIDATION PENDING",
            "OPEN PENDING",
            "OPEN",
            "MODIFY VALIDATION PENDING",
            "MODIFY PENDING",
            "MODIFIED",
            "OPEN",
            "CANCEL PENDING",
            "CANCELLED",
        ]
        assert (history[-1]["quantity"], history[-1]["price"], history[-1]["modified"]) == (20, 98, True)


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"quantity": None}, ("InputException", "Missing or empty field `quantity`")),
        ({"quantity": "0"}, ("InputException", "Invalid `quantity`.")),
        ({"quantity": "1.5"}, ("InputException", "Invalid `quantity`.")),
        ({"price": None}, ("InputException", "Missing or empty field `price`")),
        ({"price": "-1"}, ("InputException", "Invalid `price`.")),
        ({"order_type": "STOP"}, ("InputException", "Invalid `order_type`.")),
        ({"order_type": "SL"}, ("InputException", "Missing or empty field `trigger_price`")),
        ({"product": "BO"}, ("InputException", "Invalid `product`.")),
        ({"product": "CO"}, ("InputException", "Invalid `product`.")),
        ({"validity": "GTC"}, ("InputException", "Invalid `validity`.")),
        ({"validity": "TTL"}, ("InputException", "Invalid `validity_ttl`.")),
        ({"order_type": "MARKET"}, ("InputException", NO_PROTECTION)),
        ({"order_type": "MARKET", "market_protection": "0"}, ("InputException", NO_PROTECTION)),
        ({"order_type": "SL-M", "trigger_price": "101"}, ("InputException", NO_PROTECTION)),
        ({"order_type": "MARKET", "market_protection": "101"}, ("InputException", "Invalid `market_protection`.")),
        ({"tag": "x" * 21}, ("InputException", "Invalid `tag`. It should be at most 20 characters.")),
        ({"price": "99.01"}, ("InputException", "The price 99.01 is not a multiple of the tick size 0.05.")),
        ({"price": "89"}, ("InputException", "The price 89 is outside today's price band: 90 to 110.")),
    ],
)
async def test_a_wrong_field_is_named(fields: Json, error: tuple[str, str]) -> None:
    async with kite_room() as room:
        refused = await room.error("POST", "/orders/regular", data=room.order(**fields))
        assert refused == (400, *error)
        assert await room.data("GET", "/orders") == []


async def test_an_unknown_instrument_or_variety_is_refused() -> None:
    async with kite_room() as room:
        unknown = await room.error("POST", "/orders/regular", data=room.order(tradingsymbol="NOPE"))
        assert unknown[1] == "InputException"
        assert (await room.error("POST", "/orders/bo", data=room.order()))[2] == "Invalid `variety`."
        auction = await room.error("POST", "/orders/auction", data=room.order(auction_number="7"))
        assert auction[2] == "Invalid `auction_number`."


async def test_money_and_shares_that_are_missing_are_told_by_their_type() -> None:
    async with kite_room() as room:
        assert (await room.error("POST", "/orders/regular", data=room.order(quantity="1000000")))[:2] == (
            400,
            "MarginException",
        )
        sale = room.order(transaction_type="SELL", product="CNC", price="101")
        assert (await room.error("POST", "/orders/regular", data=sale))[:2] == (400, "HoldingException")


async def test_an_order_is_rejected_late_on_demand() -> None:
    async with kite_room() as room, room.socket() as socket:
        await socket.until(lambda: socket.texts)
        await room.dial(reject_late=["RMS: blocked for the day"])
        row = await room.row(await room.place())
        assert (row["status"], row["status_message"]) == ("REJECTED", "RMS: blocked for the day")
        await socket.until(lambda: socket.orders)
        assert socket.orders[0]["status"] == "REJECTED"


async def test_changes_of_what_is_not_there_or_over_are_refused() -> None:
    async with kite_room() as room:
        assert (await room.error("DELETE", "/orders/regular/1"))[:2] == (400, "InputException")
        assert (await room.error("GET", "/orders/1"))[0] == 404
        order_id = await room.place(**PROTECTED)
        assert (await room.error("DELETE", f"/orders/regular/{order_id}"))[:2] == (400, "OrderException")
        assert (await room.error("PUT", f"/orders/amo/{order_id}"))[2] == "Invalid `variety`."


async def test_a_modification_to_market_needs_its_protection() -> None:
    async with kite_room() as room:
        order_id = await room.place()
        path = f"/orders/regular/{order_id}"
        assert (await room.error("PUT", path, data={"order_type": "MARKET"}))[2] == NO_PROTECTION
        await room.data("PUT", path, data={"order_type": "MARKET", "market_protection": "-1"})
        assert (await room.row(order_id))["status"] == "COMPLETE"


async def test_an_order_is_modified_twenty_five_times_at_most() -> None:
    async with kite_room() as room:
        order_id = await room.place()
        for number in range(25):
            await room.data("PUT", f"/orders/regular/{order_id}", data={"price": str(98 - number % 2)})
        refused = await room.error("PUT", f"/orders/regular/{order_id}", data={"price": "95"})
        assert refused[1:] == ("OrderException", "Maximum allowed order modifications exceeded.")


async def test_a_stop_waits_and_is_told_when_it_triggers() -> None:
    async with kite_room() as room, room.socket() as socket:
        await socket.until(lambda: socket.texts)
        stop = {"order_type": "SL", "trigger_price": "101", "price": "101.50"}
        order_id = await room.place(**stop)
        assert (await room.row(order_id))["status"] == "TRIGGER PENDING"
        room.floor.step("101", 10, [("100.90", 100)], [("105", 100)])
        await socket.until(lambda: socket.orders)
        assert [one["status"] for one in socket.orders] == ["UPDATE"]
        assert (await room.row(order_id))["status"] == "OPEN"


async def test_an_order_good_for_minutes_ends_by_itself() -> None:
    async with kite_room() as room:
        order_id = await room.place(validity="TTL", validity_ttl="2")
        room.floor.step(after_s=119)
        assert (await room.row(order_id))["status"] == "OPEN"
        room.floor.step(after_s=1)
        row = await room.row(order_id)
        assert (row["status"], row["validity"], row["validity_ttl"]) == ("CANCELLED", "TTL", 2)


async def test_an_after_market_order_waits_for_the_next_morning() -> None:
    async with kite_room() as room:
        kept, dropped = await room.place("amo"), await room.place("amo", price="98")
        changed = await room.place("amo", price="97")
        await room.data("PUT", f"/orders/amo/{changed}", data={"price": "96"})
        await room.data("DELETE", f"/orders/amo/{dropped}")
        assert [one["status"] for one in await room.data("GET", "/orders")] == [
            "AMO REQ RECEIVED",
            "CANCELLED",
            "AMO REQ RECEIVED",
        ]
        room.floor.go(clock("09:14", NEXT_DAY))
        room.floor.step("100", 0, after_s=120)
        await room.log_in()
        rows = await room.data("GET", "/orders")
        assert [(one["order_id"], one["status"], one["price"]) for one in rows] == [
            (kept, "OPEN", 99),
            (changed, "OPEN", 96),
        ]


async def test_the_order_book_begins_anew_every_day() -> None:
    async with kite_room() as room:
        await room.place()
        room.floor.go(clock("09:14", NEXT_DAY))
        await room.log_in()
        assert await room.data("GET", "/orders") == []


async def rows_of(room: KiteRoom, count: int) -> list[Json]:
    """The order book, once so many orders are at the exchange."""
    account = room.dialect.clients[0].account
    await until(lambda: len(room.floor.exchange.orders(account)) == count)
    rows: list[Json] = await room.data("GET", "/orders")
    return rows


async def test_an_iceberg_shows_leg_by_leg() -> None:
    async with kite_room() as room:
        first = await room.place("iceberg", quantity="25", iceberg_legs="3", iceberg_quantity="10", price="100.05")
        rows = await rows_of(room, 3)
        assert [(one["quantity"], one["status"]) for one in rows] == [
            (10, "COMPLETE"),
            (10, "COMPLETE"),
            (5, "COMPLETE"),
        ]
        assert rows[0]["order_id"] == first
        assert rows[0]["meta"]["iceberg"] == {
            "leg": 1,
            "legs": 3,
            "leg_quantity": 10,
            "total_quantity": 25,
            "remaining_quantity": 15,
        }


async def test_a_cancelled_leg_ends_the_iceberg() -> None:
    async with kite_room() as room:
        leg = await room.place("iceberg", quantity="20", iceberg_legs="2", iceberg_quantity="10")
        await room.data("DELETE", f"/orders/iceberg/{leg}")
        room.floor.step("99", 500, [("98.95", 100)], [("99", 100)])
        (row,) = await room.data("GET", "/orders")
        assert row["status"] == "CANCELLED"


@pytest.mark.parametrize(("legs", "quantity"), [("1", "25"), ("51", "1"), ("3", "8"), ("3", "13")])
async def test_an_iceberg_whose_legs_do_not_fit_is_refused(legs: str, quantity: str) -> None:
    async with kite_room() as room:
        form = room.order(quantity="25", iceberg_legs=legs, iceberg_quantity=quantity)
        assert (await room.error("POST", "/orders/iceberg", data=form))[1] == "InputException"


async def test_a_cover_order_places_its_stop_and_exits_at_the_market() -> None:
    async with kite_room() as room:
        parent = await room.place("co", **PROTECTED, trigger_price="98")
        stop = (await rows_of(room, 2))[1]
        assert (stop["status"], stop["order_type"], stop["transaction_type"]) == ("TRIGGER PENDING", "SL-M", "SELL")
        assert (stop["parent_order_id"], stop["trigger_price"]) == (parent, 98)
        await room.data("DELETE", f"/orders/co/{stop['order_id']}", params={"parent_order_id": parent})
        assert (await room.row(stop["order_id"]))["status"] == "COMPLETE"


async def test_an_order_above_the_freeze_quantity_is_sliced_where_that_is_asked_for() -> None:
    async with kite_room() as room:
        room.floor.quote("100", [("100", 65)], [("101", 65)], id=CALL)
        symbol = room.dialect.symbols.of(CALL)
        assert symbol is not None
        big = {"exchange": "NFO", "tradingsymbol": symbol.symbol, "product": "NRML", "quantity": "1950", "price": "1"}
        form = room.order(**big)
        assert (await room.error("POST", "/orders/regular", data=form))[1] == "InputException"
        placed = await room.data("POST", "/orders/regular", data={**form, "autoslice": "true"})
        ids = [child["order_id"] for child in placed["children"]]
        rows = await room.data("GET", "/orders")
        assert [(one["order_id"], one["quantity"]) for one in rows] == [(ids[0], 1755), (ids[1], 195)]
        assert rows[0]["tags"] == ["autoslice", f"autoslice:{placed['order_id']}"]


async def test_slices_that_are_refused_stand_among_the_others() -> None:
    async with kite_room() as room:
        room.floor.quote("100", [("100", 65)], [("101", 65)], id=CALL)
        symbol = room.dialect.symbols.of(CALL)
        assert symbol is not None
        big = {"exchange": "NFO", "tradingsymbol": symbol.symbol, "product": "NRML", "quantity": "3510", "price": "400"}
        placed = await room.data("POST", "/orders/regular", data={**room.order(**big), "autoslice": "true"})
        assert [sorted(child) for child in placed["children"]] == [["order_id"], ["error"]]
        assert placed["children"][1]["error"]["error_type"] == "MarginException"


async def test_the_brokers_own_square_off_is_in_the_book() -> None:
    async with kite_room() as room:
        await room.place(**PROTECTED)
        room.floor.go("15:00")
        room.floor.quote("100", [("99.95", 500)], [("100.05", 500)])
        room.floor.go("15:10")
        room.floor.step("100", 0, [("99.95", 500)], [("100.05", 500)])
        own = (await room.data("GET", "/orders"))[-1]
        assert (own["placed_by"], own["transaction_type"], own["quantity"]) == ("SYSTEM", "SELL", 10)


# --- order messages ---------------------------------------------------------------------------------------------------


async def test_messages_come_for_fills_changes_and_ends_but_not_for_acceptance() -> None:
    async with kite_room() as room, room.socket() as socket:
        await socket.until(lambda: socket.texts)
        order_id = await room.place(quantity="600", price="100.05")
        await socket.until(lambda: socket.orders)
        await room.data("PUT", f"/orders/regular/{order_id}", data={"price": "99"})
        await room.data("DELETE", f"/orders/regular/{order_id}")
        await socket.until(lambda: len(socket.orders) == 3)
        said = [(one["status"], one["filled_quantity"], one["unfilled_quantity"]) for one in socket.orders]
        assert said == [("UPDATE", 500, 100), ("UPDATE", 500, 100), ("CANCELLED", 500, 100)]
        quiet = await room.place()
        await room.data("DELETE", f"/orders/regular/{quiet}")
        await socket.until(lambda: len(socket.orders) == 4)
        assert socket.orders[3]["status"] == "CANCELLED"


async def test_a_message_carries_the_postbacks_checksum() -> None:
    async with kite_room() as room, room.socket() as socket:
        await socket.until(lambda: socket.texts)
        await room.place(**PROTECTED)
        await socket.until(lambda: socket.orders)
        (said,) = socket.orders
        signed = said["order_id"] + said["order_timestamp"] + room.credentials["api_secret"]
        assert said["checksum"] == hashlib.sha256(signed.encode()).hexdigest()
        assert said["user_id"] == room.credentials["client_id"]


# --- triggers ---------------------------------------------------------------------------------------------------------


def trigger(kind: str, *levels: float, side: str = "BUY", last: float = 100, **order: Any) -> dict[str, str]:
    """The form of a GTT on RELIANCE."""
    condition = {"exchange": "NSE", "tradingsymbol": "RELIANCE", "trigger_values": list(levels), "last_price": last}
    leg = {
        "exchange": "NSE",
        "tradingsymbol": "RELIANCE",
        "transaction_type": side,
        "quantity": 5,
        "order_type": "LIMIT",
        "product": "CNC",
        "price": levels[0],
        **order,
    }
    return {"type": kind, "condition": json.dumps(condition), "orders": json.dumps([leg] * len(levels))}


async def test_a_trigger_is_stored_changed_listed_and_deleted() -> None:
    async with kite_room() as room:
        placed = await room.data("POST", "/gtt/triggers", data=trigger("single", 95))
        path = f"/gtt/triggers/{placed['trigger_id']}"
        stored = await room.data("GET", path)
        assert (stored["id"], stored["status"], stored["type"]) == (placed["trigger_id"], "active", "single")
        assert stored["condition"]["trigger_values"] == [95]
        assert stored["expires_at"] == "2027-08-19 09:15:02"
        assert await room.data("PUT", path, data=trigger("two-leg", 95, 105)) == placed
        (listed,) = await room.data("GET", "/gtt/triggers")
        assert (listed["type"], len(listed["orders"])) == ("two-leg", 2)
        assert await room.data("DELETE", path) == placed
        assert (await room.data("GET", path))["status"] == "deleted"
        assert (await room.error("DELETE", path))[0] == 400


@pytest.mark.parametrize(("level", "reached"), [(95.0, "95"), (105.0, "105.05")])
async def test_the_market_fires_a_trigger_from_either_side(level: float, reached: str) -> None:
    async with kite_room() as room:
        placed = await room.data("POST", "/gtt/triggers", data=trigger("single", level))
        room.floor.step("100.05", 10, [("99.95", 500)], [("100.05", 500)])
        assert await room.data("GET", "/orders") == []
        room.floor.step(reached, 10, [("94", 500)], [("106", 500)])
        fired = await room.data("GET", f"/gtt/triggers/{placed['trigger_id']}")
        (order,) = await room.data("GET", "/orders")
        result = fired["orders"][0]["result"]["order_result"]
        assert fired["status"] == "triggered"
        assert result == {"status": "success", "order_id": order["order_id"], "rejection_reason": ""}
        assert (order["price"], order["quantity"], order["product"]) == (level, 5, "CNC")


async def test_of_two_legs_one_fires_and_the_other_sleeps() -> None:
    async with kite_room() as room:
        form = trigger("two-leg", 95, 105)
        orders = json.loads(form["orders"])
        orders[1]["quantity"] = 7
        placed = await room.data("POST", "/gtt/triggers", data={**form, "orders": json.dumps(orders)})
        room.floor.step("105", 10, [("104", 500)], [("106", 500)])
        room.floor.step("94", 10, [("93", 500)], [("94.50", 500)])
        stored = await room.data("GET", f"/gtt/triggers/{placed['trigger_id']}")
        assert [leg["result"] is not None for leg in stored["orders"]] == [False, True]
        assert [one["quantity"] for one in await room.data("GET", "/orders")] == [7]


async def test_a_fired_trigger_whose_order_is_refused_says_why() -> None:
    async with kite_room() as room:
        placed = await room.data("POST", "/gtt/triggers", data=trigger("single", 95, side="SELL"))
        room.floor.step("95", 10)
        stored = await room.data("GET", f"/gtt/triggers/{placed['trigger_id']}")
        result = stored["orders"][0]["result"]["order_result"]
        assert (result["status"], result["order_id"]) == ("failed", "")
        assert "holdings" in result["rejection_reason"]


@pytest.mark.parametrize(
    "form",
    [
        trigger("three-leg", 95),
        trigger("single", 95, 105),
        trigger("two-leg", 95),
        trigger("two-leg", 101, 105),
        trigger("single", 100),
        trigger("single", 95, order_type="MARKET", market_protection=-1),
        trigger("single", 95, tradingsymbol="TCS"),
        {**trigger("single", 95), "condition": "{"},
        {**trigger("single", 95), "orders": "{}"},
    ],
)
async def test_a_trigger_that_makes_no_sense_is_refused(form: dict[str, str]) -> None:
    async with kite_room() as room:
        assert (await room.error("POST", "/gtt/triggers", data=form))[:2] == (400, "InputException")
        assert await room.data("GET", "/gtt/triggers") == []


async def test_two_clients_have_two_accounts() -> None:
    async with kite_room() as room:
        other = room.dialect.add_client()
        await room.place()
        assert room.floor.exchange.orders(other.account) == []
        assert len(room.floor.exchange.orders(room.dialect.clients[0].account)) == 1
