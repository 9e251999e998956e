"""A recording played as a market: the price source of a replay."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from terminal_app.domain.enums import InstrumentKind, Interval
from terminal_app.domain.hours import MarketHours, trading_day
from terminal_app.domain.ids import InstrumentId
from terminal_app.domain.instrument import Instrument
from terminal_app.domain.market import DEPTH_LEVELS, Bar
from terminal_app.simulator.bars import longer_bars
from terminal_app.simulator.contracts import ContractTables
from terminal_app.simulator.replay.path import POINTS, bar_path, depth_prices, level_quantity, spread_volume
from terminal_app.simulator.replay.reader import MINUTE_US
from terminal_app.simulator.replay.recording import Recording, Tape, epoch_us, moment, read_recording
from terminal_app.simulator.steps import OHLC, MarketStep

_SECOND_US = 1_000_000
Ints = NDArray[np.int64]


class ReplayMarket:
    """Plays a recording once, from its first price to its last; ``again`` gives a fresh one of the same recording.

    A row appears for every point of every bar and for every recorded tick, by the rules of ``replay.path``. The
    previous close is the last price of the recorded day before; on the first day it is the instrument's first price.
    """

    def __init__(self, recording: Recording, hours: MarketHours) -> None:
        self._recording = recording
        self._hours = hours
        self._tapes = recording.tapes
        self._rows = {tape.instrument.id: row for row, tape in enumerate(self._tapes)}
        self._instruments = [tape.instrument for tape in self._tapes]
        self.windows = self._find_windows()
        self._last_us = 0
        self._play = self._all_steps()
        self._next: MarketStep | None = next(self._play)

    @classmethod
    def load(
        cls,
        files: Sequence[Path],
        hours: MarketHours,
        tables: ContractTables,
        instrument_names: Mapping[str, InstrumentId] | None = None,
        closing_auction: frozenset[str] = frozenset(),
    ) -> ReplayMarket:
        """Read files (csv, csv.gz). ``instrument_names`` maps symbols, tokens or file stems to instruments;
        ``closing_auction`` are the symbols of NSE that take part in it. Raises ReplayError naming file, line and
        column, or ConfigError where a name is missing.
        """
        return cls(read_recording(files, tables, instrument_names or {}, closing_auction), hours)

    def again(self) -> ReplayMarket:
        """The same recording from its beginning."""
        return ReplayMarket(self._recording, self._hours)

    @property
    def name(self) -> str:
        """Made from the names of the files; names the book of this replay."""
        return self._recording.name

    @property
    def instruments(self) -> Sequence[Instrument]:
        """All recorded instruments."""
        return self._instruments

    @property
    def start(self) -> datetime:
        """When the first price was recorded."""
        return self.windows[0][0]

    @property
    def end(self) -> datetime:
        """The end of the last recorded day's session."""
        return self.windows[-1][1]

    def instrument(self, id: InstrumentId) -> Instrument | None:
        """The contract; None where it was not recorded."""
        row = self._rows.get(id)
        return None if row is None else self._instruments[row]

    def steps(self, until: datetime) -> Iterator[MarketStep]:
        """All steps after the last call, up to and including ``until``."""
        while self._next is not None and self._next.at <= until:
            step = self._next
            self._next = next(self._play, None)
            self._last_us = epoch_us(step.at)
            yield step

    def history(self, id: InstrumentId, interval: Interval, start: datetime, end: datetime) -> list[Bar]:
        """The recorded bars up to the last step, the running one as far as it got."""
        row = self._rows.get(id)
        if row is None or not self._last_us:
            return []
        tape = self._tapes[row]
        count = int(np.searchsorted(tape.start_us, self._last_us, side="right"))
        ohlc, volume = tape.ohlc[:count], tape.volume[:count]
        if count and self._last_us < tape.start_us[count - 1] + MINUTE_US:
            ohlc, volume = ohlc.copy(), volume.copy()
            ohlc[-1], volume[-1] = self._running_bar(tape, count - 1)
        return longer_bars(tape.start_us[:count], ohlc, volume, interval, start, end)

    def _running_bar(self, tape: Tape, bar: int) -> tuple[Ints, int]:
        begin = int(tape.start_us[bar])
        if tape.tick_us is not None and tape.tick_paise is not None:
            first, last = np.searchsorted(tape.tick_us, (begin, self._last_us + 1))
            path, traded = tape.tick_paise[first:last], 0
        else:
            points = (self._last_us - begin) // _SECOND_US + 1
            tick = np.array([tape.tick_size_paise], dtype=np.int64)
            path = bar_path(tape.ohlc[bar : bar + 1], tick)[:points, 0]
            traded = int(spread_volume(tape.volume[bar : bar + 1])[:points].sum())
        return np.array([path[0], path.max(), path.min(), path[-1]], dtype=np.int64), traded

    def _find_windows(self) -> tuple[tuple[datetime, datetime], ...]:
        """Each recorded day from its first price to the end of its session, or of the recording where that is later."""
        firsts: dict[int, int] = {}
        lasts: dict[int, int] = {}
        for tape in self._tapes:
            begin = tape.start_us if tape.tick_us is None else tape.tick_us
            length = MINUTE_US if tape.tick_us is None else 0
            local_day = (begin + 330 * MINUTE_US) // (1440 * MINUTE_US)
            edges = np.flatnonzero(np.diff(local_day, prepend=local_day[0] - 1))
            for first, last in zip(edges, np.append(edges[1:], len(begin)) - 1, strict=True):
                day = int(local_day[first])
                firsts[day] = min(firsts.get(day, int(begin[first])), int(begin[first]))
                lasts[day] = max(lasts.get(day, 0), int(begin[last]) + length)
        windows = []
        for key in sorted(firsts):
            begin_at, end_at = moment(firsts[key]), moment(lasts[key])
            sessions = [self._hours.session(one, trading_day(begin_at)) for one in self._instruments]
            windows.append((begin_at, max([end_at, *(session[1] for session in sessions if session is not None)])))
        return tuple(windows)

    def _all_steps(self) -> Iterator[MarketStep]:
        player = _Player(self._tapes)
        for begin_us in player.minutes:
            yield from player.minute(int(begin_us))


