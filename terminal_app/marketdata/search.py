"""Finds instruments while typing: an index of the words of each column.

What matches is defined in ``words``, the order of the results in ``ranking``. Derivatives repeat few underlyings,
expiries and strikes, so each column keeps its distinct values once, with their words sorted for prefixes; a token
becomes a set of values a column, and a row mask by one array lookup. Unlike a trigram index this sees short words
(CE, PE, a first letter) and stays quick where a word matches thousands of rows.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Hashable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from terminal_app.domain.instrument import Instrument
from terminal_app.marketdata import ranking, words

_Codes = NDArray[np.intp]
_Mask = NDArray[np.bool_]

_AFTER_ALL = "\U0010ffff"
_FEW = 32
_NONE: _Codes = np.empty(0, np.intp)


class SearchIndex:
    """An immutable index over ``instruments``: rows are places in that sequence.

    Building takes a few tenths of a second for 50,000 rows: outside the GUI thread where a window is open.
    """

    def __init__(self, instruments: Sequence[Instrument]) -> None:
        ids = [instrument.id for instrument in instruments]
        self._size = len(ids)
        self._names = _Column(
            ((one.symbol, one.segment, instrument.name) for one, instrument in zip(ids, instruments, strict=True)),
            lambda row: words.name_words(ids[row], instruments[row].name),
        )
        self._expiries = _Column((one.expiry for one in ids), lambda row: words.expiry_words(ids[row].expiry))
        self._strikes = _Column((one.strike for one in ids), lambda row: words.strike_words(ids[row].strike))
        self._markets = _Column(
            ((one.exchange, one.segment, one.series, one.expiry is None, one.option_kind) for one in ids),
            lambda row: words.market_words(ids[row]),
        )
        self._columns = (self._names, self._expiries, self._strikes, self._markets)
        self._years = _WordTable(
            (word, code)
            for code, row in enumerate(self._expiries.first_rows)
            for word in words.year_words(ids[row].expiry)
        )
        self._symbols = _WordTable(
            (word, code) for code, row in enumerate(self._names.first_rows) for word in words.own_symbols(ids[row])
        )
        self._trading_symbols = _WordTable(
            (instrument.trading_symbol.upper(), row)
            for row, instrument in enumerate(instruments)
            if instrument.trading_symbol and instrument.trading_symbol != instrument.id.symbol
        )
        self._standing = ranking.standing(ids)
        self._classes = ranking.classes(ids)

    def rows(self, text: str) -> _Codes:
        """Every row that the query finds, ascending; none for an empty query."""
        return self._find(text)[1]

    def search(self, text: str, limit: int) -> list[int]:
        """The first ``limit`` rows in the order of ``ranking``."""
        query, rows = self._find(text)
        if not len(rows):
            return []
        fits = self._fits(text, query)[self._names.codes[rows]]
        return ranking.best(
            rows,
            fits=fits,
            classes=self._classes[rows],
            said=self._said(query, rows),
            standing=self._standing[rows],
            wants_derivative=any(map(ranking.names_derivative, query)),
            limit=limit,
        )

    def _find(self, text: str) -> tuple[list[str], _Codes]:
        matches: dict[str, _Match] = {}

        def is_known(token: str) -> bool:
            match = matches[token] = self._match(token)
            return match.row_count > 0

        query = list(dict.fromkeys(words.query_tokens(text, is_known)))
        if not query:
            return query, _NONE
        rarest, *others = sorted((matches.get(token) or self._match(token) for token in query), key=_row_count)
        rows = np.flatnonzero(rarest.mask(self._size))
        for match in others:
            rows = rows[match.among(rows, self._size)]
        return query, rows

    def _match(self, token: str) -> _Match:
        """What the token matches, column by column."""
        values: list[tuple[_Column, _Codes]] = []
        for column in self._columns:
            if column is self._names and len(token) >= words.SHORTEST_INSIDE:
                codes = column.words.containing(token)
            elif column is self._expiries:
                codes = np.concatenate((column.words.beginning(token), self._years.equal(token)))
            else:
                codes = column.words.beginning(token)
            if len(codes):
                values.append((column, codes))
        return _Match(values, self._trading_symbols.beginning(token))

    def _fits(self, text: str, query: Iterable[str]) -> NDArray[np.uint8]:
        """How well the query fits each distinct name; the whole text counts too, so that NIFTY BANK is itself."""
        fits = np.full(len(self._names.first_rows), ranking.INSIDE, np.uint8)
        whole = " ".join(words.tokens(text))
        for token in (*query, whole, whole.replace(" ", "")):
            for codes, fit in (
                (self._names.words.beginning(token), ranking.WORD_BEGINS),
                (self._symbols.beginning(token), ranking.BEGINS),
                (self._symbols.equal(token), ranking.EXACT),
            ):
                fits[codes] = np.minimum(fits[codes], fit)
        return fits

    def _said(self, query: Iterable[str], rows: _Codes) -> NDArray[np.int64]:
        """How many tokens are a whole word of the row's expiry, strike or market."""
        said = np.zeros(len(rows), np.int64)
        for token in query:
            for column in (self._expiries, self._strikes, self._markets):
                codes = column.words.equal(token)
                if len(codes):
                    said += column.flags(codes)[column.codes[rows]]
        return said


