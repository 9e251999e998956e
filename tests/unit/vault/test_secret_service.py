"""The vault over a real Secret Service: a GNOME keyring that the test starts for itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from terminal_app.domain.errors import VaultLocked
from terminal_app.domain.ids import AccountId
from terminal_app.vault.secret import Secret
from terminal_app.vault.store import Vault
from tests.helpers.secret_service import SecretService

# The library leaves its connection to the bus open where it raises.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")

ZERODHA = AccountId("zerodha-AB1234")
CANARY = "canary-e2b70f"
LONG = Secret("eyJ" + CANARY * 400 + "₹🔑")


@pytest.fixture
async def vault(secret_service: SecretService, tmp_path: Path) -> AsyncIterator[Vault]:
    opened = Vault.open("keyring", folder=tmp_path)
    yield opened
    await opened.aclose()


async def test_secrets_are_kept_replaced_and_forgotten(vault: Vault, secret_service: SecretService) -> None:
    state = await vault.describe()
    assert (state.name, state.locked, state.usable) == ("Secret Service", False, True)
    await vault.set(ZERODHA, "api_key", Secret("päss ₹"))
    await vault.set(ZERODHA, "access_token", LONG)
    await vault.set(ZERODHA, "access_token", Secret("short"))
    await vault.set(ZERODHA, "access_token", LONG)
    assert await vault.get(ZERODHA, "access_token") == LONG
    assert await vault.fields(ZERODHA) == ("access_token", "api_key")
    pieces = {f"zerodha-AB1234/access_token#3.{number}" for number in range(5)}
    heads = {"zerodha-AB1234/access_token", "zerodha-AB1234/api_key", "zerodha-AB1234#fields"}
    assert set(secret_service.items()) == heads | pieces, "nothing is left of the generations before"
    await vault.forget(ZERODHA)
    assert secret_service.items() == {}
    assert await vault.get(ZERODHA, "access_token") is None


async def test_nothing_of_it_is_in_plain_text_on_the_disk(vault: Vault, secret_service: SecretService) -> None:
    await vault.set(ZERODHA, "api_key", Secret(CANARY))
    files = secret_service.files()
    assert any(content for content in files.values())
    assert [path for path, content in files.items() if CANARY.encode() in content] == []


async def test_a_locked_keyring_is_said_and_works_again_once_unlocked(
    vault: Vault, secret_service: SecretService
) -> None:
    await vault.set(ZERODHA, "api_key", Secret("x"))
    secret_service.lock()
    state = await vault.describe()
    assert state.locked
    assert "Unlock it" in state.reason
    # Without a display the keyring's dialog cannot appear, which it counts as refused.
    with pytest.raises(VaultLocked, match="is locked"):
        await vault.get(ZERODHA, "api_key")
    with pytest.raises(VaultLocked, match="is locked"):
        await vault.set(ZERODHA, "api_key", Secret("y"))
    with pytest.raises(VaultLocked):
        await vault.unlock()
    secret_service.unlock()
    assert await vault.get(ZERODHA, "api_key") == Secret("x")
    assert not (await vault.describe()).locked
