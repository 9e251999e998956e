"""The JSON documents of a simulated account: what a ledger keeps, and the account that comes out of them again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from msgspec import Struct

from terminal_app.domain.enums import OrderStatus, OrderType, Product, Side, Validity, Variety
from terminal_app.domain.fill import Fill
from terminal_app.domain.ids import AccountId, BrokerOrderId, ClientTag, InstrumentId, TradeId
from terminal_app.domain.instrument import Instrument
from terminal_app.domain.ledger import LedgerState
from terminal_app.domain.order import OrderRequest
from terminal_app.domain.position import Position
from terminal_app.simulator.accounts import HeldShares, SimulatedAccount
from terminal_app.simulator.orders import ExchangeOrder, Stage

_VERSION = 1

Json = dict[str, Any]
Lookup = Callable[[InstrumentId], tuple[int, Instrument] | None]

UNLISTED = -1
"""The row of an order whose instrument is not listed any more."""


class Documents(Struct, frozen=True):
    """What one event changed: the account's state, orders by id, and new fills as (trade id, text)."""

    state: str
    orders: dict[str, str]
    fills: tuple[tuple[str, str], ...]


def write(account: SimulatedAccount, orders: Iterable[ExchangeOrder], fills: Iterable[Fill], at: datetime) -> Documents:
    """The documents after an event at ``at``."""
    return Documents(
        state=_text(_state(account, at)),
        orders={order.order_id: _text(_order(order, account.day)) for order in orders},
        fills=tuple((fill.trade_id, _text(_fill(fill, account.day))) for fill in fills),
    )


def read(account: AccountId, ledger: LedgerState, find: Lookup) -> SimulatedAccount | None:
    """The account as its last event left it; None where nothing was ever kept. Older days' orders are left out.

    ``find`` gives row and contract of what is listed; a contract that is not listed any more comes from the state. Raises
    ValueError for documents that this version does not understand.
    """
    if ledger.state is None:
        return None
    state = json.loads(ledger.state)
    if state.get("version") != _VERSION:
        raise ValueError(f"the ledger of {account} was written by another version ({state.get('version')!r})")
    day = date.fromisoformat(state["day"])
    orders = [one for one in map(json.loads, ledger.orders.values()) if one["day"] == state["day"]]
    fills = [one for one in map(json.loads, ledger.fills) if one["day"] == state["day"]]
    book = SimulatedAccount(
        id=account,
        day=day,
        opening=Decimal(state["opening"]),
        fills=[_read_fill(one) for one in fills],
        holdings={InstrumentId.parse(name): _read_held(held) for name, held in state["holdings"].items()},
        marks={InstrumentId.parse(name): Decimal(mark) for name, mark in state["marks"].items()},
        orders_named=state["orders_named"],
        trades_named=state["trades_named"],
        at=datetime.fromisoformat(state["at"]),
    )
    rows: dict[InstrumentId, int] = {}
    for one in state["positions"]:
        position = _read_position(one)
        book.positions[position.key] = position
    for one in state["contracts"]:
        name = InstrumentId.parse(one["id"])
        row, book.instruments[name] = find(name) or (UNLISTED, _read_contract(name, one))
        rows[name] = row
    for one in sorted(orders, key=lambda order: str(order["id"])):
        order = _read_order(account, one, rows, book.instruments)
        book.orders[order.order_id] = order
    return book


def kept_at(state: str) -> datetime:
    """When the last event of a kept state happened (aware UTC): the exchange's clock must not stand before it."""
    return datetime.fromisoformat(json.loads(state)["at"])


def _text(document: Json) -> str:
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False)


def _state(account: SimulatedAccount, at: datetime) -> Json:
    return {
        "version": _VERSION,
        "day": account.day.isoformat(),
        "at": at.isoformat(),
        "opening": str(account.opening),
        "orders_named": account.orders_named,
        "trades_named": account.trades_named,
        "positions": [_position(one) for one in account.positions.values()],
        "holdings": {name.text: _held(held) for name, held in account.holdings.items()},
        "contracts": [_contract(one) for one in account.instruments.values()],
        "marks": {name.text: str(mark) for name, mark in account.marks.items()},
    }


def _contract(instrument: Instrument) -> Json:
    return {
        "id": instrument.id.text,
        "name": instrument.name,
        "lot_size": instrument.lot_size,
        "tick_size": str(instrument.tick_size),
        "multiplier": str(instrument.multiplier),
        "isin": instrument.isin,
        "has_closing_auction": instrument.has_closing_auction,
    }


def _read_contract(name: InstrumentId, document: Json) -> Instrument:
    return Instrument(
        id=name,
        name=document["name"],
        lot_size=document["lot_size"],
        tick_size=Decimal(document["tick_size"]),
        multiplier=Decimal(document["multiplier"]),
        isin=document["isin"],
        has_closing_auction=document["has_closing_auction"],
    )


def _position(position: Position) -> Json:
    return {
        "instrument": position.instrument.text,
        "product": position.product.value,
        "quantity": position.quantity,
        "average_price": str(position.average_price),
        "realised_pnl": str(position.realised_pnl),
        "buy_quantity": position.buy_quantity,
        "buy_value": str(position.buy_value),
        "sell_quantity": position.sell_quantity,
        "sell_value": str(position.sell_value),
        "carried_quantity": position.carried_quantity,
        "carried_price": str(position.carried_price),
        "multiplier": str(position.multiplier),
    }


