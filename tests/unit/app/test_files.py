"""Small files: never half written, and a damaged one is kept."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from terminal_app.app.files import JsonFile
from terminal_app.domain.errors import StorageError


def test_what_is_saved_is_read_again_and_private(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    JsonFile(path).save({"theme": "dark", "₹": 1})
    assert JsonFile(path).load() == {"theme": "dark", "₹": 1}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("content", ["{", "[1]", "\x00\x01"])
def test_a_damaged_file_is_set_aside_and_told(tmp_path: Path, content: str) -> None:
    path = tmp_path / "layout.json"
    path.write_text(content)
    file = JsonFile(path)
    assert file.load() == {}
    assert file.damage is not None
    assert "layout.json could not be read" in file.damage
    assert (tmp_path / "layout.json.damaged").read_text() == content


def test_a_file_that_cannot_be_written_keeps_its_old_content(tmp_path: Path) -> None:
    folder = tmp_path / "config"
    folder.mkdir()
    path = folder / "settings.json"
    file = JsonFile(path)
    file.save({"theme": "dark"})
    (folder / "settings.json").rename(tmp_path / "kept.json")
    folder.rmdir()
    with pytest.raises(StorageError, match=r"settings\.json could not be written"):
        file.save({"theme": "light"})
    assert file.load() == {"theme": "dark"}
    assert json.loads((tmp_path / "kept.json").read_text()) == {"theme": "dark"}
