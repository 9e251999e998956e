"""Ticks, lots and freeze quantities as the dated tables have them."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest

from terminal_app.domain.enums import Exchange
from terminal_app.domain.errors import ConfigError
from terminal_app.simulator.contracts import CASH, INDEX_FUTURE, OPTION, ContractTables
from tests.helpers.market_tables import contract_tables

TABLES = contract_tables()
NOW = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("price", "tick"),
    [
        (24_999, 1),
        (25_000, 5),
        (100_000, 5),
        (100_001, 10),
        (500_000, 10),
        (500_100, 50),
        (1_000_100, 100),
        (2_000_100, 500),
    ],
)
def test_the_tick_of_a_share_depends_on_its_price(price: int, tick: int) -> None:
    assert TABLES.tick_paise(CASH, Exchange.NSE, NOW, price) == tick


def test_before_april_2025_every_share_had_one_tick() -> None:
    assert TABLES.tick_paise(CASH, Exchange.NSE, date(2025, 4, 14), 24_999) == 5
    assert TABLES.tick_paise(CASH, Exchange.NSE, date(2016, 9, 9), 600_000) == 5


@pytest.mark.parametrize(("level", "tick"), [(1_500_000, 5), (1_500_001, 10), (3_000_000, 10), (3_000_001, 20)])
def test_the_tick_of_an_index_future_depends_on_the_index(level: int, tick: int) -> None:
    assert TABLES.tick_paise(INDEX_FUTURE, Exchange.NSE, NOW, level) == tick
    assert TABLES.tick_paise(OPTION, Exchange.NSE, NOW, level) == 5


@pytest.mark.parametrize(
    ("exchange", "underlying", "expiry", "lot"),
    [
        (Exchange.NSE, "NIFTY", date(2025, 12, 30), 75),
        (Exchange.NSE, "NIFTY", date(2026, 1, 6), 65),
        (Exchange.NSE, "BANKNIFTY", date(2025, 12, 30), 35),
        (Exchange.NSE, "BANKNIFTY", date(2026, 1, 27), 30),
        (Exchange.NSE, "FINNIFTY", date(2026, 1, 27), 60),
        (Exchange.BSE, "SENSEX", date(2026, 11, 26), 20),
    ],
)
def test_the_lot_belongs_to_the_contract(exchange: Exchange, underlying: str, expiry: date, lot: int) -> None:
    assert TABLES.lot(exchange, underlying, expiry) == lot


def test_a_lot_that_is_not_known_is_told() -> None:
    with pytest.raises(ConfigError, match="none for NIFTY expiring on 2014-01-30"):
        TABLES.lot(Exchange.NSE, "NIFTY", date(2014, 1, 30))


@pytest.mark.parametrize(
    ("exchange", "underlying", "day", "freeze"),
    [
        (Exchange.NSE, "NIFTY", NOW, 1800),
        (Exchange.NSE, "BANKNIFTY", date(2025, 8, 29), 600),
        (Exchange.NSE, "BANKNIFTY", date(2025, 9, 1), 900),
        (Exchange.NSE, "BANKNIFTY", date(2026, 6, 30), 900),
        (Exchange.NSE, "BANKNIFTY", NOW, 600),
        (Exchange.BSE, "SENSEX", NOW, 1000),
        (Exchange.NSE, "RELIANCE", NOW, 0),
    ],
)
def test_the_freeze_quantity_is_that_of_the_day(exchange: Exchange, underlying: str, day: date, freeze: int) -> None:
    assert TABLES.freeze(exchange, underlying, day) == freeze


def test_a_missing_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"ticks\.json cannot be read"):
        ContractTables.read(tmp_path)
    (tmp_path / "ticks.json").write_text("{")
    with pytest.raises(ConfigError, match=r"ticks\.json is not valid JSON"):
        ContractTables.read(tmp_path)


@pytest.mark.shared
def test_the_freeze_quantities_agree_with_the_circulars(shared: Path) -> None:
    with (shared / "data/reference/nse_index_freeze_quantity.csv").open(encoding="utf-8") as file:
        circulars = list(csv.DictReader(file))
    rows = [row for row in TABLES.freeze_quantities["rows"] if row["exchange"] == "NSE"]
    assert len(circulars) == len(rows)
    for circular, row in zip(circulars, rows, strict=True):
        assert {name: int(circular[name]) for name in row["units"]} == row["units"]
