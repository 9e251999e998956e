"""The frame says of live accounts how old their feed is, what they may still send, and whether their keys can be read."""

from __future__ import annotations

import pytest

from terminal_app.ui.dialogs.vault import UnlockVaultDialog
from terminal_app.ui.shell.live_facts import feed_age, order_budget, waiting
from terminal_app.ui.shell.status import AccountLamp
from tests.helpers.async_tests import until
from tests.helpers.scripted_sessions import LOCKED_FILE, NO_KEYRING
from tests.helpers.scripted_terminal import LIVE
from tests.helpers.scripted_window import WindowBench


def lamp_words(bench: WindowBench) -> str:
    """What the live account's lamp says."""
    lamps = bench.window.status.findChildren(AccountLamp)
    return next(lamp.accessibleName() for lamp in lamps if lamp.accessibleName().startswith("AB1234"))


def test_the_budget_for_orders_is_found_by_its_name() -> None:
    assert order_budget((("quotes", 1, 1), ("orders", 9, 10))) == (9, 10)
    assert order_budget((("quotes", 1, 1),)) is None


def test_a_feed_is_young_in_milliseconds_and_old_in_words() -> None:
    assert [feed_age(age) for age in (0.043, 0.9, 1.2, 75)] == ["43 ms", "900 ms", "1 s old", "1 min old"]


async def test_the_lamp_tells_feed_and_orders_each_second(bench: WindowBench) -> None:
    assert lamp_words(bench).startswith("AB1234, Zerodha. ")
    bench.scripted.sessions.ages_s[LIVE] = 0.043
    bench.scripted.sessions.budgets[LIVE] = (("orders", 9, 10),)
    bench.window.desk.second.emit()
    assert lamp_words(bench).startswith("AB1234, Zerodha, feed 43 ms, 9/10 orders left. ")
    bench.scripted.sessions.expire(LIVE)
    assert lamp_words(bench).startswith("AB1234, expired. The session ended at 06:00: log in.")
    assert waiting(bench.terminal) == 1
    await bench.settle()


async def test_the_state_of_the_keys_is_told(bench: WindowBench) -> None:
    status = bench.window.status
    assert status.keys.accessibleName() == "keyring ok. Secret Service"
    bench.scripted.sessions.vault = NO_KEYRING
    bench.scripted.sessions.expire(LIVE)
    await until(lambda: status.keys.accessibleName() == "keyring not usable. No keyring service runs here")
    assert status.keys.isVisible()


async def test_without_live_accounts_nothing_is_said_of_keys(bench: WindowBench) -> None:
    bench.scripted.accounts.remove(LIVE)
    assert not bench.window.status.keys.isVisible()


async def test_a_file_that_is_locked_at_the_start_asks_for_its_password_once(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = WindowBench(monkeypatch)
    bench.scripted.sessions.vault = LOCKED_FILE
    bench.attach()
    bench.window.desk.second.emit()
    await until(lambda: any(one.isVisible() for one in bench.window.findChildren(UnlockVaultDialog)))
    next(one for one in bench.window.findChildren(UnlockVaultDialog) if one.isVisible()).reject()
    await bench.settle()
    assert bench.window.status.keys.accessibleName() == "vault locked. The vault is locked"
    bench.scripted.sessions.expire(LIVE)
    await bench.settle()
    assert not any(one.isVisible() for one in bench.window.findChildren(UnlockVaultDialog))
    await bench.close()


async def test_a_click_on_the_keys_asks_again(bench: WindowBench) -> None:
    bench.scripted.sessions.vault = LOCKED_FILE
    bench.window.status.keys.click()
    await until(lambda: any(one.isVisible() for one in bench.window.findChildren(UnlockVaultDialog)))
    dialog = next(one for one in bench.window.findChildren(UnlockVaultDialog) if one.isVisible())
    dialog.password.edit.setText("correct horse")
    dialog.do_button.click()
    await until(lambda: bench.window.status.keys.accessibleName() == "vault ok. vault.bhav")


async def test_the_key_logs_all_in(bench: WindowBench) -> None:
    action = bench.window.actions_registry.get("log_in_all")
    assert not action.isEnabled()
    bench.scripted.sessions.expire(LIVE)
    assert action.isEnabled()
    bench.window.actions_registry.trigger("log_in_all")
    await until(lambda: waiting(bench.terminal) == 0)
    await bench.settle()
