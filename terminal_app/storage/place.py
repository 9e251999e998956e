"""Where the data is: the database's address, understood and checked."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from terminal_app.domain.errors import ConfigError


class Place(Struct, frozen=True):
    """``file`` is the SQLite file; None for PostgreSQL."""

    url: URL
    file: Path | None

    @property
    def name(self) -> str:
        """How messages call it; never with a password."""
        if self.file is not None:
            return f"database {self.file}"
        host = self.url.host or self.url.query.get("host") or "this computer"
        port = f":{self.url.port}" if self.url.port else ""
        return f"PostgreSQL database “{self.url.database or ''}” at {host}{port}"

    @classmethod
    def parse(cls, text: str) -> Place:
        """Raises ConfigError."""
        try:
            url = make_url(text)
        except (ArgumentError, ValueError):
            raise ConfigError(
                "database",
                "The database address is not understood: write sqlite:////folder/file.db or postgresql://user@host/name.",
            ) from None
        if url.get_backend_name() == "sqlite":
            if not url.database or url.database == ":memory:" or url.database.startswith("file:") or url.query:
                raise ConfigError("database", "The database address must name a file: write sqlite:////folder/file.db.")
            return cls(url, Path(url.database))
        if url.get_backend_name() == "postgresql":
            return cls(url.set(drivername="postgresql+psycopg"), None)
        raise ConfigError(
            "database", f"Bhav keeps its data in SQLite or PostgreSQL, not in “{url.get_backend_name()}”."
        )
