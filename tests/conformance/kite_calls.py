"""Seeded calls to Kite, each as our contract says it and as the official client does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, timedelta
from decimal import Decimal
from typing import Any

from terminal_app.brokers.base import LiveBroker
from terminal_app.domain.broker_charges import ChargedOrder
from terminal_app.domain.enums import Exchange, Interval, OrderType, Product, Segment, Side, Validity, Variety
from terminal_app.domain.instrument import Instrument
from terminal_app.domain.order import OrderRequest
from terminal_app.domain.position import PositionKey
from terminal_app.domain.trigger import TriggerId, TriggerKind, TriggerRequest
from tests.conformance.draws import LOGIN, Call, Draws, Redirected, converting, triggering

EXCHANGES = {
    (Exchange.NSE, Segment.CASH): "NSE",
    (Exchange.BSE, Segment.CASH): "BSE",
    (Exchange.NSE, Segment.INDEX): "NSE",
    (Exchange.BSE, Segment.INDEX): "BSE",
    (Exchange.NSE, Segment.FNO): "NFO",
    (Exchange.BSE, Segment.FNO): "BFO",
    (Exchange.NSE, Segment.CURRENCY): "CDS",
    (Exchange.BSE, Segment.CURRENCY): "BCD",
    (Exchange.MCX, Segment.COMMODITY): "MCX",
    (Exchange.NSE, Segment.COMMODITY): "NCO",
}
PRODUCTS = {Product.DELIVERY: "CNC", Product.CARRY: "NRML", Product.INTRADAY: "MIS", Product.MTF: "MTF"}
ORDER_TYPES = {OrderType.MARKET: "MARKET", OrderType.LIMIT: "LIMIT", OrderType.SL: "SL", OrderType.SL_M: "SL-M"}
VARIETIES = {Variety.REGULAR: "regular", Variety.AMO: "amo", Variety.ICEBERG: "iceberg"}
INTERVALS = {
    Interval.M1: ("minute", 60),
    Interval.M3: ("3minute", 100),
    Interval.M5: ("5minute", 100),
    Interval.M10: ("10minute", 100),
    Interval.M15: ("15minute", 200),
    Interval.M30: ("30minute", 200),
    Interval.H1: ("60minute", 400),
    Interval.D1: ("day", 2000),
}
AUTOMATIC = -1


def _theirs(name: str, *args: object, **kwargs: object) -> dict[str, Any]:
    return {"call": name, "args": list(args), "kwargs": kwargs}


def _contract(instrument: Instrument) -> dict[str, Any]:
    return {
        "exchange": EXCHANGES[instrument.exchange, instrument.segment],
        "tradingsymbol": instrument.trading_symbol,
    }


def _said(request: OrderRequest, instrument: Instrument) -> dict[str, Any]:
    """The fields that orders and calculations share, with the prices that the order has."""
    fields = _contract(instrument) | {
        "transaction_type": request.side.value,
        "quantity": request.quantity,
        "product": PRODUCTS[request.product],
        "order_type": ORDER_TYPES[request.order_type],
    }
    if request.limit_price is not None:
        fields["price"] = float(request.limit_price)
    if request.trigger_price is not None:
        fields["trigger_price"] = float(request.trigger_price)
    return fields


class KiteCalls:
    """Draws calls over ``instruments``; the same seed draws the same."""

    def __init__(self, instruments: Sequence[Instrument], seed: int) -> None:
        self._draws = Draws(
            instruments,
            seed,
            varieties=(Variety.REGULAR, Variety.REGULAR, Variety.AMO, Variety.ICEBERG),
            validities=(Validity.DAY, Validity.IOC, Validity.TTL),
            protections=(None, Decimal(2), Decimal("0.5"), Decimal(100)),
            tag_length=20,
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
        fields = _said(request, instrument) | {"validity": request.validity.value, "tag": tag}
        if request.variety is Variety.ICEBERG:
            fields["iceberg_quantity"] = request.disclosed_quantity
            fields["iceberg_legs"] = -(-request.quantity // request.disclosed_quantity)
        elif request.disclosed_quantity:
            fields["disclosed_quantity"] = request.disclosed_quantity
        if request.validity is Validity.TTL:
            fields["validity_ttl"] = request.validity_minutes
        if not request.order_type.has_limit:
            percent = request.market_protection
            fields["market_protection"] = AUTOMATIC if percent is None else float(percent)
        return Call(
            "place",
            lambda broker: broker.execution.place(request, tag),
            _theirs("place_order", VARIETIES[request.variety], **fields),
        )

    def _modify(self) -> Call:
        change, ref, _ = self._draws.change()
        kind = change.order_type
        sent: dict[str, Any] = {
            "order_type": None if kind is None else ORDER_TYPES[kind],
            "quantity": change.quantity,
            "price": None if change.limit_price is None else float(change.limit_price),
            "trigger_price": None if change.trigger_price is None else float(change.trigger_price),
            "validity": None if change.validity is None else change.validity.value,
            "market_protection": None if kind is None or kind.has_limit else AUTOMATIC,
        }
        return Call(
            "modify",
            lambda broker: broker.execution.modify(ref, change),
            _theirs("modify_order", VARIETIES[ref.variety], ref.broker_order_id, **sent),
        )

    def _cancel(self) -> Call:
        ref = self._draws.ref(self._chance.choice(self._draws.tradable))
        return Call(
            "cancel",
            lambda broker: broker.execution.cancel(ref),
            _theirs("cancel_order", VARIETIES[ref.variety], ref.broker_order_id),
        )

    def _trigger(self) -> tuple[TriggerRequest, dict[str, Any]]:
        request, instrument = self._draws.trigger(tuple(TriggerKind), OrderType.LIMIT)
        orders = [
            {
                "transaction_type": leg.side.value,
                "quantity": leg.quantity,
                "order_type": "LIMIT",
                "product": PRODUCTS[leg.product],
                "price": float(leg.trigger_price),
            }
            for leg in request.legs
        ]
        return request, _contract(instrument) | {
            "trigger_type": "single" if request.kind is TriggerKind.SINGLE else "two-leg",
            "trigger_values": [float(leg.trigger_price) for leg in request.legs],
            "last_price": float(request.last_price),
            "orders": orders,
        }

    def _gtt(self) -> Call:
        request, fields = self._trigger()
        return Call("gtt", lambda broker: triggering(broker).place_trigger(request), _theirs("place_gtt", **fields))

    def _gtt_change(self) -> Call:
        request, fields = self._trigger()
        number = self._chance.randrange(1, 10**9)
        return Call(
            "modify gtt",
            lambda broker: triggering(broker).modify_trigger(TriggerId(str(number)), request),
            _theirs("modify_gtt", number, **fields),
        )

    def _gtt_delete(self) -> Call:
        number = self._chance.randrange(1, 10**9)
        return Call(
            "delete gtt",
            lambda broker: triggering(broker).cancel_trigger(TriggerId(str(number))),
            _theirs("delete_gtt", number),
        )

    def _margin_row(self) -> tuple[OrderRequest, dict[str, Any]]:
        request, instrument = self._draws.order()
        return request, {"variety": "regular", "price": 0, "trigger_price": 0} | _said(request, instrument)

    def _margin(self) -> Call:
        request, row = self._margin_row()
        return Call("margin", lambda broker: broker.margin([request]), _theirs("order_margins", [row]))

    def _basket(self) -> Call:
        rows = [self._margin_row() for _ in range(self._chance.randrange(2, 8))]
        return Call(
            "basket",
            lambda broker: broker.margin([request for request, _ in rows]),
            _theirs("basket_order_margins", [row for _, row in rows], consider_positions=True),
        )

    def _charges(self) -> Call:
        orders, rows = [], []
        for number in range(1, self._chance.randrange(2, 6)):
            request, instrument = self._draws.order()
            price = self._draws.price(instrument)
            orders.append(
                ChargedOrder(
                    request.instrument, request.side, request.quantity, request.order_type, request.product, price
                )
            )
            row = {"order_id": str(number), "variety": "regular", "average_price": float(price)}
            row |= _said(request, instrument)
            rows.append({key: value for key, value in row.items() if key not in ("price", "trigger_price")})
        return Call("charges", lambda broker: broker.charges(orders), _theirs("get_virtual_contract_note", rows))

    def _history(self) -> Call:
        chance = self._chance
        instrument = chance.choice(self._draws.instruments)
        interval = chance.choice(tuple(INTERVALS))
        word, days = INTERVALS[interval]
        start, end = self._draws.stretch(timedelta(days=days - 2))
        last = end - timedelta(seconds=1)
        return Call(
            "history",
            lambda broker: broker.bars(instrument.id, interval, start.astimezone(UTC), end.astimezone(UTC)),
            _theirs(
                "historical_data",
                int(instrument.broker_token),
                f"{start:%Y-%m-%d %H:%M:%S}",
                f"{last:%Y-%m-%d %H:%M:%S}",
                word,
                oi=instrument.is_derivative,
            ),
        )

    def _quotes(self) -> Call:
        everything = self._draws.instruments
        chosen = self._chance.sample(everything, self._chance.randrange(1, len(everything)))
        keys = [":".join(_contract(one).values()) for one in chosen]
        return Call("quotes", lambda broker: broker.quotes([one.id for one in chosen]), _theirs("quote", keys))

    def _convert(self) -> Call:
        chance = self._chance
        instrument = chance.choice(self._draws.shares)
        old, new = chance.sample(self._draws.products(instrument), 2)
        side, quantity, carried = chance.choice(tuple(Side)), chance.randrange(1, 100), chance.random() < 0.5
        return Call(
            "convert",
            lambda broker: converting(broker).convert(
                PositionKey(instrument.id, old), side, quantity, new, carried=carried
            ),
            _theirs(
                "convert_position",
                **_contract(instrument),
                transaction_type=side.value,
                position_type="overnight" if carried else "day",
                quantity=quantity,
                old_product=PRODUCTS[old],
                new_product=PRODUCTS[new],
            ),
        )

    def _log_in(self) -> Call:
        token = f"request{self._chance.randrange(10**12)}"
        prompter = Redirected({"action": "login", "type": "login", "status": "success", "request_token": token})
        theirs = _theirs("generate_session", token, "secret") | {"access_token": None}
        return Call(LOGIN, lambda broker: broker.login(prompter), theirs)

    def _read(self) -> Call:
        ref = self._draws.ref(self._chance.choice(self._draws.tradable))
        reads: dict[str, tuple[Callable[[LiveBroker], Awaitable[object]], dict[str, Any]]] = {
            "profile": (lambda broker: broker.profile(), _theirs("profile")),
            "funds": (lambda broker: broker.funds(), _theirs("margins")),
            "holdings": (lambda broker: broker.holdings(), _theirs("holdings")),
            "positions": (lambda broker: broker.positions(), _theirs("positions")),
            "orders": (lambda broker: broker.orders(), _theirs("orders")),
            "fills": (lambda broker: broker.fills(), _theirs("trades")),
            "triggers": (lambda broker: broker.triggers(), _theirs("get_gtts")),
            "order history": (
                lambda broker: broker.order_history(ref),
                _theirs("order_history", ref.broker_order_id),
            ),
            "order fills": (lambda broker: broker.order_fills(ref), _theirs("order_trades", ref.broker_order_id)),
            "instruments": (lambda broker: broker.instruments(), _theirs("instruments")),
            "logout": (lambda broker: broker.logout(), _theirs("invalidate_access_token")),
        }
        kind = self._chance.choice(tuple(reads))
        ours, theirs = reads[kind]
        return Call(kind, ours, theirs)
