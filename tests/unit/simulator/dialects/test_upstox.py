"""The Upstox dialect over HTTP: login, tokens and addresses, orders, stored triggers, money, prices, files."""

from __future__ import annotations

import base64
import json
from datetime import datetime, timedelta
from typing import Any

import aiohttp
import pytest

from terminal_app.domain.clock import IST
from terminal_app.simulator.dialects.upstox.access import next_expiry
from terminal_app.simulator.dialects.upstox.errors import USUAL
from tests.helpers.market_script import CALL, DAY, FUTURE, NIFTY, RELIANCE, Floor, clock
from tests.helpers.upstox_room import DIALOG, EXCHANGE, NIFTY_KEY, RELIANCE_KEY, UpstoxRoom, upstox_room

PLACE, MODIFY, CANCEL = "/v3/order/place", "/v3/order/modify", "/v3/order/cancel"
GTT = "/v3/order/gtt"


# --- the line, the login ----------------------------------------------------------------------------------------------


async def test_the_line_has_its_keys_and_no_other() -> None:
    async with upstox_room(logged_in=False) as room:
        keys = ["broker", "rest", "order_rest", "login", "feed", "order_feed", "instruments", "credentials"]
        assert list(room.line) == [*keys[:1], *keys[1:]]
        assert set(room.credentials) == {"api_key", "api_secret", "client_id", "pin", "totp_seed", "redirect_url"}


async def test_the_page_asks_for_credentials_by_their_names() -> None:
    async with upstox_room(logged_in=False) as room, room.http.get(room.line["login"]) as answer:
        page = await answer.text()
        assert answer.status == 200
        assert all(f'name="{name}"' in page for name in ("client_id", "totp", "pin"))


async def test_a_login_echoes_the_state_and_gives_a_session() -> None:
    async with upstox_room(logged_in=False) as room:
        status, query, _page = await room.fill_in(state="a b&c")
        assert (status, query["state"]) == (302, "a b&c")
        session = await room.log_in()
        assert session["user_id"] == room.credentials["client_id"]
        assert (await room.data("GET", "/v2/user/profile"))["user_id"] == session["user_id"]


async def test_wrong_fields_show_the_page_again() -> None:
    async with upstox_room(logged_in=False) as room:
        for field in ("client_id", "totp", "pin"):
            status, query, page = await room.fill_in(**{field: "000"})
            assert (status, query) == (200, {})
            assert 'role="alert"' in page


async def test_a_denied_login_redirects_with_the_error_and_the_state() -> None:
    async with upstox_room(logged_in=False) as room:
        for other in ({"decision": "deny"}, {}):
            status, query, _page = await room.fill_in(**other)
            assert (status, query["error"], query["state"]) == (302, "access_denied", "s1")
            await room.dial(deny_login=1)


async def test_the_dialog_takes_only_what_is_registered() -> None:
    async with upstox_room(logged_in=False) as room:
        key, redirect = room.credentials["api_key"], room.credentials["redirect_url"]
        good = {"response_type": "code", "client_id": key, "redirect_uri": redirect}
        wrong = {
            "UDAPI100016": {"client_id": "other"},
            "UDAPI100070": {"redirect_uri": redirect + "/"},
            "UDAPI100068": {"redirect_uri": ""},
        }
        for code, change in wrong.items():
            assert (await room.error("GET", DIALOG, params={**good, **change}))[1] == code


async def test_a_code_is_spent_by_its_first_use_even_a_failing_one() -> None:
    async with upstox_room(logged_in=False) as room:
        code = (await room.fill_in())[1]["code"]
        refused = await room.error("POST", EXCHANGE, data=room.exchange_form(code, client_secret="wrong"))
        assert refused == (401, "UDAPI100069")
        assert await room.error("POST", EXCHANGE, data=room.exchange_form(code)) == (400, "UDAPI100057")


@pytest.mark.parametrize(
    ("field", "code"),
    [
        ("code", "UDAPI1017"),
        ("client_id", "UDAPI1018"),
        ("client_secret", "UDAPI1022"),
        ("redirect_uri", "UDAPI1023"),
        ("grant_type", "UDAPI1024"),
    ],
)
async def test_an_exchange_needs_every_field(field: str, code: str) -> None:
    async with upstox_room(logged_in=False) as room:
        form = {name: value for name, value in room.exchange_form("x").items() if name != field}
        assert (await room.error("POST", EXCHANGE, data=form))[1] == code


async def test_the_dials_refuse_an_exchange() -> None:
    async with upstox_room(logged_in=False) as room:
        for dial, expected in (("wrong_checksum", "UDAPI100069"), ("spent_code", "UDAPI100057")):
            await room.dial(**{dial: 1})
            code = (await room.fill_in())[1]["code"]
            assert (await room.error("POST", EXCHANGE, data=room.exchange_form(code)))[1] == expected
        await room.log_in()


# --- tokens -----------------------------------------------------------------------------------------------------------


