"""The order book of one client as Upstox shows it: every state an order went through, as JSON rows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from msgspec import Struct, field

from terminal_app.domain.enums import OrderStatus, OrderType, Product
from terminal_app.domain.fill import Fill
from terminal_app.domain.ids import BrokerOrderId
from terminal_app.domain.order import Order, OrderRequest
from terminal_app.simulator.dialects.upstox.contracts import Name
from terminal_app.simulator.dialects.upstox.shapes import book_time, rupees

ORDER_TYPES = {
    OrderType.MARKET: "MARKET",
    OrderType.LIMIT: "LIMIT",
    OrderType.SL: "SL",
    OrderType.SL_M: "SL-M",
}
PRODUCTS = {Product.DELIVERY: "D", Product.CARRY: "D", Product.INTRADAY: "I", Product.MTF: "MTF"}

_EXCHANGE_ORDER_IDS = 1_100_000_000_000_000


class Status(StrEnum):
    """The words for the states of an order."""

    RECEIVED = "put order req received"
    VALIDATION = "validation pending"
    OPEN_PENDING = "open pending"
    OPEN = "open"
    TRIGGER_PENDING = "trigger pending"
    COMPLETE = "complete"
    MODIFY_VALIDATION = "modify validation pending"
    MODIFY_PENDING = "modify pending"
    MODIFIED = "modified"
    NOT_MODIFIED = "not modified"
    CANCEL_PENDING = "cancel pending"
    NOT_CANCELLED = "not cancelled"
    CANCELLED = "cancelled"
    REJECTED = "rejected"
    AMO_RECEIVED = "after market order req received"
    AMO_MODIFY_RECEIVED = "modify after market order req received"
    AMO_CANCELLED = "cancelled after market order"


FINAL = frozenset({Status.COMPLETE, Status.CANCELLED, Status.REJECTED, Status.AMO_CANCELLED})

_ARRIVAL = (Status.RECEIVED, Status.VALIDATION, Status.OPEN_PENDING)
_CHANGE = (Status.MODIFY_VALIDATION, Status.MODIFY_PENDING, Status.MODIFIED)
_STATES = {
    OrderStatus.TRIGGER_PENDING: Status.TRIGGER_PENDING,
    OrderStatus.OPEN: Status.OPEN,
    OrderStatus.PARTIALLY_FILLED: Status.OPEN,
    OrderStatus.FILLED: Status.COMPLETE,
    OrderStatus.CANCELLED: Status.CANCELLED,
    OrderStatus.EXPIRED: Status.CANCELLED,
    OrderStatus.REJECTED: Status.REJECTED,
}


class State(Struct, frozen=True):
    """What an order was at one moment."""

    status: Status
    at: datetime
    request: OrderRequest
    filled: int = 0
    average: Decimal | None = None
    message: str = ""


class Record(Struct):
    """One order. ``exchange_id`` is its name at the exchange, None while it is not there (after-market, refused)."""

    order_id: str
    number: int
    name: Name
    request: OrderRequest
    tag: str
    placed_at: datetime
    is_amo: bool = False
    is_bracket: bool = False
    exchange_id: BrokerOrderId | None = None
    changes: int = 0
    states: list[State] = field(default_factory=list)
    awaits: Status | None = None
    """MODIFY_PENDING or CANCEL_PENDING while the exchange is asked for that."""

    @property
    def state(self) -> State:
        """The last one."""
        return self.states[-1]

    @property
    def is_final(self) -> bool:
        """Whether nothing more can happen to it."""
        return self.state.status in FINAL


class OrderBook:
    """The orders of one client's day. ``user`` is who placed them."""

    def __init__(self, user: str) -> None:
        self.user = user
        self._records: dict[str, Record] = {}
        self._at_exchange: dict[BrokerOrderId, Record] = {}
        self._count = 0

    def __iter__(self) -> Iterator[Record]:
        return iter(tuple(self._records.values()))

    def get(self, order_id: str) -> Record | None:
        """The order of this id, if it is of today."""
        return self._records.get(order_id)

    def begin_day(self) -> None:
        """A new trading day: the book is empty, but for after-market orders that wait."""
        self._records = {one.order_id: one for one in self if not one.is_final and one.exchange_id is None}
        self._at_exchange = {}

    def add(self, order_id: str, name: Name, request: OrderRequest, tag: str, at: datetime, **more: Any) -> Record:
        """Keep a new order."""
        self._count += 1
        record = Record(order_id, self._count, name, request, tag, at, **more)
        self._records[order_id] = record
        return record

    def bind(self, record: Record, exchange_id: BrokerOrderId) -> None:
        """The exchange knows the order by this name."""
        record.exchange_id = exchange_id
        self._at_exchange[exchange_id] = record

    def at_exchange(self, exchange_id: BrokerOrderId) -> Record | None:
        """The order that the exchange knows by this name."""
        return self._at_exchange.get(exchange_id)

    @staticmethod
    def put(record: Record, status: Status, at: datetime, message: str = "") -> State:
        """Add a state without a change of fills."""
        before = record.states[-1] if record.states else None
        filled, average = (before.filled, before.average) if before else (0, None)
        state = State(status, at, record.request, filled, average, message)
        record.states.append(state)
        return state

    def follow(self, record: Record, report: Order) -> list[State]:
        """Take in what the exchange says of an order; the states that this adds, oldest first."""
        at = report.updated_at
        before = len(record.states)
        record.request = report.request
        steps: tuple[Status, ...] = ()
        if not record.states or (
            record.is_amo
            and record.state.status
            in (
                Status.AMO_RECEIVED,
                Status.AMO_MODIFY_RECEIVED,
            )
        ):
            steps = _ARRIVAL
        elif record.awaits is Status.MODIFY_PENDING:
            steps = _CHANGE
        elif record.awaits is Status.CANCEL_PENDING:
            steps = (Status.CANCEL_PENDING,)
        record.awaits = None
        for step in steps:
            self.put(record, step, at)
        state = State(
            _STATES[report.status],
            at,
            report.request,
            report.filled_quantity,
            report.average_price,
            report.reason,
        )
        record.states.append(state)
        return record.states[before:]

    def refuse(self, record: Record, at: datetime, reason: str) -> list[State]:
        """The order is rejected after it was taken; the states that this adds."""
        before = len(record.states)
        for step in (Status.RECEIVED, Status.VALIDATION):
            self.put(record, step, at)
        self.put(record, Status.REJECTED, at, reason)
        return record.states[before:]

    def row(self, record: Record, state: State | None = None) -> dict[str, Any]:
        """An order as the book, its details and its history show it; ``state`` None for the last one."""
        state = state or record.state
        request = state.request
        reached = record.exchange_id is not None and state.status not in _ARRIVAL[:2]
        return {
            "exchange": record.name.short_exchange,
            "product": PRODUCTS[request.product],
            "price": rupees(request.limit_price),
            "quantity": request.quantity,
            "status": state.status.value,
            "guid": None,
            "tag": record.tag or None,
            "instrument_token": record.name.key,
            "placed_by": self.user,
            "trading_symbol": record.name.symbol,
            "tradingsymbol": record.name.symbol,
            "order_type": ORDER_TYPES[request.order_type],
            "validity": request.validity.value,
            "trigger_price": rupees(request.trigger_price),
            "disclosed_quantity": request.disclosed_quantity,
            "transaction_type": request.side.value,
            "average_price": rupees(state.average),
            "filled_quantity": state.filled,
            "pending_quantity": 0 if state.status in FINAL else request.quantity - state.filled,
            "status_message": state.message or None,
            "status_message_raw": state.message or None,
            "exchange_order_id": str(_EXCHANGE_ORDER_IDS + record.number) if reached else None,
            "parent_order_id": None,
            "order_id": record.order_id,
            "variety": "AMO" if record.is_amo else "SIMPLE",
            "order_timestamp": book_time(state.at),
            "exchange_timestamp": book_time(state.at) if reached else None,
            "is_amo": record.is_amo,
            "order_request_id": str(1 + record.changes),
            "order_ref_id": f"{record.order_id}-{record.number}",
        }

    def message(self, record: Record, state: State) -> dict[str, Any]:
        """The same as the portfolio stream tells it: what is not known is an empty string there."""
        row = {key: "" if value is None else value for key, value in self.row(record, state).items()}
        row.pop("tradingsymbol")
        return {"update_type": "order", "user_id": self.user, "instrument_key": record.name.key, **row}

    def trade(self, record: Record, fill: Fill) -> dict[str, Any]:
        """One fill as the trade routes show it."""
        return {
            "exchange": record.name.short_exchange,
            "product": PRODUCTS[fill.product],
            "trading_symbol": record.name.symbol,
            "tradingsymbol": record.name.symbol,
            "instrument_token": record.name.key,
            "order_type": ORDER_TYPES[record.request.order_type],
            "transaction_type": fill.side.value,
            "quantity": fill.quantity,
            "exchange_order_id": str(_EXCHANGE_ORDER_IDS + record.number),
            "order_id": record.order_id,
            "order_ref_id": f"{record.order_id}-{record.number}",
            "exchange_timestamp": book_time(fill.filled_at),
            "average_price": rupees(fill.price),
            "trade_id": fill.trade_id,
            "order_timestamp": book_time(record.placed_at),
        }
