"""Lays two brokers' instrument lists side by side on the instruments' identities, and says why the rest does not match."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from enum import StrEnum

from msgspec import Struct

from terminal_app.domain.enums import Exchange, Segment
from terminal_app.domain.ids import InstrumentId
from terminal_app.domain.instrument import Instrument, InstrumentDump

EXAMPLES = 5
"""How many of a group are named."""

COMPARED = ("lot_size", "tick_size", "freeze_quantity", "isin", "exchange_token")
"""What the two lists should agree on where both tell it. 0 and an empty text mean that a list does not tell."""


class Why(StrEnum):
    """Why only one of two lists has an instrument. Every unmatched instrument has exactly one of these."""

    MARKET_ABSENT = "MARKET_ABSENT"
    EXPIRED = "EXPIRED"
    RENAMED = "RENAMED"
    STRIKE_MOVED = "STRIKE_MOVED"
    EXPIRY_MOVED = "EXPIRY_MOVED"
    DISPUTED = "DISPUTED"
    INDICATIVE_VALUE = "INDICATIVE_VALUE"
    OTHER_SERIES = "OTHER_SERIES"
    BOND = "BOND"
    SERIES_ABSENT = "SERIES_ABSENT"
    SHARE_ABSENT = "SHARE_ABSENT"
    INDEX_ABSENT = "INDEX_ABSENT"
    UNDERLYING_ABSENT = "UNDERLYING_ABSENT"
    EXPIRY_ABSENT = "EXPIRY_ABSENT"
    CONTRACT_ABSENT = "CONTRACT_ABSENT"


_SENTENCES = {
    Why.MARKET_ABSENT: "The list of {there} holds nothing of this market.",
    Why.EXPIRED: "The contract had expired when the list of {there} was made: every contract of this market in it ends later.",
    Why.RENAMED: "The exchange gave it another symbol: {there} lists the same exchange token under another name.",
    Why.STRIKE_MOVED: "The exchange moved the strike for a corporate action: {there} lists the same exchange token at another strike.",
    Why.EXPIRY_MOVED: "The exchange moved the last day: {there} lists the same exchange token with another expiry.",
    Why.DISPUTED: "{there} lists the same exchange token as something else altogether: one of the two lists is wrong or read wrongly.",
    Why.INDICATIVE_VALUE: "It is the indicative net asset value of a fund, a figure that cannot be traded; {there} lists it not.",
    Why.OTHER_SERIES: "{there} lists the share in another series: the exchange moves shares between series, to trade-for-trade and back.",
    Why.BOND: "It is a bond or treasury bill, of which some are issued and some redeemed every week; {there} lists it not.",
    Why.SERIES_ABSENT: "{there} lists nothing of this series.",
    Why.SHARE_ABSENT: "{there} lists no such share: it was admitted, suspended or delisted between the days of the two lists.",
    Why.INDEX_ABSENT: "{there} publishes no such index.",
    Why.UNDERLYING_ABSENT: "{there} lists no contract on this underlying: they began or ended between the days of the lists.",
    Why.EXPIRY_ABSENT: "{there} lists the underlying but nothing that ends on this day: the exchange opens new expiries as old ones end.",
    Why.CONTRACT_ABSENT: "{there} lists others of this underlying and expiry: strikes come and go as the price moves.",
}

_INDICATIVE = re.compile(r"INAV$|-NAV$")
_BOND_SERIES = re.compile(r"TB|GS|SG|GB|[NYZ][0-9A-Z]")
"""Series of NSE: treasury bills, bonds of the union, of the states, in gold, and of companies."""

_Market = tuple[Exchange, Segment]


class UnmatchedGroup(Struct, frozen=True):
    """Instruments of one market that ``listed_by`` has and ``missing_at`` has not, all for one reason."""

    listed_by: str
    missing_at: str
    exchange: Exchange
    segment: Segment
    why: Why
    count: int
    examples: tuple[InstrumentId, ...]

    @property
    def explanation(self) -> str:
        """One sentence for the reader."""
        return _SENTENCES[self.why].format(there=self.missing_at.capitalize())


class Difference(Struct, frozen=True):
    """One matched instrument of which the lists tell different things."""

    id: InstrumentId
    left: str
    right: str


class Comparison(Struct, frozen=True):
    """How the lists agree on one field of the matched instruments.

    ``compared`` counts those that both lists tell the field of, ``differing`` those of them that differ.
    """

    field: str
    compared: int
    differing: int
    examples: tuple[Difference, ...]


class RejectedGroup(Struct, frozen=True):
    """Rows that one list has and that were not understood, all for one reason; ``lines`` are the first of them."""

    listed_by: str
    reason: str
    count: int
    lines: tuple[int, ...]


class Join(Struct, frozen=True):
    """Two lists on one identity. ``matched`` is in the order of the left list."""

    left: str
    right: str
    matched: tuple[InstrumentId, ...]
    unmatched: tuple[UnmatchedGroup, ...]
    comparisons: tuple[Comparison, ...]
    rejected: tuple[RejectedGroup, ...]

    def unmatched_at(self, listed_by: str) -> int:
        """How many instruments only this broker lists."""
        return sum(group.count for group in self.unmatched if group.listed_by == listed_by)

    def comparison(self, field: str) -> Comparison:
        """How the lists agree on one of the fields ``COMPARED``. Raises KeyError for another."""
        return {one.field: one for one in self.comparisons}[field]


def join_dumps(dumps: Mapping[str, InstrumentDump]) -> Join:
    """Join the lists of two brokers, by their names. Takes about two seconds for whole lists.

    Raises ValueError unless there are exactly two.
    """
    left, right = dumps
    here, there = _Listing(dumps[left].instruments), _Listing(dumps[right].instruments)
    matched = tuple(identity for identity in here.by_id if identity in there.by_id)
    return Join(
        left,
        right,
        matched,
        (*_unmatched(left, here, right, there), *_unmatched(right, there, left, here)),
        tuple(_compare(field, matched, here, there) for field in COMPARED),
        tuple(group for broker, dump in dumps.items() for group in _rejected(broker, dump)),
    )


class _Listing:
    """One list, found by everything that an explanation asks for."""

    def __init__(self, instruments: Iterable[Instrument]) -> None:
        self.by_id: dict[InstrumentId, Instrument] = {}
        self.by_token: dict[tuple[_Market, str], InstrumentId] = {}
        self.first_expiry: dict[_Market, date] = {}
        self.markets: set[_Market] = set()
        self.series: set[tuple[_Market, str]] = set()
        self.symbols: set[tuple[_Market, str]] = set()
        self.expiries: set[tuple[_Market, str, date | None]] = set()
        for one in instruments:
            self._add(one)

    def _add(self, one: Instrument) -> None:
        identity = one.id
        market = (identity.exchange, identity.segment)
        self.by_id.setdefault(identity, one)
        # Brokers number indices by themselves, so that those numbers say nothing about another list.
        if one.exchange_token and identity.segment is not Segment.INDEX:
            self.by_token.setdefault((market, one.exchange_token), identity)
        self.markets.add(market)
        self.symbols.add((market, identity.symbol))
        self.series.add((market, identity.series))
        if identity.expiry is not None:
            self.expiries.add((market, identity.symbol, identity.expiry))
            self.first_expiry[market] = min(identity.expiry, self.first_expiry.get(market, identity.expiry))

    def is_over(self, id: InstrumentId) -> bool:
        """Whether a contract ends before every one of its market in this list does."""
        first = self.first_expiry.get((id.exchange, id.segment))
        return id.expiry is not None and first is not None and id.expiry < first


def _unmatched(listed_by: str, here: _Listing, missing_at: str, there: _Listing) -> Iterator[UnmatchedGroup]:
    groups: dict[tuple[Exchange, Segment, Why], list[InstrumentId]] = defaultdict(list)
    for one, instrument in here.by_id.items():
        if one not in there.by_id:
            groups[one.exchange, one.segment, _explain(instrument, here, there)].append(one)
    for (exchange, segment, why), ids in groups.items():
        yield UnmatchedGroup(listed_by, missing_at, exchange, segment, why, len(ids), tuple(ids[:EXAMPLES]))


def _explain(instrument: Instrument, here: _Listing, there: _Listing) -> Why:
    one = instrument.id
    market = (one.exchange, one.segment)
    if market not in there.markets:
        return Why.MARKET_ABSENT
    if there.is_over(one):
        return Why.EXPIRED
    if one.segment is Segment.INDEX:
        return Why.INDICATIVE_VALUE if _INDICATIVE.search(one.symbol) else Why.INDEX_ABSENT
    twin = there.by_token.get((market, instrument.exchange_token))
    # The exchange gives the token of a contract that is over to a new one.
    if twin is not None and not here.is_over(twin):
        return _changed(one, twin)
    if one.segment is Segment.CASH:
        return _explain_share(one, market, there)
    if (market, one.symbol) not in there.symbols:
        return Why.UNDERLYING_ABSENT
    if (market, one.symbol, one.expiry) not in there.expiries:
        return Why.EXPIRY_ABSENT
    return Why.CONTRACT_ABSENT


def _explain_share(id: InstrumentId, market: _Market, there: _Listing) -> Why:
    if _INDICATIVE.search(id.symbol):
        return Why.INDICATIVE_VALUE
    if (market, id.symbol) in there.symbols:
        return Why.OTHER_SERIES
    if id.exchange is Exchange.NSE and _BOND_SERIES.fullmatch(id.series):
        return Why.BOND
    if (market, id.series) not in there.series:
        return Why.SERIES_ABSENT
    return Why.SHARE_ABSENT


def _changed(id: InstrumentId, twin: InstrumentId) -> Why:
    """What the exchange changed of one instrument, which both lists know by its token; it changes one thing at a time."""
    differing = [name for name in ("symbol", "series", "expiry", "strike") if getattr(id, name) != getattr(twin, name)]
    if id.option_kind is twin.option_kind and len(differing) == 1:
        return _CHANGES[differing[0]]
    return Why.DISPUTED


_CHANGES = {
    "symbol": Why.RENAMED,
    "series": Why.OTHER_SERIES,
    "expiry": Why.EXPIRY_MOVED,
    "strike": Why.STRIKE_MOVED,
}


def _compare(field: str, matched: Iterable[InstrumentId], here: _Listing, there: _Listing) -> Comparison:
    compared = differing = 0
    examples: list[Difference] = []
    for one in matched:
        left, right = getattr(here.by_id[one], field), getattr(there.by_id[one], field)
        if not left or not right or (field == "exchange_token" and one.segment is Segment.INDEX):
            continue
        compared += 1
        if left != right:
            differing += 1
            if differing <= EXAMPLES:
                examples.append(Difference(one, str(left), str(right)))
    return Comparison(field, compared, differing, tuple(examples))


def _rejected(listed_by: str, dump: InstrumentDump) -> Iterator[RejectedGroup]:
    lines: dict[str, list[int]] = defaultdict(list)
    for row in dump.rejected:
        lines[row.reason].append(row.line)
    for reason, numbers in lines.items():
        yield RejectedGroup(listed_by, reason, len(numbers), tuple(numbers[:EXAMPLES]))
