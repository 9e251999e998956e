"""What the vault asks of a place that keeps secrets, and the leash that ends a call nobody waits for any more."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from terminal_app.domain.errors import VaultLocked
from terminal_app.vault.secret import Secret


class Ring(Protocol):
    """Named secrets of at most ``chunks.LIMIT_BYTES`` each. Called in the vault's thread only.

    Every method raises VaultError, or VaultLocked, with a sentence for the user; a call that raised changed nothing
    or the one entry that it names.
    """

    def get(self, name: str) -> Secret | None:
        """The entry; None when there is none."""
        ...

    def set(self, name: str, secret: Secret) -> None:
        """Write or replace one entry."""
        ...

    def delete(self, name: str) -> None:
        """Remove one entry; nothing happens when there is none."""
        ...


class Leash:
    """Held by a call in the vault's thread; ``cut`` when its caller was told that it took too long.

    A call stuck in a prompt cannot be stopped, so it is left behind in its thread. Once cut it begins nothing new when
    the prompt is answered at last; ``is_writing`` tells whether one write was already under way.
    """

    def __init__(self) -> None:
        self.subject = ""
        """What the call is about."""
        self._guard = threading.Lock()
        self._is_cut = False
        self._is_writing = False

    @property
    def is_cut(self) -> bool:
        """Whether nobody waits for the call any more."""
        with self._guard:
            return self._is_cut

    @property
    def is_writing(self) -> bool:
        """Whether a write is under way now."""
        with self._guard:
            return self._is_writing

    def cut(self) -> None:
        """Let the call begin nothing more."""
        with self._guard:
            self._is_cut = True

    def check(self) -> None:
        """Raises VaultLocked once cut."""
        with self._guard:
            self._check()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Around one write. Raises VaultLocked once cut, before the write begins."""
        with self._guard:
            self._check()
            self._is_writing = True
        try:
            yield
        finally:
            with self._guard:
                self._is_writing = False

    def _check(self) -> None:
        if self._is_cut:
            raise VaultLocked("The call was given up before it came to an end.")


class LeashedRing:
    """A ring whose every step first asks its leash."""

    def __init__(self, ring: Ring, leash: Leash) -> None:
        self._ring = ring
        self._leash = leash

    def get(self, name: str) -> Secret | None:
        """See ``Ring``."""
        self._leash.check()
        return self._ring.get(name)

    def set(self, name: str, secret: Secret) -> None:
        """See ``Ring``."""
        with self._leash.writing():
            self._ring.set(name, secret)

    def delete(self, name: str) -> None:
        """See ``Ring``."""
        with self._leash.writing():
            self._ring.delete(name)
