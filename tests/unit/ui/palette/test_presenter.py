"""What the palette finds, and in what order."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from terminal_app.ui.palette.presenter import PalettePresenter, command_rank
from tests.helpers.catalogue_samples import sample_listing
from tests.helpers.live_market import live_desk

COMMANDS = ("show_orders", "show_positions", "cancel_all", "exit_all", "kill", "reset_layout", "search")


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    """Owns the actions, and lives as long as the test."""
    made = QWidget()
    qtbot.addWidget(made)
    return made


@pytest.fixture
def presenter(window: QWidget) -> PalettePresenter:
    scripted, _ = live_desk(window, sample_listing())
    for name in COMMANDS:
        scripted.actions.bind(name, lambda: None)
    made = PalettePresenter(scripted.actions)
    made.terminal = scripted.terminal
    return made


def texts(presenter: PalettePresenter, typed: str) -> list[str]:
    return [result.text for result in presenter.find(typed)]


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("rel", "RELIANCE"),
        ("nifty 24500 ce", "NIFTY 24 NOV 24500 CE"),
        ("banknifty nov fut", "BANKNIFTY 24 NOV FUT"),
        ("exit", "Exit all positions…"),
        ("kill", "Kill switch…"),
        ("cancel ord", "Cancel all orders"),
        (">pos", "Positions"),
    ],
)
def test_what_is_meant_comes_first(presenter: PalettePresenter, typed: str, first: str) -> None:
    assert texts(presenter, typed)[0] == first


def test_commands_that_fit_loosely_do_not_stand_among_instruments(presenter: PalettePresenter) -> None:
    assert "Reset the layout" not in texts(presenter, "rel")
    assert texts(presenter, "rsl") == ["Reset the layout"]


def test_commands_stand_behind_the_first_instruments_that_are_called_so(presenter: PalettePresenter) -> None:
    found = presenter.find("r")
    assert [result.instrument is not None for result in found[:7]] == [True] * 6 + [False]
    assert found[6].text == "Reset the layout"


def test_the_palette_does_not_find_itself_nor_what_cannot_be_done(presenter: PalettePresenter) -> None:
    assert "Search instruments and commands" not in texts(presenter, ">")
    assert "Resume trading" not in texts(presenter, ">")
    presenter._actions.get("kill").setEnabled(False)
    assert texts(presenter, "kill") == []


@pytest.mark.parametrize(
    ("text", "typed", "fits"),
    [
        ("Exit all positions…", "exit all", True),
        ("Exit all positions…", "all exit", True),
        ("Exit all positions…", "eap", True),
        ("Exit all positions…", "pae", False),
        ("P&L", "l", True),
        ("Orders", "x", False),
        ("Orders", "", True),
    ],
)
def test_commands_are_found_by_words_and_by_letters_in_order(text: str, typed: str, fits: bool) -> None:
    assert (command_rank(text, typed) is not None) is fits


def test_words_rank_before_letters(presenter: PalettePresenter) -> None:
    words, inner, letters = (command_rank("Cancel all orders", typed) for typed in ("cancel", "orders", "cao"))
    assert words is not None
    assert inner is not None
    assert letters is not None
    assert words < inner < letters


def test_a_line_says_market_contract_and_lot(presenter: PalettePresenter) -> None:
    option = presenter.find("nifty 24500 ce")[0]
    assert (option.note, option.detail, option.end) == ("NSE F&O", "Option, expires 24 Nov 2026", "lot 1")
    share = presenter.find("hdfcbank")[0]
    assert (share.note, share.detail, share.end) == ("NSE", "HDFC BANK", "")
    assert presenter.find("nifty next")[0].detail == "Index"
    orders = presenter.find(">orders")[0]
    assert (orders.note, orders.end) == ("View", "F3")


def test_what_was_chosen_lately_stands_in_the_empty_box_and_is_remembered(presenter: PalettePresenter) -> None:
    assert presenter.find("") == []
    call, kill = presenter.find("nifty 24500 ce")[0], presenter.find("kill")[0]
    for result in (call, kill, call):
        presenter.note_chosen(result)
    assert presenter.find(" ") == [call, kill]
    state = presenter.save_state()
    assert state == {"recent": ["NSE:NIFTY:2026-11-24:24500:CE", "kill"]}
    presenter.restore_state({"recent": ["NSE:GONE:EQ", "no such", 7, *state["recent"]]})
    assert presenter.find("") == [call, kill]
    presenter.restore_state({"recent": 5})
    assert presenter.find("") == []


def test_commands_are_found_before_the_services_are_there(presenter: PalettePresenter) -> None:
    presenter.terminal = None
    assert texts(presenter, "kill") == ["Kill switch…"]
    assert texts(presenter, "reliance") == []