def claims(token: str) -> dict[str, Any]:
    """The middle of a JSON web token."""
    body = token.split(".")[1]
    decoded: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return decoded


async def test_a_token_says_that_it_ends_at_half_past_three_by_the_exchanges_clock() -> None:
    async with upstox_room() as room:
        said = claims(room.token)
        assert datetime.fromtimestamp(said["exp"], IST).isoformat() == "2026-08-20T03:30:00+05:30"
        assert (said["iss"], said["sub"]) == ("udapi-gateway-service", room.credentials["client_id"])


@pytest.mark.parametrize(
    ("now", "hours"), [("02:00", 1.5), ("03:29", 1 / 60), ("03:30", 24.0), ("08:00", 19.5), ("23:59", 3 + 31 / 60)]
)
def test_a_token_lives_to_the_next_half_past_three(now: str, hours: float) -> None:
    at = clock(now)
    assert next_expiry(at) - at == timedelta(hours=hours)


async def test_a_token_is_dead_after_its_end() -> None:
    async with upstox_room() as room:
        room.floor.go(clock("03:29:59", DAY + timedelta(days=1)))
        assert await room.error("GET", "/v2/user/profile") == (400, "UDAPI100074")
        assert await room.error("GET", "/v3/user/get-funds-and-margin") == (423, "UDAPI100072")
        room.floor.go(clock("03:30", DAY + timedelta(days=1)))
        assert await room.error("GET", "/v2/user/profile") == (401, "UDAPI100050")


async def test_a_logout_ends_this_token_alone() -> None:
    async with upstox_room() as room:
        first = room.token
        await room.log_in()
        assert await room.data("DELETE", "/v2/logout") is True
        assert await room.error("GET", "/v2/user/profile") == (401, "UDAPI100050")
        room.token = first
        await room.data("GET", "/v2/user/profile")


async def test_a_read_only_token_reads_the_portfolio_and_nothing_else() -> None:
    async with upstox_room() as room:
        room.token = room.session["extended_token"]
        assert await room.data("GET", "/v2/portfolio/long-term-holdings") == []
        assert await room.data("GET", "/v2/order/retrieve-all") == []
        for method, path in (("GET", "/v2/user/profile"), ("GET", "/v3/market-quote/ltp"), ("POST", PLACE)):
            assert (await room.error(method, path))[1] == "UDAPI100067"


async def test_an_analytics_token_reads_prices_and_its_account_only_from_the_registered_address() -> None:
    async with upstox_room() as room:
        room.token = (await room.dial(mint_analytics_token=True))["analytics_tokens"][room.credentials["client_id"]]
        assert await room.data("GET", "/v3/market-quote/ltp", params={"instrument_key": RELIANCE_KEY})
        await room.address("/v3/feed/market-data-feed")
        assert (await room.error("POST", PLACE, json=room.order()))[1] == "UDAPI100067"
        await room.data("GET", "/v2/user/profile")
        await room.dial(static_ip="other")
        assert await room.error("GET", "/v2/user/profile") == (401, "UDAPI1221")


# --- addresses --------------------------------------------------------------------------------------------------------


async def test_a_change_of_the_static_address_ends_the_tokens_and_shuts_other_addresses_out() -> None:
    async with upstox_room() as room:
        assert (await room.data("GET", "/v2/user/ip"))["primary_ip"] == "127.0.0.1"
        changed = await room.data("PUT", "/v2/user/ip", json={"primary_ip": "203.0.113.7"})
        assert changed["access_tokens_invalidated"] is True
        assert await room.error("GET", "/v2/user/ip") == (401, "UDAPI100050")
        await room.log_in()
        assert await room.error("POST", PLACE, json=room.order()) == (403, "UDAPI1154")
        assert (await room.error("PUT", "/v2/user/ip", json={"primary_ip": "127.0.0.1"}))[1] == "UDAPI1181"


@pytest.mark.parametrize("state", ["missing", "other"])
async def test_order_writes_from_an_address_that_is_not_registered_are_refused(state: str) -> None:
    async with upstox_room() as room:
        await room.dial(static_ip=state)
        for method, path in (("POST", PLACE), ("PUT", MODIFY), ("DELETE", CANCEL), ("POST", GTT + "/place")):
            assert await room.error(method, path) == (403, "UDAPI1154")
        assert await room.data("GET", "/v2/order/retrieve-all") == []


# --- orders -----------------------------------------------------------------------------------------------------------


async def test_an_order_goes_through_its_states() -> None:
    async with upstox_room() as room:
        order_id = await room.place(tag="t1")
        assert await room.statuses(order_id) == [
            "put order req received",
            "validation pending",
            "open pending",
            "open",
        ]
        row = await room.row(order_id)
        expected = {
            "tag": "t1",
            "price": 99.0,
            "quantity": 10,
            "pending_quantity": 10,
            "exchange": "NSE",
            "product": "I",
        }
        assert row | expected == row
        assert row["order_timestamp"] == "2026-08-19 09:15:02"


