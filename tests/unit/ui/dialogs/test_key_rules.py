"""A key has one meaning."""

from __future__ import annotations

from itertools import combinations

import pytest
from PySide6.QtGui import QKeySequence

from terminal_app.ui.actions import SPECS
from terminal_app.ui.dialogs.key_rules import keys_of, owner_of, refusal


def test_no_two_actions_share_a_default_key(qapp: object) -> None:
    for first, second in combinations(SPECS, 2):
        shared = {QKeySequence(key).toString() for key in first.keys} & {
            QKeySequence(key).toString() for key in second.keys
        }
        assert not shared, (first.name, second.name)


def test_the_users_key_counts_instead_of_the_default() -> None:
    assert keys_of("zoom_in", {}) == ("Ctrl++", "Ctrl+=")
    assert keys_of("zoom_in", {"zoom_in": "F10"}) == ("F10",)


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        ("Ctrl+K", "belongs to “Search instruments and commands”"),
        ("Ctrl+3", "is kept for the switch to account 3"),
        ("Ctrl+C", "is kept for Copy"),
        ("B", "is needed for typing and moving"),
        ("Shift+B", "is needed for typing and moving"),
        ("Return", "is needed for typing and moving"),
        ("Down", "is needed for typing and moving"),
        ("", "cannot be used"),
    ],
)
def test_a_key_that_means_something_else_is_refused_with_the_reason(qapp: object, wanted: str, reason: str) -> None:
    assert reason in refusal("show_orders", wanted, {})


@pytest.mark.parametrize("wanted", ["F10", "Shift+F10", "Ctrl+O", "Alt+Shift+P", "Ctrl+Shift+F1"])
def test_a_free_key_is_accepted(qapp: object, wanted: str) -> None:
    assert refusal("show_orders", wanted, {}) == ""


def test_an_action_may_keep_its_own_key(qapp: object) -> None:
    assert refusal("show_orders", "F3", {}) == ""


def test_a_default_that_was_given_up_is_free(qapp: object) -> None:
    assert owner_of("F3", {"show_orders": "Ctrl+O"}) == ""
    assert refusal("show_trades", "F3", {"show_orders": "Ctrl+O"}) == ""
