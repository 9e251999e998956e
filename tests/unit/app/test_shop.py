"""A demo opens simulated accounts only, and a simulated account opens in a demo only."""

from __future__ import annotations

import pytest

from terminal_app.app.shop import Shop
from terminal_app.domain.account import Account
from terminal_app.domain.enums import AccountKind
from terminal_app.domain.errors import ConfigError
from terminal_app.domain.ids import AccountId

KEYS = {"api_key": "k", "api_secret": "s", "redirect_url": "http://127.0.0.1:5710/x"}
REAL = Account(AccountId("zerodha-1"), "zerodha", "Savings", AccountKind.LIVE)
SIMULATED = Account(AccountId("zerodha-2"), "zerodha", "Zerodha demo", AccountKind.LIVE, is_demo=True)


def test_a_real_account_stays_off_in_the_demo() -> None:
    with pytest.raises(ConfigError, match="without --demo"):
        Shop({SIMULATED.id: {}}).open(REAL, KEYS, None)


def test_the_demos_keys_never_go_to_a_real_broker() -> None:
    with pytest.raises(ConfigError, match="start with --demo"):
        Shop().open(SIMULATED, KEYS, None)


async def test_each_opens_where_it_belongs() -> None:
    addresses = dict.fromkeys(("rest", "login", "instruments"), "http://127.0.0.1:1")
    for broker in (Shop().open(REAL, KEYS, None), Shop({SIMULATED.id: addresses}).open(SIMULATED, KEYS, None)):
        await broker.aclose()


async def test_keys_are_checked_without_an_account() -> None:
    await Shop({}).check("zerodha", KEYS)
    with pytest.raises(ConfigError) as missing:
        await Shop({}).check("zerodha", {**KEYS, "api_secret": ""})
    assert missing.value.field == "api_secret"
