"""The encrypted file, as bytes: how a key comes from the password, what is encrypted, what is authenticated.

    magic           8 bytes, with the version
    head            JSON: the parameters of Argon2id and its salt
    wrapped key     the random data key, AES-256-GCM under the password's key; magic and head as associated data
    entries         each AES-256-GCM under the data key, the entry's name as associated data
    list            the names of the entries in their order, AES-256-GCM; everything before it as associated data
    checksum        SHA-256 of everything before it

All but magic and checksum have their length in front (32 bits, little-endian); entries have their number too. Nonces
are random, 96 bits, in front of what they encrypt.

The checksum needs no key: a file damaged by accident is known as such before a password is asked, so that a wrong
password is what remains when the wrapped key does not open. Against a hand that computes the checksum anew, the wrapped
key vouches for magic and head, and the list for every byte before it: an entry cannot be removed, moved, renamed or
put back to its earlier value. Only an earlier file as a whole cannot be told from the present one.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import struct
import unicodedata
from collections.abc import Mapping
from typing import TYPE_CHECKING

import msgspec
from keyring.errors import KeyringError, KeyringLocked
from msgspec import Struct

from terminal_app.domain.errors import VaultError, VaultLocked
from terminal_app.vault.secret import Secret

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_FAMILY = b"BHAVLT\x00"
MAGIC = _FAMILY + b"\x01"
_KEY_BYTES = 32
_SALT_BYTES = 16
_NONCE_BYTES = 12
_TAG_BYTES = 16
_CHECKSUM_BYTES = 32
_LARGEST_MEMORY_KIB = 4 * 1024 * 1024
_ARGON2_VERSION = 19
Name = tuple[str, str]
"""Service and user, as ``keyring`` names an entry."""


class FileDamaged(VaultError, KeyringError):
    """The file is not as we wrote it."""


class FileLocked(VaultLocked, KeyringLocked):
    """The file is locked, or the password is wrong."""


class Cost(Struct, frozen=True, forbid_unknown_fields=True):
    """The parameters of Argon2id: passes, memory, lanes. The default takes about 0.4 s on a small machine.

    RFC 9106, section 4, asks for at least 3 passes over 64 MiB with 4 lanes where memory is scarce.
    """

    passes: int = 3
    memory_kib: int = 128 * 1024
    lanes: int = 4

    @property
    def is_possible(self) -> bool:
        """Whether Argon2 takes them and no file can ask for all of a machine's memory."""
        return (
            1 <= self.lanes <= 64
            and 8 * self.lanes <= self.memory_kib <= _LARGEST_MEMORY_KIB
            and 1 <= self.passes <= 64
        )

    def is_weaker_than(self, other: Cost) -> bool:
        """Whether guessing a password is cheaper here than there."""
        return self.memory_kib * self.passes < other.memory_kib * other.passes


class _Kdf(Struct, frozen=True, forbid_unknown_fields=True):
    """The file's head."""

    kdf: str
    version: int
    cost: Cost
    salt: str


class Sealed(Struct, frozen=True):
    """A file taken apart; nothing of it is decrypted or trusted yet."""

    head: bytes
    cost: Cost
    salt: bytes
    wrapped: bytes
    entries: tuple[bytes, ...]
    names: bytes
    before_names: bytes


class Opened(Struct, frozen=True):
    """What an unlocked file has: where its key came from, and its entries, each still encrypted."""

    head: bytes
    cost: Cost
    wrapped: bytes
    entries: Mapping[Name, bytes]


