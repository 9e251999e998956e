"""Every icon is there, takes the colour asked for, and is drawn for the screen's pixels."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from terminal_app.ui.icons import app_icon, icon_pixmap
from terminal_app.ui.resources import resource_path
from terminal_app.ui.theme import theme

NAMES = sorted(path.stem for path in resource_path("icons").glob("*.svg"))
UI = Path(__file__).resolve().parents[3] / "terminal_app" / "ui"


@pytest.mark.parametrize("name", NAMES)
def test_an_icon_has_ink_in_the_colour_asked_for(name: str, qapp: QApplication) -> None:
    image = icon_pixmap(name, 16, "sell", 2.0).toImage()
    assert image.width() == 32
    solid = {
        image.pixelColor(x, y).name() for x in range(32) for y in range(32) if image.pixelColor(x, y).alpha() > 250
    }
    assert solid == {theme().css("sell")}


def test_an_unknown_icon_is_an_error(qapp: QApplication) -> None:
    with pytest.raises(FileNotFoundError):
        icon_pixmap("unicorn")


def test_the_application_has_its_mark_in_small_and_large(qapp: QApplication) -> None:
    assert not app_icon().pixmap(16, 16).isNull()
    assert app_icon().pixmap(256, 256).width() == 256


def test_every_icon_named_in_the_window_exists() -> None:
    used = set()
    for path in UI.rglob("*.py"):
        for call in (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)):
            function = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
            texts = [arg.value for arg in call.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
            named = call.args and isinstance(call.args[0], ast.Constant)
            if function in {"icon", "icon_pixmap", "IconButton"} and named and texts:
                used.add(texts[0])
            used |= {
                word.value.value
                for word in call.keywords
                if word.arg == "icon_name"
                and isinstance(word.value, ast.Constant)
                and isinstance(word.value.value, str)
            }
    used.discard("")
    assert used
    assert used <= set(NAMES)


def test_icons_are_strokes_of_one_width_in_one_box() -> None:
    for name in NAMES:
        text = resource_path("icons", f"{name}.svg").read_text()
        if name != "bhav":
            assert 'viewBox="0 0 24 24"' in text
            assert re.findall(r'stroke-width="([0-9.]+)"', text) == ["1.75"]
