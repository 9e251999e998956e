"""Orders, their events and fills as rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, insert, or_, select

from terminal_app.domain.clock import ist
from terminal_app.domain.enums import OrderStatus
from terminal_app.domain.fill import Fill
from terminal_app.domain.ids import AccountId, BrokerOrderId, ClientOrderId, ClientTag, TradeId
from terminal_app.domain.order import Order, OrderEvent, OrderRequest
from terminal_app.storage.orders import SavedOrders
from terminal_app.storage.sql.upsert import add_once, put
from terminal_app.storage.tables import FILLS, ORDER_EVENTS, ORDERS

_ORDER_KEYS = ("book", "account", "key")
_FILL_KEYS = ("book", "account", "trading_day", "trade_id", "broker_order_id")
_UNSETTLED = tuple(status for status in OrderStatus if not status.is_closed)

_DELETE_FOREIGN = delete(ORDERS).where(
    ORDERS.c.book == bindparam("of_book"),
    ORDERS.c.account == bindparam("of_account"),
    ORDERS.c.key == bindparam("of_key"),
)


def add_intent(connection: Connection, book: str, account: AccountId, order: Order, event: OrderEvent) -> None:
    """A new order. Raises IntegrityError where its id was used before."""
    connection.execute(insert(ORDERS), _order_row(book, account, order))
    connection.execute(insert(ORDER_EVENTS), _event_row(book, account, event))


def save(
    connection: Connection,
    book: str,
    account: AccountId,
    order: Order,
    events: Sequence[OrderEvent],
    fills: Sequence[Fill],
) -> None:
    """The order's newest state with what happened to it."""
    if order.client_id is not None and order.broker_id is not None:
        # It may have been seen under the broker's id before it was known to be ours.
        foreign = {"of_book": book, "of_account": account, "of_key": _foreign_key(order.placed_at, order.broker_id)}
        connection.execute(_DELETE_FOREIGN, foreign)
    put(connection, ORDERS, _ORDER_KEYS, _order_row(book, account, order))
    if events:
        connection.execute(insert(ORDER_EVENTS), [_event_row(book, account, event) for event in events])
    add_once(connection, FILLS, _FILL_KEYS, [_fill_row(book, account, fill) for fill in fills])


def load(connection: Connection, book: str, account: AccountId, since: datetime) -> SavedOrders:
    """What ``OrderRepository.load`` promises."""
    orders = connection.execute(
        select(ORDERS)
        .where(
            ORDERS.c.book == book,
            ORDERS.c.account == account,
            or_(ORDERS.c.updated_at >= since, ORDERS.c.status.in_(_UNSETTLED)),
        )
        .order_by(ORDERS.c.placed_at, ORDERS.c.id)
    )
    fills = connection.execute(
        select(FILLS)
        .where(FILLS.c.book == book, FILLS.c.account == account, FILLS.c.filled_at >= since)
        .order_by(FILLS.c.filled_at, FILLS.c.id)
    )
    return SavedOrders([_order(row) for row in orders], [_fill(row) for row in fills])


def events(connection: Connection, book: str, client_id: ClientOrderId) -> list[OrderEvent]:
    """An order's hops, oldest first."""
    rows = connection.execute(
        select(ORDER_EVENTS)
        .where(ORDER_EVENTS.c.book == book, ORDER_EVENTS.c.client_id == client_id)
        .order_by(ORDER_EVENTS.c.id)
    )
    return [OrderEvent(ClientOrderId(row.client_id), row.time, row.kind, row.text) for row in rows]


def _foreign_key(placed_at: datetime, broker_id: BrokerOrderId) -> str:
    """Brokers number anew each day."""
    return f"{ist(placed_at).date().isoformat()}/{broker_id}"


def _key(order: Order) -> str:
    if order.client_id is not None:
        return order.client_id
    if order.broker_id is None:
        raise ValueError("an order needs our id or the broker's to be stored")
    return _foreign_key(order.placed_at, order.broker_id)


def _order_row(book: str, account: AccountId, order: Order) -> dict[str, Any]:
    request = order.request
    return {
        "book": book,
        "account": account,
        "key": _key(order),
        "client_id": order.client_id,
        "tag": order.tag,
        "broker_id": order.broker_id,
        "instrument": request.instrument,
        "side": request.side,
        "quantity": request.quantity,
        "order_type": request.order_type,
        "product": request.product,
        "validity": request.validity,
        "variety": request.variety,
        "limit_price": request.limit_price,
        "trigger_price": request.trigger_price,
        "disclosed_quantity": request.disclosed_quantity,
        "market_protection": request.market_protection,
        "status": order.status,
        "pending": order.pending,
        "filled_quantity": order.filled_quantity,
        "average_price": order.average_price,
        "reason": order.reason,
        "validity_minutes": request.validity_minutes,
        "placed_at": order.placed_at,
        "updated_at": order.updated_at,
    }


def _order(row: Row[Any]) -> Order:
    request = OrderRequest(
        instrument=row.instrument,
        side=row.side,
        quantity=row.quantity,
        order_type=row.order_type,
        product=row.product,
        validity=row.validity,
        limit_price=row.limit_price,
        trigger_price=row.trigger_price,
        disclosed_quantity=row.disclosed_quantity,
        market_protection=row.market_protection,
        variety=row.variety,
        validity_minutes=row.validity_minutes,
    )
    return Order(
        request=request,
        status=row.status,
        placed_at=row.placed_at,
        updated_at=row.updated_at,
        client_id=None if row.client_id is None else ClientOrderId(row.client_id),
        tag=None if row.tag is None else ClientTag(row.tag),
        broker_id=None if row.broker_id is None else BrokerOrderId(row.broker_id),
        pending=row.pending,
        filled_quantity=row.filled_quantity,
        average_price=row.average_price,
        reason=row.reason,
    )


def _event_row(book: str, account: AccountId, event: OrderEvent) -> dict[str, Any]:
    return {
        "book": book,
        "account": account,
        "client_id": event.client_id,
        "time": event.time,
        "kind": event.kind,
        "text": event.text,
    }


def _fill_row(book: str, account: AccountId, fill: Fill) -> dict[str, Any]:
    return {
        "book": book,
        "account": account,
        "trading_day": ist(fill.filled_at).date(),
        "trade_id": fill.trade_id,
        "broker_order_id": fill.broker_order_id,
        "instrument": fill.instrument,
        "side": fill.side,
        "product": fill.product,
        "quantity": fill.quantity,
        "price": fill.price,
        "filled_at": fill.filled_at,
    }


def _fill(row: Row[Any]) -> Fill:
    return Fill(
        trade_id=TradeId(row.trade_id),
        broker_order_id=BrokerOrderId(row.broker_order_id),
        instrument=row.instrument,
        side=row.side,
        product=row.product,
        quantity=row.quantity,
        price=row.price,
        filled_at=row.filled_at,
    )
