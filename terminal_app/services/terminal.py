"""Everything that the window talks to, in one hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec import Struct

from terminal_app.domain.bus import Bus
from terminal_app.domain.clock import Clock
from terminal_app.services.accounts import AccountService
from terminal_app.services.charts import ChartService
from terminal_app.services.market import MarketService
from terminal_app.services.notices import NoticeService
from terminal_app.services.orders import OrderService
from terminal_app.services.portfolio import PortfolioService
from terminal_app.services.sessions import SessionService
from terminal_app.services.settings import SettingsService
from terminal_app.services.watchlists import WatchlistService

if TYPE_CHECKING:
    from terminal_app.services.replay import ReplayService


class Terminal(Struct):
    """The services. ``replay`` is there only while paper prices come from a recording."""

    bus: Bus
    clock: Clock
    settings: SettingsService
    watchlists: WatchlistService
    accounts: AccountService
    sessions: SessionService
    notices: NoticeService
    market: MarketService
    charts: ChartService
    orders: OrderService
    portfolio: PortfolioService
    replay: ReplayService | None
    prices_from: str
    """Where paper prices come from, in words: "practice market" or the recording's name."""
    storage_text: Callable[[], str]
    """The state of the database in a word or two."""
    loop_lag_ms: Callable[[], float]
    """How late the event loop runs, smoothed."""
    diagnostics: Callable[[], str]
    """Versions, paths and states as text without secrets."""
