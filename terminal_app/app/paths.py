"""Where the terminal keeps its state, and where its own resources are."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import NamedTuple

from terminal_app.domain.errors import ConfigError

RESOURCES = (
    Path(getattr(sys, "_MEIPASS", "")) / "resources"
    if getattr(sys, "frozen", False)
    else Path(__file__).resolve().parents[2] / "resources"
)
"""Icons, dated tables and docs: beside the package in a checkout, inside the bundle in a packaged program."""


class Paths(NamedTuple):
    """The folders of one home. ``prepare`` makes them."""

    data: Path
    config: Path
    logs: Path

    @classmethod
    def under(cls, home: Path) -> Paths:
        """All state below one folder (``--home``)."""
        return cls(home / "data", home / "config", home / "logs")

    @classmethod
    def of_user(cls) -> Paths:
        """The folders that the operating system gives a program of this user."""
        import platformdirs  # imported here: not needed with --home, and it costs start-up time

        dirs = platformdirs.PlatformDirs("bhav", appauthor=False, roaming=False)
        return cls(Path(dirs.user_data_dir), Path(dirs.user_config_dir), Path(dirs.user_log_dir))

    @property
    def database(self) -> Path:
        """The SQLite file used unless settings name another database."""
        return self.data / "bhav.db"

    @property
    def backups(self) -> Path:
        """Copies of the database made before a migration."""
        return self.data / "backups"

    def prepare(self) -> None:
        """Make the folders, private to the user. Raises ConfigError with one sentence when the home cannot be written."""
        for folder in (self.data, self.config, self.logs):
            try:
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                probe = folder / f".write-test-{os.getpid()}"
                probe.touch()
                probe.unlink()
            except OSError as error:
                reason = error.strerror or type(error).__name__
                raise ConfigError(
                    "home",
                    f"Bhav cannot write to {folder} ({reason}). Nothing was started; choose a folder that you may write to with --home.",
                ) from error