def _read_position(document: Json) -> Position:
    return Position(
        instrument=InstrumentId.parse(document["instrument"]),
        product=Product(document["product"]),
        quantity=document["quantity"],
        average_price=Decimal(document["average_price"]),
        realised_pnl=Decimal(document["realised_pnl"]),
        buy_quantity=document["buy_quantity"],
        buy_value=Decimal(document["buy_value"]),
        sell_quantity=document["sell_quantity"],
        sell_value=Decimal(document["sell_value"]),
        carried_quantity=document["carried_quantity"],
        carried_price=Decimal(document["carried_price"]),
        multiplier=Decimal(document["multiplier"]),
    )


def _held(held: HeldShares) -> Json:
    return {"settled": held.settled, "t1": held.t1, "average_price": str(held.average_price)}


def _read_held(document: Json) -> HeldShares:
    return HeldShares(document["settled"], document["t1"], Decimal(document["average_price"]))


def _order(order: ExchangeOrder, day: date) -> Json:
    return {
        "day": day.isoformat(),
        "id": order.order_id,
        "tag": order.tag,
        "request": _request(order.request),
        "sequence": order.sequence,
        "placed_at": order.placed_at.isoformat(),
        "updated_at": order.updated_at.isoformat(),
        "protection": str(order.protection),
        "stage": order.stage.value,
        "limit_paise": order.limit_paise,
        "trigger_paise": order.trigger_paise,
        "triggered": order.triggered,
        "filled": order.filled,
        "value_paise": order.value_paise,
        "ahead": order.ahead,
        "displayed": order.displayed,
        "end": None if order.end is None else order.end.value,
        "reason": order.reason,
    }


def _read_order(
    account: AccountId,
    document: Json,
    rows: Mapping[InstrumentId, int],
    instruments: Mapping[InstrumentId, Instrument],
) -> ExchangeOrder:
    request = _read_request(document["request"])
    return ExchangeOrder(
        account=account,
        order_id=BrokerOrderId(document["id"]),
        tag=None if document["tag"] is None else ClientTag(document["tag"]),
        instrument=instruments[request.instrument],
        row=rows[request.instrument],
        request=request,
        sequence=document["sequence"],
        placed_at=datetime.fromisoformat(document["placed_at"]),
        updated_at=datetime.fromisoformat(document["updated_at"]),
        protection=Decimal(document["protection"]),
        stage=Stage(document["stage"]),
        limit_paise=document["limit_paise"],
        trigger_paise=document["trigger_paise"],
        triggered=document["triggered"],
        filled=document["filled"],
        value_paise=document["value_paise"],
        ahead=document["ahead"],
        displayed=document["displayed"],
        end=None if document["end"] is None else OrderStatus(document["end"]),
        reason=document["reason"],
    )


def _request(request: OrderRequest) -> Json:
    return {
        "instrument": request.instrument.text,
        "side": request.side.value,
        "quantity": request.quantity,
        "order_type": request.order_type.value,
        "product": request.product.value,
        "validity": request.validity.value,
        "limit_price": _plain(request.limit_price),
        "trigger_price": _plain(request.trigger_price),
        "disclosed_quantity": request.disclosed_quantity,
        "market_protection": _plain(request.market_protection),
        "variety": request.variety.value,
    }


def _read_request(document: Json) -> OrderRequest:
    return OrderRequest(
        instrument=InstrumentId.parse(document["instrument"]),
        side=Side(document["side"]),
        quantity=document["quantity"],
        order_type=OrderType(document["order_type"]),
        product=Product(document["product"]),
        validity=Validity(document["validity"]),
        limit_price=_exact(document["limit_price"]),
        trigger_price=_exact(document["trigger_price"]),
        disclosed_quantity=document["disclosed_quantity"],
        market_protection=_exact(document["market_protection"]),
        variety=Variety(document["variety"]),
    )


def _fill(fill: Fill, day: date) -> Json:
    return {
        "day": day.isoformat(),
        "trade_id": fill.trade_id,
        "order_id": fill.broker_order_id,
        "instrument": fill.instrument.text,
        "side": fill.side.value,
        "product": fill.product.value,
        "quantity": fill.quantity,
        "price": str(fill.price),
        "filled_at": fill.filled_at.isoformat(),
    }


def _read_fill(document: Json) -> Fill:
    return Fill(
        trade_id=TradeId(document["trade_id"]),
        broker_order_id=BrokerOrderId(document["order_id"]),
        instrument=InstrumentId.parse(document["instrument"]),
        side=Side(document["side"]),
        product=Product(document["product"]),
        quantity=document["quantity"],
        price=Decimal(document["price"]),
        filled_at=datetime.fromisoformat(document["filled_at"]),
    )


def _plain(value: Decimal | None) -> str | None:
    return None if value is None else str(value)


def _exact(value: str | None) -> Decimal | None:
    return None if value is None else Decimal(value)
