"""The operating system's keyring as a ring: which backend is trusted, and what its errors mean to the user."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from terminal_app.domain.errors import BhavError, VaultError, VaultLocked
from terminal_app.vault.secret import Secret

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

SERVICE = "bhav"
LOCKED = "The keyring is locked. Unlock it and try again."
NO_KEYRING = "No keyring is running in this session. Start one, or keep the secrets in an encrypted file."

_NAMES = {
    "keyring.backends.SecretService": "Secret Service",
    "keyring.backends.libsecret": "Secret Service",
    "keyring.backends.kwallet": "KDE Wallet",
    "keyring.backends.macOS": "macOS Keychain",
    "keyring.backends.Windows": "Windows Credential Manager",
    "terminal_app.vault.file_backend": "Encrypted file",
}
_EMPTY_HANDED = ("keyring.backends.fail", "keyring.backends.null")
_UNSAFE = "keyrings.alt."  # plain text, or encryption of its own making
_REASON_LETTERS = 200
# Of SecretStorage and D-Bus, told by name: they are not installed everywhere.
_LOCKED_ERRORS = ("KeyringLocked", "LockedException", "PromptDismissedException")
_LOCKED_REPLY = "org.freedesktop.Secret.Error.IsLocked"

T = TypeVar("T")


class Choice(NamedTuple):
    """The backend to use, or None and the reason why none may be used."""

    backend: KeyringBackend | None
    name: str
    reason: str


def choose() -> Choice:
    """The backend that ``keyring`` is set to, if it is one that keeps secrets safe. Never raises, asks nobody."""
    import keyring
    import keyring.core
    from keyring.backends import chainer, fail

    was_set = getattr(keyring.core, "_keyring_backend", None) is not None
    try:
        backend = keyring.get_keyring()
    except Exception as error:  # noqa: BLE001  # a configured backend may raise anything; the reason is shown
        return Choice(None, "none", f"The keyring that is configured cannot be used ({_reason(error)}).")
    if isinstance(backend, fail.Keyring) and not was_set:
        # Found nothing now; a keyring that is started later is to be found then.
        keyring.core._keyring_backend = None
        getattr(keyring.backend.get_all_keyring, "reset", lambda: None)()
    if not isinstance(backend, chainer.ChainerBackend):
        return _judged(backend)
    # The chain writes to the next backend where one refuses, also to an unsafe one: take its first safe one alone.
    links = [_judged(link) for link in backend.backends]
    return next((link for link in links if link.backend is not None), Choice(None, "none", NO_KEYRING))


def _judged(backend: KeyringBackend) -> Choice:
    kinds = [kind for kind in type(backend).__mro__ if kind.__module__ not in ("builtins", "abc", "keyring.backend")]
    names = [f"{kind.__module__}.{kind.__qualname__}" for kind in kinds]
    if any(name.startswith(_EMPTY_HANDED) for name in names):
        return Choice(None, "none", NO_KEYRING)
    if any(name.startswith(_UNSAFE) or "plain" in name.lower() for name in names):
        reason = f"The keyring that is configured ({names[0]}) does not keep secrets safely, so nothing is saved there."
        return Choice(None, names[0], reason)
    known = (shown for start, shown in _NAMES.items() if names[0].startswith(start))
    return Choice(backend, next(known, names[0]), "")


class KeyringRing:
    """Entries of the service ``bhav`` in one backend of ``keyring``."""

    def __init__(self, backend: KeyringBackend) -> None:
        self._backend = backend

    def get(self, name: str) -> Secret | None:
        """See ``Ring``."""
        return _translated("read", lambda: _as_secret(self._backend.get_password(SERVICE, name)))

    def set(self, name: str, secret: Secret) -> None:
        """See ``Ring``."""
        _translated("write", lambda: self._backend.set_password(SERVICE, name, secret.reveal()))

    def delete(self, name: str) -> None:
        """See ``Ring``."""
        if self.get(name) is not None:
            _translated("remove", lambda: self._backend.delete_password(SERVICE, name))


def is_locked(backend: KeyringBackend) -> bool:
    """Whether the backend would ask the user for a password now, where that can be known without asking."""
    module = type(backend).__module__
    if module == "terminal_app.vault.file_backend":
        return bool(getattr(backend, "is_locked", False))
    return module == "keyring.backends.SecretService" and _translated("read", _is_default_collection_locked)


def _is_default_collection_locked() -> bool:
    from contextlib import closing

    import secretstorage
    from secretstorage.exceptions import ItemNotFoundException

    with closing(secretstorage.dbus_init()) as connection:
        try:
            return secretstorage.Collection(connection).is_locked()
        except ItemNotFoundException:
            return False  # none yet: the first write makes it


def _as_secret(text: str | None) -> Secret | None:
    return None if text is None else Secret(text)


def _translated(doing: str, call: Callable[[], T]) -> T:
    """The call's result; whatever a backend raises becomes ours, without its traceback, which could hold the secret."""
    try:
        return call()
    except Exception as error:  # noqa: BLE001  # backends let errors of D-Bus, win32 and Keychain through
        ours = _ours(doing, error)
    raise ours


def _ours(doing: str, error: Exception) -> BhavError:
    if isinstance(error, BhavError):
        return error.with_traceback(None)
    if type(error).__name__ in _LOCKED_ERRORS or getattr(error, "name", "") == _LOCKED_REPLY:
        return VaultLocked(LOCKED)
    if type(error).__name__ == "NoKeyringError":
        return VaultError(NO_KEYRING)
    # What is said about a write may quote what was to be written.
    reason = type(error).__name__ if doing == "write" else _reason(error)
    return VaultError(f"The keyring refused to {doing} a secret ({reason}). Check it and try again.")


def _reason(error: Exception) -> str:
    """What an error says, on one line."""
    text = " ".join(f"{type(error).__name__}: {error}".split())
    return text[:_REASON_LETTERS].rstrip(" :.")
