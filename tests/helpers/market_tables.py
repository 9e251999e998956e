"""The dated tables of the product, as the simulated markets get them."""

from __future__ import annotations

import json
from functools import cache

from terminal_app.domain.hours import MarketHours
from terminal_app.simulator.contracts import ContractTables
from tests.helpers.folders import REPOSITORY

DATA = REPOSITORY / "resources" / "data"


@cache
def market_hours() -> MarketHours:
    """Holidays and sessions."""
    holidays, sessions = (
        json.loads((DATA / f"{name}.json").read_text(encoding="utf-8")) for name in ("holidays", "sessions")
    )
    return MarketHours.from_tables(holidays, sessions)


@cache
def contract_tables() -> ContractTables:
    """Ticks, lots, freeze quantities and the synthetic market."""
    return ContractTables.read(DATA)
