"""Every seeded call made twice against a recording server: by our adapter and by upstox-python-sdk. What differs is told."""

from __future__ import annotations

import json
from typing import Any

from terminal_app.brokers.registry import open_broker
from terminal_app.brokers.upstox.instruments import parse_dump
from terminal_app.domain.instrument import InstrumentDump
from tests.conformance.draws import LOGIN, Call
from tests.conformance.recording import RecordingServer, Request
from tests.conformance.requests import Allowed, Comparison
from tests.conformance.sdks import UPSTOX
from tests.conformance.upstox_calls import REDIRECT, UpstoxCalls
from tests.conformance.upstox_market import ROWS, answer

ALLOWED = (
    Allowed("header.user-agent", "each client names itself; the official one says Swagger-Codegen"),
    Allowed("header.accept", "the official client asks for */* on some routes; every route answers with JSON"),
    Allowed("header.x-upstox-sdk-language", "the official client's own label"),
    Allowed("header.x-upstox-sdk-version", "the official client's own label"),
    Allowed("header.api-version", "not needed since March 2024, and documented so"),
    Allowed("header.content-type", "the official client names a type on reads, which have no body", "GET "),
    Allowed("header.content-type", "the official client sends an empty JSON object with a cancel", "DELETE "),
    Allowed(
        "header.authorization",
        "documented for every call; the official client leaves it out here",
        "GET /v3/historical",
    ),
)
"""Where our requests may differ from the official client's, and why."""

_AVAILABLE = "a margin of ours says what is available too, which Upstox tells with the funds"
_PERSON = "what the account may do is told with the profile, which is read once"
BESIDES = {
    ("margin", "GET /v3/user/get-funds-and-margin"): _AVAILABLE,
    ("basket", "GET /v3/user/get-funds-and-margin"): _AVAILABLE,
    ("modify", "GET /v2/order/details"): "Upstox wants a changed order whole, so it is read before",
    ("holdings", "GET /v2/user/profile"): _PERSON,
    ("positions", "GET /v2/user/profile"): _PERSON,
}
"""What we ask for besides, by the kind of call, and why."""

TOKEN = "access"
"""The session of both."""


def dump() -> InstrumentDump:
    """The list of the test, read."""
    read = parse_dump(json.dumps(ROWS).encode())
    assert not read.rejected, read.rejected
    return read


def _api_key(number: int) -> str:
    """Budgets are per app: an app for every call leaves the limits out of this comparison."""
    return f"key{number}"


def opened(rest: str, order_rest: str, api_key: str, *, is_logged_in: bool = True) -> Any:
    """Our broker for an app, at these addresses."""
    feeds = rest.replace("http", "ws")
    broker: Any = open_broker(
        "upstox",
        credentials={"api_key": api_key, "api_secret": "secret", "redirect_url": REDIRECT},
        session={"access_token": TOKEN, "user_id": "AB1234"} if is_logged_in else None,
        endpoints={
            "rest": rest,
            "order_rest": order_rest,
            "login": f"{rest}/v2/login/authorization/dialog",
            "feed": f"{feeds}/v3/feed/market-data-feed",
            "order_feed": f"{feeds}/v2/feed/portfolio-stream-feed",
            "instruments": f"{rest}/instruments",
        },
    )
    return broker


async def _make_ours(calls: list[Call], server: RecordingServer) -> list[list[Request]]:
    listed = dump()
    made = []
    for number, call in enumerate(calls):
        broker = opened(server.rest, server.orders, _api_key(number), is_logged_in=call.kind != LOGIN)
        broker.use_instruments(listed)
        before = len(server.requests)
        try:
            await call.ours(broker)
        finally:
            await broker.aclose()
        made.append(server.requests[before:])
    return made


def _make_theirs(calls: list[Call], server: RecordingServer) -> list[Request]:
    before = len(server.requests)
    hosts = {"rest": server.rest, "order_rest": server.orders, "access_token": TOKEN}
    lines = [{**hosts, **call.theirs} for call in calls]
    for number, line in enumerate(lines):
        if "client_id" in line["kwargs"]:
            line["kwargs"] = {**line["kwargs"], "client_id": _api_key(number)}
    told = UPSTOX.run("calls", lines)
    failed = [f"{call.theirs}: {one}" for call, one in zip(calls, told, strict=True) if not one["ok"]]
    assert failed == []
    return server.requests[before:]


async def compare(count: int, seed: int) -> Comparison:
    """``count`` seeded calls."""
    calls = UpstoxCalls(dump().instruments, seed).draw(count)
    with RecordingServer(answer) as server:
        theirs = _make_theirs(calls, server)
        ours = await _make_ours(calls, server)
    result = Comparison()
    for call, mine, other in zip(calls, ours, theirs, strict=True):
        result.add(call.kind, mine, other, ALLOWED, besides=BESIDES)
    return result
