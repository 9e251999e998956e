"""The real market service over a quote board that a test writes to, in place of a scripted one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal

from msgspec.structs import replace
from PySide6.QtWidgets import QWidget

from terminal_app.domain.clock import Clock
from terminal_app.domain.ids import InstrumentId
from terminal_app.domain.instrument import Instrument
from terminal_app.domain.market import Quote
from terminal_app.marketdata.board import QuoteBoard
from terminal_app.marketdata.catalogue import InstrumentCatalogue
from terminal_app.marketdata.hub import MarketDataHub
from terminal_app.services.market import MarketService
from tests.helpers.market_tables import market_hours
from tests.helpers.one_room import one_room
from tests.helpers.scripted_terminal import ScriptedTerminal


class LiveMarket:
    """Replaces ``terminal.market``. ``tell`` is a tick; time passes with the scripted clock."""

    def __init__(self, scripted: ScriptedTerminal, instruments: Iterable[Instrument]) -> None:
        self._clock: Clock = scripted.clock
        self.catalogue = InstrumentCatalogue(instruments)
        self.board = QuoteBoard()
        self.hub = MarketDataHub(self.board, scripted.bus, scripted.clock)
        rooms = one_room(
            catalogue=self.catalogue,
            hub=self.hub,
            hours=market_hours(),
            clock=scripted.clock,
            is_running=lambda: True,
        )
        self.service = MarketService(rooms, scripted.bus, scripted.clock)
        scripted.terminal.market = self.service

    def tell(self, quote: Quote, *, age_s: float = 0) -> None:
        """Put a quote on the board as if it had come ``age_s`` ago."""
        received = self._clock.now() - timedelta(seconds=age_s)
        self.board.put(replace(quote, time=received), int(received.timestamp() * 1e9))

    def price(self, id: InstrumentId, last: str, close: str | None = None, volume: int | None = None) -> None:
        """A tick that says the last price, and the previous close where it is given."""
        previous = Decimal(close) if close is not None else None
        self.tell(Quote(id, Decimal(last), previous_close=previous, volume=volume))


def live_desk(window: QWidget, instruments: Iterable[Instrument]) -> tuple[ScriptedTerminal, LiveMarket]:
    """A desk without timers whose market is the real one."""
    scripted = ScriptedTerminal(window)
    market = LiveMarket(scripted, instruments)
    scripted.start_desk()
    return scripted, market
