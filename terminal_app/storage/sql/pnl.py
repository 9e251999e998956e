"""P&L points as rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection, select

from terminal_app.domain.clock import ist
from terminal_app.domain.enums import Product
from terminal_app.domain.ids import AccountId, InstrumentId
from terminal_app.domain.pnl import PnlPoint, PositionPoint
from terminal_app.domain.position import PositionKey
from terminal_app.storage.sql.upsert import add_once, put, put_newer
from terminal_app.storage.tables import PNL_DAYS, PNL_POINTS, PNL_POSITION_POINTS, PNL_SERIES

_SERIES_KEYS = ("book", "account", "instrument", "product")


def add(
    connection: Connection,
    book: str,
    account: AccountId,
    point: PnlPoint,
    positions: Sequence[tuple[InstrumentId, Product, int, Decimal]],
) -> None:
    """One point of the account with those of its positions; a point of the same time is replaced."""
    row = {
        "book": book,
        "account": account,
        "time": point.time,
        "realised": point.realised,
        "unrealised": point.unrealised,
    }
    put(connection, PNL_POINTS, ("book", "account", "time"), row)
    put_newer(connection, PNL_DAYS, ("book", "account", "day"), row | {"day": ist(point.time).date()})
    if not positions:
        return
    series = _series(connection, book, account)
    missing = [(instrument, product) for instrument, product, _, _ in positions if (instrument, product) not in series]
    if missing:
        rows = [{"book": book, "account": account, "instrument": i, "product": p} for i, p in missing]
        add_once(connection, PNL_SERIES, _SERIES_KEYS, rows)
        series = _series(connection, book, account)
    points = [
        {"series": series[instrument, product], "time": point.time, "quantity": quantity, "pnl": pnl}
        for instrument, product, quantity, pnl in positions
    ]
    put(connection, PNL_POSITION_POINTS, ("series", "time"), points)


def load(connection: Connection, book: str, account: AccountId, start: datetime, end: datetime) -> list[PnlPoint]:
    """Points in [start, end), oldest first."""
    points = PNL_POINTS.c
    rows = connection.execute(
        select(points.time, points.realised, points.unrealised)
        .where(points.book == book, points.account == account, points.time >= start, points.time < end)
        .order_by(points.time)
    )
    return [PnlPoint(*row) for row in rows]


def load_position(
    connection: Connection, book: str, account: AccountId, key: PositionKey, start: datetime, end: datetime
) -> list[PositionPoint]:
    """One position's points in [start, end), oldest first."""
    points, series = PNL_POSITION_POINTS.c, PNL_SERIES.c
    rows = connection.execute(
        select(points.time, points.quantity, points.pnl)
        .join(PNL_SERIES, points.series == series.id)
        .where(
            series.book == book,
            series.account == account,
            series.instrument == key.instrument,
            series.product == key.product,
            points.time >= start,
            points.time < end,
        )
        .order_by(points.time)
    )
    return [PositionPoint(*row) for row in rows]


def days(connection: Connection, book: str, account: AccountId, start: datetime, end: datetime) -> list[PnlPoint]:
    """The last point of each day whose last point lies in [start, end), oldest first."""
    points = PNL_DAYS.c
    rows = connection.execute(
        select(points.time, points.realised, points.unrealised)
        .where(points.book == book, points.account == account, points.time >= start, points.time < end)
        .order_by(points.day)
    )
    return [PnlPoint(*row) for row in rows]


def _series(connection: Connection, book: str, account: AccountId) -> dict[tuple[InstrumentId, Product], int]:
    rows = connection.execute(
        select(PNL_SERIES.c.instrument, PNL_SERIES.c.product, PNL_SERIES.c.id).where(
            PNL_SERIES.c.book == book, PNL_SERIES.c.account == account
        )
    )
    return {(row.instrument, row.product): row.id for row in rows}
