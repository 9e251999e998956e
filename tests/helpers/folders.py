"""Folders that tests work in: a home of their own, and the shared reference data where it is there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


def shared_folder() -> Path | None:
    """The shared reference data: BHAV_SHARED, else the folder ``shared`` beside the repository; None without it."""
    folder = Path(os.environ.get("BHAV_SHARED") or REPOSITORY.parent / "shared")
    return folder if (folder / "data").is_dir() else None


@pytest.fixture(scope="session")
def shared() -> Path:
    """The shared reference data; the test is skipped where it is absent."""
    folder = shared_folder()
    if folder is None:
        pytest.skip("needs shared reference data (BHAV_SHARED, else ../shared)")
    return folder


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home for the terminal; the user's real folders are out of reach."""
    folder = tmp_path / "home"
    folder.mkdir()
    for name in (
        "XDG_DATA_HOME",
        "XDG_CONFIG_HOME",
        "XDG_STATE_HOME",
        "XDG_CACHE_HOME",
        "HOME",
        "APPDATA",
        "LOCALAPPDATA",
    ):
        monkeypatch.setenv(name, str(tmp_path / "user" / name.lower()))
    return folder
