"""What ``bhav export`` prints from the database: fixed columns, plain decimals, times in IST.

The columns are told in docs/exports.md.
"""

from __future__ import annotations

import csv
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TextIO

from msgspec import Struct

from terminal_app.domain.ids import AccountId
from terminal_app.storage.database import Database

if TYPE_CHECKING:
    from sqlalchemy import Connection

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


class ExportColumn(Struct, frozen=True):
    """``is_number``: the cell is a plain decimal, whose minus sign must stay."""

    name: str
    is_number: bool = False


def _columns(text: str) -> tuple[ExportColumn, ...]:
    return tuple(ExportColumn(word.rstrip("#"), word.endswith("#")) for word in text.split())


EXPORT_COLUMNS: Mapping[str, tuple[ExportColumn, ...]] = {
    "orders": _columns(
        "book account placed_at updated_at client_order_id broker_order_id tag instrument side quantity# order_type "
        "product validity variety limit_price# trigger_price# disclosed_quantity# market_protection# status pending "
        "filled_quantity# average_price# reason validity_minutes#"
    ),
    "fills": _columns("book account filled_at trade_id broker_order_id instrument side product quantity# price#"),
    "pnl": _columns("book account time realised# unrealised# total#"),
}
"""The columns of each export; ``#`` in the source marks numbers."""


async def export_rows(
    database: Database, kind: str, account: AccountId | None = None
) -> AsyncIterator[list[tuple[str, ...]]]:
    """Pages of rows for ``orders``, ``fills`` or ``pnl``, of all books, oldest first; an absent value is empty text.

    ``account`` None: all accounts. Reads only. Raises StorageError.
    """
    after: tuple[Any, ...] | None = None
    while True:

        def work(connection: Connection, after: tuple[Any, ...] | None = after) -> Any:
            from terminal_app.storage.sql import exports

            return exports.page(connection, kind, account, after)

        rows, after = await database.read(work)
        if rows:
            yield rows
        if after is None:
            return


def write_csv(
    rows: Iterable[Sequence[str]], columns: Sequence[ExportColumn], stream: TextIO, header: bool = True
) -> None:
    """Rows as CSV.

    A text cell that a spreadsheet would run as a formula gets an apostrophe in front; numbers stay plain.

    ``stream`` is open for text in UTF-8 with ``newline=""``.
    """
    writer = csv.writer(stream, lineterminator="\n")
    if header:
        writer.writerow([column.name for column in columns])
    for row in rows:
        writer.writerow(
            [cell if column.is_number else _guarded(cell) for cell, column in zip(row, columns, strict=True)]
        )


async def write_export(database: Database, kind: str, stream: TextIO, account: AccountId | None = None) -> int:
    """The whole export with its header row; how many rows it has. Raises StorageError, KeyError for an unknown kind."""
    columns = EXPORT_COLUMNS[kind]
    write_csv((), columns, stream)
    count = 0
    async for rows in export_rows(database, kind, account):
        write_csv(rows, columns, stream, header=False)
        count += len(rows)
    return count


def _guarded(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell
