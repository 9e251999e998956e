"""Secrets longer than a keyring's entry, in pieces behind one head, so that a reader sees the old value or the new.

An entry called NAME is its head. The head holds a short value itself, or the generation, number, length and digest of
the pieces NAME#GENERATION.0, NAME#GENERATION.1 ... A write puts the pieces of the next generation beside the present
ones, then replaces the head in one step of the keyring, then removes the pieces of the generation before.

A keyring cannot be asked which entries it has, so leftovers of an interrupted write must be found by their names.
With a head of generation N, or N = 0 without a head, leftovers can be of the generations N - 1 (not yet removed) and
N + 1 (head not yet written) only: each write sweeps both before it begins. Pieces are written upwards and removed
downwards, so the pieces of a generation have no gap and are found from 0.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterator

from msgspec import Struct

from terminal_app.domain.errors import VaultError
from terminal_app.vault.ring import Ring
from terminal_app.vault.secret import Secret

LIMIT_BYTES = 2560
"""Of UTF-16: what the Windows Credential Manager takes in one entry (CRED_MAX_CREDENTIAL_BLOB_SIZE, wincred.h)."""

_VALUE, _PIECES, _GONE = "v", "p", "x"
_MARK = "bhav1"
_PIECES_HEAD = re.compile(r"([0-9]{1,3})\|([0-9]{1,7})\|([0-9a-f]{64})")
_READS = 3
"""Another process may replace the head between our reading it and its pieces; then we look again."""


class EntryDamaged(VaultError):
    """What is stored is not what was written."""


class _Head(Struct, frozen=True):
    """What a head says; ``kind`` is a value in place, pieces, or a value being removed."""

    generation: int
    kind: str
    value: Secret = Secret("")
    count: int = 0
    length: int = 0
    digest: str = ""

    def text(self) -> Secret:
        """The head as it is stored."""
        start = f"{_MARK}|{self.generation}|{self.kind}"
        if self.kind == _VALUE:
            return Secret(f"{start}|{self.value.reveal()}")
        if self.kind == _PIECES:
            return Secret(f"{start}|{self.count}|{self.length}|{self.digest}")
        return Secret(start)


_NONE = _Head(0, _GONE)


def read(ring: Ring, name: str) -> Secret | None:
    """The value; None when there is none. Raises EntryDamaged, and what the ring raises."""
    for _ in range(_READS):
        stored = ring.get(name)
        head = _head(name, stored)
        if head.kind == _GONE:
            return None
        if head.kind == _VALUE:
            return head.value
        whole = _joined(ring, name, head)
        if whole is not None:
            return whole
    raise _damaged(name)


def write(ring: Ring, name: str, secret: Secret) -> None:
    """Replace the value. Interrupted anywhere, a reader sees the old value or the new one, and never a mixture."""
    head = _known_head(ring, name)
    _sweep_leftovers(ring, name, head)
    pieces = tuple(_pieces(secret))
    generation = head.generation + 1
    new = _Head(generation, _VALUE, value=secret)
    if _size(new.text()) > LIMIT_BYTES:
        new = _Head(generation, _PIECES, count=len(pieces), length=len(secret.reveal()), digest=_digest(secret))
        for number, piece in enumerate(pieces):
            ring.set(_piece_name(name, generation, number), piece)
    ring.set(name, new.text())
    _sweep(ring, name, head.generation, head.count)


def erase(ring: Ring, name: str) -> None:
    """Remove the value and everything that belongs to it; nothing happens when there is none.

    Without its head nobody would know the generation of the pieces, so the head goes last; until then it says that the
    value is gone.
    """
    head = _known_head(ring, name)
    _sweep_leftovers(ring, name, head)
    if head is _NONE:
        ring.delete(name)  # a head that could not be read
        return
    if head.kind == _PIECES:
        ring.set(name, _Head(head.generation + 1, _GONE).text())
        _sweep(ring, name, head.generation, head.count)
    ring.delete(name)


def _head(name: str, stored: Secret | None) -> _Head:
    head = _parsed(stored)
    if head is None:
        raise _damaged(name)
    return head


def _parsed(stored: Secret | None) -> _Head | None:
    """The head; None when it is none of ours. Raises nothing, so that no traceback holds the text."""
    if stored is None:
        return _NONE
    mark, *parts = stored.reveal().split("|", 3)
    if mark != _MARK or len(parts) < 2 or not parts[0].isdecimal():
        return None
    generation, kind, rest = int(parts[0]), parts[1], parts[2:]
    if kind == _VALUE and rest:
        return _Head(generation, kind, value=Secret(rest[0]))
    if kind == _GONE and not rest:
        return _Head(generation, kind)
    if kind == _PIECES and rest and (match := _PIECES_HEAD.fullmatch(rest[0])):
        return _Head(generation, kind, count=int(match[1]), length=int(match[2]), digest=match[3])
    return None


def _known_head(ring: Ring, name: str) -> _Head:
    """The head that a write starts from; a damaged one counts as none, or it could never be replaced."""
    return _parsed(ring.get(name)) or _NONE


def _joined(ring: Ring, name: str, head: _Head) -> Secret | None:
    """The pieces put together; None when one is missing or they are not those that the head was written for."""
    found = [ring.get(_piece_name(name, head.generation, number)) for number in range(head.count)]
    whole = Secret("".join(piece.reveal() for piece in found if piece is not None))
    fits = len(whole.reveal()) == head.length and hmac.compare_digest(_digest(whole), head.digest)
    return whole if fits and None not in found else None


def _sweep_leftovers(ring: Ring, name: str, head: _Head) -> None:
    for generation in (head.generation - 1, head.generation + 1):
        _sweep(ring, name, generation, 0)


def _sweep(ring: Ring, name: str, generation: int, count: int) -> None:
    """Remove the pieces of a generation: ``count`` known ones and any that follow without a gap."""
    if generation < 1:
        return
    end = count
    while ring.get(_piece_name(name, generation, end)) is not None:
        end += 1
    for number in reversed(range(end)):
        ring.delete(_piece_name(name, generation, number))


def _pieces(secret: Secret) -> Iterator[Secret]:
    """Cut at whole characters, each piece within the limit; letters outside the basic plane take four bytes."""
    text = secret.reveal()
    start = size = 0
    for position, letter in enumerate(text):
        width = 4 if letter > "\uffff" else 2
        if size + width > LIMIT_BYTES:
            yield Secret(text[start:position])
            start, size = position, 0
        size += width
    if start < len(text):
        yield Secret(text[start:])


def _size(secret: Secret) -> int:
    return len(secret.reveal().encode("utf-16-le"))


def _digest(secret: Secret) -> str:
    return hashlib.sha256(secret.reveal().encode()).hexdigest()


def _piece_name(name: str, generation: int, number: int) -> str:
    return f"{name}#{generation}.{number}"


def _damaged(name: str) -> EntryDamaged:
    return EntryDamaged(f"The entry “{name}” of the keyring is damaged: enter that value again.")