class _Player:
    """Turns the recording minute by minute into steps, keeping the day's figures of every instrument."""

    def __init__(self, tapes: Sequence[Tape]) -> None:
        self._tapes = tapes
        rows = [np.full(len(tape.start_us), row, dtype=np.int64) for row, tape in enumerate(tapes)]
        at = np.concatenate([tape.start_us for tape in tapes])
        order = np.argsort(at, kind="stable")
        self._at = at[order]
        self._row = np.concatenate(rows)[order]
        self._ohlc = np.concatenate([tape.ohlc for tape in tapes])[order]
        self._volume = np.concatenate([tape.volume for tape in tapes])[order]
        self.minutes = np.unique(self._at)
        self._is_ticks = np.array([tape.tick_us is not None for tape in tapes])
        self._tick = np.array([tape.tick_size_paise for tape in tapes], dtype=np.int64)
        self._lot = np.array([tape.instrument.lot_size for tape in tapes], dtype=np.int64)
        self._tradable = np.array([tape.instrument.kind is not InstrumentKind.INDEX for tape in tapes])
        self._day = -1
        self._last = np.array([tape.ohlc[0, 0] for tape in tapes], dtype=np.int64)
        self._figures = np.zeros((len(tapes), OHLC), dtype=np.int64)
        self._day_volume = np.zeros(len(tapes), dtype=np.int64)

    def minute(self, begin_us: int) -> list[MarketStep]:
        """All steps of the minute that begins here, in order."""
        self._begin_day(begin_us)
        first, last = np.searchsorted(self._at, (begin_us, begin_us + 1))
        rows = self._row[first:last]
        bars = ~self._is_ticks[rows]
        steps = self._ticks(rows[~bars], begin_us)
        if bars.any():
            steps += self._bars(rows[bars], self._ohlc[first:last][bars], self._volume[first:last][bars], begin_us)
            steps.sort(key=lambda step: step.at)
        return steps

    def _begin_day(self, begin_us: int) -> None:
        day = (begin_us + 330 * MINUTE_US) // (1440 * MINUTE_US)
        if day == self._day:
            return
        self._day = day
        self._figures[:, :3] = 0
        self._figures[:, 3] = self._last
        self._day_volume[:] = 0

    def _bars(self, rows: Ints, ohlc: Ints, volume: Ints, begin_us: int) -> list[MarketStep]:
        tick, lot, tradable = self._tick[rows], self._lot[rows], self._tradable[rows]
        path = bar_path(ohlc, tick)
        recorded = spread_volume(volume)
        traded = np.where(volume > 0, recorded, lot) * tradable
        upto = self._day_volume[rows] + np.cumsum(recorded, axis=0)
        figures = self._figures[rows]
        low_before = np.where(figures[:, 2] > 0, figures[:, 2], ohlc[:, 0])
        days = np.empty((POINTS, len(rows), OHLC), dtype=np.int64)
        days[:, :, 0] = np.where(figures[:, 0] > 0, figures[:, 0], ohlc[:, 0])
        days[:, :, 1] = np.maximum.accumulate(np.maximum(path, figures[:, 1]), axis=0)
        days[:, :, 2] = np.minimum.accumulate(np.minimum(path, low_before), axis=0)
        days[:, :, 3] = figures[:, 3]
        shown_tick = tick * tradable
        bids, asks = depth_prices(path, shown_tick, -1), depth_prices(path, shown_tick, 1)
        quantity = np.repeat(level_quantity(volume, lot)[:, None], DEPTH_LEVELS, axis=1)
        index = rows.astype(np.int32)
        nothing = np.zeros(len(rows), dtype=np.int64)
        self._last[rows], self._figures[rows], self._day_volume[rows] = path[-1], days[-1], upto[-1]
        return [
            MarketStep(
                at=moment(begin_us + point * _SECOND_US),
                index=index,
                last_paise=path[point],
                traded=traded[point],
                volume=upto[point],
                open_interest=nothing,
                ohlc_paise=days[point],
                bid_paise=bids[point],
                bid_quantity=np.where(bids[point] > 0, quantity, 0),
                bid_orders=(bids[point] > 0).astype(np.int64),
                ask_paise=asks[point],
                ask_quantity=np.where(asks[point] > 0, quantity, 0),
                ask_orders=(asks[point] > 0).astype(np.int64),
            )
            for point in range(POINTS)
        ]

    def _ticks(self, rows: Ints, begin_us: int) -> list[MarketStep]:
        steps = []
        for row in rows:
            tape = self._tapes[row]
            if tape.tick_us is None or tape.tick_paise is None:
                continue
            first, last = np.searchsorted(tape.tick_us, (begin_us, begin_us + MINUTE_US))
            ticks = zip(tape.tick_us[first:last].tolist(), tape.tick_paise[first:last].tolist(), strict=True)
            steps += [self._tick_step(int(row), at_us, paise) for at_us, paise in ticks]
        steps.sort(key=lambda step: step.at)
        return steps

    def _tick_step(self, row: int, at_us: int, paise: int) -> MarketStep:
        figures = self._figures[row]
        figures[0] = figures[0] or paise
        figures[1] = max(int(figures[1]), paise)
        figures[2] = min(int(figures[2]) or paise, paise)
        self._last[row] = paise
        lot, tradable = self._lot[row : row + 1], self._tradable[row : row + 1]
        price = np.array([paise], dtype=np.int64)
        tick = self._tick[row : row + 1] * tradable
        nothing = np.zeros(1, dtype=np.int64)
        bids, asks = depth_prices(price, tick, -1), depth_prices(price, tick, 1)
        quantity = level_quantity(nothing, lot)[:, None]
        return MarketStep(
            at=moment(at_us),
            index=np.array([row], dtype=np.int32),
            last_paise=price,
            traded=lot * tradable,
            volume=nothing,
            open_interest=nothing,
            ohlc_paise=figures[None, :].copy(),
            bid_paise=bids,
            bid_quantity=np.where(bids > 0, quantity, 0),
            bid_orders=(bids > 0).astype(np.int64),
            ask_paise=asks,
            ask_quantity=np.where(asks > 0, quantity, 0),
            ask_orders=(asks > 0).astype(np.int64),
        )
