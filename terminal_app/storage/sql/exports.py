"""Pages of rows for exports, as text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from msgspec import Struct
from sqlalchemy import Column, Connection, Row, Table, literal, select, tuple_

from terminal_app.domain.clock import ist
from terminal_app.domain.ids import AccountId
from terminal_app.storage.tables import FILLS, ORDERS, PNL_POINTS

PAGE_ROWS = 2000


class _Export(Struct, frozen=True):
    table: Table
    keys: tuple[Column[Any], ...]
    cells: Callable[[Row[Any]], tuple[Any, ...]]


def _order_cells(row: Row[Any]) -> tuple[Any, ...]:
    return (
        row.book,
        row.account,
        row.placed_at,
        row.updated_at,
        row.client_id,
        row.broker_id,
        row.tag,
        row.instrument,
        row.side,
        row.quantity,
        row.order_type,
        row.product,
        row.validity,
        row.variety,
        row.limit_price,
        row.trigger_price,
        row.disclosed_quantity,
        row.market_protection,
        row.status,
        row.pending,
        row.filled_quantity,
        row.average_price,
        row.reason,
        row.validity_minutes,
    )


def _fill_cells(row: Row[Any]) -> tuple[Any, ...]:
    return (
        row.book,
        row.account,
        row.filled_at,
        row.trade_id,
        row.broker_order_id,
        row.instrument,
        row.side,
        row.product,
        row.quantity,
        row.price,
    )


def _pnl_cells(row: Row[Any]) -> tuple[Any, ...]:
    return row.book, row.account, row.time, row.realised, row.unrealised, row.realised + row.unrealised


_EXPORTS: Mapping[str, _Export] = {
    "orders": _Export(ORDERS, (ORDERS.c.id,), _order_cells),
    "fills": _Export(FILLS, (FILLS.c.id,), _fill_cells),
    "pnl": _Export(PNL_POINTS, (PNL_POINTS.c.book, PNL_POINTS.c.account, PNL_POINTS.c.time), _pnl_cells),
}


def page(
    connection: Connection, kind: str, account: AccountId | None, after: tuple[Any, ...] | None
) -> tuple[list[tuple[str, ...]], tuple[Any, ...] | None]:
    """The rows that follow the key ``after``, and the key to go on from; None at the end.

    Raises KeyError for an unknown kind.
    """
    export = _EXPORTS[kind]
    query = select(export.table).order_by(*export.keys).limit(PAGE_ROWS)
    if account is not None:
        query = query.where(export.table.c.account == account)
    if after is not None:
        bounds = [literal(value, key.type) for value, key in zip(after, export.keys, strict=True)]
        query = query.where(tuple_(*export.keys) > tuple_(*bounds))
    rows = connection.execute(query).all()
    texts = [tuple(_text(value) for value in export.cells(row)) for row in rows]
    more = len(rows) == PAGE_ROWS
    return texts, tuple(rows[-1]._mapping[key] for key in export.keys) if more else None


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case datetime():
            return ist(value).isoformat(timespec="microseconds")
        case Decimal():
            return format(value, "f")
        case _:
            return str(value)
