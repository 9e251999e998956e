"""Seeded calls to Upstox, each as our contract says it and as the official client does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, timedelta
from decimal import Decimal
from typing import Any

from terminal_app.brokers.base import LiveBroker
from terminal_app.domain.broker_charges import ChargedOrder
from terminal_app.domain.enums import Interval, OrderType, Product, Side, Validity, Variety
from terminal_app.domain.instrument import Instrument
from terminal_app.domain.position import PositionKey
from terminal_app.domain.trigger import TriggerId, TriggerKind, TriggerRequest
from tests.conformance.draws import LOGIN, Call, Draws, Redirected, converting, triggering
from tests.conformance.upstox_market import ORDER

PRODUCTS = {Product.DELIVERY: "D", Product.CARRY: "D", Product.INTRADAY: "I", Product.MTF: "MTF"}
ORDER_TYPES = {OrderType.MARKET: "MARKET", OrderType.LIMIT: "LIMIT", OrderType.SL: "SL", OrderType.SL_M: "SL-M"}
INTERVALS = {
    Interval.M1: ("minutes", "1", 28),
    Interval.M3: ("minutes", "3", 28),
    Interval.M5: ("minutes", "5", 28),
    Interval.M10: ("minutes", "10", 28),
    Interval.M15: ("minutes", "15", 28),
    Interval.M30: ("minutes", "30", 85),
    Interval.H1: ("hours", "1", 85),
    Interval.D1: ("days", "1", 3650),
}
AUTOMATIC = -1
VERSION = "2.0"
REDIRECT = "http://127.0.0.1:1/back"


def _theirs(api: str, name: str, *args: object, **kwargs: object) -> dict[str, Any]:
    return {"api": api, "call": name, "args": list(args), "kwargs": kwargs}


def _money(value: Decimal | None) -> float:
    return 0.0 if value is None else float(value)


class UpstoxCalls:
    """Draws calls over ``instruments``; the same seed draws the same."""

    def __init__(self, instruments: Sequence[Instrument], seed: int) -> None:
        self._draws = Draws(
            instruments,
            seed,
            varieties=(Variety.REGULAR, Variety.REGULAR, Variety.AMO),
            validities=(Validity.DAY, Validity.IOC),
            protections=(None, Decimal(2), Decimal(25)),
            tag_length=40,
        )
        self._chance = self._draws.chance

    def draw(self, count: int) -> list[Call]:
        """``count`` calls, every kind among the first of them."""
        kinds = (
            self._place, self._modify, self._place, self._cancel, self._place, self._gtt, self._margin, self._history,
            self._place, self._modify, self._gtt_change, self._gtt_delete, self._place, self._basket, self._charges,
            self._quotes, self._place, self._convert, self._read, self._log_in,
        )  # fmt: skip
        return [kinds[number % len(kinds)]() for number in range(count)]

    def _place(self) -> Call:
        request, instrument = self._draws.varied()
        tag = self._draws.tag()
        fields: dict[str, Any] = {
            "instrument_token": instrument.broker_token,
            "quantity": request.quantity,
            "product": PRODUCTS[request.product],
            "validity": request.validity.value,
            "price": _money(request.limit_price),
            "tag": tag,
            "order_type": ORDER_TYPES[request.order_type],
            "transaction_type": request.side.value,
            "disclosed_quantity": request.disclosed_quantity,
            "trigger_price": _money(request.trigger_price),
            "is_amo": request.variety is Variety.AMO,
            "slice": False,
        }
        if not request.order_type.has_limit:
            percent = request.market_protection
            fields["market_protection"] = AUTOMATIC if percent is None else int(percent)
        return Call(
            "place",
            lambda broker: broker.execution.place(request, tag),
            _theirs("OrderApiV3", "place_order", {"model": "PlaceOrderV3Request", **fields}),
        )

    def _modify(self) -> Call:
        change, ref, _ = self._draws.change()
        kind = change.order_type or OrderType.LIMIT
        price = float(change.limit_price) if change.limit_price is not None else ORDER["price"]
        fields: dict[str, Any] = {
            "order_id": ref.broker_order_id,
            "order_type": ORDER_TYPES[kind],
            "validity": ORDER["validity"] if change.validity is None else change.validity.value,
            "price": price if kind.has_limit else 0.0,
            "trigger_price": _money(change.trigger_price),
            "disclosed_quantity": ORDER["disclosed_quantity"],
        }
        if change.quantity is not None:
            fields["quantity"] = change.quantity
        if not kind.has_limit:
            fields["market_protection"] = AUTOMATIC
        return Call(
            "modify",
            lambda broker: broker.execution.modify(ref, change),
            _theirs("OrderApiV3", "modify_order", {"model": "ModifyOrderRequest", **fields}),
        )

    def _cancel(self) -> Call:
        ref = self._draws.ref(self._chance.choice(self._draws.tradable))
        return Call(
            "cancel",
            lambda broker: broker.execution.cancel(ref),
            _theirs("OrderApiV3", "cancel_order", ref.broker_order_id),
        )

    def _trigger(self) -> tuple[TriggerRequest, Instrument, dict[str, Any]]:
        request, instrument = self._draws.trigger((TriggerKind.SINGLE,), OrderType.MARKET)
        leg = request.legs[0]
        rule = {
            "model": "GttRule",
            "strategy": "ENTRY",
            "trigger_type": "BELOW" if leg.trigger_price < request.last_price else "ABOVE",
            "trigger_price": float(leg.trigger_price),
            "market_protection": AUTOMATIC,
        }
        return request, instrument, {"type": "SINGLE", "quantity": leg.quantity, "rules": [rule]}

    def _gtt(self) -> Call:
        request, instrument, fields = self._trigger()
        leg = request.legs[0]
        fields |= {
            "product": PRODUCTS[leg.product],
            "instrument_token": instrument.broker_token,
            "transaction_type": leg.side.value,
        }
        return Call(
            "gtt",
            lambda broker: triggering(broker).place_trigger(request),
            _theirs("OrderApiV3", "place_gtt_order", {"model": "GttPlaceOrderRequest", **fields}),
        )

    def _trigger_id(self) -> TriggerId:
        return TriggerId(f"GTT-C25{self._chance.randrange(10**8, 10**9)}")

    def _gtt_change(self) -> Call:
        request, _, fields = self._trigger()
        name = self._trigger_id()
        return Call(
            "modify gtt",
            lambda broker: triggering(broker).modify_trigger(name, request),
            _theirs(
                "OrderApiV3", "modify_gtt_order", {"model": "GttModifyOrderRequest", "gtt_order_id": name, **fields}
            ),
        )

    def _gtt_delete(self) -> Call:
        name = self._trigger_id()
        return Call(
            "delete gtt",
            lambda broker: triggering(broker).cancel_trigger(name),
            _theirs("OrderApiV3", "cancel_gtt_order", {"model": "GttCancelOrderRequest", "gtt_order_id": name}),
        )

    def _margins(self, count: int, kind: str) -> Call:
        drawn = [self._draws.order() for _ in range(count)]
        rows = [
            {
                "model": "Instrument",
                "instrument_key": instrument.broker_token,
                "quantity": request.quantity,
                "product": PRODUCTS[request.product],
                "transaction_type": request.side.value,
                **({"price": float(request.limit_price)} if request.limit_price is not None else {}),
            }
            for request, instrument in drawn
        ]
        orders = [request for request, _ in drawn]
        body = {"model": "MarginRequest", "instruments": rows}
        return Call(kind, lambda broker: broker.margin(orders), _theirs("ChargeApi", "post_margin", body))

    def _margin(self) -> Call:
        return self._margins(1, "margin")

    def _basket(self) -> Call:
        return self._margins(self._chance.randrange(2, 9), "basket")

    def _charges(self) -> Call:
        request, instrument = self._draws.order()
        price = self._draws.price(instrument)
        order = ChargedOrder(
            request.instrument, request.side, request.quantity, request.order_type, request.product, price
        )
        return Call(
            "charges",
            lambda broker: broker.charges([order]),
            _theirs(
                "ChargeApi",
                "get_brokerage",
                instrument.broker_token,
                request.quantity,
                PRODUCTS[request.product],
                request.side.value,
                float(price),
                VERSION,
            ),
        )

    def _history(self) -> Call:
        chance = self._chance
        instrument = chance.choice(self._draws.instruments)
        interval = chance.choice(tuple(INTERVALS))
        unit, number, days = INTERVALS[interval]
        start, end = self._draws.stretch(timedelta(days=days - 2))
        last = end - timedelta(seconds=1)
        return Call(
            "history",
            lambda broker: broker.bars(instrument.id, interval, start.astimezone(UTC), end.astimezone(UTC)),
            _theirs(
                "HistoryV3Api",
                "get_historical_candle_data1",
                instrument.broker_token,
                unit,
                number,
                f"{last:%Y-%m-%d}",
                f"{start:%Y-%m-%d}",
            ),
        )

    def _quotes(self) -> Call:
        everything = self._draws.instruments
        chosen = self._chance.sample(everything, self._chance.randrange(1, len(everything)))
        keys = ",".join(one.broker_token for one in chosen)
        return Call(
            "quotes",
            lambda broker: broker.quotes([one.id for one in chosen]),
            _theirs("MarketQuoteV3Api", "get_full_market_quote_v3", instrument_key=keys),
        )

    def _convert(self) -> Call:
        chance = self._chance
        instrument = chance.choice(self._draws.shares)
        old, new = chance.sample(self._draws.products(instrument), 2)
        side, quantity = chance.choice(tuple(Side)), chance.randrange(1, 100)
        body = {
            "model": "ConvertPositionRequest",
            "instrument_token": instrument.broker_token,
            "new_product": PRODUCTS[new],
            "old_product": PRODUCTS[old],
            "transaction_type": side.value,
            "quantity": quantity,
        }
        return Call(
            "convert",
            lambda broker: converting(broker).convert(
                PositionKey(instrument.id, old), side, quantity, new, carried=False
            ),
            _theirs("PortfolioApi", "convert_positions", body, VERSION),
        )

    def _log_in(self) -> Call:
        code = f"code{self._chance.randrange(10**12)}"
        theirs = _theirs(
            "LoginApi",
            "token",
            VERSION,
            code=code,
            client_id="KEY",
            client_secret="secret",
            redirect_uri=REDIRECT,
            grant_type="authorization_code",
        )
        prompter = Redirected({"code": code})
        return Call(LOGIN, lambda broker: broker.login(prompter), theirs | {"access_token": ""})

    def _read(self) -> Call:
        ref = self._draws.ref(self._chance.choice(self._draws.tradable))
        order = ref.broker_order_id
        reads: dict[str, tuple[Callable[[LiveBroker], Awaitable[object]], dict[str, Any]]] = {
            "profile": (lambda broker: broker.profile(), _theirs("UserApi", "get_profile", VERSION)),
            "funds": (lambda broker: broker.funds(), _theirs("UserApi", "get_user_fund_margin_v3")),
            "holdings": (lambda broker: broker.holdings(), _theirs("PortfolioApi", "get_holdings", VERSION)),
            "positions": (lambda broker: broker.positions(), _theirs("PortfolioApi", "get_positions", VERSION)),
            "orders": (lambda broker: broker.orders(), _theirs("OrderApi", "get_order_book", VERSION)),
            "fills": (lambda broker: broker.fills(), _theirs("OrderApi", "get_trade_history", VERSION)),
            "triggers": (lambda broker: broker.triggers(), _theirs("OrderApiV3", "get_gtt_order_details")),
            "order history": (
                lambda broker: broker.order_history(ref),
                _theirs("OrderApi", "get_order_details", VERSION, order_id=order),
            ),
            "order fills": (
                lambda broker: broker.order_fills(ref),
                _theirs("OrderApi", "get_trades_by_order", order, VERSION),
            ),
            "logout": (lambda broker: broker.logout(), _theirs("LoginApi", "logout", VERSION)),
        }
        kind = self._chance.choice(tuple(reads))
        ours, theirs = reads[kind]
        return Call(kind, ours, theirs)
