"""The paper broker's documents as rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, select

from terminal_app.domain.ids import AccountId
from terminal_app.domain.ledger import LedgerState
from terminal_app.storage.sql.upsert import add_once, put
from terminal_app.storage.tables import PAPER_FILLS, PAPER_ORDERS, PAPER_STATES


def load(connection: Connection, book: str, account: AccountId) -> LedgerState | None:
    """All of an account; None where nothing was ever appended."""
    states, orders, fills = PAPER_STATES.c, PAPER_ORDERS.c, PAPER_FILLS.c
    state = connection.execute(select(states.document).where(states.book == book, states.account == account)).scalar()
    order_rows = connection.execute(
        select(orders.order_id, orders.document)
        .where(orders.book == book, orders.account == account)
        .order_by(orders.id)
    ).all()
    fill_rows = connection.execute(
        select(fills.document).where(fills.book == book, fills.account == account).order_by(fills.id)
    ).all()
    if state is None and not order_rows and not fill_rows:
        return None
    return LedgerState(
        state, {row.order_id: row.document for row in order_rows}, tuple(row.document for row in fill_rows)
    )


def states(connection: Connection, book: str) -> tuple[str, ...]:
    """The state documents of the book's accounts."""
    return tuple(connection.execute(select(PAPER_STATES.c.document).where(PAPER_STATES.c.book == book)).scalars())


def append(
    connection: Connection,
    book: str,
    account: AccountId,
    orders: Mapping[str, str],
    fills: Sequence[tuple[str, str]],
    state: str | None,
) -> None:
    """Orders and state are replaced, fills added once."""
    owner = {"book": book, "account": account}
    order_rows = [owner | {"order_id": order_id, "document": document} for order_id, document in orders.items()]
    put(connection, PAPER_ORDERS, ("book", "account", "order_id"), order_rows)
    fill_rows = [owner | {"fill_id": fill_id, "document": document} for fill_id, document in fills]
    add_once(connection, PAPER_FILLS, ("book", "account", "fill_id"), fill_rows)
    if state is not None:
        put(connection, PAPER_STATES, ("book", "account"), owner | {"document": state})
