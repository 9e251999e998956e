"""Instruments and prices for the window: search, quotes, changed rows for live grids, ages and market hours."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from datetime import datetime
from decimal import Decimal
from weakref import WeakSet

import numpy as np
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import NDArray

from terminal_app.domain.bus import Bus
from terminal_app.domain.clock import Clock, ist
from terminal_app.domain.enums import Exchange, FeedMode, Segment, SessionPhase
from terminal_app.domain.errors import ConfigError
from terminal_app.domain.hours import accepts_orders
from terminal_app.domain.ids import InstrumentId
from terminal_app.domain.instrument import Instrument
from terminal_app.domain.market import Quote
from terminal_app.domain.messages import CurrentAccountChanged, InstrumentsChanged
from terminal_app.marketdata.board import QuoteBoard
from terminal_app.services.rooms import Room, Rooms

OLD_AFTER_S = 5.0
"""A price this old in market hours is shown as old."""
_TRADING = frozenset(
    {
        SessionPhase.CONTINUOUS,
        SessionPhase.PRE_OPEN,
        SessionPhase.PRE_OPEN_LIMIT,
        SessionPhase.CLOSING_ENTRY,
        SessionPhase.CLOSING_LIMIT,
    }
)

Positions = NDArray[np.intp]


class QuoteRows:
    """The quotes of a list of instruments by position in that list, for grids that repaint what changed.

    When the window shows another room they are that room's, and the next take tells every position.
    """

    def __init__(self, board: QuoteBoard, ids: Sequence[InstrumentId]) -> None:
        self._ids = tuple(ids)
        self._is_closed = False
        self._stand_on(board)

    def take(self) -> Positions:
        """Positions whose quote changed since the last call, ascending."""
        changed = self._reader.take()
        if not len(changed):
            return np.empty(0, np.intp)
        known = self._position_of
        positions = np.array([known[row] for row in changed.tolist() if row in known], np.intp)
        if len(positions):
            now = self._board.last_price[self._rows[positions]]
            before = self._seen[positions]
            self._moved[positions] = np.sign(np.nan_to_num(now - before)).astype(np.int8)
            self._seen[positions] = now
        return positions

    def move_to(self, board: QuoteBoard) -> None:
        """Be those of another board from now on."""
        if not self._is_closed:
            self._reader.close()
            self._stand_on(board)

    def _stand_on(self, board: QuoteBoard) -> None:
        self._board = board
        self._rows = board.rows(self._ids)
        self._position_of = {int(row): place for place, row in enumerate(self._rows)}
        self._reader = board.reader()
        self._seen = np.full(len(self._ids), np.nan)
        self._moved = np.zeros(len(self._ids), np.int8)

    def directions(self, positions: Positions) -> NDArray[np.int8]:
        """-1 fell, +1 rose, 0 stood still or is the first price, by the last take."""
        return self._moved[positions]

    def close(self) -> None:
        """No longer told of changes."""
        self._is_closed = True
        self._reader.close()

    def last_price(self, positions: Positions) -> NDArray[np.float64]:
        """Rupees; NaN where not known. So are all the following."""
        return self._board.last_price[self._rows[positions]]

    def previous_close(self, positions: Positions) -> NDArray[np.float64]:
        """The base of the day's change."""
        return self._board.previous_close[self._rows[positions]]

    def change(self, positions: Positions) -> NDArray[np.float64]:
        """Last price less previous close."""
        return self.last_price(positions) - self.previous_close(positions)

    def change_percent(self, positions: Positions) -> NDArray[np.float64]:
        """The change in percent of the previous close."""
        close = self.previous_close(positions)
        with np.errstate(divide="ignore", invalid="ignore"):
            percent = (self.last_price(positions) - close) / close * 100
        return np.where(np.isfinite(percent), percent, np.nan)

    def open(self, positions: Positions) -> NDArray[np.float64]:
        """The day's open."""
        return self._board.open[self._rows[positions]]

    def high(self, positions: Positions) -> NDArray[np.float64]:
        """The day's high."""
        return self._board.high[self._rows[positions]]

    def low(self, positions: Positions) -> NDArray[np.float64]:
        """The day's low."""
        return self._board.low[self._rows[positions]]

    def bid(self, positions: Positions) -> NDArray[np.float64]:
        """The best bid."""
        best: NDArray[np.float64] = self._board.bid_price[self._rows[positions], 0]
        return best

    def ask(self, positions: Positions) -> NDArray[np.float64]:
        """The best ask."""
        best: NDArray[np.float64] = self._board.ask_price[self._rows[positions], 0]
        return best

    def volume(self, positions: Positions) -> NDArray[np.float64]:
        """Units traded today; NaN where not known."""
        return _counts(self._board.volume[self._rows[positions]])

    def open_interest(self, positions: Positions) -> NDArray[np.float64]:
        """Open contracts; NaN where not known."""
        return _counts(self._board.open_interest[self._rows[positions]])


