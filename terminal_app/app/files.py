"""Small JSON files that are never half written: temporary name, private mode, flush to disk, swap."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from terminal_app.domain.errors import StorageError


class JsonFile:
    """One JSON object in one file, kept in memory and written as a whole."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.damage: str | None = None
        """A sentence when the file could not be understood and was set aside."""
        self._content = self._read()

    def load(self) -> dict[str, Any]:
        """A copy of what the file holds; empty when there is none."""
        return dict(self._content)

    def save(self, content: Mapping[str, Any]) -> None:
        """Replace the file. Raises StorageError; the old file then still stands."""
        text = json.dumps(content, indent=1, ensure_ascii=False, sort_keys=True)
        temporary = self.path.with_name(f".{self.path.name}.{os.getpid()}.tmp")
        try:
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
                stream.write(text)
                stream.flush()
                os.fsync(stream.fileno())
            temporary.replace(self.path)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            reason = error.strerror or type(error).__name__
            raise StorageError(
                f"{self.path} could not be written ({reason}). The change is lost when Bhav closes; make room or allow writing."
            ) from error
        self._content = dict(content)

    def _read(self) -> dict[str, Any]:
        try:
            content = json.loads(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            return self._set_aside(str(error))
        if not isinstance(content, dict):
            return self._set_aside("it holds no object")
        return content

    def _set_aside(self, reason: str) -> dict[str, Any]:
        """Keep a file that cannot be understood under another name, so that nothing is lost by the next save."""
        aside = self.path.with_name(f"{self.path.name}.damaged")
        try:
            self.path.replace(aside)
            kept = f"It was kept as {aside.name}."
        except OSError:
            kept = "It could not be set aside."
        self.damage = f"{self.path.name} could not be read ({reason}). {kept} Bhav uses its defaults."
        return {}
