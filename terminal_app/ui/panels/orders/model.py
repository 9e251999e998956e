"""An order as a row of the table, and the table's columns."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from datetime import datetime
from decimal import Decimal
from typing import Any

from msgspec import Struct

from terminal_app.domain.enums import OrderStatus, Side
from terminal_app.domain.ids import AccountId, BrokerOrderId, ClientOrderId, ClientTag, InstrumentId
from terminal_app.ui import formats
from terminal_app.ui.grid.cells import Cell, Column
from terminal_app.ui.grid.table_model import TableModel
from terminal_app.ui.panels.common.words import side_cell

WORKING, CLOSED = "Working", "Closed"


class StatusWords(Struct, frozen=True):
    """A status in plain words: the state, a remark behind it, and a second line with somebody's words in full."""

    text: str
    tone: str = "text.1"
    remark: str = ""
    reason: str = ""
    icon: str = ""
    strong: bool = False


class OrderRow(Struct, frozen=True):
    """What the table shows of one order. Prices in rupees, None where there is none."""

    account: AccountId
    account_name: str
    client_id: ClientOrderId | None
    broker_id: BrokerOrderId | None
    tag: ClientTag | None
    placed_at: datetime
    side: Side
    instrument: InstrumentId
    label: str
    market: str
    product: str
    type: str
    validity: str
    quantity: int
    filled: int
    price: Decimal | None
    trigger: Decimal | None
    average: Decimal | None
    places: int
    status: OrderStatus
    words: StatusWords

    @property
    def is_closed(self) -> bool:
        """Whether nothing more can happen to it."""
        return self.status.is_closed

    @property
    def is_unknown(self) -> bool:
        """Whether nobody knows yet if it exists."""
        return self.status is OrderStatus.UNKNOWN


def row_key(row: OrderRow) -> Hashable:
    """What tells rows apart: our own id, else the broker's."""
    return (row.account, row.client_id or row.broker_id)


def orders_model() -> TableModel[OrderRow]:
    """The table's model, empty: working orders above closed ones."""
    return TableModel(_columns(), row_key, group=_group, tall=lambda row: bool(row.words.reason))


def _group(row: OrderRow) -> tuple[int, str]:
    return (1, CLOSED) if row.is_closed else (0, WORKING)


def _columns() -> list[Column[OrderRow]]:
    return [
        Column("time", "Time", _time, sort=lambda row: row.placed_at, width=78),
        Column("account", "Account", lambda row: Cell(row.account_name, "text.2"), width=96, hidden=True),
        Column("side", "Side", lambda row: side_cell(row.side), sort=lambda row: row.side.value, width=52),
        Column(
            "instrument",
            "Instrument",
            lambda row: Cell(row.label, suffix=row.market),
            sort=lambda row: row.label,
            width=234,
        ),
        Column("product", "Product", lambda row: Cell(row.product, "text.2"), sort=lambda row: row.product, width=60),
        Column("type", "Type", lambda row: Cell(row.type, "text.2"), sort=lambda row: row.type, width=58),
        Column(
            "validity", "Validity", lambda row: Cell(row.validity, "text.2"), sort=lambda row: row.validity,
            width=60, hidden=True,
        ),
        _number("filled", "Filled/Qty", _filled, lambda row: row.filled, 108),
        _number("price", "Price", lambda row: _price(row, row.price), lambda row: row.price, 80),
        _number("trigger", "Trigger", lambda row: _price(row, row.trigger), lambda row: row.trigger, 72),
        _number("average", "Average", lambda row: _price(row, row.average), lambda row: row.average, 80),
        Column(
            "broker_id",
            "Broker id",
            lambda row: Cell(row.broker_id or formats.EN_DASH, "text.2" if row.broker_id else "text.3"),
            width=130,
            hidden=True,
        ),
        Column("status", "Status, with the reason in full", _status, sort=lambda row: row.words.text, width=300),
    ]  # fmt: skip


def _number(
    key: str, title: str, cell: Callable[[OrderRow], Cell], sort: Callable[[OrderRow], Any], width: int
) -> Column[OrderRow]:
    return Column(key, title, cell, sort, "number", width)


def _time(row: OrderRow) -> Cell:
    return Cell(formats.clock(row.placed_at), "text.2")


def _filled(row: OrderRow) -> Cell:
    return Cell(formats.quantity(row.filled), suffix=f"/{formats.quantity(row.quantity)}")


def _price(row: OrderRow, value: Decimal | None) -> Cell:
    return Cell(formats.price(value, row.places), "text.3" if value is None else "text.1")


def _status(row: OrderRow) -> Cell:
    words = row.words
    return Cell(
        words.text,
        words.tone,
        strong=words.strong,
        suffix=words.remark,
        second=words.reason,
        icon=words.icon,
        icon_tone=words.tone,
        tooltip=words.reason or words.remark,
    )
