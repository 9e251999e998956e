"""What every dialect has: loopback only, dials over the wire, limits, losses, certificates, sockets."""

from __future__ import annotations

import asyncio
import ssl
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest

from terminal_app.domain.errors import ConfigError
from terminal_app.simulator.dialects.clients import totp
from terminal_app.simulator.dialects.login_page import with_query
from terminal_app.simulator.dialects.throttle import Limit, Throttle
from terminal_app.simulator.dialects.zerodha.server import ZerodhaDialect
from terminal_app.simulator.venue import Venue
from tests.helpers.async_tests import until
from tests.helpers.kite_room import kite_room
from tests.helpers.market_script import Floor, HandClock


async def test_a_dialect_listens_on_loopback_only() -> None:
    floor = Floor()
    venue = Venue(floor.exchange, HandClock(floor.now))
    with pytest.raises(ConfigError):
        await ZerodhaDialect(venue).start("0.0.0.0")


async def test_a_taken_port_is_told() -> None:
    async with kite_room() as room:
        port = int(room.line["rest"].rpartition(":")[2])
        other = ZerodhaDialect(room.dialect.venue)
        with pytest.raises(ConfigError, match=str(port)):
            await other.start(port=port)


async def test_the_line_has_its_keys_and_no_other() -> None:
    async with kite_room(logged_in=False) as room:
        assert list(room.line) == ["broker", "rest", "login", "feed", "instruments", "credentials"]
        assert set(room.credentials) == {
            "api_key",
            "api_secret",
            "client_id",
            "password",
            "totp_seed",
            "redirect_url",
        }


async def test_credentials_are_new_in_every_run() -> None:
    async with kite_room(logged_in=False) as one, kite_room(logged_in=False) as other:
        assert not set(one.credentials.values()) & set(other.credentials.values())


async def test_dials_are_read_and_turned_over_the_wire() -> None:
    async with kite_room() as room:
        await room.data("GET", "/user/profile")
        state = await room.dial(mute_sockets=True)
        assert state["mute_sockets"] is True
        assert state["calls"]["GET /user/profile"] == 1
        assert room.dialect.dials.mute_sockets


async def test_a_wrong_dial_is_told_and_turns_nothing() -> None:
    async with (
        kite_room() as room,
        room.http.post(room.line["rest"] + "/_dials", json={"nonsense": 1}) as answer,
    ):
        assert answer.status == 400
        assert "nonsense" in (await answer.json())["error"]


async def test_a_web_page_turns_no_dials() -> None:
    async with (
        kite_room() as room,
        room.http.post(
            room.line["rest"] + "/_dials", json={"mute_sockets": True}, headers={"Origin": "http://example.com"}
        ) as answer,
    ):
        assert answer.status == 403
        assert not room.dialect.dials.mute_sockets


async def test_the_real_limits_refuse_the_call_that_is_too_many() -> None:
    async with kite_room() as room:
        await room.dial(throttled=True)
        assert (await room.call("GET", "/quote/ltp", params={"i": "NSE:RELIANCE"}))[0] == 200
        assert await room.error("GET", "/quote/ltp", params={"i": "NSE:RELIANCE"}) == (
            429,
            "NetworkException",
            "Too many requests",
        )


async def test_the_dial_refuses_calls_as_too_many() -> None:
    async with kite_room() as room:
        await room.dial(throttle_next=1)
        assert (await room.error("GET", "/orders"))[0] == 429
        assert (await room.call("GET", "/orders"))[0] == 200


async def test_an_error_is_answered_on_demand_and_nothing_is_carried_out() -> None:
    async with kite_room() as room:
        await room.dial(errors=[{"route": "POST /orders/*", "code": "MarginException", "message": "No money."}])
        refused = await room.error("POST", "/orders/regular", data=room.order())
        assert refused == (400, "MarginException", "No money.")
        assert await room.data("GET", "/orders") == []


async def test_a_page_of_the_edge_is_answered_on_demand() -> None:
    async with kite_room() as room:
        await room.dial(errors=[{"status": 502, "body": "<html>Bad Gateway</html>"}])
        async with room.http.get(room.line["rest"] + "/orders", headers=room.headers()) as answer:
            assert (answer.status, answer.content_type) == (502, "text/html")


@pytest.mark.parametrize(("dial", "carried_out"), [("lose_request", 0), ("lose_answer", 1)])
async def test_a_lost_call_is_carried_out_or_not_and_never_answered(dial: str, carried_out: int) -> None:
    async with kite_room() as room:
        await room.dial(**{dial: [{"route": "POST /orders/*"}]})
        with pytest.raises(aiohttp.ClientConnectionError):
            await room.call("POST", "/orders/regular", data=room.order(tag="lost"))
        orders = await room.data("GET", "/orders")
        assert [order["tag"] for order in orders] == ["lost"] * carried_out


async def test_a_hanging_call_ends_with_the_server() -> None:
    async with kite_room() as room:
        await room.dial(lose_answer=[{"route": "GET /orders", "how": "hang"}])
        call = asyncio.ensure_future(room.call("GET", "/orders"))
        await until(lambda: room.dialect.calls["GET /orders"])
        assert not call.done()
        await room.dialect.aclose()
        with pytest.raises(aiohttp.ClientError):
            await call


async def test_a_slow_answer_comes_after_the_deed() -> None:
    async with kite_room() as room:
        await room.dial(slow=[{"route": "POST /orders/*", "seconds": 60, "times": 1}])
        call = asyncio.ensure_future(room.call("POST", "/orders/regular", data=room.order()))
        await until(lambda: room.floor.exchange.orders(room.dialect.clients[0].account))
        assert not call.done()
        await room.dialect.aclose()
        await asyncio.gather(call, return_exceptions=True)