class _WordTable:
    """Words, each with the codes of the values that have it."""

    def __init__(self, pairs: Iterable[tuple[str, int]]) -> None:
        ordered = sorted(pairs)
        self._words: list[str] = []
        starts: list[int] = []
        for place, (word, _) in enumerate(ordered):
            if not self._words or self._words[-1] != word:
                self._words.append(word)
                starts.append(place)
        starts.append(len(ordered))
        self._starts = starts
        self._codes: _Codes = np.array([code for _, code in ordered], np.intp)
        self._text = "\n".join(self._words)
        lengths = np.array([len(word) + 1 for word in self._words], np.intp)
        self._offsets: _Codes = np.cumsum(lengths) - lengths
        self._word_of_code: _Codes = np.repeat(np.arange(len(self._words)), np.diff(starts))

    def beginning(self, token: str) -> _Codes:
        """The values with a word that begins so."""
        low = bisect_left(self._words, token)
        high = bisect_left(self._words, token + _AFTER_ALL, low)
        return self._codes[self._starts[low] : self._starts[high]]

    def equal(self, token: str) -> _Codes:
        """The values with this very word."""
        low = bisect_left(self._words, token)
        high = low + (low < len(self._words) and self._words[low] == token)
        return self._codes[self._starts[low] : self._starts[high]]

    def containing(self, token: str) -> _Codes:
        """The values with a word in which the token stands."""
        hits = self._hits(token)
        if not hits:
            return _NONE
        found = np.searchsorted(self._offsets, hits, "right") - 1
        if len(hits) <= _FEW:
            return np.concatenate([self._codes[self._starts[word] : self._starts[word + 1]] for word in found.tolist()])
        has_it = np.zeros(len(self._words), np.bool_)
        has_it[found] = True
        return self._codes[has_it[self._word_of_code]]

    def _hits(self, token: str) -> list[int]:
        find = self._text.find
        hits: list[int] = []
        place = find(token)
        while place >= 0:
            hits.append(place)
            end = find("\n", place)
            place = find(token, end) if end >= 0 else -1
        return hits


class _Column:
    """One column of the catalogue: a code per row into its distinct values, and the words of those."""

    def __init__(self, keys: Iterable[Hashable], words_of: Callable[[int], tuple[str, ...]]) -> None:
        known: dict[Hashable, int] = {}
        codes: list[int] = []
        self.first_rows: list[int] = []
        for row, key in enumerate(keys):
            code = known.setdefault(key, len(known))
            codes.append(code)
            if code == len(self.first_rows):
                self.first_rows.append(row)
        self.codes: _Codes = np.array(codes, np.intp)
        self._counts = np.bincount(self.codes, minlength=len(known))
        self.words = _WordTable((word, code) for code, row in enumerate(self.first_rows) for word in words_of(row))

    def flags(self, codes: _Codes) -> _Mask:
        """True at each of these values."""
        flags = np.zeros(len(self.first_rows), np.bool_)
        flags[codes] = True
        return flags

    def row_count(self, codes: _Codes) -> int:
        """How many rows have one of these values, a value that is given twice counted twice."""
        return int(self._counts[codes].sum())


class _Match:
    """What one token matches: values of columns, and rows by their trading symbol. ``row_count`` is an upper bound."""

    def __init__(self, values: Sequence[tuple[_Column, _Codes]], rows: _Codes) -> None:
        self._values = values
        self._rows = rows
        self.row_count = len(rows) + sum(column.row_count(codes) for column, codes in values)

    def mask(self, size: int) -> _Mask:
        """All ``size`` rows: whether the token matches."""
        mask = np.zeros(size, np.bool_)
        mask[self._rows] = True
        for column, codes in self._values:
            mask |= column.flags(codes)[column.codes]
        return mask

    def among(self, rows: _Codes, size: int) -> _Mask:
        """For each of ``rows``: whether the token matches."""
        mask = np.zeros(len(rows), np.bool_)
        if len(self._rows):
            by_symbol = np.zeros(size, np.bool_)
            by_symbol[self._rows] = True
            mask = by_symbol[rows]
        for column, codes in self._values:
            mask |= column.flags(codes)[column.codes[rows]]
        return mask


def _row_count(match: _Match) -> int:
    return match.row_count
