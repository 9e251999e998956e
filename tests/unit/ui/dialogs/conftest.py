"""A window on a scripted terminal for the tests of the dialogs."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from terminal_app.ui.theme import theme
from tests.helpers.scripted_window import WindowBench


@pytest.fixture
async def bench(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[WindowBench]:
    """Attached, accounts connected."""
    look = theme()
    before = (look.choice, look.safe_colors, look.zoom)
    bench = WindowBench(monkeypatch)
    bench.attach()
    await bench.connect()
    yield bench
    await bench.close()
    look.set_choice(before[0])
    look.set_safe_colors(before[1])
    look.set_zoom(before[2])