async def test_a_market_order_fills_and_has_its_trades() -> None:
    async with upstox_room() as room:
        order_id = await room.buy(700)
        row = await room.row(order_id)
        assert (row["status"], row["filled_quantity"], row["average_price"]) == ("open", 500, 100.05)
        trades = await room.data("GET", "/v2/order/trades", params={"order_id": order_id})
        assert [(one["quantity"], one["average_price"], one["order_id"]) for one in trades] == [(500, 100.05, order_id)]
        assert await room.data("GET", "/v2/order/trades/get-trades-for-day") == trades


async def test_a_modification_shows_all_its_states_and_the_new_order() -> None:
    async with upstox_room() as room:
        order_id = await room.place()
        change = {"order_id": order_id, "order_type": "LIMIT", "validity": "DAY", "price": 98.5, "trigger_price": 0}
        assert await room.data("PUT", MODIFY, json={**change, "quantity": 20}) == {"order_id": order_id}
        states = ["modify validation pending", "modify pending", "modified", "open"]
        assert (await room.statuses(order_id))[4:] == states
        row = await room.row(order_id)
        assert (row["price"], row["quantity"]) == (98.5, 20)


async def test_a_modification_that_the_exchange_refuses_leaves_the_order_as_it_was() -> None:
    async with upstox_room() as room:
        order_id = await room.place()
        change = {"order_id": order_id, "order_type": "LIMIT", "validity": "DAY", "price": 500, "trigger_price": 0}
        await room.data("PUT", MODIFY, json=change)
        row = await room.row(order_id)
        assert (row["status"], row["price"]) == ("not modified", 99.0)
        assert "price band" in row["status_message"]
        await room.data("DELETE", CANCEL, params={"order_id": order_id})
        assert (await room.row(order_id))["status"] == "cancelled"


async def test_a_final_order_takes_no_change() -> None:
    async with upstox_room() as room:
        order_id = await room.buy()
        assert await room.error("DELETE", CANCEL, params={"order_id": order_id}) == (400, "UDAPI100040")
        change = {"order_id": order_id, "order_type": "LIMIT", "validity": "DAY", "price": 98, "trigger_price": 0}
        assert await room.error("PUT", MODIFY, json=change) == (400, "UDAPI100041")


async def test_what_the_exchange_refuses_is_taken_and_then_rejected() -> None:
    async with upstox_room() as room:
        row = await room.row(await room.place(price=500.0))
        assert (row["status"], row["exchange_order_id"]) == ("rejected", None)
        assert "price band" in row["status_message"]
        await room.dial(reject_late=["RMS: no margin"])
        row = await room.row(await room.place())
        assert (row["status"], row["status_message"]) == ("rejected", "RMS: no margin")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"instrument_token": None}, "UDAPI1026"),
        ({"instrument_token": "RELIANCE"}, "UDAPI1021"),
        ({"instrument_token": "NSE_EQ|INE000000000"}, "UDAPI100011"),
        ({"order_type": None}, "UDAPI1004"),
        ({"order_type": "BEST"}, "UDAPI1056"),
        ({"validity": None}, "UDAPI1007"),
        ({"validity": "GTC"}, "UDAPI1055"),
        ({"price": None}, "UDAPI1043"),
        ({"quantity": 0}, "UDAPI1052"),
        ({"quantity": 1.5}, "UDAPI100036"),
        ({"product": "CNC"}, "UDAPI100036"),
        ({"transaction_type": "B"}, "UDAPI100036"),
        ({"tag": "x" * 41}, "UDAPI1119"),
        ({"is_amo": True}, "UDAPI100039"),
        ({"order_type": "MARKET"}, "UDAPI1158"),
        ({"order_type": "MARKET", "market_protection": 0}, "UDAPI1158"),
        ({"order_type": "MARKET", "market_protection": 26}, "UDAPI1176"),
        ({"order_type": "MARKET", "market_protection": -2}, "UDAPI1177"),
        ({"order_type": "SL-M", "trigger_price": 101, "market_protection": 1.5}, "UDAPI1177"),
    ],
)
async def test_a_wrong_field_is_refused_with_its_code(change: dict[str, Any], code: str) -> None:
    async with upstox_room() as room:
        assert (await room.error("POST", PLACE, json=room.order(**change)))[1] == code
        assert await room.data("GET", "/v2/order/retrieve-all") == []


async def test_orders_that_do_not_exist_are_told_from_ids_that_cannot() -> None:
    async with upstox_room() as room:
        for params, code in (({}, "UDAPI1010"), ({"order_id": "a-b"}, "UDAPI1023"), ({"order_id": "1"}, "UDAPI100010")):
            assert (await room.error("DELETE", CANCEL, params=params))[1] == code


