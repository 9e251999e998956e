"""Where the files that ship beside the package are found: icons, fonts."""

from __future__ import annotations

from pathlib import Path


def resource_path(*parts: str) -> Path:
    """Path below `resources/`, which stands beside the package in a checkout and in a bundle alike."""
    return Path(__file__).resolve().parents[2].joinpath("resources", *parts)
