"""Kite's funds page and its calculators: margins of orders and baskets, and the virtual contract note."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec
from aiohttp import web

from terminal_app.domain.enums import InstrumentKind, Product, Side
from terminal_app.domain.errors import OrderRejected
from terminal_app.domain.funds import Funds, Margin
from terminal_app.domain.ids import AccountId
from terminal_app.domain.order import OrderRequest
from terminal_app.domain.values import ZERO
from terminal_app.simulator.dialects.base import FUNDS
from terminal_app.simulator.dialects.charges import Charges, Trade, charges_of
from terminal_app.simulator.dialects.clients import Client
from terminal_app.simulator.dialects.zerodha.errors import bad_input, invalid, of_exchange
from terminal_app.simulator.dialects.zerodha.order_form import (
    AUTOMATIC,
    ORDER_TYPES,
    PRODUCTS,
    VARIETIES,
    OrderForm,
    amount,
    choice,
    count,
    read_name,
)
from terminal_app.simulator.dialects.zerodha.wire import Json, number, success

if TYPE_CHECKING:
    from terminal_app.simulator.dialects.zerodha.server import ZerodhaDialect

_SEGMENTS = ("equity", "commodity")
_MOST_ORDERS = 200
_FLAT, _SHARE = Decimal(20), Decimal("0.0003")
_PARTS = {"Span": "span", "Exposure": "exposure", "Premium": "option_premium", "Delivery": "var", "Intraday": "var"}
_NO_CHARGES = {
    "transaction_tax": 0,
    "transaction_tax_type": "",
    "exchange_turnover_charge": 0,
    "sebi_turnover_charge": 0,
    "brokerage": 0,
    "stamp_duty": 0,
    "gst": {"igst": 0, "cgst": 0, "sgst": 0, "total": 0},
    "total": 0,
}


class Money:
    """The routes about money."""

    def __init__(self, server: ZerodhaDialect) -> None:
        self._server = server
        self._exchange = server.exchange

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        """Funds, margins, charges."""
        return (
            web.get("/user/margins", self.show_funds),
            web.get("/user/margins/{segment}", self.show_segment),
            web.post("/margins/orders", self.order_margins),
            web.post("/margins/basket", self.basket_margins),
            web.post("/charges/orders", self.contract_note),
        )

    async def show_funds(self, request: web.Request) -> web.Response:
        """Both segments."""
        client = self._server.sessions.check(request)
        return success({segment: self._segment(client, segment) for segment in _SEGMENTS})

    async def show_segment(self, request: web.Request) -> web.Response:
        """One segment."""
        client = self._server.sessions.check(request)
        segment = request.match_info["segment"]
        if segment not in _SEGMENTS:
            raise invalid("segment")
        return success(self._segment(client, segment))

    def _segment(self, client: Client, segment: str) -> Json:
        if segment == "commodity":
            return _funds_json(None)
        return _funds_json(self._exchange.funds(client.account))

    # --- calculators ----------------------------------------------------------------------------------------------

    async def order_margins(self, request: web.Request) -> web.Response:
        """Each order by itself."""
        client = self._server.sessions.check(request)
        orders = [self._read(one) for one in await _rows(request)]
        is_compact = _is_compact(request)
        return success([self._row(client.account, order, is_compact) for order in orders])

    async def basket_margins(self, request: web.Request) -> web.Response:
        """All orders together, with what they save."""
        client = self._server.sessions.check(request)
        orders = [self._read(one) for one in await _rows(request)]
        is_compact = _is_compact(request)
        if request.query.get("consider_positions", "true").lower() == "false":
            bare = AccountId(f"{client.account}:bare")
            self._exchange.open_account(bare, None, FUNDS)
            try:
                return success(self._basket(bare, orders, is_compact))
            finally:
                self._exchange.close_account(bare)
        return success(self._basket(client.account, orders, is_compact))

    def _basket(self, account: AccountId, orders: list[OrderForm], is_compact: bool) -> Json:
        rows = [self._row(account, order, is_compact) for order in orders]
        together = self._margin(account, [order.request() for order in orders])
        first = {
            name: sum((Decimal(row[name]) for row in rows), ZERO)
            for name in ("span", "exposure", "option_premium", "var")
        }
        return {
            "initial": _margin_json(first, "", "", ""),
            "final": _margin_json(_named(together), "", "", ""),
            "orders": rows,
            "charges": _NO_CHARGES,
        }

    def _row(self, account: AccountId, order: OrderForm, is_compact: bool) -> Json:
        margin = self._margin(account, [order.request()])
        row = _margin_json(_named(margin), "equity", order.name.symbol, order.name.exchange)
        value = self._value(order)
        row["leverage"] = number(value / margin.required if margin.required else Decimal(1))
        if not is_compact:
            row["charges"] = _charges_json(charges_of(self._trade(order, value), brokerage))
        return row

    def _margin(self, account: AccountId, orders: list[OrderRequest]) -> Margin:
        try:
            return self._exchange.margin(account, orders)
        except OrderRejected as error:
            raise of_exchange(error) from error

    async def contract_note(self, request: web.Request) -> web.Response:
        """What executed orders cost."""
        self._server.sessions.check(request)
        notes = []
        for one in await _rows(request):
            order = self._read(one, price_field="average_price")
            if not order.price:
                raise invalid("average_price")
            charges = charges_of(self._trade(order, self._value(order)), brokerage)
            notes.append(
                {
                    "transaction_type": order.transaction_type,
                    "tradingsymbol": order.name.symbol,
                    "exchange": order.name.exchange,
                    "variety": one["variety"],
                    "product": order.product,
                    "order_type": order.order_type,
                    "quantity": order.quantity,
                    "price": number(order.price),
                    "charges": _charges_json(charges),
                }
            )
        return success(notes)

    def _read(self, row: Mapping[str, str], price_field: str = "price") -> OrderForm:
        name = read_name(row, self._server.symbols)
        choice(row, "variety", VARIETIES)
        return OrderForm(
            name=name,
            instrument=self._server.symbols.instrument(name).id,
            transaction_type=choice(row, "transaction_type", ("BUY", "SELL")),
            order_type=choice(row, "order_type", tuple(ORDER_TYPES)),
            product=choice(row, "product", tuple(PRODUCTS)),
            quantity=count(row, "quantity", least=1),
            price=amount(row, price_field),
            trigger_price=amount(row, "trigger_price"),
            market_protection=AUTOMATIC,
        )

    def _value(self, order: OrderForm) -> Decimal:
        instrument = self._server.symbols.instrument(order.name)
        price = order.price or order.trigger_price
        if not price:
            quote = self._exchange.quote(instrument.id)
            price = (quote.last_price if quote is not None else None) or ZERO
        return price * order.quantity * instrument.multiplier

    def _trade(self, order: OrderForm, value: Decimal) -> Trade:
        instrument = self._server.symbols.instrument(order.name)
        return Trade(instrument, Side(order.transaction_type), PRODUCTS[order.product], value)


def brokerage(trade: Trade) -> Decimal:
    """Zerodha's tariff (market-rules 10.1): delivery free, options 20, all else 0.03 % and at most 20."""
    if trade.instrument.kind is InstrumentKind.OPTION:
        return _FLAT
    if trade.instrument.kind is InstrumentKind.EQUITY and trade.product is not Product.INTRADAY:
        return ZERO
    return min(trade.value * _SHARE, _FLAT)