async def test_a_stop_waits_for_its_trigger() -> None:
    async with upstox_room() as room:
        order_id = await room.place(order_type="SL", price=101.5, trigger_price=101)
        assert (await room.row(order_id))["status"] == "trigger pending"
        room.floor.step("101", 10, [("100.95", 500)], [("101.05", 500)])
        row = await room.row(order_id)
        assert (row["status"], row["order_type"], row["average_price"]) == ("complete", "SL", 101.05)


async def test_an_order_above_the_freeze_quantity_is_sliced_on_request() -> None:
    async with upstox_room() as room:
        key = next(row for row in await room.instruments() if row["instrument_type"] == "FUT")["instrument_key"]
        room.floor.quote("24500", [("24500", 65)], [("24500.1", 65)], id=FUTURE)
        fields = {"instrument_token": key, "product": "D", "price": 24400.0, "quantity": 1755 * 2 + 65, "slice": True}
        placed = await room.data("POST", PLACE, json=room.order(**fields))
        rows = [await room.row(order_id) for order_id in placed["order_ids"]]
        assert [row["quantity"] for row in rows] == [1755, 1755, 65]


async def test_a_sale_of_holdings_asks_for_its_authorisation_on_demand() -> None:
    async with upstox_room() as room:
        await room.dial(give_holdings={str(RELIANCE): {"quantity": 5}}, sale_authorised=False)
        row = await room.row(await room.place(product="D", transaction_type="SELL", quantity=5, price=100.0))
        assert row["status"] == "rejected"
        assert "e-DIS" in row["status_message"]
        await room.dial(sale_authorised=True)
        row = await room.row(await room.place(product="D", transaction_type="SELL", quantity=5, price=101.0))
        assert row["status"] == "open"


async def test_an_after_market_order_waits_for_the_next_order_entry() -> None:
    async with upstox_room(Floor(start=clock("08:59"))) as room:
        order_id = await room.place(is_amo=True)
        row = await room.row(order_id)
        assert (row["status"], row["variety"], row["is_amo"]) == ("after market order req received", "AMO", True)
        other = await room.place(is_amo=True)
        await room.data("DELETE", CANCEL, params={"order_id": other})
        assert (await room.row(other))["status"] == "cancelled after market order"
        room.floor.go("09:00")
        room.floor.step("100", 0)
        assert (await room.statuses(order_id))[-1] == "open"


async def test_many_orders_answer_row_by_row() -> None:
    async with upstox_room() as room:
        rows = [
            room.order(correlation_id=name, tag="many", transaction_type=side)
            for name, side in (("a", "SELL"), ("b", "BUY"))
        ]
        rows[0]["price"] = 101.0
        status, body = await room.call(
            "POST", "/v2/order/multi/place", json=[*rows, room.order(correlation_id="c", quantity=0)]
        )
        assert (status, body["status"]) == (207, "partial_success")
        assert [row["correlation_id"] for row in body["data"]] == ["b", "a"]
        assert [(row["correlation_id"], row["error_code"]) for row in body["errors"]] == [("c", "UDAPI1052")]
        assert body["summary"] == {"total": 3, "success": 2, "error": 0, "payload_error": 1}
        cancelled = await room.data("DELETE", "/v2/order/multi/cancel", params={"tag": "many"})
        assert len(cancelled["order_ids"]) == 2
        assert (await room.error("DELETE", "/v2/order/multi/cancel"))[1] == "UDAPI1108"


@pytest.mark.parametrize(
    ("names", "code"),
    [
        ([], "UDAPI1114"),
        ([""], "UDAPI1115"),
        (["x" * 21], "UDAPI1116"),
        (["a", "a"], "UDAPI1117"),
        (list("abcdefghijk"), "UDAPI1118"),
    ],
)
async def test_many_orders_need_names_of_their_own(names: list[str], code: str) -> None:
    async with upstox_room() as room:
        rows = [room.order(correlation_id=name) for name in names]
        assert (await room.error("POST", "/v2/order/multi/place", json=rows))[1] == code


async def test_positions_are_exited_together() -> None:
    async with upstox_room() as room:
        assert (await room.error("POST", "/v2/order/positions/exit"))[1] == "UDAPI1111"
        await room.buy()
        assert len((await room.data("POST", "/v2/order/positions/exit"))["order_ids"]) == 1
        [position] = await room.data("GET", "/v2/portfolio/short-term-positions")
        assert (position["quantity"], position["average_price"]) == (0, None)


async def test_the_square_off_of_the_broker_is_in_the_book() -> None:
    async with upstox_room() as room:
        await room.buy()
        room.floor.go("15:10:30")
        book = await room.data("GET", "/v2/order/retrieve-all")
        assert [row["transaction_type"] for row in book] == ["BUY", "SELL"]


# --- stored triggers --------------------------------------------------------------------------------------------------


