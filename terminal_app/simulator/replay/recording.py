"""A recording in memory: instruments with their bars or ticks as integer paise, ready to be played."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from pathlib import Path

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from terminal_app.domain.enums import Exchange, InstrumentKind
from terminal_app.domain.errors import ReplayError
from terminal_app.domain.hours import trading_day
from terminal_app.domain.ids import InstrumentId
from terminal_app.domain.instrument import Instrument
from terminal_app.domain.values import from_paise
from terminal_app.simulator.contracts import CASH, INDEX, INDEX_FUTURE, OPTION, ContractTables
from terminal_app.simulator.replay.names import find_instrument, stem
from terminal_app.simulator.replay.reader import MINUTE_US, RecordedSeries, read_series

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MARKETS = {
    InstrumentKind.EQUITY: CASH,
    InstrumentKind.INDEX: INDEX,
    InstrumentKind.FUTURE: INDEX_FUTURE,
    InstrumentKind.OPTION: OPTION,
}
_TIE = 1e-4
"""Prices this near to the middle between two ticks (as a share of a tick) are rounded from their text, exactly."""


def moment(time_us: int) -> datetime:
    """Epoch microseconds as aware UTC."""
    return _EPOCH + timedelta(microseconds=time_us)


def epoch_us(at: datetime) -> int:
    """Aware time as epoch microseconds."""
    return (at - _EPOCH) // timedelta(microseconds=1)


class Tape(Struct, frozen=True):
    """What was recorded of one instrument, in time order. ``ohlc`` is (n, 4) paise of one-minute bars.

    For recorded ticks ``tick_us`` and ``tick_paise`` hold them, and the bars are made from them.
    """

    instrument: Instrument
    tick_size_paise: int
    start_us: NDArray[np.int64]
    ohlc: NDArray[np.int64]
    volume: NDArray[np.int64]
    tick_us: NDArray[np.int64] | None = None
    tick_paise: NDArray[np.int64] | None = None

    @property
    def first_us(self) -> int:
        """When its first price appears."""
        return int(self.start_us[0] if self.tick_us is None else self.tick_us[0])

    @property
    def end_us(self) -> int:
        """When its last bar ends, or its last tick was."""
        return int(self.start_us[-1] + MINUTE_US if self.tick_us is None else self.tick_us[-1])


class Recording(Struct, frozen=True):
    """Everything that several files hold. ``name`` is made from the names of the files."""

    name: str
    tapes: tuple[Tape, ...]

    def days(self) -> list[date]:
        """The Indian calendar days on which anything was recorded, in order."""
        minutes = np.unique(np.concatenate([tape.start_us for tape in self.tapes]))
        return sorted({trading_day(moment(int(start))) for start in _one_a_day(minutes)})


def read_recording(
    files: Sequence[Path],
    tables: ContractTables,
    instrument_names: Mapping[str, InstrumentId],
    closing_auction: frozenset[str],
) -> Recording:
    """Read, check and join files. Raises ReplayError for what is wrong in a file, ConfigError where an instrument is
    not named.
    """
    found: dict[InstrumentId, list[RecordedSeries]] = {}
    for path in files:
        for series in read_series(path):
            named = find_instrument(path.name, series.symbol, instrument_names)
            found.setdefault(named, []).append(series)
    if not found:
        raise ReplayError("There is nothing to replay: no file was given.")
    tapes = tuple(_tape(named, series, tables, closing_auction) for named, series in found.items())
    return Recording("+".join(stem(path.name) for path in files), tapes)


def _tape(
    id: InstrumentId, parts: list[RecordedSeries], tables: ContractTables, closing_auction: frozenset[str]
) -> Tape:
    parts.sort(key=lambda part: int(part.time_us[0]))
    for before, after in pairwise(parts):
        if before.is_bars != after.is_bars or int(after.time_us[0]) <= int(before.time_us[-1]):
            raise ReplayError(
                f"{before.file} and {after.file} both hold {id} for the same time: leave one of them out."
            )
    day = trading_day(moment(int(parts[0].time_us[0])))
    first_paise = int(Decimal(parts[0].texts[0][0].strip()).scaleb(2).to_integral_value(ROUND_HALF_UP))
    tick = tables.tick_paise(_MARKETS[id.kind], id.exchange, day, first_paise)
    instrument = _instrument(id, day, tick, tables, closing_auction)
    time_us = np.concatenate([part.time_us for part in parts])
    columns = len(parts[0].prices)
    paise = np.stack(
        [np.concatenate([_rounded(part, column, tick) for part in parts]) for column in range(columns)], axis=1
    )
    if parts[0].is_bars:
        return Tape(instrument, tick, time_us, paise, np.concatenate([part.volume for part in parts]))
    start_us, ohlc = _bars_of_ticks(time_us, paise[:, 0])
    return Tape(instrument, tick, start_us, ohlc, np.zeros(len(start_us), dtype=np.int64), time_us, paise[:, 0])


def _rounded(part: RecordedSeries, column: int, tick_paise: int) -> NDArray[np.int64]:
    """The recorded prices as paise on the tick, halves up. At least one tick."""
    ticks = part.prices[column] * 100 / tick_paise
    whole = np.floor(ticks + 0.5)
    for row in np.flatnonzero(np.abs(ticks - np.floor(ticks) - 0.5) < _TIE).tolist():
        exact = Decimal(part.texts[column][row].strip()) * 100 / tick_paise
        whole[row] = float(exact.to_integral_value(ROUND_HALF_UP))
    paise: NDArray[np.int64] = np.maximum(whole.astype(np.int64), 1) * tick_paise
    return paise


def _bars_of_ticks(time_us: NDArray[np.int64], paise: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    minute = time_us // MINUTE_US
    first = np.flatnonzero(np.diff(minute, prepend=minute[0] - 1))
    last = np.append(first[1:], len(minute)) - 1
    high, low = np.maximum.reduceat(paise, first), np.minimum.reduceat(paise, first)
    return minute[first] * MINUTE_US, np.stack([paise[first], high, low, paise[last]], axis=1)


def _instrument(
    id: InstrumentId, day: date, tick_paise: int, tables: ContractTables, closing_auction: frozenset[str]
) -> Instrument:
    lot, freeze = 1, 0
    if id.expiry is not None:
        lot = tables.lot(id.exchange, id.symbol, id.expiry)
        freeze = tables.freeze(id.exchange, id.symbol, day)
    auction = id.exchange is Exchange.NSE and id.kind is InstrumentKind.EQUITY and id.symbol in closing_auction
    bare = Instrument(id, id.symbol, lot, from_paise(tick_paise), freeze, has_closing_auction=auction)
    name = bare.label
    return Instrument(id, name, lot, bare.tick_size, freeze, trading_symbol=id.symbol, has_closing_auction=auction)


def _one_a_day(minutes: NDArray[np.int64]) -> Iterable[int]:
    days = (minutes + 330 * MINUTE_US) // (1440 * MINUTE_US)
    return (int(start) for start in minutes[np.flatnonzero(np.diff(days, prepend=days[0] - 1))])