class DataKey:
    """The key of the entries, in memory while the file is unlocked. Prints nothing."""

    __slots__ = ("_cipher",)

    def __init__(self, key: bytes) -> None:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        self._cipher: AESGCM = AESGCM(key)

    def encrypt(self, plain: bytes, associated: bytes) -> bytes:
        """Nonce and ciphertext."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, plain, associated)

    def decrypt(self, blob: bytes, associated: bytes) -> bytes | None:
        """The plain bytes; None when any bit of blob or associated data is another."""
        from cryptography.exceptions import InvalidTag

        if len(blob) < _NONCE_BYTES + _TAG_BYTES:
            return None
        try:
            return self._cipher.decrypt(blob[:_NONCE_BYTES], blob[_NONCE_BYTES:], associated)
        except InvalidTag:
            return None


def new_file(password: Secret, cost: Cost) -> tuple[Opened, DataKey]:
    """An empty file with a data key of its own. Raises VaultError when there is not enough memory for ``cost``."""
    return _with_key(secrets.token_bytes(_KEY_BYTES), {}, password, cost)


def with_password(opened: Opened, key: DataKey, password: Secret, cost: Cost) -> tuple[Opened, DataKey]:
    """The same entries under a new password, and under a new data key: whoever knew the old password and kept the old
    file must not read the new one. Raises FileDamaged, and VaultError as ``new_file``.
    """
    plain = {name: decrypt_entry(opened, key, name) for name in opened.entries}
    return _with_key(secrets.token_bytes(_KEY_BYTES), plain, password, cost)


def with_entry(opened: Opened, key: DataKey, name: Name, secret: Secret) -> Opened:
    """The file with one entry written or replaced."""
    entries = {**opened.entries, name: key.encrypt(secret.reveal().encode(), _entry_name(name))}
    return msgspec.structs.replace(opened, entries=entries)


def without_entry(opened: Opened, name: Name) -> Opened:
    """The file with one entry less."""
    return msgspec.structs.replace(opened, entries={n: blob for n, blob in opened.entries.items() if n != name})


def decrypt_entry(opened: Opened, key: DataKey, name: Name) -> Secret:
    """One entry. Raises FileDamaged."""
    plain = key.decrypt(opened.entries[name], _entry_name(name))
    if plain is None:
        raise FileDamaged(_sentence("an entry was changed"))
    return Secret(plain.decode())


def to_bytes(opened: Opened, key: DataKey) -> bytes:
    """The file as it is written."""
    before = MAGIC + _block(opened.head) + _block(opened.wrapped)
    before += struct.pack("<I", len(opened.entries)) + b"".join(_block(blob) for blob in opened.entries.values())
    body = before + _block(key.encrypt(msgspec.json.encode(list(opened.entries)), before))
    return body + hashlib.sha256(body).digest()


def take_apart(content: bytes) -> Sealed:
    """Check what can be checked without the password. Raises FileDamaged, and VaultError for a file of a newer Bhav."""
    if content[: len(_FAMILY)] != _FAMILY:
        raise FileDamaged(_sentence("it does not begin as a vault does"))
    body, checksum = content[:-_CHECKSUM_BYTES], content[-_CHECKSUM_BYTES:]
    if not hmac.compare_digest(hashlib.sha256(body).digest(), checksum):
        raise FileDamaged(_sentence("its checksum is wrong"))
    if len(body) > len(MAGIC) and not body.startswith(MAGIC):
        raise VaultError("The vault's file was written by a newer Bhav. Start that one; nothing was changed.")
    try:
        return _taken_apart(body)
    except (struct.error, ValueError):
        reason = "its parts do not fit together"
    raise FileDamaged(_sentence(reason))


def unlock(sealed: Sealed, password: Secret) -> tuple[Opened, DataKey]:
    """Raises FileLocked when the password is wrong, FileDamaged when it is right and the file is not."""
    wrapping = DataKey(_password_key(password, sealed.salt, sealed.cost))
    raw = wrapping.decrypt(sealed.wrapped, MAGIC + sealed.head)
    if raw is None:
        raise FileLocked("The password is wrong. Enter the vault's password again.")
    key = DataKey(raw)
    del raw
    return reopen(sealed, key), key


def reopen(sealed: Sealed, key: DataKey) -> Opened:
    """With a key that is known already. Raises FileDamaged when the file was not written with it."""
    listed = key.decrypt(sealed.names, sealed.before_names)
    if listed is None:
        raise FileDamaged(_sentence("its list of entries does not fit"))
    names = msgspec.json.decode(listed, type=list[Name])
    entries = dict(zip(names, sealed.entries, strict=True))
    return Opened(sealed.head, sealed.cost, sealed.wrapped, entries)


def _with_key(raw: bytes, plain: Mapping[Name, Secret], password: Secret, cost: Cost) -> tuple[Opened, DataKey]:
    salt = secrets.token_bytes(_SALT_BYTES)
    head = msgspec.json.encode(_Kdf("argon2id", _ARGON2_VERSION, cost, salt.hex()))
    wrapped = DataKey(_password_key(password, salt, cost)).encrypt(raw, MAGIC + head)
    key = DataKey(raw)
    opened = Opened(head, cost, wrapped, {})
    for name, secret in plain.items():
        opened = with_entry(opened, key, name, secret)
    return opened, key


def _password_key(password: Secret, salt: bytes, cost: Cost) -> bytes:
    from argon2.exceptions import HashingError
    from argon2.low_level import Type, hash_secret_raw

    # The same password typed on another system may have its accents composed differently.
    typed = unicodedata.normalize("NFC", password.reveal()).encode()
    try:
        return hash_secret_raw(
            typed,
            salt,
            time_cost=cost.passes,
            memory_cost=cost.memory_kib,
            parallelism=cost.lanes,
            hash_len=_KEY_BYTES,
            type=Type.ID,
            version=_ARGON2_VERSION,
        )
    except HashingError as error:
        reason = str(error)
    del typed
    raise VaultError(
        f"The vault could not be unlocked ({reason}). It needs {cost.memory_kib // 1024} MB of free memory."
    )


def _taken_apart(body: bytes) -> Sealed:
    """Raises ValueError or struct.error where the lengths or the head make no sense."""
    head, position = _read_block(body, len(MAGIC))
    wrapped, position = _read_block(body, position)
    (count,) = struct.unpack_from("<I", body, position)
    position += 4
    entries = []
    for _ in range(count):
        blob, position = _read_block(body, position)
        entries.append(blob)
    before_names = body[:position]
    names, position = _read_block(body, position)
    kdf = msgspec.json.decode(head, type=_Kdf)
    salt = bytes.fromhex(kdf.salt)
    is_known = kdf.kdf == "argon2id" and kdf.version == _ARGON2_VERSION and kdf.cost.is_possible
    if position != len(body) or not is_known or len(salt) < 8:
        raise ValueError
    return Sealed(head, kdf.cost, salt, wrapped, tuple(entries), names, before_names)


def _block(content: bytes) -> bytes:
    return struct.pack("<I", len(content)) + content


def _read_block(body: bytes, position: int) -> tuple[bytes, int]:
    (length,) = struct.unpack_from("<I", body, position)
    end = position + 4 + length
    if end > len(body):
        raise ValueError
    return body[position + 4 : end], end


def _entry_name(name: Name) -> bytes:
    """Service and user without a way to read one pair as another."""
    return msgspec.json.encode(name)


def _sentence(reason: str) -> str:
    return f"The vault's file is damaged ({reason}). Put back a copy of it, or remove it and enter your keys again."
