"""The version of the tables, and how an older database gets there."""

from __future__ import annotations

import re
from pathlib import Path

from msgspec import Struct
from sqlalchemy import Connection, inspect, text

from terminal_app.domain.errors import NewerDatabase, StorageError
from terminal_app.storage.place import Place

HEAD = "0002"
"""The newest revision, known here so that Alembic is imported only when a migration is due."""

_MIGRATION_LOCK = 0x62686176
"""The advisory lock of PostgreSQL under which one terminal of a desk migrates while the others wait."""


class Schema(Struct, frozen=True):
    """Revisions are numbered: a number above ``head`` was written by a newer version."""

    scripts: Path = Path(__file__).parent / "migrations"
    head: str = HEAD

    def check(self, version: str | None, place: Place) -> None:
        """Raises NewerDatabase for a newer version, StorageError for one that no version of ours wrote."""
        if version is None:
            return
        if not re.fullmatch(r"\d{4}", version):
            raise StorageError(f"The {place.name} carries the version “{version}”, which is not one of Bhav's.")
        if version > self.head:
            raise NewerDatabase(
                f"The {place.name} was written by a newer Bhav (version {version}, this one knows {self.head}): update "
                "Bhav. The database was left untouched."
            )

    def is_due(self, version: str | None, place: Place) -> bool:
        """Whether a migration is due. Raises as ``check`` does."""
        self.check(version, place)
        return version != self.head

    def upgrade(self, connection: Connection) -> None:
        """Run the missing revisions inside the caller's transaction."""
        from alembic import command
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", str(self.scripts).replace("%", "%%"))
        config.attributes["connection"] = connection
        command.upgrade(config, self.head)


def stored_version(connection: Connection) -> str | None:
    """The revision that the database is at; None for an empty one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    version = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None if version is None else str(version)


def lock_for_migration(connection: Connection) -> None:
    """Keep other terminals from migrating until this transaction ends. (SQLite's write lock does that by itself.)"""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})


def touch(connection: Connection) -> None:
    """A write that changes nothing."""
    connection.execute(text("UPDATE alembic_version SET version_num = version_num"))
