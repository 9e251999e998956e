"""A fill as a row of the table, and the table's columns."""

from __future__ import annotations

from collections.abc import Hashable
from datetime import datetime
from decimal import Decimal

from msgspec import Struct

from terminal_app.domain.enums import Side
from terminal_app.domain.ids import AccountId, BrokerOrderId, InstrumentId, TradeId
from terminal_app.ui import formats
from terminal_app.ui.grid.cells import Cell, Column
from terminal_app.ui.grid.table_model import TableModel
from terminal_app.ui.panels.common.words import side_cell


class TradeRow(Struct, frozen=True):
    """What the table shows of one fill. Rupees; ``value`` is price times units times the contract's multiplier."""

    account: AccountId
    account_name: str
    time: datetime
    side: Side
    instrument: InstrumentId
    label: str
    market: str
    product: str
    quantity: int
    price: Decimal
    value: Decimal
    places: int
    broker_order_id: BrokerOrderId
    trade_id: TradeId


def row_key(row: TradeRow) -> Hashable:
    """What tells rows apart: a trade id alone is not unique, because both sides of a trade may be ours."""
    return (row.account, row.trade_id, row.broker_order_id)


def trades_model() -> TableModel[TradeRow]:
    """The table's model, empty."""
    return TableModel(_columns(), row_key)


def _columns() -> list[Column[TradeRow]]:
    return [
        Column(
            "time", "Time", lambda row: Cell(formats.clock(row.time), "text.2"), sort=lambda row: row.time, width=78
        ),
        Column("account", "Account", lambda row: Cell(row.account_name, "text.2"), width=96, hidden=True),
        Column("side", "Side", lambda row: side_cell(row.side), sort=lambda row: row.side.value, width=56),
        Column(
            "instrument",
            "Instrument",
            lambda row: Cell(row.label, suffix=row.market),
            sort=lambda row: row.label,
            width=220,
        ),
        Column("product", "Product", lambda row: Cell(row.product, "text.2"), sort=lambda row: row.product, width=64),
        Column(
            "quantity",
            "Qty",
            lambda row: Cell(formats.quantity(row.quantity)),
            sort=lambda row: row.quantity,
            kind="number",
            width=76,
        ),
        Column(
            "price",
            "Price",
            lambda row: Cell(formats.price(row.price, row.places)),
            sort=lambda row: row.price,
            kind="number",
            width=88,
        ),
        Column(
            "value",
            "Value",
            lambda row: Cell(formats.money(row.value)),
            sort=lambda row: row.value,
            kind="number",
            width=110,
        ),
        Column("order", "Order id", lambda row: Cell(row.broker_order_id, "text.2"), width=140),
        Column("trade", "Trade id", lambda row: Cell(row.trade_id, "text.2"), width=110),
    ]
