"""Whatever is sent to the Upstox dialect is refused in its envelope: nothing makes it stumble."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tests.helpers.upstox_room import RELIANCE_KEY, UpstoxRoom, upstox_room

ODD: tuple[Any, ...] = (None, True, [], {}, "", -1, 0, 10**40, "x" * 5000, 1.5, [[]], {"a": 1}, "NaN", "DAY", 101.5)

LEG = {"instrument_key": RELIANCE_KEY, "quantity": 1, "product": "D", "transaction_type": "BUY", "price": 1}
RULE = {"strategy": "ENTRY", "trigger_type": "ABOVE", "trigger_price": 101, "trailing_gap": 0, "market_protection": 1}
TRIGGER = {"type": "SINGLE", "quantity": 1, "product": "D", "instrument_token": RELIANCE_KEY, "transaction_type": "BUY"}
CONVERSION = {
    "instrument_token": RELIANCE_KEY,
    "old_product": "I",
    "new_product": "D",
    "transaction_type": "BUY",
    "quantity": 1,
}


def oddities(body: dict[str, Any]) -> list[dict[str, Any]]:
    """The body with each field, and each field of its first row, replaced by every odd value in turn."""
    found: list[dict[str, Any]] = []
    for name, value in body.items():
        found += [{**body, name: odd} for odd in ODD]
        if isinstance(value, list):
            found += [{**body, name: [row]} for row in oddities(value[0])]
    return found


async def check(room: UpstoxRoom, method: str, path: str, bodies: list[Any]) -> None:
    """Each answer is JSON in the envelope, and none blames the server."""
    for body in bodies:
        status, answer = await room.call(method, path, json=body)
        assert status < 500, (body, answer)
        assert answer["status"] in ("success", "error"), (body, answer)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/v3/order/gtt/place", {**TRIGGER, "rules": [RULE]}),
        ("DELETE", "/v3/order/gtt/cancel", {"gtt_order_id": "x"}),
        ("POST", "/v2/charges/margin", {"instruments": [LEG]}),
        ("PUT", "/v2/portfolio/convert-position", CONVERSION),
        ("PUT", "/v2/user/ip", {"primary_ip": None, "secondary_ip": "203.0.113.8"}),
    ],
)
async def test_odd_bodies_are_refused(method: str, path: str, body: dict[str, Any]) -> None:
    async with upstox_room() as room:
        await check(room, method, path, [*oddities(copy.deepcopy(body)), *ODD])


async def test_odd_orders_are_refused() -> None:
    async with upstox_room() as room:
        await check(room, "POST", "/v3/order/place", [*oddities(room.order(tag="t", market_protection=-1)), *ODD])
        body = {
            "order_id": await room.place(),
            "order_type": "LIMIT",
            "validity": "DAY",
            "price": 99,
            "trigger_price": 0,
        }
        await check(room, "PUT", "/v3/order/modify", [*oddities({**body, "quantity": 5}), *ODD])
        rows = [[row] for row in oddities(room.order(correlation_id="a"))]
        await check(room, "POST", "/v2/order/multi/place", [*rows, *ODD])
        await check(room, "POST", "/v2/user/kill-switch", [[{"segment": odd, "action": odd}] for odd in ODD] + [*ODD])


@pytest.mark.parametrize("raw", [b"{", b'{"price":1e999}', b'{"quantity":NaN}', b"\xff\xfe", b"[" * 50])
async def test_a_body_that_is_no_json_is_refused(raw: bytes) -> None:
    async with upstox_room() as room:
        headers = {"Content-Type": "application/json"}
        assert (await room.error("POST", "/v3/order/place", data=raw, headers=headers))[0] == 400


@pytest.mark.parametrize("span", ["0001-01-01", "9999-12-31", "9999-12-31/0001-01-01"])
async def test_dates_at_the_ends_of_time_are_answered(span: str) -> None:
    async with upstox_room() as room:
        for length in ("days/1", "weeks/1", "minutes/1"):
            path = f"/v3/historical-candle/NSE_EQ%7CINE002A01018/{length}/{span}"
            assert (await room.call("GET", path))[0] in (200, 400)


@pytest.mark.parametrize("query", [{"quantity": "x"}, {"price": "NaN"}, {"price": "1e99"}, {"quantity": "-1"}, {}])
async def test_odd_questions_about_costs_are_refused(query: dict[str, str]) -> None:
    async with upstox_room() as room:
        good = {"instrument_token": RELIANCE_KEY, "quantity": "1", "product": "D", "transaction_type": "BUY"}
        assert (await room.error("GET", "/v2/charges/brokerage", params={**good, **query}))[0] == 400
