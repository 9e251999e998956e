"""The first paint shows the places of the panels with the watchlist's names, before anything heavy is imported."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtGui import QImage

from tests.helpers.folders import REPOSITORY

HEAVY = (
    "numpy",
    "pyqtgraph",
    "sqlalchemy",
    "alembic",
    "httpx",
    "keyring",
    "asyncio",
    "qasync",
    "PySide6.QtNetwork",
    "PySide6.QtSvg",
    "PySide6.QtWebEngineCore",
)

SCRIPT = """
import json, sys
from pathlib import Path
from terminal_app.app.options import parse
from terminal_app.app.paths import Paths
from terminal_app.app.start import Early, make_application, show_first
from terminal_app.ui.shell.face import Face

home, picture, theme = sys.argv[1:]
options = parse(["--home", home, "--size", "1440x900", "--theme", theme])
paths = Paths.under(Path(home))
paths.prepare()
app = make_application()
window = show_first(app, Early(paths), options)
loaded = sorted(sys.modules)
face = window.findChild(Face)
places = {name: box.getRect() for name, box in face.places().items()}
window.grab().save(picture)
print(json.dumps({"loaded": loaded, "places": places}))
"""


class FirstPaint:
    """One first paint in a process of its own: what was imported by then, and a picture taken right after it."""

    def __init__(self, folder: Path, theme: str, lists: list[list[str]] | None = None) -> None:
        home, picture = folder / "home", folder / "first.png"
        if lists is not None:
            (home / "config").mkdir(parents=True)
            (home / "config" / "watchlists.json").write_text(json.dumps({"lists": lists}), encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT, home, picture, theme],
            cwd=REPOSITORY,
            env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
            capture_output=True,
            text=True,
            check=True,
        )
        told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        self.loaded = set(told["loaded"])
        self.places: dict[str, list[int]] = told["places"]
        self.image = QImage(str(picture))

    def drawn_rows(self, panel: str, top: int = 0, bottom: int | None = None, left: int = 0) -> int:
        """Lines of pixels with more than one colour in a part of a panel, counted from its top."""
        x, y, width, height = self.places[panel]
        lines = range(y + top, y + (height if bottom is None else bottom))
        return sum(
            len({self.image.pixel(column, line) for column in range(x + left, x + width - 8)}) > 1 for line in lines
        )


@pytest.fixture(scope="module", params=["dark", "light"])
def first(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> FirstPaint:
    return FirstPaint(tmp_path_factory.mktemp("first"), request.param)


def test_nothing_heavy_is_imported_before_the_first_paint(first: FirstPaint) -> None:
    assert [name for name in HEAVY if name in first.loaded] == []


def test_the_names_of_the_watchlist_are_drawn(first: FirstPaint) -> None:
    assert first.drawn_rows("watchlist", top=60, bottom=360) > 100


def test_an_empty_watchlist_draws_no_names(tmp_path: Path) -> None:
    assert FirstPaint(tmp_path, "dark", lists=[[]]).drawn_rows("watchlist", top=60, bottom=360) == 0


def test_the_ticket_is_drawn(first: FirstPaint) -> None:
    assert first.drawn_rows("ticket", top=28) > 150


def test_the_tabs_and_the_header_of_the_positions_are_drawn(first: FirstPaint) -> None:
    assert first.drawn_rows("positions", bottom=28) > 5
    assert first.drawn_rows("positions", top=28, bottom=50) > 5
    assert first.drawn_rows("positions", top=60) == 0


def test_the_frame_of_the_chart_is_drawn(first: FirstPaint) -> None:
    x, y, width, height = first.places["chart"]
    line = [first.image.pixel(column, y + height // 2) for column in range(x, x + width)]
    assert sum(one != two for one, two in itertools.pairwise(line)) > 8
