"""The watchlist's columns, and how quotes become their texts: only rows that changed are written."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from terminal_app.ui.formats import age
from terminal_app.ui.grid.cell_bytes import number_bytes, text_bytes
from terminal_app.ui.grid.live_model import TONE, LiveColumn, LiveGridModel

if TYPE_CHECKING:
    from terminal_app.services.market import QuoteRows

Positions = NDArray[np.intp]
Values = NDArray[np.float64]

COLUMNS: tuple[LiveColumn, ...] = (
    LiveColumn("name", "Instrument", 150, "left", "name"),
    LiveColumn("ltp", "LTP", 80, tooltip="Last traded price"),
    LiveColumn("change_percent", "Chg %", 64, digits=12, tooltip="Change since the previous close, in percent of it"),
    LiveColumn("change", "Change", 78, digits=12, tooltip="Change since the previous close"),
    LiveColumn("volume", "Volume", 92, digits=16, tooltip="Units traded today"),
    LiveColumn("open", "Open", 84),
    LiveColumn("high", "High", 84),
    LiveColumn("low", "Low", 84),
    LiveColumn("bid", "Bid", 84, tooltip="Best price that somebody buys at"),
    LiveColumn("ask", "Ask", 84, tooltip="Best price that somebody sells at"),
    LiveColumn("open_interest", "OI", 92, digits=16, tooltip="Open contracts"),
)
SHOWN_FIRST = ("name", "ltp", "change_percent")
_DIGITS = {column.key: column.digits for column in COLUMNS}
_DIMMED = TONE["text.3"]
_LEAST_SHOWN_PERCENT = 0.005


class _Moves(Struct, frozen=True):
    """What the colours of some rows come from."""

    change: Values
    directions: NDArray[np.int8]


class Figures:
    """Writes one list's quotes into a grid. ``decimals`` is by row."""

    def __init__(
        self, model: LiveGridModel, rows: QuoteRows, decimals: Sequence[int], shown: Callable[[], Collection[str]]
    ) -> None:
        """``shown`` tells the keys of the columns on screen: no other is worked out."""
        self._model, self._rows = model, rows
        self._decimals = np.array(decimals, dtype=np.int64)
        self._places = sorted(set(decimals))
        self._shown = shown
        self._old = np.zeros(len(decimals), dtype=np.bool_)
        self.write_all()

    def take(self) -> bool:
        """Write what changed since the last call; False where nothing did."""
        positions = self._rows.take()
        if not len(positions):
            return False
        self._clear_old(positions)
        self._write(positions, self._rows.directions(positions))
        return True

    def write_all(self) -> None:
        """Write every row anew, old or not: a column came, or the list is new."""
        positions = np.arange(len(self._decimals))
        self._write(positions, np.zeros(len(positions), dtype=np.int8))

    def show_ages(self, ages_s: Sequence[float | None]) -> None:
        """By row: how old its price is, None where it is fresh. Old ones are greyed and say so."""
        is_old = np.array([age_s is not None for age_s in ages_s], dtype=np.bool_)
        fresh = np.flatnonzero(self._old & ~is_old)
        if len(fresh):
            self._clear_old(fresh)
            self._write(fresh, np.zeros(len(fresh), dtype=np.int8))
        old = np.flatnonzero(is_old)
        if not len(old):
            return
        self._old = is_old
        for row in old.tolist():
            self._model.set_icon("ltp", row, "clock")
        shown = self._shown()
        for key in shown:
            if key != "name":
                at = self._model.column_index(key)
                self._model.set_texts(key, old, self._model.codes[at][old], _DIMMED)
        if "change_percent" in shown:
            texts = text_bytes([age(ages_s[row]) for row in old.tolist()], _DIGITS["change_percent"], right=True)
            self._model.set_texts("change_percent", old, texts, TONE["warn"])

    def close(self) -> None:
        """Read no more quotes."""
        self._rows.close()

    def _clear_old(self, positions: Positions) -> None:
        for row in positions[self._old[positions]].tolist():
            self._model.set_icon("ltp", row, "")
        self._old[positions] = False

    def _write(self, positions: Positions, directions: NDArray[np.int8]) -> None:
        moves = _Moves(self._rows.change(positions), directions)
        for key in self._shown():
            if key == "ltp":
                self._prices(key, positions, self._rows.last_price(positions), _price_tones(moves.change), directions)
            elif key == "change_percent":
                percent = self._rows.change_percent(positions)
                codes = _percent_bytes(percent, _DIGITS[key])
                self._model.set_texts(key, positions, codes, _change_tones(_as_shown(percent)))
            elif key == "change":
                self._prices(key, positions, moves.change, _change_tones(moves.change), sign=True)
            elif key in ("volume", "open_interest"):
                counts: Values = getattr(self._rows, key)(positions)
                codes = number_bytes(counts, 0, _DIGITS[key])
                self._model.set_texts(key, positions, codes, _plain_tones(counts))
            elif key != "name":
                prices: Values = getattr(self._rows, key)(positions)
                self._prices(key, positions, prices, _plain_tones(prices))

    def _prices(
        self,
        key: str,
        positions: Positions,
        values: Values,
        tones: NDArray[np.uint8],
        directions: NDArray[np.int8] | None = None,
        *,
        sign: bool = False,
    ) -> None:
        places = self._decimals[positions]
        for place in self._places:
            at = np.flatnonzero(places == place)
            if len(at):
                codes = number_bytes(values[at], place, _DIGITS[key], sign=sign)
                moved = None if directions is None else directions[at]
                self._model.set_texts(key, positions[at], codes, tones[at], moved)


def _percent_bytes(percent: Values, width: int) -> NDArray[np.uint8]:
    """Signed percentages; from 100 % on with fewer decimals, so that an option's move fits the column too."""
    codes = number_bytes(percent, 2, width, sign=True, suffix=b"%")
    for least, places in ((100.0, 1), (1000.0, 0)):
        large = np.abs(percent) >= least
        if large.any():
            codes[large] = number_bytes(percent[large], places, width, sign=True, suffix=b"%")
    codes[np.isnan(percent)] = number_bytes(np.array([np.nan]), 2, width)
    return codes


def _as_shown(percent: Values) -> Values:
    """With what is shown as 0.00 as zero: that has no colour."""
    return np.where(np.abs(percent) < _LEAST_SHOWN_PERCENT, 0.0, percent)


def _change_tones(change: Values) -> NDArray[np.uint8]:
    known = np.nan_to_num(change)
    tones = np.where(known > 0, TONE["profit"], np.where(known < 0, TONE["loss"], TONE["text.3"]))
    return tones.astype(np.uint8)


def _price_tones(change: Values) -> NDArray[np.uint8]:
    """A price that did not move is a plain figure, not a grey one."""
    tones = _change_tones(change)
    tones[change == 0] = TONE["text.1"]
    return tones


def _plain_tones(values: Values) -> NDArray[np.uint8]:
    return np.where(np.isnan(values), TONE["text.3"], TONE["text.1"]).astype(np.uint8)
