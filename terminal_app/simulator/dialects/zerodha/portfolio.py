"""Holdings, positions, their conversion, and the depository's authorisation of sales."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from aiohttp import web
from msgspec.structs import replace

from terminal_app.domain.enums import Product, Side
from terminal_app.domain.holding import Holding
from terminal_app.domain.hours import trading_day
from terminal_app.domain.ids import InstrumentId
from terminal_app.domain.position import Position, PositionKey
from terminal_app.domain.values import ZERO
from terminal_app.simulator.accounts import SimulatedAccount
from terminal_app.simulator.dialects.base import Refusal
from terminal_app.simulator.dialects.clients import Client
from terminal_app.simulator.dialects.conversion import convert
from terminal_app.simulator.dialects.login_page import plain_page
from terminal_app.simulator.dialects.zerodha.errors import HOLDING, INPUT, MARGIN, NEEDS_AUTHORISATION, invalid
from terminal_app.simulator.dialects.zerodha.order_form import PRODUCTS, OrderForm, choice, count, read_name
from terminal_app.simulator.dialects.zerodha.wire import Json, number, success

if TYPE_CHECKING:
    from terminal_app.simulator.dialects.zerodha.server import ZerodhaDialect

_AUTHORISE_PATH = "/connect/portfolio/authorise/holdings/{api_key}/{request_id}"
_USUAL = {Product.DELIVERY: "CNC", Product.CARRY: "NRML", Product.INTRADAY: "MIS", Product.MTF: "MTF"}
_ALL = -1


class Portfolio:
    """The routes of ``/portfolio`` and the depository's page."""

    def __init__(self, server: ZerodhaDialect) -> None:
        self._server = server
        self._exchange = server.exchange
        self._requests: dict[str, tuple[Client, dict[str, int]]] = {}
        self._authorised: dict[tuple[str, str], dict[str, int]] = {}

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        """Calls and pages."""
        return (
            web.get("/portfolio/holdings", self.list_holdings),
            web.get("/portfolio/holdings/summary", self.summarise),
            web.get("/portfolio/holdings/compact", self.list_compact),
            web.get("/portfolio/holdings/auctions", self.list_auctions),
            web.post("/portfolio/holdings/authorise", self.begin_authorisation),
            web.get("/portfolio/positions", self.list_positions),
            web.put("/portfolio/positions", self.convert_position),
            web.get(_AUTHORISE_PATH, self.show_page),
            web.post(_AUTHORISE_PATH, self.answer_page),
            web.get(_AUTHORISE_PATH + "/finish", self.finish_page),
        )

    # --- holdings -------------------------------------------------------------------------------------------------

    async def list_holdings(self, request: web.Request) -> web.Response:
        """Shares in the demat account."""
        client = self._server.sessions.check(request)
        return success([self._holding(client, held) for held in self._exchange.holdings(client.account)])

    async def list_compact(self, request: web.Request) -> web.Response:
        """The same in few fields."""
        client = self._server.sessions.check(request)
        fields = ("exchange", "tradingsymbol", "instrument_token", "t1_quantity", "quantity")
        rows = [self._holding(client, held) for held in self._exchange.holdings(client.account)]
        return success([{name: row[name] for name in fields} for row in rows])

    async def summarise(self, request: web.Request) -> web.Response:
        """All holdings in one."""
        client = self._server.sessions.check(request)
        rows = [self._holding(client, held) for held in self._exchange.holdings(client.account)]
        units = [row["quantity"] + row["t1_quantity"] for row in rows]
        pairs = list(zip(rows, units, strict=True))
        invested = sum((Decimal(row["average_price"]) * unit for row, unit in pairs), ZERO)
        value = sum((Decimal(row["last_price"]) * unit for row, unit in pairs), ZERO)
        today = sum((Decimal(row["day_change"]) * unit for row, unit in pairs), ZERO)
        return success(
            {
                "total_pnl": number(value - invested),
                "total_pnl_percent": number(_percent(value - invested, invested)),
                "today_pnl": number(today),
                "today_pnl_percent": number(_percent(today, value - today)),
                "invested_amount": number(invested),
                "current_value": number(value),
            }
        )

    async def list_auctions(self, request: web.Request) -> web.Response:
        """Nobody fails to deliver here."""
        self._server.sessions.check(request)
        return success([])

    def _holding(self, client: Client, held: Holding) -> Json:
        name = self._server.symbols.of(held.instrument)
        if name is None:
            raise KeyError(f"{held.instrument} has no name at Kite")
        instrument = self._server.symbols.instrument(name)
        last = self._last(held.instrument) or held.average_price
        close = held.previous_close or last
        isin = self._server.symbols.isin(instrument)
        authorised = self._quantity_authorised(client, isin, held.quantity)
        return {
            "tradingsymbol": name.symbol,
            "exchange": name.exchange,
            "instrument_token": name.token,
            "isin": isin,
            "product": "CNC",
            "price": 0,
            "quantity": held.quantity,
            "used_quantity": held.used_quantity,
            "t1_quantity": held.t1_quantity,
            "realised_quantity": held.quantity,
            "authorised_quantity": authorised,
            "authorised_date": f"{self._today()} 00:00:00",
            "authorisation": {},
            "opening_quantity": held.total_quantity,
            "short_quantity": 0,
            "collateral_quantity": held.pledged_quantity,
            "collateral_type": "",
            "discrepancy": False,
            "average_price": number(held.average_price),
            "last_price": number(last),
            "close_price": number(close),
            "pnl": number((last - held.average_price) * held.quantity),
            "day_change": number(last - close),
            "day_change_percentage": number(_percent(last - close, close)),
            "mtf": {"quantity": 0, "used_quantity": 0, "average_price": 0, "value": 0, "initial_margin": 0},
        }

    def _last(self, id: InstrumentId) -> Decimal | None:
        quote = self._exchange.quote(id)
        return None if quote is None else quote.last_price

    # --- authorised sales -----------------------------------------------------------------------------------------

    def check_sale(self, client: Client, form: OrderForm) -> None:
        """Whether holdings may be sold without the depository's page. Raises Refusal with status 428."""
        if self._server.dials.sale_authorised or form.transaction_type != "SELL" or form.product not in ("CNC", "MTF"):
            return
        account = self._exchange.account(client.account)
        held = account.holdings.get(form.instrument)
        if held is None or not held.settled:
            return
        isin = self._server.symbols.isin(self._server.symbols.instrument(form.name))
        if self._quantity_authorised(client, isin, held.settled) < min(form.quantity, held.settled):
            raise Refusal(
                HOLDING, "Authorisation is needed to sell these holdings from your demat account.", NEEDS_AUTHORISATION
            )

    async def begin_authorisation(self, request: web.Request) -> web.Response:
        """A request that the page then completes; without ISINs it is for all holdings."""
        client = self._server.sessions.check(request)
        form = await request.post()
        isins = [str(value) for value in form.getall("isin", [])]
        quantities = [str(value) for value in form.getall("quantity", [])]
        if len(isins) != len(quantities) or not all(one.isdecimal() for one in quantities):
            raise invalid("quantity")
        wanted = dict(zip(isins, map(int, quantities), strict=True))
        holdings = self._exchange.holdings(client.account)
        listed = {self._holding(client, held)["isin"] for held in holdings}
        if not set(wanted) <= listed:
            raise invalid("isin")
        request_id = secrets.token_hex(16)
        self._requests[request_id] = (client, wanted or dict.fromkeys(listed, _ALL))
        return success({"request_id": request_id})

    async def show_page(self, request: web.Request) -> web.Response:
        """The depository's page."""
        client, wanted = self._request(request)
        rows = "".join(f"<li>{isin}: {'all' if units == _ALL else units}</li>" for isin, units in wanted.items())
        return web.Response(
            text='<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>CDSL (simulated)</title></head>'
            f"<body><h1>Authorise sales of {client.client_id}</h1><ul>{rows}</ul>"
            f'<form method="post" action="{request.path}">'
            '<button type="submit" name="decision" value="allow">Authorise</button> '
            '<button type="submit" name="decision" value="deny">Cancel</button></form></body></html>\n',
            content_type="text/html",
        )

    async def answer_page(self, request: web.Request) -> web.Response:
        """Note the decision, go to the end page."""
        client, wanted = self._request(request)
        form = await request.post()
        status = "error"
        if form.get("decision") != "deny":
            status = "success"
            self._authorised[client.client_id, self._today()] = wanted
        raise web.HTTPFound(f"{request.path}/finish?status={status}")

    async def finish_page(self, request: web.Request) -> web.Response:
        """Where the page ends; the client reads the status from the address."""
        self._request(request)
        return web.Response(text=plain_page("Authorisation", "You can close this page."), content_type="text/html")

    def _request(self, request: web.Request) -> tuple[Client, dict[str, int]]:
        found = self._requests.get(request.match_info["request_id"])
        if found is None or found[0].credentials["api_key"] != request.match_info["api_key"]:
            raise Refusal(INPUT, "Invalid `request_id`.", 404)
        return found

    def _quantity_authorised(self, client: Client, isin: str, held: int) -> int:
        units = self._authorised.get((client.client_id, self._today()), {}).get(isin, 0)
        return held if units == _ALL else min(units, held)

    def _today(self) -> str:
        return trading_day(self._server.now()).isoformat()

    # --- positions ------------------------------------------------------------------------------------------------

    async def list_positions(self, request: web.Request) -> web.Response:
        """What is open or was today."""
        client = self._server.sessions.check(request)
        net = self._exchange.positions(client.account).net
        return success(
            {
                "net": [self._position(client, one) for one in net],
                "day": [self._position(client, _of_today(one)) for one in net if one.buy_quantity or one.sell_quantity],
            }
        )

    async def convert_position(self, request: web.Request) -> web.Response:
        """Turn part of a position into another product."""
        client = self._server.sessions.check(request)
        form = {name: str(value) for name, value in (await request.post()).items()}
        name = read_name(form, self._server.symbols)
        side = Side(choice(form, "transaction_type", ("BUY", "SELL")))
        carried = choice(form, "position_type", ("day", "overnight")) == "overnight"
        old, new = (PRODUCTS[choice(form, field, tuple(PRODUCTS))] for field in ("old_product", "new_product"))
        quantity = count(form, "quantity", least=1)
        instrument = self._server.symbols.instrument(name)
        if new is (Product.CARRY if not instrument.is_derivative else Product.DELIVERY):
            raise invalid("new_product")
        if quantity % instrument.lot_size:
            raise invalid("quantity")
        self._convert(
            self._exchange.account(client.account), PositionKey(instrument.id, old), side, quantity, new, carried
        )
        return success(True)

    def _convert(
        self, account: SimulatedAccount, key: PositionKey, side: Side, quantity: int, new: Product, carried: bool
    ) -> None:
        before = dict(account.positions)
        if not convert(account, key, side, quantity, new, carried=carried):
            raise Refusal(INPUT, "There is no such position to convert.")
        if account.sellable(key.instrument) < 0:
            account.positions = before
            raise Refusal(HOLDING, "Insufficient holdings for the conversion.")
        if self._exchange.purse.available(account) < ZERO:
            account.positions = before
            raise Refusal(MARGIN, "Insufficient funds for the conversion.")

    def _position(self, client: Client, position: Position) -> Json:
        name = self._server.symbols.of(position.instrument)
        if name is None:
            raise KeyError(f"{position.instrument} has no name at Kite")
        quote = self._exchange.quote(position.instrument)
        last = (quote.last_price if quote is not None else None) or position.average_price
        close = (quote.previous_close if quote is not None else None) or ZERO
        return position_json(position, last, close) | {
            "tradingsymbol": name.symbol,
            "exchange": name.exchange,
            "instrument_token": name.token,
            "product": self._product(client, position),
        }

    def _product(self, client: Client, position: Position) -> str:
        """The name under which it was traded, where that was one (MTF and CO are booked as CNC and MIS)."""
        names = {
            order.form.product
            for order in self._server.orders.of(client)
            if order.filled and order.form.instrument == position.instrument
        }
        fitting = [one for one in names if PRODUCTS[one] is position.product]
        return fitting[0] if len(fitting) == 1 else _USUAL[position.product]


