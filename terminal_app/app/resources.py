"""Dated tables of the market, read from the resources folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from terminal_app.app.paths import RESOURCES
from terminal_app.domain.errors import ConfigError


def read_table(name: str, folder: Path = RESOURCES / "data") -> Any:
    """The parsed JSON of ``resources/data/NAME.json``. Raises ConfigError naming the file."""
    path = folder / f"{name}.json"
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(
            name, f"{path} could not be read ({error}). The installation is damaged: install Bhav again."
        ) from error
