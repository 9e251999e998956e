"""A keyring in memory for every test, so that none can touch the developer's own secrets."""

from __future__ import annotations

from collections.abc import Iterator

import keyring
import keyring.errors
import pytest
from keyring.backend import KeyringBackend

# Windows Credential Manager takes 2,560 bytes of UTF-16; the limit bites here, so that it never surprises there.
BLOB_LIMIT_BYTES = 2560
# Of its user names: CRED_MAX_USERNAME_LENGTH.
NAME_LIMIT_LETTERS = 513


class MemoryKeyring(KeyringBackend):
    """Keeps passwords in a dictionary, with the limits of the strictest system."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.store: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.store.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        if len(password.encode("utf-16-le")) > BLOB_LIMIT_BYTES:
            raise keyring.errors.PasswordSetError(f"credential blob over {BLOB_LIMIT_BYTES} bytes")
        if len(username) > NAME_LIMIT_LETTERS:
            raise keyring.errors.PasswordSetError(f"user name over {NAME_LIMIT_LETTERS} letters")
        self.store[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if self.store.pop((service, username), None) is None:
            raise keyring.errors.PasswordDeleteError("not found")


@pytest.fixture(autouse=True)
def memory_keyring() -> Iterator[MemoryKeyring]:
    """The keyring of this test, empty at its start."""
    before = keyring.get_keyring()
    ring = MemoryKeyring()
    keyring.set_keyring(ring)
    yield ring
    keyring.set_keyring(before)
