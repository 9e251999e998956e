"""Where the secrets of the accounts are kept: the system's keyring, or an encrypted file where there is none."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from terminal_app.domain.errors import VaultError
from terminal_app.domain.ids import AccountId
from terminal_app.services.sessions import Hidden, VaultState

if TYPE_CHECKING:
    from terminal_app.vault.store import Kind, Vault

_LONGEST_PASSWORD = 4096


class KeptSecrets:
    """The vault of this call, opened when it is first needed: the keyring is slow to import.

    ``kind`` is what ``--vault`` asked for. A keyring that cannot be used gives way to the encrypted file once the user has made one.
    ``password_fd`` is a descriptor that the file's password is read from, once.
    """

    def __init__(self, kind: Kind, folder: Path, password_fd: int | None = None) -> None:
        self._kind = kind
        self._folder = folder
        self._password_fd = password_fd
        self._vault: Vault | None = None

    async def get(self, account: AccountId, field: str) -> Hidden | None:
        """One secret; None where there is none."""
        return await (await self._opened()).get(account, field)

    async def put(self, account: AccountId, field: str, text: str) -> None:
        """Keep one."""
        from terminal_app.vault.secret import Secret

        await (await self._opened()).set(account, field, Secret(text))

    async def delete(self, account: AccountId, field: str) -> None:
        """Forget one; does nothing where there is none."""
        await (await self._opened()).delete(account, field)

    async def fields(self, account: AccountId) -> tuple[str, ...]:
        """The names of an account's secrets."""
        return await (await self._opened()).fields(account)

    async def forget(self, account: AccountId, also: Iterable[str] = ()) -> None:
        """Forget all of an account; the fields ``also`` even where its list of fields is damaged."""
        await (await self._opened()).forget(account, also)

    async def state(self) -> VaultState:
        """Whether it can be used now."""
        known = await (await self._opened()).describe()
        return VaultState(
            known.kind, known.name, known.usable and not known.locked, known.locked, known.reason, known.is_new
        )

    async def unlock(self, password: str) -> None:
        """Open an encrypted file. Raises VaultLocked where the password is wrong."""
        from terminal_app.vault.secret import Secret

        await (await self._opened()).unlock(Secret(password))

    async def create(self, password: str) -> None:
        """Use an encrypted file from now on, with this password. Raises VaultError where there is one already."""
        from terminal_app.vault.secret import Secret
        from terminal_app.vault.store import Vault

        vault = Vault.open("file", folder=self._folder)
        if not (await vault.describe()).is_new:
            await vault.aclose()
            raise VaultError("There is an encrypted file already: unlock it with its password.")
        await vault.unlock(Secret(password))
        await self.aclose()
        self._vault = vault

    async def change_password(self, old: str, new: str) -> None:
        """Encrypt the file anew."""
        from terminal_app.vault.secret import Secret

        await (await self._opened()).change_password(Secret(old), Secret(new))

    async def aclose(self) -> None:
        """Lock an encrypted file and let go."""
        if self._vault is not None:
            await self._vault.aclose()

    async def _opened(self) -> Vault:
        if self._vault is None:
            self._vault = await self._chosen()
            if self._password_fd is not None:
                await self._unlock_from_descriptor(self._vault, self._password_fd)
                self._password_fd = None
        return self._vault

    async def _chosen(self) -> Vault:
        from terminal_app.vault.store import FILE_NAME, Vault

        vault = Vault.open(self._kind, folder=self._folder)
        if self._kind == "keyring" and (self._folder / FILE_NAME).exists() and not (await vault.describe()).usable:
            await vault.aclose()
            return Vault.open("file", folder=self._folder)
        return vault

    @staticmethod
    async def _unlock_from_descriptor(vault: Vault, descriptor: int) -> None:
        from terminal_app.vault.secret import Secret

        try:
            with os.fdopen(descriptor, "rb") as pipe:
                password = pipe.read(_LONGEST_PASSWORD).decode().rstrip("\r\n")
        except (OSError, ValueError) as error:
            raise VaultError(
                f"The password could not be read from --vault-password-fd {descriptor}: {error}"
            ) from error
        await vault.unlock(Secret(password))
