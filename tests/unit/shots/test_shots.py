"""One picture is taken as ``make shots`` takes them all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtGui import QImage

from terminal_app.ui.theme import theme
from tests.shots.acts import ACTS, play
from tests.shots.camera import LOOKS


@pytest.fixture(autouse=True)
def same_theme() -> Iterator[None]:
    before = theme().choice
    yield
    theme().set_choice(before)


async def test_the_empty_window_is_painted_and_written(tmp_path: Path) -> None:
    look = LOOKS[-1]
    taken, failed = await play(ACTS[0], ["main-empty"], tmp_path, [look])
    assert failed == []
    assert [path.name for path in taken] == ["main-empty-dark-1180.png"]
    image = QImage(str(taken[0]))
    assert (image.width(), image.height()) == (look.width, look.height)
    colours = {image.pixel(x, y) for x in range(0, image.width(), 3) for y in range(0, image.height(), 3)}
    assert len(colours) > 100


async def test_a_name_that_chooses_nothing_opens_no_window(tmp_path: Path) -> None:
    assert await play(ACTS[0], ["nothing like it"], tmp_path) == ([], [])
