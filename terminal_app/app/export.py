"""``bhav export``: data out as CSV, without the window, also while the terminal runs."""

from __future__ import annotations

import asyncio
import io
import os
import sys
from pathlib import Path

from terminal_app.app.files import JsonFile
from terminal_app.app.options import Options
from terminal_app.app.paths import Paths
from terminal_app.domain.errors import ConfigError, StorageError
from terminal_app.domain.ids import AccountId

_NOT_YET = {"journal": "There is no trade journal yet", "audit": "There is no audit log yet"}


def database_url(paths: Paths) -> str:
    """The database of this home: the one named in settings, else the file in the data folder."""
    from terminal_app.services.settings import SettingsService

    settings = SettingsService(JsonFile(paths.config / "settings.json"), lambda _message: None)
    return settings.text("database_url") or f"sqlite:///{paths.database}"


def run_export(options: Options, paths: Paths) -> int:
    """Print or save one export; the exit status. Raises ConfigError, StorageError."""
    if options.export_what in _NOT_YET:
        raise ConfigError("export", f"{_NOT_YET[options.export_what]}; orders, fills and pnl can be exported.")
    text = asyncio.run(_collect(options, paths))
    if options.out is None:
        sys.stdout.reconfigure(encoding="utf-8", newline="")  # type: ignore[union-attr]
        sys.stdout.write(text)
    else:
        _save(options.out, text)
    return 0


async def _collect(options: Options, paths: Paths) -> str:
    from terminal_app.storage.database import Database
    from terminal_app.storage.exports import write_export

    account = AccountId(options.account) if options.account else None
    stream = io.StringIO(newline="")
    database = Database(database_url(paths), backups=None, read_only=True)
    try:
        await write_export(database, options.export_what, stream, account)
    finally:
        await database.aclose()
    return stream.getvalue()


def _save(path: Path, text: str) -> None:
    """The whole file or nothing. Raises StorageError."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        temporary.write_text(text, encoding="utf-8", newline="")
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        reason = error.strerror or type(error).__name__
        raise StorageError(
            f"{path} could not be written ({reason}). Nothing was saved; choose another place with --out."
        ) from error