def position_json(position: Position, last: Decimal, close: Decimal) -> Json:
    """The figures of a position: ``pnl`` = (sell value − buy value) + quantity x last price x multiplier.

    What was carried enters at what it cost, so that the figure holds whatever was closed since; for ``m2m`` at the close before.
    """
    multiplier = position.multiplier
    carried, quantity = position.carried_quantity, position.quantity
    bought, sold = position.buy_value * multiplier, position.sell_value * multiplier
    realised = position.realised_pnl
    cost = (sold - bought) + quantity * position.average_price * multiplier - realised if carried else ZERO
    mark = carried * position.carried_price * multiplier
    long_cost, short_cost = max(cost, ZERO), max(-cost, ZERO)
    buy_quantity = position.buy_quantity + max(carried, 0)
    sell_quantity = position.sell_quantity + max(-carried, 0)
    buy_value, sell_value = bought + long_cost, sold + short_cost
    buy_m2m, sell_m2m = bought + max(mark, ZERO), sold + max(-mark, ZERO)
    value = quantity * last * multiplier
    pnl = sell_value - buy_value + value
    return {
        "quantity": quantity,
        "overnight_quantity": carried,
        "multiplier": number(multiplier),
        "average_price": number(position.average_price),
        "close_price": number(close) if carried else 0,
        "last_price": number(last),
        "value": number(sell_value - buy_value),
        "pnl": number(pnl),
        "m2m": number(sell_m2m - buy_m2m + value),
        "unrealised": number(pnl),
        "realised": 0,
        "buy_quantity": buy_quantity,
        "buy_price": number(_price(buy_value, buy_quantity, multiplier)),
        "buy_value": number(buy_value),
        "buy_m2m": number(buy_m2m),
        "sell_quantity": sell_quantity,
        "sell_price": number(_price(sell_value, sell_quantity, multiplier)),
        "sell_value": number(sell_value),
        "sell_m2m": number(sell_m2m),
        "day_buy_quantity": position.buy_quantity,
        "day_buy_price": number(_price(bought, position.buy_quantity, multiplier)),
        "day_buy_value": number(bought),
        "day_sell_quantity": position.sell_quantity,
        "day_sell_price": number(_price(sold, position.sell_quantity, multiplier)),
        "day_sell_value": number(sold),
    }


def _of_today(position: Position) -> Position:
    """Today's trading alone, valued from what it paid and received."""
    quantity = position.buy_quantity - position.sell_quantity
    value = position.buy_value - position.sell_value
    buys, sells = position.buy_quantity, position.sell_quantity
    opened = position.buy_value / buys if quantity > 0 else position.sell_value / sells if quantity < 0 else ZERO
    return replace(
        position,
        quantity=quantity,
        average_price=opened,
        realised_pnl=(quantity * opened - value) * position.multiplier,
        carried_quantity=0,
        carried_price=ZERO,
    )


def _price(value: Decimal, quantity: int, multiplier: Decimal) -> Decimal:
    return value / (quantity * multiplier) if quantity else ZERO


def _percent(part: Decimal, whole: Decimal) -> Decimal:
    return part * 100 / whole if whole else ZERO
