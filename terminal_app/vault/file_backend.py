"""The encrypted file as a backend of ``keyring``: for machines without a keyring of their own.

``keyring`` finds it through the entry point ``bhav``. It is never chosen by itself, because it can ask nobody for its
password: name it in keyringrc.cfg or PYTHON_KEYRING_BACKEND, ``unlock`` it, and every program of this environment that
uses ``keyring`` keeps its secrets there. ``file_format`` has what is in the file.
"""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from keyring.backend import KeyringBackend
from keyring.errors import PasswordDeleteError

from terminal_app.domain.errors import BadInput, VaultError
from terminal_app.vault import file_format
from terminal_app.vault.file_format import Cost, DataKey, FileDamaged, FileLocked, Name, Opened
from terminal_app.vault.secret import Secret

FILE_NAME = "vault.bhav"
IDLE_S = 900.0
_log = logging.getLogger(__name__)


def awake_and_asleep_s() -> float:
    """Seconds that pass while the machine sleeps, too, where the system has such a clock."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)


class FileKeyring(KeyringBackend):
    """One encrypted file. Locked at first and again ``idle_s`` after its last use; its methods may be called from any thread.

    While it is unlocked the data key is in memory, and the secrets are not. The file is read anew for every call and
    checked as a whole, so a change by another hand is noticed at the next one.
    The methods of ``keyring`` raise its errors, which are VaultError and VaultLocked at the same time.
    """

    priority = -1
    """Below every other, and below none: see the module."""
    path: Path | str = ""
    """Environment variable KEYRING_PROPERTY_PATH sets it where no path is given."""

    def __init__(
        self,
        path: Path | None = None,
        *,
        cost: Cost | None = None,
        idle_s: float = IDLE_S,
        clock: Callable[[], float] = awake_and_asleep_s,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        if path is not None:
            self.path = path
        self._cost = cost or Cost()
        self._idle_s = idle_s
        self._clock = clock
        self._guard = threading.RLock()
        self._key: DataKey | None = None
        self._used_at_s = 0.0

    @property
    def file(self) -> Path:
        """Where the file is: the path given, else in the user's data folder."""
        if self.path:
            return Path(self.path)
        import platformdirs

        return Path(platformdirs.user_data_dir("bhav", appauthor=False)) / FILE_NAME

    @property
    def exists(self) -> bool:
        """Whether there is a file; the first ``unlock`` makes one."""
        return self.file.exists()

    @property
    def is_locked(self) -> bool:
        """Whether the password is needed now."""
        with self._guard:
            self.lock_if_idle()
            return self._key is None

    def unlock(self, password: Secret) -> None:
        """Open the file with its password; where there is none, make one with this password.

        A file whose key was made more cheaply than is usual today is written anew with today's cost.
        Raises FileLocked for a wrong password, FileDamaged, BadInput for an empty one, VaultError when it cannot be
        read or written.
        """
        _refuse_empty(password)
        with self._guard:
            self._key = None
            self._remove_leftovers()
            content = self._read()
            if content is None:
                opened, key = file_format.new_file(password, self._cost)
                self._write(opened, key)
            else:
                opened, key = file_format.unlock(file_format.take_apart(content), password)
                _make_private(self.file)
                key = self._upgraded(opened, key, password)
            self._key = key
            self._used_at_s = self._clock()

    def lock(self) -> None:
        """Forget the key."""
        with self._guard:
            self._key = None

    def lock_if_idle(self) -> bool:
        """Lock when the last use is ``idle_s`` ago; whether it is locked now."""
        with self._guard:
            if self._key is not None and self._clock() - self._used_at_s >= self._idle_s:
                self._key = None
            return self._key is None

    def change_password(self, old: Secret, new: Secret) -> None:
        """Encrypt everything anew under ``new``. Raises as ``unlock``; then the old password still holds."""
        _refuse_empty(new)
        with self._guard:
            content = self._read()
            if content is None:
                raise VaultError("There is no vault yet: choose its first password instead.")
            opened, key = file_format.unlock(file_format.take_apart(content), old)
            opened, key = file_format.with_password(opened, key, new, self._cost)
            self._write(opened, key)
            self._key = key
            self._used_at_s = self._clock()

    def get_password(self, service: str, username: str) -> str | None:
        """See ``keyring``. Raises FileLocked, FileDamaged."""
        with self._unlocked() as (opened, key):
            name = (service, username)
            return file_format.decrypt_entry(opened, key, name).reveal() if name in opened.entries else None

    def set_password(self, service: str, username: str, password: str) -> None:
        """See ``keyring``. Raises FileLocked, FileDamaged, VaultError when it cannot be written; nothing is changed then."""
        with self._unlocked() as (opened, key):
            self._write(file_format.with_entry(opened, key, (service, username), Secret(password)), key)

    def delete_password(self, service: str, username: str) -> None:
        """See ``keyring``. Raises PasswordDeleteError where there is none, else as ``set_password``."""
        with self._unlocked() as (opened, key):
            name: Name = (service, username)
            if name not in opened.entries:
                raise PasswordDeleteError("There is no such entry.")
            self._write(file_format.without_entry(opened, name), key)

    @contextlib.contextmanager
    def _unlocked(self) -> Iterator[tuple[Opened, DataKey]]:
        """The file's entries as they are now, and its key."""
        with self._guard:
            self.lock_if_idle()
            if self._key is None:
                raise FileLocked("The vault is locked. Enter its password to unlock it.")
            content = self._read()
            if content is None:
                self._key = None
                raise FileDamaged(
                    f"The vault's file {self.file} is gone. Put back a copy of it, or enter your keys again."
                )
            yield file_format.reopen(file_format.take_apart(content), self._key), self._key
            self._used_at_s = self._clock()

    def _upgraded(self, opened: Opened, key: DataKey, password: Secret) -> DataKey:
        if not opened.cost.is_weaker_than(self._cost):
            return key
        try:
            stronger, new_key = file_format.with_password(opened, key, password, self._cost)
            self._write(stronger, new_key)
        except FileDamaged:
            raise
        except VaultError as error:
            _log.warning("the vault keeps its older key derivation: %s", error)
            return key
        return new_key

    def _read(self) -> bytes | None:
        """The file's bytes; None when there is none."""
        try:
            return self.file.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            reason = error.strerror or type(error).__name__
        raise VaultError(f"The vault's file {self.file} cannot be read ({reason}).")

    def _write(self, opened: Opened, key: DataKey) -> None:
        """Temporary name, private mode, flush to disk, swap: a reader sees the old file or the new one."""
        content = file_format.to_bytes(opened, key)
        target = Path(os.path.realpath(self.file))
        temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}.tmp")
        try:
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            temporary.replace(target)
            _flush_folder(target.parent)
            return
        except OSError as error:
            reason = error.strerror or type(error).__name__
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise VaultError(
            f"The vault's file {target} cannot be written ({reason}). Nothing was changed; make room or allow it."
        )

    def _remove_leftovers(self) -> None:
        """Of a write that the machine's end interrupted: encrypted, and of no use."""
        target = Path(os.path.realpath(self.file))
        with contextlib.suppress(OSError):
            for leftover in target.parent.glob(f".{target.name}.*.tmp"):
                leftover.unlink(missing_ok=True)


def _make_private(path: Path) -> None:
    """A copy put back by hand may have lost its mode; where it cannot be set the file is encrypted all the same."""
    with contextlib.suppress(OSError):
        path.chmod(0o600)


def _flush_folder(folder: Path) -> None:
    """Make the swap outlive a power cut; Windows has no such call and needs none."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _refuse_empty(password: Secret) -> None:
    if not password:
        raise BadInput("password", "The vault needs a password; an empty one protects nothing.")