def _counts(values: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.where(values < 0, np.nan, values.astype(np.float64))


class _Wish(Struct, frozen=True):
    """What an owner wants prices of, and where."""

    room: Room
    ids: tuple[InstrumentId, ...]
    mode: FeedMode


class MarketService:
    """What the window asks about instruments and prices, in the room that it shows."""

    def __init__(self, rooms: Rooms, bus: Bus, wall: Clock) -> None:
        """``wall`` is the clock that ages count by: a price is received in real time, whatever time the exchange has."""
        self._rooms = rooms
        self._bus = bus
        self._wall = wall
        self._wishes: dict[Hashable, _Wish] = {}
        self._lists: WeakSet[QuoteRows] = WeakSet()
        self._shown = rooms.shown
        bus.subscribe(CurrentAccountChanged, lambda _message: self._follow())

    def search(self, text: str, limit: int = 30) -> list[Instrument]:
        """What ``text`` finds, best first."""
        return self._rooms.shown.catalogue.search(text, limit)

    @property
    def has_instruments(self) -> bool:
        """Whether it is known what is listed: of the real market nothing is before the first login."""
        return len(self._rooms.shown.catalogue) > 0

    def instrument(self, id: InstrumentId) -> Instrument | None:
        """The contract as it is today; None where it is not listed."""
        return self._rooms.shown.catalogue.get(id)

    def label(self, id: InstrumentId) -> str:
        """The name a trader reads, also for an instrument that is not listed any more."""
        instrument = self._rooms.shown.catalogue.get(id)
        return instrument.label if instrument is not None else Instrument(id, "", 1, Decimal(0)).label

    def contracts(self, underlying: str) -> list[Instrument]:
        """Futures and options on ``underlying``."""
        return self._rooms.shown.catalogue.contracts(underlying)

    def watch(self, owner: Hashable, ids: Sequence[InstrumentId], mode: FeedMode = FeedMode.QUOTE) -> None:
        """Say all that ``owner`` wants prices of; a later call replaces the earlier one."""
        self._place(owner, _Wish(self._rooms.shown, tuple(ids), mode))

    def release(self, owner: Hashable) -> None:
        """``owner`` wants nothing any more."""
        wish = self._wishes.pop(owner, None)
        if wish is not None:
            wish.room.hub.drop(owner)

    def quote(self, id: InstrumentId) -> Quote:
        """Everything known of one price, exact."""
        return self._rooms.shown.hub.board.quote(id)

    def last_price(self, id: InstrumentId) -> Decimal | None:
        """The last price; None while none is known."""
        return self._rooms.shown.hub.board.last_price_of(id)

    def rows(self, ids: Sequence[InstrumentId]) -> QuoteRows:
        """The quotes of a list, for a live grid."""
        rows = QuoteRows(self._rooms.shown.hub.board, ids)
        self._lists.add(rows)
        return rows

    def age_s(self, id: InstrumentId) -> float | None:
        """Seconds since anything was heard of its price; None if nothing ever was."""
        return self._rooms.shown.hub.silent_for(id, self._wall.now())

    def is_old(self, id: InstrumentId) -> bool:
        """Whether the price should have moved by now: nothing heard for five seconds in market hours."""
        age = self.age_s(id)
        if age is None or age <= OLD_AFTER_S or not self._rooms.shown.is_running():
            return False
        return self.phase(id) in _TRADING

    def phase(self, id: InstrumentId) -> SessionPhase:
        """The part of the trading day the instrument is in; CLOSED where it is not listed."""
        return self._rooms.shown.phase(id)

    def _follow(self) -> None:
        """The window shows another room perhaps: what is wanted is wanted there now."""
        if self._rooms.shown is self._shown:
            return
        self._shown = self._rooms.shown
        for owner, wish in tuple(self._wishes.items()):
            self._place(owner, replace(wish, room=self._shown))
        for rows in tuple(self._lists):
            rows.move_to(self._shown.hub.board)
        self._bus.publish(InstrumentsChanged(len(self._shown.catalogue)))

    def _place(self, owner: Hashable, wish: _Wish) -> None:
        before = self._wishes.get(owner)
        if before is not None and before.room is not wish.room:
            before.room.hub.drop(owner)
        self._wishes[owner] = wish
        wish.room.hub.want(owner, wish.ids, wish.mode)

    def summary(self) -> str:
        """The markets in a few words for the status bar."""
        now = self._rooms.shown.clock.now()
        try:
            return self._summary(now)
        except ConfigError as error:
            return error.message

    def _summary(self, now: datetime) -> str:
        cash, derivative = self._sample(Segment.CASH), self._sample(Segment.FNO)
        words = []
        for name, instrument in (("cash", cash), ("F&O", derivative)):
            if instrument is None:
                continue
            words.append(f"{name} {self._words(instrument, now)}")
        return f"NSE {', '.join(words)}" if words else "NSE closed"

    def _words(self, instrument: Instrument, now: datetime) -> str:
        phase = self._rooms.shown.hours.phase(instrument, now)
        if accepts_orders(phase) or phase is not SessionPhase.CLOSED:
            spans = [
                span
                for span in self._rooms.shown.hours.phases(instrument, ist(now).date())
                if span.phase is SessionPhase.CONTINUOUS
            ]
            if phase is SessionPhase.CONTINUOUS and spans:
                return f"closes {ist(spans[-1].end):%H:%M}"
            return phase.value.replace("_", " ").lower()
        return f"opens {ist(self._rooms.shown.hours.next_open(instrument, now)):%a %H:%M}"

    def _sample(self, segment: Segment) -> Instrument | None:
        """A typical instrument of the NSE, whose hours stand for the segment's."""
        found = None
        for instrument in self._rooms.shown.catalogue.all():
            if instrument.exchange is Exchange.NSE and instrument.segment is segment:
                if segment is not Segment.CASH or instrument.has_closing_auction:
                    return instrument
                found = found or instrument
        return found
