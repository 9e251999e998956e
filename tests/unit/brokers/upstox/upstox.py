"""Upstox on loopback by a script: answers per route, every request kept, sockets that send what a test says."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import WSMsgType, web
from msgspec import Struct

from terminal_app.brokers.upstox.broker import UpstoxBroker, open_upstox
from terminal_app.brokers.upstox.instruments import parse_dump
from terminal_app.domain.ids import InstrumentId
from terminal_app.domain.instrument import InstrumentDump

CREDENTIALS = {"api_key": "key-1", "api_secret": "secret-1", "redirect_url": "http://127.0.0.1:5710/upstox"}
SESSION = {"access_token": "token-1", "user_id": "AB1234", "may_sell": "yes"}

RELIANCE = InstrumentId.parse("NSE:RELIANCE:EQ")
NIFTY = InstrumentId.parse("NSE:NIFTY 50:INDEX")
OPTION = InstrumentId.parse("NSE:NIFTY:2026-11-24:24500:CE")
FUTURE = InstrumentId.parse("NSE:NIFTY:2026-11-24:FUT")
SILVER = InstrumentId.parse("MCX:SILVER:2026-12-04:FUT")
NSE_KEY, INDEX_KEY, OPTION_KEY = "NSE_EQ|INE002A01018", "NSE_INDEX|Nifty 50", "NSE_FO|45450"

_EXPIRY = 1795544999000  # 2026-11-24 23:59:59 IST
ROWS: list[dict[str, Any]] = [
    {"segment": "NSE_EQ", "name": "RELIANCE INDUSTRIES LTD", "exchange": "NSE", "isin": "INE002A01018", "instrument_type": "EQ",
     "instrument_key": NSE_KEY, "lot_size": 1, "freeze_quantity": 100000.0, "exchange_token": "2885", "tick_size": 10.0,
     "trading_symbol": "RELIANCE", "qty_multiplier": 1.0, "security_type": "NORMAL", "cas_eligible": True},
    {"segment": "BSE_EQ", "name": "RELIANCE INDUSTRIES LTD", "exchange": "BSE", "isin": "INE002A01018", "instrument_type": "A",
     "instrument_key": "BSE_EQ|INE002A01018", "lot_size": 1, "freeze_quantity": 100000.0, "exchange_token": "500325",
     "tick_size": 5.0, "trading_symbol": "RELIANCE", "qty_multiplier": 1.0},
    {"segment": "NSE_INDEX", "name": "Nifty 50", "exchange": "NSE", "instrument_type": "INDEX", "instrument_key": INDEX_KEY,
     "exchange_token": "26000", "trading_symbol": "NIFTY"},
    {"weekly": False, "segment": "NSE_FO", "name": "NIFTY", "exchange": "NSE", "expiry": _EXPIRY, "instrument_type": "CE",
     "asset_symbol": "NIFTY", "underlying_symbol": "NIFTY", "instrument_key": OPTION_KEY, "lot_size": 65, "freeze_quantity": 1755.0,
     "exchange_token": "45450", "minimum_lot": 65, "tick_size": 5.0, "trading_symbol": "NIFTY 24500 CE 24 NOV 26",
     "strike_price": 24500.0, "qty_multiplier": 1.0},
    {"weekly": False, "segment": "NSE_FO", "name": "NIFTY", "exchange": "NSE", "expiry": _EXPIRY, "instrument_type": "FUT",
     "asset_symbol": "NIFTY", "underlying_symbol": "NIFTY", "instrument_key": "NSE_FO|45451", "lot_size": 65,
     "freeze_quantity": 1755.0, "exchange_token": "45451", "minimum_lot": 65, "tick_size": 10.0,
     "trading_symbol": "NIFTY FUT 24 NOV 26", "strike_price": 0.0, "qty_multiplier": 1.0},
    {"segment": "MCX_FO", "name": "SILVER", "exchange": "MCX", "expiry": 1796408999000, "instrument_type": "FUT",
     "asset_symbol": "SILVER", "underlying_symbol": "SILVER", "instrument_key": "MCX_FO|471725", "lot_size": 30,
     "freeze_quantity": 20.0, "exchange_token": "471725", "tick_size": 100.0, "trading_symbol": "SILVER FUT 04 DEC 26",
     "strike_price": 0.0, "price_quote_unit": "KGS", "qty_multiplier": 30.0},
]  # fmt: skip


class Seen(Struct, frozen=True):
    """A request as it came; ``query`` keeps its order."""

    host: str
    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    body: bytes
    headers: dict[str, str]

    @property
    def json(self) -> Any:
        return json.loads(self.body)


_NOT_FOUND = {"status": "error", "errors": [{"error_code": "UDAPI100060", "message": "Resource not found"}]}


class Upstox:
    """The server. ``answers`` by method and path: a status and a body, or a function of the request."""

    def __init__(self) -> None:
        self.answers: dict[tuple[str, str], Any] = {}
        self.seen: list[Seen] = []
        self.sockets: list[web.WebSocketResponse] = []
        self.heard: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue()
        self.connected: asyncio.Queue[tuple[str, web.WebSocketResponse]] = asyncio.Queue()
        self.refuses_sockets = 0
        self.endpoints: dict[str, str] = {}
        self._addresses = 0
        self.ok("GET", "/v3/feed/market-data-feed/authorize", self._address("market"))
        self.ok("GET", "/v2/feed/portfolio-stream-feed/authorize", self._address("orders"))
        self.ok("GET", "/v2/order/retrieve-all", [])
        self.ok("GET", "/v2/user/profile", PROFILE)

    def ok(self, method: str, path: str, data: Any) -> None:
        """Answer with success; ``data`` may be a function of the request."""
        self.answers[method, path] = data if callable(data) else (200, {"status": "success", "data": data})

    def fail(self, method: str, path: str, status: int, code: str, message: str = "It did not work") -> None:
        """Answer with an error."""
        self.answers[method, path] = (status, {"status": "error", "errors": [{"error_code": code, "message": message}]})

    def requests(self, path: str) -> list[Seen]:
        """What came to this path."""
        return [one for one in self.seen if one.path == path]

    def _address(self, kind: str) -> Callable[[Seen], tuple[int, Any]]:
        def named(_seen: Seen) -> tuple[int, Any]:
            self._addresses += 1
            url = self.endpoints["rest"].replace("http", "ws", 1) + f"/socket/{kind}?code={self._addresses}"
            return 200, {"status": "success", "data": {"authorized_redirect_uri": url}}

        return named

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if request.path.startswith("/socket/"):
            return await self._socket(request)
        query = tuple((name, value) for name, value in request.query.items())
        seen = Seen(request.headers["Host"], request.method, request.raw_path.partition("?")[0], query, await request.read(),
                    dict(request.headers))  # fmt: skip
        self.seen.append(seen)
        found = self.answers.get((request.method, seen.path), (404, _NOT_FOUND))
        status, body = found(seen) if callable(found) else found
        response = web.Response(status=status, body=body if isinstance(body, bytes) else json.dumps(body).encode())
        response.force_close()  # a connection that is kept would outlive its test
        return response

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        if self.refuses_sockets:
            return web.Response(status=self.refuses_sockets)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.sockets.append(socket)
        await self.connected.put((request.path.rpartition("/")[2], socket))
        async for message in socket:
            if message.type is WSMsgType.BINARY:
                await self.heard.put(("binary", message.data))
            elif message.type is WSMsgType.TEXT:
                await self.heard.put(("text", message.data.encode()))
        return socket


@asynccontextmanager
async def upstox() -> AsyncIterator[Upstox]:
    """A server that listens until the block ends, with an order host of its own."""
    server = Upstox()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", server.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    ports = []
    for _ in range(2):
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        ports.append(site._server.sockets[0].getsockname()[1])  # type: ignore[union-attr]
    rest, orders = (f"http://127.0.0.1:{port}" for port in ports)
    server.endpoints.update(
        rest=rest,
        order_rest=orders,
        login=f"{rest}/v2/login/authorization/dialog",
        instruments=f"{rest}/complete.json.gz",
    )
    server.answers["GET", "/complete.json.gz"] = (200, gzip.compress(json.dumps(ROWS).encode()))
    try:
        yield server
    finally:
        for socket in server.sockets:
            await socket.close()
        await runner.cleanup()


def dump() -> InstrumentDump:
    return parse_dump(json.dumps(ROWS).encode())


@asynccontextmanager
async def opened(
    server: Upstox, *, session: dict[str, str] | None = None, **credentials: str
) -> AsyncIterator[UpstoxBroker]:
    """A broker on that server that knows the instruments, closed when the block ends."""
    broker = open_upstox(
        {**CREDENTIALS, **credentials}, SESSION if session is None else (session or None), server.endpoints
    )
    broker.use_instruments(dump())
    try:
        yield broker
    finally:
        await broker.aclose()


PROFILE = {
    "email": "user@example.com", "exchanges": ["NSE", "NFO", "BSE", "CDS", "BFO", "BCD", "MCX"], "products": ["D", "CO", "I"],
    "broker": "UPSTOX", "user_id": "AB1234", "user_name": "TEST USER", "order_types": ["MARKET", "LIMIT", "SL", "SL-M"],
    "user_type": "individual", "poa": False, "is_active": True,
}  # fmt: skip

ORDER_ROW = {
    "exchange": "NSE", "product": "D", "price": 1234.5, "quantity": 10, "status": "open", "guid": None, "tag": "t1",
    "instrument_token": NSE_KEY, "placed_by": "AB1234", "trading_symbol": "RELIANCE", "tradingsymbol": "RELIANCE",
    "order_type": "LIMIT", "validity": "DAY", "trigger_price": 0.0, "disclosed_quantity": 0, "transaction_type": "BUY",
    "average_price": 1234.4, "filled_quantity": 4, "pending_quantity": 6, "status_message": None, "status_message_raw": None,
    "exchange_order_id": "1100000000000001", "parent_order_id": None, "order_id": "261120000000001", "variety": "SIMPLE",
    "order_timestamp": "2026-11-20 10:15:30", "exchange_timestamp": "2026-11-20 10:15:31", "is_amo": False,
    "order_request_id": "1", "order_ref_id": "udapi-1",
}  # fmt: skip
