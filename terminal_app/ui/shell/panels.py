"""The list of panels: what is built, in the order of the tabs."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING

from terminal_app.ui.shell.later import LaterPanel

if TYPE_CHECKING:
    from terminal_app.ui.desk import Desk
    from terminal_app.ui.panels.chart.panel import ChartPanel
    from terminal_app.ui.shell.panel_group import Panel
    from terminal_app.ui.snapshot import Snapshot

TITLES = {
    "watchlist": "Watchlist",
    "ticket": "Order ticket",
    "depth": "Depth",
    "positions": "Positions",
    "orders": "Orders",
    "trades": "Trades",
    "holdings": "Holdings",
    "funds": "Funds",
    "pnl": "P&L",
    "log": "Log",
}
"""The docked panels by name, with their titles, so that a tab can be shown before its panel is imported."""
FIRST = frozenset({"watchlist", "ticket", "positions"})
"""What the first paint shows in a new home."""


def make_panels(desk: Desk, snapshot: Snapshot, in_front: Collection[str]) -> Iterator[Panel]:
    """The docked panels one by one; those that are not in front wait to be built."""
    for name, title in TITLES.items():
        if name in in_front:
            yield _make(name, desk, snapshot)
        else:
            yield LaterPanel(name, title, partial(_make, name, desk, snapshot))


def make_chart(desk: Desk, snapshot: Snapshot) -> ChartPanel:
    """The chart, which stands in the middle."""
    from terminal_app.ui.panels.chart.panel import ChartPanel

    return ChartPanel(desk, snapshot)


def _make(name: str, desk: Desk, snapshot: Snapshot) -> Panel:
    """Import and build one panel: ``panels/NAME/panel.py`` holds the class ``NamePanel``."""
    module = import_module(f"terminal_app.ui.panels.{name}.panel")
    panel: Panel = getattr(module, f"{name.capitalize()}Panel")(desk, snapshot)
    return panel
