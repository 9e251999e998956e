"""A new paper account needs a name that is free and money to begin with."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from decimal import Decimal

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from terminal_app.ui.dialogs.new_paper import NewPaperDialog, free_name
from tests.helpers.scripted_window import WindowBench, fill_disk


async def until(condition: Callable[[], bool]) -> None:
    """Wait for it."""
    for _ in range(400):
        if condition():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it did not come")


@pytest.fixture
async def dialog(bench: WindowBench) -> AsyncIterator[NewPaperDialog]:
    """Open."""
    dialog = NewPaperDialog(bench.window, bench.terminal, bench.window.desk)
    dialog.open()
    yield dialog
    dialog.reject()


def test_the_proposed_name_is_free() -> None:
    assert free_name({"paper"}) == "Paper 2"
    assert free_name({"paper", "paper 2", "paper 3"}) == "Paper 4"


async def test_enter_makes_the_account_with_the_proposed_name_and_funds(
    bench: WindowBench, dialog: NewPaperDialog
) -> None:
    assert dialog.name_field.text() == "Paper 2"
    assert dialog.funds_field.text() == "10,00,000"
    QTest.keyClick(dialog.name_field, Qt.Key.Key_Return)
    await until(lambda: not dialog.isVisible())
    account = bench.scripted.accounts.all()[-1]
    assert account.name == "Paper 2"
    assert bench.scripted.accounts.funds_at_start(account.id) == Decimal(1000000)
    assert bench.scripted.accounts.current != account.id


async def test_a_name_that_is_taken_is_refused_beside_the_field(bench: WindowBench, dialog: NewPaperDialog) -> None:
    dialog.name_field.setText("paper")
    dialog.create_button.click()
    await until(lambda: bool(dialog.problems["name"].text))
    assert dialog.problems["name"].text == "There is an account named paper already; choose another name."
    assert dialog.name_field.hasFocus()
    assert dialog.name_field.property("problem") == "true"
    assert dialog.create_button.isEnabled()
    QTest.keyClicks(dialog.name_field, "x")
    assert dialog.problems["name"].text == ""
    assert len(bench.scripted.accounts.all()) == 2


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("500", "Funds must be from 1,000 to 1,000 crore rupees."),
        ("abc", "abc is not a number."),
        ("", "Type the funds that it begins with, such as 10,00,000."),
    ],
)
async def test_funds_that_cannot_be_are_refused_beside_the_field(
    bench: WindowBench, dialog: NewPaperDialog, typed: str, problem: str
) -> None:
    dialog.funds_field.setText(typed)
    dialog.create_button.click()
    await until(lambda: bool(dialog.problems["funds"].text))
    assert dialog.problems["funds"].text == problem
    assert len(bench.scripted.accounts.all()) == 2


async def test_a_disk_that_is_full_is_told_and_nothing_is_made(bench: WindowBench, dialog: NewPaperDialog) -> None:
    fill_disk(bench.scripted.accounts)
    dialog.create_button.click()
    await until(lambda: bool(dialog.problems[""].text))
    assert dialog.problems[""].text == "The disk is full."
    assert len(bench.scripted.accounts.all()) == 2


async def test_escape_makes_nothing(bench: WindowBench, dialog: NewPaperDialog) -> None:
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()
    assert len(bench.scripted.accounts.all()) == 2
