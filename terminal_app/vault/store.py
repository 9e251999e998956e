"""The vault: every account's secrets by field, in the keyring, in the encrypted file or in memory.

An entry of the keyring is called ACCOUNT/FIELD; ACCOUNT#fields lists an account's fields, because a keyring cannot be
asked for its entries. What the calls do runs in a thread of their own, where ``keyring`` is imported, too.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from terminal_app.domain.errors import BadInput, VaultError, VaultLocked
from terminal_app.domain.ids import AccountId
from terminal_app.vault import chunks
from terminal_app.vault.places import FilePlace, KeyringPlace, Kind, MemoryPlace, Place, VaultState
from terminal_app.vault.ring import Leash, LeashedRing, Ring
from terminal_app.vault.secret import Secret
from terminal_app.vault.worker import HangingError, Worker

if TYPE_CHECKING:
    from terminal_app.vault.file_format import Cost

__all__ = ["Kind", "Vault", "VaultState"]

TIMEOUT_S = 60.0
IDLE_S = 900.0
FILE_NAME = "vault.bhav"

_ACCOUNT = re.compile(r"[^/#\s][^/#\x00-\x1f]{0,99}")
_FIELD = re.compile(r"[a-z0-9_]{1,50}")
_FIELDS = "#fields"
_BETWEEN = ","
_CLOSING_S = 2.0

T = TypeVar("T")


class _ListDamaged(VaultError):
    """An account's list of fields cannot be understood."""