@pytest.mark.parametrize("state", ["missing", "other"])
async def test_order_writes_from_an_address_that_is_not_registered_are_refused(state: str) -> None:
    async with kite_room() as room:
        await room.dial(static_ip=state)
        status, kind, text = await room.error("POST", "/orders/regular", data=room.order())
        assert (status, kind) == (403, "PermissionException")
        assert ("No IPs configured" in text) is (state == "missing")
        assert (await room.error("POST", "/gtt/triggers"))[0] == 403
        assert (await room.call("GET", "/orders"))[0] == 200
        assert (await room.error("POST", "/margins/orders"))[0] == 400


async def test_tokens_end_on_demand_and_take_their_sockets_along() -> None:
    async with kite_room() as room, room.socket() as socket:
        await socket.until(lambda: socket.texts)
        await room.dial(expire_tokens=True)
        assert (await room.error("GET", "/orders"))[:2] == (403, "TokenException")
        await socket.until(lambda: socket.is_over)


async def test_a_token_lives_as_long_as_the_dial_says() -> None:
    async with kite_room(logged_in=False) as room:
        await room.dial(token_life_s=60)
        await room.log_in()
        room.floor.go(room.floor.now + timedelta(seconds=59))
        assert (await room.call("GET", "/orders"))[0] == 200
        room.floor.go(room.floor.now + timedelta(seconds=1))
        assert (await room.error("GET", "/orders"))[0] == 403


async def test_a_refused_upgrade_is_a_403() -> None:
    async with kite_room() as room:
        await room.dial(refuse_sockets=1)
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await room.http.ws_connect(room.socket_address())
        assert refused.value.status == 403
        async with room.socket() as socket:
            await socket.until(lambda: socket.texts)


async def test_a_mute_socket_stays_open_and_silent() -> None:
    async with kite_room() as room, room.socket() as socket:
        await socket.until(lambda: socket.texts)
        await room.dial(mute_sockets=True)
        await socket.say("subscribe", [_token(room.dialect)])
        room.floor.step("100.10", 10)
        await room.place(price="100.05")
        await socket.raw.ping()
        await asyncio.sleep(0.05)
        assert (socket.frames, socket.orders, socket.is_over) == ([], [], False)


async def test_sockets_are_cut_on_demand() -> None:
    async with kite_room() as room, room.socket() as socket:
        await socket.until(lambda: socket.texts)
        await room.dial(drop_sockets=True)
        await socket.until(lambda: socket.is_over)
        assert socket.raw.close_code != aiohttp.WSCloseCode.OK


async def test_order_messages_come_twice_or_the_wrong_way_round_on_demand() -> None:
    async with kite_room() as room, room.socket() as socket:
        await socket.until(lambda: socket.texts)
        await room.dial(duplicate_updates=1)
        first = await room.place(price="100.05")
        await socket.until(lambda: len(socket.orders) == 2)
        assert [one["order_id"] for one in socket.orders] == [first, first]
        await room.dial(reverse_updates=2)
        ids = [await room.place(price="100.05"), await room.place(price="100.05")]
        await socket.until(lambda: len(socket.orders) == 4)
        assert [one["order_id"] for one in socket.orders[2:]] == ids[::-1]


async def test_a_held_back_message_comes_when_no_other_follows() -> None:
    async with kite_room() as room, room.socket() as socket:
        await socket.until(lambda: socket.texts)
        await room.dial(reverse_updates=5)
        await room.place(price="100.05")
        await socket.until(lambda: socket.orders)


async def test_tls_is_trusted_with_the_printed_certificate_alone() -> None:
    floor = Floor()
    venue = Venue(floor.exchange, HandClock(floor.now))
    dialect = ZerodhaDialect(venue)
    line = await dialect.start(tls=True)
    try:
        assert line["rest"].startswith("https://")
        assert line["feed"].startswith("wss://")
        trusting = ssl.create_default_context(cafile=line["ca"])
        async with aiohttp.ClientSession() as http:
            async with http.get(line["login"], ssl=trusting) as answer:
                assert answer.status == 200
            with pytest.raises(aiohttp.ClientConnectorCertificateError):
                await http.get(line["login"])
    finally:
        await dialect.aclose()
        await venue.aclose()
    assert not Path(line["ca"]).exists()  # noqa: ASYNC240 - one look at the disk


async def test_what_nobody_serves_is_answered_in_the_brokers_envelope() -> None:
    async with kite_room() as room:
        assert (await room.error("GET", "/nowhere"))[:2] == (404, "GeneralException")
        assert (await room.error("DELETE", "/user/profile"))[:2] == (405, "GeneralException")


def test_a_throttle_lets_calls_through_again_when_the_window_has_passed() -> None:
    now = [0.0]
    throttle = Throttle({"a": (Limit(2, 1.0), Limit(3, 60.0))}, lambda: now[0])
    assert [throttle.takes("a", "x") for _ in range(3)] == [True, True, False]
    assert throttle.takes("a", "y")
    assert throttle.takes("b", "x")
    now[0] = 1.0
    assert [throttle.takes("a", "x") for _ in range(2)] == [True, False]
    now[0] = 61.0
    assert throttle.takes("a", "x")


def test_the_code_of_rfc_6238_comes_out() -> None:
    seed = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    assert [totp(seed, at) for at in (59, 1111111109, 20000000000)] == ["287082", "081804", "353130"]


def test_an_address_gets_its_query_added() -> None:
    assert with_query("http://x/y?a=1", [("b", "2 &")]) == "http://x/y?a=1&b=2+%26"


def _token(dialect: ZerodhaDialect) -> int:
    name = dialect.symbols.by_symbol("NSE", "RELIANCE")
    assert name is not None
    return name.token
