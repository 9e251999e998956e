"""Exports: fixed columns, plain decimals, Indian time, nothing that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from pathlib import Path

import pytest

from terminal_app.domain.enums import OrderStatus
from terminal_app.storage.database import Database
from terminal_app.storage.exports import EXPORT_COLUMNS, write_csv, write_export
from terminal_app.storage.orders import OrderRepository
from terminal_app.storage.pnl import PnlRepository
from terminal_app.storage.sql import exports as sql
from tests.helpers.folders import REPOSITORY
from tests.helpers.storage_samples import ACCOUNT, BOOK, MORNING, OTHER, event, fill, order, request

TIME = "2026-11-23T09:20:00.123457+05:30"


async def exported(database: Database, kind: str, **options: object) -> list[dict[str, str]]:
    stream = io.StringIO(newline="")
    count = await write_export(database, kind, stream, **options)  # type: ignore[arg-type]
    rows = list(csv.DictReader(io.StringIO(stream.getvalue(), newline="")))
    assert len(rows) == count
    return rows


async def test_an_order_is_told_in_full(database: Database) -> None:
    big = request(limit_price=Decimal("1E+3"), trigger_price=None)
    await OrderRepository(database, BOOK).save(ACCOUNT, order(broker_id="b-1", request=big), [event()])
    (row,) = await exported(database, "orders")
    assert row == {
        "book": "practice",
        "account": "paper-1",
        "placed_at": TIME,
        "updated_at": "2026-11-23T09:20:00.123458+05:30",
        "client_order_id": "c-1",
        "broker_order_id": "b-1",
        "tag": "BH7Q2M4K19",
        "instrument": "NSE:NIFTY:2026-11-24:24512.5:CE",
        "side": "SELL",
        "quantity": "150",
        "order_type": "SL",
        "product": "CARRY",
        "validity": "IOC",
        "variety": "ICEBERG",
        "limit_price": "1000",
        "trigger_price": "",
        "disclosed_quantity": "75",
        "market_protection": "1.5",
        "status": "PARTIALLY_FILLED",
        "pending": "MODIFY",
        "filled_quantity": "50",
        "average_price": "118.4333333333333333333333333",
        "reason": "RMS: „Ärger“ 🛑 'quoted'",
        "validity_minutes": "0",
    }


async def test_fills_and_pnl_are_told_in_full(database: Database) -> None:
    await OrderRepository(database, "live").save(ACCOUNT, order(broker_id="b-1"), (), [fill()])
    await PnlRepository(database, BOOK).add(ACCOUNT, MORNING, Decimal("-10.50"), Decimal("0.25"), [])
    (row,) = await exported(database, "fills")
    assert list(row.values()) == [
        "live", "paper-1", TIME, "t-1", "b-1", "NSE:NIFTY:2026-11-24:24512.5:CE", "SELL", "CARRY", "50", "118.40",
    ]  # fmt: skip
    (row,) = await exported(database, "pnl")
    assert list(row.values()) == ["practice", "paper-1", TIME, "-10.50", "0.25", "-10.25"]


@pytest.mark.parametrize("kind", EXPORT_COLUMNS)
async def test_pages_join_without_gap_or_double(database: Database, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.setattr(sql, "PAGE_ROWS", 3)
    for book in ("live", "practice"):
        orders, pnl = OrderRepository(database, book), PnlRepository(database, book)
        for account in (ACCOUNT, OTHER):
            for number in range(3):
                name = f"{book}-{account}-{number}"
                await orders.save(account, order(name, broker_id=name), (), [fill(name)])
                time = MORNING.replace(microsecond=number)
                await pnl.add(account, time, Decimal(number), Decimal(0), [])
    rows = await exported(database, kind)
    assert len({tuple(row.values()) for row in rows}) == len(rows) == 12
    mine = await exported(database, kind, account=OTHER)
    assert len(mine) == 6
    assert {row["account"] for row in mine} == {OTHER}


def test_formulas_are_disarmed_and_numbers_stay_plain() -> None:
    columns = EXPORT_COLUMNS["pnl"]
    stream = io.StringIO(newline="")
    write_csv([("=1+1", "@SUM(A1)", "+x", "-1.50", "", "3")], columns, stream, header=False)
    assert stream.getvalue() == "'=1+1,'@SUM(A1),'+x,-1.50,,3\n"


async def test_an_empty_database_exports_the_header(database: Database) -> None:
    stream = io.StringIO(newline="")
    assert await write_export(database, "fills", stream) == 0
    assert stream.getvalue() == (
        "book,account,filled_at,trade_id,broker_order_id,instrument,side,product,quantity,price\n"
    )


async def test_an_unknown_export_is_named(database: Database) -> None:
    with pytest.raises(KeyError, match="journal"):
        await write_export(database, "journal", io.StringIO())


def test_the_documentation_names_the_columns_in_their_order() -> None:
    text = (Path(REPOSITORY) / "resources/docs/exports.md").read_text(encoding="utf-8")
    for kind, columns in EXPORT_COLUMNS.items():
        section = text.split(f"## {kind}\n")[1].split("\n## ")[0]
        documented = [line.split("`")[1] for line in section.splitlines() if line.startswith("| `")]
        assert documented == [column.name for column in columns]


def test_every_status_prints_its_name() -> None:
    assert all(sql._text(status) == status.name for status in OrderStatus)
    assert set(request().__struct_fields__) <= {column.name for column in EXPORT_COLUMNS["orders"]}