class Vault:
    """Reads and writes secrets. Its methods belong to the loop's thread and never block it.

    All raise VaultLocked where unlocking or answering the keyring's dialog helps, and VaultError otherwise; the message
    is for the user, and holds no secret. A write that raised left the old value or the new one, never a part of one.
    """

    def __init__(self, kind: Kind, place: Place, *, timeout_s: float, idle_s: float) -> None:
        self._kind = kind
        self._place = place
        self._timeout_s = timeout_s
        self._idle_s = idle_s
        self._worker = Worker()
        self._idle: asyncio.TimerHandle | None = None
        self._locking: set[asyncio.Task[None]] = set()
        self._is_closed = False

    @classmethod
    def open(
        cls,
        kind: Kind,
        *,
        folder: Path,
        timeout_s: float = TIMEOUT_S,
        idle_s: float = IDLE_S,
        cost: Cost | None = None,
    ) -> Vault:
        """The vault of one kind; ``folder`` is where the encrypted file is. Does no I/O.

        A call that takes longer than ``timeout_s`` is given up. The file locks itself ``idle_s`` after its last use, and
        its key comes from the password at ``cost``, today's where None.
        """
        place: Place
        if kind == "keyring":
            place = KeyringPlace()
        elif kind == "file":
            place = FilePlace(folder / FILE_NAME, idle_s, cost)
        else:
            place = MemoryPlace()
        return cls(kind, place, timeout_s=timeout_s, idle_s=idle_s)

    async def get(self, account: AccountId, field: str) -> Secret | None:
        """The secret; None when there is none."""
        name = _name(account, field)
        return await self._run(lambda ring: chunks.read(ring, name), account)

    async def set(self, account: AccountId, field: str, secret: Secret) -> None:
        """Write or replace a secret."""
        name = _name(account, field)

        def write(ring: Ring) -> None:
            known = _listed(ring, account)
            if field not in known:
                # First, so that no secret is ever in the keyring without ``forget`` knowing of it.
                _list(ring, account, {*known, field})
            chunks.write(ring, name, secret)

        await self._write(write, account)

    async def delete(self, account: AccountId, field: str) -> None:
        """Remove a secret; nothing happens when there is none."""
        name = _name(account, field)

        def remove(ring: Ring) -> None:
            chunks.erase(ring, name)
            known = _listed(ring, account)
            if field in known:
                _list(ring, account, known - {field})

        await self._write(remove, account)

    async def fields(self, account: AccountId) -> tuple[str, ...]:
        """The fields that have a secret, sorted."""
        _check_account(account)

        def present(ring: Ring) -> tuple[str, ...]:
            known = sorted(_listed(ring, account))
            return tuple(field for field in known if chunks.read(ring, _name(account, field)) is not None)

        return await self._run(present, account)

    async def forget(self, account: AccountId, also: Iterable[str] = ()) -> None:
        """Remove every entry of the account: what its list names and the fields ``also``, should the list be damaged."""
        _check_account(account)
        more = {field for field in also if _name(account, field)}

        def remove(ring: Ring) -> None:
            try:
                known = _listed(ring, account)
            except _ListDamaged:
                known = frozenset()
            for field in sorted(known | more):
                chunks.erase(ring, _name(account, field))
            chunks.erase(ring, account + _FIELDS)

        await self._write(remove, account)

    async def describe(self) -> VaultState:
        """Where secrets are kept and whether that works now. Raises nothing and makes no dialog appear."""
        if self._is_closed:
            return VaultState(self._kind, self._kind, True, "The vault is closed.", usable=False)
        try:
            return await self._call(lambda _leash: self._place.describe())
        except VaultLocked as error:
            return VaultState(self._kind, self._kind, True, error.message)
        except VaultError as error:
            return VaultState(self._kind, self._kind, False, error.message, usable=False)

    async def unlock(self, password: Secret | None = None) -> None:
        """Open the encrypted file, or make it where there is none. Raises VaultLocked for a wrong password, BadInput.

        An operating system's keyring asks for its password itself; this makes it do so.
        """
        await self._call(lambda _leash: self._place.unlock(password))

    async def change_password(self, old: Secret, new: Secret) -> None:
        """Of the encrypted file. Raises VaultLocked when ``old`` is wrong, BadInput for an empty ``new``."""
        await self._call(lambda _leash: self._place.change_password(old, new))

    async def lock(self) -> None:
        """Forget the key of the encrypted file; a keyring of the operating system stays as it is."""
        await self._call(lambda _leash: self._place.lock())

    async def aclose(self) -> None:
        """Lock, and end the thread. A call that hangs is not waited for. Calling it again does nothing."""
        if self._is_closed:
            return
        self._is_closed = True
        if self._idle is not None:
            self._idle.cancel()
        for task in self._locking:
            task.cancel()
        await asyncio.gather(*self._locking, return_exceptions=True)
        # Where the thread hangs the key goes with the process, which is about to end.
        with contextlib.suppress(TimeoutError):
            if self._kind == "file":
                await asyncio.wait_for(self._worker.run(lambda _leash: self._place.lock(), _CLOSING_S), _CLOSING_S)
        self._worker.stop()

    async def _run(self, work: Callable[[Ring], T], subject: str) -> T:
        return await self._call(lambda leash: work(LeashedRing(self._place.ring(), leash)), subject)

    async def _write(self, work: Callable[[Ring], None], subject: str) -> None:
        if self._worker.is_writing_late(subject):
            raise VaultLocked(
                "The keyring has not answered an earlier change of this account yet. Answer its question first."
            )
        await self._run(work, subject)

    async def _call(self, work: Callable[[Leash], T], subject: str = "") -> T:
        if self._is_closed:
            raise VaultError("The vault is closed.")
        try:
            return await self._worker.run(work, self._timeout_s, subject)
        except HangingError:
            hanging = f"The keyring did not answer in {self._timeout_s:g} s. Answer its question, if it shows one, and try again."
        finally:
            self._watch_idle()
        raise VaultLocked(hanging)

    def _watch_idle(self) -> None:
        """The key leaves memory when the time is over, and not only at the next call."""
        if self._kind != "file" or self._is_closed:
            return
        if self._idle is not None:
            self._idle.cancel()
        self._idle = asyncio.get_running_loop().call_later(self._idle_s, self._lock_when_idle)

    def _lock_when_idle(self) -> None:
        task = asyncio.create_task(self._lock_if_idle(), name="vault: lock when idle")
        self._locking.add(task)
        task.add_done_callback(self._locking.discard)

    async def _lock_if_idle(self) -> None:
        is_locked = False
        with contextlib.suppress(HangingError):
            is_locked = await self._worker.run(lambda _leash: self._place.lock_if_idle(), self._timeout_s)
        if not is_locked:
            self._watch_idle()


def _name(account: AccountId, field: str) -> str:
    _check_account(account)
    if not _FIELD.fullmatch(field):
        raise BadInput("field", f"“{field}” cannot be the name of a secret: use small letters, digits and _.")
    return f"{account}/{field}"


def _check_account(account: AccountId) -> None:
    if not _ACCOUNT.fullmatch(account):
        raise BadInput("account", f"“{account}” cannot be the name of an account: it must not have / or #.")


def _listed(ring: Ring, account: AccountId) -> frozenset[str]:
    """The fields on the account's list."""
    try:
        listed = chunks.read(ring, account + _FIELDS)
    except chunks.EntryDamaged as error:
        raise _ListDamaged(
            f"The list of what the keyring has of account {account} is damaged. Remove the account and add it again."
        ) from error
    return frozenset(listed.reveal().split(_BETWEEN)) if listed else frozenset()


def _list(ring: Ring, account: AccountId, fields: Iterable[str]) -> None:
    names = sorted(fields)
    if names:
        chunks.write(ring, account + _FIELDS, Secret(_BETWEEN.join(names)))
    else:
        chunks.erase(ring, account + _FIELDS)