def trigger(*rules: tuple[str, str, float], **fields: Any) -> dict[str, Any]:
    """The body of a stored trigger."""
    rows = [{"strategy": strategy, "trigger_type": kind, "trigger_price": price} for strategy, kind, price in rules]
    return {
        "type": "SINGLE" if len(rules) == 1 else "MULTIPLE",
        "quantity": 5,
        "product": "D",
        "instrument_token": RELIANCE_KEY,
        "transaction_type": "BUY",
        "rules": rows,
        **fields,
    }


async def statuses_of(room: UpstoxRoom, name: str) -> list[str]:
    """The status of every leg."""
    [row] = await room.data("GET", GTT, params={"gtt_order_id": name})
    return [rule["status"] for rule in row["rules"]]


async def test_a_single_trigger_fires_when_its_price_is_reached() -> None:
    async with upstox_room() as room:
        [name] = (await room.data("POST", GTT + "/place", json=trigger(("ENTRY", "ABOVE", 101.0))))["gtt_order_ids"]
        assert await statuses_of(room, name) == ["PENDING"]
        room.floor.step("101", 10, [("100.95", 500)], [("101.05", 500)])
        assert await statuses_of(room, name) == ["COMPLETED"]
        [row] = await room.data("GET", GTT)
        order = await room.row(row["rules"][0]["order_id"])
        assert (order["status"], order["order_type"], order["price"]) == ("complete", "LIMIT", 103.05)
        assert row["created_at"] % 1_000_000 == 0
        assert row["created_at"] > 1e15


async def test_the_exits_of_a_bracket_cancel_each_other() -> None:
    async with upstox_room() as room:
        body = trigger(("ENTRY", "IMMEDIATE", 100.05), ("TARGET", "IMMEDIATE", 102.0), ("STOPLOSS", "IMMEDIATE", 98.0))
        [name] = (await room.data("POST", GTT + "/place", json=body))["gtt_order_ids"]
        assert await statuses_of(room, name) == ["COMPLETED", "PENDING", "PENDING"]
        room.floor.step("98", 10, [("97.95", 500)], [("98.05", 500)])
        assert await statuses_of(room, name) == ["COMPLETED", "CANCELLED", "COMPLETED"]


async def test_a_trailing_stop_follows_the_best_price() -> None:
    async with upstox_room() as room:
        body = trigger(("ENTRY", "IMMEDIATE", 100.05), ("STOPLOSS", "IMMEDIATE", 98.0))
        body["rules"][1]["trailing_gap"] = 1.0
        [name] = (await room.data("POST", GTT + "/place", json=body))["gtt_order_ids"]
        for price in ("101", "103"):
            room.floor.step(price, 0, [(price, 500)], [(price, 500)])
        [row] = await room.data("GET", GTT)
        assert row["rules"][1]["trigger_price"] == 102.0
        room.floor.step("101.95", 10, [("101.90", 500)], [("102", 500)])
        assert await statuses_of(room, name) == ["COMPLETED", "COMPLETED"]


async def test_a_trigger_is_changed_and_deleted_with_a_body() -> None:
    async with upstox_room() as room:
        [name] = (await room.data("POST", GTT + "/place", json=trigger(("ENTRY", "BELOW", 95.0))))["gtt_order_ids"]
        await room.data(
            "PUT", GTT + "/modify", json={**trigger(("ENTRY", "BELOW", 96.0), quantity=7), "gtt_order_id": name}
        )
        [row] = await room.data("GET", GTT)
        assert (row["quantity"], row["rules"][0]["trigger_price"]) == (7, 96.0)
        await room.data("DELETE", GTT + "/cancel", json={"gtt_order_id": name})
        assert await statuses_of(room, name) == ["CANCELLED"]
        assert (await room.error("DELETE", GTT + "/cancel", json={"gtt_order_id": name}))[1] == "UDAPI1139"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (trigger(("ENTRY", "ABOVE", 101.0), type="OCO"), "UDAPI1126"),
        (trigger(("ENTRY", "ABOVE", 101.0), type="MULTIPLE"), "UDAPI1137"),
        (trigger(("ENTRY", "ABOVE", 101.0), ("TARGET", "IMMEDIATE", 102.0), type="SINGLE"), "UDAPI1136"),
        (trigger(("TARGET", "IMMEDIATE", 101.0), ("STOPLOSS", "IMMEDIATE", 99.0)), "UDAPI1141"),
        (trigger(("ENTRY", "ABOVE", 101.0), ("TARGET", "ABOVE", 102.0)), "UDAPI1143"),
    ],
)
async def test_a_trigger_that_cannot_be_is_refused(body: dict[str, Any], code: str) -> None:
    async with upstox_room() as room:
        assert (await room.error("POST", GTT + "/place", json=body))[1] == code


# --- portfolio, money, costs ------------------------------------------------------------------------------------------


