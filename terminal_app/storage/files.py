"""The SQLite file itself: making it, and asking its version without touching a byte."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from terminal_app.domain.errors import StorageError


def create_private(file: Path) -> None:
    """An empty file that only this user may read, in a folder that is made where it is missing. Raises StorageError."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(file, os.O_CREAT | os.O_WRONLY, 0o600))
    except OSError as error:
        reason = error.strerror or str(error)
        raise StorageError(
            f"The database {file} cannot be made ({reason}): check that this user may write to its folder."
        ) from error


def read_version(file: Path) -> str | None:
    """The version that is stored in a database file; None where it has no tables. Neither the file nor its log changes.

    Raises sqlite3.Error, and StorageError for a database of another program.
    """
    # Without a log nobody has the file open: "immutable" then reads it without making the log's files beside it.
    option = "mode=ro" if file.with_name(file.name + "-wal").exists() else "mode=ro&immutable=1"
    with closing(sqlite3.connect(f"{file.absolute().as_uri()}?{option}", uri=True)) as connection:
        names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if "alembic_version" in names:
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
            return None if row is None else str(row[0])
    if names:
        raise StorageError(
            f"The file {file} is a database of another program: choose another file in the database setting."
        )
    return None
