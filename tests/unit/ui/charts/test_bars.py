"""Bars as columns and the store that grows at both ends."""

from __future__ import annotations

import numpy as np
import pytest

from terminal_app.ui.charts.bars import Bars, BarStore


def _flat(*times: int) -> Bars:
    ones = np.ones(len(times))
    return Bars.of(times, ones, ones, ones, ones, ones)


def test_columns_of_unequal_length_are_refused() -> None:
    with pytest.raises(ValueError, match="one length"):
        Bars.of([1, 2], [1], [1], [1], [1], [1])


def test_times_that_do_not_rise_are_refused() -> None:
    with pytest.raises(ValueError, match="rising"):
        _flat(5, 5)


def test_older_bars_that_overlap_are_taken_only_up_to_the_first_one_held() -> None:
    store = BarStore()
    store.replace(_flat(100, 160))
    assert store.prepend(_flat(0, 40, 100, 160)) == 2
    assert store.bars.time.tolist() == [0, 40, 100, 160]


def test_the_same_time_changes_the_last_bar_and_a_later_one_adds_a_bar() -> None:
    store = BarStore()
    store.replace(_flat(100))
    assert not store.update(100, (1, 3, 1, 2, 9))
    assert store.update(160, (2, 2, 2, 2, 1))
    assert store.bars.close.tolist() == [2, 2]
    assert store.bars.volume.tolist() == [9, 1]


def test_a_bar_before_the_last_one_is_refused() -> None:
    store = BarStore()
    store.replace(_flat(100))
    with pytest.raises(ValueError, match="last bar"):
        store.update(99, (1, 1, 1, 1, 1))


def test_a_thousand_new_bars_are_all_kept() -> None:
    store = BarStore()
    for number in range(1_000):
        store.update(number * 60, (number, number, number, number, 1))
    assert store.bars.close.tolist() == list(range(1_000))
    assert store.bars.time[-1] == 999 * 60
