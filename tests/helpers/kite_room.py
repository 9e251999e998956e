"""A Zerodha dialect on a scripted market, with a client that speaks plain HTTP and WebSocket to it."""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import aiohttp

from terminal_app.simulator.dialects.clients import totp
from terminal_app.simulator.dialects.zerodha.server import ZerodhaDialect
from terminal_app.simulator.venue import Venue
from tests.helpers.async_tests import until
from tests.helpers.market_script import Floor, HandClock

Json = dict[str, Any]


class KiteRoom:
    """``floor`` moves the market; calls answer (status, decoded body)."""

    def __init__(self, floor: Floor, dialect: ZerodhaDialect, line: Json, http: aiohttp.ClientSession) -> None:
        self.floor = floor
        self.dialect = dialect
        self.line = line
        self.http = http
        self.credentials: dict[str, str] = line["credentials"]
        self.access_token = ""

    def headers(self) -> dict[str, str]:
        """What every call carries."""
        pair = f"{self.credentials['api_key']}:{self.access_token}"
        return {"X-Kite-Version": "3", "Authorization": f"token {pair}"}

    async def call(self, method: str, path: str, **given: Any) -> tuple[int, Json]:
        """Any call; ``data`` is a form, ``json`` a JSON body, ``params`` the query."""
        async with self.http.request(method, self.line["rest"] + path, headers=self.headers(), **given) as answer:
            return answer.status, await answer.json()

    async def data(self, method: str, path: str, **given: Any) -> Any:
        """The data of a call that has to succeed."""
        status, body = await self.call(method, path, **given)
        assert (status, body["status"]) == (200, "success"), body
        return body["data"]

    async def error(self, method: str, path: str, **given: Any) -> tuple[int, str, str]:
        """Status, error type and message of a call that has to fail."""
        status, body = await self.call(method, path, **given)
        assert body["status"] == "error", body
        return status, body["error_type"], body["message"]

    async def dial(self, **wanted: Any) -> Json:
        """Turn dials over the wire; the state of all."""
        async with self.http.post(self.line["rest"] + "/_dials", json=wanted) as answer:
            state: Json = await answer.json()
            assert answer.status == 200, state
            return state

    # --- login ----------------------------------------------------------------------------------------------------

    async def fill_in(self, *, redirect_params: str = "", **other: str) -> tuple[int, str, str]:
        """Fill in the login form: status, the redirect address ("" where there is none), the page."""
        form = {
            "v": "3",
            "api_key": self.credentials["api_key"],
            "client_id": self.credentials["client_id"],
            "password": self.credentials["password"],
            "totp": totp(self.credentials["totp_seed"], time.time()),
            "redirect_params": redirect_params,
            **other,
        }
        page = self.line["rest"] + "/connect/login"
        async with self.http.post(page, data=form, allow_redirects=False) as answer:
            return answer.status, answer.headers.get("Location", ""), await answer.text()

    async def request_token(self) -> str:
        """The code of a login that goes well."""
        _status, address, _page = await self.fill_in()
        return dict(parse_qsl(urlsplit(address).query))["request_token"]

    def exchange_form(self, token: str, secret: str | None = None) -> dict[str, str]:
        """The form that trades it for a session."""
        key, known = self.credentials["api_key"], secret or self.credentials["api_secret"]
        checksum = hashlib.sha256((key + token + known).encode()).hexdigest()
        return {"api_key": key, "request_token": token, "checksum": checksum}

    async def log_in(self) -> Json:
        """Log in; the session's values."""
        session: Json = await self.data("POST", "/session/token", data=self.exchange_form(await self.request_token()))
        self.access_token = session["access_token"]
        return session

    # --- orders ---------------------------------------------------------------------------------------------------

    def order(self, **fields: Any) -> dict[str, str]:
        """The fields of an order: buy 10 RELIANCE at 99 intraday, but for what is given; None leaves a field out."""
        form = {
            "exchange": "NSE",
            "tradingsymbol": "RELIANCE",
            "transaction_type": "BUY",
            "order_type": "LIMIT",
            "product": "MIS",
            "quantity": "10",
            "price": "99",
            **fields,
        }
        return {name: str(value) for name, value in form.items() if value is not None}

    async def place(self, variety: str = "regular", **fields: Any) -> str:
        """Place an order that is taken; its id."""
        placed = await self.data("POST", f"/orders/{variety}", data=self.order(**fields))
        return str(placed["order_id"])

    async def row(self, order_id: str) -> Json:
        """The order as the order book has it."""
        orders = await self.data("GET", "/orders")
        return next(one for one in orders if one["order_id"] == order_id)

    @asynccontextmanager
    async def socket(self) -> AsyncIterator[KiteSocket]:
        """An open socket of the session."""
        async with self.http.ws_connect(self.socket_address(), headers={"X-Kite-Version": "3"}) as raw:
            reader = KiteSocket(raw)
            try:
                yield reader
            finally:
                await reader.aclose()

    def socket_address(self) -> str:
        """Where the socket is, with the session in the query."""
        return f"{self.line['feed']}?api_key={self.credentials['api_key']}&access_token={self.access_token}"


class KiteSocket:
    """Collects frames: ``texts`` decoded, ``frames`` binary. ``until`` waits for something to have come."""

    def __init__(self, raw: aiohttp.ClientWebSocketResponse) -> None:
        self.raw = raw
        self.texts: list[Json] = []
        self.frames: list[bytes] = []
        self.is_over = False
        self._task = asyncio.get_running_loop().create_task(self._read(), name="kite socket")

    @property
    def orders(self) -> list[Json]:
        """The order messages."""
        return [one["data"] for one in self.texts if one["type"] == "order"]

    async def say(self, action: str, value: Any) -> None:
        """Send an action."""
        await self.raw.send_str(json.dumps({"a": action, "v": value}))

    async def until(self, is_so: Callable[[], object]) -> None:
        """Poll until something is so."""
        await until(is_so)

    async def aclose(self) -> None:
        """Read no more."""
        await self.raw.close()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _read(self) -> None:
        async for message in self.raw:
            if message.type is aiohttp.WSMsgType.TEXT:
                self.texts.append(json.loads(message.data))
            elif message.type is aiohttp.WSMsgType.BINARY:
                self.frames.append(message.data)
        self.is_over = True


@asynccontextmanager
async def kite_room(floor: Floor | None = None, *, logged_in: bool = True) -> AsyncIterator[KiteRoom]:
    """A dialect that listens, on a market where RELIANCE stands at 100 (99.95 / 100.05). Its limits are off."""
    floor = floor or Floor()
    floor.quote("100", [("99.95", 500)], [("100.05", 500)])
    venue = Venue(floor.exchange, HandClock(floor.now))
    dialect = ZerodhaDialect(venue)
    dialect.dials.throttled = False
    line = dict(await dialect.start())
    async with aiohttp.ClientSession() as http:
        try:
            room = KiteRoom(floor, dialect, line, http)
            if logged_in:
                await room.log_in()
            yield room
        finally:
            await dialect.aclose()
            await venue.aclose()
