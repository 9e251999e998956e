"""Inserts that know what to do when the row is there already, for both databases."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import Connection, Insert, Table
from sqlalchemy.dialects import postgresql, sqlite


def put(
    connection: Connection, table: Table, keys: tuple[str, ...], row: dict[str, Any] | list[dict[str, Any]]
) -> None:
    """Insert, or replace all other values of the row with these keys."""
    if row:
        connection.execute(_put(connection.dialect.name, table, keys), row)


def put_newer(connection: Connection, table: Table, keys: tuple[str, ...], row: dict[str, Any]) -> None:
    """As ``put``, but a row whose ``time`` is later stays as it is."""
    connection.execute(_put(connection.dialect.name, table, keys, True), row)


def add_once(connection: Connection, table: Table, keys: tuple[str, ...], rows: list[dict[str, Any]]) -> None:
    """Insert the rows whose keys are not there yet."""
    if rows:
        connection.execute(_add_once(connection.dialect.name, table, keys), rows)


@cache
def _put(dialect: str, table: Table, keys: tuple[str, ...], newer_only: bool = False) -> Insert:
    insert = postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
    values = {column.name: insert.excluded[column.name] for column in table.c if column.name not in (*keys, "id")}
    where = table.c.time <= insert.excluded["time"] if newer_only else None
    return insert.on_conflict_do_update(index_elements=keys, set_=values, where=where)


@cache
def _add_once(dialect: str, table: Table, keys: tuple[str, ...]) -> Insert:
    insert = postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
    return insert.on_conflict_do_nothing(index_elements=keys)