async def test_a_positions_numbers_add_up_over_night() -> None:
    async with upstox_room() as room:
        room.floor.quote("24500", [("24500", 650)], [("24500", 650)], id=FUTURE)
        key = next(row for row in await room.instruments() if row["instrument_type"] == "FUT")["instrument_key"]
        await room.buy(130, instrument_token=key, product="D")
        room.floor.go(clock("09:15", DAY + timedelta(days=1)))
        await room.log_in()
        room.floor.quote("24600", [("24600", 650)], [("24600", 650)], id=FUTURE)
        order = room.order(instrument_token=key, product="D", quantity=65, transaction_type="SELL")
        await room.data("POST", PLACE, json={**order, "price": 24600.0})
        [row] = await room.data("GET", "/v2/portfolio/short-term-positions")
        assert (row["quantity"], row["overnight_quantity"], row["day_sell_quantity"]) == (65, 130, 65)
        assert row["pnl"] == pytest.approx(row["sell_value"] - row["buy_value"] + row["quantity"] * row["last_price"])
        assert row["pnl"] == pytest.approx(13000)
        assert row["exchange"] == "NFO"


async def test_a_position_is_converted_if_the_money_is_there() -> None:
    async with upstox_room() as room:
        await room.buy(10)
        body = {"instrument_token": RELIANCE_KEY, "old_product": "I", "new_product": "D", "transaction_type": "BUY"}
        answer = await room.data("PUT", "/v2/portfolio/convert-position", json={**body, "quantity": 4})
        assert answer == {"status": "complete"}
        rows = await room.data("GET", "/v2/portfolio/short-term-positions")
        assert {row["product"]: row["quantity"] for row in rows} == {"I": 6, "D": 4}
        assert (await room.error("PUT", "/v2/portfolio/convert-position", json={**body, "quantity": 7}))[0] == 400


async def test_holdings_show_what_is_settled_and_what_is_not() -> None:
    async with upstox_room() as room:
        held = {"quantity": 7, "t1_quantity": 3, "average_price": "90"}
        await room.dial(give_holdings={str(RELIANCE): held})
        [row] = await room.data("GET", "/v2/portfolio/long-term-holdings")
        expected = {"quantity": 7, "t1_quantity": 3, "average_price": 90.0, "pnl": 100.0, "isin": "INE002A01018"}
        assert row | expected == row


async def test_money_is_blocked_and_the_two_routes_agree() -> None:
    async with upstox_room() as room:
        await room.place(product="D", quantity=100)
        funds = await room.data("GET", "/v3/user/get-funds-and-margin")
        assert funds["available_to_trade"]["total"] == 990_100.0
        assert funds["available_to_trade"]["cash_available_to_trade"]["margin_used"]["total"] == 9_900.0
        old = await room.data("GET", "/v2/user/get-funds-and-margin")
        assert (old["equity"]["available_margin"], old["commodity"]["available_margin"]) == (990_100.0, 0.0)


async def test_margins_and_charges_are_calculated() -> None:
    async with upstox_room() as room:
        leg = {
            "instrument_key": RELIANCE_KEY,
            "quantity": 100,
            "product": "D",
            "transaction_type": "BUY",
            "price": 100.0,
        }
        margin = await room.data("POST", "/v2/charges/margin", json={"instruments": [leg, leg]})
        assert (margin["required_margin"], margin["final_margin"]) == (20_000.0, 20_000.0)
        query = {
            "instrument_token": RELIANCE_KEY,
            "quantity": 100,
            "product": "D",
            "transaction_type": "BUY",
            "price": 100,
        }
        charges = (await room.data("GET", "/v2/charges/brokerage", params=query))["charges"]
        assert (charges["brokerage"], charges["taxes"]["stt"], charges["taxes"]["stamp_duty"]) == (20.0, 10.0, 1.5)


async def test_the_kill_switch_closes_a_segment_and_rests_for_twelve_hours() -> None:
    async with upstox_room() as room:
        order_id = await room.place()
        rows = await room.data("POST", "/v2/user/kill-switch", json=[{"segment": "NSE_EQ", "action": "DISABLE"}])
        assert {row["segment"] for row in rows if row["segment_status"] == "INACTIVE"} == {"NSE_EQ"}
        assert (await room.row(order_id))["status"] == "cancelled"
        assert (await room.error("POST", PLACE, json=room.order()))[0] == 400
        back = [{"segment": "NSE_EQ", "action": "ENABLE"}]
        assert (await room.error("POST", "/v2/user/kill-switch", json=back))[1] == "UDAPI1185"


async def test_past_trades_and_profits_are_reported() -> None:
    async with upstox_room() as room:
        await room.buy()
        await room.place(transaction_type="SELL", price=99.95)
        query = {"start_date": "2026-08-01", "end_date": "2026-08-31", "page_number": 1, "page_size": 1}
        status, body = await room.call("GET", "/v2/charges/historical-trades", params=query)
        assert (status, len(body["data"]), body["meta_data"]["page"]["total_pages"]) == (200, 1, 2)
        year = {"segment": "EQ", "financial_year": "2627"}
        assert (await room.data("GET", "/v2/trade/profit-loss/metadata", params=year))["trades_count"] == 1
        [row] = await room.data("GET", "/v2/trade/profit-loss/data", params={**year, "page_number": 1, "page_size": 9})
        assert (row["buy_average"], row["sell_average"], row["quantity"]) == (100.05, 99.95, 10.0)


