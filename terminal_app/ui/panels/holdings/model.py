"""A holding as a row of the table, and the table's columns."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from decimal import Decimal
from typing import Any

from msgspec import Struct

from terminal_app.domain.ids import AccountId, InstrumentId
from terminal_app.ui import formats
from terminal_app.ui.grid.cells import Cell, Column
from terminal_app.ui.grid.table_model import TableModel


class HoldingRow(Struct, frozen=True):
    """What the table shows of one holding. Rupees, None where not known; ``old_s``: seconds since the price was heard."""

    account: AccountId
    account_name: str
    instrument: InstrumentId
    label: str
    market: str
    quantity: int
    t1: int
    sellable: int
    pledged: int
    average: Decimal
    places: int
    last_price: Decimal | None
    day_change: float | None
    old_s: float | None = None

    @property
    def total(self) -> int:
        """Settled and unsettled units."""
        return self.quantity + self.t1

    @property
    def invested(self) -> Decimal:
        """What was paid for all of it."""
        return self.average * self.total

    @property
    def value(self) -> Decimal | None:
        """What all of it is worth now."""
        return None if self.last_price is None else self.last_price * self.total

    @property
    def pnl(self) -> Decimal | None:
        """Gain since it was bought."""
        return None if self.value is None else self.value - self.invested

    @property
    def pnl_percent(self) -> Decimal | None:
        """The gain in percent of what was paid."""
        return None if self.pnl is None or not self.invested else self.pnl / self.invested * 100


def row_key(row: HoldingRow) -> Hashable:
    """What tells rows apart."""
    return (row.account, row.instrument)


def holdings_model() -> TableModel[HoldingRow]:
    """The table's model, empty."""
    return TableModel(_columns(), row_key)


def _columns() -> list[Column[HoldingRow]]:
    return [
        Column(
            "instrument",
            "Instrument",
            lambda row: Cell(row.label, suffix=row.market),
            sort=lambda row: row.label,
            width=170,
        ),
        Column("account", "Account", lambda row: Cell(row.account_name, "text.2"), width=96, hidden=True),
        _number("quantity", "Qty", lambda row: _units(row.quantity), lambda row: row.quantity, 70),
        _number("t1", "T1", lambda row: _units(row.t1), lambda row: row.t1, 56, "Bought and not yet delivered"),
        _number("sellable", "Sellable", lambda row: _units(row.sellable), lambda row: row.sellable, 76),
        _number("pledged", "Pledged", lambda row: _units(row.pledged), lambda row: row.pledged, 70, hidden=True),
        _number("average", "Average", lambda row: Cell(formats.price(row.average)), lambda row: row.average, 90),
        _number("last_price", "LTP", _last_price, lambda row: row.last_price, 100, flash=True),
        _number("value", "Value", _value, lambda row: row.value, 110),
        _number("pnl", "P&L", _pnl, lambda row: row.pnl, 110),
        _number("pnl_percent", "P&L %", _percent, lambda row: row.pnl_percent, 78),
        _number("day_change", "Day chg", _day_change, lambda row: row.day_change, 82),
    ]


def _number(
    key: str,
    title: str,
    cell: Callable[[HoldingRow], Cell],
    sort: Callable[[HoldingRow], Any],
    width: int,
    tooltip: str = "",
    *,
    flash: bool = False,
    hidden: bool = False,
) -> Column[HoldingRow]:
    return Column(key, title, cell, sort, "number", width, flash, hidden, tooltip)


def _units(value: int) -> Cell:
    return Cell(formats.quantity(value), "text.1" if value else "text.3")


def _last_price(row: HoldingRow) -> Cell:
    text = formats.price(row.last_price, row.places)
    if row.old_s is not None:
        return Cell(text, "text.3", icon="clock", icon_tone="warn", tooltip=f"The price is {formats.age(row.old_s)}.")
    return Cell(text, "text.3" if row.last_price is None else "text.1")


def _value(row: HoldingRow) -> Cell:
    return Cell(formats.money(row.value), "text.3" if row.value is None or row.old_s is not None else "text.1")


def _pnl(row: HoldingRow) -> Cell:
    return Cell(formats.signed(row.pnl), "text.3" if row.old_s is not None else formats.tone(row.pnl), strong=True)


def _percent(row: HoldingRow) -> Cell:
    tone = "text.3" if row.old_s is not None else formats.tone(row.pnl_percent)
    return Cell(formats.percent(row.pnl_percent), tone)


def _day_change(row: HoldingRow) -> Cell:
    if row.old_s is not None:
        return Cell(formats.age(row.old_s), "warn")
    return Cell(formats.percent(row.day_change), formats.tone(row.day_change))
