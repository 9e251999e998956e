"""Inserts that know what to do when the row is there already, for both databases."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import sqlite

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql


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
def _put(
    dialect: str, table: Table, keys: tuple[str, ...], newer_only: bool = False
) -> sqlite.Insert | postgresql.Insert:
    insert = _insert(dialect, table)
    values = {column.name: insert.excluded[column.name] for column in table.c if column.name not in (*keys, "id")}
    where = table.c.time <= insert.excluded["time"] if newer_only else None
    return insert.on_conflict_do_update(index_elements=keys, set_=values, where=where)


@cache
def _add_once(dialect: str, table: Table, keys: tuple[str, ...]) -> sqlite.Insert | postgresql.Insert:
    return _insert(dialect, table).on_conflict_do_nothing(index_elements=keys)


def _insert(dialect: str, table: Table) -> sqlite.Insert | postgresql.Insert:
    if dialect != "postgresql":
        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql  # costs start-up time, and most homes are SQLite

    return postgresql.insert(table)
