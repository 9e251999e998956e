"""Watchlists: numbered lists of instruments in the user's order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from terminal_app.domain.errors import BadInput

if TYPE_CHECKING:
    from terminal_app.domain.ids import InstrumentId
    from terminal_app.domain.messages import WatchlistsChanged

MOST_LISTS = 7
MOST_INSTRUMENTS = 250

PRACTICE_LIST = (
    "NSE:NIFTY 50:INDEX",
    "NSE:NIFTY BANK:INDEX",
    "BSE:SENSEX:INDEX",
    "NSE:RELIANCE:EQ",
    "NSE:HDFCBANK:EQ",
    "NSE:ICICIBANK:EQ",
    "NSE:INFY:EQ",
    "NSE:TCS:EQ",
    "NSE:SBIN:EQ",
    "NSE:ITC:EQ",
    "NSE:LT:EQ",
    "NSE:TATASTEEL:EQ",
    "NSE:BHARTIARTL:EQ",
)
"""What the first list of a new home holds."""


class WatchlistStore(Protocol):
    """Where the lists are kept; saving is all or nothing."""

    def load(self) -> dict[str, Any]:
        """All that was saved."""
        ...

    def save(self, content: dict[str, Any]) -> None:
        """Replace what was saved. Raises StorageError."""
        ...


class WatchlistService:
    """The lists by number from 1; every edit is saved at once and announced, and the last one can be undone.

    What was saved is read when first asked for; raises BadInput where it names something that is no instrument.
    """

    def __init__(self, store: WatchlistStore, announce: Callable[[WatchlistsChanged], None]) -> None:
        self._store = store
        self._announce = announce
        saved = store.load().get("lists")
        self._texts: list[list[str]] = saved if isinstance(saved, list) and saved else [list(PRACTICE_LIST), [], []]
        self._undo: list[tuple[int, list[InstrumentId]]] = []

    @cached_property
    def _lists(self) -> list[list[InstrumentId]]:
        from terminal_app.domain.ids import InstrumentId  # heavy: not before the first paint

        return [[InstrumentId.parse(text) for text in texts] for texts in self._texts]

    def saved_texts(self, number: int) -> tuple[str, ...]:
        """The printed forms of the instruments that a list was loaded with, unchecked: for the first paint."""
        return tuple(self._texts[number - 1])

    @property
    def count(self) -> int:
        """How many lists there are."""
        return len(self._lists)

    def get(self, number: int) -> tuple[InstrumentId, ...]:
        """The instruments of a list, in the user's order."""
        return tuple(self._lists[number - 1])

    def add(self, number: int, instrument: InstrumentId, place: int | None = None) -> bool:
        """Put an instrument in (at the end by default); False when it is there already. Raises BadInput, StorageError."""
        now = self._lists[number - 1]
        if instrument in now:
            return False
        if len(now) >= MOST_INSTRUMENTS:
            raise BadInput(
                "watchlist",
                f"Watchlist {number} is full: it holds {MOST_INSTRUMENTS} instruments. Remove one or use another list.",
            )
        changed = list(now)
        changed.insert(len(now) if place is None else place, instrument)
        self._change(number, changed)
        return True

    def extend(self, number: int, instruments: Sequence[InstrumentId]) -> int:
        """Put several at the end as one edit; how many were not there yet. Raises BadInput when they do not fit, StorageError."""
        now = self._lists[number - 1]
        new = [instrument for instrument in dict.fromkeys(instruments) if instrument not in now]
        room = MOST_INSTRUMENTS - len(now)
        if len(new) > room:
            raise BadInput(
                "watchlist",
                f"Watchlist {number} holds {MOST_INSTRUMENTS} instruments at most: there is room for {room}, not for {len(new)}.",
            )
        self._change(number, [*now, *new])
        return len(new)

    def remove(self, number: int, instruments: Sequence[InstrumentId]) -> None:
        """Take instruments out."""
        gone = set(instruments)
        self._change(number, [instrument for instrument in self._lists[number - 1] if instrument not in gone])

    def reorder(self, number: int, instruments: Sequence[InstrumentId]) -> None:
        """Keep the same instruments in another order. Raises BadInput when they are not the same."""
        if sorted(map(str, instruments)) != sorted(map(str, self._lists[number - 1])):
            raise BadInput("watchlist", "Reordering must keep the same instruments.")
        self._change(number, list(instruments))

    def add_list(self) -> int:
        """A new empty list; its number. Raises BadInput when there are enough."""
        if len(self._lists) >= MOST_LISTS:
            raise BadInput("watchlist", f"There are {MOST_LISTS} watchlists already; that is the most.")
        self._lists.append([])
        try:
            self._save()
        except Exception:
            self._lists.pop()
            raise
        self._tell(len(self._lists))
        return len(self._lists)

    def undo(self) -> bool:
        """Take the last edit back; False when there is none."""
        if not self._undo:
            return False
        number, before = self._undo.pop()
        self._lists[number - 1] = before
        self._save()
        self._tell(number)
        return True

    def _change(self, number: int, instruments: list[InstrumentId]) -> None:
        before = self._lists[number - 1]
        if instruments == before:
            return
        self._lists[number - 1] = instruments
        try:
            self._save()
        except Exception:
            self._lists[number - 1] = before
            raise
        self._undo = [*self._undo[-19:], (number, before)]
        self._tell(number)

    def _tell(self, number: int) -> None:
        from terminal_app.domain.messages import WatchlistsChanged  # heavy: not before the first paint

        self._announce(WatchlistsChanged(number))

    def _save(self) -> None:
        self._store.save({"lists": [[str(instrument) for instrument in row] for row in self._lists]})
