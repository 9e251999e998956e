"""The order in which a trader expects search results.

First how well the query fits what the instrument is called (exactly, its beginning, a word's beginning, inside),
together with its class: a plain name brings what is traded by itself first, then futures, options last; a token that
names a kind or a month turns that round. Then how many tokens it has as whole words (a strike of 245 before one of
24500). Then its standing, which does not depend on the query: near expiries, index derivatives and their indices,
shares with derivatives, strikes near the middle of those listed, the usual series, short names.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from terminal_app.domain.enums import Exchange, InstrumentKind, OptionKind, Segment
from terminal_app.domain.ids import InstrumentId
from terminal_app.marketdata.words import INDEX_OF_UNDERLYING, MONTHS

EXACT, BEGINS, WORD_BEGINS, INSIDE = range(4)
"""How well a token fits what an instrument is called."""

_CASH, _FUTURE, _OPTION = range(3)
_CLASSES = {
    InstrumentKind.EQUITY: _CASH,
    InstrumentKind.INDEX: _CASH,
    InstrumentKind.FUTURE: _FUTURE,
    InstrumentKind.OPTION: _OPTION,
}
_PLAIN_TIERS = np.array([[0, 1, 6], [2, 5, 8], [3, 7, 9], [4, 10, 11]], np.int64)
"""By fit and class."""
_DERIVATIVE_TIERS = np.array([[2, 0, 1], [5, 3, 4], [8, 6, 7], [11, 9, 10]], np.int64)
_DERIVATIVE_WORDS = ("CE", "PE", "CALLS", "PUTS", "FUTURES", "OPTIONS")
_SHORTEST_MONTH = 3
_MOST_SAID = 15

_SERIES_ORDER = {"": 0, "EQ": 0, "BE": 1, "BZ": 1, "SM": 1, "ST": 1}
_OTHER_SERIES = 2
_STANDING_BITS = 40
_OPTION_ORDER = {None: 0, OptionKind.CE: 1, OptionKind.PE: 2}
_EXCHANGE_ORDER = {exchange: place for place, exchange in enumerate(Exchange)}


def names_derivative(token: str) -> bool:
    """Whether the token says that a future or an option is wanted: its kind or the month of its expiry."""
    if len(token) < _SHORTEST_MONTH:
        return token in OptionKind.__members__
    return any(word.startswith(token) for word in (*_DERIVATIVE_WORDS, *MONTHS))


def classes(ids: Iterable[InstrumentId]) -> NDArray[np.intp]:
    """Cash or index, future, option: by row."""
    return np.array([_CLASSES[one.kind] for one in ids], np.intp)


def standing(ids: Sequence[InstrumentId]) -> NDArray[np.int64]:
    """Each row's place in the order that does not depend on the query, 0 first."""
    underlyings = {one.symbol for one in ids if one.expiry is not None}
    followed = {(one.exchange, one.symbol) for name, one in INDEX_OF_UNDERLYING.items() if name in underlyings}
    alphabet = {symbol: place for place, symbol in enumerate(sorted({one.symbol for one in ids}))}
    columns = (
        [one.expiry.toordinal() if one.expiry is not None else 0 for one in ids],
        [_importance(one, underlyings, followed) for one in ids],
        _strike_distances(ids),
        [_SERIES_ORDER.get(one.series, _OTHER_SERIES) for one in ids],
        [len(one.symbol) for one in ids],
        [alphabet[one.symbol] for one in ids],
        [_EXCHANGE_ORDER[one.exchange] for one in ids],
        [0.0 if one.strike is None else float(one.strike) for one in ids],
        [_OPTION_ORDER[one.option_kind] for one in ids],
    )
    order = np.lexsort([np.array(column) for column in reversed(columns)])
    places = np.empty(len(ids), np.int64)
    places[order] = np.arange(len(ids))
    return places


def best(
    rows: NDArray[np.intp],
    *,
    fits: NDArray[np.uint8],
    classes: NDArray[np.intp],
    said: NDArray[np.int64],
    standing: NDArray[np.int64],
    wants_derivative: bool,
    limit: int,
) -> list[int]:
    """The first ``limit`` of ``rows``; the arrays have an entry per entry of it."""
    tiers = (_DERIVATIVE_TIERS if wants_derivative else _PLAIN_TIERS)[fits, classes]
    keys = (tiers * (_MOST_SAID + 1) + (_MOST_SAID - np.minimum(said, _MOST_SAID))) << _STANDING_BITS | standing
    if len(rows) > limit:
        nearest = np.argpartition(keys, limit)[:limit]
        rows, keys = rows[nearest], keys[nearest]
    found: list[int] = rows[np.argsort(keys)].tolist()
    return found


def _importance(one: InstrumentId, underlyings: set[str], followed: set[tuple[Exchange, str]]) -> int:
    if one.expiry is not None:
        return 0 if one.symbol in INDEX_OF_UNDERLYING else 1
    if one.segment is Segment.INDEX:
        return 0 if (one.exchange, one.symbol) in followed else 2
    return 1 if one.symbol in underlyings else 2


def _strike_distances(ids: Sequence[InstrumentId]) -> list[int]:
    """Steps from the middle of the strikes of the same underlying and expiry: exchanges list them around the price."""
    listed: dict[tuple[str, date | None], set[Decimal]] = defaultdict(set)
    for one in ids:
        if one.strike is not None:
            listed[one.symbol, one.expiry].add(one.strike)
    steps: dict[tuple[str, date | None], dict[Decimal, int]] = {}
    for key, strikes in listed.items():
        middle = len(strikes) // 2
        steps[key] = {strike: abs(place - middle) for place, strike in enumerate(sorted(strikes))}
    return [0 if one.strike is None else steps[one.symbol, one.expiry][one.strike] for one in ids]
