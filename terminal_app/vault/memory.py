"""Secrets in this process's memory, gone when it ends: for ``--vault memory``."""

from __future__ import annotations

from terminal_app.vault.secret import Secret


class MemoryRing:
    """A ring without a keyring. Never locked, never full."""

    def __init__(self) -> None:
        self._entries: dict[str, Secret] = {}

    def get(self, name: str) -> Secret | None:
        """See ``Ring``."""
        return self._entries.get(name)

    def set(self, name: str, secret: Secret) -> None:
        """See ``Ring``."""
        self._entries[name] = secret

    def delete(self, name: str) -> None:
        """See ``Ring``."""
        self._entries.pop(name, None)
