"""A position as a row of the table, and the table's columns."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from decimal import Decimal
from typing import Any, Protocol

from msgspec import Struct

from terminal_app.domain.enums import Product, Side
from terminal_app.domain.ids import AccountId, InstrumentId
from terminal_app.domain.position import Position, PositionKey
from terminal_app.ui import formats
from terminal_app.ui.grid.cells import Cell, Column
from terminal_app.ui.grid.table_model import TableModel


class Worth(Protocol):
    """A position as the portfolio values it now, in rupees; None where no price is known."""

    @property
    def account(self) -> AccountId:
        """Whose it is."""
        ...

    @property
    def position(self) -> Position:
        """What is held."""
        ...

    @property
    def last_price(self) -> Decimal | None:
        """The price it is valued at."""
        ...

    @property
    def unrealised(self) -> Decimal | None:
        """The open part, from its entry price."""
        ...

    @property
    def realised(self) -> Decimal:
        """What was closed today, from its entry price."""
        ...

    @property
    def day_pnl(self) -> Decimal | None:
        """Today's change, from the previous close for what was carried."""
        ...

    @property
    def differs(self) -> Position | None:
        """The broker's figure where it disagrees."""
        ...


class PositionRow(Struct, frozen=True):
    """What the table shows of one position. Money in rupees, None where not known; ``old_s``: seconds since the price was heard."""

    account: AccountId
    account_name: str
    key: PositionKey
    label: str
    market: str
    product: str
    quantity: int
    lots: Decimal | None
    average: Decimal | None
    last_price: Decimal | None
    places: int
    day_change: float | None
    realised: Decimal
    unrealised: Decimal | None
    day_pnl: Decimal | None
    broker_quantity: int | None = None
    old_s: float | None = None

    @property
    def instrument(self) -> InstrumentId:
        """What is held."""
        return self.key.instrument

    @property
    def is_open(self) -> bool:
        """Whether anything is left to close."""
        return self.quantity != 0

    @property
    def is_exposure(self) -> bool:
        """Whether an exit closes it: shares sold out of holdings only look like a short position."""
        return self.is_open and (self.quantity > 0 or self.key.product is not Product.DELIVERY)

    @property
    def closing_side(self) -> Side:
        """The side that reduces it."""
        return Side.SELL if self.quantity > 0 else Side.BUY


def row_key(row: PositionRow) -> Hashable:
    """What tells rows apart."""
    return (row.account, row.key)


def positions_model() -> TableModel[PositionRow]:
    """The table's model, empty."""
    return TableModel(_columns(), row_key)


def _columns() -> list[Column[PositionRow]]:
    return [
        Column("instrument", "Instrument", _instrument, sort=lambda row: row.label, width=220),
        Column("account", "Account", lambda row: Cell(row.account_name, "text.2"), width=96, hidden=True),
        Column("product", "Product", lambda row: Cell(row.product), sort=lambda row: row.product, width=64),
        _number("quantity", "Qty", _quantity, lambda row: row.quantity, 118),
        _number("lots", "Lots", _lots, lambda row: row.lots, 48),
        _number("average", "Average", _average, lambda row: row.average, 86),
        _number("last_price", "LTP", _last_price, lambda row: row.last_price, 96, flash=True),
        _number("day_change", "Day chg", _day_change, lambda row: row.day_change, 78),
        _number("realised", "Realised", lambda row: _pnl(row.realised), lambda row: row.realised, 96),
        _number("unrealised", "Unrealised", _unrealised, lambda row: row.unrealised, 98),
        _number("day_pnl", "Day P&L", _day_pnl, lambda row: row.day_pnl, 104),
    ]


def _number(
    key: str,
    title: str,
    cell: Callable[[PositionRow], Cell],
    sort: Callable[[PositionRow], Any],
    width: int,
    *,
    flash: bool = False,
) -> Column[PositionRow]:
    return Column(key, title, cell, sort, "number", width, flash)


def _instrument(row: PositionRow) -> Cell:
    return Cell(row.label, "text.1" if row.is_open else "text.2", suffix=row.market)


def _quantity(row: PositionRow) -> Cell:
    chip = "" if row.broker_quantity is None else f"broker {formats.quantity(row.broker_quantity)}"
    text = formats.quantity(row.quantity, sign=True)
    return Cell(text, formats.quantity_tone(row.quantity), chip=chip, chip_kind="warn")


def _lots(row: PositionRow) -> Cell:
    if row.lots is None:
        return Cell("")
    return Cell(formats.number(row.lots, 0 if row.lots == row.lots.to_integral_value() else 2), "text.2")


def _average(row: PositionRow) -> Cell:
    if not row.is_open:
        return Cell("closed", "text.3")
    return Cell(formats.price(row.average, row.places))


def _last_price(row: PositionRow) -> Cell:
    text = formats.price(row.last_price, row.places)
    if row.old_s is not None:
        return Cell(text, "text.3", icon="clock", icon_tone="warn", tooltip=f"The price is {formats.age(row.old_s)}.")
    return Cell(text, "text.1" if row.last_price is not None else "text.3")


def _day_change(row: PositionRow) -> Cell:
    if row.old_s is not None:
        return Cell(formats.age(row.old_s), "warn")
    return Cell(formats.percent(row.day_change), formats.tone(row.day_change))


def _pnl(value: Decimal | None, *, strong: bool = False, old: bool = False) -> Cell:
    return Cell(formats.signed(value), "text.3" if old else formats.tone(value), strong=strong)


def _unrealised(row: PositionRow) -> Cell:
    return _pnl(row.unrealised, old=row.old_s is not None)


def _day_pnl(row: PositionRow) -> Cell:
    return _pnl(row.day_pnl, strong=True, old=row.old_s is not None)
