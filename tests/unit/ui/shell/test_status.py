"""The status bar has a lamp for every account there is room for."""

from __future__ import annotations

from itertools import pairwise

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from terminal_app.ui.kit.lamp import LampState
from terminal_app.ui.shell.status import AccountLamp, AccountStatus, StatusBar, with_strong_figures


def rows(count: int) -> list[AccountStatus]:
    """Paper accounts that work."""
    return [
        AccountStatus(LampState.PAPER, f"Account {number}", "prices from practice market", "Simulated money")
        for number in range(count)
    ]


def shown(bar: StatusBar) -> list[AccountLamp]:
    """The lamps that are seen."""
    return [lamp for lamp in bar.findChildren(AccountLamp) if lamp.isVisible()]


def make(qtbot: QtBot, count: int, width: int) -> StatusBar:
    """A bar on screen."""
    bar = StatusBar()
    qtbot.addWidget(bar)
    bar.show_market("NSE cash closes 15:15, F&O closes 15:40")
    bar.show_accounts(rows(count))
    bar.resize(width, 24)
    bar.show()
    return bar


def test_few_accounts_have_their_words_beside_the_lamp(qtbot: QtBot) -> None:
    bar = make(qtbot, 2, 1440)
    assert len(shown(bar)) == 2
    assert shown(bar)[0].accessibleName() == "Account 0, prices from practice market. Simulated money."


def test_nine_accounts_never_make_the_window_wider(qtbot: QtBot) -> None:
    bar = make(qtbot, 9, 900)
    assert bar.width() == 900
    lamps = shown(bar)
    assert 0 < len(lamps) < 9
    assert all(first.geometry().right() < second.geometry().left() for first, second in pairwise(lamps))
    more = next(one for one in bar.findChildren(QPushButton) if one.text().startswith("+"))
    assert more.text() == f"+{9 - len(lamps)}"
    assert more.isVisible()
    assert more.accessibleName() == f"{9 - len(lamps)} more accounts"


def test_a_lamp_opens_the_accounts(qtbot: QtBot) -> None:
    bar = make(qtbot, 1, 900)
    with qtbot.waitSignal(bar.account_clicked):
        QTest.mouseClick(shown(bar)[0], Qt.MouseButton.LeftButton)


def test_an_account_that_is_gone_leaves_the_bar(qtbot: QtBot) -> None:
    bar = make(qtbot, 3, 1440)
    bar.show_accounts(rows(1))
    assert len(shown(bar)) == 1


def test_figures_carry_the_weight_and_nothing_else_becomes_markup() -> None:
    assert with_strong_figures("cash closes 15:15, F&O") == "cash closes <b>15:15</b>, F&amp;O"
    assert with_strong_figures("loop 3 ms") == "loop <b>3 ms</b>"
    assert with_strong_figures("<b>x</b>") == "&lt;b&gt;x&lt;/b&gt;"
