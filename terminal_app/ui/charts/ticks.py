"""Where grid lines and labels go: round prices, and round times on an axis of bars or of seconds."""

from __future__ import annotations

import math

import numpy as np
from msgspec import Struct

from terminal_app.ui.charts import labels
from terminal_app.ui.charts.labels import DAY_S, IST_OFFSET_S
from terminal_app.ui.charts.primitives import Floats, Ints

_CLOCK_STEPS_S = (60, 180, 300, 900, 1800, 3600, 7200, 10_800)
_DATE_ROOM = 0.75


class Tick(Struct, frozen=True):
    """A label on a time axis; ``at`` is in the axis' own unit, ``strong`` marks the start of a day or longer."""

    at: float
    text: str
    strong: bool = False


def round_values(low: float, high: float, size_px: float, *, gap_px: float, decimals: int) -> Floats:
    """Round values inside [low, high] at least ``gap_px`` apart when the axis is ``size_px`` long.

    Steps are 1, 2, 2.5 or 5 times a power of ten and are written exactly with ``decimals`` places.
    """
    span = high - low
    if not (math.isfinite(span) and span > 0 and size_px > 0):
        return np.empty(0, dtype=np.float64)
    least = max(span * gap_px / size_px, 10.0**-decimals) * (1 - 1e-9)
    power = 10.0 ** math.floor(math.log10(least))
    steps = (factor * power for factor in (1, 2, 2.5, 5, 10, 20) if factor * power >= least)
    step = next(step for step in steps if _has_places(step, decimals))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return np.arange(first, last + 1, dtype=np.float64) * step


def bar_ticks(times: Ints, first: int, last: int, spacing_px: float, interval_s: int, gap_px: float) -> list[Tick]:
    """Labels for the bars ``first``..``last`` of ``times``, on an axis whose unit is the bar's index.

    Days (months for daily bars) are set first where they fit, then round times of day between them.
    """
    if last < first or spacing_px <= 0:
        return []
    start = max(first - 1, 0)
    local = times[start : last + 1] + IST_OFFSET_S
    days = local // DAY_S
    index = np.arange(start, last + 1)
    chosen: list[Tick] = []
    for level in _levels(local, days, spacing_px, interval_s, gap_px):
        changed = np.flatnonzero(level.keys[1:] != level.keys[:-1]) + 1
        if start == 0 and first == 0 and level.strong:
            changed = np.concatenate(([0], changed))
        taken = np.array(sorted(tick.at for tick in chosen))
        room = gap_px * (_DATE_ROOM if level.strong else 1.0) / spacing_px
        for place in changed:
            at = float(index[place])
            if len(taken) and np.abs(taken - at).min() < room:
                continue
            if chosen and chosen[-1].strong == level.strong and abs(chosen[-1].at - at) < room:
                continue
            chosen.append(Tick(at, level.text(int(local[place]) - IST_OFFSET_S), level.strong))
    return sorted(chosen, key=lambda tick: tick.at)


def session_breaks(times: Ints, first: int, last: int) -> Ints:
    """Indices in ``first``..``last`` of bars that begin a new day in IST."""
    if last <= first:
        return np.empty(0, dtype=np.int64)
    start = max(first - 1, 0)
    days = (times[start : last + 1] + IST_OFFSET_S) // DAY_S
    return np.flatnonzero(days[1:] != days[:-1]) + start + 1


def clock_ticks(start_s: float, end_s: float, width_px: float, gap_px: float) -> list[Tick]:
    """Round times of day in IST between two epoch seconds; dates where the span is longer than a day."""
    span = end_s - start_s
    if span <= 0 or width_px <= 0:
        return []
    least = span * gap_px / width_px
    step = next((s for s in _CLOCK_STEPS_S if s >= least), DAY_S)
    if step == DAY_S:
        step *= max(1, math.ceil(least / DAY_S))
    first = math.ceil((start_s + IST_OFFSET_S) / step)
    last = math.floor((end_s + IST_OFFSET_S) / step)
    moments = [n * step - IST_OFFSET_S for n in range(first, last + 1)]
    return [Tick(float(at), labels.day(at) if step >= DAY_S else labels.clock(at), step >= DAY_S) for at in moments]


class _Level(Struct, frozen=True):
    keys: Ints
    strong: bool
    form: str

    def text(self, epoch_s: int) -> str:
        match self.form:
            case "month":
                return labels.month(epoch_s)
            case "day":
                return labels.day(epoch_s)
            case _:
                return labels.clock(epoch_s)


def _levels(local: Ints, days: Ints, spacing_px: float, interval_s: int, gap_px: float) -> list[_Level]:
    months = (days.astype("datetime64[D]").astype("datetime64[M]")).astype(np.int64)
    if interval_s >= DAY_S:
        per_label = gap_px / spacing_px
        levels = [_Level(months, True, "month")]
        if per_label <= 8:
            levels.append(_Level(days // max(1, round(per_label)), False, "day"))
        return levels
    bars_in_day = max(1.0, len(local) / max(1, len(np.unique(days))))
    levels = [_Level(months, True, "day")] if bars_in_day * spacing_px < gap_px else []
    levels.append(_Level(days, True, "day"))
    least = gap_px / spacing_px * interval_s
    step = next((s for s in _CLOCK_STEPS_S if s >= least), None)
    if step is not None:
        levels.append(_Level(local // step, False, "clock"))
    return levels


def _has_places(step: float, decimals: int) -> bool:
    scaled = step * 10.0**decimals
    return abs(scaled - round(scaled)) < 1e-6
