"""The three places where secrets can be: the operating system's keyring, the encrypted file, memory."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from terminal_app.domain.errors import BadInput, VaultError
from terminal_app.vault.memory import MemoryRing
from terminal_app.vault.ring import Ring
from terminal_app.vault.secret import Secret

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

    from terminal_app.vault.file_backend import FileKeyring
    from terminal_app.vault.file_format import Cost

Kind = Literal["keyring", "file", "memory"]


class VaultState(Struct, frozen=True):
    """What the vault is and whether it can be used now; ``reason`` is a sentence where it cannot."""

    kind: Kind
    name: str
    """For people: “Secret Service”, “Encrypted file” ..."""
    locked: bool
    """A password is needed; of an operating system's keyring, its own dialog will ask for it."""
    reason: str = ""
    usable: bool = True
    """False where secrets can be kept nowhere here, until the reason is mended or another kind is chosen."""
    is_new: bool = False
    """An encrypted file that does not exist yet: ``unlock`` makes it with the password given, so ask for that twice."""


class Place(ABC):
    """Where the secrets are. Called in the vault's thread only; raises VaultError and VaultLocked."""

    @abstractmethod
    def ring(self) -> Ring:
        """The entries."""

    @abstractmethod
    def describe(self) -> VaultState:
        """What it is and whether it works now; makes no dialog appear."""

    @abstractmethod
    def unlock(self, password: Secret | None) -> None:
        """Make it ask for its password, or take this one; does nothing where there is nothing to unlock."""

    @abstractmethod
    def lock(self) -> None:
        """Forget the key; does nothing where there is none of ours."""

    def lock_if_idle(self) -> bool:
        """Forget the key if it was not used for long; whether none is held now."""
        return True

    def change_password(self, old: Secret, new: Secret) -> None:
        """Raises VaultError where the password is not ours to change."""
        raise VaultError("This vault has no password of its own.")


class MemoryPlace(Place):
    """For ``--vault memory``."""

    def __init__(self) -> None:
        self._ring = MemoryRing()

    def ring(self) -> Ring:
        """See ``Place``."""
        return self._ring

    def describe(self) -> VaultState:
        """See ``Place``."""
        return VaultState("memory", "Memory", False, "Secrets are gone when Bhav closes.")

    def unlock(self, password: Secret | None) -> None:
        """See ``Place``: it is never locked."""

    def lock(self) -> None:
        """See ``Place``: it is never locked."""


class KeyringPlace(Place):
    """The backend that ``keyring`` is set to, looked at anew for every call, so that a keyring started later is found."""

    def ring(self) -> Ring:
        """See ``Place``."""
        from terminal_app.vault.system_keyring import KeyringRing

        return KeyringRing(self._backend())

    def describe(self) -> VaultState:
        """See ``Place``."""
        from terminal_app.vault import system_keyring

        choice = system_keyring.choose()
        if choice.backend is None:
            return VaultState("keyring", choice.name, False, choice.reason, usable=False)
        is_locked = system_keyring.is_locked(choice.backend)
        return VaultState("keyring", choice.name, is_locked, system_keyring.LOCKED if is_locked else "")

    def unlock(self, password: Secret | None) -> None:
        """See ``Place``. The encrypted file may be what ``keyring`` is set to; all others ask for themselves."""
        from terminal_app.vault.file_backend import FileKeyring

        backend = self._backend()
        if isinstance(backend, FileKeyring) and password is not None:
            backend.unlock(password)
        else:
            self.ring().get("unlock")  # any read makes a locked keyring ask

    def lock(self) -> None:
        """See ``Place``: other programs use the user's keyring, too, so it stays as it is."""

    def change_password(self, old: Secret, new: Secret) -> None:
        """See ``Place``."""
        raise VaultError("The operating system's keyring has its own password: change it there.")

    def _backend(self) -> KeyringBackend:
        from terminal_app.vault import system_keyring

        choice = system_keyring.choose()
        if choice.backend is None:
            raise VaultError(choice.reason)
        return choice.backend


class FilePlace(Place):
    """The encrypted file at ``path``."""

    def __init__(self, path: Path, idle_s: float, cost: Cost | None = None) -> None:
        self._path = path
        self._idle_s = idle_s
        self._cost = cost
        self._made: FileKeyring | None = None

    def ring(self) -> Ring:
        """See ``Place``."""
        from terminal_app.vault.system_keyring import KeyringRing

        return KeyringRing(self._backend())

    def describe(self) -> VaultState:
        """See ``Place``."""
        backend = self._backend()
        if not backend.exists:
            reason = "There is no vault yet. Choose a password for it."
            return VaultState("file", "Encrypted file", True, reason, is_new=True)
        is_locked = backend.is_locked
        reason = "The vault is locked. Enter its password to unlock it." if is_locked else ""
        return VaultState("file", "Encrypted file", is_locked, reason)

    def unlock(self, password: Secret | None) -> None:
        """See ``Place``."""
        if password is None:
            raise BadInput("password", "Enter the vault's password.")
        self._backend().unlock(password)

    def lock(self) -> None:
        """See ``Place``."""
        if self._made is not None:
            self._made.lock()

    def lock_if_idle(self) -> bool:
        """See ``Place``."""
        return self._made is None or self._made.lock_if_idle()

    def change_password(self, old: Secret, new: Secret) -> None:
        """See ``Place``."""
        self._backend().change_password(old, new)

    def _backend(self) -> FileKeyring:
        if self._made is None:
            from terminal_app.vault.file_backend import FileKeyring

            self._made = FileKeyring(self._path, cost=self._cost, idle_s=self._idle_s)
        return self._made
