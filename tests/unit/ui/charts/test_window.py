"""Panning, zooming, following and asking for older bars, without any widget."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal_app.ui.charts.window import BarWindow


def _window(count: int = 1_000, width: float = 800.0) -> BarWindow:
    window = BarWindow()
    window.resize(width)
    window.reset(count)
    return window


def test_the_newest_bar_stands_at_the_right_with_a_margin() -> None:
    window = _window()
    assert window.visible[1] == 999
    assert window.right > 999 + 2
    assert window.is_following


def test_a_new_bar_moves_the_view_by_one_while_the_last_bar_is_in_sight() -> None:
    window = _window()
    left = window.left
    window.appended()
    assert window.left == pytest.approx(left + 1)


def test_a_new_bar_does_not_move_a_view_that_was_scrolled_away() -> None:
    window = _window()
    window.pan(400)
    assert not window.is_following
    left = window.left
    window.appended()
    assert window.left == pytest.approx(left)


def test_the_end_key_follows_again() -> None:
    window = _window()
    window.pan(2_000)
    window.to_end()
    assert window.is_following


@given(st.floats(0.2, 5.0), st.floats(50.0, 750.0))
def test_zooming_keeps_the_bar_under_the_cursor_where_it_is(factor: float, at_px: float) -> None:
    window = _window()
    window.pan(2_000)
    under = window.left + at_px / window.spacing_px
    window.zoom(factor, at_px)
    if window.left > 0:
        assert window.left + at_px / window.spacing_px == pytest.approx(under)


@given(st.lists(st.tuples(st.sampled_from("pzeshr"), st.floats(-3_000, 3_000)), max_size=30), st.integers(1, 3_000))
def test_some_bar_is_always_in_view_whatever_the_user_does(moves: list[tuple[str, float]], count: int) -> None:
    window = _window(count)
    for move, amount in moves:
        match move:
            case "p":
                window.pan(amount)
            case "z":
                window.zoom(1.3 if amount > 0 else 0.7, abs(amount) % window.width_px)
            case "e":
                window.to_end()
            case "s":
                window.to_start()
            case "h":
                window.prepended(5)
            case _:
                window.resize(200 + abs(amount))
        first, last = window.visible
        assert 0 <= first <= last < window.count


def test_older_bars_are_asked_for_once_until_they_come() -> None:
    window = _window()
    assert not window.wants_older()
    window.to_start()
    assert window.wants_older()
    assert not window.wants_older()
    window.prepended(500)
    assert not window.wants_older(), "the picture stayed where it was, far from the new left edge"
    window.to_start()
    assert window.wants_older()


def test_nothing_is_asked_for_once_there_are_no_older_bars() -> None:
    window = _window(10)
    assert window.wants_older()
    window.prepended(0)
    assert not window.wants_older()


def test_prepending_leaves_the_picture_still() -> None:
    window = _window()
    window.pan(1_000)
    left = window.left
    window.prepended(300)
    assert window.left == pytest.approx(left + 300)
