"""How the watchlist writes percentages: with as many decimals as fit."""

from __future__ import annotations

import numpy as np

from terminal_app.ui.grid.cell_bytes import bytes_text
from terminal_app.ui.panels.watchlist.model import _percent_bytes


def test_large_percentages_lose_decimals_before_they_lose_their_place() -> None:
    values = np.array([1.225, -27.14, 100.0, -512.349, 12345.6, 0.0, np.nan])
    shown = [bytes_text(row).strip() for row in _percent_bytes(values, 12)]
    assert shown == ["+1.23%", "−27.14%", "+100.0%", "−512.3%", "+12,346%", "0.00%", "–"]
