"""Which backends of ``keyring`` are trusted, and what their errors become."""

from __future__ import annotations

import traceback
from typing import Any

import keyring
import keyring.backends.chainer
import keyring.backends.fail
import keyring.backends.null
import keyring.core
import keyring.errors
import pytest
from keyring.backend import KeyringBackend

from terminal_app.domain.errors import VaultError, VaultLocked
from terminal_app.vault import system_keyring
from terminal_app.vault.secret import Secret
from terminal_app.vault.system_keyring import KeyringRing
from tests.helpers.memory_keyring import MemoryKeyring

CANARY = "canary-90be12"


def named(base: type, module: str, name: str) -> Any:
    """A backend as another package has it."""
    return type(name, (base,), {"__module__": module})()


class Refusing(MemoryKeyring):
    """Fails every call with one error."""

    error: Exception = RuntimeError("no")

    def get_password(self, service: str, username: str) -> str | None:
        raise self.error

    def set_password(self, service: str, username: str, password: str) -> None:
        raise self.error

    def delete_password(self, service: str, username: str) -> None:
        raise self.error


@pytest.fixture(autouse=True)
def keep_the_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Classes made here are no backends of the tests that follow."""
    monkeypatch.setattr(KeyringBackend, "_classes", set(KeyringBackend._classes))


def test_a_keyring_of_the_system_is_taken(memory_keyring: MemoryKeyring) -> None:
    choice = system_keyring.choose()
    assert choice.backend is memory_keyring
    assert choice.reason == ""


def test_the_systems_keyrings_have_names_that_people_know() -> None:
    from keyring.backends import kwallet, macOS
    from keyring.backends.SecretService import Keyring

    found = []
    for backend in (Keyring(), macOS.Keyring(), kwallet.DBusKeyring()):  # type: ignore[no-untyped-call]
        keyring.set_keyring(backend)
        found.append(system_keyring.choose().name)
    assert found == ["Secret Service", "macOS Keychain", "KDE Wallet"]


@pytest.mark.parametrize(
    "backend",
    [
        keyring.backends.fail.Keyring(),  # type: ignore[no-untyped-call]
        keyring.backends.null.Keyring(),  # type: ignore[no-untyped-call]
        named(MemoryKeyring, "keyrings.alt.file", "PlaintextKeyring"),
        named(MemoryKeyring, "keyrings.alt.file", "EncryptedKeyring"),
        named(MemoryKeyring, "someone.elses", "PlainTextStore"),
        named(type(named(MemoryKeyring, "keyrings.alt.file", "PlaintextKeyring")), "someone.elses", "Wrapper"),
        named(keyring.backends.null.Keyring, "someone.elses", "Silent"),
    ],
    ids=lambda backend: f"{type(backend).__module__}.{type(backend).__qualname__}",
)
def test_where_nothing_keeps_secrets_safely_nothing_is_chosen(backend: KeyringBackend) -> None:
    keyring.set_keyring(backend)
    choice = system_keyring.choose()
    assert choice.backend is None
    assert choice.reason.endswith(".")


def test_of_a_chain_the_first_safe_one_is_taken_alone(
    monkeypatch: pytest.MonkeyPatch, memory_keyring: MemoryKeyring
) -> None:
    chain = keyring.backends.chainer.ChainerBackend()  # type: ignore[no-untyped-call]
    unsafe = named(MemoryKeyring, "keyrings.alt.file", "PlaintextKeyring")
    keyring.set_keyring(chain)
    monkeypatch.setattr(type(chain), "backends", [unsafe, memory_keyring])
    assert system_keyring.choose().backend is memory_keyring
    monkeypatch.setattr(type(chain), "backends", [unsafe])
    assert system_keyring.choose().backend is None


def test_a_backend_that_is_configured_and_missing_is_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyring.core, "_keyring_backend", None)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "no.such.Keyring")
    choice = system_keyring.choose()
    assert choice.backend is None
    assert "ModuleNotFoundError" in choice.reason


def test_a_keyring_that_starts_later_is_found(monkeypatch: pytest.MonkeyPatch, memory_keyring: MemoryKeyring) -> None:
    monkeypatch.setattr(keyring.core, "_keyring_backend", None)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    assert system_keyring.choose().backend is None
    monkeypatch.setattr(keyring.core, "load_env", lambda: memory_keyring)
    assert system_keyring.choose().backend is memory_keyring


class LockedException(Exception):
    """Named as SecretStorage names its own."""


class DBusError(Exception):
    """As jeepney raises it."""

    name = "org.freedesktop.Secret.Error.IsLocked"


@pytest.mark.parametrize("error", [keyring.errors.KeyringLocked("no"), LockedException("no"), DBusError("no")])
def test_a_locked_keyring_is_told_as_such(error: Exception) -> None:
    backend = Refusing()
    backend.error = error
    with pytest.raises(VaultLocked, match="Unlock it and try again"):
        KeyringRing(backend).get("A/b")


@pytest.mark.parametrize(
    "error",
    [
        keyring.errors.PasswordSetError(CANARY),
        keyring.errors.InitError(f"cannot store {CANARY}"),
        OSError(5, CANARY),
        ValueError(CANARY),
        keyring.errors.NoKeyringError(CANARY),
    ],
)
def test_any_other_error_is_a_sentence_without_the_secret(error: Exception) -> None:
    backend = Refusing()
    backend.error = error
    secret = Secret(CANARY)
    with pytest.raises(VaultError) as caught:
        KeyringRing(backend).set("A/b", secret)
    assert not isinstance(caught.value, VaultLocked)
    assert caught.value.__traceback__ is not None
    ours = caught.value.with_traceback(caught.value.__traceback__.tb_next)  # this test's own frame has the error
    assert CANARY not in "".join(traceback.TracebackException.from_exception(ours, capture_locals=True).format())
    assert caught.value.__context__ is None


def test_what_a_keyring_says_about_reading_is_shown() -> None:
    backend = Refusing()
    backend.error = RuntimeError("the bus\nis gone")
    with pytest.raises(VaultError, match="RuntimeError: the bus is gone"):
        KeyringRing(backend).get("A/b")


def test_removing_what_is_not_there_does_nothing(memory_keyring: MemoryKeyring) -> None:
    KeyringRing(memory_keyring).delete("A/b")
    KeyringRing(memory_keyring).set("A/b", Secret("x"))
    KeyringRing(memory_keyring).delete("A/b")
    assert memory_keyring.store == {}


def test_an_entry_is_under_our_service(memory_keyring: MemoryKeyring) -> None:
    KeyringRing(memory_keyring).set("A/b", Secret("x"))
    assert memory_keyring.store == {("bhav", "A/b"): "x"}
