"""Copies of a SQLite database before it is migrated."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path

from terminal_app.domain.errors import StorageError

KEPT = 5
"""How many copies stay; older ones are removed."""


def back_up(file: Path, folder: Path, version: str) -> Path:
    """A complete copy of ``file`` as ``<name>-<time UTC>-v<version>.db`` in ``folder``, safely on the disk.

    Raises StorageError.
    """
    time = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")
    target = folder / f"{file.stem}-{time}-v{version}.db"
    partial = target.with_suffix(".partial")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        partial.unlink(missing_ok=True)
        os.close(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        with (
            closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as source,
            closing(sqlite3.connect(partial)) as copy,
        ):
            source.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")
        partial.replace(target)
    except (OSError, sqlite3.Error) as error:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        raise StorageError(
            f"The database {file} needs an update, but no copy of it could be kept in {folder}: make room there, "
            "or let this user write there. Nothing was changed."
        ) from error
    _prune(folder, file.stem)
    return target


def _prune(folder: Path, stem: str) -> None:
    for old in sorted(folder.glob(f"{stem}-*-v*.db"))[:-KEPT]:
        old.unlink(missing_ok=True)
