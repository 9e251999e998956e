"""The bundle that `make package` builds starts from its desktop file, paints, trades on paper and opens a web page."""

from __future__ import annotations

import configparser
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PySide6.QtGui import QImage

from tests.helpers.folders import REPOSITORY
from tests.helpers.xvfb import x_display

BUNDLE = REPOSITORY / "dist" / "bhav"
MANY_COLOURS = 40

pytestmark = [
    pytest.mark.package,
    pytest.mark.skipif(sys.platform == "darwin", reason="needs another way on macOS: there is no desktop file"),
    pytest.mark.skipif(sys.platform == "win32", reason="needs another way on Windows: there is no desktop file"),
]


@dataclass(frozen=True)
class Bundle:
    """The built program and the display that it is started on."""

    command: list[str]
    environment: dict[str, str]

    def run(self, *arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
        """Start it in ``folder`` with nothing of the checkout in reach, and wait for its end."""
        return subprocess.run(
            [*self.command, *arguments],
            cwd=folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )


@pytest.fixture(scope="module")
def desktop_entry() -> configparser.SectionProxy:
    file = BUNDLE / "bhav.desktop"
    if not file.is_file():
        pytest.skip("needs the bundle: run make package")
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read(file, encoding="utf-8")
    return parser["Desktop Entry"]


@pytest.fixture(scope="module")
def bundle(desktop_entry: configparser.SectionProxy) -> Iterator[Bundle]:
    command = [part for part in shlex.split(desktop_entry["Exec"]) if not part.startswith("%")]
    with x_display() as environment:
        clean = {
            name: value
            for name, value in environment.items()
            if not name.startswith(("PYTHON", "VIRTUAL_ENV", "BHAV_"))
        }
        yield Bundle(command, clean)


def colours_of(picture: Path) -> int:
    image = QImage(str(picture))
    return len({image.pixel(x, y) for x in range(0, image.width(), 3) for y in range(0, image.height(), 3)})


def test_the_desktop_file_names_the_program_and_a_picture(desktop_entry: configparser.SectionProxy) -> None:
    assert desktop_entry["Name"] == "Bhav"
    program = Path(shlex.split(desktop_entry["Exec"])[0])
    assert program == BUNDLE / "bhav"
    assert os.access(program, os.X_OK)
    assert QImage(desktop_entry["Icon"]).width() == 256
    assert colours_of(Path(desktop_entry["Icon"])) > 3


def test_it_paints_its_window_and_leaves_with_status_0(bundle: Bundle, tmp_path: Path) -> None:
    picture = tmp_path / "window.png"
    done = bundle.run("--home", str(tmp_path / "home"), "--screenshot", str(picture), "--after", "6", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    image = QImage(str(picture))
    assert (image.width(), image.height()) >= (1000, 600)
    assert colours_of(picture) > MANY_COLOURS


def test_it_fills_a_paper_order_and_opens_a_web_page(bundle: Bundle, tmp_path: Path) -> None:
    done = bundle.run("selftest", "--json", folder=tmp_path)
    assert done.returncode == 0, done.stderr + done.stdout
    report = json.loads(done.stdout.strip().splitlines()[-1])
    assert report["window"] is True
    assert report["paper_order"] == "FILLED"
    assert report["webengine"] is True
    assert report["database"] is True
    assert [name for name, value in report.items() if value in (False, None, "")] == []
