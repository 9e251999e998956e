"""The list of panels: what is built, in the order of the tabs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from terminal_app.ui.panels.chart.panel import ChartPanel
from terminal_app.ui.panels.depth.panel import DepthPanel
from terminal_app.ui.panels.funds.panel import FundsPanel
from terminal_app.ui.panels.holdings.panel import HoldingsPanel
from terminal_app.ui.panels.log.panel import LogPanel
from terminal_app.ui.panels.orders.panel import OrdersPanel
from terminal_app.ui.panels.pnl.panel import PnlPanel
from terminal_app.ui.panels.positions.panel import PositionsPanel
from terminal_app.ui.panels.ticket.panel import TicketPanel
from terminal_app.ui.panels.trades.panel import TradesPanel
from terminal_app.ui.panels.watchlist.panel import WatchlistPanel

if TYPE_CHECKING:
    from terminal_app.ui.desk import Desk
    from terminal_app.ui.shell.panel_group import Panel
    from terminal_app.ui.snapshot import Snapshot


def build_panels(desk: Desk, snapshot: Snapshot) -> tuple[ChartPanel, tuple[Panel, ...]]:
    """The chart, which stands in the middle, and the docked panels."""
    kinds: tuple[type, ...] = (
        WatchlistPanel,
        TicketPanel,
        DepthPanel,
        PositionsPanel,
        OrdersPanel,
        TradesPanel,
        HoldingsPanel,
        FundsPanel,
        PnlPanel,
        LogPanel,
    )
    return ChartPanel(desk, snapshot), tuple(kind(desk, snapshot) for kind in kinds)
