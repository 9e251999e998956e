"""A Kite on loopback that answers by a table and keeps what it was asked: real HTTP and a real WebSocket."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from aiohttp import web
from msgspec import Struct

from terminal_app.brokers.zerodha.broker import ZerodhaBroker, open_zerodha
from tests.helpers.loopback import WebSocketServer

CREDENTIALS = {"api_key": "key", "api_secret": "shh", "redirect_url": "http://127.0.0.1:5710/zerodha"}
SESSION = {"access_token": "tok", "user_id": "AB1234", "login_time": "2026-11-20 08:10:00"}

HEADER = (
    "instrument_token,exchange_token,tradingsymbol,name,last_price,expiry,strike,tick_size,lot_size,"
    "instrument_type,segment,exchange"
)
DUMP_ROWS = [
    HEADER,
    "738561,2885,RELIANCE,RELIANCE INDUSTRIES,0,,0,0.05,1,EQ,NSE,NSE",
    "408065,1594,INFY,INFOSYS,0,,0,0.05,1,EQ,NSE,NSE",
    "128083204,500325,RELIANCE,RELIANCE INDUSTRIES,0,,0,0.05,1,EQ,BSE,BSE",
    "256265,1001,NIFTY 50,NIFTY 50,0,,0,0,0,EQ,INDICES,NSE",
    "14866434,58072,NIFTY26NOVFUT,NIFTY,0,2026-11-24,0,0.1,65,FUT,NFO-FUT,NFO",
    "14866690,58073,NIFTY26NOV24500CE,NIFTY,0,2026-11-24,24500,0.05,65,CE,NFO-OPT,NFO",
    "112119303,437966,CRUDEOIL26DECFUT,CRUDEOIL,0,2026-12-18,0,1,1,FUT,MCX-FUT,MCX",
]
DUMP = "\n".join(DUMP_ROWS)


class Asked(Struct, frozen=True):
    """One request as it came."""

    method: str
    path: str
    query: list[tuple[str, str]]
    headers: dict[str, str]
    body: str

    @property
    def form(self) -> list[tuple[str, str]]:
        return parse_qsl(self.body, keep_blank_values=True)

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Kite:
    """``answers`` maps “METHOD /path” to (status, body); a body that is no bytes goes as JSON."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, Any]] = {}
        self.asked: list[Asked] = []
        self.feed = WebSocketServer()
        self.port = 0
        self.say("GET /instruments", DUMP.encode())

    def say(self, route: str, body: Any, status: int = 200) -> None:
        """Answer this route so from now on; JSON gets the envelope of a success."""
        known = isinstance(body, bytes) or status != 200
        self.answers[route] = (status, body if known else {"status": "success", "data": body})

    def refuse(self, route: str, status: int, error_type: str, message: str) -> None:
        """Answer this route with an error."""
        body = {"status": "error", "message": message, "error_type": error_type, "data": None}
        self.answers[route] = (status, body)

    def asked_for(self, path: str) -> list[Asked]:
        """The requests of one path."""
        return [one for one in self.asked if one.path == path]

    @property
    def endpoints(self) -> dict[str, str]:
        base = f"http://127.0.0.1:{self.port}"
        return {
            "rest": base,
            "login": f"{base}/connect/login",
            "feed": f"ws://127.0.0.1:{self.port}/feed",
            "instruments": f"{base}/instruments",
        }

    def open(self, session: dict[str, str] | None = SESSION, **credentials: str) -> ZerodhaBroker:
        """An account here, logged in unless ``session`` is None."""
        return open_zerodha(CREDENTIALS | credentials, session, self.endpoints)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if request.path == "/feed":
            return await self.feed.handle(request)
        query = parse_qsl(urlsplit(request.raw_path).query, keep_blank_values=True)
        sent = (await request.read()).decode()
        self.asked.append(Asked(request.method, request.path, query, dict(request.headers), sent))
        status, answer = self.answers.get(f"{request.method} {request.path}", (404, b"<html>no such page</html>"))
        if status == 0:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        body, kind = answer if isinstance(answer, bytes) else json.dumps(answer).encode(), "application/json"
        response = web.Response(status=status, body=body, content_type=kind)
        response.force_close()  # a connection that is kept would outlive its test
        return response


@asynccontextmanager
async def kite() -> AsyncIterator[Kite]:
    """A `Kite` that listens until the block ends."""
    server = Kite()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", server.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.port = runner.addresses[0][1]
    try:
        yield server
    finally:
        await runner.cleanup()