# --- prices and files -------------------------------------------------------------------------------------------------


async def test_quotes_answer_under_another_name_and_leave_out_what_is_unknown() -> None:
    async with upstox_room() as room:
        keys = f"{RELIANCE_KEY},NSE_EQ|INE000000000,{NIFTY_KEY}"
        room.floor.step("24000", 0, id=NIFTY, previous_close="23900")
        rows = await room.data("GET", "/v3/market-quote/ltp", params={"instrument_key": keys})
        assert set(rows) == {"NSE_EQ:RELIANCE", "NSE_INDEX:Nifty 50"}
        assert (rows["NSE_EQ:RELIANCE"]["instrument_token"], rows["NSE_EQ:RELIANCE"]["last_price"]) == (
            RELIANCE_KEY,
            100.0,
        )
        assert rows["NSE_INDEX:Nifty 50"]["cp"] == 23900.0


async def test_full_quotes_have_five_levels_and_the_time_as_text() -> None:
    async with upstox_room() as room:
        for version in ("v2", "v3"):
            params = {"instrument_key": RELIANCE_KEY}
            row = (await room.data("GET", f"/{version}/market-quote/quotes", params=params))["NSE_EQ:RELIANCE"]
            assert row["depth"]["buy"][0] == {"quantity": 500, "price": 99.95, "orders": 1}
            assert [len(row["depth"][side]) for side in ("buy", "sell")] == [5, 5]
            assert row["last_trade_time"].isdecimal()
            assert row["timestamp"] == "2026-08-19T09:15:02+05:30"
            assert (row["lower_circuit_limit"], row["upper_circuit_limit"]) == (90.0, 110.0)


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({}, "UDAPI1009"),
        ({"instrument_key": "RELIANCE"}, "UDAPI1087"),
        ({"instrument_key": ",".join(["A|1"] * 501)}, "UDAPI100042"),
    ],
)
async def test_quotes_need_keys(params: dict[str, str], code: str) -> None:
    async with upstox_room() as room:
        assert (await room.error("GET", "/v3/market-quote/ltp", params=params))[1] == code


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("seconds/1/2026-08-18", "UDAPI1146"),
        ("minutes/301/2026-08-18", "UDAPI1147"),
        ("days/2/2026-08-18", "UDAPI1147"),
        ("minutes/15/2026-08-18/2026-07-17", "UDAPI1148"),
        ("minutes/16/2026-08-18/2026-05-01", "UDAPI1148"),
        ("minutes/1/2026-08-18/2026-08-19", "UDAPI1015"),
        ("minutes/1/18-08-2026", "UDAPI1015"),
    ],
)
async def test_a_range_of_candles_that_is_too_long_or_wrong_is_refused(path: str, code: str) -> None:
    async with upstox_room() as room:
        assert (await room.error("GET", f"/v3/historical-candle/NSE_EQ%7CINE002A01018/{path}"))[1] == code


async def test_candles_need_no_token() -> None:
    async with upstox_room(logged_in=False) as room:
        address = room.line["rest"] + "/v3/historical-candle/NSE_EQ%7CINE002A01018/days/1/2026-08-18/2026-08-01"
        async with room.http.get(address) as answer:
            assert (answer.status, await answer.json()) == (200, {"status": "success", "data": {"candles": []}})


async def test_the_instrument_file_has_keys_paise_ticks_and_ends_of_days() -> None:
    async with upstox_room() as room:
        rows = {row["trading_symbol"]: row for row in await room.instruments()}
        share, index, call = rows["RELIANCE"], rows["NIFTY"], rows["NIFTY 24500 CE 25 AUG 26"]
        assert (share["instrument_key"], share["tick_size"], share["isin"]) == (RELIANCE_KEY, 5.0, "INE002A01018")
        assert (index["instrument_key"], index["instrument_type"]) == (NIFTY_KEY, "INDEX")
        assert call["instrument_key"] == f"NSE_FO|{call['exchange_token']}"
        assert datetime.fromtimestamp(call["expiry"] / 1000, IST).isoformat() == "2026-08-25T23:59:59+05:30"
        assert (call["strike_price"], call["lot_size"], call["freeze_quantity"]) == (24500.0, 65, 1755.0)
        assert (call["weekly"], rows["NIFTY FUT 25 AUG 26"]["strike_price"]) == (False, 0.0)
        assert len({row["instrument_key"] for row in rows.values()}) == len(room.floor.market.instruments)


