"""The held connection: opens the database, brings it up to date, and runs groups of units in transactions."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, NullPool, create_engine, event
from sqlalchemy.exc import SQLAlchemyError

from terminal_app.domain.errors import ConfigError, StorageError
from terminal_app.storage.backup import back_up
from terminal_app.storage.errors import diagnose
from terminal_app.storage.files import create_private, read_version
from terminal_app.storage.place import Place
from terminal_app.storage.schema import Schema, lock_for_migration, stored_version
from terminal_app.storage.writer import Mode, Unit

logger = logging.getLogger(__name__)

_SQLITE_BEGIN = {Mode.READ: "BEGIN", Mode.NORMAL: "BEGIN IMMEDIATE", Mode.DURABLE: "BEGIN IMMEDIATE"}
_SQLITE_SYNCHRONOUS = {Mode.NORMAL: "NORMAL", Mode.DURABLE: "FULL"}
_POSTGRES_BEGIN = {
    Mode.READ: "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY",
    Mode.NORMAL: "SET LOCAL synchronous_commit TO OFF",
}
_WAL_LIMIT_BYTES = 64 * 1024 * 1024


class Link:
    """An Executor over SQLAlchemy Core. Belongs to the storage thread."""

    def __init__(
        self, url: str, *, backups: Path | None, read_only: bool, lock_timeout_s: float, schema: Schema
    ) -> None:
        self._place = Place.parse(url)
        self._backups = backups
        self._read_only = read_only
        self._lock_timeout_s = lock_timeout_s
        self._schema = schema
        self._engine: Engine | None = None
        self._connection: Connection | None = None
        self._mode = Mode.READ
        self._synchronous = ""
        self._was_open = False

    def execute(self, units: Sequence[Unit]) -> None:
        """Run units of one mode in one transaction.

        When one of several fails, all are undone and each runs in a transaction of its own.
        """
        committing = False
        try:
            connection = self._opened()
            self._set_mode(connection, units[0].mode)
            with connection.begin() as transaction:
                for unit in units:
                    unit.result = unit.work(connection)
                if units[0].mode is Mode.READ:
                    transaction.rollback()
                committing = True
        except Exception as error:  # noqa: BLE001 - a unit may raise anything; its caller gets it
            alone = len(units) == 1
            if self._failed(error) and not alone and not committing:
                for unit in units:
                    self.execute([unit])
            else:
                for unit in units:
                    unit.result, unit.error = None, self._for_caller(error)

    def close(self) -> None:
        """Let go of the database."""
        self._drop()

    def _for_caller(self, error: Exception) -> Exception:
        diagnosis = diagnose(error, self._place)
        if diagnosis is None:
            return error
        if diagnosis.error is not error:
            diagnosis.error.__cause__ = error
        return diagnosis.error

    def _failed(self, error: Exception) -> bool:
        """Clean up after ``error``; whether the units deserve another try one by one."""
        diagnosis = diagnose(error, self._place)
        if diagnosis is not None and not isinstance(error, StorageError):
            logger.info("storage: %s", diagnosis.error.message, exc_info=error)
        of_unit = diagnosis is None or diagnosis.of_unit
        if (diagnosis is not None and diagnosis.reconnect) or self._is_stuck():
            self._drop()
        return of_unit

    def _is_stuck(self) -> bool:
        """Whether a rollback did not end the transaction."""
        return self._connection is not None and (self._connection.in_transaction() or self._connection.invalidated)

    def _drop(self) -> None:
        connection, engine = self._connection, self._engine
        self._connection = self._engine = None
        self._synchronous = ""
        try:
            if connection is not None:
                connection.close()
            if engine is not None:
                engine.dispose()
        except (SQLAlchemyError, sqlite3.Error) as error:
            logger.info("storage: closing failed: %s", error)

    def _set_mode(self, connection: Connection, mode: Mode) -> None:
        self._mode = mode
        if self._place.file is None or mode is Mode.READ or self._synchronous == _SQLITE_SYNCHRONOUS[mode]:
            return
        _driver(connection).execute(f"PRAGMA synchronous={_SQLITE_SYNCHRONOUS[mode]}")
        self._synchronous = _SQLITE_SYNCHRONOUS[mode]

    def _opened(self) -> Connection:
        if self._connection is None:
            if self._place.file is not None:
                self._check_file(self._place.file)
            self._engine = self._make_engine()
            self._connection = self._engine.connect()
            try:
                self._bring_up_to_date(self._connection)
            except BaseException:
                self._drop()
                raise
            from terminal_app.storage import sql

            sql.load()
            self._was_open = True
        return self._connection

    def _check_file(self, file: Path) -> None:
        """Refuse what must stay untouched before anything opens the file for writing."""
        if not file.exists() or file.stat().st_size == 0:
            if self._was_open:
                raise StorageError(
                    f"The {self._place.name} is gone: put the file back, or start Bhav anew for an empty one."
                )
            if self._read_only:
                raise StorageError(f"There is no database at {file} yet: start Bhav once.")
            create_private(file)
            return
        self._schema.check(read_version(file), self._place)

    def _make_engine(self) -> Engine:
        if self._place.file is not None:
            engine = create_engine("sqlite+pysqlite://", creator=self._connect_sqlite, poolclass=NullPool)
        else:
            engine = self._postgres_engine()

        @event.listens_for(engine, "begin")
        def begin(connection: Connection) -> None:
            if self._place.file is not None:
                _driver(connection).execute(_SQLITE_BEGIN[self._mode])
            elif self._mode in _POSTGRES_BEGIN:
                connection.exec_driver_sql(_POSTGRES_BEGIN[self._mode])

        return engine

    def _connect_sqlite(self) -> sqlite3.Connection:
        """A connection that begins no transaction by itself and never creates a file."""
        assert self._place.file is not None
        uri = f"{self._place.file.absolute().as_uri()}?mode=rw"
        connection = sqlite3.connect(uri, uri=True, timeout=self._lock_timeout_s, isolation_level=None)
        try:
            connection.execute("PRAGMA foreign_keys=ON")
            if self._read_only:
                connection.execute("PRAGMA query_only=ON")
            elif connection.execute("PRAGMA journal_mode").fetchone() != ("wal",):
                connection.execute("PRAGMA journal_mode=WAL")
            connection.execute(f"PRAGMA journal_size_limit={_WAL_LIMIT_BYTES}")
        except BaseException:
            connection.close()
            raise
        return connection

    def _postgres_engine(self) -> Engine:
        options = f"-c lock_timeout={int(self._lock_timeout_s * 1000)}"
        if self._read_only:
            options += " -c default_transaction_read_only=on"
        arguments: dict[str, Any] = {
            "application_name": "bhav",
            "connect_timeout": 10,
            "options": options,
            "keepalives_idle": 30,
            "tcp_user_timeout": 15000,
        }
        try:
            return create_engine(self._place.url, poolclass=NullPool, connect_args=arguments)
        except ModuleNotFoundError:
            raise ConfigError("database", "PostgreSQL needs the package psycopg: install bhav[postgres].") from None

    def _bring_up_to_date(self, connection: Connection) -> None:
        self._mode = Mode.READ
        with connection.begin():
            version = stored_version(connection)
        if not self._schema.is_due(version, self._place):
            return
        if self._read_only:
            raise StorageError(
                f"The {self._place.name} is of an older version: start Bhav once to bring it up to date."
            )
        if version is not None and self._place.file is not None and self._backups is not None:
            back_up(self._place.file, self._backups, version)
        self._set_mode(connection, Mode.DURABLE)
        with connection.begin():
            lock_for_migration(connection)
            if self._schema.is_due(stored_version(connection), self._place):
                self._upgrade(connection)

    def _upgrade(self, connection: Connection) -> None:
        try:
            self._schema.upgrade(connection)
        except Exception as error:
            diagnosis = diagnose(error, self._place)
            if diagnosis is not None and not diagnosis.of_unit:
                raise
            logger.exception("storage: the migration failed")
            raise StorageError(
                f"The {self._place.name} could not be brought to version {self._schema.head}: a fault of Bhav, the log "
                "has the details. Nothing was changed."
            ) from error


def _driver(connection: Connection) -> sqlite3.Connection:
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    return driver
