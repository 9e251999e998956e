"""Searching the real instrument lists with several words, against a plain scan."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable

from terminal_app.domain.instrument import Instrument
from terminal_app.marketdata import words
from terminal_app.marketdata.catalogue import InstrumentCatalogue
from tests.helpers.catalogue_samples import real_listing
from tests.helpers.folders import shared_folder

_Way = Callable[[str], object]

NAME = "search.tokens"
QUERIES = (
    "nifty 24500 ce",
    "banknifty nov fut",
    "nifty 25 nov 24500 ce",
    "nifty fut",
    "reliance bse",
    "bank ce",
    "sbin 800 pe",
    "hdfc bank",
    "tata steel oct",
    "sensex 80000 pe",
    "axis fut sep",
    "nifty 50 index",
)
"""What traders type: selective words, words that thousands of rows have, and nothing found."""


def run(quick: bool = False) -> list[dict]:
    """Microseconds a query: ours with its first 50 results in order, the scan with all that match in no order.

    The scan has every advantage: one upper-case text per instrument, made beforehand.
    """
    shared = shared_folder()
    if shared is None:
        return [{"bench": NAME, "skipped": "needs shared reference data (BHAV_SHARED, else ../shared)"}]
    listing = real_listing(shared)
    catalogue = InstrumentCatalogue(listing)
    catalogue.prepare()
    texts = [_text(instrument) for instrument in listing]

    def ours(query: str) -> object:
        return catalogue.search(query)

    def peer(query: str) -> object:
        query_words = query.upper().split()
        return [
            instrument
            for text, instrument in zip(texts, listing, strict=True)
            if all(word in text for word in query_words)
        ]

    rounds = 3 if quick else 9
    timed: dict[_Way, list[float]] = {ours: [], peer: []}
    for query in QUERIES:
        samples: dict[_Way, list[float]] = {ours: [], peer: []}
        for _ in range(rounds):
            for way in (ours, peer):
                samples[way].append(_seconds(way, query))
        for way in (ours, peer):
            timed[way].append(statistics.median(samples[way]))
    ours_us, peer_us = (statistics.fmean(timed[way]) * 1e6 for way in (ours, peer))
    return [
        {
            "bench": NAME,
            "ours": round(ours_us, 1),
            "peer": round(peer_us, 1),
            "ratio": round(peer_us / ours_us, 1),
            "unit": "us",
        }
    ]


def _text(instrument: Instrument) -> str:
    return " ".join(
        (
            *words.name_words(instrument.id, instrument.name),
            instrument.trading_symbol,
            *words.market_words(instrument.id),
            *words.expiry_words(instrument.expiry),
            *words.strike_words(instrument.strike),
        )
    )


def _seconds(way: _Way, query: str) -> float:
    gc.collect(0)
    began = time.perf_counter()
    way(query)
    return time.perf_counter() - began