async def _rows(request: web.Request) -> list[dict[str, str]]:
    """The JSON array of a calculator, each value as text. Raises Refusal."""
    try:
        rows = msgspec.json.decode(await request.read(), type=list[dict[str, Any]])
    except msgspec.MsgspecError:
        raise bad_input("The body must be a JSON array of orders.") from None
    if not 0 < len(rows) <= _MOST_ORDERS:
        raise bad_input(f"There must be 1 to {_MOST_ORDERS} orders.")
    return [{name: "" if value is None else str(value) for name, value in row.items()} for row in rows]


def _is_compact(request: web.Request) -> bool:
    mode = request.query.get("mode", "")
    if mode not in ("", "compact"):
        raise invalid("mode")
    return mode == "compact"


def _named(margin: Margin) -> dict[str, Decimal]:
    parts = dict.fromkeys(("span", "exposure", "option_premium", "var"), ZERO)
    for name, part in margin.parts:
        parts[_PARTS[name]] += part
    return parts


def _margin_json(parts: Mapping[str, Decimal], kind: str, symbol: str, exchange: str) -> Json:
    return {
        "type": kind,
        "tradingsymbol": symbol,
        "exchange": exchange,
        "span": number(parts["span"]),
        "exposure": number(parts["exposure"]),
        "option_premium": number(parts["option_premium"]),
        "additional": 0,
        "bo": 0,
        "cash": 0,
        "var": number(parts["var"]),
        "pnl": {"realised": 0, "unrealised": 0},
        "leverage": 0,
        "charges": _NO_CHARGES,
        "total": number(max(ZERO, sum(parts.values(), ZERO))),
    }


def _charges_json(charges: Charges) -> Json:
    return {
        "transaction_tax": number(charges.tax),
        "transaction_tax_type": "stt",
        "exchange_turnover_charge": number(charges.exchange),
        "sebi_turnover_charge": number(charges.sebi),
        "brokerage": number(charges.brokerage),
        "stamp_duty": number(charges.stamp),
        "gst": {"igst": number(charges.gst), "cgst": 0, "sgst": 0, "total": number(charges.gst)},
        "total": number(charges.total),
    }


def _funds_json(funds: Funds | None) -> Json:
    """One segment; None is one that is not enabled."""
    parts = {} if funds is None else dict(funds.parts)
    opening = ZERO if funds is None else funds.opening
    available = ZERO if funds is None else funds.available
    used = ZERO if funds is None else funds.used
    return {
        "enabled": funds is not None,
        "net": number(available),
        "available": {
            "adhoc_margin": 0,
            "cash": number(opening),
            "opening_balance": number(opening),
            "live_balance": number(available),
            "collateral": 0,
            "intraday_payin": 0,
        },
        "utilised": {
            "debits": number(used),
            "exposure": number(parts.get("Exposure", ZERO) + parts.get("Intraday", ZERO)),
            "m2m_realised": number(parts.get("Realised P&L", ZERO)),
            "m2m_unrealised": number(-parts.get("Open loss", ZERO)),
            "option_premium": number(parts.get("Option premium", ZERO) - parts.get("Premium received", ZERO)),
            "payout": 0,
            "span": number(parts.get("Span", ZERO)),
            "holding_sales": number(parts.get("Delivery sold", ZERO)),
            "turnover": 0,
            "liquid_collateral": 0,
            "stock_collateral": 0,
            "delivery": number(parts.get("Delivery", ZERO)),
        },
    }
