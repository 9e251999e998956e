"""An Upstox dialect on a scripted market, with a client that speaks plain HTTP and WebSocket to it."""

from __future__ import annotations

import asyncio
import gzip
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import aiohttp

from terminal_app.simulator.dialects.clients import totp
from terminal_app.simulator.dialects.upstox.server import UpstoxDialect
from terminal_app.simulator.venue import Venue
from tests.helpers.market_script import Floor, HandClock

Json = dict[str, Any]

DIALOG = "/v2/login/authorization/dialog"
EXCHANGE = "/v2/login/authorization/token"
RELIANCE_KEY = "NSE_EQ|INE002A01018"
NIFTY_KEY = "NSE_INDEX|Nifty 50"


async def until(is_so: Callable[[], object]) -> None:
    """Poll until something is so."""
    while not is_so():  # noqa: ASYNC110 - what is waited for sets no event
        await asyncio.sleep(0.005)


class UpstoxRoom:
    """``floor`` moves the market; calls answer (status, decoded body)."""

    def __init__(self, floor: Floor, dialect: UpstoxDialect, line: Json, http: aiohttp.ClientSession) -> None:
        self.floor = floor
        self.dialect = dialect
        self.line = line
        self.http = http
        self.credentials: dict[str, str] = line["credentials"]
        self.token = ""
        self.session: Json = {}

    async def call(self, method: str, path: str, **given: Any) -> tuple[int, Json]:
        """Any call with the token."""
        headers = {"Authorization": f"Bearer {self.token}", **given.pop("headers", {})}
        async with self.http.request(method, self.line["rest"] + path, headers=headers, **given) as answer:
            return answer.status, await answer.json()

    async def data(self, method: str, path: str, **given: Any) -> Any:
        """The data of a call that has to succeed."""
        status, body = await self.call(method, path, **given)
        assert (status, body["status"]) == (200, "success"), body
        return body["data"]

    async def error(self, method: str, path: str, **given: Any) -> tuple[int, str]:
        """Status and code of a call that has to fail."""
        status, body = await self.call(method, path, **given)
        assert body["status"] == "error", body
        assert body["errors"][0]["error_code"] == body["errors"][0]["errorCode"]
        return status, body["errors"][0]["error_code"]

    async def dial(self, **wanted: Any) -> Json:
        """Turn dials over the wire; the state of all."""
        async with self.http.post(self.line["rest"] + "/_dials", json=wanted) as answer:
            state: Json = await answer.json()
            assert answer.status == 200, state
            return state

    # --- login ----------------------------------------------------------------------------------------------------

    async def fill_in(self, state: str = "s1", **other: str) -> tuple[int, dict[str, str], str]:
        """Fill in the login form: status, the query of the redirect address, the page."""
        form = {
            "client_id": self.credentials["client_id"],
            "totp": totp(self.credentials["totp_seed"], time.time()),
            "pin": self.credentials["pin"],
            **other,
        }
        address = f"{self.line['login']}&state={quote(state)}"
        async with self.http.post(address, data=form, allow_redirects=False) as answer:
            target = answer.headers.get("Location", "")
            assert not target or target.startswith(self.credentials["redirect_url"])
            return answer.status, dict(parse_qsl(urlsplit(target).query)), await answer.text()

    def exchange_form(self, code: str, **other: str) -> dict[str, str]:
        """The form that trades a code for a token."""
        return {
            "code": code,
            "client_id": self.credentials["api_key"],
            "client_secret": self.credentials["api_secret"],
            "redirect_uri": self.credentials["redirect_url"],
            "grant_type": "authorization_code",
            **other,
        }

    async def log_in(self) -> Json:
        """Log in; the answer of the exchange."""
        _status, query, _page = await self.fill_in()
        status, self.session = await self.call("POST", EXCHANGE, data=self.exchange_form(query["code"]))
        assert status == 200, self.session
        self.token = self.session["access_token"]
        return self.session

    # --- orders ---------------------------------------------------------------------------------------------------

    def order(self, **fields: Any) -> Json:
        """The body of an order: buy 10 RELIANCE at 99 intraday, but for what is given; None leaves a field out."""
        body = {
            "instrument_token": RELIANCE_KEY,
            "quantity": 10,
            "transaction_type": "BUY",
            "product": "I",
            "order_type": "LIMIT",
            "validity": "DAY",
            "price": 99.0,
            "trigger_price": 0.0,
            "disclosed_quantity": 0,
            "is_amo": False,
            **fields,
        }
        return {name: value for name, value in body.items() if value is not None}

    async def place(self, **fields: Any) -> str:
        """Place an order that is taken; its id."""
        placed = await self.data("POST", "/v3/order/place", json=self.order(**fields))
        assert len(placed["order_ids"]) == 1
        return str(placed["order_ids"][0])

    async def buy(self, quantity: int = 10, **fields: Any) -> str:
        """A market order that is filled at once."""
        return await self.place(quantity=quantity, order_type="MARKET", price=0, market_protection=-1, **fields)

    async def row(self, order_id: str) -> Json:
        """The order as its details have it."""
        row: Json = await self.data("GET", "/v2/order/details", params={"order_id": order_id})
        return row

    async def statuses(self, order_id: str) -> list[str]:
        """The states that an order went through."""
        rows = await self.data("GET", "/v2/order/history", params={"order_id": order_id})
        return [row["status"] for row in rows]

    async def instruments(self) -> list[Json]:
        """The rows of the complete instrument file."""
        async with self.http.get(self.line["instruments"]) as answer:
            assert answer.content_type == "application/gzip"
            rows: list[Json] = json.loads(gzip.decompress(await answer.read()))
            return rows

    # --- sockets --------------------------------------------------------------------------------------------------

    async def address(self, path: str, **params: str) -> str:
        """The single-use address that an authorize call gives."""
        answer = await self.data("GET", f"{path}/authorize", params=params)
        assert answer["authorized_redirect_uri"] == answer["authorizedRedirectUri"]
        return str(answer["authorized_redirect_uri"])

    @asynccontextmanager
    async def socket(self, address: str) -> AsyncIterator[UpstoxSocket]:
        """An open socket at an address."""
        async with self.http.ws_connect(address, autoping=False) as raw:
            reader = UpstoxSocket(raw)
            try:
                yield reader
            finally:
                await reader.aclose()

    @asynccontextmanager
    async def feed(self) -> AsyncIterator[UpstoxSocket]:
        """An open market feed."""
        async with self.socket(await self.address("/v3/feed/market-data-feed")) as socket:
            yield socket

    @asynccontextmanager
    async def stream(self, kinds: str = "order") -> AsyncIterator[UpstoxSocket]:
        """An open portfolio stream."""
        address = await self.address("/v2/feed/portfolio-stream-feed", update_types=kinds)
        async with self.socket(address) as socket:
            yield socket


