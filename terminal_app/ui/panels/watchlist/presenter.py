"""What the watchlist decides: which list is shown, in what order, how its instruments are named, and every edit."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from msgspec import Struct

from terminal_app.domain.clock import ist
from terminal_app.domain.enums import Exchange
from terminal_app.domain.errors import BadInput
from terminal_app.domain.ids import InstrumentId
from terminal_app.ui.panels.watchlist.names import MONTHS, name_of

if TYPE_CHECKING:
    from terminal_app.domain.market import Quote
    from terminal_app.services.terminal import Terminal
    from terminal_app.services.watchlists import WatchlistService

_MOST_PASTED = 250
_NAME = "name"

SORTS: tuple[tuple[str, str], ...] = (
    (_NAME, "Instrument"),
    ("ltp", "LTP"),
    ("change_percent", "Chg %"),
    ("change", "Change"),
    ("volume", "Volume"),
    ("open", "Open"),
    ("high", "High"),
    ("low", "Low"),
    ("bid", "Bid"),
    ("ask", "Ask"),
    ("open_interest", "OI"),
)
"""What a list can be sorted by: the column's key and its title."""

_FIGURES: dict[str, Callable[[Quote], Decimal | int | None]] = {
    "ltp": lambda quote: quote.last_price,
    "change_percent": lambda quote: quote.change_percent,
    "change": lambda quote: quote.change,
    "volume": lambda quote: quote.volume,
    "open": lambda quote: quote.open,
    "high": lambda quote: quote.high,
    "low": lambda quote: quote.low,
    "bid": lambda quote: quote.bid,
    "ask": lambda quote: quote.ask,
    "open_interest": lambda quote: quote.open_interest,
}


class Pasted(Struct, frozen=True):
    """What became of pasted symbols. ``unknown`` are the words that no instrument is called."""

    added: int
    already: int
    unknown: tuple[str, ...]


