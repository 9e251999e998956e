"""Round values and times for grid and labels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal_app.ui.charts.ticks import bar_ticks, clock_ticks, round_values, session_breaks
from tests.helpers.chart_timing import random_bars


@given(st.floats(1, 90_000), st.floats(0.5, 9_000), st.floats(100, 1_000), st.integers(0, 4))
def test_round_values_keep_their_distance_and_need_no_more_places_than_the_instrument_has(
    low: float, span: float, size_px: float, decimals: int
) -> None:
    found = round_values(low, low + span, size_px, gap_px=40, decimals=decimals)
    assert ((found >= low - 1e-6 * span) & (found <= low + span + 1e-6 * span)).all()
    if len(found) > 1:
        assert np.diff(found).min() * size_px / span >= 40 * (1 - 1e-6)
    scaled = found * 10.0**decimals
    assert np.abs(scaled - np.round(scaled)).max(initial=0) < 1e-3


def test_a_range_of_nothing_has_no_values() -> None:
    assert len(round_values(5, 5, 100, gap_px=10, decimals=2)) == 0


def test_closed_hours_take_no_room_and_a_new_day_is_labelled_with_its_date() -> None:
    bars = random_bars(750, per_day=375)
    assert bars.time[375] - bars.time[374] > 60_000, "a night lies between two neighbours"
    marks = bar_ticks(bars.time, 300, 450, 8.0, 60, 60)
    dates = [mark for mark in marks if mark.strong]
    assert [mark.at for mark in dates] == [375.0]
    assert {mark.text for mark in marks if not mark.strong} >= {"14:30", "15:00", "10:00"}


def test_a_session_breaks_before_the_first_bar_of_each_day() -> None:
    bars = random_bars(1_200, per_day=375)
    assert session_breaks(bars.time, 0, 1_199).tolist() == [375, 750, 1_125]
    assert session_breaks(bars.time, 376, 749).tolist() == []


@pytest.mark.parametrize("spacing", [0.05, 0.3, 1.0, 3.0, 8.0, 40.0])
def test_labels_of_bars_never_crowd(spacing: float) -> None:
    bars = random_bars(20_000, per_day=375)
    last = min(19_999, int(900 / spacing))
    marks = bar_ticks(bars.time, 0, last, spacing, 60, 64)
    gaps = np.diff([mark.at for mark in marks]) * spacing
    assert gaps.min(initial=1e9) >= 64 * 0.75 - 1e-6
    assert marks


def test_daily_bars_are_labelled_with_months_and_the_year_in_january() -> None:
    bars = random_bars(400, interval_s=86_400, per_day=1)
    texts = [mark.text for mark in bar_ticks(bars.time, 0, 399, 2.5, 86_400, 64) if mark.strong]
    assert "2025" in texts
    assert "Nov" in texts


def test_times_of_day_are_round_in_india() -> None:
    start = 20_000 * 86_400 + 13_500
    assert [mark.text for mark in clock_ticks(start, start + 7_200, 300, 60)] == ["9:30", "10:00", "10:30", "11:00"]