class UpstoxSocket:
    """Collects ``texts`` decoded and ``frames`` binary. ``until`` waits for something to have come."""

    def __init__(self, raw: aiohttp.ClientWebSocketResponse) -> None:
        self.raw = raw
        self.texts: list[Json] = []
        self.frames: list[bytes] = []
        self.is_over = False
        self._task = asyncio.get_running_loop().create_task(self._read(), name="upstox socket")

    async def ask(self, method: str, keys: list[str], mode: str | None = None, *, binary: bool = True) -> None:
        """Send a request, in a binary frame unless told otherwise."""
        data: Json = {"instrumentKeys": keys, **({} if mode is None else {"mode": mode})}
        text = json.dumps({"guid": "g1", "method": method, "data": data})
        if binary:
            await self.raw.send_bytes(text.encode())
        else:
            await self.raw.send_str(text)

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
async def upstox_room(floor: Floor | None = None, *, logged_in: bool = True) -> AsyncIterator[UpstoxRoom]:
    """A dialect that listens, on a market where RELIANCE stands at 100 (99.95 / 100.05). Its limits are off."""
    floor = floor or Floor()
    floor.quote("100", [("99.95", 500)], [("100.05", 500)])
    venue = Venue(floor.exchange, HandClock(floor.now))
    dialect = UpstoxDialect(venue)
    dialect.dials.throttled = False
    line = dict(await dialect.start())
    async with aiohttp.ClientSession() as http:
        try:
            room = UpstoxRoom(floor, dialect, line, http)
            if logged_in:
                await room.log_in()
            yield room
        finally:
            await dialect.aclose()
            await venue.aclose()
