"""What the window needs for its first paint, before the services are there: all of it comes from small files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from msgspec import Struct, field

from terminal_app.domain.bus import Bus
from terminal_app.domain.clock import Clock
from terminal_app.services.accounts import AccountService
from terminal_app.services.settings import SettingsService
from terminal_app.services.watchlists import WatchlistService


class LayoutStore(Protocol):
    """Where the layout is kept."""

    def load(self) -> dict[str, Any]:
        """The layout as it was saved; empty the first time."""
        ...

    def save(self, content: dict[str, Any]) -> None:
        """Keep it. Raises StorageError."""
        ...


class Snapshot(Struct):
    """The light services and the remembered layout."""

    bus: Bus
    settings: SettingsService
    watchlists: WatchlistService
    accounts: AccountService
    layout: LayoutStore
    version: str = ""
    theme: str | None = None
    """For this start only, from the command line."""
    size: tuple[int, int] | None = None
    damage: list[str] = field(default_factory=list)
    """Sentences about small files that could not be read."""
    set_clock: Callable[[Clock], None] = lambda _clock: None
    """Hand the exchange's clock to the light services once it is there."""
