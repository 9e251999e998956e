"""Every seeded call made twice against a recording server: by our adapter and by kiteconnect. What differs is told."""

from __future__ import annotations

from typing import Any

from terminal_app.brokers.registry import open_broker
from terminal_app.brokers.zerodha.instruments import parse_dump
from tests.conformance.draws import LOGIN, Call
from tests.conformance.kite_calls import KiteCalls
from tests.conformance.kite_market import answer, dump_lines
from tests.conformance.recording import RecordingServer, Request
from tests.conformance.requests import Allowed, Comparison
from tests.conformance.sdks import KITE

ALLOWED = (
    Allowed("header.user-agent", "each client names itself"),
    Allowed(
        "query.consider_positions",
        "Python's True where the documentation says true; Kite reads either",
        "POST /margins/basket",
    ),
)
"""Where our requests may differ from the official client's, and why."""

_AVAILABLE = "a margin of ours says what is available too, which Kite tells with the funds"
BESIDES = {(kind, "GET /user/margins"): _AVAILABLE for kind in ("margin", "basket")} | {
    ("holdings", "GET /user/profile"): "whether a sale needs authorising is told with the profile"
}
"""What we ask for besides, by the kind of call, and why."""

JSON_FIELDS = ("condition", "orders")
TOKEN = "access"
"""The session of both."""


def _api_key(number: int) -> str:
    """Budgets are per app: an app for every call leaves the limits out of this comparison."""
    return f"key{number}"


def opened(server_rest: str, api_key: str, feed: str, *, is_logged_in: bool = True) -> Any:
    """Our broker for an app, at these addresses."""
    broker: Any = open_broker(
        "zerodha",
        credentials={
            "api_key": api_key,
            "api_secret": "secret",
            "redirect_url": "http://127.0.0.1:1/back",
            "client_id": "AB1234",
        },
        session={
            "access_token": TOKEN,
            "user_id": "AB1234",
            "user_name": "Some One",
            "login_time": "2026-11-20 09:00:00",
        }
        if is_logged_in
        else None,
        endpoints={
            "rest": server_rest,
            "login": f"{server_rest}/connect/login",
            "feed": feed,
            "instruments": f"{server_rest}/instruments",
        },
    )
    return broker


async def _make_ours(calls: list[Call], server: RecordingServer) -> list[list[Request]]:
    dump = parse_dump(dump_lines())
    assert not dump.rejected, dump.rejected
    made = []
    for number, call in enumerate(calls):
        feed = server.rest.replace("http", "ws")
        broker = opened(server.rest, _api_key(number), feed, is_logged_in=call.kind != LOGIN)
        broker.use_instruments(dump)
        before = len(server.requests)
        try:
            await call.ours(broker)
        finally:
            await broker.aclose()
        made.append(server.requests[before:])
    return made


def _make_theirs(calls: list[Call], server: RecordingServer) -> list[Request]:
    before = len(server.requests)
    lines = [
        {"root": server.rest, "api_key": _api_key(number), "access_token": TOKEN, **call.theirs}
        for number, call in enumerate(calls)
    ]
    told = KITE.run("calls", lines)
    failed = [f"{call.theirs}: {one}" for call, one in zip(calls, told, strict=True) if not one["ok"]]
    assert failed == []
    return server.requests[before:]


async def compare(count: int, seed: int) -> Comparison:
    """``count`` seeded calls."""
    dump = parse_dump(dump_lines())
    calls = KiteCalls(dump.instruments, seed).draw(count)
    with RecordingServer(answer) as server:
        theirs = _make_theirs(calls, server)
        ours = await _make_ours(calls, server)
    result = Comparison()
    for call, mine, other in zip(calls, ours, theirs, strict=True):
        result.add(call.kind, mine, other, ALLOWED, json_fields=JSON_FIELDS, besides=BESIDES)
    return result
