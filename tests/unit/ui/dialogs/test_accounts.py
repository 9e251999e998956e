"""The account wall says what each account is doing, and does what its buttons say."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from decimal import Decimal

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from terminal_app.domain.errors import BrokerUnavailable
from terminal_app.ui.dialogs.account_facts import account_facts, subtitle
from terminal_app.ui.dialogs.accounts import AccountsDialog
from terminal_app.ui.dialogs.new_paper import NewPaperDialog
from terminal_app.ui.kit.dialog import ask_once
from terminal_app.ui.kit.lamp import LampState
from terminal_app.ui.kit.notice_bar import NoticeBar
from tests.helpers.log_guard import LogGuard
from tests.helpers.scripted_terminal import LIVE, PAPER
from tests.helpers.scripted_window import WindowBench, fill_disk


async def until(condition: Callable[[], bool]) -> None:
    """Wait for it."""
    for _ in range(400):
        if condition():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it did not come")


class Wall:
    """The dialog, open."""

    def __init__(self, bench: WindowBench) -> None:
        self.dialog = AccountsDialog(bench.window, bench.terminal, bench.window.desk)
        self._task = asyncio.ensure_future(ask_once(self.dialog))

    async def close(self) -> None:
        """Close it."""
        self.dialog.reject()
        await self._task


async def open_wall(bench: WindowBench) -> Wall:
    """Open it and wait until it is seen."""
    wall = Wall(bench)
    await until(wall.dialog.isVisible)
    return wall


async def test_a_paper_account_that_works_is_ready_and_says_its_money(bench: WindowBench) -> None:
    account = bench.scripted.accounts.get(PAPER)
    facts = account_facts(bench.terminal, account, 0)
    assert (facts.word, facts.lamp, facts.kind, facts.key) == ("Ready", LampState.PAPER, "simulated money", "Ctrl 1")
    assert facts.reason == "Trades on the practice market. Nothing is sent to an exchange."
    assert [(row.label, row.value, row.note) for row in facts.rows] == [
        ("Prices", "practice market", "simulated"),
        ("Cash", "9,14,229.37", "of 10,00,000.00"),
        ("Day P&L", "+2,859.50", ""),
    ]
    assert facts.is_current
    assert facts.is_on


async def test_an_account_that_is_off_says_who_turned_it_off_and_when(bench: WindowBench) -> None:
    await bench.scripted.accounts.set_active(PAPER, False)
    facts = account_facts(bench.terminal, bench.scripted.accounts.get(PAPER), 0)
    assert facts.word == "Off"
    assert facts.reason.startswith("You turned it off at 14:36.")
    assert [row.value for row in facts.rows] == ["practice market", "after connecting", "after connecting"]


async def test_an_account_that_fails_says_why_and_what_to_do(bench: WindowBench, expected_logs: LogGuard) -> None:
    expected_logs("could not be connected: The database is locked")
    bench.connector.errors[PAPER] = BrokerUnavailable("The database is locked.")
    await bench.scripted.accounts.set_active(PAPER, True)
    facts = account_facts(bench.terminal, bench.scripted.accounts.get(PAPER), 0)
    assert facts.word == "Error"
    assert facts.reason.startswith("The database is locked. No order can be sent from it.")
    assert subtitle(bench.terminal) == "1 of 2 connected"


async def test_the_tenth_account_has_no_key(bench: WindowBench) -> None:
    assert account_facts(bench.terminal, bench.scripted.accounts.get(PAPER), 9).key == ""


async def test_the_switch_turns_an_account_off_and_on_while_the_wall_is_open(bench: WindowBench) -> None:
    wall = await open_wall(bench)
    card = wall.dialog.cards[0]
    assert card.switch.isChecked()
    QTest.keyClick(card.switch, Qt.Key.Key_Space)
    await until(lambda: card.facts is not None and card.facts.word == "Off")
    assert not bench.scripted.accounts.get(PAPER).active
    assert wall.dialog.header.subtitle.text() == "1 of 2 connected"
    QTest.keyClick(card.switch, Qt.Key.Key_Space)
    await until(lambda: card.facts is not None and card.facts.word == "Ready")
    await wall.close()


async def test_an_account_is_chosen_and_the_card_says_so(bench: WindowBench) -> None:
    wall = await open_wall(bench)
    second = wall.dialog.cards[1]
    second.use_button.click()
    assert bench.scripted.accounts.current == LIVE
    assert second.use_button.text() == "In use"
    assert not second.use_button.isEnabled()
    assert wall.dialog.cards[0].use_button.text() == "Use this account"
    await wall.close()


async def test_money_follows_once_a_second(bench: WindowBench) -> None:
    wall = await open_wall(bench)
    bench.portfolio.pnl[PAPER] = Decimal("-12.50")
    bench.window.desk.second.emit()
    assert wall.dialog.cards[0].value_of("Day P&L") == "−12.50"
    await wall.close()


async def test_a_switch_that_cannot_be_kept_goes_back_and_says_why(bench: WindowBench) -> None:
    wall = await open_wall(bench)
    fill_disk(bench.scripted.accounts)
    wall.dialog.cards[0].switch.click()
    bar = wall.dialog.findChild(NoticeBar)
    assert bar is not None
    await until(bar.isVisible)
    assert bar.accessibleName() == "The account was not switched. The disk is full."
    assert wall.dialog.cards[0].switch.isChecked() == bench.scripted.accounts.get(PAPER).active
    await wall.close()


async def test_a_new_account_joins_the_wall(bench: WindowBench) -> None:
    wall = await open_wall(bench)
    wall.dialog.new_button.click()
    await until(lambda: any(one.isVisible() for one in wall.dialog.findChildren(NewPaperDialog)))
    asked = wall.dialog.findChildren(NewPaperDialog)[0]
    asked.name_field.setText("Swing")
    asked.create_button.click()
    await until(lambda: len(wall.dialog.cards) == 3)
    await until(lambda: wall.dialog.cards[2].facts is not None and wall.dialog.cards[2].facts.word == "Ready")
    assert wall.dialog.cards[2].facts is not None
    assert wall.dialog.cards[2].facts.name == "Swing"
    await wall.close()


async def test_nine_accounts_scroll_inside_the_window(bench: WindowBench) -> None:
    bench.window.resize(1180, 700)
    for number in range(7):
        await bench.scripted.accounts.add_paper(f"Number {number}")
    wall = await open_wall(bench)
    assert len(wall.dialog.cards) == 9
    assert wall.dialog.height() <= 700
    assert wall.dialog.width() <= 1180
    await wall.close()