class WatchlistPresenter:
    """Works without prices until ``attach``: names and edits need the lists only."""

    def __init__(self, watchlists: WatchlistService) -> None:
        self._lists = watchlists
        self._terminal: Terminal | None = None
        self.number = 1
        self.sorted_by: tuple[str, bool] | None = None
        """The column's key and whether the largest comes first; None is the user's own order."""

    def attach(self, terminal: Terminal) -> None:
        """Prices and the catalogue are there."""
        self._terminal = terminal

    @property
    def count(self) -> int:
        """How many lists there are."""
        return self._lists.count

    def choose_list(self, number: int) -> bool:
        """Show another list; False where it is shown already or there is none of that number."""
        if number == self.number or not 1 <= number <= self._lists.count:
            return False
        self.number = number
        return True

    def own_order(self) -> tuple[InstrumentId, ...]:
        """The list as the user arranged it."""
        return self._lists.get(self.number)

    def arranged(self) -> tuple[InstrumentId, ...]:
        """The list as it is shown: sorted by the present figures where a sorting was chosen, unknown ones last."""
        ids = self.own_order()
        if self.sorted_by is None:
            return ids
        column, largest_first = self.sorted_by
        if column == _NAME:
            return tuple(sorted(ids, key=_by_name, reverse=largest_first))
        if self._terminal is None:
            return ids
        figure, market = _FIGURES[column], self._terminal.market
        values = {one: figure(market.quote(one)) for one in ids}
        known = [(value, one) for one, value in values.items() if value is not None]
        known.sort(key=lambda pair: pair[0], reverse=largest_first)
        return (*(one for _, one in known), *(one for one in ids if values[one] is None))

    def names(self, ids: Sequence[InstrumentId]) -> list[tuple[str, str]]:
        """Name and small part by row. Where rows differ in their expiry only, it moves into the name, which is never dropped."""
        names = [name_of(one) for one in ids]
        times = Counter(main for main, _ in names)
        return [
            (main.replace(" ", f" {behind} ", 1), "") if one.expiry is not None and times[main] > 1 else (main, behind)
            for one, (main, behind) in zip(ids, names, strict=True)
        ]

    def cycle_sort(self, column: str) -> None:
        """A click on a header: names from A and figures from the largest, then the other way round, then the own order."""
        first = column != _NAME
        if self.sorted_by is None or self.sorted_by[0] != column:
            self.sorted_by = (column, first)
        elif self.sorted_by[1] is first:
            self.sorted_by = (column, not first)
        else:
            self.sorted_by = None

    def trouble(self, one: InstrumentId) -> str:
        """Why an instrument has no prices: "expired" or "not listed"; empty where it is well, or nothing is known before a login."""
        market = self._terminal.market if self._terminal is not None else None
        if market is None or not market.has_instruments or market.instrument(one) is not None:
            return ""
        return "expired" if one.expiry is not None and one.expiry < self._today() else "not listed"

    def expired(self) -> tuple[InstrumentId, ...]:
        """Those of the shown list whose last day is over."""
        return tuple(one for one in self.own_order() if self.trouble(one) == "expired")

    def tooltip(self, one: InstrumentId) -> str:
        """The whole name: contract with its year, company, exchange."""
        if self._terminal is None:
            return one.text
        instrument = self._terminal.market.instrument(one)
        label = self._terminal.market.label(one)
        parts = [label, one.exchange.value]
        if one.expiry is not None:
            parts.append(f"expires {one.expiry.day} {MONTHS[one.expiry.month - 1]} {one.expiry.year}")
        elif instrument is not None and instrument.name and instrument.name != label:
            parts.append(instrument.name)
        if trouble := self.trouble(one):
            parts.append(trouble)
        return ", ".join(parts)

    def add(self, one: InstrumentId) -> bool:
        """Put it at the end of the shown list; False when it is there. Raises BadInput, StorageError."""
        return self._lists.add(self.number, one)

    def add_list(self) -> None:
        """Make a list and show it. Raises BadInput, StorageError."""
        self.number = self._lists.add_list()

    def remove(self, ids: Sequence[InstrumentId]) -> None:
        """Take these out. Raises StorageError."""
        self._lists.remove(self.number, ids)

    def undo(self) -> bool:
        """Take the last edit back. Raises StorageError."""
        return self._lists.undo()

    def move(self, one: InstrumentId, steps: int) -> None:
        """Shift a row up (-1) or down (1); at the end it stays. Raises BadInput while the list is sorted, StorageError."""
        place = self.own_order().index(one) + steps
        self.move_before(one, place + (steps > 0))

    def move_before(self, one: InstrumentId, gap: int) -> None:
        """Put a row into the gap before the row that stands at ``gap`` now. Raises BadInput while sorted, StorageError."""
        if self.sorted_by is not None:
            title = dict(SORTS)[self.sorted_by[0]]
            raise BadInput(
                "watchlist", f"The list is sorted by {title}. Choose “My order” under Sort by, then move rows."
            )
        ids = list(self.own_order())
        place = ids.index(one)
        ids.remove(one)
        ids.insert(max(0, gap - (gap > place)), one)
        self._lists.reorder(self.number, ids)

    def symbols(self) -> str:
        """The shown list as text that ``paste`` reads back, an instrument a line."""
        return "\n".join(str(one) for one in self.arranged())

    def paste(self, text: str) -> Pasted:
        """Add every symbol of a text: ids, trading symbols or names, apart by lines, commas or tabs.

        Raises BadInput when it holds none or too many, StorageError.
        """
        words = list(dict.fromkeys(word.strip() for word in re.split(r"[\n\r,;\t]+", text) if word.strip()))
        if not words:
            raise BadInput(
                "watchlist", "The clipboard holds no symbols: copy some, such as RELIANCE, TCS, and paste again."
            )
        if len(words) > _MOST_PASTED:
            raise BadInput("watchlist", f"The clipboard holds {len(words)} lines; a watchlist takes {_MOST_PASTED}.")
        found = {word: self._resolve(word) for word in words}
        ids = list(dict.fromkeys(one for one in found.values() if one is not None))
        added = self._lists.extend(self.number, ids)
        return Pasted(added, len(ids) - added, tuple(word for word, one in found.items() if one is None))

    def _resolve(self, word: str) -> InstrumentId | None:
        text = " ".join(word.upper().split())
        if self._terminal is None:
            return None
        market = self._terminal.market
        try:
            one = InstrumentId.parse(text)
        except BadInput:
            pass  # not an identity: a name or a trading symbol then
        else:
            return one if market.instrument(one) is not None else None
        prefix, _, name = text.rpartition(":")
        for instrument in market.search(name, 20):
            own = instrument.id
            names = {instrument.label, instrument.trading_symbol.upper(), own.symbol if own.expiry is None else ""}
            if name in names and (prefix not in Exchange.__members__ or own.exchange.value == prefix):
                return own
        return None

    def _today(self) -> date:
        assert self._terminal is not None
        return ist(self._terminal.clock.now()).date()


def _by_name(one: InstrumentId) -> tuple[str, date, Decimal, str]:
    return (
        one.symbol,
        one.expiry or date.min,
        one.strike or Decimal(0),
        one.option_kind.value if one.option_kind else "",
    )
