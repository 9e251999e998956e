"""What contracts look like on a day: tick, lot and freeze quantity from the dated tables."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from msgspec import Struct

from terminal_app.domain.enums import Exchange
from terminal_app.domain.errors import ConfigError
from terminal_app.domain.values import to_paise

CASH = "CASH"
INDEX = "INDEX"
INDEX_FUTURE = "INDEX_FUTURE"
OPTION = "OPTION"


class ContractTables(Struct, frozen=True):
    """The parsed ``ticks.json``, ``lot_sizes.json``, ``freeze_quantities.json`` and ``synthetic_market.json``."""

    ticks: Mapping[str, Any]
    lot_sizes: Mapping[str, Any]
    freeze_quantities: Mapping[str, Any]
    synthetic_market: Mapping[str, Any]

    @classmethod
    def read(cls, folder: Path) -> ContractTables:
        """Read the four files of ``folder``. Raises ConfigError naming a file that is missing or not JSON."""
        names = ("ticks", "lot_sizes", "freeze_quantities", "synthetic_market")
        return cls(*(_read(folder / f"{name}.json") for name in names))

    def tick_paise(self, market: str, exchange: Exchange, day: date, price_paise: int) -> int:
        """The tick of a price in this market on this day, in paise (market-rules 4). Raises ConfigError where none is
        known.

        The exchange fixes an instrument's tick for a month from the last close before it: give that price.
        """
        price = Decimal(price_paise) / 100
        for reach, bound, tick in self._tick_row(market, exchange, day)["bands"]:
            limit = Decimal(bound)
            if (reach == "below" and price < limit) or (reach == "to" and price <= limit) or reach == "above":
                return to_paise(Decimal(tick))
        raise ConfigError("ticks", f"The tick table has no band of {exchange} {market} for {price}.")

    def lot(self, exchange: Exchange, underlying: str, expiry: date) -> int:
        """The lot of the contracts that expire on this day, in units (market-rules 6.2). Raises ConfigError where none
        is known.
        """
        rows = [
            row
            for row in self.lot_sizes["rows"]
            if row["exchange"] == exchange
            and row["underlying"] == underlying
            and date.fromisoformat(row["first_expiry"]) <= expiry
        ]
        if not rows:
            raise ConfigError("lot sizes", f"The table of lot sizes has none for {underlying} expiring on {expiry}.")
        return int(max(rows, key=lambda row: str(row["first_expiry"]))["lot"])

    def freeze(self, exchange: Exchange, underlying: str, day: date) -> int:
        """The largest quantity of one order on this day, in units; 0 where none is published (market-rules 6.1)."""
        rows = [
            row
            for row in self.freeze_quantities["rows"]
            if row["exchange"] == exchange and underlying in row["units"] and date.fromisoformat(row["from"]) <= day
        ]
        return int(max(rows, key=lambda row: str(row["from"]))["units"][underlying]) if rows else 0

    def _tick_row(self, market: str, exchange: Exchange, day: date) -> Mapping[str, Any]:
        rows = [
            row
            for row in self.ticks["rows"]
            if row["market"] == market and exchange in row["exchanges"] and date.fromisoformat(row["from"]) <= day
        ]
        if not rows:
            raise ConfigError("ticks", f"The tick table has no row of {exchange} {market} for {day}.")
        found: Mapping[str, Any] = max(rows, key=lambda row: str(row["from"]))
        return found


def _read(path: Path) -> Mapping[str, Any]:
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(path.name, f"The table {path.name} cannot be read: {error.strerror or error}.") from error
    except ValueError as error:
        raise ConfigError(path.name, f"The table {path.name} is not valid JSON: {error}.") from error
    if not isinstance(table, dict):
        raise ConfigError(path.name, f"The table {path.name} must be a JSON object.")
    return table