async def test_the_instrument_file_is_not_sent_twice() -> None:
    async with upstox_room() as room, room.http.get(room.line["instruments"]) as answer:
        headers = {"If-None-Match": answer.headers["ETag"]}
        async with room.http.get(room.line["instruments"], headers=headers) as again:
            assert again.status == 304


async def test_an_expired_contract_is_listed_no_more() -> None:
    async with upstox_room() as room:
        room.floor.go(clock("09:15", DAY + timedelta(days=7)))
        assert {row["instrument_type"] for row in await room.instruments()} == {"EQ", "INDEX"}


async def test_the_option_chain_pairs_calls_and_puts() -> None:
    async with upstox_room() as room:
        room.floor.step("24500", 0, id=NIFTY)
        room.floor.quote("150", [("149.95", 65)], [("150.05", 65)], id=CALL)
        params = {"instrument_key": NIFTY_KEY, "expiry_date": "2026-08-25"}
        [row] = await room.data("GET", "/v2/option/chain", params=params)
        assert (row["strike_price"], row["underlying_spot_price"]) == (24500.0, 24500.0)
        greeks = row["call_options"]["option_greeks"]
        assert 0.4 < greeks["delta"] < 0.7
        assert greeks["theta"] < 0 < greeks["iv"]
        contracts = await room.data("GET", "/v2/option/contract", params={"instrument_key": NIFTY_KEY})
        assert len(contracts) == 3


async def test_the_markets_tell_their_status_and_hours() -> None:
    async with upstox_room() as room:
        assert (await room.data("GET", "/v2/market/status/NSE"))["status"] == "NORMAL_OPEN"
        assert (await room.error("GET", "/v2/market/status/MCX_FO"))[1] == "UDAPI1089"
        timings = {row["exchange"]: row for row in await room.data("GET", "/v2/market/timings/2026-08-19")}
        assert datetime.fromtimestamp(timings["NFO"]["end_time"] / 1000, IST).strftime("%H:%M") == "15:40"
        assert await room.data("GET", "/v2/market/timings/2026-08-22") == []
        days = [row["date"] for row in await room.data("GET", "/v2/market/holidays")]
        assert "2026-01-26" in days
        assert (await room.error("GET", "/v2/market/timings/today"))[1] == "UDAPI1088"


async def test_the_search_finds_by_words() -> None:
    async with upstox_room() as room:
        rows = await room.data("GET", "/v2/instruments/search", params={"query": "nifty 24500 ce"})
        assert [row["trading_symbol"] for row in rows] == ["NIFTY 24500 CE 25 AUG 26"]
        assert (await room.error("GET", "/v2/instruments/search"))[1] == "UDAPI1169"


# --- errors and limits ------------------------------------------------------------------------------------------------


async def test_every_documented_error_is_answered_on_demand_with_its_status() -> None:
    async with upstox_room() as room:
        for code, usual in USUAL.items():
            await room.dial(errors=[{"route": "GET /v2/user/profile", "code": code}])
            assert await room.error("GET", "/v2/user/profile") == (usual.status, code)


async def test_order_writes_are_limited_to_ten_a_second_and_reads_apart() -> None:
    async with upstox_room() as room:
        await room.dial(throttled=True)
        answers = [await room.call("POST", PLACE, json=room.order()) for _ in range(11)]
        assert [status for status, _body in answers] == [200] * 10 + [429]
        assert answers[-1][1]["errors"][0]["error_code"] == "UDAPI10005"
        await room.data("GET", "/v2/order/retrieve-all")


async def test_what_nobody_serves_is_answered_in_the_envelope() -> None:
    async with upstox_room() as room:
        assert await room.error("GET", "/v2/nowhere") == (404, "UDAPI100060")
        assert await room.error("GET", PLACE) == (405, "UDAPI10000")
        assert await room.error("GET", "/v2/expired-instruments/expiries") == (403, "UDAPI1149")
        assert await room.error("GET", "/v2/feed/market-data-feed/authorize") == (410, "UDAPI10000")


async def test_a_lost_answer_leaves_the_order_at_the_exchange() -> None:
    async with upstox_room() as room:
        await room.dial(lose_answer=[{"route": "POST /v3/order/place"}])
        with pytest.raises(aiohttp.ClientConnectionError):
            await room.place(tag="lost")
        [row] = await room.data("GET", "/v2/order/retrieve-all")
        assert (row["tag"], row["status"]) == ("lost", "open")


async def test_a_name_that_was_not_registered_for_an_algorithm_is_refused() -> None:
    async with upstox_room() as room:
        headers = {"X-Algo-Name": "mine"}
        assert (await room.error("POST", PLACE, json=room.order(), headers=headers))[1] == "UDAPI1156"


async def test_two_clients_have_books_of_their_own() -> None:
    async with upstox_room() as room:
        room.dialect.add_client()
        await room.place()
        first, second = (room.dialect.exchange.orders(client.account) for client in room.dialect.clients)
        assert (len(first), len(second)) == (1, 0)
